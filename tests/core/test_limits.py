"""`finfo` and `iinfo`: against NumPy, which describes the same formats."""

from __future__ import annotations

import math

import numpy as np
import pytest

from plugrad import dtypes
from plugrad.dtypes import dtype
from plugrad.limits import finfo, iinfo

FLOATING = [dtypes.float16, dtypes.float32, dtypes.float64]
INTEGERS = [each for each in dtypes.PUBLIC_NAMES.values() if "int" in each.name]


@pytest.mark.parametrize("each", FLOATING, ids=repr)
def test_finfo_agrees_with_numpy(each: dtype) -> None:
    ours, theirs = finfo(each), np.finfo(each.np)
    for attribute in ("bits", "eps", "max", "min", "tiny", "smallest_normal", "resolution"):
        expected = getattr(theirs, attribute)
        assert getattr(ours, attribute) == pytest.approx(float(expected), rel=1e-3, abs=0)
        if attribute != "resolution":
            assert getattr(ours, attribute) == expected
    assert ours.dtype == each.name


def test_finfo_of_bfloat16_follows_from_its_bits() -> None:
    info = finfo(dtypes.bfloat16)
    # The upper halves of float32 patterns.
    patterns = np.array([0x7F7F0000, 0x00800000, 0x3F810000], np.uint32).view(np.float32)
    assert [info.max, info.tiny, 1 + info.eps] == patterns.tolist()
    assert (info.bits, info.resolution) == (16, 0.01)


def test_finfo_of_a_complex_dtype_is_that_of_its_parts() -> None:
    assert finfo(dtypes.complex64) == finfo(dtypes.float32)
    assert finfo(dtypes.complex128).dtype == "float64"


def test_finfo_of_nothing_is_that_of_the_default() -> None:
    assert finfo() == finfo(dtypes.get_default_dtype())


@pytest.mark.parametrize("each", INTEGERS, ids=repr)
def test_iinfo_agrees_with_numpy(each: dtype) -> None:
    ours, theirs = iinfo(each), np.iinfo(each.np)
    assert (ours.bits, ours.min, ours.max) == (theirs.bits, theirs.min, theirs.max)
    assert (type(ours.min), ours.dtype) == (int, each.name)


def test_printed_form() -> None:
    assert repr(iinfo(dtypes.uint64)) == "iinfo(min=0, max=1.84467e+19, dtype=uint64)"
    assert str(finfo(dtypes.float64)) == (
        "finfo(resolution=1e-15, min=-1.79769e+308, max=1.79769e+308, eps=2.22045e-16, "
        "smallest_normal=2.22507e-308, tiny=2.22507e-308, dtype=float64)"
    )


def test_equality_and_hash() -> None:
    assert iinfo(dtypes.int8) == iinfo(dtypes.int8) != iinfo(dtypes.int16)
    assert finfo(dtypes.float32) != 1
    for info in (finfo(), iinfo(dtypes.int8)):
        with pytest.raises(TypeError, match="unhashable"):
            hash(info)


def test_the_wrong_kind_of_dtype_is_refused() -> None:
    for wrong in (dtypes.int8, dtypes.bool_):
        with pytest.raises(TypeError, match="there is iinfo"):
            finfo(wrong)
    with pytest.raises(TypeError, match="there is finfo"):
        iinfo(dtypes.float32)
    with pytest.raises(TypeError, match=r"not plugrad\.bool$"):
        iinfo(dtypes.bool_)
    for info in (finfo, iinfo):
        with pytest.raises(TypeError, match=r"takes a plugrad\.dtype, not str"):
            info("float32")  # type: ignore[arg-type]


def test_values_are_finite_python_numbers() -> None:
    for each in FLOATING:
        info = finfo(each)
        assert type(info.max) is float
        assert math.isfinite(info.max)
        assert info.min == -info.max
