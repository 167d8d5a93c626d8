"""safetensors: files of named tensors, and of nothing else.

The functions are those of the package ``safetensors`` for PyTorch, which does the reading and
writing: ``pip install 'plugrad-checkpoints[safetensors]'``. Files of the one are read by the other.
Tensors are stored by name, dense and each for itself; a module whose parameters share memory is
saved by `save_model`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from importlib import import_module
from types import ModuleType, TracebackType
from typing import TYPE_CHECKING, Any, Final

import numpy

from plugrad import dtypes
from plugrad.checkpoints.locations import locator
from plugrad.checkpoints.storages import memory_of
from plugrad.operators.device_table import table_of
from plugrad.operators.options import fresh
from plugrad.tensor import Tensor

if TYPE_CHECKING:
    from plugrad.nn import Module

__all__ = ["load", "load_file", "load_model", "safe_open", "save", "save_file", "save_model"]

Path = str | os.PathLike[str]
Array = numpy.ndarray[Any, Any]

_KINDS: Final = {
    "BOOL": dtypes.bool_,
    "U8": dtypes.uint8,
    "U16": dtypes.uint16,
    "U32": dtypes.uint32,
    "U64": dtypes.uint64,
    "I8": dtypes.int8,
    "I16": dtypes.int16,
    "I32": dtypes.int32,
    "I64": dtypes.int64,
    "F16": dtypes.float16,
    "BF16": dtypes.bfloat16,
    "F32": dtypes.float32,
    "F64": dtypes.float64,
    "C64": dtypes.complex64,
}
_NAMED: Final = frozenset(_KINDS.values())


def _package() -> ModuleType:
    try:
        return import_module("safetensors")
    except ImportError as error:
        raise ImportError(
            "plugrad.checkpoints.safetensors needs the package safetensors: "
            "pip install 'plugrad-checkpoints[safetensors]'"
        ) from error


# ---------------------------------------------------------------------------------------- writing


def save(tensors: Mapping[str, Tensor], metadata: dict[str, str] | None = None) -> bytes:
    """Return tensors as the bytes of a safetensors file.

    Parameters
    ----------
    tensors : dict of Tensor
        Contiguous ones, of which no two share memory.
    metadata : dict of str, optional
        Text to go with them.

    Raises
    ------
    ValueError
        If one is no tensor, not contiguous, or of a dtype that the format lacks (complex128).
    RuntimeError
        If two share memory.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.checkpoints import safetensors
    >>> safetensors.load(safetensors.save({"weight": plugrad.ones(2)}))
    {'weight': tensor([1., 1.])}
    """
    arrays = _checked(tensors)
    return _package().serialize(_specified(arrays), metadata=metadata)  # type: ignore[no-any-return]


def save_file(
    tensors: Mapping[str, Tensor], filename: Path, metadata: dict[str, str] | None = None
) -> None:
    """Write tensors to a safetensors file.

    Parameters
    ----------
    tensors, metadata
        As for `save`.
    filename : str or path

    Raises
    ------
    ValueError, RuntimeError
        As by `save`; nothing is written then.

    Examples
    --------
    >>> import os, tempfile, plugrad
    >>> from plugrad.checkpoints import safetensors
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = os.path.join(folder, "x.safetensors")
    ...     safetensors.save_file({"x": plugrad.arange(3)}, path)
    ...     safetensors.load_file(path)
    {'x': tensor([0, 1, 2])}
    """
    arrays = _checked(tensors)
    _package().serialize_file(_specified(arrays), filename, metadata=metadata)


def _specified(arrays: dict[str, tuple[Tensor, Array]]) -> dict[str, Any]:
    spec = _package().TensorSpec
    return {
        name: spec(
            dtype=tensor.dtype.name,
            shape=list(array.shape),
            data_ptr=array.__array_interface__["data"][0],
            data_len=array.nbytes,
        )
        for name, (tensor, array) in arrays.items()
    }


def _checked(tensors: Any) -> dict[str, tuple[Tensor, Array]]:
    """Return the host's arrays of tensors that a file can hold, with the tensors."""
    if not isinstance(tensors, Mapping):
        raise ValueError(f"save(): tensors are given as a dict, not a {type(tensors).__name__}")
    found: dict[str, tuple[Tensor, Array]] = {}
    for name, tensor in tensors.items():
        if not isinstance(name, str):
            raise TypeError(f"save(): tensors are named by str, not {type(name).__name__}")
        if not isinstance(tensor, Tensor):
            raise ValueError(f"save(): {name!r} is a {type(tensor).__name__}, not a Tensor")
        if not tensor.is_contiguous():
            raise ValueError(
                f"save(): {name!r} is not contiguous, as tensors in a file are; save its "
                "contiguous()"
            )
        if tensor.dtype not in _NAMED:
            raise ValueError(f"save(): {name!r} is of {tensor.dtype}, which the format lacks")
        host = tensor._table.to_host(tensor._array)
        found[name] = (tensor, numpy.asarray(host, order="C"))
    _refuse_shared(found)
    return found


