"""Products that sum over chosen dimensions: outer, inner, tensordot, kron, chains and powers.

They have no kernels: each brings its arguments into the shape of a matrix product, as PyTorch does.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from plugrad.autograd.tape import TensorBase
from plugrad.operators.dimensions import into
from plugrad.operators.linalg import dot, mm
from plugrad.operators.matmul import matmul
from plugrad.shapes import normalize_dims
from plugrad.vocabulary.forms import function
from plugrad.vocabulary.registry import tensor_table as k

__all__ = [
    "chain_matmul",
    "inner",
    "into",
    "kron",
    "matrix_power",
    "multi_dot",
    "outer",
    "tensordot",
]


def _require_tensors(name: str, *tensors: Any) -> None:
    for tensor in tensors:
        if not isinstance(tensor, TensorBase):
            raise TypeError(f"{name}(): expected a Tensor, not {type(tensor).__name__}")


@function(names="outer ger", aten="aten::outer")
def outer(input: Any, vec2: Any, *, out: Any = None) -> Any:
    """Return the products of each element of one vector with each of another.

    Parameters
    ----------
    input : Tensor of shape (n,)
    vec2 : Tensor of shape (m,)
    out : Tensor, optional

    Returns
    -------
    Tensor of shape (n, m)

    Raises
    ------
    RuntimeError
        If one is no vector.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.outer(plugrad.tensor([1.0, 2.0]), plugrad.tensor([3.0, 4.0]))
    tensor([[3., 4.],
            [6., 8.]])
    """
    _require_tensors("outer", input, vec2)
    for vector in (input, vec2):
        if len(vector._array.shape) != 1:
            raise RuntimeError(
                f"outer(): expected vectors, but one has shape {list(vector._array.shape)}; "
                "flatten it first"
            )
    return into(
        "outer", out, k.mul(k.reshape(input, (len(input), 1)), vec2), input, vec2, casts=True
    )


@function(aten="aten::inner")
def inner(input: Any, other: Any, *, out: Any = None) -> Any:
    """Return the dot products along the last dimension of both tensors.

    Parameters
    ----------
    input : Tensor of shape (..., n)
    other : Tensor of shape (..., n)
        If either is a number, the result is their product.
    out : Tensor, optional

    Returns
    -------
    Tensor of shape (..., ...)

    Raises
    ------
    RuntimeError
        If the last sizes differ.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.inner(plugrad.tensor([1.0, 2.0]), plugrad.tensor([3.0, 4.0]))
    tensor(11.)
    """
    _require_tensors("inner", input, other)
    one, two = input._array.shape, other._array.shape
    if not one or not two:
        return into("inner", out, k.mul(input, other), input, other, casts=True)
    if one[-1] != two[-1]:
        raise RuntimeError(
            f"inner(): the last sizes of shapes {list(one)} and {list(two)} must be equal"
        )
    return into("inner", out, tensordot(input, other, ([-1], [-1])), input, other)


@function("function", aten="aten::tensordot")
def tensordot(a: Any, b: Any, dims: Any = 2, out: Any = None) -> Any:
    """Return the sums of products over some dimensions of two tensors.

    Parameters
    ----------
    a, b : Tensor
    dims : int, pair of sequences of int, or Tensor of shape (2, n)
        Which dimensions of `a` are summed with which of `b`; an int n stands for the last n of `a`
        and the first n of `b`.
    out : Tensor, optional

    Returns
    -------
    Tensor
        With the dimensions of `a` and then of `b` that are left.

    Raises
    ------
    RuntimeError
        If sizes do not fit.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.tensordot(plugrad.ones(2, 3, 4), plugrad.ones(4, 3, 5), ([1, 2], [1, 0])).shape
    plugrad.Size([2, 5])
    """
    _require_tensors("tensordot", a, b)
    inputs = a, b
    of_a, of_b = _contracted(a, b, dims)
    for i, j in zip(of_a, of_b, strict=True):
        n, m = a._array.shape[i], b._array.shape[j]
        if n == 1 != m:
            b = k.sum_dim(b, (j,), True)
        elif m == 1 != n:
            a = k.sum_dim(a, (i,), True)
        elif n != m:
            raise RuntimeError(
                f"tensordot(): dimension {i} of the first tensor has size {n}, dimension {j} of "
                f"the second has size {m}; they must be equal"
            )
    one, two = a._array.shape, b._array.shape
    left_of_a = [i for i in range(len(one)) if i not in of_a]
    left_of_b = [j for j in range(len(two)) if j not in of_b]
    summed = math.prod(one[i] for i in of_a)
    a = k.permute(a, (*left_of_a, *of_a))
    b = k.permute(b, (*of_b, *left_of_b))
    shape = (*(one[i] for i in left_of_a), *(two[j] for j in left_of_b))
    if left_of_a or left_of_b or not of_a:
        rows = math.prod(one[i] for i in left_of_a)
        columns = math.prod(two[j] for j in left_of_b)
        result = mm(k.reshape(a, (rows, summed)), k.reshape(b, (summed, columns)))
    else:
        result = dot(*(k.reshape(z, (summed,)) if len(z._array.shape) > 1 else z for z in (a, b)))
    return into("tensordot", out, k.reshape(result, shape), *inputs)


def _contracted(a: Any, b: Any, dims: Any) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return the dimensions of both tensors that are summed over."""
    if isinstance(dims, TensorBase):
        values: Any = dims
        dims = values.tolist() if len(values._array.shape) else values.item()
    of_a, of_b = len(a._array.shape), len(b._array.shape)
    if isinstance(dims, int):
        if not 0 <= dims <= min(of_a, of_b):
            raise RuntimeError(
                f"tensordot(): dims must lie between 0 and {min(of_a, of_b)}, the smaller number "
                f"of dimensions, but is {dims}"
            )
        return tuple(range(of_a - dims, of_a)), tuple(range(dims))
    first, second = ([each] if isinstance(each, int) else list(each) for each in dims)
    if len(first) != len(second):
        raise RuntimeError(
            f"tensordot(): as many dimensions of the first tensor must be named as of the second, "
            f"but found {len(first)} and {len(second)}"
        )
    return normalize_dims(first, of_a), normalize_dims(second, of_b)


