"""Batch normalization that has learnt, made part of the layer before it.

In evaluation it multiplies each channel by a number and adds another, which the layer's own weight
and bias can do.
"""

from __future__ import annotations

import copy
from typing import Any, TypeVar

import plugrad
from plugrad import Tensor
from plugrad.nn.parameter import Parameter

__all__ = [
    "fuse_conv_bn_eval",
    "fuse_conv_bn_weights",
    "fuse_linear_bn_eval",
    "fuse_linear_bn_weights",
]

Layer = TypeVar("Layer", bound=Any)


def fuse_conv_bn_weights(
    conv_w: Tensor,
    conv_b: Tensor | None,
    bn_rm: Tensor,
    bn_rv: Tensor,
    bn_eps: float,
    bn_w: Tensor | None,
    bn_b: Tensor | None,
    transpose: bool = False,
) -> tuple[Parameter, Parameter]:
    """Return the weight and bias of a convolution that does what two layers did.

    Parameters
    ----------
    conv_w, conv_b : Tensor
        The convolution's.
    bn_rm, bn_rv : Tensor, shape (channels,)
        The running mean and variance of the normalization.
    bn_eps : float
    bn_w, bn_b : Tensor, optional, shape (channels,)
    transpose : bool
        Whether it is a transposed convolution, whose weight has channels in its second dimension.

    Returns
    -------
    weight, bias : Parameter

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.nn.utils import fuse_conv_bn_weights
    >>> weight = plugrad.ones(1, 1, 2)
    >>> one = plugrad.ones(1)
    >>> fused, bias = fuse_conv_bn_weights(weight, None, one, one * 3, 1.0, one, one)
    >>> fused.tolist(), bias.tolist()
    ([[[0.5, 0.5]]], [0.5])
    """
    bias = plugrad.zeros_like(bn_rm) if conv_b is None else conv_b
    scale = plugrad.ones_like(bn_rm) if bn_w is None else bn_w
    offset = plugrad.zeros_like(bn_rm) if bn_b is None else bn_b
    factor = scale * plugrad.rsqrt(bn_rv + bn_eps)
    shape = [1] * conv_w.dim()
    shape[1 if transpose else 0] = -1
    return (
        Parameter((conv_w * factor.reshape(shape)).to(conv_w.dtype), conv_w.requires_grad),
        Parameter(((bias - bn_rm) * factor + offset).to(conv_w.dtype), bias.requires_grad),
    )


def fuse_linear_bn_weights(
    linear_w: Tensor,
    linear_b: Tensor | None,
    bn_rm: Tensor,
    bn_rv: Tensor,
    bn_eps: float,
    bn_w: Tensor,
    bn_b: Tensor,
) -> tuple[Parameter, Parameter]:
    """Return the weight and bias of a linear layer that does what two layers did.

    See `fuse_conv_bn_weights`: a linear layer is a convolution of one place.

    Returns
    -------
    weight, bias : Parameter

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.nn.utils import fuse_linear_bn_weights
    >>> one = plugrad.ones(1)
    >>> fused, bias = fuse_linear_bn_weights(one[None], None, one, one * 3, 1.0, one, one)
    >>> fused.tolist(), bias.tolist()
    ([[0.5]], [0.5])
    """
    return fuse_conv_bn_weights(linear_w, linear_b, bn_rm, bn_rv, bn_eps, bn_w, bn_b)


def _fused(layer: Layer, norm: Any, transpose: bool) -> Layer:
    if layer.training or norm.training:
        raise AssertionError("both layers must be in evaluation: call .eval() on them first")
    if norm.running_mean is None or norm.running_var is None:
        raise AssertionError("the normalization has no running statistics that could be fused")
    fused = copy.deepcopy(layer)
    fused.weight, fused.bias = fuse_conv_bn_weights(
        layer.weight, layer.bias, norm.running_mean, norm.running_var, norm.eps, norm.weight,
        norm.bias, transpose,
    )  # fmt: skip
    return fused


def fuse_conv_bn_eval(conv: Layer, bn: Any, transpose: bool = False) -> Layer:
    """Return one convolution that does what a convolution and its batch normalization do.

    Parameters
    ----------
    conv, bn : Module
        Both in evaluation.
    transpose : bool
        Whether `conv` is a transposed convolution.

    Returns
    -------
    Module
        A new one, of the type of `conv`.

    Raises
    ------
    AssertionError
        If one of them is in training.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.nn.utils import fuse_conv_bn_eval
    >>> conv, norm = plugrad.nn.Conv2d(1, 4, 3).eval(), plugrad.nn.BatchNorm2d(4).eval()
    >>> x = plugrad.rand(2, 1, 5, 5)
    >>> plugrad.allclose(fuse_conv_bn_eval(conv, norm)(x), norm(conv(x)), atol=1e-6)
    True
    """
    return _fused(conv, bn, transpose)


def fuse_linear_bn_eval(linear: Layer, bn: Any) -> Layer:
    """Return one linear layer that does what a linear layer and its batch normalization do.

    Parameters
    ----------
    linear, bn : Module
        Both in evaluation.

    Returns
    -------
    Module
        A new one, of the type of `linear`.

    Raises
    ------
    AssertionError
        If one of them is in training, or they have different numbers of features.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.nn.utils import fuse_linear_bn_eval
    >>> linear, norm = plugrad.nn.Linear(3, 4).eval(), plugrad.nn.BatchNorm1d(4).eval()
    >>> x = plugrad.rand(2, 3)
    >>> plugrad.allclose(fuse_linear_bn_eval(linear, norm)(x), norm(linear(x)), atol=1e-6)
    True
    """
    if bn.num_features not in (linear.out_features, 1):
        raise AssertionError(
            f"the normalization is of {bn.num_features} features; the linear layer has "
            f"{linear.out_features}"
        )
    return _fused(linear, bn, False)
