"""`save`: tensors, numbers and containers of them, into PyTorch's file format."""

from __future__ import annotations

import operator
import os
import pickle
import sys
from collections import OrderedDict
from collections.abc import Callable
from typing import IO, Any, Final

from plugrad.checkpoints.archive_writing import ArchiveWriter
from plugrad.checkpoints.atomic import into, replacing
from plugrad.checkpoints.encoding import Call, Encoder, Persistent
from plugrad.checkpoints.legacy import write_legacy
from plugrad.checkpoints.names import STORAGES, UNTYPED, Global
from plugrad.checkpoints.storages import SavedStorages
from plugrad.devices import device
from plugrad.dtypes import dtype
from plugrad.layouts import layout
from plugrad.shapes import Size
from plugrad.tensor import Tensor
from plugrad.vocabulary.forms import function

__all__ = ["save"]

_STORAGE_OF: Final = {kind: Global("torch", name) for name, kind in STORAGES.items()}
_VERSION: Final = b"3\n"


@function("function")
def save(
    obj: Any, f: str | os.PathLike[str] | IO[bytes], pickle_module: Any = None,
    pickle_protocol: int = 2, _use_new_zipfile_serialization: bool = True,
) -> None:  # fmt: skip
    """Write tensors, and what they are held in, to a file that PyTorch reads too.

    Parameters
    ----------
    obj : object
        Tensors and Parameters, bool, int, float, complex, str, bytes, None; list, tuple, dict, set,
        `OrderedDict`, `Counter`; `Size`, `dtype`, `device`; in any depth. So the ``state_dict()``
        of a module or an optimizer, but not the module. What shares memory goes on to share it.
    f : str, path or file object
        A file is replaced in one step, once it is complete. A file object is written to from where
        it stands, and need not seek.
    pickle_module : module, optional
        Only `pickle` itself: no module is used to write.
    pickle_protocol : int
        From 0 to 5. What is written has protocol 2, which every reader of checkpoints knows.

    Raises
    ------
    pickle.PicklingError
        If there is anything else in `obj`: says what, and where. Nothing is written then.
    RuntimeError
        If memory is shared by tensors of two dtypes, or the directory does not exist.
    AttributeError
        If `f` is neither a path nor a file object.

    See Also
    --------
    load : reads it.

    Examples
    --------
    >>> import io, plugrad
    >>> file = io.BytesIO()
    >>> plugrad.save({"weight": plugrad.ones(2), "epoch": 3}, file)
    >>> _ = file.seek(0)
    >>> plugrad.load(file)
    {'weight': tensor([1., 1.]), 'epoch': 3}
    """
    if pickle_module not in (None, pickle):
        raise ValueError(f"save(): pickle_module is {pickle_module!r}, but no module is used")
    if operator.index(pickle_protocol) > pickle.HIGHEST_PROTOCOL:
        raise ValueError(f"save(): pickle_protocol is at most {pickle.HIGHEST_PROTOCOL}")
    if not isinstance(f, str | os.PathLike) and not hasattr(f, "write"):
        raise AttributeError(
            f"save(): f is a path, or a file object with a write method, not a {type(f).__name__}"
        )
    # All that can fail for a reason of `obj` comes before the first byte is written.
    storages = SavedStorages()
    tail = () if _use_new_zipfile_serialization else (None,)
    stream = Encoder(lambda item: _reduced(item, storages, tail)).encode(obj)

    def fill(write: Callable[[Any], None]) -> None:
        if not _use_new_zipfile_serialization:
            write_legacy(write, stream, storages)
            return
        archive = ArchiveWriter(write)
        archive.add("data.pkl", stream)
        archive.add(".format_version", b"1")
        archive.add(".storage_alignment", b"64")
        archive.add("byteorder", sys.byteorder.encode())
        for storage in storages.found:
            archive.add(f"data/{storage.key}", storage.data())
        archive.add("version", _VERSION)
        archive.close()

    if isinstance(f, str | os.PathLike):
        replacing(f, fill)
    else:
        fill(into(f))


def _reduced(item: Any, storages: SavedStorages, tail: tuple[Any, ...]) -> Call | Global | None:
    """Return how a checkpoint says what is no type of Python's."""
    kind = type(item)
    if kind is dtype:
        return Global("torch", item.name)
    if kind is Size:
        return Call(Global("torch", "Size"), tuple(item))
    if kind is device:
        index = () if item.index is None else (item.index,)
        return Call(Global("torch", "device"), item.type, *index)
    if kind is layout:
        return Call(Global("torch.serialization", "_get_layout"), "torch.strided")
    if not isinstance(item, Tensor):
        return None
    attributes = dict(vars(item))
    if kind is Tensor:
        return _with_attributes(_rebuild(item, storages, tail), attributes)
    nn = sys.modules.get("plugrad.nn")  # which whoever made a Parameter has imported
    if nn is not None and kind is nn.Parameter:
        name = "_rebuild_parameter" + ("_with_state" if attributes else "")
        call = _rebuild(item, storages, tail, requires_grad=False)
        state = (attributes,) if attributes else ()
        return Call(Global("torch._utils", name), call, item.requires_grad, OrderedDict(), *state)
    if nn is not None and kind is nn.Buffer:
        return _with_attributes(_rebuild(item, storages, tail), attributes | {"_is_buffer": True})
    return None


def _rebuild(
    item: Tensor, storages: SavedStorages, tail: tuple[Any, ...], requires_grad: bool | None = None
) -> Call:
    storage, offset, strides = storages.place(item)
    typed = _STORAGE_OF.get(storage.kind)
    if typed is None and tail:
        raise RuntimeError(f"save(): PyTorch's older format has no {storage.kind}")
    count = storage.count * (1 if typed is not None else storage.kind.itemsize)
    memory = Persistent("storage", typed or UNTYPED, storage.key, storage.location, count, *tail)
    if requires_grad is None:
        requires_grad = item.requires_grad
    place: tuple[Any, ...] = (
        memory,
        offset,
        tuple(item.shape),
        strides,
        requires_grad,
        OrderedDict(),
    )
    if typed is not None:
        return Call(Global("torch._utils", "_rebuild_tensor_v2"), *place)
    return Call(Global("torch._utils", "_rebuild_tensor_v3"), *place, storage.kind)


def _with_attributes(call: Call, attributes: dict[str, Any]) -> Call:
    if not attributes:
        return call
    return Call(
        Global("torch._tensor", "_rebuild_from_type_v2"),
        call.function, Global("torch", "Tensor"), tuple(call.arguments), attributes,
    )  # fmt: skip
