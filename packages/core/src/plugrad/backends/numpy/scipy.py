"""Special functions that NumPy has no short algorithm for, from SciPy, imported on first use."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from plugrad.backends.numpy.arrays import Array

__all__ = ["ScipyKernels"]


def _from_scipy(ours: str, theirs: str) -> Callable[..., Array]:
    """Return a kernel that SciPy computes, under a name of its own."""

    def kernel(self: Any, *arrays: Array) -> Array:
        try:
            from scipy import special  # type: ignore[import-untyped, unused-ignore]
        except ImportError as error:
            raise ImportError(
                f"{ours}() needs the package scipy, because NumPy has no such function: "
                "pip install 'plugrad-core[scipy]'"
            ) from error
        result: Array = getattr(special, theirs)(*arrays)
        return result

    return kernel


class ScipyKernels:
    """Bessel functions and incomplete gamma functions."""

    bessel_j0 = _from_scipy("bessel_j0", "j0")
    bessel_j1 = _from_scipy("bessel_j1", "j1")
    bessel_y0 = _from_scipy("bessel_y0", "y0")
    bessel_y1 = _from_scipy("bessel_y1", "y1")
    modified_bessel_k0 = _from_scipy("modified_bessel_k0", "k0")
    modified_bessel_k1 = _from_scipy("modified_bessel_k1", "k1")
    scaled_modified_bessel_k0 = _from_scipy("scaled_modified_bessel_k0", "k0e")
    scaled_modified_bessel_k1 = _from_scipy("scaled_modified_bessel_k1", "k1e")
    igamma = _from_scipy("igamma", "gammainc")
    igammac = _from_scipy("igammac", "gammaincc")
    _airy = staticmethod(_from_scipy("airy_ai", "airy"))

    def airy_ai(self, x: Array) -> Array:
        values: Array = self._airy(self, x)[0]
        return values
