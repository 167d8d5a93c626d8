"""Schedulers and averages, without another library beside them."""

import pickle

import pytest

import plugrad
from plugrad import namespace, nn, optim
from plugrad.optim import lr_scheduler, swa_utils


def stepped(scheduler, count):
    rates = []
    for _ in range(count):
        rates.append(round(scheduler.get_last_lr()[0], 6))
        scheduler.optimizer.step()
        scheduler.step()
    return rates


def sgd(lr=1.0):
    return optim.SGD([plugrad.zeros(1)], lr=lr, momentum=0.9)


def test_rates_go_where_they_are_told():
    assert stepped(lr_scheduler.StepLR(sgd(), 2, gamma=0.5), 5) == [1.0, 1.0, 0.5, 0.5, 0.25]
    assert stepped(lr_scheduler.LinearLR(sgd(), 0.5, 1.0, 2), 4) == [0.5, 0.75, 1.0, 1.0]
    assert stepped(lr_scheduler.CosineAnnealingLR(sgd(), 2), 5) == [1.0, 0.5, 0.0, 0.5, 1.0]
    assert stepped(lr_scheduler.CyclicLR(sgd(), 0.0, 1.0, 2), 5) == [0.0, 0.5, 1.0, 0.5, 0.0]


def test_one_cycle_changes_momentum_against_the_rate():
    optimizer = sgd()
    scheduler = lr_scheduler.OneCycleLR(optimizer, 1.0, total_steps=10)
    assert optimizer.param_groups[0]["momentum"] == 0.95
    stepped(scheduler, 2)
    assert scheduler.get_last_lr() == [1.0]
    assert optimizer.param_groups[0]["momentum"] == pytest.approx(0.85)


def test_schedulers_one_after_the_other():
    optimizer = sgd()
    parts = [lr_scheduler.ConstantLR(optimizer, 0.1), lr_scheduler.ExponentialLR(optimizer, 0.5)]
    scheduler = lr_scheduler.SequentialLR(optimizer, parts, [2])
    assert stepped(scheduler, 5) == [0.1, 0.1, 1.0, 0.5, 0.25]


def test_a_plateau_lowers_the_rate():
    scheduler = lr_scheduler.ReduceLROnPlateau(sgd(), patience=1, cooldown=1)
    rates = []
    for loss in (1.0, 1.0, 1.0, 1.0, 1.0, 1.0):
        scheduler.step(loss)
        rates.append(scheduler.get_last_lr()[0])
    assert rates == pytest.approx([1.0, 1.0, 0.1, 0.1, 0.1, 0.01])


def test_the_wrong_order_of_steps_is_told():
    scheduler = lr_scheduler.StepLR(sgd(), 2)
    with pytest.warns(UserWarning, match=r"optimizer\.step\(\)"):
        scheduler.step()


def test_a_state_is_all_that_is_needed_to_go_on():
    first = lr_scheduler.CosineAnnealingWarmRestarts(sgd(), 3)
    stepped(first, 4)
    state = pickle.loads(pickle.dumps((first.state_dict(), first.optimizer.state_dict())))
    again = lr_scheduler.CosineAnnealingWarmRestarts(sgd(), 3)
    again.load_state_dict(state[0])
    again.optimizer.load_state_dict(state[1])
    assert stepped(again, 5) == stepped(first, 5)


def test_averages_of_weights():
    model = nn.Linear(1, 1, bias=False)
    averaged = swa_utils.AveragedModel(model)
    for value in (1.0, 2.0, 6.0):
        model.weight.data.fill_(value)
        averaged.update_parameters(model)
    assert averaged.module.weight.item() == 3.0
    assert averaged.n_averaged.item() == 3
    assert averaged(plugrad.ones(1, 1)).item() == 3.0
    assert model.weight.item() == 6.0


def test_averages_say_what_to_install_where_there_are_no_modules(monkeypatch):
    def absent(name):
        raise namespace._missing("plugrad.nn")

    monkeypatch.setattr(optim, "import_module", absent)
    monkeypatch.delattr(optim, "swa_utils")
    assert not hasattr(optim, "swa_utils")
    with pytest.raises(AttributeError, match="pip install plugrad-nn"):
        _ = optim.swa_utils
