"""The same for functions that look at the axes of arrays, and at whole arrays."""

from __future__ import annotations

from typing import Any

import numpy
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of

from . import inputs as given
from .calls import Call, calls, dtype_of, options
from .inputs import (
    ALL,
    FLOATING,
    INTEGERS,
    NUMERIC,
    ORDERED,
    REAL,
    array,
    filled,
    lines,
    pairs,
)

# --------------------------------------------------------------------------------------- reductions


@calls("sum prod")
def _(draw: Any) -> Call:
    x = draw(array(NUMERIC, special=False, low=-3, high=3))
    wide = {"i": ("int64",), "u": ("uint64",), "f": ("float64",), "c": ("complex128",)}
    dtype = dtype_of(draw, wide[x.dtype.kind])
    return (x,), {"dtype": dtype, **options(draw, axis=given.axes(x), keepdims=st.booleans())}


@calls("max min")
def _(draw: Any) -> Call:
    x = draw(array(ORDERED, filled))
    return (x,), options(draw, axis=given.axes(x), keepdims=st.booleans())


@calls("mean")
def _(draw: Any) -> Call:
    x = draw(array(FLOATING, filled))
    return (x,), options(draw, axis=given.axes(x), keepdims=st.booleans())


@calls("std var")
def _(draw: Any) -> Call:
    x = draw(array(REAL, filled, special=False))
    correction = st.sampled_from((0, 0.0, 0.5))
    keywords = {"axis": given.axes(x), "keepdims": st.booleans(), "correction": correction}
    return (x,), options(draw, **keywords)


@calls("all any count_nonzero")
def _(draw: Any) -> Call:
    x = draw(array(ALL))
    return (x,), options(draw, axis=given.axes(x), keepdims=st.booleans())


@calls("cumulative_sum cumulative_prod")
def _(draw: Any) -> Call:
    x = draw(array(NUMERIC, lines, special=False, low=-2, high=2))
    axis = draw(st.none() if x.ndim == 1 and draw(st.booleans()) else given.dims(x))
    return (x,), {"axis": axis, **options(draw, include_initial=st.booleans())}


@calls("argmax argmin")
def _(draw: Any) -> Call:
    x = draw(array(ORDERED, filled))
    axis = st.one_of(st.none(), given.dims(x)) if x.ndim else st.none()
    return (x,), options(draw, axis=axis, keepdims=st.booleans())


@calls("sort argsort")
def _(draw: Any) -> Call:
    x = draw(array(ORDERED, lines))
    return (x,), options(draw, axis=given.dims(x), descending=st.booleans())


@calls("diff")
def _(draw: Any) -> Call:
    x = draw(array(NUMERIC, lines))
    axis = draw(given.dims(x))
    shape = [1 if d == axis % x.ndim else size for d, size in enumerate(x.shape)]
    more = array((x.dtype.name,), tuple(shape))
    return (x,), {
        "axis": axis,
        **options(draw, n=st.integers(0, 2), prepend=more, append=more),
    }


# --------------------------------------------------------------------------- searching and sets


@calls("nonzero")
def _(draw: Any) -> Call:
    return (draw(array(ALL, lines)),), {}


@calls("searchsorted")
def _(draw: Any) -> Call:
    first, second = draw(given.dtype_pairs(ORDERED))
    x1 = draw(array((first,), st.tuples(st.integers(0, 5)), special=False))
    x2 = draw(array((second,), special=False))
    keywords = options(draw, side=st.sampled_from(("left", "right")))
    if draw(st.booleans()):
        return (x1, x2), {"sorter": numpy.argsort(x1, kind="stable"), **keywords}
    return (numpy.sort(x1), x2), keywords


@calls("unique_all unique_counts unique_inverse unique_values")
def _(draw: Any) -> Call:
    return (draw(array(ALL, low=-2, high=2)),), {}


@calls("take")
def _(draw: Any) -> Call:
    x = draw(array(ALL, lines))
    axis = draw(given.dims(x))
    size = x.shape[axis]
    positions = st.lists(st.integers(0, max(size - 1, 0)), max_size=4 if size else 0)
    indices = numpy.asarray(draw(positions), dtype=draw(st.sampled_from(INTEGERS)))
    return (x, indices), {"axis": None if x.ndim == 1 and draw(st.booleans()) else axis}


