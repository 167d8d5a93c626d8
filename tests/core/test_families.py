"""Operators and kernels that other distributions bring to core's namespaces and tables."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import numpy
import pytest

import plugrad
from plugrad import Tensor, namespace
from plugrad.backends.array_api import ArrayApiKernels, ArrayKernels
from plugrad.backends.numpy import NumpyBackend, NumpyKernels
from plugrad.plugins.registers import Provider, Register
from plugrad.vocabulary.registry import functions, methods

BRINGERS = ("plugrad.checkpoints", "plugrad.fft", "plugrad.linalg", "plugrad.nn")
BRING_METHODS = ("plugrad.array_api",)


@pytest.fixture(scope="module", autouse=True)
def all_loaded() -> None:
    for module in (*BRINGERS, *BRING_METHODS):
        importlib.import_module(module)


def test_what_others_bring_is_listed(run_python: Callable[..., Any]) -> None:
    listing = "from plugrad.vocabulary.registry import functions as f, methods as m; print(*f, *m)"
    core = run_python("-c", f"import plugrad; {listing}").stdout.split()
    everything = run_python(
        "-c", f"import {', '.join((*BRINGERS, *BRING_METHODS))}; {listing}"
    ).stdout.split()
    assert set(everything) - set(core) == set(namespace.BROUGHT)


@pytest.mark.parametrize("name", sorted(namespace.BROUGHT))
def test_what_others_bring_is_there(name: str) -> None:
    assert (name in functions) == (namespace.BROUGHT[name] not in BRING_METHODS)
    assert getattr(plugrad, name, None) is functions.get(name)
    assert (name in methods) == (name in namespace.METHODS)
    if name in methods:
        assert getattr(Tensor, name) is methods[name]


@pytest.mark.parametrize("module", BRINGERS)
def test_plugins_offer_what_they_bring(module: str) -> None:
    offers = Register("operators", Provider("test", "test", "1.0"))
    importlib.import_module(f"{module}.plugin").plugrad_register_operators(offers)
    loaded = {offer.name: offer.load() for offer in offers.registrations}
    assert loaded == {name: functions[name] for name in namespace.brought(module)}


@pytest.mark.parametrize(
    ("call", "module"),
    [
        ("plugrad.det(plugrad.eye(2))", "plugrad.linalg"),
        ("plugrad.eye(2).inverse()", "plugrad.linalg"),
        ("plugrad.Tensor.inverse(plugrad.eye(2))", "plugrad.linalg"),
        ("plugrad.eye(2).matrix_power(-1)", "plugrad.linalg"),
        ("plugrad.eye(2).norm('nuc')", "plugrad.linalg"),
        ("plugrad.ones(8).stft(4, return_complex=True, window=plugrad.ones(4))", "plugrad.fft"),
        ("plugrad.conv1d(plugrad.ones(1, 1, 4), plugrad.ones(1, 1, 2))", "plugrad.nn"),
    ],
)  # fmt: skip
def test_it_comes_when_it_is_used(run_python: Callable[..., Any], call: str, module: str) -> None:
    code = f"import sys, plugrad; assert {module!r} not in sys.modules; {call}"
    done = run_python("-c", f"{code}; assert {module!r} in sys.modules")
    assert done.returncode == 0, done.stderr


def test_a_family_goes_behind_what_a_table_defines() -> None:
    class Standard(ArrayApiKernels):
        pass

    class Own(Standard):
        def example_shown(self, x: Any) -> Any:
            return x + 1

    class Family(ArrayKernels):
        def example_shown(self, x: Any) -> Any:
            return x

        def example_hidden(self, x: Any) -> Any:
            return x * 2

    backend = NumpyBackend()
    table = Own(backend, plugrad.device("cpu"), numpy)
    assert not hasattr(table, "example_hidden")
    Standard.add_families(Family)
    Standard.add_families(Family)  # a second time changes nothing
    x = numpy.ones(2)
    assert table.example_shown(x)[0] == 2
    assert table.example_hidden(x)[0] == 2
    assert Standard.__bases__.count(Family) == 1


def test_a_family_of_numpy_goes_before_the_standard_one() -> None:
    from plugrad.nn.kernels.array_api.convolution import ConvolutionKernels as Standard
    from plugrad.nn.kernels.numpy.convolution import ConvolutionKernels

    order = NumpyKernels.__mro__
    assert order.index(ConvolutionKernels) < order.index(Standard)
    assert Standard in ArrayApiKernels.__mro__
    assert ConvolutionKernels not in ArrayApiKernels.__mro__
