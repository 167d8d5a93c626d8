"""Normalization of layers, of groups of channels, of neighbours, and by the root mean square."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import plugrad
from plugrad.nn import functional as F
from plugrad.nn import init
from plugrad.nn.modules.channels import Affine
from plugrad.nn.modules.module import Module
from plugrad.nn.parameter import Parameter
from plugrad.tensor import Tensor

__all__ = ["GroupNorm", "LayerNorm", "LocalResponseNorm", "RMSNorm"]


class GroupNorm(Affine):
    """Normalize groups of channels of each example.

    Parameters
    ----------
    num_groups, num_channels : int
        The channels fall into equal groups.
    eps : float
        Added to the variance.
    affine : bool
        Whether there is a factor for each channel, 1 at first.
    device, dtype : optional
        Of the parameters.
    bias : bool
        Whether there is a summand beside the factor, 0 at first.

    Raises
    ------
    ValueError
        If the groups are not equal.

    Notes
    -----
    Shapes: (N, C, ...); the result the same.

    Source: Y. Wu and K. He, "Group normalization", 2018, https://arxiv.org/abs/1803.08494.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad import nn
    >>> nn.GroupNorm(2, 4, affine=False)(plugrad.tensor([[1.0, 3.0, 5.0, 9.0]]))
    tensor([[-1.0000,  1.0000, -1.0000,  1.0000]])
    """

    def __init__(
        self,
        num_groups: int,
        num_channels: int,
        eps: float = 1e-5,
        affine: bool = True,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__()
        if num_channels % num_groups:
            raise ValueError(f"{num_channels} channels do not fall into {num_groups} equal groups")
        self.num_groups = num_groups
        self.num_channels = num_channels
        self.eps = eps
        self.affine = affine
        self._make_affine(num_channels, affine, bias, {"device": device, "dtype": dtype})

    def reset_parameters(self) -> None:
        """Set the factors to 1 and the summands to 0."""
        self._reset_affine()

    def forward(self, input: Tensor) -> Tensor:
        """Return the input normalized."""
        return F.group_norm(input, self.num_groups, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        """Show the arguments."""
        return (
            f"{self.num_groups}, {self.num_channels}, eps={self.eps}, affine={self.affine}, "
            f"bias={self.bias is not None}"
        )


class RMSNorm(Module):
    """Divide the elements of the last dimensions by the root of the mean of their squares.

    Parameters
    ----------
    normalized_shape : int or sequence of int
        The sizes of those dimensions.
    eps : float, optional
        Added to the mean; by default the dtype's smallest step at 1.
    elementwise_affine : bool
        Whether there are factors, all 1 at first.
    device, dtype : optional
        Of the factors.

    Notes
    -----
    Source: B. Zhang and R. Sennrich, "Root mean square layer normalization", 2019,
    https://arxiv.org/abs/1910.07467.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad import nn
    >>> nn.RMSNorm(2, elementwise_affine=False)(plugrad.tensor([3.0, 4.0]))
    tensor([0.8485, 1.1314])
    """

    weight: Parameter | None

    def __init__(
        self,
        normalized_shape: int | Sequence[int],
        eps: float | None = None,
        elementwise_affine: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        whole = isinstance(normalized_shape, int)
        shape = (normalized_shape,) if whole else tuple(normalized_shape)  # type: ignore[arg-type]
        self.normalized_shape: tuple[int, ...] = shape  # type: ignore[assignment]
        self.eps = eps
        self.elementwise_affine = elementwise_affine
        self.register_parameter("weight", None)
        if elementwise_affine:
            self.weight = Parameter(plugrad.ones(shape, device=device, dtype=dtype))

    def reset_parameters(self) -> None:
        """Set the factors to 1."""
        if self.weight is not None:
            init.ones_(self.weight)

    def forward(self, input: Tensor) -> Tensor:
        """Return the input normalized."""
        return F.rms_norm(input, self.normalized_shape, self.weight, self.eps)

    def extra_repr(self) -> str:
        """Show the arguments."""
        return (
            f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}"
        )


class LocalResponseNorm(Module):
    """Divide each element by a power of the mean of the squares in neighbouring channels.

    Parameters
    ----------
    size : int
        How many channels are neighbours.
    alpha, beta, k : float
        What is divided by is ``(k + alpha * mean) ** beta``.

    Notes
    -----
    Shapes: (N, C, L, ...); the result the same.

    Source: A. Krizhevsky et al., "ImageNet classification with deep convolutional neural networks",
    2012, section 3.3.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad import nn
    >>> nn.LocalResponseNorm(2, alpha=2.0, beta=1.0)(plugrad.ones(1, 2, 1))
    tensor([[[0.5000],
             [0.3333]]])
    """

    def __init__(self, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0) -> None:
        super().__init__()
        self.size = size
        self.alpha = alpha
        self.beta = beta
        self.k = k

    def forward(self, input: Tensor) -> Tensor:
        """Return the input normalized."""
        return F.local_response_norm(input, self.size, self.alpha, self.beta, self.k)

    def extra_repr(self) -> str:
        """Show the arguments."""
        return f"{self.size}, alpha={self.alpha}, beta={self.beta}, k={self.k}"


class LayerNorm(Module):
    """Normalise over the last dimensions, then scale and shift each element.

    Parameters
    ----------
    normalized_shape : int or sequence of int
        The sizes of those dimensions.
    eps : float
        Added to the variance.
    elementwise_affine : bool
        Whether there are factors, all 1 at first.
    bias : bool
        Whether there are summands too, all 0 at first.
    device, dtype : optional
        Of the parameters.

    Notes
    -----
    Shapes: (..., sizes of `normalized_shape`); the result the same. It is
    ``(x - mean) / sqrt(var + eps) * weight + bias``.

    Source: J. L. Ba et al., "Layer normalization", 2016, https://arxiv.org/abs/1607.06450.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad import nn
    >>> nn.LayerNorm(2)(plugrad.tensor([1.0, 3.0]))
    tensor([-1.0000,  1.0000], grad_fn=<NativeLayerNormBackward0>)
    """

    weight: Parameter | None
    bias: Parameter | None

    def __init__(
        self,
        normalized_shape: int | Sequence[int],
        eps: float = 1e-5,
        elementwise_affine: bool = True,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        whole = isinstance(normalized_shape, int)
        shape = (normalized_shape,) if whole else tuple(normalized_shape)  # type: ignore[arg-type]
        self.normalized_shape: tuple[int, ...] = shape  # type: ignore[assignment]
        self.eps = eps
        self.elementwise_affine = elementwise_affine
        self.register_parameter("weight", None)
        self.register_parameter("bias", None)
        if elementwise_affine:
            self.weight = Parameter(plugrad.empty(shape, device=device, dtype=dtype))
            if bias:
                self.bias = Parameter(plugrad.empty(shape, device=device, dtype=dtype))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Set the factors to 1 and the summands to 0."""
        if self.weight is not None:
            init.ones_(self.weight)
        if self.bias is not None:
            init.zeros_(self.bias)

    def forward(self, input: Tensor) -> Tensor:
        """Return the input normalised."""
        return F.layer_norm(input, self.normalized_shape, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        """Show the arguments."""
        return (
            f"{self.normalized_shape}, eps={self.eps}, "
            f"elementwise_affine={self.elementwise_affine}, bias={self.bias is not None}"
        )
