"""Orthogonal polynomials in the standard's words: each by its recurrence in the degree.

Reference
---------
M. Abramowitz, I. A. Stegun, Handbook of Mathematical Functions, 1964: table 22.7.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from plugrad.backends.array_api.arrays import ArrayKernels
from plugrad.backends.array_api.special import in_double

__all__ = ["PolynomialKernels"]


def _chebyshev(x: Any, k: int, now: Any, before: Any) -> Any:
    return 2 * x * now - before


class PolynomialKernels(ArrayKernels):
    """Orthogonal polynomials: of each degree in `n`, at each `x`; 0 for a negative degree."""

    def _by_recurrence(
        self, x: Any, n: Any, first: Any, following: Callable[[Any, int, Any, Any], Any]
    ) -> Any:
        """Return polynomials from those of degree 1, and a step from degrees k and k - 1 on."""
        xp = self.xp
        # What is no 64-bit integer is no degree.
        degree = xp.trunc(xp.where(xp.abs(n) < 2.0**63, n, xp.zeros_like(n) - 1))
        now, before = first, xp.ones_like(x)
        result = xp.where(degree == 0, before, xp.where(degree > 0, now, xp.zeros_like(x)))
        largest = int(xp.max(degree)) if math.prod(degree.shape) else 0
        for k in range(1, largest):
            now, before = following(x, k, now, before), now
            result = xp.where(degree > k, now, result)
        return result

    @in_double
    def chebyshev_polynomial_t(self, x: Any, n: Any) -> Any:
        return self._by_recurrence(x, n, x, _chebyshev)

    @in_double
    def chebyshev_polynomial_u(self, x: Any, n: Any) -> Any:
        return self._by_recurrence(x, n, 2 * x, _chebyshev)

    @in_double
    def chebyshev_polynomial_v(self, x: Any, n: Any) -> Any:
        return self._by_recurrence(x, n, 2 * x - 1, _chebyshev)

    @in_double
    def chebyshev_polynomial_w(self, x: Any, n: Any) -> Any:
        return self._by_recurrence(x, n, 2 * x + 1, _chebyshev)

    @in_double
    def shifted_chebyshev_polynomial_t(self, x: Any, n: Any) -> Any:
        return self.chebyshev_polynomial_t(2 * x - 1, n)

    @in_double
    def shifted_chebyshev_polynomial_u(self, x: Any, n: Any) -> Any:
        return self.chebyshev_polynomial_u(2 * x - 1, n)

    @in_double
    def shifted_chebyshev_polynomial_v(self, x: Any, n: Any) -> Any:
        return self.chebyshev_polynomial_v(2 * x - 1, n)

    @in_double
    def shifted_chebyshev_polynomial_w(self, x: Any, n: Any) -> Any:
        return self.chebyshev_polynomial_w(2 * x - 1, n)

    @in_double
    def hermite_polynomial_h(self, x: Any, n: Any) -> Any:
        return self._by_recurrence(
            x, n, 2 * x, lambda x, k, now, before: 2 * (x * now - k * before)
        )

    @in_double
    def hermite_polynomial_he(self, x: Any, n: Any) -> Any:
        return self._by_recurrence(x, n, x, lambda x, k, now, before: x * now - k * before)

    @in_double
    def laguerre_polynomial_l(self, x: Any, n: Any) -> Any:
        return self._by_recurrence(
            x, n, 1 - x,
            lambda x, k, now, before: ((2 * k + 1 - x) * now - k * before) / (k + 1),
        )  # fmt: skip

    @in_double
    def legendre_polynomial_p(self, x: Any, n: Any) -> Any:
        return self._by_recurrence(
            x, n, x,
            lambda x, k, now, before: ((2 * k + 1) * x * now - k * before) / (k + 1),
        )  # fmt: skip
