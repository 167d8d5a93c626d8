"""The format of PyTorch before 1.6: pickles in a row, then the bytes of each piece of memory.

In order: a number that marks the format, its version, what is known of the machine, the object, the
names of the pieces of memory; then each as the number of its elements, 64 bits long, and these.
"""

from __future__ import annotations

import pickle
import struct
from collections.abc import Callable
from typing import Any, Final

import numpy

from plugrad.checkpoints.decoding import Decoder
from plugrad.checkpoints.encoding import Encoder
from plugrad.checkpoints.making import TensorMaker
from plugrad.checkpoints.storages import SavedStorages, Storage

__all__ = ["read_legacy", "write_legacy"]

_MAGIC: Final = 0x1950A86A20F9469CFC6C
_VERSION: Final = 1001
_COUNT: Final = struct.Struct("<q")
_SYSTEM: Final = {
    "protocol_version": _VERSION,
    "little_endian": True,
    "type_sizes": {"short": 2, "int": 4, "long": 4},
}


def write_legacy(write: Callable[[Any], None], stream: bytes, storages: SavedStorages) -> None:
    """Write a checkpoint.

    Parameters
    ----------
    write : callable
    stream : bytes
        The pickle of the object.
    storages : SavedStorages
    """
    for value in (_MAGIC, _VERSION, _SYSTEM):
        write(_pickled(value))
    write(stream)
    write(_pickled([storage.key for storage in storages.found]))
    for storage in storages.found:
        data = storage.data()
        write(_COUNT.pack(storage.count))
        write(data)


def _pickled(value: Any) -> bytes:
    return Encoder(lambda item: None).encode(value)


Opener = Callable[[Callable[[Storage], Any]], Callable[[tuple[Any, ...]], Storage]]


def read_legacy(data: bytes, opener: Opener, in_vain: Opener) -> tuple[Any, int]:
    """Return what a checkpoint holds, and where it ends.

    Parameters
    ----------
    data : bytes
        Of the file.
    opener : callable
        From a function that returns the bytes of a piece of memory, to what `TensorMaker` takes.
    in_vain : callable
        The same, for tensors that are thrown away: on the host.

    Raises
    ------
    pickle.UnpicklingError
        If it is no such file, or damaged.
    RuntimeError
        If memory is missing, or of another size than it should be.
    """
    at = 0
    for expected in (_MAGIC, _VERSION, None):
        decoder = Decoder(data, TensorMaker(None), "the file's head", at)
        found = decoder.decode() if data[at : at + 1] == pickle.PROTO else None
        if found != expected and expected is not None:
            raise pickle.UnpicklingError(
                "load(): this is no checkpoint: neither a zip archive, nor in PyTorch's older "
                "format"
            )
        at = decoder.at
    # Where memory lies is only known once the object was read: so it is read twice, at first with
    # zeros for memory.
    pieces: dict[str, Storage] = {}
    promised = 0

    def blank(storage: Storage) -> Any:
        nonlocal promised
        pieces[storage.key] = storage
        promised += storage.nbytes
        if promised > len(data):
            raise RuntimeError(f"load(): the file has no {promised} bytes of memory; it is damaged")
        return numpy.zeros(storage.nbytes, numpy.uint8)

    decoder = Decoder(data, TensorMaker(in_vain(blank), len(data)), "the object", at)
    decoder.decode()
    names = Decoder(data, TensorMaker(None), "the list of memory", decoder.at)
    places, end = _places(data, names.decode(), names.at, pieces)

    def real(storage: Storage) -> Any:
        place = places.get(storage.key)
        if place is None:
            raise RuntimeError(f"load(): the file has no memory {storage.key!r}; it is damaged")
        return numpy.frombuffer(data, numpy.uint8, storage.nbytes, place).copy()

    maker = TensorMaker(opener(real), len(data))
    return Decoder(data, maker, "the object", at).decode(), end


def _places(
    data: bytes, names: Any, at: int, pieces: dict[str, Storage]
) -> tuple[dict[str, int], int]:
    """Return where the bytes of each piece of memory begin, and where the last one ends."""
    if type(names) is not list:
        raise pickle.UnpicklingError("load(): the list of memory is no list; the file is damaged")
    places: dict[str, int] = {}
    for name in names:
        storage = pieces.get(name) if type(name) is str else None
        if storage is None:
            raise RuntimeError("load(): there is memory that belongs to no tensor; it is damaged")
        end = at + _COUNT.size + storage.nbytes
        if end > len(data):
            raise RuntimeError(f"load(): the file ends within memory {name!r}; it is cut short")
        (count,) = _COUNT.unpack_from(data, at)
        if count != storage.count:
            raise RuntimeError(
                f"load(): memory {name!r} has {count} elements, but its tensors say "
                f"{storage.count}; the file is damaged"
            )
        places[name] = at + _COUNT.size
        at = end
    return places, at
