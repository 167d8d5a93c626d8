"""`assert_close` and `make_tensor`: what passes, what fails, and what is said."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import plugrad as torch

t = torch.tensor
assert_close = torch.testing.assert_close


def test_says_how_many_elements_differ_and_where_most() -> None:
    with pytest.raises(AssertionError) as caught:
        assert_close(t([[1.0, 2.0], [3.0, 4.0]]), t([[1.0, 2.5], [3.0, 8.0]]))
    said = str(caught.value)
    assert "2 of 4 elements (50.0%)" in said
    assert "absolute difference 4.0 at index (1, 1), allowed 1e-05" in said
    assert "relative difference 0.5 at index (1, 1), allowed 1.3e-06" in said


def test_counts_unsigned_differences_from_zero_up() -> None:
    with pytest.raises(AssertionError, match=r"absolute difference 5 at index \(0,\)"):
        assert_close(t([0, 5], dtype=torch.uint8), t([5, 5], dtype=torch.uint8))


@pytest.mark.parametrize(
    ("dtype", "near", "far"),
    [
        (torch.float64, 1 + 1e-7, 1 + 1e-6),
        (torch.float32, 1 + 1e-5, 1 + 1e-4),
        (torch.float16, 1.0009, 1.003),
        (torch.bfloat16, 1.015, 1.03),
        (torch.complex64, 1 + 1e-5j, 1 + 1e-4j),
    ],
)
def test_tolerates_what_the_dtype_rounds(dtype: Any, near: Any, far: Any) -> None:
    assert_close(t([1.0], dtype=dtype), t([near], dtype=dtype))
    with pytest.raises(AssertionError):
        assert_close(t([1.0], dtype=dtype), t([far], dtype=dtype))


def test_takes_the_wider_tolerance_of_two_dtypes() -> None:
    assert_close(t([1.0], dtype=torch.float16), t([1.0009]), check_dtype=False)
    with pytest.raises(AssertionError, match="dtype"):
        assert_close(t([1.0], dtype=torch.float16), t([1.0]))


def test_names_the_place_in_what_is_nested() -> None:
    assert_close({"a": [1, (t(2.0),)]}, {"a": [1, [t(2.0)]]})
    with pytest.raises(AssertionError, match=r"at \['a'\]\[1\]\[0\]: found 2\.0, expected 3\.0"):
        assert_close({"a": [1, [t(2.0)]]}, {"a": [1, [t(3.0)]]})
    with pytest.raises(AssertionError, match="1 items, expected 2"):
        assert_close([1], [1, 2])
    with pytest.raises(AssertionError, match="keys missing: 'b'; unexpected: 'a'"):
        assert_close({"a": 1}, {"b": 1})


def test_nan_and_infinity() -> None:
    nan, infinity = float("nan"), float("inf")
    assert_close(t([infinity]), t([infinity]))
    assert_close(t([nan]), t([nan]), equal_nan=True)
    for one, other in ((nan, nan), (infinity, -infinity), (infinity, 1.0), (1.0, infinity)):
        with pytest.raises(AssertionError):
            assert_close(t([one]), t([other]))


def test_message() -> None:
    with pytest.raises(AssertionError, match=r"^mine$"):
        assert_close(1, 2, msg="mine")
    with pytest.raises(AssertionError, match="mine: found 1, expected 2"):
        assert_close(1, 2, msg=lambda said: f"mine: {said}")


def test_misuse() -> None:
    for one, other in (("a", "a"), (t(1.0), 1.0), (np.ones(1), t([1.0])), ([1], np.ones(1))):
        with pytest.raises(TypeError, match="cannot be compared"):
            assert_close(one, other)
    with pytest.raises(ValueError, match="rtol as well"):
        assert_close(1, 1, atol=0)
    with pytest.raises(RuntimeError, match="negative"):
        assert_close(1, 1, rtol=-1, atol=0)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.complex128, torch.int8,
                                   torch.uint8, torch.bool])  # fmt: skip
def test_made_tensors_keep_their_bounds(dtype: Any) -> None:
    x = torch.testing.make_tensor((50, 3), dtype=dtype, device="cpu", low=0, high=2)
    assert (x.dtype, x.shape) == (dtype, (50, 3))
    parts = torch.view_as_real(x) if dtype.is_complex else x
    assert set(np.floor(parts.numpy().astype(float)).ravel()) == {0.0, 1.0}


def test_made_tensors_lie_as_asked() -> None:
    x = torch.testing.make_tensor((2, 3), dtype=torch.float32, device="cpu", noncontiguous=True)
    assert x.stride() == (6, 2)
    x = torch.testing.make_tensor((4,), dtype=torch.int64, device="cpu", low=0, high=2,
                                  exclude_zero=True)  # fmt: skip
    assert x.tolist() == [1, 1, 1, 1]
    for given in ({"low": 2, "high": 1}, {"low": float("nan")}, {"low": 1e60, "high": 1e61}):
        with pytest.raises(ValueError, match=r"make_tensor\(\)"):
            torch.testing.make_tensor(2, dtype=torch.float32, device="cpu", **given)
