"""Sorting, ranks, unique elements, places and counts where they are special: ties and NaN."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import plugrad as pg

NAN = math.nan
INF = math.inf


@given(
    values=st.lists(st.integers(-3, 3), min_size=1, max_size=60),
    descending=st.booleans(),
    dtype=st.sampled_from(["int8", "float32"]),
)
@settings(deadline=None)
def test_sorting_keeps_the_order_of_equal_elements(
    values: list[int], descending: bool, dtype: str
) -> None:
    x = pg.tensor(values, dtype=getattr(pg, dtype))
    found = x.sort(0, descending)
    expected = sorted(range(len(values)), key=values.__getitem__, reverse=False)
    if descending:
        expected = sorted(range(len(values)), key=lambda i: -values[i])
    assert found.indices.tolist() == expected
    count = max(1, len(values) // 8)
    top = x.topk(count, largest=descending)
    assert top.values.tolist() == found.values.tolist()[:count]
    assert x[top.indices].tolist() == top.values.tolist()
    assert x.kthvalue(count).values.item() == sorted(values)[count - 1]
    assert x.mode().values.item() == min(set(values), key=lambda v: (-values.count(v), v))


@pytest.mark.parametrize(
    ("shape", "dim"), [((2, 0), 1), ((0, 3), 1), ((2, 0, 3), 2), ((3, 2, 0), 0)]
)
def test_nothing_is_sorted_already(shape: tuple[int, ...], dim: int) -> None:
    found = pg.zeros(shape).sort(dim)
    assert found.values.shape == found.indices.shape == shape


@given(rows=st.lists(st.lists(st.integers(0, 2), min_size=2, max_size=2), min_size=1, max_size=20))
@settings(deadline=None)
def test_unique_rows_are_found_and_led_back(rows: list[list[int]]) -> None:
    x = pg.tensor(rows)
    found, inverse, counts = x.unique(return_inverse=True, return_counts=True, dim=0)
    assert found.tolist() == sorted([list(row) for row in set(map(tuple, rows))])
    assert found[inverse].tolist() == rows
    assert counts.tolist() == [rows.count(row) for row in found.tolist()]
    run, back, _ = x.unique_consecutive(True, True, 0)
    assert run[back].tolist() == rows


def test_every_nan_is_unique() -> None:
    x = pg.tensor([1.0, NAN, 1.0, NAN])
    assert x.unique().shape == (3,)
    assert x.unique(return_counts=True)[1].tolist() == [2, 1, 1]
    y = pg.tensor([1.0, 2.0], requires_grad=True)
    with pytest.raises(RuntimeError, match="no derivative"):
        y.unique().sum().backward()


def test_places_among_sorted_elements() -> None:
    row = pg.tensor([1.0, 3.0, 3.0, 5.0])
    x = pg.tensor([0.0, 3.0, NAN, 9.0])
    assert pg.searchsorted(row, x).tolist() == [0, 1, 4, 4]
    assert pg.searchsorted(row, x, right=True).tolist() == [0, 3, 4, 4]
    assert pg.bucketize(3.0, row, out_int32=True).dtype is pg.int32
    shuffled = pg.tensor([5.0, 1.0, 3.0])
    assert pg.searchsorted(shuffled, 4.0, sorter=shuffled.argsort()).item() == 2
    with pytest.raises(RuntimeError, match="contradicts"):
        pg.searchsorted(row, x, right=True, side="left")
    with pytest.raises(RuntimeError, match="leading sizes"):
        pg.searchsorted(row.reshape(2, 2), pg.ones(3, 1))


@pytest.mark.parametrize(
    ("interpolation", "expected"),
    [("linear", 1.2), ("lower", 1.0), ("higher", 2.0), ("midpoint", 1.5), ("nearest", 1.0)],
)
def test_quantiles_interpolate(interpolation: str, expected: float) -> None:
    x = pg.tensor([2.0, 0.0, 3.0, 1.0], dtype=pg.float64)
    assert x.quantile(0.4, interpolation=interpolation).item() == pytest.approx(expected)
    with pytest.raises(RuntimeError, match="range"):
        x.quantile(1.5)


def test_counts() -> None:
    assert pg.tensor([2, 2, 0]).bincount(minlength=5).tolist() == [1, 0, 2, 0, 0]
    assert pg.tensor([1, 1]).bincount(pg.tensor([0.5, 2.0])).tolist() == [0.0, 2.5]
    with pytest.raises(RuntimeError, match="not negative"):
        pg.tensor([-1]).bincount()
    assert pg.tensor([2.0, 2.0]).histc(4).tolist() == [0.0, 0.0, 2.0, 0.0]
    assert pg.tensor([-1.0, 0.0, 1.0, 2.0]).histc(2, 0, 1).tolist() == [1.0, 1.0]
    with pytest.raises(RuntimeError, match="not finite"):
        pg.tensor([1.0, INF]).histc(3)
