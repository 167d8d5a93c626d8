"""Reductions and normalization where they are special: ties, NaN, zeros, nothing, 0-d."""

from __future__ import annotations

import math
import pickle
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import plugrad as pg

NAN = math.nan
INF = math.inf


def variable(values: Any, dtype: Any = None) -> Any:
    return pg.tensor(values, dtype=dtype or pg.float64, requires_grad=True)


def gradient(output: Any, x: Any, start: Any = None) -> list[Any]:
    (found,) = pg.autograd.grad(output, x, start)
    return found.tolist()


# -------------------------------------------------------------------------- sums and products


@given(
    shape=st.lists(st.integers(1, 40), min_size=1, max_size=4),
    dims=st.sets(st.integers(0, 3)),
    order=st.permutations(range(4)),
    keepdim=st.booleans(),
    dtype=st.sampled_from(["float32", "float64"]),
    seed=st.integers(0, 999),
)
@settings(max_examples=200, deadline=None)
def test_sums_are_those_of_exact_arithmetic(
    shape: list[int], dims: set[int], order: list[int], keepdim: bool, dtype: str, seed: int
) -> None:
    array = np.random.default_rng(seed).standard_normal(shape).astype(dtype)
    array = array.transpose([number for number in order if number < len(shape)])
    dim = tuple(number for number in dims if number < len(shape))
    found = pg.from_numpy(array).sum(dim, keepdim).numpy()
    axes = dim or None
    expected = array.astype("longdouble").sum(axes, keepdims=keepdim)
    size = np.abs(array).astype("longdouble").sum(axes, keepdims=keepdim)
    assert found.dtype == dtype
    assert found.shape == expected.shape
    # Each of at most 40 ** 4 terms may cost a little: pairwise, no more than its logarithm.
    assert (np.abs(found - expected) <= 24 * np.finfo(dtype).eps * size).all()


@pytest.mark.parametrize("shape", [(1_000_003,), (5000, 3), (3, 5000), (700, 701), (2, 9001, 2)])
def test_long_float32_sums_keep_their_digits(shape: tuple[int, ...]) -> None:
    array = np.random.default_rng(0).random(shape, np.float32)
    for dim in [None, *range(len(shape))]:
        found = pg.from_numpy(array).sum(dim).numpy()
        expected = array.astype("float64").sum(dim)
        assert np.abs(found / expected - 1).max() < 1e-6


def test_infinity_and_nan_reach_only_their_own_sums() -> None:
    array = np.ones((3000, 4), np.float32)
    array[5, 1], array[7, 2] = np.inf, np.nan
    assert pg.from_numpy(array).sum(0).isnan().tolist() == [False, False, True, False]
    assert pg.from_numpy(array).sum(0).isinf().tolist() == [False, True, False, False]
    assert int(pg.from_numpy(array).sum(1).isfinite().sum()) == 2998


def test_half_precision_is_accumulated_in_float32() -> None:
    x = pg.full((4096,), 1.0, dtype=pg.float16)
    assert (x.sum().item(), x.mean().item(), x.cumsum(0)[-1].item()) == (4096.0, 1.0, 4096.0)
    assert pg.full((2,), 6e4, dtype=pg.float16).sum(dtype=pg.float32).item() == 120000.0
    assert pg.full((2,), 6e4, dtype=pg.float16).mean().item() == 60000.0


def test_integers_and_bools_are_summed_in_int64() -> None:
    x = pg.tensor([200, 100], dtype=pg.uint8)
    assert (x.sum().dtype, x.sum().item()) == (pg.int64, 300)
    assert x.prod().item() == 20000
    assert pg.tensor([True, True]).sum().item() == 2
    assert pg.tensor([True, True]).sum(0, dtype=pg.bool).dtype is pg.bool
    assert x.sum(dtype=pg.int32).dtype is pg.int32


def test_means_need_floating_point() -> None:
    with pytest.raises(RuntimeError, match="floating-point or complex dtype, not plugrad.int64"):
        pg.tensor([1, 2]).mean()
    with pytest.raises(RuntimeError, match="not plugrad.int32"):
        pg.tensor([1.0]).mean(dtype=pg.int32)
    with pytest.raises(RuntimeError, match="could not carry a gradient"):
        variable([1.0]).sum(dtype=pg.int64)


