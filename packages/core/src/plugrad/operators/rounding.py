"""Rounding, signs, and the parts of a floating-point number."""

from __future__ import annotations

from typing import Any

from plugrad import return_types
from plugrad.autograd.tape import TensorBase
from plugrad.dtypes import Category
from plugrad.limits import finfo
from plugrad.operators.dimensions import apply, into, require_tensor
from plugrad.operators.operands import also, overloaded, undifferentiable
from plugrad.vocabulary.forms import elementwise, function, primitive
from plugrad.vocabulary.inplace import inplace
from plugrad.vocabulary.registry import functions, methods, operators

__all__ = ["frexp", "nan_to_num", "round"]


def _flat(k: Any, g: Any) -> Any:
    """Differentiate what is constant almost everywhere."""
    return k.zeros_like(g)


# --------------------------------------------------------------------------------------- rounding

for _name in ("floor", "ceil", "trunc"):
    elementwise(_name, out="exact", accepts="real numbers", x=_flat)
also("fix", "trunc")

elementwise(
    "frac", out="exact", accepts="real floating", body=lambda k, x: x - k.trunc(x), x=lambda g: g
)
elementwise("round", out="exact", accepts="real numbers", expose="", x=_flat)


def _round_decimals(k: Any, x: Any, decimals: int) -> Any:
    scale = 10.0 ** abs(decimals)
    return k.round(x * scale) / scale if decimals > 0 else k.round(x / scale) * scale


elementwise(
    "round_decimals", "x; decimals", out="exact", node="RoundBackward1", aten="aten::round",
    accepts="real floating", expose="", body=_round_decimals, x=_flat,
)  # fmt: skip


def _rounding(decimals: int) -> tuple[Any, tuple[Any, ...]]:
    if not isinstance(decimals, int):
        raise TypeError(f"round(): decimals must be an int, not {type(decimals).__name__}")
    return (operators["round_decimals"], (decimals,)) if decimals else (operators["round"], ())


@function("function method")
def round(input: Any, *, decimals: int = 0, out: Any = None) -> Any:
    """Return each element rounded, a half to the even neighbour.

    Parameters
    ----------
    input : Tensor
    decimals : int
        How many decimals to keep; if negative, how many digits before the point to clear.
    out : Tensor, optional
        Where to write the result.

    Returns
    -------
    Tensor

    Raises
    ------
    RuntimeError
        For bool, complex numbers, and integers with `decimals`.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.round(plugrad.tensor([0.5, 1.5, -2.6]))
    tensor([ 0.,  2., -3.])
    """
    operator, params = _rounding(decimals)
    return operator.call(input, *params, out=out)


@function("function method")
def round_(input: Any, *, decimals: int = 0) -> Any:
    """Round in place."""
    operator, params = _rounding(decimals)
    return inplace(operator, (input,), params)


# ------------------------------------------------------------------------------------------ signs


def _sign_change(k: Any, g: Any, x: Any, out: Any) -> Any:
    """Differentiate the magnitude with another's sign by the magnitude: 0 at 0."""
    zero = x == 0
    return k.keep(g * (out / k.where(zero, k.ones_like(x), x)), k.logical_not(zero))


elementwise(
    "copysign", "x, y", result="floating", accepts="real", numbers="not first", expose="",
    x=_sign_change, y=_flat,
)  # fmt: skip
elementwise(
    "copysign_scalar", "x; other", node="CopysignBackward1", aten="aten::copysign",
    result="floating", accepts="real", expose="", x=_sign_change,
)  # fmt: skip
overloaded("copysign", "copysign", "copysign_scalar")


def _refuse_steps(x: Any, values: Any) -> None:
    for operand in (x, values):
        if not isinstance(operand, TensorBase):
            raise TypeError(f"heaviside(): expected Tensors, not a {type(operand).__name__}")
    if x._dtype is not values._dtype:
        raise RuntimeError(
            f"heaviside(): expected tensors of one dtype, not {x._dtype} and {values._dtype}"
        )
    if x._dtype.is_complex:
        raise RuntimeError(f"heaviside(): {x._dtype} has no positive and negative numbers")


elementwise(
    "heaviside", "x, values", out="exact", node="NotImplemented", accepts="real",
    check=_refuse_steps,
    body=lambda k, x, values: k.where(
        x == 0, values, k.where(x > 0, k.ones_like(x), k.zeros_like(x))
    ),
    x=undifferentiable("heaviside"), values=undifferentiable("heaviside"),
)  # fmt: skip

