"""Choosing between elements by a mask."""

from __future__ import annotations

import warnings
from typing import Any

from plugrad import dtypes
from plugrad.autograd.tape import TensorBase, new_tensor
from plugrad.operators.numbers import fitting
from plugrad.operators.operands import number_of
from plugrad.vocabulary.arguments import is_number
from plugrad.vocabulary.forms import composite, elementwise, function
from plugrad.vocabulary.inplace import inplace
from plugrad.vocabulary.registry import functions, operators

__all__ = ["masked_fill", "where"]


@composite("keep", expose="", aten="aten::where")
def _keep(k: Any, x: Any, mask: Any) -> Any:
    """Return what a mask lets through, and 0 elsewhere: the derivative of every choice.

    A product with the mask would turn an infinite gradient that is masked out into nan.
    """
    return k.where(mask, x, k.zeros_like(x))


# ------------------------------------------------------------------------------------------ where

_where = elementwise(
    "where", "condition, x, y", out="exact", expose="",
    x=lambda k, g, condition: k.keep(g, condition),
    y=lambda k, g, condition: k.keep(g, k.logical_not(condition)),
)  # fmt: skip


@function("function")
def where(condition: Any, input: Any = None, other: Any = None, *, out: Any = None) -> Any:
    """Return `input` where `condition` holds, and `other` elsewhere.

    With `condition` alone, return where it holds: see `plugrad.nonzero`.

    Parameters
    ----------
    condition : Tensor
        Of bool.
    input, other : Tensor or number
        Broadcast with `condition`, and of the dtype that they promote to.
    out : Tensor, optional
        Where to write the result.

    Returns
    -------
    Tensor, or a tuple of them

    Raises
    ------
    RuntimeError
        For a condition that is not of bool, or shapes that do not broadcast.
    TypeError
        If only one of `input` and `other` is given.

    Examples
    --------
    >>> import plugrad
    >>> x = plugrad.tensor([-1.0, 2.0])
    >>> plugrad.where(x > 0, x, 0.0)
    tensor([0., 2.])
    """
    if input is None and other is None:
        return functions["nonzero"](condition, as_tuple=True)
    if input is None or other is None:
        raise TypeError("where(): takes a condition alone, or with both input and other")
    if not isinstance(condition, TensorBase):
        raise TypeError(f"where(): condition must be a Tensor, not {type(condition).__name__}")
    tensor: Any = condition
    if tensor._dtype is dtypes.uint8:
        warnings.warn(
            "where(): a condition of uint8 is deprecated; convert it with .bool()",
            UserWarning,
            stacklevel=2,
        )
        tensor = operators["cast"].call(tensor, dtypes.bool_)
    if tensor._dtype is not dtypes.bool_:
        raise RuntimeError(f"where(): the condition must be of bool, not {tensor._dtype}")
    return _where(tensor, _beside(input, other), _beside(other, input), out=out)


def _beside(operand: Any, other: Any) -> Any:
    """Return a Python number as a tensor, where it takes the other operand's dtype: for speed."""
    number = operand.__class__ is float or operand.__class__ is int
    if number and isinstance(other, TensorBase) and other._dtype.weak_scalar:
        table = other._table
        return new_tensor(table.scalar(operand, other._dtype), table, other._dtype)
    return operand


@function("method", names="where")
def _where_method(self: Any, condition: Any, other: Any) -> Any:
    """Return this tensor where `condition` holds, and `other` elsewhere."""
    return where(condition, self, other)


# ----------------------------------------------------------------------------------- masked_fill

elementwise(
    "masked_fill", "x, mask; value", expose="",
    x=lambda k, g, mask: k.keep(g, k.logical_not(mask)),
    body=lambda k, x, mask, value: k.where(mask, k.ones_like(x) * value, x),
)  # fmt: skip
elementwise(
    "masked_fill_tensor", "x, mask, value", node="MaskedFillBackward1", aten="aten::masked_fill",
    expose="", body=lambda k, x, mask, value: k.where(mask, value, x),
    x=lambda k, g, mask: k.keep(g, k.logical_not(mask)), value=lambda k, g, mask: k.keep(g, mask),
)  # fmt: skip


def _masked_fill(x: Any, mask: Any, value: Any) -> tuple[str, tuple[Any, ...], tuple[Any, ...]]:
    """Return the operator that fills, its arrays and its parameters."""
    if not isinstance(mask, TensorBase):
        raise TypeError(f"masked_fill(): mask must be a Tensor, not {type(mask).__name__}")
    kind: Any = mask._dtype
    if kind is not dtypes.bool_:
        raise RuntimeError(f"masked_fill(): the mask must be of bool, not {kind}")
    if not isinstance(value, TensorBase):
        if not is_number(value):
            raise TypeError(
                f"masked_fill(): value must be a number or a Tensor, not {type(value).__name__}"
            )
        return "masked_fill", (x, mask), (fitting("masked_fill", number_of(value), x._dtype),)
    tensor: Any = value
    if tensor._array.shape:
        raise RuntimeError(
            f"masked_fill(): a tensor value must be 0-d, not of shape {list(tensor.shape)}"
        )
    if tensor._dtype is not x._dtype:
        if tensor._dtype.is_complex and x._dtype is not dtypes.bool_:
            fitting("masked_fill", tensor.item(), x._dtype)
        tensor = operators["cast"].call(tensor, x._dtype)
    return "masked_fill_tensor", (x, mask, tensor), ()


@function("function method")
def masked_fill(input: Any, mask: Any, value: Any) -> Any:
    """Return `input` with `value` wherever `mask` holds.

    Parameters
    ----------
    input : Tensor
    mask : Tensor
        Of bool, broadcast with `input`.
    value : number or 0-d Tensor

    Returns
    -------
    Tensor

    Raises
    ------
    RuntimeError
        For a mask that is not of bool, or a value that does not fit.

    Examples
    --------
    >>> import plugrad
    >>> x = plugrad.tensor([-1.0, 2.0])
    >>> x.masked_fill(x < 0, 0.0)
    tensor([0., 2.])
    """
    name, arrays, params = _masked_fill(input, mask, value)
    return operators[name].call(*arrays, *params)


@function("method")
def masked_fill_(self: Any, mask: Any, value: Any) -> Any:
    """Put `value` wherever `mask` holds."""
    name, arrays, params = _masked_fill(self, mask, value)
    return inplace(operators[name], arrays, params)
