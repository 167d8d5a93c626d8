"""Modules that hold parameters: in a list, a dictionary."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Self

from plugrad import Size, Tensor
from plugrad.nn.modules.module import Module
from plugrad.nn.parameter import Parameter

__all__ = ["ParameterDict", "ParameterList"]


def _as_parameter(value: Any) -> Any:
    """Return a tensor as a parameter, anything else as it is."""
    return (
        Parameter(value)
        if isinstance(value, Tensor) and not isinstance(value, Parameter)
        else value
    )


def _described(name: str, value: Any, kind: str) -> str:
    if not isinstance(value, Tensor):
        return f"  ({name}): Object of type: {type(value).__name__}"
    size = "x".join(map(str, Size(value.shape)))
    what = "Parameter" if isinstance(value, Parameter) else "Tensor"
    where = "" if value.device.type == "cpu" else f" ({value.device})"
    return f"  ({name}): {what} containing: [{kind} of size {size}{where}]"


class ParameterList(Module):
    """Parameters under the names "0", "1", ..., which the module that holds the list finds.

    Parameters
    ----------
    values : iterable, optional
        Tensors become parameters; anything else is kept as it is.

    Examples
    --------
    >>> import plugrad
    >>> weights = plugrad.nn.ParameterList([plugrad.ones(2), plugrad.zeros(1, 3)])
    >>> weights
    ParameterList(
        (0): Parameter containing: [plugrad.float32 of size 2]
        (1): Parameter containing: [plugrad.float32 of size 1x3]
    )
    >>> len(weights.append(plugrad.ones(1)))
    3
    """

    def __init__(self, values: Iterable[Any] | None = None) -> None:
        super().__init__()
        self._size = 0
        if values is not None:
            self.extend(values)

    def _name(self, position: Any) -> str:
        number = position.__index__() if hasattr(position, "__index__") else None
        if number is None:
            raise TypeError(f"a ParameterList has numbers, not {type(position).__name__}")
        if not -self._size <= number < self._size:
            raise IndexError(f"index {number} is out of range for {self._size} parameters")
        return str(number % self._size)

    def __getitem__(self, position: Any) -> Any:
        if isinstance(position, slice):
            return type(self)(self[number] for number in range(*position.indices(self._size)))
        return getattr(self, self._name(position))

    def __setitem__(self, position: Any, value: Any) -> None:
        setattr(self, self._name(position), _as_parameter(value))

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[Any]:
        return iter([self[number] for number in range(self._size)])

    def __iadd__(self, values: Iterable[Any]) -> Self:
        return self.extend(values)

    def append(self, value: Any) -> Self:
        """Add a parameter at the end.

        Examples
        --------
        >>> import plugrad
        >>> len(plugrad.nn.ParameterList().append(plugrad.ones(2)))
        1
        """
        self._size += 1
        self[self._size - 1] = value
        return self

    def extend(self, values: Iterable[Any]) -> Self:
        """Add parameters at the end.

        Raises
        ------
        TypeError
            If `values` cannot be iterated over, or is a tensor.

        Examples
        --------
        >>> import plugrad
        >>> len(plugrad.nn.ParameterList().extend([plugrad.ones(2), plugrad.ones(3)]))
        2
        """
        if not isinstance(values, Iterable) or isinstance(values, Tensor):
            raise TypeError(f"extend() takes several values, not one {type(values).__name__}")
        for value in values:
            self.append(value)
        return self

    def extra_repr(self) -> str:
        """Return a line for each parameter."""
        return "\n".join(
            _described(str(number), value, str(getattr(value, "dtype", "")))
            for number, value in enumerate(self)
        )

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Refuse: a list is no layer."""
        raise RuntimeError("a ParameterList holds parameters, and computes nothing")


