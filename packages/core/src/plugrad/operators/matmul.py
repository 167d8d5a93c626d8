"""`matmul` and `linear`: which product it is depends on the numbers of dimensions.

Both are recorded as PyTorch records them: as one of the products of `plugrad.operators.linalg`,
between changes of shape. A batch of matrices times one matrix becomes one tall matrix ("folded")
where a gradient of the one matrix is wanted, or where that costs no copy; anything else becomes a
`bmm`. Where nothing is recorded, one kernel does it all.
"""

from __future__ import annotations

import math
from functools import cache
from typing import Any

from plugrad.autograd.modes import mode
from plugrad.autograd.tape import alias_cell, new_tensor, tick
from plugrad.operators.addmm import affine
from plugrad.operators.dimensions import into
from plugrad.operators.linalg import bmm, dims_of, dot, mm, mm_transposed, mv
from plugrad.shapes import broadcast_shapes
from plugrad.vocabulary.dispatch import dispatch
from plugrad.vocabulary.forms import function
from plugrad.vocabulary.forms import linear as declare
from plugrad.vocabulary.observers import shown_as
from plugrad.vocabulary.registry import operators
from plugrad.vocabulary.registry import tensor_table as k
from plugrad.vocabulary.sources import plain_node_class

__all__ = ["linear", "matmul"]


def _check(x: Any, y: Any) -> None:
    """Check the arguments of any matrix product."""
    one, other = x._array.shape, y._array.shape
    if not one or not other:
        raise RuntimeError(
            f"matmul(): both arguments need at least one dimension, but have shapes {list(one)} "
            f"and {list(other)}; multiply by a number with *"
        )
    rows = other[-2:][0]
    if one[-1] != rows:
        raise RuntimeError(
            f"matmul(): the shapes {list(one)} and {list(other)} cannot be multiplied: the last "
            f"size of the first ({one[-1]}) must equal the "
            f"{'only' if len(other) == 1 else 'last but one'} size of the second ({rows})"
        )
    if x._dtype is not y._dtype:
        raise RuntimeError(
            f"matmul(): expected tensors of one dtype, but found {x._dtype} and {y._dtype}; "
            "convert one with .to()"
        )
    if one[:-2] and other[:-2]:
        _batch_shape(one, other)


def _batch_shape(one: tuple[int, ...], other: tuple[int, ...]) -> tuple[int, ...]:
    """Return what the dimensions before the last two broadcast to."""
    batch = one[:-2]
    return batch if batch == other[:-2] else tuple(broadcast_shapes(batch, other[:-2]))


# Of batches of matrices, which broadcast.
_matmul = declare(
    "matmul", "x, y", accepts="numbers", check=_check,
    x=lambda k, g, y: k.matmul(g, k.transpose(y, -2, -1)),
    y=lambda k, g, x: k.matmul(k.transpose(x, -2, -1), g),
)  # fmt: skip

# Drops a dimension of a product that nobody else has seen: PyTorch does that in place.
_drop = declare(
    "squeeze_result", "x; dim", node="SqueezeBackward4", aten="aten::squeeze_", moves=True,
    body=lambda k, x, dim: k.squeeze_dim(x, dim),
    x=lambda k, g, dim: k.unsqueeze(g, dim),
)  # fmt: skip


@function(aten="aten::matmul")
def matmul(input: Any, other: Any, *, out: Any = None) -> Any:
    """Return the matrix product of two tensors; ``input @ other``.

    Two vectors give their dot product, a matrix and a vector a vector. Of anything larger the last
    two dimensions are matrices, and those before them broadcast.

    Parameters
    ----------
    input : Tensor of shape (m,), (n, m) or (..., n, m)
    other : Tensor of shape (m,), (m, p) or (..., m, p)
        Of the same dtype.
    out : Tensor, optional
        Where to write the result.

    Returns
    -------
    Tensor of shape (), (p,), (n,), (n, p) or (..., n, p)

    Raises
    ------
    RuntimeError
        If shapes or dtypes do not fit.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.matmul(plugrad.ones(5, 2, 3), plugrad.ones(3, 4)).shape
    plugrad.Size([5, 2, 4])
    """
    dims = dims_of(input, other)
    if out is not None or dims is None:
        return dispatch(operators["matmul"], (input, other), (), out)
    if dims == (2, 2):
        return mm(input, other)
    if dims == (2, 1):
        return mv(input, other)
    if dims == (1, 1):
        return dot(input, other)
    if dims == (1, 2):
        return _drop(mm(k.unsqueeze(input, 0), other), 0)
    recorded = mode.grad and (input._edge is not None or other._edge is not None)
    if not recorded and mode.run is not None and 1 not in dims:
        return _matmul(input, other)
    _check(input, other)
    if dims[0] >= dims[1] and _folds(input, other, turned=False):
        return _folded(input, other)
    if dims[0] <= dims[1] and _folds(other, input, turned=True):
        return _folded_swapped(input, other)
    return _batched(input, other)


def _folds(batch: Any, single: Any, *, turned: bool) -> bool:
    """Return whether `batch` becomes one tall matrix, for the sake of the matrix `single`.

    With `turned` it is the transposes of the batch that would be put below each other.
    """
    many, one = batch._array.shape, single._array.shape
    if len(many) == len(one) == 3:
        return one[0] == 1 != many[0] and single._edge is not None
    if len(many) < 3 or len(one) > 2:
        return False
    if single._edge is not None or 0 in many:
        return True
    if turned and len(one) == 2:
        return False
    strides = batch.stride()
    if turned:
        *lead, last, row = strides
        strides, many = (*lead, row, last), (*many[:-2], many[-1], many[-2])
    return all(strides[i] == strides[i + 1] * many[i + 1] for i in range(len(many) - 2))


