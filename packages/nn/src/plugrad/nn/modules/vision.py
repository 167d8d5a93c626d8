"""Modules for images: larger, smaller, and with channels shuffled."""

from __future__ import annotations

from plugrad.nn import functional as F
from plugrad.nn.modules.module import Module
from plugrad.tensor import Tensor

__all__ = [
    "ChannelShuffle",
    "PixelShuffle",
    "PixelUnshuffle",
    "Upsample",
    "UpsamplingBilinear2d",
    "UpsamplingNearest2d",
]


class Upsample(Module):
    """Make images larger or smaller: see `plugrad.nn.functional.interpolate`.

    Parameters
    ----------
    size : int or tuple of int, optional
        What the last dimensions become.
    scale_factor : float or tuple of float, optional
        By how much they grow, in place of `size`.
    mode : str
        ``"nearest"``, ``"linear"``, ``"bilinear"``, ``"bicubic"`` or ``"trilinear"``.
    align_corners : bool, optional
        Whether the outermost elements keep their places.
    recompute_scale_factor : bool, optional
        Whether the factor is the quotient of the sizes.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad import nn
    >>> nn.Upsample(scale_factor=2)(plugrad.tensor([[[1.0, 2.0]]]))
    tensor([[[1., 1., 2., 2.]]])
    """

    def __init__(
        self,
        size: int | tuple[int, ...] | None = None,
        scale_factor: float | tuple[float, ...] | None = None,
        mode: str = "nearest",
        align_corners: bool | None = None,
        recompute_scale_factor: bool | None = None,
    ) -> None:
        super().__init__()
        self.name = type(self).__name__
        self.size = size
        if isinstance(scale_factor, tuple):
            self.scale_factor: float | tuple[float, ...] | None = tuple(map(float, scale_factor))
        else:
            self.scale_factor = float(scale_factor) if scale_factor else None
        self.mode = mode
        self.align_corners = align_corners
        self.recompute_scale_factor = recompute_scale_factor

    def forward(self, input: Tensor) -> Tensor:
        """Return the input resampled."""
        return F.interpolate(
            input,
            self.size,
            self.scale_factor,
            self.mode,
            self.align_corners,
            self.recompute_scale_factor,
        )

    def extra_repr(self) -> str:
        """Show the size or factor, and the mode."""
        what = (
            f"size={self.size}"
            if self.scale_factor is None
            else f"scale_factor={self.scale_factor}"
        )
        return f"{what}, mode={self.mode!r}"


class UpsamplingNearest2d(Upsample):
    """Make images larger by repeating their elements: see `Upsample`.

    Parameters
    ----------
    size : int or tuple of int, optional
        What the last two dimensions become.
    scale_factor : float or tuple of float, optional
        By how much they grow, in place of `size`.

    Notes
    -----
    Shapes: (N, C, H, W) to (N, C, H', W').

    Examples
    --------
    >>> import plugrad
    >>> from plugrad import nn
    >>> nn.UpsamplingNearest2d(scale_factor=2)(plugrad.tensor([[[[1.0, 2.0]]]]))
    tensor([[[[1., 1., 2., 2.],
              [1., 1., 2., 2.]]]])
    """

    def __init__(
        self,
        size: int | tuple[int, ...] | None = None,
        scale_factor: float | tuple[float, ...] | None = None,
    ) -> None:
        super().__init__(size, scale_factor, mode="nearest")


class UpsamplingBilinear2d(Upsample):
    """Make images larger by bilinear interpolation with aligned corners: see `Upsample`.

    Parameters
    ----------
    size : int or tuple of int, optional
        What the last two dimensions become.
    scale_factor : float or tuple of float, optional
        By how much they grow, in place of `size`.

    Notes
    -----
    Shapes: (N, C, H, W) to (N, C, H', W').

    Examples
    --------
    >>> import plugrad
    >>> from plugrad import nn
    >>> nn.UpsamplingBilinear2d(size=(1, 3))(plugrad.tensor([[[[1.0, 2.0]]]]))
    tensor([[[[1.0000, 1.5000, 2.0000]]]])
    """

    def __init__(
        self,
        size: int | tuple[int, ...] | None = None,
        scale_factor: float | tuple[float, ...] | None = None,
    ) -> None:
        super().__init__(size, scale_factor, mode="bilinear", align_corners=True)


class PixelShuffle(Module):
    """Make an image larger, by laying out its channels as pixels.

    Parameters
    ----------
    upscale_factor : int
        The factor r: shape (..., c * r * r, h, w) becomes (..., c, h * r, w * r).

    References
    ----------
    W. Shi et al., Real-time single image and video super-resolution using an efficient sub-pixel
    convolutional neural network, 2016, https://arxiv.org/abs/1609.05158.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad import nn
    >>> nn.PixelShuffle(2)(plugrad.tensor([1.0, 2.0, 3.0, 4.0]).reshape(4, 1, 1))
    tensor([[[1., 2.],
             [3., 4.]]])
    """

    def __init__(self, upscale_factor: int) -> None:
        super().__init__()
        self.upscale_factor = upscale_factor

    def forward(self, input: Tensor) -> Tensor:
        """Return the larger image."""
        return F.pixel_shuffle(input, self.upscale_factor)

    def extra_repr(self) -> str:
        """Show the factor."""
        return f"upscale_factor={self.upscale_factor}"


class PixelUnshuffle(Module):
    """Make an image smaller, by stacking its pixels as channels: undoes `PixelShuffle`.

    Parameters
    ----------
    downscale_factor : int
        The factor r: shape (..., c, h * r, w * r) becomes (..., c * r * r, h, w).

    References
    ----------
    W. Shi et al., Real-time single image and video super-resolution using an efficient sub-pixel
    convolutional neural network, 2016, https://arxiv.org/abs/1609.05158.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad import nn
    >>> nn.PixelUnshuffle(2)(plugrad.tensor([[[1.0, 2.0], [3.0, 4.0]]])).flatten(1)
    tensor([[1.],
            [2.],
            [3.],
            [4.]])
    """

    def __init__(self, downscale_factor: int) -> None:
        super().__init__()
        self.downscale_factor = downscale_factor

    def forward(self, input: Tensor) -> Tensor:
        """Return the smaller image."""
        return F.pixel_unshuffle(input, self.downscale_factor)

    def extra_repr(self) -> str:
        """Show the factor."""
        return f"downscale_factor={self.downscale_factor}"


class ChannelShuffle(Module):
    """Mix the channels of groups: the first of each, then the second of each, and so on.

    Parameters
    ----------
    groups : int
        Into how many groups the channels fall.

    Notes
    -----
    Shapes: (N, C, ...); the result the same.

    References
    ----------
    X. Zhang et al., ShuffleNet, 2018, https://arxiv.org/abs/1707.01083.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad import nn
    >>> nn.ChannelShuffle(2)(plugrad.arange(4.0).reshape(1, 4, 1, 1)).flatten()
    tensor([0., 2., 1., 3.])
    """

    def __init__(self, groups: int) -> None:
        super().__init__()
        self.groups = groups

    def forward(self, input: Tensor) -> Tensor:
        """Return the input with its channels mixed."""
        return F.channel_shuffle(input, self.groups)

    def extra_repr(self) -> str:
        """Show the number of groups."""
        return f"groups={self.groups}"
