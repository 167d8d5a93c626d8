"""The arguments of an operator: what may stand there, and on which device."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy

from plugrad.autograd.tape import TensorBase
from plugrad.vocabulary.registry import Operator

if TYPE_CHECKING:
    from plugrad.tensor import Tensor

__all__ = ["checked", "follow", "is_number", "on_one_device", "tensors_of"]


def is_number(value: object) -> bool:
    """Return whether `value` may stand for a tensor: a Python number, or a NumPy one."""
    return isinstance(value, (bool, int, float, complex, numpy.generic)) or (
        isinstance(value, numpy.ndarray) and value.ndim == 0 and value.dtype != object
    )


def checked(op: Operator, arrays: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return the arguments with NumPy numbers turned into Python's.

    Raises
    ------
    TypeError
        If one is no tensor, and cannot stand for one.
    """
    found: list[Any] = []
    for argument, value in zip(op.arguments, arrays, strict=True):
        if isinstance(value, TensorBase) or (value is None and argument.optional):
            found.append(value)
        elif argument.listed:
            found.append(_checked_list(op, argument.name, value))
        elif op.form == "elementwise" and is_number(value) and _may_be_number(op, not found):
            number = value.item() if isinstance(value, (numpy.generic, numpy.ndarray)) else value
            found.append(number)
        else:
            number = op.form == "elementwise" and _may_be_number(op, not found)
            wanted = "a Tensor or a number" if number else "a Tensor"
            raise TypeError(
                f"{op.name}(): argument {argument.name!r} must be {wanted}, "
                f"not {type(value).__name__}"
            )
    if not any(isinstance(value, (TensorBase, list)) for value in found):
        raise TypeError(f"{op.name}(): at least one argument must be a Tensor, not only numbers")
    return tuple(found)


def _may_be_number(op: Operator, first: bool) -> bool:
    return op.numbers == "any" or (op.numbers == "not first" and not first)


def _checked_list(op: Operator, name: str, value: Any) -> list[Any]:
    if not isinstance(value, (tuple, list)):
        raise TypeError(
            f"{op.name}(): argument {name!r} must be a tuple or list of Tensors, "
            f"not {type(value).__name__}"
        )
    for position, item in enumerate(value):
        if not isinstance(item, TensorBase):
            raise TypeError(
                f"{op.name}(): element {position} of {name!r} must be a Tensor, "
                f"not {type(item).__name__}"
            )
    if not value:
        raise RuntimeError(f"{op.name}(): expected a list of Tensors that is not empty")
    return list(value)


def tensors_of(arrays: tuple[Any, ...]) -> list[Tensor]:
    """Return the tensors among the arguments, those in lists included."""
    found: list[Any] = []
    for value in arrays:
        if isinstance(value, list):
            found.extend(value)
        elif isinstance(value, TensorBase):
            found.append(value)
    return found


def on_one_device(op: Operator, arrays: tuple[Any, ...]) -> tuple[Any, ...]:
    """Bring all arguments to one kernel table.

    Zero-dimensional tensors of the host may stand beside those of a device, as in PyTorch, and a
    tensor of a lower transform level is lifted to the highest.

    Raises
    ------
    RuntimeError
        If the tensors are on different devices.
    """
    tensors = tensors_of(arrays)
    table = tensors[0]._table
    if all(tensor._table is table for tensor in tensors):
        return arrays
    highest = max(tensor._table.level for tensor in tensors)
    if highest > 0:
        (table, *_) = [t._table for t in tensors if t._table.level == highest]
        lift: Any = table
        return _mapped(arrays, lambda t: t if t._table is table else lift.lift(t))
    devices = [t for t in tensors if t._array.shape or t._table.device.type != "cpu"]
    table = devices[0]._table if devices else table
    for tensor in tensors:
        if tensor._table is not table and (tensor._array.shape or op.form != "elementwise"):
            raise RuntimeError(
                f"{op.name}(): all tensors must be on one device, but found {table.device} and "
                f"{tensor._table.device}; move one with .to({str(table.device)!r})"
            )
    return _mapped(arrays, lambda t: t if t._table is table else t.to(table.device))


def follow(source: Any, target: Any) -> bool:
    """Let `target` be of the transform level of `source`, if that is higher; return whether it was.

    So that what the transform follows can be written into it.
    """
    level = source._table
    if level.level <= target._table.level:
        return False
    level.take_over(target)
    return True


def _mapped(arrays: tuple[Any, ...], change: Callable[[Any], Any]) -> tuple[Any, ...]:
    return tuple(
        [change(item) for item in value]
        if isinstance(value, list)
        else change(value)
        if isinstance(value, TensorBase)
        else value
        for value in arrays
    )
