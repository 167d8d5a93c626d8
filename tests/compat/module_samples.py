"""How samples of modules are declared: what they are made with, and what they are called with."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Made:
    """How a module is made and called; arrays become tensors, and `With` is asked for its value.

    Attributes
    ----------
    arguments, options : tuple, dict
        Of the constructor.
    inputs : tuple of array
        Those of a floating-point dtype take gradients, but for `fixed` ones.
    fixed : set of int
        The numbers of inputs that take no gradient.
    named : dict
        What it is called with by name.
    rough : float
        By how much float64 results may differ, of 1.
    """

    arguments: tuple[Any, ...]
    options: dict[str, Any]
    inputs: tuple[Any, ...] = ()
    fixed: frozenset[int] = frozenset()
    named: dict[str, Any] = field(default_factory=dict)
    rough: float = 1e-9

    def on(self, *inputs: Any, fixed: set[int] | None = None, **named: Any) -> Made:
        """Call it with these: tuples are shapes of normal arrays, all else is taken as it is."""
        arrays = tuple(
            normal(*each, seed=number) if _is_shape(each) else each
            for number, each in enumerate(inputs)
        )
        return replace(self, inputs=arrays, fixed=frozenset(fixed or ()), named=named)

    def within(self, rough: float) -> Made:
        """Compare less strictly, where PyTorch itself computes less exactly."""
        return replace(self, rough=rough)


def _is_shape(value: Any) -> bool:
    return isinstance(value, tuple) and all(isinstance(each, int) for each in value)


@dataclass(frozen=True)
class With:
    """An argument that each library makes: a module, a function, a dtype."""

    make: Callable[[Any], Any]
    text: str


def made(*arguments: Any, **options: Any) -> Made:
    """Make the module with these."""
    return Made(arguments, options)


# --------------------------------------------------------------------------------- what goes in


def normal(*shape: int, seed: int = 0) -> Array:
    """Return standard normal numbers."""
    return np.asarray(np.random.default_rng([seed, *shape]).standard_normal(shape))


def uniform(*shape: int) -> Array:
    """Return numbers between 0.05 and 0.95."""
    return np.asarray(np.random.default_rng([5, *shape]).uniform(0.05, 0.95, shape))


def positive(*shape: int) -> Array:
    """Return positive numbers."""
    return np.exp(normal(*shape, seed=6))


def signs(*shape: int) -> Array:
    """Return numbers of -1 and 1."""
    return np.where(normal(*shape, seed=7) < 0, -1.0, 1.0)


def below(end: int, *shape: int) -> Array:
    """Return integers from 0 on."""
    return np.asarray(np.random.default_rng([8, *shape]).integers(0, end, shape))


# --------------------------------------------------------------------------------------- labels


def samples(table: dict[str, list[Made]]) -> Iterator[tuple[str, str, Made]]:
    """Yield a label, the module's name and how it is made, for all of a table."""
    for name, several in table.items():
        labels = [f"{name}({_arguments(each)})-{_inputs(each)}" for each in several]
        for number, (label, each) in enumerate(zip(labels, several, strict=True)):
            alike = labels.index(label) != number
            yield f"{label}-{number}" if alike else label, name, each


def _arguments(sample: Made) -> str:
    given = [_text(each) for each in sample.arguments]
    return ",".join([*given, *(f"{name}={_text(v)}" for name, v in sample.options.items())])


def _inputs(sample: Made) -> str:
    given = [_text(each) for each in sample.inputs]
    return "-".join([*given, *(f"{name}={_text(v)}" for name, v in sample.named.items())])


def _text(value: Any) -> str:
    if isinstance(value, np.ndarray):
        shape = "x".join(map(str, value.shape)) or "0d"
        return shape if value.dtype.kind == "f" else f"{shape}:{value.dtype}"
    if isinstance(value, (list, tuple)) and any(isinstance(each, np.ndarray) for each in value):
        return "+".join(map(_text, value))
    return value.text if isinstance(value, With) else repr(value).replace(" ", "")
