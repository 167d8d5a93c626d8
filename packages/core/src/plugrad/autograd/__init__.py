"""Automatic differentiation: gradients of recorded operations.

`backward` accumulates gradients into leaves, `grad` returns them. The rest is brought by
plugrad-autograd: `Function` for operations of one's own, ``functional`` for Jacobians, Hessians and
their products with vectors, hooks of the graph, checks of gradients.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from plugrad import namespace as _namespace
from plugrad.autograd.modes import (
    enable_grad,
    inference_mode,
    is_grad_enabled,
    no_grad,
    set_grad_enabled,
)

__path__ = _namespace.extend(__path__, __name__)

if TYPE_CHECKING:
    from plugrad.autograd import forward_ad, function, functional, graph, profiler
    from plugrad.autograd.anomaly_mode import detect_anomaly, set_detect_anomaly
    from plugrad.autograd.explaining import explain
    from plugrad.autograd.function import Function
    from plugrad.autograd.grad_mode import set_multithreading_enabled
    from plugrad.autograd.gradcheck import gradcheck, gradgradcheck
    from plugrad.autograd.gradients import backward, grad
    from plugrad.autograd.variable import Variable

__all__ = [
    "Function",
    "Variable",
    "backward",
    "detect_anomaly",
    "enable_grad",
    "explain",
    "forward_ad",
    "function",
    "functional",
    "grad",
    "gradcheck",
    "gradgradcheck",
    "graph",
    "inference_mode",
    "is_grad_enabled",
    "no_grad",
    "profiler",
    "set_detect_anomaly",
    "set_grad_enabled",
    "set_multithreading_enabled",
]

# The engine stands above much of the package, and its lower modules are imported through here: so
# what needs it is imported when it is asked for.
_LATER = {
    "Function": "function",
    "Variable": "variable",
    "backward": "gradients",
    "detect_anomaly": "anomaly_mode",
    "explain": "explaining",
    "grad": "gradients",
    "gradcheck": "gradcheck",
    "gradgradcheck": "gradcheck",
    "profiler": "",
    "set_detect_anomaly": "anomaly_mode",
    "set_multithreading_enabled": "grad_mode",
}


def __getattr__(name: str) -> Any:
    module = f"{__name__}.{_LATER.get(name) or name}"
    if module in _namespace.SIBLINGS:
        found = _namespace.resolve_sibling(module)
    elif name in _LATER:
        found = import_module(module)
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(found, name) if _LATER.get(name) else found
