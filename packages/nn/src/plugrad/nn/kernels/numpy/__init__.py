"""Kernels of neural networks on NumPy arrays."""

from __future__ import annotations

from typing import Final

from plugrad.backends.protocol import Kernels
from plugrad.nn.kernels.numpy.alignment import AlignmentKernels
from plugrad.nn.kernels.numpy.attention import AttentionKernels
from plugrad.nn.kernels.numpy.channels import ChannelKernels
from plugrad.nn.kernels.numpy.convolution import ConvolutionKernels
from plugrad.nn.kernels.numpy.losses import LossKernels
from plugrad.nn.kernels.numpy.pooling import PoolingKernels
from plugrad.nn.kernels.numpy.recurrent import RecurrentKernels

FAMILIES: Final[tuple[type[Kernels], ...]] = (
    LossKernels,
    AttentionKernels,
    AlignmentKernels,
    ChannelKernels,
    ConvolutionKernels,
    PoolingKernels,
    RecurrentKernels,
)
