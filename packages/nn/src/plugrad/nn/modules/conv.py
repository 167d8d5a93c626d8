"""Convolutions as modules."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, ClassVar

import plugrad
from plugrad.nn import functional as F
from plugrad.nn import init
from plugrad.nn.modules.module import Module
from plugrad.nn.parameter import Parameter
from plugrad.tensor import Tensor

__all__ = [
    "Conv1d",
    "Conv2d",
    "Conv3d",
    "ConvTranspose1d",
    "ConvTranspose2d",
    "ConvTranspose3d",
]

Many = int | Sequence[int]
Ints = tuple[int, ...]
_MODES = ("zeros", "reflect", "replicate", "circular")


def each(value: Many, count: int) -> Ints:
    """Return `count` ints: `value`, or as many of it."""
    return (value,) * count if isinstance(value, int) else tuple(value)


def check_groups(groups: int, in_channels: int, out_channels: int) -> None:
    """Raise unless the channels fall into so many equal groups."""
    if groups <= 0 or in_channels % groups or out_channels % groups:
        raise ValueError(
            f"groups must be positive and divide in_channels ({in_channels}) and out_channels "
            f"({out_channels}), but is {groups}"
        )


class _Convolution(Module):
    """What convolutions share: the arguments, the weight and the bias.

    Attributes
    ----------
    weight : Parameter of shape (out_channels, in_channels / groups, *kernel_size)
        Of a transposed convolution, with the two numbers of channels exchanged. Uniform at first,
        within one over the root of the number of elements that add up to one output.
    bias : Parameter of shape (out_channels,), or None
    """

    dims: ClassVar[int]
    transposed: bool = False
    weight: Parameter
    bias: Parameter | None

    def _set_up(
        self, in_channels: int, out_channels: int, kernel_size: Many, stride: Many,
        padding: Many | str, dilation: Many, output_padding: Many, groups: int, bias: bool,
        padding_mode: str, device: Any, dtype: Any,
    ) -> None:  # fmt: skip
        check_groups(groups, in_channels, out_channels)
        if padding_mode not in _MODES:
            raise ValueError(f"padding_mode must be one of {_MODES}, not {padding_mode!r}")
        self.in_channels = in_channels
        self.out_channels = out_channels
        self.kernel_size = each(kernel_size, self.dims)
        self.stride = each(stride, self.dims)
        self.dilation = each(dilation, self.dims)
        self.padding: Ints | str = padding if isinstance(padding, str) else each(padding, self.dims)
        self.output_padding = each(output_padding, self.dims)
        self.groups = groups
        self.padding_mode = padding_mode
        self._pads = self._padding_for_pad()
        first, second = in_channels, out_channels
        if not self.transposed:
            first, second = second, first
        shape = first, second // groups, *self.kernel_size
        self.weight = Parameter(plugrad.empty(shape, device=device, dtype=dtype))
        if bias:
            self.bias = Parameter(plugrad.empty(out_channels, device=device, dtype=dtype))
        else:
            self.register_parameter("bias", None)
        self.reset_parameters()

    def _padding_for_pad(self) -> list[int]:
        """Return the padding as `pad` takes it: before and after, the last dimension first."""
        if self.padding == "same":
            if set(self.stride) != {1}:
                raise ValueError(f"padding 'same' keeps the size; stride {self.stride} cannot")
            sizes = zip(self.dilation, self.kernel_size, strict=True)
            totals = [d * (k - 1) for d, k in sizes]
            return [n for total in reversed(totals) for n in (total // 2, total - total // 2)]
        if isinstance(self.padding, str):
            if self.padding != "valid":
                raise ValueError(f"padding must be ints, 'valid' or 'same', not {self.padding!r}")
            return [0] * (2 * self.dims)
        return [amount for amount in reversed(self.padding) for _ in range(2)]

    def reset_parameters(self) -> None:
        """Draw the parameters anew."""
        # Kaiming's bound with this `a` is 1 / sqrt(fan_in).
        init.kaiming_uniform_(self.weight, a=math.sqrt(5))
        if self.bias is not None:
            fan_in = math.prod(self.weight.shape[1:])
            if fan_in:
                init.uniform_(self.bias, -1 / math.sqrt(fan_in), 1 / math.sqrt(fan_in))

    def extra_repr(self) -> str:
        """Show the sizes, and what is not as usual."""
        none = (0,) * self.dims
        usual = {
            "padding": none,
            "dilation": (1,) * self.dims,
            "output_padding": none,
            "groups": 1,
        }
        text = (
            f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, "
            f"stride={self.stride}"
        )
        for name, value in usual.items():
            if getattr(self, name) != value:
                text += f", {name}={getattr(self, name)}"
        if self.bias is None:
            text += ", bias=False"
        return text if self.padding_mode == "zeros" else f"{text}, padding_mode={self.padding_mode}"


class _Conv(_Convolution):
    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Many,
        stride: Many = 1,
        padding: Many | str = 0,
        dilation: Many = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self._set_up(
            in_channels, out_channels, kernel_size, stride, padding, dilation, 0, groups, bias,
            padding_mode, device, dtype,
        )  # fmt: skip

    def forward(self, input: Tensor) -> Tensor:
        """Return the input convolved with the weight."""
        padding: Ints | str = self.padding
        if self.padding_mode != "zeros":
            input, padding = F.pad(input, self._pads, self.padding_mode), (0,) * self.dims
        convolve = (F.conv1d, F.conv2d, F.conv3d)[self.dims - 1]
        return convolve(
            input, self.weight, self.bias, self.stride, padding, self.dilation, self.groups
        )


class Conv1d(_Conv):
    """Convolve over the last dimension.

    Parameters
    ----------
    in_channels, out_channels : int
    kernel_size, stride, padding, dilation, groups
        See `plugrad.conv1d`.
    bias : bool
        Whether to add a number to each output channel.
    padding_mode : {"zeros", "reflect", "replicate", "circular"}
        What to pad with: see `plugrad.nn.functional.pad`.
    device, dtype : optional
        Of the parameters.

    Raises
    ------
    ValueError
        If `groups` does not divide the channels, or there is no such padding.

    Notes
    -----
    Shapes: (N, in_channels, L) to (N, out_channels, L'), or both without N, where L' is
    ``floor((L + 2 * padding - dilation * (kernel_size - 1) - 1) / stride) + 1``.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad import nn
    >>> nn.Conv1d(16, 33, 3, stride=2)(plugrad.ones(20, 16, 50)).shape
    plugrad.Size([20, 33, 24])
    """

    dims = 1


class Conv2d(_Conv):
    """Convolve over the last two dimensions.

    See `Conv1d` for the parameters: each may be an int or two.

    Notes
    -----
    Shapes: (N, in_channels, H, W) to (N, out_channels, H', W'), or both without N, where a size L
    becomes ``floor((L + 2 * padding - dilation * (kernel_size - 1) - 1) / stride) + 1``.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad import nn
    >>> nn.Conv2d(3, 8, 3, padding=1)(plugrad.ones(2, 3, 10, 12)).shape
    plugrad.Size([2, 8, 10, 12])
    """

    dims = 2


class Conv3d(_Conv):
    """Convolve over the last three dimensions.

    See `Conv1d` for the parameters: each may be an int or three.

    Notes
    -----
    Shapes: (N, in_channels, D, H, W) to (N, out_channels, D', H', W'), or both without N, where a
    size L becomes ``floor((L + 2 * padding - dilation * (kernel_size - 1) - 1) / stride) + 1``.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad import nn
    >>> nn.Conv3d(3, 8, (1, 3, 3))(plugrad.ones(2, 3, 4, 5, 6)).shape
    plugrad.Size([2, 8, 4, 3, 4])
    """

    dims = 3


class _ConvTranspose(_Convolution):
    transposed = True

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Many,
        stride: Many = 1,
        padding: Many = 0,
        output_padding: Many = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: Many = 1,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        if padding_mode != "zeros":
            raise ValueError(
                f"{type(self).__name__} cuts its output, and has no padding_mode but 'zeros', not "
                f"{padding_mode!r}"
            )
        self._set_up(
            in_channels, out_channels, kernel_size, stride, padding, dilation, output_padding,
            groups, bias, padding_mode, device, dtype,
        )  # fmt: skip

    def forward(self, input: Tensor, output_size: Sequence[int] | None = None) -> Tensor:
        """Return the input spread with the weight.

        Parameters
        ----------
        input : Tensor
        output_size : sequence of int, optional
            Which of the sizes that the stride would make the same the output is to have.

        Raises
        ------
        ValueError
            If it cannot have that size.
        """
        extra = self.output_padding
        if output_size is not None:
            extra = self._extra(input, tuple(output_size))
        spread = (F.conv_transpose1d, F.conv_transpose2d, F.conv_transpose3d)[self.dims - 1]
        return spread(
            input, self.weight, self.bias, self.stride, self.padding, extra, self.groups,
            self.dilation,
        )  # fmt: skip

    def _extra(self, input: Tensor, wanted: Ints) -> Ints:
        lead = input.ndim - self.dims
        if len(wanted) == input.ndim:
            wanted = wanted[lead:]
        if len(wanted) != self.dims:
            raise ValueError(
                f"output_size must be {self.dims} ints, or {input.ndim}, not {len(wanted)}"
            )
        assert not isinstance(self.padding, str)
        found = []
        for n, w, k, s, p, d in zip(
            input.shape[lead:], wanted, self.kernel_size, self.stride, self.padding, self.dilation,
            strict=True,
        ):  # fmt: skip
            least = (n - 1) * s - 2 * p + d * (k - 1) + 1
            if not least <= w < least + s:
                raise ValueError(
                    f"output_size {wanted} cannot be: {w} must be between {least} and "
                    f"{least + s - 1}"
                )
            found.append(w - least)
        return tuple(found)


class ConvTranspose1d(_ConvTranspose):
    """Apply the transpose of a convolution over the last dimension.

    Parameters
    ----------
    in_channels, out_channels : int
    kernel_size, stride, padding, output_padding, groups, dilation
        See `plugrad.conv_transpose1d`.
    bias : bool
        Whether to add a number to each output channel.
    padding_mode : {"zeros"}
    device, dtype : optional
        Of the parameters.

    Raises
    ------
    ValueError
        If `groups` does not divide the channels, or `padding_mode` is another.

    Notes
    -----
    Shapes: (N, in_channels, L) to (N, out_channels, L'), or both without N, where L' is
    ``(L - 1) * stride - 2 * padding + dilation * (kernel_size - 1) + output_padding + 1``.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad import nn
    >>> nn.ConvTranspose1d(4, 2, 3, stride=2)(plugrad.ones(1, 4, 5)).shape
    plugrad.Size([1, 2, 11])
    """

    dims = 1


class ConvTranspose2d(_ConvTranspose):
    """Apply the transpose of a convolution over the last two dimensions.

    See `ConvTranspose1d` for the parameters: each may be an int or two.

    Notes
    -----
    Shapes: (N, in_channels, H, W) to (N, out_channels, H', W'), or both without N, where a size L
    becomes ``(L - 1) * stride - 2 * padding + dilation * (kernel_size - 1) + output_padding + 1``.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad import nn
    >>> nn.ConvTranspose2d(4, 2, 2, stride=2)(plugrad.ones(1, 4, 5, 6)).shape
    plugrad.Size([1, 2, 10, 12])
    """

    dims = 2


class ConvTranspose3d(_ConvTranspose):
    """Apply the transpose of a convolution over the last three dimensions.

    See `ConvTranspose1d` for the parameters: each may be an int or three.

    Notes
    -----
    Shapes: (N, in_channels, D, H, W) to (N, out_channels, D', H', W'), or both without N, where a
    size L becomes
    ``(L - 1) * stride - 2 * padding + dilation * (kernel_size - 1) + output_padding + 1``.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad import nn
    >>> nn.ConvTranspose3d(4, 2, 2)(plugrad.ones(1, 4, 3, 3, 3)).shape
    plugrad.Size([1, 2, 4, 4, 4])
    """

    dims = 3
