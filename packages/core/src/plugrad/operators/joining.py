"""Joining tensors, and taking them apart again into views."""

from __future__ import annotations

import math
from typing import Any

from plugrad.autograd.tape import TensorBase
from plugrad.operators.shape import expand, moving, shape_of, unsqueeze, view
from plugrad.promotion import can_cast, result_dtype
from plugrad.shapes import broadcast_shapes, normalize_dim
from plugrad.vocabulary.dispatch import dispatch
from plugrad.vocabulary.forms import function
from plugrad.vocabulary.registry import functions, operators

__all__ = ["cat", "stack", "tensors_in"]


def _cat_gradients(k: Any, g: Any, xs_shape: Any, dim: int) -> list[Any]:
    # PyTorch's cat skips empty vectors among tensors of more dimensions.
    sizes = tuple([shape[dim] if len(shape) > dim else 0 for shape in xs_shape])
    parts = k.split_with_sizes(g, sizes, dim)
    return [
        part if len(part.shape) == len(shape) else k.reshape(part, shape)
        for part, shape in zip(parts, xs_shape, strict=True)
    ]


_cat = moving("cat", "*xs; dim", out="casts apart", promotes=True, xs=_cat_gradients)

_stack = moving(
    "stack", "*xs; dim", out="casts apart", promotes=True, xs=lambda k, g, dim: k.unbind(g, dim)
)


def tensors_in(caller: str, tensors: Any) -> list[Any]:
    """Return what must be a sequence of tensors as a list."""
    if not isinstance(tensors, (tuple, list)):
        raise TypeError(
            f"{caller}(): expected a tuple or list of Tensors, not {type(tensors).__name__}"
        )
    for place, tensor in enumerate(tensors):
        if not isinstance(tensor, TensorBase):
            raise TypeError(
                f"{caller}(): expected Tensors, but element {place} is {type(tensor).__name__}"
            )
    return list(tensors)


def _joined(name: str, xs: list[Any], dim: int, out: Any) -> Any:
    kind = result_dtype((x._dtype, not x._array.shape) for x in xs)
    if isinstance(out, TensorBase) and not can_cast(kind, out._dtype):
        raise TypeError(
            f"{name}(): the result is of {kind}, and cannot be put into out of {out._dtype}"
        )
    return dispatch(operators[name], (xs,), (dim,), out)


@function("function")
def cat(tensors: Any, dim: int = 0, *, axis: int | None = None, out: Any = None) -> Any:
    """Return the tensors joined along a dimension that they have.

    Parameters
    ----------
    tensors : sequence of Tensor
        Of one shape but for `dim`; vectors without elements fit to everything. Different dtypes are
        promoted.
    dim : int
    out : Tensor, optional

    Returns
    -------
    Tensor

    Raises
    ------
    RuntimeError
        If shapes differ.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.cat([plugrad.zeros(2), plugrad.ones(1)])
    tensor([0., 0., 1.])
    """
    xs = tensors_in("cat", tensors)
    if not xs:
        raise ValueError("cat(): expected a list of Tensors that is not empty")
    ndim = max([len(x._array.shape) for x in xs])
    dim = normalize_dim(dim if axis is None else axis, ndim)
    return _cat(xs, dim) if out is None else _joined("cat", xs, dim, out)


functions["concat"] = functions["concatenate"] = cat


@function("function")
def stack(tensors: Any, dim: int = 0, *, out: Any = None) -> Any:
    """Return the tensors joined along a new dimension.

    Parameters
    ----------
    tensors : sequence of Tensor
        Of one shape.
    dim : int
    out : Tensor, optional

    Returns
    -------
    Tensor

    Raises
    ------
    RuntimeError
        If shapes differ, or there are none.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.stack([plugrad.zeros(2), plugrad.ones(2)])
    tensor([[0., 0.],
            [1., 1.]])
    """
    xs = _some("stack", tensors)
    dim = normalize_dim(dim, len(xs[0]._array.shape) + 1)
    return _stack(xs, dim) if out is None else _joined("stack", xs, dim, out)


# ------------------------------------------------------------------------ joining in a certain way


