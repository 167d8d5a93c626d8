"""Layers of recurrent networks on NumPy arrays.

A step does only what depends on the step before: one product, and its gates, in buffers that serve
all steps. What does not is done for all steps at once, before and after. On the way back that is
nearly everything: gradients of the gates are the gradient of the state times slopes that are known.

All sigmoids come from tanh, for which NumPy has vector instructions:
``sigmoid(x) = tanh(x / 2) / 2 + 1 / 2``; the first half is taken of the weights.
"""

from __future__ import annotations

from typing import Any, NamedTuple

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


def _in_blocks(
    blocks: Array,
    rows: Array,
    bias: Array | None,
    sizes: Sizes,
    order: tuple[int, ...],
    halves: int,
) -> None:
    """Write gates that stand side by side below each other, step by step, in another order.

    The bias is added, and of the first ones, which become sigmoids, half is written.
    """
    count, size = len(order), blocks.shape[1]
    given = rows.shape[1] // size
    alike = sizes[0] == sizes[-1]
    for start, stop, steps in [(0, len(rows), len(sizes))] if alike else _each(sizes):
        each = rows[start:stop].reshape(steps, -1, given, size)
        below = blocks[count * start : count * stop].reshape(steps, count, -1, size)
        for place, number in enumerate(order[:given]):
            if bias is None:
                below[:, place] = each[:, :, number]
            else:
                part = bias[number * size : (number + 1) * size]
                numpy.add(each[:, :, number], part, below[:, place])
        below[:, :halves] *= 0.5


def _each(sizes: Sizes) -> list[tuple[int, int, int]]:
    return [(start, stop, 1) for start, stop, _ in _places(sizes, False)]


class _Run(NamedTuple):
    """Steps that follow each other, with as many rows each."""

    start: int
    stop: int
    size: int  # how many rows a step has
    places: list[tuple[int, int, int]]  # of each step: its rows, and its number in the run

    def rows(self, x: Array, times: int = 1) -> Array:
        """Return the rows of the run, of an array that has so many for each of them."""
        return x[times * self.start : times * self.stop]


