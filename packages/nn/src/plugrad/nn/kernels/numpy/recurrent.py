"""The gates of recurrent networks on NumPy arrays: all at once, in one buffer."""

from __future__ import annotations

from typing import Any

import numpy

from plugrad.backends.array_api import ArrayKernels
from plugrad.backends.numpy.arrays import Array

__all__ = ["RecurrentKernels"]


def _sigmoid_into(x: Array) -> Array:
    """Turn `x` into its sigmoid, by way of tanh: NumPy has vector instructions for that one."""
    numpy.multiply(x, 0.5, out=x)
    numpy.tanh(x, out=x)
    numpy.multiply(x, 0.5, out=x)
    return numpy.add(x, 0.5, out=x)


def _lstm_gates(x_gates: Array, h_gates: Array) -> tuple[Array, Array, Array, Array]:
    """Return the four gates, opened."""
    size = x_gates.shape[1] // 4
    opened: Array = numpy.add(x_gates, h_gates)
    opened[:, 2 * size : 3 * size] *= 2
    # tanh(x) = 2 sigmoid(2 x) - 1: one pass for all four.
    _sigmoid_into(opened)
    candidate = opened[:, 2 * size : 3 * size]
    candidate *= 2
    candidate -= 1
    return opened[:, :size], opened[:, size : 2 * size], candidate, opened[:, 3 * size :]


class RecurrentKernels(ArrayKernels):
    """Kernels of recurrent cells."""

    def lstm_gates(self, x_gates: Array, h_gates: Array, c: Array) -> tuple[Array, Array]:
        entry, forget, candidate, exit_ = _lstm_gates(x_gates, h_gates)
        state = numpy.multiply(forget, c)
        entry *= candidate
        state += entry
        shown = numpy.tanh(state)
        shown *= exit_
        return shown, state

    def lstm_gates_grad(
        self,
        g_hidden: Array,
        g_state: Array,
        x_gates: Array,
        h_gates: Array,
        c: Array,
        state: Array,
    ) -> tuple[Any, Any, Any]:
        size = c.shape[1]
        entry, forget, candidate, exit_ = _lstm_gates(x_gates, h_gates)
        shown = numpy.tanh(state)
        g = 1 - shown * shown
        g *= exit_
        g *= g_hidden
        g += g_state
        g_gates = numpy.empty(x_gates.shape, x_gates.dtype)
        slope = 1 - candidate * candidate
        slope *= entry
        numpy.multiply(g, slope, out=g_gates[:, 2 * size : 3 * size])
        for number, (gate, weight) in enumerate(((entry, candidate), (forget, c))):
            slope = 1 - gate
            slope *= gate
            slope *= weight
            numpy.multiply(slope, g, out=g_gates[:, number * size : (number + 1) * size])
        slope = 1 - exit_
        slope *= exit_
        slope *= shown
        numpy.multiply(slope, g_hidden, out=g_gates[:, 3 * size :])
        g *= forget
        return g_gates, g_gates, g
