"""Differences between neighbours, and sums of trapezoids between them."""

from __future__ import annotations

from typing import Any

from plugrad import dtypes
from plugrad.operators.dimensions import into, one_dim, require_tensor
from plugrad.vocabulary.forms import function
from plugrad.vocabulary.registry import functions

__all__ = ["cumulative_trapezoid", "diff", "trapezoid", "trapz"]


@function("function method", aten="aten::diff")
def diff(input: Any, n: int = 1, dim: int = -1, prepend: Any = None, append: Any = None, *,
         out: Any = None) -> Any:  # fmt: skip
    """Return the differences between neighbours along a dimension, `n` times.

    Parameters
    ----------
    input : Tensor
        With one dimension at least. Bools differ by exclusive or.
    n : int
        How many times.
    dim : int
    prepend, append : Tensor, optional
        What to put before and behind the input along `dim` first.
    out : Tensor, optional
        Where to put the result.

    Returns
    -------
    Tensor
        Shorter by `n` along `dim`, with 0 elements if there were fewer.

    Raises
    ------
    RuntimeError
        For a 0-d tensor, a negative `n`, or shapes that do not fit.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.tensor([1, 4, 9]).diff()
    tensor([3, 5])
    """
    dim = one_dim("diff", input, dim)
    if not input._array.shape:
        raise RuntimeError("diff(): a 0-d tensor has no neighbours; give it a dimension first")
    if n < 0:
        raise RuntimeError(f"diff(): n must not be negative, but is {n}")
    if n == 0:  # nothing is put before or behind either
        return input.new_empty(input.shape).copy_(input) if out is None else into(
            "diff", out, input, input
        )  # fmt: skip
    parts = [part for part in (prepend, input, append) if part is not None]
    if len(parts) > 1:
        input = functions["cat"](parts, dim)
    given = input
    for _ in range(min(n, input.shape[dim])):
        size = input.shape[dim]
        left, right = input.narrow(dim, 0, size - 1), input.narrow(dim, 1, size - 1)
        subtract = functions["logical_xor" if input.dtype is dtypes.bool_ else "sub"]
        input = subtract(right, left)
    return into("diff", out, input, given, casts=True)


def _samples(name: str, y: Any, x: Any, dim: int) -> tuple[int, Any]:
    """Return the dimension, and the distances between samples or None."""
    require_tensor(name, y, "y")
    if x is not None:
        require_tensor(name, x, "x")
    if not y._array.shape:
        raise IndexError(f"{name}(): a 0-d tensor has no dimension to integrate along")
    if y._dtype is dtypes.bool_ or (x is not None and x._dtype is dtypes.bool_):
        raise RuntimeError(f"{name}() does not take bools; convert them with .float()")
    dim = one_dim(name, y, dim)
    if x is None:
        return dim, None
    if len(x._array.shape) == 1:
        if x._array.shape[0] != y._array.shape[dim]:
            raise RuntimeError(
                f"{name}(): there are {x._array.shape[0]} points x, but {y._array.shape[dim]} "
                f"samples along dimension {dim}"
            )
        x = x.reshape([-1 if number == dim else 1 for number in range(y.ndim)])
    elif x.ndim < y.ndim:
        x = x.reshape([1] * (y.ndim - x.ndim) + list(x.shape))
    return dim, diff(x, dim=dim)


def _means(y: Any, dim: int) -> Any:
    """Return twice the mean of each two neighbours."""
    size = y.shape[dim]
    return y.narrow(dim, 0, size - 1) + y.narrow(dim, 1, size - 1)


@function("function", aten="aten::trapezoid")
def trapezoid(y: Any, x: Any = None, *, dx: float = 1, dim: int = -1) -> Any:
    """Return the integral along a dimension by the trapezoidal rule.

    Parameters
    ----------
    y : Tensor
        Samples.
    x : Tensor, optional
        Where they were taken: of shape ``(n,)``, or one that broadcasts with that of `y`.
    dx : float
        The distance between samples, if `x` is not given.
    dim : int

    Returns
    -------
    Tensor
        Without the dimension.

    Raises
    ------
    RuntimeError
        If there are not as many points as samples.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.trapezoid(plugrad.tensor([1.0, 5.0, 10.0]))
    tensor(10.5000)
    """
    dim, widths = _samples("trapezoid", y, x, dim)
    if y.shape[dim] == 0:
        return y.sum(dim) * 0.0
    if widths is not None:
        return (widths * _means(y, dim)).sum(dim) / 2.0
    ends = (y.select(dim, 0) + y.select(dim, -1)) * 0.5
    return (y.sum(dim) - ends) * dx


@function("function")
def cumulative_trapezoid(y: Any, x: Any = None, *, dx: float = 1, dim: int = -1) -> Any:
    """Return the running integral along a dimension by the trapezoidal rule: see `trapezoid`.

    Returns
    -------
    Tensor
        Shorter by 1 along the dimension.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.cumulative_trapezoid(plugrad.tensor([1.0, 5.0, 10.0]))
    tensor([ 3.0000, 10.5000])
    """
    dim, widths = _samples("cumulative_trapezoid", y, x, dim)
    if widths is not None:
        return (widths * _means(y, dim)).cumsum(dim) / 2.0
    return (_means(y, dim) * (dx / 2.0)).cumsum(dim)


@function("function")
def trapz(y: Any, x: Any = None, *, dx: float = 1, dim: int = -1) -> Any:
    """Return the integral by the trapezoidal rule: an older name of `trapezoid`.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.trapz(plugrad.tensor([1.0, 2.0, 3.0]), dx=2.0)
    tensor(8.)
    """
    return trapezoid(y, x, dx=dx, dim=dim)
