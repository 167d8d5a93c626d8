"""Reading and writing whole slices along a dimension, at positions that a vector tells.

Reading (`index_select`) is the transpose of adding (`index_add`).
"""

from __future__ import annotations

import math
from typing import Any

from plugrad.autograd.tape import TensorBase
from plugrad.dtypes import int64
from plugrad.operators.dimensions import apply
from plugrad.operators.gathering import change, index_given, refuse_dtype
from plugrad.operators.numbers import number_given
from plugrad.operators.shape import moving, shape_of
from plugrad.shapes import normalize_dim
from plugrad.vocabulary.forms import function, primitive
from plugrad.vocabulary.registry import operators

__all__ = ["index_add", "index_copy", "index_fill", "index_select", "with_source"]

# --------------------------------------------------------------------- slices along one dimension

moving(
    "index_select", "x, index; dim", out="apart",
    x=lambda k, g, x_shape, index, dim: k.index_select_grad(g, index, x_shape, dim),
)  # fmt: skip

moving(
    "index_select_grad", "x, index; shape, dim",
    node="IndexAddBackward0", aten="aten::index_select_backward",
    x=lambda k, g, index, dim: k.index_select(g, index, dim),
)  # fmt: skip

primitive(
    "index_add", "x, index, source; dim, alpha", moves=True,
    x=lambda g: g,
    source=lambda k, g, index, source_shape, dim, alpha: (
        k.reshape(k.index_select(g, index, dim), source_shape) * alpha.conjugate()
    ),
)  # fmt: skip

primitive(
    "index_copy", "x, index, source; dim", moves=True,
    x=lambda k, g, index, dim: k.index_fill(g, index, dim, 0),
    source=lambda k, g, index, source_shape, dim: k.reshape(
        k.index_select(g, index, dim), source_shape
    ),
)  # fmt: skip

moving(
    "index_fill", "x, index; dim, value",
    x=lambda k, g, index, dim: k.index_fill(g, index, dim, 0),
)  # fmt: skip

primitive(
    "index_fill_tensor", "x, index, value; dim", moves=True,
    node="IndexFillBackward1", aten="aten::index_fill",
    x=lambda k, g, index, dim: k.index_fill(g, index, dim, 0),
    value=lambda k, g, index, dim: k.sum(
        # A slice that the index names twice is filled once.
        k.keep(g, k.index_fill(k.zeros_like(g), index, dim, 1) != 0)
    ),
)  # fmt: skip


def _indexing(
    caller: str, input: Any, dim: int, index: Any, error: type[Exception] = IndexError
) -> tuple[int, Any]:
    """Return the dimension counted from the front, and the index, both checked.

    Raises
    ------
    RuntimeError
        If the index holds no integers.
    IndexError
        If it is no vector.
    """
    dim = normalize_dim(dim, len(shape_of(caller, input)))
    index = index_given(caller, index)
    if len(index._array.shape) > 1:
        raise error(f"{caller}(): index must be a vector, and has shape {list(index._array.shape)}")
    return dim, index


def with_source(caller: str, input: Any, dim: int, index: Any, source: Any) -> tuple[int, Any]:
    """Return the dimension and the index, where `source` must have one slice for each position.

    Raises
    ------
    RuntimeError, IndexError
        If shapes or dtypes do not fit, or the index is no vector of integers.
    """
    if caller.startswith("index_copy"):
        index_given(caller, index, (int64,))
    dim, index = _indexing(caller, input, dim, index)
    shape, given = input._array.shape, shape_of(caller, source)
    refuse_dtype(caller, input, source)
    wanted = (*shape[:dim], math.prod(index._array.shape), *shape[dim + 1 :])
    if (given or (1,)) != wanted:
        error = IndexError if caller.startswith("index_copy") else RuntimeError
        raise error(
            f"{caller}(): for {wanted[dim]} positions along dimension {dim} of a tensor of shape "
            f"{list(shape)}, source must have shape {list(wanted)}, not {list(given)}"
        )
    return dim, index


