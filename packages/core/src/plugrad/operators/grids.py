"""Grids, products and combinations of vectors; matrices on a diagonal."""

from __future__ import annotations

import math
import warnings
from itertools import pairwise
from typing import Any

import numpy

from plugrad.autograd.tape import new_tensor
from plugrad.dtypes import bool_
from plugrad.operators.flattening import flatten
from plugrad.operators.joining import stack, tensors_in
from plugrad.operators.shape import expand, moving, shape_of, view
from plugrad.vocabulary.forms import function
from plugrad.vocabulary.registry import functions

__all__ = ["block_diag", "cartesian_prod", "combinations", "meshgrid"]


@function("function", aten="aten::meshgrid")
def meshgrid(*tensors: Any, indexing: str | None = None) -> tuple[Any, ...]:
    """Return the coordinates of a grid, given those along each of its axes.

    Parameters
    ----------
    *tensors : Tensor, or one sequence of Tensor
        Vectors or numbers.
    indexing : {"ij", "xy"}
        With ``"xy"`` the first two dimensions are exchanged.

    Returns
    -------
    tuple of Tensor
        Views, each expanded to the grid's shape.

    Examples
    --------
    >>> import plugrad
    >>> x, y = plugrad.meshgrid(plugrad.tensor([1, 2]), plugrad.tensor([3, 4, 5]), indexing="ij")
    >>> x
    tensor([[1, 1, 1],
            [2, 2, 2]])
    """
    if indexing is None:
        warnings.warn(
            'meshgrid(): pass indexing="ij"; that will have to be said in a future version',
            UserWarning,
            stacklevel=2,
        )
        indexing = "ij"
    if indexing not in ("ij", "xy"):
        raise RuntimeError(f'meshgrid(): indexing must be "ij" or "xy", not {indexing!r}')
    xs = tensors_in("meshgrid", tensors[0] if _is_one_list(tensors) else tensors)
    if not xs:
        raise RuntimeError("meshgrid(): expected one Tensor at least")
    for x in xs:
        if len(x._array.shape) > 1:
            raise RuntimeError(
                f"meshgrid(): expected vectors or numbers, not shape {list(x._array.shape)}"
            )
    # With "xy" the vectors run along the first two dimensions the other way round.
    order = list(range(len(xs)))
    if indexing == "xy":
        order[:2] = order[1::-1]
    sizes = tuple([math.prod(xs[place]._array.shape) for place in order])
    return tuple(
        [
            expand(view(x, [-1 if other == place else 1 for other in order]), sizes)
            for place, x in enumerate(xs)
        ]
    )


def _is_one_list(tensors: tuple[Any, ...]) -> bool:
    return len(tensors) == 1 and isinstance(tensors[0], (tuple, list))


def _require_vector(caller: str, tensor: Any) -> None:
    if len(shape_of(caller, tensor)) != 1:
        raise RuntimeError(f"{caller}(): expected a vector, not shape {list(tensor._array.shape)}")


@function("function")
def cartesian_prod(*tensors: Any) -> Any:
    """Return every way to take one element from each vector, as rows.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.cartesian_prod(plugrad.tensor([1, 2]), plugrad.tensor([3, 4]))
    tensor([[1, 3],
            [1, 4],
            [2, 3],
            [2, 4]])
    """
    for tensor in tensors:
        _require_vector("cartesian_prod", tensor)
    if len(tensors) == 1:
        return tensors[0]
    return stack([flatten(grid) for grid in meshgrid(*tensors, indexing="ij")], 1)


@function("function")
def combinations(input: Any, r: int = 2, with_replacement: bool = False) -> Any:
    """Return every way to take `r` elements from a vector, in order, as rows.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.combinations(plugrad.tensor([1, 2, 3]))
    tensor([[1, 2],
            [1, 3],
            [2, 3]])
    """
    _require_vector("combinations", input)
    if r < 0:
        raise RuntimeError(f"combinations(): r must not be negative, and is {r}")
    if r == 0:
        return input[:0].detach()
    size = input._array.shape[0]
    places = numpy.indices((size,) * r)
    ordered = numpy.ones((size,) * r, bool)
    for first, second in pairwise(places):
        ordered &= first <= second if with_replacement else first < second
    table = input._table
    mask = new_tensor(table.from_host(ordered), table, bool_)
    grids = meshgrid(*[input] * r, indexing="ij")
    return stack([functions["masked_select"](grid, mask) for grid in grids], 1)


def _block_gradients(k: Any, g: Any, xs_shape: Any) -> list[Any]:
    parts, row, column = [], 0, 0
    for shape in xs_shape:
        rows, columns = (1,) * (2 - len(shape)) + tuple(shape)
        band = k.slice(g, 0, row, row + rows, 1)
        parts.append(k.reshape(k.slice(band, 1, column, column + columns, 1), shape))
        row, column = row + rows, column + columns
    return parts


_block_diag = moving("block_diag", "*xs", promotes=True, xs=_block_gradients)


@function("function")
def block_diag(*tensors: Any) -> Any:
    """Return a matrix with the given ones along its diagonal, and 0 elsewhere.

    Parameters
    ----------
    *tensors : Tensor
        Matrices; vectors count as rows.

    Returns
    -------
    Tensor

    Examples
    --------
    >>> import plugrad
    >>> plugrad.block_diag(plugrad.tensor([[1]]), plugrad.tensor([2, 3]))
    tensor([[1, 0, 0],
            [0, 2, 3]])
    """
    xs = tensors_in("block_diag", tensors)
    for x in xs:
        if len(x._array.shape) > 2:
            raise RuntimeError(f"block_diag(): expected matrices, not shape {list(x._array.shape)}")
    return _block_diag(xs) if xs else functions["zeros"]((1, 0))
