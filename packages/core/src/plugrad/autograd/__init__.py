"""Automatic differentiation: gradients of recorded operations.

`backward` accumulates gradients into leaves, `grad` returns them, ``functional`` has Jacobians,
Hessians and their products with vectors.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from plugrad.autograd.modes import (
    enable_grad,
    inference_mode,
    is_grad_enabled,
    no_grad,
    set_grad_enabled,
)

if TYPE_CHECKING:
    from plugrad.autograd import functional, graph, profiler
    from plugrad.autograd.gradients import backward, grad

__all__ = [
    "backward",
    "enable_grad",
    "functional",
    "grad",
    "graph",
    "inference_mode",
    "is_grad_enabled",
    "no_grad",
    "profiler",
    "set_grad_enabled",
]

# The engine stands above much of the package, and its lower modules are imported through here: so
# what needs it is imported when it is asked for.
_LATER = {"backward": "gradients", "grad": "gradients"}
_MODULES = ("functional", "graph", "profiler")


def __getattr__(name: str) -> Any:
    if name in _LATER:
        return getattr(import_module(f"{__name__}.{_LATER[name]}"), name)
    if name in _MODULES:
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
