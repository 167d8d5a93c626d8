"""Dtypes: singletons, what they know, their NumPy twins, and the default dtype."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from plugrad import dtypes
from plugrad.dtypes import Category, dtype, from_numpy_dtype

DTYPES = sorted({*dtypes.PUBLIC_NAMES.values()}, key=repr)
IN_NUMPY = [each for each in DTYPES if each is not dtypes.bfloat16]


@pytest.fixture
def default_dtype() -> Iterator[Callable[[dtype], None]]:
    before = dtypes.get_default_dtype()
    yield dtypes.set_default_dtype
    dtypes.set_default_dtype(before)


@pytest.mark.parametrize("each", DTYPES, ids=repr)
class TestEveryDtype:
    def test_prints_as_it_is_written(self, each: dtype) -> None:
        assert repr(each) == str(each) == f"plugrad.{each.name}"
        assert dtypes.PUBLIC_NAMES[each.name] is each

    @pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
    def test_survives_pickle_as_the_same_object(self, each: dtype, protocol: int) -> None:
        assert pickle.loads(pickle.dumps(each, protocol)) is each

    def test_survives_copy_as_the_same_object(self, each: dtype) -> None:
        assert copy.copy(each) is each
        assert copy.deepcopy([each])[0] is each

    def test_equals_only_itself(self, each: dtype) -> None:
        assert [other for other in DTYPES if other == each] == [each]
        assert each != each.name
        assert len({each, each}) == 1

    @pytest.mark.parametrize("attribute", ["name", "np", "of_mine"])
    def test_cannot_be_changed(self, each: dtype, attribute: str) -> None:
        with pytest.raises(AttributeError, match=f"{each!r} cannot be changed"):
            setattr(each, attribute, None)
        with pytest.raises(AttributeError, match=f"{each!r} cannot be changed"):
            delattr(each, attribute)

    def test_is_what_its_category_says(self, each: dtype) -> None:
        assert each.is_floating_point == (each.category is Category.FLOATING)
        assert each.is_complex == (each.category is Category.COMPLEX)
        assert each.is_signed != (each.name.startswith("uint") or each.name == "bool")

    def test_has_a_numpy_twin_of_its_size(self, each: dtype) -> None:
        assert each.np == np.dtype(each.np)
        assert each.np.name == each.name
        assert each.np.itemsize == each.itemsize
        assert from_numpy_dtype(each.np) is each


def test_aliases_are_the_same_objects() -> None:
    aliases = {
        "half": dtypes.float16,
        "float": dtypes.float32,
        "double": dtypes.float64,
        "cfloat": dtypes.complex64,
        "cdouble": dtypes.complex128,
        "short": dtypes.int16,
        "int": dtypes.int32,
        "long": dtypes.int64,
    }
    for name, meant in aliases.items():
        assert dtypes.PUBLIC_NAMES[name] is meant


def test_only_float32_and_float64_take_python_scalars_as_they_are() -> None:
    assert {each.name for each in DTYPES if each.weak_scalar} == {"float32", "float64"}


def test_low_precision_and_complex_types_are_not_computed_with_directly() -> None:
    assert {each.name for each in DTYPES if each.low_precision} == {"float16", "bfloat16"}
    indirect = {"float16", "bfloat16", "complex64", "complex128"}
    assert {each.name for each in DTYPES if not each.direct} == indirect


def test_no_dtype_can_be_made() -> None:
    for arguments in ((), ("float32",)):
        with pytest.raises(TypeError, match="cannot be created"):
            dtype(*arguments)
    with pytest.raises(TypeError, match="cannot be subclassed"):
        type("mine", (dtype,), {})


def test_unknown_attribute_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match=r"'plugrad\.dtype' object has no attribute 'size'"):
        _ = dtypes.float32.size
    assert not hasattr(dtypes.bfloat16, "size")


def test_real_and_complex_counterparts() -> None:
    assert dtypes.complex64.to_real() is dtypes.float32
    assert dtypes.complex128.to_real() is dtypes.float64
    assert dtypes.int8.to_real() is dtypes.int8
    assert dtypes.float32.to_complex() is dtypes.complex64
    assert dtypes.float64.to_complex() is dtypes.complex128
    assert dtypes.bfloat16.to_complex() is dtypes.complex64
    assert dtypes.complex64.to_complex() is dtypes.complex64


@pytest.mark.parametrize("each", [dtypes.bool_, dtypes.int64, dtypes.float16], ids=repr)
def test_no_complex_counterpart(each: dtype) -> None:
    with pytest.raises(RuntimeError, match=f"{each!r} has no complex counterpart"):
        each.to_complex()


def test_absent_dtypes_are_explained() -> None:
    for name in ("complex32", "chalf", "float8_e4m3fn", "quint8", "int4", "bits1x8"):
        message = dtypes.absent_dtype_message(name)
        assert message is not None
        assert name in message
    for name in ("float33", "int8", "bitwise_and", "float"):
        assert dtypes.absent_dtype_message(name) is None


class TestNumpy:
    @pytest.mark.parametrize("each", IN_NUMPY, ids=repr)
    def test_an_unpickled_dtype_is_found(self, each: dtype) -> None:
        assert from_numpy_dtype(pickle.loads(pickle.dumps(each.np))) is each
        assert from_numpy_dtype(np.dtype(each.np, metadata={"unit": "m"})) is each

    @pytest.mark.parametrize("each", IN_NUMPY, ids=repr)
    def test_byte_order_does_not_matter(self, each: dtype) -> None:
        assert from_numpy_dtype(each.np.newbyteorder()) is each

    @pytest.mark.parametrize("code", "bBhHiIlLqQefdFD?")
    def test_every_c_type_is_found(self, code: str) -> None:
        found = from_numpy_dtype(np.dtype(code))
        assert (found.np.kind, found.itemsize) == (np.dtype(code).kind, np.dtype(code).itemsize)

    @pytest.mark.parametrize("code", ["O", "U3", "S2", "M8[s]", "m8[ns]", "V2", "i4, f4"])
    def test_other_types_are_refused(self, code: str) -> None:
        with pytest.raises(TypeError, match="cannot become tensors"):
            from_numpy_dtype(np.dtype(code))

    @pytest.mark.skipif(np.dtype("g") == np.dtype("d"), reason="long double is double here")
    def test_long_double_is_refused(self) -> None:
        with pytest.raises(TypeError, match="cannot become tensors"):
            from_numpy_dtype(np.dtype("g"))


class TestBfloat16:
    def test_is_listed_and_described_without_its_package(self, run_python: Any) -> None:
        done = run_python(
            "-c",
            "import sys; sys.modules['ml_dtypes'] = None\n"
            "from plugrad.dtypes import bfloat16, from_numpy_dtype\n"
            "from plugrad.limits import finfo\n"
            "from plugrad.promotion import promote_types\n"
            "print(bfloat16, bfloat16.itemsize, finfo(bfloat16).eps,\n"
            "      promote_types(bfloat16, bfloat16))\n"
            "try: bfloat16.np\n"
            "except ImportError as error: print(error)\n",
        )
        assert done.returncode == 0, done.stderr
        description, error = done.stdout.splitlines()
        assert description == "plugrad.bfloat16 2 0.0078125 plugrad.bfloat16"
        assert "plugrad-core[bfloat16]" in error

    def test_an_array_that_came_first_is_recognized(self, run_python: Any) -> None:
        done = run_python(
            "-c",
            "import ml_dtypes, numpy\n"
            "from plugrad.dtypes import bfloat16, from_numpy_dtype\n"
            "print(from_numpy_dtype(numpy.dtype(ml_dtypes.bfloat16)) is bfloat16)\n"
            "try: from_numpy_dtype(numpy.dtype(ml_dtypes.float8_e4m3fn))\n"
            "except TypeError as error: print('float8' in str(error))\n",
        )
        assert done.stdout.split() == ["True", "True"], done.stderr


class TestDefault:
    def test_is_float32(self) -> None:
        assert dtypes.get_default_dtype() is dtypes.float32
        assert dtypes.get_default_complex_dtype() is dtypes.complex64

    def test_complex_default_follows(self, default_dtype: Callable[[dtype], None]) -> None:
        default_dtype(dtypes.float64)
        assert dtypes.default.dtype is dtypes.get_default_dtype() is dtypes.float64
        assert dtypes.get_default_complex_dtype() is dtypes.complex128

    @pytest.mark.parametrize("half", [dtypes.float16, dtypes.bfloat16], ids=repr)
    def test_half_precision_has_no_complex_default(
        self, half: dtype, default_dtype: Callable[[dtype], None]
    ) -> None:
        default_dtype(half)
        with pytest.raises(RuntimeError, match=f"no complex dtype goes with .* {half!r}"):
            dtypes.get_default_complex_dtype()

    @pytest.mark.parametrize("wrong", [dtypes.int32, dtypes.complex64, "float32", None, float])
    def test_what_is_not_floating_point_is_refused(self, wrong: Any) -> None:
        with pytest.raises(TypeError, match=r"must be a floating-point plugrad\.dtype"):
            dtypes.set_default_dtype(wrong)
        assert dtypes.get_default_dtype() is dtypes.float32
