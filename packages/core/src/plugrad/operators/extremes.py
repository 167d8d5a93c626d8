"""The largest and the smallest elements: their values, and where they are.

Where several elements are the largest, `max` over everything and `amax` share the gradient evenly
among them; ``max(dim)``, which also tells the index, gives it to the element at that index.
"""

from __future__ import annotations

from typing import Any

from plugrad import dtypes, return_types
from plugrad.autograd.tape import TensorBase
from plugrad.operators.dimensions import (
    UNSET,
    apply,
    one_dim,
    reduced_dims,
    refuse_empty,
    require_real,
    require_tensor,
    restored,
)
from plugrad.vocabulary.forms import function, linear, primitive
from plugrad.vocabulary.registry import functions

__all__ = ["amax", "amin", "aminmax", "argmax", "argmin", "max", "min"]

# The transpose of picking one element (or several different ones) from each slice along `dim`.
_place_along = linear(
    "place_along", "x, index; shape, dim", aten="aten::value_selecting_reduction_backward",
    x=lambda k, g, index, dim: k.gather(g, index, dim),
)  # fmt: skip


def shared_by_all(k: Any, g: Any, x: Any, x_shape: Any, out: Any) -> Any:
    """Share `g` evenly among the elements that equal `out`; if that is NaN, among the NaNs."""
    chosen = k.logical_or(x == out, k.logical_and(k.isnan(x), k.isnan(out)))
    count = k.sum(k.keep(k.ones_like(x), chosen))
    return k.keep(k.expand(g / count, x_shape), chosen)


def _shared_along(k: Any, g: Any, x: Any, x_shape: Any, out: Any, dim: Any, keepdim: bool) -> Any:
    """Share `g` evenly along `dim`: where `out` is NaN, the whole slice gets NaN, as in PyTorch."""
    chosen = x == restored(k, out, x_shape, dim, keepdim)
    count = k.sum_dim(k.keep(k.ones_like(x), chosen), dim, True)
    g = k.expand(restored(k, g, x_shape, dim, keepdim), x_shape)
    return k.keep(g, chosen) / count


def at_index(k: Any, g: Any, indices: Any, x_shape: Any, dim: int, keepdim: bool) -> Any:
    index = restored(k, indices, x_shape, (dim,), keepdim)
    return k.place_along(restored(k, g, x_shape, (dim,), keepdim), index, x_shape, dim)


_max = primitive("max", "x", out="casts", node="MaxBackward1", moves=True, x=shared_by_all)
_min = primitive("min", "x", out="casts", node="MinBackward1", moves=True, x=shared_by_all)
_max_dim = primitive(
    "max_dim", "x; dim, keepdim=False", outputs="values, indices", node="MaxBackward0",
    aten="aten::max", moves=True, x=at_index,
)  # fmt: skip
_min_dim = primitive(
    "min_dim", "x; dim, keepdim=False", outputs="values, indices", node="MinBackward0",
    aten="aten::min", moves=True, x=at_index,
)  # fmt: skip
_amax = primitive("amax", "x; dim, keepdim=False", moves=True, x=_shared_along)
_amin = primitive("amin", "x; dim, keepdim=False", moves=True, x=_shared_along)


def _aminmax_rule(
    k: Any, g_min: Any, g_max: Any, x: Any, x_shape: Any, min: Any, max: Any, dim: Any,
    keepdim: bool,
) -> Any:  # fmt: skip
    low = _shared_along(k, g_min, x, x_shape, min, dim, keepdim)
    return low + _shared_along(k, g_max, x, x_shape, max, dim, keepdim)


_aminmax = primitive(
    "aminmax", "x; dim, keepdim=False", outputs="min, max", moves=True,
    body=lambda k, x, dim, keepdim: (k.amin(x, dim, keepdim), k.amax(x, dim, keepdim)),
    x=_aminmax_rule,
)  # fmt: skip
_argmax = primitive("argmax", "x; dim=None, keepdim=False", result="index")
_argmin = primitive("argmin", "x; dim=None, keepdim=False", result="index")


