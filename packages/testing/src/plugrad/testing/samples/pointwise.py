"""Samples of pointwise operators: arithmetic, powers, rounding, bounds, choices, comparisons.

Those of mathematical functions and of activations stand in modules of their own, and are part of
``SAMPLES`` here.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy

from plugrad.testing.samples import Input, Sample, integers, masks, positive, real
from plugrad.testing.samples.activations import ACTIVATIONS
from plugrad.testing.samples.elementary import (
    COMPLEX,
    ELEMENTARY,
    HALF,
    KINK,
    NUMBERS,
    case,
    with_specials,
)

__all__ = ["SAMPLES"]

Array = numpy.ndarray[Any, Any]


def tied(*shape: int) -> Input:
    """Return an input of few different numbers."""
    return real(*shape, transform=lambda array: numpy.asarray(numpy.round(array)))


def near(number: float, *shape: int) -> Input:
    """Return an input of positive numbers, some of them replaced by `number`."""

    def put(array: Array) -> Array:
        return numpy.where(array < 0.8, array.dtype.type(number), array)

    return real(*shape, low=0.3, high=2.0, transform=put)


def _arithmetic() -> Iterator[Sample]:
    for name, call, change in (
        ("add", lambda t, x, y: x + y, lambda t, x, y: x.add_(y)),
        ("sub", lambda t, x, y: x - y, lambda t, x, y: x.sub_(y)),
        ("mul", lambda t, x, y: x * y, lambda t, x, y: x.mul_(y)),
        ("div", lambda t, x, y: x / y, lambda t, x, y: x.div_(y)),
    ):
        other = positive if name == "div" else real
        exact = {"exact": True, "inplace": change}
        yield case(name, call, real(3, 4), other(3, 4), dtypes=HALF, **exact)
        yield case(name, call, real(3, 4), other(3, 4), dtypes=COMPLEX, label="complex")
        yield case(name, call, real(2, 3, 4), other(3, 1), label="broadcast", **exact)
        yield case(name, call, real(3, 1), other(1, 4), label="both-broadcast", exact=True)
        yield case(name, call, real(), other(), **exact)
        yield case(name, call, real(3), other(), label="0-d", **exact)
        yield case(name, call, real(0, 3), other(3), label="empty", **exact)
        yield case(name, call, real(3), integers(3, low=1), label="mixed", **exact)
        yield case(name, call, integers(3), integers(3, low=1), label="integers", exact=True)
        yield case(
            name, lambda t, x, name=name: getattr(t, name)(x, 2.5), real(3, 4), dtypes=NUMBERS,
            inplace=lambda t, x, name=name: getattr(x, f"{name}_")(2.5), label="number",
        )  # fmt: skip
        yield case(
            name, lambda t, x, name=name: getattr(x, name)(3), integers(4), exact=True,
            label="integer-number",
        )  # fmt: skip
    yield case("add", lambda t, x, y: t.add(x, y, alpha=2), real(3, 4), real(4), label="alpha",
               inplace=lambda t, x, y: x.add_(y, alpha=2))  # fmt: skip
    yield case("sub", lambda t, x, y: x.sub(y, alpha=0.5), real(3, 4), real(4), label="alpha",
               dtypes=COMPLEX, inplace=lambda t, x, y: x.sub_(y, alpha=0.5))  # fmt: skip
    yield case("add", lambda t, x, y: x.add(y, alpha=3), integers(3), integers(3), label="ints")
    yield case("rsub", lambda t, x: 1 - x, real(3, 4), dtypes=NUMBERS, exact=True)
    yield case("rsub", lambda t, x: t.rsub(x, 3, alpha=2), real(3), label="alpha")
    yield case("rsub", lambda t, x, y: t.rsub(x, y), real(3, 4), real(4), label="tensor")
    yield case("rsub", lambda t, x: 7 - x, integers(3), label="integers")
    yield case("div", lambda t, x: 2 / x, positive(3, 4), dtypes=NUMBERS, label="reflected")
    for mode in ("floor", "trunc"):
        yield case(
            "div", lambda t, x, y, mode=mode: t.div(x, y, rounding_mode=mode), real(3, 4),
            positive(4), label=mode, inplace=_change("div", rounding_mode=mode),
        )  # fmt: skip
        yield case(
            "div", lambda t, x, mode=mode: x.div(-2, rounding_mode=mode),
            integers(9, low=-4), label=f"{mode}-integers",
        )  # fmt: skip
    yield case("true_divide", lambda t, x, y: t.true_divide(x, y), real(3), positive(3),
               inplace=lambda t, x, y: x.true_divide_(y))  # fmt: skip
    # It has no derivative, in PyTorch either.
    constants = (real(3, 4, grad=False), positive(4, grad=False))
    yield case("floor_divide", lambda t, x, y: x // y, *constants, inplace=_change("floor_divide"))
    yield case("floor_divide", lambda t, x: x // -2, integers(9, low=-4))
    yield case("floor_divide", lambda t, x: 7 // x, positive(4, grad=False), label="reflected")
    for name in ("remainder", "fmod"):
        call, change = _call(name), _change(name)
        yield case(name, call, real(3, 4), positive(4), inplace=change, second=False)
        yield case(name, call, real(3, 4), real(4, low=-2, high=-0.5), label="negative")
        yield case(name, _call(name, 0.7), real(3, 4), inplace=_change(name, 0.7), label="number")
        yield case(name, _call(name, -3), integers(9, low=-5), exact=True, label="integers")
    yield case("remainder", lambda t, x: 2 % x, positive(4, grad=False), label="reflected")
    yield case("neg", lambda t, x: -x, real(3, 4), dtypes=(*HALF, *COMPLEX[2:]), exact=True,
               inplace=lambda t, x: x.neg_())  # fmt: skip
    yield case("positive", lambda t, x: +x * 1, real(3))


_WIDE = {"float32_agrees_with_float64": "gives float64, or the largest number of the dtype"}
_ONES = {"in_place_is_the_same": "leaves 1 and 0 of the tensor's own dtype, not a truth value"}
_PAIRS = dict.fromkeys(
    ("no_warning_leaks", "is_the_same_while_watched"), "takes complex numbers only"
)
_SLOPES = ("gradient_is_the_derivative", "second_derivative_is_the_gradients")


def _call(name: str, *more: Any, **keywords: Any) -> Callable[..., Any]:
    """Return a call of a function of the module."""
    return lambda t, *xs: getattr(t, name)(*xs, *more, **keywords)


def _change(name: str, *more: Any, **keywords: Any) -> Callable[..., Any]:
    """Return a call of the in-place method."""
    return lambda t, x, *xs: getattr(x, f"{name}_")(*xs, *more, **keywords)


def _powers() -> Iterator[Sample]:
    for exponent in (-2, -1, -0.5, 0.5, 1, 2, 3, 4, 1.5, -3):
        yield case(
            "pow", lambda t, x, e=exponent: x**e, positive(3, 4), label=f"{exponent}",
            inplace=lambda t, x, e=exponent: x.pow_(e), exact=exponent in (-1, 1, 2),
        )  # fmt: skip
    yield case("pow", lambda t, x: x**0, near(0.0, 3, 4), label="0", exact=True)
    yield case("pow", lambda t, x: x**2, real(3, 4), dtypes=(*HALF, *COMPLEX[2:]))
    yield case("pow", lambda t, x: x**3, real(3, 4), dtypes=COMPLEX, label="3-complex")
    yield case("pow", lambda t, x, y: x**y, positive(3, 4), real(4), dtypes=(*HALF, *COMPLEX[2:]))
    yield case("pow", lambda t, x, y: t.pow(x, y), near(0.0, 3, 4), positive(4), label="0-base",
               skip=KINK, second=False)  # fmt: skip
    yield case("pow", lambda t, x, y: t.pow(x, y), positive(3, 4), tied(4), label="0-exponent")
    yield case("pow", lambda t, x: 2**x, real(3, 4), dtypes=NUMBERS, label="of-2")
    yield case("pow", lambda t, x: t.pow(0.0, x), positive(3), label="of-0", skip=KINK,
               second=False)  # fmt: skip
    yield case("pow", lambda t, x: x**3, integers(4, low=-3), exact=True, label="integers")
    signed = (integers(6, low=-2, high=3), integers(6, low=-2, high=4))
    yield case("pow", lambda t, x, y: x**y, *signed, exact=True)
    yield case("float_power", lambda t, x: t.float_power(x, 2), real(3), dtypes=COMPLEX, skip=_WIDE)
    yield case("float_power", lambda t, x, y: x.float_power(y), positive(3), real(3), skip=_WIDE)
    yield case("float_power", lambda t, x: t.float_power(2, x), integers(3), label="of-2")
    yield case("square", _call("square"), real(3, 4), dtypes=HALF, exact=True,
               inplace=_change("square"))  # fmt: skip
    yield case("square", _call("square"), real(3, 4), dtypes=COMPLEX, label="complex")
    yield case("square", _call("square"), masks(3))
    for name in ("sqrt", "rsqrt", "reciprocal"):
        yield case(name, _call(name), positive(3, 4), dtypes=(*HALF, *COMPLEX[2:]),
                   inplace=_change(name))  # fmt: skip
        yield case(name, _call(name), integers(4, low=1), label="integers")
    yield case("hypot", _call("hypot"), real(3, 4), positive(4), inplace=_change("hypot"))


def _signs() -> Iterator[Sample]:
    for name in ("floor", "ceil", "trunc", "round", "frac", "sign"):
        yield case(name, _call(name), real(3, 4), dtypes=HALF, exact=True, inplace=_change(name))
        yield case(name, _call(name), with_specials(4, 4), label="specials", skip=KINK)
    for name in ("floor", "ceil", "trunc", "round", "sign"):
        yield case(name, _call(name), integers(4, low=-3), exact=True, label="integers")
    yield case(
        "round",
        _call("round", decimals=1),
        real(3, 4),
        label="1",
        inplace=_change("round", decimals=1),
    )
    yield case("round", _call("round", decimals=-1), real(3, 4, low=-99, high=99), label="-1")
    yield case("fix", _call("fix"), real(3), inplace=_change("fix"))
    yield case("sgn", _call("sgn"), real(3, 4), dtypes=COMPLEX, inplace=_change("sgn"))
    yield case("abs", _call("abs"), real(3, 4), dtypes=HALF, exact=True, inplace=_change("abs"))
    yield case("abs", _call("abs"), real(3, 4), dtypes=COMPLEX, label="complex")
    yield case("abs", _call("abs"), tied(3, 4), label="kink", exact=True, skip=KINK)
    yield case("copysign", _call("copysign"), real(3, 4), real(4), inplace=_change("copysign"))
    yield case("copysign", _call("copysign", -1.0), tied(3, 4), label="number", skip=KINK,
               second=False)  # fmt: skip
    yield case("copysign", _call("copysign", -1.0), real(3, 4), label="number")
    yield case("heaviside", _call("heaviside"), real(5, grad=False), real(5, grad=False))
    yield case("nan_to_num", _call("nan_to_num"), with_specials(4, 4),
               inplace=_change("nan_to_num"), skip={**KINK, **_WIDE})  # fmt: skip
    yield case("nan_to_num", _call("nan_to_num", 1.0, 2.0, 3.0), with_specials(4, 4), label="given",
               skip=KINK)  # fmt: skip
    yield case("nan_to_num", _call("nan_to_num"), real(3, 4))
    yield case("ldexp", _call("ldexp"), real(3, 4), real(4), inplace=_change("ldexp"))
    yield case("frexp", _call("frexp"), real(3, 4))


def _bounds() -> Iterator[Sample]:
    for name in ("maximum", "minimum", "fmax", "fmin"):
        yield case(name, _call(name), real(3, 4), real(4), dtypes=HALF, exact=True)
        yield case(name, _call(name), tied(3, 4), tied(3, 4), exact=True, label="ties", skip=KINK)
        yield case(name, _call(name), with_specials(4, 4), real(4), label="specials", skip=KINK)
        yield case(name, _call(name), integers(4), integers(4), exact=True)
    for label, bounds in {
        "both": (-0.5, 0.5), "low": (0.25, None), "high": (None, 0.25), "crossed": (1, -1),
    }.items():  # fmt: skip
        yield case("clamp", _call("clamp", *bounds), real(3, 4), dtypes=HALF, exact=True,
                   label=label, inplace=_change("clamp", *bounds))  # fmt: skip
    yield case("clamp", _call("clamp", -1, 1), tied(3, 4), exact=True, label="kink", skip=KINK)
    yield case("clamp", _call("clamp", 0, 2), integers(5, low=-5), exact=True, label="integers")
    yield case("clamp", _call("clamp", 0.5), integers(5, low=-5), label="widened")
    yield case("clamp", _call("clamp"), real(3, 4), real(4, low=-1, high=0), positive(3, 1),
               exact=True, label="tensors", inplace=_change("clamp"))  # fmt: skip
    yield case("clamp", lambda t, x, y: t.clamp(x, max=y), real(3, 4), real(4), label="max")
    yield case(
        "clamp", _call("clamp"), tied(3, 4), tied(4), tied(4), label="tensor-ties", skip=KINK
    )
    yield case("clip", _call("clip", -1, 1), real(3), inplace=_change("clip", -1, 1))
    for name in ("clamp_min", "clamp_max"):
        yield case(name, _call(name, 0.25), real(3, 4), exact=True, inplace=_change(name, 0.25))
        yield case(name, _call(name), real(3, 4), real(4), exact=True, inplace=_change(name))


def _choices() -> Iterator[Sample]:
    every = (*HALF, *COMPLEX[2:])
    yield case("where", _call("where"), masks(3, 4), real(3, 4), real(4), dtypes=every, exact=True)
    yield case("where", _call("where"), masks(4), real(3, 1), real(), exact=True, label="broadcast")
    yield case("where", _call("where"), masks(50, 60), real(50, 60), real(50, 60), exact=True)
    yield case("where", lambda t, c, x: t.where(c, x, 0.0), masks(3, 4), real(3, 4), dtypes=HALF)
    yield case(
        "where", lambda t, c, x: t.where(c, 1, x), masks(50, 60), real(50, 60), label="number"
    )
    yield case("where", lambda t, c: t.where(c, 1, 2.5), masks(3), label="numbers")
    yield case("where", lambda t, c, x, y: x.where(c, y), masks(3), real(3), integers(3))
    fill = lambda t, x, m: x.masked_fill(m, -2.0)  # noqa: E731
    change = lambda t, x, m: x.masked_fill_(m, -2.0)  # noqa: E731
    yield case(
        "masked_fill", fill, real(3, 4), masks(3, 4), dtypes=every, exact=True, inplace=change
    )
    yield case("masked_fill", fill, real(50, 60), masks(50, 60), exact=True, inplace=change)
    yield case("masked_fill", fill, real(3, 4), masks(4), exact=True, inplace=change)
    yield case("masked_fill", lambda t, x, m, v: x.masked_fill(m, v), real(2, 3), masks(2, 3),
               real(), exact=True, inplace=lambda t, x, m, v: x.masked_fill_(m, v))  # fmt: skip
    yield case("masked_fill", lambda t, x, m: x.masked_fill(m, -math.inf), real(3), masks(3),
               label="inf", skip=dict.fromkeys(_SLOPES, "is infinite"))  # fmt: skip
    for weight in (0.25, 0.75):
        yield case("lerp", _call("lerp", weight), real(3, 4), real(4), dtypes=COMPLEX,
                   label=f"{weight}", inplace=_change("lerp", weight))  # fmt: skip
    yield case("lerp", _call("lerp"), real(3, 4), real(4), real(3, 1), inplace=_change("lerp"))
    for name in ("addcmul", "addcdiv"):
        inputs = (real(3, 4), real(4), positive(3, 1))
        yield case(name, _call(name), *inputs, dtypes=COMPLEX, inplace=_change(name))
        yield case(name, _call(name, value=0.5), *inputs, label="value",
                   inplace=_change(name, value=0.5))  # fmt: skip
    yield case("addcmul", _call("addcmul", value=2), *[integers(3)] * 3, exact=True)


def _comparisons() -> Iterator[Sample]:
    for name in ("eq", "ne", "lt", "le", "gt", "ge"):
        yield case(name, _call(name), tied(3, 4), tied(4), inplace=_change(name), skip=_ONES)
        yield case(name, _call(name, 1), tied(3, 4), label="number", inplace=_change(name, 1),
                   skip=_ONES)  # fmt: skip
        yield case(name, _call(name, 1.5), integers(3, 4), label="float-number")
        yield case(name, _call(name), with_specials(4, 4), integers(4), label="specials")
    for name in ("not_equal", "less", "less_equal", "greater", "greater_equal"):
        yield case(name, _call(name), integers(4), integers(4), inplace=_change(name), skip=_ONES)
    for name in ("logical_and", "logical_or", "logical_xor"):
        yield case(name, _call(name), tied(3, 4), integers(4, high=2))
    yield case("logical_not", _call("logical_not"), tied(3, 4))
    for name in ("bitwise_and", "bitwise_or", "bitwise_xor"):
        yield case(
            name, _call(name), integers(3, 4, low=-9, high=9), integers(4), inplace=_change(name)
        )
        yield case(name, _call(name), masks(3, 4), masks(4), label="bool", inplace=_change(name))
        yield case(name, _call(name, 6), integers(4, high=99), label="number")
    for name in ("bitwise_left_shift", "bitwise_right_shift"):
        yield case(
            name, _call(name), integers(4, low=-9, high=99), integers(4), inplace=_change(name)
        )
        yield case(name, _call(name, 2), integers(4, low=-9, high=99), label="number")
    yield case("bitwise_not", _call("bitwise_not"), integers(4), inplace=_change("bitwise_not"))
    yield case("bitwise_not", _call("bitwise_not"), masks(4), label="bool")
    for name in ("isnan", "isinf", "isfinite", "isposinf", "isneginf", "signbit", "isreal"):
        yield case(name, _call(name), with_specials(4, 4))
        yield case(name, _call(name), integers(3))
    yield case("isreal", _call("isreal"), tied(3), dtypes=COMPLEX, label="complex")
    for name in ("isclose", "allclose", "equal"):
        yield case(name, _truth(name), real(3, 4), real(3, 4))
        yield case(name, _truth(name), with_specials(4, 4), with_specials(4, 4), label="specials")
        yield case(name, _truth(name), integers(3), integers(3))
    yield case("isclose", _call("isclose", 0.5, 0.1), tied(3, 4), tied(4), label="tolerant")
    yield case("isclose", lambda t, x: t.isclose(x, x, equal_nan=True), with_specials(4, 4))
    yield case("isin", _call("isin"), integers(3, 4, high=9), integers(4, high=9))
    yield case("isin", lambda t, x, y: t.isin(x, y, invert=True), tied(3, 4), tied(2))
    yield case("isin", _call("isin", 2), integers(5), label="number")


def _truth(name: str) -> Callable[..., Any]:
    """Return a call whose result, if it is a bool of Python's, is made a tensor."""

    def call(t: Any, x: Any, y: Any) -> Any:
        found = getattr(t, name)(x, y)
        return t.tensor(found) if isinstance(found, bool) else found

    return call


