"""``plugrad.amp``: mixed precision.

NumPy's products are no faster in low precision, so on the CPU this saves memory, not time: it is
here so that programs run, with the dtypes and the rounding that they have under PyTorch.
"""

from __future__ import annotations

from plugrad.amp.autocasting import (
    autocast,
    get_autocast_dtype,
    is_autocast_available,
    is_autocast_enabled,
)
from plugrad.amp.scaling import GradScaler

__all__ = [
    "GradScaler",
    "autocast",
    "get_autocast_dtype",
    "is_autocast_available",
    "is_autocast_enabled",
]
