"""Activations: the nonlinear functions of neural networks.

Those that PyTorch has on `torch` or on its tensors are public here; the rest is for the package
``nn`` to show, under the same names. Each derivative that is worth fusing is an operator of its
own, ``<name>_grad``: its body gives the derivatives of higher order.
"""

from __future__ import annotations

import math
from typing import Any

from plugrad.autograd.tape import TensorBase
from plugrad.operators.numbers import fitting
from plugrad.operators.operands import number_of
from plugrad.vocabulary.forms import composite, elementwise, function, primitive
from plugrad.vocabulary.inplace import inplace
from plugrad.vocabulary.registry import functions, operators

__all__ = ["celu", "celu_", "hardshrink", "prelu", "selu", "selu_", "threshold", "threshold_"]

# ------------------------------------------------------------------------ rectifiers and thresholds

elementwise(
    "relu", accepts="real numbers", body=lambda k, x: k.maximum(x, k.zeros_like(x)),
    x=lambda k, g, out: k.relu_grad(g, out),
)  # fmt: skip


@composite("relu_grad", expose="", aten="aten::threshold_backward")
def _relu_grad(k: Any, g: Any, out: Any) -> Any:
    return k.keep(g, k.logical_not(out <= 0))


elementwise(
    "threshold", "x; threshold, value", accepts="real numbers", expose="",
    body=lambda k, x, threshold, value: k.masked_fill(x, x <= threshold, value),
    x=lambda k, g, x, threshold: k.keep(g, k.logical_not(x <= threshold)),
)  # fmt: skip

elementwise(
    "hardtanh", "x; min_val=-1.0, max_val=1.0", accepts="real numbers", expose="",
    body=lambda k, x, min_val, max_val: k.clamp(x, min_val, max_val),
    x=lambda k, g, x, min_val, max_val: k.keep(
        g, k.logical_not(k.logical_or(x <= min_val, x >= max_val))
    ),
)  # fmt: skip

elementwise(
    "leaky_relu", "x; negative_slope=0.01", accepts="real floating", expose="",
    body=lambda k, x, negative_slope: k.where(x > 0, x, x * negative_slope),
    x=lambda k, g, x, negative_slope: k.leaky_relu_grad(g, x, negative_slope),
)  # fmt: skip


@composite("leaky_relu_grad", expose="", aten="aten::leaky_relu_backward")
def _leaky_relu_grad(k: Any, g: Any, x: Any, negative_slope: float) -> Any:
    return k.where(x > 0, g, g * negative_slope)


# The weight has the shape of the channels' dimension already.
elementwise(
    "prelu_kernel", "x, weight", accepts="real floating", expose="", aten="aten::_prelu_kernel",
    body=lambda k, x, weight: k.where(x > 0, x, x * weight),
    x=lambda k, g, x, weight: k.where(x > 0, g, g * weight),
    weight=lambda k, g, x: k.keep(g * x, k.logical_not(x > 0)),
)  # fmt: skip


def _outside(k: Any, x: Any, lambd: float) -> Any:
    return k.logical_not(k.logical_and(x >= -lambd, x <= lambd))


elementwise(
    "hardshrink", "x; lambd=0.5", out="exact", accepts="real floating", expose="",
    body=lambda k, x, lambd: k.keep(x, _outside(k, x, lambd)),
    x=lambda k, g, x, lambd: k.keep(g, _outside(k, x, lambd)),
)  # fmt: skip
elementwise(
    "softshrink", "x; lambd=0.5", out="exact", accepts="real floating", expose="",
    body=lambda k, x, lambd: k.keep(x - k.sign(x) * lambd, _outside(k, x, lambd)),
    x=lambda k, g, x, lambd: k.keep(g, _outside(k, x, lambd)),
)  # fmt: skip

# ------------------------------------------------------------------------------------ exponential


def _negative(k: Any, x: Any) -> Any:
    """Return `x` where it is not positive, so that its exponential does not overflow."""
    return k.where(x > 0, k.zeros_like(x), x)


