"""Attention whose derivative is composed: under a profile, and of higher order."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import plugrad
from plugrad.autograd import profiler
from plugrad.nn.functional import scaled_dot_product_attention

ENOUGH = (2, 2, 48, 16)  # for kernels that treat large arrays in another way


def _gradients(how: str) -> list[np.ndarray[Any, Any]]:
    plugrad.manual_seed(0)
    given = [plugrad.randn(ENOUGH, dtype=plugrad.float64, requires_grad=True) for _ in range(3)]
    total = scaled_dot_product_attention(*given, is_causal=True).square().sum()
    if how == "profiled":
        with profiler.profile():
            found = plugrad.autograd.grad(total, given)
    else:
        found = plugrad.autograd.grad(total, given, create_graph=how == "differentiable")
    return [each.detach().numpy() for each in found]


@pytest.mark.parametrize("how", ["profiled", "differentiable"])
def test_a_composed_gradient_is_the_kernels(how: str) -> None:
    for composed, known in zip(_gradients(how), _gradients("plain"), strict=True):
        np.testing.assert_allclose(composed, known, rtol=1e-10, atol=1e-12)
