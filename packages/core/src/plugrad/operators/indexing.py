"""``x[...]``, reading and writing, taken apart into the operators that PyTorch records.

An int is a `select`, a slice a `slice`, None an `unsqueeze`; these give views, from the first
dimension to the last. What is left (masks, tensors and sequences of ints) is one `index`, which
copies. Assignment follows the same views and writes to the last of them: by `copy_` or `fill_`, or
with indices by `index_put_`.
"""

from __future__ import annotations

from typing import Any

import numpy

from plugrad.autograd.modes import mode
from plugrad.autograd.tape import InferenceCell, TensorBase, new_tensor
from plugrad.autograd.views import add_step
from plugrad.dtypes import bool_, int64
from plugrad.operators.filling import copy_, fill_
from plugrad.operators.keys import (
    indices_of,
    refuse_mask,
    require_broadcast,
    taken_apart,
    too_many,
)
from plugrad.operators.numbers import fitting
from plugrad.operators.parts import bounds
from plugrad.operators.shape import expand, moving, view
from plugrad.vocabulary.arguments import is_number
from plugrad.vocabulary.forms import function, primitive
from plugrad.vocabulary.inplace import changed, inplace
from plugrad.vocabulary.registry import methods, operators

__all__ = ["index_put", "index_put_"]

_alias, _select, _slice, _unsqueeze = (
    operators[n].call for n in ("alias", "select", "slice", "unsqueeze")
)

# `dims` says for each array of indices the dimension that it counts along; a mask takes up as many
# as it has.
_index = moving(
    "index", "x, *indices; dims",
    x=lambda k, g, x_shape, indices, dims: k.index_grad(g, indices, x_shape, dims),
)  # fmt: skip

moving(
    "index_grad", "x, *indices; shape, dims",
    node="IndexPutBackward0", aten="aten::_index_put_impl_",
    x=lambda k, g, indices, dims: k.index(g, indices, dims),
)  # fmt: skip


def _index_put_gradient(k: Any, g: Any, indices: Any, dims: Any, accumulate: bool) -> Any:
    return g if accumulate else k.index_put(g, k.new_zeros(g, ()), indices, dims, False)


_index_put = primitive(
    "index_put", "x, values, *indices; dims, accumulate", moves=True,
    x=_index_put_gradient,
    values=lambda k, g, indices, dims: k.index(g, indices, dims),
)  # fmt: skip


# -------------------------------------------------------------------------------------------- read


def _plain(key: Any) -> Any:
    """Return a key of ints and slices as NumPy takes it for a view; None if it holds more."""
    kind = key.__class__
    if kind is int:
        return (key, ...)
    if kind is slice:
        return (key, ...) if key.step is None or key.step > 0 else None
    if key is ...:
        return key
    if kind is not tuple:
        return None
    whole = False
    for item in key:
        kind = item.__class__
        if kind is slice:
            if item.step is not None and item.step <= 0:
                return None
        elif item is ...:
            whole = True
        elif kind is not int:
            return None
    return key if whole else (*key, ...)


def _getitem(self: Any, key: Any) -> Any:
    """Return a part of the tensor: a view where only ints, slices, None and ... stand in the key.

    Raises
    ------
    IndexError
        If there are too many indices, or one is out of range, or none at all.
    """
    array = self._array
    kind = key.__class__
    if self._edge is None or not mode.grad:
        # Nothing is recorded: NumPy follows the whole key at once.
        if array.__class__ is numpy.ndarray and mode.run is not None:
            plain = (key, ...) if kind is int else _plain(key)
            if plain is not None:
                try:
                    part = array[plain]
                except IndexError:
                    pass  # said below, in our words
                else:
                    tensor = new_tensor(part, self._table, self._dtype)
                    # A kernel, but no operator: several selects and slices in one step.
                    add_step(tensor, self, ("basic_index", (plain,), array.shape))
                    return tensor
    elif array.shape:
        if kind is int and 0 <= key < array.shape[0]:
            return _select(self, 0, key)
        if kind is slice:
            return _slice(self, 0, *bounds(key, array.shape[0]))
    if key is None:
        return _unsqueeze(self, 0)
    if isinstance(key, TensorBase) and key._dtype is int64 and key._array.shape and array.shape:
        return _index(self, [key], (0,))
    part, indices, dims = taken_apart(self, key)
    if indices:
        require_broadcast(indices)
        return _index(part, indices, tuple(dims))
    if part is self:
        return _slice(self, 0, *bounds(key, array.shape[0])) if kind is slice else _alias(self)
    return part


# ------------------------------------------------------------------------------------------- write


def _setitem(self: Any, key: Any, value: Any) -> None:
    """Write into a part of the tensor.

    Raises
    ------
    IndexError
        As for reading.
    TypeError
        If the value is neither a tensor nor a number.
    RuntimeError
        If it does not fit, or the tensor may not be changed.
    """
    if key is False or _written_at_once(self, key, value):
        return
    if not isinstance(value, TensorBase):
        value = _number(self, value)
    if key is True:
        _overwrite(_unsqueeze(self, 0), value)
        return
    part, indices, dims = taken_apart(self, key)
    if not indices:
        _overwrite(part, value)
        return
    require_broadcast(indices)
    inplace(operators["index_put"], (part, _trimmed(value), indices), (tuple(dims), False))


