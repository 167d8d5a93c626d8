"""Reading and writing along one dimension, at a position for each element.

Reading (`gather`) is the transpose of adding (`scatter_add`).
"""

from __future__ import annotations

import math
from typing import Any

from plugrad.autograd.tape import TensorBase
from plugrad.dtypes import int32, int64
from plugrad.operators.dimensions import apply
from plugrad.operators.flattening import flatten
from plugrad.operators.numbers import number_given
from plugrad.operators.shape import expand, moving, shape_of
from plugrad.shapes import broadcast_shapes, normalize_dim
from plugrad.vocabulary.forms import function, primitive
from plugrad.vocabulary.inplace import inplace
from plugrad.vocabulary.registry import functions, operators

__all__ = [
    "change",
    "gather",
    "index_given",
    "refuse_dtype",
    "scatter",
    "scatter_add",
    "scattering",
    "take_along_dim",
]

moving(
    "gather", "x, index; dim", out="apart",
    x=lambda k, g, index, x_shape, dim: k.gather_grad(g, index, x_shape, dim),
)  # fmt: skip

moving(
    "gather_grad", "x, index; shape, dim",
    node="ScatterAddBackward0", aten="aten::gather_backward",
    x=lambda k, g, index, dim: k.gather(g, index, dim),
)  # fmt: skip

primitive(
    "scatter", "x, index, src; dim", moves=True,
    x=lambda k, g, index, dim: k.scatter_value(g, index, dim, 0),
    src=lambda k, g, index, dim: k.gather(g, index, dim),
)  # fmt: skip

moving(
    "scatter_value", "x, index; dim, value", node="ScatterBackward1",
    aten="aten::scatter", x=lambda k, g, index, dim: k.scatter_value(g, index, dim, 0),
)  # fmt: skip

moving(
    "scatter_add", "x, index, src; dim",
    x=lambda g: g, src=lambda k, g, index, dim: k.gather(g, index, dim),
)  # fmt: skip


def index_given(caller: str, index: Any, kinds: tuple[Any, ...] = (int64, int32)) -> Any:
    """Return a tensor of positions, as int64.

    Raises
    ------
    RuntimeError
        If it holds no integers of these dtypes.
    """
    shape_of(caller, index)
    if index._dtype not in kinds:
        raise RuntimeError(
            f"{caller}(): index must be of {' or '.join(map(str, kinds))}, not {index._dtype}"
        )
    return index if index._dtype is int64 else operators["cast"].call(index, int64)


def scattering(caller: str, input: Any, dim: int, index: Any, src: Any = None) -> tuple[int, Any]:
    """Return the dimension counted from the front, and the index, both checked.

    Raises
    ------
    RuntimeError
        If the index has more dimensions or, but for `dim`, larger ones than the tensors.
    """
    shape = shape_of(caller, input)
    dim = normalize_dim(dim, len(shape))
    kinds: tuple[Any, ...] = (int64, int32)
    if isinstance(index, TensorBase) and 0 in index._array.shape:
        kinds = (index._dtype,)  # no position is none in any dtype
    index = index_given(caller, index, kinds)
    wanted = index._array.shape
    if src is not None:
        given = shape_of(caller, src)
        refuse_dtype(caller, input, src)
        fits = given == wanted or not math.prod(wanted) or _is_within(wanted, given)
    else:
        fits = True
    if wanted != shape and math.prod(wanted) and not _is_within(wanted, shape, dim):
        fits = False
    if not fits:
        raise RuntimeError(
            f"{caller}(): index of shape {list(wanted)} must have as many dimensions as the tensor "
            f"of shape {list(shape)}"
            + ("" if src is None else f" and src of shape {list(src._array.shape)}")
            + f", and not be larger but along dimension {dim}"
        )
    return dim, index


def _is_within(small: tuple[int, ...], large: tuple[int, ...], but: int = -1) -> bool:
    """Return whether one shape is no larger than another, in all dimensions but one."""
    small, large = small or (1,), large or (1,)
    pairs = enumerate(zip(small, large, strict=False))
    return len(small) == len(large) and all(n <= m or dim == but for dim, (n, m) in pairs)


def refuse_dtype(caller: str, input: Any, source: Any) -> None:
    """Check that what is written is of the dtype of what it is written to.

    Raises
    ------
    RuntimeError
        If it is not.
    """
    if source._dtype is not input._dtype:
        raise RuntimeError(
            f"{caller}(): the source is of {source._dtype}, and must be of {input._dtype} as the "
            "tensor is"
        )


@function()
def gather(input: Any, dim: int, index: Any, *, sparse_grad: bool = False, out: Any = None) -> Any:
    """Return the elements at positions along a dimension, one position for each.

    Parameters
    ----------
    input : Tensor
    dim : int
    index : Tensor
        Of integers, with as many dimensions; the result has its shape. Element ``[i, j]`` of the
        result is ``input[index[i, j], j]`` for `dim` 0.
    sparse_grad : bool
        Accepted; the gradient is dense.
    out : Tensor, optional

    Returns
    -------
    Tensor

    Raises
    ------
    RuntimeError
        If a position is out of range or negative, or shapes do not fit.

    Examples
    --------
    >>> import plugrad
    >>> x = plugrad.tensor([[1, 2], [3, 4]])
    >>> plugrad.gather(x, 1, plugrad.tensor([[0, 0], [1, 0]]))
    tensor([[1, 1],
            [4, 3]])
    """
    dim, index = scattering("gather", input, dim, index)
    return apply("gather", (input, index), (dim,), out)


