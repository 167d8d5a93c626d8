"""The arithmetic of shapes, against NumPy's where NumPy has it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugrad.shapes import (
    Size,
    broadcast_shapes,
    expanded_shape,
    infer_view_shape,
    normalize_dim,
    normalize_dims,
    reduced_shape,
)

shapes = st.lists(st.integers(0, 3), max_size=4).map(tuple)


class TestBroadcast:
    @given(st.lists(shapes, max_size=4))
    def test_agrees_with_numpy(self, several: list[tuple[int, ...]]) -> None:
        try:
            expected = np.broadcast_shapes(*several)
        except ValueError:
            with pytest.raises(RuntimeError, match="do not broadcast"):
                broadcast_shapes(*several)
        else:
            result = broadcast_shapes(*several)
            assert type(result) is Size
            assert result == expected

    def test_an_int_is_a_shape_of_one_dimension(self) -> None:
        assert broadcast_shapes(3, [2, 1]) == (2, 3)

    def test_the_error_shows_all_shapes_and_where(self) -> None:
        message = (
            r"the shapes \[1\], \[2, 3\], \[2, 2\] do not broadcast: in dimension -1 one has "
            r"size 3, another 2"
        )
        with pytest.raises(RuntimeError, match=message):
            broadcast_shapes(1, (2, 3), (2, 2))

    def test_negative_sizes_are_refused(self) -> None:
        for several in (((-1,),), ((1,), (-1,)), (Size([-1]), Size([-1]))):
            with pytest.raises(ValueError, match="negative size -1"):
                broadcast_shapes(*several)

    @pytest.mark.parametrize("wrong", [(1.5,), "ab", ("a",), ((1,),)])
    def test_sizes_are_ints(self, wrong: Any) -> None:
        with pytest.raises(TypeError, match="takes ints"):
            broadcast_shapes(wrong)


class TestDims:
    @given(st.integers(1, 6), st.data())
    def test_counts_from_the_front(self, ndim: int, data: st.DataObject) -> None:
        dim = data.draw(st.integers(-ndim, ndim - 1))
        assert normalize_dim(dim, ndim) == range(ndim)[dim]
        assert normalize_dims(dim, ndim) == normalize_dims([dim], ndim) == (range(ndim)[dim],)

    @pytest.mark.parametrize("dim", [-1, 0, np.int64(0)])
    def test_no_dimensions_count_as_one(self, dim: int) -> None:
        assert normalize_dim(dim, 0) == 0

    @pytest.mark.parametrize(
        ("dim", "ndim", "bounds"), [(2, 2, r"-2, 1"), (-3, 2, r"-2, 1"), (1, 0, r"-1, 0")]
    )
    def test_the_error_tells_the_range(self, dim: int, ndim: int, bounds: str) -> None:
        with pytest.raises(IndexError, match=rf"dimension {dim} .* range \[{bounds}\]"):
            normalize_dim(dim, ndim)

    @pytest.mark.parametrize("wrong", [1.0, "0", True, None])
    def test_a_dimension_is_an_int(self, wrong: Any) -> None:
        with pytest.raises(TypeError, match="a dimension is an int"):
            normalize_dim(wrong, 2)
        with pytest.raises(TypeError, match="a dimension is an int"):
            normalize_dims([0, wrong], 2)

    @pytest.mark.parametrize("wrong", [1.0, "01", {0, 1}, range(2)])
    def test_dimensions_are_a_tuple_or_list(self, wrong: Any) -> None:
        with pytest.raises(TypeError, match="tuple or list of ints"):
            normalize_dims(wrong, 2)

    def test_order_is_kept(self) -> None:
        assert normalize_dims((-1, 0, 1), 3) == (2, 0, 1)

    def test_none_means_all(self) -> None:
        assert normalize_dims(None, 3) == (0, 1, 2)
        assert normalize_dims(None, 0) == ()

    def test_empty_means_none_or_all(self) -> None:
        assert normalize_dims((), 2) == ()
        assert normalize_dims([], 2, empty_means_all=True) == (0, 1)

    @pytest.mark.parametrize(("dims", "ndim"), [((0, 0), 2), ((0, -2), 2), ((0, -1), 0)])
    def test_a_dimension_named_twice(self, dims: tuple[int, ...], ndim: int) -> None:
        with pytest.raises(RuntimeError, match="dimension 0 is named twice"):
            normalize_dims(dims, ndim)

    def test_out_of_range_is_told_first(self) -> None:
        for dims in ((5, 5), (0, 0, 5)):
            with pytest.raises(IndexError):
                normalize_dims(dims, 2)


@given(shapes, st.data(), st.booleans())
def test_reduced_shape_agrees_with_numpy(
    shape: tuple[int, ...], data: st.DataObject, keepdim: bool
) -> None:
    dims = tuple(data.draw(st.sets(st.sampled_from(range(len(shape))))) if shape else ())
    expected = np.zeros(shape).sum(axis=dims, keepdims=keepdim).shape
    result = reduced_shape(shape, dims, keepdim)
    assert type(result) is Size
    assert result == expected


def test_reducing_a_dimension_that_a_scalar_only_seems_to_have() -> None:
    assert reduced_shape((), (0,)) == reduced_shape((), (0,), keepdim=True) == ()


class TestView:
    @given(shapes, st.lists(st.integers(-2, 6), max_size=3))
    def test_agrees_with_numpy(self, shape: tuple[int, ...], requested: list[int]) -> None:
        try:
            if min(requested, default=0) < -1:  # NumPy takes any negative size for -1.
                raise ValueError
            expected = np.zeros(shape).reshape(requested).shape
        except ValueError:
            with pytest.raises(RuntimeError):
                infer_view_shape(shape, requested)
        else:
            result = infer_view_shape(shape, requested)
            assert type(result) is Size
            assert result == expected

    @pytest.mark.parametrize(
        ("shape", "requested", "message"),
        [
            ((2, 3), (4, -1), r"the 6 elements of shape \[2, 3\] do not fit into shape \[4, -1\]"),
            ((2, 3), (5,), r"the 6 elements of shape \[2, 3\] do not fit into shape \[5\]"),
            ((2, 3), (-1, 0), r"do not fit"),
            ((2, 3), (-1, -1), r"only one may be -1"),
            ((2, 3), (-2, 3), r"size -2 at position 0 of shape \[-2, 3\] is negative"),
            ((0, 3), (0, -1), r"any size would do for the -1 in shape \[0, -1\]"),
        ],
    )
    def test_errors(self, shape: tuple[int, ...], requested: tuple[int, ...], message: str) -> None:
        with pytest.raises(RuntimeError, match=message):
            infer_view_shape(shape, requested)


class TestExpand:
    @given(shapes, st.lists(st.integers(0, 3), max_size=5))
    def test_agrees_with_numpy(self, shape: tuple[int, ...], sizes: list[int]) -> None:
        try:
            expected = np.broadcast_to(np.zeros(shape), sizes).shape
        except ValueError:
            with pytest.raises(RuntimeError):
                expanded_shape(shape, sizes)
        else:
            assert expanded_shape(shape, sizes) == expected

    def test_minus_one_keeps(self) -> None:
        assert expanded_shape((3, 1), (2, -1, -1)) == (2, 3, 1)

    @pytest.mark.parametrize(
        ("sizes", "message"),
        [
            ((3,), r"shape \[2, 3\] has more dimensions than the sizes \[3\]"),
            ((3, 3), r"size 3 at position 0 differs from 2, which is not 1"),
            ((0, 3), r"size 0 at position 0 differs from 2"),
            ((-1, 2, 3), r"size -1 at position 0 is negative"),
            ((2, -3), r"size -3 at position 1 is negative"),
        ],
    )
    def test_errors(self, sizes: tuple[int, ...], message: str) -> None:
        with pytest.raises(RuntimeError, match=message):
            expanded_shape((2, 3), sizes)