def _written_at_once(x: Any, key: Any, value: Any) -> bool:
    """Let NumPy do the whole assignment, if it is a usual one of which nothing is recorded."""
    array = x._array
    if array.__class__ is not numpy.ndarray or mode.run is None or not _is_free(x):
        return False
    if isinstance(value, TensorBase):
        if (
            value._dtype is not x._dtype
            or value._table is not x._table
            or (value._edge is not None and mode.grad)
            or (value._cell is not None and value._cell is x._cell)
        ):
            return False
        value = value._array
    elif not _fits(x._dtype, value):
        return False
    if isinstance(key, TensorBase):
        if key._dtype not in (int64, bool_) or key._table is not x._table:
            return False
        plain = key._array if key._array.shape else None
    else:
        plain = _plain(key)
    if plain is None:
        return False
    try:
        array[plain] = value
    except (IndexError, ValueError):
        return False  # nothing has been written; the long way says what is wrong
    changed(x, "__setitem__")
    return True


def _is_free(x: Any) -> bool:
    """Return whether a tensor may be written to, and has no history, nor has its base."""
    cell, meta = x._cell, x._meta
    if cell.__class__ is InferenceCell or 0 in x._array.strides:
        return False
    if not mode.grad:
        return True
    view = None if meta is None else meta.view
    return x._edge is None and (view is None or view.base._edge is None)


def _fits(kind: Any, value: Any) -> bool:
    """Return whether NumPy converts a Python number to a dtype as PyTorch does."""
    given = value.__class__
    if kind.weak_scalar:
        return (given is float or given is int) and -3e38 < value < 3e38
    return (given is int and kind is int64 and -(2**63) <= value < 2**63) or (
        given is bool and kind is bool_
    )


def _number(x: Any, value: Any) -> Any:
    """Return a number as a 0-d tensor of the dtype of `x`.

    Raises
    ------
    TypeError
        If it is none.
    RuntimeError
        If the dtype cannot hold it.
    """
    if not is_number(value):
        raise TypeError(
            f"elements of a tensor can be set to a tensor or a number, not to a "
            f"{type(value).__name__}"
        )
    value = value.item() if isinstance(value, (numpy.generic, numpy.ndarray)) else value
    table, kind = x._table, x._dtype
    return new_tensor(table.scalar(fitting("__setitem__", value, kind), kind), table, kind)


def _overwrite(part: Any, value: Any) -> None:
    """Write a tensor into a view, broadcast and converted."""
    shape = value._array.shape
    if not shape and part._array.shape:
        fill_(part, value)
        return
    if shape != part._array.shape:
        value = view(value, _leading_ones_off(shape))
        if value._array.shape != part._array.shape:
            value = expand(value, part._array.shape)
    copy_(part, value)


def _leading_ones_off(shape: tuple[int, ...]) -> tuple[int, ...]:
    first = 0
    while first < len(shape) and shape[first] == 1:
        first += 1
    return shape[first:]


def _trimmed(value: Any) -> Any:
    """Return values without leading dimensions of size 1, which fit to everything."""
    shape = value._array.shape
    return view(value, _leading_ones_off(shape)) if shape and shape[0] == 1 else value


def _delitem(self: Any, key: Any) -> None:
    raise TypeError("elements of a tensor cannot be deleted")


methods["__getitem__"] = _getitem
methods["__setitem__"] = _setitem
methods["__delitem__"] = _delitem


# ------------------------------------------------------------------------------------- by function


def _given(x: Any, indices: Any) -> tuple[list[Any], tuple[int, ...]]:
    """Return the tensors of indices for `index_put`, and the dimensions that they begin at."""
    if not isinstance(indices, (tuple, list)):
        raise TypeError(
            f"index_put(): indices must be a tuple of Tensors, not {type(indices).__name__}"
        )
    found, dims, dim = [], [], 0
    for item in indices:
        if not isinstance(item, TensorBase):
            raise TypeError(f"index_put(): indices must be Tensors, not {type(item).__name__}")
        tensor = indices_of(x, item)
        refuse_mask(x, tensor, dim)
        found.append(tensor)
        dims.append(dim)
        dim += len(tensor._array.shape) if tensor._dtype is bool_ else 1
    if dim > len(x._array.shape):
        raise too_many(x, len(indices))
    require_broadcast(found)
    return found, tuple(dims)


@function()
def index_put(input: Any, indices: Any, values: Any, accumulate: bool = False) -> Any:
    """Return a copy of `input` with `values` written, or added, where `indices` say.

    Parameters
    ----------
    input : Tensor
    indices : tuple of Tensor
        Of integers or masks, as between the brackets of ``input[...]``.
    values : Tensor
        Of the same dtype; broadcast.
    accumulate : bool
        Whether to add; elements that are named twice are added to twice.

    Returns
    -------
    Tensor

    Examples
    --------
    >>> import plugrad
    >>> ones, where = plugrad.ones(2), plugrad.tensor([0, 0])
    >>> plugrad.index_put(plugrad.zeros(2), (where,), ones, accumulate=True)
    tensor([2., 0.])
    """
    found, dims = _given(input, indices)
    return _index_put(input, values, found, dims, accumulate)


@function("function method", names="index_put_")
def index_put_(input: Any, indices: Any, values: Any, accumulate: bool = False) -> Any:
    """Write, or add, `values` where `indices` say: `index_put` in place.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.zeros(2).index_put_((plugrad.tensor([1]),), plugrad.tensor(3.0))
    tensor([0., 3.])
    """
    found, dims = _given(input, indices)
    return inplace(operators["index_put"], (input, values, found), (dims, accumulate))
