"""Optimizers: what a step changes, closures, groups, hooks, saving."""

import pickle

import pytest

import plugrad
from plugrad import optim


def leaf(*values):
    return plugrad.tensor(list(values), requires_grad=True)


def test_a_step_changes_what_has_a_gradient_and_nothing_else():
    a, b = leaf(1.0), leaf(1.0)
    optimizer = optim.SGD([a, b], lr=0.1)
    (a * 2).sum().backward()
    optimizer.step()
    assert a.item() == pytest.approx(0.8)
    assert b.item() == 1.0
    assert a.is_leaf
    assert a.requires_grad
    assert a.grad_fn is None


def test_groups_have_options_of_their_own():
    a, b = leaf(1.0), leaf(1.0)
    optimizer = optim.SGD([{"params": [a]}, {"params": [b], "lr": 1.0}], lr=0.1)
    (a + b).sum().backward()
    optimizer.step()
    assert [a.item(), b.item()] == pytest.approx([0.9, 0.0])


def test_a_closure_computes_the_loss_anew():
    a = leaf(1.0)
    optimizer = optim.SGD([a], lr=0.1)

    def closure():
        optimizer.zero_grad()
        loss = (a**2).sum()
        loss.backward()
        return loss

    with plugrad.no_grad():
        loss = optimizer.step(closure)
    assert loss.item() == 1.0
    assert a.item() == pytest.approx(0.8)


@pytest.mark.parametrize("make", [optim.SGD, optim.Adam, optim.AdamW])
def test_descending_a_bowl(make):
    a = leaf(3.0, -2.0)
    optimizer = make([a], lr=0.1)
    for _ in range(200):
        optimizer.zero_grad()
        (a**2).sum().backward()
        optimizer.step()
    assert a.detach().abs().max().item() < 0.05


def test_zero_grad_drops_or_zeroes():
    a = leaf(1.0)
    optimizer = optim.SGD([a], lr=0.1)
    (a * 2).sum().backward()
    grad = a.grad
    optimizer.zero_grad(set_to_none=False)
    assert a.grad is grad
    assert grad.item() == 0.0
    optimizer.zero_grad()
    assert a.grad is None


def test_a_state_that_does_not_fit_changes_nothing():
    a = leaf(1.0)
    optimizer = optim.Adam([a], lr=0.1)
    (a * 2).sum().backward()
    optimizer.step()
    before = optimizer.state_dict()
    with pytest.raises(ValueError, match="group"):
        optimizer.load_state_dict({"state": {}, "param_groups": [{"params": [0, 1]}]})
    assert optimizer.state_dict()["param_groups"] == before["param_groups"]
    assert list(optimizer.state_dict()["state"]) == [0]


def test_hooks_surround_a_step():
    a = leaf(1.0)
    a.grad = plugrad.ones(1)
    optimizer = optim.SGD([a], lr=0.1)
    seen = []
    optimizer.register_step_pre_hook(lambda o, args, kwargs: seen.append(a.item()))
    handle = optimizer.register_step_post_hook(lambda o, args, kwargs: seen.append(a.item()))
    optimizer.step()
    handle.remove()
    optimizer.step()
    assert seen == pytest.approx([1.0, 0.9, 0.9])


def test_an_optimizer_survives_pickling():
    a = leaf(1.0)
    optimizer = optim.SGD([a], lr=0.1, momentum=0.9)
    a.grad = plugrad.ones(1)
    optimizer.step()
    again = pickle.loads(pickle.dumps(optimizer))
    assert again.param_groups[0]["momentum"] == 0.9
    assert len(again.state) == 1
