"""Arithmetic: sums, differences, products, quotients and remainders.

PyTorch keeps a separate overload, with a node of its own, where a Python number stands in place of
a tensor or a factor ``alpha`` beside it. Here each is an operator (``remainder_scalar``,
``add_scaled``), and a public function chooses.
"""

from __future__ import annotations

from typing import Any

from plugrad import dtypes
from plugrad.autograd.tape import TensorBase
from plugrad.operators.dimensions import require_tensor
from plugrad.operators.operands import (
    also,
    number_of,
    overloaded,
    undifferentiable,
    wide_enough,
)
from plugrad.promotion import dtype_of_number
from plugrad.vocabulary.arguments import is_number
from plugrad.vocabulary.forms import elementwise, function
from plugrad.vocabulary.inplace import inplace
from plugrad.vocabulary.registry import operators

__all__ = ["add", "div", "rsub", "sub"]


def _refuse_bool_difference(*operands: Any) -> None:
    """Check that nothing of bool is subtracted, nor subtracted from."""
    for operand in operands[:2]:
        if (
            operand is True
            or operand is False
            or (isinstance(operand, TensorBase) and operand._dtype is dtypes.bool_)
        ):
            raise RuntimeError(
                "sub() does not work on bool: the difference of truth values is no truth value; "
                "use ^ or logical_xor, to invert a mask ~ or logical_not"
            )


def _factor(name: str, alpha: Any, *operands: Any) -> Any:
    """Return ``alpha``, checked to be of a kind that the operands can take."""
    kinds = [
        operand._dtype if isinstance(operand, TensorBase) else dtype_of_number(operand)
        for operand in operands
        if isinstance(operand, TensorBase) or is_number(operand)
    ]
    widest = max((kind.category for kind in kinds), default=dtypes.Category.BOOL)
    kind = dtype_of_number(alpha)
    if isinstance(alpha, bool):
        if widest is not dtypes.Category.BOOL:
            raise RuntimeError(f"{name}(): alpha may be a bool only beside bool tensors")
    elif kind.category > max(widest, dtypes.Category.INTEGER):
        raise RuntimeError(
            f"{name}(): alpha={alpha} would need a result of {kind}, but the operands are of "
            f"{', '.join(k.name for k in kinds)}; convert them first"
        )
    return bool(alpha) if widest is dtypes.Category.BOOL else number_of(alpha)


# -------------------------------------------------------------------------- sums and differences

elementwise("add", scalars=True, expose="", x=lambda g: g, y=lambda g: g)

elementwise(
    "sub", scalars=True, expose="", accepts="numbers", check=_refuse_bool_difference,
    x=lambda g: g, y=lambda g: -g,
)  # fmt: skip

elementwise(
    "add_scaled", "x, y; alpha", node="AddBackward0", aten="aten::add", expose="",
    body=lambda k, x, y, alpha: x + y * alpha,
    x=lambda g: g, y=lambda g, alpha: g * alpha,
)  # fmt: skip

elementwise(
    "sub_scaled", "x, y; alpha", node="SubBackward0", aten="aten::sub", expose="",
    accepts="numbers", check=_refuse_bool_difference, body=lambda k, x, y, alpha: x - y * alpha,
    x=lambda g: g, y=lambda g, alpha: -g * alpha,
)  # fmt: skip

elementwise(
    "rsub_scaled", "x, y; alpha", node="RsubBackward0", aten="aten::rsub", expose="",
    accepts="numbers", numbers="not first", check=_refuse_bool_difference,
    body=lambda k, x, y, alpha: y - x * alpha,
    x=lambda g, alpha: -g * alpha, y=lambda g: g,
)  # fmt: skip

_rsub_scalar = elementwise(
    "rsub_scalar", "x; other, alpha=1", node="RsubBackward1", aten="aten::rsub", expose="",
    x=lambda g, alpha: -g * alpha if alpha != 1 else -g,
)  # fmt: skip