def _refuse_shared(arrays: dict[str, tuple[Tensor, Array]]) -> None:
    end, before = -1, ""
    places = [
        (array.__array_interface__["data"][0], array.nbytes, name)
        for name, (_, array) in arrays.items()
        if array.nbytes
    ]
    for start, size, name in sorted(places):
        if start < end:
            raise RuntimeError(
                f"save(): {before!r} and {name!r} share memory, which the format cannot say; clone "
                "one of the two, or save a module by save_model()"
            )
        end, before = start + size, name


# ---------------------------------------------------------------------------------------- reading


def load(data: bytes) -> dict[str, Tensor]:
    """Return the tensors in the bytes of a safetensors file.

    Parameters
    ----------
    data : bytes

    Raises
    ------
    safetensors.SafetensorError
        If it is no such file, or damaged.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.checkpoints import safetensors
    >>> safetensors.load(safetensors.save({"x": plugrad.tensor(1.5)}))
    {'x': tensor(1.5000)}
    """
    found = {}
    for name, entry in _package().deserialize(data):
        kind = _kind(name, entry["dtype"])
        array = numpy.frombuffer(entry["data"], kind.np).reshape(entry["shape"])
        found[name] = fresh(array, table_of("cpu"), kind)
    return dict(sorted(found.items()))


def load_file(filename: Path, device: Any = "cpu", *, backend: str = "mmap") -> dict[str, Tensor]:
    """Return the tensors of a safetensors file.

    Parameters
    ----------
    filename : str or path
    device : device, str or int
        Where they go.
    backend : str
        How the package reads the file.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    safetensors.SafetensorError
        If it is damaged.
    RuntimeError
        If there is no such device.

    Examples
    --------
    >>> import os, tempfile, plugrad
    >>> from plugrad.checkpoints import safetensors
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = os.path.join(folder, "x.safetensors")
    ...     safetensors.save_file({"x": plugrad.ones(1)}, path)
    ...     safetensors.load_file(path, device="cpu")
    {'x': tensor([1.])}
    """
    with safe_open(filename, device=device, backend=backend) as file:
        return file.get_tensors()


def _kind(name: str, code: str) -> dtypes.dtype:
    kind = _KINDS.get(code)
    if kind is None:
        raise ValueError(f"load(): {name!r} is of {code}, which is no dtype here")
    return kind


class safe_open:
    """A safetensors file, whose tensors are read when they are asked for.

    Parameters
    ----------
    filename : str or path
    framework : str
        Taken for the package's sake: tensors are plugrad's.
    device : device, str or int
        Where they go.
    backend : str
        How the package reads the file.

    Raises
    ------
    FileNotFoundError, safetensors.SafetensorError, RuntimeError
        As by `load_file`.

    Examples
    --------
    >>> import os, tempfile, plugrad
    >>> from plugrad.checkpoints import safetensors
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = os.path.join(folder, "x.safetensors")
    ...     safetensors.save_file({"x": plugrad.arange(6).reshape(2, 3)}, path, {"by": "us"})
    ...     with safetensors.safe_open(path) as file:
    ...         file.keys(), file.metadata(), file.get_slice("x")[:, 1]
    (['x'], {'by': 'us'}, tensor([1, 4]))
    """

    def __init__(
        self, filename: Path, framework: str = "pt", device: Any = "cpu", *, backend: str = "mmap"
    ) -> None:
        package = _package()
        self._table = table_of(locator(_named(device))(0, "cpu"))
        self._file = package.safe_open(filename, framework="np", backend=backend)

    def __enter__(self) -> safe_open:
        self._file.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        self._file.__exit__(kind, error, trace)

    def keys(self) -> list[str]:
        """Return the names, in the order of the alphabet."""
        return list(self._file.keys())

    def offset_keys(self) -> list[str]:
        """Return the names, in the order in which they are stored."""
        return list(self._file.offset_keys())

    def metadata(self) -> dict[str, str] | None:
        """Return the text that goes with the tensors."""
        return self._file.metadata()  # type: ignore[no-any-return]

    def get_tensor(self, name: str) -> Tensor:
        """Return a tensor.

        Raises
        ------
        safetensors.SafetensorError
            If there is none of that name.
        """
        kind = self._prepare(name)
        return _around(self._file.get_tensor(name), kind, self._table)

    def get_tensors(self) -> dict[str, Tensor]:
        """Return all tensors."""
        return {name: self.get_tensor(name) for name in self}

    def get_slice(self, name: str) -> TensorSlice:
        """Return a tensor of which only the parts that it is indexed for are read."""
        kind = self._prepare(name)
        return TensorSlice(self._file.get_slice(name), kind, self._table)

    def _prepare(self, name: str) -> dtypes.dtype:
        kind = _kind(name, self._file.get_slice(name).get_dtype())
        _ = kind.np  # for bfloat16: NumPy, through which the package reads, learns of it
        return kind

    def __iter__(self) -> Iterator[str]:
        return iter(self.keys())


