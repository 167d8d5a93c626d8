"""Exponentials, logarithms, trigonometric and hyperbolic functions."""

from __future__ import annotations

import math
from typing import Any, Final

from plugrad.operators.operands import also, overloaded, undifferentiable
from plugrad.vocabulary.forms import composite, elementwise, function
from plugrad.vocabulary.inplace import inplace
from plugrad.vocabulary.registry import functions, methods, operators

__all__ = ["logit"]

_LN2, _LN10 = math.log(2), math.log(10)

# ---------------------------------------------------------------------- exponentials and logarithms

elementwise("exp", result="floating", x=lambda g, out: g * out)
elementwise("exp2", result="floating", x=lambda g, out: g * out * _LN2)
elementwise("expm1", result="floating", x=lambda g, out: g * (out + 1))
elementwise("log", result="floating", x=lambda g, x: g / x)
elementwise("log2", result="floating", x=lambda g, x: g / (x * _LN2))
elementwise("log10", result="floating", x=lambda g, x: g / (x * _LN10))
elementwise("log1p", result="floating", node="Log1PBackward0", x=lambda g, x: g / (x + 1))

elementwise(
    "logaddexp", accepts="floating", numbers="none", expose="function method",
    x=lambda k, g, x, y: g / (1 + k.exp(y - x)),
    y=lambda k, g, x, y: g / (1 + k.exp(x - y)),
)  # fmt: skip
elementwise(
    "logaddexp2", accepts="real floating", numbers="none", expose="function method",
    body=lambda k, x, y: k.logaddexp(x * _LN2, y * _LN2) / _LN2,
    x=lambda k, g, x, y: g / (1 + k.exp2(y - x)),
    y=lambda k, g, x, y: g / (1 + k.exp2(x - y)),
)  # fmt: skip

# ------------------------------------------------------------------------------------ trigonometric

elementwise("sin", result="floating", x=lambda k, g, x: g * k.cos(x))
elementwise("cos", result="floating", x=lambda k, g, x: g * -k.sin(x))
elementwise("tan", result="floating", x=lambda g, out: g * (1 + out * out))
elementwise("asin", result="floating", x=lambda k, g, x: g * k.rsqrt(1 - x * x))
elementwise("acos", result="floating", x=lambda k, g, x: g * -k.rsqrt(1 - x * x))
elementwise("atan", result="floating", x=lambda g, x: g / (x * x + 1))


def _inverse_square(k: Any, x: Any, y: Any) -> Any:
    """Return ``1 / (x*x + y*y)``; at the origin 1, where what it is multiplied by is 0."""
    size = x * x + y * y
    return k.reciprocal(k.where(size == 0, k.ones_like(size), size))


elementwise(
    "atan2", result="floating", accepts="real", numbers="none",
    x=lambda k, g, x, y: g * (y * _inverse_square(k, x, y)),
    y=lambda k, g, x, y: g * -(x * _inverse_square(k, x, y)),
)  # fmt: skip


def _sinc_slope(k: Any, g: Any, x: Any) -> Any:
    """Differentiate ``sin(pi x) / (pi x)``: 0 at 0."""
    zero = x == 0
    safe = k.where(zero, k.ones_like(x), x)
    turns = safe * math.pi
    slope = (turns * k.cos(turns) - k.sin(turns)) / (safe * turns)
    return k.keep(g * slope, k.logical_not(zero))


def _sinc(k: Any, x: Any) -> Any:
    zero = x == 0
    turns = k.where(zero, k.ones_like(x), x) * math.pi
    return k.where(zero, k.ones_like(x), k.sin(turns) / turns)


elementwise("sinc", result="floating", body=_sinc, x=_sinc_slope)
elementwise(
    "deg2rad", result="floating", accepts="real", node="Deg2RadBackward0",
    body=lambda k, x: x * (math.pi / 180), x=lambda g: g * (math.pi / 180),
)  # fmt: skip
elementwise(
    "rad2deg", result="floating", accepts="real", node="Rad2DegBackward0",
    body=lambda k, x: x * (180 / math.pi), x=lambda g: g * (180 / math.pi),
)  # fmt: skip

# --------------------------------------------------------------------------------------- hyperbolic

_APART: Final = "function method"  # in place they are operators of their own, below

elementwise("sinh", result="floating", x=lambda k, g, x: g * k.cosh(x))
elementwise("cosh", result="floating", x=lambda k, g, x: g * k.sinh(x))
elementwise("tanh", result="floating", x=lambda k, g, out: k.tanh_grad(g, out))
elementwise("asinh", result="floating", expose=_APART, x=lambda k, g, x: g * k.rsqrt(x * x + 1))
elementwise("acosh", result="floating", expose=_APART, x=lambda k, g, x: g * _acosh_slope(k, x))
elementwise("atanh", result="floating", expose=_APART, x=lambda k, g, x: g / (1 - x * x))


def _acosh_slope(k: Any, x: Any) -> Any:
    # In the complex plane the root of the product is on another branch than the product of roots.
    return k.rsqrt(x + 1) * k.rsqrt(x - 1) if k.is_complex(x) else k.rsqrt(x * x - 1)


