"""Long chains, and graphs that die by reference count alone: with the garbage collector off."""

from __future__ import annotations

import gc
import sys
import time
import tracemalloc
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import plugrad as torch
from plugrad.autograd.tape import AliasCell, Meta, Node
from plugrad.autograd.views import View

Tensor = torch.Tensor


@pytest.fixture(autouse=True)
def without_collector() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def leaf(*values: float) -> Any:
    return torch.tensor(list(values), requires_grad=True)


# -------------------------------------------------------------------------------------- long chains


def chained(x: Any, length: int) -> Any:
    y = x
    for _ in range(length):
        y = y * 1.0000001
    return y


def test_a_chain_of_a_million_operations() -> None:
    x = leaf(1.0, 2.0)
    chained(x, 1000).sum().backward()  # what is made once and kept
    x.grad = None
    blocks = sys.getallocatedblocks()
    y = chained(x, 1_000_000)
    first = weakref.ref(y.grad_fn)
    y.sum().backward()
    assert x.grad.tolist() == pytest.approx([1.105, 1.105], rel=0.05)
    del y
    assert first() is None
    assert sys.getallocatedblocks() - blocks < 10_000


def forward_backward_free(length: int) -> float:
    x = leaf(1.0)
    start = time.process_time()  # what other processes do shall not count
    y = chained(x, length)
    y.backward(torch.ones(1))
    del y
    return time.process_time() - start


def test_the_time_is_linear_in_the_length() -> None:
    # Eight times the length would take 64 times the time, were it quadratic.
    forward_backward_free(1000)
    short = min(forward_backward_free(12_500) for _ in range(5))
    long = min(forward_backward_free(100_000) for _ in range(3))
    assert long < 28 * short


def in_place(x: Any) -> Any:
    y = x * 1
    for _ in range(LENGTH):
        y.mul_(1.0)
    return y


def views(x: Any) -> Any:
    y = x * 1
    for _ in range(LENGTH):
        y = y[None][0]
    return y


def forked(x: Any) -> Any:
    y = x
    for _ in range(LENGTH):
        y = y * 0.5 + y * 0.5
    return y


