"""The transformer: attention and a small network in turn, each added to what went in.

Source: Vaswani et al., Attention Is All You Need, 2017, https://arxiv.org/abs/1706.03762; with
``norm_first``: Xiong et al., On Layer Normalization in the Transformer Architecture, 2020,
https://arxiv.org/abs/2002.04745.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from typing import Any, ClassVar

import plugrad
from plugrad.nn import functional as F
from plugrad.nn import init
from plugrad.nn.modules.attention import MultiheadAttention
from plugrad.nn.modules.containers import ModuleList
from plugrad.nn.modules.dropping import Dropout
from plugrad.nn.modules.linear import Linear
from plugrad.nn.modules.module import Module
from plugrad.nn.modules.normalization import LayerNorm
from plugrad.tensor import Tensor

__all__ = [
    "Transformer",
    "TransformerDecoder",
    "TransformerDecoderLayer",
    "TransformerEncoder",
    "TransformerEncoderLayer",
]

Activation = str | Callable[[Tensor], Tensor]


def _activation(activation: Activation) -> Callable[[Tensor], Tensor]:
    if not isinstance(activation, str):
        return activation
    known: dict[str, Callable[[Tensor], Tensor]] = {"relu": F.relu, "gelu": F.gelu}
    if activation not in known:
        raise RuntimeError(f"activation must be 'relu', 'gelu' or a function, not {activation!r}")
    return known[activation]


def _looks_back(mask: Tensor | None, is_causal: bool | None) -> bool:
    """Return whether a mask lets each only look back, if that was not told."""
    if is_causal is not None or mask is None or mask.dim() != 2:
        return bool(is_causal)
    size = mask.shape[0]
    if mask.shape[1] != size:
        return False
    causal = Transformer.generate_square_subsequent_mask(size, mask.device, mask.dtype)
    return bool((mask == causal).all())


def _as_numbers(mask: Tensor | None, like: Tensor) -> Tensor | None:
    """Return a mask of bool as numbers to add to scores."""
    if mask is None or mask.is_floating_point():
        return mask
    if mask.dtype is not plugrad.bool:
        raise RuntimeError(f"masks must be of bool or a floating-point dtype, not {mask.dtype}")
    zeros: Tensor = plugrad.zeros_like(mask, dtype=like.dtype)
    return zeros.masked_fill_(mask, -math.inf)  # type: ignore[no-any-return]


class _Layer(Module):
    """What layers of encoder and decoder share: steps of attention, then a small network.

    Each step has a normalisation and a dropout of its own, which are numbered from 1.
    """

    attentions: ClassVar[tuple[str, ...]]

    self_attn: MultiheadAttention
    linear1: Linear
    dropout: Dropout
    linear2: Linear

    def __init__(
        self,
        d_model: int,
        nhead: int,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: Activation = F.relu,
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        where = {"device": device, "dtype": dtype}
        # In the order in which PyTorch draws the weights, and prints the parts.
        for name in self.attentions:
            attention = MultiheadAttention(
                d_model, nhead, dropout=dropout, bias=bias, batch_first=batch_first, **where
            )
            setattr(self, name, attention)
        self.linear1 = Linear(d_model, dim_feedforward, bias=bias, **where)
        self.dropout = Dropout(dropout)
        self.linear2 = Linear(dim_feedforward, d_model, bias=bias, **where)
        self.norm_first = norm_first
        steps = range(1, len(self.attentions) + 2)
        for step in steps:
            norm = LayerNorm(d_model, eps=layer_norm_eps, bias=bias, **where)
            setattr(self, f"norm{step}", norm)
        for step in steps:
            setattr(self, f"dropout{step}", Dropout(dropout))
        self.activation = _activation(activation)

    def _small_network(self, x: Tensor) -> Tensor:
        hidden = self.dropout(self.activation(self.linear1(x)))
        result: Tensor = self.linear2(hidden)
        return result

    def _run(self, x: Tensor, *attend: Callable[[Tensor], Tensor]) -> Tensor:
        """Add to `x` what each step makes of it, normalised before or after."""
        for number, step in enumerate((*attend, self._small_network), 1):
            norm, dropout = getattr(self, f"norm{number}"), getattr(self, f"dropout{number}")
            x = x + dropout(step(norm(x))) if self.norm_first else norm(x + dropout(step(x)))
        return x


def _attention(
    attention: MultiheadAttention, x: Tensor, y: Tensor, mask: Any, padding: Any, is_causal: bool
) -> Tensor:
    result: Tensor = attention(
        x, y, y, attn_mask=mask, key_padding_mask=padding, is_causal=is_causal, need_weights=False
    )[0]
    return result


class TransformerEncoderLayer(_Layer):
    """One layer of an encoder: attention to itself, then a small network.

    Parameters
    ----------
    d_model : int
        The number of features.
    nhead : int
        Among how many heads of attention they are divided.
    dim_feedforward : int
        The hidden size of the small network.
    dropout : float
    activation : str or callable
        ``"relu"``, ``"gelu"`` or a function.
    layer_norm_eps : float
    batch_first : bool
        Whether inputs have shape (n, l, features); else (l, n, features).
    norm_first : bool
        Whether to normalise before each step rather than after.
    bias : bool
        Whether linear maps and normalisations have one.
    device, dtype : optional
        Of the parameters.

    Notes
    -----
    Shapes: (L, N, E) or (L, E), with `batch_first` (N, L, E); the result the same.

    Source: A. Vaswani et al., "Attention is all you need", 2017, https://arxiv.org/abs/1706.03762.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad import nn
    >>> nn.TransformerEncoderLayer(d_model=8, nhead=2)(plugrad.ones(10, 3, 8)).shape
    plugrad.Size([10, 3, 8])
    """

    attentions = ("self_attn",)

    def forward(
        self,
        src: Tensor,
        src_mask: Tensor | None = None,
        src_key_padding_mask: Tensor | None = None,
        is_causal: bool = False,
    ) -> Tensor:
        """Return the sequence encoded.

        Parameters
        ----------
        src : Tensor
        src_mask, src_key_padding_mask : Tensor, optional
            As for `MultiheadAttention`.
        is_causal : bool
            A hint that `src_mask` lets each only look back.
        """
        mask = _as_numbers(src_mask, src)
        padding = _as_numbers(src_key_padding_mask, src)
        return self._run(src, lambda x: _attention(self.self_attn, x, x, mask, padding, is_causal))


class TransformerDecoderLayer(_Layer):
    """One layer of a decoder: attention to itself and to an encoder, then a small network.

    See Also
    --------
    TransformerEncoderLayer : has the same parameters.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad import nn
    >>> layer = nn.TransformerDecoderLayer(d_model=8, nhead=2)
    >>> layer(plugrad.ones(5, 3, 8), plugrad.ones(10, 3, 8)).shape
    plugrad.Size([5, 3, 8])
    """

    attentions = ("self_attn", "multihead_attn")
    multihead_attn: MultiheadAttention

    def forward(
        self,
        tgt: Tensor,
        memory: Tensor,
        tgt_mask: Tensor | None = None,
        memory_mask: Tensor | None = None,
        tgt_key_padding_mask: Tensor | None = None,
        memory_key_padding_mask: Tensor | None = None,
        tgt_is_causal: bool = False,
        memory_is_causal: bool = False,
    ) -> Tensor:
        """Return the sequence decoded.

        Parameters
        ----------
        tgt : Tensor
            The sequence.
        memory : Tensor
            What the encoder made.
        tgt_mask, memory_mask, tgt_key_padding_mask, memory_key_padding_mask : Tensor, optional
            As for `MultiheadAttention`.
        tgt_is_causal, memory_is_causal : bool
            Hints that the masks let each only look back.
        """
        first = tgt_mask, tgt_key_padding_mask, tgt_is_causal
        second = memory_mask, memory_key_padding_mask, memory_is_causal
        return self._run(
            tgt,
            lambda x: _attention(self.self_attn, x, x, *first),
            lambda x: _attention(self.multihead_attn, x, memory, *second),
        )


class TransformerEncoder(Module):
    """Several layers of an encoder.

    Parameters
    ----------
    encoder_layer : TransformerEncoderLayer
        What all layers are copies of.
    num_layers : int
    norm : Module, optional
        What comes after the last.
    enable_nested_tensor, mask_check : bool
        Accepted, but without effect: there are no nested tensors.

    Notes
    -----
    Shapes: (L, N, E), (L, E), or (N, L, E) if the layer has ``batch_first``; the result the same.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad import nn
    >>> layer = nn.TransformerEncoderLayer(d_model=8, nhead=2, batch_first=True)
    >>> nn.TransformerEncoder(layer, num_layers=2)(plugrad.ones(3, 10, 8)).shape
    plugrad.Size([3, 10, 8])
    """

    def __init__(
        self,
        encoder_layer: Any,
        num_layers: int,
        norm: Module | None = None,
        enable_nested_tensor: bool = True,
        mask_check: bool = True,
    ) -> None:
        super().__init__()
        self.layers = ModuleList([copy.deepcopy(encoder_layer) for _ in range(num_layers)])
        self.num_layers = num_layers
        self.norm = norm
        self.enable_nested_tensor = enable_nested_tensor
        self.mask_check = mask_check

    def forward(
        self,
        src: Tensor,
        mask: Tensor | None = None,
        src_key_padding_mask: Tensor | None = None,
        is_causal: bool | None = None,
    ) -> Tensor:
        """Return the sequence encoded: see `TransformerEncoderLayer.forward`."""
        padding = _as_numbers(src_key_padding_mask, src)
        mask = _as_numbers(mask, src)
        causal = _looks_back(mask, is_causal)
        for layer in self.layers:
            src = layer(src, src_mask=mask, is_causal=causal, src_key_padding_mask=padding)
        return src if self.norm is None else self.norm(src)


class TransformerDecoder(Module):
    """Several layers of a decoder.

    Parameters
    ----------
    decoder_layer : TransformerDecoderLayer
        What all layers are copies of.
    num_layers : int
    norm : Module, optional
        What comes after the last.

    Notes
    -----
    Shapes: the sequence (L, N, E), (L, E), or (N, L, E) if the layer has ``batch_first``, and what
    the encoder made accordingly; the result that of the sequence.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad import nn
    >>> layer = nn.TransformerDecoderLayer(d_model=8, nhead=2)
    >>> model = nn.TransformerDecoder(layer, num_layers=2)
    >>> model(plugrad.ones(5, 3, 8), plugrad.ones(10, 3, 8)).shape
    plugrad.Size([5, 3, 8])
    """

    def __init__(self, decoder_layer: Any, num_layers: int, norm: Module | None = None) -> None:
        super().__init__()
        self.layers = ModuleList([copy.deepcopy(decoder_layer) for _ in range(num_layers)])
        self.num_layers = num_layers
        self.norm = norm

    def forward(
        self,
        tgt: Tensor,
        memory: Tensor,
        tgt_mask: Tensor | None = None,
        memory_mask: Tensor | None = None,
        tgt_key_padding_mask: Tensor | None = None,
        memory_key_padding_mask: Tensor | None = None,
        tgt_is_causal: bool | None = None,
        memory_is_causal: bool = False,
    ) -> Tensor:
        """Return the sequence decoded: see `TransformerDecoderLayer.forward`."""
        causal = _looks_back(tgt_mask, tgt_is_causal)
        for layer in self.layers:
            tgt = layer(
                tgt, memory, tgt_mask=tgt_mask, memory_mask=memory_mask,
                tgt_key_padding_mask=tgt_key_padding_mask,
                memory_key_padding_mask=memory_key_padding_mask,
                tgt_is_causal=causal, memory_is_causal=memory_is_causal,
            )  # fmt: skip
        return tgt if self.norm is None else self.norm(tgt)


class Transformer(Module):
    """An encoder and a decoder.

    Parameters
    ----------
    d_model, nhead, dim_feedforward, dropout, activation, layer_norm_eps, batch_first, norm_first, \
