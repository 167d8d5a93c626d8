"""Histograms: how many points fall into each bin, along one axis or several."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from plugrad import return_types
from plugrad.operators.dimensions import into, require_tensor
from plugrad.vocabulary.arguments import is_number
from plugrad.vocabulary.forms import function
from plugrad.vocabulary.registry import functions

__all__ = ["histogram", "histogramdd"]


def _edges(name: str, x: Any, bins: Any, range: Any, axis: int) -> Any:
    """Return the edges of bins: those that were given, or as many as were asked for."""
    if not is_number(bins):
        require_tensor(name, bins, "bins")
        if bins.ndim != 1 or bins.numel() < 2 or bins.dtype is not x.dtype:
            raise RuntimeError(
                f"{name}(): the edges along axis {axis} must be a vector of 2 or more numbers of "
                f"{x.dtype}, not {bins.dtype} of shape {list(bins.shape)}"
            )
        return bins.detach().clone()
    if bins <= 0:
        raise RuntimeError(f"{name}(): there must be 1 bin or more, not {bins}")
    if range is not None:
        low, high = map(float, range)
    elif x.numel():
        low, high = x.min().item(), x.max().item()
    else:
        low, high = 0.0, 1.0
    if not (math.isfinite(low) and math.isfinite(high)):
        raise RuntimeError(f"{name}(): the range from {low} to {high} of axis {axis} is not finite")
    if low > high:
        raise RuntimeError(f"{name}(): the range of axis {axis} begins at {low}, behind its end")
    if low == high:
        low, high = low - 0.5, high + 0.5
    return functions["linspace"](low, high, bins + 1, dtype=x.dtype, device=x.device)


def _counted(name: str, points: Any, weight: Any, density: bool, edges: Sequence[Any]) -> Any:
    """Return the histogram of points, one a row, in bins of given edges."""
    place, inside = None, None
    for axis, edge in enumerate(edges):
        x, count = points[:, axis].contiguous(), edge.numel() - 1
        index = functions["searchsorted"](edge, x, right=True) - 1
        # The last bin has its right edge too.
        index = index.where(x != edge[-1], count - 1)
        within = (x >= edge[0]) & (x <= edge[-1])
        inside = within if inside is None else inside & within
        place = index if place is None else place * count + index
    assert place is not None
    assert inside is not None
    shape = [edge.numel() - 1 for edge in edges]
    if weight is not None:
        weight = weight.reshape(-1)[inside].double()
    counts = functions["bincount"](place[inside], weight, math.prod(shape))
    result = counts.reshape(shape).to(points.dtype, copy=True)
    if density:
        result = result / result.sum()
        for axis, edge in enumerate(edges):
            widths = [1] * len(shape)
            widths[axis] = -1
            result = result / edge.diff().view(widths)
    return result


def _checked(name: str, input: Any, weight: Any, shape: Sequence[int]) -> tuple[Any, Any]:
    if not input._dtype.is_floating_point:
        raise NotImplementedError(
            f"{name}() is for real floating-point numbers, not for {input._dtype}; convert with "
            ".float()"
        )
    if weight is not None:
        require_tensor(name, weight, "weight")
        if tuple(weight.shape) != tuple(shape) or weight._dtype is not input._dtype:
            raise RuntimeError(
                f"{name}(): weight must be one number of {input._dtype} for each point, of shape "
                f"{list(shape)}; it is {weight._dtype} of shape {list(weight.shape)}"
            )
        weight = weight.detach()
    return input.detach(), weight


@function("function method")
def histogram(
    input: Any, bins: Any, *, range: Any = None, weight: Any = None, density: bool = False,
    out: Any = None,
) -> Any:  # fmt: skip
    """Return how many elements fall into each bin, and the edges of the bins.

    Parameters
    ----------
    input : Tensor
    bins : int or Tensor
        How many of equal width, or their edges, which ascend. The last has its right edge too.
    range : (float, float), optional
        Where the first begins and the last ends; by default the least and the largest element.
    weight : Tensor, optional
        In the shape of the input: what each element counts.
    density : bool
        Whether to return a density, whose integral is 1.
    out : (Tensor, Tensor), optional
        Where to write the result.

    Returns
    -------
    hist : Tensor of shape (bins,)
    bin_edges : Tensor of shape (bins + 1,)

    Raises
    ------
    RuntimeError
        For bins, a range or weights that do not fit.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.tensor([1.0, 2.0, 1.0]).histogram(4, range=(0.0, 3.0)).hist
    tensor([0., 2., 1., 0.])
    """
    require_tensor("histogram", input)
    x, weight = _checked("histogram", input, weight, input.shape)
    edges = _edges("histogram", x, bins, range, 0)
    counts = _counted("histogram", x.reshape(-1, 1), weight, density, [edges])
    return return_types.histogram(into("histogram", out, (counts, edges), input))


@function("function")
def histogramdd(
    input: Any, bins: Any, *, range: Any = None, weight: Any = None, density: bool = False
) -> Any:
    """Return how many points fall into each bin of a grid, and the edges of the bins.

    Parameters
    ----------
    input : Tensor of shape (..., axes)
        Points.
    bins : int, sequence of int, or sequence of Tensor
        How many bins along each axis, or their edges.
    range : sequence of float, optional
        The first and last edge along each axis, one pair after the other.
    weight : Tensor of shape (...), optional
    density : bool
        Whether to return a density, whose integral is 1.

    Returns
    -------
    hist : Tensor
        One dimension for each axis.
    bin_edges : tuple of Tensor

    Raises
    ------
    RuntimeError
        For bins, ranges or weights that do not fit.

    Examples
    --------
    >>> import plugrad
    >>> points = plugrad.tensor([[0.0, 1.0], [1.0, 3.0], [0.5, 0.5]])
    >>> plugrad.histogramdd(points, [2, 2]).hist
    tensor([[1., 0.],
            [1., 1.]])
    """
    require_tensor("histogramdd", input)
    if input.ndim < 2:
        raise RuntimeError(
            f"histogramdd() needs points of shape (..., axes), not shape {list(input.shape)}"
        )
    axes = input.shape[-1]
    x, weight = _checked("histogramdd", input, weight, input.shape[:-1])
    each = [bins] * axes if isinstance(bins, int) else list(bins)
    if len(each) != axes:
        raise RuntimeError(f"histogramdd(): bins are given for {len(each)} of {axes} axes")
    if range is not None and len(range) != 2 * axes:
        raise RuntimeError(
            f"histogramdd(): range must have 2 numbers for each of {axes} axes, not {len(range)}"
        )
    points = x.reshape(-1, axes)
    edges = [
        _edges("histogramdd", points[:, axis], count,
               None if range is None else range[2 * axis : 2 * axis + 2], axis)
        for axis, count in enumerate(each)
    ]  # fmt: skip
    counts = _counted("histogramdd", points, weight, density, edges)
    return return_types.histogramdd((counts, tuple(edges)))
