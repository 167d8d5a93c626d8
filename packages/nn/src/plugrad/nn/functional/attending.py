"""Attention with several heads."""

from __future__ import annotations

import math
from typing import Any

import plugrad
from plugrad.nn.operators.attention import scaled_dot_product_attention
from plugrad.operators.matmul import linear
from plugrad.tensor import Tensor

__all__ = ["multi_head_attention_forward"]


def _additive(mask: Tensor | None, dtype: Any, name: str) -> Tensor | None:
    """Return a mask as numbers to add; one of bool is True where not to look."""
    if mask is None or mask.is_floating_point():
        return mask
    if mask.dtype is not plugrad.bool:
        raise RuntimeError(f"{name} must be of bool or a floating-point dtype, not {mask.dtype}")
    zeros: Tensor = plugrad.zeros_like(mask, dtype=dtype)
    return zeros.masked_fill_(mask, -math.inf)  # type: ignore[no-any-return]


def _projections(
    query: Tensor, key: Tensor, value: Tensor, weight: Tensor, bias: Tensor | None
) -> tuple[Tensor, ...]:
    """Return query, key and value, each multiplied by its third of the weight."""
    size = query.shape[-1]
    if query is key and key is value:
        joined = linear(query, weight, bias)
        split = joined.unflatten(-1, (3, size)).unsqueeze(0).transpose(0, -2).squeeze(-2)
        split = split.contiguous()
        return split[0], split[1], split[2]
    if key is value:
        weights = weight.split([size, 2 * size])
        biases = (None, None) if bias is None else bias.split([size, 2 * size])
        first = linear(query, weights[0], biases[0])
        joined = linear(key, weights[1], biases[1])
        split = joined.unflatten(-1, (2, size)).unsqueeze(0).transpose(0, -2).squeeze(-2)
        split = split.contiguous()
        return first, split[0], split[1]
    thirds = (None,) * 3 if bias is None else bias.chunk(3)
    return tuple(
        linear(each, part, third)
        for each, part, third in zip((query, key, value), weight.chunk(3), thirds, strict=True)
    )


def _checked_mask(
    mask: Tensor | None, wanted: tuple[int, ...], several: tuple[int, ...]
) -> Tensor | None:
    if mask is None:
        return None
    expected = {2: wanted, 3: several}.get(mask.dim())
    if expected is None or tuple(mask.shape) != expected:
        raise RuntimeError(
            f"attn_mask has shape {list(mask.shape)}, but must have {list(wanted)} or "
            f"{list(several)}"
        )
    return mask.unsqueeze(0) if mask.dim() == 2 else mask


