"""Batch and instance normalization: by channel, with statistics that may run along."""

from __future__ import annotations

from typing import Any, ClassVar

import plugrad
from plugrad.nn import functional as F
from plugrad.nn import init
from plugrad.nn.modules.module import Module
from plugrad.nn.parameter import Parameter
from plugrad.tensor import Tensor

__all__ = [
    "BatchNorm1d",
    "BatchNorm2d",
    "BatchNorm3d",
    "InstanceNorm1d",
    "InstanceNorm2d",
    "InstanceNorm3d",
]


class Affine(Module):
    """A module that may multiply each channel by a factor and add a summand."""

    weight: Parameter | None
    bias: Parameter | None

    def _make_affine(self, count: int, affine: bool, bias: bool, kind: dict[str, Any]) -> None:
        self.register_parameter("weight", None)
        self.register_parameter("bias", None)
        if affine:
            self.weight = Parameter(plugrad.ones(count, **kind))
            if bias:
                self.bias = Parameter(plugrad.zeros(count, **kind))

    def _reset_affine(self) -> None:
        if self.weight is not None:
            init.ones_(self.weight)
        if self.bias is not None:
            init.zeros_(self.bias)


class _ChannelNorm(Affine):
    """What batch and instance normalization share: statistics that may run along."""

    running_mean: Tensor | None
    running_var: Tensor | None
    num_batches_tracked: Tensor | None
    ndims: ClassVar[tuple[int, ...]]
    """How many dimensions an input may have."""

    def __init__(
        self,
        num_features: int,
        eps: float,
        momentum: float | None,
        affine: bool,
        track_running_stats: bool,
        device: Any,
        dtype: Any,
        bias: bool,
    ) -> None:
        super().__init__()
        self.num_features = num_features
        self.eps = eps
        self.momentum = momentum
        self.affine = affine
        self.track_running_stats = track_running_stats
        kind = {"device": device, "dtype": dtype}
        self._make_affine(num_features, affine, bias, kind)
        running: dict[str, Tensor | None] = dict.fromkeys(
            ("running_mean", "running_var", "num_batches_tracked")
        )
        if track_running_stats:
            running = {
                "running_mean": plugrad.zeros(num_features, **kind),
                "running_var": plugrad.ones(num_features, **kind),
                "num_batches_tracked": plugrad.tensor(0, dtype=plugrad.int64, device=device),
            }
        for name, buffer in running.items():
            self.register_buffer(name, buffer)

    def reset_running_stats(self) -> None:
        """Forget the statistics."""
        if self.running_mean is not None and self.running_var is not None:
            self.running_mean.zero_()
            self.running_var.fill_(1)
        if self.num_batches_tracked is not None:
            self.num_batches_tracked.zero_()

    def reset_parameters(self) -> None:
        """Set the factors to 1 and the summands to 0, and forget the statistics."""
        self.reset_running_stats()
        self._reset_affine()

    def extra_repr(self) -> str:
        """Show the arguments."""
        return (
            f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, affine={self.affine}, "
            f"bias={self.bias is not None}, track_running_stats={self.track_running_stats}"
        )

    def _check_input_dim(self, input: Tensor) -> None:
        if input.dim() not in self.ndims:
            wanted = " or ".join(map(str, self.ndims))
            raise ValueError(
                f"{type(self).__name__} takes inputs of {wanted} dimensions, not of shape "
                f"{list(input.shape)}"
            )


class _BatchNorm(_ChannelNorm):
    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__(
            num_features, eps, momentum, affine, track_running_stats, device, dtype, bias
        )

    _version = 2

    def _upgrade_state(self, state: dict[str, Any], prefix: str, version: int | None) -> None:
        # States of the first version lack the count.
        key = f"{prefix}num_batches_tracked"
        if (version is None or version < 2) and self.track_running_stats and key not in state:
            count = self.num_batches_tracked
            state[key] = plugrad.tensor(0) if count is None else count

    def forward(self, input: Tensor) -> Tensor:
        """Return the input normalized."""
        self._check_input_dim(input)
        momentum = 0.0 if self.momentum is None else self.momentum
        tracked = self.training and self.track_running_stats
        if tracked and self.num_batches_tracked is not None:
            self.num_batches_tracked.add_(1)
            if self.momentum is None:  # the mean of all batches
                momentum = 1.0 / float(self.num_batches_tracked)
        own = self.training or (self.running_mean is None and self.running_var is None)
        followed = not self.training or self.track_running_stats
        return F.batch_norm(
            input,
            self.running_mean if followed else None,
            self.running_var if followed else None,
            self.weight,
            self.bias,
            own,
            momentum,
            self.eps,
        )


