"""Products of vectors, matrices and tensors."""

from __future__ import annotations

from collections.abc import Sequence

import plugrad
from plugrad import Tensor
from plugrad.array_api.operands import promoted


def matmul(x1: Tensor, x2: Tensor, /) -> Tensor:
    """Return the product of matrices, of the last two axes, or of vectors.

    Examples
    --------
    >>> from plugrad import array_api as xp
    >>> xp.matmul(xp.asarray([[1, 2], [3, 4]]), xp.asarray([1, 1]))
    tensor([3, 7])
    """
    left, right = promoted(x1, x2)
    return plugrad.matmul(left, right)


def matrix_transpose(x: Tensor, /) -> Tensor:
    """Return matrices with rows for columns.

    Examples
    --------
    >>> from plugrad import array_api as xp
    >>> xp.matrix_transpose(xp.asarray([[1, 2], [3, 4]]))
    tensor([[1, 3],
            [2, 4]])
    """
    return x.mT


def tensordot(
    x1: Tensor, x2: Tensor, /, *, axes: int | tuple[Sequence[int], Sequence[int]] = 2
) -> Tensor:
    """Return the sum of products over axes of both.

    Parameters
    ----------
    x1, x2 : Tensor
    axes : int or pair of sequences of int
        How many last axes of `x1` meet the first ones of `x2`; or which meet which.

    Examples
    --------
    >>> from plugrad import array_api as xp
    >>> xp.tensordot(xp.ones((2, 3)), xp.ones((3, 2)), axes=((0, 1), (1, 0)))
    tensor(6.)
    """
    left, right = promoted(x1, x2)
    pairs = axes if isinstance(axes, int) else tuple(list(each) for each in axes)
    return plugrad.tensordot(left, right, pairs)


def vecdot(x1: Tensor, x2: Tensor, /, *, axis: int = -1) -> Tensor:
    """Return the inner products of vectors along an axis, of which `x1` is conjugated.

    Parameters
    ----------
    x1, x2 : Tensor
        Of any numbers, integers too; `plugrad.linalg.vecdot` is for floating-point ones.
    axis : int
        The same in both, counted from the end.

    Raises
    ------
    ValueError
        If the axis is not of one size, which broadcasting would hide.

    Examples
    --------
    >>> from plugrad import array_api as xp
    >>> xp.vecdot(xp.asarray([1, 2]), xp.asarray([3, 4]))
    tensor(11)
    """
    left, right = promoted(x1, x2)
    if left.shape[axis] != right.shape[axis]:
        raise ValueError(
            f"vecdot() along axis {axis} of {tuple(left.shape)} and {tuple(right.shape)}: vectors "
            "of different lengths have no inner product"
        )
    return (left.conj() * right).sum(axis, dtype=left.dtype)
