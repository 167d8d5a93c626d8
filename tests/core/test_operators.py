"""Every operator, on every sample, has every property; and every rule keeps to the standard.

Samples lie in ``plugrad.testing.samples``, properties in ``plugrad.testing.properties``. What the
array API standard cannot say stands in ``expected_failures/strict.toml``, with its reason: there an
unexpected pass fails too.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from fnmatch import fnmatchcase
from functools import cache, wraps
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import plugrad
import plugrad.fft
import plugrad.linalg
import plugrad.nn  # these declare functions too
from plugrad.testing import strict
from plugrad.testing.properties import PROPERTIES, assert_close
from plugrad.testing.running import gradients, numbers, run
from plugrad.testing.samples import Sample, samples
from plugrad.vocabulary.registry import functions, methods

SAMPLES = list(samples())
WITHOUT_SAMPLES = {
    **dict.fromkeys(("is_complex", "is_conj", "is_neg"), "tell a fact, and return no tensor"),
    **dict.fromkeys(("cuda", "pin_memory"), "need another device"),
    **dict.fromkeys(("load", "save"), "read and write files, not tensors"),
    **dict.fromkeys(("__array_namespace__", "to_device"), "the array API's, with tests of its own"),
    **dict.fromkeys(
        (
            "floor_divide",
            "nonzero_static",
            "rms_norm",
            "squeeze_",
            "swapaxes_",
            "swapdims_",
            "t_",
            "transpose_",
            "unravel_index",
            "unsqueeze_",
        ),
        "tested by hand, in no sample yet",
    ),
    **dict.fromkeys(("__array_wrap__", "__delitem__", "__rmatmul__"), "Python and NumPy call them"),
}
EXPECTED = tomllib.loads((Path(__file__).parent / "expected_failures/strict.toml").read_text())


def cases() -> Iterator[Any]:
    for name, check in PROPERTIES.items():
        for sample in SAMPLES:
            if name not in sample.skip:
                yield pytest.param(check, sample, id=f"{name}-{sample}")


@pytest.mark.parametrize(("check", "sample"), list(cases()))
def test_has_the_property(check: Any, sample: Sample) -> None:
    check(sample, "cpu")


# ------------------------------------------------------------------------------ the strict backend


@pytest.fixture(scope="module", autouse=True)
def strict_device() -> None:
    strict.install()


@cache
def expected_failure(sample: str) -> str | None:
    """Return why a sample cannot run on the strict backend, or None."""
    for entry in EXPECTED["failure"]:
        if any(fnmatchcase(sample, pattern) for pattern in entry["samples"]):
            return str(entry["reason"])
    return None


@pytest.mark.parametrize("sample", [s for s in SAMPLES if "strict" not in s.skip], ids=str)
def test_runs_in_the_words_of_the_standard(sample: Sample) -> None:
    reason = expected_failure(str(sample))
    try:
        found, expected = on("strict", sample), on("cpu", sample)
        assert len(found) == len(expected)
        for one, other in zip(found, expected, strict=True):
            assert_close(one, other, 64, "on the strict backend", 1e-6)
    except Exception as error:
        if reason is None:
            raise
        pytest.xfail(f"{reason} ({type(error).__name__})")
    assert reason is None, f"runs on the strict backend now; it was expected to fail: {reason}"


def on(device: str, sample: Sample) -> list[np.ndarray[Any, Any]]:
    """Return outputs, gradients, and gradients through a recorded backward."""
    dtype = "float64" if "float64" in sample.dtypes else sample.dtypes[0]
    made = run(sample, sample.arrays(dtype), device)
    found = [*made.outputs, *gradients(made, retain_graph=True)]
    found += gradients(made, create_graph=True)
    assert all(str(tensor.device) == device for tensor in found)
    return [np.array(numbers(tensor)) for tensor in found]


def test_expected_failures_are_of_samples_that_exist() -> None:
    for entry in EXPECTED["failure"]:
        assert entry["reason"]
        for pattern in entry["samples"]:
            assert any(fnmatchcase(str(sample), pattern) for sample in SAMPLES), pattern


# ------------------------------------------------------------------------------------- the samples


def test_every_public_name_is_called_by_a_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    called: set[str] = set()

    def recording(name: str, function: Any) -> Any:
        @wraps(function)
        def call(*args: Any, **kwargs: Any) -> Any:
            called.add(name)
            return function(*args, **kwargs)

        return call

    for name, function in functions.items():
        monkeypatch.setattr(plugrad, name, recording(name, function))
    for name, method in methods.items():
        if isinstance(method, property):
            monkeypatch.setattr(plugrad.Tensor, name, property(recording(name, method.fget)))
        elif callable(method):
            monkeypatch.setattr(plugrad.Tensor, name, recording(name, method))
    for sample in SAMPLES:
        for call in filter(None, (sample.call, sample.inplace and changing(sample))):
            run(sample, sample.arrays(sample.dtypes[0]), call=call)
    same = {id(public[name]) for public in (functions, methods) for name in called & {*public}}
    missing = {
        name
        for public in (functions, methods)
        for name, call in public.items()
        if name not in called and id(call) not in same and name not in {*WITHOUT_SAMPLES, *FEW}
    }
    assert not missing, f"no sample calls {sorted(missing)}"


def changing(sample: Sample) -> Any:
    def call(t: Any, first: Any, *others: Any) -> Any:
        assert sample.inplace is not None
        return sample.inplace(t, first * 1, *others)

    return call


FEW = {
    "acosh_": (), "arccosh_": (), "asinh_": (), "arcsinh_": (), "atanh_": (), "arctanh_": (),
    "conj_physical_": (), "float_power_": (2.0,), "floor_divide_": (2.0,), "heaviside_": (0.5,),
    "logical_not_": (), "logical_and_": (0.0,), "logical_or_": (0.0,), "logical_xor_": (1.0,),
    "polygamma_": (1,),
}  # fmt: skip


@pytest.mark.parametrize("name", FEW)
def test_in_place_forms_without_a_sample(name: str) -> None:
    dtype = {"conj_physical_": plugrad.complex64, "float_power_": plugrad.float64}.get(name)
    x = plugrad.tensor([0.0, 0.25, 0.5], dtype=dtype) + (1 if "cosh" in name else 0)
    given = [plugrad.tensor(n) if isinstance(n, float) else n for n in FEW[name]]
    expected = getattr(x, name.removesuffix("_"))(*given)
    version = x._version
    assert getattr(x, name)(*given) is x
    assert x._version == version + 1
    assert x.tolist() == expected.to(x.dtype).tolist()


def test_skips_name_properties_and_reasons() -> None:
    elsewhere = {"strict", "compat", "second", "device"}  # the last two: when compared with PyTorch
    for sample in SAMPLES:
        for name, reason in sample.skip.items():
            assert name in {*PROPERTIES, *elsewhere}, f"{sample} skips {name!r}"
            assert reason