def _extreme(
    name: str, binary: str, input: Any, dim: Any, keepdim: bool, other: Any, out: Any
) -> Any:
    """Tell the three functions called ``max`` apart: of all, along a dimension, of two tensors."""
    if isinstance(dim, TensorBase):
        dim, other = UNSET, dim
    if other is not UNSET:
        if keepdim or dim is not UNSET:
            raise TypeError(f"{name}(): of two tensors takes neither dim nor keepdim")
        require_tensor(name, other, "other")
        return functions[binary](input, other, out=out)
    if dim is UNSET:
        if keepdim:
            raise TypeError(f"{name}(): keepdim needs a dim")
        _check_order(name, input, NotImplementedError)
        refuse_empty(name, input, None)
        return apply(name, (input,), (), out)
    number = one_dim(name, input, dim, keepdim)
    require_real(name, input)
    refuse_empty(name, input, (number,))
    results = apply(f"{name}_dim", (input,), (number, keepdim), out)
    return getattr(return_types, name)(results)


def _check_order(name: str, input: Any, error: type[Exception]) -> None:
    require_tensor(name, input)
    require_real(name, input, error)


@function("function method")
def max(
    input: Any, dim: Any = UNSET, keepdim: bool = False, *, other: Any = UNSET, out: Any = None,
    axis: Any = UNSET, keepdims: bool = False,
) -> Any:  # fmt: skip
    """Return the largest element; along a dimension also its index; or the larger of two tensors.

    Parameters
    ----------
    input : Tensor
        Of real numbers. NaN counts as larger than everything.
    dim : int, optional
        The dimension along which to look, or the `other` tensor.
    keepdim : bool
        Whether the dimension stays, with size 1.
    other : Tensor, optional
        Compare with this one, element by element, as `maximum` does.
    out : Tensor, or tuple of two, optional
        Where to put the result.
    axis, keepdims
        NumPy's names of `dim` and `keepdim`.

    Returns
    -------
    Tensor, or (values, indices)
        Of several equal elements the index is that of the first.

    Raises
    ------
    RuntimeError, IndexError
        If there is nothing to choose from.

    Examples
    --------
    >>> import plugrad
    >>> x = plugrad.tensor([[1.0, 5.0], [7.0, 2.0]])
    >>> x.max()
    tensor(7.)
    >>> x.max(1).indices
    tensor([1, 0])
    """
    dim = dim if axis is UNSET else axis
    return _extreme("max", "maximum", input, dim, keepdim or keepdims, other, out)


@function("function method")
def min(
    input: Any, dim: Any = UNSET, keepdim: bool = False, *, other: Any = UNSET, out: Any = None,
    axis: Any = UNSET, keepdims: bool = False,
) -> Any:  # fmt: skip
    """Return the smallest element; along a dimension also its index; or the smaller of two tensors.

    Everything else is as for `max`.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.tensor([[1.0, 5.0], [7.0, 2.0]]).min(0)
    plugrad.return_types.min(
    values=tensor([1., 2.]),
    indices=tensor([0, 1]))
    """
    dim = dim if axis is UNSET else axis
    return _extreme("min", "minimum", input, dim, keepdim or keepdims, other, out)


def _reduce_extreme(name: str, input: Any, dim: Any, keepdim: bool, out: Any) -> Any:
    dims = reduced_dims(name, input, dim, keepdim)
    require_real(name, input, NotImplementedError)
    everything = dim == () or dim == [] or dim is None
    refuse_empty(name, input, None if everything else dims)
    return apply(name, (input,), (dims, keepdim), out)


@function("function method")
def amax(
    input: Any, dim: Any = (), keepdim: bool = False, *, out: Any = None, axis: Any = UNSET,
    keepdims: bool = False,
) -> Any:  # fmt: skip
    """Return the largest element along dimensions, by default all.

    Equal largest elements share the gradient evenly.

    Parameters
    ----------
    input : Tensor
        Of real numbers. NaN counts as larger than everything.
    dim : int or sequence of int
        The dimensions to look along.
    keepdim : bool
        Whether they stay, with size 1.
    out : Tensor, optional
        Where to put the result.
    axis, keepdims
        NumPy's names of `dim` and `keepdim`.

    Returns
    -------
    Tensor

    Raises
    ------
    RuntimeError, IndexError
        If there is nothing to choose from.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.tensor([[1.0, 5.0], [7.0, 2.0]]).amax(0)
    tensor([7., 5.])
    """
    dim = dim if axis is UNSET else axis
    return _reduce_extreme("amax", input, dim, keepdim or keepdims, out)


