"""Kernels of neural networks in the words of the array API standard."""

from __future__ import annotations

from typing import Final

from plugrad.backends.protocol import Kernels
from plugrad.nn.kernels.array_api.alignment import AlignmentKernels
from plugrad.nn.kernels.array_api.convolution import ConvolutionKernels
from plugrad.nn.kernels.array_api.losses import LossKernels
from plugrad.nn.kernels.array_api.pooling import PoolingKernels
from plugrad.nn.kernels.array_api.resampling import ResamplingKernels

FAMILIES: Final[tuple[type[Kernels], ...]] = (
    LossKernels,
    AlignmentKernels,
    ConvolutionKernels,
    PoolingKernels,
    ResamplingKernels,
)
