"""Common divisors and multiples of integers, and the neighbours of floating-point numbers."""

from __future__ import annotations

from functools import partial
from typing import Any

from plugrad.operators.dimensions import apply
from plugrad.operators.operands import require_tensors
from plugrad.vocabulary.forms import elementwise, function, primitive
from plugrad.vocabulary.inplace import inplace
from plugrad.vocabulary.registry import functions, methods, operators

__all__ = ["nextafter"]


for _name in ("gcd", "lcm"):
    elementwise(
        _name, "x, y", accepts="integer numbers", check=partial(require_tensors, _name),
    )  # fmt: skip
    functions[f"{_name}_"] = methods[f"{_name}_"]

# It works on each dtype as it is, for the neighbours differ between them.
primitive(
    "nextafter", "x, y", promotes=True, moves=True, out="casts",
    x=lambda k, g, x, y: k.keep(g, x != y), y=lambda k, g: k.zeros_like(g),
)  # fmt: skip


def _refuse_others(*tensors: Any) -> None:
    require_tensors("nextafter", *tensors)
    for tensor in tensors:
        if not tensor._dtype.is_floating_point:
            raise NotImplementedError(
                f"nextafter() is for real floating-point numbers, not for {tensor._dtype}"
            )


@function("function method")
def nextafter(input: Any, other: Any, *, out: Any = None) -> Any:
    """Return the neighbour of each number in the direction of another.

    Parameters
    ----------
    input, other : Tensor
        Of real floating-point numbers.
    out : Tensor, optional
        Where to write the result.

    Returns
    -------
    Tensor

    Examples
    --------
    >>> import plugrad
    >>> one = plugrad.tensor([1.0])
    >>> bool(plugrad.nextafter(one, 2 * one) == 1 + plugrad.finfo(one.dtype).eps)
    True
    """
    _refuse_others(input, other)
    return apply("nextafter", (input, other), (), out)


@function("method")
def nextafter_(self: Any, other: Any) -> Any:
    """Put the neighbour of each number in its place."""
    _refuse_others(self, other)
    return inplace(operators["nextafter"], (self, other), ())
