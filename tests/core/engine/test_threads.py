"""The engine among threads, contexts, finalizers and exceptions."""

from __future__ import annotations

import contextvars
import threading
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

import plugrad as torch
from plugrad.operators.device_table import table_of
from plugrad.vocabulary.forms import elementwise
from plugrad.vocabulary.registry import operators


def leaf(*values: float) -> Any:
    return torch.tensor(list(values), requires_grad=True)


@pytest.fixture
def operator() -> Iterator[Callable[..., Any]]:
    """Return a function that declares an operator for one test."""
    declared = []

    def declare(name: str, **options: Any) -> Any:
        declared.append(name)
        return elementwise(name, expose="", **options)

    yield declare
    for name in declared:
        operators.pop(name, None)
        table_of("cpu").__dict__.pop(name, None)


# ---------------------------------------------------------------------------------------- threads

THREADS, ROUNDS = 8, 50


def in_threads(work: Callable[[int], Any]) -> list[Any]:
    """Run `work` in several threads that start together; return what each returned."""
    together = threading.Barrier(THREADS)

    def start(number: int) -> Any:
        together.wait(30)
        return work(number)

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(start, range(THREADS)))


def test_threads_accumulate_into_the_same_leaf() -> None:
    x = leaf(1.0, 2.0)

    def work(number: int) -> None:
        for _ in range(ROUNDS):
            (x * x * (number + 1)).sum().backward()

    in_threads(work)
    total = ROUNDS * sum(range(1, THREADS + 1)) * 2
    assert x.grad.tolist() == [total, total * 2.0]


def test_threads_differentiate_one_graph() -> None:
    x = leaf(1.0, 2.0)
    shared = x.exp() * x
    (expected,) = torch.autograd.grad(shared.sum(), x, retain_graph=True)

    def work(_: int) -> Any:
        found = [
            torch.autograd.grad(shared.sum(), x, retain_graph=True)[0].tolist()
            for _ in range(ROUNDS)
        ]
        return all(gradient == expected.tolist() for gradient in found)

    assert all(in_threads(work))


def test_threads_with_graphs_of_their_own() -> None:
    def work(number: int) -> list[float]:
        x = leaf(float(number))
        for _ in range(ROUNDS):
            y = x
            for _ in range(20):
                y = y * 1.5 + number
            y.sum().backward()
        return list(x.grad.tolist())

    assert in_threads(work) == [[pytest.approx(ROUNDS * 1.5**20)]] * THREADS


def test_threads_change_a_tensor_that_all_of_them_read() -> None:
    constant = torch.ones(100)

    def work(number: int) -> bool:
        x = torch.full((100,), float(number), requires_grad=True)
        for _ in range(ROUNDS):
            x.grad = None
            (x * constant).sum().backward()
        return bool((x.grad == 1).all())

    assert all(in_threads(work))


def test_hooks_run_in_the_thread_of_their_backward() -> None:
    def work(_: int) -> bool:
        x = leaf(1.0)
        seen = []
        x.register_hook(lambda g: seen.append(threading.get_ident()))
        (x * x).sum().backward()
        return seen == [threading.get_ident()]

    assert all(in_threads(work))


def test_first_use_of_an_operator_in_many_threads(operator: Callable[..., Any]) -> None:
    fresh = operator("example_fresh", body=lambda k, x: x * 3, x=lambda g: g * 3)

    def work(_: int) -> Any:
        x = leaf(1.0)
        fresh(x).sum().backward()
        return x.grad.tolist()

    assert in_threads(work) == [[3.0]] * THREADS


# ----------------------------------------------------------------------------- the user's settings

setting: contextvars.ContextVar[str] = contextvars.ContextVar("setting", default="unset")


def test_hooks_see_the_users_context() -> None:
    x = leaf(1.0)
    y = x * 2
    seen: list[Any] = []
    y.register_hook(lambda g: seen.append((setting.get(), np.geterr()["divide"])))
    y.grad_fn.register_hook(lambda *_: seen.append((setting.get(), np.geterr()["over"])))
    x.register_post_accumulate_grad_hook(lambda t: seen.append(np.geterr()["invalid"]))
    token = setting.set("mine")
    try:
        with np.errstate(divide="raise", over="call", invalid="print"):
            y.sum().backward()
    finally:
        setting.reset(token)
    assert seen == [("mine", "raise"), ("mine", "call"), "print"]


