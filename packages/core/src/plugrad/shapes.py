"""The arithmetic of shapes and dimensions that operators share, and `Size`.

Functions that take a shape take any tuple of ints, and trust it: it comes from an array. What comes
from a user (a dimension, a requested shape) is checked, and the error says what would be right.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from operator import index
from typing import SupportsIndex

from plugrad.size import (
    Shape,
    Size,
    is_int,
    listed,
    require_nonnegative,
    shape_from_args,
    trusted_size,
)

__all__ = [
    "Shape",
    "Size",
    "broadcast_shapes",
    "expanded_shape",
    "infer_view_shape",
    "normalize_dim",
    "normalize_dims",
    "reduced_shape",
    "require_nonnegative",
    "shape_from_args",
    "trusted_size",
]


def broadcast_shapes(*shapes: int | Sequence[int]) -> Size:
    """Return the shape that arrays of all these shapes broadcast to.

    Shapes are aligned at their last dimension; a missing dimension counts as 1, and a 1 stretches
    to whatever the others have there.

    Parameters
    ----------
    *shapes : int or sequence of int
        An int stands for a shape of one dimension.

    Returns
    -------
    Size

    Raises
    ------
    RuntimeError
        If two sizes in one place differ and neither is 1.
    ValueError
        If a size is negative.

    Examples
    --------
    >>> broadcast_shapes((2, 1, 3), (4, 1), 1)
    plugrad.Size([2, 4, 3])
    """
    sizes = [Size((shape,)) if isinstance(shape, int) else Size(shape) for shape in shapes]
    result = [1] * max(map(len, sizes), default=0)
    for shape in sizes:
        for dim in range(-len(shape), 0):
            size = shape[dim]
            if size < 0:
                raise ValueError(f"shape {listed(shape)} has the negative size {size}")
            if size == 1 or size == result[dim]:
                continue
            if result[dim] != 1:
                raise RuntimeError(
                    f"the shapes {', '.join(map(listed, sizes))} do not broadcast: in dimension "
                    f"{dim} one has size {result[dim]}, another {size}, and neither is 1"
                )
            result[dim] = size
    return trusted_size(tuple(result))


def normalize_dim(dim: SupportsIndex, ndim: int) -> int:
    """Return `dim` counted from the front.

    Parameters
    ----------
    dim : int
        May be negative: -1 is the last dimension.
    ndim : int
        The number of dimensions. Of none, 0 and -1 are accepted and give 0, as in PyTorch.

    Returns
    -------
    int

    Raises
    ------
    IndexError
        If there is no such dimension.
    TypeError
        If `dim` is not an int.

    Examples
    --------
    >>> normalize_dim(-1, 3), normalize_dim(-1, 0)
    (2, 0)
    """
    if type(dim) is not int:
        if not is_int(dim):
            raise TypeError(f"a dimension is an int, not {dim!r} ({type(dim).__name__})")
        dim = index(dim)
    count = ndim or 1
    if not -count <= dim < count:
        raise IndexError(
            f"dimension {dim} does not exist; with {ndim} dimensions it must lie in the range "
            f"[{-count}, {count - 1}]"
        )
    return dim + count if dim < 0 else dim


def normalize_dims(
    dims: SupportsIndex | Sequence[SupportsIndex] | None,
    ndim: int,
    *,
    empty_means_all: bool = False,
) -> tuple[int, ...]:
    """Return `dims` as a tuple, each counted from the front, in the order given.

    Parameters
    ----------
    dims : int, sequence of int or None
        None means all dimensions.
    ndim : int
        The number of dimensions. Of none, 0 and -1 are accepted, as in `normalize_dim`.
    empty_means_all : bool
        Whether an empty sequence means all dimensions too, as it does for ``sum``, ``mean`` and
        ``amax`` (but not for ``flip``, ``all`` or ``squeeze``).

    Returns
    -------
    tuple of int

    Raises
    ------
    IndexError
        If there is no such dimension.
    RuntimeError
        If one is named twice.
    TypeError
        If `dims`, or one of its items, is not an int.

    Examples
    --------
    >>> normalize_dims((-1, 0), 3), normalize_dims(None, 3), normalize_dims(1, 3)
    ((2, 0), (0, 1, 2), (1,))
    """
    if dims is None:
        return tuple(range(ndim))
    if not isinstance(dims, (tuple, list)):
        if not isinstance(dims, int) and not isinstance(dims, SupportsIndex):
            raise TypeError(
                f"dimensions are an int, or a tuple or list of ints, not {type(dims).__name__}"
            )
        return (normalize_dim(dims, ndim),)
    if not dims and empty_means_all:
        return tuple(range(ndim))
    normal = tuple([normalize_dim(dim, ndim) for dim in dims])
    if len(set(normal)) < len(normal):
        twice = next(dim for dim in normal if normal.count(dim) > 1)
        raise RuntimeError(f"dimension {twice} is named twice in {listed(map(index, dims))}")
    return normal


def reduced_shape(shape: Shape, dims: Iterable[int], keepdim: bool = False) -> Size:
    """Return what is left of `shape` when the dimensions `dims` are reduced.

    Parameters
    ----------
    shape : tuple of int
        The shape before.
    dims : iterable of int
        As `normalize_dims` returns them.
    keepdim : bool
        Whether reduced dimensions stay, with size 1.

    Returns
    -------
    Size

    Examples
    --------
    >>> reduced_shape((2, 3, 4), (0, 2)), reduced_shape((2, 3, 4), (0, 2), keepdim=True)
    (plugrad.Size([3]), plugrad.Size([1, 3, 1]))
    """
    reduced = frozenset(dims)
    if keepdim:
        return trusted_size(tuple([1 if d in reduced else n for d, n in enumerate(shape)]))
    return trusted_size(tuple([n for d, n in enumerate(shape) if d not in reduced]))


def infer_view_shape(shape: Shape, requested: Sequence[int]) -> Size:
    """Return `requested` with its -1 replaced by the size that makes the elements fit.

    Parameters
    ----------
    shape : tuple of int
        The shape of the tensor to be seen differently.
    requested : sequence of int
        The new shape; at most one size may be -1.

    Returns
    -------
    Size

    Raises
    ------
    RuntimeError
        If the number of elements differs, a size is below -1, more than one is -1, or none can be
        told from the others (no elements, and another size is 0).

    Examples
    --------
    >>> infer_view_shape((2, 6), (3, -1))
    plugrad.Size([3, 4])
    """
    count = math.prod(shape)
    free: int | None = None
    known = 1
    for position, size in enumerate(requested):
        if size >= 0:
            known *= size
        elif size < -1:
            raise RuntimeError(
                f"size {size} at position {position} of shape {listed(requested)} is negative; "
                "only -1, which stands for the size that fits, may be"
            )
        elif free is not None:
            raise RuntimeError(
                f"shape {listed(requested)} leaves more than one size open; only one may be -1"
            )
        else:
            free = position

    if free is None:
        if known == count:
            return trusted_size(tuple(requested))
    elif known == 0 == count:
        raise RuntimeError(
            f"any size would do for the -1 in shape {listed(requested)}, because shape "
            f"{listed(shape)} has no elements; write the size out"
        )
    elif known > 0 and count % known == 0:
        return trusted_size((*requested[:free], count // known, *requested[free + 1 :]))
    raise RuntimeError(
        f"the {count} elements of shape {listed(shape)} do not fit into shape {listed(requested)}"
    )


def expanded_shape(shape: Shape, sizes: Sequence[int]) -> Size:
    """Return the shape that ``expand(sizes)`` gives a tensor of this shape.

    Parameters
    ----------
    shape : tuple of int
        The shape before.
    sizes : sequence of int
        The sizes asked for; -1 keeps an existing size.

    Returns
    -------
    Size

    Raises
    ------
    RuntimeError
        If there are fewer sizes than dimensions, an existing size other than 1 would change, or a
        new dimension has no size.

    Examples
    --------
    >>> expanded_shape((3, 1), (2, -1, 4))
    plugrad.Size([2, 3, 4])
    """
    added = len(sizes) - len(shape)
    if added < 0:
        raise RuntimeError(
            f"shape {listed(shape)} has more dimensions than the sizes {listed(sizes)} to "
            "expand it to"
        )
    result = []
    for position, size in enumerate(sizes):
        existing = 1 if position < added else shape[position - added]
        if size == -1 and position >= added:
            result.append(existing)
        elif size >= 0 and existing in (1, size):
            result.append(size)
        else:
            raise RuntimeError(
                f"shape {listed(shape)} does not expand to {listed(sizes)}: size {size} at "
                f"position {position} "
                + ("is negative" if size < 0 else f"differs from {existing}, which is not 1")
            )
    return trusted_size(tuple(result))
