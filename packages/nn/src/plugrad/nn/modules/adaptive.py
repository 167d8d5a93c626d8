"""Pooling with windows that adapt to the input or lie at random, and its undoing, as modules."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from plugrad.nn.modules.conv import Ints, Many, each
from plugrad.nn.modules.pooling import Pool
from plugrad.tensor import Tensor

__all__ = [
    "AdaptiveAvgPool1d",
    "AdaptiveAvgPool2d",
    "AdaptiveAvgPool3d",
    "AdaptiveMaxPool1d",
    "AdaptiveMaxPool2d",
    "AdaptiveMaxPool3d",
    "FractionalMaxPool2d",
    "FractionalMaxPool3d",
    "MaxUnpool1d",
    "MaxUnpool2d",
    "MaxUnpool3d",
]


class _AdaptiveAvgPool(Pool):
    shown = ("output_size",)

    def __init__(self, output_size: Any) -> None:
        super().__init__()
        self.output_size = output_size

    def forward(self, input: Tensor) -> Tensor:
        """Return the means."""
        pooled: Tensor = self._function("adaptive_avg_pool")(input, self.output_size)
        return pooled


class _AdaptiveMaxPool(Pool):
    shown = ("output_size",)

    def __init__(self, output_size: Any, return_indices: bool = False) -> None:
        super().__init__()
        self.output_size = output_size
        self.return_indices = return_indices

    def forward(self, input: Tensor) -> Any:
        """Return the largest elements, and where they are if that is asked for."""
        return self._function("adaptive_max_pool")(input, self.output_size, self.return_indices)


class _MaxUnpool(Pool):
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


class _FractionalMaxPool(Pool):
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


class AdaptiveAvgPool1d(_AdaptiveAvgPool):
    """Return the means of windows that share the last dimension evenly.

    Parameters
    ----------
    output_size : int, or one for each dimension
        The number of windows; None for as many as elements.

    Notes
    -----
    Shapes: (N, C, L) to (N, C, L'), or both without N, with `output_size` for L'. Window i begins
    at ``floor(i * L / L')`` and ends before ``ceil((i + 1) * L / L')``.

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

    Notes
    -----
    Shapes: (N, C, H, W) to (N, C, H', W'), or both without N, with `output_size` for H', W'.
    Window i begins at ``floor(i * L / L')`` and ends before ``ceil((i + 1) * L / L')``.

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

    Notes
    -----
    Shapes: (N, C, D, H, W) to (N, C, D', H', W'), or both without N, with `output_size` for D',
    H', W'. Window i begins at ``floor(i * L / L')`` and ends before ``ceil((i + 1) * L / L')``.

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

    Notes
    -----
    Shapes: (N, C, L) to (N, C, L'), or both without N, with `output_size` for L'. Window i begins
    at ``floor(i * L / L')`` and ends before ``ceil((i + 1) * L / L')``.

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

    Notes
    -----
    Shapes: (N, C, H, W) to (N, C, H', W'), or both without N, with `output_size` for H', W'.
    Window i begins at ``floor(i * L / L')`` and ends before ``ceil((i + 1) * L / L')``.

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

    Notes
    -----
    Shapes: (N, C, D, H, W) to (N, C, D', H', W'), or both without N, with `output_size` for D',
    H', W'. Window i begins at ``floor(i * L / L')`` and ends before ``ceil((i + 1) * L / L')``.

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

    Notes
    -----
    Shapes: input and indices (N, C, L) to (N, C, L'), or all without N, where L' is
    ``(L - 1) * stride - 2 * padding + kernel_size`` unless `output_size` is passed.

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

    Notes
    -----
    Shapes: input and indices (N, C, H, W) to (N, C, H', W'), or all without N, where a size L
    becomes ``(L - 1) * stride - 2 * padding + kernel_size`` unless `output_size` is passed.

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

    Notes
    -----
    Shapes: input and indices (N, C, D, H, W) to (N, C, D', H', W'), or all without N, where a size
    L becomes ``(L - 1) * stride - 2 * padding + kernel_size`` unless `output_size` is passed.

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

    Notes
    -----
    Shapes: (N, C, H, W) to (N, C, H', W'), or both without N.

    Source: B. Graham, "Fractional max-pooling", 2014, https://arxiv.org/abs/1412.6071.

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

    Notes
    -----
    Shapes: (N, C, D, H, W) to (N, C, D', H', W'), or both without N.

    Source: B. Graham, "Fractional max-pooling", 2014, https://arxiv.org/abs/1412.6071.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad import nn
    >>> nn.FractionalMaxPool3d(2, output_size=2)(plugrad.ones(1, 1, 5, 5, 5)).shape
    plugrad.Size([1, 1, 2, 2, 2])
    """

    dims = 3
