"""Activation functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import plugrad
from plugrad.nn.functional.reduction import implicit_softmax_dim
from plugrad.nn.operators import rrelu as slopes
from plugrad.tensor import Tensor
from plugrad.vocabulary.inplace import inplace as change
from plugrad.vocabulary.registry import operators
from plugrad.vocabulary.registry import tensor_table as k

__all__ = [
    "celu",
    "celu_",
    "elu",
    "elu_",
    "gelu",
    "glu",
    "gumbel_softmax",
    "hardshrink",
    "hardsigmoid",
    "hardswish",
    "hardtanh",
    "hardtanh_",
    "leaky_relu",
    "leaky_relu_",
    "log_softmax",
    "logsigmoid",
    "mish",
    "prelu",
    "relu",
    "relu6",
    "relu_",
    "rrelu",
    "rrelu_",
    "selu",
    "selu_",
    "sigmoid",
    "silu",
    "softmax",
    "softmin",
    "softplus",
    "softshrink",
    "softsign",
    "tanh",
    "tanhshrink",
    "threshold",
    "threshold_",
]


def _apply(name: str, input: Any, inplace: bool, *params: Any, out: Any = None) -> Tensor:
    """Apply an operator, or its in-place form."""
    operator = operators[name]
    if out is not None:
        written: Tensor = operator.call(input, *params, out=out)
        return written
    if inplace:
        changed: Tensor = change(operator, (input,), params)
        return changed
    result: Tensor = operator.call(input, *params)
    return result


relu_: Callable[..., Tensor] = plugrad.relu_
selu_: Callable[..., Tensor] = plugrad.selu_
celu_: Callable[..., Tensor] = plugrad.celu_
rrelu_: Callable[..., Tensor] = slopes.rrelu_
threshold_: Callable[..., Tensor] = plugrad.threshold_


def elu_(input: Tensor, alpha: float = 1.0) -> Tensor:
    """Do the same as `elu` in place."""
    return elu(input, alpha, inplace=True)


def hardtanh_(input: Tensor, min_val: float = -1.0, max_val: float = 1.0) -> Tensor:
    """Do the same as `hardtanh` in place."""
    return hardtanh(input, min_val, max_val, inplace=True)


def leaky_relu_(input: Tensor, negative_slope: float = 0.01) -> Tensor:
    """Do the same as `leaky_relu` in place."""
    return leaky_relu(input, negative_slope, inplace=True)


def relu(input: Tensor, inplace: bool = False) -> Tensor:
    """Replace negative numbers by 0.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.nn import functional as F
    >>> F.relu(plugrad.tensor([-1.0, 2.0]))
    tensor([0., 2.])
    """
    return _apply("relu", input, inplace)


def relu6(input: Tensor, inplace: bool = False) -> Tensor:
    """Clamp to the range from 0 to 6."""
    return _apply("hardtanh", input, inplace, 0.0, 6.0)


def hardtanh(
    input: Tensor, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False
) -> Tensor:
    """Clamp to the range from `min_val` to `max_val`.

    Raises
    ------
    ValueError
        If the range is empty.
    """
    if min_val > max_val:
        raise ValueError(f"min_val ({min_val}) must not be greater than max_val ({max_val})")
    return _apply("hardtanh", input, inplace, min_val, max_val)


def threshold(input: Tensor, threshold: float, value: float, inplace: bool = False) -> Tensor:
    """Replace what does not exceed `threshold` by `value`."""
    return _apply("threshold", input, inplace, threshold, value)


def leaky_relu(input: Tensor, negative_slope: float = 0.01, inplace: bool = False) -> Tensor:
    """Multiply negative numbers by `negative_slope`."""
    return _apply("leaky_relu", input, inplace, negative_slope)


def prelu(input: Tensor, weight: Tensor) -> Tensor:
    """Multiply negative numbers by a learned factor, one for all or one for each channel."""
    return k.prelu(input, weight)  # type: ignore[no-any-return]


def rrelu(
    input: Tensor,
    lower: float = 1.0 / 8,
    upper: float = 1.0 / 3,
    training: bool = False,
    inplace: bool = False,
) -> Tensor:
    """Multiply negative numbers by random factors, or outside of training by their mean.

    Parameters
    ----------
    input : Tensor
    lower, upper : float
        Between which the factors are uniformly distributed.
    training, inplace : bool
    """
    function = plugrad.rrelu_ if inplace else plugrad.rrelu
    return function(input, lower, upper, training)  # type: ignore[no-any-return]


def elu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """Return x where it is positive, else alpha (exp(x) - 1).

    Notes
    -----
    Source: D.-A. Clevert et al., "Fast and accurate deep network learning by exponential linear
    units", 2016.
    """
    return _apply("elu", input, inplace, alpha, 1.0, 1.0)


def selu(input: Tensor, inplace: bool = False) -> Tensor:
    """Return the ELU scaled so that mean 0 and variance 1 are kept.

    Notes
    -----
    Source: G. Klambauer et al., "Self-normalizing neural networks", 2017.
    """
    return _apply("elu", input, inplace, 1.6732632423543772, 1.0507009873554805, 1.0)


def celu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """Return x where it is positive, else alpha (exp(x / alpha) - 1)."""
    return _apply("celu", input, inplace, alpha)


def gelu(input: Tensor, approximate: str = "none", *, out: Tensor | None = None) -> Tensor:
    """Return x times the share of the standard normal distribution below x.

    Parameters
    ----------
    input : Tensor
    approximate : {"none", "tanh"}
        Whether to use the error function, or an approximation by a hyperbolic tangent.
    out : Tensor, optional
        Where to write the result.

    Raises
    ------
    RuntimeError
        For another `approximate`.

    Notes
    -----
    Source: D. Hendrycks and K. Gimpel, "Gaussian error linear units", 2016.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.nn import functional as F
    >>> F.gelu(plugrad.tensor([-1.0, 0.0, 1.0]))
    tensor([-0.1587,  0.0000,  0.8413])
    """
    if approximate not in ("none", "tanh"):
        raise RuntimeError(f"approximate must be 'none' or 'tanh', not {approximate!r}")
    return _apply("gelu" if approximate == "none" else "gelu_tanh", input, False, out=out)


def silu(input: Tensor, inplace: bool = False) -> Tensor:
    """Return x times its logistic function."""
    return _apply("silu", input, inplace)


def mish(input: Tensor, inplace: bool = False) -> Tensor:
    """Return x tanh(log(1 + exp(x)))."""
    return _apply("mish", input, inplace)


def softplus(
    input: Tensor, beta: float = 1.0, threshold: float = 20.0, *, out: Tensor | None = None
) -> Tensor:
    """Return log(1 + exp(beta x)) / beta; x itself where beta x exceeds `threshold`."""
    return _apply("softplus", input, False, beta, threshold, out=out)


def softsign(input: Tensor) -> Tensor:
    """Return ``x / (1 + abs(x))``."""
    return k.softsign(input)  # type: ignore[no-any-return]


def tanh(input: Tensor) -> Tensor:
    """Return the hyperbolic tangent."""
    return _apply("tanh", input, False)


def tanhshrink(input: Tensor) -> Tensor:
    """Return x - tanh(x)."""
    return k.tanhshrink(input)  # type: ignore[no-any-return]


def sigmoid(input: Tensor) -> Tensor:
    """Return 1 / (1 + exp(-x))."""
    return _apply("sigmoid", input, False)


def logsigmoid(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Return the logarithm of `sigmoid`, without overflow."""
    return _apply("logsigmoid", input, False, out=out)


