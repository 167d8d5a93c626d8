"""Arguments of what moves a window over the last dimensions: an int, or one for each of them."""

from __future__ import annotations

from typing import Any

from plugrad.autograd.tape import TensorBase
from plugrad.size import is_int

__all__ = ["ints_given", "tensors_given"]


def ints_given(caller: str, name: str, value: Any, count: int) -> tuple[int, ...]:
    """Return `count` ints: `value`, or as many of it.

    Raises
    ------
    TypeError
        If it holds anything but ints.
    RuntimeError
        If it has another length.
    """
    if value.__class__ is int:
        return (value,) * count
    items = tuple(value) if isinstance(value, (tuple, list)) else (value,)
    for item in items:
        if item.__class__ is not int and not is_int(item):
            raise TypeError(
                f"{caller}(): {name} must be an int or {count} ints, not {value!r} "
                f"({type(item).__name__})"
            )
    if len(items) not in (1, count):
        raise RuntimeError(f"{caller}(): {name} must be one int or {count}, not {list(items)}")
    found = tuple(item.__index__() for item in items)
    return found * count if len(found) == 1 else found


def tensors_given(caller: str, **arguments: Any) -> None:
    """Check that arguments are tensors; one called ``bias`` may be None.

    Raises
    ------
    TypeError
        If one is not.
    """
    for name, value in arguments.items():
        if not isinstance(value, TensorBase) and (name != "bias" or value is not None):
            raise TypeError(f"{caller}(): {name} must be a Tensor, not {type(value).__name__}")
