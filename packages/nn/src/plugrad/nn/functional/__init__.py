"""Functions of neural networks: `torch.nn.functional` for plugrad.

What PyTorch also has on `torch` or on tensors is core's own function; activations with PyTorch's
layer signature are here.
"""

from __future__ import annotations

from typing import Any

import plugrad
from plugrad.nn.functional import activation
from plugrad.nn.functional.activation import *  # noqa: F403
from plugrad.operators.matmul import linear as linear
from plugrad.operators.binary import binary_cross_entropy as binary_cross_entropy
from plugrad.operators.binary import (
    binary_cross_entropy_with_logits as binary_cross_entropy_with_logits,
)
from plugrad.operators.embedding import embedding as embedding
from plugrad.operators.embedding import one_hot as one_hot
from plugrad.operators.entropy import cross_entropy as cross_entropy
from plugrad.operators.entropy import nll_loss as nll_loss
from plugrad.operators.losses import huber_loss as huber_loss
from plugrad.operators.losses import l1_loss as l1_loss
from plugrad.operators.losses import mse_loss as mse_loss
from plugrad.operators.losses import smooth_l1_loss as smooth_l1_loss
from plugrad.operators.network import rms_norm as rms_norm
from plugrad.operators.normalization import layer_norm as layer_norm
from plugrad.tensor import Tensor

__all__ = [
    *activation.__all__,
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "cross_entropy",
    "dropout",
    "embedding",
    "huber_loss",
    "l1_loss",
    "layer_norm",
    "linear",
    "mse_loss",
    "nll_loss",
    "one_hot",
    "rms_norm",
    "smooth_l1_loss",
]


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
    function: Any = plugrad.dropout_ if inplace else plugrad.dropout  # type: ignore[attr-defined]
    result: Tensor = function(input, p, training)
    return result
