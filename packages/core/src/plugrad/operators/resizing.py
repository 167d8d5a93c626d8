"""Giving a tensor another shape, or other memory, in place."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy

from plugrad.autograd.views import share_memory
from plugrad.operators.options import order_given, shape_given, tensor_given
from plugrad.operators.watched import shown
from plugrad.shapes import require_nonnegative
from plugrad.vocabulary.forms import function
from plugrad.vocabulary.inplace import changed, refuse_change

if TYPE_CHECKING:
    from plugrad.tensor import Tensor

__all__ = ["resize_", "resize_as_", "set_"]


@function("method")
def resize_(self: Tensor, *sizes: Any, memory_format: Any = None) -> Tensor:
    """Give the tensor another shape, and keep its elements as they lie in memory.

    Parameters
    ----------
    *sizes : int
        The shape, as ints or as one tuple of them. Elements that are new are not set.
    memory_format : memory_format, optional
        Only the contiguous one.

    Returns
    -------
    Tensor
        Itself, contiguous now.

    Raises
    ------
    RuntimeError
        If it requires grad, or a size is negative.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.arange(6).resize_(2, 2)
    tensor([[0, 1],
            [2, 3]])
    """
    shape = shape_given("resize_", sizes, None)
    require_nonnegative(shape)
    order_given("resize_", memory_format, shape)
    if self._edge is not None:
        raise RuntimeError("resize_() cannot change the shape of a tensor that requires grad")

    def work() -> Tensor:
        if shape != tuple(self._array.shape):
            self._array = _resized(self, shape)
        return self

    return shown("resize_*", work)


def _resized(tensor: Tensor, shape: tuple[int, ...]) -> Any:
    table, array = tensor._table, tensor._array
    count = math.prod(shape)
    if isinstance(array, numpy.ndarray):
        # The memory goes on behind the tensor's own elements, where it is a view.
        memory = array
        while isinstance(memory.base, numpy.ndarray):
            memory = memory.base
        start = table.data_ptr(array) - table.data_ptr(memory)
        if memory.flags.forc and start + count * array.itemsize <= memory.nbytes:
            return numpy.ndarray(shape, array.dtype, memory.ravel("K"), start)
        held = memory.ravel("K").view(array.dtype)[start // array.itemsize :]
    else:
        held = table.reshape(array, (-1,))
    fresh = numpy.empty(count, tensor._dtype.np)
    kept = table.to_host(held)[:count]
    fresh[: len(kept)] = kept
    return table.from_host(fresh.reshape(shape))


@function("function method", names="resize_as_")
def resize_as_(self: Tensor, the_template: Tensor, *, memory_format: Any = None) -> Tensor:
    """Give the tensor the shape of another: see `resize_`.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.arange(4).resize_as_(plugrad.zeros(2, 2))
    tensor([[0, 1],
            [2, 3]])
    """
    other = tensor_given("resize_as_", "the_template", the_template)
    return resize_(self, tuple(other._array.shape), memory_format=memory_format)


@function("method")
def set_(self: Tensor, source: Tensor | None = None) -> Tensor:
    """Let the tensor have the memory of another; without one, become empty.

    Parameters
    ----------
    source : Tensor, optional
        Of the same dtype, on the same device.

    Returns
    -------
    Tensor
        Itself.

    Raises
    ------
    RuntimeError
        If the dtypes or devices differ, or it is a leaf that requires grad.

    Examples
    --------
    >>> import plugrad
    >>> x, y = plugrad.zeros(2), plugrad.ones(3)
    >>> x.set_(y)
    tensor([1., 1., 1.])
    """
    refuse_change(self, "set_")
    if source is None:
        self._array = self._table.empty((0,), self._dtype)
        changed(self, "set_")
        return self
    other = tensor_given("set_", "source", source)
    if other._dtype is not self._dtype or other._table is not self._table:
        raise RuntimeError(
            f"set_(): a tensor of {self._dtype} on {self.device} cannot have the memory of one of "
            f"{other._dtype} on {other.device}"
        )
    self._array = other._array
    share_memory(self, other)
    changed(self, "set_")
    return self