def _at_least(x: Any, ndim: int) -> Any:
    """Return a tensor with dimensions of size 1 added, as NumPy's ``atleast_*d`` adds them."""
    have = len(shape_of(f"atleast_{ndim}d", x))
    if have >= ndim:
        return x
    if not have:
        return view(x, (1,) * ndim)
    if have == 1:
        x = unsqueeze(x, 0)
    return unsqueeze(x, -1) if ndim == 3 else x


def _each(ndim: int, tensors: tuple[Any, ...]) -> Any:
    if len(tensors) == 1 and not isinstance(tensors[0], (tuple, list)):
        return _at_least(tensors[0], ndim)
    given = tensors[0] if len(tensors) == 1 else tensors
    return tuple([_at_least(x, ndim) for x in given])


@function("function")
def atleast_1d(*tensors: Any) -> Any:
    """Return each tensor with 1 dimension at least: a tensor, or for several a tuple.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.atleast_1d(plugrad.tensor(2))
    tensor([2])
    """
    return _each(1, tensors)


@function("function")
def atleast_2d(*tensors: Any) -> Any:
    """Return each tensor with 2 dimensions at least: a vector becomes a row.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.atleast_2d(plugrad.tensor([1, 2])).shape
    plugrad.Size([1, 2])
    """
    return _each(2, tensors)


@function("function")
def atleast_3d(*tensors: Any) -> Any:
    """Return each tensor with 3 dimensions at least: a matrix gets a last one.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.atleast_3d(plugrad.ones(2, 3)).shape
    plugrad.Size([2, 3, 1])
    """
    return _each(3, tensors)


def _some(caller: str, tensors: Any) -> list[Any]:
    xs = tensors_in(caller, tensors)
    if not xs:
        raise RuntimeError(f"{caller}(): expected a list of Tensors that is not empty")
    return xs


@function("function", aten="aten::hstack")
def hstack(tensors: Any, *, out: Any = None) -> Any:
    """Return the tensors joined along dimension 1; vectors along their only one.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.hstack([plugrad.zeros(1), plugrad.ones(2)])
    tensor([0., 1., 1.])
    """
    xs = [_at_least(x, 1) for x in _some("hstack", tensors)]
    return cat(xs, 1 if xs and len(xs[0]._array.shape) > 1 else 0, out=out)


@function("function", names="vstack row_stack", aten="aten::vstack")
def vstack(tensors: Any, *, out: Any = None) -> Any:
    """Return the tensors joined along dimension 0, vectors as rows.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.vstack([plugrad.zeros(2), plugrad.ones(2)])
    tensor([[0., 0.],
            [1., 1.]])
    """
    return cat([_at_least(x, 2) for x in _some("vstack", tensors)], 0, out=out)


@function("function", aten="aten::dstack")
def dstack(tensors: Any, *, out: Any = None) -> Any:
    """Return the tensors joined along dimension 2.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.dstack([plugrad.zeros(2), plugrad.ones(2)]).shape
    plugrad.Size([1, 2, 2])
    """
    return cat([_at_least(x, 3) for x in _some("dstack", tensors)], 2, out=out)


@function("function")
def column_stack(tensors: Any, *, out: Any = None) -> Any:
    """Return the tensors joined along dimension 1, vectors as columns.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.column_stack([plugrad.zeros(2), plugrad.ones(2)])
    tensor([[0., 1.],
            [0., 1.]])
    """
    xs = [
        x if len(x._array.shape) > 1 else view(x, (math.prod(x._array.shape), 1))
        for x in tensors_in("column_stack", tensors)
    ]
    return cat(xs, 1, out=out)


@function("function", aten="aten::broadcast_tensors")
def broadcast_tensors(*tensors: Any) -> tuple[Any, ...]:
    """Return the tensors expanded to the shape that they broadcast to.

    Examples
    --------
    >>> import plugrad
    >>> x, y = plugrad.broadcast_tensors(plugrad.ones(3), plugrad.ones(2, 1))
    >>> x.shape == y.shape == (2, 3)
    True
    """
    given = tensors[0] if len(tensors) == 1 and isinstance(tensors[0], (tuple, list)) else tensors
    xs = tensors_in("broadcast_tensors", given)
    shape = broadcast_shapes(*[x._array.shape for x in xs])
    return tuple([x if x._array.shape == shape else expand(x, shape) for x in xs])
