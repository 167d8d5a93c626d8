"""Attention: sums of values, weighted by how well queries match keys."""

from __future__ import annotations

import math
from typing import Any

import numpy

from plugrad import dtypes
from plugrad.autograd.tape import TensorBase, new_tensor
from plugrad.nn.operators.dropout import dropout
from plugrad.operators.matmul import matmul
from plugrad.operators.network import times
from plugrad.vocabulary.forms import composite, primitive
from plugrad.vocabulary.observers import shown_as
from plugrad.vocabulary.registry import tensor_table

__all__ = ["scaled_dot_product_attention"]


def _weights(k: Any, query: Any, key: Any, mask: Any, scale: float) -> Any:
    scores = k.matmul(query * scale, k.transpose(key, -2, -1))
    return k.safe_softmax(scores if mask is None else scores + mask, len(query.shape) - 1)


_attention = primitive(
    "attention", "query, key, value, mask?; scale", differentiable="query, key, value",
    node="ScaledDotProductFlashAttentionForCpuBackward0",
    aten="aten::_scaled_dot_product_flash_attention_for_cpu",
    body=lambda k, query, key, value, mask, scale: k.matmul(
        _weights(k, query, key, mask, scale), value
    ),
    joint=lambda k, g, query, key, value, mask, scale: k.attention_grad(
        g, query, key, value, mask, scale
    ),
)  # fmt: skip


@composite("attention_grad", expose="", aten="aten::_scaled_dot_product_flash_attention_backward")
def _attention_grad(
    k: Any, g: Any, query: Any, key: Any, value: Any, mask: Any, scale: float
) -> Any:
    weights = _weights(k, query, key, mask, scale)
    given = k.matmul(g, k.transpose(value, -2, -1))
    scores = k.softmax_grad(given, weights, len(query.shape) - 1) * scale
    return (
        k.matmul(scores, key),
        k.matmul(k.transpose(scores, -2, -1), query),
        k.matmul(k.transpose(weights, -2, -1), g),
    )


# Softmax, but of nothing but -inf it is 0, not nan.
_safe_softmax = primitive(
    "safe_softmax", "x; dim", aten="aten::_safe_softmax",
    body=lambda k, x, dim: x if 0 in x.shape else k.where(
        k.expand(k.amax(x, (dim,), True) > -math.inf, x.shape), k.softmax(x, dim), k.zeros_like(x)
    ),
    x=lambda k, g, out, dim: k.softmax_grad(g, out, dim),
)  # fmt: skip


