"""Making one dimension of several, and several of one."""

from __future__ import annotations

import math
from typing import Any

from plugrad.operators.shape import contiguous, reshaped, shape_of, view
from plugrad.shapes import infer_view_shape, normalize_dim, shape_from_args
from plugrad.vocabulary.forms import function

__all__ = ["flatten", "ravel", "unflatten"]


@function(aten="aten::flatten")
def flatten(input: Any, start_dim: int = 0, end_dim: int = -1) -> Any:
    """Return the elements with the dimensions from `start_dim` to `end_dim` made into one.

    Parameters
    ----------
    input : Tensor
    start_dim, end_dim : int
        Both included.

    Returns
    -------
    Tensor
        `input` itself where there is nothing to flatten, else a view or a copy.

    Raises
    ------
    RuntimeError
        If `start_dim` comes after `end_dim`.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.ones(2, 3, 4).flatten(1).shape
    plugrad.Size([2, 12])
    """
    shape = shape_of("flatten", input)
    if start_dim == 0 and end_dim == -1:
        return input if len(shape) == 1 else reshaped(input, (math.prod(shape),))
    first, last = normalize_dim(start_dim, len(shape)), normalize_dim(end_dim, len(shape))
    if first > last:
        raise RuntimeError(f"flatten(): start_dim {start_dim} comes after end_dim {end_dim}")
    if first == last and shape:
        return input
    whole = math.prod(shape[first : last + 1])
    return reshaped(input, (*shape[:first], whole, *shape[last + 1 :]))


@function(aten="aten::ravel")
def ravel(input: Any) -> Any:
    """Return the elements as a vector, contiguous in memory.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.ones(2, 3).ravel().shape
    plugrad.Size([6])
    """
    return view(contiguous(input), -1)


@function(aten="aten::unflatten")
def unflatten(input: Any, dim: int, sizes: Any) -> Any:
    """Return the elements with dimension `dim` taken apart into several.

    Parameters
    ----------
    input : Tensor
    dim : int
    sizes : sequence of int
        Of the new dimensions; one may be -1.

    Returns
    -------
    Tensor
        A view.

    Raises
    ------
    RuntimeError
        If the sizes do not multiply to that of `dim`.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.ones(2, 6).unflatten(1, (3, -1)).shape
    plugrad.Size([2, 3, 2])
    """
    shape = shape_of("unflatten", input)
    dim = normalize_dim(dim, len(shape))
    if not len(sizes) or not shape:
        raise RuntimeError("unflatten(): there must be a dimension, and one size or more for it")
    sizes = infer_view_shape((shape[dim],), shape_from_args(sizes, caller="unflatten()"))
    return view(input, (*shape[:dim], *sizes, *shape[dim + 1 :]))
