"""Lazy modules: they take the number of their inputs from the first input they are called with."""

from __future__ import annotations

from typing import Any, ClassVar

import plugrad
from plugrad.nn.modules.channels import (
    BatchNorm1d,
    BatchNorm2d,
    BatchNorm3d,
    InstanceNorm1d,
    InstanceNorm2d,
    InstanceNorm3d,
)
from plugrad.nn.modules.conv import (
    Conv1d,
    Conv2d,
    Conv3d,
    ConvTranspose1d,
    ConvTranspose2d,
    ConvTranspose3d,
    Many,
    check_groups,
)
from plugrad.nn.modules.linear import Linear
from plugrad.nn.modules.module import Module
from plugrad.nn.parameter import UninitializedBuffer, UninitializedParameter, is_lazy
from plugrad.tensor import Tensor

__all__ = [
    "LazyBatchNorm1d",
    "LazyBatchNorm2d",
    "LazyBatchNorm3d",
    "LazyConv1d",
    "LazyConv2d",
    "LazyConv3d",
    "LazyConvTranspose1d",
    "LazyConvTranspose2d",
    "LazyConvTranspose3d",
    "LazyInstanceNorm1d",
    "LazyInstanceNorm2d",
    "LazyInstanceNorm3d",
    "LazyLinear",
]


