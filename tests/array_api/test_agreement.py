"""Every function of the standard, against array-api-strict: signatures, then results.

What differs stands in ``differences.toml`` with the reason, and is expected to: where it has gone,
the test fails until the entry has.
"""

from __future__ import annotations

import inspect
import tomllib
import warnings
from collections.abc import Iterator
from operator import attrgetter
from pathlib import Path
from typing import Any, Final

import array_api_strict as strict
import numpy
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

import plugrad
from plugrad import array_api
from plugrad.testing import strict as device_of_strict

from . import calls_of_algebra, calls_over_axes  # noqa: F401  # declare calls
from .calls import CALLS
from .inputs import Dtype

PLACE: Final = Path(__file__).parent
FAMILIES: Final[dict[str, str]] = tomllib.loads(
    (PLACE / "standard.toml").read_text(encoding="utf-8")
)["families"]
DIFFERENCES: Final[list[dict[str, Any]]] = tomllib.loads(
    (PLACE / "differences.toml").read_text(encoding="utf-8")
).get("difference", [])
NAMES: Final = [name for names in FAMILIES.values() for name in names.split()]
FUNCTIONS: Final = [name for name in NAMES if inspect.isroutine(attrgetter(name)(strict))]


@pytest.fixture(autouse=True, scope="module")
def _same_defaults() -> Iterator[None]:
    """The standard lets libraries choose the default floating-point dtype; here one choice."""
    before = plugrad.get_default_dtype()
    plugrad.set_default_dtype(plugrad.float64)
    with strict.ArrayAPIStrictFlags(api_version="2024.12"):
        yield
    plugrad.set_default_dtype(before)


def marked(aspect: str, names: list[str]) -> list[Any]:
    """Return names to parametrize with; those that are to differ in an aspect are expected to."""
    reasons = {
        name: each["reason"]
        for each in DIFFERENCES
        if each["aspect"] == aspect
        for name in each["names"]
    }
    return [
        pytest.param(name, marks=pytest.mark.xfail(reason=reasons[name], strict=True))
        if name in reasons
        else name
        for name in names
    ]


def test_there_is_everything_and_nothing_else() -> None:
    there = {name for name in NAMES if "." not in name}
    assert set(array_api.__all__) == there | {"__array_api_version__"}
    for extension in ("linalg", "fft"):
        listed = {name.partition(".")[2] for name in NAMES if name.startswith(f"{extension}.")}
        assert set(getattr(array_api, extension).__all__) == listed
    ours, theirs = set(FUNCTIONS), set(CALLS)
    assert ours - theirs == {"__array_namespace_info__"}
    assert theirs - ours == set()


def test_constants_and_dtypes() -> None:
    for name in FAMILIES["Constants"].split():
        ours, theirs = getattr(array_api, name), getattr(strict, name)
        assert ours is theirs or ours == theirs or (ours != ours and theirs != theirs)
    for name in FAMILIES["Data types"].split():
        assert getattr(array_api, name).name == str(getattr(strict, name)).rpartition(".")[2]


def test_arrays_whose_elements_are_not_set() -> None:
    for dtype in (None, array_api.uint16):
        x = array_api.empty((2, 3), dtype=dtype)
        assert x.shape == array_api.empty_like(x).shape == (2, 3)
        assert x.dtype is array_api.empty_like(x).dtype is (dtype or plugrad.get_default_dtype())


def test_differences_name_what_there_is() -> None:
    named = {(each["aspect"], name) for each in DIFFERENCES for name in each["names"]}
    assert {name for aspect, name in named} <= set(FUNCTIONS)
    assert {aspect for aspect, name in named} <= {"signature", "results"}


# -------------------------------------------------------------------------------------- signatures


def signature_of(function: Any) -> list[tuple[str, Any, Any]]:
    """Return parameters, their kinds and defaults; strict's own word for "not given" as None."""
    return [
        (each.name, each.kind, None if type(each.default).__name__ == "Undef" else each.default)
        for each in inspect.signature(function).parameters.values()
    ]


@pytest.mark.parametrize("name", marked("signature", FUNCTIONS))
def test_the_signature_is_the_standards(name: str) -> None:
    find = attrgetter(name)
    assert signature_of(find(array_api)) == signature_of(find(strict))


# ----------------------------------------------------------------------------------------- results


def to_ours(value: Any) -> Any:
    """Return an argument as plugrad takes it."""
    if isinstance(value, Dtype):
        return getattr(array_api, value)
    if isinstance(value, numpy.ndarray):
        return plugrad.from_numpy(value.copy())
    if isinstance(value, list):
        return [to_ours(each) for each in value]
    return _tuple(value, to_ours)


def to_other_device(value: Any) -> Any:
    """Return an argument as plugrad takes it, its arrays on another device."""
    if isinstance(value, numpy.ndarray):
        return to_ours(value).to("strict")
    if isinstance(value, list):
        return [to_other_device(each) for each in value]
    return to_ours(value) if isinstance(value, Dtype) else _tuple(value, to_other_device)


