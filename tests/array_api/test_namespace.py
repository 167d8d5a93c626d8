"""How tensors lead to the namespace, and what stands there beside functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import array_api_strict as strict
import numpy
import pytest

import plugrad
from plugrad import Tensor, array_api


@pytest.mark.parametrize("version", [None, "2021.12", "2022.12", "2023.12", "2024.12"])
def test_a_tensor_names_its_namespace(version: str | None) -> None:
    assert plugrad.ones(2).__array_namespace__(api_version=version) is array_api
    assert array_api.__array_api_version__ == "2024.12"


def test_a_version_that_is_not_there_is_refused() -> None:
    with pytest.raises(ValueError, match=r"2024\.12, not '2099\.12'"):
        plugrad.ones(2).__array_namespace__(api_version="2099.12")


def test_it_is_imported_when_it_is_asked_for(run_python: Callable[..., Any]) -> None:
    code = """
import sys, plugrad
x = plugrad.ones(2)
x + x
assert "plugrad.array_api" not in sys.modules
x.__array_namespace__()
assert "plugrad.array_api" in sys.modules
assert not {"plugrad.linalg", "plugrad.fft"} & sys.modules.keys()
"""
    done = run_python("-c", code)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("extension", ["linalg", "fft"])
def test_an_extension_that_is_not_installed_is_no_attribute(
    run_python: Callable[..., Any], extension: str
) -> None:
    code = f"""
import importlib.util, sys
from importlib.machinery import PathFinder
import plugrad.namespace as namespace
found = PathFinder.find_spec
PathFinder.find_spec = classmethod(
    lambda cls, name, path=None, target=None:
        None if name == "plugrad.{extension}" else found(name, path, target)
)
xp = __import__("plugrad").ones(1).__array_namespace__()
assert not hasattr(xp, "{extension}")
try:
    xp.{extension}
except AttributeError as error:
    print(error)