def _runs_back(sizes: Sizes, backwards: bool, most: int) -> list[_Run]:
    """Return the steps in the order of the way back, in runs of up to `most` rows or one step.

    What is done for a whole run at once stays in the processor's cache.
    """
    found: list[list[tuple[int, int, int]]] = []
    for place in reversed(_places(sizes, backwards)):
        count = place[2]
        if not count:
            continue  # a batch of nothing
        if found and found[-1][0][2] == count and (len(found[-1]) + 1) * count <= most:
            found[-1].append(place)
        else:
            found.append([place])
    runs = []
    for steps in found:
        count = steps[0][2]
        low, high = min(steps)[0], max(steps)[1]
        places = [(start, stop, (start - low) // count) for start, stop, _ in steps]
        runs.append(_Run(low, high, count, places))
    return runs


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
_CACHED = 1 << 14  # numbers of one array, where a dozen are worked on


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
        _in_blocks(gates, x_gates, bias, sizes, _LSTM, 3)
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
        g_h, g_c = g_h_last.copy(), g_c_last.copy()
        g_shown = None if projection is None else numpy.empty(h_before.shape, kind)
        g_projection = None if projection is None else numpy.zeros_like(projection)
        whole_raw = g_h if projection is None else numpy.empty(g_c.shape, kind)
        whole_part = numpy.empty(g_c.shape, kind)
        g_given = numpy.empty((rows, 4 * size), kind)
        for run in _runs_back(sizes, backwards, _CACHED // max(size, 1)):
            count = run.size
            opened = run.rows(gates, 4).reshape(-1, 4, count, size)
            slopes, to_cell, raw = lstm_slopes(opened, run.rows(c_before))
            now, cell, part, g_raw = g_h[:count], g_c[:count], whole_part[:count], whole_raw[:count]
            for start, stop, number in run.places:
                numpy.add(now, g_hidden[start:stop], now)
                if g_shown is not None and projection is not None:
                    g_shown[start:stop] = now
                    numpy.matmul(now, projection, g_raw)
                numpy.multiply(g_raw, to_cell[number], part)
                numpy.add(cell, part, cell)
                block = slopes[number]
                of_cell, of_exit = block[:3], block[3]
                numpy.multiply(of_cell, cell, of_cell)
                numpy.multiply(of_exit, g_raw, of_exit)
                beside = g_given[start:stop]
                beside.reshape(count, 4, size)[...] = block.swapaxes(0, 1)
                numpy.multiply(cell, opened[number, 1], cell)
                numpy.matmul(beside, weight, now)
            if g_shown is not None:
                g_projection += run.rows(g_shown).T @ raw.reshape(-1, size)
        return g_given, g_h, g_c, g_given.T @ h_before, _column_sums(g_given), g_projection

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
        early = None if bias is None else numpy.concatenate((bias[: 2 * size], bias[:size] * 0))
        _in_blocks(gates, x_gates, early, sizes, (*_GRU, 3), 2)
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
        given, recurrent = (numpy.empty((rows, 3 * size), kind) for _ in range(2))
        g_h = g_h_last.copy()
        whole_part = numpy.empty(g_h.shape, kind)
        for run in _runs_back(sizes, backwards, _CACHED // max(size, 1)):
            count = run.size
            opened = run.rows(gates, 4).reshape(-1, 4, count, size)
            slopes, to_new = gru_slopes(opened, run.rows(before))
            now, part = g_h[:count], whole_part[:count]
            for start, stop, number in run.places:
                numpy.add(now, g_hidden[start:stop], now)
                block, last = slopes[number], to_new[number]
                numpy.multiply(block, now, block)
                numpy.multiply(last, now, last)
                numpy.multiply(now, opened[number, 1], now)
                beside = recurrent[start:stop]
                beside.reshape(count, 3, size)[...] = block.swapaxes(0, 1)
                numpy.add(now, numpy.matmul(beside, weight, part), now)
            run.rows(given)[:, 2 * size :] = to_new.reshape(-1, size)
        given[:, : 2 * size] = recurrent[:, : 2 * size]
        return given, g_h, recurrent.T @ before, _column_sums(recurrent)

    def rnn_tanh_steps(self, *args: Any) -> Any:
        return _plain_steps(self, "rnn_tanh_steps", *args)

    def rnn_tanh_steps_grad(self, *args: Any) -> Any:
        return _plain_steps_grad(self, "rnn_tanh_steps_grad", *args)

    def rnn_relu_steps(self, *args: Any) -> Any:
        return _plain_steps(self, "rnn_relu_steps", *args)

    def rnn_relu_steps_grad(self, *args: Any) -> Any:
        return _plain_steps_grad(self, "rnn_relu_steps_grad", *args)


def _column_sums(x: Array) -> Array:
    # A product takes half the time of a sum.
    total: Array = numpy.ones(len(x), x.dtype) @ x
    return total


def lstm_slopes(opened: Array, c: Array) -> tuple[Array, Array, Array]:
    """Return how the cell, and by the exit gate what it shows, depends on what opened the gates.

    Returns
    -------
    slopes : ndarray of shape (steps, 4, rows, size)
        In the order of the weights.
    to_cell : ndarray of shape (steps, rows, size)
        How what it shows depends on the cell.
    raw : ndarray of shape (steps, rows, size)
        What it shows.
    """
    steps, _, rows, size = opened.shape
    entry, forget, exit_, candidate = opened.swapaxes(0, 1)
    slopes = numpy.empty(opened.shape, opened.dtype)
    to = slopes.swapaxes(0, 1)
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
    return slopes, numpy.subtract(exit_, shown, shown), raw  # exit (1 - shown^2)


def gru_slopes(opened: Array, h: Array) -> tuple[Array, Array]:
    """Return how the next state depends on what the state gives to the gates.

    Returns
    -------
    slopes : ndarray of shape (steps, 3, rows, size)
    to_new : ndarray of shape (steps, rows, size)
        How it depends on what the input gives to the third.
    """
    steps, _, rows, size = opened.shape
    reset, update, new, new_h = opened.swapaxes(0, 1)
    slopes = numpy.empty((steps, 3, rows, size), opened.dtype)
    to_reset, to_update, to_late = slopes.swapaxes(0, 1)
    rest = 1 - update
    to_new: Array = new * new
    numpy.subtract(1, to_new, to_new)
    to_new *= rest
    part = h.reshape(steps, rows, size) - new
    part *= update
    numpy.multiply(part, rest, to_update)
    part = numpy.multiply(to_new, reset, to_late)
    numpy.subtract(1, reset, rest)
    rest *= part
    numpy.multiply(rest, new_h, to_reset)
    return slopes, to_new


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
    return slopes, g_h, slopes.T @ before, _column_sums(slopes)
