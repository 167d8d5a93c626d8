"""The operators of recurrent networks: one step of a cell, and all steps of a layer.

Each is one node with one rule. Beside what is asked for they return what the way back needs: the
open gates and the states before each step, as outputs of their own, so that derivatives of higher
order find them in the graph; nobody else sees them, nor changes them.

Sequences of several lengths lie step by step, the longest first: `sizes` says how many there are at
each step. Those that have ended, or have not begun when steps are taken from the end, keep their
state.
"""

from __future__ import annotations

from itertools import accumulate, pairwise
from typing import Any

from plugrad.nn.operators.gates import GRU, LSTM, RELU, TANH, Gates, added, lstm_shown
from plugrad.vocabulary.forms import composite, primitive

__all__ = ["places"]

Arrays = tuple[Any, ...]


def places(sizes: tuple[int, ...], backwards: bool) -> list[tuple[int, int]]:
    """Return where the rows of each step start and stop, in the order in which steps are taken."""
    found = list(pairwise(accumulate(sizes, initial=0)))
    return found[::-1] if backwards else found


def _of_first(k: Any, x: Any, count: int) -> Any:
    return x if x.shape[0] == count else k.slice(x, 0, 0, count, 1)


def _with_first(k: Any, x: Any, first: Any) -> Any:
    """Return `x` with other first rows."""
    rows, count = x.shape[0], first.shape[0]
    return first if rows == count else k.cat([first, k.slice(x, 0, count, rows, 1)], 0)


def _product(k: Any, x: Any, weight: Any, bias: Any) -> Any:
    return added(k.mm(x, k.t(weight)), bias)


# ----------------------------------------------------------------------------- all steps of a layer


def _steps(
    k: Any, kind: Gates, given: Any, state: Arrays, weight: Any, bias: Any, projection: Any,
    sizes: tuple[int, ...], backwards: bool,
) -> Arrays:  # fmt: skip
    """Return all hidden states, the last states, and all gates and states before each step."""
    found = {}
    for start, stop in places(sizes, backwards):
        before = tuple(_of_first(k, each, stop - start) for each in state)
        recurrent = _product(k, before[0], weight, bias)
        after, gates = kind.open(k, k.slice(given, 0, start, stop, 1), recurrent, before)
        if projection is not None:
            after = k.mm(after[0], k.t(projection)), *after[1:]
        found[start] = (after[0], gates, *before)
        state = tuple(_with_first(k, each, new) for each, new in zip(state, after, strict=True))
    hidden, *kept = (
        k.cat(list(each), 0)
        for each in zip(*(found[start] for start in sorted(found)), strict=True)
    )
    return hidden, *state, *kept


def _steps_grad(
    k: Any, kind: Gates, g_hidden: Any, g_state: Arrays, g_gates: Any, g_before: Arrays, gates: Any,
    before: Arrays, weight: Any, projection: Any, sizes: tuple[int, ...], backwards: bool,
) -> Arrays:  # fmt: skip
    """Return the gradients of `given`, of the first states, of the weight, bias and projection."""
    found, g_projection = {}, None
    for start, stop in reversed(places(sizes, backwards)):

        def rows(x: Any, count: int = 1, start: int = start, stop: int = stop) -> Any:
            return None if x is None else k.slice(x, 0, count * start, count * stop, 1)

        g_h, *others = (_of_first(k, each, stop - start) for each in g_state)
        g_h = added(g_h, rows(g_hidden))
        if projection is not None:
            raw = lstm_shown(k, rows(gates, kind.kept), rows(before[1]))
            g_projection = added(g_projection, k.mm(k.t(g_h), raw))
            g_h = k.mm(g_h, projection)
        g_given, g_recurrent, direct = kind.close(
            k, (g_h, *others), rows(g_gates, kind.kept), rows(gates, kind.kept),
            tuple(rows(each) for each in before),
        )  # fmt: skip
        through = added(k.mm(g_recurrent, weight), direct[0]), *direct[1:]
        g_state = tuple(
            _with_first(k, each, added(new, rows(g)))
            for each, new, g in zip(g_state, through, g_before, strict=True)
        )
        found[start] = g_given, g_recurrent
    g_given, g_recurrent = (
        k.cat(list(each), 0)
        for each in zip(*(found[start] for start in sorted(found)), strict=True)
    )
    g_weight = k.mm(k.t(g_recurrent), before[0])
    return g_given, *g_state, g_weight, k.sum_dim(g_recurrent, (0,), False), g_projection


primitive(
    "lstm_steps", "x_gates, h, c, weight, bias?, projection?; sizes, backwards",
    outputs="hidden, h_last, c_last, gates, h_before, c_before", node="LstmBackward0",
    aten="aten::lstm_layer",
    body=lambda k, x_gates, h, c, weight, bias, projection, sizes, backwards: _steps(
        k, LSTM, x_gates, (h, c), weight, bias, projection, sizes, backwards
    ),
    joint=lambda k, given, g_hidden, g_h_last, g_c_last, g_gates, g_h_before, g_c_before, gates,
    h_before, c_before, weight, projection, sizes, backwards: k.lstm_steps_grad(
        g_hidden, g_h_last, g_c_last, *_kept(given[3:], g_gates, g_h_before, g_c_before), gates,
        h_before, c_before, weight, projection, sizes, backwards,
    ),
)  # fmt: skip


def _kept(given: tuple[bool, ...], *gradients: Any) -> Arrays:
    """Return the gradients of what is kept for the way back: None where there is none.

    There is only where the way back has been differentiated itself.
    """
    return tuple(g if some else None for g, some in zip(gradients, given, strict=True))


