"""Checkpoints: the same gradients from a second run.

Written for both libraries: `tests/compat` runs this file under PyTorch, too.
"""

from __future__ import annotations

import tracemalloc
from typing import Any

import pytest

import plugrad as torch

plugrad_only = pytest.mark.skipif(torch.__name__ != "plugrad", reason="plugrad's own promise")

checkpointing = torch.utils.checkpoint
checkpoint = checkpointing.checkpoint
both = pytest.mark.parametrize("reentrant", [False, True], ids=["packing", "reentrant"])


def leaf(*shape: int) -> Any:
    torch.manual_seed(3)
    return torch.rand(*shape, requires_grad=True)


def block(x: Any) -> Any:
    return torch.dropout((x @ x).relu().exp(), 0.5, True).sin()


def gradient(loss: Any, x: Any) -> Any:
    x.grad = None
    loss.backward()
    return x.grad


@both
def test_gradients_and_random_numbers_are_the_same(reentrant: bool) -> None:
    x = leaf(3, 3)
    torch.manual_seed(5)
    plain = gradient(block(block(x)).sum() + torch.rand(1).sum(), x)
    after = torch.rand(1)
    torch.manual_seed(5)
    inner = checkpoint(block, x, use_reentrant=reentrant)
    outer = checkpoint(block, inner, use_reentrant=reentrant)
    found = gradient(outer.sum() + torch.rand(1).sum(), x)
    assert torch.equal(plain, found)
    assert torch.equal(after, torch.rand(1))  # the second runs left the stream alone


@both
def test_parameters_get_their_gradients(reentrant: bool) -> None:
    torch.manual_seed(0)
    layers = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Tanh(), torch.nn.Linear(4, 2))
    x = leaf(5, 3)
    layers(x).sum().backward()
    expected = [parameter.grad.clone() for parameter in layers.parameters()]
    layers.zero_grad()
    checkpoint(layers, x, use_reentrant=reentrant).sum().backward()
    for parameter, wanted in zip(layers.parameters(), expected, strict=True):
        assert torch.equal(parameter.grad, wanted)


@both
def test_without_recording_it_just_runs(reentrant: bool) -> None:
    runs: list[bool] = []

    def function(x: Any) -> Any:
        runs.append(torch.is_grad_enabled())
        return x * 2

    with torch.no_grad():
        assert not checkpoint(function, leaf(2), use_reentrant=reentrant).requires_grad
    assert runs == [False]


@both
def test_anything_may_be_given_and_returned(reentrant: bool) -> None:
    x = leaf(2)
    y, three, text = checkpoint(lambda x, n: (x * n, 3, "text"), x, 2, use_reentrant=reentrant)
    assert (three, text) == (3, "text")
    y.sum().backward()
    assert x.grad.tolist() == [2.0, 2.0]


def test_keywords() -> None:
    x = leaf(2)
    y = checkpoint(lambda x, *, factor: x * factor, x, factor=x, use_reentrant=False)
    y.sum().backward()
    assert torch.allclose(x.grad, 2 * x)
    for unknown in ({"factor": 2}, {"context_fn": lambda: 1}, {"debug": True}):
        with pytest.raises(ValueError, match=r"[a-z]"):
            checkpoint(torch.sin, x, use_reentrant=True, **unknown)
    with pytest.raises(ValueError, match="determinism_check"):
        checkpoint(torch.sin, x, use_reentrant=False, determinism_check="some")


def test_gradients_can_be_taken_in_any_way() -> None:
    x = leaf(3)
    y = checkpoint(lambda x: (x**3).sin(), x, use_reentrant=False)
    (first,) = torch.autograd.grad(y.sum(), x, create_graph=True)
    (second,) = torch.autograd.grad(first.sum(), x)
    plain = torch.autograd.grad((x**3).sin().sum(), x, create_graph=True)[0]
    assert torch.allclose(first, plain)
    assert torch.allclose(second, torch.autograd.grad(plain.sum(), x)[0])


def test_a_graph_can_be_kept_and_is_freed() -> None:
    x = leaf(2)
    runs: list[int] = []
    y = checkpoint(lambda x: (runs.append(1), x.exp())[1], x, use_reentrant=False).sum()
    y.backward(retain_graph=True)
    y.backward()
    assert len(runs) == 3
    with pytest.raises(RuntimeError, match="freed"):
        y.backward()


def test_reentrant_ones_refuse_some_inputs() -> None:
    x = leaf(2)
    with pytest.raises(RuntimeError, match="use_reentrant"):
        torch.autograd.grad(checkpoint(torch.sin, x, use_reentrant=True).sum(), x)
    with pytest.raises(RuntimeError, match="use_reentrant"):
        checkpoint(torch.sin, x, use_reentrant=True).sum().backward(inputs=x)
    with pytest.warns(UserWarning, match="requires?"):
        checkpoint(torch.sin, torch.ones(2), use_reentrant=True)
    with pytest.warns(UserWarning, match="use_reentrant"):
        checkpoint(torch.sin, x)


