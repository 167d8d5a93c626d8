"""Averages of weights beside PyTorch's."""

import numpy as np
import pytest
import torch
from test_optim_schedulers import optimizer_of, options, plain, stepped

import plugrad

BOTH = (plugrad, torch)


def model_of(t):
    model = t.nn.Sequential(t.nn.Linear(3, 4), t.nn.BatchNorm1d(4), t.nn.Linear(4, 2)).double()
    random = np.random.default_rng(0)
    with t.no_grad():
        for p in model.parameters():
            p.copy_(t.tensor(random.standard_normal(tuple(p.shape))))
    return model


def batches(t, count):
    random = np.random.default_rng(1)
    return [t.tensor(random.standard_normal((6, 3)) + k) for k in range(count)]


WAYS = {
    "by default": lambda u: {},
    "alike": lambda u: {"avg_fn": u.get_swa_avg_fn()},
    "alike, in place": lambda u: {"multi_avg_fn": u.get_swa_multi_avg_fn()},
    "running": lambda u: {"avg_fn": u.get_ema_avg_fn(0.9)},
    "running, in place": lambda u: {"multi_avg_fn": u.get_ema_multi_avg_fn(0.8)},
    "buffers": lambda u: {"use_buffers": True},
    "buffers, running": lambda u: {"use_buffers": True, "avg_fn": u.get_ema_avg_fn()},
    "buffers, running, in place": lambda u: {
        "use_buffers": True,
        "multi_avg_fn": u.get_ema_multi_avg_fn(),
    },
    "a function of one's own": lambda u: {"avg_fn": lambda a, p, n: (a + p * n) / (n + 1)},
}


def agree(ours, theirs):
    assert list(ours) == list(theirs)
    for name, value in theirs.items():
        np.testing.assert_allclose(ours[name].numpy(), value.numpy(), rtol=1e-12, err_msg=name)


@pytest.mark.parametrize("way", WAYS)
def test_averages_agree(way):
    states, outputs, texts = [], [], []
    for t in BOTH:
        u, model = t.optim.swa_utils, model_of(t)
        averaged = u.AveragedModel(model, **WAYS[way](u))
        optimizer = t.optim.SGD(model.parameters(), lr=0.1)
        for batch in batches(t, 5):
            optimizer.zero_grad()
            (model(batch) ** 2).mean().backward()
            optimizer.step()
            averaged.update_parameters(model)
        u.update_bn(zip(batches(t, 4), range(4), strict=True), averaged)
        states.append(averaged.state_dict())
        outputs.append(averaged.eval()(batches(t, 1)[0]).detach())
        texts.append(repr(averaged))
    agree(*states)
    assert texts[0] == texts[1]
    np.testing.assert_allclose(outputs[0].numpy(), outputs[1].numpy(), rtol=1e-11)


def test_statistics_are_computed_anew():
    states = []
    for t in BOTH:
        model = t.nn.Sequential(
            t.nn.InstanceNorm1d(2, track_running_stats=True), t.nn.BatchNorm1d(2)
        )
        model.eval()
        random = np.random.default_rng(2)
        data = [t.tensor(random.standard_normal((3, 2, 5)).astype("float32")) for _ in range(3)]
        t.optim.swa_utils.update_bn(data, model)
        assert not model.training
        assert model[1].momentum == 0.1
        states.append(model.state_dict())
    for name, value in states[1].items():
        ours = states[0][name].numpy()
        np.testing.assert_allclose(ours, value.numpy(), rtol=1e-5, atol=1e-6, err_msg=name)


ANNEALED = {
    "cos": {"swa_lr": 0.05},
    "linear": {"swa_lr": [0.05, 0.2], "anneal_epochs": 7, "anneal_strategy": "linear"},
    "at once": {"swa_lr": 0.05, "anneal_epochs": 0},
    "in one": {"swa_lr": 0.05, "anneal_epochs": 1},
}


@pytest.mark.parametrize("epoch", [-1, 0, 3, 12])
@pytest.mark.parametrize("name", ANNEALED)
def test_annealing_agrees(name, epoch):
    found = []
    for t in BOTH:
        optimizer = optimizer_of(t)
        if epoch >= 0:
            for group in optimizer.param_groups:
                group["initial_lr"], group["lr"] = group["lr"], group["lr"] * 0.7
        scheduler = t.optim.swa_utils.SWALR(optimizer, last_epoch=epoch, **ANNEALED[name])
        found.append([scheduler.state_dict(), options(optimizer), list(stepped(scheduler, 15))])
    assert found[0] == plain(found[1])


REFUSED = {
    "two functions": lambda t, u: u.AveragedModel(
        t.nn.Linear(1, 1), avg_fn=u.get_swa_avg_fn(), multi_avg_fn=u.get_swa_multi_avg_fn()
    ),
    "a decay above 1": lambda t, u: u.get_ema_avg_fn(1.5),
    "a negative decay": lambda t, u: u.get_ema_multi_avg_fn(-0.5),
    "an unknown curve": lambda t, u: u.SWALR(optimizer_of(t), 0.1, anneal_strategy="x"),
    "negative epochs": lambda t, u: u.SWALR(optimizer_of(t), 0.1, anneal_epochs=-1),
    "broken epochs": lambda t, u: u.SWALR(optimizer_of(t), 0.1, anneal_epochs=1.5),
    "one rate for two": lambda t, u: u.SWALR(optimizer_of(t), [0.1]),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_is_refused_alike(name):
    with pytest.raises(Exception) as theirs:  # noqa: PT011  # which, PyTorch tells
        REFUSED[name](torch, torch.optim.swa_utils)
    with pytest.raises(type(theirs.value)):
        REFUSED[name](plugrad, plugrad.optim.swa_utils)
