"""Samples: calls of every operator, on which the generic tests check every property.

A sample is a call with the arrays it is made on. It takes the module as an argument, so that the
same call runs on any backend, and under PyTorch itself::

    Sample("sum", lambda t, x: x.sum(1), real(3, 4))

Each family's module lists its samples as ``SAMPLES``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

import numpy

__all__ = ["Input", "Sample", "integers", "masks", "positive", "real", "samples"]

Array = numpy.ndarray[Any, Any]


@dataclass(frozen=True)
class Input:
    """One array of a sample.

    Attributes
    ----------
    shape : tuple of int
    kind : str
        ``"real"`` (float, takes a gradient), ``"integer"`` or ``"bool"``.
    low, high : float
        Between which its elements lie; integers exclude `high`.
    grad : bool
        Whether it takes a gradient.
    transform : callable or None
        Applied to the drawn array: to make ties, distinct values, a positive definite matrix...
    """

    shape: tuple[int, ...]
    kind: str
    low: float
    high: float
    grad: bool
    transform: Callable[[Array], Array] | None = None

    def draw(self, random: numpy.random.Generator, dtype: str = "float64") -> Array:
        """Return the array, in `dtype` if its kind is ``"real"``; complex dtypes are drawn so."""
        array: Array
        if self.kind == "integer":
            array = random.integers(int(self.low), int(self.high), self.shape)
        elif self.kind == "bool":
            array = random.random(self.shape) < 0.5
        else:
            array = random.uniform(self.low, self.high, self.shape)
            if dtype.startswith("complex"):
                array = array + 1j * random.uniform(self.low, self.high, self.shape)
            array = numpy.asarray(array).astype(dtype)
        array = numpy.asarray(array)
        return array if self.transform is None else self.transform(array)


def real(*shape: int, low: float = -2.0, high: float = 2.0, grad: bool = True,
         transform: Callable[[Array], Array] | None = None) -> Input:  # fmt: skip
    """Return an input of real numbers."""
    return Input(shape, "real", low, high, grad, transform)


def positive(*shape: int, low: float = 0.3, high: float = 2.0, grad: bool = True) -> Input:
    """Return an input of positive numbers, away from 0."""
    return Input(shape, "real", low, high, grad)


def integers(*shape: int, low: int = 0, high: int = 5,
             transform: Callable[[Array], Array] | None = None) -> Input:  # fmt: skip
    """Return an input of integers."""
    return Input(shape, "integer", low, high, False, transform)


def masks(*shape: int) -> Input:
    """Return an input of booleans."""
    return Input(shape, "bool", 0, 2, False)


@dataclass(frozen=True)
class Sample:
    """A call of one operator.

    Attributes
    ----------
    name : str
        The operator's public name.
    call : callable
        ``call(t, *tensors)`` under a module `t`; returns a tensor, or a tuple or list of them.
    inputs : tuple of Input
    dtypes : tuple of str
        What the real inputs may be; complex ones are tried only where named.
    exact : bool
        Whether the values must equal PyTorch's to the last bit, not only closely.
    inplace : callable or None
        The in-place form, ``inplace(t, *tensors)``, which changes a clone of the first.
    graph : bool
        Whether its graph must equal PyTorch's, node by node.
    second : bool
        Whether it has a second derivative that finite differences can check.
    skip : dict from str to str
        Properties that do not apply, each with its reason: names from
        `plugrad.testing.properties`; ``"strict"``, to run on other backends; ``"compat"`` and
        ``"second"``, to be as PyTorch is, altogether or in second derivatives.
    label : str
        What tells it from others of the name.
    """

    name: str
    call: Callable[..., Any]
    inputs: tuple[Input, ...]
    dtypes: tuple[str, ...] = ("float32", "float64")
    exact: bool = False
    inplace: Callable[..., Any] | None = None
    graph: bool = True
    second: bool = True
    skip: dict[str, str] = field(default_factory=dict, hash=False)
    label: str = ""

    def __str__(self) -> str:
        shapes = "-".join("x".join(map(str, i.shape)) or "0d" for i in self.inputs)
        return "-".join(filter(None, (self.name, self.label, shapes)))

    def arrays(self, dtype: str = "float64", seed: int = 0) -> list[Array]:
        """Return the sample's arrays, the same ones for the same seed."""
        random = numpy.random.default_rng([seed, *map(ord, str(self))])
        return [each.draw(random, dtype) for each in self.inputs]


FAMILIES = (
    "pointwise",
    "dunders",
    "creation",
    "conversion",
    "randomness",
    "reduction",
    "ordering",
    "normalization",
    "shape",
    "indexing",
    "linalg",
    "special",
    "decompositions",
    "network",
    "channels",
    "losses",
    "convolution",
    "pooling",
    "vision",
    "recurrent",
    "spectral",
)


def samples(*families: str) -> Iterator[Sample]:
    """Yield the samples of the families, by default of all."""
    for family in families or FAMILIES:
        yield from import_module(f"plugrad.testing.samples.{family}").SAMPLES
