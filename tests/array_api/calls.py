"""For each function of the standard: a strategy of valid calls, positional and by keyword."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy
from hypothesis import assume
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of

from . import inputs as given
from .inputs import (
    ALL,
    BOOLEAN,
    COMPLEX,
    FLOATING,
    INTEGERS,
    NUMERIC,
    ORDERED,
    REAL,
    SIGNED,
    Dtype,
    array,
    pairs,
    shapes,
)

Call = tuple[tuple[Any, ...], dict[str, Any]]
CALLS: dict[str, Any] = {}
"""The strategy of each function, by its name."""


def calls(names: str) -> Callable[[Callable[..., Call]], Callable[..., Call]]:
    """Say how the functions of these names are called."""

    def declare(function: Callable[..., Call]) -> Callable[..., Call]:
        strategy = st.composite(function)()
        CALLS.update(dict.fromkeys(names.split(), strategy))
        return function

    return declare


def options(draw: Any, **choices: Any) -> dict[str, Any]:
    """Draw keyword arguments, each of which may be left out."""
    return {name: draw(choice) for name, choice in choices.items() if draw(st.booleans())}


def dtype_of(draw: Any, dtypes: tuple[str, ...], none: bool = True) -> Any:
    return draw(st.sampled_from((None, *dtypes) if none else dtypes).map(lambda d: d and Dtype(d)))


# ------------------------------------------------------------------------------------ elementwise

for _names, _dtypes, _limits in (
    ("abs negative positive real square sign round", NUMERIC, {}),
    ("imag", COMPLEX, {}),
    ("conj isfinite isinf isnan", NUMERIC, {}),
    ("floor ceil trunc", ORDERED, {}),
    ("sin cos tan sinh cosh tanh asin acos atan asinh atanh exp expm1", FLOATING, {}),
    ("acosh log log2 log10 log1p sqrt reciprocal", FLOATING, {}),
    ("signbit", REAL, {}),
    ("bitwise_invert", BOOLEAN + INTEGERS, {}),
    ("logical_not", BOOLEAN, {}),
):
    for _name in _names.split():
        CALLS[_name] = array(_dtypes, **_limits).map(lambda x: ((x,), {}))

for _names, _dtypes, _limits in (
    ("add subtract multiply", NUMERIC, {}),
    ("divide", FLOATING, {}),
    ("equal not_equal", ALL, {}),
    ("greater greater_equal less less_equal maximum minimum", ORDERED, {}),
    ("atan2 copysign hypot logaddexp nextafter", REAL, {}),
    ("bitwise_and bitwise_or bitwise_xor", BOOLEAN + INTEGERS, {}),
    ("bitwise_left_shift bitwise_right_shift", INTEGERS, {"low": 0, "high": 6}),
    ("logical_and logical_or logical_xor", BOOLEAN, {}),
    ("floor_divide remainder", REAL, {}),
    ("pow", INTEGERS, {"low": 0, "high": 6}),
):
    for _name in _names.split():
        CALLS[_name] = pairs(_dtypes, **_limits).map(lambda both: (both, {}))
# Integers cannot be divided by zero, and negative powers of them are none.
_nonzero_integers = pairs(INTEGERS, low=1)
_either = st.one_of(CALLS["floor_divide"], _nonzero_integers.map(lambda both: (both, {})))
CALLS["floor_divide"] = CALLS["remainder"] = _either
CALLS["pow"] = st.one_of(CALLS["pow"], pairs(REAL).map(lambda both: (both, {})))


@calls("clip")
def _(draw: Any) -> Call:
    x = draw(array(ORDERED))
    bound = st.one_of(
        st.none(),
        given.elements(x.dtype.name, special=False),
        array((x.dtype.name,), st.sampled_from([x.shape, (), (1,) * x.ndim]), special=False),
    )
    low, high = draw(bound), draw(bound)
    if low is not None and high is not None:
        assume(bool(numpy.all(numpy.asarray(low) <= numpy.asarray(high))))
    return (x, low, high), {}


@calls("where")
def _(draw: Any) -> Call:
    x1, x2 = draw(pairs(ALL))
    shape = numpy.broadcast_shapes(numpy.shape(x1), numpy.shape(x2))
    condition = draw(array(BOOLEAN, st.sampled_from([shape, (), (1, *shape)])))
    return (condition, x1, x2), {}


# --------------------------------------------------------------------------------------- creation


@calls("zeros ones")
def _(draw: Any) -> Call:
    shape = draw(st.one_of(st.integers(0, 3), shapes))
    return (shape,), {"dtype": dtype_of(draw, ALL)}


@calls("zeros_like ones_like")
def _(draw: Any) -> Call:
    return (draw(array(ALL)),), {"dtype": dtype_of(draw, ALL)}


@calls("empty")
def _(draw: Any) -> Call:
    return (draw(st.just((0, 2))),), {"dtype": dtype_of(draw, ALL)}


@calls("empty_like")
def _(draw: Any) -> Call:
    return (draw(array(ALL, (2, 0))),), {"dtype": dtype_of(draw, ALL)}


@calls("full")
def _(draw: Any) -> Call:
    dtype = dtype_of(draw, ALL)
    number = draw(
        given.elements(dtype)
        if dtype
        else st.sampled_from(ALL).flatmap(lambda each: given.elements(each, special=False))
    )
    return (draw(shapes), number), {"dtype": dtype}


@calls("full_like")
def _(draw: Any) -> Call:
    x, dtype = draw(array(ALL)), dtype_of(draw, ALL)
    return (x, draw(given.elements(dtype or x.dtype.name))), {"dtype": dtype}


@calls("eye")
def _(draw: Any) -> Call:
    sizes = draw(st.tuples(st.integers(0, 4), st.one_of(st.none(), st.integers(0, 4))))
    return sizes, {"dtype": dtype_of(draw, ALL), **options(draw, k=st.integers(-5, 5))}


@calls("arange")
def _(draw: Any) -> Call:
    number = st.one_of(st.integers(-9, 9), st.integers(-36, 36).map(lambda n: n / 4))
    step = draw(number)
    assume(step != 0)
    arguments = draw(
        st.sampled_from([(draw(number),), (draw(number), draw(number)), (0, draw(number), step)])
    )
    whole = all(isinstance(each, int) for each in arguments)
    signed = dtype_of(draw, SIGNED + REAL if whole else REAL)
    return arguments, {"dtype": signed}


@calls("linspace")
def _(draw: Any) -> Call:
    dtype = dtype_of(draw, REAL + COMPLEX)
    number = st.integers(-9, 9).map(float)
    if dtype in COMPLEX:
        number = st.builds(complex, number, number)
    arguments = draw(st.tuples(number, number, st.integers(0, 6)))
    return arguments, {"dtype": dtype, **options(draw, endpoint=st.booleans())}


@calls("meshgrid")
def _(draw: Any) -> Call:
    dtype = draw(st.sampled_from(ALL))
    line = array((dtype,), arrays_of.array_shapes(min_dims=1, max_dims=1, min_side=0, max_side=3))
    parts = draw(st.lists(line, min_size=1, max_size=3))
    return tuple(parts), options(draw, indexing=st.sampled_from(("xy", "ij")))


@calls("tril triu")
def _(draw: Any) -> Call:
    return (draw(given.matrices(ALL)),), options(draw, k=st.integers(-4, 4))


@calls("asarray")
def _(draw: Any) -> Call:
    x = draw(array(ALL, special=False))
    dtype = dtype_of(draw, (x.dtype.name,))
    listed = st.sampled_from((x, x.tolist())) if x.size and dtype else st.just(x)
    return (draw(listed),), {"dtype": dtype, **options(draw, copy=st.sampled_from((None, True)))}


@calls("from_dlpack")
def _(draw: Any) -> Call:
    return (draw(array(NUMERIC)),), {}


# ------------------------------------------------------------------------------------- dtypes


@calls("astype")
def _(draw: Any) -> Call:
    x = draw(array(ALL, special=False, low=0))
    dtype = dtype_of(draw, ALL, none=False)
    assume(x.dtype.kind != "c" or dtype in COMPLEX)
    return (x, dtype), options(draw, copy=st.booleans())


@calls("can_cast")
def _(draw: Any) -> Call:
    source = draw(st.one_of(st.sampled_from(ALL).map(Dtype), array(ALL)))
    return (source, dtype_of(draw, ALL, none=False)), {}


@calls("finfo")
def _(draw: Any) -> Call:
    return (draw(st.one_of(st.sampled_from(FLOATING).map(Dtype), array(FLOATING))),), {}


@calls("iinfo")
def _(draw: Any) -> Call:
    return (draw(st.one_of(st.sampled_from(INTEGERS).map(Dtype), array(INTEGERS))),), {}


_KINDS = "bool,signed integer,unsigned integer,integral,real floating,complex floating,numeric"


@calls("isdtype")
def _(draw: Any) -> Call:
    kind = st.sampled_from(_KINDS.split(",")) | st.sampled_from(ALL).map(Dtype)
    return (
        dtype_of(draw, ALL, none=False),
        draw(kind | st.lists(kind, min_size=1, max_size=3).map(tuple)),
    ), {}


@calls("result_type")
def _(draw: Any) -> Call:
    first, second = draw(given.dtype_pairs(ALL))
    operands: list[Any] = [draw(st.sampled_from((Dtype(first), draw(array((first,))))))]
    operands += [Dtype(second)] if draw(st.booleans()) else []
    number = {"b": True, "i": 1, "u": 1, "f": 1.5, "c": 1j}[numpy.dtype(first).kind]
    operands += [number] if draw(st.booleans()) else []
    return tuple(operands), {}
