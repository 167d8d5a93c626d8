"""Checks of states and weights of recurrent networks: kernels take them for granted."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from plugrad.operators.dimensions import require_tensor

__all__ = ["check_cell", "check_layers", "check_sizes", "pair_of_states"]

_GATES = {"lstm": 4, "gru": 3, "rnn_tanh": 1, "rnn_relu": 1}


def check_cell(kind: str, input: Any, state: Sequence[Any], w_ih: Any, w_hh: Any) -> None:
    """Check the arguments of a cell.

    Raises
    ------
    TypeError
        If one is no tensor.
    RuntimeError
        If they do not fit.
    """
    name = f"{kind}_cell"
    for each, tensor in (("input", input), ("w_ih", w_ih), ("w_hh", w_hh)):
        require_tensor(name, tensor, each)
    for each in state:
        require_tensor(name, each, "hx")
    shapes = [tensor._array.shape for tensor in (input, w_ih, w_hh)]
    if any(len(shape) != 2 for shape in shapes):
        raise RuntimeError(
            f"{name}(): input, w_ih and w_hh have two dimensions, but their shapes are "
            f"{', '.join(str(list(shape)) for shape in shapes)}"
        )
    (rows, features), of_input, of_state = shapes
    size = of_state[1]
    if features != of_input[1]:
        raise RuntimeError(f"{name}(): input has {features} features, w_ih is for {of_input[1]}")
    for each in state:
        if each._array.shape != (rows, size):
            raise RuntimeError(
                f"{name}(): the state is of shape {list(each.shape)}; for {rows} rows of "
                f"{size} features it must be {[rows, size]}"
            )
    _check_rows(name, kind, size, w_ih, w_hh)


def _check_rows(name: str, kind: str, size: int, w_ih: Any, w_hh: Any) -> None:
    gates = _GATES[kind]
    rows = [weight._array.shape[0] for weight in (w_ih, w_hh)]
    if rows != [gates * size] * 2:
        raise RuntimeError(
            f"{name}(): the weights have {rows[0]} and {rows[1]} rows; {gates} gates of {size} "
            f"features have {gates * size}"
        )


def pair_of_states(name: str, hx: Any) -> tuple[Any, Any]:
    """Return the two states of an LSTM.

    Raises
    ------
    TypeError, RuntimeError
        If they are no pair.
    """
    if not isinstance(hx, tuple | list):
        raise TypeError(f"{name}(): hx is a pair of Tensors, not {type(hx).__name__}")
    if len(hx) != 2:
        raise RuntimeError(f"{name}(): hx is the hidden state and the cell's, not {len(hx)} states")
    return hx[0], hx[1]


def check_layers(
    kind: str, features: int, batch: int, states: Sequence[Any], params: Sequence[Any],
    has_biases: bool, num_layers: int, directions: int,
) -> None:  # fmt: skip
    """Check the states and weights of layers: kernels take them for granted.

    Raises
    ------
    TypeError
        If one is no tensor.
    RuntimeError
        If they are too few or too many, or do not fit.
    """
    for tensor in (*states, *params):
        require_tensor(kind, tensor, "hx" if any(tensor is each for each in states) else "params")
    if kind == "rnn_tanh" and not (states[0].is_floating_point() or states[0].is_complex()):
        raise RuntimeError(f"{kind}() is for floating-point numbers, not {states[0].dtype}")
    count = num_layers * directions
    least = 4 if has_biases else 2
    each = len(params) // count if count > 0 else 0
    if each * count != len(params) or each not in (
        (least, least + 1) if kind == "lstm" else [least]
    ):
        raise RuntimeError(
            f"{kind}(): there are {len(params)} weights and biases; {count} layers and directions "
            f"{'with' if has_biases else 'without'} biases have {least} each"
        )
    for place in range(count):
        w_ih, w_hh, *rest = params[place * each : (place + 1) * each]
        projection = rest[-1] if each > least else None
        if any(len(weight.shape) != 2 for weight in (w_ih, w_hh)):
            raise RuntimeError(f"{kind}(): weights have two dimensions")
        shown = w_hh.shape[1]
        size = shown if projection is None else projection.shape[-1]
        _check_rows(kind, kind, size, w_ih, w_hh)
        if projection is not None and projection.shape != (shown, size):
            raise RuntimeError(
                f"{kind}(): a projection is of shape {list(projection.shape)}, not {[shown, size]}"
            )
        width = features if place < directions else shown * directions
        if w_ih.shape[1] != width:
            raise RuntimeError(f"{kind}(): {width} features, but w_ih is for {w_ih.shape[1]}")
        if any(bias.shape != w_ih.shape[:1] for bias in rest[: least - 2]):
            raise RuntimeError(f"{kind}(): a bias has a number for each row of the weights")
        for state, wide in zip(states, (shown, size), strict=False):
            if state.shape != (count, batch, wide):
                raise RuntimeError(
                    f"{kind}(): the state is of shape {list(state.shape)}, not "
                    f"{[count, batch, wide]}"
                )


def check_sizes(kind: str, data: Any, sizes: tuple[int, ...]) -> None:
    """Check how many sequences there are at each step.

    Raises
    ------
    RuntimeError
        If there is none, there are more than before, or more than there are data.
    """
    if len(data.shape) != 2:
        raise RuntimeError(f"{kind}(): packed data have two dimensions, not {data.dim()}")
    if not sizes or sizes[-1] <= 0 or any(one < other for one, other in pairwise(sizes)):
        raise RuntimeError(
            f"{kind}(): batch_sizes says how many sequences have each step: the longest come "
            f"first, so it cannot be {list(sizes)}"
        )
    if sum(sizes) > data.shape[0]:
        raise RuntimeError(
            f"{kind}(): batch_sizes {list(sizes)} tells of {sum(sizes)} rows, but there are "
            f"{data.shape[0]}"
        )
