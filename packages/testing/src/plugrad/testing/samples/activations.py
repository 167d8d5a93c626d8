"""Samples of activations.

Those that PyTorch has only in ``torch.nn.functional`` are called there under PyTorch, and as
operators here, so that they can be tried without the package ``nn``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy

from plugrad.testing.samples import Input, Sample, integers, real
from plugrad.testing.samples.elementary import HALF, KINK, case, with_specials
from plugrad.vocabulary.registry import operators

__all__ = ["ACTIVATIONS"]

Array = numpy.ndarray[Any, Any]


def away(*shape: int) -> Input:
    """Return an input of numbers that are not near a multiple of a half, where kinks are."""

    def move(array: Array) -> Array:
        if array.dtype.kind == "c":
            return array
        return numpy.asarray(numpy.floor(array * 2) / 2 + 0.1 + (array * 2 % 1) * 0.3)

    return real(*shape, low=-4.0, high=4.0, transform=move)


def kinks(*shape: int) -> Input:
    """Return an input of multiples of a half."""

    def move(array: Array) -> Array:
        return array if array.dtype.kind == "c" else numpy.asarray(numpy.round(array * 2) / 2)

    return real(*shape, low=-7.0, high=7.0, transform=move)


def _network(name: str, params: Any, theirs: str, keywords: dict[str, Any]) -> Callable[..., Any]:
    """Return a call of the operator here, and of its counterpart in ``torch.nn.functional``."""

    def call(t: Any, x: Any) -> Any:
        if t.__name__ == "plugrad":
            return operators[name].call(x, *params)
        if theirs:
            return getattr(t.nn.functional, theirs)(x, **keywords)
        return getattr(t.nn.functional, name)(x, *params)

    return call


# By label: the operator, its parameters; where they differ, its name and parameters in PyTorch.
_SMOOTH: dict[str, tuple[str, tuple[Any, ...], str, dict[str, Any]]] = {
    "elu": ("elu", (), "", {}),
    "elu-2": ("elu", (2.0,), "", {}),
    "gelu": ("gelu", (), "", {}),
    "gelu-tanh": ("gelu_tanh", (), "gelu", {"approximate": "tanh"}),
    "silu": ("silu", (), "", {}),
    "mish": ("mish", (), "", {}),
    "softplus": ("softplus", (), "", {}),
    "softplus-2": ("softplus", (2.0, 1.0), "", {}),
    "logsigmoid": ("logsigmoid", (), "", {}),
    "softsign": ("softsign", (), "", {}),
    "tanhshrink": ("tanhshrink", (), "", {}),
    "leaky_relu": ("leaky_relu", (), "", {}),
    "leaky_relu-steep": ("leaky_relu", (1.5,), "", {}),
    "hardtanh": ("hardtanh", (), "", {}),
    "relu6": ("hardtanh", (0.0, 6.0), "relu6", {}),
    "hardswish": ("hardswish", (), "", {}),
    "softshrink": ("softshrink", (), "", {}),
    "glu": ("glu", (1,), "", {}),
}


def _only_in_nn() -> Iterator[Sample]:
    for label, (name, params, theirs, keywords) in _SMOOTH.items():
        call = _network(name, params, theirs, keywords)
        yield case(name, call, away(3, 4), dtypes=HALF, label=label)
        yield case(name, call, away(40, 60), label=f"{label}-large")
        if name != "glu":
            yield case(name, call, kinks(4, 4), label=f"{label}-kinks", skip=KINK, second=False)
    yield case("silu", _network("silu", (), "", {}), away())
    yield case(
        "hardsigmoid", _network("hardsigmoid", (), "", {}), away(3, 4), dtypes=HALF, second=False
    )


def _seeded(t: Any, x: Any) -> Any:
    t.manual_seed(3)
    return t.rrelu(x, 0.1, 0.3, True)


def _public() -> Iterator[Sample]:
    yield case("relu", lambda t, x: t.relu(x), away(3, 4), dtypes=HALF, exact=True,
               inplace=lambda t, x: x.relu_())  # fmt: skip
    yield case("relu", lambda t, x: x.relu(), away(40, 60), exact=True, label="large")
    yield case("relu", lambda t, x: x.relu(), with_specials(4, 4), skip=KINK, label="specials")
    yield case("relu", lambda t, x: x.relu(), integers(4, low=-3), label="integers")
    yield case("selu", lambda t, x: t.selu(x), away(3, 4), dtypes=HALF)
    yield case("selu_", lambda t, x: t.selu_(x * 1), away(3), graph=False)
    yield case("celu", lambda t, x: t.celu(x, 1.5), away(3, 4), dtypes=HALF)
    yield case("celu_", lambda t, x: t.celu_(x * 1), away(3), graph=False)
    yield case("threshold", lambda t, x: t.threshold(x, 0.5, -1.0), away(3, 4), dtypes=HALF)
    yield case("threshold_", lambda t, x: t.threshold_(x * 1, 0.5, -1.0), away(3), graph=False)
    yield case("hardshrink", lambda t, x: x.hardshrink(0.5), away(3, 4), dtypes=HALF)
    yield case("rrelu", lambda t, x: t.rrelu(x, 0.1, 0.3), away(3, 4))
    yield case("rrelu", _seeded, away(3, 4), label="training")
    yield case("rrelu_", lambda t, x: t.rrelu_(x * 1), away(3), graph=False)
    for shape, weights in (((3, 4), (4,)), ((2, 3, 4), (3,)), ((5,), (1,)), ((3, 4), ()), ((), ())):
        yield case("prelu", lambda t, x, w: t.prelu(x, w), away(*shape), real(*weights))


ACTIVATIONS: tuple[Sample, ...] = (*_only_in_nn(), *_public())
