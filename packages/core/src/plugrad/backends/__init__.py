"""Backends: kernel tables on raw arrays, one for each device.

Beside them stand the modules of ``torch.backends`` that programs ask for settings.
"""

from __future__ import annotations

from importlib import import_module as _import_module
from typing import Any


def __getattr__(name: str) -> Any:
    if name in ("cuda", "cudnn", "mkl", "mkldnn", "mps", "openmp"):
        return _import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
