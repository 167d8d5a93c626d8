"""Single steps of recurrent networks on NumPy arrays.

A step is small, and what NumPy takes to be called counts most. A weight is multiplied from the
left, as it lies: transposing it would cost more than the product. See
`plugrad.nn.kernels.numpy.recurrent` for how gates lie, and where sigmoids come from.
"""

from __future__ import annotations

from typing import Any

import numpy

from plugrad.backends.array_api import ArrayKernels
from plugrad.backends.numpy.arrays import Array
from plugrad.nn.kernels.numpy.recurrent import gru_slopes, lstm_slopes, shape_sigmoid

__all__ = ["CellKernels"]


class CellKernels(ArrayKernels):
    """Kernels of recurrent cells, for real numbers: others are composed."""

    def lstm_step(
        self, x: Array, h: Array, c: Array, w_ih: Array, w_hh: Array, b_ih: Array | None,
        b_hh: Array | None,
    ) -> Any:  # fmt: skip
        if x.dtype.kind != "f":
            return self.composed("lstm_step", x, h, c, w_ih, w_hh, b_ih, b_hh)
        rows, size = c.shape
        given = numpy.matmul(w_ih, x.T)
        given += numpy.matmul(w_hh, h.T)
        if b_ih is not None or b_hh is not None:
            given += _sum(b_ih, b_hh)[:, None]
        gates = numpy.empty((4 * rows, size), x.dtype)
        opened = gates.reshape(4, rows, size)
        each = given.reshape(4, size, rows).swapaxes(1, 2)
        sigmoids = opened[:3]
        numpy.multiply(each[:2], 0.5, opened[:2])
        numpy.multiply(each[3], 0.5, opened[2])
        opened[3] = each[2]
        numpy.tanh(gates, gates)
        shape_sigmoid(sigmoids)
        entry, forget, exit_, candidate = opened
        state = forget * c
        part = entry * candidate
        state += part
        numpy.tanh(state, part)
        return numpy.multiply(part, exit_, part), state, gates

    def lstm_step_grad(
        self, g_hidden: Array, g_state: Array, g_gates: Array | None, gates: Array, x: Array,
        h: Array, c: Array, w_ih: Array, w_hh: Array, needs: tuple[bool, ...],
    ) -> Any:  # fmt: skip
        if g_gates is not None or gates.dtype.kind != "f":
            return self.composed(
                "lstm_step_grad", g_hidden, g_state, g_gates, gates, x, h, c, w_ih, w_hh, needs
            )
        rows, size = c.shape
        opened = gates.reshape(1, 4, rows, size)
        slopes, to_cell, _ = lstm_slopes(opened, c)
        g_c = to_cell[0]
        g_c *= g_hidden
        g_c += g_state
        of_cell, of_exit = slopes[0, :3], slopes[0, 3]
        numpy.multiply(of_cell, g_c, of_cell)
        numpy.multiply(of_exit, g_hidden, of_exit)
        g_c *= opened[0, 1]
        flat = numpy.empty((rows, 4 * size), gates.dtype)
        flat.reshape(rows, 4, size)[...] = slopes[0].swapaxes(0, 1)
        return *_grads(flat, flat, w_ih, w_hh, needs), g_c, *_weights(flat, flat, x, h)

    def gru_step(
        self, x: Array, h: Array, w_ih: Array, w_hh: Array, b_ih: Array | None,
        b_hh: Array | None,
    ) -> Any:  # fmt: skip
        if x.dtype.kind != "f":
            return self.composed("gru_step", x, h, w_ih, w_hh, b_ih, b_hh)
        rows, size = h.shape
        given, recurrent = numpy.matmul(w_ih, x.T), numpy.matmul(w_hh, h.T)
        if b_ih is not None:
            given += b_ih[:, None]
        if b_hh is not None:
            recurrent += b_hh[:, None]
        given[: 2 * size] += recurrent[: 2 * size]
        gates = numpy.empty((4 * rows, size), x.dtype)
        opened = gates.reshape(4, rows, size)
        each = given.reshape(3, size, rows).swapaxes(1, 2)
        both, new, new_h = opened[:2], opened[2], opened[3]
        numpy.multiply(each[:2], 0.5, both)
        numpy.tanh(both, both)
        shape_sigmoid(both)
        new_h[...] = recurrent[2 * size :].T
        numpy.multiply(both[0], new_h, new)
        new += each[2]
        numpy.tanh(new, new)
        hidden = h - new
        hidden *= both[1]
        hidden += new
        return hidden, gates

    def gru_step_grad(
        self, g_hidden: Array, g_gates: Array | None, gates: Array, x: Array, h: Array, w_ih: Array,
        w_hh: Array, needs: tuple[bool, ...],
    ) -> Any:  # fmt: skip
        if g_gates is not None or gates.dtype.kind != "f":
            return self.composed("gru_step_grad", g_hidden, g_gates, gates, x, h, w_ih, w_hh, needs)
        rows, size = h.shape
        opened = gates.reshape(1, 4, rows, size)
        slopes, to_new = gru_slopes(opened, h)
        numpy.multiply(slopes, g_hidden, slopes)
        recurrent, given = (numpy.empty((rows, 3 * size), gates.dtype) for _ in range(2))
        recurrent.reshape(rows, 3, size)[...] = slopes[0].swapaxes(0, 1)
        given[:, : 2 * size] = recurrent[:, : 2 * size]
        numpy.multiply(to_new[0], g_hidden, given[:, 2 * size :])
        g_x, g_h = _grads(given, recurrent, w_ih, w_hh, needs)
        if g_h is not None:
            g_h += g_hidden * opened[0, 1]
        return g_x, g_h, *_weights(given, recurrent, x, h)


def _sum(x: Array | None, y: Array | None) -> Array:
    if x is None or y is None:
        found = y if x is None else x
        assert found is not None
        return found
    total: Array = x + y
    return total


def _grads(
    given: Array, recurrent: Array, w_ih: Array, w_hh: Array, needs: tuple[bool, ...]
) -> tuple[Array | None, Array | None]:
    """Return the gradients of the input, and of the state by way of the gates."""
    return (
        numpy.matmul(given, w_ih) if needs[0] else None,
        numpy.matmul(recurrent, w_hh) if needs[1] else None,
    )


def _weights(given: Array, recurrent: Array, x: Array, h: Array) -> tuple[Array, ...]:
    """Return the gradients of both weights and both biases."""
    of_given = given.sum(0)
    return (
        numpy.matmul(given.T, x),
        numpy.matmul(recurrent.T, h),
        of_given,
        of_given.copy() if recurrent is given else recurrent.sum(0),
    )
