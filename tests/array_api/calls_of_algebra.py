"""The same for linear algebra and Fourier transforms."""

from __future__ import annotations

from typing import Any

import numpy
from hypothesis import assume
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of

from . import inputs as given
from .calls import Call, calls, dtype_of, options
from .inputs import (
    ALL,
    COMPLEX,
    FLOATING,
    NUMERIC,
    REAL,
    array,
    filled,
    lines,
)

# -------------------------------------------------------------------------------- linear algebra


@calls("matmul linalg.matmul")
def _(draw: Any) -> Call:
    kinds = draw(given.dtype_pairs(NUMERIC))
    x1 = draw(st.one_of(given.matrices(kinds[:1]), array(kinds[:1], (3,), special=False)))
    columns = draw(st.sampled_from([(), (2,), (0,)]))
    batch = x1.shape[:-2] if columns and draw(st.booleans()) else ()
    x2 = draw(array(kinds[1:], (*batch, x1.shape[-1], *columns), special=False, low=-3, high=3))
    return (x1, x2), {}


@calls("matrix_transpose linalg.matrix_transpose")
def _(draw: Any) -> Call:
    return (draw(given.matrices(ALL)),), {}


@calls("tensordot linalg.tensordot")
def _(draw: Any) -> Call:
    kinds = draw(given.dtype_pairs(NUMERIC))
    small = {"special": False, "low": -3, "high": 3}
    x1 = draw(array(kinds[:1], arrays_of.array_shapes(min_dims=2, max_dims=3, max_side=3), **small))
    order = draw(st.permutations(range(x1.ndim)))
    count = draw(st.integers(0, 2))
    if draw(st.booleans()):
        shape = (*x1.shape[x1.ndim - count :], 2)
        return (x1, draw(array(kinds[1:], shape, **small))), {"axes": count}
    shape = (2, *(x1.shape[axis] for axis in order[:count]))
    own = tuple(range(1, count + 1))
    return (x1, draw(array(kinds[1:], shape, **small))), {"axes": (tuple(order[:count]), own)}


@calls("vecdot linalg.vecdot")
def _(draw: Any) -> Call:
    kinds = draw(given.dtype_pairs(NUMERIC))
    small = {"special": False, "low": -3, "high": 3}
    x1 = draw(array(kinds[:1], lines, **small))
    axis = draw(st.integers(-x1.ndim, -1))
    shape = x1.shape[axis:] if draw(st.booleans()) else x1.shape
    return (x1, draw(array(kinds[1:], shape, **small))), {"axis": axis}


@calls("linalg.det linalg.inv linalg.slogdet")
def _(draw: Any) -> Call:
    return (given.regular(draw(given.matrices(square=True))),), {}


@calls("linalg.cholesky")
def _(draw: Any) -> Call:
    x = given.positive_definite(draw(given.matrices(square=True)))
    return (x,), options(draw, upper=st.booleans())


@calls("linalg.eigh linalg.eigvalsh")
def _(draw: Any) -> Call:
    return (given.positive_definite(draw(given.matrices(square=True, min_side=1))),), {}


@calls("linalg.cross")
def _(draw: Any) -> Call:
    kinds = draw(given.dtype_pairs(NUMERIC))
    shape = draw(st.sampled_from([(3,), (2, 3), (0, 3), (3, 2)]))
    x1 = draw(array(kinds[:1], shape, special=False, low=-3, high=3))
    x2 = draw(array(kinds[1:], shape, special=False, low=-3, high=3))
    return (x1, x2), {"axis": -2 if shape == (3, 2) else -1}


@calls("linalg.diagonal")
def _(draw: Any) -> Call:
    return (draw(given.matrices(ALL)),), options(draw, offset=st.integers(-3, 3))


@calls("linalg.trace")
def _(draw: Any) -> Call:
    return (draw(given.matrices(NUMERIC)),), options(draw, offset=st.integers(-2, 2))


@calls("linalg.matrix_norm")
def _(draw: Any) -> Call:
    x = draw(given.matrices(min_side=1))
    infinity = float("inf")
    kinds = st.sampled_from(("fro", "nuc", 1, -1, 2, -2, infinity, -infinity))
    return (x,), options(draw, keepdims=st.booleans(), ord=kinds)


