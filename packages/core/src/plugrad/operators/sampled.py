"""Of functions that are known at points: numerical derivatives, Vandermonde matrices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from plugrad import dtypes
from plugrad.operators.dimensions import require_tensor
from plugrad.operators.network import divided, times
from plugrad.shapes import normalize_dims
from plugrad.vocabulary.arguments import is_number
from plugrad.vocabulary.forms import function
from plugrad.vocabulary.registry import functions

__all__ = ["gradient", "vander"]


def _over(x: Any, number: Any) -> Any:
    # PyTorch's graph shows another overload than where a user divides; integers become floats.
    return divided(x, number) if x._dtype.category >= dtypes.Category.FLOATING else x / number


def _by(x: Any, number: float) -> Any:
    return times(x, number) if x._dtype.category >= dtypes.Category.FLOATING else x * number


def _even(x: Any, dim: int, step: Any, edge_order: int) -> Any:
    """Return the derivative along a dimension, by differences of points a step apart."""
    size = x.shape[dim]

    def at(start: int, stop: int) -> Any:
        return x[(slice(None),) * dim + (slice(start, stop),)]

    middle = _over(_over(at(2, size) - at(0, size - 2), step), 2.0)
    if edge_order == 1:
        first = _over(at(1, 2) - at(0, 1), step)
        last = _over(at(size - 1, size) - at(size - 2, size - 1), step)
    else:
        first = _over(_by(at(0, 1), -1.5) + _by(at(1, 2), 2.0) - _by(at(2, 3), 0.5), step)
        ends = [at(size - n, size - n + 1) for n in (1, 2, 3)]
        last = _over(_by(ends[0], 1.5) - _by(ends[1], 2.0) + _by(ends[2], 0.5), step)
    return functions["cat"]((first, middle, last), dim)


def _uneven(x: Any, dim: int, where: Any, edge_order: int) -> Any:
    """Return the derivative along a dimension, given the coordinates of its points."""
    size = x.shape[dim]
    steps = where.diff().view((-1,) + (1,) * (x.ndim - dim - 1))

    def at(start: int, stop: int) -> Any:
        return x[(slice(None),) * dim + (slice(start, stop),)]

    left, right = steps[:-1], steps[1:]
    both = left + right
    middle = (
        at(0, size - 2) * (-right / (left * both))
        + at(1, size - 1) * ((right - left) / (left * right))
        + at(2, size) * (left / (right * both))
    )
    if edge_order == 1:
        first = (at(1, 2) - at(0, 1)) / steps[:1]
        last = (at(size - 1, size) - at(size - 2, size - 1)) / steps[-1:]
    else:
        a, b = steps[:1], steps[1:2]
        first = (
            at(0, 1) * (-(2 * a + b) / (a * (a + b)))
            + at(1, 2) * ((a + b) / (a * b))
            + at(2, 3) * (-a / (b * (a + b)))
        )
        a, b = steps[-2:-1], steps[-1:]
        last = (
            at(size - 3, size - 2) * (b / (a * (a + b)))
            + at(size - 2, size - 1) * (-(a + b) / (a * b))
            + at(size - 1, size) * ((2 * b + a) / (b * (a + b)))
        )
    return functions["cat"]((first, middle, last), dim)


@function("function")
def gradient(input: Any, *, spacing: Any = None, dim: Any = None, edge_order: int = 1) -> Any:
    """Return the derivatives of a function that is known at the points of a grid.

    Parameters
    ----------
    input : Tensor
        Its values.
    spacing : number, sequence of number, or sequence of Tensor, optional
        How far apart the points are, in each dimension, by default 1; or their coordinates.
    dim : int or sequence of int, optional
        The dimensions to differentiate along, by default all.
    edge_order : {1, 2}
        The order of the differences at the borders; inside it is 2.

    Returns
    -------
    tuple of Tensor
        In the shape of `input`, one for each dimension.

    Raises
    ------
    RuntimeError
        For other orders, spacings that do not fit, or fewer points than ``edge_order + 1``.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.gradient(plugrad.tensor([0.0, 1.0, 4.0, 9.0]))
    (tensor([1., 2., 4., 5.]),)
    """
    require_tensor("gradient", input)
    if edge_order not in (1, 2):
        raise RuntimeError(f"gradient(): edge_order must be 1 or 2, not {edge_order}")
    if input._dtype in (dtypes.uint8, dtypes.bool_):
        raise RuntimeError(f"gradient(): {input._dtype} cannot hold differences; use .float()")
    dims = tuple(range(input.ndim)) if dim is None else normalize_dims(dim, input.ndim)
    spacings: list[Any] = [1 if spacing is None else spacing] * len(dims)
    if isinstance(spacing, Sequence):
        spacings = list(spacing)
    if len(spacings) != len(dims):
        raise RuntimeError(
            f"gradient(): one spacing for each of {len(dims)} dimensions is needed, not "
            f"{len(spacings)}"
        )
    for number, step in zip(dims, spacings, strict=True):
        size = input.shape[number]
        if size < edge_order + 1:
            raise RuntimeError(
                f"gradient(): dimension {number} has {size} points, and needs {edge_order + 1}"
            )
        if not is_number(step) and step.ndim and tuple(step.shape) != (size,):
            raise RuntimeError(
                f"gradient(): coordinates of dimension {number} must have shape [{size}], not "
                f"{list(step.shape)}"
            )
    return tuple(
        _even(input, number, step, edge_order)
        if is_number(step)
        else _even(input, number, step.item(), edge_order)
        if not step.ndim
        else _uneven(input, number, step, edge_order)
        for number, step in zip(dims, spacings, strict=True)
    )


@function("function")
def vander(x: Any, N: int | None = None, *, increasing: bool = False) -> Any:
    """Return the powers of each element, from the highest down, as a row of a matrix.

    Parameters
    ----------
    x : Tensor of shape (n,)
    N : int, optional
        How many powers, by default `n`.
    increasing : bool
        Whether to begin with the lowest.

    Returns
    -------
    Tensor of shape (n, N)

    Raises
    ------
    RuntimeError
        For another shape, or a negative `N`.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.vander(plugrad.tensor([2, 3]), 3)
    tensor([[4, 2, 1],
            [9, 3, 1]])
    """
    require_tensor("vander", x, "x")
    if x.ndim != 1:
        raise RuntimeError(f"vander() needs a vector, not shape {list(x.shape)}")
    count = x.shape[0] if N is None else N
    if count < 0:
        raise RuntimeError(f"vander(): N must not be negative, but is {N}")
    if not (x._dtype.is_floating_point or x._dtype.is_complex):
        x = x.to(dtypes.int64)
    rows = x.unsqueeze(1)
    powers = [functions["ones_like"](rows)] if count else [rows[:, :0]]
    if count > 1:
        powers.append(rows.expand(-1, count - 1).cumprod(1))
    result = functions["cat"](powers, 1)
    return result if increasing else result.flip(1)