@function()
def kron(input: Any, other: Any, *, out: Any = None) -> Any:
    """Return the Kronecker product: each element of one tensor times all of the other.

    Parameters
    ----------
    input, other : Tensor
        The one with fewer dimensions is taken to have leading ones.
    out : Tensor, optional

    Returns
    -------
    Tensor
        Each size is the product of theirs.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.kron(plugrad.tensor([1.0, 10.0]), plugrad.tensor([1.0, 2.0, 3.0]))
    tensor([ 1.,  2.,  3., 10., 20., 30.])
    """
    _require_tensors("kron", input, other)
    one, two = input._array.shape, other._array.shape
    ndim = max(len(one), len(two))
    one = (*(1,) * (ndim - len(one)), *one)
    two = (*(1,) * (ndim - len(two)), *two)
    spread = tuple(size for n in one for size in (n, 1))
    packed = tuple(size for m in two for size in (1, m))
    products = k.mul(k.unsafe_view(input, spread), k.unsafe_view(other, packed))
    sizes = tuple(n * m for n, m in zip(one, two, strict=True))
    return into("kron", out, k.unsafe_view(products, sizes), input, other, casts=True)


@function("function")
def chain_matmul(*matrices: Any, out: Any = None) -> Any:
    """Return the product of two or more matrices, multiplied in the cheapest order.

    Parameters
    ----------
    *matrices : Tensor
        Each with as many columns as the next has rows.
    out : Tensor, optional

    Returns
    -------
    Tensor

    See Also
    --------
    multi_dot : takes them as a list, and vectors at either end.

    Examples
    --------
    >>> import plugrad
    >>> a, b, c = plugrad.ones(2, 9), plugrad.ones(9, 9), plugrad.ones(9, 1)
    >>> plugrad.chain_matmul(a, b, c)
    tensor([[81.],
            [81.]])
    """
    _require_tensors("chain_matmul", *matrices)
    if len(matrices) == 1 and out is None and len(matrices[0]._array.shape) == 2:
        return k.clone(matrices[0])
    for matrix in matrices:
        if len(matrix._array.shape) != 2:
            raise RuntimeError(
                f"chain_matmul(): expected matrices, but one has shape {list(matrix._array.shape)}"
            )
    return multi_dot(matrices, out=out)


