"""Making, converting and writing arrays in the standard's words, and what the engine needs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy

from plugrad import dtypes as types
from plugrad.autograd.views import Step
from plugrad.backends.protocol import Backend, Kernels
from plugrad.devices import device
from plugrad.dtypes import dtype

__all__ = ["ArrayKernels", "Dims", "Shape"]

Shape = tuple[int, ...]
Dims = tuple[int, ...]

# Operators that are one function of the standard: our name, theirs.
_SAME = """
    abs acos acosh asin asinh atan atan2 atanh ceil cos cosh exp expm1 floor log log10 log1p log2
    round sign sin sinh sqrt square tan tanh trunc hypot copysign maximum minimum isnan isinf
    isfinite logical_and logical_or logical_xor logical_not real imag conj signbit logaddexp
"""
_RENAMED = {
    "add": "add",
    "sub": "subtract",
    "mul": "multiply",
    "div": "divide",
    "neg": "negative",
    "pow": "pow",
    "remainder": "remainder",
    "floor_divide": "floor_divide",
    "eq": "equal",
    "ne": "not_equal",
    "lt": "less",
    "le": "less_equal",
    "gt": "greater",
    "ge": "greater_equal",
    "bitwise_and": "bitwise_and",
    "bitwise_or": "bitwise_or",
    "bitwise_xor": "bitwise_xor",
    "bitwise_not": "bitwise_invert",
    "bitwise_left_shift": "bitwise_left_shift",
    "bitwise_right_shift": "bitwise_right_shift",
    "where": "where",
    "mm": "matmul",
    "bmm": "matmul",
}
_NAMES = {**{name: name for name in _SAME.split()}, **_RENAMED}


class ArrayKernels(Kernels):
    """The ground that every family of kernels stands on.

    Parameters
    ----------
    backend : Backend
    device : device
    xp : module
        The library's array namespace.
    place : object, optional
        The library's own name of the device, where arrays are to be made.
    """

    def __init__(self, backend: Backend, device: device, xp: Any, place: Any = None) -> None:
        super().__init__(backend, device)
        self.xp = xp
        self.place = place
        self.array_type = type(xp.zeros(()))
        self._raw = {
            kind: getattr(xp, "bool" if kind is types.bool_ else kind.name)
            for kind in types.all_dtypes()
            if hasattr(xp, "bool" if kind is types.bool_ else kind.name)
        }
        self.dtypes = {raw: kind for kind, raw in self._raw.items()}

    def __getattr__(self, name: str) -> Any:
        function = getattr(self.__dict__.get("xp"), _NAMES[name], None) if name in _NAMES else None
        if function is None:
            return super().__getattr__(name)
        setattr(self, name, function)
        return function

    # ------------------------------------------------------------------------------ making arrays

    def raw_dtype(self, dtype: dtype) -> Any:
        try:
            return self._raw[dtype]
        except KeyError:
            raise TypeError(f"the {self.device} backend has no arrays of {dtype}") from None

    def wrap(self, result: Any) -> Any:
        return self.xp.asarray(result, device=self.place)

    def cast(self, x: Any, dtype: dtype) -> Any:
        raw = self.raw_dtype(dtype)
        return x if x.dtype == raw else self.xp.astype(x, raw)

    def copy(self, x: Any) -> Any:
        return self.xp.asarray(x, copy=True)

    def scalar(self, value: complex, dtype: dtype) -> Any:
        return self.xp.asarray(value, dtype=self.raw_dtype(dtype), device=self.place)

    def zeros(self, shape: Shape, dtype: dtype) -> Any:
        return self.xp.zeros(shape, dtype=self.raw_dtype(dtype), device=self.place)

    def empty(self, shape: Shape, dtype: dtype) -> Any:
        return self.xp.empty(shape, dtype=self.raw_dtype(dtype), device=self.place)

    def empty_like(self, x: Any, dtype: dtype, order: Dims | None) -> Any:
        # The standard knows no order of dimensions in memory.
        return self.empty(x.shape, dtype)

    def full(self, shape: Shape, value: Any, dtype: dtype) -> Any:
        return self.xp.full(shape, value, dtype=self.raw_dtype(dtype), device=self.place)

    def eye(self, rows: int, columns: int, dtype: dtype) -> Any:
        return self.xp.eye(rows, columns, dtype=self.raw_dtype(dtype), device=self.place)

    def complex(self, real: Any, imag: Any) -> Any:
        # The standard has no such function, and `real + 1j * imag` makes nan of infinity.
        shape = numpy.broadcast_shapes(real.shape, imag.shape)
        parts = numpy.empty((*shape, 2), self.dtypes[real.dtype].np)
        parts[..., 0], parts[..., 1] = self.to_host(real), self.to_host(imag)
        return self.from_host(parts.view(self.dtypes[real.dtype].to_complex().np)[..., 0])

    def clone(self, x: Any, order: Dims | None) -> Any:
        return self.copy(x)

    def zeros_like(self, x: Any) -> Any:
        return self.xp.zeros_like(x)

    def ones_like(self, x: Any) -> Any:
        return self.xp.ones_like(x)

    def new_zeros(self, x: Any, shape: Shape) -> Any:
        return self.xp.zeros(shape, dtype=x.dtype, device=self.place)

    def assign(self, x: Any, value: Any) -> Any:
        x[...] = self.cast(value, self.dtypes[x.dtype])
        return x

    def fill_(self, x: Any, value: Any) -> Any:
        x[...] = value
        return x

    def add_into(self, x: Any, value: Any) -> Any:
        x += value
        return x

    def shares_memory(self, x: Any, y: Any) -> bool:
        # The standard does not tell, so gradients are copied.
        return True

    def is_dense(self, x: Any) -> bool:
        return True

    def from_host(self, array: numpy.ndarray[Any, Any]) -> Any:
        if not array.flags.writeable or not array.flags.c_contiguous:
            array = numpy.array(array, order="C")
        return self.xp.asarray(array, device=self.place, copy=True)

    def to_host(self, x: Any) -> numpy.ndarray[Any, Any]:
        return numpy.from_dlpack(x, copy=True) if hasattr(x, "__dlpack__") else numpy.asarray(x)

    def sum_to(self, x: Any, shape: Shape) -> Any:
        """Sum `x` over the axes along which `shape` was broadcast to it."""
        lead = len(x.shape) - len(shape)
        dims = tuple(range(lead)) + tuple(
            lead + i for i, n in enumerate(shape) if n == 1 and x.shape[lead + i] != 1
        )
        if dims:
            x = self.xp.sum(x, axis=dims, keepdims=True, dtype=x.dtype)
        return self.xp.reshape(x, shape) if tuple(x.shape) != shape else x

    # ------------------------------------------------------------------------------------- views

    def view_of(self, x: Any, steps: Sequence[Step]) -> Any:
        """Take the steps of a view, one after the other."""
        for name, params, _ in steps:
            x = getattr(self, name)(x, *params)
        return x

    def scatter_view(self, x: Any, src: Any, steps: Sequence[Step]) -> Any:
        """Return a copy of `x` in which the part that `steps` lead to is `src`."""
        result = self.copy(x)
        if self.views and self.mutable:
            part = self.view_of(result, steps)
            self.assign(part, src)
            return result
        # Where a view does not share memory, the same steps on positions tell where to write.
        flat = self.xp.reshape(result, (-1,))
        places = self.xp.reshape(self.xp.arange(math.prod(x.shape)), x.shape)
        places = self.xp.reshape(self.view_of(places, steps), (-1,))
        values = self.xp.reshape(self.xp.broadcast_to(src, self.view_of(x, steps).shape), (-1,))
        return self.xp.reshape(self.index_copy(flat, places, values), x.shape)

    def unview(self, x: Any, shape: Shape, steps: Sequence[Step]) -> Any:
        """Return zeros of `shape` in which the part that `steps` lead to is `x`: the transpose."""
        return self.scatter_view(self.new_zeros(x, shape), x, steps)