# --------------------------------------------------------------------------- nan and the infinities


def _replaced(k: Any, x: Any, nan: float, posinf: float, neginf: float) -> Any:
    """Replace nan and the infinities by numbers."""
    x = k.masked_fill(x, k.isnan(x), nan)
    x = k.masked_fill(x, k.logical_and(k.isinf(x), x > 0), posinf)
    return k.masked_fill(x, k.logical_and(k.isinf(x), x < 0), neginf)


_nan_to_num = elementwise(
    "nan_to_num", "x; nan, posinf, neginf", out="exact", accepts="real", expose="", body=_replaced,
    x=lambda k, g, x: k.keep(g, k.isfinite(x)),
)  # fmt: skip


def _replacements(x: Any, nan: Any, posinf: Any, neginf: Any) -> tuple[float, float, float]:
    """Return what stands for nan and the infinities, by default 0 and the largest numbers."""
    largest = finfo(x._dtype.to_real()).max if x._dtype.category > Category.INTEGER else 0.0
    return (
        0.0 if nan is None else nan,
        largest if posinf is None else posinf,
        -largest if neginf is None else neginf,
    )


@function("function method")
def nan_to_num(
    input: Any, nan: Any = None, posinf: Any = None, neginf: Any = None, *, out: Any = None
) -> Any:
    """Return `input` with numbers in place of nan and the infinities.

    Parameters
    ----------
    input : Tensor
    nan, posinf, neginf : number, optional
        What stands for nan (by default 0) and the infinities (the largest numbers of the dtype).
    out : Tensor, optional
        Where to write the result.

    Returns
    -------
    Tensor

    Examples
    --------
    >>> import plugrad
    >>> plugrad.nan_to_num(plugrad.tensor([float("nan"), 1.0]), nan=-1.0)
    tensor([-1.,  1.])
    """
    require_tensor("nan_to_num", input)
    if input._dtype.category <= Category.INTEGER:
        return into("nan_to_num", out, input.clone(), input)
    if input._dtype.is_complex:
        parts = functions["view_as_real"](input)
        return functions["view_as_complex"](nan_to_num(parts, nan, posinf, neginf)).clone()
    return _nan_to_num(input, *_replacements(input, nan, posinf, neginf), out=out)


@function("function method")
def nan_to_num_(input: Any, nan: Any = None, posinf: Any = None, neginf: Any = None) -> Any:
    """Put numbers in place of nan and the infinities."""
    require_tensor("nan_to_num_", input)
    if input._dtype.is_complex:
        nan_to_num_(functions["view_as_real"](input), nan, posinf, neginf)
        return input
    params = _replacements(input, nan, posinf, neginf)
    return inplace(operators["nan_to_num"], (input,), params)


# -------------------------------------------------------------------------- mantissa and exponent

elementwise(
    "ldexp", result="floating", numbers="none", body=lambda k, x, y: x * k.exp2(y),
    x=lambda k, g, y: g * k.exp2(y), y=lambda g, out: g * (out * 0.6931471805599453),
)  # fmt: skip

functions["ldexp_"] = methods["ldexp_"]

primitive(
    "frexp", "x", outputs="mantissa, exponent",
    x=lambda k, g, exponent: k.ldexp(g, -exponent),
)  # fmt: skip


@function("function method")
def frexp(input: Any, *, out: Any = None) -> Any:
    """Return mantissas in [0.5, 1) and exponents, so that ``input = mantissa * 2**exponent``.

    Parameters
    ----------
    input : Tensor
        Of a floating-point dtype.
    out : tuple of two Tensors, optional
        Where to write the result.

    Returns
    -------
    mantissa : Tensor
    exponent : Tensor
        Of int32.

    Raises
    ------
    RuntimeError
        For any other dtype.

    Examples
    --------
    >>> import plugrad
    >>> mantissa, exponent = plugrad.frexp(plugrad.tensor([3.0]))
    >>> mantissa, exponent
    (tensor([0.7500]), tensor([2], dtype=plugrad.int32))
    """
    require_tensor("frexp", input)
    if not input._dtype.is_floating_point:
        raise RuntimeError(f"frexp(): expected a floating-point dtype, not {input._dtype}")
    return return_types.frexp(apply("frexp", (input,), (), out))
