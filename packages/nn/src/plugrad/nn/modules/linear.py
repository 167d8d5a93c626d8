"""Linear maps, and changes of shape between them."""

from __future__ import annotations

import math
from typing import Any

import plugrad
from plugrad.nn import functional as F
from plugrad.nn import init
from plugrad.nn.modules.module import Module
from plugrad.nn.parameter import Parameter
from plugrad.tensor import Tensor

__all__ = ["Bilinear", "Flatten", "Identity", "Linear", "Unflatten"]


class Identity(Module):
    """Return the input; arguments are accepted and ignored.

    Notes
    -----
    Shapes: any; the result the same.

    Examples
    --------
    >>> from plugrad import nn
    >>> nn.Identity(54, unused=True)
    Identity()
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__()

    def forward(self, input: Any) -> Any:
        """Return `input`."""
        return input


class Linear(Module):
    r"""Multiply by a matrix and add a vector: :math:`y = x W^T + b`.

    Parameters
    ----------
    in_features, out_features : int
        The sizes of the last dimension of the input and the output.
    bias : bool
        Whether there is a vector to add.
    device, dtype : optional
        Of the parameters.

    Attributes
    ----------
    weight : Parameter of shape (out_features, in_features)
        Uniform in :math:`\pm 1/\sqrt{\text{in\_features}}` at first, and so is `bias`.
    bias : Parameter of shape (out_features,), or None

    Notes
    -----
    Shapes: (..., in_features) to (..., out_features).

    Examples
    --------
    >>> import plugrad
    >>> from plugrad import nn
    >>> nn.Linear(20, 30)(plugrad.ones(128, 20)).shape
    plugrad.Size([128, 30])
    """

    in_features: int
    out_features: int
    weight: Parameter
    bias: Parameter | None

    def __init__(
        self,
        in_features: int,
        out_features: int,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.in_features = in_features
        self.out_features = out_features
        self.weight = Parameter(
            plugrad.empty((out_features, in_features), device=device, dtype=dtype)
        )
        if bias:
            self.bias = Parameter(plugrad.empty(out_features, device=device, dtype=dtype))
        else:
            self.register_parameter("bias", None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw the parameters anew."""
        # Kaiming's bound with this `a` is 1 / sqrt(in_features).
        init.kaiming_uniform_(self.weight, a=math.sqrt(5))
        if self.bias is not None:
            bound = 1 / math.sqrt(self.in_features) if self.in_features > 0 else 0
            init.uniform_(self.bias, -bound, bound)

    def forward(self, input: Tensor) -> Tensor:
        """Return ``input @ weight.T + bias``."""
        return F.linear(input, self.weight, self.bias)

    def extra_repr(self) -> str:
        """Show the sizes."""
        return (
            f"in_features={self.in_features}, out_features={self.out_features}, "
            f"bias={self.bias is not None}"
        )


class Bilinear(Module):
    r"""Multiply two vectors with a matrix for each output: :math:`y_i = x_1^T W_i x_2 + b_i`.

    Parameters
    ----------
    in1_features, in2_features, out_features : int
        The sizes of the last dimension of the inputs and the output.
    bias : bool
        Whether there is a vector to add.
    device, dtype : optional
        Of the parameters.

    Attributes
    ----------
    weight : Parameter of shape (out_features, in1_features, in2_features)
        Uniform in :math:`\pm 1/\sqrt{\text{in1\_features}}` at first, and so is `bias`.
    bias : Parameter of shape (out_features,), or None

    Raises
    ------
    ValueError
        If `in1_features` is not positive.

    Notes
    -----
    Shapes: (..., in1_features) and (..., in2_features) to (..., out_features).

    Examples
    --------
    >>> import plugrad
    >>> from plugrad import nn
    >>> nn.Bilinear(20, 30, 40)(plugrad.ones(128, 20), plugrad.ones(128, 30)).shape
    plugrad.Size([128, 40])
    """

    weight: Parameter
    bias: Parameter | None

    def __init__(
        self,
        in1_features: int,
        in2_features: int,
        out_features: int,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        if in1_features <= 0:
            raise ValueError(f"in1_features must be positive, not {in1_features}")
        self.in1_features = in1_features
        self.in2_features = in2_features
        self.out_features = out_features
        shape = (out_features, in1_features, in2_features)
        self.weight = Parameter(plugrad.empty(shape, device=device, dtype=dtype))
        if bias:
            self.bias = Parameter(plugrad.empty(out_features, device=device, dtype=dtype))
        else:
            self.register_parameter("bias", None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw the parameters anew."""
        bound = 1 / math.sqrt(self.weight.size(1))
        init.uniform_(self.weight, -bound, bound)
        if self.bias is not None:
            init.uniform_(self.bias, -bound, bound)

    def forward(self, input1: Tensor, input2: Tensor) -> Tensor:
        """Return the products."""
        return F.bilinear(input1, input2, self.weight, self.bias)

    def extra_repr(self) -> str:
        """Show the sizes."""
        return (
            f"in1_features={self.in1_features}, in2_features={self.in2_features}, "
            f"out_features={self.out_features}, bias={self.bias is not None}"
        )


class Flatten(Module):
    """Join a range of dimensions into one.

    Parameters
    ----------
    start_dim, end_dim : int
        The first and the last of them.

    Notes
    -----
    Shapes: (N, d1, ..., dk) to (N, d1 * ... * dk) with the default arguments.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad import nn
    >>> nn.Flatten()(plugrad.ones(32, 1, 5, 5)).shape
    plugrad.Size([32, 25])
    """

    def __init__(self, start_dim: int = 1, end_dim: int = -1) -> None:
        super().__init__()
        self.start_dim = start_dim
        self.end_dim = end_dim

    def forward(self, input: Tensor) -> Tensor:
        """Return the input with the dimensions joined."""
        flat: Tensor = input.flatten(self.start_dim, self.end_dim)
        return flat

    def extra_repr(self) -> str:
        """Show the range."""
        return f"start_dim={self.start_dim}, end_dim={self.end_dim}"


class Unflatten(Module):
    """Split a dimension into several.

    Parameters
    ----------
    dim : int
    unflattened_size : tuple of int
        Their sizes.

    Raises
    ------
    TypeError
        If `dim` or the sizes are of another type.

    Notes
    -----
    Shapes: (..., d, ...) to (..., d1, ..., dk, ...), where ``d == d1 * ... * dk``.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad import nn
    >>> nn.Unflatten(1, (2, 5))(plugrad.ones(3, 10)).shape
    plugrad.Size([3, 2, 5])
    """

    def __init__(self, dim: int, unflattened_size: tuple[int, ...]) -> None:
        super().__init__()
        if not isinstance(dim, int) or isinstance(dim, bool):
            raise TypeError(f"dim must be an int, not {type(dim).__name__}")
        sizes = tuple(unflattened_size) if isinstance(unflattened_size, (tuple, list)) else None
        if sizes is None or not all(isinstance(size, int) for size in sizes):
            raise TypeError(f"unflattened_size must be a tuple of ints, not {unflattened_size!r}")
        self.dim = dim
        self.unflattened_size = sizes

    def forward(self, input: Tensor) -> Tensor:
        """Return the input with the dimension split."""
        split: Tensor = input.unflatten(self.dim, self.unflattened_size)
        return split

    def extra_repr(self) -> str:
        """Show the dimension and its parts."""
        return f"dim={self.dim}, unflattened_size={self.unflattened_size}"
