"""Recurrent layers."""

from __future__ import annotations

import numbers
import warnings
from typing import Any

import plugrad
from plugrad import Tensor
from plugrad.nn.modules.cells import GRUCell, LSTMCell, RNNCell, RNNCellBase, draw_weights
from plugrad.nn.modules.module import Module
from plugrad.nn.parameter import Parameter
from plugrad.nn.utils.rnn import PackedSequence

__all__ = ["GRU", "LSTM", "RNN", "GRUCell", "LSTMCell", "RNNBase", "RNNCell", "RNNCellBase"]

_GATES = {"LSTM": 4, "GRU": 3, "RNN_TANH": 1, "RNN_RELU": 1}


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
        if not isinstance(bias, bool):
            raise TypeError(f"bias is a bool, not {type(bias).__name__}")
        if not isinstance(hidden_size, int):
            raise TypeError(f"hidden_size is an int, not {type(hidden_size).__name__}")
        if hidden_size <= 0:
            raise ValueError(f"hidden_size is positive, not {hidden_size}")
        if input_size <= 0:
            raise ValueError(f"input_size is positive, not {input_size}")
        if num_layers <= 0:
            raise ValueError(f"num_layers is positive, not {num_layers}")
        if proj_size < 0 or proj_size >= hidden_size:
            raise ValueError(f"proj_size is less than hidden_size={hidden_size}, not {proj_size}")
        if mode not in _GATES:
            raise ValueError(f"mode is one of {', '.join(_GATES)}, not {mode!r}")
        shown = proj_size or hidden_size
        rows = _GATES[mode] * hidden_size
        self._all_weights: list[list[str]] = []
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
                self._all_weights.append([f"{name}_l{layer}{suffix}" for name in shapes])
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw new weights, evenly from minus to plus one over the root of the hidden size."""
        draw_weights(self, self.hidden_size)

    def flatten_parameters(self) -> None:
        """Do nothing: there is no library here that wants weights in one block of memory."""

    @property
    def all_weights(self) -> list[list[Parameter]]:
        """The weights of each layer and direction."""
        return [[getattr(self, name) for name in names] for names in self._all_weights]

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

    @property
    def _flat_weights_names(self) -> list[str]:
        return [name for names in self._all_weights for name in names]

    @property
    def _flat_weights(self) -> list[Parameter]:
        return [getattr(self, name) for name in self._flat_weights_names]

    def check_input(self, input: Tensor, batch_sizes: Tensor | None) -> None:
        """Check a batch, or the data of packed sequences: of those `batch_sizes` is given.

        Raises
        ------
        ValueError
            If `input` is not of the weights' dtype.
        RuntimeError
            If it has another number of dimensions or of features.
        """
        kind = self.weight_ih_l0.dtype
        if input.dtype != kind and not plugrad.is_autocast_enabled(input.device.type):
            raise ValueError(
                f"input is of {input.dtype}, the weights of {kind}: convert one with .to()"
            )
        dims = 3 if batch_sizes is None else 2
        if input.dim() != dims:
            raise RuntimeError(f"input has {dims} dimensions, not {input.dim()}")
        if input.shape[-1] != self.input_size:
            raise RuntimeError(
                f"input has {input.shape[-1]} features; this layer is for {self.input_size}"
            )

    def get_expected_hidden_size(
        self, input: Tensor, batch_sizes: Tensor | None
    ) -> tuple[int, int, int]:
        """Return the shape of the hidden states that belong to an input."""
        if batch_sizes is None:
            batch = input.shape[0 if self.batch_first else 1]
        else:
            batch = int(batch_sizes[0])
        layers = self.num_layers * (2 if self.bidirectional else 1)
        return layers, batch, self.proj_size or self.hidden_size

    def check_hidden_size(
        self,
        hx: Tensor,
        expected_hidden_size: tuple[int, int, int],
        msg: str = "the state should be of shape {}, not {}",
    ) -> None:
        """Check the shape of a state.

        Raises
        ------
        RuntimeError
            If it is another one; `msg` is formatted with both.
        """
        if tuple(hx.shape) != tuple(expected_hidden_size):
            raise RuntimeError(msg.format(expected_hidden_size, list(hx.shape)))

    def check_forward_args(self, input: Tensor, hidden: Any, batch_sizes: Tensor | None) -> None:
        """Check an input and the states that come with it: see the other checks."""
        self.check_input(input, batch_sizes)
        self.check_hidden_size(hidden, self.get_expected_hidden_size(input, batch_sizes))

    def permute_hidden(self, hx: Any, permutation: Tensor | None) -> Any:
        """Return states with the sequences in another order, if one is given."""
        return hx if permutation is None else hx.index_select(1, permutation)

    def _batched_state(self, hx: Any, batched: bool) -> Any:
        """Return a state as that of a batch.

        Raises
        ------
        RuntimeError
            If it has not as many dimensions as the input.
        """
        if hx.dim() != (3 if batched else 2):
            raise RuntimeError(
                f"the state is of shape {list(hx.shape)}; that of "
                f"{'a batch' if batched else 'one sequence'} has {3 if batched else 2} "
                "dimensions, as the input"
            )
        return hx if batched else hx.unsqueeze(1)

    def _first_state(self, input: Tensor, batch_sizes: Tensor | None) -> Any:
        shape = self.get_expected_hidden_size(input, batch_sizes)
        return plugrad.zeros(shape, dtype=input.dtype, device=input.device)

    def _unbatched_state(self, hx: Any) -> Any:
        return hx.squeeze(1)

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
        if isinstance(input, PackedSequence):
            data, batch_sizes, order, back = input
            hx = self._checked(data, hx, batch_sizes, order)
            output, hx = self._run(data, hx, batch_sizes)
            packed = PackedSequence(output, batch_sizes, order, back)
            return packed, self.permute_hidden(hx, back)
        if input.dim() not in (2, 3):
            raise ValueError(f"input has 3 dimensions, or 2 for one sequence, not {input.dim()}")
        if input.dim() == 3:
            hx = None if hx is None else self._batched_state(hx, True)
            return self._run(input, self._checked(input, hx), None)
        place = 0 if self.batch_first else 1
        data = input.unsqueeze(place)
        hx = None if hx is None else self._batched_state(hx, False)
        output, hx = self._run(data, self._checked(data, hx), None)
        return output.squeeze(place), self._unbatched_state(hx)

    def _checked(
        self, data: Tensor, hx: Any, batch_sizes: Tensor | None = None, order: Tensor | None = None
    ) -> Any:
        """Return the states to begin with, after checks."""
        if hx is None:
            self.check_input(data, batch_sizes)
            return self._first_state(data, batch_sizes)
        hx = self.permute_hidden(hx, order)
        self.check_forward_args(data, hx, batch_sizes)
        return hx

    def _run(self, data: Tensor, hx: Any, batch_sizes: Tensor | None) -> tuple[Any, Any]:
        layers = getattr(plugrad, self.mode.lower())
        options = (
            self._flat_weights, self.bias, self.num_layers, self.dropout, self.training,
            self.bidirectional,
        )  # fmt: skip
        if batch_sizes is None:
            output, *last = layers(data, hx, *options, self.batch_first)
        else:
            output, *last = layers(data, batch_sizes, hx, *options)
        return output, last[0] if len(last) == 1 else tuple(last)


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

    def get_expected_cell_size(
        self, input: Tensor, batch_sizes: Tensor | None
    ) -> tuple[int, int, int]:
        """Return the shape of the cells' states that belong to an input."""
        layers, batch, _ = self.get_expected_hidden_size(input, batch_sizes)
        return layers, batch, self.hidden_size

    def check_forward_args(self, input: Tensor, hidden: Any, batch_sizes: Tensor | None) -> None:
        """Check an input and the pair of states that comes with it."""
        self.check_input(input, batch_sizes)
        shapes = (
            self.get_expected_hidden_size(input, batch_sizes),
            self.get_expected_cell_size(input, batch_sizes),
        )
        for name, state, shape in zip(("hidden", "cell"), hidden, shapes, strict=True):
            self.check_hidden_size(
                state, shape, f"the {name} state should be of shape {{}}, not {{}}"
            )

    def permute_hidden(self, hx: Any, permutation: Tensor | None) -> Any:
        """Return both states with the sequences in another order, if one is given."""
        return tuple(super(LSTM, self).permute_hidden(state, permutation) for state in hx)

    def _batched_state(self, hx: Any, batched: bool) -> Any:
        return tuple(super(LSTM, self)._batched_state(hx[n], batched) for n in range(2))

    def _first_state(self, input: Tensor, batch_sizes: Tensor | None) -> Any:
        shape = self.get_expected_cell_size(input, batch_sizes)
        cell = plugrad.zeros(shape, dtype=input.dtype, device=input.device)
        return super()._first_state(input, batch_sizes), cell

    def _unbatched_state(self, hx: Any) -> Any:
        return tuple(state.squeeze(1) for state in hx)


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
