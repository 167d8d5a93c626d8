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

__all__ = ["RecurrentKernels", "gru_slopes", "lstm_slopes", "shape_sigmoid"]

Sizes = tuple[int, ...]


def _places(sizes: Sizes, backwards: bool) -> list[tuple[int, int, int]]:
    """Return where each step's rows start and stop, and how many they are, in the steps' order."""
    found, start = [], 0
    for size in sizes:
        found.append((start, start + size, size))
        start += size
    return found[::-1] if backwards else found


def _in_blocks(blocks: Array, rows: Array, sizes: Sizes, order: tuple[int, ...]) -> None:
    """Write gates that stand side by side below each other, step by step, in another order."""
    count, size = len(order), blocks.shape[1]
    given = rows.shape[1] // size
    alike = sizes[0] == sizes[-1]
    for start, stop, steps in [(0, len(rows), len(sizes))] if alike else _each(sizes):
        each = rows[start:stop].reshape(steps, -1, given, size)
        below = blocks[count * start : count * stop].reshape(steps, count, -1, size)
        for place, number in enumerate(order[:given]):
            below[:, place] = each[:, :, number]


def _each(sizes: Sizes) -> list[tuple[int, int, int]]:
    return [(start, stop, 1) for start, stop, _ in _places(sizes, False)]


def _apart(blocks: Array, sizes: Sizes) -> Array:
    """Return the four gates of all steps, which lie block by block: (steps, 4, rows, size).

    Where steps differ in rows, as if they were one.
    """
    rows, size = len(blocks) // 4, blocks.shape[1]
    if sizes[0] == sizes[-1]:
        return blocks.reshape(len(sizes), 4, -1, size)
    found = numpy.empty((1, 4, rows, size), blocks.dtype)
    for start, stop, count in _places(sizes, False):
        found[0, :, start:stop] = blocks[4 * start : 4 * stop].reshape(4, count, size)
    return found


def _turned(weight: Array, size: int, order: tuple[int, ...]) -> Array:
    """Return the transposed weight of each gate."""
    each = weight.reshape(len(order), size, -1)
    found = numpy.empty((len(order), each.shape[2], size), weight.dtype)
    for place, number in enumerate(order):
        found[place] = each[number].T
    return found


def shape_sigmoid(x: Array) -> None:
    """Turn the tanh of half of something into its sigmoid."""
    numpy.multiply(x, 0.5, x)
    numpy.add(x, 0.5, x)


_LSTM = (0, 1, 3, 2)  # the candidate last: what is a sigmoid lies in one piece
_GRU = (0, 1, 2)


