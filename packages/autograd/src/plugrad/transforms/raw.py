"""What the raw arrays of transform levels share: arithmetic, in which rules are written."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Any, Final

from plugrad.autograd.tape import TensorBase, new_tensor
from plugrad.dtypes import dtype
from plugrad.vocabulary.registry import tensor_table

__all__ = ["Identity", "RawArray", "next_level", "through_tensors"]

next_level: Final = count(1).__next__
"""The number of a level that is begun: of two, the later one stands above."""


class RawArray:
    """A raw array of a transform level; its table has the kernels."""

    __slots__ = ()

    table: Any
    dtype: Any


def _dunder(name: str, swapped: bool = False) -> Callable[[RawArray, Any], RawArray]:
    """Return a method: on the arrays of a level arithmetic operators are kernels, too."""

    def operate(self: RawArray, other: Any) -> RawArray:
        table = self.table
        if not isinstance(other, RawArray):
            other = table.scalar(other, self.dtype)
        kernel = getattr(table, name)
        result: RawArray = kernel(other, self) if swapped else kernel(self, other)
        return result

    return operate


for _symbol, _name in {
    "add": "add", "sub": "sub", "mul": "mul", "truediv": "div", "pow": "pow",
    "lt": "lt", "le": "le", "gt": "gt", "ge": "ge",
}.items():  # fmt: skip
    setattr(RawArray, f"__{_symbol}__", _dunder(_name))
    setattr(RawArray, f"__r{_symbol}__", _dunder(_name, swapped=True))
setattr(RawArray, "__neg__", lambda self: self.table.neg(self))  # noqa: B010


def through_tensors(table: Any, body: Callable[..., Any]) -> Callable[..., Any]:
    """Return a kernel of a level that runs an operator's body on tensors of that level.

    So that the body has all words: functions on tensors, too, which no table has.
    """

    def as_tensor(value: Any) -> Any:
        if isinstance(value, (list, tuple)):
            return type(value)(map(as_tensor, value))
        return new_tensor(value, table, value.dtype) if isinstance(value, RawArray) else value

    def as_raw(value: Any) -> Any:
        if isinstance(value, (list, tuple)):
            return [as_raw(each) for each in value]
        if not isinstance(value, TensorBase):
            return value
        return value._array if value._table is table else table.lift(value)._array

    return lambda *args: as_raw(body(tensor_table, *map(as_tensor, args)))


class Identity(dict[Any, dtype]):
    """The dtypes of a level's arrays are plugrad's own."""

    def __missing__(self, kind: dtype) -> dtype:
        return kind