@composite("lstm_steps_grad", expose="", aten="aten::lstm_layer_backward")
def _lstm_steps_grad(
    k: Any, g_hidden: Any, g_h_last: Any, g_c_last: Any, g_gates: Any, g_h_before: Any,
    g_c_before: Any, gates: Any, h_before: Any, c_before: Any, weight: Any, projection: Any,
    sizes: Any, backwards: Any,
) -> Arrays:  # fmt: skip
    return _steps_grad(
        k, LSTM, g_hidden, (g_h_last, g_c_last), g_gates, (g_h_before, g_c_before), gates,
        (h_before, c_before), weight, projection, sizes, backwards,
    )  # fmt: skip


def _declare_layer(name: str, kind: Gates) -> None:
    """Declare a layer whose whole state is what it shows."""
    primitive(
        f"{name}_steps", "x_gates, h, weight, bias?; sizes, backwards",
        outputs="hidden, h_last, gates, h_before", node=f"{name.title().replace('_', '')}Backward0",
        aten=f"aten::{name}_layer",
        body=lambda k, x_gates, h, weight, bias, sizes, backwards: _steps(
            k, kind, x_gates, (h,), weight, bias, None, sizes, backwards
        ),
        joint=lambda k, given, g_hidden, g_h_last, g_gates, g_h_before, gates, h_before, weight,
        sizes, backwards: getattr(k, f"{name}_steps_grad")(
            g_hidden, g_h_last, *_kept(given[2:], g_gates, g_h_before), gates, h_before, weight,
            sizes, backwards,
        ),
    )  # fmt: skip

    @composite(f"{name}_steps_grad", expose="", aten=f"aten::{name}_layer_backward")
    def grad(
        k: Any, g_hidden: Any, g_h_last: Any, g_gates: Any, g_h_before: Any, gates: Any,
        h_before: Any, weight: Any, sizes: Any, backwards: Any,
    ) -> Arrays:  # fmt: skip
        found = _steps_grad(
            k, kind, g_hidden, (g_h_last,), g_gates, (g_h_before,), gates, (h_before,), weight,
            None, sizes, backwards,
        )  # fmt: skip
        return found[:-1]


_declare_layer("gru", GRU)
_declare_layer("rnn_tanh", TANH)
_declare_layer("rnn_relu", RELU)


# ------------------------------------------------------------------------------- one step of a cell


def _step(
    k: Any, kind: Gates, x: Any, state: Arrays, w_ih: Any, w_hh: Any, b_ih: Any, b_hh: Any
) -> Arrays:
    """Return the next state, and the open gates."""
    given, recurrent = _product(k, x, w_ih, b_ih), _product(k, state[0], w_hh, b_hh)
    after, gates = kind.open(k, given, recurrent, state)
    return *after, gates


def _step_grad(
    k: Any, kind: Gates, g_state: Arrays, g_gates: Any, gates: Any, x: Any, state: Arrays,
    w_ih: Any, w_hh: Any, needs: tuple[bool, ...],
) -> Arrays:  # fmt: skip
    """Return the gradients of the input, the state, both weights and both biases."""
    given, recurrent, (of_h, *others) = kind.close(k, g_state, g_gates, gates, state)
    return (
        k.mm(given, w_ih) if needs[0] else None,
        added(k.mm(recurrent, w_hh), of_h) if needs[1] else None,
        *others,
        k.mm(k.t(given), x),
        k.mm(k.t(recurrent), state[0]),
        k.sum_dim(given, (0,), False),
        k.sum_dim(recurrent, (0,), False),
    )


primitive(
    "lstm_step", "x, h, c, w_ih, w_hh, b_ih?, b_hh?", outputs="hidden, state, gates",
    node="ThnnFusedLstmCellBackward0", aten="aten::_thnn_fused_lstm_cell",
    body=lambda k, x, h, c, w_ih, w_hh, b_ih, b_hh: _step(
        k, LSTM, x, (h, c), w_ih, w_hh, b_ih, b_hh
    ),
    joint=lambda k, given, needs, g_hidden, g_state, g_gates, gates, x, h, c, w_ih, w_hh:
    k.lstm_step_grad(
        g_hidden, g_state, *_kept(given[2:], g_gates), gates, x, h, c, w_ih, w_hh, needs
    ),
)  # fmt: skip


@composite("lstm_step_grad", expose="", aten="aten::_thnn_fused_lstm_cell_backward")
def _lstm_step_grad(
    k: Any, g_hidden: Any, g_state: Any, g_gates: Any, gates: Any, x: Any, h: Any, c: Any,
    w_ih: Any, w_hh: Any, needs: Any,
) -> Arrays:  # fmt: skip
    return _step_grad(k, LSTM, (g_hidden, g_state), g_gates, gates, x, (h, c), w_ih, w_hh, needs)


primitive(
    "gru_step", "x, h, w_ih, w_hh, b_ih?, b_hh?", outputs="hidden, gates",
    node="ThnnFusedGruCellBackward0", aten="aten::_thnn_fused_gru_cell",
    body=lambda k, x, h, w_ih, w_hh, b_ih, b_hh: _step(k, GRU, x, (h,), w_ih, w_hh, b_ih, b_hh),
    joint=lambda k, given, needs, g_hidden, g_gates, gates, x, h, w_ih, w_hh: k.gru_step_grad(
        g_hidden, *_kept(given[1:], g_gates), gates, x, h, w_ih, w_hh, needs
    ),
)  # fmt: skip


@composite("gru_step_grad", expose="", aten="aten::_thnn_fused_gru_cell_backward")
def _gru_step_grad(
    k: Any, g_hidden: Any, g_gates: Any, gates: Any, x: Any, h: Any, w_ih: Any, w_hh: Any,
    needs: Any,
) -> Arrays:  # fmt: skip
    return _step_grad(k, GRU, (g_hidden,), g_gates, gates, x, (h,), w_ih, w_hh, needs)
