"""Type promotion: its laws, over all dtypes. That the table is PyTorch's, compat tests check."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugrad import dtypes
from plugrad.dtypes import (
    Category,
    bfloat16,
    bool_,
    complex64,
    complex128,
    dtype,
    float16,
    float32,
    float64,
    int8,
    int16,
    int32,
    int64,
    uint8,
    uint16,
)
from plugrad.promotion import (
    can_cast,
    category_of_number,
    dtype_of_number,
    promote_operands,
    promote_types,
    promote_with_number,
    result_dtype,
)

DTYPES = sorted({*dtypes.PUBLIC_NAMES.values()}, key=repr)
PROMOTABLE = [each for each in DTYPES if each.name not in ("uint16", "uint32", "uint64")]
any_dtype = st.sampled_from(PROMOTABLE)
number = st.sampled_from([True, 2, 2.5, 2j])
# float16 with a complex operand of lower rank would be PyTorch's complex32.
participant = st.one_of(
    st.tuples(st.sampled_from([each for each in PROMOTABLE if each is not float16]), st.booleans()),
    number,
)


@pytest.fixture
def float64_by_default() -> Iterator[None]:
    dtypes.set_default_dtype(float64)
    yield
    dtypes.set_default_dtype(float32)


class TestPromoteTypes:
    @given(any_dtype, any_dtype)
    def test_commutes(self, a: dtype, b: dtype) -> None:
        assert promote_types(a, b) is promote_types(b, a)

    @given(any_dtype)
    def test_keeps_what_is_equal(self, a: dtype) -> None:
        assert promote_types(a, a) is a

    @given(any_dtype, any_dtype)
    def test_has_the_higher_category_and_both_cast_to_it(self, a: dtype, b: dtype) -> None:
        result = promote_types(a, b)
        assert result.category == max(a.category, b.category)
        assert can_cast(a, result)
        assert can_cast(b, result)

    @given(any_dtype, any_dtype)
    def test_loses_no_value_within_a_category(self, a: dtype, b: dtype) -> None:
        if a.category == b.category:
            result = promote_types(a, b)
            assert np.can_cast(a.np, result.np, "safe")
            assert np.can_cast(b.np, result.np, "safe")

    @pytest.mark.parametrize(
        ("a", "b", "expected"),
        [
            (uint8, int8, int16),
            (uint8, int16, int16),
            (float16, bfloat16, float32),
            (int64, float16, float16),
            (float64, complex64, complex128),
            (int64, complex64, complex64),
            (uint16, float16, float16),
        ],
    )
    def test_pairs_worth_naming(self, a: dtype, b: dtype, expected: dtype) -> None:
        assert promote_types(a, b) is expected

    @pytest.mark.parametrize(
        "other", [bool_, uint8, int8, int64, dtypes.uint32, complex64], ids=repr
    )
    def test_wide_unsigned_types_promote_with_floating_types_only(self, other: dtype) -> None:
        for a, b in ((uint16, other), (other, uint16)):
            with pytest.raises(RuntimeError, match=f"{a!r} and {b!r} do not promote"):
                promote_types(a, b)

    @pytest.mark.parametrize("wrong", [1, "float32", np.float32, None])
    def test_takes_dtypes_only(self, wrong: Any) -> None:
        with pytest.raises(TypeError, match="argument 2 is"):
            promote_types(int8, wrong)
        with pytest.raises(TypeError, match="argument 1 is"):
            promote_types(wrong, wrong)


def test_can_cast_looks_at_the_category_only() -> None:
    for a in DTYPES:
        for b in DTYPES:
            assert can_cast(a, b) == (a.category <= b.category)
    with pytest.raises(TypeError, match="can_cast takes plugrad dtypes"):
        can_cast(1, int8)  # type: ignore[arg-type]


class TestNumbers:
    @pytest.mark.parametrize(
        ("value", "category"),
        [
            (True, Category.BOOL),
            (2, Category.INTEGER),
            (2.0, Category.FLOATING),
            (2j, Category.COMPLEX),
            (Category.BOOL, Category.INTEGER),
            (np.True_, Category.BOOL),
            (np.uint8(2), Category.INTEGER),
            (np.float16(2), Category.FLOATING),
            (np.float64(2), Category.FLOATING),
            (np.complex64(2), Category.COMPLEX),
        ],
    )
    def test_category(self, value: object, category: Category) -> None:
        assert category_of_number(value) is category

    @pytest.mark.parametrize("wrong", ["2", None, [2], np.ones(2), np.datetime64("2020"), float32])
    def test_what_is_no_number_is_refused(self, wrong: object) -> None:
        with pytest.raises(TypeError, match="expected a Python number"):
            category_of_number(wrong)

    def test_own_dtype(self, float64_by_default: None) -> None:
        expected = [bool_, int64, float64, complex128]
        assert [dtype_of_number(value) for value in (True, 1, 1.0, 1j)] == expected

    @given(any_dtype, number)
    def test_a_number_counts_only_by_a_higher_category(self, a: dtype, value: complex) -> None:
        if category_of_number(value) <= a.category:
            assert promote_with_number(a, value) is a

    def test_a_complex_number_makes_a_floating_type_complex_of_the_same_width(self) -> None:
        assert promote_with_number(float32, 1j) is complex64
        assert promote_with_number(float64, 1j) is complex128
        assert promote_with_number(bfloat16, 1j) is complex64

    def test_complex32_does_not_exist(self) -> None:
        with pytest.raises(RuntimeError, match=r"plugrad\.float16 has no complex counterpart"):
            promote_with_number(float16, 1j)

    def test_a_half_precision_default_asks_for_no_complex_type_in_vain(self) -> None:
        dtypes.set_default_dtype(float16)
        try:
            assert promote_with_number(complex64, 1j) is complex64
            assert result_dtype([(float32, False), 1j]) is complex64
            with pytest.raises(RuntimeError, match="has no complex counterpart"):
                promote_with_number(int8, 1j)
        finally:
            dtypes.set_default_dtype(float32)


class TestRank:
    @given(any_dtype, st.booleans(), any_dtype, st.booleans())
    def test_two_operands_as_many(self, a: dtype, a_0d: bool, b: dtype, b_0d: bool) -> None:
        try:
            expected = result_dtype([(a, a_0d), (b, b_0d)])
        except RuntimeError:
            with pytest.raises(RuntimeError, match="has no complex counterpart"):
                promote_operands(a, a_0d, b, b_0d)
        else:
            assert promote_operands(a, a_0d, b, b_0d) is expected

    @given(st.lists(participant, min_size=1, max_size=5), st.randoms())
    def test_order_does_not_matter(self, participants: list[Any], random: Any) -> None:
        shuffled = random.sample(participants, len(participants))
        assert result_dtype(participants) is result_dtype(shuffled)

    @given(st.lists(participant, min_size=1, max_size=5))
    def test_has_the_highest_category(self, participants: list[Any]) -> None:
        highest = max(
            each[0].category if isinstance(each, tuple) else category_of_number(each)
            for each in participants
        )
        assert result_dtype(participants).category == highest

    @given(st.lists(participant, min_size=1, max_size=5), any_dtype)
    def test_a_dimensioned_operand_of_the_highest_category_decides(
        self, participants: list[Any], a: dtype
    ) -> None:
        weak = [(each[0], True) if isinstance(each, tuple) else each for each in participants]
        if result_dtype(weak).category <= a.category:
            assert result_dtype([*weak, (a, False)]) is a

    def test_zero_dim_yields_to_dimensioned(self) -> None:
        assert promote_operands(float32, False, float64, True) is float32
        assert promote_operands(float64, True, float32, False) is float32
        assert promote_operands(int8, False, float64, True) is float64
        assert promote_operands(int8, True, int32, True) is int32

    def test_a_complex_zero_dim_takes_the_width_of_what_it_meets(self) -> None:
        assert promote_operands(float32, False, complex128, True) is complex64

    def test_wide_unsigned_types_yield_like_others(self) -> None:
        assert promote_operands(uint16, False, int8, True) is uint16
        assert promote_operands(uint16, False, complex64, True) is complex64
        assert promote_with_number(uint16, 1j) is complex64
        with pytest.raises(RuntimeError, match="do not promote"):
            promote_operands(bool_, False, uint16, True)

    def test_number_yields_to_zero_dim(self) -> None:
        assert result_dtype([(float64, True), 2.5]) is float64
        assert result_dtype([(int8, False), (float64, True), 1j]) is complex128

    def test_numbers_alone(self) -> None:
        assert result_dtype([True, 2]) is int64
        assert result_dtype([2, 2.5]) is float32

    def test_nothing_has_no_dtype(self) -> None:
        with pytest.raises(ValueError, match="at least one operand"):
            result_dtype([])
