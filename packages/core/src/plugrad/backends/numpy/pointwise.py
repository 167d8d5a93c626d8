"""Elementwise kernels on NumPy arrays."""

from __future__ import annotations

from typing import Any

import numpy

from plugrad.backends.array_api.pointwise import PointwiseKernels as Standard
from plugrad.backends.numpy.activation import ActivationKernels, inverse
from plugrad.backends.numpy.arrays import Array
from plugrad.backends.numpy.blocks import in_blocks, in_threads
from plugrad.backends.numpy.sums import SMALL

__all__ = ["PointwiseKernels"]

# From this size on, what a choice by random masks costs in mispredicted branches is more than what
# arithmetic on the bits costs.
_LARGE = 2048
# The quotients up to which double precision divides single exactly: 53 - 24 bits, and one to spare.
_EXACT = 2.0**28
_INTEGERS = {2: numpy.int16, 4: numpy.int32, 8: numpy.int64}


def _bits(x: Array) -> Array | None:
    """Return the elements as integers of the same width, or None where there are none."""
    kind = _INTEGERS.get(x.itemsize)
    return None if kind is None else x.view(kind)


def _truth(x: Any) -> Any:
    return x != 0 if x.size >= _LARGE and x.dtype.kind == "f" else x


def _composed(name: str) -> Any:
    """Return the kernel of an operator whose body takes many passes over memory, part by part."""

    @in_blocks
    def kernel(self: Any, x: Array, *others: Any) -> Any:
        return self.composed(name, x, *others)

    return kernel


