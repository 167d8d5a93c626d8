"""What the gates of recurrent networks do with a state, and what they do with its gradient.

Gates open by what the input adds to them (`given`) and what the state adds (`recurrent`). Once open
they are kept: the way back needs nothing else, and computes no sigmoid again. All is written in
words of the vocabulary, for any backend, and for derivatives of higher order.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

__all__ = ["GRU", "LSTM", "RELU", "TANH", "Gates"]

Arrays = tuple[Any, ...]


class Gates(NamedTuple):
    """A kind of recurrent network.

    Attributes
    ----------
    open : callable
        ``open(k, given, recurrent, state)`` returns the next state and the open gates.
    close : callable
        ``close(k, gradients of that state, of the gates, gates, state)`` returns the gradients of
        `given`, of `recurrent`, and of the state by itself: without its part in `recurrent`.
    """

    open: Callable[..., tuple[Arrays, Any]]
    close: Callable[..., tuple[Any, Any, Arrays]]


def parts(k: Any, gates: Any, count: int) -> list[Any]:
    """Return `count` gates that stand side by side, one by one."""
    size = gates.shape[1] // count
    return [k.slice(gates, 1, n * size, (n + 1) * size, 1) for n in range(count)]


def added(x: Any, y: Any) -> Any:
    """Return the sum, where None is nothing."""
    if x is None or y is None:
        return y if x is None else x
    return x + y


def _open_lstm(k: Any, given: Any, recurrent: Any, state: Arrays) -> tuple[Arrays, Any]:
    entry, forget, candidate, exit_ = parts(k, given + recurrent, 4)
    entry, forget, exit_ = k.sigmoid(entry), k.sigmoid(forget), k.sigmoid(exit_)
    candidate = k.tanh(candidate)
    c = forget * state[1] + entry * candidate
    return (exit_ * k.tanh(c), c), k.cat([entry, forget, exit_, candidate], 1)


def lstm_shown(k: Any, gates: Any, c: Any) -> Any:
    """Return what the cell shows before it is projected, from its open gates and last state."""
    entry, forget, exit_, candidate = parts(k, gates, 4)
    return exit_ * k.tanh(forget * c + entry * candidate)


def _close_lstm(
    k: Any, g_state: Arrays, g_gates: Any, gates: Any, state: Arrays
) -> tuple[Any, Any, Arrays]:
    entry, forget, exit_, candidate = parts(k, gates, 4)
    g_h, g_c = g_state
    _, c = state
    shown = k.tanh(forget * c + entry * candidate)
    g_c = g_c + g_h * exit_ * (1 - shown * shown)
    g = [g_c * candidate, g_c * c, g_h * shown, g_c * entry]
    if g_gates is not None:
        g = [one + other for one, other in zip(g, parts(k, g_gates, 4), strict=True)]
    g_given = k.cat(
        [
            g[0] * entry * (1 - entry),
            g[1] * forget * (1 - forget),
            g[3] * (1 - candidate * candidate),
            g[2] * exit_ * (1 - exit_),
        ],
        1,
    )
    return g_given, g_given, (None, g_c * forget)


def _open_gru(k: Any, given: Any, recurrent: Any, state: Arrays) -> tuple[Arrays, Any]:
    reset_x, update_x, new_x = parts(k, given, 3)
    reset_h, update_h, new_h = parts(k, recurrent, 3)
    reset, update = k.sigmoid(reset_x + reset_h), k.sigmoid(update_x + update_h)
    new = k.tanh(new_x + reset * new_h)
    return (new + update * (state[0] - new),), k.cat([reset, update, new, new_h], 1)


def _close_gru(
    k: Any, g_state: Arrays, g_gates: Any, gates: Any, state: Arrays
) -> tuple[Any, Any, Arrays]:
    reset, update, new, new_h = parts(k, gates, 4)
    (g_h,), (h,) = g_state, state
    of = [None] * 4 if g_gates is None else parts(k, g_gates, 4)
    g_update = added(g_h * (h - new), of[1]) * update * (1 - update)
    g_new = added(g_h * (1 - update), of[2]) * (1 - new * new)
    g_reset = added(g_new * new_h, of[0]) * reset * (1 - reset)
    return (
        k.cat([g_reset, g_update, g_new], 1),
        k.cat([g_reset, g_update, added(g_new * reset, of[3])], 1),
        (g_h * update,),
    )


def _open_tanh(k: Any, given: Any, recurrent: Any, state: Arrays) -> tuple[Arrays, Any]:
    h = k.tanh(given + recurrent)
    return (h,), h


def _close_tanh(
    k: Any, g_state: Arrays, g_gates: Any, gates: Any, state: Arrays
) -> tuple[Any, Any, Arrays]:
    g = added(g_state[0], g_gates) * (1 - gates * gates)
    return g, g, (None,)


def _open_relu(k: Any, given: Any, recurrent: Any, state: Arrays) -> tuple[Arrays, Any]:
    h = k.relu(given + recurrent)
    return (h,), h


def _close_relu(
    k: Any, g_state: Arrays, g_gates: Any, gates: Any, state: Arrays
) -> tuple[Any, Any, Arrays]:
    g = k.relu_grad(added(g_state[0], g_gates), gates)
    return g, g, (None,)


LSTM = Gates(_open_lstm, _close_lstm)
GRU = Gates(_open_gru, _close_gru)
TANH = Gates(_open_tanh, _close_tanh)
RELU = Gates(_open_relu, _close_relu)