class RecurrentKernels(ArrayKernels):
    """Kernels of recurrent layers, for real numbers: others are composed."""

    def lstm_steps(
        self, x_gates: Array, h: Array, c: Array, weight: Array, bias: Array | None,
        projection: Array | None, sizes: Sizes, backwards: bool,
    ) -> Any:  # fmt: skip
        if x_gates.dtype.kind != "f":
            arrays = x_gates, h, c, weight, bias, projection
            return self.composed("lstm_steps", *arrays, sizes, backwards)
        kind, (batch, size), rows = x_gates.dtype, c.shape, len(x_gates)
        turned = _turned(weight, size, _LSTM)
        turned[:3] *= 0.5
        gates = numpy.empty((4 * rows, size), kind)
        x_gates = x_gates * 0.5 if bias is None else (x_gates + bias) * 0.5
        x_gates[:, 2 * size : 3 * size] *= 2
        _in_blocks(gates, x_gates, sizes, _LSTM)
        h, c = h.copy(), c.copy()
        h_before = numpy.empty((rows, h.shape[1]), kind)
        c_before = numpy.empty((rows, size), kind)
        hidden = numpy.empty_like(h_before)
        whole, whole_part = numpy.empty(4 * batch * size, kind), numpy.empty((batch, size), kind)
        for start, stop, count in _places(sizes, backwards):
            h_now, c_now, part = h[:count], c[:count], whole_part[:count]
            h_before[start:stop] = h_now
            c_before[start:stop] = c_now
            opened = gates[4 * start : 4 * stop].reshape(4, count, size)
            through = whole[: opened.size].reshape(4, count, size)
            numpy.add(opened, numpy.matmul(h_now, turned, through), opened)
            numpy.tanh(opened, opened)
            shape_sigmoid(opened[:3])
            entry, forget, exit_, candidate = opened
            numpy.multiply(c_now, forget, c_now)
            numpy.multiply(entry, candidate, part)
            numpy.add(c_now, part, c_now)
            numpy.tanh(c_now, part)
            shown = hidden[start:stop]
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
        private = g_gates, g_h_before, g_c_before
        if any(g is not None for g in private) or gates.dtype.kind != "f":
            return self.composed(
                "lstm_steps_grad", g_hidden, g_h_last, g_c_last, *private, gates, h_before,
                c_before, weight, projection, sizes, backwards,
            )  # fmt: skip
        kind, (rows, size) = gates.dtype, c_before.shape
        slopes = numpy.empty((rows, 4, size), kind)
        to_cell, raw = lstm_slopes(slopes, _apart(gates, sizes), c_before)
        g_h, g_c = g_h_last.copy(), g_c_last.copy()
        g_shown = None if projection is None else numpy.empty(h_before.shape, kind)
        whole_raw = g_h if projection is None else numpy.empty(g_c.shape, kind)
        whole_part = numpy.empty(g_c.shape, kind)
        flat = slopes.reshape(rows, 4 * size)
        for start, stop, count in reversed(_places(sizes, backwards)):
            now, cell, part = g_h[:count], g_c[:count], whole_part[:count]
            numpy.add(now, g_hidden[start:stop], now)
            g_raw = whole_raw[:count]
            if g_shown is not None and projection is not None:
                g_shown[start:stop] = now
                numpy.matmul(now, projection, g_raw)
            numpy.multiply(g_raw, to_cell[start:stop], part)
            numpy.add(cell, part, cell)
            block = slopes[start:stop]
            first, last = block[:, :3], block[:, 3]
            numpy.multiply(first, cell[:, None], first)
            numpy.multiply(last, g_raw, last)
            numpy.multiply(cell, gates[4 * start + count : 4 * start + 2 * count], cell)
            numpy.matmul(flat[start:stop], weight, now)
        g_projection = None if g_shown is None else g_shown.T @ raw
        return flat, g_h, g_c, flat.T @ h_before, flat.sum(0), g_projection

    def gru_steps(
        self, x_gates: Array, h: Array, weight: Array, bias: Array | None, sizes: Sizes,
        backwards: bool,
    ) -> Any:  # fmt: skip
        if x_gates.dtype.kind != "f":
            return self.composed("gru_steps", x_gates, h, weight, bias, sizes, backwards)
        kind, (batch, size), rows = x_gates.dtype, h.shape, len(x_gates)
        turned = _turned(weight, size, _GRU)
        turned[:2] *= 0.5
        gates = numpy.empty((4 * rows, size), kind)
        # The state's part of the third gate has a bias of its own.
        late = 0 if bias is None else bias[2 * size :]
        x_gates = x_gates.copy()
        if bias is not None:
            x_gates[:, : 2 * size] += bias[: 2 * size]
        x_gates[:, : 2 * size] *= 0.5
        _in_blocks(gates, x_gates, sizes, (*_GRU, 3))
        h = h.copy()
        before = numpy.empty((rows, size), kind)
        hidden = numpy.empty_like(before)
        whole, whole_part = numpy.empty(3 * batch * size, kind), numpy.empty((batch, size), kind)
        for start, stop, count in _places(sizes, backwards):
            now, part = h[:count], whole_part[:count]
            before[start:stop] = now
            opened = gates[4 * start : 4 * stop].reshape(4, count, size)
            through = whole[: 3 * count * size].reshape(3, count, size)
            numpy.matmul(now, turned, through)
            both = opened[:2]
            numpy.add(both, through[:2], both)
            numpy.tanh(both, both)
            shape_sigmoid(both)
            reset, update, new, new_h = opened
            numpy.add(through[2], late, new_h)
            numpy.multiply(reset, new_h, part)
            numpy.add(new, part, new)
            numpy.tanh(new, new)
            numpy.subtract(now, new, part)
            numpy.multiply(part, update, part)
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
        # Of what the input gives and of what the state gives: they differ in the third gate alone.
        given, slopes = (numpy.empty((rows, 3, size), kind) for _ in range(2))
        to_new = gru_slopes(slopes, _apart(gates, sizes), before)
        g_h = g_h_last.copy()
        whole_part, flat = numpy.empty(g_h.shape, kind), slopes.reshape(rows, 3 * size)
        for start, stop, count in reversed(_places(sizes, backwards)):
            now, part = g_h[:count], whole_part[:count]
            numpy.add(now, g_hidden[start:stop], now)
            block, last = slopes[start:stop], to_new[start:stop]
            numpy.multiply(block, now[:, None], block)
            numpy.multiply(last, now, last)
            numpy.multiply(now, gates[4 * start + count : 4 * start + 2 * count], now)
            numpy.add(now, numpy.matmul(flat[start:stop], weight, part), now)
        given[:, :2] = slopes[:, :2]
        given[:, 2] = to_new
        return given.reshape(rows, 3 * size), g_h, flat.T @ before, flat.sum(0)

    def rnn_tanh_steps(self, *args: Any) -> Any:
        return _plain_steps(self, "rnn_tanh_steps", *args)

    def rnn_tanh_steps_grad(self, *args: Any) -> Any:
        return _plain_steps_grad(self, "rnn_tanh_steps_grad", *args)

    def rnn_relu_steps(self, *args: Any) -> Any:
        return _plain_steps(self, "rnn_relu_steps", *args)

    def rnn_relu_steps_grad(self, *args: Any) -> Any:
        return _plain_steps_grad(self, "rnn_relu_steps_grad", *args)


