"""Functions of each element: those that are plugrad's under another signature, then the rest."""

from __future__ import annotations

from typing import Any

import plugrad
from plugrad import Tensor
from plugrad.array_api.forms import binary, unary
from plugrad.array_api.operands import promoted

# fmt: off
abs = unary("abs", "the magnitude of each element")
acos = unary("acos", "the inverse cosine of each element")
acosh = unary("acosh", "the inverse hyperbolic cosine of each element")
asin = unary("asin", "the inverse sine of each element")
asinh = unary("asinh", "the inverse hyperbolic sine of each element")
atan = unary("atan", "the inverse tangent of each element")
atanh = unary("atanh", "the inverse hyperbolic tangent of each element")
bitwise_invert = unary("bitwise_invert", "each element with its bits inverted", "bitwise_not")
ceil = unary("ceil", "each element, rounded up")
conj = unary("conj", "the complex conjugate of each element")
cos = unary("cos", "the cosine of each element")
cosh = unary("cosh", "the hyperbolic cosine of each element")
exp = unary("exp", "e to the power of each element")
expm1 = unary("expm1", "e to the power of each element, minus one")
floor = unary("floor", "each element, rounded down")
isfinite = unary("isfinite", "whether each element is finite")
isinf = unary("isinf", "whether each element is infinite")
isnan = unary("isnan", "whether each element is NaN")
log = unary("log", "the natural logarithm of each element")
log10 = unary("log10", "the logarithm to base 10 of each element")
log1p = unary("log1p", "the natural logarithm of one plus each element")
log2 = unary("log2", "the logarithm to base 2 of each element")
logical_not = unary("logical_not", "whether each element is false")
negative = unary("negative", "the negative of each element")
positive = unary("positive", "each element as it is")
reciprocal = unary("reciprocal", "one divided by each element")
signbit = unary("signbit", "whether the sign of each element is set")
sin = unary("sin", "the sine of each element")
sinh = unary("sinh", "the hyperbolic sine of each element")
sqrt = unary("sqrt", "the square root of each element")
square = unary("square", "the square of each element")
tan = unary("tan", "the tangent of each element")
tanh = unary("tanh", "the hyperbolic tangent of each element")
trunc = unary("trunc", "each element, rounded towards zero")

add = binary("add", "the sum of elements")
atan2 = binary("atan2", "the angle of the points (x2, x1)")
bitwise_and = binary("bitwise_and", "the conjunction of the bits of elements")
bitwise_left_shift = binary("bitwise_left_shift", "the bits of x1, moved to the left by x2")
bitwise_or = binary("bitwise_or", "the disjunction of the bits of elements")
bitwise_right_shift = binary("bitwise_right_shift", "the bits of x1, moved to the right by x2")
bitwise_xor = binary("bitwise_xor", "where the bits of elements differ")
copysign = binary("copysign", "the magnitude of x1 with the sign of x2")
divide = binary("divide", "the quotient of elements")
equal = binary("equal", "whether elements are equal", "eq")
floor_divide = binary("floor_divide", "the quotient of elements, rounded down")
greater = binary("greater", "whether x1 > x2")
greater_equal = binary("greater_equal", "whether x1 >= x2")
hypot = binary("hypot", "the hypotenuse of right triangles of sides x1 and x2")
less = binary("less", "whether x1 < x2")
less_equal = binary("less_equal", "whether x1 <= x2")
logaddexp = binary("logaddexp", "the logarithm of the sum of the exponentials of elements")
logical_and = binary("logical_and", "whether both elements are true")
logical_or = binary("logical_or", "whether an element is true")
logical_xor = binary("logical_xor", "whether one element is true and the other is not")
maximum = binary("maximum", "the larger of two elements; NaN where one is")
minimum = binary("minimum", "the smaller of two elements; NaN where one is")
multiply = binary("multiply", "the product of elements")
nextafter = binary("nextafter", "the number next to x1 in the direction of x2")
not_equal = binary("not_equal", "whether elements differ")
pow = binary("pow", "x1 to the power of x2")
remainder = binary("remainder", "what the floored quotient leaves, with the sign of x2")
subtract = binary("subtract", "the difference of elements")
# fmt: on


def clip(x: Tensor, /, min: Any = None, max: Any = None) -> Tensor:
    """Return each element, or the bound that it is beyond.

    Parameters
    ----------
    x : Tensor
    min, max : Tensor or number, optional
        Bounds that broadcast with `x`, of its dtype.

    Examples
    --------
    >>> from plugrad import array_api as xp
    >>> xp.clip(xp.asarray([1, 5, 9]), 2, xp.asarray([7, 3, 7]))
    tensor([2, 3, 7])
    """
    if min is None and max is None:
        return x.clone()
    bounds = (
        bound if bound is None else plugrad.asarray(bound, dtype=x.dtype, device=x.device)
        for bound in (min, max)
    )
    return plugrad.clamp(x, *bounds)


def imag(x: Tensor, /) -> Tensor:
    """Return the imaginary part of each element, which is zero for real numbers.

    Examples
    --------
    >>> from plugrad import array_api as xp
    >>> xp.imag(xp.asarray([1 + 2j]))
    tensor([2.])
    """
    return x.imag if x.dtype.is_complex else plugrad.zeros_like(x)


def real(x: Tensor, /) -> Tensor:
    """Return the real part of each element.

    Examples
    --------
    >>> from plugrad import array_api as xp
    >>> xp.real(xp.asarray([1 + 2j]))
    tensor([1.])
    """
    return x.real


def round(x: Tensor, /) -> Tensor:
    """Return each element, rounded to the nearest integer, ties to the even one.

    The parts of complex numbers are rounded each.

    Examples
    --------
    >>> from plugrad import array_api as xp
    >>> xp.round(xp.asarray([0.5, 1.5, 1.6]))
    tensor([0., 2., 2.])
    """
    if x.dtype.is_complex:
        return plugrad.complex(x.real.round(), x.imag.round())
    return x.round()


def sign(x: Tensor, /) -> Tensor:
    """Return the sign of each element: of complex ones the direction, of NaN NaN.

    Examples
    --------
    >>> from plugrad import array_api as xp
    >>> xp.sign(xp.asarray([-2.0, 0.0, float("nan")]))
    tensor([-1.,  0., nan])
    """
    if x.dtype.is_complex:
        return x.sgn()
    if not x.dtype.is_floating_point:
        return x.sign()
    return plugrad.where(x.isnan(), x, x.sign())


def where(condition: Tensor, x1: Any, x2: Any, /) -> Tensor:
    """Return elements of `x1` where a condition is true, and of `x2` elsewhere.

    Parameters
    ----------
    condition : Tensor
        Of dtype bool.
    x1, x2 : Tensor or number

    Examples
    --------
    >>> from plugrad import array_api as xp
    >>> xp.where(xp.asarray([True, False]), xp.asarray([1.0, 2.0]), 0)
    tensor([1., 0.])
    """
    return plugrad.where(condition, *promoted(x1, x2))
