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
    """Do the same as `elu` in place.

    Examples
    --------
    >>> import plugrad
    >>> x = plugrad.tensor([-1.0, 2.0])
    >>> plugrad.nn.functional.elu_(x) is x, x
    (True, tensor([-0.6321,  2.0000]))
    """
    return elu(input, alpha, inplace=True)


def hardtanh_(input: Tensor, min_val: float = -1.0, max_val: float = 1.0) -> Tensor:
    """Do the same as `hardtanh` in place.

    Examples
    --------
    >>> import plugrad
    >>> x = plugrad.tensor([-3.0, 0.5])
    >>> plugrad.nn.functional.hardtanh_(x) is x, x
    (True, tensor([-1.0000,  0.5000]))
    """
    return hardtanh(input, min_val, max_val, inplace=True)


def leaky_relu_(input: Tensor, negative_slope: float = 0.01) -> Tensor:
    """Do the same as `leaky_relu` in place.

    Examples
    --------
    >>> import plugrad
    >>> x = plugrad.tensor([-1.0, 2.0])
    >>> plugrad.nn.functional.leaky_relu_(x) is x, x
    (True, tensor([-0.0100,  2.0000]))
    """
    return leaky_relu(input, negative_slope, inplace=True)


def relu(input: Tensor, inplace: bool = False) -> Tensor:
    """Replace negative numbers by 0: ``max(0, x)``.

    Parameters
    ----------
    input : Tensor of any shape
        Of real numbers, but not bool.
    inplace : bool
        Whether the input itself is changed.

    Returns
    -------
    Tensor of the same shape and dtype

    Raises
    ------
    NotImplementedError
        For bool or complex numbers.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.nn import functional as F
    >>> F.relu(plugrad.tensor([-1.0, 2.0]))
    tensor([0., 2.])
    """
    return _apply("relu", input, inplace)


def relu6(input: Tensor, inplace: bool = False) -> Tensor:
    """Clamp to the range from 0 to 6: ``min(max(0, x), 6)``.

    Parameters
    ----------
    input : Tensor of any shape
        Of real numbers, but not bool.
    inplace : bool
        Whether the input itself is changed.

    Returns
    -------
    Tensor of the same shape and dtype

    References
    ----------
    A. Krizhevsky, Convolutional deep belief networks on CIFAR-10, 2010.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.nn import functional as F
    >>> F.relu6(plugrad.tensor([-1.0, 2.0, 8.0]))
    tensor([0., 2., 6.])
    """
    return _apply("hardtanh", input, inplace, 0.0, 6.0)


def hardtanh(
    input: Tensor, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False
) -> Tensor:
    """Clamp to the range from `min_val` to `max_val`.

    Parameters
    ----------
    input : Tensor of any shape
        Of real numbers, but not bool.
    min_val, max_val : float
        The range. Outside of it, and at its ends, the gradient is 0.
    inplace : bool
        Whether the input itself is changed.

    Returns
    -------
    Tensor of the same shape and dtype

    Raises
    ------
    ValueError
        If the range is empty.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.nn import functional as F
    >>> F.hardtanh(plugrad.tensor([-3.0, 0.5, 3.0]), -2.0, 2.0)
    tensor([-2.0000,  0.5000,  2.0000])
    """
    if min_val > max_val:
        raise ValueError(f"min_val ({min_val}) must not be greater than max_val ({max_val})")
    return _apply("hardtanh", input, inplace, min_val, max_val)


def threshold(input: Tensor, threshold: float, value: float, inplace: bool = False) -> Tensor:
    """Replace what does not exceed `threshold` by `value`.

    Parameters
    ----------
    input : Tensor of any shape
        Of real numbers, but not bool.
    threshold, value : float
    inplace : bool
        Whether the input itself is changed.

    Returns
    -------
    Tensor of the same shape and dtype

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.nn import functional as F
    >>> F.threshold(plugrad.tensor([0.5, 1.0, 1.5]), 1.0, 9.0)
    tensor([9.0000, 9.0000, 1.5000])
    """
    return _apply("threshold", input, inplace, threshold, value)