def _elu(k: Any, x: Any, alpha: float, scale: float, input_scale: float) -> Any:
    negative = k.expm1(_negative(k, x) * input_scale) * (alpha * scale)
    return k.where(x > 0, x * scale, negative)


@composite("elu_grad", expose="", aten="aten::elu_backward")
def _elu_grad(k: Any, g: Any, x: Any, alpha: float, scale: float, input_scale: float) -> Any:
    negative = k.exp(_negative(k, x) * input_scale) * (alpha * scale * input_scale)
    return k.where(x <= 0, g * negative, g * scale)


elementwise(
    "elu", "x; alpha=1.0, scale=1.0, input_scale=1.0", accepts="real floating", expose="",
    body=_elu,
    x=lambda k, g, x, alpha, scale, input_scale: k.elu_grad(g, x, alpha, scale, input_scale),
)  # fmt: skip
elementwise(
    "celu", "x; alpha=1.0", accepts="real floating", expose="",
    body=lambda k, x, alpha: _elu(k, x, alpha, 1.0, 1.0 / alpha),
    x=lambda k, g, x, alpha: k.elu_grad(g, x, alpha, 1.0, 1.0 / alpha),
)  # fmt: skip

# ------------------------------------------------------------------------- gated by their own size


def _tail(k: Any, x: Any) -> Any:
    """Return the share of the standard normal distribution below `x`."""
    return (k.erf(x * math.sqrt(0.5)) + 1) * 0.5


elementwise(
    "gelu", "x", out="exact", accepts="real floating", expose="",
    body=lambda k, x: x * _tail(k, x), x=lambda k, g, x: k.gelu_grad(g, x),
)  # fmt: skip


@composite("gelu_grad", expose="", aten="aten::gelu_backward")
def _gelu_grad(k: Any, g: Any, x: Any) -> Any:
    density = k.exp(x * x * -0.5) * (1 / math.sqrt(2 * math.pi))
    return g * (_tail(k, x) + x * density)


_BETA, _KAPPA = math.sqrt(2 / math.pi), 0.044715
elementwise(
    "gelu_tanh", "x", out="exact", node="GeluBackward0", aten="aten::gelu",
    accepts="real floating", expose="",
    body=lambda k, x: x * 0.5 * (k.tanh((x + x * x * x * _KAPPA) * _BETA) + 1),
    x=lambda k, g, x: k.gelu_tanh_grad(g, x),
)  # fmt: skip


@composite("gelu_tanh_grad", expose="", aten="aten::gelu_backward")
def _gelu_tanh_grad(k: Any, g: Any, x: Any) -> Any:
    bent = k.tanh((x + x * x * x * _KAPPA) * _BETA)
    slope = (1 - bent * bent) * ((x * x * (3 * _KAPPA) + 1) * _BETA)
    return g * ((bent + 1) * 0.5 + x * 0.5 * slope)


elementwise(
    "silu", accepts="floating", expose="",
    body=lambda k, x: x / (k.exp(-x) + 1), x=lambda k, g, x: k.silu_grad(g, x),
)  # fmt: skip


@composite("silu_grad", expose="", aten="aten::silu_backward")
def _silu_grad(k: Any, g: Any, x: Any) -> Any:
    share = k.sigmoid(x)
    return g * share * ((1 - share) * x + 1)


elementwise(
    "mish", accepts="real floating", expose="",
    body=lambda k, x: x * k.tanh(k.log1p(k.exp(x))), x=lambda k, g, x: k.mish_grad(g, x),
)  # fmt: skip


@composite("mish_grad", expose="", aten="aten::mish_backward")
def _mish_grad(k: Any, g: Any, x: Any) -> Any:
    bent = k.tanh(k.log1p(k.exp(x)))
    return g * (bent + x * k.sigmoid(x) * (1 - bent * bent))


# ------------------------------------------------------------------------------ soft and hard steps


