"""Recurrent networks: what a cell does with its gates, cells, and layers of them over time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from plugrad.nn.operators.dropout import dropout as drop
from plugrad.operators.matmul import linear
from plugrad.vocabulary.forms import composite, function, primitive
from plugrad.vocabulary.registry import functions
from plugrad.vocabulary.registry import tensor_table as t

__all__ = [
    "gru",
    "gru_cell",
    "lstm",
    "lstm_cell",
    "rnn_relu",
    "rnn_relu_cell",
    "rnn_tanh",
    "rnn_tanh_cell",
]

# --------------------------------------------------------------------------------------- the gates


def _parts(k: Any, gates: Any, count: int) -> list[Any]:
    size = gates.shape[1] // count
    return [k.slice(gates, 1, n * size, (n + 1) * size, 1) for n in range(count)]


def _lstm_body(k: Any, x_gates: Any, h_gates: Any, c: Any) -> tuple[Any, Any]:
    entry, forget, candidate, exit_ = _parts(k, x_gates + h_gates, 4)
    c = k.sigmoid(forget) * c + k.sigmoid(entry) * k.tanh(candidate)
    return k.sigmoid(exit_) * k.tanh(c), c


primitive(
    "lstm_gates", "x_gates, h_gates, c", outputs="hidden, state", node="ThnnFusedLstmCellBackward0",
    aten="aten::_thnn_fused_lstm_cell", body=_lstm_body,
    joint=lambda k, g_hidden, g_state, x_gates, h_gates, c, state: k.lstm_gates_grad(
        g_hidden, g_state, x_gates, h_gates, c, state
    ),
)  # fmt: skip


@composite("lstm_gates_grad", expose="", aten="aten::_thnn_fused_lstm_cell_backward")
def _lstm_gates_grad(
    k: Any, g_hidden: Any, g_state: Any, x_gates: Any, h_gates: Any, c: Any, state: Any
) -> tuple[Any, Any, Any]:
    entry, forget, candidate, exit_ = _parts(k, x_gates + h_gates, 4)
    entry, forget, exit_ = k.sigmoid(entry), k.sigmoid(forget), k.sigmoid(exit_)
    candidate, shown = k.tanh(candidate), k.tanh(state)
    g = g_state + g_hidden * exit_ * (1 - shown * shown)
    parts = [
        g * candidate * entry * (1 - entry),
        g * c * forget * (1 - forget),
        g * entry * (1 - candidate * candidate),
        g_hidden * shown * exit_ * (1 - exit_),
    ]
    both = k.cat(parts, 1)
    return both, both, g * forget


def _gru_body(k: Any, x_gates: Any, h_gates: Any, h: Any) -> Any:
    reset_x, update_x, new_x = _parts(k, x_gates, 3)
    reset_h, update_h, new_h = _parts(k, h_gates, 3)
    update = k.sigmoid(update_x + update_h)
    new = k.tanh(new_x + k.sigmoid(reset_x + reset_h) * new_h)
    return new + update * (h - new)


primitive(
    "gru_gates", "x_gates, h_gates, h", node="ThnnFusedGruCellBackward0",
    aten="aten::_thnn_fused_gru_cell", body=_gru_body,
    joint=lambda k, g, x_gates, h_gates, h: k.gru_gates_grad(g, x_gates, h_gates, h),
)  # fmt: skip


@composite("gru_gates_grad", expose="", aten="aten::_thnn_fused_gru_cell_backward")
def _gru_gates_grad(k: Any, g: Any, x_gates: Any, h_gates: Any, h: Any) -> tuple[Any, Any, Any]:
    reset_x, update_x, new_x = _parts(k, x_gates, 3)
    reset_h, update_h, new_h = _parts(k, h_gates, 3)
    reset, update = k.sigmoid(reset_x + reset_h), k.sigmoid(update_x + update_h)
    new = k.tanh(new_x + reset * new_h)
    g_new = g * (1 - update) * (1 - new * new)
    g_update = g * (h - new) * update * (1 - update)
    g_reset = g_new * new_h * reset * (1 - reset)
    return (
        k.cat([g_reset, g_update, g_new], 1),
        k.cat([g_reset, g_update, g_new * reset], 1),
        g * update,
    )


# ---------------------------------------------------------------------------------------- the cells

Step = Callable[[Any, tuple[Any, ...], tuple[Any, ...]], tuple[Any, ...]]
"""From what the input makes of the gates, the state, and the weights, to the next state."""


def _lstm_step(given: Any, state: tuple[Any, ...], weights: tuple[Any, ...]) -> tuple[Any, ...]:
    h, c = state
    weight, bias, projection = weights
    hidden, c = t.lstm_gates(given, linear(h, weight, bias), c)
    return hidden if projection is None else linear(hidden, projection), c


def _gru_step(given: Any, state: tuple[Any, ...], weights: tuple[Any, ...]) -> tuple[Any, ...]:
    weight, bias, _ = weights
    return (t.gru_gates(given, linear(state[0], weight, bias), state[0]),)


def _tanh_step(given: Any, state: tuple[Any, ...], weights: tuple[Any, ...]) -> tuple[Any, ...]:
    weight, bias, _ = weights
    return ((given + linear(state[0], weight, bias)).tanh(),)


def _relu_step(given: Any, state: tuple[Any, ...], weights: tuple[Any, ...]) -> tuple[Any, ...]:
    weight, bias, _ = weights
    return ((given + linear(state[0], weight, bias)).relu(),)


_GATES: dict[Step, int] = {_lstm_step: 4, _gru_step: 3, _tanh_step: 1, _relu_step: 1}


def _cell(
    name: str, step: Step, input: Any, state: Sequence[Any], w_ih: Any, w_hh: Any, b_ih: Any,
    b_hh: Any,
) -> tuple[Any, ...]:  # fmt: skip
    rows, features = input._array.shape
    of_input, of_state = w_ih._array.shape, w_hh._array.shape
    gates, size = _GATES[step], of_state[1]
    if features != of_input[1]:
        raise RuntimeError(f"{name}(): input has {features} features, w_ih is for {of_input[1]}")
    for each in state:
        if each._array.shape != (rows, size):
            raise RuntimeError(
                f"{name}(): the state is of shape {list(each.shape)}; for {rows} rows of "
                f"{size} features it must be {[rows, size]}"
            )
    if not of_input[0] == of_state[0] == gates * size:
        raise RuntimeError(
            f"{name}(): the weights have {of_input[0]} and {of_state[0]} rows; {gates} gates "
            f"of {size} features have {gates * size}"
        )
    return step(linear(input, w_ih, b_ih), tuple(state), (w_hh, b_hh, None))


@function("function")
def lstm_cell(
    input: Any, hx: Any, w_ih: Any, w_hh: Any, b_ih: Any = None, b_hh: Any = None
) -> tuple[Any, Any]:
    """Return the next state of a long short-term memory [1]_.

    Parameters
    ----------
    input : Tensor, shape (batch, features)
    hx : pair of Tensor, each of shape (batch, hidden)
        The hidden state and the cell's.
    w_ih, w_hh : Tensor, shapes (4 hidden, features) and (4 hidden, hidden)
        The weights of the input, forget, candidate and output gates.
    b_ih, b_hh : Tensor, optional, shape (4 hidden,)

    Returns
    -------
    pair of Tensor

    Raises
    ------
    RuntimeError
        If shapes do not fit.

    References
    ----------
    .. [1] S. Hochreiter, J. Schmidhuber, "Long short-term memory", Neural Computation 9, 1997; with
       the forget gate of F. Gers, J. Schmidhuber and F. Cummins, 2000.

    Examples
    --------
    >>> import plugrad
    >>> h = c = plugrad.zeros(1, 2)
    >>> h, c = plugrad.lstm_cell(plugrad.ones(1, 3), (h, c), plugrad.ones(8, 3), plugrad.ones(8, 2))
    >>> h
    tensor([[0.7038, 0.7038]])
    """
    h, c = _cell("lstm_cell", _lstm_step, input, hx, w_ih, w_hh, b_ih, b_hh)
    return h, c


@function("function")
def gru_cell(input: Any, hx: Any, w_ih: Any, w_hh: Any, b_ih: Any = None, b_hh: Any = None) -> Any:
    """Return the next state of a gated recurrent unit [1]_.

    Parameters
    ----------
    input : Tensor, shape (batch, features)
    hx : Tensor, shape (batch, hidden)
    w_ih, w_hh : Tensor, shapes (3 hidden, features) and (3 hidden, hidden)
        The weights of the reset and update gates and of the candidate.
    b_ih, b_hh : Tensor, optional, shape (3 hidden,)

    Returns
    -------
    Tensor, shape (batch, hidden)

    Raises
    ------
    RuntimeError
        If shapes do not fit.

    References
    ----------
    .. [1] K. Cho et al., "Learning phrase representations using RNN encoder-decoder", 2014,
       https://arxiv.org/abs/1406.1078; with the reset gate after the product, as in cuDNN.

    Examples
    --------
    >>> import plugrad
    >>> h = plugrad.zeros(1, 2)
    >>> plugrad.gru_cell(plugrad.ones(1, 3), h, plugrad.ones(6, 3), plugrad.ones(6, 2))
    tensor([[0.0472, 0.0472]])
    """
    return _cell("gru_cell", _gru_step, input, (hx,), w_ih, w_hh, b_ih, b_hh)[0]


@function("function")
def rnn_tanh_cell(
    input: Any, hx: Any, w_ih: Any, w_hh: Any, b_ih: Any = None, b_hh: Any = None
) -> Any:
    """Return ``tanh(w_ih @ input + b_ih + w_hh @ hx + b_hh)``, for each row.

    Parameters
    ----------
    input : Tensor, shape (batch, features)
    hx : Tensor, shape (batch, hidden)
    w_ih, w_hh : Tensor, shapes (hidden, features) and (hidden, hidden)
    b_ih, b_hh : Tensor, optional, shape (hidden,)

    Returns
    -------
    Tensor, shape (batch, hidden)

    Raises
    ------
    RuntimeError
        If shapes do not fit.

    Examples
    --------
    >>> import plugrad
    >>> h = plugrad.zeros(1, 2)
    >>> plugrad.rnn_tanh_cell(plugrad.ones(1, 1), h, plugrad.ones(2, 1), plugrad.ones(2, 2))
    tensor([[0.7616, 0.7616]])
    """
    return _cell("rnn_tanh_cell", _tanh_step, input, (hx,), w_ih, w_hh, b_ih, b_hh)[0]


@function("function")
def rnn_relu_cell(
    input: Any, hx: Any, w_ih: Any, w_hh: Any, b_ih: Any = None, b_hh: Any = None
) -> Any:
    """Return ``relu(w_ih @ input + b_ih + w_hh @ hx + b_hh)``, for each row: see `rnn_tanh_cell`.

    Examples
    --------
    >>> import plugrad
    >>> h = plugrad.zeros(1, 2)
    >>> plugrad.rnn_relu_cell(plugrad.ones(1, 1), h, plugrad.ones(2, 1), plugrad.ones(2, 2))
    tensor([[1., 1.]])
    """
    return _cell("rnn_relu_cell", _relu_step, input, (hx,), w_ih, w_hh, b_ih, b_hh)[0]


# --------------------------------------------------------------------------------------- the layers


def scan(
    step: Step, data: Any, sizes: Sequence[int], state: tuple[Any, ...], weights: Sequence[Any],
    backwards: bool,
) -> tuple[list[Any], tuple[Any, ...]]:  # fmt: skip
    """Run a cell over the steps of sequences, the longest of which come first.

    Parameters
    ----------
    step : callable
    data : Tensor, shape (rows of all steps, features)
    sizes : sequence of int
        How many sequences there are at each step.
    state : tuple of Tensor, each of shape (batch, hidden)
    weights : sequence of Tensor or None
        Those of the input and of the state, their biases, and the projection.
    backwards : bool
        Whether the last step comes first.

    Returns
    -------
    list of Tensor
        The hidden state at each step.
    tuple of Tensor
        The last state of each sequence.
    """
    w_ih, w_hh, b_ih, b_hh, projection = weights
    # What the input adds to the gates, of all steps at once.
    given = linear(data, w_ih, b_ih).split(list(sizes))
    steps = reversed(range(len(sizes))) if backwards else range(len(sizes))
    outputs: list[Any] = [None] * len(sizes)
    ended: list[tuple[Any, ...]] = []
    now = sizes[-1] if backwards else sizes[0]
    current = tuple(each[:now] for each in state) if now != state[0].shape[0] else state
    for number in steps:
        size = sizes[number]
        if size > now:  # sequences that begin here, seen from their end
            current = tuple(
                functions["cat"]([each, first[now:size]])
                for each, first in zip(current, state, strict=True)
            )
        elif size < now:  # sequences that have ended
            ended.append(tuple(each[size:] for each in current))
            current = tuple(each[:size] for each in current)
        now = size
        current = step(given[number], current, (w_hh, b_hh, projection))
        outputs[number] = current[0]
    final = tuple(
        functions["cat"]([each, *(part[place] for part in reversed(ended))]) if ended else each
        for place, each in enumerate(current)
    )
    return outputs, final


def _stacked(
    step: Step, data: Any, sizes: Sequence[int], states: tuple[Any, ...], params: Sequence[Any],
    has_biases: bool, num_layers: int, dropout: float, train: bool, bidirectional: bool,
) -> tuple[list[list[Any]], tuple[Any, ...]]:  # fmt: skip
    """Run layers one on the other, each in both directions where that is asked for.

    Returns
    -------
    list of list of Tensor
        For each direction the last layer's hidden state at each step.
    tuple of Tensor
        The last states.
    """
    directions = 2 if bidirectional else 1
    each = len(params) // (num_layers * directions)
    last: list[tuple[Any, ...]] = []
    outputs: list[list[Any]] = []
    for layer in range(num_layers):
        if layer:
            data = _joined(outputs, "cat", 0)
            data = drop(data, dropout, True) if dropout and train else data
        outputs = []
        for direction in range(directions):
            place = layer * directions + direction
            given = list(params[place * each : (place + 1) * each])
            biases = given[2:4] if has_biases else [None, None]
            projection = given[-1] if each % 2 else None
            weights = [*given[:2], *biases, projection]
            state = tuple(part[place] for part in states)
            output, final = scan(step, data, sizes, state, weights, direction == 1)
            outputs.append(output)
            last.append(final)
    return outputs, tuple(functions["stack"](list(parts)) for parts in zip(*last, strict=True))


def _joined(outputs: list[list[Any]], how: str, dim: int) -> Any:
    """Return the steps of each direction joined, and the directions' features side by side."""
    found = [functions[how](steps, dim) for steps in outputs]
    return found[0] if len(found) == 1 else functions["cat"](found, -1)


