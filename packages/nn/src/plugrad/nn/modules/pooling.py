"""Pooling as modules: the largest element of each window, its mean or its norm."""

from __future__ import annotations

from typing import Any, ClassVar

from plugrad.nn import functional as F
from plugrad.nn.modules.conv import Many, each
from plugrad.nn.modules.module import Module
from plugrad.tensor import Tensor

__all__ = [
    "AvgPool1d",
    "AvgPool2d",
    "AvgPool3d",
    "LPPool1d",
    "LPPool2d",
    "LPPool3d",
    "MaxPool1d",
    "MaxPool2d",
    "MaxPool3d",
]


class Pool(Module):
    """A pooling function whose further arguments are the module's attributes.

    Attributes
    ----------
    shown : tuple of str
        The attributes that are printed.
    """

    dims: ClassVar[int]
    shown: ClassVar[tuple[str, ...]] = ("kernel_size", "stride", "padding")

    def _function(self, name: str) -> Any:
        return getattr(F, f"{name}{self.dims}d")

    def extra_repr(self) -> str:
        """Show the arguments."""
        return ", ".join(f"{name}={getattr(self, name)}" for name in self.shown)


class _MaxPool(Pool):
    shown = ("kernel_size", "stride", "padding", "dilation", "ceil_mode")

    def __init__(
        self,
        kernel_size: Many,
        stride: Many | None = None,
        padding: Many = 0,
        dilation: Many = 1,
        return_indices: bool = False,
        ceil_mode: bool = False,
    ) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        self.padding = padding
        self.dilation = dilation
        self.return_indices = return_indices
        self.ceil_mode = ceil_mode

    def forward(self, input: Tensor) -> Any:
        """Return the largest elements, and where they are if that is asked for."""
        return self._function("max_pool")(
            input, self.kernel_size, self.stride, self.padding, self.dilation, self.ceil_mode,
            self.return_indices,
        )  # fmt: skip


class _AvgPool(Pool):
    def __init__(
        self,
        kernel_size: Many,
        stride: Many | None = None,
        padding: Many = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        divisor_override: int | None = None,
    ) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        self.padding = padding
        self.ceil_mode = ceil_mode
        self.count_include_pad = count_include_pad
        self.divisor_override = divisor_override

    def forward(self, input: Tensor) -> Tensor:
        """Return the means."""
        pooled: Tensor = self._function("avg_pool")(
            input, self.kernel_size, self.stride, self.padding, self.ceil_mode,
            self.count_include_pad, self.divisor_override,
        )  # fmt: skip
        return pooled


class _LPPool(Pool):
    shown = ("norm_type", "kernel_size", "stride", "ceil_mode")

    def __init__(
        self,
        norm_type: float,
        kernel_size: Many,
        stride: Many | None = None,
        ceil_mode: bool = False,
    ) -> None:
        super().__init__()
        self.norm_type = norm_type
        self.kernel_size = kernel_size
        self.stride = stride
        self.ceil_mode = ceil_mode

    def forward(self, input: Tensor) -> Tensor:
        """Return the norms."""
        pooled: Tensor = self._function("lp_pool")(
            input, float(self.norm_type), self.kernel_size, self.stride, self.ceil_mode
        )
        return pooled


class MaxPool1d(_MaxPool):
    """Return the largest element of each window over the last dimension.

    Parameters
    ----------
    kernel_size, stride, padding, dilation, ceil_mode
        See `plugrad.max_pool1d`.
    return_indices : bool
        Whether to return where they are too.

    Notes
    -----
    Shapes: (N, C, L) to (N, C, L'), or both without N, where L' is
    ``floor((L + 2 * padding - dilation * (kernel_size - 1) - 1) / stride) + 1``; with `ceil_mode`
    rounded up.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad import nn
    >>> nn.MaxPool1d(2)(plugrad.ones(1, 1, 4)).shape
    plugrad.Size([1, 1, 2])
    """

    dims = 1


class MaxPool2d(_MaxPool):
    """Return the largest element of each window over the last two dimensions.

    See `MaxPool1d` for the parameters.

    Notes
    -----
    Shapes: (N, C, H, W) to (N, C, H', W'), or both without N, where a size L becomes
    ``floor((L + 2 * padding - dilation * (kernel_size - 1) - 1) / stride) + 1``; with `ceil_mode`
    rounded up.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad import nn
    >>> nn.MaxPool2d(2)(plugrad.ones(1, 1, 4, 4)).shape
    plugrad.Size([1, 1, 2, 2])
    """

    dims = 2


