"""Pooling as modules."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from plugrad.nn import functional as F
from plugrad.nn.modules.conv import Ints, Many, each
from plugrad.nn.modules.module import Module
from plugrad.tensor import Tensor

__all__ = [
    "AdaptiveAvgPool1d",
    "AdaptiveAvgPool2d",
    "AdaptiveAvgPool3d",
    "AdaptiveMaxPool1d",
    "AdaptiveMaxPool2d",
    "AdaptiveMaxPool3d",
    "AvgPool1d",
    "AvgPool2d",
    "AvgPool3d",
    "FractionalMaxPool2d",
    "FractionalMaxPool3d",
    "LPPool1d",
    "LPPool2d",
    "LPPool3d",
    "MaxPool1d",
    "MaxPool2d",
    "MaxPool3d",
    "MaxUnpool1d",
    "MaxUnpool2d",
    "MaxUnpool3d",
]


class _Pool(Module):
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


class _MaxPool(_Pool):
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


class _AvgPool(_Pool):
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


class _LPPool(_Pool):
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


class _AdaptiveAvgPool(_Pool):
    shown = ("output_size",)

    def __init__(self, output_size: Any) -> None:
        super().__init__()
        self.output_size = output_size

    def forward(self, input: Tensor) -> Tensor:
        """Return the means."""
        pooled: Tensor = self._function("adaptive_avg_pool")(input, self.output_size)
        return pooled


class _AdaptiveMaxPool(_Pool):
    shown = ("output_size",)

    def __init__(self, output_size: Any, return_indices: bool = False) -> None:
        super().__init__()
        self.output_size = output_size
        self.return_indices = return_indices

    def forward(self, input: Tensor) -> Any:
        """Return the largest elements, and where they are if that is asked for."""
        return self._function("adaptive_max_pool")(input, self.output_size, self.return_indices)


class _MaxUnpool(_Pool):
    def __init__(self, kernel_size: Many, stride: Many | None = None, padding: Many = 0) -> None:
        super().__init__()
        self.kernel_size = each(kernel_size, self.dims)
        self.stride = self.kernel_size if stride is None else each(stride, self.dims)
        self.padding = each(padding, self.dims)

    def forward(
        self, input: Tensor, indices: Tensor, output_size: Sequence[int] | None = None
    ) -> Tensor:
        """Return the elements where `indices` say, among zeros."""
        spread: Tensor = self._function("max_unpool")(
            input, indices, self.kernel_size, self.stride, self.padding, output_size
        )
        return spread


class _FractionalMaxPool(_Pool):
    shown = ()

    def __init__(
        self,
        kernel_size: Many,
        output_size: Many | None = None,
        output_ratio: Any = None,
        return_indices: bool = False,
        _random_samples: Any = None,
    ) -> None:
        super().__init__()
        if (output_size is None) == (output_ratio is None):
            raise ValueError(
                f"{type(self).__name__} needs an output_size or an output_ratio, not both"
            )
        ratios = output_ratio
        if isinstance(ratios, (int, float)):
            ratios = (ratios,) * self.dims
        if ratios is not None and not all(0 < ratio < 1 for ratio in ratios):
            raise ValueError(f"output_ratio must be between 0 and 1, not {output_ratio}")
        self.kernel_size = each(kernel_size, self.dims)
        self.return_indices = return_indices
        self.register_buffer("_random_samples", _random_samples)
        self.output_size: Ints | None = (
            None if output_size is None else each(output_size, self.dims)
        )
        self.output_ratio = ratios

    def forward(self, input: Tensor) -> Any:
        """Return the largest elements, and where they are if that is asked for."""
        return self._function("fractional_max_pool")(
            input, self.kernel_size, self.output_size, self.output_ratio, self.return_indices,
            _random_samples=self._random_samples,
        )  # fmt: skip


class MaxPool1d(_MaxPool):
    """Return the largest element of each window over the last dimension.

    Parameters
    ----------
    kernel_size, stride, padding, dilation, ceil_mode
        See `plugrad.max_pool1d`.
    return_indices : bool
        Whether to return where they are too.

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

    Examples
    --------
    >>> import plugrad
    >>> from plugrad import nn
    >>> nn.LPPool3d(2, 2)(plugrad.ones(1, 1, 4, 4, 4)).shape
    plugrad.Size([1, 1, 2, 2, 2])
    """

    dims = 3


class AdaptiveAvgPool1d(_AdaptiveAvgPool):
    """Return the means of windows that share the last dimension evenly.

    Parameters
    ----------
    output_size : int, or one for each dimension
        The number of windows; None for as many as elements.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad import nn
    >>> nn.AdaptiveAvgPool1d(2)(plugrad.ones(1, 1, 4)).shape
    plugrad.Size([1, 1, 2])
    """

    dims = 1


class AdaptiveAvgPool2d(_AdaptiveAvgPool):
    """Return the means of windows that share the last two dimensions evenly.

    See `AdaptiveAvgPool1d` for the parameters.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad import nn
    >>> nn.AdaptiveAvgPool2d(2)(plugrad.ones(1, 1, 4, 4)).shape
    plugrad.Size([1, 1, 2, 2])
    """

    dims = 2


class AdaptiveAvgPool3d(_AdaptiveAvgPool):
    """Return the means of windows that share the last three dimensions evenly.

    See `AdaptiveAvgPool1d` for the parameters.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad import nn
    >>> nn.AdaptiveAvgPool3d(2)(plugrad.ones(1, 1, 4, 4, 4)).shape
    plugrad.Size([1, 1, 2, 2, 2])
    """

    dims = 3


class AdaptiveMaxPool1d(_AdaptiveMaxPool):
    """Return the largest elements of windows that share the last dimension evenly.

    Parameters
    ----------
    output_size : int, or one for each dimension
        The number of windows; None for as many as elements.
    return_indices : bool
        Whether to return where they are too.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad import nn
    >>> nn.AdaptiveMaxPool1d(2)(plugrad.ones(1, 1, 4)).shape
    plugrad.Size([1, 1, 2])
    """

    dims = 1


class AdaptiveMaxPool2d(_AdaptiveMaxPool):
    """Return the largest elements of windows that share the last two dimensions evenly.

    See `AdaptiveMaxPool1d` for the parameters.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad import nn
    >>> nn.AdaptiveMaxPool2d(2)(plugrad.ones(1, 1, 4, 4)).shape
    plugrad.Size([1, 1, 2, 2])
    """

    dims = 2


class AdaptiveMaxPool3d(_AdaptiveMaxPool):
    """Return the largest elements of windows that share the last three dimensions evenly.

    See `AdaptiveMaxPool1d` for the parameters.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad import nn
    >>> nn.AdaptiveMaxPool3d(2)(plugrad.ones(1, 1, 4, 4, 4)).shape
    plugrad.Size([1, 1, 2, 2, 2])
    """

    dims = 3


class MaxUnpool1d(_MaxUnpool):
    """Put elements where they were the largest over the last dimension, and 0 elsewhere.

    Parameters
    ----------
    kernel_size, stride, padding
        Those of the pooling to undo.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad import nn
    >>> found = nn.MaxPool1d(2, return_indices=True)(plugrad.ones(1, 1, 4))
    >>> nn.MaxUnpool1d(2)(*found).shape
    plugrad.Size([1, 1, 4])
    """

    dims = 1


class MaxUnpool2d(_MaxUnpool):
    """Put elements where they were the largest over the last two dimensions, and 0 elsewhere.

    See `MaxUnpool1d` for the parameters.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad import nn
    >>> found = nn.MaxPool2d(2, return_indices=True)(plugrad.ones(1, 1, 4, 4))
    >>> nn.MaxUnpool2d(2)(*found).shape
    plugrad.Size([1, 1, 4, 4])
    """

    dims = 2


class MaxUnpool3d(_MaxUnpool):
    """Put elements where they were the largest over the last three dimensions, and 0 elsewhere.

    See `MaxUnpool1d` for the parameters.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad import nn
    >>> found = nn.MaxPool3d(2, return_indices=True)(plugrad.ones(1, 1, 4, 4, 4))
    >>> nn.MaxUnpool3d(2)(*found).shape
    plugrad.Size([1, 1, 4, 4, 4])
    """

    dims = 3


class FractionalMaxPool2d(_FractionalMaxPool):
    """Return the largest elements of windows at random distances in the last two dimensions.

    Parameters
    ----------
    kernel_size : int, or one for each dimension
    output_size : int, or one for each dimension
        The number of windows.
    output_ratio : float, or one for each dimension
        Or what share of the input's size that is.
    return_indices : bool
        Whether to return where they are too.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad import nn
    >>> nn.FractionalMaxPool2d(2, output_size=2)(plugrad.ones(1, 1, 5, 5)).shape
    plugrad.Size([1, 1, 2, 2])
    """

    dims = 2


class FractionalMaxPool3d(_FractionalMaxPool):
    """Return the largest elements of windows at random distances in the last three dimensions.

    See `FractionalMaxPool2d` for the parameters.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad import nn
    >>> nn.FractionalMaxPool3d(2, output_size=2)(plugrad.ones(1, 1, 5, 5, 5)).shape
    plugrad.Size([1, 1, 2, 2, 2])
    """

    dims = 3
