"""The operators of Fourier transforms and windows: importing this package declares them all."""

from __future__ import annotations

from plugrad.fft import kernels  # noqa: F401  # what they run on
from plugrad.fft.operators import (  # noqa: F401  # imported for what they declare
    frequencies,
    short_time,
    spectral,
    tapers,
)
from plugrad.namespace import brought
from plugrad.operators import publish

publish(brought("plugrad.fft"))