@function("function method")
def add(input: Any, other: Any, *, alpha: Any = 1, out: Any = None) -> Any:
    """Return ``input + alpha * other``.

    Parameters
    ----------
    input, other : Tensor or number
        Broadcast together, and of the dtype that they promote to.
    alpha : number
        What `other` is multiplied by.
    out : Tensor, optional
        Where to write the result.

    Returns
    -------
    Tensor

    Raises
    ------
    RuntimeError
        For shapes that do not broadcast, or an `alpha` that the operands' dtypes cannot take.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.add(plugrad.tensor([1, 2]), plugrad.tensor([10, 20]), alpha=2)
    tensor([21, 42])
    """
    return _sum("add", input, other, alpha, out)


@function("function method")
def sub(input: Any, other: Any, *, alpha: Any = 1, out: Any = None) -> Any:
    """Return ``input - alpha * other``: see `plugrad.add`.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.sub(plugrad.tensor([10, 20]), plugrad.tensor([1, 2]))
    tensor([ 9, 18])
    """
    return _sum("sub", input, other, alpha, out)


def _sum(name: str, input: Any, other: Any, alpha: Any, out: Any) -> Any:
    if alpha == 1 and not isinstance(alpha, bool):
        return operators[name].call(input, other, out=out)
    alpha = _factor(name, alpha, input, other)
    return operators[f"{name}_scaled"].call(input, other, alpha, out=out)


@function("method")
def add_(self: Any, other: Any, *, alpha: Any = 1) -> Any:
    """Add ``alpha * other`` in place."""
    return _sum_in_place("add", self, other, alpha)


@function("method")
def sub_(self: Any, other: Any, *, alpha: Any = 1) -> Any:
    """Subtract ``alpha * other`` in place."""
    return _sum_in_place("sub", self, other, alpha)


def _sum_in_place(name: str, x: Any, other: Any, alpha: Any) -> Any:
    if alpha == 1 and not isinstance(alpha, bool):
        return inplace(operators[name], (x, other), ())
    return inplace(operators[f"{name}_scaled"], (x, other), (_factor(f"{name}_", alpha, x, other),))


@function("function")
def rsub(input: Any, other: Any, *, alpha: Any = 1) -> Any:
    """Return ``other - alpha * input``.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.rsub(plugrad.tensor([1.0, 2.0]), 10)
    tensor([9., 8.])
    """
    require_tensor("rsub", input)
    number, alpha = number_of(other), _factor("rsub", alpha, input, other)
    _refuse_bool_difference(input, number)
    if is_number(number) and (input._dtype.is_floating_point or input._dtype.is_complex):
        return _rsub_scalar(wide_enough(input, number), number, alpha)
    return operators["rsub_scaled"].call(input, number, alpha)


# ------------------------------------------------------------------------ products and quotients

elementwise("mul", scalars=True, x=lambda g, y: g * y, y=lambda g, x: g * x)

_div = elementwise(
    "div", result="floating", scalars=True, expose="",
    x=lambda g, y: g / y, y=lambda g, x, y: -g * ((x / y) / y),
)  # fmt: skip


def _zeros(k: Any, g: Any) -> Any:
    return k.zeros_like(g)


elementwise(
    "div_rounded", "x, y; rounding_mode", node="DivBackward2", aten="aten::div", expose="",
    accepts="real numbers", x=_zeros, y=_zeros,
    body=lambda k, x, y, rounding_mode: (
        k.floor_divide(x, y) if rounding_mode == "floor" else k.trunc(k.div(x, y))
    ),
)  # fmt: skip

elementwise(
    "floor_divide", "x, y", node="NotImplemented", accepts="real numbers", expose="",
    x=undifferentiable("floor_divide"), y=undifferentiable("floor_divide"),
)  # fmt: skip
elementwise(
    "floor_divide_scalar", "x; other", node="NotImplemented", aten="aten::floor_divide",
    accepts="real numbers", expose="", x=undifferentiable("floor_divide"),
)  # fmt: skip
elementwise(
    "scalar_floor_divide", "x; other", node="NotImplemented", aten="aten::floor_divide",
    accepts="real numbers", expose="", x=undifferentiable("floor_divide"),
)  # fmt: skip
overloaded("floor_divide", "floor_divide", "floor_divide_scalar", "scalar_floor_divide")


