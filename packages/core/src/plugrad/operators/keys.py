"""What stands in brackets: ``x[0, 1:, None, mask, [2, 3]]`` taken apart.

An int is a `select`, a slice a `slice`, None an `unsqueeze`: views, from the first dimension to the
last. True and False, tensors, arrays and sequences are indices, which copy.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from operator import index
from typing import Any

import numpy

from plugrad.autograd.tape import TensorBase, new_tensor
from plugrad.dtypes import bool_, from_numpy_dtype, int32, int64, uint8
from plugrad.operators.parts import bounds, position
from plugrad.vocabulary.registry import operators

__all__ = ["indices_of", "refuse_mask", "require_broadcast", "taken_apart", "too_many"]

_select, _slice, _unsqueeze = (operators[n].call for n in ("select", "slice", "unsqueeze"))


def taken_apart(x: Any, key: Any) -> tuple[Any, list[Any], list[int]]:
    """Follow the ints, slices and None of a key.

    Returns
    -------
    view : Tensor
        `x` itself where there are none.
    indices : list of Tensor
        What is left: positions or masks.
    dims : list of int
        The dimension of `view` that each of them begins at.

    Raises
    ------
    IndexError
        If there are too many, one is out of range, or no index at all.
    """
    keys = key if key.__class__ is tuple else tuple(key) if _is_several(key) else (key,)
    ndim, taken = len(x._array.shape), 0
    for item in keys:
        kind = item.__class__
        taken += 1 if kind is int or kind is slice else _dims_of(item)
    if taken > ndim:
        raise too_many(x, len(keys))
    view, dim = x, 0
    indices: list[Any] = []
    dims: list[int] = []
    for item in keys:
        kind = item.__class__
        if kind is slice:
            size = view._array.shape[dim]
            start, end, step = bounds(item, size)
            if step != 1 or not _is_whole(item, size):
                view = _slice(view, dim, start, end, step)
            dim += 1
        elif item is None:
            view = _unsqueeze(view, dim)
            dim += 1
        elif item is ...:
            dim += ndim - taken
            taken = ndim
        elif (number := item if kind is int else _as_number(item)) is None:
            found = indices_of(x, item)
            refuse_mask(view, found, dim)
            indices.append(found)
            dims.append(dim)
            dim += len(found._array.shape) if found._dtype is bool_ else 1
        elif number.__class__ is int:
            view = _select(view, dim, position(number, view._array.shape[dim], dim))
        else:
            # True adds a dimension of size 1, and False one of size 0.
            view = _unsqueeze(view, dim)
            indices.append(_tensor(x, numpy.zeros(int(number), numpy.int64)))
            dims.append(dim)
            dim += 1
    return view, indices, dims


def _is_whole(item: slice, size: int) -> bool:
    """Return whether a slice of step 1 takes all; as written, in PyTorch, where -size is not 0."""
    return item.start in (None, 0) and (item.stop is None or index(item.stop) >= size)


def too_many(x: Any, count: int) -> IndexError:
    """Return what to raise for more indices than dimensions."""
    return IndexError(
        f"{count} indices are too many for a tensor of {len(x._array.shape)} dimension(s)"
    )


def _is_several(key: Any) -> bool:
    """Return whether a sequence stands for several indices, as a tuple does."""
    # The rule is NumPy's of old, as PyTorch has it still: a short list with anything but numbers.
    if not isinstance(key, Sequence):
        return False
    return len(key) < 32 and any(
        item is None or item is ... or isinstance(item, (slice, TensorBase, list, tuple, str))
        for item in key
    )


def _dims_of(key: Any) -> int:
    """Return how many dimensions of the tensor one index takes up."""
    if key is None or key is ... or isinstance(key, (bool, numpy.bool_)):
        return 0
    if isinstance(key, TensorBase) and key._dtype in (bool_, uint8):
        return len(key._array.shape)
    if isinstance(key, numpy.ndarray) and key.dtype in (numpy.bool_, numpy.uint8):
        return key.ndim
    if isinstance(key, (list, tuple)):
        # A nested list of bools is a mask.
        first, depth = key, 0
        while isinstance(first, (list, tuple)) and first:
            first, depth = first[0], depth + 1
        return depth if isinstance(first, bool) else 1
    return 1


def _as_number(item: Any) -> Any:
    """Return the int or bool that one index is, or None."""
    kind = item.__class__
    if kind is int or kind is bool:
        return item
    if isinstance(item, TensorBase):
        if item._array.shape:
            return None
        if item._dtype in (bool_, uint8):
            return bool(item)
        if item._dtype in (int64, int32):
            return int(item)  # type: ignore[call-overload]
        return None
    if isinstance(item, numpy.bool_):
        return bool(item)
    if isinstance(item, (numpy.ndarray, list, tuple)):
        return int(item) if isinstance(item, numpy.ndarray) and item.shape == () else None
    try:
        return int(item.__index__())
    except (AttributeError, TypeError):
        return None


def _tensor(x: Any, array: Any) -> Any:
    return new_tensor(x._table.from_host(array), x._table, from_numpy_dtype(array.dtype))


def indices_of(x: Any, item: Any) -> Any:
    """Return a tensor or sequence of indices as a tensor of int64 or bool, where `x` is.

    Raises
    ------
    IndexError
        If it is none.
    """
    if not isinstance(item, TensorBase):
        if not isinstance(item, (numpy.ndarray, list, tuple, range)):
            error = TypeError if isinstance(item, str) else IndexError
            raise error(
                "an index must be an int, a slice, None, ..., or a tensor or sequence of ints or "
                f"bools, not {type(item).__name__}"
            )
        array = numpy.asarray(item)
        item = _tensor(x, array.astype(numpy.int64) if array.size == 0 else array)
    found: Any = item
    if found._dtype is uint8:
        warnings.warn(
            "indexing with uint8 as a mask is deprecated; use bool", UserWarning, stacklevel=4
        )
        found = operators["cast"].call(found, bool_)
    elif found._dtype is int32:
        found = operators["cast"].call(found, int64)
    elif found._dtype is not int64 and found._dtype is not bool_:
        raise IndexError(f"indices must be of int64, int32 or bool, not {found._dtype}")
    if found._table is not x._table:
        found = found.to(x._table.device)
    return found.detach() if found._edge is not None else found


def refuse_mask(view: Any, mask: Any, dim: int) -> None:
    """Check that a mask fits from dimension `dim` on.

    Raises
    ------
    IndexError
        If it does not.
    """
    if mask._dtype is not bool_:
        return
    shape = mask._array.shape
    if shape != view._array.shape[dim : dim + len(shape)]:
        raise IndexError(
            f"a mask of shape {list(shape)} does not fit a tensor of shape "
            f"{list(view._array.shape)} at dimension {dim}"
        )


def require_broadcast(indices: list[Any]) -> None:
    """Check that positions for several dimensions broadcast.

    Raises
    ------
    IndexError
        If they do not.
    """
    if len(indices) > 1:
        shapes = [i._array.shape for i in indices if i._dtype is not bool_]
        try:
            numpy.broadcast_shapes(*shapes)
        except ValueError:
            raise IndexError(
                f"indices of the shapes {', '.join(str(list(s)) for s in shapes)} do not broadcast"
            ) from None
