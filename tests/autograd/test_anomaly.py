"""Anomaly mode: errors name the line that they come from.

Written for both libraries but for what the errors say: `tests/compat` runs this file, too.
"""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator
from typing import Any

import pytest

import plugrad as torch

plugrad_only = pytest.mark.skipif(torch.__name__ != "plugrad", reason="plugrad's own promise")

detect_anomaly = torch.autograd.detect_anomaly


@pytest.fixture(autouse=True)
def _silent() -> Iterator[None]:
    # PyTorch warns that the mode is slow, and tells of the forward's lines in a warning.
    with warnings.catch_warnings():
        warnings.simplefilter("error" if torch.__name__ == "plugrad" else "ignore")
        yield


def leaf(*values: float) -> Any:
    return torch.tensor(list(values), requires_grad=True)


def sick(x: Any) -> Any:
    root = x.sqrt()
    return (root * 0.0).sum()


def line_of(text: str) -> int:
    with open(__file__, encoding="utf-8") as file:
        return next(number for number, line in enumerate(file, 1) if text in line)


def test_nan_is_an_error_only_inside() -> None:
    x = leaf(1.0, 0.0)
    sick(x).backward()
    assert x.grad.isnan().tolist() == [False, True]
    with detect_anomaly(), pytest.raises(RuntimeError, match="nan"):
        sick(x).backward()
    with detect_anomaly(check_nan=False):
        sick(x).backward()
    sick(x).backward()


def test_healthy_gradients_are_the_same() -> None:
    x, y = leaf(1.0, 2.0), leaf(3.0, 4.0)

    def gradients() -> Any:
        loss = ((x * y).exp() / (x + y).softmax(0)).sum()
        first = torch.autograd.grad(loss, (x, y), create_graph=True)
        return (*first, *torch.autograd.grad((first[0] * first[1]).sum(), (x, y)))

    plain = gradients()
    with detect_anomaly():
        watched = gradients()
    for one, other in zip(plain, watched, strict=True):
        assert torch.allclose(one, other, rtol=1e-6)


def test_nodes_remember_where_they_were_recorded() -> None:
    with detect_anomaly():
        y = leaf(1.0).exp()
    assert "y = leaf(1.0).exp()" in y.grad_fn.metadata["traceback_"][-1]
    assert not leaf(1.0).exp().grad_fn.metadata


def test_the_mode_can_be_asked_for() -> None:
    assert not torch.is_anomaly_enabled()
    with detect_anomaly(check_nan=False):
        assert torch.is_anomaly_enabled()
        assert not torch.is_anomaly_check_nan_enabled()
    with detect_anomaly():
        assert torch.is_anomaly_check_nan_enabled()


def test_the_switch() -> None:
    x = leaf(0.0)
    with torch.autograd.set_detect_anomaly(True):
        with pytest.raises(RuntimeError), detect_anomaly():
            sick(x).backward()
        with pytest.raises(RuntimeError):
            sick(x).backward()
    sick(x).backward()
    torch.autograd.set_detect_anomaly(True)
    try:
        with pytest.raises(RuntimeError):
            sick(x).backward()
    finally:
        torch.autograd.set_detect_anomaly(False)
    sick(x).backward()


def test_custom_functions_are_looked_at() -> None:
    class Broken(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            return x * 1

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return g * float("nan")

    with detect_anomaly(), pytest.raises(RuntimeError, match="BrokenBackward"):
        Broken.apply(leaf(1.0)).backward()


# --------------------------------------------------------------------------- what errors say


@plugrad_only
def test_the_error_names_line_operation_shapes_and_element() -> None:
    x = torch.tensor([[1.0, 4.0], [9.0, 0.0]], requires_grad=True)
    with detect_anomaly(), pytest.raises(RuntimeError) as caught:
        sick(x).backward()
    said = str(caught.value)
    assert "SqrtBackward0 gave nan as gradient 0, first at index [1, 1] of float32[2, 2]" in said
    assert f"line {line_of('root = x.sqrt()')}, in sick" in said
    assert "of float32[2, 2] was recorded here" in said
    assert "plugrad/" not in said  # no frame of the library's own


@plugrad_only
def test_a_forward_outside_is_told_apart() -> None:
    loss = sick(leaf(0.0))
    with detect_anomaly(), pytest.raises(RuntimeError, match="was not recorded in anomaly mode"):
        loss.backward()


@plugrad_only
def test_the_chain_of_a_second_derivative_is_told() -> None:
    x = leaf(0.0)
    with detect_anomaly():
        (g,) = torch.autograd.grad(x.sqrt().sum(), x, create_graph=True)
        with pytest.raises(RuntimeError) as caught:
            (g * 0.0).sum().backward()
    said = str(caught.value)
    assert "in the backward of another operation. SqrtBackward0" in said


@plugrad_only
def test_the_line_that_changed_a_saved_tensor_is_named() -> None:
    x = leaf(1.0)
    with detect_anomaly():
        y = x * 1
        z = y.exp().sin()
        w = y.square()
        y.mul_(2)  # the change
        with pytest.raises(RuntimeError) as caught:
            w.backward()
        z.backward()
    assert f"line {line_of('# the ' + 'change')}" in str(caught.value)
    assert any("PowBackward0" in note for note in caught.value.__notes__)


@plugrad_only
def test_errors_of_a_backward_get_a_note() -> None:
    class Broken(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            return x * 1

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            raise ValueError("mine")

    with detect_anomaly(), pytest.raises(ValueError, match="mine") as caught:
        Broken.apply(leaf(1.0)).backward()
    assert "BrokenBackward of float32[1] was recorded here" in caught.value.__notes__[0]


@plugrad_only
def test_forwards_can_be_looked_at() -> None:
    x = leaf(-1.0, 1.0)
    with detect_anomaly(check_forward=True):
        with pytest.raises(RuntimeError, match="log of float32\\[2\\] gave nan") as caught:
            x.log()
        assert f"line {line_of('x.log()')}" in str(caught.value)
        with pytest.raises(RuntimeError, match="gave nan"):
            (x * 1).detach().sqrt_()
        sick_already = torch.tensor([float("nan")])
        assert sick_already.exp().isnan().all()  # it comes from outside
    x.log()


@plugrad_only
def test_the_mode_holds_for_its_thread() -> None:
    found: list[bool] = []

    def work() -> None:
        sick(leaf(0.0)).backward()
        found.append(True)

    with detect_anomaly():
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    assert found == [True]
