"""Normalization: of layers, batches, instances, groups, neighbouring channels and vectors."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import plugrad
from plugrad.nn.functional.pooling import avg_pool2d, avg_pool3d
from plugrad.nn.operators import channels
from plugrad.operators import network, normalization, padding
from plugrad.tensor import Tensor

__all__ = [
    "batch_norm",
    "group_norm",
    "instance_norm",
    "layer_norm",
    "local_response_norm",
    "normalize",
    "rms_norm",
]

layer_norm: Callable[..., Tensor] = normalization.layer_norm
rms_norm: Callable[..., Tensor] = network.rms_norm


def _refuse_single(name: str, shape: tuple[int, ...], count: int) -> None:
    """Check that there is more than one element to take the variance of."""
    if count == 1:
        raise ValueError(
            f"{name}(): one element has no variance, but an input of shape {list(shape)} has no "
            "more to normalize together; use more examples, or eval()"
        )


def batch_norm(
    input: Tensor, running_mean: Tensor | None, running_var: Tensor | None,
    weight: Tensor | None = None, bias: Tensor | None = None, training: bool = False,
    momentum: float = 0.1, eps: float = 1e-5,
) -> Tensor:  # fmt: skip
    """Return the input with mean 0 and variance 1 in each channel, scaled and shifted.

    Parameters
    ----------
    input : Tensor of shape (N, C, ...)
    running_mean, running_var : Tensor of shape (C,), optional
        In training they follow the batch's statistics; otherwise they are used in their place.
    weight, bias : Tensor of shape (C,), optional
        What to multiply with, and what to add.
    training : bool
    momentum : float
        How far they follow each time.
    eps : float
        Added to the variance.

    Raises
    ------
    ValueError
        In training, if there is one element in each channel.
    RuntimeError
        If shapes do not fit, or statistics lack.
    """
    if training:
        shape = tuple(input.shape)
        _refuse_single("batch_norm", shape, math.prod((*shape[:1], *shape[2:])))
    return channels.batch_norm(  # type: ignore[no-any-return]
        input, weight, bias, running_mean, running_var, training, momentum, eps
    )


def instance_norm(
    input: Tensor, running_mean: Tensor | None = None, running_var: Tensor | None = None,
    weight: Tensor | None = None, bias: Tensor | None = None, use_input_stats: bool = True,
    momentum: float = 0.1, eps: float = 1e-5,
) -> Tensor:  # fmt: skip
    """Return the input with mean 0 and variance 1 in each channel of each example.

    Everything else is as for `batch_norm`.
    """
    if use_input_stats:
        shape = tuple(input.shape)
        _refuse_single("instance_norm", shape, math.prod(shape[2:]))
    return channels.instance_norm(  # type: ignore[no-any-return]
        input, weight, bias, running_mean, running_var, use_input_stats, momentum, eps
    )


def group_norm(
    input: Tensor, num_groups: int, weight: Tensor | None = None, bias: Tensor | None = None,
    eps: float = 1e-5,
) -> Tensor:  # fmt: skip
    """Return the input with mean 0 and variance 1 in each group of channels of each example.

    Raises
    ------
    ValueError
        If there is one element in all.
    RuntimeError
        If the channels do not fall into so many groups, or shapes do not fit.
    """
    shape = tuple(input.shape)
    if len(shape) < 2:
        raise RuntimeError(f"group_norm(): expected shape (N, C, ...), not {list(shape)}")
    if num_groups > 0:
        count = shape[0] * shape[1] // num_groups * math.prod(shape[2:])
        _refuse_single("group_norm", shape, count)
    return channels.group_norm(input, num_groups, weight, bias, eps)  # type: ignore[no-any-return]


def local_response_norm(
    input: Tensor, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0
) -> Tensor:
    """Divide each element by a power of the mean of the squares in neighbouring channels.

    Parameters
    ----------
    input : Tensor of shape (N, C, L, ...)
    size : int
        How many channels are neighbours.
    alpha, beta, k : float
        What is divided by is ``(k + alpha * mean) ** beta``.

    Raises
    ------
    ValueError
        If the input has less than three dimensions.

    References
    ----------
    Krizhevsky et al., ImageNet classification with deep convolutional neural networks, 2012.
    """
    if input.dim() < 3:
        raise ValueError(
            f"local_response_norm(): expected shape (N, C, L, ...), not {list(input.shape)}"
        )
    if input.numel() == 0:
        return input
    squares = input * input
    before, after = size // 2, (size - 1) // 2
    if input.dim() == 3:
        padded = padding.pad(squares.unsqueeze(1), (0, 0, before, after))
        mean = avg_pool2d(padded, (size, 1), stride=1).squeeze(1)
    else:
        shape = tuple(input.shape)
        volume = squares.view(shape[0], 1, shape[1], shape[2], -1)
        padded = padding.pad(volume, (0, 0, 0, 0, before, after))
        mean = avg_pool3d(padded, (size, 1, 1), stride=1).squeeze(1).view(shape)
    return input / (mean * alpha + k) ** beta  # type: ignore[no-any-return]


def normalize(
    input: Tensor, p: float = 2.0, dim: Any = 1, eps: float = 1e-12, out: Tensor | None = None
) -> Tensor:
    """Divide vectors along a dimension by their norm.

    Parameters
    ----------
    input : Tensor
    p : float
        The order of the norm.
    dim : int or tuple of int
    eps : float
        The least that is divided by.
    out : Tensor, optional
        Where to put the result.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.nn import functional as F
    >>> F.normalize(plugrad.tensor([[3.0, 4.0]]))
    tensor([[0.6000, 0.8000]])
    """
    length = input.norm(p, dim, keepdim=True).clamp_min(eps).expand_as(input)
    return plugrad.div(input, length, out=out)  # type: ignore[no-any-return]
