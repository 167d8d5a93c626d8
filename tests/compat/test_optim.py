"""Optimizers beside PyTorch's: ten steps, to the precision of float64."""

import numpy as np
import pytest
import torch

import plugrad

OPTIMIZERS = {
    "SGD": ("SGD", {"lr": 0.1}),
    "SGD with momentum": ("SGD", {"lr": 0.1, "momentum": 0.9}),
    "SGD with dampening": ("SGD", {"lr": 0.1, "momentum": 0.9, "dampening": 0.3}),
    "SGD of Nesterov": ("SGD", {"lr": 0.1, "momentum": 0.9, "nesterov": True}),
    "SGD with decay": ("SGD", {"lr": 0.1, "momentum": 0.5, "weight_decay": 0.1}),
    "SGD upwards": ("SGD", {"lr": 0.01, "maximize": True}),
    "Adam": ("Adam", {"lr": 0.05}),
    "Adam with options": ("Adam", {"lr": 0.05, "betas": (0.8, 0.95), "eps": 1e-3}),
    "Adam with decay": ("Adam", {"lr": 0.05, "weight_decay": 0.1}),
    "Adam by AMSGrad": ("Adam", {"lr": 0.05, "amsgrad": True}),
    "Adam upwards": ("Adam", {"lr": 0.05, "maximize": True}),
    "Adam decoupled": ("Adam", {"lr": 0.05, "weight_decay": 0.1, "decoupled_weight_decay": True}),
    "AdamW": ("AdamW", {"lr": 0.05}),
    "AdamW with options": ("AdamW", {"lr": 0.05, "weight_decay": 0.2, "amsgrad": True}),
}


def start(t, name, options):
    random = np.random.default_rng(0)
    params = [t.tensor(random.standard_normal(s), requires_grad=True) for s in ((3, 2), (2,), ())]
    return params, getattr(t.optim, name)(params, **options)


def steps(params, optimizer, count):
    for number in range(count):
        optimizer.zero_grad()
        a, b, c = params
        loss = ((a * b).sin() * c).sum() + (a**2).sum() * (1 + 0.1 * number)
        loss.backward()
        optimizer.step()


def agree(ours, theirs):
    for p, q in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(p.detach().numpy(), q.detach().numpy(), rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_ten_steps_agree(name):
    results = []
    for t in (plugrad, torch):
        params, optimizer = start(t, *OPTIMIZERS[name])
        steps(params, optimizer, 10)
        results.append(params)
    agree(*results)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_printed_and_saved_forms_agree(name):
    saved, printed = [], []
    for t in (plugrad, torch):
        params, optimizer = start(t, *OPTIMIZERS[name])
        steps(params, optimizer, 2)
        saved.append(optimizer.state_dict())
        printed.append(repr(optimizer))
    ours, theirs = saved
    assert printed[0] == printed[1]
    assert ours["param_groups"] == theirs["param_groups"]
    assert list(ours["state"]) == list(theirs["state"])
    for number, state in theirs["state"].items():
        assert {k for k, v in ours["state"][number].items() if v is not None} == {
            k for k, v in state.items() if v is not None
        }


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_state_restored_goes_on_as_pytorch_does(name):
    results = []
    for t in (plugrad, torch):
        params, optimizer = start(t, *OPTIMIZERS[name])
        steps(params, optimizer, 3)
        again = [t.tensor(p.detach().numpy(), requires_grad=True) for p in params]
        other = getattr(t.optim, OPTIMIZERS[name][0])(again, lr=1.0)
        other.load_state_dict(optimizer.state_dict())
        steps(again, other, 3)
        results.append(again)
    agree(*results)


def leaf(t):
    return t.tensor([1.0], requires_grad=True)


REFUSED = {
    "nothing to change": lambda t: t.optim.SGD([], lr=0.1),
    "a single tensor": lambda t: t.optim.SGD(leaf(t), lr=0.1),
    "a number": lambda t: t.optim.SGD([1], lr=0.1),
    "no leaf": lambda t: t.optim.SGD([leaf(t) * 2], lr=0.1),
    "a negative rate": lambda t: t.optim.SGD([leaf(t)], lr=-0.1),
    "a negative momentum": lambda t: t.optim.SGD([leaf(t)], momentum=-1),
    "a negative decay": lambda t: t.optim.Adam([leaf(t)], weight_decay=-1),
    "Nesterov without momentum": lambda t: t.optim.SGD([leaf(t)], nesterov=True),
    "a beta of 1": lambda t: t.optim.Adam([leaf(t)], betas=(1.0, 0.9)),
    "a negative eps": lambda t: t.optim.AdamW([leaf(t)], eps=-1),
    "one tensor in two groups": lambda t: t.optim.SGD([{"params": p} for p in [leaf(t)] * 2]),
    "a state of other groups": lambda t: t.optim.SGD([leaf(t)]).load_state_dict(
        {"state": {}, "param_groups": []}
    ),
    "a group that is no dict": lambda t: t.optim.SGD([leaf(t)]).add_param_group([leaf(t)]),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_is_refused_alike(name):
    with pytest.raises(Exception) as theirs:  # noqa: PT011  # which, PyTorch tells
        REFUSED[name](torch)
    with pytest.raises(type(theirs.value)):
        REFUSED[name](plugrad)
