"""Functions of neural networks: `torch.nn.functional` for plugrad.

What PyTorch also has on `torch` or on tensors is core's own function; activations with PyTorch's
layer signature are here.
"""

from __future__ import annotations

from collections.abc import Callable

from plugrad.nn.functional import (
    activation,
    attending,
    bags,
    convolution,
    distance,
    dropping,
    loss,
    normalization,
    pooling,
    vision,
)
from plugrad.nn.functional.activation import *  # noqa: F403
from plugrad.nn.functional.attending import *  # noqa: F403
from plugrad.nn.functional.bags import *  # noqa: F403
from plugrad.nn.functional.convolution import *  # noqa: F403
from plugrad.nn.functional.distance import *  # noqa: F403
from plugrad.nn.functional.dropping import *  # noqa: F403
from plugrad.nn.functional.loss import *  # noqa: F403
from plugrad.nn.functional.normalization import *  # noqa: F403
from plugrad.nn.functional.pooling import *  # noqa: F403
from plugrad.nn.functional.vision import *  # noqa: F403
from plugrad.nn.operators import attention, shuffling
from plugrad.operators import embedding as tables
from plugrad.operators import matmul, padding
from plugrad.tensor import Tensor

__all__ = [
    *activation.__all__,
    *attending.__all__,
    *bags.__all__,
    *convolution.__all__,
    *distance.__all__,
    *dropping.__all__,
    *loss.__all__,
    *normalization.__all__,
    *pooling.__all__,
    *vision.__all__,
    "channel_shuffle",
    "embedding",
    "linear",
    "one_hot",
    "pad",
    "pixel_shuffle",
    "pixel_unshuffle",
    "scaled_dot_product_attention",
]


linear: Callable[..., Tensor] = matmul.linear
embedding: Callable[..., Tensor] = tables.embedding
one_hot: Callable[..., Tensor] = tables.one_hot
pad: Callable[..., Tensor] = padding.pad
pixel_shuffle: Callable[..., Tensor] = shuffling.pixel_shuffle
pixel_unshuffle: Callable[..., Tensor] = shuffling.pixel_unshuffle
channel_shuffle: Callable[..., Tensor] = shuffling.channel_shuffle
scaled_dot_product_attention: Callable[..., Tensor] = attention.scaled_dot_product_attention
