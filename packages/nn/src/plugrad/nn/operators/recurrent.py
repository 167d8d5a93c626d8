"""The functions of recurrent networks: cells, and layers of them over time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from plugrad.autograd.modes import mode
from plugrad.nn.operators.dropout import dropout as drop
from plugrad.nn.operators.states import check_cell, check_layers, check_sizes, pair_of_states
from plugrad.operators.dimensions import require_tensor
from plugrad.operators.matmul import linear
from plugrad.operators.spaces import cast
from plugrad.vocabulary.forms import function
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

# ---------------------------------------------------------------------------------------- the cells


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
    h, c = pair_of_states("lstm_cell", hx)
    check_cell("lstm", input, (h, c), w_ih, w_hh)
    return t.lstm_step(input, h, c, w_ih, w_hh, b_ih, b_hh)[:2]  # type: ignore[no-any-return]


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
    check_cell("gru", input, (hx,), w_ih, w_hh)
    return t.gru_step(input, hx, w_ih, w_hh, b_ih, b_hh)[0]


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
    check_cell("rnn_tanh", input, (hx,), w_ih, w_hh)
    return (linear(input, w_ih, b_ih) + linear(hx, w_hh, b_hh)).tanh()


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
    check_cell("rnn_relu", input, (hx,), w_ih, w_hh)
    return (linear(input, w_ih, b_ih) + linear(hx, w_hh, b_hh)).relu()


# --------------------------------------------------------------------------------------- the layers


def _stacked(
    kind: str, data: Any, sizes: tuple[int, ...], states: tuple[Any, ...], params: Sequence[Any],
    has_biases: bool, num_layers: int, dropout: float, train: bool, bidirectional: bool,
) -> tuple[Any, list[Any]]:  # fmt: skip
    """Run layers one on the other, each in both directions where that is asked for.

    Returns
    -------
    Tensor, shape (rows of all steps, features)
        What the last layer shows.
    list of Tensor
        The last states.
    """
    steps = getattr(t, f"{kind}_steps")
    directions = 2 if bidirectional else 1
    each = len(params) // (num_layers * directions)
    last: list[tuple[Any, ...]] = []
    for layer in range(num_layers):
        if layer and dropout and train:
            data = drop(data, dropout, True)
        shown: list[Any] = []
        for direction in range(directions):
            place = layer * directions + direction
            w_ih, w_hh, *rest = params[place * each : (place + 1) * each]
            b_ih: Any
            b_ih, b_hh = rest[:2] if has_biases else (None, None)
            weights = [w_hh, b_hh]
            if kind == "lstm":
                weights.append(rest[-1] if each % 2 else None)
            state = [part[place] for part in states]
            if kind != "gru" and b_ih is not None:
                # Only a GRU needs to know them apart; here they are added once, to the steps.
                b_ih, weights[1] = None, b_ih + b_hh
            # What the input adds to the gates: of all steps at once.
            gates = linear(data, w_ih, b_ih)
            if mode.autocast and gates._dtype is not state[0]._dtype:
                # As PyTorch: a GRU goes on in the state's dtype, the others in the product's.
                if kind == "gru":
                    gates = cast(gates, state[0]._dtype)
                else:
                    state, weights = (
                        [None if each is None else cast(each, gates._dtype) for each in several]
                        for several in (state, weights)
                    )
            hidden, *found = steps(gates, *state, *weights, sizes, direction == 1)
            shown.append(hidden)
            last.append(tuple(found[: len(state)]))
        data = shown[0] if directions == 1 else functions["cat"](shown, 1)
    return data, [functions["stack"](list(parts)) for parts in zip(*last, strict=True)]


def _run(
    kind: str, arguments: tuple[Any, ...], params: Any, has_biases: bool, num_layers: int,
    dropout: float, train: bool, bidirectional: bool, batch_first: bool | None,
) -> tuple[Any, ...]:  # fmt: skip
    options = has_biases, num_layers, dropout, train, bidirectional
    *given, hx = arguments
    for each in given:
        require_tensor(kind, each, "input")
    states = pair_of_states(kind, hx) if kind == "lstm" else (hx,)
    directions = 2 if bidirectional else 1
    if batch_first is None:
        data, batch_sizes = given
        sizes = tuple(batch_sizes.tolist())
        check_sizes(kind, data, sizes)
        check_layers(
            kind, data.shape[1], sizes[0], states, params, has_biases, num_layers, directions
        )
        rows = sum(sizes)
        data = data if rows == data.shape[0] else data[:rows]
        shown, last = _stacked(kind, data, sizes, states, params, *options)
        return shown, *last
    (input,) = given
    if len(input.shape) != 3:
        raise RuntimeError(
            f"{kind}(): input has three dimensions: time, batch and features, not {input.dim()}"
        )
    if batch_first:
        input = input.transpose(0, 1)
    length, batch, features = input.shape
    if length == 0:
        raise RuntimeError("sequences of length 0 have no state to end in; give at least one step")
    check_layers(kind, features, batch, states, params, has_biases, num_layers, directions)
    data = input.reshape(length * batch, features)
    shown, last = _stacked(kind, data, (batch,) * length, states, params, *options)
    shown = t.unsafe_view(shown, (length, batch, shown.shape[1]))
    if batch_first:
        # As in PyTorch: time comes first in memory, and only of an LSTM this is called a view.
        shown = shown.transpose(0, 1) if kind == "lstm" else shown.transpose_(0, 1)
    return shown, *last


def _layers(name: str, states: str, gates: str) -> Callable[..., Any]:
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
        return _run(name, first, *rest, *([None] if packed else []))

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


lstm = _layers("lstm", "pair of Tensor", "the four gates of `lstm_cell`")
gru = _layers("gru", "Tensor", "the three gates of `gru_cell`")
rnn_tanh = _layers("rnn_tanh", "Tensor", "`rnn_tanh_cell`")
rnn_relu = _layers("rnn_relu", "Tensor", "`rnn_relu_cell`")
