"""Samples of mathematical functions of one or two numbers."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy

from plugrad.testing.samples import Input, Sample, integers, positive, real

__all__ = ["COMPLEX", "ELEMENTARY", "HALF", "KINK", "NUMBERS", "case", "with_specials"]

Array = numpy.ndarray[Any, Any]

HALF = ("float32", "float64", "float16")
COMPLEX = ("float32", "float64", "complex64", "complex128")
NUMBERS = (*HALF, "complex64", "complex128")

KINK = dict.fromkeys(
    ("gradient_is_the_derivative", "second_derivative_is_the_gradients"),
    "has no derivative at these elements, where it follows a convention",
)


def case(name: str, call: Callable[..., Any], *inputs: Input, **options: Any) -> Sample:
    """Return a sample with its inputs one by one."""
    return Sample(name, call, inputs, **options)


def with_specials(*shape: int) -> Input:
    """Return an input in which some numbers are 0, infinite or nan."""

    def spoil(array: Array) -> Array:
        flat = array.reshape(-1)
        for position, special in enumerate((0.0, math.inf, -math.inf, math.nan, 1.0, -1.0)):
            flat[position::11] = special
        return flat.reshape(array.shape)

    return real(*shape, transform=spoil)


def _between(low: float, high: float) -> Callable[..., Input]:
    return lambda *shape: real(*shape, low=low, high=high)


# Where a function is smooth, and whether it also takes complex numbers.
_FUNCTIONS: dict[str, tuple[Callable[..., Input], bool]] = {
    "exp": (real, True),
    "exp2": (real, True),
    "expm1": (real, True),
    "log": (positive, True),
    "log2": (positive, True),
    "log10": (positive, True),
    "log1p": (positive, True),
    "sin": (real, True),
    "cos": (real, True),
    "tan": (_between(-1.2, 1.2), True),
    "asin": (_between(-0.9, 0.9), True),
    "acos": (_between(-0.9, 0.9), True),
    "atan": (_between(-0.9, 0.9), True),
    "sinh": (real, True),
    "cosh": (real, True),
    "tanh": (_between(-1.2, 1.2), True),
    "asinh": (_between(-0.9, 0.9), True),
    "acosh": (_between(1.2, 3.0), True),
    "atanh": (_between(-0.9, 0.9), True),
    "sigmoid": (real, True),
    "sinc": (real, True),
    "deg2rad": (real, False),
    "rad2deg": (real, False),
    "erf": (real, False),
    "erfc": (real, False),
    "erfinv": (_between(-0.9, 0.9), False),
    "lgamma": (positive, False),
    "digamma": (positive, False),
    "i0": (real, False),
    "logit": (_between(0.1, 0.9), False),
}
_ALIASES = ("arcsin", "arccos", "arctan", "arcsinh", "arccosh", "arctanh", "negative", "absolute")


def _unary() -> Iterator[Sample]:
    for name, (domain, complex_too) in _FUNCTIONS.items():
        call = _function(name)
        # PyTorch lacks derivatives of these in place.
        change = None if name in ("asinh", "acosh", "atanh") else _change(name)
        dtypes: tuple[str, ...] = (*HALF, *COMPLEX[2:]) if complex_too else HALF
        if name == "i0":
            dtypes = HALF[:2]  # PyTorch lacks a derivative of its derivative in half precision
        yield case(name, call, domain(3, 4), dtypes=dtypes, inplace=change)
        yield case(name, call, domain())
        yield case(name, call, domain(0, 3))
        yield case(name, call, (positive if name == "sinc" else domain)(40, 60), label="large")
        yield case(name, call, integers(4, low=1, high=2), label="integers")
        if name not in ("lgamma", "digamma"):
            yield case(name, call, with_specials(4, 4), label="specials", skip=KINK, second=False)
    for name in _ALIASES:
        low, high = (1.2, 3.0) if name == "arccosh" else (-0.9, 0.9)
        change = None if name.endswith("h") else _change(name)
        yield case(name, _function(name), real(3, low=low, high=high), inplace=change)
    yield case("logit", _function("logit", 0.1), real(3, 4, low=0.15, high=0.85), label="eps",
               inplace=_change("logit", 0.1))  # fmt: skip
    for order in (0, 1, 2):
        yield case("polygamma", lambda t, x, n=order: t.polygamma(n, x), positive(3, 4),
                   label=f"{order}")  # fmt: skip


def _binary() -> Iterator[Sample]:
    for name in ("logaddexp", "logaddexp2", "atan2", "arctan2"):
        call = _function(name)
        change = _change(name) if name.endswith("tan2") else None
        yield case(name, call, real(3, 4), positive(4), dtypes=HALF, inplace=change)
        yield case(name, call, real(40, 60), real(40, 60), label="large")
        yield case(name, call, with_specials(4, 4), with_specials(4, 1), label="specials",
                   skip=KINK, second=False)  # fmt: skip
    yield case("logaddexp", _function("logaddexp"), real(3), real(3), dtypes=COMPLEX[2:])
    yield case("xlogy", _function("xlogy"), real(3, 4), positive(4), inplace=_change("xlogy"))
    yield case("xlogy", _function("xlogy", 2.0), real(3, 4), label="number")
    yield case("xlogy", lambda t, x: t.xlogy(2.0, x), positive(3, 4), label="of-number")
    yield case("xlogy", _function("xlogy"), with_specials(4, 4), with_specials(4, 1),
               label="specials", skip=KINK, second=False)  # fmt: skip


def _function(name: str, *more: Any) -> Callable[..., Any]:
    return lambda t, *xs: getattr(t, name)(*xs, *more)


def _change(name: str, *more: Any) -> Callable[..., Any]:
    return lambda t, x, *xs: getattr(x, f"{name}_")(*xs, *more)


ELEMENTARY: tuple[Sample, ...] = (*_unary(), *_binary())
