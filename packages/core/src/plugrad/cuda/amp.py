"""``plugrad.cuda.amp``: mixed precision for CUDA devices, under its older names."""

from __future__ import annotations

from typing import Any

from plugrad import amp, dtypes
from plugrad.dtypes import dtype

__all__ = ["GradScaler", "autocast"]


class autocast(amp.autocast):
    """``plugrad.autocast("cuda", ...)``.

    Examples
    --------
    >>> from plugrad.cuda.amp import autocast
    >>> with autocast(enabled=False):
    ...     pass
    """

    def __init__(
        self, enabled: bool = True, dtype: dtype = dtypes.float16, cache_enabled: bool = True
    ) -> None:
        super().__init__("cuda", dtype, enabled, cache_enabled)


class GradScaler(amp.GradScaler):
    """``plugrad.amp.GradScaler("cuda", ...)``.

    Examples
    --------
    >>> from plugrad.cuda.amp import GradScaler
    >>> GradScaler(enabled=False).is_enabled()
    False
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__("cuda", *args, **kwargs)
