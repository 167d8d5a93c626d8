"""Special functions on NumPy arrays, where single precision can be had faster than double.

References
----------
.. [1] W. H. Press et al., Numerical Recipes in C, 1992: 6.2, ``erfcc``.
.. [2] M. Giles, Approximating the erfinv function, GPU Computing Gems 2, 2011.
"""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import numpy

from plugrad.backends.array_api.special import SpecialKernels as Standard
from plugrad.backends.array_api.special import polynomial
from plugrad.backends.numpy.arrays import Array
from plugrad.backends.numpy.blocks import in_blocks

__all__ = ["ERF", "SpecialKernels", "tanh_of_polynomial"]

# erfc(x) = t exp(-x^2 + P(t)), t = 1 / (1 + x / 2), to 1.2e-7 of it. [1]
_ERFC = (
    0.17087277, -0.82215223, 1.48851587, -1.13520398, 0.27886807, -0.18628806, 0.09678418,
    0.37409196, 1.00002368, -1.26551223,
)  # fmt: skip
# erfinv(x) = x P(w), w = -log(1 - x^2), in w - 2.5 below 5, in sqrt(w) - 3 from there on. [2]
_ERFINV_NEAR = (
    2.81022636e-08, 3.43273939e-07, -3.5233877e-06, -4.39150654e-06, 0.00021858087,
    -0.00125372503, -0.00417768164, 0.246640727, 1.50140941,
)  # fmt: skip
_ERFINV_FAR = (
    -0.000200214257, 0.000100950558, 0.00134934322, -0.00367342844, 0.00573950773,
    -0.0076224613, 0.00943887047, 1.00167406, 2.83297682,
)  # fmt: skip

# How far up lgamma is shifted, and its asymptotic series there.
_SHIFT, _LARGEST = 10, 1e25
# From where on the square of the inverse, which is trigamma's first term, is a single number.
_SMALLEST = 1e-18
_STIRLING = (-691 / 360360, 1 / 1188, -1 / 1680, 1 / 1260, -1 / 360, 1 / 12)
# B(2n) / (2n) and B(2n) from the highest down: the asymptotic series of digamma, and of trigamma.
_PSI = (-3617 / 8160, 1 / 12, -691 / 32760, 1 / 132, -1 / 240, 1 / 252, -1 / 120, 1 / 12)
_TRIGAMMA = (5 / 66, -1 / 30, 1 / 42, -1 / 30, 1 / 6)

# erf(x) = tanh(x p(x^2)), for NumPy's tanh has vector instructions. The minimax fit of
# atanh(erf(x)) / x on [0, 4.2], weighted by what an error does to erf: at most 3.3 units in the
# last place (measured on 400,000 points). As the last coefficient is positive, it is 1 beyond.
ERF = (
    1.42304249e-07, -5.67525640e-06, 8.76300042e-05, -6.19516103e-04, -1.92523519e-04,
    1.02769628e-01, 1.12837924,
)  # fmt: skip


def tanh_of_polynomial(x: Array, coefficients: tuple[float, ...], out: Array) -> Array:
    """Return ``tanh(x * p(x * x))`` in `out`, the coefficients of p from the highest power down."""
    square = numpy.multiply(x, x)
    numpy.multiply(square, coefficients[0], out=out)
    for coefficient in coefficients[1:-1]:
        numpy.add(out, coefficient, out=out)
        numpy.multiply(out, square, out=out)
    numpy.add(out, coefficients[-1], out=out)
    numpy.multiply(out, x, out=out)
    return numpy.tanh(out, out=out)


def _usual_gamma(x: Array) -> bool:
    """Tell whether the short formulas of gamma functions hold: for single, positive numbers."""
    usual = x.dtype == numpy.float32 and x.size > 0 and x.shape != ()
    return usual and bool(x.min() > _SMALLEST and x.max() < _LARGEST)


def _elsewhere(result: Array, places: Array, function: Any, *arrays: Array) -> Array:
    """Put what `function` gives of these places alone into `result`, which holds the others."""
    result = numpy.asarray(result)
    if numpy.any(places):
        result[places] = function(*(x[places] for x in arrays))
    return result


