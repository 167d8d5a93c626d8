"""Functions of neural networks: `torch.nn.functional` for plugrad.

What PyTorch also has on `torch` or on tensors is core's own function; activations with PyTorch's
layer signature are here.
"""

from __future__ import annotations

from collections.abc import Callable

from plugrad.nn.functional import activation, attending, bags, dropping, vision
from plugrad.nn.functional.activation import *  # noqa: F403
from plugrad.nn.functional.attending import *  # noqa: F403
from plugrad.nn.functional.bags import *  # noqa: F403
from plugrad.nn.functional.dropping import *  # noqa: F403
from plugrad.nn.functional.vision import *  # noqa: F403
from plugrad.operators import (
    attention,
    binary,
    entropy,
    losses,
    matmul,
    network,
    normalization,
    padding,
    shuffling,
)
from plugrad.operators import embedding as tables
from plugrad.tensor import Tensor

__all__ = [
    *activation.__all__,
    *attending.__all__,
    *bags.__all__,
    *dropping.__all__,
    *vision.__all__,
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "channel_shuffle",
    "cross_entropy",
    "embedding",
    "huber_loss",
    "l1_loss",
    "layer_norm",
    "linear",
    "mse_loss",
    "nll_loss",
    "one_hot",
    "pad",
    "pixel_shuffle",
    "pixel_unshuffle",
    "rms_norm",
    "scaled_dot_product_attention",
    "smooth_l1_loss",
]


linear: Callable[..., Tensor] = matmul.linear
embedding: Callable[..., Tensor] = tables.embedding
one_hot: Callable[..., Tensor] = tables.one_hot
layer_norm: Callable[..., Tensor] = normalization.layer_norm
rms_norm: Callable[..., Tensor] = network.rms_norm
pad: Callable[..., Tensor] = padding.pad
pixel_shuffle: Callable[..., Tensor] = shuffling.pixel_shuffle
pixel_unshuffle: Callable[..., Tensor] = shuffling.pixel_unshuffle
channel_shuffle: Callable[..., Tensor] = shuffling.channel_shuffle
scaled_dot_product_attention: Callable[..., Tensor] = attention.scaled_dot_product_attention
mse_loss: Callable[..., Tensor] = losses.mse_loss
l1_loss: Callable[..., Tensor] = losses.l1_loss
smooth_l1_loss: Callable[..., Tensor] = losses.smooth_l1_loss
huber_loss: Callable[..., Tensor] = losses.huber_loss
nll_loss: Callable[..., Tensor] = entropy.nll_loss
cross_entropy: Callable[..., Tensor] = entropy.cross_entropy
binary_cross_entropy: Callable[..., Tensor] = binary.binary_cross_entropy
binary_cross_entropy_with_logits: Callable[..., Tensor] = binary.binary_cross_entropy_with_logits