class PointwiseKernels(ActivationKernels, Standard):
    """Elementwise kernels that NumPy does better than in the standard's words."""

    logaddexp2, logit = _composed("logaddexp2"), _composed("logit")
    mish, mvlgamma = _composed("mish"), _composed("mvlgamma")
    sinc, xlogy = _composed("sinc"), _composed("xlogy")

    # Where NumPy has the function, the kernel is the function itself: nothing is called around it.

    add = staticmethod(numpy.add)
    sub = staticmethod(numpy.subtract)
    mul = staticmethod(numpy.multiply)
    div = staticmethod(numpy.true_divide)
    neg = staticmethod(numpy.negative)
    abs = staticmethod(numpy.absolute)
    square = staticmethod(numpy.square)
    sqrt = in_threads(numpy.sqrt)
    hypot = in_threads(numpy.hypot)
    exp = in_threads(numpy.exp)
    exp2 = in_threads(numpy.exp2)
    expm1 = in_threads(numpy.expm1)
    log = in_threads(numpy.log)
    log10 = in_threads(numpy.log10)
    log1p = in_threads(numpy.log1p)
    sin = in_threads(numpy.sin)
    cos = in_threads(numpy.cos)
    tan = in_threads(numpy.tan)
    asin = in_threads(numpy.arcsin)
    acos = in_threads(numpy.arccos)
    atan = in_threads(numpy.arctan)
    atan2 = in_threads(numpy.arctan2)
    sinh = in_threads(numpy.sinh)
    cosh = in_threads(numpy.cosh)
    tanh = in_threads(numpy.tanh)
    asinh = in_threads(numpy.arcsinh)
    acosh = in_threads(numpy.arccosh)
    atanh = in_threads(numpy.arctanh)
    maximum = staticmethod(numpy.maximum)
    minimum = staticmethod(numpy.minimum)
    fmax = staticmethod(numpy.fmax)
    fmin = staticmethod(numpy.fmin)
    copysign = staticmethod(numpy.copysign)
    conj = staticmethod(numpy.conjugate)
    frexp: Any = staticmethod(numpy.frexp)
    nextafter: Any = staticmethod(numpy.nextafter)
    gcd: Any = staticmethod(numpy.gcd)
    lcm: Any = staticmethod(numpy.lcm)
    eq = staticmethod(numpy.equal)
    ne = staticmethod(numpy.not_equal)
    lt = staticmethod(numpy.less)
    le = staticmethod(numpy.less_equal)
    gt = staticmethod(numpy.greater)
    ge = staticmethod(numpy.greater_equal)
    logical_not: Any = staticmethod(numpy.logical_not)
    bitwise_and = staticmethod(numpy.bitwise_and)
    bitwise_or = staticmethod(numpy.bitwise_or)
    bitwise_xor = staticmethod(numpy.bitwise_xor)
    bitwise_not = staticmethod(numpy.invert)
    bitwise_left_shift = staticmethod(numpy.left_shift)
    bitwise_right_shift = staticmethod(numpy.right_shift)
    isnan = staticmethod(numpy.isnan)
    isinf = staticmethod(numpy.isinf)
    isfinite = staticmethod(numpy.isfinite)

    def _like(self, x: Array, number: complex) -> Any:
        # A scalar of NumPy's meets the array in its own dtype, and costs less than a 0-d array.
        return x.dtype.type(number)

    def isin(self, x: Array, y: Array, invert: bool) -> Array:
        return numpy.isin(x, y, invert=invert)

    # ------------------------------------------------------------------------ arithmetic and powers

    def reciprocal(self, x: Array) -> Any:
        return inverse(x)

    def remainder(self, x: Array, y: Array) -> Array:
        self._refuse_zero(x, y)
        return self._divided(x, y, numpy.floor, numpy.remainder, True)

    def fmod(self, x: Array, y: Array) -> Array:
        self._refuse_zero(x, y)
        return self._divided(x, y, numpy.trunc, numpy.fmod, True)

    def floor_divide(self, x: Array, y: Array) -> Array:
        self._refuse_zero(x, y)
        return self._divided(x, y, numpy.floor, numpy.floor_divide, False)

    @in_blocks
    def _divided(self, x: Array, y: Array, whole: Any, exactly: Any, wants_rest: bool) -> Array:
        """Return the whole quotient of a division, or what it leaves.

        Of single precision, both are exact in double for quotients up to 2**28. What is left,
        infinities, and larger quotients take the way of the C library, ten times as long.
        """
        if x.dtype != numpy.float32 or y.dtype != numpy.float32 or x.size < SMALL:
            result: Array = exactly(x, y)
            return result
        wide = y.astype(numpy.float64)
        quotient = numpy.divide(x, wide, dtype=numpy.float64)
        whole(quotient, out=quotient)
        limit = _EXACT if wants_rest else 2.0**24  # from which on a quotient is rounded
        if not (quotient.max() < limit and quotient.min() > -limit):
            return exactly(x, y)  # type: ignore[no-any-return]
        if not wants_rest:
            return quotient.astype(numpy.float32)
        quotient *= wide
        numpy.subtract(x, quotient, out=quotient)
        rest = quotient.astype(numpy.float32)
        return exactly(x, y) if numpy.isnan(rest).any() else rest

    @in_blocks
    def pow(self, x: Array, y: Array) -> Array:
        kind = numpy.result_type(x, y)
        if kind == numpy.float32:
            # NumPy's double power is three times as fast as its single one, and more exact.
            power = numpy.power(x.astype(numpy.float64), y.astype(numpy.float64))
            return power.astype(numpy.float32)
        return self._integer_pow(x, y) if kind.kind in "iub" else numpy.power(x, y)

    def lerp_tensor(self, x: Array, end: Array, weight: Array) -> Array:
        if x.dtype.kind == "c":
            return self.composed("lerp_tensor", x, end, weight)  # type: ignore[no-any-return]
        span = numpy.subtract(end, x)
        result = numpy.asarray(numpy.add(x, weight * span))
        # From the nearer end, so that a weight of 0 or 1 gives it exactly.
        far = numpy.abs(weight) >= 0.5
        numpy.copyto(result, end - span * (1 - weight), where=far)
        return result

    def nan_to_num(self, x: Array, nan: float, posinf: float, neginf: float) -> Array:
        if x.dtype.kind != "f":
            return x.copy("K")
        if numpy.isfinite(x).all():
            return x.copy("K")
        result: Array = numpy.nan_to_num(x, nan=nan, posinf=posinf, neginf=neginf)
        return result

    @in_blocks
    def log2(self, x: Array) -> Array:
        if x.dtype == numpy.float32:
            return numpy.log2(x.astype(numpy.float64)).astype(numpy.float32)
        return numpy.log2(x)

    @in_blocks
    def logaddexp(self, x: Array, y: Array) -> Array:
        if x.dtype.kind == "c":
            complex_result: Array = super().logaddexp(x, y)
            return complex_result
        result: Array = numpy.asarray(numpy.subtract(x, y))
        # The difference of equal infinities is nan, and must not be.
        numpy.copyto(result, 0, where=x == y)
        numpy.absolute(result, out=result)
        numpy.negative(result, out=result)
        numpy.exp(result, out=result)
        numpy.log1p(result, out=result)
        return numpy.add(result, numpy.maximum(x, y), out=result)

    # Of floats, NumPy's own have no vector instructions; its comparisons have.

    def logical_and(self, x: Array, y: Array) -> Any:
        return numpy.logical_and(_truth(x), _truth(y))

    def logical_or(self, x: Array, y: Array) -> Any:
        return numpy.logical_or(_truth(x), _truth(y))

    def logical_xor(self, x: Array, y: Array) -> Any:
        return numpy.logical_xor(_truth(x), _truth(y))

    # ------------------------------------------------------------------------------------- rounding

    def floor(self, x: Array) -> Array:
        return numpy.floor(x) if x.dtype.kind == "f" else x.copy("K")

    def ceil(self, x: Array) -> Array:
        return numpy.ceil(x) if x.dtype.kind == "f" else x.copy("K")

    def round(self, x: Array) -> Array:
        return numpy.rint(x) if x.dtype.kind == "f" else x.copy("K")

    def trunc(self, x: Array) -> Array:
        return numpy.trunc(x) if x.dtype.kind == "f" else x.copy("K")

    # -------------------------------------------------------------------------------------- choices

    def where(self, condition: Array, x: Any, y: Any) -> Array:
        shapes = (condition.shape, ())
        if condition.size >= _LARGE and x.shape in shapes and y.shape in shapes:
            bits, other = _bits(x), _bits(y)
            if bits is not None and other is not None:
                chosen: Array = numpy.multiply(numpy.bitwise_xor(bits, other), condition)
                numpy.bitwise_xor(chosen, other, out=chosen)
                return chosen.view(x.dtype)
        result: Array = numpy.where(condition, x, y)
        return result

    def keep(self, x: Array, mask: Array) -> Array:
        bits = _bits(x) if x.size >= _LARGE else None
        if bits is None:
            return numpy.where(mask, x, x.dtype.type(0))
        return numpy.multiply(bits, mask).view(x.dtype)

    def masked_fill(self, x: Array, mask: Array, value: complex) -> Array:
        if x.size >= _LARGE and x.shape == mask.shape:
            return self.where(mask, numpy.asarray(value, x.dtype), x)
        return numpy.where(mask, x.dtype.type(value), x)

    def clamp(self, x: Array, min: Any, max: Any) -> Array:
        if x.size >= _LARGE and x.dtype.kind == "f":
            # Two bounds are faster than one: NumPy has vector instructions for them only.
            low = -numpy.inf if min is None else min
            return x.clip(x.dtype.type(low), x.dtype.type(numpy.inf if max is None else max))
        if min is not None:
            x = numpy.maximum(x, x.dtype.type(min))
        return x if max is None else numpy.minimum(x, x.dtype.type(max))

    def clamp_min(self, x: Array, bound: float) -> Array:
        return self.clamp(x, bound, None)

    def clamp_max(self, x: Array, bound: float) -> Array:
        return self.clamp(x, None, bound)

    def relu(self, x: Array) -> Array:
        return self.clamp(x, 0, None)

    def relu_grad(self, g: Array, out: Array) -> Array:
        bits = _bits(out) if out.size >= _LARGE else None
        gradient = _bits(g)
        if bits is None or gradient is None or out.dtype != g.dtype:
            return numpy.where(out <= 0, g.dtype.type(0), g)
        # As an integer the result is positive where it is positive, and where it is nan.
        mask = bits.clip(0, 1)
        numpy.multiply(mask, gradient, out=mask)
        return mask.view(g.dtype)

    # ------------------------------------------------------------------------- signs, complex parts

    def sign(self, x: Array) -> Array:
        if x.dtype.kind == "f":
            # PyTorch's sign of nan is 0.
            above, below = numpy.asarray(x > 0), numpy.asarray(x < 0)
            signs = numpy.subtract(above.view(numpy.int8), below.view(numpy.int8))
            return signs.astype(x.dtype)
        return x.copy("K") if x.dtype.kind == "b" else numpy.sign(x)

    sgn = sign

    def signbit(self, x: Array) -> Array:
        return numpy.signbit(x) if x.dtype.kind == "f" else numpy.less(x, 0)

    def real(self, x: Array) -> Array:
        return x.real

    def imag(self, x: Array) -> Array:
        return x.imag

    def view_as_real(self, x: Array) -> Array:
        real = x.real
        return numpy.lib.stride_tricks.as_strided(
            real, (*x.shape, 2), (*real.strides, real.itemsize)
        )

    def view_as_complex(self, x: Array) -> Array:
        if x.strides[-1] != x.itemsize:
            x = numpy.ascontiguousarray(x)
        return x.view(numpy.result_type(x.dtype, numpy.complex64))[..., 0]