class SpecialKernels(Standard):
    """Special functions: long formulas, whose temporaries are kept in the cache."""

    erfcx = in_blocks(Standard.erfcx)
    ndtri = in_blocks(Standard.ndtri)
    zeta = in_blocks(Standard.zeta)
    i0 = in_blocks(Standard.i0)
    i0e = in_blocks(Standard.i0e)
    i1 = in_blocks(Standard.i1)
    i1e = in_blocks(Standard.i1e)

    def _bessel(self, x: Array, order: int, scaled: bool = False) -> Any:
        if not x.size or not x.max() <= 20:
            return super()._bessel(x, order, scaled)
        # The same series, without the asymptotic one, and only as long as its terms still count.
        square = x * x / 4
        term = numpy.ones_like(x, dtype="d") if order == 0 else numpy.asarray(x / 2)
        result = term.copy("K")
        largest = float(square.max())
        share = 1.0  # of the largest argument's first term
        total = 1.0
        for k in range(1, 60):
            share *= largest / (k * (k + order))
            total += share
            if share < 1e-17 * total:
                break
            term = numpy.multiply(term, square, out=term)
            term /= k * (k + order)
            result += term
        return result * numpy.exp(-x) if scaled else result

    @in_blocks
    def digamma(self, x: Array) -> Array:
        if not x.shape:
            return self.digamma(x.reshape(1)).reshape(())
        if x.dtype == numpy.float64:
            near = (x > 0) & (x <= 2)
            below = x < 1
            shifted = numpy.add(x, below)
            result = self._digamma_centre(shifted)
            numpy.subtract(result, 1 / x, out=result, where=below)
            return _elsewhere(result, ~near, super().digamma, x)
        if not _usual_gamma(x):
            double: Array = self.digamma(x.astype(numpy.float64))
            return double.astype(x.dtype)
        # psi(x) = psi(x + 8) - the sum of 1 / (x + n) below 8, which is one fraction.
        y = x.astype(numpy.float64)
        bottom, top = y.copy("K"), numpy.ones_like(y)
        for _ in range(1, 8):
            y += 1
            top *= y
            top += bottom
            bottom *= y
        y += 1
        inverse = 1 / (y * y)
        series: Array = polynomial(inverse, _PSI)
        series *= inverse
        result = numpy.log(y)
        result -= 0.5 / y
        result -= series
        top /= bottom
        result -= top
        return result.astype(numpy.float32)

    @in_blocks
    def polygamma(self, x: Array, n: int) -> Array:
        if n != 1 or not _usual_gamma(x):
            result: Array = super().polygamma(x, n)
            return result
        y = x.astype(numpy.float64)
        near = 1 / (y * y)
        for _ in range(1, 6):
            y += 1
            near += 1 / (y * y)
        y += 1
        inverse = 1 / y
        square = inverse * inverse
        series: Array = polynomial(square, _TRIGAMMA)
        series *= square
        series += 1
        series *= inverse
        series += 0.5 * square
        series += near
        return series.astype(numpy.float32)

    @in_blocks
    def erf(self, x: Array) -> Array:
        if x.dtype == numpy.float32:
            return tanh_of_polynomial(x, ERF, numpy.empty_like(x))
        if x.dtype == numpy.float64 and x.shape:
            return self._erf(x, Standard.erf)
        result: Array = super().erf(x)
        return result

    @in_blocks
    def erfc(self, x: Array) -> Array:
        if x.dtype == numpy.float64 and x.shape:
            return self._erf(x, Standard.erfc)
        if x.dtype != numpy.float32 or not x.shape:
            result: Array = super().erfc(x)
            return result
        size = numpy.abs(x).astype(numpy.float64)
        t = 1 / (1 + 0.5 * size)
        power: Array = polynomial(t, _ERFC)
        size *= size
        power -= size
        numpy.exp(power, out=power)
        power *= t
        numpy.subtract(2, power, out=power, where=x < 0)
        return power.astype(numpy.float32)

    def _erf(self, x: Array, function: Any) -> Array:
        """Return erf or erfc in double precision: what is not near 0 is computed apart."""
        result = self._erf_centre(x)
        if function is Standard.erfc:
            numpy.subtract(1, result, out=result)
        return _elsewhere(result, ~(numpy.abs(x) <= 1), partial(function, self), x)

    def _quantile(self, away: Array, share: Array) -> Array:
        result = self._quantile_centre(away)

        def tail(away: Array, share: Array) -> Array:
            signed: Array = numpy.copysign(self._quantile_tail(share), away)
            return signed

        # The centre reaches 0.425 to either side.
        return _elsewhere(result, share < 0.075, tail, away, share)

    @in_blocks
    def erfinv(self, x: Array) -> Array:
        if x.dtype != numpy.float32 or not x.shape:
            result: Array = super().erfinv(x)
            return result
        size = numpy.abs(x).astype(numpy.float64)
        w = -numpy.log((1 - size) * (1 + size))
        near = polynomial(w - 2.5, _ERFINV_NEAR)
        far = w >= 5  # one in 300 of evenly distributed numbers
        near[far] = polynomial(numpy.sqrt(w[far]) - 3, _ERFINV_FAR)
        size *= near
        size[numpy.abs(x) == 1] = numpy.inf
        return numpy.copysign(size, x).astype(numpy.float32)

    @in_blocks
    def lgamma(self, x: Array) -> Array:
        if not x.shape:
            return self.lgamma(x.reshape(1)).reshape(())
        if x.dtype == numpy.float64:
            # From above 0 to 3 by gamma(x) = gamma(x + 2) / (x (x + 1)), or the like, on [2, 3].
            steps = [x < 1, x < 2]
            factor = numpy.where(steps[0], x, 1)
            shifted = numpy.add(x, steps[0])
            numpy.multiply(factor, shifted, out=factor, where=steps[1])
            numpy.add(shifted, steps[1], out=shifted)
            result = self._lgamma_centre(shifted, 1 / factor)
            return _elsewhere(result, ~((x > _SMALLEST) & (x < 3)), super().lgamma, x)
        if not _usual_gamma(x):
            double: Array = self.lgamma(x.astype(numpy.float64))
            return double.astype(x.dtype)
        y = x.astype(numpy.float64)
        rising = y.copy("K")
        for step in range(1, _SHIFT):
            rising *= y + step
        y += _SHIFT
        series: Array = polynomial(1 / (y * y), _STIRLING)
        series /= y
        series += (y - 0.5) * numpy.log(y) - y + 0.5 * math.log(2 * math.pi)
        series -= numpy.log(rising)
        series[(x == 1) | (x == 2)] = 0  # its roots
        return series.astype(numpy.float32)
