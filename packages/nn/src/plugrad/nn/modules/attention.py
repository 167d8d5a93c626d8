"""Attention with several heads."""

from __future__ import annotations

from typing import Any

import plugrad
from plugrad.nn import functional as F
from plugrad.nn import init
from plugrad.nn.modules.linear import Linear
from plugrad.nn.modules.module import Module
from plugrad.nn.parameter import Parameter
from plugrad.tensor import Tensor

__all__ = ["MultiheadAttention"]


class NonDynamicallyQuantizableLinear(Linear):
    """A `Linear` under the name that PyTorch prints for this one."""


class MultiheadAttention(Module):
    """Attention with several heads, each on its share of the features.

    Parameters
    ----------
    embed_dim : int
        The number of features.
    num_heads : int
        Among how many heads they are divided.
    dropout : float
        The probability of a weight to be dropped in training.
    bias : bool
        Whether projections have one.
    add_bias_kv : bool
        Whether a learned key and value is added to the sequences.
    add_zero_attn : bool
        Whether a key and value of zeros is.
    kdim, vdim : int, optional
        The numbers of features of key and value.
    batch_first : bool
        Whether inputs have shape (n, l, features); else (l, n, features).
    device, dtype : optional
        Of the parameters.

    Raises
    ------
    ValueError
        If `embed_dim` or `num_heads` is not positive.
    AssertionError
        If `num_heads` does not divide `embed_dim`.

    Notes
    -----
    Shapes: query (L, N, E), key (S, N, kdim) and value (S, N, vdim) to (L, N, E), or all without
    N; with `batch_first` N comes first. The weights have shape (N, L, S).

    References
    ----------
    Vaswani et al., Attention Is All You Need, 2017, https://arxiv.org/abs/1706.03762

    Examples
    --------
    >>> import plugrad
    >>> from plugrad import nn
    >>> x = plugrad.ones(5, 2, 8)
    >>> output, weights = nn.MultiheadAttention(8, 2)(x, x, x)
    >>> output.shape, weights.shape
    (plugrad.Size([5, 2, 8]), plugrad.Size([2, 5, 5]))
    """

    in_proj_weight: Parameter | None
    in_proj_bias: Parameter | None
    q_proj_weight: Parameter | None
    k_proj_weight: Parameter | None
    v_proj_weight: Parameter | None
    bias_k: Parameter | None
    bias_v: Parameter | None

    def __init__(
        self,
        embed_dim: int,
        num_heads: int,
        dropout: float = 0.0,
        bias: bool = True,
        add_bias_kv: bool = False,
        add_zero_attn: bool = False,
        kdim: int | None = None,
        vdim: int | None = None,
        batch_first: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        if embed_dim <= 0 or num_heads <= 0:
            raise ValueError(
                f"embed_dim and num_heads must be positive, not {embed_dim} and {num_heads}"
            )
        super().__init__()
        self.embed_dim = embed_dim
        self.kdim = embed_dim if kdim is None else kdim
        self.vdim = embed_dim if vdim is None else vdim
        self._qkv_same_embed_dim = self.kdim == embed_dim and self.vdim == embed_dim
        self.num_heads = num_heads
        self.dropout = dropout
        self.batch_first = batch_first
        self.head_dim = embed_dim // num_heads
        if self.head_dim * num_heads != embed_dim:
            raise AssertionError(f"embed_dim {embed_dim} is no multiple of num_heads {num_heads}")

        def parameter(*shape: int) -> Parameter:
            return Parameter(plugrad.empty(shape, device=device, dtype=dtype))

        if self._qkv_same_embed_dim:
            self.in_proj_weight = parameter(3 * embed_dim, embed_dim)
            for name in ("q_proj_weight", "k_proj_weight", "v_proj_weight"):
                self.register_parameter(name, None)
        else:
            self.q_proj_weight = parameter(embed_dim, embed_dim)
            self.k_proj_weight = parameter(embed_dim, self.kdim)
            self.v_proj_weight = parameter(embed_dim, self.vdim)
            self.register_parameter("in_proj_weight", None)
        if bias:
            self.in_proj_bias = parameter(3 * embed_dim)
        else:
            self.register_parameter("in_proj_bias", None)
        self.out_proj = NonDynamicallyQuantizableLinear(
            embed_dim, embed_dim, bias=bias, device=device, dtype=dtype
        )
        if add_bias_kv:
            self.bias_k = parameter(1, 1, embed_dim)
            self.bias_v = parameter(1, 1, embed_dim)
        else:
            self.bias_k = self.bias_v = None
        self.add_zero_attn = add_zero_attn
        self._reset_parameters()

    def _reset_parameters(self) -> None:
        """Draw the parameters anew."""
        if self.in_proj_weight is not None:
            init.xavier_uniform_(self.in_proj_weight)
        for weight in (self.q_proj_weight, self.k_proj_weight, self.v_proj_weight):
            if weight is not None:
                init.xavier_uniform_(weight)
        if self.in_proj_bias is not None:
            init.constant_(self.in_proj_bias, 0.0)
            assert self.out_proj.bias is not None
            init.constant_(self.out_proj.bias, 0.0)
        for bias in (self.bias_k, self.bias_v):
            if bias is not None:
                init.xavier_normal_(bias)

    def forward(
        self,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        key_padding_mask: Tensor | None = None,
        need_weights: bool = True,
        attn_mask: Tensor | None = None,
        average_attn_weights: bool = True,
        is_causal: bool = False,
    ) -> tuple[Tensor, Tensor | None]:
        """Return what the query gathers from the values, and the weights.

        Parameters
        ----------
        query, key, value : Tensor of shape (length, n, features) or (length, features)
        key_padding_mask : Tensor of shape (n, length of key), optional
            Of bool: which keys nobody looks at; or what is added to scores.
        need_weights : bool
            Whether weights are returned; else None is.
        attn_mask : Tensor, optional
            The same for pairs of query and key: of shape (length, length of key), or with one
            for each head of each sample in a first dimension.
        average_attn_weights : bool
            Whether the weights of heads are averaged.
        is_causal : bool
            A hint that `attn_mask` lets each only look back.
        """
        turned = self.batch_first and query.dim() == 3
        if turned:
            # What is the same tensor stays so: then one product projects all of it.
            same, shared = query is key and key is value, key is value
            query = query.transpose(1, 0)
            key = query if same else key.transpose(1, 0)
            value = key if shared else value.transpose(1, 0)
        output, weights = F.multi_head_attention_forward(
            query, key, value, self.embed_dim, self.num_heads,
            self.in_proj_weight, self.in_proj_bias, self.bias_k, self.bias_v,
            self.add_zero_attn, self.dropout, self.out_proj.weight, self.out_proj.bias,
            training=self.training, key_padding_mask=key_padding_mask,
            need_weights=need_weights, attn_mask=attn_mask,
            use_separate_proj_weight=not self._qkv_same_embed_dim,
            q_proj_weight=self.q_proj_weight, k_proj_weight=self.k_proj_weight,
            v_proj_weight=self.v_proj_weight, average_attn_weights=average_attn_weights,
            is_causal=is_causal,
        )  # fmt: skip
        return (output.transpose(1, 0) if turned else output), weights