def test_reductions_of_nothing() -> None:
    x = pg.empty(0, 3)
    assert (x.sum().item(), x.prod().item(), x.norm().item()) == (0.0, 1.0, 0.0)
    assert math.isnan(x.mean().item())
    assert (x.all().item(), x.any().item()) == (True, False)
    assert x.sum(0).tolist() == [0.0, 0.0, 0.0]
    assert x.logsumexp(0).tolist() == [-INF] * 3
    assert x.amax(1).shape == x.max(1).values.shape == (0,)
    assert math.isnan(x.median().item())


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda x: x.max(), RuntimeError),
        (lambda x: x.max(0), IndexError),
        (lambda x: x.amin(), RuntimeError),
        (lambda x: x.amax(0), IndexError),
        (lambda x: x.argmax(), IndexError),
        (lambda x: x.argmin(0), IndexError),
        (lambda x: x.aminmax(), RuntimeError),
        (lambda x: x.median(0), IndexError),
        (lambda x: x.mode(0), IndexError),
        (lambda x: x.kthvalue(1, 0), IndexError),
        (lambda x: x.quantile(0.5), RuntimeError),
        (lambda x: x.norm(INF), RuntimeError),
    ],
)
def test_nothing_has_no_extreme(call: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match=r"\[0, 3\]|no elements|without elements"):
        call(pg.empty(0, 3))


def test_dimensions_are_checked() -> None:
    x = pg.ones(2, 3)
    with pytest.raises(IndexError, match="dimension 2 does not exist"):
        x.sum(2)
    with pytest.raises(RuntimeError, match="named twice"):
        x.sum((0, -2))
    for wrong in (1.5, "0", [0.5]):
        with pytest.raises(TypeError):
            x.sum(wrong)
    with pytest.raises(TypeError, match="keepdim must be a bool"):
        x.sum(0, 1)
    with pytest.raises(TypeError, match="keepdim needs a dim"):
        x.sum(keepdim=True)
    with pytest.raises(TypeError, match="must be a Tensor, not list"):
        pg.sum([1.0])
    assert x.sum(()).shape == ()
    assert x.all(dim=()).shape == (2, 3)
    assert pg.tensor(1.0).sum(-1).shape == ()
    with pytest.raises(IndexError):
        pg.tensor(1.0).sum(1)


def test_out_is_written_resized_and_refused() -> None:
    x = pg.tensor([[1.0, 2.0], [3.0, 4.0]])
    out = pg.empty(0)
    assert pg.sum(x, 0, out=out) is out
    assert out.tolist() == [4.0, 6.0]
    values, indices = pg.empty(0), pg.empty(0, dtype=pg.int64)
    pg.max(x, 1, out=(values, indices))
    assert (values.tolist(), indices.tolist()) == ([2.0, 4.0], [1, 1])
    with pytest.warns(UserWarning, match="resized"):
        pg.mean(x, 1, out=pg.empty(3))
    with pytest.raises(RuntimeError, match="cannot be recorded"):
        pg.sum(variable([1.0]), 0, out=pg.empty(0))


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([2.0, 3.0, 4.0], [12.0, 8.0, 6.0]),
        ([2.0, 0.0, 4.0], [0.0, 8.0, 0.0]),
        ([0.0, 0.0, 4.0], [0.0, 0.0, 0.0]),
    ],
)
def test_products_differentiate_at_zero(values: list[float], expected: list[float]) -> None:
    x = variable(values)
    assert gradient(x.prod(), x) == gradient(x.prod(0), x) == expected
    # The second derivative by x[0] and x[1] is x[2], whatever x[0] and x[1] are.
    (slope,) = pg.autograd.grad(x.prod(), x, create_graph=True)
    assert gradient(slope[0], x) == [0.0, values[2], values[1]]


def test_running_products_differentiate_at_zeros() -> None:
    x = variable([2.0, 0.0, 3.0, 0.0, 5.0])
    # 1, x0, x0 x1, ...: by x1, only products with one other zero vanish.
    assert gradient(x.cumprod(0).sum(), x) == [1.0, 8.0, 0.0, 0.0, 0.0]
    (slope,) = pg.autograd.grad(x.cumprod(0).sum(), x, create_graph=True)
    # d2 / dx1 dx3 of x0 x1 x2 x3 (1 + x4) is 2 * 3 * 6.
    (by_1,) = pg.autograd.grad(slope[1], x, retain_graph=True)
    assert by_1[3].item() == 36.0
    assert gradient(slope[3], x)[1] == 36.0


# ------------------------------------------------------------------------------------- extremes