def _softplus(k: Any, x: Any, beta: float, threshold: float) -> Any:
    scaled = x * beta
    curved = k.log1p(k.exp(k.clamp_max(scaled, threshold))) / beta
    return k.where(scaled > threshold, x, curved)


@composite("softplus_grad", expose="", aten="aten::softplus_backward")
def _softplus_grad(k: Any, g: Any, x: Any, beta: float, threshold: float) -> Any:
    scaled = x * beta
    z = k.exp(k.clamp_max(scaled, threshold))
    return k.where(scaled > threshold, g, g * z / (z + 1))


elementwise(
    "softplus", "x; beta=1.0, threshold=20.0", out="exact", accepts="real floating", expose="",
    body=_softplus, x=lambda k, g, x, beta, threshold: k.softplus_grad(g, x, beta, threshold),
)  # fmt: skip


elementwise(
    "logsigmoid", "x", out="exact", node="LogSigmoidBackward0", aten="aten::log_sigmoid",
    accepts="real floating", expose="",
    body=lambda k, x: k.minimum(x, k.zeros_like(x)) - k.log1p(k.exp(-k.abs(x))),
    x=lambda k, g, x: g * k.sigmoid(-x),
)  # fmt: skip
elementwise(
    "hardsigmoid", accepts="real floating", expose="",
    body=lambda k, x: k.clamp(x + 3, 0.0, 6.0) / 6,
    # The slope, a sixth, is that of float32 for every dtype: PyTorch's numbers.
    x=lambda k, g, x: k.keep(g * 0.1666666716337204, k.logical_and(x > -3, x < 3)),
)  # fmt: skip
elementwise(
    "hardswish", accepts="real floating", expose="",
    body=lambda k, x: x * k.clamp(x + 3, 0.0, 6.0) / 6,
    x=lambda k, g, x: k.hardswish_grad(g, x),
)  # fmt: skip


@composite("hardswish_grad", expose="", aten="aten::hardswish_backward")
def _hardswish_grad(k: Any, g: Any, x: Any) -> Any:
    return k.keep(k.where(x < 3, g * (x / 3 + 0.5), g), k.logical_not(x <= -3))


@composite("softsign", expose="")
def _softsign(k: Any, x: Any) -> Any:
    return x / (k.abs(x) + 1)


@composite("tanhshrink", expose="")
def _tanhshrink(k: Any, x: Any) -> Any:
    return x - k.tanh(x)


# ------------------------------------------------------------------------------------------- gates


def _halves(k: Any, x: Any, dim: int) -> tuple[Any, Any]:
    half = x.shape[dim] // 2
    return k.slice(x, dim, 0, half, 1), k.slice(x, dim, half, 2 * half, 1)


def _glu(k: Any, x: Any, dim: int) -> Any:
    value, gate = _halves(k, x, dim)
    return value * k.sigmoid(gate)


def _glu_slope(k: Any, g: Any, x: Any, dim: int) -> Any:
    value, gate = _halves(k, x, dim)
    share = k.sigmoid(gate)
    opened = share * g
    return k.cat([opened, (1 - share) * opened * value], dim)


primitive("glu", "x; dim", body=_glu, x=_glu_slope)

# ------------------------------------------------------------------------------------------- public

_SELU_ALPHA, _SELU_SCALE = 1.6732632423543772848170429916717, 1.0507009873554804934193349852946


@function("function")
def selu(input: Any) -> Any:
    """Return `input` where it is positive, ``alpha * (exp(input) - 1)`` elsewhere, times a scale.

    The two constants keep the mean at 0 and the variance at 1 from layer to layer.

    References
    ----------
    Klambauer et al., Self-normalizing neural networks, NeurIPS 2017.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.selu(plugrad.tensor([-1.0, 1.0]))
    tensor([-1.1113,  1.0507])
    """
    return operators["elu"].call(input, _SELU_ALPHA, _SELU_SCALE, 1.0)


