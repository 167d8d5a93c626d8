"""`plugrad.autograd.functional` against PyTorch's: results, histories and exceptions."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

import pytest
import torch

import plugrad

Call = Callable[[Any], Any]

DIFFERENT = {
    "jacobian forward-mode True": "PyTorch returns lists there, where it documents tuples",
    "hessian forward-mode True": "PyTorch returns lists there, where it documents tuples",
    "jacobian complex": "the rows of a complex Jacobian are well defined: those of its start 1",
    "jacobian empty": "an empty input has an empty Jacobian; PyTorch cannot stack nothing",
}


def one(t: Any, x: Any) -> Any:
    return x.sin() * x


def two(t: Any, x: Any, y: Any) -> Any:
    return x.sin() * y, (x * y).exp().sum()


def ignoring(t: Any, x: Any, y: Any) -> Any:
    return x * x


def constant(t: Any, x: Any) -> Any:
    return t.ones(2)


def linear(t: Any, x: Any) -> Any:
    return x * 2


def scalar(t: Any, x: Any) -> Any:
    return (x.sin() * x).sum()


def scalar_of_two(t: Any, x: Any, y: Any) -> Any:
    return (x.sin() * y * y).sum()


def scalar_ignoring(t: Any, x: Any, y: Any) -> Any:
    return (x.exp() * x).sum()


def scalar_linear(t: Any, x: Any) -> Any:
    return x.sum()


def scalar_in_a_vector(t: Any, x: Any) -> Any:
    return scalar(t, x).reshape(1)


FIRST = {"one": one, "two": two, "ignoring": ignoring, "constant": constant, "linear": linear}
SECOND = {
    "scalar": scalar,
    "of two": scalar_of_two,
    "ignoring": scalar_ignoring,
    "linear": scalar_linear,
    "vector": scalar_in_a_vector,
    "not scalar": one,
    "constant": constant,
}
TAKES_TWO = {two, ignoring, scalar_of_two, scalar_ignoring}


def tensors(t: Any, function: Any, *, grad: bool) -> Any:
    x = t.tensor([0.5, -1.25], dtype=t.float64, requires_grad=grad)
    y = t.tensor([1.5, 0.75], dtype=t.float64, requires_grad=grad)
    return (x, y) if function in TAKES_TWO else x


def vectors(t: Any, function: Any, *, of_inputs: bool) -> Any:
    several = function in TAKES_TWO if of_inputs else function is two
    v, w = (t.tensor(values, dtype=t.float64) for values in ([0.25, 2.0], [3.0, -0.5]))
    if function is two and not of_inputs:
        return v, t.tensor(1.5, dtype=t.float64)
    if function is constant and not of_inputs:
        v = v.to(t.float32)
    return (v, w) if several else v


def calls() -> Iterator[tuple[str, Call]]:
    options = [
        {"create_graph": create, "strict": strict}
        for create, strict in product((False, True), repeat=2)
    ]
    for option, grad in product(options, (False, True)):
        text = ", ".join([*(name for name, on in option.items() if on), *(["grad"] * grad)])
        for label, function in FIRST.items():
            for name in ("vjp", "jvp"):
                yield f"{name} {label} {text}", _product(name, function, grad, option)
            yield f"jacobian {label} {text}", _matrix("jacobian", function, grad, option)
        for label, function in SECOND.items():
            for name in ("vhp", "hvp"):
                yield f"{name} {label} {text}", _product(name, function, grad, option)
            yield f"hessian {label} {text}", _matrix("hessian", function, grad, option)
    for forward, vectorize in product(("reverse-mode", "forward-mode", "sideways"), (False, True)):
        how = {"vectorize": vectorize}
        yield (
            f"jacobian {forward} {vectorize}",
            _matrix("jacobian", two, False, {**how, "strategy": forward}),
        )
        yield (
            f"hessian {forward} {vectorize}",
            _matrix("hessian", scalar_of_two, False, {**how, "outer_jacobian_strategy": forward}),
        )
    yield "jacobian empty", lambda t: t.autograd.functional.jacobian(lambda x: x * x, t.zeros(0))
    yield (
        "jacobian complex",
        lambda t: t.autograd.functional.jacobian(lambda x: x * x, t.tensor([1 + 2j])),
    )


def _product(name: str, function: Any, grad: bool, option: dict[str, Any]) -> Call:
    def call(t: Any) -> Any:
        inputs = tensors(t, function, grad=grad)
        v = vectors(t, function, of_inputs=name != "vjp")
        multiply = getattr(t.autograd.functional, name)
        return multiply(lambda *x: function(t, *x), inputs, v, **option)

    return call


def _matrix(name: str, function: Any, grad: bool, option: dict[str, Any]) -> Call:
    def call(t: Any) -> Any:
        inputs = tensors(t, function, grad=grad)
        return getattr(t.autograd.functional, name)(lambda *x: function(t, *x), inputs, **option)

    return call


def described(t: Any, call: Call) -> Any:
    """Return what a call gives: an exception's type, or what can be told of tensors."""
    try:
        with warnings.catch_warnings():
            if t is torch:
                warnings.simplefilter("ignore")
            result = call(t)
    except Exception as error:
        return type(error)
    return _described(result)


def _described(result: Any) -> Any:
    if isinstance(result, (tuple, list)):
        return type(result)(map(_described, result))
    values = result.detach().reshape(-1).tolist()
    return list(result.shape), str(result.dtype).split(".")[1], result.requires_grad, values


@pytest.mark.parametrize(("label", "call"), list(calls()), ids=[label for label, _ in calls()])
def test_as_pytorch(label: str, call: Call) -> None:
    ours, theirs = described(plugrad, call), described(torch, call)
    if label in DIFFERENT:
        assert ours != theirs, f"{label} agrees with PyTorch now: strike it from DIFFERENT"
    else:
        assert_close(ours, theirs)


def assert_close(ours: Any, theirs: Any) -> None:
    if isinstance(theirs, tuple) and isinstance(theirs[0], tuple):
        assert isinstance(ours, tuple)
        assert len(ours) == len(theirs)
        for mine, other in zip(ours, theirs, strict=True):
            assert_close(mine, other)
    elif isinstance(theirs, tuple):
        assert ours[:3] == theirs[:3]
        assert ours[3] == pytest.approx(theirs[3], rel=1e-13, abs=1e-15)
    else:
        assert ours == theirs
