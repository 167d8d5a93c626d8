"""Modules by name, those of other distributions among them."""

from __future__ import annotations

from typing import Any

import pytest

import plugrad
from plugrad import nn, plugins
from plugrad.plugins import hookimpl
from plugrad.plugins.discovery import Discovery
from plugrad.plugins.naming import by_name


class Doubling(nn.Module):
    """A layer of another distribution."""

    def __init__(self, times: int = 1) -> None:
        super().__init__()
        self.factor = 2**times

    def forward(self, x: Any) -> Any:
        return x * self.factor


class Plugin:
    PLUGRAD_API = (1, 0)

    @hookimpl
    def plugrad_register_layers(self, register: Any) -> None:
        register("Doubling", load=Doubling)


@pytest.fixture
def others(monkeypatch: pytest.MonkeyPatch) -> None:
    """Register a plugin for one test."""
    discovery = Discovery()
    for name in ("registered", "lookup", "register"):
        monkeypatch.setattr(plugins, name, getattr(discovery, name))
    plugins.register(Plugin(), "others")


@pytest.mark.parametrize("name", nn.LAYERS)
def test_each_module_is_found_by_its_name(name: str) -> None:
    assert by_name("layers", name.lower(), nn, nn.LAYERS) is getattr(nn, name)


def test_a_module_is_made_with_its_arguments() -> None:
    made = nn.create("linear", 4, 3, bias=False)
    assert repr(made) == "Linear(in_features=4, out_features=3, bias=False)"


@pytest.mark.usefixtures("others")
def test_those_of_other_distributions_are_made_likewise() -> None:
    made = nn.Sequential(nn.create("doubling", times=2), nn.create("ReLU"))
    assert made(plugrad.tensor([1.0, -1.0])).tolist() == [4.0, 0.0]


@pytest.mark.usefixtures("others")
def test_an_unknown_name_is_refused_with_what_is_near() -> None:
    with pytest.raises(LookupError, match="Doubling"):
        nn.create("Dubling")
