"""A kernel for NumPy arrays with one temporary, where the body makes three."""

from __future__ import annotations

from typing import Any

import numpy

__all__ = ["is_large", "snake"]

Array = numpy.ndarray[Any, Any]


def snake(x: Array, a: float) -> Array:
    """Return ``x + sin(a * x)**2 / a``."""
    y = numpy.asarray(x * x.dtype.type(a))
    numpy.sin(y, out=y)
    numpy.square(y, out=y)
    numpy.divide(y, a, out=y)
    return numpy.add(y, x, out=y)


def is_large(x: Array, a: float) -> bool:
    """Tell whether the kernel pays: on small arrays, calls cost more than memory does."""
    return x.size >= 1024