for _name in ("asinh", "acosh", "atanh"):
    # PyTorch has no derivative of these in place, and what runs here is to run there.
    elementwise(
        f"{_name}_in_place", result="floating", node=f"{_name.capitalize()}Backward1",
        aten=f"aten::{_name}", expose="inplace", x=undifferentiable(f"{_name}_"),
        body=lambda k, x, name=_name: getattr(k, name)(x),
    )  # fmt: skip
    for _table in (functions, methods):
        _table[f"{_name}_"] = _table.pop(f"{_name}_in_place_")
for _name in ("sin", "cos", "tan", "sinh", "cosh", "tanh"):
    also(f"arc{_name}", f"a{_name}")
also("arctan2", "atan2")

# The derivatives by way of the result are operators of their own, for backends to fuse.


@composite("tanh_grad", expose="", aten="aten::tanh_backward")
def _tanh_grad(k: Any, g: Any, out: Any) -> Any:
    return g * (1 - out * out)


@composite("sigmoid_grad", expose="", aten="aten::sigmoid_backward")
def _sigmoid_grad(k: Any, g: Any, out: Any) -> Any:
    return g * (1 - out) * out


# ------------------------------------------------------------------------------- sigmoid and logit

elementwise(
    "sigmoid", result="floating", body=lambda k, x: k.reciprocal(k.exp(-x) + 1),
    x=lambda k, g, out: k.sigmoid_grad(g, out),
)  # fmt: skip


def _logit(k: Any, x: Any, eps: float | None) -> Any:
    if eps is not None:
        x = k.clamp(x, eps, 1 - eps)
    return k.log(x / (1 - x))


def _logit_slope(k: Any, g: Any, x: Any, eps: float | None) -> Any:
    """Differentiate ``log(x / (1 - x))``: nan outside of (0, 1), or 0 where eps has clamped it."""
    low, high = (0.0, 1.0) if eps is None else (eps, 1 - eps)
    outside = k.logical_or(x < low, x > high)
    safe = k.where(outside, k.ones_like(x) * 0.5, x)
    slope = g / (safe * (1 - safe))
    if eps is not None:
        return k.keep(slope, k.logical_not(outside))
    return k.where(outside, k.ones_like(slope) * math.nan, slope)


elementwise(
    "logit", "x; eps=None", result="floating", accepts="real", expose="", body=_logit,
    x=_logit_slope,
)  # fmt: skip


@function("function method")
def logit(input: Any, eps: float | None = None, *, out: Any = None) -> Any:
    """Return ``log(input / (1 - input))``, the inverse of `plugrad.sigmoid`.

    Parameters
    ----------
    input : Tensor
        Probabilities.
    eps : float, optional
        How far from 0 and 1 they are kept first.
    out : Tensor, optional
        Where to write the result.

    Returns
    -------
    Tensor

    Examples
    --------
    >>> import plugrad
    >>> plugrad.logit(plugrad.tensor([0.5, 0.0]), eps=0.1)
    tensor([ 0.0000, -2.1972])
    """
    return operators["logit"].call(input, eps, out=out)


@function("function method")
def logit_(input: Any, eps: float | None = None) -> Any:
    """Put the logit of each element in its place."""
    return inplace(operators["logit"], (input,), (eps,))


# -------------------------------------------------------------------------------------------- xlogy


def _xlogy(k: Any, x: Any, y: Any) -> Any:
    """Return ``x * log(y)``: 0 where x is 0, but nan where y is."""
    zero = k.logical_and(x == 0, k.logical_not(k.isnan(y)))
    return k.keep(x * k.log(k.where(zero, k.ones_like(y), y)), k.logical_not(zero))


def _by_factor(k: Any, g: Any, x: Any, y: Any) -> Any:
    flat = k.logical_and(x == 0, y <= 0)
    return k.keep(g * k.log(k.where(flat, k.ones_like(y), y)), k.logical_not(flat))


elementwise(
    "xlogy", result="floating", accepts="real", expose="", body=_xlogy,
    x=_by_factor, y=lambda g, x, y: g * (x / y),
)  # fmt: skip
elementwise(
    "scalar_xlogy", "x; factor", node="XlogyBackward1", aten="aten::xlogy", result="floating",
    accepts="real", expose="", body=lambda k, x, factor: _xlogy(k, k.ones_like(x) * factor, x),
    x=lambda g, x, factor: g * (factor / x),
)  # fmt: skip
elementwise(
    "xlogy_scalar", "x; other", node="XlogyBackward2", aten="aten::xlogy", result="floating",
    accepts="real", expose="", body=lambda k, x, other: _xlogy(k, x, k.ones_like(x) * other),
    x=lambda k, g, x, other: (
        g * math.log(other) if other > 0 else _by_factor(k, g, x, k.ones_like(x) * other)
    ),
)  # fmt: skip
overloaded("xlogy", "xlogy", "xlogy_scalar", "scalar_xlogy")
functions["xlogy_"] = methods["xlogy_"]
