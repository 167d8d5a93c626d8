"""NumPy kernels that write their result into their first array.

``NAME_into(x, *others, *params)`` is what an operator's in-place form uses where nothing has to be
recorded or converted, as in an optimizer's step: one temporary at most, and no page of new memory
for the result. The formulas are those of the operators' bodies.
"""

from __future__ import annotations

from typing import Any

import numpy

from plugrad.backends.numpy.arrays import Array, NumpyArrays

__all__ = ["IntoKernels"]


class IntoKernels(NumpyArrays):
    """Kernels that write into their first array, and return it."""

    def sub_into(self, x: Array, y: Any) -> Any:
        return numpy.subtract(x, y, out=x)

    def mul_into(self, x: Array, y: Any) -> Any:
        return numpy.multiply(x, y, out=x)

    def div_into(self, x: Array, y: Any) -> Any:
        return numpy.divide(x, y, out=x)

    def add_scaled_into(self, x: Array, y: Any, alpha: Any) -> Any:
        return numpy.add(x, numpy.multiply(y, alpha), out=x)

    def lerp_into(self, x: Array, end: Array, weight: float) -> Any:
        span = numpy.subtract(end, x)
        if abs(weight) < 0.5:
            numpy.multiply(span, weight, out=span)
            return numpy.add(x, span, out=x)
        numpy.multiply(span, 1 - weight, out=span)
        return numpy.subtract(end, span, out=x)

    def addcmul_into(self, x: Array, tensor1: Array, tensor2: Array, value: float) -> Any:
        product = numpy.multiply(tensor1, value)
        numpy.multiply(product, tensor2, out=product)
        return numpy.add(x, product, out=x)

    def addcdiv_into(self, x: Array, tensor1: Array, tensor2: Array, value: float) -> Any:
        quotient = numpy.multiply(tensor1, value)
        numpy.divide(quotient, tensor2, out=quotient)
        return numpy.add(x, quotient, out=x)
