"""Arrays, shapes, axes and dtypes to call the standard's functions with, as NumPy has them."""

from __future__ import annotations

from typing import Any

import numpy
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of

SIGNED = ("int8", "int16", "int32", "int64")
UNSIGNED = ("uint8", "uint16", "uint32", "uint64")
INTEGERS = SIGNED + UNSIGNED
REAL = ("float32", "float64")
COMPLEX = ("complex64", "complex128")
FLOATING = REAL + COMPLEX
NUMERIC = INTEGERS + FLOATING
ORDERED = INTEGERS + REAL
BOOLEAN = ("bool",)
ALL = BOOLEAN + NUMERIC

shapes = arrays_of.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3)
filled = arrays_of.array_shapes(min_dims=0, max_dims=3, min_side=1, max_side=3)
lines = arrays_of.array_shapes(min_dims=1, max_dims=3, min_side=0, max_side=3)
_SPECIAL = (0.0, -0.0, 1.0, -1.0, float("inf"), float("-inf"), float("nan"))


class Dtype(str):
    """The name of a dtype, for which each namespace has an object of its own."""


def elements(dtype: str, *, special: bool = True, low: float = -20, high: float = 20) -> Any:
    """Return a strategy of numbers of a dtype that are exact in it."""
    kind = numpy.dtype(dtype).kind
    if kind == "b":
        return st.booleans()
    if kind in "iu":
        return st.integers(max(int(low), 0) if kind == "u" else int(low), int(high))
    finite = st.integers(int(low * 8), int(high * 8)).map(lambda eighths: eighths / 8)
    if kind == "f":
        return st.one_of(finite, st.sampled_from(_SPECIAL)) if special else finite
    return st.builds(complex, finite, finite)


@st.composite
def array(
    draw: Any, dtypes: tuple[str, ...] = NUMERIC, shape: Any = shapes, **limits: Any
) -> numpy.ndarray[Any, Any]:
    """Draw an array of one of some dtypes."""
    dtype = draw(st.sampled_from(dtypes))
    size = draw(shape) if isinstance(shape, st.SearchStrategy) else shape
    return draw(arrays_of.arrays(dtype, size, elements=elements(dtype, **limits)))


def family_of(dtype: str) -> tuple[str, ...]:
    """Return the dtypes that promote with one, as the standard says."""
    if dtype in BOOLEAN:
        return BOOLEAN
    if dtype == "uint64":
        return UNSIGNED
    if dtype in INTEGERS:
        return SIGNED if dtype in SIGNED else SIGNED + UNSIGNED[:3]
    return FLOATING


@st.composite
def dtype_pairs(draw: Any, dtypes: tuple[str, ...], *, same: bool = False) -> tuple[str, str]:
    first = draw(st.sampled_from(dtypes))
    others = [each for each in family_of(first) if each in dtypes]
    return first, first if same else draw(st.sampled_from(others))


@st.composite
def pairs(
    draw: Any, dtypes: tuple[str, ...] = NUMERIC, *, scalars: bool = True, **limits: Any
) -> tuple[Any, Any]:
    """Draw two arrays that broadcast and promote; sometimes a Python number is one of them."""
    kinds = draw(dtype_pairs(dtypes))
    both = draw(
        arrays_of.mutually_broadcastable_shapes(num_shapes=2, max_dims=3, min_side=0, max_side=3)
    )
    operands = [
        draw(arrays_of.arrays(kind, shape, elements=elements(kind, **limits)))
        for kind, shape in zip(kinds, both.input_shapes, strict=True)
    ]
    number = draw(st.sampled_from((None, None, None, 0, 1))) if scalars else None
    if number is not None:
        kind = operands[1 - number].dtype.name
        operands[number] = draw(elements(kind, **{**limits, "special": False}))
    return operands[0], operands[1]


def dims(x: numpy.ndarray[Any, Any]) -> Any:
    """Return a strategy of one axis of an array, counted from either end."""
    return st.integers(-x.ndim, x.ndim - 1)


@st.composite
def axes(draw: Any, x: numpy.ndarray[Any, Any], *, none: bool = True, empty: bool = True) -> Any:
    """Draw what a function that reduces axes takes: None, an int, a tuple."""
    found: list[Any] = [st.none()] if none else []
    if x.ndim:
        found.append(dims(x))
    some = st.lists(
        st.integers(0, x.ndim - 1), unique=True, min_size=0 if empty else 1, max_size=x.ndim
    )
    if x.ndim:
        found.append(some.map(tuple))
    elif empty:
        found.append(st.just(()))
    return draw(st.one_of(found))


@st.composite
def matrices(
    draw: Any,
    dtypes: tuple[str, ...] = FLOATING,
    *,
    square: bool = False,
    low: int = -3,
    min_side: int = 0,
) -> numpy.ndarray[Any, Any]:
    """Draw matrices, with or without dimensions of a batch, whose numbers are small."""
    batch = draw(arrays_of.array_shapes(min_dims=0, max_dims=2, min_side=0, max_side=2))
    rows = draw(st.integers(min_side, 3))
    columns = rows if square else draw(st.integers(min_side, 3))
    return draw(array(dtypes, (*batch, rows, columns), special=False, low=low, high=3))


def regular(x: numpy.ndarray[Any, Any]) -> numpy.ndarray[Any, Any]:
    """Return square matrices near others, but far from singular."""
    return (x + 20 * numpy.eye(x.shape[-1])).astype(x.dtype)


def positive_definite(x: numpy.ndarray[Any, Any]) -> numpy.ndarray[Any, Any]:
    """Return positive definite matrices made from others, of distinct eigenvalues."""
    product = x @ numpy.conj(numpy.swapaxes(x, -1, -2))
    return (product + numpy.diag(numpy.arange(1.0, x.shape[-1] + 1) * 50)).astype(x.dtype)