def leaky_relu(input: Tensor, negative_slope: float = 0.01, inplace: bool = False) -> Tensor:
    """Multiply negative numbers by `negative_slope`.

    Parameters
    ----------
    input : Tensor of any shape
        Of a floating-point dtype.
    negative_slope : float
    inplace : bool
        Whether the input itself is changed.

    Returns
    -------
    Tensor of the same shape and dtype

    References
    ----------
    A. L. Maas et al., Rectifier nonlinearities improve neural network acoustic models, 2013.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.nn import functional as F
    >>> F.leaky_relu(plugrad.tensor([-1.0, 2.0]), 0.1)
    tensor([-0.1000,  2.0000])
    """
    return _apply("leaky_relu", input, inplace, negative_slope)


def prelu(input: Tensor, weight: Tensor) -> Tensor:
    """Multiply negative numbers by a learned factor: ``max(0, x) + weight * min(0, x)``.

    Parameters
    ----------
    input : Tensor of shape (N, C, ...)
        Of a floating-point dtype.
    weight : Tensor of shape (1,) or (C,)
        One factor for all, or one for each channel.

    Returns
    -------
    Tensor of the input's shape

    Raises
    ------
    RuntimeError
        If there are neither 1 nor C factors.

    References
    ----------
    K. He et al., Delving deep into rectifiers, 2015, https://arxiv.org/abs/1502.01852.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.nn import functional as F
    >>> F.prelu(plugrad.tensor([[-1.0, -1.0]]), plugrad.tensor([0.1, 0.5]))
    tensor([[-0.1000, -0.5000]])
    """
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
    input : Tensor of any shape
        Of a floating-point dtype.
    lower, upper : float
        Between which the factors are uniformly distributed; their mean is ``(lower + upper) / 2``.
    training : bool
        Whether to draw a factor for each element.
    inplace : bool
        Whether the input itself is changed.

    Returns
    -------
    Tensor of the same shape and dtype

    References
    ----------
    B. Xu et al., Empirical evaluation of rectified activations in convolutional network, 2015,
    https://arxiv.org/abs/1505.00853.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.nn import functional as F
    >>> F.rrelu(plugrad.tensor([-1.0, 2.0]), 0.1, 0.3)
    tensor([-0.2000,  2.0000])
    """
    function = plugrad.rrelu_ if inplace else plugrad.rrelu
    return function(input, lower, upper, training)  # type: ignore[no-any-return]


def elu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """Return ``x`` where it is positive, else ``alpha * (exp(x) - 1)``.

    Parameters
    ----------
    input : Tensor of any shape
        Of a floating-point dtype.
    alpha : float
        What very negative numbers approach, but for the sign.
    inplace : bool
        Whether the input itself is changed.

    Returns
    -------
    Tensor of the same shape and dtype

    References
    ----------
    D.-A. Clevert et al., Fast and accurate deep network learning by exponential linear units, 2016,
    https://arxiv.org/abs/1511.07289.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.nn import functional as F
    >>> F.elu(plugrad.tensor([-10.0, -1.0, 2.0]))
    tensor([-1.0000, -0.6321,  2.0000])
    """
    return _apply("elu", input, inplace, alpha, 1.0, 1.0)


def selu(input: Tensor, inplace: bool = False) -> Tensor:
    """Return the ELU scaled so that mean 0 and variance 1 are kept from layer to layer.

    It is ``scale * elu(x, alpha)`` with alpha = 1.6733 and scale = 1.0507.

    Parameters
    ----------
    input : Tensor of any shape
        Of a floating-point dtype.
    inplace : bool
        Whether the input itself is changed.

    Returns
    -------
    Tensor of the same shape and dtype

    References
    ----------
    G. Klambauer et al., Self-normalizing neural networks, 2017, https://arxiv.org/abs/1706.02515.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.nn import functional as F
    >>> F.selu(plugrad.tensor([-10.0, 0.0, 1.0]))
    tensor([-1.7580,  0.0000,  1.0507])
    """
    return _apply("elu", input, inplace, 1.6732632423543772, 1.0507009873554805, 1.0)


def celu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """Return ``x`` where it is positive, else ``alpha * (exp(x / alpha) - 1)``.

    Unlike that of `elu`, its derivative is continuous for every `alpha`.

    Parameters
    ----------
    input : Tensor of any shape
        Of a floating-point dtype.
    alpha : float
        Other than 0.
    inplace : bool
        Whether the input itself is changed.

    Returns
    -------
    Tensor of the same shape and dtype

    References
    ----------
    J. T. Barron, Continuously differentiable exponential linear units, 2017,
    https://arxiv.org/abs/1704.07483.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.nn import functional as F
    >>> F.celu(plugrad.tensor([-10.0, -1.0, 2.0]), alpha=2.0)
    tensor([-1.9865, -0.7869,  2.0000])
    """
    function = plugrad.celu_ if inplace else plugrad.celu
    return function(input, alpha)  # type: ignore[no-any-return]


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
    """Return x times its logistic function: ``x / (1 + exp(-x))``.

    Parameters
    ----------
    input : Tensor of any shape
        Of a floating-point or complex dtype.
    inplace : bool
        Whether the input itself is changed.

    Returns
    -------
    Tensor of the same shape and dtype

    References
    ----------
    S. Elfwing et al., Sigmoid-weighted linear units for neural network function approximation in
    reinforcement learning, 2018, https://arxiv.org/abs/1702.03118.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.nn import functional as F
    >>> F.silu(plugrad.tensor([-1.0, 0.0, 2.0]))
    tensor([-0.2689,  0.0000,  1.7616])
    """
    return _apply("silu", input, inplace)


def mish(input: Tensor, inplace: bool = False) -> Tensor:
    """Return ``x * tanh(softplus(x))``.

    Parameters
    ----------
    input : Tensor of any shape
        Of a floating-point dtype.
    inplace : bool
        Whether the input itself is changed.

    Returns
    -------
    Tensor of the same shape and dtype

    References
    ----------
    D. Misra, Mish: a self regularized non-monotonic activation function, 2019,
    https://arxiv.org/abs/1908.08681.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.nn import functional as F
    >>> F.mish(plugrad.tensor([-1.0, 0.0, 2.0]))
    tensor([-0.3034,  0.0000,  1.9440])
    """
    return _apply("mish", input, inplace)


def softplus(
    input: Tensor, beta: float = 1.0, threshold: float = 20.0, *, out: Tensor | None = None
) -> Tensor:
    """Return a smooth form of `relu`: ``log(1 + exp(beta * x)) / beta``.

    Parameters
    ----------
    input : Tensor of any shape
        Of a floating-point dtype.
    beta : float
        The greater, the nearer to `relu`.
    threshold : float
        Where ``beta * x`` exceeds it, the result is x itself.
    out : Tensor, optional
        Where to write the result.

    Returns
    -------
    Tensor of the same shape and dtype

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.nn import functional as F
    >>> F.softplus(plugrad.tensor([-1.0, 0.0, 30.0]))
    tensor([ 0.3133,  0.6931, 30.0000])
    """
    return _apply("softplus", input, False, beta, threshold, out=out)


def softsign(input: Tensor) -> Tensor:
    """Return ``x / (1 + abs(x))``.

    Parameters
    ----------
    input : Tensor of any shape
        Integers give the default dtype.

    Returns
    -------
    Tensor of the same shape

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.nn import functional as F
    >>> F.softsign(plugrad.tensor([-1.0, 0.0, 3.0]))
    tensor([-0.5000,  0.0000,  0.7500])
    """
    return k.softsign(input)  # type: ignore[no-any-return]


def tanh(input: Tensor) -> Tensor:
    """Return the hyperbolic tangent: see `plugrad.tanh`.

    Parameters
    ----------
    input : Tensor of any shape
        Integers give the default dtype.

    Returns
    -------
    Tensor of the same shape

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.nn import functional as F
    >>> F.tanh(plugrad.tensor([-1.0, 0.0, 1.0]))
    tensor([-0.7616,  0.0000,  0.7616])
    """
    return _apply("tanh", input, False)


def tanhshrink(input: Tensor) -> Tensor:
    """Return ``x - tanh(x)``.

    Parameters
    ----------
    input : Tensor of any shape
        Integers give the default dtype.

    Returns
    -------
    Tensor of the same shape

    Raises
    ------
    RuntimeError
        For bool.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.nn import functional as F
    >>> F.tanhshrink(plugrad.tensor([-2.0, 0.0, 2.0]))
    tensor([-1.0360,  0.0000,  1.0360])
    """
    return k.tanhshrink(input)  # type: ignore[no-any-return]


def sigmoid(input: Tensor) -> Tensor:
    """Return the logistic function ``1 / (1 + exp(-x))``: see `plugrad.sigmoid`.

    Parameters
    ----------
    input : Tensor of any shape
        Integers give the default dtype.

    Returns
    -------
    Tensor of the same shape

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.nn import functional as F
    >>> F.sigmoid(plugrad.tensor([-1.0, 0.0, 1.0]))
    tensor([0.2689, 0.5000, 0.7311])
    """
    return _apply("sigmoid", input, False)


def logsigmoid(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Return the logarithm of `sigmoid`, exact where that is 0 in the input's dtype.

    Parameters
    ----------
    input : Tensor of any shape
        Of a floating-point dtype.
    out : Tensor, optional
        Where to write the result.

    Returns
    -------
    Tensor of the same shape and dtype

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.nn import functional as F
    >>> F.logsigmoid(plugrad.tensor([-200.0, 0.0]))
    tensor([-200.0000,   -0.6931])
    """
    return _apply("logsigmoid", input, False, out=out)