@calls("linalg.vector_norm")
def _(draw: Any) -> Call:
    x = draw(array(FLOATING, filled, special=False))
    infinity = float("inf")
    kinds = st.sampled_from((0, 1, 2, 3, 2.5, infinity, -infinity))
    return (x,), options(draw, axis=given.axes(x), keepdims=st.booleans(), ord=kinds)


@calls("linalg.matrix_power")
def _(draw: Any) -> Call:
    x = draw(given.matrices(square=True))
    n = draw(st.integers(-2, 4))
    return (given.regular(x) if n < 0 else x, n), {}


@calls("linalg.matrix_rank linalg.pinv")
def _(draw: Any) -> Call:
    x = draw(given.matrices(("float64", "complex128"), min_side=1))
    return (x,), options(draw, rtol=st.sampled_from((None, 1e-6, 1e-3)))


@calls("linalg.outer")
def _(draw: Any) -> Call:
    kinds = draw(given.dtype_pairs(NUMERIC))
    line = st.tuples(st.integers(0, 3))
    return (draw(array(kinds[:1], line)), draw(array(kinds[1:], line))), {}


@calls("linalg.qr")
def _(draw: Any) -> Call:
    x = given.regular(draw(given.matrices(square=True, min_side=1)))
    x = draw(st.sampled_from((x, x[..., :2], x[..., :2, :])))
    return (x,), options(draw, mode=st.sampled_from(("reduced", "complete")))


@calls("linalg.svd linalg.svdvals")
def _(draw: Any) -> Call:
    x = draw(given.matrices(min_side=1))
    return (x,), {}


@calls("linalg.solve")
def _(draw: Any) -> Call:
    kinds = draw(given.dtype_pairs(FLOATING))
    x1 = given.regular(draw(given.matrices(kinds[:1], square=True, min_side=1)))
    size = x1.shape[-1]
    shape = draw(st.sampled_from([(size,), (size, 2), (*x1.shape[:-1], 1), (2, size, size)]))
    try:
        numpy.broadcast_shapes(x1.shape[:-2], shape[:-2])
    except ValueError:
        assume(False)
    return (x1, draw(array(kinds[1:], shape, special=False))), {}


# -------------------------------------------------------------------------------------------- fft

_norms = st.sampled_from(("backward", "ortho", "forward"))


def _signal(draw: Any, dtypes: tuple[str, ...]) -> numpy.ndarray[Any, Any]:
    sides = arrays_of.array_shapes(min_dims=1, max_dims=3, min_side=2, max_side=5)
    found: numpy.ndarray[Any, Any] = draw(array(dtypes, sides, special=False))
    return found


for _names, _dtypes in (
    ("fft.fft fft.ifft fft.irfft fft.hfft", COMPLEX),
    ("fft.rfft fft.ihfft", REAL),
):

    @calls(_names)
    def _(draw: Any, dtypes: tuple[str, ...] = _dtypes) -> Call:
        x = _signal(draw, dtypes)
        return (x,), options(draw, n=st.integers(2, 6), axis=given.dims(x), norm=_norms)


for _names, _dtypes in (("fft.fftn fft.ifftn fft.irfftn", COMPLEX), ("fft.rfftn", REAL)):

    @calls(_names)
    def _(draw: Any, dtypes: tuple[str, ...] = _dtypes) -> Call:
        x = _signal(draw, dtypes)
        keywords = options(draw, norm=_norms)
        if draw(st.booleans()):
            axes = draw(st.lists(st.integers(0, x.ndim - 1), unique=True, min_size=1))
            keywords["axes"] = tuple(axes)
            if draw(st.booleans()):
                keywords["s"] = tuple(draw(st.integers(2, 5)) for _ in axes)
        return (x,), keywords


@calls("fft.fftfreq fft.rfftfreq")
def _(draw: Any) -> Call:
    keywords = options(draw, d=st.sampled_from((0.5, 2.0)))
    return (draw(st.integers(1, 8)),), {"dtype": dtype_of(draw, REAL), **keywords}


@calls("fft.fftshift fft.ifftshift")
def _(draw: Any) -> Call:
    x = draw(array(FLOATING, lines))
    return (x,), options(draw, axes=given.axes(x, empty=False))