class MaxPool3d(_MaxPool):
    """Return the largest element of each window over the last three dimensions.

    See `MaxPool1d` for the parameters.

    Notes
    -----
    Shapes: (N, C, D, H, W) to (N, C, D', H', W'), or both without N, where a size L becomes
    ``floor((L + 2 * padding - dilation * (kernel_size - 1) - 1) / stride) + 1``; with `ceil_mode`
    rounded up.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad import nn
    >>> nn.MaxPool3d(2)(plugrad.ones(1, 1, 4, 4, 4)).shape
    plugrad.Size([1, 1, 2, 2, 2])
    """

    dims = 3


class AvgPool1d(_AvgPool):
    """Return the mean of each window over the last dimension.

    Parameters
    ----------
    kernel_size, stride, padding, ceil_mode, count_include_pad
        See `plugrad.avg_pool1d`.

    Notes
    -----
    Shapes: (N, C, L) to (N, C, L'), or both without N, where L' is
    ``floor((L + 2 * padding - kernel_size) / stride) + 1``; with `ceil_mode` rounded up.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad import nn
    >>> nn.AvgPool1d(2)(plugrad.ones(1, 1, 4)).shape
    plugrad.Size([1, 1, 2])
    """

    dims = 1

    def __init__(
        self,
        kernel_size: Many,
        stride: Many | None = None,
        padding: Many = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
    ) -> None:
        stride = kernel_size if stride is None else stride
        sizes = each(kernel_size, 1), each(stride, 1), each(padding, 1)
        super().__init__(*sizes, ceil_mode, count_include_pad)
        del self.divisor_override  # which one dimension does not have

    def forward(self, input: Tensor) -> Tensor:
        """Return the means."""
        return F.avg_pool1d(
            input, self.kernel_size, self.stride, self.padding, self.ceil_mode,
            self.count_include_pad,
        )  # fmt: skip


class AvgPool2d(_AvgPool):
    """Return the mean of each window over the last two dimensions.

    See `AvgPool1d` for the parameters.

    Notes
    -----
    Shapes: (N, C, H, W) to (N, C, H', W'), or both without N, where a size L becomes
    ``floor((L + 2 * padding - kernel_size) / stride) + 1``; with `ceil_mode` rounded up.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad import nn
    >>> nn.AvgPool2d(2)(plugrad.ones(1, 1, 4, 4)).shape
    plugrad.Size([1, 1, 2, 2])
    """

    dims = 2


class AvgPool3d(_AvgPool):
    """Return the mean of each window over the last three dimensions.

    See `AvgPool1d` for the parameters.

    Notes
    -----
    Shapes: (N, C, D, H, W) to (N, C, D', H', W'), or both without N, where a size L becomes
    ``floor((L + 2 * padding - kernel_size) / stride) + 1``; with `ceil_mode` rounded up.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad import nn
    >>> nn.AvgPool3d(2)(plugrad.ones(1, 1, 4, 4, 4)).shape
    plugrad.Size([1, 1, 2, 2, 2])
    """

    dims = 3


class LPPool1d(_LPPool):
    """Return the p-norm of each window over the last dimension.

    Parameters
    ----------
    norm_type : float
        The norm's p.
    kernel_size, stride, ceil_mode
        See `plugrad.max_pool1d`.

    Notes
    -----
    Shapes: (N, C, L) to (N, C, L'), or both without N, where L' is
    ``floor((L - kernel_size) / stride) + 1``; with `ceil_mode` rounded up. It is
    ``(x ** p).sum() ** (1 / p)`` of each window.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad import nn
    >>> nn.LPPool1d(2, 2)(plugrad.ones(1, 1, 4)).shape
    plugrad.Size([1, 1, 2])
    """

    dims = 1


class LPPool2d(_LPPool):
    """Return the p-norm of each window over the last two dimensions.

    See `LPPool1d` for the parameters.

    Notes
    -----
    Shapes: (N, C, H, W) to (N, C, H', W'), or both without N, where a size L becomes
    ``floor((L - kernel_size) / stride) + 1``; with `ceil_mode` rounded up. It is
    ``(x ** p).sum() ** (1 / p)`` of each window.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad import nn
    >>> nn.LPPool2d(2, 2)(plugrad.ones(1, 1, 4, 4)).shape
    plugrad.Size([1, 1, 2, 2])
    """

    dims = 2


class LPPool3d(_LPPool):
    """Return the p-norm of each window over the last three dimensions.

    See `LPPool1d` for the parameters.

    Notes
    -----
    Shapes: (N, C, D, H, W) to (N, C, D', H', W'), or both without N, where a size L becomes
    ``floor((L - kernel_size) / stride) + 1``; with `ceil_mode` rounded up. It is
    ``(x ** p).sum() ** (1 / p)`` of each window.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad import nn
    >>> nn.LPPool3d(2, 2)(plugrad.ones(1, 1, 4, 4, 4)).shape
    plugrad.Size([1, 1, 2, 2, 2])
    """

    dims = 3
