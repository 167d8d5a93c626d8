"""Every public function, method and layer has an example, in its docstring or beside it."""

from __future__ import annotations

import doctest
import inspect
import tomllib
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import pytest

import plugrad

MODULES: Final = (
    "plugrad",
    "plugrad.amp",
    "plugrad.array_api",
    "plugrad.array_api.fft",
    "plugrad.array_api.linalg",
    "plugrad.autograd",
    "plugrad.autograd.anomaly_mode",
    "plugrad.autograd.function",
    "plugrad.autograd.forward_ad",
    "plugrad.autograd.functional",
    "plugrad.autograd.gradcheck",
    "plugrad.autograd.graph",
    "plugrad.checkpoints",
    "plugrad.checkpoints.safetensors",
    "plugrad.cuda.amp",
    "plugrad.fft",
    "plugrad.func",
    "plugrad.linalg",
    "plugrad.nn",
    "plugrad.nn.functional",
    "plugrad.nn.init",
    "plugrad.nn.utils",
    "plugrad.nn.utils.rnn",
    "plugrad.optim",
    "plugrad.optim.lr_scheduler",
    "plugrad.optim.swa_utils",
    "plugrad.random",
    "plugrad.serialization",
    "plugrad.signal.windows",
    "plugrad.special",
    "plugrad.utils.checkpoint",
)
WITHOUT: Final = {
    "plugrad.Tensor.bfloat16": "only works where ml_dtypes is installed",
    "plugrad.Tensor.cuda": "only works where there is a device",
    "plugrad.Tensor.pin_memory": "only works where there is a device",
}
"""What has no example, and why."""

PLACE: Final = Path(__file__).parents[2] / "docs" / "_ext"
EXAMPLES: Final[dict[str, str]] = tomllib.loads((PLACE / "examples.toml").read_text("utf-8"))
SUMMARIES: Final[dict[str, str]] = tomllib.loads((PLACE / "summaries.toml").read_text("utf-8"))[
    "summaries"
]


def _names(path: str) -> list[str]:
    module = import_module(path)
    if hasattr(module, "__all__"):
        return list(module.__all__)
    lazy = getattr(module, "_ELSEWHERE", ())
    return [name for name in (*vars(module), *lazy) if not name.startswith("_")]


def _found() -> Iterator[tuple[str, Any]]:
    for path in MODULES:
        for name in _names(path):
            value = getattr(import_module(path), name)
            ours = str(getattr(value, "__module__", "")).startswith("plugrad")
            if callable(value) and ours and not inspect.ismodule(value):
                yield f"{path}.{name}", value
    for name in dir(plugrad.Tensor):
        if not name.startswith("_"):
            yield f"plugrad.Tensor.{name}", getattr(plugrad.Tensor, name)


PUBLIC: Final = dict(_found())


def _docstring(name: str) -> str:
    value = PUBLIC[name]
    if inspect.isclass(value) and not vars(value).get("__doc__"):
        return ""  # a base's, which says nothing of this one
    return inspect.getdoc(value) or ""


def _standing_for(name: str) -> Iterator[str]:
    """Yield the names whose description is this one's: its own, its aliases', its plain form's."""
    yield name
    plain = name.removesuffix("_")
    if plain in PUBLIC:
        yield plain
    last = plain.rpartition(".")[2]
    if name.startswith("plugrad.Tensor.") and f"plugrad.{last}" in PUBLIC:
        yield f"plugrad.{last}"  # the function that a method is
    if hasattr(PUBLIC[name], "canonical"):
        # of which it is another signature
        yield from _standing_for(f"plugrad.{PUBLIC[name].canonical}")
    for other, value in PUBLIC.items():
        if value is PUBLIC[name] or value is PUBLIC.get(plain):
            yield other
    if isinstance(PUBLIC[name], plugrad.tensortype):
        yield "plugrad.tensortype"


def _is_described(name: str) -> bool:
    return bool(_docstring(name)) or name.rpartition(".")[2] in SUMMARIES


def _has_example(name: str) -> bool:
    return ">>>" in _docstring(name) or name.removeprefix("plugrad.") in EXAMPLES


def test_every_public_name_is_described() -> None:
    assert [name for name in PUBLIC if not any(map(_is_described, _standing_for(name)))] == []


def test_every_public_name_has_an_example() -> None:
    bare = {name for name in PUBLIC if not any(map(_has_example, _standing_for(name)))}
    assert sorted(bare - set(WITHOUT)) == []
    assert sorted(set(WITHOUT) - bare) == []  # what has an example need not be excused


def test_examples_outside_of_docstrings_stand_for_what_has_none() -> None:
    names = {name: f"plugrad.{name}" for name in EXAMPLES}
    assert [name for name, full in names.items() if full not in PUBLIC] == []
    assert [name for name, full in names.items() if ">>>" in _docstring(full)] == []


@pytest.mark.parametrize("name", EXAMPLES)
def test_examples_outside_of_docstrings_run(name: str) -> None:
    parser = doctest.DocTestParser()
    case = parser.get_doctest(EXAMPLES[name], {"plugrad": plugrad}, name, "examples.toml", None)
    assert case.examples
    said: list[str] = []
    failed = doctest.DocTestRunner(verbose=False).run(case, out=said.append).failed
    assert not failed, "".join(said)