def hardsigmoid(input: Tensor, inplace: bool = False) -> Tensor:
    """Return ``x / 6 + 1 / 2``, clamped to the range from 0 to 1.

    Parameters
    ----------
    input : Tensor of any shape
        Of a floating-point dtype.
    inplace : bool
        Whether the input itself is changed.

    Returns
    -------
    Tensor of the same shape and dtype

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.nn import functional as F
    >>> F.hardsigmoid(plugrad.tensor([-4.0, 1.5, 4.0]))
    tensor([0.0000, 0.7500, 1.0000])
    """
    return _apply("hardsigmoid", input, inplace)


def hardswish(input: Tensor, inplace: bool = False) -> Tensor:
    """Return ``x * hardsigmoid(x)``: `silu` without an exponential.

    Parameters
    ----------
    input : Tensor of any shape
        Of a floating-point dtype.
    inplace : bool
        Whether the input itself is changed.

    Returns
    -------
    Tensor of the same shape and dtype

    References
    ----------
    A. Howard et al., Searching for MobileNetV3, 2019, https://arxiv.org/abs/1905.02244.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.nn import functional as F
    >>> F.hardswish(plugrad.tensor([-4.0, 1.5, 4.0]))
    tensor([-0.0000, 1.1250, 4.0000])
    """
    return _apply("hardswish", input, inplace)


