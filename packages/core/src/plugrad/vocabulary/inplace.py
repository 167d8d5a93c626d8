"""Writing into tensors that exist: in-place forms (``x.mul_(2)``) and ``out=``.

Everything is checked and computed before anything is written, so that a refused operation leaves
its tensors as they were.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from plugrad.autograd import tape, views
from plugrad.autograd.modes import mode
from plugrad.promotion import can_cast
from plugrad.shapes import broadcast_shapes
from plugrad.vocabulary.arguments import checked, follow, on_one_device, tensors_of
from plugrad.vocabulary.evaluation import evaluate
from plugrad.vocabulary.nodes import make_node
from plugrad.vocabulary.observers import named, observed
from plugrad.vocabulary.registry import Operator

if TYPE_CHECKING:
    from plugrad.tensor import Tensor

__all__ = ["changed", "inplace", "refuse_change", "refuse_overlap", "write_out"]


def inplace(op: Operator, arrays: tuple[Any, ...], params: tuple[Any, ...]) -> Any:
    """Apply an operator and put the result in the place of its first array.

    Parameters
    ----------
    op : Operator
        Whose result has the first array's shape.
    arrays, params : tuple
        As for `plugrad.vocabulary.dispatch.dispatch`.

    Returns
    -------
    Tensor
        The first array.

    Raises
    ------
    RuntimeError
        If the tensor may not be changed (a leaf that requires grad, a view whose history could not
        be kept, expanded or overlapping memory), or cannot hold the result.
    """
    if mode.observers:
        shown = named(f"{op.aten}_")
        return observed(shown, (*arrays, *params), _inplace, op, arrays, params)
    return _inplace(op, arrays, params)


def _inplace(op: Operator, arrays: tuple[Any, ...], params: tuple[Any, ...]) -> Any:
    target = arrays[0]
    if mode.run is not None and _changed_at_once(op, arrays, params):
        return target
    name = _name(op)
    arrays = checked(op, arrays)
    if not isinstance(target, tape.TensorBase):
        raise TypeError(f"{name}(): can only change a Tensor, not {type(target).__name__}")
    tensor: Any = target
    if op.check is not None:
        op.check(*arrays, *params)
    refuse_change(tensor, name)
    arrays = on_one_device(op, arrays)
    if arrays[0] is not tensor:
        if not follow(arrays[0], tensor):
            raise RuntimeError(
                f"{name}(): the tensor to change is on {tensor.device}, the others are elsewhere"
            )
        arrays = (tensor, *arrays[1:])
    for other in tensors_of(arrays[1:]):
        refuse_overlap(tensor, other, name)
    table = tensor._table
    check = None if mode.anomaly is None else mode.anomaly.calling(name, arrays)
    recorded = _before_change(op, arrays) if mode.grad else arrays
    if op.moves and hasattr(type(table), op.into):
        # The kernel need not make a copy of all for the sake of a part.
        ((tensor._array, _),), compute = evaluate(op, arrays, params, op.into)
    else:
        ((result, kind),), compute = evaluate(op, arrays, params)
        _refuse_result(tensor, result.shape, kind, name)
        tensor._array = mode.quiet(table.assign, tensor._array, result)
    changed(tensor, name)
    if check is not None:
        check([tensor])
    node = make_node(op, recorded, params, [tensor], compute)
    if node is not None:
        views.rebase(tensor, node)
    return tensor


def _changed_at_once(op: Operator, arrays: tuple[Any, ...], params: tuple[Any, ...]) -> bool:
    """Do the usual case of an optimizer's step, and return whether it was one.

    Nothing is to be recorded, nothing to be converted or broadcast, and the table has a kernel that
    writes into its first array.
    """
    tensor = arrays[0]
    if not isinstance(tensor, tape.TensorBase):
        return False
    table: Any = tensor._table
    kernel = getattr(table, op.into, None)
    if kernel is None:
        return False
    kind, array, meta = tensor._dtype, tensor._array, tensor._meta
    recording = mode.grad
    if not kind.weak_scalar or (recording and tensor._edge is not None):
        return False
    if (meta is not None and meta.view is not None) or isinstance(tensor._cell, tape.InferenceCell):
        return False
    if not array.shape or not table.is_dense(array):
        return False
    raw = [array]
    for other in arrays[1:]:
        if other.__class__ is float or other.__class__ is int:
            raw.append(other)
            continue
        if (
            not isinstance(other, tape.TensorBase)
            or other._table is not table
            or other._dtype is not kind
            or (recording and other._edge is not None)
        ):
            return False
        values = other._array
        if values.shape != array.shape or (
            values is not array and table.may_overlap(array, values)
        ):
            return False
        raw.append(values)
    tensor._array = mode.quiet(kernel, *raw, *params)
    changed(arrays[0], _name(op))
    return True


def _name(op: Operator) -> str:
    # Some are another operator in place, with another derivative.
    return f"{op.name.removesuffix('_in_place')}_"


def changed(tensor: Tensor, name: str) -> None:
    """Note that `name` has changed the tensor's memory."""
    cell = tape.alias_cell(tensor)
    if not isinstance(cell, tape.InferenceCell):
        cell.version += 1
    cell.changed_by = name if mode.anomaly is None else mode.anomaly.located(name)


