"""Making, converting, writing and describing NumPy arrays."""

from __future__ import annotations

from typing import Any

import numpy

from plugrad import dtypes as types
from plugrad.backends.array_api import ArrayKernels, Dims, Shape
from plugrad.backends.protocol import Backend
from plugrad.devices import device
from plugrad.dtypes import Category, dtype

__all__ = ["Array", "NumpyArrays", "channels_last", "largest", "like_input", "smallest"]

Array = numpy.ndarray[Any, Any]

# What NumPy's own types say of these changes from one version to the next.
largest: Any = numpy.maximum.reduce
smallest: Any = numpy.minimum.reduce


def channels_last(x: Array) -> bool:
    """Return whether the channels of images, their second dimension, lie last in memory."""
    flags = x.flags
    return x.ndim == 4 and not flags.c_contiguous and numpy.moveaxis(x, 1, -1).flags.c_contiguous


def like_input(result: Array, x: Array) -> Array:
    """Return `result` with its channels last in memory, if those of `x` are, or else contiguous."""
    if not channels_last(x):
        return numpy.ascontiguousarray(result)
    return numpy.moveaxis(numpy.ascontiguousarray(numpy.moveaxis(result, 1, -1)), -1, 1)


class NumpyArrays(ArrayKernels):
    """What NumPy arrays are and how they lie in memory."""

    def __init__(self, backend: Backend, device: device) -> None:
        super().__init__(backend, device, numpy)
        self.array_type = numpy.ndarray
        self.dtypes = types.numpy_dtypes

    # ------------------------------------------------------------------------------ making arrays

    def raw_dtype(self, dtype: dtype) -> Any:
        return dtype.np

    def wrap(self, result: Any) -> Array:
        return numpy.asarray(result)

    def zeros(self, shape: Shape, dtype: dtype) -> Array:
        return numpy.zeros(shape, dtype.np)

    def empty(self, shape: Shape, dtype: dtype) -> Array:
        return numpy.empty(shape, dtype.np)

    def empty_like(self, x: Array, dtype: dtype, order: Dims | None) -> Array:
        if order is not None:
            back = sorted(range(len(order)), key=order.__getitem__)
            return numpy.empty([x.shape[d] for d in order], dtype.np).transpose(back)
        if x.flags.c_contiguous:
            return numpy.empty(x.shape, dtype.np)
        from plugrad.random.layout import empty_in_memory_order

        return empty_in_memory_order(x, dtype.np)

    def full(self, shape: Shape, value: Any, dtype: dtype) -> Array:
        array = numpy.empty(shape, dtype.np)
        array.fill(value)  # half the time of numpy.full
        return array

    def eye(self, rows: int, columns: int, dtype: dtype) -> Array:
        array = numpy.zeros((rows, columns), dtype.np)
        array.reshape(-1)[: columns * columns : columns + 1] = 1
        return array

    def zeros_like(self, x: Array) -> Array:
        if x.flags.c_contiguous:
            return numpy.zeros(x.shape, x.dtype)
        return self.fill_(self.empty_like(x, self.dtypes[x.dtype], None), 0)

    def ones_like(self, x: Array) -> Array:
        if not x.flags.c_contiguous:
            return self.fill_(self.empty_like(x, self.dtypes[x.dtype], None), 1)
        ones = numpy.empty(x.shape, x.dtype)
        ones.fill(1)
        return ones

    def complex(self, real: Array, imag: Array) -> Array:
        if real.dtype.kind != "f":
            raise TypeError("the parts of complex numbers are of a floating-point dtype")
        shape = numpy.broadcast_shapes(real.shape, imag.shape)
        numbers = numpy.empty(shape, self.dtypes[real.dtype].to_complex().np)
        numbers.real, numbers.imag = real, imag
        return numbers

    def polar(self, abs: Array, angle: Array) -> Array:
        # In float64, for NumPy's sine of float32 has not PyTorch's last bit here.
        wide = angle.astype(numpy.float64, copy=False)
        cos, sin = numpy.cos(wide).astype(angle.dtype), numpy.sin(wide).astype(angle.dtype)
        return self.complex(abs * cos, abs * sin)

    def clone(self, x: Array, order: Dims | None) -> Array:
        if order is None and x.flags.c_contiguous:
            return x.copy()
        fresh = self.empty_like(x, self.dtypes[x.dtype], order)
        fresh[...] = x
        return fresh

    def fill_(self, x: Array, value: Any) -> Array:
        x.fill(value)
        return x

    def cast(self, x: Array, dtype: dtype) -> Array:
        if x.dtype is dtype.np:
            return x
        if x.dtype.kind == "c" and dtype.category in (Category.INTEGER, Category.FLOATING):
            return x.real.astype(dtype.np)
        return x.astype(dtype.np, copy=False)

    def copy(self, x: Array) -> Array:
        return numpy.array(x, order="C")

    def scalar(self, value: Any, dtype: dtype) -> Array:
        # astype, not asarray: integers that do not fit wrap around, as PyTorch's do.
        return numpy.asarray(value).astype(dtype.np)

    def assign(self, x: Array, value: Array) -> Array:
        numpy.copyto(x, value, casting="unsafe")
        return x

    def add_into(self, x: Array, value: Array) -> Array:
        return numpy.add(x, value, x)

    def shares_memory(self, x: Array, y: Array) -> bool:
        # Views of views refer to the array that owns the memory, so owners decide.
        base_x, base_y = x.base, y.base
        return (x if base_x is None else base_x) is (y if base_y is None else base_y)

    def is_dense(self, x: Array) -> bool:
        flags = x.flags
        if not (flags.c_contiguous and flags.writeable):
            return False
        base = x.base
        return base is None or (isinstance(base, numpy.ndarray) and base.nbytes == x.nbytes)

    def from_host(self, array: Array) -> Array:
        return array

    def to_host(self, x: Array) -> Array:
        return x

    # ----------------------------------------------------------------------------------- geometry

    def strides(self, x: Array) -> tuple[int, ...]:
        size = x.itemsize
        if not x.size and 0 in x.strides:  # what NumPy computed of nothing
            return super().strides(x)
        return tuple(step // size for step in x.strides)

    def repeats(self, x: Array) -> bool:
        return 0 in x.strides and super().repeats(x)

    def storage_offset(self, x: Array) -> int:
        base = x
        while isinstance(base.base, numpy.ndarray):
            base = base.base
        return (self.data_ptr(x) - self.data_ptr(base)) // x.itemsize

    def data_ptr(self, x: Array) -> int:
        return int(x.__array_interface__["data"][0])

    def may_overlap(self, x: Array, y: Array) -> bool:
        if not numpy.may_share_memory(x, y):
            return False
        same = x.shape == y.shape and x.strides == y.strides
        if same and self.data_ptr(x) == self.data_ptr(y):
            return False
        return bool(numpy.shares_memory(x, y))
