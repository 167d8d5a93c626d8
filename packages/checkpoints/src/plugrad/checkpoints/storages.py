"""Pieces of memory that tensors share: told apart when saved, and kept shared when read."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from typing import Any

import numpy

import plugrad
from plugrad.devices import cpu
from plugrad.dtypes import bool_, dtype
from plugrad.operators.device_table import table_of
from plugrad.operators.options import fresh
from plugrad.tensor import Tensor

__all__ = ["SavedStorage", "SavedStorages", "Storage", "memory_of"]

_LARGEST = 2**63 - 1
_MOST_DIMS = 64  # of NumPy's


class SavedStorage:
    """A piece of memory to be written.

    Attributes
    ----------
    key : str
        Its name in the checkpoint.
    kind : dtype
    count : int
        Elements.
    location : str
        Of its device.
    """

    def __init__(self, key: str, owner: Any, memory: Any, tensor: Tensor) -> None:
        self.key = key
        self.kind = tensor.dtype
        self.location = str(tensor.device)
        self.owner = owner  # which must live as long as its identity stands for it
        self._memory = memory
        self._to_host = tensor._table.to_host
        self.count = math.prod(memory.shape)
        if isinstance(memory, numpy.ndarray):
            self.count = memory.nbytes // self.kind.itemsize

    def data(self) -> memoryview:
        """Return the bytes."""
        memory = self._memory
        if isinstance(memory, numpy.ndarray):
            flat = memory.ravel("K")
        else:
            flat = numpy.ascontiguousarray(self._to_host(memory)).reshape(-1)
        return flat.view(numpy.uint8)[: self.count * self.kind.itemsize].data


class SavedStorages:
    """The pieces of memory beneath the tensors that are saved, each once.

    Attributes
    ----------
    found : list of SavedStorage
    """

    def __init__(self) -> None:
        self.found: list[SavedStorage] = []
        self._by_owner: dict[int, SavedStorage] = {}

    def place(self, tensor: Tensor) -> tuple[SavedStorage, int, tuple[int, ...]]:
        """Return in what, from which element on, and in which strides, a tensor lies.

        Parameters
        ----------
        tensor : Tensor

        Raises
        ------
        RuntimeError
            If it shares its memory with a tensor of another dtype, which checkpoints cannot say;
            or if it is part of a transform that goes on.
        """
        if tensor._table.level:
            raise RuntimeError("save(): a tensor inside of a transform has no memory of its own")
        owner, memory, offset, strides = memory_of(tensor)
        storage = self._by_owner.get(id(owner))
        if storage is None:
            storage = SavedStorage(str(len(self.found)), owner, memory, tensor)
            self._by_owner[id(owner)] = storage
            self.found.append(storage)
        elif storage.kind is not tensor.dtype:
            raise RuntimeError(
                f"save(): one piece of memory is seen as {storage.kind} and as {tensor.dtype}, "
                "which a checkpoint cannot say; clone one of the two"
            )
        return storage, offset, strides


def memory_of(tensor: Tensor) -> tuple[Any, Any, int, tuple[int, ...]]:
    """Return the array that has the memory, what to write of it, and a tensor's place in that."""
    table, raw = tensor._table, tensor._array
    dense = tuple(math.prod(raw.shape[dim + 1 :]) for dim in range(len(raw.shape)))
    if not isinstance(raw, numpy.ndarray):
        return raw, raw, 0, dense
    owner = raw
    while isinstance(owner.base, numpy.ndarray):
        owner = owner.base
    strides = table.strides(raw)
    offset, rest = divmod(table.data_ptr(raw) - table.data_ptr(owner), tensor.itemsize)
    if rest or not owner.flags.forc or min(strides, default=0) < 0:  # made by foreign hands
        return raw, numpy.ascontiguousarray(raw), 0, dense
    return owner, owner, offset, strides


class Storage:
    """A piece of memory in a checkpoint, read when the first tensor wants it.

    Parameters
    ----------
    key : str
    kind : dtype or None
        None if each tensor says it.
    count : int
        Elements, or bytes.
    tag : str
        Where it was.
    read : callable
        Returns the bytes of a storage as an array.
    byteorder : str
        Of its elements: ``"little"`` or ``"big"``.

    Attributes
    ----------
    place : device
        Where it goes.
    """

    def __init__(
        self, key: str, kind: dtype | None, count: int, tag: str, read: Callable[[Storage], Any],
        byteorder: str,
    ) -> None:  # fmt: skip
        self.key = key
        self.kind = kind
        self.count = count
        self.tag = tag
        self.width = 1 if kind is None else kind.itemsize
        self.nbytes = count * self.width
        self.place = cpu
        self._read = read
        self._byteorder = byteorder
        self._whole: Tensor | None = None

    def tensor(
        self, kind: dtype, offset: int, size: tuple[int, ...], stride: tuple[int, ...]
    ) -> Tensor:
        """Return a tensor in the memory.

        Parameters
        ----------
        kind : dtype
        offset : int
        size, stride : tuple of int

        Raises
        ------
        RuntimeError
            If it would not be inside.
        """
        count = self.count if self.kind is not None else self.count // kind.itemsize
        if self._whole is not None and self._whole.dtype is not kind:
            raise RuntimeError(f"load(): storage {self.key!r} is of {self._whole.dtype} and {kind}")
        self._check(kind, count, offset, size, stride)
        if self._whole is None:
            self._whole = self._read_as(kind)
        part: Tensor = plugrad.as_strided(self._whole, size, stride, offset).detach()
        return part

    def _check(
        self, kind: dtype, count: int, offset: int, size: tuple[int, ...], stride: tuple[int, ...]
    ) -> None:
        numbers = (offset, *size, *stride)
        described = f"a tensor of size {list(size)} and stride {list(stride)} from {offset} on"
        if len(size) != len(stride) or len(size) > _MOST_DIMS or min(numbers) < 0:
            raise RuntimeError(f"load(): there is no {described[2:]}")
        last = offset + sum((n - 1) * step for n, step in zip(size, stride, strict=True))
        empty = 0 in size
        # NumPy computes with the lengths of the other dimensions of an empty array too.
        spread = math.prod(n or 1 for n in size) * kind.itemsize
        if (offset > count if empty else last >= count) or max(spread, *numbers) > (
            _LARGEST // kind.itemsize
        ):
            raise RuntimeError(
                f"load(): {described} is not inside of storage {self.key!r}, which has {count} "
                f"elements of {kind}"
            )

    def _read_as(self, kind: dtype) -> Tensor:
        data = self._read(self)
        data = data[: len(data) // kind.itemsize * kind.itemsize]
        if kind is bool_ and data.size and data.max() > 1:
            data = (data != 0).view(numpy.uint8)
        if data.__array_interface__["data"][0] % kind.np.alignment:
            data = data.copy()
        if self._byteorder != sys.byteorder:
            width = kind.itemsize // (2 if kind.is_complex else 1)
            data.view(f"u{width}").byteswap(inplace=True)
        table = table_of(self.place)
        return fresh(table.from_host(data.view(kind.np)), table, kind)