def _complex() -> Iterator[Sample]:
    only: Any = {"dtypes": COMPLEX[2:]}
    yield case("real", lambda t, x: x.real, real(3, 4), **only)
    yield case("imag", lambda t, x: t.imag(x), real(3, 4), skip=_PAIRS, **only)
    yield case("conj", lambda t, x: x.conj() * x, real(3, 4), **only)
    yield case("conj_physical", _call("conj_physical"), real(3), **only)
    yield case("view_as_real", _call("view_as_real"), real(3, 4), skip=_PAIRS, **only)
    yield case("view_as_complex", _call("view_as_complex"), real(3, 2),
               skip={"layout_does_not_matter": "takes pairs next to each other"})  # fmt: skip
    yield case("angle", _call("angle"), real(3, 4), dtypes=COMPLEX)
    yield case("angle", _call("angle"), integers(3, low=-2))
    yield case("resolve_conj", lambda t, x: x.resolve_conj() * 1, real(3))
    yield case("resolve_neg", lambda t, x: x.resolve_neg() * 1, real(3))


SAMPLES: tuple[Sample, ...] = (
    *_arithmetic(),
    *_powers(),
    *_signs(),
    *_bounds(),
    *_choices(),
    *_comparisons(),
    *_complex(),
    *ELEMENTARY,
    *ACTIVATIONS,
)