class BatchNorm1d(_BatchNorm):
    """Normalize each channel over the batch: shape (N, C) or (N, C, L).

    It is ``(x - mean) / sqrt(var + eps) * weight + bias``, with mean and variance of a channel over
    all examples and places; outside of training with the running ones.

    Parameters
    ----------
    num_features : int
        The number of channels, C.
    eps : float
        Added to the variance.
    momentum : float, optional
        How far the running statistics follow each batch; None for the mean of all batches.
    affine : bool
        Whether there are factors, all 1 at first.
    track_running_stats : bool
        Whether statistics are kept, and used instead of the batch's outside of training.
    device, dtype : optional
        Of the parameters.
    bias : bool
        Whether there are summands beside the factors, all 0 at first.

    Raises
    ------
    ValueError
        For an input of another number of dimensions.

    Notes
    -----
    Source: S. Ioffe and C. Szegedy, "Batch normalization", 2015, https://arxiv.org/abs/1502.03167.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad import nn
    >>> nn.BatchNorm1d(2, affine=False)(plugrad.tensor([[1.0, 5.0], [3.0, 9.0]]))
    tensor([[-1.0000, -1.0000],
            [ 1.0000,  1.0000]])
    """

    ndims = (2, 3)


class BatchNorm2d(_BatchNorm):
    """Normalize each channel over the batch: shape (N, C, H, W).

    The arguments are those of `BatchNorm1d`.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad import nn
    >>> norm = nn.BatchNorm2d(1, affine=False)
    >>> norm(plugrad.tensor([[[[1.0, 3.0]]], [[[3.0, 1.0]]]])).flatten()
    tensor([-1.0000,  1.0000,  1.0000, -1.0000])
    >>> norm.running_mean  # of 0, a tenth nearer to the batch's 2
    tensor([0.2000])
    """

    ndims = (4,)


class BatchNorm3d(_BatchNorm):
    """Normalize each channel over the batch: shape (N, C, D, H, W).

    The arguments are those of `BatchNorm1d`.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad import nn
    >>> nn.BatchNorm3d(3)(plugrad.ones(2, 3, 4, 5, 6)).shape
    plugrad.Size([2, 3, 4, 5, 6])
    """

    ndims = (5,)


class _InstanceNorm(_ChannelNorm):
    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float = 0.1,
        affine: bool = False,
        track_running_stats: bool = False,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__(
            num_features, eps, momentum, affine, track_running_stats, device, dtype, bias
        )

    def forward(self, input: Tensor) -> Tensor:
        """Return the input normalized; an example without a batch may stand alone."""
        self._check_input_dim(input)
        single = input.dim() == min(self.ndims)
        count = input.size(0 if single else 1)
        if count != self.num_features and self.affine:
            raise ValueError(
                f"{type(self).__name__} has {self.num_features} channels, the input of shape "
                f"{list(input.shape)} has {count}"
            )
        result = F.instance_norm(
            input.unsqueeze(0) if single else input,
            self.running_mean,
            self.running_var,
            self.weight,
            self.bias,
            self.training or not self.track_running_stats,
            0.0 if self.momentum is None else self.momentum,
            self.eps,
        )
        return result.squeeze(0) if single else result


class InstanceNorm1d(_InstanceNorm):
    """Normalize each channel of each example: shape (N, C, L) or (C, L).

    Parameters
    ----------
    num_features : int
        The number of channels, C.
    eps, momentum, affine, track_running_stats, device, dtype, bias
        As for `BatchNorm1d`, with other defaults: no factors, and no statistics.

    Raises
    ------
    ValueError
        For an input of another number of dimensions or channels.

    Notes
    -----
    Source: D. Ulyanov et al., "Instance normalization", 2016, https://arxiv.org/abs/1607.08022.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad import nn
    >>> nn.InstanceNorm1d(1)(plugrad.tensor([[[5.0, 9.0]]]))
    tensor([[[-1.0000,  1.0000]]])
    """

    ndims = (2, 3)


class InstanceNorm2d(_InstanceNorm):
    """Normalize each channel of each example: shape (N, C, H, W) or (C, H, W).

    The arguments are those of `InstanceNorm1d`.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad import nn
    >>> nn.InstanceNorm2d(2)(plugrad.tensor([[[5.0, 9.0]], [[40.0, 20.0]]]))
    tensor([[[-1.0000,  1.0000]],
    <BLANKLINE>
            [[ 1.0000, -1.0000]]])
    """

    ndims = (3, 4)


class InstanceNorm3d(_InstanceNorm):
    """Normalize each channel of each example: shape (N, C, D, H, W) or (C, D, H, W).

    The arguments are those of `InstanceNorm1d`.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad import nn
    >>> nn.InstanceNorm3d(3)(plugrad.ones(2, 3, 4, 5, 6)).shape
    plugrad.Size([2, 3, 4, 5, 6])
    """

    ndims = (4, 5)