def multi_head_attention_forward(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    embed_dim_to_check: int,
    num_heads: int,
    in_proj_weight: Tensor | None,
    in_proj_bias: Tensor | None,
    bias_k: Tensor | None,
    bias_v: Tensor | None,
    add_zero_attn: bool,
    dropout_p: float,
    out_proj_weight: Tensor,
    out_proj_bias: Tensor | None,
    training: bool = True,
    key_padding_mask: Tensor | None = None,
    need_weights: bool = True,
    attn_mask: Tensor | None = None,
    use_separate_proj_weight: bool = False,
    q_proj_weight: Tensor | None = None,
    k_proj_weight: Tensor | None = None,
    v_proj_weight: Tensor | None = None,
    static_k: Tensor | None = None,
    static_v: Tensor | None = None,
    average_attn_weights: bool = True,
    is_causal: bool = False,
) -> tuple[Tensor, Tensor | None]:
    """Return attention with several heads, and its weights: see `plugrad.nn.MultiheadAttention`.

    Query, key and value are projected and divided into heads; each head's
    ``softmax(q @ k.T / sqrt(head size)) @ v`` is joined with the others' and projected again.

    Parameters
    ----------
    query : Tensor of shape (L, N, E) or (L, E)
    key, value : Tensor of shape (S, N, E) or (S, E)
        With `use_separate_proj_weight` the last size may be another.
    embed_dim_to_check : int
        What E must be.
    num_heads : int
    in_proj_weight : Tensor of shape (3 * E, E), optional
        The projections of query, key and value, one below the other.
    in_proj_bias : Tensor of shape (3 * E,), optional
    bias_k, bias_v : Tensor of shape (1, 1, E), optional
        One more element of the projected keys and values.
    add_zero_attn : bool
        Whether to add an element of zeros to both.
    dropout_p : float
        The probability that a weight is dropped in training.
    out_proj_weight : Tensor of shape (E, E)
    out_proj_bias : Tensor of shape (E,), optional
    training : bool
    key_padding_mask : Tensor of shape (N, S) or (S,), optional
        True where a key does not count; or numbers to add to the scores.
    need_weights : bool
        Whether to return the weights.
    attn_mask : Tensor of shape (L, S) or (N * num_heads, L, S), optional
        True where not to look; or numbers to add to the scores.
    use_separate_proj_weight : bool
        Whether `q_proj_weight`, `k_proj_weight` and `v_proj_weight` replace `in_proj_weight`.
    q_proj_weight, k_proj_weight, v_proj_weight : Tensor of shape (E, size), optional
    static_k, static_v : Tensor of shape (N * num_heads, S, head size), optional
        Used in place of the projected keys and values.
    average_attn_weights : bool
        Whether the weights returned are the mean of all heads'.
    is_causal : bool
        A hint that `attn_mask` lets each only look back.

    Returns
    -------
    output : Tensor of shape (L, N, E) or (L, E)
    weights : Tensor of shape (N, L, S) or (L, S), optional
        Of shape (N, num_heads, L, S) or (num_heads, L, S) if they are not averaged.

    Raises
    ------
    AssertionError, RuntimeError
        If shapes do not fit.

    References
    ----------
    A. Vaswani et al., Attention is all you need, 2017, https://arxiv.org/abs/1706.03762.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.nn import functional as F
    >>> x, eye = plugrad.tensor([[1.0, 0.0], [0.0, 1.0]]), plugrad.eye(2)
    >>> weights = (plugrad.cat([eye, eye, eye]), None, None, None, False, 0.0, eye, None)
    >>> F.multi_head_attention_forward(x, x, x, 2, 1, *weights)
    (tensor([[0.6698, 0.3302],
            [0.3302, 0.6698]]), tensor([[0.6698, 0.3302],
            [0.3302, 0.6698]]))
    """
    batched = query.dim() == 3
    if query.dim() not in (2, 3) or not query.dim() == key.dim() == value.dim():
        raise AssertionError(
            "query, key and value must all have 3 dimensions, or for one sample 2, not "
            f"{query.dim()}, {key.dim()} and {value.dim()}"
        )
    if is_causal and attn_mask is None:
        raise RuntimeError("is_causal is a hint about attn_mask, which must be passed with it")
    if is_causal and key_padding_mask is None and not need_weights:
        attn_mask = None
    else:
        is_causal = False
    if not batched:
        same, shared = query is key and key is value, key is value
        query = query.unsqueeze(1)
        key = query if same else key.unsqueeze(1)
        value = key if shared else value.unsqueeze(1)
        if key_padding_mask is not None:
            key_padding_mask = key_padding_mask.unsqueeze(0)
    length, batch, size = query.shape
    sources = key.shape[0]
    if size != embed_dim_to_check:
        raise AssertionError(f"the query has {size} features instead of {embed_dim_to_check}")
    head = size // num_heads
    if head * num_heads != size:
        raise AssertionError(f"{size} features cannot be divided among {num_heads} heads")
    if key.shape[:2] != value.shape[:2]:
        raise AssertionError(
            f"key of shape {list(key.shape)} and value of shape {list(value.shape)} do not fit"
        )
    if use_separate_proj_weight:
        weights = q_proj_weight, k_proj_weight, v_proj_weight
        thirds = (None,) * 3 if in_proj_bias is None else in_proj_bias.chunk(3)
        q, k, v = (
            linear(each, part, third)
            for each, part, third in zip((query, key, value), weights, thirds, strict=True)
        )
    else:
        if in_proj_weight is None:
            raise AssertionError("in_proj_weight is needed unless use_separate_proj_weight is True")
        q, k, v = _projections(query, key, value, in_proj_weight, in_proj_bias)
    attn_mask = _additive(attn_mask, q.dtype, "attn_mask")
    key_padding_mask = _additive(key_padding_mask, q.dtype, "key_padding_mask")
    mask = _checked_mask(attn_mask, (length, sources), (batch * num_heads, length, sources))
    added = 0
    if bias_k is not None and bias_v is not None:
        k = plugrad.cat([k, bias_k.repeat(1, batch, 1)])
        v = plugrad.cat([v, bias_v.repeat(1, batch, 1)])
        added += 1
    q = q.view(length, batch * num_heads, head).transpose(0, 1)
    k = (
        k.view(k.shape[0], batch * num_heads, head).transpose(0, 1)
        if static_k is None
        else static_k
    )
    v = (
        v.view(v.shape[0], batch * num_heads, head).transpose(0, 1)
        if static_v is None
        else static_v
    )
    if add_zero_attn:
        zeros = plugrad.zeros((batch * num_heads, 1, head), dtype=k.dtype, device=k.device)
        k, v = plugrad.cat([k, zeros], dim=1), plugrad.cat([v, zeros], dim=1)
        added += 1
    if added and mask is not None:
        mask = plugrad.constant_pad_nd(mask, (0, added))
    if added and key_padding_mask is not None:
        key_padding_mask = plugrad.constant_pad_nd(key_padding_mask, (0, added))
    total = k.shape[1]
    if key_padding_mask is not None:
        if tuple(key_padding_mask.shape) != (batch, total):
            raise AssertionError(
                f"key_padding_mask has shape {list(key_padding_mask.shape)} instead of "
                f"{[batch, total]}"
            )
        wide = key_padding_mask.view(batch, 1, 1, total).expand(-1, num_heads, -1, -1)
        wide = wide.reshape(batch * num_heads, 1, total)
        mask = wide if mask is None else mask + wide
    if not training:
        dropout_p = 0.0
    if need_weights:
        scaled = q * math.sqrt(1.0 / head)
        scores = (
            plugrad.bmm(scaled, k.transpose(-2, -1))
            if mask is None
            else plugrad.baddbmm(mask, scaled, k.transpose(-2, -1))
        )
        shares = scores.softmax(-1)
        if dropout_p > 0:
            shares = plugrad.dropout(shares, dropout_p, True)
        heads = plugrad.bmm(shares, v)
        heads = heads.transpose(0, 1).contiguous().view(length * batch, size)
        out = linear(heads, out_proj_weight, out_proj_bias)
        out = out.view(length, batch, out.shape[1])
        shares = shares.view(batch, num_heads, length, total)
        if average_attn_weights:
            shares = shares.mean(dim=1)
        return (out, shares) if batched else (out.squeeze(1), shares.squeeze(0))
    if mask is not None:
        single = mask.shape[0] == 1
        mask = mask.unsqueeze(0) if single else mask.view(batch, num_heads, -1, total)
    q = q.view(batch, num_heads, length, head)
    k = k.view(batch, num_heads, total, head)
    v = v.view(batch, num_heads, total, head)
    heads = scaled_dot_product_attention(q, k, v, mask, dropout_p, is_causal)
    heads = heads.permute(2, 0, 1, 3).contiguous().view(length * batch, size)
    out = linear(heads, out_proj_weight, out_proj_bias)
    out = out.view(length, batch, out.shape[1])
    return (out if batched else out.squeeze(1)), None
