"""Samples of sorting, ranks, unique elements, places and counts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from plugrad.testing.samples import Sample, integers, masks, real
from plugrad.testing.samples.reduction import HALF, KINK, case, distinct, tied, with_nans

__all__ = ["SAMPLES"]


def _sorting() -> Iterator[Sample]:
    exact: dict[str, Any] = {"exact": True}
    ties: dict[str, Any] = {"exact": True, "skip": KINK}
    yield case("sort", lambda t, x: x.sort(), distinct(3, 4), dtypes=HALF, **exact)
    yield case("sort", lambda t, x: t.sort(x, 0, True), distinct(3, 4), label="descending", **exact)
    yield case("sort", lambda t, x: x.sort(dim=0, stable=True), real(5, 2),
               label="stable-distinct")  # fmt: skip
    yield case("sort", lambda t, x: x.sort(stable=True), tied(3, 8), label="stable", **ties)
    yield case("sort", lambda t, x: x.sort(dim=0, descending=True, stable=True), tied(8, 2),
               label="stable-descending", **ties)  # fmt: skip
    yield case("sort", lambda t, x: x.sort(1), with_nans(3, 6), label="nan", **ties)
    yield case("sort", lambda t, x: x.sort(1, True), with_nans(3, 6), label="nan-last", **ties)
    yield case("sort", lambda t, x: x.sort(), real(), label="0-d", **exact)
    yield case("sort", lambda t, x: x.sort(), integers(3, 5), **exact)
    yield case("sort", lambda t, x: x.sort(), masks(6), **exact)
    yield case("argsort", lambda t, x: x.argsort(), distinct(3, 4))
    yield case("argsort", lambda t, x: t.argsort(x, dim=0, stable=True), integers(9, 2))
    yield case("argsort", lambda t, x: x.argsort(1, True), distinct(3, 4), label="descending")
    yield case("msort", lambda t, x: t.msort(x), distinct(4, 3), **exact)
    yield case("topk", lambda t, x: x.topk(2), distinct(3, 5), dtypes=HALF, **exact)
    yield case("topk", lambda t, x: t.topk(x, 2, 0, False), distinct(5, 3), label="least", **exact)
    yield case("topk", lambda t, x: x.topk(3, largest=False), distinct(40), label="few", **exact)
    yield case("topk", lambda t, x: x.topk(3), distinct(4, 40), label="few-largest", **exact)
    yield case("topk", lambda t, x: x.topk(1), real(), label="0-d", **exact)
    yield case("topk", lambda t, x: x.topk(0), real(3, 4), label="none", **exact)
    yield case("topk", lambda t, x: x.topk(2)[0], integers(3, 5), label="integers", **exact)


def _ranks(name: str) -> Iterator[Sample]:
    def method(*args: Any, **options: Any) -> Callable[..., Any]:
        return lambda t, x: getattr(x, name)(*args, **options)

    exact: dict[str, Any] = {"exact": True}
    ties: dict[str, Any] = {"exact": True, "skip": KINK}
    yield case(name, method(), distinct(3, 4), dtypes=HALF, **exact)
    yield case(name, method(), tied(3, 4), label="ties", **ties)
    yield case(name, method(), integers(3, 5), **exact)
    yield case(name, method(1), distinct(3, 5), label="1", **exact)
    yield case(name, method(0, True), distinct(4, 3), label="kept", **exact)
    yield case(name, method(), with_nans(3, 4), label="nan", **ties)
    yield case(name, method(1), with_nans(3, 6), label="nan-1", **ties)
    yield case(name, method(0), real(), label="0-d", **exact)


def _quantiles() -> Iterator[Sample]:
    half = (0.0, 0.25, 0.5, 0.9, 1.0)
    for name in ("quantile", "nanquantile"):
        for q in half:
            yield case(name, lambda t, x, n=name, q=q: getattr(x, n)(q), distinct(3, 4),
                       label=str(q))  # fmt: skip
        yield case(name, lambda t, x, n=name: getattr(x, n)(0.3, 1), distinct(3, 4), label="1")
        yield case(name, lambda t, x, n=name: getattr(x, n)(0.3, 0, True), distinct(3, 4),
                   label="kept")  # fmt: skip
        yield case(name, lambda t, x, q, n=name: getattr(t, n)(x, q, dim=1), distinct(3, 4),
                   real(3, low=0, high=1, grad=False), label="several", graph=False)  # fmt: skip
        yield case(name, lambda t, x, q, n=name: getattr(t, n)(x, q), distinct(3, 4),
                   real(3, low=0, high=1, grad=False), label="all", graph=False)  # fmt: skip
        yield case(name, lambda t, x, q, n=name: getattr(t, n)(x, q, dim=0, keepdim=True),
                   distinct(3, 4, 2), real(2, low=0, high=1, grad=False),
                   label="several-kept", graph=False)  # fmt: skip
        for how in ("lower", "higher", "midpoint", "nearest"):
            yield case(name, lambda t, x, n=name, how=how: getattr(x, n)(0.4, 1, interpolation=how),
                       distinct(3, 5), label=how)  # fmt: skip
        yield case(name, lambda t, x, n=name: getattr(x, n)(0.4, 1), with_nans(3, 8), label="nan",
                   skip=KINK)  # fmt: skip
        yield case(name, lambda t, x, n=name: getattr(x, n)(0.4), real(), label="0-d")


def _others() -> Iterator[Sample]:
    yield case("mode", lambda t, x: x.mode(), integers(4, 9))
    yield case("mode", lambda t, x: t.mode(x, 0, True), tied(9, 4), exact=True, skip=KINK)
    yield case("mode", lambda t, x: x.mode(), real(), label="0-d")
    yield case("kthvalue", lambda t, x: x.kthvalue(2), distinct(3, 5), dtypes=HALF, exact=True)
    yield case("kthvalue", lambda t, x: t.kthvalue(x, 4, 0, True), distinct(5, 3), label="kept")
    yield case("kthvalue", lambda t, x: x.kthvalue(1), real(), label="0-d")
    yield case("unique", lambda t, x: x.unique(), integers(3, 5))
    yield case("unique", lambda t, x: t.unique(x, return_inverse=True, return_counts=True),
               integers(3, 5), label="all")  # fmt: skip
    yield case("unique", lambda t, x: x.unique(dim=0, return_inverse=True, return_counts=True),
               integers(7, 2, high=2), label="rows")  # fmt: skip
    yield case("unique", lambda t, x: x.unique(dim=1, return_counts=True), integers(2, 7, high=2),
               label="columns")  # fmt: skip
    yield case("unique_consecutive", lambda t, x: x.unique_consecutive(return_counts=True),
               integers(9, high=2))  # fmt: skip
    yield case("unique_consecutive", lambda t, x: t.unique_consecutive(x, True, True, 0),
               integers(9, 2, high=2), label="rows")  # fmt: skip
    row = real(6, grad=False, transform=lambda array: array[array.argsort()])
    rows = real(3, 6, grad=False, transform=lambda array: array.cumsum(1) + 9)
    yield case("searchsorted", lambda t, s, x: t.searchsorted(s, x), row, real(3, 2, grad=False))
    yield case("searchsorted", lambda t, s, x: t.searchsorted(s, x, right=True), integers(
        7, transform=lambda array: array[array.argsort()]), integers(4), label="right")  # fmt: skip
    yield case("searchsorted", lambda t, s: t.searchsorted(s, 0.5), row, label="number")
    yield case("searchsorted", lambda t, s, x: t.searchsorted(s.abs().cumsum(1), x.abs() * 3,
               out_int32=True), rows, real(3, 2, grad=False), label="rows")  # fmt: skip
    yield case("bucketize", lambda t, x, s: t.bucketize(x, s), real(3, 2, grad=False), row)
    yield case("bincount", lambda t, x: x.bincount(), integers(9))
    yield case("bincount", lambda t, x: t.bincount(x, minlength=9), integers(0), label="empty")
    yield case("bincount", lambda t, x, w: x.bincount(w), integers(9), real(9, grad=False))
    yield case("histc", lambda t, x: x.histc(5), real(40, grad=False))
    yield case("histc", lambda t, x: t.histc(x, 4, -1, 1.5), real(40, grad=False), label="range")


def _differences() -> Iterator[Sample]:
    plain = {"graph": False}  # PyTorch multiplies by numbers with a node of its own there
    yield case("diff", lambda t, x: x.diff(), real(3, 4))
    yield case("diff", lambda t, x: t.diff(x, n=2, dim=0), real(4, 3), label="twice")
    yield case("diff", lambda t, x: x.diff(n=9), real(3, 4), label="nothing-left")
    yield case("diff", lambda t, x: x.diff(), masks(5))
    yield case("diff", lambda t, x, y: x.diff(prepend=y, append=y), real(3, 4), real(3, 1),
               label="longer")  # fmt: skip
    yield case("diff", lambda t, x, y: x.diff(n=0, prepend=y), real(3, 4), real(3, 1),
               label="none")  # fmt: skip
    yield case("trapezoid", lambda t, y: t.trapezoid(y), real(3, 4), **plain)
    yield case("trapezoid", lambda t, y: t.trapezoid(y, dx=0.5, dim=0), real(3, 4), **plain)
    yield case("trapezoid", lambda t, y, x: t.trapezoid(y, x), real(3, 4), real(4), **plain)
    yield case("trapezoid", lambda t, y, x: t.trapz(y, x, dim=0), real(3, 4), real(3, 4), **plain)
    yield case("trapezoid", lambda t, y: t.trapezoid(y), integers(5), label="integers")
    yield case("cumulative_trapezoid", lambda t, y: t.cumulative_trapezoid(y), real(3, 4), **plain)
    yield case("cumulative_trapezoid", lambda t, y, x: t.cumulative_trapezoid(y, x), real(3, 4),
               real(4), **plain)  # fmt: skip


SAMPLES: tuple[Sample, ...] = (
    *_sorting(),
    *_ranks("median"),
    *_ranks("nanmedian"),
    *_quantiles(),
    *_others(),
    *_differences(),
)
