"""Elementwise kernels in the standard's words."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from plugrad.backends.array_api.special import SpecialKernels
from plugrad.dtypes import bool_, int32

__all__ = ["PointwiseKernels"]


class PointwiseKernels(SpecialKernels):
    """Elementwise kernels."""

    def is_complex(self, x: Any) -> bool:
        return self.dtypes[x.dtype].is_complex

    def _is_integer(self, x: Any) -> bool:
        kind = self.dtypes[x.dtype]
        return not (kind.is_floating_point or kind.is_complex)

    def _like(self, x: Any, number: complex) -> Any:
        """Return a number as an array of the dtype of `x`."""
        return self.scalar(number, self.dtypes[x.dtype])

    # ---------------------------------------------------------------------------------- arithmetic

    def rsub_scalar(self, x: Any, other: complex, alpha: complex) -> Any:
        return self._like(x, other) - (x if alpha == 1 else x * self._like(x, alpha))

    def floor_divide(self, x: Any, y: Any) -> Any:
        self._refuse_zero(x, y)
        return self.xp.floor_divide(x, y)

    def floor_divide_scalar(self, x: Any, other: float) -> Any:
        return self.floor_divide(x, self._like(x, other))

    def scalar_floor_divide(self, x: Any, other: float) -> Any:
        return self.floor_divide(self._like(x, other), x)

    def remainder(self, x: Any, y: Any) -> Any:
        self._refuse_zero(x, y)
        return self.xp.remainder(x, y)

    def fmod(self, x: Any, y: Any) -> Any:
        """Return the remainder that has the sign of `x`."""
        self._refuse_zero(x, y)
        xp = self.xp
        rest = xp.remainder(xp.abs(x), xp.abs(y))
        return xp.where(x < 0, -rest, rest)

    def gcd(self, x: Any, y: Any) -> Any:
        """Return the greatest common divisor, by Euclid's algorithm."""
        xp = self.xp
        x, y = xp.broadcast_arrays(xp.abs(x), xp.abs(y))
        while bool(xp.any(y != 0)):
            rest = xp.remainder(x, xp.where(y == 0, xp.ones_like(y), y))
            x, y = xp.where(y == 0, x, y), xp.where(y == 0, y, rest)
        return x

    def lcm(self, x: Any, y: Any) -> Any:
        divisor = self.gcd(x, y)
        zero = divisor == 0
        whole = self.xp.where(zero, self.xp.ones_like(divisor), divisor)
        return self.xp.abs(self.xp.floor_divide(x, whole) * y)

    def nextafter(self, x: Any, y: Any) -> Any:
        return self.xp.nextafter(x, y)

    def remainder_scalar(self, x: Any, other: float) -> Any:
        return self.remainder(x, self._like(x, other))

    def scalar_remainder(self, x: Any, other: float) -> Any:
        return self.remainder(self._like(x, other), x)

    def fmod_scalar(self, x: Any, other: float) -> Any:
        return self.fmod(x, self._like(x, other))

    def div_rounded(self, x: Any, y: Any, rounding_mode: str) -> Any:
        if rounding_mode == "floor":
            return self.floor_divide(x, y)
        if self._is_integer(x):
            self._refuse_zero(x, y)
            return self.xp.floor_divide(x - self.fmod(x, y), y)
        return self.xp.trunc(x / y)

    def _refuse_zero(self, x: Any, y: Any) -> None:
        if self._is_integer(y) and 0 not in x.shape and not self.xp.all(y != 0):
            raise ValueError("integer division by zero")

    # -------------------------------------------------------------------------------------- powers

    def pow(self, x: Any, y: Any) -> Any:
        return self._integer_pow(x, y) if self._is_integer(y) else self.xp.pow(x, y)

    def _integer_pow(self, x: Any, y: Any) -> Any:
        """Return powers of integers: of negative ones what is left when the fraction is cut off."""
        xp = self.xp
        negative = y < 0
        if not xp.any(negative):
            return xp.pow(x, y)
        one, zero = xp.ones_like(x), xp.zeros_like(x)
        power = xp.pow(x, xp.where(negative, xp.zeros_like(y), y))
        sign = xp.where(y % 2 == 0, one, -one)
        inverse = xp.where(x == 1, one, xp.where(x == -1, sign, zero))
        return xp.where(negative, inverse, power)

    def pow_scalar(self, x: Any, exponent: complex) -> Any:
        special = _POWERS.get(exponent)
        return self.pow(x, self._like(x, exponent)) if special is None else special(self, x)

    def scalar_pow(self, x: Any, base: complex) -> Any:
        return self.pow(self._like(x, base), x)

    def ldexp(self, x: Any, y: Any) -> Any:
        return x * self.exp2(self.cast(y, self.dtypes[x.dtype]))

    def frexp(self, x: Any) -> Any:
        """Return mantissas in [0.5, 1) and exponents; of what is 0, infinite or nan, itself and 0.

        The logarithm may miss by one near a power of two, so the mantissas are looked at.
        """
        xp = self.xp
        regular = xp.isfinite(x) & (x != 0)
        one = xp.ones_like(x)
        size = xp.abs(xp.where(regular, x, one))
        power = xp.floor(xp.log2(size)) + 1
        # In two steps, for 2**power itself may overflow.
        half = xp.floor(power / 2)
        mantissa = size / self.exp2(half) / self.exp2(power - half)
        high, low = mantissa >= 1, mantissa < 0.5
        mantissa = xp.where(high, mantissa / 2, xp.where(low, mantissa * 2, mantissa))
        power = xp.where(high, power + 1, xp.where(low, power - 1, power))
        exponent = self.cast(xp.where(regular, power, one * 0), int32)
        return xp.where(regular, xp.where(x < 0, -mantissa, mantissa), x), exponent

    # --------------------------------------------------------------------------------- exponentials

    def exp2(self, x: Any) -> Any:
        return self.xp.pow(self._like(x, 2), x)

    def logaddexp(self, x: Any, y: Any) -> Any:
        # The standard's own is for real numbers only. Equal infinities have no difference.
        xp = self.xp
        if self.is_complex(x):
            x_larger = xp.real(x) >= xp.real(y)
            larger, smaller = xp.where(x_larger, x, y), xp.where(x_larger, y, x)
            return larger + xp.log1p(xp.exp(smaller - larger))
        return xp.logaddexp(x, y)

    # -------------------------------------------------------------------------------------- choices

    def masked_fill(self, x: Any, mask: Any, value: complex) -> Any:
        return self.xp.where(mask, self._like(x, value), x)

    def clamp(self, x: Any, min: Any, max: Any) -> Any:
        if min is not None:
            x = self.maximum(x, self._like(x, min))
        return x if max is None else self.minimum(x, self._like(x, max))

    def clamp_min(self, x: Any, bound: float) -> Any:
        return self.maximum(x, self._like(x, bound))

    def clamp_max(self, x: Any, bound: float) -> Any:
        return self.minimum(x, self._like(x, bound))

    def clamp_tensor(self, x: Any, min: Any, max: Any) -> Any:
        if min is not None:
            x = self.maximum(x, min)
        return x if max is None else self.minimum(x, max)

    # ------------------------------------------------------------------------ signs and comparisons

    def sign(self, x: Any) -> Any:
        if x.dtype == self.raw_dtype(bool_):
            return self.copy(x)
        signs = self.xp.sign(x)
        # PyTorch's sign of a real nan is 0.
        return signs if self.is_complex(x) else self.xp.where(x == x, signs, self._like(x, 0))

    sgn = sign

    def copysign_scalar(self, x: Any, other: float) -> Any:
        return self.copysign(x, self._like(x, other))

    def signbit(self, x: Any) -> Any:
        if x.dtype == self.raw_dtype(bool_):
            return self.xp.zeros_like(x)
        return x < 0 if self._is_integer(x) else self.xp.signbit(x)

    def isposinf(self, x: Any) -> Any:
        return self.xp.isinf(x) & (x > 0)

    def isneginf(self, x: Any) -> Any:
        return self.xp.isinf(x) & (x < 0)

    def logical_and(self, x: Any, y: Any) -> Any:
        return self._truth_of(x) & self._truth_of(y)

    def logical_or(self, x: Any, y: Any) -> Any:
        return self._truth_of(x) | self._truth_of(y)

    def logical_xor(self, x: Any, y: Any) -> Any:
        return self._truth_of(x) ^ self._truth_of(y)

    def logical_not(self, x: Any) -> Any:
        return ~self._truth_of(x)

    def _truth_of(self, x: Any) -> Any:
        return x if x.dtype == self.raw_dtype(bool_) else x != 0

    # -------------------------------------------------------------------------------- complex parts

    def real(self, x: Any) -> Any:
        return self.xp.real(x) if self.is_complex(x) else x

    def imag(self, x: Any) -> Any:
        return self.xp.imag(x) if self.is_complex(x) else self.xp.zeros_like(x)

    def angle_of(self, x: Any) -> Any:
        xp = self.xp
        if self.is_complex(x):
            return xp.atan2(xp.imag(x), xp.real(x))
        turned = xp.where(x < 0, self._like(x, math.pi), xp.zeros_like(x))
        return xp.where(xp.isnan(x), x, turned)

    def view_as_real(self, x: Any) -> Any:
        return self.xp.stack([self.xp.real(x), self.xp.imag(x)], axis=-1)

    def view_as_complex(self, x: Any) -> Any:
        kind = self.dtypes[x.dtype].to_complex()
        return self.cast(x[..., 0], kind) + self.cast(x[..., 1], kind) * self.scalar(1j, kind)


# Powers that products, quotients and roots give: as exact as PyTorch's, which takes them so too.
_POWERS: dict[complex, Callable[[Any, Any], Any]] = {
    -2: lambda k, x: 1 / (x * x),
    -1: lambda k, x: 1 / x,
    -0.5: lambda k, x: 1 / k.sqrt(x),
    0: lambda k, x: k.ones_like(x),
    0.5: lambda k, x: k.sqrt(x),
    1: lambda k, x: k.copy(x),
    2: lambda k, x: x * x,
    3: lambda k, x: x * x * x,
}
