"""Functions of neural networks: `torch.nn.functional` for plugrad.

What PyTorch also has on `torch` or on tensors is core's own function; activations with PyTorch's
layer signature are here.
"""

from __future__ import annotations

from collections.abc import Callable

import plugrad
from plugrad.nn.functional import (
    activation,
    convolution,
    distance,
    loss,
    normalization,
    pooling,
)
from plugrad.nn.functional.activation import *  # noqa: F403
from plugrad.nn.functional.convolution import *  # noqa: F403
from plugrad.nn.functional.distance import *  # noqa: F403
from plugrad.nn.functional.loss import *  # noqa: F403
from plugrad.nn.functional.normalization import *  # noqa: F403
from plugrad.nn.functional.pooling import *  # noqa: F403
from plugrad.operators import attention, matmul, padding
from plugrad.operators import embedding as tables
from plugrad.tensor import Tensor

__all__ = [
    *activation.__all__,
    *distance.__all__,
    *loss.__all__,
    *normalization.__all__,
    *convolution.__all__,
    *pooling.__all__,
    "dropout",
    "embedding",
    "linear",
    "one_hot",
    "pad",
    "scaled_dot_product_attention",
]


linear: Callable[..., Tensor] = matmul.linear
embedding: Callable[..., Tensor] = tables.embedding
one_hot: Callable[..., Tensor] = tables.one_hot
pad: Callable[..., Tensor] = padding.pad
scaled_dot_product_attention: Callable[..., Tensor] = attention.scaled_dot_product_attention


def dropout(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Set elements to 0 at random, with probability `p`, and scale the others by 1 / (1 - p).

    Parameters
    ----------
    input : Tensor
    p : float
    training : bool
        Whether to do anything at all.
    inplace : bool
        Whether the input itself is changed.

    Raises
    ------
    ValueError
        If `p` is not between 0 and 1.
    """
    if not 0 <= p <= 1:
        raise ValueError(f"the probability of dropout must be between 0 and 1, not {p}")
    function: Callable[..., Tensor] = plugrad.dropout_ if inplace else plugrad.dropout
    return function(input, p, training)
