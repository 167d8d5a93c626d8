"""`load`: what `plugrad.save` or PyTorch wrote, without running what stands in the file."""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable
from typing import IO, Any, Final

from plugrad.checkpoints import endianness
from plugrad.checkpoints.archive_reading import Archive, is_archive
from plugrad.checkpoints.decoding import Decoder
from plugrad.checkpoints.legacy import read_legacy
from plugrad.checkpoints.locations import Locate, LocationError, locator
from plugrad.checkpoints.making import TensorMaker
from plugrad.checkpoints.names import STORAGES, UNTYPED, Global
from plugrad.checkpoints.sources import FileSource, MappedSource, Source
from plugrad.checkpoints.storages import Storage
from plugrad.devices import cpu
from plugrad.vocabulary.forms import function

__all__ = ["load"]

_NEWEST: Final = 10
Read = Callable[[Storage], Any]


@function("function")
def load(
    f: str | os.PathLike[str] | IO[bytes], map_location: Any = None, pickle_module: Any = None, *,
    weights_only: bool | None = True, mmap: bool | None = None,
) -> Any:  # fmt: skip
    """Return what a file holds that `save`, or PyTorch's, wrote.

    A file that nobody vouches for may be loaded: it can give nothing but tensors, containers,
    numbers and text, in no more memory than its own size, and whatever is wrong with it raises
    before anything is returned.

    Parameters
    ----------
    f : str, path or file object
        A file object is read from where it stands, and must be able to seek.
    map_location : device, str, dict or callable, optional
        Where tensors go: to one device; to what a dict has for the name of the device where they
        were; to where a function says, of the memory and that name, by returning what it was given,
        or that after ``.cpu()``, ``.cuda()`` or ``.to(device=...)``. By default to where they were.
    pickle_module : module, optional
        Only `pickle` itself: no module is used to read.
    weights_only : bool
        Taken for PyTorch's sake. No code of a file is ever run, not with False either.
    mmap : bool, optional
        Whether to leave the data in the file until they are used. What is written to such a tensor
        does not come into the file. Of such data, the checksums are not compared.

    Returns
    -------
    object

    Raises
    ------
    pickle.UnpicklingError
        If the file asks for anything else, such as an object of a class, or is no checkpoint.
    RuntimeError
        If it is damaged, if a tensor in it would lie outside of its memory, or if there is no such
        device here: ``map_location="cpu"`` helps.
    EOFError
        If it is empty.

    See Also
    --------
    save : writes such a file.

    Examples
    --------
    >>> import os, tempfile, plugrad
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = os.path.join(folder, "x.pt")
    ...     plugrad.save(plugrad.arange(3), path)
    ...     plugrad.load(path)
    tensor([0, 1, 2])
    """
    if pickle_module not in (None, pickle):
        raise ValueError(f"load(): pickle_module is {pickle_module!r}, but no module is used")
    locate = locator(map_location)
    try:
        return _opened(f, locate, bool(mmap))
    except LocationError as error:
        raise error.reason from None


def _opened(f: Any, locate: Locate, mapped: bool) -> Any:
    if isinstance(f, str | os.PathLike):
        if mapped:
            return _load(MappedSource(f), locate)
        with open(f, "rb") as file:
            return _load(FileSource(file), locate)
    if mapped:
        raise ValueError("load(): only a file that is given by its path can be mapped into memory")
    missing = [name for name in ("read", "seek", "tell") if not hasattr(f, name)]
    if missing:
        raise AttributeError(
            f"load(): a {type(f).__name__} is neither a path nor a file object that can seek: it "
            f"has no {missing[0]}; read it into an io.BytesIO first"
        )
    return _load(FileSource(f), locate)


def _load(source: FileSource | MappedSource, locate: Locate) -> Any:
    if not source.size:
        raise EOFError("load(): the file is empty")
    if is_archive(source):
        return _load_archive(source, locate)
    if isinstance(source, MappedSource):
        raise RuntimeError("load(): only zip archives can be mapped into memory, and this is none")
    found, end = read_legacy(
        source.read(0, source.size),
        lambda read: _opener(locate, read, "little"),
        lambda read: _opener(lambda size, tag: cpu, read, "little"),
    )
    source.leave(end)  # another may follow
    return found


def _load_archive(source: Source, locate: Locate) -> Any:
    archive = Archive(source)
    if "constants.pkl" in archive:
        raise RuntimeError("load(): this is a program of TorchScript, not a checkpoint")
    version = archive.read("version") if archive.size("version") < 20 else b""
    if not version.strip().isdigit() or not 1 <= int(version) <= _NEWEST:
        raise RuntimeError(
            f"load(): the file's format has version {version!r}, but only 1 to {_NEWEST} are known"
        )
    byteorder = endianness.get_default_load_endianness()
    order = "little" if byteorder is None else byteorder.name.lower()
    if "byteorder" in archive:
        said = archive.read("byteorder") if archive.size("byteorder") < 20 else b""
        order = said.decode("ascii", "replace")
        if order not in ("little", "big"):
            raise ValueError(f"load(): the file has byte order {order!r}, not 'little' or 'big'")

    def read(storage: Storage) -> Any:
        return archive.array(f"data/{storage.key}")

    def check(storage: Storage) -> None:
        size = archive.size(f"data/{storage.key}")
        # PyTorch writes a few bytes more if elements do not fit into memory without a rest.
        if not 0 <= size - storage.nbytes < storage.width:
            raise RuntimeError(
                f"load(): entry 'data/{storage.key}' has {size} bytes, but should have "
                f"{storage.nbytes}: {storage.count} elements of {storage.width} bytes"
            )

    maker = TensorMaker(_opener(locate, read, order, check), source.size)
    return Decoder(archive.read("data.pkl"), maker, "entry 'data.pkl'").decode()


def _opener(
    locate: Locate, read: Read, order: str, check: Callable[[Storage], None] | None = None
) -> Callable[[tuple[Any, ...]], Storage]:
    """Return the function that finds a piece of memory, the same one for the same name."""
    opened: dict[str, Storage] = {}

    def find(said: tuple[Any, ...]) -> Storage:
        kind, key, tag, count, *view = said
        named = isinstance(kind, Global) and (kind == UNTYPED or kind.name in STORAGES)
        plain = type(key) is str and type(tag) is str and type(count) is int and count >= 0
        if not named or not plain or not key.isalnum():
            raise pickle.UnpicklingError("a piece of memory is described by other than it should")
        if len(view) > 1 or any(part is not None for part in view):
            raise pickle.UnpicklingError("a view of memory in memory, of PyTorch before 0.4")
        dtype = None if kind == UNTYPED else STORAGES[kind.name]
        storage = opened.get(key)
        if storage is None:
            storage = Storage(key, dtype, count, tag, read, order)
            if check is not None:
                check(storage)
            storage.place = locate(storage.nbytes, tag)
            opened[key] = storage
        elif (storage.kind, storage.count, storage.tag) != (dtype, count, tag):
            raise RuntimeError(f"load(): the file describes memory {key!r} in two ways")
        return storage

    return find
