"""What operators cost, under PyTorch's name for it: ``plugrad.autograd.profiler.profile``.

An alias of `plugrad.profiler`, which ships in a distribution of its own.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from plugrad.profiler import (
        EventList,
        FunctionEvent,
        FunctionEventAvg,
        profile,
        record_function,
    )

__all__ = ["EventList", "FunctionEvent", "FunctionEventAvg", "profile", "record_function"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    # Where it is absent, the error says what to install. It stays an ImportError, for an
    # AttributeError would lose its advice in `from plugrad.autograd.profiler import profile`.
    return getattr(import_module("plugrad.profiler"), name)
