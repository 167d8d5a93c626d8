"""Special functions: error functions, gamma functions, Bessel functions."""

from __future__ import annotations

import math
from typing import Any

from plugrad.vocabulary.forms import elementwise, function
from plugrad.vocabulary.inplace import inplace
from plugrad.vocabulary.registry import operators

__all__ = ["polygamma"]

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
