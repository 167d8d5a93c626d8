"""Kernels and operators of plugins: found when asked for, guarded, and imported when they run."""

from itertools import pairwise

import pytest

import plugrad
from plugrad.backends.numpy import NumpyBackend, NumpyKernels
from plugrad.backends.overrides import use_overrides


@pytest.fixture
def offered(monkeypatch):
    """Return a function that makes plugins offer kernels, as name, kernel and condition."""

    def offer(*kernels):
        class Registration:
            def __init__(self, kernel, when):
                self.kernel, self.when = kernel, when

            def load(self):
                return self.kernel

        found = {name: Registration(kernel, when) for name, kernel, when in kernels}
        monkeypatch.setattr("plugrad.plugins.registered", lambda kind, backend: found)
        table = NumpyBackend().kernels()
        use_overrides(table)
        return table

    return offer


def test_a_kernel_of_a_plugin_replaces_the_backends_own(offered):
    table = offered(("sin", lambda x: x * 0 + 7, None))
    assert table.sin(table.zeros((2,), plugrad.float32)).tolist() == [7.0, 7.0]
    assert table.overridden == {"sin"}


def test_a_condition_decides_call_by_call(offered):
    table = offered(("sin", lambda x: x * 0 + 7, lambda x: x.size > 1))
    assert table.sin(table.zeros((2,), plugrad.float32)).tolist() == [7.0, 7.0]
    assert table.sin(table.zeros((1,), plugrad.float32)).tolist() == [0.0]


def test_an_operator_composed_by_its_body_can_be_replaced_where_it_pays(offered):
    table = offered(("mish", lambda x: x * 0 + 7, lambda x: x.size > 1))
    assert table.mish(table.zeros((2,), plugrad.float32)).tolist() == [7.0, 7.0]
    assert table.mish(table.zeros((1,), plugrad.float32)).tolist() == [0.0]


def test_what_nobody_offers_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no operator 'nobody_has_this'"):
        plugrad.nobody_has_this  # noqa: B018
    assert not hasattr(plugrad.ones(1), "nobody_has_this")


def test_no_two_kernel_classes_share_a_private_name_by_chance() -> None:
    owners: dict[str, list[type]] = {}
    for cls in NumpyKernels.__mro__:
        for name in vars(cls):
            if name.startswith("_") and not name.startswith("__"):
                owners.setdefault(name, []).append(cls)
    for name, classes in owners.items():
        for first, second in pairwise(classes):
            # Each overrides what it inherits: a stranger's name would be a clash.
            assert issubclass(first, second), f"{name} of {first.__module__}, {second.__module__}"


def test_an_operator_of_a_plugin_is_that_of_the_latest_plugin_with_the_highest_priority(run_python):
    code = """
import types, plugrad
from plugrad.plugins import hookimpl, register

def plugin(answer, priority):
    @hookimpl
    def plugrad_register_operators(register):
        register("example_answer", load=lambda *_: answer, priority=priority)
    made = types.ModuleType(f"answers_{answer}")
    made.PLUGRAD_API, made.plugrad_register_operators = (1, 0), plugrad_register_operators
    return made

x = plugrad.ones(1)
register(plugin(1, 0), "first")
assert [plugrad.example_answer(), plugrad.example_answer(), x.example_answer()] == [1, 1, 1]
register(plugin(2, 1), "second")
assert [plugrad.example_answer(), x.example_answer()] == [2, 2]
"""
    done = run_python("-W", "error", "-c", code)
    assert done.returncode == 0, done.stderr
