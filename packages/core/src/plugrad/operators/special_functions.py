"""Special functions: error functions, gamma functions, Bessel functions.

Here stands what is also a function of the top module or a method; `plugrad.operators.rare` has what
only `plugrad.special` offers.
"""

from __future__ import annotations

import math
from functools import partial
from typing import Any

from plugrad.operators.operands import require_tensors, undifferentiable
from plugrad.vocabulary.forms import elementwise, function
from plugrad.vocabulary.inplace import inplace
from plugrad.vocabulary.registry import operators

__all__ = ["mvlgamma", "polygamma"]

_SLOPE = 2 / math.sqrt(math.pi)

elementwise(
    "erf", result="floating", accepts="real",
    x=lambda k, g, x: k.exp(-(x * x)) * _SLOPE * g,
)  # fmt: skip
elementwise(
    "erfc", result="floating", accepts="real",
    x=lambda k, g, x: k.exp(-(x * x)) * -_SLOPE * g,
)  # fmt: skip
elementwise(
    "erfinv", result="floating", accepts="real",
    x=lambda k, g, out: k.exp(out * out) * (1 / _SLOPE) * g,
)  # fmt: skip

elementwise("lgamma", result="floating", accepts="real", x=lambda k, g, x: g * k.digamma(x))
elementwise("digamma", result="floating", accepts="real", x=lambda k, g, x: g * k.polygamma(x, 1))
elementwise(
    "polygamma", "x; n", result="floating", accepts="real", expose="",
    x=lambda k, g, x, n: g * k.polygamma(x, n + 1),
)  # fmt: skip

elementwise("i0", result="floating", accepts="real", x=lambda k, g, x: g * k.i1(x))


def _i1_slope(k: Any, g: Any, x: Any, out: Any) -> Any:
    """Differentiate ``i1``: ``i0(x) - i1(x) / x``, of which the second half is 1/2 at 0."""
    zero = x == 0
    share = out / k.where(zero, k.ones_like(x), x)
    return g * k.where(zero, k.ones_like(x) * 0.5, k.i0(x) - share)


elementwise(
    "i1", result="floating", accepts="real", node="SpecialI1Backward0", aten="aten::special_i1",
    expose="", x=_i1_slope,
)  # fmt: skip


def _refuse_order(n: Any) -> None:
    if not isinstance(n, int) or isinstance(n, bool):
        raise TypeError(f"polygamma(): n must be an int, not {type(n).__name__}")
    if n < 0:
        raise RuntimeError(f"polygamma(): n must not be negative, but is {n}")


@function("function")
def polygamma(n: int, input: Any, *, out: Any = None) -> Any:
    """Return the derivative of order `n` of `plugrad.digamma`.

    Parameters
    ----------
    n : int
        Not negative.
    input : Tensor
    out : Tensor, optional
        Where to write the result.

    Returns
    -------
    Tensor

    Examples
    --------
    >>> import plugrad
    >>> plugrad.polygamma(1, plugrad.tensor([1.0]))
    tensor([1.6449])
    """
    _refuse_order(n)
    return operators["polygamma"].call(input, n, out=out)


@function("method", names="polygamma")
def _polygamma_method(self: Any, n: int) -> Any:
    """Return the derivative of order `n` of `plugrad.digamma`."""
    return polygamma(n, self)


@function("method")
def polygamma_(self: Any, n: int) -> Any:
    """Put the derivative of order `n` of `plugrad.digamma` in the place of each element."""
    _refuse_order(n)
    return inplace(operators["polygamma"], (self,), (n,))


# ------------------------------------------------------------------------- multivariate, incomplete


def _mvlgamma(k: Any, x: Any, p: int) -> Any:
    total = k.lgamma(x)
    for number in range(1, p):
        total = total + k.lgamma(x - number / 2)
    return total + p * (p - 1) / 4 * math.log(math.pi)


def _mvlgamma_slope(k: Any, g: Any, x: Any, p: int) -> Any:
    total = k.digamma(x)
    for number in range(1, p):
        total = total + k.digamma(x - number / 2)
    return g * total


elementwise(
    "mvlgamma", "x; p", result="floating", accepts="real numbers", expose="", body=_mvlgamma,
    x=_mvlgamma_slope,
)  # fmt: skip


def _refuse_dimension(p: Any) -> None:
    if not isinstance(p, int) or isinstance(p, bool):
        raise TypeError(f"mvlgamma(): p must be an int, not {type(p).__name__}")
    if p < 1:
        raise RuntimeError(f"mvlgamma(): p, the dimension, must be at least 1, but is {p}")


@function("function method")
def mvlgamma(input: Any, p: int, *, out: Any = None) -> Any:
    """Return the logarithm of the multivariate gamma function.

    Parameters
    ----------
    input : Tensor
        Each element more than ``(p - 1) / 2``.
    p : int
        The dimension.
    out : Tensor, optional
        Where to write the result.

    Returns
    -------
    Tensor

    Examples
    --------
    >>> import plugrad
    >>> plugrad.mvlgamma(plugrad.tensor([2.0]), 2)
    tensor([0.4516])
    """
    _refuse_dimension(p)
    return operators["mvlgamma"].call(input, p, out=out)


@function("method")
def mvlgamma_(self: Any, p: int) -> Any:
    """Put the logarithm of the multivariate gamma function in the place of each element."""
    _refuse_dimension(p)
    return inplace(operators["mvlgamma"], (self,), (p,))


def _density(k: Any, g: Any, x: Any, y: Any) -> Any:
    """Differentiate the lower incomplete gamma function by where it ends."""
    return g * k.exp((x - 1) * k.log(y) - y - k.lgamma(x))


elementwise(
    "igamma", result="floating", accepts="real floating", check=partial(require_tensors, "igamma"),
    x=undifferentiable("igamma by its first argument"), y=_density,
)  # fmt: skip
elementwise(
    "igammac", result="floating", accepts="real floating",
    check=partial(require_tensors, "igammac"), x=undifferentiable("igammac by its first argument"),
    y=lambda k, g, x, y: -_density(k, g, x, y),
)  # fmt: skip
