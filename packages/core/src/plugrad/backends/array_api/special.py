"""Special functions in the standard's words: error functions, gamma functions, Bessel functions.

All are computed in double precision, whatever the dtype, so that a float32 result is correct to the
last bit or two. Each choice between formulas evaluates them everywhere, on arguments that were made
harmless where the formula is not meant.

References
----------
.. [1] S. L. Moshier, Methods and Programs for Mathematical Functions, Ellis Horwood, 1989 (the
   rational approximations of the library Cephes).
.. [2] M. J. Wichura, Algorithm AS 241: the percentage points of the normal distribution,
   Applied Statistics 37, 1988.
.. [3] M. Abramowitz, I. A. Stegun, Handbook of Mathematical Functions, 1964: 6.3.18 (digamma),
   9.6.10 and 9.7.1 (Bessel), 23.2 (zeta).
.. [4] J. Maddock, the digamma function of the library Boost.Math, 2006.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

from plugrad.backends.array_api.arrays import ArrayKernels
from plugrad.dtypes import float64

__all__ = ["SpecialKernels", "in_double", "polynomial"]

Kernel = Callable[..., Any]

# |x| <= 1: erf(x) = x T(x^2) / U(x^2). Above: erfc(x) = exp(-x^2) P(x) / Q(x), from 8 on R / S. [1]
_ERF_T = (
    9.60497373987051638749e0, 9.00260197203842689217e1, 2.23200534594684319226e3,
    7.00332514112805075473e3, 5.55923013010394962768e4,
)  # fmt: skip
_ERF_U = (
    1.0, 3.35617141647503099647e1, 5.21357949780152679795e2, 4.59432382970980127987e3,
    2.26290000613890934246e4, 4.92673942608635921086e4,
)  # fmt: skip
_ERFC_P = (
    2.46196981473530512524e-10, 5.64189564831068821977e-1, 7.46321056442269912687e0,
    4.86371970985681366614e1, 1.96520832956077098242e2, 5.26445194995477358631e2,
    9.34528527171957607540e2, 1.02755188689515710272e3, 5.57535335369399327526e2,
)  # fmt: skip
_ERFC_Q = (
    1.0, 1.32281951154744992508e1, 8.67072140885989742329e1, 3.54937778887819891062e2,
    9.75708501743205489753e2, 1.82390916687909736289e3, 2.24633760818710981792e3,
    1.65666309194161350182e3, 5.57535340817727675546e2,
)  # fmt: skip
_ERFC_R = (
    5.64189583547755073984e-1, 1.27536670759978104416e0, 5.01905042251180477414e0,
    6.16021097993053585195e0, 7.40974269950448939160e0, 2.97886665372100240670e0,
)  # fmt: skip
_ERFC_S = (
    1.0, 2.26052863220117276590e0, 9.39603524938001434673e0, 1.20489539808096656605e1,
    1.70814450747565897222e1, 9.60896809063285878198e0, 3.36907645100081516050e0,
)  # fmt: skip

# The normal quantile: within this of the median A / B, in the tails C / D, and far out E / F. [2]
_QUANTILE_EDGE = 0.425
_QUANTILE_A = (
    2.5090809287301226727e3, 3.3430575583588128105e4, 6.7265770927008700853e4,
    4.5921953931549871457e4, 1.3731693765509461125e4, 1.9715909503065514427e3,
    1.3314166789178437745e2, 3.3871328727963666080e0,
)  # fmt: skip
_QUANTILE_B = (
    5.2264952788528545610e3, 2.8729085735721942674e4, 3.9307895800092710610e4,
    2.1213794301586595867e4, 5.3941960214247511077e3, 6.8718700749205790830e2,
    4.2313330701600911252e1, 1.0,
)  # fmt: skip
_QUANTILE_C = (
    7.74545014278341407640e-4, 2.27238449892691845833e-2, 2.41780725177450611770e-1,
    1.27045825245236838258e0, 3.64784832476320460504e0, 5.76949722146069140550e0,
    4.63033784615654529590e0, 1.42343711074968357734e0,
)  # fmt: skip
_QUANTILE_D = (
    1.05075007164441684324e-9, 5.47593808499534494600e-4, 1.51986665636164571966e-2,
    1.48103976427480074590e-1, 6.89767334985100004550e-1, 1.67638483018380384940e0,
    2.05319162663775882187e0, 1.0,
)  # fmt: skip
_QUANTILE_E = (
    2.01033439929228813265e-7, 2.71155556874348757815e-5, 1.24266094738807843860e-3,
    2.65321895265761230930e-2, 2.96560571828504891230e-1, 1.78482653991729133580e0,
    5.46378491116411436990e0, 6.65790464350110377720e0,
)  # fmt: skip
_QUANTILE_F = (
    2.04426310338993978564e-15, 1.42151175831644588870e-7, 1.84631831751005468180e-5,
    7.86869131145613259100e-4, 1.48753612908506148525e-2, 1.36929880922735805310e-1,
    5.99832206555887937690e-1, 1.0,
)  # fmt: skip

# lgamma on [2, 3] by B / C, and Stirling's series from 13 on. [1]
_LGAMMA_B = (
    -1.37825152569120859100e3, -3.88016315134637840924e4, -3.31612992738871184744e5,
    -1.16237097492762307383e6, -1.72173700820839662146e6, -8.53555664245765465627e5,
)  # fmt: skip
_LGAMMA_C = (
    1.0, -3.51815701436523470549e2, -1.70642106651881159223e4, -2.20528590553854454839e5,
    -1.13933444367982507207e6, -2.53252307177582951285e6, -2.01889141433532773231e6,
)  # fmt: skip
_LGAMMA_STIRLING = (
    8.11614167470508450300e-4, -5.95061904284301438324e-4, 7.93650340457716943945e-4,
    -2.77777777730099687205e-3, 8.33333333333331927722e-2,
)  # fmt: skip

# digamma on [1, 2], (x - root) (Y + P / Q) in x - 1, and its root in three parts. [4]
_DIGAMMA_Y = 0.99558162689208984
_DIGAMMA_P = (
    -0.0020713321167745952, -0.045251321448739056, -0.28919126444774784, -0.65031853770896507,
    -0.32555031186804491, 0.25479851061131551,
)  # fmt: skip
_DIGAMMA_Q = (
    -0.55789841321675513e-6, 0.0021284987017821144, 0.054151797245674225, 0.43593529692665969,
    1.4606242909763515, 2.0767117023730469, 1.0,
)  # fmt: skip
_ROOT = (1569415565 / 2**30, 381566830 / 2**60, 0.9016312093258695918615325266959189453125e-19)

# B(2n) / (2n) for the asymptotic series of digamma, B(2n) / (2n)! for that of zeta. [3]
_BERNOULLI = (1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510)


def polynomial(x: Any, coefficients: Sequence[float]) -> Any:
    """Return the value of a polynomial, its coefficients from the highest power down."""
    result = x * coefficients[0]
    for coefficient in coefficients[1:-1]:
        result += coefficient
        result *= x
    result += coefficients[-1]
    return result


def in_double(kernel: Kernel) -> Kernel:
    """Let a kernel compute in double precision, and give back the dtype that it got."""

    @wraps(kernel)
    def wrapped(self: Any, x: Any, *others: Any) -> Any:
        kind = self.dtypes[x.dtype]
        wide = [self.cast(y, float64) if hasattr(y, "dtype") else y for y in (x, *others)]
        return self.cast(kernel(self, *wide), kind)

    return wrapped


class SpecialKernels(ArrayKernels):
    """Special functions."""

    # ------------------------------------------------------------------------------ error functions

    @in_double
    def erf(self, x: Any) -> Any:
        xp = self.xp
        size = xp.abs(x)
        near = size <= 1
        inner = xp.where(near, x, xp.zeros_like(x))
        centre = self._erf_centre(inner)
        tail = 1 - self._erfc_tail(xp.where(near, xp.ones_like(x), size))
        return xp.where(near, centre, xp.where(x < 0, -tail, tail))

    @in_double
    def erfc(self, x: Any) -> Any:
        xp = self.xp
        size = xp.abs(x)
        near = size <= 1
        inner = xp.where(near, x, xp.zeros_like(x))
        centre = 1 - self._erf_centre(inner)
        tail = self._erfc_tail(xp.where(near, xp.ones_like(x), size))
        return xp.where(near, centre, xp.where(x < 0, 2 - tail, tail))

    @in_double
    def erfcx(self, x: Any) -> Any:
        """Return ``exp(x * x) * erfc(x)``."""
        xp = self.xp
        size = xp.abs(x)
        near = size <= 1
        inner = xp.where(near, x, xp.zeros_like(x))
        centre = xp.exp(inner * inner) * self.erfc(inner)
        outer = xp.where(near, xp.ones_like(x), size)
        tail = self._erfcx_tail(outer)
        left = 2 / self._exp_of_minus_square(outer) - tail
        return xp.where(near, centre, xp.where(x < 0, left, tail))

    def _erf_centre(self, x: Any) -> Any:
        square = x * x
        return x * polynomial(square, _ERF_T) / polynomial(square, _ERF_U)

    def _erfc_tail(self, x: Any) -> Any:
        """Return erfc from 1 on."""
        return self._exp_of_minus_square(x) * self._erfcx_tail(x)

    def _exp_of_minus_square(self, x: Any) -> Any:
        """Return ``exp(-x * x)``. The square is split, so that the exponential loses no digits."""
        xp = self.xp
        x = xp.where(x > 30, xp.zeros_like(x) + 30, x)
        coarse = xp.floor(x * 16) / 16
        return xp.exp(-coarse * coarse) * xp.exp(-(x - coarse) * (x + coarse))

    def _erfcx_tail(self, x: Any) -> Any:
        xp = self.xp
        far = x > 1e8
        y = xp.where(far, xp.ones_like(x), x)
        high = polynomial(y, _ERFC_R) / polynomial(y, _ERFC_S)
        low = polynomial(y, _ERFC_P) / polynomial(y, _ERFC_Q)
        return xp.where(far, 1 / (math.sqrt(math.pi) * x), xp.where(y >= 8, high, low))

    @in_double
    def erfinv(self, x: Any) -> Any:
        xp = self.xp
        inside = xp.abs(x) < 1
        y = xp.where(inside, x, xp.zeros_like(x))
        result = self._quantile(y / 2, (1 - xp.abs(y)) / 2) * math.sqrt(0.5)
        edge = xp.where(xp.abs(x) == 1, x * math.inf, x * math.nan)
        return xp.where(inside, result, edge)

    @in_double
    def ndtri(self, x: Any) -> Any:
        """Return the inverse of the normal distribution."""
        xp = self.xp
        inside = (x > 0) & (x < 1)
        y = xp.where(inside, x, xp.zeros_like(x) + 0.5)
        result = self._quantile(y - 0.5, xp.where(y < 0.5, y, 1 - y))
        edge = xp.where(x == 1, x + math.inf, x * math.nan)
        return xp.where(inside, result, xp.where(x == 0, x - math.inf, edge))

    def _quantile(self, away: Any, share: Any) -> Any:
        """Return the normal quantile `away` from the median, where `share` is left in the tail."""
        xp = self.xp
        middle = xp.abs(away) <= _QUANTILE_EDGE
        tail = self._quantile_tail(xp.where(middle, xp.zeros_like(share) + 0.01, share))
        centre = self._quantile_centre(xp.where(middle, away, xp.zeros_like(away)))
        return xp.where(middle, centre, xp.where(away < 0, -tail, tail))

    def _quantile_centre(self, away: Any) -> Any:
        r = 0.180625 - away * away
        return away * polynomial(r, _QUANTILE_A) / polynomial(r, _QUANTILE_B)

    def _quantile_tail(self, share: Any) -> Any:
        r = self.xp.sqrt(-self.xp.log(share))
        near = polynomial(r - 1.6, _QUANTILE_C) / polynomial(r - 1.6, _QUANTILE_D)
        far = polynomial(r - 5, _QUANTILE_E) / polynomial(r - 5, _QUANTILE_F)
        return self.xp.where(r <= 5, near, far)

    # ------------------------------------------------------------------------------ gamma functions

    @in_double
    def lgamma(self, x: Any) -> Any:
        xp = self.xp
        negative = x < 0.5
        # Reflection: gamma(x) gamma(1 - x) = pi / sin(pi x).
        part = x - xp.round(x)
        pole = (x <= 0) & (part == 0)
        sine = xp.where(pole | ~negative, xp.ones_like(x), xp.abs(xp.sin(part * math.pi)))
        positive = self._lgamma_positive(xp.where(negative, 1 - x, x))
        reflected = math.log(math.pi) - xp.log(sine) - positive
        result = xp.where(negative, reflected, positive)
        infinite = pole | xp.isinf(x)
        return xp.where(infinite, xp.zeros_like(x) + math.inf, result)

    def _lgamma_positive(self, x: Any) -> Any:
        xp = self.xp
        large = x >= 13
        y = xp.where(large, x, xp.zeros_like(x) + 13)
        inverse = 1 / (y * y)
        stirling = (y - 0.5) * xp.log(y) - y + 0.5 * math.log(2 * math.pi)
        stirling = stirling + polynomial(inverse, _LGAMMA_STIRLING) / y
        # Elsewhere, by gamma(x + 1) = x gamma(x), to [2, 3].
        y = xp.where(large, xp.zeros_like(x) + 2, x)
        factor = xp.ones_like(y)
        for _ in range(11):
            down = y >= 3
            y = xp.where(down, y - 1, y)
            factor = xp.where(down, factor * y, factor)
        for _ in range(2):
            up = y < 2
            factor = xp.where(up, factor / y, factor)
            y = xp.where(up, y + 1, y)
        return xp.where(large, stirling, self._lgamma_centre(y, factor))

    def _lgamma_centre(self, x: Any, factor: Any) -> Any:
        z = x - 2
        return self.xp.log(factor) + z * polynomial(z, _LGAMMA_B) / polynomial(z, _LGAMMA_C)

    @in_double
    def digamma(self, x: Any) -> Any:
        """Return the derivative of lgamma; nan at its poles, infinite at 0."""
        xp = self.xp
        negative = x < 0
        part = x - xp.round(x)
        pole = negative & (part == 0)
        angle = xp.where(negative & ~pole, part, xp.ones_like(x) * 0.5) * math.pi
        y = xp.where(negative, 1 - x, xp.where(x == 0, x + 1, x))
        # On [1, 2] by a fit that has the root as a factor; below, psi(x) = psi(x + 1) - 1/x.
        below = y < 1
        near = y <= 2
        z = xp.where(near, xp.where(below, y + 1, y), xp.ones_like(y))
        centre = self._digamma_centre(z)
        centre = xp.where(below, centre - 1 / xp.where(below, y, xp.ones_like(y)), centre)
        y = xp.where(near, xp.zeros_like(y) + 10, y)
        shifts = []
        for _ in range(8):
            up = y < 10
            shifts.append(xp.where(up, 1 / y, xp.zeros_like(y)))
            y = xp.where(up, y + 1, y)
        inverse = 1 / (y * y)
        coefficients = [b / (2 * n + 2) for n, b in enumerate(_BERNOULLI)]
        series = polynomial(inverse, coefficients[::-1]) * inverse
        result = xp.log(y) - 0.5 / y - series
        for shift in reversed(shifts):  # the largest last, which loses least
            result = result - shift
        result = xp.where(near, centre, result)
        result = xp.where(negative, result - math.pi / xp.tan(angle), result)
        result = xp.where(pole, x * math.nan, result)
        return xp.where(x == 0, -self.copysign(xp.zeros_like(x) + math.inf, x), result)

    def _digamma_centre(self, x: Any) -> Any:
        ratio = polynomial(x - 1, _DIGAMMA_P) / polynomial(x - 1, _DIGAMMA_Q)
        return (((x - _ROOT[0]) - _ROOT[1]) - _ROOT[2]) * (_DIGAMMA_Y + ratio)

    @in_double
    def polygamma(self, x: Any, n: int) -> Any:
        """Return the derivative of order `n` of digamma."""
        if n == 0:
            return self.digamma(x)
        if n > 1:
            factor = (-1) ** (n + 1) * math.gamma(n + 1)
            return self._zeta(n + 1, x) * factor
        xp = self.xp
        reflect = x < 0.5
        sine = xp.where(reflect, xp.sin(x * math.pi), xp.ones_like(x))
        positive = self._zeta(2, xp.where(reflect, 1 - x, x))
        return xp.where(reflect, (math.pi / sine) ** 2 - positive, positive)

    @in_double
    def zeta(self, x: Any, y: Any) -> Any:
        """Return Hurwitz' zeta function of the exponent `x` and the start `y`."""
        xp = self.xp
        usual = x > 1
        result = self._zeta(xp.where(usual, x, xp.zeros_like(x) + 2), y)
        fraction = (y < 0) & (y != xp.floor(y)) & (x != xp.floor(x))
        result = xp.where(usual & ~fraction, result, xp.zeros_like(result) + math.nan)
        return xp.where(x == 1, xp.zeros_like(result) + math.inf, result)

    def _zeta(self, s: Any, x: Any) -> Any:
        """Return the sum of ``1 / (x + n)**s`` over n >= 0, by the Euler-Maclaurin formula."""
        xp = self.xp
        pole = (x <= 0) & (x == xp.floor(x))
        y = xp.where(pole | xp.isinf(x), x * 0 + 1, x)
        y = xp.where(xp.isnan(y), xp.zeros_like(y) + 1, y)
        total = xp.zeros_like(y)
        while bool(xp.any(y < 10)):
            up = y < 10
            total = xp.where(up, total + y**-s, total)
            y = xp.where(up, y + 1, y)
        total = total + y ** (1 - s) / (s - 1) + 0.5 * y**-s
        rising, power = s, y ** (-s - 1)
        for n, bernoulli in enumerate(_BERNOULLI):
            total = total + power * (bernoulli * rising / math.factorial(2 * n + 2))
            rising = rising * ((s + 2 * n + 1) * (s + 2 * n + 2))
            power = power / (y * y)
        total = xp.where(xp.isinf(x), xp.zeros_like(x), total)
        return xp.where(xp.isnan(x), x, xp.where(pole, xp.zeros_like(x) + math.inf, total))

    # ----------------------------------------------------------------------------- Bessel functions

    @in_double
    def i0(self, x: Any) -> Any:
        return self._bessel(self.xp.abs(x), 0)

    @in_double
    def i1(self, x: Any) -> Any:
        return self.xp.sign(x) * self._bessel(self.xp.abs(x), 1)

    @in_double
    def i0e(self, x: Any) -> Any:
        return self._bessel(self.xp.abs(x), 0, scaled=True)

    @in_double
    def i1e(self, x: Any) -> Any:
        return self.xp.sign(x) * self._bessel(self.xp.abs(x), 1, scaled=True)

    def _bessel(self, x: Any, order: int, scaled: bool = False) -> Any:
        """Return a modified Bessel function: by its power series, or from 20 on asymptotically.

        Scaled, it is multiplied by ``exp(-x)``.
        """
        xp = self.xp
        large = x > 20
        y = xp.where(large, xp.zeros_like(x), x)
        y = xp.where(xp.isnan(y), xp.zeros_like(y), y)
        square = y * y / 4
        term = xp.ones_like(y) if order == 0 else y / 2
        series = term
        for k in range(1, 60):
            term = term * square / (k * (k + order))
            series = series + term
        y = xp.where(large, x, xp.zeros_like(x) + 21)
        term = xp.ones_like(y)
        expansion = term
        for k in range(1, 25):
            term = term * ((2 * k - 1) ** 2 - 4 * order * order) / (8 * k * y)
            expansion = expansion + term
        asymptotic = expansion / xp.sqrt(2 * math.pi * y)
        if scaled:
            series = series * xp.exp(-xp.where(large, xp.zeros_like(x), x))
        else:
            # In two steps, for the exponential overflows before the result does.
            half = xp.exp(y / 2)
            asymptotic = half * (half * asymptotic)
        return xp.where(xp.isnan(x), x, xp.where(large, asymptotic, series))
