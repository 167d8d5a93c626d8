"""plugrad: PyTorch's tensors and automatic differentiation, in Python on any array library.

>>> import plugrad as torch
>>> x = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
>>> (x**2).sum().backward()
>>> x.grad
tensor([2., 4., 6.])
"""

import gc as _gc
from importlib import import_module as _import_module
from math import e, inf, nan, pi
from typing import Any as _Any

from plugrad import namespace as _namespace

__path__ = _namespace.extend(__path__, __name__)
_namespace.install_hints()

# What an import makes stays: a collector that looks through it meanwhile costs a tenth of the time.
_collecting = _gc.isenabled()
_gc.disable()
try:
    from plugrad import operators as _operators
finally:
    if _collecting:
        _gc.enable()

from plugrad import dtypes as _dtypes  # noqa: E402  # siblings must be found first
from plugrad.autograd.modes import (  # noqa: E402
    enable_grad,
    inference_mode,
    is_grad_enabled,
    is_inference_mode_enabled,
    no_grad,
    set_grad_enabled,
)
from plugrad.devices import device  # noqa: E402
from plugrad.dtypes import dtype, get_default_dtype, set_default_dtype  # noqa: E402
from plugrad.layouts import PUBLIC_NAMES as _LAYOUTS  # noqa: E402
from plugrad.layouts import layout, memory_format  # noqa: E402
from plugrad.limits import finfo, iinfo  # noqa: E402
from plugrad.operators.device_table import get_default_device, set_default_device  # noqa: E402
from plugrad.operators.legacy import TENSOR_TYPES as _TENSOR_TYPES  # noqa: E402
from plugrad.operators.legacy import tensortype  # noqa: E402
from plugrad.printing import set_printoptions  # noqa: E402
from plugrad.promotion import promote_types  # noqa: E402
from plugrad.random import (  # noqa: E402
    Generator,
    default_generator,
    get_rng_state,
    initial_seed,
    manual_seed,
    seed,
    set_rng_state,
)
from plugrad.shapes import Size  # noqa: E402
from plugrad.tensor import Tensor as Tensor  # noqa: E402

__version__ = "0.1.0"

newaxis = None
detach = Tensor.detach
detach_ = Tensor.detach_

globals().update(_dtypes.PUBLIC_NAMES)
globals().update(_LAYOUTS)
globals().update(_TENSOR_TYPES)

_LAZY = (
    "amp",
    "compiler",
    "cuda",
    "plugins",
    "return_types",
    "settings",
    "special",
    "testing",
    "threads",
    "utils",
)

_ELSEWHERE = {
    "are_deterministic_algorithms_enabled": "settings",
    "get_float32_matmul_precision": "settings",
    "get_num_interop_threads": "settings",
    "is_deterministic_algorithms_warn_only_enabled": "settings",
    "set_float32_matmul_precision": "settings",
    "set_flush_denormal": "settings",
    "set_num_interop_threads": "settings",
    "use_deterministic_algorithms": "settings",
    "get_num_threads": "threads",
    "set_num_threads": "threads",
    "autocast": "amp",
    "compile": "compiler",
    "get_autocast_dtype": "amp",
    "is_anomaly_check_nan_enabled": "autograd.anomaly_mode",
    "is_anomaly_enabled": "autograd.anomaly_mode",
    "is_autocast_available": "amp",
    "is_autocast_enabled": "amp",
    "vmap": "func",
}


def __getattr__(name: str) -> _Any:
    if f"{__name__}.{name}" in _namespace.SIBLINGS:
        return _namespace.resolve_sibling(f"{__name__}.{name}")
    if name in _LAZY:
        return _import_module(f"{__name__}.{name}")
    if name in _ELSEWHERE:
        return getattr(__getattr__(_ELSEWHERE[name]), name)
    if name.startswith("_"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    absent = _dtypes.absent_dtype_message(name)
    if absent is not None:
        raise AttributeError(absent)
    return _operators.plugin_operator(name, f"module {__name__!r}")