def to_strict(value: Any) -> Any:
    """Return an argument as array-api-strict takes it."""
    if isinstance(value, Dtype):
        return getattr(strict, value)
    if isinstance(value, numpy.ndarray):
        return strict.asarray(value.copy())
    if isinstance(value, list):
        return [to_strict(each) for each in value]
    return _tuple(value, to_strict)


def _tuple(value: Any, convert: Any) -> Any:
    return tuple(convert(each) for each in value) if isinstance(value, tuple) else value


def called(function: Any, arguments: tuple[Any, ...], keywords: dict[str, Any], to: Any) -> Any:
    positional = [to(each) for each in arguments]
    with warnings.catch_warnings(), numpy.errstate(all="ignore"):
        warnings.simplefilter("ignore")  # of NumPy, at 1 / 0; and none of ours is an error here
        return function(*positional, **{name: to(each) for name, each in keywords.items()})


def _facts(info: Any) -> dict[str, Any]:
    return {name: getattr(info, name) for name in dir(info) if not name.startswith("_")}


def assert_equal(ours: Any, theirs: Any, signs: bool = False) -> None:
    """Compare results: arrays in dtype, shape and elements; the rest as it is.

    With `signs`, zeros in their signs too.
    """
    if isinstance(theirs, (tuple, list)):
        assert isinstance(ours, tuple if isinstance(theirs, tuple) else list)
        assert getattr(ours, "_fields", None) == getattr(theirs, "_fields", None)
        assert len(ours) == len(theirs)
        for our, their in zip(ours, theirs, strict=True):
            assert_equal(our, their)
    elif type(theirs).__name__ == "DType":
        assert ours is getattr(array_api, str(theirs).rpartition(".")[2])
    elif type(theirs).__name__ in ("finfo_object", "iinfo_object"):
        for name, fact in _facts(theirs).items():
            assert_equal(getattr(ours, name), fact)
    elif isinstance(theirs, (bool, int, float)):
        assert type(ours) is type(theirs)
        assert ours == theirs
    else:
        assert isinstance(ours, plugrad.Tensor)
        expected = numpy.asarray(theirs)
        assert ours.dtype.name == expected.dtype.name
        found = ours.detach().cpu().resolve_conj().numpy()
        single = expected.dtype.name in ("float32", "complex64")
        tolerance = {"rtol": 2e-5, "atol": 2e-5} if single else {"rtol": 1e-10, "atol": 1e-10}
        assert found.shape == expected.shape
        numpy.testing.assert_allclose(found, expected, **tolerance)
        if signs and expected.dtype.kind == "f":
            zero = (expected == 0) & (found == 0)
            assert (numpy.signbit(found) == numpy.signbit(expected))[zero].all()


GENERATED: Final = {
    "deadline": None,
    "derandomize": True,
    "database": None,
    "suppress_health_check": [HealthCheck.too_slow, HealthCheck.filter_too_much],
}


@pytest.mark.parametrize("name", marked("results", [n for n in FUNCTIONS if n in CALLS]))
@settings(max_examples=60, **GENERATED)
@given(data=st.data())
def test_results_are_those_of_array_api_strict(name: str, data: st.DataObject) -> None:
    arguments, keywords = data.draw(CALLS[name])
    find = attrgetter(name)
    expected = called(find(strict), arguments, keywords, to_strict)
    found = called(find(array_api), arguments, keywords, to_ours)
    # Either zero may be the result of clip(-0.0, max=0.0).
    assert_equal(found, expected, name in FAMILIES["Elementwise"].split() and name != "clip")


FOREIGN: Final = ("asarray", "from_dlpack")
"""What may take another library's array, and then makes a tensor on the host."""


def _devices(results: Any) -> set[str]:
    if isinstance(results, (tuple, list)):
        return set().union(*map(_devices, results))
    return {results.device.type} if isinstance(results, plugrad.Tensor) else set()


@pytest.mark.parametrize("name", [name for name in FUNCTIONS if name in CALLS])
@settings(max_examples=8, **GENERATED)
@given(data=st.data())
def test_results_are_on_the_device_of_the_arrays(name: str, data: st.DataObject) -> None:
    """There the kernels are those in the words of the standard, which have no shared memory."""
    arguments, keywords = data.draw(CALLS[name])
    assume(keywords.get("copy") is not False)
    find = attrgetter(name)
    device_of_strict.install()
    found = called(find(array_api), arguments, keywords, to_other_device)
    assert_equal(found, called(find(strict), arguments, keywords, to_strict))
    if any(isinstance(each, (numpy.ndarray, list)) for each in arguments) and name not in FOREIGN:
        assert _devices(found) <= {"strict"}
