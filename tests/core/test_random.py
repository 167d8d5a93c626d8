"""Random numbers of tensors: generators, shapes, memory, errors. Values: tests/compat."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import plugrad

FILLS = {
    "uniform_": (2, 3), "normal_": (2, 3), "random_": (9,), "bernoulli_": (0.3,),
    "exponential_": (2,), "cauchy_": (), "log_normal_": (), "geometric_": (0.3,),
}  # fmt: skip


def numbers(tensor: Any) -> list[Any]:
    return tensor.detach().numpy().tolist()


# ---------------------------------------------------------------------------------- generators


def test_the_same_seed_gives_the_same_numbers() -> None:
    assert plugrad.manual_seed(3) is plugrad.default_generator
    first = plugrad.rand(5)
    assert plugrad.initial_seed() == 3
    plugrad.manual_seed(3)
    assert numbers(plugrad.rand(5)) == numbers(first)
    assert isinstance(plugrad.seed(), int)
    assert numbers(plugrad.rand(5)) != numbers(first)


def test_states_travel() -> None:
    state = plugrad.get_rng_state()
    assert (state.dtype, state.shape) == (plugrad.uint8, (5056,))
    first = numbers(plugrad.randn(3))
    plugrad.set_rng_state(state)
    assert numbers(plugrad.randn(3)) == first
    with plugrad.random.fork_rng():
        plugrad.manual_seed(9)
        plugrad.rand(3)
    after = numbers(plugrad.rand(2))
    plugrad.set_rng_state(state)
    plugrad.randn(3)
    assert numbers(plugrad.rand(2)) == after
    with pytest.raises(TypeError):
        plugrad.set_rng_state([1, 2])
    with pytest.raises(TypeError):
        plugrad.set_rng_state(plugrad.ones(5056))
    with pytest.raises(RuntimeError):
        plugrad.set_rng_state(plugrad.ones(3, dtype=plugrad.uint8))


def test_generators_are_independent_and_copied_with_their_state() -> None:
    generator = plugrad.Generator().manual_seed(0)
    assert isinstance(plugrad.default_generator, plugrad.Generator)
    plugrad.rand(3)
    first = plugrad.rand(4, generator=generator)
    twins = [generator.clone_state(), pickle.loads(pickle.dumps(generator))]
    twins.append(copy.copy(generator).set_state(generator.get_state()))
    expected = numbers(plugrad.rand(3, generator=generator))
    for twin in twins:
        assert isinstance(twin, plugrad.Generator)
    assert numbers(plugrad.rand(3, generator=twins[0])) == expected
    assert numbers(first) == numbers(plugrad.rand(4, generator=generator.manual_seed(0)))
    for call in (
        lambda g: plugrad.rand(2, generator=g), lambda g: plugrad.ones(2).normal_(generator=g),
        lambda g: plugrad.randperm(2, generator=g), lambda g: plugrad.bernoulli(first, generator=g),
    ):  # fmt: skip
        with pytest.raises(TypeError, match="generator"):
            call(3)


# ------------------------------------------------------------------------------------- shapes


@given(st.integers(0, 40), st.integers(-20, 20), st.integers(1, 300))
def test_integers_stay_between_their_bounds(count: int, low: int, width: int) -> None:
    drawn = plugrad.randint(low, low + width, (count,))
    assert drawn.dtype is plugrad.int64
    assert all(low <= n < low + width for n in numbers(drawn))
    assert sorted(numbers(plugrad.randperm(count))) == list(range(count))


def test_ways_of_giving_bounds() -> None:
    ways = [
        lambda: plugrad.randint(5, (3,)), lambda: plugrad.randint(0, 5, (3,)),
        lambda: plugrad.randint(high=5, size=(3,)), lambda: plugrad.randint(0, high=5, size=[3]),
        lambda: plugrad.randint(low=0, high=5, size=(3,)),
        lambda: plugrad.randint_like(plugrad.zeros(3, dtype=plugrad.int64), 5),
        lambda: plugrad.zeros(3, dtype=plugrad.int64).random_(5),
        lambda: plugrad.zeros(3, dtype=plugrad.int64).random_(0, to=5),
        lambda: plugrad.zeros(3, dtype=plugrad.int64).random_(to=5),
        lambda: plugrad.zeros(3, dtype=plugrad.int64).random_(**{"from": 0, "to": 5}),
    ]  # fmt: skip
    found = []
    for way in ways:
        plugrad.manual_seed(1)
        found.append(numbers(way()))
    assert found == [found[0]] * len(ways)
    for wrong in (
        lambda: plugrad.randint(5), lambda: plugrad.randint(5, 3), lambda: plugrad.randint((3,)),
        lambda: plugrad.randint(1, 2, 3, (2,)), lambda: plugrad.randint(2.5, (2,)),
        lambda: plugrad.ones(1).random_(**{"from": 1}), lambda: plugrad.ones(1).random_(1, 2, 3),
        lambda: plugrad.ones(1).uniform_(from_=1), lambda: plugrad.normal(0.0, 1.0),
        lambda: plugrad.normal(plugrad.ones(2), 1.0, (2,)),
    ):  # fmt: skip
        with pytest.raises(TypeError):
            wrong()


@pytest.mark.parametrize("name", FILLS)
def test_fills_change_the_tensor_and_its_memory_alone(name: str) -> None:
    whole = plugrad.zeros(4, 6)
    part = whole[1:3, ::2]
    assert getattr(part, name)(*FILLS[name]) is part
    assert whole._version == part._version == 1
    assert not whole[0].any()
    assert not whole[:, 1].any()


@pytest.mark.parametrize("name", sorted(set(FILLS) - {"normal_"}))
def test_numbers_lie_in_the_order_of_memory(name: str) -> None:
    plugrad.manual_seed(0)
    dense = getattr(plugrad.zeros(3, 4), name)(*FILLS[name])
    plugrad.manual_seed(0)
    transposed = getattr(plugrad.zeros(3, 4).t(), name)(*FILLS[name])
    assert numbers(transposed.t()) == numbers(dense)


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda x: x.uniform_(2, 1), RuntimeError),
        (lambda x: x.normal_(0, -1), RuntimeError),
        (lambda x: x.random_(0), RuntimeError),
        (lambda x: x.byte().random_(300), RuntimeError),
        (lambda x: x.bernoulli_(2.0), RuntimeError),
        (lambda x: x.bernoulli_(plugrad.ones(5)), RuntimeError),
        (lambda x: x.exponential_(0.0), RuntimeError),
        (lambda x: x.cauchy_(0, -1), RuntimeError),
        (lambda x: x.log_normal_(0, 0), RuntimeError),
        (lambda x: x.geometric_(1.0), RuntimeError),
        (lambda x: x.long().uniform_(), NotImplementedError),
        (lambda x: x.long().normal_(), NotImplementedError),
        (lambda x: x.long().exponential_(), RuntimeError),
        (lambda x: x.expand(2, 3).uniform_(), RuntimeError),
        (lambda x: plugrad.bernoulli(x * 2), RuntimeError),
        (lambda x: plugrad.bernoulli(x.long()), NotImplementedError),
        (lambda x: plugrad.poisson(-x), RuntimeError),
        (lambda x: plugrad.multinomial(x, 4), RuntimeError),
        (lambda x: plugrad.multinomial(x * 0, 1), RuntimeError),
        (lambda x: plugrad.multinomial(x[:1].expand(2**24 + 1), 1), RuntimeError),
        (lambda x: plugrad.normal(x, -x), RuntimeError),
        (lambda x: plugrad.randperm(-1), RuntimeError),
        (lambda x: plugrad.randint(3, 3, (2,)), RuntimeError),
        (lambda x: plugrad.rand(2, dtype=plugrad.int64), NotImplementedError),
        (lambda x: plugrad.rand(-1), RuntimeError),
    ],
)
def test_a_refusal_draws_and_changes_nothing(call: Any, error: type[Exception]) -> None:
    x = plugrad.ones(3)
    state = plugrad.get_rng_state()
    with pytest.raises(error):
        call(x)
    assert bool((plugrad.get_rng_state() == state).all())
    assert numbers(x) == [1, 1, 1]
    assert x._version == 0


# ------------------------------------------------------------------------------- distributions


def test_gradients_of_what_was_drawn_are_zero() -> None:
    mean = plugrad.ones(2, 3, requires_grad=True)
    std = plugrad.ones(3, requires_grad=True)
    nodes = {
        "NormalBackward3": plugrad.normal(mean, std),
        "NormalBackward1": plugrad.normal(mean, 2.0),
        "NormalBackward2": plugrad.normal(0.0, std),
        "BernoulliBackward0": plugrad.bernoulli(mean * 0.5),
        "PoissonBackward0": plugrad.poisson(mean),
    }
    for name, drawn in nodes.items():
        assert drawn.grad_fn.name() == name
        drawn.sum().backward()
    assert not mean.grad.any()
    assert not std.grad.any()
    assert std.grad.shape == (3,)
    with pytest.raises(NotImplementedError, match="bernoulli"):
        plugrad.bernoulli(mean, 0.5).sum().backward()
    assert plugrad.multinomial(mean, 2).grad_fn is None


def test_results_go_where_out_says() -> None:
    out = plugrad.empty(0)
    assert plugrad.bernoulli(plugrad.ones(2, 3), out=out) is out
    assert numbers(out) == [[1] * 3] * 2
    index = plugrad.empty(0, dtype=plugrad.int64)
    assert numbers(plugrad.multinomial(plugrad.eye(2), 1, out=index)) == [[0], [1]]
    with pytest.raises(RuntimeError, match="int64"):
        plugrad.multinomial(plugrad.eye(2), 1, out=out)
    whole = plugrad.normal(0.0, 1.0, (3,), out=plugrad.empty(0, dtype=plugrad.float64))
    assert whole.dtype is plugrad.float64


def test_moments() -> None:
    plugrad.manual_seed(0)
    count = 100_000
    for drawn, mean, variance in (
        (plugrad.rand(count), 0.5, 1 / 12),
        (plugrad.randn(count), 0.0, 1.0),
        (plugrad.normal(3.0, 2.0, (count,)), 3.0, 4.0),
        (plugrad.ones(count).exponential_(2.0), 0.5, 0.25),
        (plugrad.ones(count).geometric_(0.5), 2.0, 2.0),
        (plugrad.poisson(plugrad.full((count,), 4.0)), 4.0, 4.0),
        (plugrad.bernoulli(plugrad.full((count,), 0.3)), 0.3, 0.21),
    ):
        values = drawn.numpy().astype(np.float64)
        assert abs(values.mean() - mean) < 5 * (variance / count) ** 0.5
        assert values.var() == pytest.approx(variance, rel=0.05)


def test_out_with_gaps_is_drawn_for_in_the_order_of_its_memory() -> None:
    plugrad.manual_seed(0)
    expected = plugrad.empty(5, 4).t().normal_()
    plugrad.manual_seed(0)
    out = plugrad.empty(5, 4).t()
    assert plugrad.randn(4, 5, out=out) is out
    assert out.tolist() == expected.tolist()
    plugrad.manual_seed(0)
    wide = plugrad.empty(0, dtype=plugrad.float64)
    drawn = plugrad.normal(0.0, plugrad.ones(3), out=wide)
    plugrad.manual_seed(0)
    assert drawn.tolist() == plugrad.randn(3, dtype=plugrad.float64).tolist()


def test_out_that_pytorch_refuses() -> None:
    x = plugrad.ones(3)
    with pytest.raises(NotImplementedError):
        plugrad.normal(x, x, out=plugrad.zeros(3, dtype=plugrad.int64))
    with pytest.raises(NotImplementedError):
        plugrad.bernoulli(x, out=plugrad.zeros(3, dtype=plugrad.complex64))
    with pytest.raises(RuntimeError, match="broadcast"):
        plugrad.normal(x, 1.0, out=plugrad.zeros(2))
    with pytest.raises(TypeError):
        plugrad.bernoulli(x, 0.5, out=plugrad.zeros(3))
