"""Recording or not: the contexts and decorators, each thread for itself."""

from __future__ import annotations

import inspect
import threading
from collections.abc import Callable, Generator, Iterator
from typing import Any

import pytest

import plugrad as torch


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    yield
    assert torch.is_grad_enabled()
    assert not torch.is_inference_mode_enabled()


def leaf(*values: float) -> Any:
    return torch.tensor(list(values), requires_grad=True)


# --------------------------------------------------------------------------------------- contexts


def test_recording_is_on_at_first() -> None:
    assert torch.is_grad_enabled()
    assert (leaf(1.0) * 2).requires_grad


def test_no_grad() -> None:
    x = leaf(1.0)
    with torch.no_grad():
        y = x * 2
        inner = leaf(1.0)
    assert (y.requires_grad, y.grad_fn, y.is_leaf) == (False, None, True)
    assert inner.requires_grad
    assert (inner * 2).requires_grad


def test_contexts_nest() -> None:
    states = []
    with torch.no_grad():
        states.append(torch.is_grad_enabled())
        with torch.enable_grad():
            states.append((leaf(1.0) * 2).requires_grad)
            with torch.no_grad():
                states.append(torch.is_grad_enabled())
            states.append(torch.is_grad_enabled())
        states.append(torch.is_grad_enabled())
    assert states == [False, True, False, True, False]


def test_an_exception_restores_the_mode() -> None:
    with pytest.raises(KeyError), torch.no_grad():
        raise KeyError
    assert torch.is_grad_enabled()


@pytest.mark.parametrize("wanted", [False, True])
def test_set_grad_enabled_as_a_context(wanted: bool) -> None:
    with torch.no_grad():
        with torch.set_grad_enabled(wanted):
            assert torch.is_grad_enabled() == wanted
            assert (leaf(1.0) * 2).requires_grad == wanted
        assert not torch.is_grad_enabled()


def test_set_grad_enabled_as_a_statement() -> None:
    torch.set_grad_enabled(False)
    assert not torch.is_grad_enabled()
    torch.set_grad_enabled(mode=True)
    assert torch.is_grad_enabled()


def test_a_switch_that_was_thrown_can_still_be_entered() -> None:
    switch = torch.set_grad_enabled(False)
    with switch:
        assert not torch.is_grad_enabled()
    assert torch.is_grad_enabled()


@pytest.mark.parametrize("wanted", [1, "yes", None])
def test_set_grad_enabled_takes_a_bool(wanted: Any) -> None:
    with pytest.raises(TypeError):
        torch.set_grad_enabled(wanted)
    assert torch.is_grad_enabled()


def test_backward_runs_under_no_grad_too() -> None:
    x = leaf(3.0)
    y = (x * x).sum()
    with torch.no_grad():
        y.backward()
    assert x.grad.tolist() == [6.0]


def test_create_graph_records_under_no_grad_too() -> None:
    x = leaf(3.0)
    y = (x**3).sum()
    with torch.no_grad():
        (slope,) = torch.autograd.grad(y, x, create_graph=True)
        assert not torch.is_grad_enabled()
    assert torch.autograd.grad(slope.sum(), x)[0].tolist() == [18.0]


# ------------------------------------------------------------------------------------- decorators


@pytest.mark.parametrize(
    ("decorator", "inside"),
    [
        (torch.no_grad(), False),
        (torch.no_grad, False),
        (torch.enable_grad(), True),
        (torch.set_grad_enabled(True), True),
        (torch.inference_mode(), False),
        (torch.inference_mode, False),
    ],
    ids=["no_grad()", "no_grad", "enable_grad()", "set_grad_enabled", "inference()", "inference"],
)
def test_a_decorated_function(decorator: Callable[..., Any], inside: bool) -> None:
    @decorator
    def state(*arguments: Any, **named: Any) -> Any:
        """What it says."""
        return torch.is_grad_enabled(), arguments, named

    assert state(1, two=2) == (inside, (1,), {"two": 2})
    assert torch.is_grad_enabled()
    assert (state.__name__, state.__doc__) == ("state", "What it says.")


def test_decorating_throws_no_switch() -> None:
    @torch.set_grad_enabled(False)
    def state() -> bool:
        return bool(torch.is_grad_enabled())

    assert torch.is_grad_enabled()
    assert not state()


def test_a_decorated_function_may_call_itself() -> None:
    @torch.no_grad()
    def states(depth: int) -> list[bool]:
        with torch.enable_grad():
            below = states(depth - 1) if depth else []
        return [torch.is_grad_enabled(), *below]

    assert states(3) == [False] * 4


def test_a_decorated_method() -> None:
    class Model:
        factor = 2.0

        @torch.no_grad()
        def __call__(self, x: Any) -> Any:
            return x * self.factor

    assert not Model()(leaf(1.0)).requires_grad


def test_a_decorated_generator_runs_inside_and_its_consumer_outside() -> None:
    log: list[Any] = []

    @torch.no_grad()
    def generate() -> Generator[Any, Any, str]:
        log.append(("started", torch.is_grad_enabled()))
        sent = yield 1
        log.append((sent, torch.is_grad_enabled()))
        try:
            yield 2
        except ValueError:
            log.append(("thrown", torch.is_grad_enabled()))
        yield 3
        return "done"

    assert inspect.isgeneratorfunction(generate)
    steps = generate()
    assert next(steps) == 1
    assert torch.is_grad_enabled()
    assert steps.send("sent") == 2
    assert torch.is_grad_enabled()
    assert steps.throw(ValueError()) == 3
    with pytest.raises(StopIteration) as stop:
        next(steps)
    assert stop.value.value == "done"
    assert log == [("started", False), ("sent", False), ("thrown", False)]


