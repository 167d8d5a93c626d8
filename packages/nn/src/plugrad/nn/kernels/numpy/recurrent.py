"""Layers of recurrent networks on NumPy arrays.

A step does only what depends on the step before: one product, and its gates, in buffers that serve
all steps. What does not is done for all steps at once, before and after. On the way back that is
nearly everything: gradients of the gates are the gradient of the state times slopes that are known.

All sigmoids come from tanh, for which NumPy has vector instructions:
``sigmoid(x) = tanh(x / 2) / 2 + 1 / 2``; the first half is taken of the weights.
"""

from __future__ import annotations

from typing import Any

import numpy

from plugrad.backends.array_api import ArrayKernels
from plugrad.backends.numpy.arrays import Array

__all__ = ["RecurrentKernels"]

Sizes = tuple[int, ...]


def _places(sizes: Sizes, backwards: bool) -> list[tuple[int, int, int]]:
    """Return where each step's rows start and stop, and how many they are, in the steps' order."""
    found, start = [], 0
    for size in sizes:
        found.append((start, start + size, size))
        start += size
    return found[::-1] if backwards else found


def _halved(x: Array, size: int) -> Array:
    """Return a copy in which the first `size` columns are halved: those of sigmoids."""
    found: Array = numpy.array(x, order="C")
    found[:, :size] *= 0.5
    return found


def _exit_third(x: Array, size: int) -> Array:
    """Return a copy in which an LSTM's exit gates stand before its candidates."""
    found = numpy.empty(x.shape, x.dtype)
    found[:, : 2 * size] = x[:, : 2 * size]
    found[:, 2 * size : 3 * size] = x[:, 3 * size :]
    found[:, 3 * size :] = x[:, 2 * size : 3 * size]
    return found


def _shape_sigmoid(x: Array) -> None:
    numpy.multiply(x, 0.5, x)
    numpy.add(x, 0.5, x)


