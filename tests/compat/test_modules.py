"""Every module beside PyTorch's: how it starts, what it computes and leaves, in both modes."""

from __future__ import annotations

import copy
import pickle
import warnings
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pytest
import torch
from comparison import array_of, expecting, structure, tensor, tensors_in
from module_samples import Made, With, samples
from sampled_layers import LAYERS
from sampled_losses import LOSSES
from sampled_sequences import SEQUENCES
from sampled_windows import WINDOWS

import plugrad

SAMPLES = {**LAYERS, **WINDOWS, **LOSSES, **SEQUENCES}
TABLE = {label: (name, sample) for label, name, sample in samples(SAMPLES)}
LIBRARIES = (plugrad, torch)

# Modules that are compared elsewhere, and why.
ELSEWHERE = {
    **{name: "test_lazy.py" for name in plugrad.nn.LAYERS if name.startswith("Lazy")},
    **dict.fromkeys(("ModuleDict", "ModuleList"), "test_containers.py: they compute nothing"),
    **dict.fromkeys(("ParameterDict", "ParameterList"), "test_containers.py"),
    **dict.fromkeys(("RNNBase", "RNNCellBase"), "what is made of them is in the table"),
}

# They start with normal numbers, whose last bits depend on the logarithm's.
NORMAL = ("Embedding", "EmbeddingBag")

# What PyTorch computes of contiguous inputs only, forward or backward.
CONTIGUOUS = {"LocalResponseNorm(2)-2x5x3x2x2", "NLLLoss(weight=4)-2x4x3x5-2x3x5:int64"}


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what is warned of is compared elsewhere
        yield


def _brought(t: Any, value: Any, floating: str = "float64") -> Any:
    """Return what a sample gives, as one of the libraries takes it."""
    if isinstance(value, np.ndarray):
        return tensor(t, value.astype(floating) if value.dtype.kind == "f" else value)
    if isinstance(value, With):
        return value.make(t)
    if type(value) in (list, tuple):
        return type(value)(_brought(t, each, floating) for each in value)
    return value


def _module(t: Any, name: str, sample: Made, floating: str = "float64") -> Any:
    t.manual_seed(7)
    arguments = [_brought(t, each, floating) for each in sample.arguments]
    options = {key: _brought(t, each, floating) for key, each in sample.options.items()}
    return getattr(t.nn, name)(*arguments, **options)


def _turned(t: Any, value: Any) -> Any:
    """Return the same numbers with their dimensions the other way round in memory."""
    if not isinstance(value, np.ndarray) or value.ndim < 2 or value.dtype.kind != "f":
        return _brought(t, value)
    dims = tuple(reversed(range(value.ndim)))
    return tensor(t, np.ascontiguousarray(value.transpose(dims))).permute(dims)


def _inputs(t: Any, sample: Made, floating: str = "float64", turned: bool = False) -> list[Any]:
    found = [_turned(t, x) if turned else _brought(t, x, floating) for x in sample.inputs]
    for number, each in enumerate(found):
        if number not in sample.fixed:
            for leaf in tensors_in(each):
                leaf.requires_grad_(leaf.is_floating_point())
    return found


def _called(t: Any, module: Any, sample: Made, inputs: list[Any], floating: str = "float64") -> Any:
    t.manual_seed(3)
    named = {key: _brought(t, each, floating) for key, each in sample.named.items()}
    return module(*inputs, **named)


def _told(state: Mapping[str, Any]) -> list[tuple[str, str, tuple[int, ...]]]:
    return [
        (key, str(value.dtype).rpartition(".")[2], tuple(value.shape))
        for key, value in state.items()
    ]


def _moved(t: Any, state: Mapping[str, Any]) -> dict[str, Any]:
    return {key: tensor(t, array_of(value)) for key, value in state.items()}


def _close(ours: Any, theirs: Any, rough: float, what: str) -> None:
    assert (ours is None) == (theirs is None), f"{what}: {ours} instead of {theirs}"
    if ours is not None:
        one, other = array_of(ours), array_of(theirs)
        assert (one.dtype, one.shape) == (other.dtype, other.shape), what
        np.testing.assert_allclose(one, other, rtol=rough, atol=rough, err_msg=what)


def _all_close(ours: list[Any], theirs: list[Any], rough: float, what: str) -> None:
    for number, (one, other) in enumerate(zip(ours, theirs, strict=True)):
        _close(one, other, rough, f"{what} {number}")


def test_every_module_is_in_the_table() -> None:
    assert set(SAMPLES) | set(ELSEWHERE) == set(plugrad.nn.LAYERS)
    assert not set(SAMPLES) & set(ELSEWHERE)


