"""What the gates of recurrent networks do with a state, and what they do with its gradient.

Gates open by what the input adds to them (`given`) and what the state adds (`recurrent`), in which
they stand side by side. Once open they are kept, one below the other: so each lies in one piece.
The way back needs nothing else, and computes no sigmoid again. All is written in words of the
vocabulary, for any backend, and for derivatives of higher order.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

__all__ = ["GRU", "LSTM", "RELU", "TANH", "Gates", "added", "lstm_shown"]

Arrays = tuple[Any, ...]


class Gates(NamedTuple):
    """A kind of recurrent network.

    Attributes
    ----------
    kept : int
        How many gates are kept.
    open : callable
        ``open(k, given, recurrent, state)`` returns the next state and the open gates.
    close : callable
        ``close(k, gradients of that state, of the gates, gates, state)`` returns the gradients of
        `given`, of `recurrent`, and of the state by itself: without its part in `recurrent`.
    """

    kept: int
    open: Callable[..., tuple[Arrays, Any]]
    close: Callable[..., tuple[Any, Any, Arrays]]


def _parts(k: Any, gates: Any, count: int, dim: int) -> list[Any]:
    """Return gates one by one, that stand side by side, or one below the other."""
    size = gates.shape[dim] // count
    return [k.slice(gates, dim, n * size, (n + 1) * size, 1) for n in range(count)]


def added(x: Any, y: Any) -> Any:
    """Return the sum, where None is nothing."""
    if x is None or y is None:
        return y if x is None else x
    return x + y


def _open_lstm(k: Any, given: Any, recurrent: Any, state: Arrays) -> tuple[Arrays, Any]:
    entry, forget, candidate, exit_ = _parts(k, given + recurrent, 4, 1)
    entry, forget, exit_ = k.sigmoid(entry), k.sigmoid(forget), k.sigmoid(exit_)
    candidate = k.tanh(candidate)
    c = forget * state[1] + entry * candidate
    return (exit_ * k.tanh(c), c), k.cat([entry, forget, exit_, candidate], 0)


def lstm_shown(k: Any, gates: Any, c: Any) -> Any:
    """Return what the cell shows before it is projected, from its open gates and last state."""
    entry, forget, exit_, candidate = _parts(k, gates, 4, 0)
    return exit_ * k.tanh(forget * c + entry * candidate)


def _close_lstm(
    k: Any, g_state: Arrays, g_gates: Any, gates: Any, state: Arrays
) -> tuple[Any, Any, Arrays]:
    entry, forget, exit_, candidate = _parts(k, gates, 4, 0)
    g_h, g_c = g_state
    _, c = state
    shown = k.tanh(forget * c + entry * candidate)
    g_c = g_c + g_h * exit_ * (1 - shown * shown)
    g = [g_c * candidate, g_c * c, g_h * shown, g_c * entry]
    if g_gates is not None:
        g = [one + other for one, other in zip(g, _parts(k, g_gates, 4, 0), strict=True)]
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
    reset_x, update_x, new_x = _parts(k, given, 3, 1)
    reset_h, update_h, new_h = _parts(k, recurrent, 3, 1)
    reset, update = k.sigmoid(reset_x + reset_h), k.sigmoid(update_x + update_h)
    new = k.tanh(new_x + reset * new_h)
    return (new + update * (state[0] - new),), k.cat([reset, update, new, new_h], 0)


def _close_gru(
    k: Any, g_state: Arrays, g_gates: Any, gates: Any, state: Arrays
) -> tuple[Any, Any, Arrays]:
    reset, update, new, new_h = _parts(k, gates, 4, 0)
    (g_h,), (h,) = g_state, state
    of = [None] * 4 if g_gates is None else _parts(k, g_gates, 4, 0)
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


LSTM = Gates(4, _open_lstm, _close_lstm)
GRU = Gates(4, _open_gru, _close_gru)
TANH = Gates(1, _open_tanh, _close_tanh)
RELU = Gates(1, _open_relu, _close_relu)