class RecurrentKernels(ArrayKernels):
    """Kernels of recurrent layers, for real numbers: others are composed."""

    def lstm_steps(
        self, x_gates: Array, h: Array, c: Array, weight: Array, bias: Array | None,
        projection: Array | None, sizes: Sizes, backwards: bool,
    ) -> Any:  # fmt: skip
        if x_gates.dtype.kind != "f":
            arrays = x_gates, h, c, weight, bias, projection
            return self.composed("lstm_steps", *arrays, sizes, backwards)
        kind, (batch, size) = x_gates.dtype, c.shape
        turned = _exit_third(weight.T, size)
        turned[:, : 3 * size] *= 0.5
        gates = _exit_third(x_gates if bias is None else x_gates + bias, size)
        gates[:, : 3 * size] *= 0.5
        h, c = h.copy(), c.copy()
        h_before = numpy.empty((len(gates), h.shape[1]), kind)
        c_before = numpy.empty((len(gates), size), kind)
        hidden = numpy.empty_like(h_before)
        whole, whole_part = numpy.empty((batch, 4 * size), kind), numpy.empty((batch, size), kind)
        for start, stop, count in _places(sizes, backwards):
            h_now, c_now, part = h[:count], c[:count], whole_part[:count]
            h_before[start:stop] = h_now
            c_before[start:stop] = c_now
            opened = gates[start:stop]
            numpy.add(opened, numpy.matmul(h_now, turned, whole[:count]), opened)
            numpy.tanh(opened, opened)
            _shape_sigmoid(opened[:, : 3 * size])
            numpy.multiply(c_now, opened[:, size : 2 * size], c_now)
            numpy.multiply(opened[:, :size], opened[:, 3 * size :], part)
            numpy.add(c_now, part, c_now)
            numpy.tanh(c_now, part)
            shown = hidden[start:stop]
            exit_ = opened[:, 2 * size : 3 * size]
            if projection is None:
                numpy.multiply(part, exit_, shown)
            else:
                numpy.multiply(part, exit_, part)
                numpy.matmul(part, projection.T, shown)
            h_now[...] = shown
        return hidden, h, c, gates, h_before, c_before

    def lstm_steps_grad(
        self, g_hidden: Array, g_h_last: Array, g_c_last: Array, g_gates: Array | None,
        g_h_before: Array | None, g_c_before: Array | None, gates: Array, h_before: Array,
        c_before: Array, weight: Array, projection: Array | None, sizes: Sizes, backwards: bool,
    ) -> Any:  # fmt: skip
        kept = g_gates, g_h_before, g_c_before
        if kept != (None, None, None) or gates.dtype.kind != "f":
            return self.composed(
                "lstm_steps_grad", g_hidden, g_h_last, g_c_last, *kept, gates, h_before, c_before,
                weight, projection, sizes, backwards,
            )  # fmt: skip
        kind, (rows, size) = gates.dtype, c_before.shape
        entry, forget, exit_, candidate = gates.reshape(rows, 4, size).transpose(1, 0, 2)
        slopes = numpy.empty((rows, 4, size), kind)
        kept_part, new_part = forget * c_before, entry * candidate
        part = 1 - forget
        numpy.multiply(part, kept_part, slopes[:, 1])
        numpy.subtract(1, entry, part)
        numpy.multiply(part, new_part, slopes[:, 0])
        numpy.multiply(candidate, new_part, part)
        numpy.subtract(entry, part, slopes[:, 2])  # entry (1 - candidate^2)
        kept_part += new_part
        shown = numpy.tanh(kept_part, kept_part)
        raw = numpy.multiply(shown, exit_, new_part)
        numpy.subtract(1, exit_, part)
        numpy.multiply(part, raw, slopes[:, 3])
        to_cell = shown
        to_cell *= raw
        numpy.subtract(exit_, to_cell, to_cell)  # exit (1 - shown^2)
        g_h, g_c = g_h_last.copy(), g_c_last.copy()
        g_shown = None if projection is None else numpy.empty(h_before.shape, kind)
        whole_raw = g_h if projection is None else numpy.empty(g_c.shape, kind)
        whole_part = numpy.empty(g_c.shape, kind)
        flat = slopes.reshape(rows, 4 * size)
        for start, stop, count in reversed(_places(sizes, backwards)):
            now, cell, part = g_h[:count], g_c[:count], whole_part[:count]
            numpy.add(now, g_hidden[start:stop], now)
            g_raw = whole_raw[:count]
            if g_shown is not None:
                g_shown[start:stop] = now
                numpy.matmul(now, projection, g_raw)
            numpy.multiply(g_raw, to_cell[start:stop], part)
            numpy.add(cell, part, cell)
            block = slopes[start:stop]
            first, last = block[:, :3], block[:, 3]
            numpy.multiply(first, cell[:, None], first)
            numpy.multiply(last, g_raw, last)
            numpy.multiply(cell, forget[start:stop], cell)
            numpy.matmul(flat[start:stop], weight, now)
        g_projection = None if g_shown is None else g_shown.T @ raw
        return flat, g_h, g_c, flat.T @ h_before, flat.sum(0), g_projection

    def gru_steps(
        self, x_gates: Array, h: Array, weight: Array, bias: Array | None, sizes: Sizes,
        backwards: bool,
    ) -> Any:  # fmt: skip
        if x_gates.dtype.kind != "f":
            return self.composed("gru_steps", x_gates, h, weight, bias, sizes, backwards)
        kind, (batch, size) = x_gates.dtype, h.shape
        turned = _halved(weight.T, 2 * size)
        offset = None if bias is None else _halved(bias[None], 2 * size)
        gates = numpy.empty((len(x_gates), 4 * size), kind)
        gates[:, : 3 * size] = x_gates
        gates[:, : 2 * size] *= 0.5
        h = h.copy()
        before = numpy.empty((len(gates), size), kind)
        hidden = numpy.empty_like(before)
        whole, whole_part = numpy.empty((batch, 3 * size), kind), numpy.empty((batch, size), kind)
        for start, stop, count in _places(sizes, backwards):
            now, part = h[:count], whole_part[:count]
            before[start:stop] = now
            opened = gates[start:stop]
            given = numpy.matmul(now, turned, whole[:count])
            if offset is not None:
                numpy.add(given, offset, given)
            both, new = opened[:, : 2 * size], opened[:, 2 * size : 3 * size]
            numpy.add(both, given[:, : 2 * size], both)
            numpy.tanh(both, both)
            _shape_sigmoid(both)
            opened[:, 3 * size :] = given[:, 2 * size :]
            numpy.multiply(both[:, :size], given[:, 2 * size :], part)
            numpy.add(new, part, new)
            numpy.tanh(new, new)
            numpy.subtract(now, new, part)
            numpy.multiply(part, both[:, size:], part)
            numpy.add(part, new, now)
            hidden[start:stop] = now
        return hidden, h, gates, before

    def gru_steps_grad(
        self, g_hidden: Array, g_h_last: Array, g_gates: Array | None, g_before: Array | None,
        gates: Array, before: Array, weight: Array, sizes: Sizes, backwards: bool,
    ) -> Any:  # fmt: skip
        if g_gates is not None or g_before is not None or gates.dtype.kind != "f":
            return self.composed(
                "gru_steps_grad", g_hidden, g_h_last, g_gates, g_before, gates, before, weight,
                sizes, backwards,
            )  # fmt: skip
        kind, (rows, size) = gates.dtype, before.shape
        reset, update, new, new_h = gates.reshape(rows, 4, size).transpose(1, 0, 2)
        # Of what the input gives and of what the state gives: they differ in the third gate alone.
        given, slopes = (numpy.empty((rows, 3, size), kind) for _ in range(2))
        to_new, to_update, to_reset = given[:, 2], slopes[:, 1], slopes[:, 0]
        rest = 1 - update
        numpy.multiply(new, new, to_new)
        numpy.subtract(1, to_new, to_new)
        numpy.multiply(to_new, rest, to_new)
        numpy.subtract(before, new, to_update)
        numpy.multiply(to_update, update, to_update)
        numpy.multiply(to_update, rest, to_update)
        through = numpy.multiply(to_new, reset, slopes[:, 2])
        numpy.subtract(1, reset, to_reset)
        numpy.multiply(to_reset, through, to_reset)
        numpy.multiply(to_reset, new_h, to_reset)
        g_h = g_h_last.copy()
        whole_part, flat = numpy.empty(g_h.shape, kind), slopes.reshape(rows, 3 * size)
        for start, stop, count in reversed(_places(sizes, backwards)):
            now, part = g_h[:count], whole_part[:count]
            numpy.add(now, g_hidden[start:stop], now)
            block, last = slopes[start:stop], to_new[start:stop]
            numpy.multiply(block, now[:, None], block)
            numpy.multiply(last, now, last)
            numpy.multiply(now, update[start:stop], now)
            numpy.add(now, numpy.matmul(flat[start:stop], weight, part), now)
        given[:, :2] = slopes[:, :2]
        return given.reshape(rows, 3 * size), g_h, flat.T @ before, flat.sum(0)

    def rnn_tanh_steps(self, *args: Any) -> Any:
        return _plain_steps(self, "rnn_tanh_steps", *args)

    def rnn_tanh_steps_grad(self, *args: Any) -> Any:
        return _plain_steps_grad(self, "rnn_tanh_steps_grad", *args)

    def rnn_relu_steps(self, *args: Any) -> Any:
        return _plain_steps(self, "rnn_relu_steps", *args)

    def rnn_relu_steps_grad(self, *args: Any) -> Any:
        return _plain_steps_grad(self, "rnn_relu_steps_grad", *args)


