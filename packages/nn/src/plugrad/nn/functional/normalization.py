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

    It is ``(x - mean) / sqrt(var + eps) * weight + bias``, with mean and variance of a channel
    over all examples and places.

    Parameters
    ----------
    input : Tensor of shape (N, C, ...)
        Of a floating-point dtype.
    running_mean, running_var : Tensor of shape (C,), optional
        In training they follow the batch's statistics, in place; otherwise they are used in their
        place. The variance that they follow is that with ``n - 1`` in the denominator.
    weight, bias : Tensor of shape (C,), optional
        What to multiply with, and what to add.
    training : bool
        Whether to use the statistics of the batch.
    momentum : float
        How far they follow each time: ``(1 - momentum) * running + momentum * batch``.
    eps : float
        Added to the variance.

    Returns
    -------
    Tensor of the same shape and dtype

    Raises
    ------
    ValueError
        In training, if there is one element in each channel.
    RuntimeError
        If shapes do not fit, or statistics lack.

    References
    ----------
    S. Ioffe and C. Szegedy, Batch normalization, 2015, https://arxiv.org/abs/1502.03167.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.nn import functional as F
    >>> x = plugrad.tensor([[1.0, 5.0], [3.0, 9.0]])
    >>> F.batch_norm(x, None, None, training=True)
    tensor([[-1.0000, -1.0000],
            [ 1.0000,  1.0000]])
    >>> F.batch_norm(x, plugrad.zeros(2), plugrad.tensor([4.0, 4.0]))  # not in training
    tensor([[0.5000, 2.5000],
            [1.5000, 4.5000]])
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

    It is ``(x - mean) / sqrt(var + eps) * weight + bias``, with mean and variance over the places
    of a channel.

    Parameters
    ----------
    input : Tensor of shape (N, C, L, ...)
        Of a floating-point dtype.
    running_mean, running_var, weight, bias : Tensor of shape (C,), optional
        As for `batch_norm`.
    use_input_stats : bool
        Whether to use the statistics of the input, rather than `running_mean` and `running_var`.
    momentum, eps : float
        As for `batch_norm`.

    Returns
    -------
    Tensor of the same shape and dtype

    Raises
    ------
    ValueError
        If there is one element in each channel of an example.
    RuntimeError
        If shapes do not fit, or statistics lack.

    References
    ----------
    D. Ulyanov et al., Instance normalization, 2016, https://arxiv.org/abs/1607.08022.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.nn import functional as F
    >>> F.instance_norm(plugrad.tensor([[[5.0, 9.0], [20.0, 10.0]]]))
    tensor([[[-1.0000,  1.0000],
             [ 1.0000, -1.0000]]])
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

    It is ``(x - mean) / sqrt(var + eps) * weight + bias``, with mean and variance over the channels
    of a group and their places.

    Parameters
    ----------
    input : Tensor of shape (N, C, ...)
        Of a floating-point dtype.
    num_groups : int
        Into how many groups the C channels are divided: the first C / num_groups, and so on.
    weight, bias : Tensor of shape (C,), optional
        What to multiply with, and what to add.
    eps : float
        Added to the variance.

    Returns
    -------
    Tensor of the same shape and dtype

    Raises
    ------
    ValueError
        If there is one example, with one element in each group.
    RuntimeError
        If the channels do not fall into so many groups, or shapes do not fit.

    References
    ----------
    Y. Wu and K. He, Group normalization, 2018, https://arxiv.org/abs/1803.08494.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.nn import functional as F
    >>> F.group_norm(plugrad.tensor([[1.0, 3.0, 20.0, 10.0]]), 2)
    tensor([[-1.0000,  1.0000,  1.0000, -1.0000]])
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

    What is divided by is ``(k + alpha * mean) ** beta``; beyond the first and the last channel
    squares count as 0.

    Parameters
    ----------
    input : Tensor of shape (N, C, L, ...)
        Of a floating-point dtype.
    size : int
        How many channels are neighbours, the element's own included.
    alpha, beta, k : float

    Returns
    -------
    Tensor of the same shape and dtype

    Raises
    ------
    ValueError
        If the input has less than three dimensions.

    References
    ----------
    A. Krizhevsky et al., ImageNet classification with deep convolutional neural networks, 2012.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.nn import functional as F
    >>> x = plugrad.tensor([[[1.0], [2.0], [0.0]]])
    >>> F.local_response_norm(x, 3, alpha=3.0, beta=1.0)
    tensor([[[0.1667],
             [0.3333],
             [0.0000]]])
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
    """Divide vectors along a dimension by their norm: ``x / max(norm(x), eps)``.

    Parameters
    ----------
    input : Tensor of any shape
        Of a floating-point or complex dtype.
    p : float
        The order of the norm.
    dim : int or tuple of int
        Along which the vectors lie.
    eps : float
        The least that is divided by.
    out : Tensor, optional
        Where to put the result.

    Returns
    -------
    Tensor of the same shape

    Raises
    ------
    RuntimeError
        For integers.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.nn import functional as F
    >>> F.normalize(plugrad.tensor([[3.0, 4.0]]))
    tensor([[0.6000, 0.8000]])
    """
    length = input.norm(p, dim, keepdim=True).clamp_min(eps).expand_as(input)
    return plugrad.div(input, length, out=out)  # type: ignore[no-any-return]
