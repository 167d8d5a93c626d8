"""Tensors that leave the process or the library: copies, pickles, DLPack, shared memory."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any

import numpy

from plugrad import dtypes
from plugrad.autograd.tape import is_leaf
from plugrad.autograd.views import share_memory
from plugrad.operators.device_table import accelerator, table_of
from plugrad.operators.options import fresh
from plugrad.vocabulary.forms import function

if TYPE_CHECKING:
    from plugrad.tensor import Tensor

__all__: list[str] = []

Array = numpy.ndarray[Any, Any]


@function("method", names="__deepcopy__")
def _deepcopy(self: Tensor, memo: dict[int, Any]) -> Tensor:
    """Copy a leaf with its gradient and its attributes.

    Raises
    ------
    RuntimeError
        If the tensor has a history, which a copy would not be part of.
    """
    found = memo.get(id(self))
    if found is not None:
        return found  # type: ignore[no-any-return]
    if not is_leaf(self):
        raise RuntimeError(
            f"deepcopy can copy leaves, but this tensor was made by {self.grad_fn}; use "
            ".detach().clone(), or .clone() to keep the history"
        )
    copy = _of_class(_copied_memory(self, memo), type(self))
    copy.requires_grad = self._edge is not None
    memo[id(self)] = copy
    if self.grad is not None:
        copy.grad = deepcopy(self.grad, memo)
    copy.__dict__.update(deepcopy(self.__dict__, memo))
    return copy


def _copied_memory(tensor: Tensor, memo: dict[int, Any]) -> Tensor:
    """Return a copy; those of tensors that share memory share it too."""
    table, array = tensor._table, tensor._array
    owner = array
    while isinstance(owner, numpy.ndarray) and isinstance(owner.base, numpy.ndarray):
        owner = owner.base
    if not isinstance(owner, numpy.ndarray) or not owner.flags.forc:
        return fresh(table.clone(array, None), table, tensor._dtype)
    whole, first = memo.get(id(owner), (None, None))
    if whole is None:
        whole = owner.copy("K")
    start = table.data_ptr(array) - table.data_ptr(owner)
    part = numpy.ndarray(array.shape, array.dtype, whole.ravel("K"), start, array.strides)
    copy = fresh(whole if array is owner else part, table, tensor._dtype)
    if first is not None:
        share_memory(copy, first)
    memo[id(owner)] = (whole, copy if first is None else first)
    return copy


def _of_class(tensor: Tensor, cls: type[Tensor]) -> Tensor:
    return tensor if type(tensor) is cls else tensor.as_subclass(cls)


@function("method", names="__reduce_ex__")
def _reduce_ex(self: Tensor, protocol: int) -> Any:
    """Pickle the elements, their order in memory, the need of gradients, and attributes."""
    array = self._table.to_host(self._array)
    # As a contiguous array of reordered dimensions, which pickle writes as it lies in memory.
    steps = [abs(step) for step in array.strides]
    order = sorted(range(array.ndim), key=lambda dim: -steps[dim])
    parts = (
        type(self),
        array.transpose(order),
        order,
        self._dtype,
        str(self._table.device),
        self._edge is not None,
    )
    return _rebuild, parts, self.__dict__ or None


def _rebuild(
    cls: type[Tensor], array: Array, order: list[int], kind: dtypes.dtype, place: str,
    requires_grad: bool,
) -> Tensor:  # fmt: skip
    back = sorted(range(len(order)), key=order.__getitem__)
    table = table_of(place)
    tensor = _of_class(fresh(table.from_host(array.transpose(back)), table, kind), cls)
    tensor.requires_grad = requires_grad
    return tensor


@function("method", names="__dlpack__")
def _dlpack(
    self: Tensor, *, stream: Any = None, max_version: Any = None, dl_device: Any = None,
    copy: bool | None = None,
) -> Any:  # fmt: skip
    """Return a DLPack capsule of the memory.

    Raises
    ------
    BufferError
        If the tensor requires grad, or is of a dtype that DLPack's consumers do not know.
    """
    if self._edge is not None:
        raise BufferError(
            "a tensor that requires grad is not exported, for its gradients would be lost; export "
            ".detach()"
        )
    options = {
        "stream": stream, "max_version": max_version, "dl_device": dl_device, "copy": copy
    }  # fmt: skip
    given = {name: value for name, value in options.items() if value is not None}
    return self._array.__dlpack__(**given)


@function("method", names="__dlpack_device__")
def _dlpack_device(self: Tensor) -> Any:
    """Return DLPack's type and number of the device."""
    return self._array.__dlpack_device__()


@function("method")
def share_memory_(self: Tensor) -> Tensor:
    """Return the tensor: its memory is shared by the threads of this process, and with no other."""
    return self


@function("method")
def is_shared(self: Tensor) -> bool:
    """Return whether other processes see the memory: False."""
    return False


@function("method")
def pin_memory(self: Tensor) -> Tensor:
    """Return the tensor, for copies of it need no pinned memory.

    Raises
    ------
    RuntimeError
        If there is no device to copy it to.
    """
    if accelerator() is None:
        raise RuntimeError(
            "pin_memory(): memory is pinned for copies to another device, but none is available"
        )
    return self


@function("method")
def is_pinned(self: Tensor) -> bool:
    """Return whether the memory is pinned: False."""
    return False


@function("method")
def get_device(self: Tensor) -> int:
    """Return the index of the device; -1 for the host's memory.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.ones(1).get_device()
    -1
    """
    index = self._table.device.index
    return -1 if index is None else index