def _run(
    step: Step, arguments: tuple[Any, ...], params: Any, has_biases: bool, num_layers: int,
    dropout: float, train: bool, bidirectional: bool, batch_first: bool | None,
) -> tuple[Any, ...]:  # fmt: skip
    options = has_biases, num_layers, dropout, train, bidirectional
    if batch_first is None:
        data, batch_sizes, hx = arguments
        states = tuple(hx) if isinstance(hx, tuple | list) else (hx,)
        outputs, final = _stacked(step, data, batch_sizes.tolist(), states, params, *options)
        return _joined(outputs, "cat", 0), *final
    input, hx = arguments
    states = tuple(hx) if isinstance(hx, tuple | list) else (hx,)
    if batch_first:
        input = input.transpose(0, 1)
    length, batch, features = input.shape
    if length == 0:
        raise RuntimeError("sequences of length 0 have no state to end in; give at least one step")
    data = input.reshape(length * batch, features)
    outputs, final = _stacked(step, data, [batch] * length, states, params, *options)
    if batch_first and step is _lstm_step:  # as PyTorch: a view of what has time first
        return _joined(outputs, "stack", 0).transpose(0, 1), *final
    return _joined(outputs, "stack", int(batch_first)), *final


def _layers(name: str, step: Step, states: str, gates: str) -> Callable[..., Any]:
    def layers(*args: Any, **kwargs: Any) -> tuple[Any, ...]:
        names = ["input", "hx", "params", "has_biases", "num_layers", "dropout", "train",
                 "bidirectional", "batch_first"]  # fmt: skip
        packed = "batch_sizes" in kwargs or (len(args) > 3 and not isinstance(args[3], bool))
        if packed:
            names[:2] = ["data", "batch_sizes", "hx"]
            names.pop()
        if len(args) > len(names) or kwargs.keys() - set(names[len(args) :]):
            raise TypeError(f"{name}() takes {', '.join(names)}")
        given = {**dict(zip(names, args, strict=False)), **kwargs}
        if missing := [each for each in names if each not in given]:
            raise TypeError(f"{name}() needs {', '.join(missing)}, too")
        first = tuple(given[each] for each in names[: 3 if packed else 2])
        rest = [given[each] for each in names[3 if packed else 2 :]]
        return _run(step, first, *rest, *([None] if packed else []))

    layers.__name__ = layers.__qualname__ = name
    layers.__doc__ = f"""Return the outputs of recurrent layers, and their last state.

    As ``{name}(input, hx, params, has_biases, num_layers, dropout, train, bidirectional,
    batch_first)``, or for sequences of several lengths ``{name}(data, batch_sizes, hx, params,
    has_biases, num_layers, dropout, train, bidirectional)``. The modules of `plugrad.nn` are easier
    to use.

    Parameters
    ----------
    input : Tensor, shape (time, batch, features)
        With `batch_first` of shape ``(batch, time, features)``.
    hx : {states}
        Of shape ``(layers * directions, batch, hidden)``.
    params : sequence of Tensor
        For each layer and direction the weights and biases of {gates}.
    has_biases : bool
    num_layers : int
    dropout : float
        The chance of a layer's outputs to be zero for the next layer, where `train` is true.
    train, bidirectional, batch_first : bool

    Returns
    -------
    tuple of Tensor

    Raises
    ------
    TypeError
        If an argument is missing.
    RuntimeError
        If shapes do not fit, or there is no step.

    Examples
    --------
    >>> import plugrad
    >>> layer = plugrad.nn.{name.removesuffix("_tanh").removesuffix("_relu").upper()}(3, 2)
    >>> state = {"(plugrad.zeros(1, 1, 2),) * 2" if name == "lstm" else "plugrad.zeros(1, 1, 2)"}
    >>> options = True, 1, 0.0, False, False, False
    >>> x, weights = plugrad.ones(5, 1, 3), list(layer.parameters())
    >>> output, *_ = plugrad.{name}(x, state, weights, *options)
    >>> output.shape
    plugrad.Size([5, 1, 2])
    """
    return function("function", names=name)(layers)


lstm = _layers("lstm", _lstm_step, "pair of Tensor", "the four gates of `lstm_cell`")
gru = _layers("gru", _gru_step, "Tensor", "the three gates of `gru_cell`")
rnn_tanh = _layers("rnn_tanh", _tanh_step, "Tensor", "`rnn_tanh_cell`")
rnn_relu = _layers("rnn_relu", _relu_step, "Tensor", "`rnn_relu_cell`")