@shown_as("aten::scaled_dot_product_attention")
def scaled_dot_product_attention(
    query: Any,
    key: Any,
    value: Any,
    attn_mask: Any = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> Any:
    """Return ``softmax(scale * query @ key.mT + mask) @ value``.

    Parameters
    ----------
    query : Tensor of shape (..., l, e)
    key : Tensor of shape (..., s, e)
    value : Tensor of shape (..., s, v)
    attn_mask : Tensor that broadcasts to (..., l, s), optional
        Of bool: where a query may look; or what is added to the scores.
    dropout_p : float
        The probability that a weight is dropped.
    is_causal : bool
        Whether query i may only look at the first i + 1 keys.
    scale : float, optional
        By default ``1 / sqrt(e)``.
    enable_gqa : bool
        Whether several heads of the query (dimension -3) may share one of key and value.

    Returns
    -------
    Tensor of shape (..., l, v)

    Raises
    ------
    RuntimeError
        If shapes or dtypes do not fit.

    References
    ----------
    Vaswani et al., Attention Is All You Need, 2017, https://arxiv.org/abs/1706.03762

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.nn.operators.attention import scaled_dot_product_attention
    >>> x = plugrad.eye(2).reshape(1, 1, 2, 2)
    >>> scaled_dot_product_attention(x, x, x, is_causal=True)
    tensor([[[[1.0000, 0.0000],
              [0.3302, 0.6698]]]])
    """
    _check(query, key, value, attn_mask)
    if enable_gqa:
        key, value = _repeated(query, key), _repeated(query, value)
    shape = query._array.shape
    factor = 1 / math.sqrt(max(shape[-1], 1)) if scale is None else scale
    mask = _additive(query, key, attn_mask, is_causal)
    fused = (
        len(shape) == len(key._array.shape) == len(value._array.shape) == 4
        and shape[:2] == key._array.shape[:2] == value._array.shape[:2]
        and shape[-1] == value._array.shape[-1]
        and not dropout_p
        and (mask is None or (mask._edge is None and not mask._table.level))
        and key._array.shape == value._array.shape
    )
    if fused:
        return _attention(query, key, value, mask, factor)
    if is_causal and attn_mask is not None:
        raise RuntimeError(
            "scaled_dot_product_attention(): pass either a mask or is_causal=True, not both"
        )
    # As PyTorch composes it: half of the scale goes to each side, for the sake of half precision.
    root = math.sqrt(factor)
    ndim = len(key._array.shape)
    turned = tensor_table.transpose(key, ndim - 2, ndim - 1)
    scores = matmul(times(query, root), times(turned, root))
    if mask is not None:
        scores = scores + mask
    weights = _safe_softmax(scores, len(scores._array.shape) - 1)
    return matmul(dropout(weights, dropout_p, True) if dropout_p else weights, value)


def _check(query: Any, key: Any, value: Any, mask: Any) -> None:
    name = "scaled_dot_product_attention"
    for tensor in (query, key, value):
        if not isinstance(tensor, TensorBase):
            raise TypeError(f"{name}(): expected Tensors, not {type(tensor).__name__}")
        if len(tensor._array.shape) < 2:
            raise RuntimeError(
                f"{name}(): query, key and value need two dimensions or more, but one has shape "
                f"{list(tensor._array.shape)}"
            )
        if tensor._dtype is not query._dtype:
            raise RuntimeError(
                f"{name}(): query, key and value must be of one dtype, but found {query._dtype} "
                f"and {tensor._dtype}"
            )
    if query._dtype.category < dtypes.Category.FLOATING:
        raise RuntimeError(
            f"{name}(): query, key and value must be of floating-point numbers, not "
            f"{query._dtype}; convert them with .to()"
        )
    one, two, three = (tensor._array.shape for tensor in (query, key, value))
    if one[-1] != two[-1] or two[-2] != three[-2]:
        raise RuntimeError(
            f"{name}(): query of shape {list(one)}, key {list(two)} and value {list(three)} do not "
            "fit: query and key share the last size, key and value the last but one"
        )
    if mask is not None and mask._dtype not in (dtypes.bool_, query._dtype):
        raise RuntimeError(f"{name}(): the mask must be of bool or {query._dtype}")


def _repeated(query: Any, tensor: Any) -> Any:
    heads, have = query._array.shape[-3], tensor._array.shape[-3]
    if have == 0 or heads % have:
        raise RuntimeError(
            f"scaled_dot_product_attention(): {heads} heads of the query cannot share {have} of "
            "key and value: they must be a multiple"
        )
    dim = len(tensor._array.shape) - 3
    return tensor_table.repeat_interleave(tensor, heads // have, dim)


def _additive(query: Any, key: Any, mask: Any, is_causal: bool) -> Any:
    """Return a mask as numbers to add to the scores, or None."""
    k = tensor_table
    if is_causal:
        rows, columns = query._array.shape[-2], key._array.shape[-2]
        lower = query._table.from_host(numpy.tri(rows, columns, dtype=bool))
        allowed = new_tensor(lower, query._table, dtypes.bool_)
        mask = allowed if mask is None else k.where(allowed, _numbers(query, mask), -math.inf)
    return None if mask is None else _numbers(query, mask)


def _numbers(query: Any, mask: Any) -> Any:
    if mask._dtype is not dtypes.bool_:
        return mask
    zeros = new_tensor(
        query._table.zeros(mask._array.shape, query._dtype), query._table, query._dtype
    )
    return tensor_table.masked_fill(zeros, tensor_table.logical_not(mask), -math.inf)