@function("function")
def selu_(input: Any) -> Any:
    """Do the same as `plugrad.selu` in place."""
    return inplace(operators["elu"], (input,), (_SELU_ALPHA, _SELU_SCALE, 1.0))


@function("function")
def celu(input: Any, alpha: float = 1.0) -> Any:
    """Return `input` where it is positive, ``alpha * (exp(input / alpha) - 1)`` elsewhere.

    References
    ----------
    Barron, Continuously differentiable exponential linear units, 2017.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.celu(plugrad.tensor([-1.0, 1.0]))
    tensor([-0.6321,  1.0000])
    """
    return operators["celu"].call(input, _nonzero("celu", alpha))


@function("function")
def celu_(input: Any, alpha: float = 1.0) -> Any:
    """Do the same as `plugrad.celu` in place."""
    return inplace(operators["celu"], (input,), (_nonzero("celu_", alpha),))


def _nonzero(name: str, alpha: float) -> float:
    if alpha == 0:
        raise RuntimeError(f"{name}(): alpha must not be 0, for the input is divided by it")
    return alpha


@function("function")
def threshold(input: Any, threshold: Any, value: Any, *, out: Any = None) -> Any:
    """Return `input` where it is larger than `threshold`, `value` elsewhere.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.threshold(plugrad.tensor([-1.0, 1.0]), 0.5, 7.0)
    tensor([7., 1.])
    """
    value = fitting("threshold", number_of(value), input._dtype)
    return operators["threshold"].call(input, threshold, value, out=out)


@function("function")
def threshold_(input: Any, threshold: Any, value: Any) -> Any:
    """Do the same as `plugrad.threshold` in place."""
    value = fitting("threshold_", number_of(value), input._dtype)
    return inplace(operators["threshold"], (input,), (threshold, value))


@function("function method")
def hardshrink(input: Any, lambd: float = 0.5, *, out: Any = None) -> Any:
    """Return `input` where it is outside of ``[-lambd, lambd]``, 0 elsewhere.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.hardshrink(plugrad.tensor([-1.0, 0.3]))
    tensor([-1.,  0.])
    """
    return operators["hardshrink"].call(input, lambd, out=out)


@function("function method", aten="aten::prelu")
def prelu(input: Any, weight: Any) -> Any:
    """Return `input` where it is positive, `weight` times it elsewhere.

    Parameters
    ----------
    input : Tensor
        Of shape ``(N, C, ...)``, or of any shape where there is one weight.
    weight : Tensor
        Of shape ``(C,)`` or ``(1,)``, or 0-d.

    Returns
    -------
    Tensor

    Raises
    ------
    RuntimeError
        If there are neither one weight nor as many as channels.

    References
    ----------
    He et al., Delving deep into rectifiers, ICCV 2015.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.prelu(plugrad.tensor([-1.0, 1.0]), plugrad.tensor([0.25]))
    tensor([-0.2500,  1.0000])
    """
    for name, value in (("input", input), ("weight", weight)):
        if not isinstance(value, TensorBase):
            raise TypeError(f"prelu(): {name} must be a Tensor, not {type(value).__name__}")
    shape, count = input._array.shape, weight.numel()
    if weight._dtype is not input._dtype:
        raise RuntimeError(
            f"prelu(): input is of {input._dtype}, but weight of {weight._dtype}; convert one"
        )
    if len(weight._array.shape) > 1:
        raise RuntimeError(
            f"prelu(): weight must have at most one dimension, not shape {list(weight.shape)}"
        )
    if count != 1:
        channels = shape[1] if len(shape) > 1 else 1
        if not shape or count != channels:
            raise RuntimeError(
                f"prelu(): {count} weights for an input of {channels} channels "
                f"(shape {list(shape)}); give one, or as many as channels"
            )
    if len(shape) > 1 or weight._array.shape != ((1,) if shape else ()):
        across = [1] * len(shape)
        if len(shape) > 1:
            across[1] = count
        weight = functions["reshape"](weight, across)
    return operators["prelu_kernel"].call(input, weight)
