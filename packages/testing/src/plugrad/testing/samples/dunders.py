"""Samples of Python's own operators on tensors: with tensors, with numbers, reflected, in place."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from typing import Any

from plugrad.testing.samples import Input, Sample, integers, masks, positive, real

__all__ = ["SAMPLES"]

Binary = Callable[[Any, Any], Any]


def _with_tensor(
    name: str, x: Input, y: Input, *, exact: bool = True, augments: bool = True
) -> Iterator[Sample]:
    """Yield ``x op y``, and ``x op= y``."""
    compute: Binary = getattr(operator, f"__{name}__")
    augmented: Binary | None = getattr(operator, f"__i{name}__", None) if augments else None
    yield Sample(
        f"__{name}__",
        lambda t, x, y: compute(x, y),
        (x, y),
        exact=exact,
        inplace=None if augmented is None else lambda t, x, y: augmented(x, y),
    )


def _with_number(
    name: str, x: Input, number: Any, *, exact: bool = True, augments: bool = True
) -> Iterator[Sample]:
    """Yield ``x op number`` and ``number op x``, and ``x op= number``."""
    compute: Binary = getattr(operator, f"__{name}__")
    augmented: Binary | None = getattr(operator, f"__i{name}__", None) if augments else None
    yield Sample(
        f"__{name}__",
        lambda t, x: compute(x, number),
        (x,),
        exact=exact,
        inplace=None if augmented is None else lambda t, x: augmented(x, number),
        label=f"{number}",
    )
    yield Sample(
        f"__r{name}__", lambda t, x: compute(number, x), (x,), exact=exact, label=f"{number}"
    )


def _arithmetic() -> Iterator[Sample]:
    for name in ("add", "sub", "mul", "truediv"):
        yield from _with_tensor(name, real(3, 4), positive(3, 4))
        yield from _with_tensor(name, real(2, 3, 4), positive(4))
        yield from _with_tensor(name, real(3, 4), positive())
        for number in (2, 0.1) if name == "sub" else (2, 0.1, True):
            yield from _with_number(name, positive(3, 4), number)
    yield from _with_tensor("pow", positive(3, 4), real(3, 4), exact=False)
    for number in (2, 3, 0.5, -1.5):
        yield from _with_number("pow", positive(3, 4), number, exact=False)
    yield Sample(
        "__rpow__",
        lambda t, x: (-2.0) ** x,
        (real(3, 4),),
        ("complex64", "complex128"),
        label="complex",
    )
    yield from _with_tensor("mod", real(3, 4), positive(4))
    yield from _with_number("mod", positive(3, 4, grad=False), 0.75)
    yield from _with_tensor("floordiv", real(3, 4, grad=False), positive(4, grad=False))
    yield from _with_number("floordiv", positive(3, 4, grad=False), 2)
    yield from _with_number("floordiv", integers(3, 4, low=1, high=7), 3)
    yield from _with_number("add", integers(3, 4), 3)
    yield from _with_number("mul", integers(3, 4), 0.5, augments=False)
    yield from _with_tensor("sub", integers(3, 4), integers(4))
    yield from _with_tensor("matmul", real(3, 4), real(4, 2), exact=False, augments=False)


def _comparisons() -> Iterator[Sample]:
    for name in ("eq", "ne", "lt", "le", "gt", "ge"):
        yield from _with_tensor(name, integers(3, 4), integers(4))
        compute: Binary = getattr(operator, f"__{name}__")
        yield Sample(f"__{name}__", lambda t, x, f=compute: f(x, 1), (real(3, 4),), label="1")
        yield Sample(f"__{name}__", lambda t, x, f=compute: f(0.5, x), (real(3, 4),), label="0.5")


def _bits() -> Iterator[Sample]:
    for name in ("and", "or", "xor"):
        yield from _with_tensor(name, integers(3, 4), integers(4))
        yield from _with_tensor(name, masks(3, 4), masks(3, 4))
        yield from _with_number(name, integers(3, 4), 6)
        yield from _with_number(name, masks(3, 4), True)
    for name in ("lshift", "rshift"):
        yield from _with_tensor(name, integers(3, 4, low=1, high=50), integers(4, high=3))
        yield from _with_number(name, integers(3, 4, high=4), 2)


SAMPLES: tuple[Sample, ...] = (
    *_arithmetic(),
    *_comparisons(),
    *_bits(),
    Sample("__neg__", lambda t, x: -x, (real(3, 4),), exact=True),
    Sample("__pos__", lambda t, x: +x, (real(3, 4),), exact=True),
    Sample("__abs__", lambda t, x: abs(x), (real(3, 4),), exact=True),
    Sample("__invert__", lambda t, x: ~x, (masks(3, 4),), exact=True),
    Sample("__invert__", lambda t, x: ~x, (integers(3, 4),), exact=True),
)
