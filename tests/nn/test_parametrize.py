"""Parametrized tensors: what holds of them without a comparison."""

import copy
import pickle

import pytest

import plugrad
from plugrad import nn
from plugrad.nn.utils import parametrize


class Symmetric(nn.Module):
    def forward(self, x):
        return x.triu() + x.triu(1).mT


class Doubled(nn.Module):
    def forward(self, x):
        return x * 2

    def right_inverse(self, x):
        return x / 2


class Smaller(nn.Module):
    def forward(self, x):
        return x[0]


def test_the_original_is_what_learns():
    layer = parametrize.register_parametrization(nn.Linear(3, 3), "weight", Symmetric())
    original = layer.parametrizations.weight.original
    step = plugrad.optim.SGD(layer.parameters(), lr=0.1)
    layer(plugrad.arange(3.0)).sum().backward()
    assert original.grad.triu().equal(original.grad)
    step.step()
    assert layer.weight.equal(layer.weight.mT)


def test_a_refused_parametrization_changes_nothing():
    layer = nn.Linear(3, 3)
    weight, before = layer.weight, layer.weight.detach().clone()
    with pytest.raises(ValueError, match="unsafe=True"):
        parametrize.register_parametrization(layer, "weight", Smaller())
    assert type(layer) is nn.Linear
    assert layer.weight is weight
    assert weight.equal(before)


def test_what_is_assigned_is_what_is_read():
    layer = parametrize.register_parametrization(nn.Linear(2, 2), "weight", Doubled())
    parametrize.register_parametrization(layer, "weight", Doubled())
    layer.weight = plugrad.eye(2)
    assert layer.weight.equal(plugrad.eye(2))
    assert layer.parametrizations.weight.original.equal(plugrad.eye(2) / 4)


def test_the_class_is_back_when_the_last_one_is_removed():
    layer = nn.Linear(2, 2)
    weight = layer.weight
    for name in ("weight", "bias"):
        parametrize.register_parametrization(layer, name, Doubled())
    parametrize.remove_parametrizations(layer, "weight")
    assert type(layer).__name__ == "ParametrizedLinear"
    parametrize.remove_parametrizations(layer, "bias", leave_parametrized=False)
    assert type(layer) is nn.Linear
    assert layer.weight is weight
    pickle.loads(pickle.dumps(layer))


def test_another_module_of_the_class_keeps_its_tensors():
    one, other = nn.Linear(2, 2), nn.Linear(2, 2)
    parametrize.register_parametrization(one, "weight", Symmetric())
    assert isinstance(other.weight, nn.Parameter)
    assert not parametrize.is_parametrized(other)


def test_a_copy_learns_on_its_own():
    layer = parametrize.register_parametrization(nn.Linear(2, 2), "weight", Doubled())
    twin = copy.deepcopy(layer)
    twin.weight = plugrad.zeros(2, 2)
    assert not layer.weight.equal(twin.weight)


def test_a_cache_ends_with_its_block():
    layer = parametrize.register_parametrization(nn.Linear(2, 2), "weight", Doubled())
    with parametrize.cached():
        held = layer.weight
        assert layer.weight is held
    assert layer.weight is not held