def _plain_steps(
    k: Any, name: str, x_gates: Array, h: Array, weight: Array, bias: Array | None, sizes: Sizes,
    backwards: bool,
) -> Any:  # fmt: skip
    """Run a layer without gates."""
    if x_gates.dtype.kind != "f":
        return k.composed(name, x_gates, h, weight, bias, sizes, backwards)
    turned = numpy.ascontiguousarray(weight.T)
    shown = x_gates.copy() if bias is None else x_gates + bias
    h, before, whole = h.copy(), numpy.empty_like(shown), numpy.empty(h.shape, h.dtype)
    for start, stop, count in _places(sizes, backwards):
        now = h[:count]
        before[start:stop] = now
        rows = shown[start:stop]
        numpy.add(rows, numpy.matmul(now, turned, whole[:count]), rows)
        if name == "rnn_tanh_steps":
            numpy.tanh(rows, rows)
        else:
            numpy.maximum(rows, 0, out=rows)
        now[...] = rows
    return shown.copy(), h, shown, before


def _plain_steps_grad(
    k: Any, name: str, g_hidden: Array, g_h_last: Array, g_gates: Array | None,
    g_before: Array | None, shown: Array, before: Array, weight: Array, sizes: Sizes,
    backwards: bool,
) -> Any:  # fmt: skip
    if g_gates is not None or g_before is not None or shown.dtype.kind != "f":
        return k.composed(
            name, g_hidden, g_h_last, g_gates, g_before, shown, before, weight, sizes, backwards
        )
    if name == "rnn_tanh_steps_grad":
        slopes = 1 - shown * shown
    else:
        slopes = (shown > 0).astype(shown.dtype)
    g_h = g_h_last.copy()
    for start, stop, count in reversed(_places(sizes, backwards)):
        now, rows = g_h[:count], slopes[start:stop]
        numpy.add(now, g_hidden[start:stop], now)
        numpy.multiply(rows, now, rows)
        numpy.matmul(rows, weight, now)
    return slopes, g_h, slopes.T @ before, slopes.sum(0)