def hardsigmoid(input: Tensor, inplace: bool = False) -> Tensor:
    """Return x / 6 + 1/2, clamped to the range from 0 to 1."""
    return _apply("hardsigmoid", input, inplace)


def hardswish(input: Tensor, inplace: bool = False) -> Tensor:
    """Return x times `hardsigmoid`."""
    return _apply("hardswish", input, inplace)


def hardshrink(input: Tensor, lambd: float = 0.5, *, out: Tensor | None = None) -> Tensor:
    """Set what lies within `lambd` of 0 to 0."""
    return _apply("hardshrink", input, False, lambd, out=out)


def softshrink(input: Tensor, lambd: float = 0.5, *, out: Tensor | None = None) -> Tensor:
    """Move everything towards 0 by `lambd`.

    Raises
    ------
    RuntimeError
        If `lambd` is negative.
    """
    if lambd < 0:
        raise RuntimeError(f"lambd must not be negative, but is {lambd}")
    return _apply("softshrink", input, False, lambd, out=out)


def glu(input: Tensor, dim: int = -1) -> Tensor:
    """Return one half of the input times the logistic function of the other.

    Raises
    ------
    RuntimeError
        If the size of `dim` is odd, or there is no dimension.
    """
    if input.ndim == 0:
        raise RuntimeError("glu() needs at least one dimension to halve")
    size = input.shape[dim]
    if size % 2:
        raise RuntimeError(f"glu() halves dimension {dim}, whose size {size} is odd")
    return k.glu(input, dim % input.ndim)  # type: ignore[no-any-return]


def softmax(
    input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None
) -> Tensor:
    """Return exponentials divided by their sum along `dim`.

    Parameters
    ----------
    input : Tensor
    dim : int
    dtype : dtype, optional
        To convert to first.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.nn import functional as F
    >>> F.softmax(plugrad.zeros(2), dim=0)
    tensor([0.5000, 0.5000])
    """
    dim = implicit_softmax_dim("softmax", input.ndim, dim)
    return input.softmax(dim, dtype=dtype)  # type: ignore[no-any-return]


def softmin(
    input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None
) -> Tensor:
    """Return `softmax` of the negative."""
    dim = implicit_softmax_dim("softmin", input.ndim, dim)
    return (-input).softmax(dim, dtype=dtype)  # type: ignore[no-any-return]


def log_softmax(
    input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None
) -> Tensor:
    """Return the logarithm of `softmax`, without overflow."""
    dim = implicit_softmax_dim("log_softmax", input.ndim, dim)
    return input.log_softmax(dim, dtype=dtype)  # type: ignore[no-any-return]


def gumbel_softmax(
    logits: Tensor, tau: float = 1, hard: bool = False, eps: float = 1e-10, dim: int = -1
) -> Tensor:
    """Draw classes, in a way that lets gradients through.

    Parameters
    ----------
    logits : Tensor
        Logarithms of probabilities but for a constant.
    tau : float
        The temperature: the lower, the nearer to one class.
    hard : bool
        Whether the result is 1 for one class and 0 for all others, with the gradient as if not.
    eps : float
        Without effect.
    dim : int
        Along which the classes lie.

    Notes
    -----
    Source: E. Jang et al., "Categorical reparameterization with Gumbel-softmax", 2017,
    https://arxiv.org/abs/1611.01144.
    """
    noise = -plugrad.empty_like(logits).exponential_().log()
    soft: Tensor = ((logits + noise) / tau).softmax(dim)
    if not hard:
        return soft
    index = soft.max(dim, keepdim=True)[1]
    chosen = plugrad.zeros_like(logits).scatter_(dim, index, 1.0)
    return chosen - soft.detach() + soft  # type: ignore[no-any-return]