@function("function method")
def amin(
    input: Any, dim: Any = (), keepdim: bool = False, *, out: Any = None, axis: Any = UNSET,
    keepdims: bool = False,
) -> Any:  # fmt: skip
    """Return the smallest element along dimensions, by default all.

    Everything else is as for `amax`.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.tensor([[1.0, 5.0], [7.0, 2.0]]).amin(1)
    tensor([1., 2.])
    """
    dim = dim if axis is UNSET else axis
    return _reduce_extreme("amin", input, dim, keepdim or keepdims, out)


def _arg_extreme(name: str, input: Any, dim: Any, keepdim: bool, out: Any) -> Any:
    number = None if dim is None else one_dim(name, input, dim, keepdim)
    _check_order(name, input, RuntimeError)
    if input._dtype is dtypes.bool_:
        raise RuntimeError(f"{name}() does not take bools; convert the input with .int()")
    refuse_empty(name, input, None if number is None else (number,), IndexError)
    return apply(name, (input,), (number, keepdim), out)


@function("function method")
def argmax(
    input: Any, dim: int | None = None, keepdim: bool = False, *, out: Any = None,
    axis: int | None = None, keepdims: bool = False,
) -> Any:  # fmt: skip
    """Return the index of the largest element: the first, if several are equal.

    Parameters
    ----------
    input : Tensor
        Of real numbers. NaN counts as larger than everything.
    dim : int, optional
        The dimension to look along; by default the index is that in the flattened tensor.
    keepdim : bool
        Whether the dimension stays, with size 1.
    out : Tensor, optional
        Where to put the result.
    axis, keepdims
        NumPy's names of `dim` and `keepdim`.

    Returns
    -------
    Tensor
        Of int64.

    Raises
    ------
    IndexError
        If there is nothing to choose from.

    Examples
    --------
    >>> import plugrad
    >>> x = plugrad.tensor([[1.0, 5.0], [7.0, 2.0]])
    >>> x.argmax(), x.argmax(1)
    (tensor(2), tensor([1, 0]))
    """
    return _arg_extreme("argmax", input, dim if axis is None else axis, keepdim or keepdims, out)


@function("function method")
def argmin(
    input: Any, dim: int | None = None, keepdim: bool = False, *, out: Any = None,
    axis: int | None = None, keepdims: bool = False,
) -> Any:  # fmt: skip
    """Return the index of the smallest element: the first, if several are equal.

    Everything else is as for `argmax`.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.tensor([[1.0, 5.0], [7.0, 2.0]]).argmin(0)
    tensor([0, 1])
    """
    return _arg_extreme("argmin", input, dim if axis is None else axis, keepdim or keepdims, out)


@function("function method")
def aminmax(input: Any, *, dim: int | None = None, keepdim: bool = False, out: Any = None) -> Any:
    """Return the smallest and the largest element, over everything or one dimension.

    Parameters
    ----------
    input : Tensor
        Of real numbers. A NaN is both the smallest and the largest.
    dim : int, optional
        The dimension to look along, by default all.
    keepdim : bool
        Whether it stays, with size 1.
    out : tuple of two Tensors, optional
        Where to put the result.

    Returns
    -------
    (min, max)

    Raises
    ------
    RuntimeError, IndexError
        If there is nothing to choose from.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.tensor([1.0, 5.0, 3.0]).aminmax()
    plugrad.return_types.aminmax(
    min=tensor(1.),
    max=tensor(5.))
    """
    _check_order("aminmax", input, NotImplementedError)
    if dim is None:
        dims = reduced_dims("aminmax", input, None, keepdim)
        refuse_empty("aminmax", input, None)
    else:
        dims = reduced_dims("aminmax", input, one_dim("aminmax", input, dim, keepdim), keepdim)
        refuse_empty("aminmax", input, dims)
    return return_types.aminmax(apply("aminmax", (input,), (dims, keepdim), out))
