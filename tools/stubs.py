"""Write the type stubs of functions and methods, which operators make at run time.

``python tools/stubs.py`` writes them beside the modules that they describe; with ``--check`` it
only compares, and fails if they are stale.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import plugrad
from plugrad.vocabulary import registry

PACKAGE = Path(__file__).parents[1] / "packages" / "core" / "src" / "plugrad"
HEADER = '''"""{what}: generated from the operators' declarations by tools/stubs.py."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal, NamedTuple, SupportsFloat, SupportsIndex

import numpy

import plugrad
from plugrad.devices import device
from plugrad.dtypes import dtype
from plugrad.random.generator import Generator
from plugrad.shapes import Size
from plugrad.tensor import Tensor

'''
# A type checker would rather have these of `object`, whose result is a bool.
OVERRIDES = ("__eq__", "__ne__")


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
        f"{name}: Any = {operator.defaults[name]!r}"
        if name in operator.defaults
        else f"{name}: Any"
        for name in operator.params
    ]
    if elementwise and "inplace" not in compiled:
        source += ["*", "out: Tensor | None = None"]
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
            text += f" = {parameter.default!r}" if plain else " = ..."
        source.append(text)
        if parameter.kind is parameter.POSITIONAL_ONLY:
            source.append("/")
    source = [s for n, s in enumerate(source) if s != "/" or "/" not in source[n + 1 :]]
    returned = signature.return_annotation
    known = returned is not signature.empty and _shown(returned) != "Any"
    return source, _shown(returned) if known else "Any"


def _shown(annotation: Any) -> str:
    text = annotation if isinstance(annotation, str) else getattr(
        annotation, "__name__", str(annotation))  # fmt: skip
    simple = all(word in KNOWN for word in _words(text))
    return text if simple else "Any"


def _words(text: str) -> list[str]:
    return "".join(c if c.isalnum() or c in "_." else " " for c in text).split()


KNOWN = frozenset(
    "Any None bool int float complex str tuple list dict Tensor dtype device Size Generator "
    "Sequence Iterable Callable SupportsIndex SupportsFloat".split()
)


def functions_stub() -> str:
    """Return the stub of `plugrad.functions`."""
    lines = []
    for name, function in sorted(registry.functions.items()):
        if name.isidentifier() and callable(function):
            parameters, returned = parameters_of(function)
            lines.append(f"def {name}({', '.join(parameters)}) -> {returned}: ...")
    return HEADER.format(what="The functions of plugrad") + "\n".join(lines) + "\n"


def methods_stub() -> str:
    """Return the stub of `plugrad.methods`."""
    lines = ["class TensorMethods:"]
    for name, method in sorted(registry.methods.items()):
        if isinstance(method, property):
            lines += ["    @property", f"    def {name}(self) -> Tensor: ..."]
            continue
        if not callable(method):
            lines.append(f"    {name}: Any")
            continue
        parameters, returned = parameters_of(method)
        if name.startswith("__"):
            parameters = [p for p in parameters if p != "*" and not p.startswith("out:")]
            returned = "Tensor" if name not in ("__setitem__",) else "None"
        others = ", ".join(["self", *parameters[1:]])
        if parameters and parameters[0].startswith("*"):
            others = ", ".join(["self", *parameters])
        ignore = "  # type: ignore[override]" if name in OVERRIDES else ""
        lines.append(f"    def {name}({others}) -> {returned}: ...{ignore}")
    return HEADER.format(what="The methods of Tensor") + "\n".join(lines) + "\n"


def main() -> int:
    """Write the stubs, or compare them."""
    assert plugrad.Tensor is not None
    stale = []
    for name, text in {"functions": functions_stub(), "methods": methods_stub()}.items():
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