@calls("take_along_axis")
def _(draw: Any) -> Call:
    x = draw(array(ALL, arrays_of.array_shapes(min_dims=1, max_dims=3, max_side=3)))
    axis = draw(given.dims(x))
    shape = list(x.shape)
    size, shape[axis] = shape[axis], draw(st.integers(0, 3))
    indices = draw(arrays_of.arrays("int64", tuple(shape), elements=st.integers(0, size - 1)))
    return (x, indices), {"axis": axis}


# ------------------------------------------------------------------------------------ manipulation


@calls("broadcast_arrays")
def _(draw: Any) -> Call:
    return draw(pairs(ALL, scalars=False)), {}


@calls("broadcast_to")
def _(draw: Any) -> Call:
    x, other = draw(pairs(ALL, scalars=False))
    return (x, numpy.broadcast_shapes(x.shape, other.shape)), {}


@calls("concat")
def _(draw: Any) -> Call:
    kinds = draw(given.dtype_pairs(ALL))
    first = draw(array(kinds[:1], lines))
    axis = draw(given.dims(first))
    shape = list(first.shape)
    shape[axis] = draw(st.integers(0, 3))
    parts = [first, draw(array(kinds[1:], tuple(shape)))]
    return (parts,), {"axis": draw(st.sampled_from((None, axis)))}


@calls("stack")
def _(draw: Any) -> Call:
    kinds = draw(given.dtype_pairs(ALL))
    first = draw(array(kinds[:1]))
    parts = [first, draw(array(kinds[1:], first.shape))]
    return (parts,), options(draw, axis=st.integers(-first.ndim - 1, first.ndim))


@calls("expand_dims")
def _(draw: Any) -> Call:
    x = draw(array(ALL))
    return (x, draw(st.integers(-x.ndim - 1, x.ndim))), {}


@calls("flip")
def _(draw: Any) -> Call:
    x = draw(array(ALL))
    return (x,), options(draw, axis=given.axes(x))


@calls("moveaxis")
def _(draw: Any) -> Call:
    x = draw(array(ALL, lines))
    if draw(st.booleans()):
        return (x, draw(given.dims(x)), draw(given.dims(x))), {}
    order = draw(st.permutations(range(x.ndim)))
    count = draw(st.integers(0, x.ndim))
    return (x, tuple(range(count)), tuple(order[:count])), {}


@calls("permute_dims")
def _(draw: Any) -> Call:
    x = draw(array(ALL))
    return (x, tuple(draw(st.permutations(range(x.ndim))))), {}


@calls("repeat")
def _(draw: Any) -> Call:
    x = draw(array(ALL, lines))
    axis = draw(st.one_of(st.none(), given.dims(x)))
    count = x.size if axis is None else x.shape[axis]
    often = st.lists(st.integers(0, 3), min_size=count, max_size=count)
    repeats = draw(st.one_of(st.integers(0, 3), often.map(lambda n: numpy.asarray(n, "int64"))))
    return (x, repeats), {"axis": axis}


@calls("reshape")
def _(draw: Any) -> Call:
    x = draw(array(ALL))
    shape = tuple(draw(st.permutations((*x.shape, 1))))
    if x.size and draw(st.booleans()):
        shape = draw(st.sampled_from(((-1,), (-1, *shape[1:]), shape)))
    without = st.sampled_from((None, True, False) if x.size else (None, True))
    return (x, shape), options(draw, copy=without)


@calls("roll")
def _(draw: Any) -> Call:
    x = draw(array(ALL, lines))
    shift = st.integers(-4, 4)
    axis = draw(given.axes(x, empty=False))
    if isinstance(axis, tuple):
        shift |= st.tuples(*(st.integers(-4, 4) for _ in axis))
    return (x, draw(shift)), {"axis": axis}


@calls("squeeze")
def _(draw: Any) -> Call:
    x = draw(array(ALL))
    ones = [d for d, size in enumerate(x.shape) if size == 1]
    some = st.lists(st.sampled_from(ones), unique=True) if ones else st.just([])
    return (x, tuple(draw(some))), {}


@calls("tile")
def _(draw: Any) -> Call:
    return (draw(array(ALL)), draw(st.lists(st.integers(0, 3), max_size=4).map(tuple))), {}


@calls("unstack")
def _(draw: Any) -> Call:
    x = draw(array(ALL, lines))
    return (x,), options(draw, axis=given.dims(x))
