"""What a checkpoint may ask for: a table of names, each with what it makes of its arguments.

Whatever is not in the table does not exist for a file; nothing in it runs code that a file brings,
looks up an attribute that it names, or takes more memory than the file has.
"""

from __future__ import annotations

import pickle
from collections import Counter, OrderedDict
from collections.abc import Callable
from functools import cache
from typing import Any, Final, NoReturn

from plugrad.checkpoints.decoding import hashable
from plugrad.checkpoints.names import DTYPES, FOREIGN_DTYPES, STORAGES, UNTYPED, Global
from plugrad.checkpoints.storages import Storage
from plugrad.devices import device
from plugrad.dtypes import dtype
from plugrad.layouts import strided
from plugrad.shapes import Size
from plugrad.tensor import Tensor

__all__ = ["TensorMaker"]

Open = Callable[[tuple[Any, ...]], Storage]
_GROWTH: Final = 1 << 20
"""How many elements calls may copy, beside four times as many as the file has bytes."""


class TensorMaker:
    """Makes tensors, and what goes with them, for `Decoder`.

    Parameters
    ----------
    opened : callable
        From what a checkpoint says of a piece of memory to the `Storage`.
    size : int
        Bytes of the file.
    """

    inner: tuple[type, ...] = (Global, Storage)

    def __init__(self, opened: Open | None, size: int = 0) -> None:
        self._opened = opened
        self._left = 4 * size + _GROWTH

    def find(self, name: Global) -> Any:
        """Return the dtype of that name, or the name itself if it may be called."""
        text = str(name)
        self.spend(len(text))
        if text in _CALLS or name in _TYPES:
            return name
        if name.module == "torch" and name.name in DTYPES:
            return DTYPES[name.name]
        if name.name in FOREIGN_DTYPES:
            _refuse(f"there is no {text} here; convert it in PyTorch first")
        if text in _FOREIGN_KINDS:
            _refuse(f"{_FOREIGN_KINDS[text]} tensors do not exist here; convert them in PyTorch")
        _refuse(
            f"the file asks for {text}, which is not among the tensors, containers and numbers "
            "that a checkpoint may hold. If it holds a whole module, or an object of a class, save "
            "its state_dict, or what it consists of"
        )

    def call(self, function: Any, arguments: tuple[Any, ...]) -> Any:
        """Return what a name makes of its arguments."""
        make = _CALLS.get(str(function)) if isinstance(function, Global) else None
        if make is None:
            what = function if isinstance(function, Global) else f"a {type(function).__name__}"
            _refuse(f"{what} is called, which is no function")
        return make(self, *arguments)

    def build(self, target: Any, state: Any) -> None:
        """Give an ordered dict its attributes, as a module's state has ``_metadata``."""
        if type(target) is not OrderedDict:
            _refuse(f"a {type(target).__name__} has no attributes that are set")
        vars(target).update(self._attributes(OrderedDict, state))

    def load(self, key: Any) -> Storage:
        """Return a piece of memory."""
        said = type(key) is tuple and len(key) >= 5 and type(key[0]) is str and key[0] == "storage"
        if not said or self._opened is None:
            _refuse(f"a {type(key).__name__} does not say where memory is")
        return self._opened(key[1:])

    def spend(self, count: int) -> None:
        """Count what calls copy: a small file must not become large by copying the same again."""
        self._left -= count
        if self._left < 0:
            _refuse("the file would grow without bounds: it copies what it has again and again")

    # -------------------------------------------------------------------------------- containers

    def _ordered(self, pairs: Any = ()) -> OrderedDict[Any, Any]:
        if type(pairs) is tuple and not pairs:
            return OrderedDict()
        _expect(type(pairs) is list and all(type(pair) in (list, tuple) for pair in pairs), "pairs")
        self.spend(len(pairs))
        return OrderedDict((hashable(key), value) for key, value in pairs)

    def _counter(self, counts: Any) -> Counter[Any]:
        _expect(type(counts) is dict, "a dict")
        self.spend(len(counts))
        return Counter(counts)

    def _set(self, values: Any) -> set[Any]:
        _expect(type(values) is list, "a list")
        self.spend(len(values))
        return {hashable(value) for value in values}

    def _encoded(self, text: Any, encoding: Any) -> bytes:
        latin = type(encoding) is str and encoding in ("latin1", "latin-1")
        _expect(type(text) is str and latin, "text in Latin 1")
        self.spend(len(text))
        return text.encode("latin-1")  # type: ignore[no-any-return]

    def _no_bytes(self) -> bytes:
        return b""

    def _bytearray(self, value: Any = b"", encoding: Any = None) -> bytearray:
        if encoding is not None:
            value = self._encoded(value, encoding)
        _expect(type(value) is bytes, "bytes")
        self.spend(len(value))
        return bytearray(value)

    def _complex(self, real: Any, imaginary: Any) -> complex:
        _expect({type(real), type(imaginary)} <= {float, int}, "two numbers")
        return complex(real, imaginary)

    def _size(self, shape: Any) -> Size:
        _expect(type(shape) is tuple and all(type(size) is int for size in shape), "a tuple of int")
        self.spend(len(shape))
        return Size(shape)

    def _device(self, kind: Any, index: Any = None) -> device:
        _expect(type(kind) is str and type(index) in (int, type(None)), "a name and a number")
        self.spend(len(kind))
        try:
            return device(kind, index) if index is not None else device(kind)
        except RuntimeError as error:
            raise pickle.UnpicklingError(str(error)) from error

    def _layout(self, name: Any) -> Any:
        known = type(name) is str and name == "torch.strided"
        _expect(known, "the layout torch.strided, which is the only one here")
        return strided

    # ----------------------------------------------------------------------------------- tensors

    def _tensor(
        self, storage: Any, offset: Any, size: Any, stride: Any, requires_grad: Any = False,
        hooks: Any = None, metadata: Any = None, kind: dtype | None = None,
    ) -> Tensor:  # fmt: skip
        _expect(type(storage) is Storage, "a storage")
        kind = kind or storage.kind
        _expect(isinstance(kind, dtype), "a dtype, or a storage that has one")
        assert kind is not None
        for numbers in ((offset,), size, stride):
            _expect(isinstance(numbers, tuple), "a size and a stride that are tuples")
            self.spend(len(numbers))
            _expect(all(type(number) is int for number in numbers), "numbers that are int")
        _expect(type(requires_grad) is bool and type(metadata) in (dict, type(None)), "flags")
        made: Tensor = storage.tensor(kind, offset, tuple(size), tuple(stride))
        for flag, wanted in (metadata or {}).items():
            _expect(flag in ("conj", "neg") and type(wanted) is bool, "the flags conj and neg")
            if wanted:
                self.spend(made.nbytes)
                made = made.conj().resolve_conj() if flag == "conj" else -made
        _require_gradients(made, requires_grad)
        return made

    def _tensor_with_dtype(
        self, storage: Any, offset: Any, size: Any, stride: Any, requires_grad: Any, hooks: Any,
        kind: Any, metadata: Any = None,
    ) -> Tensor:  # fmt: skip
        _expect(type(kind) is dtype, "a dtype")
        return self._tensor(storage, offset, size, stride, requires_grad, hooks, metadata, kind)

    def _parameter(self, data: Any, requires_grad: Any, hooks: Any, state: Any = None) -> Tensor:
        from plugrad import nn  # where it is not installed, the error says what to install

        _expect(isinstance(data, Tensor) and type(requires_grad) is bool, "a tensor and a flag")
        made = nn.Parameter(data, requires_grad=False)
        _require_gradients(made, requires_grad)
        made.__dict__.update(self._attributes(Tensor, {} if state is None else state))
        return made

    def _with_attributes(self, function: Any, kind: Any, arguments: Any, state: Any) -> Tensor:
        plain = isinstance(kind, Global) and kind == _TENSOR and type(arguments) is tuple
        _expect(plain, "the class torch.Tensor")
        made = self.call(function, arguments)
        _expect(type(made) is Tensor, "a function that makes a tensor")
        state = self._attributes(Tensor, {} if state is None else state)
        if state.pop("_is_buffer", False) is True:
            from plugrad import nn

            made = nn.Buffer(made, persistent=state.pop("persistent", True) is True)
        made.__dict__.update(state)
        return made  # type: ignore[no-any-return]

    def _attributes(self, kind: type, state: Any) -> dict[str, Any]:
        """Return attributes that a file may set: new ones, that stand in the way of nothing."""
        _expect(type(state) is dict, "a dict of attributes")
        self.spend(len(state))
        _expect(all(type(name) is str for name in state), "names of attributes")
        taken = [name for name in state if name.startswith("__") or name in _members(kind)]
        if taken:
            _refuse(f"the file would replace {taken[0]!r} of a {kind.__name__}")
        return dict(state)


