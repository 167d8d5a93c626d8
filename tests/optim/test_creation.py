"""Optimizers and schedulers by name, those of other distributions among them."""

import pytest

import plugrad
from plugrad import optim, plugins
from plugrad.plugins import hookimpl
from plugrad.plugins.discovery import Discovery


class Still(optim.Optimizer):
    """An optimizer that changes nothing."""

    def _update(self, group, params):
        pass


class Fading(optim.lr_scheduler.LRScheduler):
    """A scheduler for the test."""

    def __init__(self, optimizer, rate):
        self.rate = rate
        super().__init__(optimizer)

    def get_lr(self):
        return [base / (1 + self.rate * self.last_epoch) for base in self.base_lrs]


class Plugin:
    PLUGRAD_API = (1, 0)

    @hookimpl
    def plugrad_register_optimizers(self, register):
        register("Still", load=Still)

    @hookimpl
    def plugrad_register_lr_schedulers(self, register):
        register("Fading", load=Fading)


@pytest.fixture
def others(monkeypatch):
    """Register a plugin for one test."""
    discovery = Discovery()
    for name in ("registered", "lookup", "register"):
        monkeypatch.setattr(plugins, name, getattr(discovery, name))
    plugins.register(Plugin(), "others")


@pytest.mark.parametrize("name", optim.OPTIMIZERS)
def test_each_optimizer_is_made_by_its_name(name):
    for asked in (name, name.lower()):
        optimizer = optim.create(asked, [plugrad.zeros(1)], lr=0.25)
        assert type(optimizer) is getattr(optim, name)
        assert optimizer.param_groups[0]["lr"] == 0.25


def test_a_scheduler_is_made_by_its_name():
    optimizer = optim.create("sgd", [plugrad.zeros(1)], lr=0.5)
    scheduler = optim.create_scheduler("onecyclelr", optimizer, 1.0, total_steps=5)
    assert type(scheduler) is optim.lr_scheduler.OneCycleLR


def test_those_of_other_distributions_are_made_likewise(others):
    optimizer = optim.create("still", [plugrad.zeros(1)], defaults={"lr": 1.0})
    scheduler = optim.create_scheduler("fading", optimizer, rate=1.0)
    optimizer.step()
    scheduler.step()
    assert type(optimizer) is Still
    assert scheduler.get_last_lr() == [0.5]


def test_an_unknown_name_is_refused_with_what_is_near(others):
    with pytest.raises(LookupError, match="Still"):
        optim.create("Stil", [plugrad.zeros(1)])


def test_the_plugin_offers_all_that_there_is():
    from plugrad.optim import plugin

    offered = {"optimizers": [], "lr_schedulers": []}
    plugin.plugrad_register_optimizers(lambda name, load: offered["optimizers"].append(load))
    plugin.plugrad_register_lr_schedulers(lambda name, load: offered["lr_schedulers"].append(load))
    assert len(offered["optimizers"]) == len(optim.OPTIMIZERS)
    for load in (*offered["optimizers"], *offered["lr_schedulers"]):
        module, _, name = load.partition(":")
        assert getattr(__import__(module, fromlist=[name]), name).__name__ == name
