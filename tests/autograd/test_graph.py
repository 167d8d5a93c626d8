"""Edges in place of tensors, hooks on several gradients at once, several threads.

Written for both libraries: `tests/compat` runs this file under PyTorch, too.
"""

from __future__ import annotations

import threading
from typing import Any

import pytest

import plugrad as torch

graph = torch.autograd.graph
get_gradient_edge = graph.get_gradient_edge
plugrad_only = pytest.mark.skipif(torch.__name__ != "plugrad", reason="plugrad's own promise")


def leaf(*values: float) -> Any:
    return torch.tensor(list(values), requires_grad=True)


# ------------------------------------------------------------------------------------- edges


def test_an_edge_stands_for_an_input() -> None:
    x = leaf(1.0, 2.0)
    h = x * 2
    edge = get_gradient_edge(h)
    assert (edge.node, edge.output_nr) == (h.grad_fn, 0)
    out = (h * h).sum()
    del h
    g, at_leaf = torch.autograd.grad(out, [edge, get_gradient_edge(x)])
    assert (g.tolist(), at_leaf.tolist()) == ([4.0, 8.0], [8.0, 16.0])


def test_an_edge_stands_for_an_output() -> None:
    x = leaf(1.0, 2.0)
    assert torch.autograd.grad(get_gradient_edge((x * x).sum()), x)[0].tolist() == [2.0, 4.0]
    squares = get_gradient_edge(x * x)
    with pytest.raises(RuntimeError):
        torch.autograd.grad(squares, x)
    with pytest.raises(RuntimeError):
        torch.autograd.grad(squares, x, torch.ones(3))
    torch.autograd.backward(squares, torch.tensor([1.0, 10.0]))
    assert x.grad.tolist() == [2.0, 40.0]


def test_edges_of_one_of_several_outputs() -> None:
    x = leaf(1.0, 2.0)
    first, second = torch.split(x * 1, 1)
    out = (first * second).sum()
    built = graph.GradientEdge(second.grad_fn, 1)
    asked = get_gradient_edge(second)
    assert asked.output_nr == 1
    for edge in (built, asked):
        assert torch.autograd.grad(out, edge, retain_graph=True)[0].tolist() == [1.0]
    (g,) = torch.autograd.grad(asked, x, torch.ones(1))
    assert g.tolist() == [0.0, 1.0]


def test_a_saved_output_is_the_same_input() -> None:
    # The second derivative meets the outputs of a node once more, as what it saved.
    x = torch.tensor([[2.0, 1.0], [1.0, 3.0]], dtype=torch.float64, requires_grad=True)
    values, vectors = torch.linalg.eigh(x)
    (g,) = torch.autograd.grad(values.pow(3).sum(), x, create_graph=True)
    found = torch.autograd.grad((g * g).sum(), [values, vectors], allow_unused=True)
    expected = 36 * values.detach() ** 3
    assert torch.allclose(found[0], expected)
    assert found[1] is not None


def test_backward_into_edges() -> None:
    x = leaf(1.0)
    h = x * 2
    h.retain_grad()
    (h * h).sum().backward(inputs=get_gradient_edge(x), retain_graph=True)
    assert x.grad.tolist() == [8.0]
    with pytest.raises(RuntimeError):
        get_gradient_edge(torch.ones(1))


# ------------------------------------------------------------------------------- several at once


def test_a_hook_on_all_gradients() -> None:
    x = leaf(1.0, 2.0)
    a, b, c = x * 1, x * 2, x * 3
    log: list[Any] = []
    handle = graph.register_multi_grad_hook((a, b, c, x), log.append)
    (a + b).sum().backward(retain_graph=True)
    (found,) = log
    assert [None if g is None else g.tolist() for g in found] == [[1, 1], [1, 1], None, [3, 3]]
    log.clear()
    (a + b * c).sum().backward(retain_graph=True)
    (found,) = log
    assert [g.tolist() for g in found] == [[1, 1], [3, 6], [2, 4], [13, 25]]
    log.clear()
    torch.autograd.grad((a + b * c).sum(), b, retain_graph=True)
    (found,) = log
    assert [g is None for g in found] == [True, False, True, True]
    handle.remove()
    (a + b).sum().backward()
    assert len(log) == 1


def test_a_hook_on_any_gradient() -> None:
    x, y = leaf(1.0), leaf(2.0)
    log: list[Any] = []
    with graph.register_multi_grad_hook((x, y), lambda g: log.append(g.item()), mode="any"):
        for _ in range(2):
            (x * y).sum().backward()
    (x * y).sum().backward()
    assert log == [2.0, 2.0]
    with pytest.raises(ValueError, match="mode"):
        graph.register_multi_grad_hook((x,), print, mode="some")  # type: ignore[arg-type]


@plugrad_only
def test_a_hook_on_what_has_no_gradient_is_refused() -> None:
    # PyTorch raises an AssertionError there, which is no statement about its interface.
    with pytest.raises(RuntimeError, match="tensor 1"):
        graph.register_multi_grad_hook((leaf(1.0), torch.ones(1)), print)


# ----------------------------------------------------------------------- nodes, errors, threads


def test_nodes_have_numbers_and_notes() -> None:
    x = leaf(1.0)
    y = x * 2
    z = y.exp()
    assert z.grad_fn._sequence_nr() > y.grad_fn._sequence_nr() >= 0
    y.grad_fn.metadata["mine"] = 1
    assert z.grad_fn.next_functions[0][0].metadata == {"mine": 1}
    assert isinstance(z.grad_fn, graph.Node)


def test_hooks_of_leaves_that_are_ready_together_run_in_their_order() -> None:
    x, y = leaf(1.0), leaf(2.0)
    log: list[str] = []
    y.register_post_accumulate_grad_hook(lambda _: log.append("y"))
    x.register_post_accumulate_grad_hook(lambda _: log.append("x"))
    (x * y).backward()
    assert log == ["x", "y"]


@pytest.mark.parametrize("place", ["tensor", "pre", "post", "accumulated"])
def test_an_error_in_a_hook_leaves_the_engine_usable(place: str) -> None:
    def hook(*_: Any) -> None:
        raise ZeroDivisionError

    x = leaf(1.0)
    y = x * 2
    handle = {
        "tensor": y.register_hook,
        "pre": y.grad_fn.register_prehook,
        "post": y.grad_fn.register_hook,
        "accumulated": x.register_post_accumulate_grad_hook,
    }[place](hook)
    with pytest.raises(ZeroDivisionError):
        y.backward(retain_graph=True)
    handle.remove()
    x.grad = None
    y.backward()
    assert x.grad.tolist() == [2.0]
    assert torch.is_grad_enabled()


def test_a_backward_inside_a_hook() -> None:
    x, other = leaf(1.0), leaf(3.0)
    y = x * 2

    def hook(_: Any) -> None:
        with torch.enable_grad():
            (other * other).sum().backward()

    y.register_hook(hook)
    y.sum().backward()
    assert (x.grad.tolist(), other.grad.tolist()) == ([2.0], [6.0])


def test_threads_that_run_backwards_at_once_add_up() -> None:
    x = leaf(1.0, 2.0)
    shared = (x * 2).exp()
    barrier = threading.Barrier(4)
    errors: list[BaseException] = []

    def work() -> None:
        try:
            barrier.wait()
            for _ in range(50):
                shared.sum().backward(retain_graph=True)
                (x * x).sum().backward()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    once = 2 * (x.detach() * 2).exp() + 2 * x.detach()
    assert torch.allclose(x.grad, 200 * once)
