"""Tensors in the memory of others: buffers, and arrays of other libraries through DLPack."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy

from plugrad import dtypes
from plugrad.autograd.tape import TensorBase
from plugrad.operators.construction import around, checked, copied, warn_of_read_only
from plugrad.operators.device_table import table_of
from plugrad.operators.options import dtype_given, fresh, refuse_gradients_of
from plugrad.vocabulary.forms import function

if TYPE_CHECKING:
    from plugrad.tensor import Tensor

__all__ = ["asarray", "from_dlpack", "frombuffer"]

Array = numpy.ndarray[Any, Any]


@function("function")
def asarray(
    obj: Any, *, dtype: Any = None, device: Any = None, copy: bool | None = None,
    requires_grad: bool | None = None,
) -> Tensor:  # fmt: skip
    """Return `obj` as a tensor, sharing its memory unless a copy is needed or asked for.

    Parameters
    ----------
    obj : Tensor, ndarray, DLPack capsule or exporter, buffer, number or nested sequence
        Bytes of a buffer are read as `dtype`, by default as the default dtype.
    dtype : dtype, optional
    device : device or str, optional
    copy : bool, optional
        True always copies, False never does; by default only where it is needed.
    requires_grad : bool, optional
        By default that of a tensor; False for all else.

    Returns
    -------
    Tensor

    Raises
    ------
    ValueError
        If ``copy=False`` and a copy is needed.

    Examples
    --------
    >>> import plugrad
    >>> x = plugrad.ones(2)
    >>> plugrad.asarray(x) is x
    True
    """
    kind = None if dtype is None else dtype_given("asarray", dtype)
    found: Any
    if isinstance(obj, TensorBase):
        found = obj
    elif isinstance(obj, numpy.ndarray):
        found = around(checked(obj))
    elif _is_capsule(obj) or (hasattr(obj, "__dlpack__") and hasattr(obj, "__dlpack_device__")):
        found = from_dlpack(obj)
    elif _is_buffer(obj):
        found = frombuffer(obj, dtype=kind or dtypes.default.dtype)
    elif copy is False:
        raise ValueError(f"asarray(): a {type(obj).__name__} has no memory to share; it is copied")
    else:
        return copied("asarray", obj, kind, device, requires_grad, False)
    return _converted(found, obj, kind, device, copy, requires_grad)


def _converted(
    found: Any, obj: Any, kind: dtypes.dtype | None, device: Any, copy: bool | None, wanted: Any
) -> Tensor:
    place = found._table.device if device is None else table_of(device).device
    kind = kind or found._dtype
    if kind is not found._dtype or place != found._table.device:
        if copy is False:
            raise ValueError(
                f"asarray(): {found._dtype} on {found._table.device} becomes {kind} on {place} "
                "only by a copy, which copy=False forbids"
            )
        found = found.to(place, kind)
    elif copy:
        found = found.clone()
    if wanted is None:
        return found  # type: ignore[no-any-return]
    if not wanted:
        return found.detach() if found._edge is not None else found  # type: ignore[no-any-return]
    if found._edge is None:
        refuse_gradients_of("asarray", kind)
        found = found.detach() if found is obj else found
        found.requires_grad = True
    return found  # type: ignore[no-any-return]


def _is_capsule(obj: Any) -> bool:
    return type(obj).__name__ == "PyCapsule"


def _is_buffer(obj: Any) -> bool:
    try:
        memoryview(obj).release()
    except TypeError:
        return False
    return not isinstance(obj, numpy.generic)


@function("function")
def frombuffer(
    buffer: Any, *, dtype: Any, count: int = -1, offset: int = 0, requires_grad: bool = False
) -> Tensor:
    """Return a 1-d tensor that shares the memory of a Python buffer.

    Parameters
    ----------
    buffer : object with the buffer protocol
        Such as a bytearray.
    dtype : dtype
        As what its bytes are to be read.
    count : int
        How many elements; -1 takes as many as there are.
    offset : int
        How many bytes to skip.
    requires_grad : bool

    Returns
    -------
    Tensor

    Raises
    ------
    ValueError
        If it has no buffer, or not a whole number of elements.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.frombuffer(bytearray(b"plugrad"), dtype=plugrad.uint8, count=2)
    tensor([112, 108], dtype=plugrad.uint8)
    """
    kind = dtype_given("frombuffer", dtype)
    if not _is_buffer(buffer):
        raise ValueError(f"frombuffer(): a {type(buffer).__name__} has no buffer")
    if not memoryview(buffer).nbytes or count == 0:
        raise ValueError("frombuffer(): there is nothing in an empty buffer, or count is 0")
    array = numpy.frombuffer(buffer, kind.np, count, offset)
    if not array.flags.writeable:
        warn_of_read_only("buffer")
    if requires_grad:
        refuse_gradients_of("frombuffer", kind)
    return around(array, requires_grad)


class _Exporter:
    """Hands on a DLPack capsule of the host's memory, to who asks for an exporter."""

    def __init__(self, capsule: Any) -> None:
        self._capsule = capsule

    def __dlpack__(self, **_: Any) -> Any:
        return self._capsule

    def __dlpack_device__(self) -> tuple[int, int]:
        return 1, 0


class _Writable:
    """Shows an array that NumPy takes for read-only as one that can be written to."""

    def __init__(self, array: Array) -> None:
        self._array = array
        interface = array.__array_interface__
        self.__array_interface__ = {**interface, "data": (interface["data"][0], False)}


_DLPACK_DEVICES: Final = {1: "cpu", 2: "cuda", 3: "cpu"}


@function("function")
def from_dlpack(ext_tensor: Any, *, device: Any = None, copy: bool | None = None) -> Tensor:
    """Return a tensor that shares the memory of another library's array, through DLPack.

    Parameters
    ----------
    ext_tensor : object with ``__dlpack__``, or a DLPack capsule of the host's memory
    device : device or str, optional
        Where it is to be; by default where it is.
    copy : bool, optional
        True copies.

    Returns
    -------
    Tensor

    Raises
    ------
    RuntimeError
        If `ext_tensor` is neither.

    Examples
    --------
    >>> import numpy, plugrad
    >>> array = numpy.zeros(2)
    >>> plugrad.from_dlpack(array)[0] = 1
    >>> array
    array([1., 0.])
    """
    if _is_capsule(ext_tensor):
        # Such a capsule cannot say whether its memory may be written to; PyTorch takes it to be so.
        return around(checked(numpy.asarray(_Writable(numpy.from_dlpack(_Exporter(ext_tensor))))))
    if not (hasattr(ext_tensor, "__dlpack__") and hasattr(ext_tensor, "__dlpack_device__")):
        raise RuntimeError(
            f"from_dlpack(): a {type(ext_tensor).__name__} is no exporter: it needs __dlpack__ and "
            "__dlpack_device__"
        )
    kind, index = ext_tensor.__dlpack_device__()
    place = _DLPACK_DEVICES.get(int(kind), "")
    found: Any
    if isinstance(ext_tensor, numpy.ndarray):  # which may be read-only
        found = around(checked(ext_tensor))
    elif place == "cpu":
        found = around(checked(numpy.from_dlpack(ext_tensor)))
    elif place:
        table: Any = table_of(f"{place}:{index}")
        raw = table.xp.from_dlpack(ext_tensor)
        found = fresh(raw, table, table.dtypes[raw.dtype])
    else:
        raise RuntimeError(f"from_dlpack(): there are no devices of DLPack's type {int(kind)} here")
    if device is not None:
        found = found.to(device)
    return found.clone() if copy else found  # type: ignore[no-any-return]