class ParameterDict(Module):
    """Parameters by name, which the module that holds the dictionary finds.

    Parameters
    ----------
    parameters : mapping or iterable of pairs, optional
        Tensors become parameters; anything else is kept as it is. The names of a dict come in
        alphabetical order, of anything else in its own.

    Examples
    --------
    >>> import plugrad
    >>> weights = plugrad.nn.ParameterDict({"scale": plugrad.ones(2)})
    >>> weights["offset"] = plugrad.zeros(2)
    >>> weights
    ParameterDict(
        (scale): Parameter containing: [plugrad.FloatTensor of size 2]
        (offset): Parameter containing: [plugrad.FloatTensor of size 2]
    )
    """

    def __init__(self, parameters: Any = None) -> None:
        super().__init__()
        self._keys: dict[str, None] = {}
        if parameters is not None:
            self.update(parameters)

    def _attribute(self, key: Any) -> str:
        if not isinstance(key, str):
            raise TypeError(f"a ParameterDict has names, not {type(key).__name__}: {key!r}")
        return key

    def __getitem__(self, key: str) -> Any:
        return getattr(self, self._attribute(key))

    def __setitem__(self, key: str, value: Any) -> None:
        name = self._attribute(key)
        setattr(self, name, _as_parameter(value))
        self._keys[name] = None

    def __delitem__(self, key: str) -> None:
        del self._keys[key]
        delattr(self, self._attribute(key))

    def __len__(self) -> int:
        return len(self._keys)

    def __iter__(self) -> Iterator[str]:
        return iter(self._keys)

    def __reversed__(self) -> Iterator[str]:
        return reversed(list(self._keys))

    def __contains__(self, key: object) -> bool:
        return key in self._keys

    def copy(self) -> ParameterDict:
        """Return another dictionary of the same parameters."""
        return ParameterDict(OrderedDict((key, self[key]) for key in self._keys))

    def setdefault(self, key: str, default: Any = None) -> Any:
        """Return the parameter of this name, which is `default` from now on if there was none."""
        if key not in self:
            self[key] = default
        return self[key]

    def clear(self) -> None:
        """Remove all parameters."""
        for key in list(self._keys):
            del self[key]

    def pop(self, key: str) -> Any:
        """Remove and return the parameter of this name."""
        value = self[key]
        del self[key]
        return value

    def popitem(self) -> tuple[str, Any]:
        """Remove and return the name and parameter that came last."""
        key, _ = self._keys.popitem()
        value = self[key]
        delattr(self, key)
        return key, value

    def get(self, key: str, default: Any = None) -> Any:
        """Return the parameter of this name, or `default` if there is none."""
        return self[key] if key in self._keys else default

    def fromkeys(self, keys: Iterable[str], default: Any = None) -> ParameterDict:
        """Return a new dictionary with these names, all for `default`."""
        return ParameterDict((key, default) for key in keys)

    def keys(self) -> Iterable[str]:
        """Return the names."""
        return self._keys.keys()

    def items(self) -> Iterable[tuple[str, Any]]:
        """Return the names, each with its parameter."""
        return ((key, self[key]) for key in self._keys)

    def values(self) -> Iterable[Any]:
        """Return the parameters."""
        return (self[key] for key in self._keys)

    def update(self, parameters: Any) -> None:
        """Add parameters, and replace those whose names are there.

        Raises
        ------
        TypeError
            If `parameters` is neither a mapping nor an iterable of pairs.
        ValueError
            If something in it is no pair.
        """
        if not isinstance(parameters, Iterable):
            raise TypeError(f"update() takes names and parameters, not {type(parameters).__name__}")
        if isinstance(parameters, OrderedDict | ParameterDict):
            pairs = list(parameters.items())
        elif isinstance(parameters, Mapping):
            pairs = sorted(parameters.items(), key=lambda pair: pair[0])
        else:
            pairs = []
            for number, pair in enumerate(parameters):
                if not isinstance(pair, Iterable):
                    raise TypeError(f"entry {number} is a {type(pair).__name__}, and no pair")
                pairs.append(tuple(pair))
                if len(pairs[-1]) != 2:
                    raise ValueError(f"entry {number} has {len(pairs[-1])} parts; a pair has two")
        for key, value in pairs:
            self[key] = value

    def extra_repr(self) -> str:
        """Return a line for each parameter."""
        return "\n".join(
            _described(key, value, value.type() if isinstance(value, Tensor) else "")
            for key, value in self.items()
        )

    def __call__(self, input: Any) -> Any:
        """Refuse: a dictionary is no layer."""
        raise RuntimeError("a ParameterDict holds parameters, and computes nothing")

    def __or__(self, other: Any) -> ParameterDict:
        joined = self.copy()
        joined.update(other)
        return joined

    def __ror__(self, other: Any) -> Any:
        joined = other.copy()
        joined.update(self.items())
        return joined

    def __ior__(self, other: Any) -> Self:
        self.update(other)
        return self