def several_outputs(x: Any) -> Any:
    y = x
    for _ in range(LENGTH // 10):
        first, second = y.reshape(2, 1).unbind(0)
        y = torch.cat([first, second])
    return y


def saved_outputs(x: Any) -> Any:
    y = x
    for _ in range(LENGTH):
        y = y.tanh()
    return y


def with_hooks(x: Any) -> Any:
    y = x
    for _ in range(LENGTH):
        y = y * 1.0
        y.register_hook(lambda g: None)
    return y


LENGTH = 20_000  # 20 times what Python's stack allows


@pytest.mark.parametrize(
    "build", [in_place, views, forked, several_outputs, saved_outputs, with_hooks]
)
@pytest.mark.parametrize("run", [False, True], ids=["dropped", "run"])
def test_no_kind_of_chain_is_recursive(build: Callable[[Any], Any], run: bool) -> None:
    x = leaf(1.0, 2.0)
    before = alive()
    y = build(x)
    if run:
        torch.autograd.grad(y.sum(), x)
    del y
    assert alive() - before <= 1  # the accumulator of x, at most


def test_a_recorded_backward_of_a_long_chain() -> None:
    x = leaf(1.0)
    y = chained(x, 20_000)
    (slope,) = torch.autograd.grad((y * y).sum(), x, create_graph=True)
    (curvature,) = torch.autograd.grad(slope.sum(), x)
    assert curvature.item() == pytest.approx(2.0, rel=0.02)
    del slope, y


def test_a_chain_may_be_freed_from_its_beginning() -> None:
    kept = [leaf(1.0)]
    for _ in range(LENGTH):
        kept.append(kept[-1] * 1.0)
    kept.reverse()
    while kept:
        kept.pop()


# -------------------------------------------------------------------------------- reference counts


def alive() -> int:
    kinds = (Node, Tensor, AliasCell, Meta, View)
    return sum(issubclass(type(found), kinds) for found in gc.get_objects())


def forward(x: Any) -> None:
    (x.exp().sin() * x).sum()


def backward(x: Any) -> None:
    (x.exp().sin() * x).sum().backward()


def backward_retaining(x: Any) -> None:
    y = (x.exp().sin() * x).sum()
    y.backward(retain_graph=True)
    y.backward(retain_graph=True)


def create_graph(x: Any) -> None:
    y = (x.exp().sin() * x.softmax(0)).sum()
    (slope,) = torch.autograd.grad(y, x, create_graph=True)
    (curvature,) = torch.autograd.grad(slope.sum(), x, create_graph=True)
    torch.autograd.grad(curvature.sum(), x)


def change_in_place(x: Any) -> None:
    y = x * 1
    y.sin_()
    y.mul_(x).add_(y)
    y.sum().backward()


def change_of_views(x: Any) -> None:
    y = x * 1
    view = y[0]
    other = y.view(-1)[1:]
    view.mul_(2)
    y.mul_(x)
    other.sin_()
    (view.sum() + other.sum()).backward()


def views_unchanged(x: Any) -> None:
    y = x * 1
    (y[0] * y.reshape(-1)[1:]).sum().backward()


def many_outputs(x: Any) -> None:
    first, _ = x.unbind(0)
    values, _ = x.sort()
    (first * values).sum().backward()


def retained(x: Any) -> None:
    y = x.exp()
    y.retain_grad()
    y.sum().backward()


def hooked(x: Any) -> None:
    y = x.exp()
    y.register_hook(lambda g: g * 2)
    y.grad_fn.register_prehook(lambda g: None)
    y.grad_fn.register_hook(lambda *_: None)
    y.sum().backward()


def hook_that_fails(x: Any) -> None:
    y = x.exp()

    def fail(_: Any) -> None:
        raise ZeroDivisionError

    y.register_hook(fail)
    try:
        y.sum().backward()
    except ZeroDivisionError:
        pass
    else:
        raise AssertionError


def errors(x: Any) -> None:
    y = x.exp()
    for call in (y.backward, lambda: y.reshape(3, 5), lambda: y.add_(torch.ones(7))):
        try:
            call()
        except RuntimeError:
            continue
        raise AssertionError


def saved_and_changed(x: Any) -> None:
    y = x.exp()
    y.mul_(2)
    try:
        y.sum().backward()
    except RuntimeError:
        return
    raise AssertionError


def functional(x: Any) -> None:
    torch.autograd.functional.jacobian(lambda t: t.exp() * t, x)
    torch.autograd.functional.hessian(lambda t: (t.exp() * t).sum(), x)
    torch.autograd.functional.hvp(lambda t: (t.exp() * t).sum(), x, torch.ones(2))


def nodes_looked_at(x: Any) -> None:
    y = x.exp() * x
    repr(y)
    repr(y.grad_fn)
    node = y.grad_fn.next_functions[0][0]
    node.metadata["node"] = 1
    del node


PROGRAMS = (
    forward, backward, backward_retaining, create_graph, change_in_place, change_of_views,
    views_unchanged, many_outputs, retained, hooked, hook_that_fails, errors, saved_and_changed,
    functional, nodes_looked_at,
)  # fmt: skip


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_graph_dies_by_reference_count(program: Callable[[Any], None]) -> None:
    program(leaf(0.1, 0.7))  # what is made once and kept: compiled code, node classes
    before = alive()
    program(leaf(0.1, 0.7))
    assert alive() == before


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_leaf_outlives_its_graphs(program: Callable[[Any], None]) -> None:
    x = leaf(0.1, 0.7)
    program(x)
    x.grad = None
    before = alive()
    program(x)
    x.grad = None
    assert alive() == before


def test_a_hook_that_knows_its_tensor_is_the_users_own_cycle() -> None:
    def hooked_cycle() -> None:
        y = leaf(1.0) * 2
        y.register_hook(lambda g: y.tolist())

    before = alive()
    hooked_cycle()
    assert alive() > before
    gc.collect()
    assert alive() == before


# ----------------------------------------------------------------------------------- bytes in use

BIG = 100_000


def test_what_was_saved_is_freed_by_the_backward() -> None:
    x = torch.ones(BIG, requires_grad=True)
    y = x.exp().sin().exp()
    saved = weakref.ref(y.grad_fn.next_functions[0][0])
    z = y.sum()
    tracemalloc.start()
    first = tracemalloc.get_traced_memory()[0]
    del y
    z.backward()
    second = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert saved() is not None  # z holds the nodes,
    assert second - first < 4 * BIG * 1.5  # but they hold no arrays: there is only x.grad


def test_a_backward_keeps_no_gradient_longer_than_needed() -> None:
    x = torch.ones(BIG, requires_grad=True)
    y = x
    for _ in range(50):
        y = y * 1.0
    z = y.sum()
    tracemalloc.start()
    z.backward()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4 * BIG * 6


def test_without_recording_intermediates_are_freed_at_once() -> None:
    x = torch.ones(BIG, requires_grad=True)
    tracemalloc.start()
    with torch.no_grad():
        y = x
        for _ in range(20):
            y = y.exp().sin()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4 * BIG * 4
