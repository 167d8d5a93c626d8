"""Samples of indexing, gathering and scattering."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy

from plugrad.testing.samples import Input, Sample, integers, masks, real
from plugrad.testing.samples.shape import COMPLEX, LAYOUT, moved

__all__ = ["SAMPLES"]

KINK = dict.fromkeys(
    ("gradient_is_the_derivative", "second_derivative_is_the_gradients"),
    "has no derivative at these elements, where it follows a convention",
)


def _written(name: str, call: Any, *inputs: Input, **options: Any) -> Sample:
    """Return a sample of a change of a clone, which is returned."""

    def changed(t: Any, x: Any, *others: Any) -> Any:
        x = x.clone()
        call(t, x, *others)
        return x

    return moved(name, changed, *inputs, **options)


def _reading() -> Iterator[Sample]:
    def item(label: str, call: Any, *inputs: Input, **options: Any) -> Sample:
        return moved("__getitem__", call, *inputs, label=label, **options)

    yield item("int", lambda t, x: x[0], real(3, 4), dtypes=COMPLEX)
    yield item("negative", lambda t, x: x[-1], real(3))
    yield item("ints", lambda t, x: x[1, 2], real(3, 4))
    yield item("slice", lambda t, x: x[1:], real(3, 4), dtypes=COMPLEX)
    yield item("step", lambda t, x: x[:, ::2], real(3, 4))
    yield item("whole", lambda t, x: x[:], real(3, 4))
    yield item("beyond", lambda t, x: x[-9:2, 3:1], real(3, 4))
    yield item("none", lambda t, x: x[None, :, None], real(3, 4))
    yield item("ellipsis", lambda t, x: x[..., 0], real(2, 3, 4))
    yield item("all", lambda t, x: x[...], real(3, 4))
    yield item("nothing", lambda t, x: x[()], real())
    yield item("everything", lambda t, x: x[1, ..., None, 1:], real(2, 3, 4))
    yield item("true", lambda t, x: x[True], real(3, 4))
    yield item("false", lambda t, x: x[0, False], real(3, 4))
    yield item("number", lambda t, x, i: x[i], real(3, 4), integers(high=3))
    yield item(
        "tensor", lambda t, x, i: x[i], real(3, 4), integers(5, low=-3, high=3), dtypes=COMPLEX
    )
    yield item("matrix", lambda t, x, i: x[i], real(3, 4), integers(2, 2, high=3))
    yield item("second", lambda t, x, i: x[:, i], real(3, 4), integers(5, high=4))
    yield item(
        "two", lambda t, x, i, j: x[i, j], real(3, 4), integers(5, high=3), integers(5, high=4)
    )
    yield item(
        "broadcast",
        lambda t, x, i, j: x[i, j],
        real(3, 4),
        integers(2, 1, high=3),
        integers(3, high=4),
    )
    yield item(
        "apart",
        lambda t, x, i, j: x[i, :, j],
        real(3, 2, 4),
        integers(5, high=3),
        integers(5, high=4),
    )
    yield item("beside int", lambda t, x, i: x[0, :, i], real(3, 2, 4), integers(5, high=4))
    yield item("beside none", lambda t, x, i: x[None, i], real(3, 2), integers(5, high=3))
    yield item("list", lambda t, x: x[[2, 0]], real(3, 4))
    yield item("lists", lambda t, x: x[[0, 1], [2, 3]], real(3, 4))
    yield item("empty", lambda t, x: x[[]], real(3, 4))
    yield item("array", lambda t, x: x[numpy.array([2, 0, 0])], real(3, 4))
    yield item("mask", lambda t, x, m: x[m], real(3, 4), masks(3, 4), dtypes=COMPLEX)
    yield item("row mask", lambda t, x, m: x[m], real(3, 4), masks(3))
    yield item("column mask", lambda t, x, m: x[:, m], real(3, 4), masks(4))
    yield item(
        "mask and tensor",
        lambda t, x, i: x[[True, False, True], i],
        real(3, 4),
        integers(2, high=4),
    )
    yield item("turned", lambda t, x, i: x.t()[i], real(3, 4), integers(5, high=4))


def _writing() -> Iterator[Sample]:
    def item(label: str, call: Any, *inputs: Input, **options: Any) -> Sample:
        return _written("__setitem__", call, *inputs, label=label, **options)

    def put(key: Any) -> Any:
        def change(t: Any, x: Any, value: Any, *indices: Any) -> None:
            x[key(t, *indices)] = value

        return change

    def fill(key: Any, value: Any) -> Any:
        def change(t: Any, x: Any, *indices: Any) -> None:
            x[key(t, *indices)] = value

        return change

    yield item("number", fill(lambda t: 0, 2.5), real(3, 4), dtypes=COMPLEX)
    yield item("number everywhere", fill(lambda t: ..., 3), real(3, 4))
    yield item("number at mask", fill(lambda t, m: m, 0.0), real(3, 4), masks(3, 4))
    yield item(
        "number at tensor",
        fill(lambda t, i: (slice(1, None), i), 1),
        real(3, 4),
        integers(2, high=4),
    )
    yield item("row", put(lambda t: 1), real(3, 4), real(4), dtypes=COMPLEX)
    yield item("rows", put(lambda t: slice(1, None)), real(3, 4), real(4))
    yield item("column", put(lambda t: (slice(None), 2)), real(3, 4), real(3))
    yield item("all", put(lambda t: slice(None)), real(3, 4), real(3, 4))
    yield item("leading ones", put(lambda t: 0), real(3, 4), real(1, 1, 4))
    yield item(
        "tensor",
        put(lambda t, i: i),
        real(4, 2),
        real(3, 2),
        integers(3, transform=lambda a: numpy.array([3, 0, 1])),
    )
    yield item("mask", put(lambda t, m: m), real(3, 4), real(), masks(3, 4))
    yield item("part of part", put(lambda t: (slice(None, 2), [0, 3])), real(3, 4), real(2, 2))

    yield _written("in place through a view", lambda t, x: x[0].mul_(3), real(3, 4))
    yield _written(
        "in place through views", lambda t, x, y: x.t()[1:, 0].add_(y), real(3, 4), real(3)
    )
    yield _written(
        "in place through a reshape",
        lambda t, x: x.view(-1)[::2].exp_(),
        real(3, 4),
        exact=False,
        skip=LAYOUT,
    )
    yield _written(
        "in place through a diagonal", lambda t, x, y: x.diagonal().copy_(y), real(3, 3), real(3)
    )


def _along() -> Iterator[Sample]:
    some = integers(2, 4, high=3)
    yield moved("gather", lambda t, x, i: x.gather(0, i), real(3, 4), some, dtypes=COMPLEX)
    yield moved("gather", lambda t, x, i: t.gather(x, -1, i), real(3, 4), integers(2, 5, high=4))
    yield moved("gather", lambda t, x, i: x.gather(0, i), real(), integers(high=1))
    yield moved("gather", lambda t, x, i: x.gather(0, i.to(t.uint8)), real(3), integers(0, high=1))
    yield moved(
        "gather",
        lambda t, x, i: x.t().gather(1, i),
        real(3, 4),
        integers(2, 3, high=3),
        label="turned",
    )
    yield moved(
        "take_along_dim",
        lambda t, x, i: t.take_along_dim(x, i, 0),
        real(3, 4),
        integers(2, 1, low=-3, high=3),
    )
    yield moved("take_along_dim", lambda t, x, i: x.take_along_dim(i), real(3, 4), integers(5))
    once = integers(2, 4, transform=lambda a: numpy.array([[0, 1, 2, 0], [1, 0, 1, 2]]))
    yield moved(
        "scatter",
        lambda t, x, i, y: x.scatter(0, i, y),
        real(3, 4),
        once,
        real(2, 4),
        inplace=lambda t, x, i, y: x.scatter_(0, i, y),
        dtypes=COMPLEX,
    )
    yield moved(
        "scatter",
        lambda t, x, i: t.scatter(x, 1, i, 2.5),
        real(3, 4),
        some,
        label="number",
        inplace=lambda t, x, i: x.scatter_(1, i, 2.5),
    )
    yield moved(
        "scatter_add",
        lambda t, x, i, y: x.scatter_add(0, i, y),
        real(3, 4),
        some,
        real(2, 4),
        inplace=lambda t, x, i, y: x.scatter_add_(0, i, y),
        dtypes=COMPLEX,
    )
    for reduce in ("sum", "prod", "mean", "amax", "amin"):
        for include in (True, False):
            yield _scatter_reduce(reduce, include)
    yield Sample(
        "scatter_reduce",
        lambda t, x, i, y: x.scatter_reduce(0, i, y, "prod"),
        (real(3, transform=numpy.round), integers(4, high=3), real(4, transform=numpy.round)),
        label="zeros",
        skip=KINK,
    )
    yield Sample(
        "scatter_reduce",
        lambda t, x, i, y: x.scatter_reduce(0, i, y, "amax"),
        (real(2, transform=numpy.round), integers(6, high=2), real(6, transform=numpy.round)),
        label="ties",
        skip=KINK,
        second=False,
    )


def _scatter_reduce(reduce: str, include: bool) -> Sample:
    def call(t: Any, x: Any, i: Any, y: Any) -> Any:
        return x.scatter_reduce(0, i, y, reduce, include_self=include)

    def changed(t: Any, x: Any, i: Any, y: Any) -> Any:
        return x.scatter_reduce_(0, i, y, reduce, include_self=include)

    return Sample(
        "scatter_reduce",
        call,
        (real(3, 4), integers(2, 4, high=3), real(2, 4)),
        label=reduce if include else f"{reduce} without",
        inplace=changed,
    )


def _slices() -> Iterator[Sample]:
    some = integers(5, high=3)
    yield moved(
        "index_select", lambda t, x, i: x.index_select(0, i), real(3, 4), some, dtypes=COMPLEX
    )
    yield moved(
        "index_select", lambda t, x, i: t.index_select(x, -1, i), real(3, 4), some, label="last"
    )
    yield moved("index_select", lambda t, x, i: x.index_select(0, i), real(), integers(1, high=1))
    yield moved(
        "index_add",
        lambda t, x, i, y: x.index_add(0, i, y),
        real(3, 4),
        some,
        real(5, 4),
        inplace=lambda t, x, i, y: x.index_add_(0, i, y),
        dtypes=COMPLEX,
    )
    yield moved(
        "index_add",
        lambda t, x, i, y: t.index_add(x, 1, i, y, alpha=2),
        real(4, 3),
        some,
        real(4, 5),
        label="alpha",
        inplace=lambda t, x, i, y: x.index_add_(1, i, y, alpha=2),
    )
    once = integers(2, transform=lambda a: numpy.array([2, 0]))
    yield moved(
        "index_copy",
        lambda t, x, i, y: x.index_copy(0, i, y),
        real(3, 4),
        once,
        real(2, 4),
        inplace=lambda t, x, i, y: x.index_copy_(0, i, y),
    )
    yield moved(
        "index_fill",
        lambda t, x, i: x.index_fill(1, i, 2.5),
        real(3, 4),
        once,
        inplace=lambda t, x, i: x.index_fill_(1, i, 2.5),
    )
    again = integers(3, transform=lambda a: numpy.array([2, 0, 2]))
    for place, label in ((once, ""), (again, "repeated")):
        yield moved(
            "index_fill", lambda t, x, i, v: t.index_fill(x, 0, i, v), real(3, 4), place, real(),
            label=label,
        )  # fmt: skip
    for reduce in ("prod", "mean", "amax", "amin"):
        yield _index_reduce(reduce)
    yield moved(
        "index_put",
        lambda t, x, i, y: x.index_put((i,), y),
        real(3, 4),
        once,
        real(2, 4),
        inplace=lambda t, x, i, y: x.index_put_((i,), y),
    )
    yield moved(
        "index_put",
        lambda t, x, i, y: t.index_put(x, (i,), y, True),
        real(3, 4),
        some,
        real(4),
        label="accumulate",
        inplace=lambda t, x, i, y: x.index_put_((i,), y, True),
    )


def _index_reduce(reduce: str) -> Sample:
    return Sample(
        "index_reduce",
        lambda t, x, i, y: x.index_reduce(0, i, y, reduce),
        (real(3, 4), integers(4, high=3), real(4, 4)),
        label=reduce,
        inplace=lambda t, x, i, y: x.index_reduce_(0, i, y, reduce),
    )


def _flat() -> Iterator[Sample]:
    some = integers(2, 3, low=-12, high=12)
    yield moved("take", lambda t, x, i: x.take(i), real(3, 4), some, dtypes=COMPLEX)
    once = integers(2, transform=lambda a: numpy.array([-1, 4]))
    yield moved(
        "put",
        lambda t, x, i, y: x.put(i, y),
        real(3, 4),
        once,
        real(2),
        inplace=lambda t, x, i, y: x.put_(i, y),
    )
    yield moved(
        "put",
        lambda t, x, i, y: t.put(x, i, y, True),
        real(3, 4),
        some,
        real(2, 3),
        label="accumulate",
        inplace=lambda t, x, i, y: x.put_(i, y, True),
    )
    yield moved("masked_select", lambda t, x, m: x.masked_select(m), real(3, 4), masks(3, 4))
    yield moved("masked_select", lambda t, x, m: t.masked_select(x, m), real(3, 1), masks(4))
    yield moved(
        "masked_scatter",
        lambda t, x, m, y: x.masked_scatter(m, y),
        real(3, 4),
        masks(3, 4),
        real(3, 5),
        inplace=lambda t, x, m, y: x.masked_scatter_(m, y),
    )
    yield moved(
        "masked_scatter",
        lambda t, x, m, y: t.masked_scatter(x, m, y),
        real(4),
        masks(3, 1),
        real(12),
    )
    yield moved("nonzero", lambda t, x: t.nonzero(x), masks(3, 4))
    yield moved(
        "nonzero", lambda t, x: x.nonzero(as_tuple=True), integers(3, 4, high=2), label="tuple"
    )
    yield moved("nonzero", lambda t, x: x.nonzero(), masks(), label="number")
    yield moved("argwhere", lambda t, x: t.argwhere(x), integers(5, high=2))


def _then() -> Iterator[Sample]:
    """Yield reading that is squared: so its gradient has a gradient itself."""

    def squared(name: str, call: Any, *inputs: Input) -> Sample:
        def then(t: Any, *tensors: Any) -> Any:
            return call(t, *tensors).square()

        return moved(name, then, *inputs, label="squared")

    some = integers(3, high=2)
    yield squared("__getitem__", lambda t, x, i: x[i], real(2, 3), some)
    yield squared("__getitem__", lambda t, x, m: x[m], real(2, 3), masks(2, 3))
    yield squared("__getitem__", lambda t, x, i: x[1:, i], real(2, 3), integers(4, high=3))
    yield squared("gather", lambda t, x, i: x.gather(1, i), real(2, 3), integers(2, 4, high=3))
    yield squared("index_select", lambda t, x, i: x.index_select(0, i), real(2, 3), some)
    yield squared("take", lambda t, x, i: x.take(i), real(2, 3), integers(4, high=6))
    yield squared("masked_select", lambda t, x, m: x.masked_select(m), real(2, 3), masks(2, 3))
    yield squared(
        "masked_scatter",
        lambda t, x, m, y: x.masked_scatter(m, y),
        real(2, 3),
        masks(2, 3),
        real(7),
    )

    def changed(t: Any, x: Any, y: Any) -> Any:
        base = t.zeros(2, 3, dtype=x.dtype)
        part, row = base[:, 1:], base[0]
        part.copy_(x)
        return (row * y).square(), base.square()

    yield moved("in place through views of a constant", changed, real(2, 2), real(3))


SAMPLES = [*_reading(), *_writing(), *_along(), *_slices(), *_flat(), *_then()]