def lstm_slopes(slopes: Array, opened: Array, c: Array) -> tuple[Array, Array]:
    """Write how the cell, and for the exit gate what it shows, depends on what opened the gates.

    Returns
    -------
    to_cell : ndarray of shape (rows, size)
        How what it shows depends on the cell.
    raw : ndarray of shape (rows, size)
        What it shows.
    """
    steps, _, rows, size = opened.shape
    entry, forget, exit_, candidate = opened.swapaxes(0, 1)
    to = slopes.reshape(steps, rows, 4, size).transpose(2, 0, 1, 3)
    kept = forget * c.reshape(steps, rows, size)
    new = entry * candidate
    part = 1 - forget
    numpy.multiply(part, kept, to[1])
    numpy.subtract(1, entry, part)
    numpy.multiply(part, new, to[0])
    numpy.multiply(candidate, new, part)
    numpy.subtract(entry, part, to[2])  # entry (1 - candidate^2)
    kept += new
    shown = numpy.tanh(kept, kept)
    raw = numpy.multiply(shown, exit_, new)
    numpy.subtract(1, exit_, part)
    numpy.multiply(part, raw, to[3])
    shown *= raw
    to_cell: Array = numpy.subtract(exit_, shown, shown)  # exit (1 - shown^2)
    return to_cell.reshape(c.shape), raw.reshape(c.shape)


def gru_slopes(slopes: Array, opened: Array, h: Array) -> Array:
    """Write how the next state depends on what the state gives to the gates.

    Returns
    -------
    ndarray of shape (rows, size)
        How it depends on what the input gives to the third.
    """
    steps, _, rows, size = opened.shape
    reset, update, new, new_h = opened.swapaxes(0, 1)
    to_reset, to_update, to_late = slopes.reshape(steps, rows, 3, size).transpose(2, 0, 1, 3)
    rest = 1 - update
    to_new: Array = new * new
    numpy.subtract(1, to_new, to_new)
    to_new *= rest
    part = h.reshape(steps, rows, size) - new
    part *= update
    numpy.multiply(part, rest, to_update)
    numpy.multiply(to_new, reset, part)
    to_late[...] = part
    numpy.subtract(1, reset, rest)
    part *= rest
    numpy.multiply(part, new_h, to_reset)
    return to_new.reshape(h.shape)


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
    bent = name == "rnn_relu_steps_grad"
    slopes = numpy.empty_like(shown) if bent else 1 - shown * shown
    g_h = g_h_last.copy()
    for start, stop, count in reversed(_places(sizes, backwards)):
        now, rows = g_h[:count], slopes[start:stop]
        numpy.add(now, g_hidden[start:stop], now)
        if bent:
            rows[...] = k.relu_grad(now, shown[start:stop])
        else:
            numpy.multiply(rows, now, rows)
        numpy.matmul(rows, weight, now)
    return slopes, g_h, slopes.T @ before, slopes.sum(0)