def _scatter(caller: str, write: Any, input: Any, dim: int, index: Any, *source: Any) -> Any:
    """Read the arguments of `scatter`, and hand the operator they mean to `write`."""
    src, reduce, value = source
    if src is not None and not isinstance(src, TensorBase):
        src, value = None, src
    dim, index = scattering(caller, input, dim, index, src)
    if reduce is not None:
        if reduce not in ("add", "multiply"):
            raise RuntimeError(f'{caller}(): reduce must be "add" or "multiply", not {reduce!r}')
        if src is None:
            src = functions["full_like"](index, value, dtype=input._dtype)
        name = {"add": "sum", "multiply": "prod"}[reduce]
        return write("scatter_reduce", (input, index, src), (dim, name, True))
    if src is None:
        return write("scatter_value", (input, index), (dim, number_given(caller, "value", value)))
    return write("scatter", (input, index, src), (dim,))


def change(name: str, arrays: tuple[Any, ...], params: tuple[Any, ...]) -> Any:
    """Apply an operator in place."""
    return inplace(operators[name], arrays, params)


@function()
def scatter(
    input: Any, dim: int, index: Any, src: Any = None, *, value: Any = None,
    reduce: str | None = None, out: Any = None,
) -> Any:  # fmt: skip
    """Return a copy of `input` with other elements at positions along a dimension.

    Parameters
    ----------
    input : Tensor
    dim : int
    index : Tensor
        Of integers: where each element of `src` goes. Where a position comes twice, any may win.
    src : Tensor or number
        Of the same dtype, and in no dimension smaller than `index`.
    value : number, optional
        In place of `src`.
    reduce : {"add", "multiply"}, optional
        Combine with what is there; see `scatter_reduce`.
    out : Tensor, optional

    Returns
    -------
    Tensor

    Examples
    --------
    >>> import plugrad
    >>> plugrad.scatter(plugrad.zeros(3), 0, plugrad.tensor([2, 0]), plugrad.tensor([5.0, 6.0]))
    tensor([6., 0., 5.])
    """

    def write(name: str, arrays: Any, params: Any) -> Any:
        return apply(name, arrays, params, out)

    return _scatter("scatter", write, input, dim, index, src, reduce, value)


@function("method", names="scatter_")
def scatter_(
    self: Any, dim: int, index: Any, src: Any = None, *, value: Any = None,
    reduce: str | None = None,
) -> Any:  # fmt: skip
    """Do in place what `scatter` does.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.zeros(2).scatter_(0, plugrad.tensor([1]), 3.0)
    tensor([0., 3.])
    """
    return _scatter("scatter_", change, self, dim, index, src, reduce, value)


@function()
def scatter_add(input: Any, dim: int, index: Any, src: Any, *, out: Any = None) -> Any:
    """Return a copy of `input` with `src` added at positions along a dimension.

    Where a position comes several times, all are added, in their order.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.scatter_add(plugrad.zeros(2), 0, plugrad.tensor([1, 1]), plugrad.ones(2))
    tensor([0., 2.])
    """
    dim, index = scattering("scatter_add", input, dim, index, src)
    return apply("scatter_add", (input, index, src), (dim,), out)


@function("method", names="scatter_add_")
def scatter_add_(self: Any, dim: int, index: Any, src: Any) -> Any:
    """Do in place what `scatter_add` does.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.zeros(2).scatter_add_(0, plugrad.tensor([1, 1]), plugrad.ones(2))
    tensor([0., 2.])
    """
    dim, index = scattering("scatter_add_", self, dim, index, src)
    return change("scatter_add", (self, index, src), (dim,))


@function()
def take_along_dim(input: Any, indices: Any, dim: int | None = None, *, out: Any = None) -> Any:
    """Return the elements at positions along a dimension, as `argsort` and kin give them.

    As `gather`, but the two are broadcast, and negative positions count from the end. Without `dim`
    both are flattened.

    Examples
    --------
    >>> import plugrad
    >>> x = plugrad.tensor([[3, 1, 2]])
    >>> plugrad.take_along_dim(x, x.argsort(1), 1)
    tensor([[1, 2, 3]])
    """
    shape = shape_of("take_along_dim", input)
    index = index_given("take_along_dim", indices, (int64,))
    if dim is None:
        return gather(flatten(input), 0, flatten(index), out=out)
    dim = normalize_dim(dim, len(shape))
    if len(shape) != len(index._array.shape):
        raise RuntimeError(
            f"take_along_dim(): indices of shape {list(index._array.shape)} must have as many "
            f"dimensions as the tensor of shape {list(shape)}"
        )
    if len(shape):
        ours, theirs = list(shape), list(index._array.shape)
        ours[dim] = theirs[dim] = 1
        common = list(broadcast_shapes(ours, theirs))
        common[dim] = shape[dim]
        input = expand(input, common)
        common[dim] = index._array.shape[dim]
        index = expand(index, common)
    index = functions["where"](index < 0, index + (shape[dim] if shape else 1), index)
    return gather(input, dim, index, out=out)
