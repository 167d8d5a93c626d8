"""Shuffling: channels traded for pixels and back, and channels of groups mixed."""

from __future__ import annotations

from typing import Any

from plugrad.autograd.tape import TensorBase
from plugrad.size import listed
from plugrad.vocabulary.forms import function, primitive

__all__ = ["channel_shuffle", "pixel_shuffle", "pixel_unshuffle"]


def _shuffle(k: Any, x: Any, factor: int) -> Any:
    *batch, channels, height, width = x.shape
    n, fewer = len(batch), channels // factor**2
    parts = k.reshape(x, (*batch, fewer, factor, factor, height, width))
    turned = k.clone_contiguous(k.permute(parts, (*range(n + 1), n + 3, n + 1, n + 4, n + 2)))
    return k.reshape(turned, (*batch, fewer, height * factor, width * factor))


def _unshuffle(k: Any, x: Any, factor: int) -> Any:
    *batch, channels, height, width = x.shape
    n, high, wide = len(batch), height // factor, width // factor
    parts = k.reshape(x, (*batch, channels, high, factor, wide, factor))
    turned = k.clone_contiguous(k.permute(parts, (*range(n + 1), n + 2, n + 4, n + 1, n + 3)))
    return k.reshape(turned, (*batch, channels * factor**2, high, wide))


def _mix(k: Any, x: Any, groups: int) -> Any:
    count, channels, *rest = x.shape
    parts = k.reshape(x, (count, groups, channels // groups, *rest))
    return k.reshape(k.clone_contiguous(k.transpose(parts, 1, 2)), (count, channels, *rest))


_pixel_shuffle = primitive(
    "pixel_shuffle", "x; factor", moves=True, body=_shuffle,
    x=lambda k, g, factor: k.pixel_unshuffle(g, factor),
)  # fmt: skip

_pixel_unshuffle = primitive(
    "pixel_unshuffle", "x; factor", moves=True, body=_unshuffle,
    x=lambda k, g, factor: k.pixel_shuffle(g, factor),
)  # fmt: skip

_channel_shuffle = primitive(
    "channel_shuffle", "x; groups", moves=True, body=_mix,
    x=lambda k, g, x_shape, groups: k.channel_shuffle(g, x_shape[1] // groups),
)  # fmt: skip


def _checked(name: str, input: Any, factor: int, least: int) -> tuple[int, ...]:
    if not isinstance(input, TensorBase):
        raise TypeError(f"{name}(): input must be a Tensor, not {type(input).__name__}")
    array: Any = input._array
    if len(array.shape) < least or factor <= 0:
        raise RuntimeError(
            f"{name}(): needs {least} dimensions or more and a positive factor, but the input has "
            f"shape {listed(array.shape)} and the factor is {factor}"
        )
    return tuple(array.shape)


@function("function")
def pixel_shuffle(input: Any, upscale_factor: int) -> Any:
    """Make an image larger, by laying out its channels as pixels.

    Parameters
    ----------
    input : Tensor of shape (..., c * r * r, h, w)
    upscale_factor : int
        The factor r.

    Returns
    -------
    Tensor of shape (..., c, h * r, w * r)

    Raises
    ------
    RuntimeError
        If the number of channels is no multiple of r * r.

    References
    ----------
    Shi et al., Real-Time Single Image and Video Super-Resolution, 2016,
    https://arxiv.org/abs/1609.05158

    Examples
    --------
    >>> import plugrad
    >>> plugrad.pixel_shuffle(plugrad.arange(4).reshape(4, 1, 1), 2)
    tensor([[[0, 1],
             [2, 3]]])
    """
    shape = _checked("pixel_shuffle", input, upscale_factor, 3)
    if shape[-3] % upscale_factor**2:
        raise RuntimeError(
            f"pixel_shuffle(): the channels, dimension -3 of {listed(shape)}, must be a multiple "
            f"of {upscale_factor**2}"
        )
    return _pixel_shuffle(input, upscale_factor)


@function("function")
def pixel_unshuffle(input: Any, downscale_factor: int) -> Any:
    """Make an image smaller, by stacking its pixels as channels: undoes `pixel_shuffle`.

    Parameters
    ----------
    input : Tensor of shape (..., c, h * r, w * r)
    downscale_factor : int
        The factor r.

    Returns
    -------
    Tensor of shape (..., c * r * r, h, w)

    Raises
    ------
    RuntimeError
        If height or width is no multiple of r.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.pixel_unshuffle(plugrad.arange(4).reshape(1, 2, 2), 2).flatten()
    tensor([0, 1, 2, 3])
    """
    shape = _checked("pixel_unshuffle", input, downscale_factor, 3)
    if shape[-1] % downscale_factor or shape[-2] % downscale_factor:
        raise RuntimeError(
            f"pixel_unshuffle(): height and width of {listed(shape)} must be multiples of "
            f"{downscale_factor}"
        )
    return _pixel_unshuffle(input, downscale_factor)


@function("function")
def channel_shuffle(input: Any, groups: int) -> Any:
    """Mix the channels of groups: the first of each, then the second of each, and so on.

    Parameters
    ----------
    input : Tensor of shape (n, c, ...)
    groups : int

    Returns
    -------
    Tensor
        In the shape of `input`.

    Raises
    ------
    RuntimeError
        If the number of channels is no multiple of `groups`.

    References
    ----------
    Zhang et al., ShuffleNet, 2017, https://arxiv.org/abs/1707.01083

    Examples
    --------
    >>> import plugrad
    >>> plugrad.channel_shuffle(plugrad.arange(4).reshape(1, 4, 1), 2).flatten()
    tensor([0, 2, 1, 3])
    """
    shape = _checked("channel_shuffle", input, groups, 3)
    if shape[1] % groups:
        raise RuntimeError(
            f"channel_shuffle(): {shape[1]} channels cannot be divided into {groups} groups"
        )
    return _channel_shuffle(input, groups)
