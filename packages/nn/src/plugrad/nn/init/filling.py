"""Filling tensors with numbers: with the same everywhere, or drawn, at a scale that layers keep."""

from __future__ import annotations

import math
import warnings
from typing import Any

import plugrad
from plugrad.tensor import Tensor

__all__ = [
    "calculate_gain",
    "constant_",
    "eye_",
    "kaiming_normal_",
    "kaiming_uniform_",
    "normal_",
    "ones_",
    "uniform_",
    "xavier_normal_",
    "xavier_uniform_",
    "zeros_",
]

_LINEAR = (
    "linear", "conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d",
    "conv_transpose3d", "sigmoid",
)  # fmt: skip


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """Return the factor by which a nonlinearity shrinks the standard deviation.

    Parameters
    ----------
    nonlinearity : str
        The name of a function of `plugrad.nn.functional`.
    param : float, optional
        Its parameter: the negative slope of ``"leaky_relu"``, by default 0.01.

    Raises
    ------
    ValueError
        If it is not known.

    Examples
    --------
    >>> from plugrad.nn.init import calculate_gain
    >>> round(calculate_gain("relu"), 4)
    1.4142
    """
    if nonlinearity in _LINEAR:
        return 1
    if nonlinearity == "tanh":
        return 5.0 / 3
    if nonlinearity == "relu":
        return math.sqrt(2.0)
    if nonlinearity == "selu":
        return 3.0 / 4
    if nonlinearity == "leaky_relu":
        slope = 0.01 if param is None else param
        if isinstance(slope, bool) or not isinstance(slope, (int, float)):
            raise ValueError(f"the negative slope must be a number, not {slope!r}")
        return math.sqrt(2.0 / (1 + slope**2))
    raise ValueError(f"no gain is known for the nonlinearity {nonlinearity!r}")


def uniform_(tensor: Tensor, a: float = 0.0, b: float = 1.0, generator: Any = None) -> Tensor:
    """Fill with numbers drawn uniformly from `a` to `b`.

    Parameters
    ----------
    tensor : Tensor of any shape
        Of a floating-point dtype.
    a, b : float
        The ends of the range; `b` is drawn never, or by rounding only.
    generator : Generator, optional
        What to draw from.

    Returns
    -------
    Tensor
        The same one.

    Examples
    --------
    >>> import plugrad
    >>> _ = plugrad.manual_seed(0)
    >>> plugrad.nn.init.uniform_(plugrad.empty(4), -1.0, 1.0)
    tensor([-0.0075,  0.5364, -0.8230, -0.7359])
    """
    with plugrad.no_grad():
        return tensor.uniform_(a, b, generator=generator)


def normal_(tensor: Tensor, mean: float = 0.0, std: float = 1.0, generator: Any = None) -> Tensor:
    """Fill with normally distributed numbers.

    Parameters
    ----------
    tensor : Tensor of any shape
        Of a floating-point dtype.
    mean, std : float
        Of the distribution.
    generator : Generator, optional
        What to draw from.

    Returns
    -------
    Tensor
        The same one.

    Examples
    --------
    >>> import plugrad
    >>> _ = plugrad.manual_seed(0)
    >>> plugrad.nn.init.normal_(plugrad.empty(4), std=0.1)
    tensor([ 0.1541, -0.0293, -0.2179,  0.0568])
    """
    with plugrad.no_grad():
        return tensor.normal_(mean, std, generator=generator)


def constant_(tensor: Tensor, val: float) -> Tensor:
    """Fill with one number.

    Parameters
    ----------
    tensor : Tensor of any shape
    val : float

    Returns
    -------
    Tensor
        The same one.

    Examples
    --------
    >>> import plugrad
    >>> layer = plugrad.nn.Linear(2, 3)
    >>> plugrad.nn.init.constant_(layer.bias, 0.5)
    Parameter containing:
    tensor([0.5000, 0.5000, 0.5000], requires_grad=True)
    """
    with plugrad.no_grad():
        return tensor.fill_(val)


def ones_(tensor: Tensor) -> Tensor:
    """Fill with 1.

    Parameters
    ----------
    tensor : Tensor of any shape

    Returns
    -------
    Tensor
        The same one.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.nn.init.ones_(plugrad.empty(3))
    tensor([1., 1., 1.])
    """
    return constant_(tensor, 1.0)


def zeros_(tensor: Tensor) -> Tensor:
    """Fill with 0.

    Parameters
    ----------
    tensor : Tensor of any shape

    Returns
    -------
    Tensor
        The same one.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.nn.init.zeros_(plugrad.empty(3))
    tensor([0., 0., 0.])
    """
    return constant_(tensor, 0.0)


def eye_(tensor: Tensor) -> Tensor:
    """Make a matrix the identity, so that a linear layer keeps as many of its inputs as it can.

    Parameters
    ----------
    tensor : Tensor of shape (n, m)

    Returns
    -------
    Tensor
        The same one.

    Raises
    ------
    ValueError
        If it does not have two dimensions.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.nn.init.eye_(plugrad.empty(2, 3))
    tensor([[1., 0., 0.],
            [0., 1., 0.]])
    """
    if tensor.ndim != 2:
        raise ValueError(f"eye_ fills matrices, not a tensor of {tensor.ndim} dimensions")
    with plugrad.no_grad():
        return tensor.copy_(plugrad.eye(*tensor.shape))


def _fans(tensor: Tensor) -> tuple[int, int]:
    """Return how many inputs and outputs each unit of a weight has."""
    if tensor.ndim < 2:
        raise ValueError(
            f"the fans of a weight are only known from two dimensions on, not for {tensor.ndim}"
        )
    window = math.prod(tensor.shape[2:])
    return tensor.shape[1] * window, tensor.shape[0] * window