def test_no_warning_leaks_from_a_hook_or_its_surroundings() -> None:
    x = leaf(0.0, 1.0)
    y = x / x
    y.register_hook(lambda g: g / (g - g))
    with warnings.catch_warnings(), np.errstate(all="raise"):
        warnings.simplefilter("error")
        y.sum().backward()
        assert set(np.geterr().values()) == {"raise"}
    assert not np.isfinite(x.grad.numpy()).any()


def test_numpys_own_warnings_inside_a_hook_stay() -> None:
    x = leaf(1.0)
    x.register_hook(lambda g: np.float64(1.0) / np.float64(0.0) and None)
    with np.errstate(divide="raise"), pytest.raises(FloatingPointError):
        x.sum().backward()
    (leaf(0.0) / 0).sum().backward()  # and the next one is quiet again


# ------------------------------------------------------------------------- code in a kernel's midst


class Finalized:
    """Something whose finalizer works with tensors."""

    def __init__(self, log: list[Any]) -> None:
        self.log = log

    def __del__(self) -> None:
        x = leaf(3.0)
        with torch.enable_grad():
            (x * x).sum().backward()
        y = x.grad / 0
        self.log.append((x.grad.tolist(), y.tolist()))


def test_a_finalizer_may_run_operators_in_the_midst_of_a_kernel(
    operator: Callable[..., Any],
) -> None:
    log: list[Any] = []
    victims: list[Finalized] = []

    def body(k: Any, x: Any) -> Any:
        victims.clear()
        return x * 2

    finalizing = operator("example_finalizing", body=body, x=lambda k, g: k.neg(body(k, g)))
    x = leaf(1.0)
    victims.append(Finalized(log))
    y = finalizing(x)
    assert len(log) == 1
    victims.append(Finalized(log))
    y.sum().backward()
    assert log == [([6.0], [float("inf")])] * 2
    assert x.grad.tolist() == [-2.0]


@pytest.mark.parametrize("create", [False, True])
@pytest.mark.parametrize("error", [ZeroDivisionError, KeyboardInterrupt, FloatingPointError])
def test_an_exception_in_a_rule_leaves_the_engine_usable(
    operator: Callable[..., Any], create: bool, error: type[BaseException]
) -> None:
    def rule(g: Any) -> Any:
        raise error("in a rule")

    failing = operator("example_failing", body=lambda k, x: x * 1, x=rule)
    x, w = leaf(1.0), leaf(2.0)
    y = failing(x * w).sum()
    with pytest.raises(error, match="in a rule"):
        torch.autograd.grad(y, [x, w], create_graph=create)
    with pytest.raises(error, match="in a rule"):
        y.backward()
    assert torch.is_grad_enabled()
    assert x.grad is None
    (x * w / 0).sum().backward()
    (x * w).sum().backward()
    assert w.grad.tolist() == [float("inf")]


@pytest.mark.parametrize("error", [ZeroDivisionError, KeyboardInterrupt])
def test_an_exception_in_a_kernel_leaves_everything_usable(
    operator: Callable[..., Any], error: type[BaseException]
) -> None:
    def body(k: Any, x: Any) -> Any:
        raise error("in a kernel")

    failing = operator("example_failing", body=body, x=lambda g: g)
    x = leaf(1.0)
    with pytest.raises(error, match="in a kernel"):
        failing(x)
    y = x * 2
    with pytest.raises(error, match="in a kernel"):
        failing(y)
    (y / 0).sum().backward()
    assert x.grad.tolist() == [float("inf")]


# ----------------------------------------------------------------------------------- deep nesting


def test_nothing_depends_on_the_recursion_limit() -> None:
    x = leaf(1.0)
    y = x
    for _ in range(5000):
        y = y * 1.0

    def deeply(depth: int) -> None:
        if depth:
            deeply(depth - 1)
        else:
            y.sum().backward()

    deeply(400)
    assert x.grad.tolist() == [1.0]
