"""The windows of images as columns, and back, as modules."""

from __future__ import annotations

from collections.abc import Sequence

from plugrad.nn import functional as F
from plugrad.nn.modules.module import Module
from plugrad.tensor import Tensor

__all__ = ["Fold", "Unfold"]

Many = int | Sequence[int]


class Unfold(Module):
    """Return the windows of images as columns.

    Parameters
    ----------
    kernel_size, dilation, padding, stride : int or two ints

    Notes
    -----
    Shapes: (N, C, H, W) to (N, C * window, windows), or both without N.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad import nn
    >>> nn.Unfold(2)(plugrad.ones(1, 3, 4, 4)).shape
    plugrad.Size([1, 12, 9])
    """

    def __init__(
        self, kernel_size: Many, dilation: Many = 1, padding: Many = 0, stride: Many = 1
    ) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.dilation = dilation
        self.padding = padding
        self.stride = stride

    def forward(self, input: Tensor) -> Tensor:
        """Return the windows."""
        return F.unfold(input, self.kernel_size, self.dilation, self.padding, self.stride)

    def extra_repr(self) -> str:
        """Show the arguments."""
        return (
            f"kernel_size={self.kernel_size}, dilation={self.dilation}, padding={self.padding}, "
            f"stride={self.stride}"
        )


class Fold(Unfold):
    """Add windows, the columns of matrices, up to images.

    Parameters
    ----------
    output_size : int or two ints
        The sizes of an image.
    kernel_size, dilation, padding, stride : int or two ints

    Notes
    -----
    Shapes: (N, C * window, windows) to (N, C, H, W), or both without N.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad import nn
    >>> nn.Fold((4, 5), 2)(plugrad.ones(1, 12, 12)).shape
    plugrad.Size([1, 3, 4, 5])
    """

    def __init__(
        self,
        output_size: Many,
        kernel_size: Many,
        dilation: Many = 1,
        padding: Many = 0,
        stride: Many = 1,
    ) -> None:
        super().__init__(kernel_size, dilation, padding, stride)
        self.output_size = output_size

    def forward(self, input: Tensor) -> Tensor:
        """Return the images."""
        return F.fold(
            input, self.output_size, self.kernel_size, self.dilation, self.padding, self.stride
        )

    def extra_repr(self) -> str:
        """Show the arguments."""
        return f"output_size={self.output_size}, {super().extra_repr()}"
