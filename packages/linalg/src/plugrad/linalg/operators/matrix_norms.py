"""Norms of matrices."""

from __future__ import annotations

import math
from typing import Any

from plugrad.linalg.operators.decompositions import svdvals
from plugrad.operators.dimensions import into, refuse_empty
from plugrad.operators.norms import vector_norm
from plugrad.operators.squares import require_matrices
from plugrad.shapes import normalize_dim
from plugrad.vocabulary.registry import tensor_table as k

__all__ = ["linalg_norm", "matrix_norm"]


def matrix_norm(
    A: Any, ord: Any = "fro", dim: Any = (-2, -1), keepdim: bool = False, *, dtype: Any = None,
    out: Any = None,
) -> Any:  # fmt: skip
    """Return norms of matrices.

    Parameters
    ----------
    A : Tensor
    ord : {"fro", "nuc", inf, -inf, 1, -1, 2, -2}
        ``"fro"`` for the square root of the sum of squares; ``"nuc"`` for the sum of the singular
        values, and 2 and -2 for the largest and smallest; 1 and inf for the largest sum of absolute
        values of a column and row, -1 and -inf for the smallest.
    dim : (int, int)
        Rows and columns.
    keepdim : bool
        Whether they stay, with size 1.
    dtype : dtype, optional
        What to convert A to first.
    out : Tensor, optional

    Returns
    -------
    Tensor
        Of real numbers.

    Raises
    ------
    RuntimeError
        For integers, other orders, and empty matrices where a largest element is asked for.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.linalg.matrix_norm(plugrad.tensor([[3.0, 4.0]]), 1)
    tensor(4.)
    """
    name = "linalg.matrix_norm"
    low = getattr(A, "_dtype", None)
    if ord in ("fro", 1, -1, math.inf, -math.inf) and low is not None and low.low_precision:
        _require_two(name, A)
    else:
        require_matrices(name, A if dtype is None else k.cast(A, dtype))
    if isinstance(dim, int):
        raise TypeError(f"{name}(): dim names two dimensions, not {dim!r}")
    if len(dim) != 2:
        raise RuntimeError(f"{name}(): dim names two dimensions, not {dim!r}")
    rows, columns = (normalize_dim(d, len(A._array.shape)) for d in dim)
    if rows == columns:
        raise RuntimeError(f"{name}(): the two dimensions must differ, not both be {rows}")
    if ord == "fro":
        return vector_norm(A, 2, (rows, columns), keepdim, dtype=dtype, out=out)
    if ord in (2, 1, math.inf) and 0 in (A._array.shape[rows], A._array.shape[columns]):
        # The largest of nothing is no number, but the norm of a matrix without elements is 0.
        return matrix_norm(A, "fro", (rows, columns), keepdim, dtype=dtype, out=out)
    if ord not in ("nuc", 2, -2, 1, -1, math.inf, -math.inf):
        raise RuntimeError(f"{name}(): there is no norm of matrices of order {ord!r}")
    if dtype is not None and dtype is not A._dtype:
        if A._dtype.is_complex and not dtype.is_complex:
            raise RuntimeError(f"{name}(): dtype must be complex for complex numbers, not {dtype}")
        A = k.cast(A, dtype)
    largest = isinstance(ord, str) or ord > 0
    reduce = k.amax if largest else k.amin
    if ord in (1, -1, math.inf, -math.inf):
        inner, outer = (rows, columns) if abs(ord) == 1 else (columns, rows)
        sums = vector_norm(A, 1, inner, keepdim)
        place = outer if keepdim or outer < inner else outer - 1
        refuse_empty(name, sums, (place,))
        result = reduce(sums, (place,), keepdim)
    else:
        others = [d for d in range(len(A._array.shape)) if d not in (rows, columns)]
        values = svdvals(k.permute(A, (*others, rows, columns)))
        last = (len(values._array.shape) - 1,)
        if ord != "nuc":
            refuse_empty(name, values, last)
        result = k.sum_dim(values, last, keepdim) if ord == "nuc" else reduce(values, last, keepdim)
        if keepdim:
            result = k.unsqueeze(result, len(result._array.shape))
            order = [*others, rows, columns]
            result = k.permute(result, tuple(order.index(d) for d in range(len(order))))
    return into(name, out, result, A)


def _require_two(name: str, A: Any) -> None:
    if len(A._array.shape) < 2:
        raise RuntimeError(f"{name}(): expected matrices, not shape {list(A._array.shape)}")


def linalg_norm(
    A: Any, ord: Any = None, dim: Any = None, keepdim: bool = False, *, out: Any = None,
    dtype: Any = None,
) -> Any:  # fmt: skip
    """Return a norm of vectors or of matrices.

    Parameters
    ----------
    A : Tensor
    ord : int, float, str or None
        By default 2 of all elements; else see `vector_norm` and `matrix_norm`.
    dim : int, (int, int) or None
        One dimension for vectors, two for matrices; by default all, which `ord` allows of tensors
        with one or two.
    keepdim : bool
    out : Tensor, optional
    dtype : dtype, optional

    Examples
    --------
    >>> import plugrad
    >>> plugrad.linalg.norm(plugrad.tensor([3.0, 4.0]))
    tensor(5.)
    """
    if ord is None:
        return vector_norm(A, 2, dim, keepdim, dtype=dtype, out=out)
    ndim = len(A._array.shape)
    if dim is None:
        if ndim not in (1, 2):
            raise RuntimeError(
                f"linalg.norm(): name the dimensions, dim, of a tensor of shape "
                f"{list(A._array.shape)}"
            )
        dims: tuple[int, ...] = tuple(range(ndim))
    else:
        dims = (dim,) if isinstance(dim, int) else tuple(dim)
        if len(dims) not in (1, 2):
            raise RuntimeError(f"linalg.norm(): dim names one or two dimensions, not {dim!r}")
    if len(dims) == 2:
        return matrix_norm(A, ord, dims, keepdim, dtype=dtype, out=out)
    if isinstance(ord, str):
        raise RuntimeError(f"linalg.norm(): vectors have no norm of order {ord!r}")
    return vector_norm(A, ord, dims, keepdim, dtype=dtype, out=out)