@function()
def index_select(input: Any, dim: int, index: Any, *, out: Any = None) -> Any:
    """Return the slices along a dimension at the positions that `index` names.

    Parameters
    ----------
    input : Tensor
    dim : int
    index : Tensor
        A vector of integers.
    out : Tensor, optional

    Returns
    -------
    Tensor

    Raises
    ------
    IndexError
        If a position is out of range, or negative.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.index_select(plugrad.tensor([[1, 2], [3, 4]]), 0, plugrad.tensor([1, 1]))
    tensor([[3, 4],
            [3, 4]])
    """
    dim, index = _indexing("index_select", input, dim, index)
    return apply("index_select", (input, index), (dim,), out)


@function()
def index_add(
    input: Any, dim: int, index: Any, source: Any, *, alpha: Any = 1, out: Any = None
) -> Any:
    """Return a copy of `input` with ``alpha * source`` added to slices along a dimension.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.index_add(plugrad.zeros(2), 0, plugrad.tensor([1, 1]), plugrad.ones(2))
    tensor([0., 2.])
    """
    dim, index = with_source("index_add", input, dim, index, source)
    return apply("index_add", (input, index, source), (dim, alpha), out)


@function("method", names="index_add_")
def index_add_(self: Any, dim: int, index: Any, source: Any, *, alpha: Any = 1) -> Any:
    """Do in place what `index_add` does.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.zeros(2).index_add_(0, plugrad.tensor([1, 1]), plugrad.ones(2))
    tensor([0., 2.])
    """
    dim, index = with_source("index_add_", self, dim, index, source)
    return change("index_add", (self, index, source), (dim, alpha))


@function()
def index_copy(input: Any, dim: int, index: Any, source: Any, *, out: Any = None) -> Any:
    """Return a copy of `input` with slices along a dimension replaced by those of `source`.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.index_copy(plugrad.zeros(3), 0, plugrad.tensor([2, 0]), plugrad.tensor([5.0, 6.0]))
    tensor([6., 0., 5.])
    """
    dim, index = with_source("index_copy", input, dim, index, source)
    return apply("index_copy", (input, index, source), (dim,), out)


@function("method", names="index_copy_")
def index_copy_(self: Any, dim: int, index: Any, source: Any) -> Any:
    """Do in place what `index_copy` does.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.zeros(2).index_copy_(0, plugrad.tensor([1]), plugrad.ones(1))
    tensor([0., 1.])
    """
    dim, index = with_source("index_copy_", self, dim, index, source)
    return change("index_copy", (self, index, source), (dim,))


def _filling(caller: str, write: Any, input: Any, dim: int, index: Any, value: Any) -> Any:
    if isinstance(index, TensorBase) and index._dtype is not int64:
        raise IndexError(f"{caller}(): index must be of int64, not {index._dtype}")
    dim, index = _indexing(caller, input, dim, index)
    if isinstance(value, TensorBase):
        tensor: Any = value
        if tensor._array.shape:
            raise RuntimeError(
                f"{caller}(): value must be a number or a 0-d tensor, not one of shape "
                f"{list(tensor._array.shape)}"
            )
        if tensor._dtype is not input._dtype:
            tensor = operators["cast"].call(tensor, input._dtype)
        return write("index_fill_tensor", (input, index, tensor), (dim,))
    return write("index_fill", (input, index), (dim, number_given(caller, "value", value)))


@function()
def index_fill(input: Any, dim: int, index: Any, value: Any) -> Any:
    """Return a copy of `input` with slices along a dimension filled with a number.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.index_fill(plugrad.zeros(3), 0, plugrad.tensor([0, 2]), 1)
    tensor([1., 0., 1.])
    """

    def write(name: str, arrays: Any, params: Any) -> Any:
        return operators[name].call(*arrays, *params)

    return _filling("index_fill", write, input, dim, index, value)


@function("method", names="index_fill_")
def index_fill_(self: Any, dim: int, index: Any, value: Any) -> Any:
    """Do in place what `index_fill` does.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.zeros(3).index_fill_(0, plugrad.tensor([0, 2]), 1)
    tensor([1., 0., 1.])
    """
    return _filling("index_fill_", change, self, dim, index, value)