def _folded(x: Any, y: Any) -> Any:
    """Return the product of a batch with one matrix or vector: all of it as one tall matrix."""
    shape = x._array.shape
    tall = k.reshape(x, (math.prod(shape[:-1]), shape[-1]))
    if len(y._array.shape) == 1:
        return k.unsafe_view(mv(tall, y), shape[:-1])
    if len(y._array.shape) == 3:
        y = k.squeeze_dim(y, 0)
    return k.unsafe_view(mm(tall, y), (*shape[:-1], y._array.shape[-1]))


def _folded_swapped(x: Any, y: Any) -> Any:
    """Return the product of one matrix or vector with a batch: ``(y.mT @ x.mT).mT``."""
    turned = k.transpose(y, len(y._array.shape) - 2, len(y._array.shape) - 1)
    if len(x._array.shape) == 1:
        return _folded(turned, x)
    if len(x._array.shape) == 3:
        x = k.squeeze_dim(x, 0)
    result = _folded(turned, k.t(x))
    ndim = len(result._array.shape)
    back = k.transpose(result, ndim - 2, ndim - 1)
    return back if back.is_contiguous() else k.clone_contiguous(back)


def _batched(x: Any, y: Any) -> Any:
    """Return the product of two batches, expanded to the same: a `bmm`."""
    one, other = x._array.shape, y._array.shape
    vector = len(other) == 1
    if len(one) == 1:
        x = k.unsqueeze(x, 0)
    if vector:
        y = k.unsqueeze(y, 1)
    batch = _batch_shape(one, other)
    flat = math.prod(batch)
    x, y = (
        k.reshape(k.expand(z, (*batch, *z._array.shape[-2:])), (flat, *z._array.shape[-2:]))
        for z in (x, y)
    )
    result = bmm(x, y)
    if vector:
        result = k.squeeze_dim(result, 2)
    return k.unsafe_view(result, (*batch, *one[-2:-1], *(() if vector else other[-1:])))


@cache
def _node_of_t() -> Any:
    return plain_node_class(operators["t"], scalar=False)


def _turned(weight: Any) -> Any:
    """Return ``weight.t()`` for use in one product.

    It is recorded as such, and shares the weight's version. But nobody will ever change it in
    place, so the weight need not know it among its views: that halves what it costs.
    """
    if mode.run is None or len(weight._array.shape) != 2:
        return k.t(weight)
    table = weight._table
    array = table.t(weight._array)
    tensor = new_tensor(array, table, weight._dtype)
    tensor._cell = alias_cell(weight)
    edge = weight._edge
    if edge is not None and mode.grad:
        node = tensor._edge = object.__new__(_node_of_t())
        node.table = table
        node.edges = (edge,)
        node.versions = None
        node.seq = tick()
        node.shape = array.shape
        node.dtype = weight._dtype
        node.hooks = None
    return tensor


@shown_as("aten::linear")
def linear(input: Any, weight: Any, bias: Any = None, *, out: Any = None) -> Any:
    """Return ``input @ weight.t() + bias``: what a fully connected layer computes.

    Parameters
    ----------
    input : Tensor of shape (..., m)
    weight : Tensor of shape (n, m), or (m,)
    bias : Tensor, optional
        Of shape (n,), or anything else that broadcasts.
    out : Tensor, optional

    Returns
    -------
    Tensor of shape (..., n), or (...,)

    Raises
    ------
    RuntimeError
        If shapes or dtypes do not fit.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.operators.matmul import linear
    >>> linear(plugrad.ones(1, 2), plugrad.tensor([[1.0, 2.0], [3.0, 4.0]]), plugrad.ones(2))
    tensor([[4., 8.]])
    """
    if out is not None:
        given = (input, weight) if bias is None else (input, weight, bias)
        return into("linear", out, linear(*given), *given)
    dims = dims_of(input, weight)
    if dims == (2, 2):
        turned = _turned(weight)
        return mm_transposed(input, turned) if bias is None else affine(bias, input, turned)
    if dims is None or 0 in dims:
        raise _misuse(input, weight)
    turned = _turned(weight)
    if bias is None:
        return matmul(input, turned)
    shape = input._array.shape
    plain = (
        dims[1] != 1 and len(bias._array.shape) == 1 and input._table.is_contiguous(input._array)
    )
    if dims != (2, 1) and not plain:
        return matmul(input, turned) + bias
    tall = k.view(input, (math.prod(shape[:-1]), shape[-1]))
    return k.view(affine(bias, tall, turned), (*shape[:-1], weight._array.shape[0]))


def _misuse(input: Any, weight: Any) -> Exception:
    shapes = []
    for name, tensor in (("input", input), ("weight", weight)):
        if not hasattr(tensor, "_array"):
            return TypeError(f"linear(): {name} must be a Tensor, not {type(tensor).__name__}")
        shapes.append(list(tensor._array.shape))
    return RuntimeError(
        f"linear(): input and weight need at least one dimension, but have shapes {shapes[0]} and "
        f"{shapes[1]}"
    )