def hardshrink(input: Tensor, lambd: float = 0.5, *, out: Tensor | None = None) -> Tensor:
    """Set what lies within `lambd` of 0 to 0.

    Parameters
    ----------
    input : Tensor of any shape
        Of a floating-point dtype.
    lambd : float
    out : Tensor, optional
        Where to write the result.

    Returns
    -------
    Tensor of the same shape and dtype

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.nn import functional as F
    >>> F.hardshrink(plugrad.tensor([-1.0, 0.2, 0.7]))
    tensor([-1.0000,  0.0000,  0.7000])
    """
    return _apply("hardshrink", input, False, lambd, out=out)


def softshrink(input: Tensor, lambd: float = 0.5, *, out: Tensor | None = None) -> Tensor:
    """Move everything towards 0 by `lambd`, and set to 0 what lies within it.

    Parameters
    ----------
    input : Tensor of any shape
        Of a floating-point dtype.
    lambd : float
    out : Tensor, optional
        Where to write the result.

    Returns
    -------
    Tensor of the same shape and dtype

    Raises
    ------
    RuntimeError
        If `lambd` is negative.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.nn import functional as F
    >>> F.softshrink(plugrad.tensor([-1.0, 0.2, 0.7]))
    tensor([-0.5000,  0.0000,  0.2000])
    """
    if lambd < 0:
        raise RuntimeError(f"lambd must not be negative, but is {lambd}")
    return _apply("softshrink", input, False, lambd, out=out)


def glu(input: Tensor, dim: int = -1) -> Tensor:
    """Return one half of the input times the logistic function of the other.

    Parameters
    ----------
    input : Tensor of shape (..., 2 * N, ...)
        Of a floating-point or complex dtype.
    dim : int
        The dimension to halve.

    Returns
    -------
    Tensor of shape (..., N, ...)

    Raises
    ------
    RuntimeError
        If the size of `dim` is odd, or there is no dimension.

    References
    ----------
    Y. N. Dauphin et al., Language modeling with gated convolutional networks, 2017,
    https://arxiv.org/abs/1612.08083.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.nn import functional as F
    >>> F.glu(plugrad.tensor([4.0, 4.0, 0.0, 10.0]))  # 4 * sigmoid(0), 4 * sigmoid(10)
    tensor([2.0000, 3.9998])
    """
    if input.ndim == 0:
        raise RuntimeError("glu() needs at least one dimension to halve")
    if not input.is_floating_point():
        raise NotImplementedError(
            f"glu() needs real floating-point numbers, not {input.dtype}; convert with .float()"
        )
    size = input.shape[dim]
    if size % 2:
        raise RuntimeError(f"glu() halves dimension {dim}, whose size {size} is odd")
    return k.glu(input, dim % input.ndim)  # type: ignore[no-any-return]


