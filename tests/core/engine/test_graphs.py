"""Graphs: several outputs, gradients kept in the middle, second times and higher orders."""

from __future__ import annotations

import math
from typing import Any

import pytest

import plugrad as torch


def leaf(*values: float) -> Any:
    return torch.tensor(list(values), requires_grad=True)


# ------------------------------------------------------------------------------- several outputs


def test_one_of_several_outputs() -> None:
    x = torch.arange(6.0).reshape(3, 2).requires_grad_()
    rows = x.unbind(0)
    (rows[1] * rows[1]).sum().backward()
    assert x.grad.tolist() == [[0.0, 0.0], [4.0, 6.0], [0.0, 0.0]]


def test_all_of_several_outputs_share_one_node() -> None:
    x = torch.arange(6.0).reshape(3, 2).requires_grad_()
    rows = x.unbind(0)
    assert len({row.grad_fn for row in rows}) == 1
    assert [row.output_nr for row in rows] == [0, 1, 2]
    sum(i * row for i, row in enumerate(rows)).sum().backward()
    assert x.grad.tolist() == [[0.0, 0.0], [1.0, 1.0], [2.0, 2.0]]


def test_an_output_that_takes_no_gradient() -> None:
    x = leaf(3.0, 1.0, 2.0)
    values, places = x.sort()
    assert not places.requires_grad
    (values * torch.tensor([1.0, 10.0, 100.0])).sum().backward()
    assert x.grad.tolist() == [100.0, 1.0, 10.0]


def test_inputs_among_several_outputs() -> None:
    x = leaf(1.0, 2.0)
    first, second = (x * 1).unbind(0)
    found = torch.autograd.grad(first * second, [second, first])
    assert [g.item() for g in found] == [1.0, 2.0]


# ------------------------------------------------------------------------------------- retain_grad


def test_an_intermediate_keeps_its_gradient_on_request() -> None:
    x = leaf(2.0)
    y = x * 3
    assert not y.retains_grad
    y.retain_grad()
    y.retain_grad()
    (y * y).sum().backward()
    assert y.retains_grad
    assert y.grad.tolist() == [12.0]
    assert x.grad.tolist() == [36.0]


def test_a_retained_gradient_accumulates() -> None:
    y = leaf(2.0) * 3
    y.retain_grad()
    z = (y * y).sum()
    z.backward(retain_graph=True)
    z.backward()
    assert y.grad.tolist() == [24.0]


def test_retaining_is_nothing_new_for_a_leaf() -> None:
    x = leaf(2.0)
    x.retain_grad()
    assert not x.retains_grad
    with pytest.raises(RuntimeError):
        torch.ones(1).retain_grad()


def test_grad_too_fills_retained_gradients() -> None:
    x = leaf(2.0)
    y = x * 3
    y.retain_grad()
    torch.autograd.grad((y * y).sum(), x)
    assert y.grad.tolist() == [12.0]


def test_what_is_retained_is_the_final_gradient_whatever_the_order() -> None:
    y = leaf(2.0) * 3
    y.retain_grad()
    y.register_hook(lambda g: g * 10)
    (y * y).sum().backward()
    assert y.grad.tolist() == [120.0]


def test_a_retained_gradient_follows_a_change_in_place() -> None:
    y = leaf(1.0, 2.0) * 2
    y.retain_grad()
    y.mul_(3)
    (y * y).sum().backward()
    assert y.grad.tolist() == [12.0, 24.0]


# ------------------------------------------------------------------------ a second time, and orders


def test_a_graph_is_freed_by_its_first_backward() -> None:
    x = leaf(2.0)
    z = (x * x).sum()
    z.backward()
    with pytest.raises(RuntimeError, match="retain_graph=True"):
        z.backward()
    assert x.grad.tolist() == [4.0]


def test_a_graph_that_saved_nothing_can_run_again() -> None:
    x = leaf(2.0)
    z = (x + 1).sum()
    z.backward()
    z.backward()
    assert x.grad.tolist() == [2.0]


def test_retain_graph_allows_a_second_backward_of_the_same_bits() -> None:
    x = leaf(0.1, 0.7)
    z = (x.sin() * x.exp() / (x + 2)).sum()
    (first,) = torch.autograd.grad(z, x, retain_graph=True)
    (second,) = torch.autograd.grad(z, x)
    assert first.tolist() == second.tolist()
    with pytest.raises(RuntimeError, match="retain_graph=True"):
        torch.autograd.grad(z, x)


def test_only_what_was_run_is_freed() -> None:
    x, y = leaf(2.0), leaf(3.0)
    shared = x * y
    torch.autograd.grad(shared.sin().sum(), shared)
    shared.sum().backward()
    assert x.grad.tolist() == [3.0]


@pytest.mark.parametrize("order", [2, 3, 4, 5])
def test_derivatives_of_every_order(order: int) -> None:
    x = torch.tensor(0.7, dtype=torch.float64, requires_grad=True)
    value = x.sin()
    for _ in range(order):
        (value,) = torch.autograd.grad(value, x, create_graph=True)
    expected = [x.sin(), x.cos(), -x.sin(), -x.cos()][order % 4]
    assert value.item() == pytest.approx(expected.item(), rel=1e-14)


def test_third_derivatives_of_several_variables() -> None:
    x = torch.tensor(0.7, dtype=torch.float64, requires_grad=True)
    y = torch.tensor(1.3, dtype=torch.float64, requires_grad=True)
    z = (x * x * y).sin() / y.exp()
    (zx,) = torch.autograd.grad(z, x, create_graph=True)
    (zxy,) = torch.autograd.grad(zx, y, create_graph=True)
    (zxyx,) = torch.autograd.grad(zxy, x)
    a, b = 0.7, 1.3
    sine, cosine, decay = math.sin(a * a * b), math.cos(a * a * b), math.exp(-b)
    # z_xy = 2a decay ((1 - b) cosine - a^2 b sine), differentiated by x once more:
    expected = 2 * decay * (
        (1 - b) * (cosine - 2 * a * a * b * sine)
        - 3 * a * a * b * sine
        - 2 * a**4 * b * b * cosine
    )  # fmt: skip
    assert zxyx.item() == pytest.approx(expected, rel=1e-13)


def test_create_graph_retains_the_graph() -> None:
    x = leaf(2.0)
    z = (x**3).sum()
    (slope,) = torch.autograd.grad(z, x, create_graph=True)
    assert slope.requires_grad
    (curvature,) = torch.autograd.grad(slope.sum(), x)
    assert curvature.tolist() == [12.0]
    assert torch.autograd.grad(z, x)[0].tolist() == [12.0]


def test_without_create_graph_gradients_have_no_history() -> None:
    x = leaf(2.0)
    (slope,) = torch.autograd.grad((x**3).sum(), x)
    assert not slope.requires_grad
    (slope,) = torch.autograd.grad((x * 3).sum(), x, create_graph=True)
    assert not slope.requires_grad  # 3, whatever x is
