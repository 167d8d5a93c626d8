"""Switches that change nothing, and constants."""

from __future__ import annotations

import math

import pytest

import plugrad as t


def test_constants() -> None:
    assert (t.pi, t.e, t.inf) == (math.pi, math.e, math.inf)
    assert math.isnan(t.nan)
    assert t.ones(2)[:, t.newaxis].shape == (2, 1)


def test_detach_is_a_function_too() -> None:
    x = t.ones(2, requires_grad=True)
    assert not t.detach(x * 2).requires_grad
    y = x * 2
    assert t.detach_(y) is y
    assert y.grad_fn is None


def test_determinism_is_remembered() -> None:
    t.use_deterministic_algorithms(True, warn_only=True)
    assert t.are_deterministic_algorithms_enabled()
    assert t.is_deterministic_algorithms_warn_only_enabled()
    t.use_deterministic_algorithms(False, warn_only=True)
    assert t.is_deterministic_algorithms_warn_only_enabled()
    with pytest.raises(TypeError, match="mode must be a bool"):
        t.use_deterministic_algorithms(1)  # type: ignore[arg-type]
    assert not t.are_deterministic_algorithms_enabled()
    t.use_deterministic_algorithms(False)
    assert not t.is_deterministic_algorithms_warn_only_enabled()


def test_precision_is_one_of_three() -> None:
    t.set_float32_matmul_precision("medium")
    with pytest.warns(UserWarning, match="'low' is ignored"):
        t.set_float32_matmul_precision("low")
    assert t.get_float32_matmul_precision() == "medium"
    t.set_float32_matmul_precision("highest")


def test_threads_are_counted_from_one() -> None:
    with pytest.raises(RuntimeError, match="positive"):
        t.set_num_interop_threads(0)
    assert t.get_num_interop_threads() == 1


def test_denormal_numbers_stay() -> None:
    assert t.set_flush_denormal(True) is False
    assert (t.tensor(1e-40) * 1).item() > 0
    with pytest.raises(RuntimeError, match="bool"):
        t.set_flush_denormal(1)  # type: ignore[arg-type]
