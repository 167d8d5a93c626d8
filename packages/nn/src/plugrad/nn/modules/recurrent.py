"""Recurrent layers, and their cells."""

from __future__ import annotations

import math
import numbers
import warnings
from typing import Any, ClassVar

import plugrad
from plugrad import Tensor
from plugrad.nn import init
from plugrad.nn.modules.module import Module
from plugrad.nn.parameter import Parameter
from plugrad.nn.utils.rnn import PackedSequence

__all__ = ["GRU", "LSTM", "RNN", "GRUCell", "LSTMCell", "RNNBase", "RNNCell", "RNNCellBase"]

_GATES = {"LSTM": 4, "GRU": 3, "RNN_TANH": 1, "RNN_RELU": 1}


def _reset(module: Any, size: int) -> None:
    bound = 1 / math.sqrt(size) if size > 0 else 0
    for parameter in module.parameters():
        init.uniform_(parameter, -bound, bound)


class RNNBase(Module):
    """What recurrent layers share.

    Parameters
    ----------
    mode : {"LSTM", "GRU", "RNN_TANH", "RNN_RELU"}
    input_size, hidden_size : int
    num_layers : int
    bias : bool
    batch_first : bool
        Whether input and output are of shape ``(batch, time, features)``.
    dropout : float
        The chance of a layer's outputs to be zero for the next layer, in training.
    bidirectional : bool
    proj_size : int
        Of an LSTM: to how many features the hidden state is projected; 0 does not project it.
    device, dtype
        Of the weights.

    Raises
    ------
    TypeError, ValueError
        If a size, or `dropout`, makes no sense.

    Examples
    --------
    >>> import plugrad
    >>> layer = plugrad.nn.RNNBase("GRU", 3, 4)
    >>> [name for name, _ in layer.named_parameters()]
    ['weight_ih_l0', 'weight_hh_l0', 'bias_ih_l0', 'bias_hh_l0']
    """

    def __init__(
        self,
        mode: str,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        proj_size: int = 0,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.mode = mode
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.num_layers = num_layers
        self.bias = bias
        self.batch_first = batch_first
        self.dropout = float(dropout) if isinstance(dropout, numbers.Number) else dropout
        self.bidirectional = bidirectional
        self.proj_size = proj_size
        if not isinstance(dropout, numbers.Number) or isinstance(dropout, bool):
            raise ValueError(f"dropout is a number between 0 and 1, not {dropout!r}")
        if not 0 <= self.dropout <= 1:
            raise ValueError(f"dropout is a number between 0 and 1, not {dropout!r}")
        if self.dropout > 0 and num_layers == 1:
            warnings.warn(f"dropout={dropout} is between layers, and there is one", stacklevel=3)
        if not isinstance(hidden_size, int):
            raise TypeError(f"hidden_size is an int, not {type(hidden_size).__name__}")
        if hidden_size <= 0:
            raise ValueError(f"hidden_size is positive, not {hidden_size}")
        if num_layers <= 0:
            raise ValueError(f"num_layers is positive, not {num_layers}")
        if proj_size < 0 or proj_size >= hidden_size:
            raise ValueError(f"proj_size is less than hidden_size={hidden_size}, not {proj_size}")
        if mode not in _GATES:
            raise ValueError(f"mode is one of {', '.join(_GATES)}, not {mode!r}")
        shown = proj_size or hidden_size
        rows = _GATES[mode] * hidden_size
        self._all_names: list[list[str]] = []
        for layer in range(num_layers):
            for suffix in ("", "_reverse")[: 2 if bidirectional else 1]:
                features = input_size if layer == 0 else shown * (2 if bidirectional else 1)
                shapes: dict[str, tuple[int, ...]]
                shapes = {"weight_ih": (rows, features), "weight_hh": (rows, shown)}
                if bias:
                    shapes |= {"bias_ih": (rows,), "bias_hh": (rows,)}
                if proj_size:
                    shapes["weight_hr"] = (proj_size, hidden_size)
                for name, shape in shapes.items():
                    values = plugrad.empty(shape, device=device, dtype=dtype)
                    setattr(self, f"{name}_l{layer}{suffix}", Parameter(values))
                self._all_names.append([f"{name}_l{layer}{suffix}" for name in shapes])
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw new weights, evenly from minus to plus one over the root of the hidden size."""
        _reset(self, self.hidden_size)

    def flatten_parameters(self) -> None:
        """Do nothing: there is no library here that wants weights in one block of memory."""

    @property
    def all_weights(self) -> list[list[Parameter]]:
        """The weights of each layer and direction."""
        return [[getattr(self, name) for name in names] for names in self._all_names]

    def extra_repr(self) -> str:
        """Return the sizes, and what differs from the defaults."""
        parts = [f"{self.input_size}, {self.hidden_size}"]
        defaults = {
            "proj_size": 0, "num_layers": 1, "bias": True, "batch_first": False, "dropout": 0,
            "bidirectional": False,
        }  # fmt: skip
        parts += [
            f"{name}={getattr(self, name)}"
            for name, default in defaults.items()
            if getattr(self, name) != default
        ]
        return ", ".join(parts)

    def _sizes(self, batch: int) -> list[tuple[int, int, int]]:
        """Return the shapes of the states of a batch."""
        layers = self.num_layers * (2 if self.bidirectional else 1)
        shapes = [(layers, batch, self.proj_size or self.hidden_size)]
        return [*shapes, (layers, batch, self.hidden_size)] if self.mode == "LSTM" else shapes

    def _checked_state(self, hx: Any, batch: int, batched: bool) -> list[Tensor]:
        states = list(hx) if self.mode == "LSTM" else [hx]
        found = []
        for state, shape in zip(states, self._sizes(batch), strict=True):
            if state.dim() != (3 if batched else 2):
                raise RuntimeError(
                    f"the state is of shape {list(state.shape)}; that of "
                    f"{'a batch' if batched else 'one sequence'} has {3 if batched else 2} "
                    "dimensions, as the input"
                )
            whole = state if batched else state.unsqueeze(1)
            if tuple(whole.shape) != shape:
                raise RuntimeError(f"the state is of shape {list(whole.shape)}, not {list(shape)}")
            found.append(whole)
        return found

    def forward(self, input: Any, hx: Any = None) -> tuple[Any, Any]:
        """Return the outputs of the last layer at each step, and the last state of each layer.

        Parameters
        ----------
        input : Tensor or PackedSequence
            Of shape ``(time, batch, features)``, ``(batch, time, features)`` if `batch_first`, or
            ``(time, features)`` for one sequence.
        hx : Tensor, or pair of Tensor for an LSTM, optional
            The first state of each layer and direction, by default zeros.

        Returns
        -------
        output : Tensor or PackedSequence
        state : Tensor or pair of Tensor

        Raises
        ------
        ValueError
            If `input` has another number of dimensions.
        RuntimeError
            If sizes do not fit.
        """
        packed = input if isinstance(input, PackedSequence) else None
        batched = packed is not None or input.dim() == 3
        data = input if packed is None else packed.data
        if packed is None:
            if input.dim() not in (2, 3):
                raise ValueError(
                    f"input has 3 dimensions, or 2 for one sequence, not {input.dim()}"
                )
            if not batched:
                data = input.unsqueeze(0 if self.batch_first else 1)
        if data.shape[-1] != self.input_size:
            raise RuntimeError(
                f"input has {data.shape[-1]} features; this layer is for {self.input_size}"
            )
        if packed is None:
            batch = data.shape[0 if self.batch_first else 1]
        else:
            batch = int(packed.batch_sizes[0])
        if hx is None:
            given = {"dtype": data.dtype, "device": data.device}
            states = [plugrad.zeros(shape, **given) for shape in self._sizes(batch)]
        else:
            states = self._checked_state(hx, batch, batched)
            if packed is not None and packed.sorted_indices is not None:
                states = [state.index_select(1, packed.sorted_indices) for state in states]
        output, final = self._run(data, packed, states)
        if packed is not None:
            if packed.unsorted_indices is not None:
                final = [state.index_select(1, packed.unsorted_indices) for state in final]
            output = PackedSequence(
                output, packed.batch_sizes, packed.sorted_indices, packed.unsorted_indices
            )
        elif not batched:
            output = output.squeeze(0 if self.batch_first else 1)
            final = [state.squeeze(1) for state in final]
        return output, tuple(final) if self.mode == "LSTM" else final[0]

    def _run(self, data: Any, packed: Any, states: list[Tensor]) -> tuple[Any, list[Tensor]]:
        layers = getattr(plugrad, self.mode.lower())
        hx = tuple(states) if self.mode == "LSTM" else states[0]
        weights = [weight for layer in self.all_weights for weight in layer]
        options = (
            weights, self.bias, self.num_layers, self.dropout, self.training, self.bidirectional
        )  # fmt: skip
        if packed is None:
            output, *final = layers(data, hx, *options, self.batch_first)
        else:
            output, *final = layers(data, packed.batch_sizes, hx, *options)
        return output, final


class RNN(RNNBase):
    """Layers of ``h = tanh(W_ih x + b_ih + W_hh h + b_hh)``.

    Parameters
    ----------
    input_size, hidden_size, num_layers : int
    nonlinearity : {"tanh", "relu"}
    bias, batch_first, dropout, bidirectional, device, dtype
        See `RNNBase`.

    Raises
    ------
    ValueError
        If the nonlinearity is another one, or a size makes no sense.

    Examples
    --------
    >>> import plugrad
    >>> output, h = plugrad.nn.RNN(3, 4)(plugrad.ones(5, 2, 3))
    >>> output.shape, h.shape
    (plugrad.Size([5, 2, 4]), plugrad.Size([1, 2, 4]))
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        nonlinearity: str = "tanh",
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        proj_size: int = 0,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        if proj_size:
            raise ValueError("proj_size is for an LSTM alone")
        if nonlinearity not in ("tanh", "relu"):
            raise ValueError(f"nonlinearity is 'tanh' or 'relu', not {nonlinearity!r}")
        self.nonlinearity = nonlinearity
        super().__init__(
            f"RNN_{nonlinearity.upper()}", input_size, hidden_size, num_layers, bias, batch_first,
            dropout, bidirectional, 0, device, dtype,
        )  # fmt: skip


class LSTM(RNNBase):
    """Layers of long short-term memory: see `plugrad.lstm_cell`.

    Parameters
    ----------
    input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, proj_size
        See `RNNBase`.
    device, dtype
        Of the weights.

    Examples
    --------
    >>> import plugrad
    >>> output, (h, c) = plugrad.nn.LSTM(3, 4, num_layers=2)(plugrad.ones(5, 2, 3))
    >>> output.shape, h.shape
    (plugrad.Size([5, 2, 4]), plugrad.Size([2, 2, 4]))
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        proj_size: int = 0,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(
            "LSTM", input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional,
            proj_size, device, dtype,
        )  # fmt: skip


class GRU(RNNBase):
    """Layers of gated recurrent units: see `plugrad.gru_cell`.

    Parameters
    ----------
    input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional
        See `RNNBase`.
    device, dtype
        Of the weights.

    Examples
    --------
    >>> import plugrad
    >>> output, h = plugrad.nn.GRU(3, 4, bidirectional=True)(plugrad.ones(5, 2, 3))
    >>> output.shape, h.shape
    (plugrad.Size([5, 2, 8]), plugrad.Size([2, 2, 4]))
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        proj_size: int = 0,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        if proj_size:
            raise ValueError("proj_size is for an LSTM alone")
        super().__init__(
            "GRU", input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional,
            proj_size, device, dtype,
        )  # fmt: skip


class RNNCellBase(Module):
    """What cells share: one step of a recurrent layer.

    Parameters
    ----------
    input_size, hidden_size : int
    bias : bool
    num_chunks : int
        How many gates there are.
    device, dtype
        Of the weights.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.nn.RNNCellBase(3, 4, True, num_chunks=2).weight_hh.shape
    plugrad.Size([8, 4])
    """

    _states: ClassVar[int] = 1

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool, num_chunks: int, device: Any = None,
        dtype: Any = None,
    ) -> None:  # fmt: skip
        super().__init__()
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.bias = bias
        rows = num_chunks * hidden_size
        given = {"device": device, "dtype": dtype}
        self.weight_ih = Parameter(plugrad.empty(rows, input_size, **given))
        self.weight_hh = Parameter(plugrad.empty(rows, hidden_size, **given))
        for name in ("bias_ih", "bias_hh"):
            values = Parameter(plugrad.empty(rows, **given)) if bias else None
            self.register_parameter(name, values)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw new weights, evenly from minus to plus one over the root of the hidden size."""
        _reset(self, self.hidden_size)

    def extra_repr(self) -> str:
        """Return the sizes, and what differs from the defaults."""
        text = f"{self.input_size}, {self.hidden_size}"
        if not self.bias:
            text += f", bias={self.bias}"
        nonlinearity = getattr(self, "nonlinearity", "tanh")
        return text if nonlinearity == "tanh" else f"{text}, nonlinearity={nonlinearity}"

    def _prepared(self, input: Tensor, hx: Any) -> tuple[Tensor, list[Tensor]]:
        """Return the input and the states as batches."""
        if input.dim() not in (1, 2):
            raise ValueError(f"input has 2 dimensions, or 1 for one row, not {input.dim()}")
        batched = input.dim() == 2
        rows = input if batched else input.unsqueeze(0)
        if hx is None:
            zeros = plugrad.zeros(
                rows.shape[0], self.hidden_size, dtype=input.dtype, device=input.device
            )
            return rows, [zeros] * self._states
        states = list(hx) if self._states > 1 else [hx]
        for state in states:
            if state.dim() not in (1, 2):
                raise ValueError(f"the state has 2 dimensions, or 1, not {state.dim()}")
        return rows, [state if batched else state.unsqueeze(0) for state in states]

    def _step(self, function: Any, input: Tensor, hx: Any) -> Any:
        rows, states = self._prepared(input, hx)
        given = states[0] if self._states == 1 else tuple(states)
        result = function(rows, given, self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh)
        if input.dim() == 2:
            return result
        return result.squeeze(0) if self._states == 1 else tuple(r.squeeze(0) for r in result)


class RNNCell(RNNCellBase):
    """One step of an `RNN`.

    Parameters
    ----------
    input_size, hidden_size : int
    bias : bool
    nonlinearity : {"tanh", "relu"}
    device, dtype
        Of the weights.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.nn.RNNCell(3, 4)(plugrad.ones(2, 3)).shape
    plugrad.Size([2, 4])
    """

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool = True, nonlinearity: str = "tanh",
        device: Any = None, dtype: Any = None,
    ) -> None:  # fmt: skip
        super().__init__(input_size, hidden_size, bias, 1, device, dtype)
        self.nonlinearity = nonlinearity

    def forward(self, input: Tensor, hx: Tensor | None = None) -> Any:
        """Return the next state.

        Raises
        ------
        ValueError
            If `input` or `hx` has another number of dimensions than 1 or 2.
        RuntimeError
            If sizes do not fit, or the nonlinearity is unknown.
        """
        if self.nonlinearity not in ("tanh", "relu"):
            raise RuntimeError(f"nonlinearity is 'tanh' or 'relu', not {self.nonlinearity!r}")
        return self._step(getattr(plugrad, f"rnn_{self.nonlinearity}_cell"), input, hx)


class LSTMCell(RNNCellBase):
    """One step of an `LSTM`.

    Parameters
    ----------
    input_size, hidden_size : int
    bias : bool
    device, dtype
        Of the weights.

    Examples
    --------
    >>> import plugrad
    >>> h, c = plugrad.nn.LSTMCell(3, 4)(plugrad.ones(2, 3))
    >>> h.shape, c.shape
    (plugrad.Size([2, 4]), plugrad.Size([2, 4]))
    """

    _states = 2

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool = True, device: Any = None,
        dtype: Any = None,
    ) -> None:  # fmt: skip
        super().__init__(input_size, hidden_size, bias, 4, device, dtype)

    def forward(self, input: Tensor, hx: tuple[Tensor, Tensor] | None = None) -> Any:
        """Return the next hidden state, and the next state of the cell.

        Raises
        ------
        ValueError
            If `input` or a state has another number of dimensions than 1 or 2.
        RuntimeError
            If sizes do not fit.
        """
        return self._step(plugrad.lstm_cell, input, hx)


class GRUCell(RNNCellBase):
    """One step of a `GRU`.

    Parameters
    ----------
    input_size, hidden_size : int
    bias : bool
    device, dtype
        Of the weights.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.nn.GRUCell(3, 4)(plugrad.ones(2, 3)).shape
    plugrad.Size([2, 4])
    """

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool = True, device: Any = None,
        dtype: Any = None,
    ) -> None:  # fmt: skip
        super().__init__(input_size, hidden_size, bias, 3, device, dtype)

    def forward(self, input: Tensor, hx: Tensor | None = None) -> Any:
        """Return the next state.

        Raises
        ------
        ValueError
            If `input` or `hx` has another number of dimensions than 1 or 2.
        RuntimeError
            If sizes do not fit.
        """
        return self._step(plugrad.gru_cell, input, hx)
