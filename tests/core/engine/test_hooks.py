"""Hooks on tensors, on nodes and on accumulation: what they see, in which order, and may change."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import plugrad as torch

plugrad_only = pytest.mark.skipif(torch.__name__ != "plugrad", reason="plugrad's own promise")

Log = list[Any]


def leaf(*values: float) -> Any:
    return torch.tensor(list(values), requires_grad=True)


def writes(log: Log, name: str) -> Callable[..., None]:
    def hook(*_: Any) -> None:
        log.append(name)

    return hook


# ---------------------------------------------------------------------------------- tensor hooks


def test_a_hook_sees_the_gradient() -> None:
    x = leaf(1.0, 2.0)
    y = x * 2
    seen: Log = []
    y.register_hook(lambda g: seen.append(g.tolist()))
    (y * y).sum().backward()
    assert seen == [[4.0, 8.0]]
    assert x.grad.tolist() == [8.0, 16.0]


def test_what_a_hook_returns_takes_the_gradients_place() -> None:
    x = leaf(1.0, 2.0)
    y = x * 2
    y.register_hook(lambda g: g + 1)
    y.register_hook(lambda g: g * 10)
    y.sum().backward()
    assert x.grad.tolist() == [40.0, 40.0]


def test_a_hook_on_a_leaf_runs_once_on_the_whole_gradient() -> None:
    x = leaf(1.0, 2.0)
    seen: Log = []
    x.register_hook(lambda g: seen.append(g.tolist()))
    x.register_hook(lambda g: g * 10)
    (x * x + x).sum().backward()
    assert seen == [[3.0, 5.0]]
    assert x.grad.tolist() == [30.0, 50.0]


def test_a_hook_on_a_leaf_outlives_the_graphs() -> None:
    x = leaf(1.0)
    x.register_hook(lambda g: g * 10)
    for _ in range(2):
        x.grad = None
        (x * 3).sum().backward()
        assert x.grad.tolist() == [30.0]


def test_hooks_survive_that_requires_grad_is_switched_off() -> None:
    x = leaf(1.0)
    x.register_hook(lambda g: g * 10)
    x.requires_grad_(False)
    (x * leaf(2.0)).sum().backward()
    x.requires_grad_()
    (x * 3).sum().backward()
    assert x.grad.tolist() == [30.0]


def test_grad_applies_the_hooks_of_its_inputs() -> None:
    x = leaf(1.0)
    x.register_hook(lambda g: g * 10)
    y = x * 3
    y.register_hook(lambda g: g + 1)
    assert torch.autograd.grad(y.sum(), x, retain_graph=True)[0].tolist() == [60.0]
    assert torch.autograd.grad(y.sum(), y)[0].tolist() == [2.0]


def test_hooks_run_under_the_mode_of_the_backward() -> None:
    x = leaf(1.0)
    y = x * 3
    modes: Log = []
    y.register_hook(lambda g: modes.append((torch.is_grad_enabled(), g.requires_grad)))
    torch.autograd.grad((y * y).sum(), x, retain_graph=True)
    torch.autograd.grad((y * y).sum(), x, create_graph=True)
    assert modes == [(False, False), (True, True)]


def test_what_a_hook_does_is_differentiated_under_create_graph() -> None:
    x = leaf(2.0)
    y = x * 1
    with y.register_hook(lambda g: g * g):
        (slope,) = torch.autograd.grad((y**3).sum(), x, create_graph=True)
    assert slope.tolist() == [144.0]  # (3 x^2)^2
    assert torch.autograd.grad(slope.sum(), x)[0].tolist() == [288.0]  # 36 x^3


def test_a_hook_that_was_removed_does_not_run() -> None:
    x = leaf(1.0)
    log: Log = []
    first, second = (x.register_hook(writes(log, name)) for name in ("first", "second"))
    first.remove()
    first.remove()
    x.sum().backward()
    assert log == ["second"]
    with second:
        pass
    x.sum().backward()
    assert log == ["second"]


def test_hooks_added_or_removed_by_a_hook_count_from_the_next_backward() -> None:
    y = leaf(1.0) * 1
    log: Log = []

    def change(_: Any) -> None:
        last.remove()
        y.register_hook(writes(log, "added"))

    y.register_hook(change)
    last = y.register_hook(writes(log, "removed"))
    y.sum().backward(retain_graph=True)
    assert log == ["removed"]
    y.sum().backward()
    assert log == ["removed", "added"]


def test_hooks_stay_with_the_value_that_they_were_registered_on() -> None:
    x = leaf(1.0)
    y = x * 1
    seen: Log = []
    y.register_hook(lambda g: seen.append(("before", g.item())))
    y.mul_(2)
    y.register_hook(lambda g: seen.append(("after", g.item())))
    (y * 3).sum().backward()
    assert seen == [("after", 3.0), ("before", 6.0)]


def test_hooks_of_several_outputs() -> None:
    x = torch.arange(4.0).reshape(2, 2).requires_grad_()
    first, second = x.unbind(0)
    seen: Log = []
    first.register_hook(lambda g: seen.append(("first", g.tolist())))
    second.register_hook(lambda g: seen.append(("second", g.tolist())))
    first.grad_fn.register_prehook(lambda gs: seen.append(("node", [g.tolist() for g in gs])))
    (first + second * 2).sum().backward()
    assert sorted(seen[:2]) == [("first", [1.0, 1.0]), ("second", [2.0, 2.0])]
    assert seen[2] == ("node", [[1.0, 1.0], [2.0, 2.0]])


@plugrad_only  # PyTorch calls it, with None
def test_a_hook_of_an_output_without_gradient_is_not_called() -> None:
    first, second = torch.arange(4.0).reshape(2, 2).requires_grad_().unbind(0)
    seen: Log = []
    second.register_hook(seen.append)
    first.sum().backward()
    assert seen == []


@pytest.mark.parametrize(
    ("result", "error"),
    [
        (lambda: 3, TypeError),
        (lambda: (torch.ones(2),), TypeError),
        (lambda: torch.ones(3), RuntimeError),
        (lambda: torch.ones(1), RuntimeError),
        (lambda: torch.ones(2, dtype=torch.float64), RuntimeError),
        (lambda: torch.ones(2, dtype=torch.int64), RuntimeError),
    ],
    ids=["number", "tuple", "shape", "broadcastable shape", "float64", "int64"],
)
def test_a_hook_must_return_a_gradient_of_the_same_kind(
    result: Callable[[], Any], error: type[Exception]
) -> None:
    x = leaf(1.0, 2.0)
    y = x * 2
    y.register_hook(lambda _: result())
    with pytest.raises(error, match="hook"):
        y.sum().backward()
    assert x.grad is None


def test_what_cannot_have_hooks() -> None:
    with pytest.raises(RuntimeError, match="requir"):
        torch.ones(2).register_hook(print)
    with pytest.raises(RuntimeError, match="requir"):
        torch.ones(2).register_post_accumulate_grad_hook(print)
    with pytest.raises(RuntimeError, match="leaf"):
        (leaf(1.0) * 1).register_post_accumulate_grad_hook(print)


@plugrad_only
def test_a_hook_that_cannot_be_called_is_refused_at_once() -> None:
    x = leaf(1.0)
    for register in (x.register_hook, (x * 1).grad_fn.register_hook):
        with pytest.raises(TypeError, match="callable"):
            register(3)


def test_a_hook_may_change_its_gradient_in_place() -> None:
    x, w = leaf(1.0, 2.0), leaf(3.0, 4.0)
    a, b = x * 1, w * 1

    def enlarge(g: Any) -> None:
        g.mul_(10)

    a.register_hook(enlarge)
    (a * 2 + b * 2).sum().backward()
    assert x.grad.tolist() == [20.0, 20.0]
    assert w.grad.tolist() == [2.0, 2.0]


def test_a_gradient_that_a_hook_keeps_does_not_change_afterwards() -> None:
    x = leaf(1.0, 2.0)
    kept: Log = []
    x.register_hook(kept.append)
    (x * 2).sum().backward()
    (x * 2).sum().backward()
    x.grad.mul_(100)
    assert [g.tolist() for g in kept] == [[2.0, 2.0], [2.0, 2.0]]


# ------------------------------------------------------------------------------------ node hooks


def test_the_order_of_all_hooks() -> None:
    x = leaf(1.0, 2.0)
    y = x * 2
    log: Log = []
    y.grad_fn.register_prehook(writes(log, "node, before"))
    y.register_hook(writes(log, "tensor 1"))
    y.register_hook(writes(log, "tensor 2"))
    y.grad_fn.register_hook(writes(log, "node, after"))
    accumulation = y.grad_fn.next_functions[0][0]
    x.register_post_accumulate_grad_hook(writes(log, "accumulated"))
    accumulation.register_hook(writes(log, "accumulation, after"))
    accumulation.register_prehook(writes(log, "accumulation, before"))
    x.register_hook(writes(log, "leaf"))
    y.sum().backward()
    assert log == [
        "tensor 1",
        "tensor 2",
        "node, before",
        "node, after",
        "leaf",
        "accumulation, before",
        "accumulated",
        "accumulation, after",
    ]


def test_node_hooks_see_gradients_of_inputs_and_outputs() -> None:
    x = leaf(1.0, 2.0)
    y = x * torch.tensor([3.0, 4.0])
    seen: Log = []
    y.grad_fn.register_hook(lambda *given: seen.append(given))
    accumulation = y.grad_fn.next_functions[0][0]
    accumulation.register_hook(lambda *given: seen.append(given))
    y.sum().backward()
    ((to_x, to_constant), (arrived,)), (nothing, (total,)) = seen
    assert to_x.tolist() == [3.0, 4.0]
    assert to_constant is None
    assert arrived.tolist() == [1.0, 1.0]
    assert nothing == ()
    assert total.tolist() == [3.0, 4.0]


def test_a_node_hook_may_replace_what_the_node_computed() -> None:
    x = leaf(1.0, 2.0)
    y = x * 2
    y.grad_fn.register_hook(lambda to_inputs, _: (to_inputs[0] * 10, None))
    y.sum().backward()
    assert x.grad.tolist() == [20.0, 20.0]


def test_a_prehook_may_replace_what_arrives() -> None:
    x = leaf(1.0, 2.0)
    y = x * 2
    y.retain_grad()
    y.grad_fn.register_prehook(lambda arrived: (arrived[0] * 10,))
    y.sum().backward()
    assert x.grad.tolist() == [20.0, 20.0]
    assert y.grad.tolist() == [1.0, 1.0]


def test_a_prehook_of_accumulation_changes_what_is_accumulated() -> None:
    x = leaf(1.0)
    accumulation = (x * 1).grad_fn.next_functions[0][0]
    accumulation.register_prehook(lambda arrived: (arrived[0] * 5,))
    (x * 2).sum().backward()
    (x * 2).sum().backward(inputs=[x])
    assert x.grad.tolist() == [20.0]


@pytest.mark.parametrize(
    ("result", "error"),
    [
        (lambda g: 3, TypeError),
        (lambda g: g, TypeError),
        (lambda g: (g,), RuntimeError),
        (lambda g: (g, None, None), RuntimeError),
        (lambda g: (torch.ones(3), None), RuntimeError),
        (lambda g: (g.double(), None), RuntimeError),
    ],
    ids=["number", "tensor", "too few", "too many", "shape", "dtype"],
)
def test_a_node_hook_must_return_a_gradient_for_each_input(
    result: Callable[[Any], Any], error: type[Exception]
) -> None:
    x = leaf(1.0, 2.0)
    y = x * 2
    y.grad_fn.register_hook(lambda to_inputs, _: result(to_inputs[0]))
    with pytest.raises(error, match="hook"):
        y.sum().backward()
    assert x.grad is None


@pytest.mark.parametrize(
    ("result", "error"),
    [
        (lambda g: 3, TypeError),
        (lambda g: g, TypeError),
        (lambda g: (g, g), RuntimeError),
        (lambda g: (torch.ones(3),), RuntimeError),
    ],
    ids=["number", "tensor", "too many", "shape"],
)
def test_a_prehook_must_return_a_gradient_for_each_output(
    result: Callable[[Any], Any], error: type[Exception]
) -> None:
    x = leaf(1.0, 2.0)
    y = x * 2
    y.grad_fn.register_prehook(lambda arrived: result(arrived[0]))
    with pytest.raises(error, match="hook"):
        y.sum().backward()
    assert x.grad is None


def test_hooks_of_nodes_that_are_not_run_do_not_run() -> None:
    x, w = leaf(1.0), leaf(2.0)
    a, b = x * 1, w * 1
    log: Log = []
    b.register_hook(writes(log, "tensor"))
    b.grad_fn.register_prehook(writes(log, "before"))
    b.grad_fn.register_hook(writes(log, "after"))
    torch.autograd.grad((a * b).sum(), x)
    assert log == []


def test_a_node_has_metadata_of_the_users_own() -> None:
    node = (leaf(1.0) * 1).grad_fn
    node.metadata["made by"] = "test"
    assert node.metadata == {"made by": "test"}


# -------------------------------------------------------------------------- after accumulation


def test_a_hook_after_accumulation_sees_the_leaf_with_its_gradient() -> None:
    x = leaf(1.0)
    seen: Log = []
    handle = x.register_post_accumulate_grad_hook(lambda t: seen.append((t is x, t.grad.item())))
    (x * 2).sum().backward()
    (x * 2).sum().backward(inputs=[x])
    torch.autograd.grad((x * 2).sum(), x)
    handle.remove()
    (x * 2).sum().backward()
    assert seen == [(True, 2.0), (True, 4.0)]


def test_a_hook_after_accumulation_may_take_the_gradient_away() -> None:
    x = leaf(1.0)

    def step(parameter: Any) -> None:
        with torch.no_grad():
            parameter.sub_(parameter.grad)
        parameter.grad = None

    x.register_post_accumulate_grad_hook(step)
    (x * 2).sum().backward()
    assert x.grad is None
    assert x.tolist() == [-1.0]


def test_a_hook_after_accumulation_returns_nothing() -> None:
    x = leaf(1.0)
    x.register_post_accumulate_grad_hook(lambda t: t * 2)
    with pytest.raises(RuntimeError, match="None"):
        x.sum().backward()


# ------------------------------------------------------------------------- what goes wrong inside


def test_an_exception_in_a_hook_reaches_the_caller_and_harms_nothing() -> None:
    x = leaf(2.0)
    y = x * 3

    def fail(*_: Any) -> None:
        raise ZeroDivisionError("of the hook's own")

    for register in (y.register_hook, y.grad_fn.register_hook, y.grad_fn.register_prehook):
        with register(fail), pytest.raises(ZeroDivisionError, match="of the hook's own"):
            (y * y).sum().backward(retain_graph=True)
        assert x.grad is None
        assert torch.is_grad_enabled()
    (y * y).sum().backward()
    assert x.grad.tolist() == [36.0]


def test_a_backward_inside_a_hook() -> None:
    x = leaf(1.0, 2.0)
    y = x * 2

    def hook(g: Any) -> Any:
        inner = leaf(3.0, 4.0)
        with torch.enable_grad():
            (inner * inner).sum().backward()
        return g * inner.grad

    y.register_hook(hook)
    y.sum().backward()
    assert x.grad.tolist() == [12.0, 16.0]


def test_backwards_nest_deeply() -> None:
    def doubled(depth: int) -> float:
        x = leaf(1.0)
        with torch.enable_grad():
            y = x * x
        if depth:
            y.register_hook(lambda g: g * doubled(depth - 1))
        y.backward(torch.ones(1))
        return float(x.grad)

    assert doubled(40) == 2.0**41
