"""States of modules go both ways, and copies do what the module does, for a table of modules."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pytest
import torch
from test_nn import MODULES, TWO_INPUTS, arrays

import plugrad

TABLE: dict[str, Any] = {**MODULES, **TWO_INPUTS}


def _made(t: Any, name: str, seed: int) -> Any:
    t.manual_seed(seed)
    return TABLE[name][0](t).double().eval()


def _inputs(t: Any, name: str) -> list[Any]:
    shapes = TABLE[name][1:]
    return [t.tensor(arrays(*shape, seed=number)).double() for number, shape in enumerate(shapes)]


def _outputs(t: Any, module: Any, name: str) -> list[np.ndarray]:
    t.manual_seed(4)  # some draw in evaluation, too
    found = module(*_inputs(t, name))
    several = found if isinstance(found, tuple) else (found,)
    return [each.detach().numpy() for each in several]


def _told(state: Any) -> list[tuple[str, str, tuple[int, ...]]]:
    return [
        (key, str(value.dtype).rpartition(".")[2], tuple(value.shape))
        for key, value in state.items()
    ]


def _moved(t: Any, state: Any) -> dict[str, Any]:
    return {key: t.tensor(value.detach().numpy()) for key, value in state.items()}


@pytest.mark.parametrize("name", TABLE)
def test_states_go_both_ways(name: str) -> None:
    ours, theirs = _made(plugrad, name, 1), _made(torch, name, 2)
    assert _told(ours.state_dict()) == _told(theirs.state_dict())
    ours.load_state_dict(_moved(plugrad, theirs.state_dict()))
    expected = _outputs(torch, theirs, name)
    for value, known in zip(_outputs(plugrad, ours, name), expected, strict=True):
        np.testing.assert_allclose(value, known, 1e-9, 1e-9)
    other = _made(torch, name, 3)
    other.load_state_dict(_moved(torch, ours.state_dict()))
    for value, known in zip(_outputs(torch, other, name), expected, strict=True):
        np.testing.assert_array_equal(value, known)


@pytest.mark.parametrize("name", TABLE)
def test_copies_do_what_the_module_does(name: str) -> None:
    module = _made(plugrad, name, 1)
    expected = _outputs(plugrad, module, name)
    for twin in (copy.deepcopy(module), pickle.loads(pickle.dumps(module))):
        assert repr(twin) == repr(module)
        assert not {id(each) for each in twin.parameters()} & {
            id(each) for each in module.parameters()
        }
        for value, known in zip(_outputs(plugrad, twin, name), expected, strict=True):
            np.testing.assert_array_equal(value, known)