def _before_change(op: Operator, arrays: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return the arrays as the node is to save them.

    Where a rule asks for the old values of the tensor that is about to change, that is a copy of
    them, with the history that the tensor has had until now.
    """
    tensor, *others = arrays
    users = op.users(op.array_names[0])
    wants = dict(zip(op.array_names, arrays, strict=True))
    needed = any(t._edge is not None for user in users for t in tensors_of((wants[user],)))
    if not needed and not (op.form == "elementwise" and tensor._edge is not None):
        return arrays
    array = mode.quiet(tensor._table.copy, tensor._array) if needed else tensor._array
    before = tape.new_tensor(array, tensor._table, tensor._dtype)
    before._edge = tensor._edge
    return (before, *(before if other is tensor else other for other in others))


_ORIGINS = {
    "no_grad": "was made under no_grad",
    "several outputs": "has siblings",
    "function": "was returned by a custom Function, or is such a Function's argument",
}


def refuse_change(tensor: Tensor, name: str) -> None:
    """Check that a tensor may be changed in place.

    Raises
    ------
    RuntimeError
        If not.
    """
    meta = tensor._meta
    if mode.grad:
        if tensor._edge is not None and tape.is_leaf(tensor):
            # One of the few sentences that are PyTorch's own: programs match it.
            raise RuntimeError(
                "a leaf Variable that requires grad is being used in an in-place operation."
            )
        view = meta.view if meta is not None else None
        if view is not None:
            base = view.base
            if base._edge is not None and tape.is_leaf(base):
                raise RuntimeError(
                    f"{name}() would change a leaf that requires grad through its view; work on "
                    "a copy (clone), or change it under no_grad()"
                )
            if view.origin and (tensor._edge or base._edge):
                raise RuntimeError(
                    f"{name}() cannot change this view in place: it {_ORIGINS[view.origin]}, so "
                    "the history of its base could not be kept; clone it first"
                )
    if isinstance(tensor._cell, tape.InferenceCell) and not mode.inference:
        raise RuntimeError(
            f"{name}() cannot change a tensor made in inference mode outside of it; clone it first"
        )
    if not tensor._table.mutable and meta is not None and meta.view is not None:
        raise RuntimeError(
            f"{name}() cannot change a view: arrays of the {tensor.device} backend are immutable"
        )
    if tensor._table.repeats(tensor._array):
        raise RuntimeError(
            f"{name}() would write to a tensor of which several elements share one place in "
            "memory (an expanded tensor); clone it first"
        )
    if mode.packers:
        mode.packers[-1].before_change(tensor)


def refuse_overlap(tensor: Tensor, other: Tensor, name: str) -> None:
    """Check that `other` does not share just part of the memory that is written to.

    Raises
    ------
    RuntimeError
        If it does.
    """
    if tensor._array is not other._array and tensor._table.may_overlap(tensor._array, other._array):
        raise RuntimeError(
            f"{name}(): an argument shares part of its memory with the tensor that is written to; "
            "clone one of them first"
        )


def _refuse_result(tensor: Tensor, shape: tuple[int, ...], kind: Any, name: str) -> None:
    if shape != tensor._array.shape:
        broadcast_shapes(shape, tensor._array.shape)
        raise RuntimeError(
            f"{name}(): the result has shape {list(shape)}, and does not fit into the tensor of "
            f"shape {list(tensor._array.shape)}"
        )
    if not can_cast(kind, tensor._dtype):
        raise RuntimeError(
            f"{name}(): the result is of {kind}, and cannot be put into a tensor of "
            f"{tensor._dtype}; convert the tensor first"
        )


def write_out(op: Operator, out: Any, results: list[Any], inputs: list[Tensor]) -> Any:
    """Write an operator's results into the tensors given as ``out=``.

    Raises
    ------
    TypeError
        If `out` is not made of tensors, as many as there are results.
    RuntimeError
        If recording would be needed, or a tensor cannot hold its result.
    """
    targets = list(out) if isinstance(out, (tuple, list)) else [out]
    if len(targets) != len(results) or not all(isinstance(t, tape.TensorBase) for t in targets):
        raise TypeError(
            f"{op.name}(): out must be {len(results)} tensor(s), not {type(out).__name__}"
        )
    recorded = mode.grad and bool(op.rules or op.joint or op.form == "composite")
    if recorded and any(t._edge is not None for t in [*inputs, *targets]):
        raise RuntimeError(
            f"{op.name}(): out= cannot be recorded, but an argument requires grad; use the "
            "returned tensor, or no_grad()"
        )
    casts = "casts" in op.out and ("complex" not in op.out or inputs[0]._dtype.is_complex)
    for target, (array, kind) in zip(targets, results, strict=True):
        refuse_change(target, op.name)
        fits = can_cast(kind, target._dtype) if casts else kind is target._dtype
        if not fits:
            raise RuntimeError(
                f"{op.name}(): the result is of {kind}, and cannot be put into out of "
                f"{target._dtype}"
            )
        alike = target._array.shape == array.shape
        if "apart" in op.out or (op.form == "elementwise" and not alike):
            _refuse_sharing(op, target, inputs)
        elif alike:
            for tensor in inputs:
                refuse_overlap(target, tensor, op.name)
    for target, (array, _) in zip(targets, results, strict=True):
        _write(op, target, array)
    return out


def _refuse_sharing(op: Operator, target: Tensor, inputs: list[Tensor]) -> None:
    """Check that what is written into is none of the inputs, not even the whole of one."""
    table, written = target._table, target._array
    for tensor in inputs:
        same = 0 not in written.shape and table.data_ptr(written) == table.data_ptr(tensor._array)
        if tensor is target or same or table.may_overlap(written, tensor._array):
            raise RuntimeError(f"{op.name}(): out shares memory with an input; pass another tensor")


def _write(op: Operator, target: Tensor, array: Any) -> None:
    table = target._table
    if target._array.shape == array.shape:
        target._array = mode.quiet(table.assign, target._array, array)
    else:
        if 0 not in target._array.shape:
            warnings.warn(
                f"{op.name}(): out had shape {list(target._array.shape)} and was resized to "
                f"{list(array.shape)}; pass an empty tensor to have it resized silently",
                UserWarning,
                stacklevel=4,
            )
        target._array = mode.quiet(table.cast, array, target._dtype)
    changed(target, op.name)
