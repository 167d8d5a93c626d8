"""Write the type stubs of functions and methods, which operators make at run time.

``python tools/stubs.py`` writes them beside the modules that they describe; with ``--check`` it
only compares, and fails if they are stale.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import plugrad.array_api
import plugrad.checkpoints
import plugrad.fft
import plugrad.linalg
import plugrad.nn  # noqa: F401  # these declare functions and methods too
from plugrad import dtypes, layouts, settings
from plugrad.operators import legacy
from plugrad.vocabulary import registry

PACKAGE = Path(__file__).parents[1] / "packages" / "core" / "src" / "plugrad"
HEADER = '''"""{what}: written by tools/stubs.py from the operators' declarations."""

from builtins import {builtins}
from collections.abc import Callable, Iterable, Sequence
from typing import Any, SupportsFloat, SupportsIndex

'''
# Dtypes and methods are called `float` and `int`: Python's own go by other names.
BUILTINS = ("bool", "complex", "dict", "float", "int", "list", "str", "tuple")
TYPES = """from plugrad.devices import device as device
from plugrad.dtypes import dtype as dtype
from plugrad.random.generator import Generator as Generator
from plugrad.shapes import Size as Size
"""
# Everything on `plugrad` that is written out in its modules, and so has types there.
EXPORTS = """from math import e as e
from math import inf as inf
from math import nan as nan
from math import pi as pi
from plugrad import amp as amp
from plugrad import array_api as array_api
from plugrad import autograd as autograd
from plugrad import backends as backends
from plugrad import checkpoints as checkpoints
from plugrad import compiler as compiler
from plugrad import cuda as cuda
from plugrad import fft as fft
from plugrad import func as func
from plugrad import linalg as linalg
from plugrad import plugins as plugins
from plugrad import random as random
from plugrad import return_types as return_types
from plugrad import serialization as serialization
from plugrad import signal as signal
from plugrad import special as special
from plugrad import testing as testing
from plugrad.amp import autocast as autocast
from plugrad.amp import get_autocast_dtype as get_autocast_dtype
from plugrad.amp import is_autocast_available as is_autocast_available
from plugrad.amp import is_autocast_enabled as is_autocast_enabled
from plugrad.autograd.anomaly_mode import (
    is_anomaly_check_nan_enabled as is_anomaly_check_nan_enabled,
)
from plugrad.autograd.anomaly_mode import is_anomaly_enabled as is_anomaly_enabled
from plugrad.autograd.modes import enable_grad as enable_grad
from plugrad.autograd.modes import inference_mode as inference_mode
from plugrad.autograd.modes import is_grad_enabled as is_grad_enabled
from plugrad.autograd.modes import is_inference_mode_enabled as is_inference_mode_enabled
from plugrad.autograd.modes import no_grad as no_grad
from plugrad.autograd.modes import set_grad_enabled as set_grad_enabled
from plugrad.func import vmap as vmap
from plugrad.compiler import compile as compile
from plugrad.dtypes import get_default_dtype as get_default_dtype
from plugrad.dtypes import set_default_dtype as set_default_dtype
from plugrad.layouts import layout as layout
from plugrad.layouts import memory_format as memory_format
from plugrad.limits import finfo as finfo
from plugrad.limits import iinfo as iinfo
from plugrad.operators.device_table import get_default_device as get_default_device
from plugrad.operators.device_table import set_default_device as set_default_device
from plugrad.operators.legacy import tensortype as tensortype
from plugrad.printing import set_printoptions as set_printoptions
from plugrad.promotion import promote_types as promote_types
from plugrad.random import default_generator as default_generator
from plugrad.random import get_rng_state as get_rng_state
from plugrad.random import initial_seed as initial_seed
from plugrad.random import manual_seed as manual_seed
from plugrad.random import seed as seed
from plugrad.random import set_rng_state as set_rng_state
from plugrad.threads import get_num_threads as get_num_threads
from plugrad.threads import set_num_threads as set_num_threads
"""
# A type checker would rather have these of `object`, whose result is a bool.
OVERRIDES = ("__eq__", "__ne__")
SPECIAL = {"__setitem__": "None", "__array_namespace__": "Any"}


def parameters_of(function: Callable[..., Any]) -> tuple[list[str], str]:
    """Return the parameters of a public function as source, and the type that it returns."""
    compiled = getattr(function, "__globals__", {})
    if "compile_and_call" not in compiled:
        return _from_signature(inspect.signature(function))
    operator = compiled["op"]
    elementwise = operator.form == "elementwise"
    public = {"x": "input", "y": "other"} if elementwise else {}
    names = [public.get(a.name, a.name) for a in operator.arguments]
    source = [f"{name}: {'Any' if n else 'Tensor'}" for n, name in enumerate(names)]
    source += [
        f"{name}: Any={operator.defaults[name]!r}" if name in operator.defaults else f"{name}: Any"
        for name in operator.params
    ]
    if elementwise and "inplace" not in compiled:
        source += ["*", "out: Tensor | None=None"]
    return source, "Tensor"


def _from_signature(signature: inspect.Signature) -> tuple[list[str], str]:
    source, starred = [], False
    for parameter in signature.parameters.values():
        text = parameter.name
        if parameter.kind is parameter.VAR_POSITIONAL:
            text, starred = f"*{text}", True
        elif parameter.kind is parameter.VAR_KEYWORD:
            text = f"**{text}"
        elif parameter.kind is parameter.KEYWORD_ONLY and not starred:
            source.append("*")
            starred = True
        annotation = parameter.annotation
        text += f": {_shown(annotation) if annotation is not parameter.empty else 'Any'}"
        if parameter.default is not parameter.empty:
            plain = isinstance(parameter.default, (bool, int, float, str, type(None)))
            # Without spaces: there are 1,500 defaults, and the files are installed.
            text += f"={parameter.default!r}" if plain else "=..."
        source.append(text)
        if parameter.kind is parameter.POSITIONAL_ONLY:
            source.append("/")
    source = [s for n, s in enumerate(source) if s != "/" or "/" not in source[n + 1 :]]
    returned = signature.return_annotation
    known = returned is not signature.empty and _shown(returned) != "Any"
    return source, _shown(returned) if known else "Any"


def _shown(annotation: Any) -> str:
    """Return an annotation as source that holds anywhere, or ``Any`` where it would not.

    Python's own types go by the names that `_headed` gives them.
    """
    text = annotation if isinstance(annotation, str) else getattr(annotation, "__name__", "Any")
    words = set(re.findall(r"[\w.]+", text))
    if not words <= KNOWN:
        return "Any"
    return re.sub(rf"\b({'|'.join(BUILTINS)})\b", r"_\1", text)


def _joined(lines: list[str]) -> list[str]:
    """Return imports from one module after another as one import: a third of the space."""
    joined: list[str] = []
    for line in lines:
        module, _, names = line.partition(" import ")
        if joined and names and joined[-1].startswith(f"{module} import "):
            joined[-1] += f", {names}"
        else:
            joined.append(line)
    return joined


def _headed(what: str, lines: list[str]) -> str:
    """Return a stub with its imports, of Python's own types those that it names."""
    text = "\n".join(_joined("\n".join(lines).split("\n"))) + "\n"
    named = [f"{name} as _{name}" for name in BUILTINS if re.search(rf"\b_{name}\b", text)]
    return HEADER.format(what=what, builtins=", ".join(named)) + text


# Methods that no code names, nor any operator of Python 3 calls: of no use to a type checker.
UNSEEN = ("__array_wrap__", "__deepcopy__", "__div__", "__idiv__", "__rdiv__", "__reduce_ex__")
KNOWN = {
    *("Any", "None", *BUILTINS),
    *("Tensor", "dtype", "device", "Size", "Generator"),
    *("Sequence", "Iterable", "Callable", "SupportsIndex", "SupportsFloat"),
}


def package_stub() -> str:
    """Return the stub of `plugrad` itself."""
    lines = [EXPORTS + TYPES]
    lines += [f"from plugrad.settings import {name} as {name}" for name in settings.__all__]
    lines.append("from plugrad.tensor import Tensor as Tensor\n\n__version__: _str")
    lines.append("newaxis: None")
    lines += [f"def {name}(input: Tensor) -> Tensor: ..." for name in ("detach", "detach_")]
    for names, kind in ((dtypes.PUBLIC_NAMES, "dtype"), (layouts.PUBLIC_NAMES, "Any"),
                        (legacy.TENSOR_TYPES, "Any")):  # fmt: skip
        lines += [f"{name}: {kind}" for name in names]
    for name, function in sorted(registry.functions.items()):
        if name.isidentifier() and callable(function):
            parameters, returned = parameters_of(function)
            lines.append(f"def {name}({', '.join(parameters)}) -> {returned}: ...")
    lines.append("def __getattr__(name: _str) -> Any: ...  # what plugins add")
    return _headed("What plugrad exports", lines)


def methods_stub() -> str:
    """Return the stub of `plugrad.methods`."""
    lines = [TYPES]
    lines += ["from plugrad.tensor import Tensor\n", "class TensorMethods:"]
    for name, method in sorted(registry.methods.items()):
        if name in UNSEEN:
            continue
        if isinstance(method, property):
            lines += ["    @property", f"    def {name}(self) -> Tensor: ..."]
            continue
        if not callable(method):
            lines.append(f"    {name}: Any")
            continue
        parameters, returned = parameters_of(method)
        if name.startswith("__"):
            if parameters[-1].startswith("out:"):
                parameters = parameters[: parameters.index("*")]
            returned = SPECIAL.get(name, "Tensor")
        rest = parameters if parameters and parameters[0].startswith("*") else parameters[1:]
        ignore = "  # type: ignore[override]" if name in OVERRIDES else ""
        lines.append(f"    def {name}({', '.join(['self', *rest])}) -> {returned}: ...{ignore}")
    return _headed("The methods of Tensor", lines)


def main() -> int:
    """Write the stubs, or compare them."""
    stale = []
    for name, text in {"__init__": package_stub(), "methods": methods_stub()}.items():
        path = PACKAGE / f"{name}.pyi"
        if "--check" in sys.argv:
            if not path.exists() or path.read_text(encoding="utf-8") != text:
                stale.append(path.name)
        else:
            path.write_text(text, encoding="utf-8")
    if stale:
        print(f"stale: {', '.join(stale)}; run python tools/stubs.py")
    return len(stale)


if __name__ == "__main__":
    sys.exit(main())
