"""Powers and roots.

``x ** 2``, ``x ** y`` and ``2 ** x`` are three operators, as in PyTorch: what is a number takes no
gradient and has no place in the graph.
"""

from __future__ import annotations

import cmath
import math
from typing import Any

from plugrad import dtypes
from plugrad.autograd.tape import TensorBase
from plugrad.operators.dimensions import into
from plugrad.operators.numbers import fitting
from plugrad.operators.operands import number_of, wide_enough
from plugrad.vocabulary.arguments import is_number
from plugrad.vocabulary.forms import elementwise, function
from plugrad.vocabulary.inplace import inplace
from plugrad.vocabulary.registry import operators

__all__ = ["float_power", "pow", "square"]


def _base_slope(k: Any, g: Any, x: Any, exponent: Any) -> Any:
    """Differentiate ``x ** exponent``; the 0th power is constant, at 0 too."""
    if exponent == 0:
        return k.zeros_like(g)
    if exponent == 2:
        return g * (x * 2)
    return g * (k.pow_scalar(x, exponent - 1) * exponent)


def _exponent_slope(k: Any, g: Any, x: Any, y: Any, out: Any) -> Any:
    """Differentiate ``x ** y`` by y: 0 where x is 0 and the power does not blow up."""
    constant = k.logical_and(x == 0, k.real(y) >= 0)
    safe = k.where(constant, k.ones_like(x), x)
    return k.keep(g * (out * k.log(safe)), k.logical_not(constant))


def _number_slope(k: Any, g: Any, x: Any, out: Any, base: Any) -> Any:
    """Differentiate ``base ** x``: as PyTorch, nan for a negative real base."""
    if base == 0:
        return k.keep(g * (out * -math.inf), k.logical_not(k.real(x) >= 0))
    if isinstance(base, complex):
        return g * (out * cmath.log(base))
    return g * (out * (math.log(base) if base > 0 else math.nan))


elementwise(
    "pow_scalar", "x; exponent", node="PowBackward0", aten="aten::pow", expose="", x=_base_slope
)

# Where the exponent is 0, x ** (y - 1) would be singular at 0, and so would its derivatives.
elementwise(
    "pow", node="PowBackward1", expose="", accepts="numbers",
    x=lambda k, g, x, y: k.keep(
        g * (y * k.pow(x, k.where(y == 0, k.ones_like(y), y) - 1)), y != 0
    ),
    y=_exponent_slope,
)  # fmt: skip

elementwise(
    "scalar_pow", "x; base", node="PowBackward2", aten="aten::pow", expose="", x=_number_slope
)


def _power(input: Any, exponent: Any) -> tuple[str, tuple[Any, ...], tuple[Any, ...]]:
    """Return the operator for a power, its arrays and its parameters."""
    if isinstance(input, TensorBase):
        kind = input._dtype
        if not is_number(exponent):
            return "pow", (input, exponent), ()
        number = number_of(exponent)
        if kind.is_floating_point or kind.is_complex:
            return "pow_scalar", (wide_enough(input, number),), (number,)
        if isinstance(number, int) and number < 0:
            raise RuntimeError(
                f"pow(): {kind} to the power {number} has no integer result; convert the tensor "
                "to a floating-point dtype first"
            )
        if isinstance(number, int) and kind is not dtypes.bool_:
            number = fitting("pow", number, kind)
        return "pow", (input, number), ()
    if is_number(input) and isinstance(exponent, TensorBase):
        number = number_of(input)
        if exponent._dtype.is_complex:
            number = complex(number)  # so that the rule takes the logarithm of complex numbers
        if exponent._dtype.is_floating_point or exponent._dtype.is_complex:
            return "scalar_pow", (wide_enough(exponent, number),), (number,)
        return "pow", (number, exponent), ()
    raise TypeError(
        f"pow(): expected a Tensor and a Tensor or number, not {type(input).__name__} and "
        f"{type(exponent).__name__}"
    )


@function("function method")
def pow(input: Any, exponent: Any, *, out: Any = None) -> Any:
    """Return ``input ** exponent``.

    Parameters
    ----------
    input, exponent : Tensor or number
        Not both numbers.
    out : Tensor, optional
        Where to write the result.

    Returns
    -------
    Tensor
        Of the dtype that the operands promote to: integers to powers of integers stay integers.

    Raises
    ------
    RuntimeError
        For shapes that do not broadcast, or integers to the power of a negative integer.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.pow(plugrad.tensor([1, 2, 3]), 2), plugrad.pow(2, plugrad.tensor([1.0, 0.5]))
    (tensor([1, 4, 9]), tensor([2.0000, 1.4142]))
    """
    name, arrays, params = _power(input, exponent)
    return operators[name].call(*arrays, *params, out=out)


@function("method")
def pow_(self: Any, exponent: Any) -> Any:
    """Raise to the power `exponent` in place."""
    name, arrays, params = _power(self, exponent)
    if arrays[0] is not self:
        name, arrays, params = "pow", (self, exponent), ()
    return inplace(operators[name], arrays, params)


def _as_double(operand: Any) -> Any:
    """Return an operand of `float_power` in double precision."""
    if isinstance(operand, TensorBase):
        kind = dtypes.complex128 if operand._dtype.is_complex else dtypes.float64
        return operand if operand._dtype is kind else operators["cast"].call(operand, kind)
    number = number_of(operand)
    return number if isinstance(number, complex) else float(number)


@function("function method")
def float_power(input: Any, exponent: Any, *, out: Any = None) -> Any:
    """Return ``input ** exponent`` in double precision.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.float_power(plugrad.tensor([1, 2]), -1)
    tensor([1.0000, 0.5000], dtype=plugrad.float64)
    """
    result = pow(_as_double(input), _as_double(exponent))
    inputs = [x for x in (input, exponent) if isinstance(x, TensorBase)]
    return into("float_power", out, result, *inputs)


@function("method")
def float_power_(self: Any, exponent: Any) -> Any:
    """Raise to the power `exponent` in place.

    Raises
    ------
    RuntimeError
        For a tensor not of double precision.
    """
    if self._dtype not in (dtypes.float64, dtypes.complex128):
        raise RuntimeError(
            f"float_power_(): the result is of double precision, and cannot be put into a tensor "
            f"of {self._dtype}"
        )
    return pow_(self, exponent)


_square = elementwise(
    "square", node="PowBackward0", aten="aten::pow", expose="", x=lambda g, x: g * (x * 2)
)


@function("function method")
def square(input: Any, *, out: Any = None) -> Any:
    """Return ``input ** 2``; of bool, as integers.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.square(plugrad.tensor([-3.0, 2.0]))
    tensor([9., 4.])
    """
    if isinstance(input, TensorBase) and input._dtype is dtypes.bool_:
        return pow(input, 2, out=out)
    return _square(input, out=out)


@function("function method")
def square_(input: Any) -> Any:
    """Square in place."""
    return inplace(operators["square"], (input,), ())


elementwise("sqrt", result="floating", x=lambda g, out: g / (out * 2))

elementwise(
    "rsqrt", result="floating", body=lambda k, x: k.reciprocal(k.sqrt(x)),
    x=lambda k, g, out: g * (k.pow_scalar(out, 3) * -0.5),
)  # fmt: skip

elementwise(
    "reciprocal", result="floating", body=lambda k, x: k.div(k.ones_like(x), x),
    x=lambda g, out: -g * (out * out),
)  # fmt: skip

elementwise(
    "hypot", result="same", accepts="real floating", numbers="none",
    x=lambda g, x, out: g * (x / out), y=lambda g, y, out: g * (y / out),
)  # fmt: skip