def test_equal_extremes_share_the_gradient_evenly() -> None:
    x = variable([[1.0, 3.0, 3.0], [3.0, 2.0, 0.0]])
    third = 1 / 3
    assert gradient(x.max(), x) == [[0.0, third, third], [third, 0.0, 0.0]]
    assert gradient(x.amax(1).sum(), x) == [[0.0, 0.5, 0.5], [1.0, 0.0, 0.0]]
    assert gradient(x.amin((0, 1)), x) == [[0.0, 0.0, 0.0], [0.0, 0.0, 1.0]]
    low, high = x.aminmax(dim=0)
    assert gradient(low.sum() + 2 * high.sum(), x)[1] == [2.0, 1.0, 1.0]


def test_extremes_with_an_index_choose_the_first() -> None:
    x = variable([[1.0, 3.0, 3.0], [3.0, 2.0, 0.0]])
    values, indices = x.max(1)
    assert indices.tolist() == [1, 0]
    assert gradient(values.sum(), x) == [[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]]
    assert x.argmax().item() == 1
    assert x.cummax(1).indices.tolist() == [[0, 1, 2], [0, 0, 0]]
    assert gradient(x.cummax(1).values.sum(), x) == [[1.0, 1.0, 1.0], [3.0, 0.0, 0.0]]


def test_nan_is_larger_and_smaller_than_everything() -> None:
    x = variable([[1.0, NAN, 3.0, NAN], [2.0, 5.0, 4.0, 1.0]])
    for reduced in (x.max(), x.min(), x.amax(), x.median()):
        assert math.isnan(reduced.item())
        expected = [[0.0, 0.5, 0.0, 0.5], [0.0] * 4]
        if reduced.grad_fn.name() != "AmaxBackward0":
            assert gradient(reduced, x) == expected
    assert x.max(1).indices.tolist() == [*x.argmin(1).tolist()[:1], 1]
    assert x.sort().indices.tolist() == [[0, 2, 1, 3], [3, 0, 2, 1]]
    assert x.sort(descending=True).indices.tolist() == [[1, 3, 2, 0], [1, 2, 0, 3]]
    assert x.topk(2).indices.tolist()[1] == [1, 2]
    assert x.cummax(1).indices.tolist()[0] == [0, 1, 1, 3]
    assert x.nansum().item() == 16.0
    assert x.nanmean(1).tolist() == [2.0, 3.0]
    assert x.nanmedian().item() == 2.0
    assert math.isnan(x.quantile(0.5).item())


def test_max_of_two_tensors_is_maximum() -> None:
    x, y = pg.tensor([1.0, 5.0]), pg.tensor([3.0, 2.0])
    for found in (pg.max(x, y), x.max(other=y), x.max(y)):
        assert found.tolist() == [3.0, 5.0]
    with pytest.raises(TypeError, match="neither dim nor keepdim"):
        x.max(0, other=y)
    with pytest.raises(TypeError):
        pg.max(x, 2.0)


def test_results_are_named_tuples() -> None:
    result = pg.tensor([1, 3, 2]).max(0)
    assert repr(result) == "plugrad.return_types.max(\nvalues=tensor(3),\nindices=tensor(1))"
    assert isinstance(result, tuple)
    assert result[0] is result.values
    assert type(result) is pg.return_types.max
    kind = pg.return_types.max
    assert pickle.loads(pickle.dumps(kind([1, 2]))) == (1, 2)
    with pytest.raises(TypeError, match="2 items, not 1"):
        kind([1])


# -------------------------------------------------------------------------------- normalization


@given(
    rows=st.lists(st.lists(st.floats(-900, 900), min_size=3, max_size=3), min_size=1, max_size=5)
)
@settings(deadline=None)
def test_softmax_is_a_distribution_for_numbers_of_any_size(rows: list[list[float]]) -> None:
    x = pg.tensor(rows, dtype=pg.float64)
    p, log_p = x.softmax(1), x.log_softmax(1)
    assert (p.sum(1) - 1).abs().max().item() < 1e-14
    assert (log_p.exp() - p).abs().max().item() < 1e-12
    assert (log_p <= 0).all()
    assert (x.logsumexp(1, True) - (x - log_p).amax(1, True)).abs().max().item() < 1e-9


def test_softmax_of_infinities() -> None:
    x = pg.tensor([[0.0, -INF], [-INF, -INF], [INF, 0.0], [NAN, 0.0]])
    assert x.softmax(1)[0].tolist() == [1.0, 0.0]
    assert x.softmax(1)[1:].isnan().all()
    assert x.log_softmax(1)[0].tolist() == [0.0, -INF]
    assert pg.tensor([INF, 0.0]).logsumexp(0).item() == INF
    assert pg.tensor([-INF, -INF]).logsumexp(0).item() == -INF
    for call in (lambda x: x.softmax(0), lambda x: x.log_softmax(0)):
        with pytest.raises(NotImplementedError, match="floating-point"):
            call(pg.tensor([1, 2]))


