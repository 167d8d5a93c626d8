"""``plugrad.backends.mkl``: whether NumPy's products come from Intel's library."""

from __future__ import annotations

import numpy

__all__ = ["is_available"]


def is_available() -> bool:
    """Return whether NumPy was built with MKL."""
    config = numpy.show_config(mode="dicts")
    blas = config["Build Dependencies"]["blas"] if config else {}
    return "mkl" in str(blas.get("name", "")).lower()