class LazyModuleMixin(Module):
    """What makes a module lazy: its parameters get their shapes at the first call.

    A subclass makes them `UninitializedParameter` or `UninitializedBuffer`, and defines
    `initialize_parameters`. Until the first call, optimizers must not be made of them; a state,
    lazy or not, can be loaded.

    Attributes
    ----------
    cls_to_become : type, optional
        What the module is after the first call; by default it stays what it is.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad import nn
    >>> class Scale(nn.modules.lazy.LazyModuleMixin, nn.Module):
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.factor = nn.UninitializedParameter()
    ...
    ...     def initialize_parameters(self, x):
    ...         if self.has_uninitialized_params():
    ...             self.factor.materialize(x.shape[-1:])
    ...             nn.init.constant_(self.factor, 2.0)
    ...
    ...     def forward(self, x):
    ...         return x * self.factor
    >>> Scale()(plugrad.ones(1, 3))
    tensor([[2., 2., 2.]], grad_fn=<MulBackward0>)
    """

    cls_to_become: type[Module] | None = None
    _waiting: bool = True

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Initialise the parameters at the first call, and run `forward`."""
        if self._waiting:
            self._infer_parameters(args, kwargs)
            return self(*args, **kwargs)  # as what it may have become
        return super().__call__(*args, **kwargs)

    def _infer_parameters(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        self.initialize_parameters(*args, **kwargs)
        if self.has_uninitialized_params():
            raise RuntimeError(
                f"{type(self).__name__}.initialize_parameters() left parameters without a shape"
            )
        if self.cls_to_become is None:
            self._waiting = False
        else:
            self.__class__ = self.cls_to_become  # type: ignore[assignment]

    def initialize_parameters(self, *args: Any, **kwargs: Any) -> None:
        """Give the parameters their shapes, from the arguments of `forward`: for subclasses.

        Raises
        ------
        NotImplementedError
            Unless a subclass defines it.
        """
        raise NotImplementedError(f"{type(self).__name__} does not define initialize_parameters()")

    def has_uninitialized_params(self) -> bool:
        """Tell whether a parameter or buffer has no shape yet."""
        return any(map(is_lazy, [*self._parameters.values(), *self._buffers.values()]))


class LazyLinear(LazyModuleMixin, Linear):
    """A `Linear` that takes `in_features` from the last dimension of its first input.

    Parameters
    ----------
    out_features : int
    bias : bool
    device, dtype : optional
        As for `Linear`, which it becomes.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad import nn
    >>> layer = nn.LazyLinear(3)
    >>> layer
    LazyLinear(in_features=0, out_features=3, bias=True)
    >>> _ = layer(plugrad.ones(2, 5))
    >>> layer
    Linear(in_features=5, out_features=3, bias=True)
    """

    cls_to_become = Linear

    def __init__(
        self, out_features: int, bias: bool = True, device: Any = None, dtype: Any = None
    ) -> None:
        super().__init__(0, 0, False)
        self.out_features = out_features
        self.weight = UninitializedParameter(device=device, dtype=dtype)
        if bias:
            self.bias = UninitializedParameter(device=device, dtype=dtype)

    def reset_parameters(self) -> None:
        """Draw the parameters anew, once they have a shape."""
        if not self.has_uninitialized_params() and self.in_features != 0:
            super().reset_parameters()

    def initialize_parameters(self, input: Tensor) -> None:
        """Take the number of inputs from the last dimension."""
        if self.has_uninitialized_params():
            with plugrad.no_grad():
                self.in_features = input.shape[-1]
                self.weight.materialize((self.out_features, self.in_features))
                if self.bias is not None:
                    self.bias.materialize((self.out_features,))
                self.reset_parameters()
        self.in_features = self.weight.shape[1]


class _LazyConvolution(LazyModuleMixin):
    """What lazy convolutions share; stands before a convolution."""

    dims: ClassVar[int]
    transposed: bool
    in_channels: int
    out_channels: int
    kernel_size: tuple[int, ...]
    groups: int
    weight: Any
    bias: Any

    def _put_off(self, out_channels: int, bias: bool, kind: dict[str, Any]) -> None:
        self.out_channels = out_channels
        self.weight = UninitializedParameter(**kind)
        if bias:
            self.bias = UninitializedParameter(**kind)

    def reset_parameters(self) -> None:
        """Draw the parameters anew, once they have a shape."""
        if not self.has_uninitialized_params() and self.in_channels != 0:
            super().reset_parameters()  # type: ignore[misc]  # of the convolution behind

    def initialize_parameters(self, input: Tensor, *args: Any, **kwargs: Any) -> None:
        """Take the number of input channels from the input."""
        if self.has_uninitialized_params():
            if input.ndim not in (self.dims + 1, self.dims + 2):
                raise RuntimeError(
                    f"{type(self).__name__} takes inputs of {self.dims + 2} dimensions, or of "
                    f"{self.dims + 1} without a batch, not of shape {list(input.shape)}"
                )
            channels = input.shape[-self.dims - 1]
            check_groups(self.groups, channels, self.out_channels)
            with plugrad.no_grad():
                self.in_channels = channels
                first, second = channels, self.out_channels
                if not self.transposed:
                    first, second = second, first
                self.weight.materialize((first, second // self.groups, *self.kernel_size))
                if self.bias is not None:
                    self.bias.materialize((self.out_channels,))
                self.reset_parameters()
        self.in_channels = self.weight.shape[0 if self.transposed else 1]
        if not self.transposed:
            self.in_channels *= self.groups


class _LazyConv(_LazyConvolution):
    def __init__(
        self,
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
        super().__init__(
            0, 0, kernel_size, stride, padding, dilation, groups, False, padding_mode
        )  # fmt: skip
        self._put_off(out_channels, bias, {"device": device, "dtype": dtype})


class LazyConv1d(_LazyConv, Conv1d):
    """A `Conv1d` that takes `in_channels` from its first input.

    Parameters
    ----------
    out_channels, kernel_size, stride, padding, dilation, groups, bias, padding_mode, device, dtype
        As for `Conv1d`, which it becomes.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad import nn
    >>> layer = nn.LazyConv1d(8, 3)
    >>> _ = layer(plugrad.ones(1, 5, 9))
    >>> layer
    Conv1d(5, 8, kernel_size=(3,), stride=(1,))
    """

    cls_to_become = Conv1d


class LazyConv2d(_LazyConv, Conv2d):
    """A `Conv2d` that takes `in_channels` from its first input.

    The arguments are those of `Conv2d` without `in_channels`.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad import nn
    >>> layer = nn.LazyConv2d(8, 3)
    >>> layer
    LazyConv2d(0, 8, kernel_size=(3, 3), stride=(1, 1))
    >>> _ = layer(plugrad.ones(1, 5, 9, 9))
    >>> layer
    Conv2d(5, 8, kernel_size=(3, 3), stride=(1, 1))
    """

    cls_to_become = Conv2d


class LazyConv3d(_LazyConv, Conv3d):
    """A `Conv3d` that takes `in_channels` from its first input.

    The arguments are those of `Conv3d` without `in_channels`.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad import nn
    >>> layer = nn.LazyConv3d(8, 3, bias=False)
    >>> layer(plugrad.ones(1, 5, 4, 4, 4)).shape, layer.weight.shape
    (plugrad.Size([1, 8, 2, 2, 2]), plugrad.Size([8, 5, 3, 3, 3]))
    """

    cls_to_become = Conv3d


class _LazyConvTranspose(_LazyConvolution):
    def __init__(
        self,
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
        super().__init__(
            0, 0, kernel_size, stride, padding, output_padding, groups, False, dilation,
            padding_mode,
        )  # fmt: skip
        self._put_off(out_channels, bias, {"device": device, "dtype": dtype})


class LazyConvTranspose1d(_LazyConvTranspose, ConvTranspose1d):
    """A `ConvTranspose1d` that takes `in_channels` from its first input.

    The arguments are those of `ConvTranspose1d` without `in_channels`.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad import nn
    >>> layer = nn.LazyConvTranspose1d(8, 3)
    >>> _ = layer(plugrad.ones(1, 5, 9))
    >>> layer
    ConvTranspose1d(5, 8, kernel_size=(3,), stride=(1,))
    """

    cls_to_become = ConvTranspose1d


class LazyConvTranspose2d(_LazyConvTranspose, ConvTranspose2d):
    """A `ConvTranspose2d` that takes `in_channels` from its first input.

    The arguments are those of `ConvTranspose2d` without `in_channels`.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad import nn
    >>> layer = nn.LazyConvTranspose2d(8, 2, stride=2)
    >>> layer(plugrad.ones(1, 5, 3, 3)).shape
    plugrad.Size([1, 8, 6, 6])
    """

    cls_to_become = ConvTranspose2d


class LazyConvTranspose3d(_LazyConvTranspose, ConvTranspose3d):
    """A `ConvTranspose3d` that takes `in_channels` from its first input.

    The arguments are those of `ConvTranspose3d` without `in_channels`.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad import nn
    >>> layer = nn.LazyConvTranspose3d(8, 2)
    >>> layer(plugrad.ones(1, 5, 3, 3, 3)).shape
    plugrad.Size([1, 8, 4, 4, 4])
    """

    cls_to_become = ConvTranspose3d


class _LazyNorm(LazyModuleMixin):
    """What lazy batch and instance normalizations share; stands before one."""

    ndims: Any  # a tuple of int, of the normalization behind
    num_features: int
    affine: bool
    weight: Any
    bias: Any
    running_mean: Any
    running_var: Any

    def __init__(
        self,
        eps: float = 1e-5,
        momentum: float = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        kind = {"device": device, "dtype": dtype}
        super().__init__(0, eps, momentum, False, track_running_stats, **kind)
        self.affine = affine
        if affine:
            self.weight = UninitializedParameter(**kind)
            if bias:
                self.bias = UninitializedParameter(**kind)
        if track_running_stats:
            self.running_mean = UninitializedBuffer(**kind)
            self.running_var = UninitializedBuffer(**kind)

    def reset_parameters(self) -> None:
        """Set parameters and statistics to what they start with, once they have a shape."""
        if not self.has_uninitialized_params() and self.num_features != 0:
            super().reset_parameters()  # type: ignore[misc]  # of the normalization behind

    def initialize_parameters(self, input: Tensor) -> None:
        """Take the number of channels from the input."""
        if not self.has_uninitialized_params():
            if self.weight is not None:
                self.num_features = len(self.weight)
            return
        self._check_input_dim(input)
        self.num_features = self._channels(input)
        for held in (self.weight, self.bias, self.running_mean, self.running_var):
            if held is not None:
                held.materialize((self.num_features,))
        self.reset_parameters()

    def _channels(self, input: Tensor) -> int:
        return input.shape[1]


class _LazyInstanceNorm(_LazyNorm):
    def _channels(self, input: Tensor) -> int:
        return input.shape[0 if input.ndim == min(self.ndims) else 1]


class LazyBatchNorm1d(_LazyNorm, BatchNorm1d):
    """A `BatchNorm1d` that takes `num_features` from its first input.

    Parameters
    ----------
    eps, momentum, affine, track_running_stats, device, dtype, bias
        As for `BatchNorm1d`, which it becomes.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad import nn
    >>> layer = nn.LazyBatchNorm1d()
    >>> _ = layer(plugrad.ones(2, 5))
    >>> layer.num_features, layer.running_mean.shape
    (5, plugrad.Size([5]))
    """

    cls_to_become = BatchNorm1d


class LazyBatchNorm2d(_LazyNorm, BatchNorm2d):
    """A `BatchNorm2d` that takes `num_features` from its first input.

    The arguments are those of `BatchNorm2d` without `num_features`.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad import nn
    >>> layer = nn.LazyBatchNorm2d(affine=False)
    >>> _ = layer(plugrad.ones(2, 5, 3, 3))
    >>> layer.num_features
    5
    """

    cls_to_become = BatchNorm2d


class LazyBatchNorm3d(_LazyNorm, BatchNorm3d):
    """A `BatchNorm3d` that takes `num_features` from its first input.

    The arguments are those of `BatchNorm3d` without `num_features`.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad import nn
    >>> layer = nn.LazyBatchNorm3d()
    >>> _ = layer(plugrad.ones(2, 5, 3, 3, 3))
    >>> layer.weight.shape
    plugrad.Size([5])
    """

    cls_to_become = BatchNorm3d


class LazyInstanceNorm1d(_LazyInstanceNorm, InstanceNorm1d):
    """An `InstanceNorm1d` that takes `num_features` from its first input.

    The arguments are those of `LazyBatchNorm1d`, the defaults too: unlike `InstanceNorm1d`, it has
    factors and keeps statistics.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad import nn
    >>> layer = nn.LazyInstanceNorm1d()
    >>> _ = layer(plugrad.ones(2, 5, 3))
    >>> layer.num_features
    5
    """

    cls_to_become = InstanceNorm1d


class LazyInstanceNorm2d(_LazyInstanceNorm, InstanceNorm2d):
    """An `InstanceNorm2d` that takes `num_features` from its first input.

    The arguments are those of `LazyInstanceNorm1d`.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad import nn
    >>> layer = nn.LazyInstanceNorm2d(affine=False)
    >>> _ = layer(plugrad.ones(2, 5, 3, 3))
    >>> layer.num_features
    5
    """

    cls_to_become = InstanceNorm2d


class LazyInstanceNorm3d(_LazyInstanceNorm, InstanceNorm3d):
    """An `InstanceNorm3d` that takes `num_features` from its first input.

    The arguments are those of `LazyInstanceNorm1d`.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad import nn
    >>> layer = nn.LazyInstanceNorm3d()
    >>> _ = layer(plugrad.ones(2, 5, 3, 3, 3))
    >>> layer.bias.shape
    plugrad.Size([5])
    """

    cls_to_become = InstanceNorm3d