"""
    done = run_python("-c", code)
    assert done.returncode == 0, done.stderr
    assert f"pip install plugrad-{extension}" in done.stdout


def test_tensors_have_what_the_standard_asks_of_arrays() -> None:
    x = plugrad.ones(2, 3)
    # Python falls back from the first to __matmul__; the second is array-api-strict's own.
    own = {"__imatmul__", "__buffer__"}
    names = dir(strict.asarray(1))
    asked = {each for each in names if each.startswith("__") or not each.startswith("_")} - own
    lacking = {name for name in asked if not hasattr(x, name)}
    assert lacking == set()
    assert callable(x.size)  # a method, as in PyTorch; generic code asks math.prod(x.shape)
    assert x.mT.shape == (3, 2)
    assert x.to_device("cpu", stream=None).device == x.device
    assert x.__dlpack_device__() == (1, 0)
    assert plugrad.tensor(3).__index__() == 3
    with pytest.raises(ValueError, match="stream=7"):
        x.to_device("cpu", stream=7)


def test_information_is_as_the_standard_lays_out() -> None:
    ours, theirs = array_api.__array_namespace_info__(), strict.__array_namespace_info__()
    assert ours.capabilities().keys() == theirs.capabilities().keys()
    assert ours.default_dtypes().keys() == theirs.default_dtypes().keys()
    assert ours.default_dtypes()["real floating"] is plugrad.get_default_dtype()
    assert ours.default_device() == ours.devices()[0] == plugrad.ones(1).device
    kinds = ("bool", "signed integer", "unsigned integer", "integral", "numeric", None)
    for kind in (*kinds, "real floating", "complex floating", ("bool", "integral"), ()):
        assert set(ours.dtypes(kind=kind)) == set(theirs.dtypes(kind=kind))
    assert all(getattr(array_api, name) is each for name, each in ours.dtypes().items())
    with pytest.raises(ValueError, match="no kind of dtypes 'real'"):
        ours.dtypes(kind="real")


# ------------------------------------------------------- where the standard is not PyTorch's way


def test_dtypes_alone_decide_the_result() -> None:
    row, number = plugrad.ones(2), plugrad.tensor(2.0, dtype=plugrad.float64)
    assert (row + number).dtype is plugrad.float32  # PyTorch's: a number without dimensions
    assert array_api.add(row, number).dtype is plugrad.float64
    assert array_api.result_type(row, number) is plugrad.float64


@pytest.mark.parametrize(
    ("left", "right", "common"),
    [
        ("uint16", "int16", "int32"),
        ("int8", "uint32", "int64"),
        ("uint16", "uint64", "uint64"),
        ("float32", "complex64", "complex64"),
        ("float64", "complex64", "complex128"),
        ("int32", "float32", "float32"),
    ],
)
def test_common_dtypes(left: str, right: str, common: str) -> None:
    operands = [array_api.ones(2, dtype=getattr(array_api, name)) for name in (left, right)]
    assert array_api.multiply(*operands).dtype is getattr(array_api, common)
    assert array_api.result_type(*operands) is getattr(array_api, common)


def test_no_integer_holds_uint64_and_signed_ones() -> None:
    with pytest.raises(RuntimeError, match="uint64"):
        array_api.result_type(array_api.uint64, array_api.int8)
    assert not array_api.can_cast(array_api.int8, array_api.uint64)


@pytest.mark.parametrize(
    ("kind", "number", "result"),
    [
        ("float32", 2, "float32"),
        ("int8", 2, "int8"),
        ("float32", 1.5, "float32"),
        ("float32", 1j, "complex64"),
        ("int8", 1.5, "float32"),
        ("int8", 1j, "complex64"),
        ("bool", 2, "int64"),
        ("bool", True, "bool"),
    ],
)
def test_numbers_take_the_dtype_of_the_array(kind: str, number: Any, result: str) -> None:
    x = array_api.ones(2, dtype=getattr(array_api, kind))
    assert array_api.equal(x, number).dtype is plugrad.bool
    assert array_api.result_type(x, number) is getattr(array_api, result)
    assert array_api.where(x == 1, number, x).dtype is getattr(array_api, result)


def test_no_axis_is_not_all_axes() -> None:
    x = plugrad.tensor([[1.0, 2.0], [3.0, 4.0]])
    assert x.sum(()).shape == ()
    assert array_api.sum(x, axis=()).tolist() == x.tolist()
    assert array_api.prod(x, axis=()) is not x


@pytest.mark.parametrize(("batch", "size"), [((1,), 1), ((2,), 2), ((2, 2), 2)])
def test_one_dimension_is_a_vector_and_more_are_matrices(batch: Any, size: int) -> None:
    x1 = 2 * plugrad.eye(size).broadcast_to((*batch, size, size))
    assert array_api.linalg.solve(x1, plugrad.ones(size)).shape == (*batch, size)
    assert array_api.linalg.solve(x1, plugrad.ones(size, size)).shape == (*batch, size, size)


def test_copies() -> None:
    x = plugrad.arange(4.0)
    y = array_api.reshape(x, (2, 2), copy=True)
    z = array_api.reshape(x, (2, 2), copy=False)
    x[0] = 9
    assert (y[0, 0].item(), z[0, 0].item()) == (0, 9)
    with pytest.raises(ValueError, match="copy=False"):
        array_api.reshape(z.mT, (4,), copy=False)
    assert array_api.astype(x, x.dtype, copy=False) is x
    assert array_api.astype(x, x.dtype).data_ptr() != x.data_ptr()
    assert array_api.asarray(x, copy=False).data_ptr() == x.data_ptr()
    with pytest.raises(ValueError, match="cop"):
        array_api.asarray(x, dtype=array_api.float64, copy=False)
    with pytest.raises(ValueError, match="cop"):
        array_api.asarray([1, 2], copy=False)


def test_elements_that_are_not_a_number() -> None:
    x = plugrad.tensor([1.0, float("nan"), float("nan"), 1.0])
    found = array_api.unique_all(x)
    assert found.counts.tolist() == [2, 1, 1]
    assert found.indices.tolist() == [0, 1, 2]
    assert found.inverse_indices.tolist() == [0, 1, 2, 0]
    assert array_api.sign(x).isnan().tolist() == [False, True, True, False]


def test_default_dtypes_are_pytorchs() -> None:
    assert array_api.asarray(1.5).dtype is array_api.zeros(2).dtype is plugrad.float32
    assert array_api.linspace(0, 1, 3).dtype is array_api.arange(2.0).dtype is plugrad.float32
    assert array_api.full(2, 1j).dtype is plugrad.complex64


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda xp, x: xp.add(1, 2), TypeError, "Python numbers"),
        (lambda xp, x: xp.add(x, "1"), TypeError, "not str"),
        (lambda xp, x: xp.add(x, [1]), TypeError, "not list"),
        (lambda xp, x: xp.sum(x, axis=2), IndexError, "axis 2"),
        (lambda xp, x: xp.sum(x, axis=(0, -2)), ValueError, "twice"),
        (lambda xp, x: xp.squeeze(x, 1), ValueError, "not of size one"),
        (lambda xp, x: xp.concat([]), ValueError, "at least one"),
        (lambda xp, x: xp.take(x, xp.asarray([0])), ValueError, "needs an axis"),
        (lambda xp, x: xp.nonzero(xp.asarray(1)), ValueError, "0-d"),
        (lambda xp, x: xp.cumulative_sum(x), ValueError, "axis="),
        (lambda xp, x: xp.cumulative_prod(xp.asarray(1)), ValueError, "reshape it"),
        (lambda xp, x: xp.astype(x + 1j, xp.float32), TypeError, "xp.real"),
        (lambda xp, x: xp.isdtype(x.dtype, "float"), ValueError, "'float'"),
        (lambda xp, x: xp.isdtype(x.dtype, 3), TypeError, "3"),
        (lambda xp, x: xp.result_type(1, 2.0), ValueError, "an array or a dtype"),
        (lambda xp, x: xp.vecdot(x, xp.ones((2, 1))), ValueError, "different lengths"),
        (lambda xp, x: xp.linalg.outer(x, x), ValueError, "vectors"),
        (lambda xp, x: xp.arange(0, 1, 0), ValueError, "step=0"),
        (lambda xp, x: xp.nothing, AttributeError, "'nothing'"),
    ],
)
def test_errors(call: Callable[[Any, Tensor], Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call(array_api, plugrad.ones(2, 3))


def test_arrays_of_other_libraries_come_in() -> None:
    array = numpy.arange(3.0)
    shared = array_api.from_dlpack(array)
    array[0] = 7
    assert shared.tolist() == [7, 1, 2]
    assert array_api.from_dlpack(array, copy=True).data_ptr() != shared.data_ptr()
    assert numpy.from_dlpack(shared)[0] == 7