def softmax(
    input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None
) -> Tensor:
    """Return exponentials divided by their sum along `dim`: ``exp(x) / exp(x).sum(dim)``.

    Parameters
    ----------
    input : Tensor of any shape
        Of a floating-point dtype.
    dim : int
        Along which the results sum to 1.
    dtype : dtype, optional
        To convert to first.

    Returns
    -------
    Tensor of the same shape

    Raises
    ------
    NotImplementedError
        For integers and complex numbers, unless `dtype` converts them.
    IndexError
        If there is no such dimension.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.nn import functional as F
    >>> F.softmax(plugrad.tensor([[0.0, 0.0], [0.0, 1.0]]), dim=1)
    tensor([[0.5000, 0.5000],
            [0.2689, 0.7311]])
    """
    dim = implicit_softmax_dim("softmax", input.ndim, dim)
    return input.softmax(dim, dtype=dtype)  # type: ignore[no-any-return]


def softmin(
    input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None
) -> Tensor:
    """Return `softmax` of the negative: the smallest number gets the largest share.

    Parameters
    ----------
    input : Tensor of any shape
        Of a floating-point dtype.
    dim : int
        Along which the results sum to 1.
    dtype : dtype, optional
        To convert to first.

    Returns
    -------
    Tensor of the same shape

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.nn import functional as F
    >>> F.softmin(plugrad.tensor([0.0, 1.0]), dim=0)
    tensor([0.7311, 0.2689])
    """
    dim = implicit_softmax_dim("softmin", input.ndim, dim)
    return (-input).softmax(dim, dtype=dtype)  # type: ignore[no-any-return]


def log_softmax(
    input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None
) -> Tensor:
    """Return the logarithm of `softmax`, finite where that is 0.

    It is ``x - log(exp(x).sum(dim))``, computed without overflow.

    Parameters
    ----------
    input : Tensor of any shape
        Of a floating-point dtype.
    dim : int
        Along which the exponentials of the results sum to 1.
    dtype : dtype, optional
        To convert to first.

    Returns
    -------
    Tensor of the same shape

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.nn import functional as F
    >>> F.log_softmax(plugrad.tensor([0.0, 200.0]), dim=0)
    tensor([-200.,    0.])
    """
    dim = implicit_softmax_dim("log_softmax", input.ndim, dim)
    return input.log_softmax(dim, dtype=dtype)  # type: ignore[no-any-return]


def gumbel_softmax(
    logits: Tensor, tau: float = 1, hard: bool = False, eps: float = 1e-10, dim: int = -1
) -> Tensor:
    """Draw classes, in a way that lets gradients through.

    Gumbel noise g is added to the logits: ``softmax((logits + g) / tau)``. Its largest element is
    class i with the probability ``softmax(logits)[i]``.

    Parameters
    ----------
    logits : Tensor of shape (..., classes)
        Logarithms of probabilities but for a constant, of a floating-point dtype.
    tau : float
        The temperature: the lower, the nearer to one class.
    hard : bool
        Whether the result is 1 for one class and 0 for all others, with the gradient as if not.
    eps : float
        Without effect.
    dim : int
        Along which the classes lie.

    Returns
    -------
    Tensor of the same shape

    References
    ----------
    E. Jang et al., Categorical reparameterization with Gumbel-softmax, 2017,
    https://arxiv.org/abs/1611.01144.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.nn import functional as F
    >>> _ = plugrad.manual_seed(0)
    >>> F.gumbel_softmax(plugrad.tensor([[0.1, 0.3, 0.6]]).log(), hard=True)
    tensor([[0., 0., 1.]])
    """
    noise = -plugrad.empty_like(logits).exponential_().log()
    soft: Tensor = ((logits + noise) / tau).softmax(dim)
    if not hard:
        return soft
    index = soft.max(dim, keepdim=True)[1]
    chosen = plugrad.zeros_like(logits).scatter_(dim, index, 1.0)
    return chosen - soft.detach() + soft  # type: ignore[no-any-return]