def multi_dot(tensors: Sequence[Any], *, out: Any = None) -> Any:
    """Return the product of two or more matrices, multiplied in the cheapest order.

    Parameters
    ----------
    tensors : sequence of Tensor
        Matrices; the first may be a vector, which is a row, and the last one, which is a column.
    out : Tensor, optional

    Returns
    -------
    Tensor

    Raises
    ------
    RuntimeError
        If there are fewer than two, or sizes do not fit.

    Notes
    -----
    The order is found by dynamic programming over all ways to set the brackets (Cormen et al.,
    Introduction to Algorithms, section 15.2).

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.operators.contraction import multi_dot
    >>> multi_dot([plugrad.ones(9), plugrad.ones(9, 9), plugrad.ones(9)])
    tensor(81.)
    """
    _require_tensors("multi_dot", *tensors)
    if len(tensors) < 2:
        raise RuntimeError(f"multi_dot(): expected two tensors or more, but found {len(tensors)}")
    first, *_, last = shapes = [tensor._array.shape for tensor in tensors]
    for i, shape in enumerate(shapes):
        if len(shape) != 2 and not (len(shape) == 1 and i in (0, len(shapes) - 1)):
            raise RuntimeError(
                f"multi_dot(): tensor {i} must be a matrix, but has shape {list(shape)}; only the "
                "first and the last may be vectors"
            )
    matrices = list(tensors)
    if len(first) == 1:
        matrices[0] = k.unsqueeze(matrices[0], 0)
    if len(last) == 1:
        matrices[-1] = k.unsqueeze(matrices[-1], 1)
    sizes = [matrix._array.shape[0] for matrix in matrices] + [matrices[-1]._array.shape[1]]
    split = _cheapest_splits(sizes)

    def product(i: int, j: int) -> Any:
        if i == j:
            return matrices[i]
        return mm(product(i, split[i, j]), product(split[i, j] + 1, j))

    result = product(0, len(matrices) - 1)
    shape = (*first[:-1], *last[1:])
    return into("multi_dot", out, k.reshape(result, shape), *tensors)


def _cheapest_splits(sizes: list[int]) -> dict[tuple[int, int], int]:
    """Return, for each part of the chain from i to j, after which matrix to split it."""
    count = len(sizes) - 1
    cost = {(i, i): 0 for i in range(count)}
    split = {}
    for length in range(1, count):
        for i in range(count - length):
            j = i + length
            costs = [
                (cost[i, m] + cost[m + 1, j] + sizes[i] * sizes[m + 1] * sizes[j + 1], m)
                for m in range(i, j)
            ]
            cost[i, j], split[i, j] = min(costs)
    return split


@function()
def matrix_power(input: Any, n: int, *, out: Any = None) -> Any:
    """Return the n-th power of square matrices.

    Parameters
    ----------
    input : Tensor of shape (..., m, m)
    n : int
        Negative for a power of the inverse.
    out : Tensor, optional

    Returns
    -------
    Tensor of shape (..., m, m)

    Raises
    ------
    RuntimeError
        If the matrices are not square, or singular and `n` is negative.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.matrix_power(plugrad.tensor([[1.0, 1.0], [0.0, 1.0]]), 5)
    tensor([[1., 5.],
            [0., 1.]])
    """
    _require_tensors("matrix_power", input)
    shape = input._array.shape
    if len(shape) < 2 or shape[-1] != shape[-2]:
        raise RuntimeError(
            f"matrix_power(): expected square matrices, but found a tensor of shape {list(shape)}"
        )
    if not isinstance(n, int):
        raise TypeError(f"matrix_power(): n must be an int, not {type(n).__name__}")
    # PyTorch casts what it did not get from a last product straight into `out`: powers of 2 from 4
    # on are squared apart.
    casts = n in (0, 1) or (abs(n) >= 4 and abs(n).bit_count() == 1)
    return into("matrix_power", out, _power(input, n), input, casts=casts)


def _power(x: Any, n: int) -> Any:
    if n < 0:
        from plugrad.linalg import inv  # a distribution of its own, which the error names

        return _power(inv(x), -n)
    if n == 0:
        return k.identity_like(x)
    if n == 1:
        return k.clone(x)
    if n == 3:
        return matmul(matmul(x, x), x)
    result = None
    while True:
        if n % 2:
            result = x if result is None else matmul(result, x)
        n //= 2
        if not n:
            return result
        x = matmul(x, x)