@cache
def _members(kind: type) -> frozenset[str]:
    return frozenset(dir(kind))


def _require_gradients(tensor: Tensor, wanted: bool) -> None:
    if wanted:
        tensor.requires_grad = True


def _expect(holds: bool, what: str) -> None:
    if not holds:
        _refuse(f"a call lacks what it takes: {what}")


def _refuse(why: str) -> NoReturn:
    raise pickle.UnpicklingError(why)


_TENSOR: Final = Global("torch", "Tensor")
_TYPES: Final = {_TENSOR, UNTYPED, *(Global("torch", name) for name in STORAGES)}
_FOREIGN_KINDS: Final = {
    "torch._utils._rebuild_sparse_tensor": "sparse",
    "torch._utils._rebuild_sparse_csr_tensor": "sparse",
    "torch._utils._rebuild_qtensor": "quantized",
    "torch._utils._rebuild_nested_tensor": "nested",
    "torch._utils._rebuild_meta_tensor_no_storage": "meta",
    "torch._utils._rebuild_device_tensor_from_numpy": "XLA's",
}
_PYTHON: Final[dict[str, Callable[..., Any]]] = {
    "set": TensorMaker._set,
    "bytes": TensorMaker._no_bytes,
    "bytearray": TensorMaker._bytearray,
    "complex": TensorMaker._complex,
}
_CALLS: Final[dict[str, Callable[..., Any]]] = {
    "collections.OrderedDict": TensorMaker._ordered,
    "collections.Counter": TensorMaker._counter,
    "_codecs.encode": TensorMaker._encoded,
    "torch.Size": TensorMaker._size,
    "torch.device": TensorMaker._device,
    "torch.serialization._get_layout": TensorMaker._layout,
    "torch._utils._rebuild_tensor": TensorMaker._tensor,
    "torch._utils._rebuild_tensor_v2": TensorMaker._tensor,
    "torch._utils._rebuild_tensor_v3": TensorMaker._tensor_with_dtype,
    "torch._utils._rebuild_parameter": TensorMaker._parameter,
    "torch._utils._rebuild_parameter_with_state": TensorMaker._parameter,
    "torch._tensor._rebuild_from_type_v2": TensorMaker._with_attributes,
    **{f"__builtin__.{name}": make for name, make in _PYTHON.items()},
    **{f"builtins.{name}": make for name, make in _PYTHON.items()},
}