def test_checkpoints_nest() -> None:
    runs: list[str] = []

    def inner(x: Any) -> Any:
        runs.append("inner")
        return x.exp().sin()

    def outer(x: Any) -> Any:
        runs.append("outer")
        return checkpoint(inner, x * 2, use_reentrant=False).cos() * x

    x = leaf(2)
    (plain,) = torch.autograd.grad(((2 * x).exp().sin().cos() * x).sum(), x)
    found = gradient(checkpoint(outer, x, use_reentrant=False).sum(), x)
    assert torch.allclose(plain, found)
    assert runs[:2] == ["outer", "inner"]
    assert runs.count("inner") <= 3


def test_the_second_run_stops_early_if_it_may() -> None:
    ran: list[str] = []

    def function(x: Any) -> Any:
        y = x.exp()
        ran.append("first")
        z = y + 1
        ran.append("last")
        return z

    x = leaf(2)
    checkpoint(function, x, use_reentrant=False).sum().backward()
    assert ran == ["first", "last"]
    ran.clear()
    with checkpointing.set_checkpoint_early_stop(False):
        y = checkpoint(function, x, use_reentrant=False)
    y.sum().backward()
    assert ran == ["first", "last"] * 2
    ran.clear()
    checkpoint(function, x, use_reentrant=False, early_stop=False).sum().backward()
    assert ran == ["first", "last"] * 2


def alternating(*programs: Any) -> Any:
    """Return a function that does another thing each time."""
    runs = iter(programs)
    return lambda x: next(runs)(x)


def test_a_second_run_that_differs_is_found() -> None:
    x = leaf(2)
    error = checkpointing.CheckpointError
    assert issubclass(error, RuntimeError)
    fewer = alternating(lambda x: x.exp().sin(), lambda x: x * 1)
    with pytest.raises(error):
        checkpoint(fewer, x, use_reentrant=False).sum().backward()
    smaller = [lambda x: x.exp(), lambda x: x[:1].exp()]
    with pytest.raises(error, match="0"):
        checkpoint(alternating(*smaller), x, use_reentrant=False).sum().backward()
    unchecked = {"use_reentrant": False, "determinism_check": "none"}
    checkpoint(alternating(*smaller), x, **unchecked).sum().backward()


@plugrad_only
def test_debugging_lists_the_lines() -> None:
    differs = alternating(lambda x: x.exp().sin(), lambda x: x * 1)  # these lines
    with checkpointing.set_checkpoint_debug_enabled(True):
        y = checkpoint(differs, leaf(2), use_reentrant=False).sum()
    with pytest.raises(RuntimeError, match=r"first run:\n  0: .*test_checkpoint.py, line \d+"):
        y.backward()


def test_contexts_of_both_runs() -> None:
    entered: list[str] = []

    class Noting:
        def __init__(self, name: str) -> None:
            self.name = name

        def __enter__(self) -> None:
            entered.append(self.name)

        def __exit__(self, *exc: object) -> None:
            pass

    def contexts() -> Any:
        return Noting("first"), Noting("second")

    x = leaf(2)
    checkpoint(torch.exp, x, use_reentrant=False, context_fn=contexts).sum().backward()
    assert entered == ["first", "second"]


def test_autocast_is_the_same_in_both_runs() -> None:
    pytest.importorskip("ml_dtypes" if torch.__name__ == "plugrad" else "torch")
    kinds: list[Any] = []

    def function(x: Any) -> Any:
        y = x @ x
        kinds.append(y.dtype)
        return y.float().exp()

    x = leaf(2, 2)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        y = checkpoint(function, x, use_reentrant=False)
    y.sum().backward()
    assert kinds == [torch.bfloat16] * 2


@pytest.mark.parametrize("segments", [1, 2, 3, 5])
@both
def test_a_sequence_in_segments(segments: int, reentrant: bool) -> None:
    torch.manual_seed(0)
    steps = [torch.nn.Linear(3, 3), torch.nn.Tanh(), torch.nn.Linear(3, 3), torch.exp, torch.sin]
    x = leaf(2, 3)
    y = x
    for step in steps:
        y = step(y)
    plain = gradient(y.sum(), x)
    done = checkpointing.checkpoint_sequential(steps, segments, x, use_reentrant=reentrant)
    assert torch.equal(plain, gradient(done.sum(), x))


def test_sequences_that_cannot_be_run() -> None:
    x = leaf(2)
    with pytest.raises(ValueError, match=r"[a-z]"):
        checkpointing.checkpoint_sequential([torch.sin], 2, x, use_reentrant=False)
    with pytest.raises(ValueError, match="other"):
        checkpointing.checkpoint_sequential([torch.sin], 1, x, use_reentrant=False, other=1)
    with pytest.warns(UserWarning, match="use_reentrant"):
        checkpointing.checkpoint_sequential([torch.sin], 1, x)


@plugrad_only
def test_it_saves_memory() -> None:
    def deep(x: Any) -> Any:
        for _ in range(20):
            x = x.exp().sin()
        return x

    def peak(*, checkpointed: bool) -> int:
        x = torch.zeros(50_000, requires_grad=True)
        tracemalloc.start()
        try:
            y = x
            for _ in range(4):
                y = checkpoint(deep, y, use_reentrant=False) if checkpointed else deep(y)
            y.sum().backward()
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    assert peak(checkpointed=True) < 0.45 * peak(checkpointed=False)