@pytest.mark.parametrize("label", TABLE)
def test_it_starts_alike(label: str) -> None:
    name, sample = TABLE[label]
    with expecting(label, "start"):
        ours, theirs = (_module(t, name, sample, "float32") for t in LIBRARIES)
        assert repr(ours) == repr(theirs)
        assert _told(ours.state_dict()) == _told(theirs.state_dict())
        for part in ("named_parameters", "named_buffers"):
            both = [dict(getattr(each, part)()) for each in (ours, theirs)]
            assert _told(both[0]) == _told(both[1])
            for key, value in both[0].items():
                rough = 1e-6 if name in NORMAL else 0.0
                _close(value, both[1][key], rough, key)
                assert value.requires_grad == both[1][key].requires_grad
        assert [key for key, _ in ours.named_modules()] == [k for k, _ in theirs.named_modules()]
        # Nothing more was drawn.
        _close(plugrad.rand(2), torch.rand(2), 0.0, "the next random numbers")


def _compare_call(
    label: str, training: bool, floating: str, rough: float, turned: bool = False
) -> None:
    name, sample = TABLE[label]
    modules = [_module(t, name, sample, floating) for t in LIBRARIES]
    if name in NORMAL:
        modules[0].load_state_dict(_moved(plugrad, modules[1].state_dict()))
    given, results = [], []
    for t, module in zip(LIBRARIES, modules, strict=True):
        module.to(getattr(t, floating)).train(training)
        inputs = _inputs(t, sample, floating, turned)
        results.append(_called(t, module, sample, inputs, floating))
        given.append(list(tensors_in(inputs)))
    described = [structure(*each) for each in zip(results, given, strict=True)]
    assert described[0] == described[1]
    outputs = [list(tensors_in(each)) for each in results]
    _all_close(*outputs, rough, "output")
    _close(plugrad.rand(2), torch.rand(2), 0.0, "the next random numbers")
    _all_close(*given, rough, "input afterwards")
    for t, several in zip(LIBRARIES, outputs, strict=True):
        recorded = [each for each in several if each.requires_grad]
        starts = [
            tensor(t, np.linspace(0.5, 1.5, each.numel()).astype(floating)).reshape(each.shape)
            for each in recorded
        ]
        if recorded:
            t.autograd.backward(recorded, starts)
    _all_close(*([each.grad for each in several] for several in given), rough, "gradient of input")
    for part in ("named_parameters", "named_buffers"):
        both = [dict(getattr(each, part)()) for each in modules]
        assert _told(both[0]) == _told(both[1])
        for key, value in both[0].items():
            _close(value, both[1][key], rough, key)
            _close(value.grad, both[1][key].grad, rough, f"gradient of {key}")


@pytest.mark.parametrize("training", [True, False], ids=["training", "evaluation"])
@pytest.mark.parametrize("label", TABLE)
def test_it_computes_alike(label: str, training: bool) -> None:
    with expecting(label, "training" if training else "evaluation"):
        _compare_call(label, training, "float64", TABLE[label][1].rough)


@pytest.mark.parametrize("label", sorted(set(TABLE) - CONTIGUOUS))
def test_it_computes_alike_of_another_layout(label: str) -> None:
    with expecting(label, "layout"):
        _compare_call(label, True, "float64", TABLE[label][1].rough, turned=True)


@pytest.mark.parametrize("label", TABLE)
def test_it_computes_alike_in_float32(label: str) -> None:
    with expecting(label, "float32"):
        _compare_call(label, True, "float32", 2e-5)


def _outputs(t: Any, module: Any, sample: Made) -> list[Any]:
    return [each.detach() for each in tensors_in(_called(t, module, sample, _inputs(t, sample)))]


@pytest.mark.parametrize("label", TABLE)
def test_states_go_both_ways(label: str) -> None:
    name, sample = TABLE[label]
    with expecting(label, "state"):
        ours, theirs = (_module(t, name, sample).double().eval() for t in LIBRARIES)
        state = {key: array_of(value) for key, value in theirs.state_dict().items()}
        for value in state.values():  # into a state that is none's first
            value[...] = value + 0.125 if value.dtype.kind == "f" else value + 1
        for t, module in zip(LIBRARIES, (ours, theirs), strict=True):
            module.load_state_dict({key: tensor(t, value) for key, value in state.items()})
        for key, value in ours.state_dict().items():
            np.testing.assert_array_equal(array_of(value), state[key])
        results = [
            _outputs(t, each, sample) for t, each in zip(LIBRARIES, (ours, theirs), strict=True)
        ]
        _all_close(*results, sample.rough, "output")


@pytest.mark.parametrize("label", TABLE)
def test_copies_do_what_the_module_does(label: str) -> None:
    name, sample = TABLE[label]
    module = _module(plugrad, name, sample).double().eval()
    expected = _outputs(plugrad, module, sample)
    for twin in (copy.deepcopy(module), pickle.loads(pickle.dumps(module))):
        assert repr(twin) == repr(module)
        assert not twin.training
        assert not {id(p) for p in twin.parameters()} & {id(p) for p in module.parameters()}
        _all_close(_outputs(plugrad, twin, sample), expected, 0.0, "output")
