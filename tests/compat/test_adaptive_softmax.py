"""`AdaptiveLogSoftmaxWithLoss` beside PyTorch's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from behaviour import caught

import plugrad

TARGETS = [0, 6, 12, 19, 3, 4, 5, 9, 10]
OPTIONS = {
    "usual": {},
    "biased": {"head_bias": True, "div_value": 2.0},
    "double": {"dtype": "float64", "div_value": 1.5},
}


def _module(t: Any, cutoffs: Any = (5, 10), **options: Any) -> Any:
    t.manual_seed(0)
    if "dtype" in options:
        options["dtype"] = getattr(t, options["dtype"])
    return t.nn.AdaptiveLogSoftmaxWithLoss(16, 20, cutoffs, **options)


def _told(t: Any, name: str) -> tuple[list[str], list[Any]]:
    module = _module(t, **OPTIONS[name])
    numbers = np.random.default_rng(1).standard_normal((len(TARGETS), 16)).astype("float32")
    x = t.tensor(numbers, requires_grad=True, dtype=module.head.weight.dtype)
    found = module(x, t.tensor(TARGETS))
    found.loss.backward()
    parameters = list(module.parameters())
    shown = [repr(module), repr(found), repr(module(x[0], t.tensor(7)))]
    values = [found.output, found.loss, x.grad, module.log_prob(x), module.predict(x)]
    values += [*parameters, *(each.grad for each in parameters)]
    return [*shown, *module.state_dict()], [each.detach().numpy() for each in values]


@pytest.mark.parametrize("name", OPTIONS)
def test_it_prints_computes_and_learns_alike(name: str) -> None:
    (shown, values), (theirs, expected) = _told(plugrad, name), _told(torch, name)
    assert [text.replace("plugrad.", "torch.") for text in shown] == theirs
    for value, known in zip(values, expected, strict=True):
        assert value.dtype == known.dtype
        rounding = 1e-6 if value.dtype == np.float32 else 1e-12
        np.testing.assert_allclose(value, known, rounding, rounding)


REFUSED = {
    "no cutoff": lambda t: _module(t, []),
    "falling": lambda t: _module(t, [10, 5]),
    "twice": lambda t: _module(t, [5, 5]),
    "beyond": lambda t: _module(t, [20]),
    "nothing": lambda t: _module(t, [0]),
    "half": lambda t: _module(t, [1.5]),
    "no class": lambda t: _module(t)(t.ones(2, 16), t.tensor([1, 20])),
    "below": lambda t: _module(t)(t.ones(2, 16), t.tensor([-1, 1])),
    "rows": lambda t: _module(t)(t.ones(2, 16), t.tensor([1])),
    "row": lambda t: _module(t)(t.ones(16), t.tensor([1])),
    "matrix": lambda t: _module(t)(t.ones(2, 16), t.tensor([[1]])),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_is_refused_alike(name: str) -> None:
    ours, theirs = (caught(lambda t=t: REFUSED[name](t)) for t in (plugrad, torch))
    assert ours == theirs != ""
