"""Convolutions, and the columns of windows that they are computed from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from plugrad.nn.operators import columns, conv
from plugrad.operators.windows import ints_given, tensors_given
from plugrad.size import listed
from plugrad.tensor import Tensor

__all__ = [
    "conv1d",
    "conv2d",
    "conv3d",
    "conv_tbc",
    "conv_transpose1d",
    "conv_transpose2d",
    "conv_transpose3d",
    "fold",
    "unfold",
]

Many = int | Sequence[int]
Ints = tuple[int, ...]

conv1d: Callable[..., Tensor] = conv.conv1d
conv2d: Callable[..., Tensor] = conv.conv2d
conv3d: Callable[..., Tensor] = conv.conv3d
conv_tbc: Callable[..., Tensor] = conv.conv_tbc
conv_transpose1d: Callable[..., Tensor] = conv.conv_transpose1d
conv_transpose2d: Callable[..., Tensor] = conv.conv_transpose2d
conv_transpose3d: Callable[..., Tensor] = conv.conv_transpose3d


def unfold(
    input: Any, kernel_size: Many, dilation: Many = 1, padding: Many = 0, stride: Many = 1
) -> Tensor:
    """Return the windows of images as columns.

    Parameters
    ----------
    input : Tensor of shape (n, channels, h, w), or without n
    kernel_size, dilation, padding, stride : int or two ints
        The windows: see `plugrad.conv2d`.

    Returns
    -------
    Tensor of shape (n, channels * window, windows), or without n

    Raises
    ------
    RuntimeError
        If the windows do not fit.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.nn import functional as F
    >>> F.unfold(plugrad.arange(6.0).reshape(1, 2, 3), (2, 2))
    tensor([[0., 1.],
            [1., 2.],
            [3., 4.],
            [4., 5.]])
    """
    geometry = _geometry("unfold", input, kernel_size, dilation, padding, stride)
    shape = input.shape
    if len(shape) not in (3, 4) or 0 in shape[-3:]:
        # An IndexError, as in PyTorch.
        raise (IndexError if len(shape) < 3 else RuntimeError)(
            f"unfold(): the input must have 3 dimensions, or 4 with a batch, of sizes other than "
            f"0, not shape {listed(shape)}"
        )
    _windows("unfold", shape[-2:], geometry)
    result: Tensor = columns.im2col(input, *geometry)
    return result


def fold(
    input: Any, output_size: Many, kernel_size: Many, dilation: Many = 1, padding: Many = 0,
    stride: Many = 1,
) -> Tensor:  # fmt: skip
    """Add windows, the columns of matrices, up to images: the transpose of `unfold`.

    Parameters
    ----------
    input : Tensor of shape (n, channels * window, windows), or without n
    output_size : int or two ints
        The sizes of an image.
    kernel_size, dilation, padding, stride : int or two ints

    Returns
    -------
    Tensor of shape (n, channels, height, width), or without n

    Raises
    ------
    RuntimeError
        If shapes do not fit.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.nn import functional as F
    >>> F.fold(plugrad.ones(4, 2), (2, 3), 2)
    tensor([[[1., 2., 1.],
             [1., 2., 1.]]])
    """
    geometry = _geometry("fold", input, kernel_size, dilation, padding, stride)
    sizes = ints_given("fold", "output_size", output_size, 2)
    shape, (height, width) = input.shape, geometry[0]
    if len(shape) not in (2, 3) or 0 in shape[-2:]:
        raise RuntimeError(
            f"fold(): the input must have 2 dimensions, or 3 with a batch, of sizes other than 0, "
            f"not shape {listed(shape)}"
        )
    count = _windows("fold", sizes, geometry)
    if shape[-2] % (height * width) or shape[-1] != count:
        raise RuntimeError(
            f"fold(): {count} windows of {height} x {width} cover {listed(sizes)}, but the input "
            f"of shape {listed(shape)} is for {shape[-1]}, of a multiple of {shape[-2]} elements"
        )
    result: Tensor = columns.col2im(input, sizes, *geometry)
    return result


def _geometry(
    name: str, input: Any, kernel_size: Many, dilation: Many, padding: Many, stride: Many
) -> tuple[Ints, Ints, Ints, Ints]:
    tensors_given(name, input=input)
    kernel = ints_given(name, "kernel_size", kernel_size, 2)
    steps = ints_given(name, "dilation", dilation, 2)
    pads = ints_given(name, "padding", padding, 2)
    strides = ints_given(name, "stride", stride, 2)
    if min(*kernel, *steps, *strides) < 1 or min(pads) < 0:
        raise RuntimeError(
            f"{name}(): kernel_size {listed(kernel)}, dilation {listed(steps)} and stride "
            f"{listed(strides)} must be positive, and padding {listed(pads)} not negative"
        )
    if input.dtype.name.startswith(("int", "uint")):
        raise NotImplementedError(f"{name}() is not for {input.dtype}; convert to float32")
    return kernel, steps, pads, strides


def _windows(name: str, sizes: Ints, geometry: tuple[Ints, Ints, Ints, Ints]) -> int:
    """Return the number of windows."""
    counts = [
        (n + 2 * p - d * (k - 1) - 1) // s + 1
        for n, k, d, p, s in zip(sizes, *geometry, strict=True)
    ]
    if min(counts) < 1:
        kernel, dilation, padding, _ = map(listed, geometry)
        raise RuntimeError(
            f"{name}(): windows of {kernel} with dilation {dilation} and padding {padding} do not "
            f"fit {listed(sizes)}"
        )
    return counts[0] * counts[1]
