"""Recurrent cells: one step of a recurrent layer."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import plugrad
from plugrad import Tensor
from plugrad.nn import init
from plugrad.nn.modules.module import Module
from plugrad.nn.parameter import Parameter

__all__ = ["GRUCell", "LSTMCell", "RNNCell", "RNNCellBase", "draw_weights"]


def draw_weights(module: Any, size: int) -> None:
    """Draw all weights evenly from minus to plus one over the root of the hidden size."""
    bound = 1 / math.sqrt(size) if size > 0 else 0
    for parameter in module.parameters():
        init.uniform_(parameter, -bound, bound)


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
        draw_weights(self, self.hidden_size)

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
        if self._states > 1 and not isinstance(hx, tuple | list):
            raise TypeError(f"the state is a pair of Tensors, not {type(hx).__name__}")
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
