"""Modules that hold parameters: in a list, in a dictionary."""

from __future__ import annotations

import operator
from collections import OrderedDict
from collections.abc import Iterable, Iterator, KeysView, Mapping, Sequence
from typing import Any, Self

from plugrad.nn.modules.module import Module
from plugrad.nn.parameter import Parameter
from plugrad.tensor import Tensor

__all__ = ["ParameterDict", "ParameterList"]


def _held(value: Any) -> Any:
    """Return a tensor as a parameter, anything else as it is."""
    if isinstance(value, Tensor) and not isinstance(value, Parameter):
        return Parameter(value)
    return value


def _line(name: str, value: Any, kind: Any) -> str:
    if not isinstance(value, Tensor):
        return f"  ({name}): Object of type: {type(value).__name__}"
    what = "Parameter" if isinstance(value, Parameter) else "Tensor"
    size = "x".join(map(str, value.shape))
    where = "" if value.device.type == "cpu" else f" ({value.device})"
    return f"  ({name}): {what} containing: [{kind(value)} of size {size}{where}]"


class ParameterList(Module):
    """A list of parameters, registered as such. Tensors put into it become parameters.

    Other values are held, but are no part of the module's state.

    Parameters
    ----------
    values : iterable, optional

    Examples
    --------
    >>> import plugrad
    >>> from plugrad import nn
    >>> weights = nn.ParameterList([plugrad.ones(2), plugrad.ones(2, 3)])
    >>> weights
    ParameterList(
        (0): Parameter containing: [plugrad.float32 of size 2]
        (1): Parameter containing: [plugrad.float32 of size 2x3]
    )
    >>> len(list(weights.parameters())), weights[-1].shape
    (2, plugrad.Size([2, 3]))
    """

    _size: int

    def __init__(self, values: Iterable[Any] | None = None) -> None:
        super().__init__()
        self._size = 0
        if values is not None:
            self.extend(values)

    def _index(self, position: Any) -> str:
        position = operator.index(position)
        if not -self._size <= position < self._size:
            raise IndexError(f"index {position} is out of range for {self._size} parameters")
        return str(position % self._size)

    def __getitem__(self, position: Any) -> Any:
        if isinstance(position, slice):
            return type(self)(self[n] for n in range(*position.indices(self._size)))
        return getattr(self, self._index(position))

    def __setitem__(self, position: int, value: Any) -> None:
        setattr(self, self._index(position), _held(value))

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[Any]:
        return (self[n] for n in range(self._size))

    def __iadd__(self, values: Iterable[Any]) -> Self:
        return self.extend(values)

    def __dir__(self) -> list[str]:
        return [name for name in super().__dir__() if not name.isdigit()]

    def append(self, value: Any) -> Self:
        """Add a parameter, or another value, at the end."""
        setattr(self, str(self._size), _held(value))
        self._size += 1
        return self

    def extend(self, values: Iterable[Any]) -> Self:
        """Add several at the end.

        Raises
        ------
        TypeError
            If they cannot be iterated over, or are one tensor.
        """
        if not isinstance(values, Iterable) or isinstance(values, Tensor):
            raise TypeError(
                f"a ParameterList is extended by an iterable of values, not by a "
                f"{type(values).__name__}"
            )
        for value in list(values):
            self.append(value)
        return self

    def extra_repr(self) -> str:
        """Show what each is."""
        return "\n".join(
            _line(str(number), value, lambda p: p.dtype) for number, value in enumerate(self)
        )

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Not possible: raises RuntimeError."""
        raise RuntimeError("a ParameterList holds parameters, and cannot be called")


class ParameterDict(Module):
    """A dictionary of parameters, registered as such. Tensors put into it become parameters.

    Other values are held, but are no part of the module's state. It keeps the order of insertion.

    Parameters
    ----------
    parameters : mapping from str, or iterable of pairs, optional

    Examples
    --------
    >>> import plugrad
    >>> from plugrad import nn
    >>> choices = nn.ParameterDict({"left": plugrad.ones(2), "right": plugrad.zeros(2)})
    >>> choices["left"]
    Parameter containing:
    tensor([1., 1.], requires_grad=True)
    >>> list(choices.state_dict())
    ['left', 'right']
    """

    _keys: dict[str, None]

    def __init__(self, parameters: Any = None) -> None:
        super().__init__()
        self._keys = {}
        if parameters is not None:
            self.update(parameters)

    @staticmethod
    def _attribute(key: str) -> str:
        if not isinstance(key, str):
            raise TypeError(f"a key of a ParameterDict must be a string, not {key!r}")
        return key

    def __getitem__(self, key: str) -> Any:
        return getattr(self, self._attribute(key))

    def __setitem__(self, key: str, value: Any) -> None:
        attribute = self._attribute(key)
        self._keys[key] = None
        setattr(self, attribute, _held(value))

    def __delitem__(self, key: str) -> None:
        del self._keys[key]
        delattr(self, self._attribute(key))

    def __len__(self) -> int:
        return len(self._keys)

    def __iter__(self) -> Iterator[str]:
        return iter(self._keys)

    def __reversed__(self) -> Iterator[str]:
        return reversed(self._keys)

    def __contains__(self, key: object) -> bool:
        return key in self._keys

    def __or__(self, other: ParameterDict) -> ParameterDict:
        copy = self.copy()
        copy.update(other)
        return copy

    def __ror__(self, other: ParameterDict) -> ParameterDict:
        copy = other.copy()
        copy.update(self)
        return copy

    def __ior__(self, other: ParameterDict) -> Self:
        self.update(other)
        return self

    def copy(self) -> ParameterDict:
        """Return another dictionary of the same parameters."""
        return ParameterDict(self.items())

    def setdefault(self, key: str, default: Any = None) -> Any:
        """Return the value of a key, which is `default` if it is new."""
        if key not in self:
            self[key] = default
        return self[key]

    def clear(self) -> None:
        """Remove all."""
        for key in list(self):
            del self[key]

    def pop(self, key: str) -> Any:
        """Remove a value and return it."""
        value = self[key]
        del self[key]
        return value

    def popitem(self) -> tuple[str, Any]:
        """Remove the last key and its value, and return both."""
        key, _ = self._keys.popitem()
        self._keys[key] = None
        return key, self.pop(key)

    def get(self, key: str, default: Any = None) -> Any:
        """Return the value of a key, or `default`."""
        return self[key] if key in self else default

    def fromkeys(self, keys: Iterable[str], default: Any = None) -> ParameterDict:
        """Return another dictionary, of these keys, all with the same value."""
        return ParameterDict((key, default) for key in keys)

    def keys(self) -> KeysView[str]:
        """Return the keys."""
        return self._keys.keys()

    def items(self) -> Iterable[tuple[str, Any]]:
        """Return pairs of key and value."""
        return ((key, self[key]) for key in self)

    def values(self) -> Iterable[Any]:
        """Return the values."""
        return (self[key] for key in self)

    def update(self, parameters: Any) -> None:
        """Add values from a mapping, or from pairs of key and value.

        Those of a plain dictionary are added in the order of their keys, as PyTorch does it.

        Raises
        ------
        TypeError, ValueError
            If they are neither.
        """
        if isinstance(parameters, (OrderedDict, ParameterDict)):
            pairs = list(parameters.items())
        elif isinstance(parameters, Mapping):
            pairs = [(key, parameters[key]) for key in sorted(parameters)]
        elif isinstance(parameters, Iterable) and not isinstance(parameters, Tensor):
            pairs = [_pair(number, entry) for number, entry in enumerate(parameters)]
        else:
            raise TypeError(
                "a ParameterDict is updated by a mapping or by pairs of key and value, not by a "
                f"{type(parameters).__name__}"
            )
        for key, value in pairs:
            self[key] = value

    def extra_repr(self) -> str:
        """Show what each is."""
        return "\n".join(_line(key, value, lambda p: p.type()) for key, value in self.items())

    def __call__(self, input: Any) -> Any:
        """Not possible: raises RuntimeError."""
        raise RuntimeError("a ParameterDict holds parameters, and cannot be called")


def _pair(number: int, entry: Any) -> tuple[str, Any]:
    if not isinstance(entry, Iterable) or isinstance(entry, Tensor):
        raise TypeError(f"entry {number} must be a pair of key and value, not {entry!r}")
    pair: Sequence[Any] = tuple(entry)
    if len(pair) != 2:
        raise ValueError(f"entry {number} must be a pair of key and value, but has {len(pair)}")
    return pair[0], pair[1]
