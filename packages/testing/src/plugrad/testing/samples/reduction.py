"""Samples of reductions and scans."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy

from plugrad.testing.samples import Input, Sample, integers, masks, positive, real

__all__ = ["COMPLEX", "HALF", "KINK", "SAMPLES", "case", "distinct", "tied", "with_nans"]

Array = numpy.ndarray[Any, Any]

HALF = ("float32", "float64", "float16")
COMPLEX = ("float32", "float64", "complex64", "complex128")

KINK = dict.fromkeys(
    ("gradient_is_the_derivative", "second_derivative_is_the_gradients"),
    "has no derivative at these elements, where it follows a convention",
)


def case(name: str, call: Callable[..., Any], *inputs: Input, **options: Any) -> Sample:
    """Return a sample with its inputs one by one."""
    return Sample(name, call, inputs, **options)


def distinct(*shape: int) -> Input:
    """Return an input of numbers that all differ clearly, in random order."""

    def spread(array: Array) -> Array:
        order = numpy.argsort(numpy.argsort(array, axis=None)).reshape(array.shape)
        return (order * 0.375 - 1.5).astype(array.dtype)

    return real(*shape, transform=spread)


def tied(*shape: int) -> Input:
    """Return an input of few different numbers."""
    return real(*shape, transform=lambda array: numpy.asarray(numpy.round(array)))


def with_zeros(*shape: int) -> Input:
    """Return an input in which some numbers are 0."""

    def clear(array: Array) -> Array:
        return numpy.where(abs(array) < 0.8, array.dtype.type(0), array)

    return real(*shape, transform=clear)


def with_nans(*shape: int) -> Input:
    """Return an input in which some numbers are NaN."""

    def spoil(array: Array) -> Array:
        return numpy.where(array > 1, array.dtype.type(math.nan), array)

    return real(*shape, transform=spoil)


def _sums() -> Iterator[Sample]:
    yield case("sum", lambda t, x: x.sum(), real(3, 4), dtypes=(*HALF, *COMPLEX[2:]))
    yield case("sum", lambda t, x: x.sum(), real())
    yield case("sum", lambda t, x: x.sum(), real(0, 3))
    yield case("sum", lambda t, x: x.sum(), real(7, 1000))
    yield case("sum", lambda t, x: x.sum(), integers(3, 4), exact=True)
    yield case("sum", lambda t, x: x.sum(), masks(3, 4), exact=True)
    yield case("sum", lambda t, x: t.sum(x, 0), real(3, 4), dtypes=HALF, label="0")
    yield case("sum", lambda t, x: x.sum(-1, keepdim=True), real(2, 3, 4), label="kept")
    yield case("sum", lambda t, x: x.sum((0, 2)), real(2, 3, 4), label="two")
    yield case("sum", lambda t, x: x.sum((2, 0), True), real(2, 3, 4), label="two-kept")
    yield case("sum", lambda t, x: x.sum(()), real(2, 3), label="no-dims")
    yield case("sum", lambda t, x: x.sum(None, True), real(2, 3), label="none")
    yield case("sum", lambda t, x: x.sum(axis=1, keepdims=True), real(2, 3), label="numpy-names")
    yield case("sum", lambda t, x: x.sum(0), real(), label="0-d")
    yield case("sum", lambda t, x: x.sum(0), real(0, 3), label="empty")
    yield case("sum", lambda t, x: x.sum(dtype=t.float64), real(3), dtypes=("float32", "float16"))
    yield case("sum", lambda t, x: x.sum(0, dtype=t.float64), real(3), dtypes=("float32",))
    yield case("sum", lambda t, x: x.sum(1), real(40, 100), label="rows")
    yield case("sum", lambda t, x: x.sum(0), real(600, 7), label="columns")
    yield case("sum", lambda t, x: x.t().sum(0), real(70, 50), label="transposed")
    yield case("sum", lambda t, x: x.sum((0, 2, 3)), real(4, 5, 12, 13), label="channels")
    yield case("nansum", lambda t, x: x.nansum(), with_nans(3, 4), skip=KINK)
    yield case("nansum", lambda t, x: x.nansum(1, True), with_nans(3, 4), dtypes=HALF, skip=KINK)
    yield case("nansum", lambda t, x: x.nansum(0), real(3, 4))
    yield case("nansum", lambda t, x: t.nansum(x, 1), integers(3, 4), exact=True)
    yield case("nanmean", lambda t, x: x.nanmean(), with_nans(3, 4), skip=KINK)
    yield case("nanmean", lambda t, x: t.nanmean(x, 0, True), with_nans(5, 4), skip=KINK)
    yield case("mean", lambda t, x: x.mean(), real(3, 4), dtypes=(*HALF, *COMPLEX[2:]))
    yield case("mean", lambda t, x: x.mean(), real())
    yield case("mean", lambda t, x: t.mean(x, 1), real(3, 4), dtypes=HALF, label="1")
    yield case("mean", lambda t, x: x.mean((0, -1), True), real(2, 3, 4), label="two")
    yield case("mean", lambda t, x: x.mean(0), real(0, 3), label="empty", skip=KINK)
    yield case("mean", lambda t, x: x.mean(dtype=t.float64), integers(3))


def _products() -> Iterator[Sample]:
    yield case("prod", lambda t, x: x.prod(), positive(3, 4), dtypes=(*HALF, *COMPLEX[2:]))
    yield case("prod", lambda t, x: x.prod(), with_zeros(5), label="zeros")
    yield case("prod", lambda t, x: x.prod(), real())
    yield case("prod", lambda t, x: x.prod(), real(0, 2))
    yield case("prod", lambda t, x: x.prod(), integers(3), exact=True)
    yield case("prod", lambda t, x: x.prod(1), with_zeros(4, 3), label="zeros-1")
    yield case("prod", lambda t, x: t.prod(x, -1, keepdim=True), real(2, 3, 4), label="kept")
    yield case(
        "prod",
        lambda t, x: x.prod(0, dtype=t.float64),
        real(3),
        dtypes=("float32",),
        label="wide",
    )
    yield case("prod", lambda t, x: x.prod(0), real(), label="0-d")
    yield case("count_nonzero", lambda t, x: x.count_nonzero(), integers(3, 4, high=2))
    yield case("count_nonzero", lambda t, x: t.count_nonzero(x, 1), with_zeros(3, 4))
    yield case("all", lambda t, x: x.all(), masks(3, 4))
    yield case("all", lambda t, x: x.all(1), integers(3, 4))
    yield case("all", lambda t, x: x.all(dim=(0, 1), keepdim=True), with_zeros(3, 4))
    yield case("any", lambda t, x: x.any(), masks(3, 4))
    yield case("any", lambda t, x: t.any(x, 0), integers(3, 4, high=2))
    yield case("any", lambda t, x: x.any(dim=()), masks(3, 4), label="no-dims")


def _extremes(name: str) -> Iterator[Sample]:
    def method(name: str, *args: Any) -> Callable[..., Any]:
        return lambda t, x: getattr(x, name)(*args)

    def function(name: str, *args: Any) -> Callable[..., Any]:
        return lambda t, x, *others: getattr(t, name)(x, *others, *args)

    exact: dict[str, Any] = {"exact": True}
    ties: dict[str, Any] = {"exact": True, "skip": KINK}
    yield case(name, method(name), distinct(3, 4), dtypes=HALF, **exact)
    yield case(name, method(name), tied(3, 4), label="ties", **ties)
    yield case(name, method(name), integers(3, 4), **exact)
    yield case(name, method(name), with_nans(3, 4), label="nan", **ties)
    yield case(name, method(name, 1), distinct(3, 4), dtypes=HALF, label="1", **exact)
    yield case(name, function(name, -2, True), tied(3, 4), label="ties-kept", **ties)
    yield case(name, method(name, 0), real(), label="0-d", **exact)
    yield case(name, method(name, 0), masks(3, 4), label="bools", **exact)
    yield case(name, method(name, 1), with_nans(3, 4), label="nan-1", **ties)
    yield case(name, function(name), real(3, 4), real(4), label="of-two", **exact)
    yield case(f"a{name}", method(f"a{name}"), tied(3, 4), dtypes=HALF, **ties)
    yield case(f"a{name}", method(f"a{name}", (0, 2)), tied(2, 3, 4), label="two", **ties)
    yield case(f"a{name}", function(f"a{name}", 1, True), distinct(3, 4), **exact)
    yield case(f"a{name}", function(f"a{name}", 1), with_nans(3, 4), label="nan", **ties)
    yield case(f"a{name}", method(f"a{name}", 1), distinct(400, 6), label="short-rows", **exact)
    yield case(f"a{name}", method(f"a{name}", 1), distinct(40, 60), label="rows", **exact)
    yield case(f"arg{name}", method(f"arg{name}"), tied(3, 4))
    yield case(f"arg{name}", method(f"arg{name}", 1, True), tied(3, 4), dtypes=HALF)
    yield case(f"arg{name}", function(f"arg{name}", 0), integers(3, 4), label="0")
    yield case(f"arg{name}", method(f"arg{name}"), with_nans(3, 4), label="nan")
    yield case(f"cum{name}", method(f"cum{name}", 1), tied(3, 6), dtypes=HALF, **ties)
    yield case(f"cum{name}", function(f"cum{name}", 0), with_nans(5, 2), label="nan", **ties)
    yield case(f"cum{name}", function(f"cum{name}", 0), real(), label="0-d", **exact)
    yield case(f"cum{name}", method(f"cum{name}", 0), distinct(5, 2), label="distinct", **exact)


def _scans() -> Iterator[Sample]:
    yield case("aminmax", lambda t, x: list(x.aminmax()), tied(3, 4), exact=True, skip=KINK)
    yield case("aminmax", lambda t, x: list(t.aminmax(x, dim=1, keepdim=True)), distinct(3, 4))
    yield case("cumsum", lambda t, x: x.cumsum(0), real(3, 4), dtypes=(*HALF, *COMPLEX[2:]),
               inplace=lambda t, x: x.cumsum_(0))  # fmt: skip
    yield case("cumsum", lambda t, x: t.cumsum(x, -1), real(2, 3, 4), exact=True)
    yield case("cumsum", lambda t, x: x.cumsum(0), real(500), exact=True, label="long")
    yield case("cumsum", lambda t, x: x.cumsum(0), real(), label="0-d")
    yield case("cumsum", lambda t, x: x.cumsum(0), integers(5), exact=True)
    yield case("cumsum", lambda t, x: x.cumsum(0), masks(5), exact=True)
    yield case("cumsum", lambda t, x: x.cumsum(0, dtype=t.float64), real(5), dtypes=("float32",))
    yield case("cumprod", lambda t, x: x.cumprod(0), positive(3, 4), dtypes=(*HALF, *COMPLEX[2:]),
               inplace=lambda t, x: x.cumprod_(0))  # fmt: skip
    yield case("cumprod", lambda t, x: t.cumprod(x, -1), with_zeros(5, 6), label="zeros")
    yield case("cumprod", lambda t, x: x.cumprod(0), integers(5, low=1), exact=True)
    yield case("cumprod", lambda t, x: x.cumprod(0), real(), label="0-d")
    yield case(
        "logcumsumexp", lambda t, x: x.logcumsumexp(0), real(5), dtypes=(*HALF, *COMPLEX[2:])
    )
    yield case("logcumsumexp", lambda t, x: t.logcumsumexp(x, -1), real(3, 4, low=-30, high=30))
    yield case("logcumsumexp", lambda t, x: x.logcumsumexp(0), real(), label="0-d")


SAMPLES: tuple[Sample, ...] = (
    *_sums(),
    *_products(),
    *_extremes("max"),
    *_extremes("min"),
    *_scans(),
)