def _div_operator(rounding_mode: str | None) -> tuple[Any, tuple[Any, ...]]:
    """Return the operator and its parameters for a way of rounding."""
    if rounding_mode is None:
        return operators["div"], ()
    if rounding_mode not in ("trunc", "floor"):
        raise RuntimeError(
            f"div(): rounding_mode must be None, 'trunc' or 'floor', not {rounding_mode!r}"
        )
    return operators["div_rounded"], (rounding_mode,)


@function("function method", names="div divide")
def div(input: Any, other: Any, *, rounding_mode: str | None = None, out: Any = None) -> Any:
    """Return ``input / other``.

    Parameters
    ----------
    input, other : Tensor or number
        Integers are divided as numbers of the default dtype, unless the quotient is rounded.
    rounding_mode : {None, "trunc", "floor"}
        Whether the quotient is rounded, towards zero or down.
    out : Tensor, optional
        Where to write the result.

    Returns
    -------
    Tensor

    Raises
    ------
    RuntimeError
        For shapes that do not broadcast, another `rounding_mode`, or an integer division by zero.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.div(plugrad.tensor([-7, 7]), 2, rounding_mode="trunc")
    tensor([-3,  3])
    """
    operator, params = _div_operator(rounding_mode)
    return operator.call(input, other, *params, out=out)


@function("method", names="div_ divide_")
def div_(self: Any, other: Any, *, rounding_mode: str | None = None) -> Any:
    """Divide by `other` in place."""
    operator, params = _div_operator(rounding_mode)
    return inplace(operator, (self, other), params)


@function("function method")
def true_divide(input: Any, other: Any, *, out: Any = None) -> Any:
    """Return ``input / other``: see `plugrad.div`.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.true_divide(plugrad.tensor([1, 2]), 4)
    tensor([0.2500, 0.5000])
    """
    return _div(input, other, out=out)


@function("method")
def true_divide_(self: Any, other: Any) -> Any:
    """Divide by `other` in place."""
    return inplace(operators["div"], (self, other), ())


# ------------------------------------------------------------------------------------ remainders

elementwise(
    "remainder_scalar", "x; other", node="RemainderBackward0", aten="aten::remainder", expose="",
    accepts="real numbers", x=lambda g: g,
)  # fmt: skip
elementwise(
    "fmod_scalar", "x; other", node="FmodBackward0", aten="aten::fmod", expose="",
    accepts="real numbers", x=lambda g: g,
)  # fmt: skip
elementwise(
    "remainder", node="RemainderBackward1", expose="", accepts="real numbers",
    x=lambda g: g, y=lambda k, g, x, y: -g * k.div_rounded(x, y, "floor"),
)  # fmt: skip
elementwise(
    "fmod", node="FmodBackward1", expose="", accepts="real numbers", numbers="not first",
    x=lambda g: g, y=lambda k, g, x, y: -g * k.div_rounded(x, y, "trunc"),
)  # fmt: skip
elementwise(
    "scalar_remainder", "x; other", node="NotImplemented", aten="aten::remainder", expose="",
    accepts="real numbers", x=undifferentiable("remainder of a number"),
)  # fmt: skip
overloaded("remainder", "remainder", "remainder_scalar", "scalar_remainder")
overloaded("fmod", "fmod", "fmod_scalar")

# ------------------------------------------------------------------------------------------ signs

elementwise("neg", out="exact", accepts="numbers", x=lambda g: -g)


@function("function method")
def positive(input: Any) -> Any:
    """Return `input` itself.

    Raises
    ------
    RuntimeError
        For a tensor of bool.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.positive(plugrad.tensor([-1.0, 2.0]))
    tensor([-1.,  2.])
    """
    require_tensor("positive", input)
    if input._dtype is dtypes.bool_:
        raise RuntimeError("positive() does not work on bool; convert to an integer dtype first")
    return input


also("subtract", "sub")
also("multiply", "mul")
also("negative", "neg")