def test_variance_without_degrees_of_freedom_warns() -> None:
    x = variable([2.0])
    with pytest.warns(UserWarning, match="degrees of freedom"):
        found = x.var()
    assert math.isnan(found.item())
    assert math.isnan(gradient(found, x)[0])
    assert x.var(correction=0).item() == 0.0
    with pytest.warns(UserWarning, match="degrees of freedom"):
        assert variable([1.0, 3.0]).var(correction=2).item() == INF
    with pytest.raises(RuntimeError, match="floating-point"):
        pg.tensor([1, 2]).std()
    with pytest.raises(TypeError, match="not both"):
        x.var(0, unbiased=True, correction=1)


def test_deviation_of_equal_elements_has_the_gradient_zero() -> None:
    x = variable([3.0, 3.0, 3.0])
    assert gradient(x.std(), x) == [0.0, 0.0, 0.0]
    assert gradient(pg.std_mean(x)[0], x) == [0.0, 0.0, 0.0]


@pytest.mark.parametrize("p", [0, 0.5, 1, 1.5, 2, 3, INF])
def test_norms_have_the_subgradient_zero_at_zero(p: float) -> None:
    x = variable([0.0, 0.0])
    found = gradient(x.norm(p), x)
    # The largest of equal elements share the gradient, but the sign of 0 is 0.
    assert found == [0.0, 0.0]


def test_norms() -> None:
    x = variable([3.0, -4.0, 0.0])
    expected = {0: 2.0, 1: 7.0, 2: 5.0, 3: 91 ** (1 / 3), INF: 4.0, -INF: 0.0, -1: 0.0}
    for p, value in expected.items():
        assert x.norm(p).item() == pytest.approx(value)
    assert gradient(x.norm(), x) == pytest.approx([0.6, -0.8, 0.0])
    assert gradient(x.norm(INF), x) == [0.0, -1.0, 0.0]
    assert pg.linalg.vector_norm(x.detach().reshape(3, 1), 1, 1).tolist() == [3.0, 4.0, 0.0]
    assert pg.tensor([3 + 4j]).norm().dtype is pg.float32
    with pytest.raises(RuntimeError):
        x.norm("abc")


def test_layer_norm_checks_shapes() -> None:
    x = pg.ones(2, 3)
    assert pg.layer_norm(x, 3).tolist() == [[0.0] * 3] * 2
    with pytest.raises(RuntimeError, match="does not end with"):
        pg.layer_norm(x, (2,))
    with pytest.raises(RuntimeError, match="weight must have"):
        pg.layer_norm(x, (3,), pg.ones(2))
    with pytest.raises(NotImplementedError):
        pg.layer_norm(x.int(), (3,))


def test_layer_norm_has_one_node_of_three_slots() -> None:
    x, weight = pg.ones(2, 3, requires_grad=True), pg.ones(3, requires_grad=True)
    node = pg.layer_norm(x, (3,), weight, pg.zeros(3)).grad_fn
    assert node.name() == "NativeLayerNormBackward0"
    assert [edge and edge.name() for edge, _ in node.next_functions] == [
        "AccumulateGrad",
        "AccumulateGrad",
        None,
    ]


@pytest.mark.parametrize("name", ["sum", "prod", "nansum", "cumsum", "cumprod"])
def test_out_says_the_dtype_to_reduce_in(name: str) -> None:
    reduce, x = getattr(pg, name), pg.tensor([0.6, 1.6])
    wide = pg.empty(0, dtype=pg.float64)
    assert reduce(x, 0, out=wide) is wide
    assert wide.tolist() == reduce(x.double(), 0).tolist()
    with pytest.raises(RuntimeError, match="float32"):
        reduce(x, 0, dtype=pg.float32, out=wide)
    if name != "nansum":  # the elements are cut off before, not the result afterwards
        whole = pg.empty(0, dtype=pg.int64)
        assert reduce(x, 0, out=whole).tolist() == reduce(pg.tensor([0, 1]), 0).tolist()


def test_out_of_a_dtype_without_a_kernel() -> None:
    x, flags = pg.ones(2, 2), pg.empty(0, dtype=pg.bool)
    for call in (
        lambda: pg.cumsum(x, 0, out=flags),
        lambda: pg.nansum(x, 0, out=pg.empty(0, dtype=pg.complex64)),
        lambda: pg.var(x, 0, out=pg.empty(0, dtype=pg.complex64)),
    ):
        with pytest.raises(NotImplementedError):
            call()
