"""`Size`, and shapes as a caller gives them."""

# ruff: noqa: RUF005  # what is tested here is that shapes concatenate

from __future__ import annotations

import copy
import math
import pickle
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugrad.size import Size, require_nonnegative, shape_from_args, trusted_size

tuples = st.lists(st.integers(-1, 9), max_size=6).map(tuple)


@given(tuples)
def test_is_the_tuple(shape: tuple[int, ...]) -> None:
    size = Size(shape)
    assert size == shape == tuple(size)
    assert hash(size) == hash(shape)
    assert size.numel() == math.prod(shape)
    assert repr(size) == f"plugrad.Size({list(shape)})"


@given(tuples, tuples, st.slices(6), st.integers(-1, 3))
def test_stays_a_size(
    shape: tuple[int, ...], other: tuple[int, ...], part: slice, times: int
) -> None:
    size = Size(shape)
    results: list[tuple[Size, tuple[int, ...]]] = [
        (size[part], shape[part]),
        (size + other, shape + other),
        (other + size, other + shape),
        (size + Size(other), shape + other),
        (size * times, shape * times),
        (times * size, times * shape),
        (copy.copy(size), shape),
        (copy.deepcopy(size), shape),
        (pickle.loads(pickle.dumps(size)), shape),
        (trusted_size(shape), shape),
    ]
    for ours, expected in results:
        assert type(ours) is Size
        assert ours == expected


def test_an_item_is_an_int() -> None:
    size = Size([True, np.int64(2), np.array(3)])
    assert [type(item) for item in size] == [int, int, int]
    assert size[-1] == 3


@pytest.mark.parametrize("wrong", [["a"], [1, 2.0], "23", [[1]], [None]])
def test_other_items_are_refused(wrong: Any) -> None:
    with pytest.raises(TypeError, match=r"takes ints; item \d is"):
        Size(wrong)


def test_what_is_no_iterable_is_refused() -> None:
    for arguments in ((2,), (2, 3), (None,)):
        with pytest.raises(TypeError):
            Size(*arguments)


def test_joins_tuples_of_ints_only() -> None:
    size = Size([2])
    for add in (lambda: size + [1], lambda: [1] + size, lambda: size + 1):  # type: ignore[operator]
        with pytest.raises(TypeError):
            add()
    for add in (lambda: size + (1.5,), lambda: ("a",) + size):  # type: ignore[operator]
        with pytest.raises(TypeError, match="takes ints"):
            add()
    with pytest.raises(TypeError):
        _ = size * 1.0  # type: ignore[operator]


def test_cannot_be_changed_or_subclassed() -> None:
    with pytest.raises(AttributeError):
        Size().of_mine = 1  # type: ignore[attr-defined]
    with pytest.raises(TypeError, match="cannot be subclassed"):
        type("mine", (Size,), {})


@given(st.lists(st.integers(-1, 9), min_size=1, max_size=5))
def test_a_shape_may_be_given_in_four_ways(sizes: list[int]) -> None:
    expected = Size(sizes)
    for given_as in (
        tuple(sizes),
        ((*sizes,),),
        (sizes,),
        (expected,),
        tuple(map(np.int32, sizes)),
    ):
        read = shape_from_args(*given_as)
        assert type(read) is Size
        assert read == expected
        assert all(type(size) is int for size in read)


def test_the_empty_shape_must_be_written() -> None:
    assert shape_from_args(()) == shape_from_args([]) == ()
    with pytest.raises(TypeError, match="view needs a shape"):
        shape_from_args(caller="view")


@pytest.mark.parametrize(
    "arguments",
    [(2.0,), ("2",), (None,), (True,), ((2, True),), (2, "a"), ((2,), 3), (2, (3,)), ([[2]],)],
)
def test_what_is_no_shape_is_refused(arguments: tuple[Any, ...]) -> None:
    with pytest.raises(TypeError, match=r"ones takes a shape of ints.* position \d is"):
        shape_from_args(*arguments, caller="ones")


def test_arrays_and_ranges_are_no_shapes() -> None:
    for wrong in (np.array([2, 3]), range(2), {2}):
        with pytest.raises(TypeError):
            shape_from_args(wrong)


def test_negative_sizes() -> None:
    require_nonnegative(())
    require_nonnegative((0, 2))
    with pytest.raises(RuntimeError, match=r"shape \[2, -3\] cannot be: -3 is negative"):
        require_nonnegative((2, -3))
