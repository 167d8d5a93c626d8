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


@pytest.mark.parametrize(
    "make", [optim.SGD, optim.Adam, optim.AdamW, optim.NAdam, optim.RAdam, optim.Rprop]
)
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


def test_hooks_of_all_optimizers_surround_those_of_one():
    a = leaf(1.0)
    optimizer = optim.SGD([a], lr=0.1)
    seen = []
    module = optim.optimizer
    with (
        module.register_optimizer_step_pre_hook(lambda *_: seen.append("all before")),
        module.register_optimizer_step_post_hook(lambda *_: seen.append("all after")),
    ):
        optimizer.register_step_pre_hook(lambda *_: seen.append("before"))
        optimizer.register_step_post_hook(lambda *_: seen.append("after"))
        optimizer.step()
    optimizer.step()
    assert seen == ["all before", "before", "after", "all after", "before", "after"]


def test_a_hook_may_replace_the_arguments():
    optimizer = optim.SGD([leaf(1.0)], lr=0.1)
    optimizer.register_step_pre_hook(lambda o, args, kwargs: ((o, lambda: 7), {}))
    assert optimizer.step() == 7


def test_a_step_of_ones_own_has_hooks_once():
    class Twice(optim.SGD):
        def step(self, closure=None):
            super().step(closure)
            return super().step(closure)

    a = leaf(1.0)
    a.grad = plugrad.ones(1)
    optimizer = Twice([a], lr=0.25)
    seen = []
    optimizer.register_step_post_hook(lambda *_: seen.append(a.item()))
    optimizer.step()
    assert seen == [0.5]


def test_hooks_around_saving_may_replace_what_is_saved():
    a = leaf(1.0)
    optimizer = optim.SGD([a], lr=0.1)
    seen = []
    optimizer.register_state_dict_pre_hook(lambda o: seen.append("saves"))
    optimizer.register_state_dict_post_hook(lambda o, state: {**state, "note": "mine"})
    optimizer.register_load_state_dict_pre_hook(
        lambda o, state: {k: v for k, v in state.items() if k != "note"}
    )
    optimizer.register_load_state_dict_post_hook(lambda o: seen.append("loaded"))
    optimizer.register_load_state_dict_post_hook(lambda o: seen.append("first"), prepend=True)
    state = optimizer.state_dict()
    assert state["note"] == "mine"
    optimizer.load_state_dict(state)
    assert seen == ["saves", "first", "loaded"]


def test_states_of_old_have_numbers_for_steps_and_lack_options():
    a = leaf(1.0)
    optimizer = optim.Adam([a], lr=0.1)
    a.grad = plugrad.ones(1)
    optimizer.step()
    state = optimizer.state_dict()
    state["state"][0]["step"] = 1
    del state["param_groups"][0]["maximize"]
    again = optim.Adam([a], lr=0.1, maximize=True)
    again.load_state_dict(state)
    again.step()
    assert again.state[a]["step"].item() == 2.0
    assert again.param_groups[0]["maximize"] is False


def test_a_loaded_state_is_a_copy():
    a = leaf(1.0)
    optimizer = optim.Adam([a], lr=0.1)
    a.grad = plugrad.ones(1)
    optimizer.step()
    again = optim.Adam([a], lr=0.1)
    again.load_state_dict(optimizer.state_dict())
    again.step()
    assert optimizer.state[a]["step"].item() == 1.0


def test_names_of_parameters_are_shown_and_saved():
    optimizer = optim.SGD([("weight", leaf(1.0))], lr=0.1)
    assert "param_names: ['weight']" in repr(optimizer)
    assert optimizer.state_dict()["param_groups"][0]["param_names"] == ["weight"]


def test_the_valley_of_rosenbrock_is_left_by_lbfgs():
    w = leaf(-1.5, 2.0)
    optimizer = optim.LBFGS([w], line_search_fn="strong_wolfe")

    def closure():
        optimizer.zero_grad()
        loss = 100 * (w[1] - w[0] ** 2) ** 2 + (1 - w[0]) ** 2
        loss.backward()
        return loss

    for _ in range(4):
        optimizer.step(closure)
    assert w.detach().tolist() == pytest.approx([1.0, 1.0], abs=1e-3)