def _fan(tensor: Tensor, mode: str) -> int:
    mode = mode.lower()
    if mode not in ("fan_in", "fan_out"):
        raise ValueError(f"mode must be 'fan_in' or 'fan_out', not {mode!r}")
    return _fans(tensor)[mode == "fan_out"]


def _kaiming_std(tensor: Tensor, a: float, mode: str, nonlinearity: str) -> float:
    return calculate_gain(nonlinearity, a) / math.sqrt(_fan(tensor, mode))


def _nothing_to_fill(tensor: Tensor) -> bool:
    if 0 in tensor.shape:
        warnings.warn("a tensor without elements was not initialised", UserWarning, stacklevel=3)
        return True
    return False


def kaiming_uniform_(
    tensor: Tensor,
    a: float = 0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: Any = None,
) -> Tensor:
    """Fill uniformly so that activations keep their variance through a rectifier.

    The numbers lie between -b and b, where ``b = gain * sqrt(3 / fan)``: gain is that of
    `calculate_gain`, fan the number of inputs, or of outputs, of a unit.

    Parameters
    ----------
    tensor : Tensor of shape (outputs, inputs, ...)
        A weight of two or more dimensions.
    a : float
        The negative slope of the rectifier, for ``"leaky_relu"``.
    mode : {"fan_in", "fan_out"}
        Whether the variance is kept in the forward or in the backward.
    nonlinearity : str
        See `calculate_gain`.
    generator : Generator, optional
        What to draw from.

    Returns
    -------
    Tensor
        The same one.

    Raises
    ------
    ValueError
        For fewer dimensions, or an unknown `mode` or `nonlinearity`.

    Notes
    -----
    Source: K. He et al., "Delving deep into rectifiers", 2015, https://arxiv.org/abs/1502.01852.

    Examples
    --------
    >>> import plugrad
    >>> _ = plugrad.manual_seed(0)
    >>> plugrad.nn.init.kaiming_uniform_(plugrad.empty(2, 3), nonlinearity="relu")
    tensor([[-0.0106,  0.7586, -1.1640],
            [-1.0408, -0.5447,  0.3792]])
    """
    if _nothing_to_fill(tensor):
        return tensor
    bound = math.sqrt(3.0) * _kaiming_std(tensor, a, mode, nonlinearity)
    return uniform_(tensor, -bound, bound, generator)


def kaiming_normal_(
    tensor: Tensor,
    a: float = 0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: Any = None,
) -> Tensor:
    """Fill normally so that activations keep their variance through a rectifier.

    The mean is 0, the standard deviation ``gain / sqrt(fan)``. The parameters are those of
    `kaiming_uniform_`.

    Notes
    -----
    Source: K. He et al., "Delving deep into rectifiers", 2015, https://arxiv.org/abs/1502.01852.

    Examples
    --------
    >>> import plugrad
    >>> _ = plugrad.manual_seed(0)
    >>> weight = plugrad.nn.init.kaiming_normal_(plugrad.empty(1000, 200), nonlinearity="relu")
    >>> round(weight.std().item(), 2)  # sqrt(2 / 200)
    0.1
    """
    if _nothing_to_fill(tensor):
        return tensor
    return normal_(tensor, 0, _kaiming_std(tensor, a, mode, nonlinearity), generator)


def _xavier_std(tensor: Tensor, gain: float) -> float:
    return gain * math.sqrt(2.0 / float(sum(_fans(tensor))))


def xavier_uniform_(tensor: Tensor, gain: float = 1.0, generator: Any = None) -> Tensor:
    """Fill uniformly so that variance is kept both ways through linear layers.

    The numbers lie between -b and b, where ``b = gain * sqrt(6 / (inputs + outputs))``.

    Parameters
    ----------
    tensor : Tensor of shape (outputs, inputs, ...)
        A weight of two or more dimensions.
    gain : float
        See `calculate_gain`.
    generator : Generator, optional
        What to draw from.

    Returns
    -------
    Tensor
        The same one.

    Raises
    ------
    ValueError
        For fewer dimensions.

    Notes
    -----
    Source: X. Glorot and Y. Bengio, "Understanding the difficulty of training deep feedforward
    neural networks", 2010.

    Examples
    --------
    >>> import plugrad
    >>> _ = plugrad.manual_seed(0)
    >>> plugrad.nn.init.xavier_uniform_(plugrad.empty(2, 3))
    tensor([[-0.0082,  0.5876, -0.9016],
            [-0.8062, -0.4219,  0.2938]])
    """
    bound = math.sqrt(3.0) * _xavier_std(tensor, gain)
    return uniform_(tensor, -bound, bound, generator)


def xavier_normal_(tensor: Tensor, gain: float = 1.0, generator: Any = None) -> Tensor:
    """Fill normally so that variance is kept both ways through linear layers.

    The mean is 0, the standard deviation ``gain * sqrt(2 / (inputs + outputs))``. The parameters
    are those of `xavier_uniform_`.

    Notes
    -----
    Source: X. Glorot and Y. Bengio, "Understanding the difficulty of training deep feedforward
    neural networks", 2010.

    Examples
    --------
    >>> import plugrad
    >>> _ = plugrad.manual_seed(0)
    >>> weight = plugrad.nn.init.xavier_normal_(plugrad.empty(300, 100))
    >>> round(weight.std().item(), 3)  # sqrt(2 / 400)
    0.071
    """
    return normal_(tensor, 0.0, _xavier_std(tensor, gain), generator)