bias, device, dtype
        As for `TransformerEncoderLayer`.
    num_encoder_layers, num_decoder_layers : int
    custom_encoder, custom_decoder : Module, optional
        Used in place of them.

    Notes
    -----
    Shapes: src (S, N, E) and tgt (T, N, E) to (T, N, E), or all without N; with `batch_first` N
    comes first.

    Source: A. Vaswani et al., "Attention is all you need", 2017, https://arxiv.org/abs/1706.03762.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad import nn
    >>> model = nn.Transformer(8, 2, 1, 1, 16)
    >>> model(plugrad.ones(10, 3, 8), plugrad.ones(5, 3, 8)).shape
    plugrad.Size([5, 3, 8])
    """

    def __init__(
        self,
        d_model: int = 512,
        nhead: int = 8,
        num_encoder_layers: int = 6,
        num_decoder_layers: int = 6,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: Activation = F.relu,
        custom_encoder: Any = None,
        custom_decoder: Any = None,
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        where = {"device": device, "dtype": dtype}
        how = (
            d_model, nhead, dim_feedforward, dropout, activation, layer_norm_eps, batch_first,
            norm_first, bias,
        )  # fmt: skip
        if custom_encoder is not None:
            self.encoder = custom_encoder
        else:
            layer = TransformerEncoderLayer(*how, **where)
            norm = LayerNorm(d_model, eps=layer_norm_eps, bias=bias, **where)
            self.encoder = TransformerEncoder(layer, num_encoder_layers, norm)
        if custom_decoder is not None:
            self.decoder = custom_decoder
        else:
            other = TransformerDecoderLayer(*how, **where)
            norm = LayerNorm(d_model, eps=layer_norm_eps, bias=bias, **where)
            self.decoder = TransformerDecoder(other, num_decoder_layers, norm)
        self._reset_parameters()
        self.d_model = d_model
        self.nhead = nhead
        self.batch_first = batch_first

    def _reset_parameters(self) -> None:
        """Draw the matrices anew."""
        for parameter in self.parameters():
            if parameter.dim() > 1:
                init.xavier_uniform_(parameter)

    def forward(
        self,
        src: Tensor,
        tgt: Tensor,
        src_mask: Tensor | None = None,
        tgt_mask: Tensor | None = None,
        memory_mask: Tensor | None = None,
        src_key_padding_mask: Tensor | None = None,
        tgt_key_padding_mask: Tensor | None = None,
        memory_key_padding_mask: Tensor | None = None,
        src_is_causal: bool | None = None,
        tgt_is_causal: bool | None = None,
        memory_is_causal: bool = False,
    ) -> Tensor:
        """Return `tgt` decoded from what `src` is encoded as.

        Raises
        ------
        RuntimeError
            If the two do not fit.
        """
        batch = 0 if self.batch_first else 1
        if src.dim() == 3 and src.shape[batch] != tgt.shape[batch]:
            raise RuntimeError(
                f"src has batches of {src.shape[batch]} and tgt of {tgt.shape[batch]}; they must "
                "be equal"
            )
        if src.shape[-1] != self.d_model or tgt.shape[-1] != self.d_model:
            raise RuntimeError(
                f"src and tgt must have {self.d_model} features, not {src.shape[-1]} and "
                f"{tgt.shape[-1]}"
            )
        memory = self.encoder(
            src, mask=src_mask, src_key_padding_mask=src_key_padding_mask, is_causal=src_is_causal
        )
        decoded: Tensor = self.decoder(
            tgt, memory, tgt_mask=tgt_mask, memory_mask=memory_mask,
            tgt_key_padding_mask=tgt_key_padding_mask,
            memory_key_padding_mask=memory_key_padding_mask,
            tgt_is_causal=tgt_is_causal, memory_is_causal=memory_is_causal,
        )  # fmt: skip
        return decoded

    @staticmethod
    def generate_square_subsequent_mask(sz: int, device: Any = None, dtype: Any = None) -> Tensor:
        """Return a mask that lets each only look back: 0, and -inf above the diagonal.

        Parameters
        ----------
        sz : int
            The length of the sequence.
        device, dtype : optional
            Of the mask.
        """
        full = plugrad.full((sz, sz), -math.inf, dtype=dtype, device=device)
        return plugrad.triu(full, diagonal=1)  # type: ignore[no-any-return]
