"""Arrays so large that kernels work through them part by part, or in a way of their own.

What they give must be what they give for a few rows, which are worked on in the usual way.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import plugrad

ROWS, COLUMNS, PART = 3000, 100, 10


@pytest.fixture(params=[1, 2], ids=["one thread", "two threads"], autouse=True)
def threads(request: pytest.FixtureRequest) -> Iterator[int]:
    before = plugrad.get_num_threads()
    plugrad.set_num_threads(request.param)
    yield request.param
    plugrad.set_num_threads(before)


def matrix(kind: str, dtype: Any = plugrad.float32) -> Any:
    """Return a matrix of 300,000 elements."""
    x = plugrad.randn(
        ROWS, COLUMNS, dtype=dtype, generator=plugrad.Generator().manual_seed(len(kind))
    )
    if kind == "many equal":
        return (2 * x).round()
    if kind == "few equal":
        return (2000 * x).round()
    if kind == "nan":
        return x.masked_fill(x > 1.5, math.nan)
    return x.sigmoid() if kind == "in (0, 1)" else x


def by_parts(function: Callable[..., Any], *tensors: Any) -> tuple[Any, ...]:
    """Return what a function gives of ten rows at a time, one below the other."""
    parts = [
        as_tuple(function(*[t[start : start + PART] for t in tensors]))
        for start in range(0, ROWS, PART)
    ]
    return tuple(plugrad.cat(each) for each in zip(*parts, strict=True))


def as_tuple(result: Any) -> tuple[Any, ...]:
    return tuple(result) if isinstance(result, tuple) else (result,)


def assert_same(found: Any, wanted: Any, exactly: bool = True) -> None:
    assert found.dtype is wanted.dtype
    assert found.shape == wanted.shape
    ours, parts = found.detach().numpy(), wanted.detach().numpy()
    if exactly or found.dtype is plugrad.bool:
        np.testing.assert_array_equal(ours, parts)
    else:
        # NumPy's vector loops round the last elements of an array otherwise.
        np.testing.assert_allclose(ours, parts, rtol=4 * np.finfo(ours.dtype).eps, atol=1e-45)


METHODS = (
    *("exp", "exp2", "log", "log2", "log10", "log1p", "expm1", "sqrt", "rsqrt", "sin", "cos"),
    *("tan", "asin", "acos", "atan", "sinh", "cosh", "tanh", "asinh", "atanh", "sigmoid", "erf"),
    *("erfc", "erfinv", "lgamma", "digamma", "i0", "logit", "sinc", "floor", "sign", "deg2rad"),
    *("nan_to_num", "reciprocal"),
)
ELEMENTWISE: dict[str, Callable[..., Any]] = {
    **{name: lambda x, name=name: getattr(x, name)() for name in METHODS},
    "celu": plugrad.celu,
    "selu": plugrad.selu,
    "hypot": lambda x: x.hypot(1 - x),
    "atan2": lambda x: x.atan2(1 - x),
    "logaddexp": lambda x: x.logaddexp(1 - x),
    "remainder": lambda x: x.remainder(1 - x),
    "pow": lambda x: x.pow(1 - x),
    "a column": lambda x: x.hypot(x[:, :1].expand_as(x)),
    "a number": lambda x: plugrad.hypot(x, plugrad.tensor(0.3, dtype=x.dtype)),
    "and": lambda x: (x - 0.5).floor().logical_and(x > 0.2),
}


@pytest.mark.parametrize("dtype", [plugrad.float32, plugrad.float64], ids=str)
@pytest.mark.parametrize("name", ELEMENTWISE)
def test_elementwise(name: str, dtype: Any) -> None:
    x, function = matrix("in (0, 1)", dtype), ELEMENTWISE[name]
    (wanted,) = by_parts(function, x)
    assert_same(function(x), wanted, exactly=False)
    # Of other layouts, too, and the same layout comes out.
    turned = x.t().contiguous().t()
    found = function(turned)
    assert_same(found, wanted, exactly=False)
    if name not in ("a column", "remainder"):
        assert found.stride() == turned.stride()


@pytest.mark.parametrize("name", ["exp", "sigmoid", "logit", "erf", "hypot", "celu"])
def test_gradients_of_elementwise(name: str) -> None:
    function = ELEMENTWISE[name]

    def gradient(x: Any) -> Any:
        x = x.detach().requires_grad_()
        (function(x) * 2).sum().backward()
        return x.grad

    x = matrix("in (0, 1)", plugrad.float64)
    (wanted,) = by_parts(gradient, x)
    assert_same(gradient(x), wanted, exactly=False)


ALONG: dict[str, Callable[..., Any]] = {
    "sort": lambda x: x.sort(1),
    "sort, descending": lambda x: x.sort(1, descending=True),
    "argsort": lambda x: x.argsort(1, stable=True),
    "topk": lambda x: x.topk(7, 1).values,  # which of equal ones, is not said
    "kthvalue": lambda x: x.kthvalue(17, 1),
    "median": lambda x: x.median(1),
    "nanmedian": lambda x: x.nanmedian(1),
    "mode": lambda x: x.mode(1),
    "cumsum": lambda x: x.cumsum(1),
    "cumprod": lambda x: x.cumprod(1),
    "cummax": lambda x: x.cummax(1),
    "cummin": lambda x: x.cummin(1),
    "logcumsumexp": lambda x: x.logcumsumexp(1),
    "gather": lambda x: x.gather(1, (x * 1000).nan_to_num(3).long() % COLUMNS),
    "scatter_add": lambda x: x.scatter_add(1, (x * 1000).nan_to_num(3).long() % COLUMNS, x),
}


@pytest.mark.parametrize("dtype", [plugrad.float32, plugrad.float64], ids=str)
@pytest.mark.parametrize("kind", ["usual", "many equal", "few equal", "nan"])
@pytest.mark.parametrize("name", ALONG)
def test_along_rows(name: str, kind: str, dtype: Any) -> None:
    x, function = matrix(kind, dtype), ALONG[name]
    for found, wanted in zip(as_tuple(function(x)), by_parts(function, x), strict=True):
        assert_same(found, wanted, exactly=name != "logcumsumexp")


@pytest.mark.parametrize("name", ["cumsum", "cumprod", "cummax", "gather", "scatter_add", "sort"])
def test_gradients_along_rows(name: str) -> None:
    def gradient(x: Any) -> Any:
        x = x.detach().requires_grad_()
        result = as_tuple(ALONG[name](x))[0]
        (result * plugrad.arange(COLUMNS)).sum().backward()
        return x.grad

    x = matrix("in (0, 1)", plugrad.float64)
    (wanted,) = by_parts(gradient, x)
    assert_same(gradient(x), wanted, exactly=False)


@pytest.mark.parametrize("dim", [0, 1, 2])
@pytest.mark.parametrize("name", ["cumsum", "cummax", "cumprod"])
def test_scans_along_any_dimension(name: str, dim: int) -> None:
    x = matrix("in (0, 1)", plugrad.float64).reshape(60, 50, 100)
    (found, *_) = as_tuple(getattr(x, name)(dim))
    (wanted, *_) = as_tuple(getattr(x.movedim(dim, 2).contiguous(), name)(2))
    assert_same(found, wanted.movedim(2, dim), exactly=False)


def test_a_vector_is_sorted_with_equal_elements_in_their_order() -> None:
    x = matrix("few equal").reshape(-1)
    for descending in (False, True):
        values, order = x.sort(descending=descending)
        steps = values[1:] - values[:-1]
        assert bool((steps <= 0 if descending else steps >= 0).all())
        assert bool((steps.abs() + (order[1:] > order[:-1]) > 0).all())
        assert bool((x[order] == values).all())
    assert x.unique().numpy().tolist() == np.unique(x.numpy()).tolist()


def test_masks() -> None:
    x = matrix("usual")
    mask, array = x > 0.3, x.numpy()
    where = array > np.float32(0.3)
    assert (x[mask].numpy() == array[where]).all()
    assert (x.masked_select(mask).numpy() == array[where]).all()
    assert (mask.nonzero().numpy() == np.argwhere(where)).all()
    rows = mask[:, 0]
    assert (x[rows].numpy() == array[where[:, 0]]).all()
    changed, wanted = x.clone(), array.copy()
    changed[mask] = x[mask] * 2
    wanted[where] *= 2
    assert (changed.numpy() == wanted).all()
    changed[rows] = x[rows] + 1
    wanted[where[:, 0]] = array[where[:, 0]] + 1
    assert (changed.numpy() == wanted).all()
    ours = x.t()
    ours = ours.clone(memory_format=plugrad.preserve_format)
    ours[mask.t()] = 0
    assert (ours.numpy() == np.where(where, 0, array).T).all()
    x.requires_grad_()
    (x[mask] ** 2).sum().backward()
    assert (x.grad.numpy() == np.where(where, 2 * array, 0)).all()


def test_what_is_wrong_in_one_part_is_refused() -> None:
    x = matrix("usual")
    index = plugrad.zeros(ROWS, COLUMNS, dtype=plugrad.int64)
    index[-1, -1] = COLUMNS
    for call in (lambda: x.gather(1, index), lambda: x.scatter_add(1, index, x)):
        with pytest.raises(RuntimeError, match=f"index {COLUMNS} is out of range"):
            call()
    numbers = plugrad.ones(ROWS, COLUMNS, dtype=plugrad.int64)
    divisors = numbers.clone()
    divisors[-1, -1] = 0
    with pytest.raises(RuntimeError, match="zero"):
        numbers.remainder(divisors)


def test_many_threads_do_not_share_crumbs(monkeypatch: pytest.MonkeyPatch) -> None:
    shared: list[int] = []

    def at_once(tasks: Any) -> Any:
        shared.append(len(tasks))
        return [task() for task in tasks]

    monkeypatch.setattr("plugrad.backends.numpy.blocks.at_once", at_once)
    plugrad.set_num_threads(64)
    x = matrix("usual")
    for call in (x.exp, x.sigmoid, lambda: x.softmax(1), lambda: x.sort(1)):
        call()
    assert shared == [2] * 4
