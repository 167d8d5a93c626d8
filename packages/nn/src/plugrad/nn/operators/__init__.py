"""The operators of neural networks, by family: importing this package declares them all."""

from __future__ import annotations

from plugrad.namespace import brought
from plugrad.nn import kernels  # noqa: F401  # what they run on
from plugrad.nn.operators import (  # noqa: F401  # imported for what they declare
    alignment,
    attention,
    bags,
    bilinear,
    binary,
    channels,
    columns,
    conv,
    convolution,
    divergence,
    dropout,
    entropy,
    losses,
    margins,
    pairs,
    pooling,
    pools,
    recurrent,
    resampling,
    rrelu,
    sampling_grids,
    shuffling,
    similarity,
)
from plugrad.operators import publish

publish(brought("plugrad.nn"))