class TensorSlice:
    """A tensor in a file: what `safe_open.get_slice` returns.

    Parameters
    ----------
    file : object
        The package's own.
    kind : dtype
    table : Kernels
    """

    def __init__(self, file: Any, kind: dtypes.dtype, table: Any) -> None:
        self._file = file
        self._kind = kind
        self._table = table

    def get_shape(self) -> list[int]:
        """Return its shape."""
        return list(self._file.get_shape())

    def get_dtype(self) -> str:
        """Return the format's name of its dtype, such as ``"F32"``."""
        return str(self._file.get_dtype())

    def __getitem__(self, index: Any) -> Tensor:
        return _around(self._file[index], self._kind, self._table)


def _around(array: Array, kind: dtypes.dtype, table: Any) -> Tensor:
    return fresh(table.from_host(numpy.array(array, kind.np)), table, kind)


def _named(place: Any) -> Any:
    return f"cuda:{place}" if isinstance(place, int) else place


# ---------------------------------------------------------------------------------------- modules


def save_model(
    model: Module, filename: Path, metadata: dict[str, str] | None = None,
    force_contiguous: bool = True,
) -> None:  # fmt: skip
    """Write a module's state to a safetensors file, what shares memory once.

    Parameters
    ----------
    model : Module
    filename : str or path
    metadata : dict of str, optional
        It gets an entry for each name that is left out: the name that stands for it.
    force_contiguous : bool
        Whether to write what is not contiguous as what it is in order.

    Raises
    ------
    RuntimeError
        If tensors share memory of which none is the whole.
    ValueError
        As by `save`.

    Examples
    --------
    >>> import os, tempfile, plugrad
    >>> from plugrad.checkpoints import safetensors
    >>> model = plugrad.nn.Linear(2, 1)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = os.path.join(folder, "model.safetensors")
    ...     safetensors.save_model(model, path)
    ...     safetensors.load_model(plugrad.nn.Linear(2, 1), path)
    (set(), [])
    """
    state = dict(model.state_dict())
    texts = dict(metadata or {})
    for names in _sharing(state):
        whole = next((name for name in names if _is_whole(state[name])), None)
        if whole is None:
            raise RuntimeError(
                f"save_model(): {', '.join(names)} share memory, and none of them is the whole of "
                "it, which could stand for the others; clone them"
            )
        for name in names:
            if name != whole:
                texts.setdefault(name, whole)
                del state[name]
    if force_contiguous:
        state = {name: tensor.contiguous() for name, tensor in state.items()}
    save_file(state, filename, texts or None)


def load_model(
    model: Module, filename: Path, strict: bool = True, device: Any = "cpu", *,
    backend: str = "mmap",
) -> tuple[set[str], list[str]]:  # fmt: skip
    """Load a safetensors file into a module.

    Parameters
    ----------
    model : Module
    filename : str or path
    strict : bool
        Whether names must be the same. Those that share memory with one in the file are not
        missed.
    device : device, str or int
        Where tensors are read to.
    backend : str
        How the package reads the file.

    Returns
    -------
    missing : set of str
    unexpected : list of str

    Raises
    ------
    RuntimeError
        If names are missing or unexpected, before anything is loaded; or if shapes differ.

    Examples
    --------
    >>> import os, tempfile, plugrad
    >>> from plugrad.checkpoints import safetensors
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = os.path.join(folder, "model.safetensors")
    ...     safetensors.save_file({"weight": plugrad.ones(1, 2), "more": plugrad.ones(1)}, path)
    ...     safetensors.load_model(plugrad.nn.Linear(2, 1), path, strict=False)
    ({'bias'}, ['more'])
    """
    tensors = load_file(filename, device, backend=backend)
    state = dict(model.state_dict())
    missing = set(state) - set(tensors)
    unexpected = sorted(set(tensors) - set(state))
    for names in _sharing(state):
        if not missing.issuperset(names):
            missing.difference_update(names)
    if strict and (missing or unexpected):
        raise RuntimeError(
            f"load_model(): the file does not fit a {type(model).__name__}; missing: "
            f"{sorted(missing)}, unexpected: {unexpected}; strict=False loads what fits"
        )
    model.load_state_dict(tensors, strict=False)
    return missing, unexpected


def _sharing(state: dict[str, Tensor]) -> list[list[str]]:
    """Return the names of tensors that lie in the same memory, for each piece that several do."""
    groups: dict[int, list[str]] = {}
    for name in sorted(state):
        groups.setdefault(id(memory_of(state[name])[0]), []).append(name)
    return [names for names in groups.values() if len(names) > 1]


def _is_whole(tensor: Tensor) -> bool:
    owner = memory_of(tensor)[0]
    return bool(getattr(owner, "nbytes", tensor.nbytes) == tensor.nbytes)
