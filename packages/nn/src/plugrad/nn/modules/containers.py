"""Modules that hold modules: in a row, a list, a dictionary."""

from __future__ import annotations

import operator
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Self

from plugrad.nn.modules.module import Module

__all__ = ["ModuleDict", "ModuleList", "Sequential"]


class _Row(Module):
    """Modules under the names "0", "1", ...: what `Sequential` and `ModuleList` share."""

    def _index(self, position: Any) -> str:
        size = len(self)
        index: int = operator.index(position)
        if not -size <= index < size:
            raise IndexError(f"index {index} is out of range for {size} modules")
        return list(self._modules)[index]

    def _renumber(self, modules: Iterable[Any]) -> None:
        listed = list(modules)
        self._modules.clear()
        self._modules.update((str(number), module) for number, module in enumerate(listed))

    def __getitem__(self, position: Any) -> Any:
        if isinstance(position, slice):
            return self._sliced(list(self._modules.items())[position])
        return self._modules[self._index(position)]

    def _sliced(self, items: list[tuple[str, Any]]) -> Any:
        raise NotImplementedError

    def __setitem__(self, position: int, module: Any) -> None:
        setattr(self, self._index(position), module)

    def __delitem__(self, position: Any) -> None:
        names = list(self._modules)
        doomed = names[position] if isinstance(position, slice) else [self._index(position)]
        for name in doomed:
            del self._modules[name]
        self._renumber(self._modules.values())

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._modules.values())

    def _insert(self, index: int, module: Any) -> None:
        modules = list(self)
        modules.insert(index, module)
        self._renumber(modules)

    def __dir__(self) -> list[str]:
        return [name for name in super().__dir__() if not name.isdigit()]

    def append(self, module: Any) -> Self:
        """Add a module at the end."""
        self.add_module(str(len(self)), module)
        return self

    def extend(self, modules: Iterable[Any]) -> Self:
        """Add modules at the end."""
        for module in modules:
            self.append(module)
        return self

    def pop(self, key: int = -1) -> Any:
        """Remove a module and return it."""
        module = self[key]
        del self[key]
        return module


class Sequential(_Row):
    """Modules one after the other, each on the output of the one before.

    Parameters
    ----------
    *args : Module, or one OrderedDict from str to Module

    Examples
    --------
    >>> from plugrad import nn
    >>> nn.Sequential(nn.Linear(2, 3), nn.ReLU())
    Sequential(
      (0): Linear(in_features=2, out_features=3, bias=True)
      (1): ReLU()
    )
    """

    def __init__(self, *args: Any) -> None:
        super().__init__()
        if len(args) == 1 and isinstance(args[0], OrderedDict):
            for name, module in args[0].items():
                self.add_module(name, module)
        else:
            for number, module in enumerate(args):
                self.add_module(str(number), module)

    def _sliced(self, items: list[tuple[str, Any]]) -> Sequential:
        return type(self)(OrderedDict(items))

    def forward(self, input: Any) -> Any:
        """Run the modules in their order."""
        for module in self._modules.values():
            input = module(input)
        return input

    def insert(self, index: int, module: Any) -> Self:
        """Add a module before position `index`."""
        assert isinstance(module, Module), f"only a module can be inserted, not {module!r}"
        size = len(self)
        if not -size <= index <= size:
            raise IndexError(f"index {index} is out of range for {size} modules")
        self._insert(index, module)
        return self

    def _check_sequential(self, other: Any) -> Any:
        if not isinstance(other, Sequential):
            raise ValueError(f"a Sequential can only be joined to another, not to {other!r}")
        return other

    def _check_times(self, times: Any) -> int:
        if not isinstance(times, int):
            raise TypeError(f"a Sequential is repeated an int of times, not {times!r}")
        if times <= 0:
            raise ValueError(f"a Sequential is repeated once or more often, not {times} times")
        return times

    def __add__(self, other: Any) -> Sequential:
        return Sequential(*self, *self._check_sequential(other))

    def __iadd__(self, other: Any) -> Self:
        return self.extend(list(self._check_sequential(other)))

    def __mul__(self, times: int) -> Sequential:
        return Sequential(*(list(self) * self._check_times(times)))

    __rmul__ = __mul__

    def __imul__(self, times: int) -> Self:
        return self.extend(list(self) * (self._check_times(times) - 1))


class ModuleList(_Row):
    """A list of modules, registered as such; it cannot be called.

    Parameters
    ----------
    modules : iterable of Module, optional

    Examples
    --------
    >>> from plugrad import nn
    >>> layers = nn.ModuleList([nn.Linear(4, 4), nn.Linear(4, 2)])
    >>> len(layers), layers[-1].out_features, len(list(layers.parameters()))
    (2, 2, 4)
    """

    def __init__(self, modules: Iterable[Any] | None = None) -> None:
        super().__init__()
        if modules is not None:
            self.extend(modules)

    def _sliced(self, items: list[tuple[str, Any]]) -> ModuleList:
        return type(self)(module for _, module in items)

    def insert(self, index: int, module: Any) -> None:
        """Add a module before position `index`."""
        self._insert(index, module)

    def __iadd__(self, modules: Iterable[Any]) -> Self:
        return self.extend(modules)

    def __add__(self, other: Iterable[Any]) -> ModuleList:
        return ModuleList([*self, *other])

    def __repr__(self) -> str:
        # Equal neighbours are shown once, with their number.
        shown = [repr(module) for module in self]
        if not shown:
            return f"{self._get_name()}()"
        groups: list[tuple[int, int, str]] = []
        for number, text in enumerate(shown):
            if groups and groups[-1][2] == text:
                groups[-1] = (groups[-1][0], number, text)
            else:
                groups.append((number, number, text))
        lines = []
        for first, last, text in groups:
            name = f"({first})" if first == last else f"({first}-{last})"
            times = "" if first == last else f"{last - first + 1} x "
            lines.append(f"  {name}: {times}{text}".replace("\n", "\n  "))
        return f"{self._get_name()}(\n" + "\n".join(lines) + "\n)"


class ModuleDict(Module):
    """A dictionary of modules, registered as such; it cannot be called.

    Parameters
    ----------
    modules : mapping from str to Module, or iterable of pairs, optional

    Examples
    --------
    >>> import plugrad
    >>> from plugrad import nn
    >>> choices = nn.ModuleDict({"relu": nn.ReLU(), "tanh": nn.Tanh()})
    >>> choices["relu"](plugrad.tensor([-1.0, 2.0]))
    tensor([0., 2.])
    """

    def __init__(self, modules: Any = None) -> None:
        super().__init__()
        if modules is not None:
            self.update(modules)

    def __getitem__(self, key: str) -> Any:
        return self._modules[key]

    def __setitem__(self, key: str, module: Any) -> None:
        self.add_module(key, module)

    def __delitem__(self, key: str) -> None:
        del self._modules[key]

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[str]:
        return iter(self._modules)

    def __contains__(self, key: object) -> bool:
        return key in self._modules

    def keys(self) -> Any:
        """Return the names."""
        return self._modules.keys()

    def values(self) -> Any:
        """Return the modules."""
        return self._modules.values()

    def items(self) -> Any:
        """Return pairs of name and module."""
        return self._modules.items()

    def clear(self) -> None:
        """Remove all modules."""
        self._modules.clear()

    def pop(self, key: str) -> Any:
        """Remove a module and return it."""
        return self._modules.pop(key)

    def update(self, modules: Any) -> None:
        """Add modules from a mapping or from pairs of name and module."""
        pairs = modules.items() if isinstance(modules, (Mapping, ModuleDict)) else modules
        for name, module in pairs:
            self[name] = module