def test_closing_a_decorated_generator_runs_its_end_inside() -> None:
    log: list[Any] = []

    @torch.no_grad()
    def generate() -> Generator[int, None, None]:
        try:
            yield 1
        finally:
            log.append(torch.is_grad_enabled())

    steps = generate()
    next(steps)
    steps.close()
    assert log == [False]
    assert list(generate()) == [1]


# ---------------------------------------------------------------------------------------- threads


def test_each_thread_has_its_own_mode() -> None:
    states: list[bool] = []
    inside, outside = threading.Event(), threading.Event()

    def other() -> None:
        inside.wait(10)
        states.append(torch.is_grad_enabled())
        with torch.enable_grad(), torch.no_grad():
            outside.set()
            states.append(torch.is_grad_enabled())

    thread = threading.Thread(target=other)
    thread.start()
    with torch.no_grad():
        inside.set()
        assert outside.wait(10)
    thread.join()
    assert torch.is_grad_enabled()
    assert states == [True, False]


# -------------------------------------------------------------------------------------- inference


def test_inference_mode_marks_what_is_made() -> None:
    x = leaf(1.0)
    with torch.inference_mode():
        assert torch.is_inference_mode_enabled()
        assert not torch.is_grad_enabled()
        made, computed = torch.ones(2), x * 2
    assert not torch.is_inference_mode_enabled()
    for tensor in (made, computed, made[0], made.detach()):
        assert tensor.is_inference()
        assert not tensor.requires_grad
    assert not x.is_inference()
    assert not (made * 2).is_inference()
    assert not made.clone().is_inference()


def test_inference_mode_can_be_left_inside() -> None:
    x = leaf(1.0)
    with torch.inference_mode():
        with torch.inference_mode(False):
            assert torch.is_grad_enabled()
            assert (x * 2).requires_grad
        with torch.inference_mode(mode=True):
            assert not (x * 2).requires_grad
        assert torch.is_inference_mode_enabled()


def test_enable_grad_records_nothing_in_inference_mode() -> None:
    x = leaf(1.0)
    with torch.inference_mode(), torch.enable_grad():
        assert not (x * 2).requires_grad


def test_an_inference_tensor_takes_no_part_in_gradients() -> None:
    x = leaf(1.0, 2.0)
    with torch.inference_mode():
        made = torch.ones(2)
        made.add_(1)  # inside, it may change
    with pytest.raises(RuntimeError, match="[Ii]nference"):
        made.add_(1)
    with pytest.raises(RuntimeError, match="[Ii]nference"):
        made.requires_grad_()
    with pytest.raises(RuntimeError, match="[Ii]nference"):
        x * made  # the gradient of x would need it
    with pytest.raises(RuntimeError, match="[Ii]nference"):
        made._version  # noqa: B018  # it has none
    if torch.__name__ == "plugrad":  # PyTorch has changed it before it refuses
        assert made.tolist() == [2.0, 2.0]
    (x + made).sum().backward()
    assert x.grad.tolist() == [1.0, 1.0]
    x.grad = None
    (x * made.clone()).sum().backward()
    assert x.grad.tolist() == made.tolist()


def test_inference_mode_may_change_leaves_and_intermediates() -> None:
    x = leaf(1.0)
    y = x * 1
    with torch.inference_mode():
        x.mul_(2)
        y.mul_(3)
    assert (x.tolist(), y.tolist()) == ([2.0], [3.0])
    assert x._version == y._version == 1
    assert not y.is_inference()


# --------------------------------------------------------------------------- NumPy, and the flag


def test_numpy_refuses_to_lose_gradients() -> None:
    x = leaf(1.0, 2.0)
    for tensor in (x, x * 2):
        with pytest.raises(RuntimeError, match="detach"):
            tensor.numpy()
        with pytest.raises(RuntimeError, match="detach"):
            tensor.__array__()
    assert x.detach().numpy().tolist() == [1.0, 2.0]
    assert (x * 2).numpy(force=True).tolist() == [2.0, 4.0]
    with torch.no_grad():
        assert x.numpy().tolist() == [1.0, 2.0]


def test_requires_grad_is_switched_on_leaves_only() -> None:
    x = torch.ones(2)
    assert x.requires_grad_() is x
    y = x * 2
    for wanted in (True, False):
        with pytest.raises(RuntimeError, match="leaf"):
            y.requires_grad = wanted
    y.sum().backward()
    x.requires_grad = False
    assert not (x * 2).requires_grad


@pytest.mark.parametrize("dtype", ["int64", "bool", "uint8"])
def test_integers_take_no_gradient(dtype: str) -> None:
    kind = getattr(torch, dtype)
    with pytest.raises(RuntimeError):
        torch.ones(2, dtype=kind).requires_grad_()
    with pytest.raises(RuntimeError):
        torch.ones(2, dtype=kind, requires_grad=True)


def test_a_frozen_leaf_gets_nothing() -> None:
    x, w = leaf(1.0), leaf(2.0)
    w.requires_grad_(False)
    (x * w).sum().backward()
    assert (x.grad.tolist(), w.grad) == ([2.0], None)
