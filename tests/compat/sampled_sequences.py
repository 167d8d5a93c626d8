"""Samples of recurrent layers, attention and transformers."""

from __future__ import annotations

import numpy as np
from module_samples import Made, With, made, normal

_CAUSAL = np.triu(np.full((5, 5), -np.inf), 1)
_PADDED = np.array([[False] * 5, [False, False, False, True, True]])


def _layer(states: int, **options: object) -> list[Made]:
    """Return samples of a recurrent layer with one state, or two."""
    start = normal(2, 3, 6, seed=4)
    given = (start, normal(2, 3, 6, seed=5)) if states == 2 else start
    return [
        made(4, 6).on((5, 3, 4)),
        made(4, 6).on((5, 4)),
        made(4, 6, 2).on((5, 3, 4), given),
        made(4, 6, batch_first=True, bias=False).on((3, 5, 4)),
        made(4, 6, bidirectional=True).on((5, 3, 4), given),
        made(4, 6, 2, dropout=0.4, bidirectional=True).on((5, 3, 4)),
        made(4, 6, 3, dropout=0.4, batch_first=True).on((3, 5, 4)),
        *([made(4, 6, **options).on((5, 3, 4))] if options else []),
    ]


def _cell(states: int) -> list[Made]:
    start = normal(3, 6, seed=4)
    given = (start, normal(3, 6, seed=5)) if states == 2 else start
    return [
        made(4, 6).on((3, 4)),
        made(4, 6).on((3, 4), given),
        made(4, 6, bias=False).on((4,)),
        made(4, 6).on((0, 4)),
    ]


_ATTENTION = [
    made(8, 2).on((5, 3, 8), (5, 3, 8), (5, 3, 8)),
    made(8, 2).on((5, 8), (4, 8), (4, 8)),
    made(8, 2, batch_first=True).on((2, 5, 8), (2, 4, 8), (2, 4, 8), need_weights=False),
    made(8, 4, bias=False, kdim=3, vdim=6).on((5, 3, 8), (4, 3, 3), (4, 3, 6)),
    made(8, 2, add_bias_kv=True, add_zero_attn=True).on((5, 3, 8), (4, 3, 8), (4, 3, 8)),
    made(8, 2).on((5, 3, 8), (4, 3, 8), (4, 3, 8), average_attn_weights=False),
    made(8, 2, dropout=0.3).on((5, 3, 8), (5, 3, 8), (5, 3, 8), attn_mask=_CAUSAL),
    made(8, 2, batch_first=True).on(
        (2, 5, 8), (2, 5, 8), (2, 5, 8), key_padding_mask=_PADDED, attn_mask=_CAUSAL < 0
    ),
]

_ENCODER = [
    made(8, 2, 12).on((5, 3, 8)),
    made(8, 2, 12, batch_first=True).on((2, 5, 8), src_key_padding_mask=_PADDED),
    made(8, 2, 12, dropout=0.0, batch_first=True).on((2, 5, 8)),
    made(8, 2, 12, activation="gelu", norm_first=True).on((5, 3, 8), src_mask=_CAUSAL),
    made(8, 2, 12, bias=False, layer_norm_eps=0.1).on((5, 8), is_causal=True, src_mask=_CAUSAL),
]
_DECODER = [
    made(8, 2, 12).on((5, 3, 8), (4, 3, 8)),
    made(8, 2, 12, dropout=0.0, norm_first=True).on((5, 3, 8), (4, 3, 8), tgt_mask=_CAUSAL),
    made(8, 2, 12, batch_first=True, activation=With(lambda t: t.tanh, "tanh")).on(
        (2, 5, 8), (2, 4, 8), tgt_key_padding_mask=_PADDED
    ),
]

SEQUENCES: dict[str, list[Made]] = {
    "RNN": _layer(1, nonlinearity="relu"),
    "GRU": _layer(1),
    "LSTM": _layer(2, proj_size=3),
    "RNNCell": [*_cell(1), made(4, 6, nonlinearity="relu").on((3, 4))],
    "GRUCell": _cell(1),
    "LSTMCell": _cell(2),
    "MultiheadAttention": _ATTENTION,
    "TransformerEncoderLayer": _ENCODER,
    "TransformerDecoderLayer": _DECODER,
    "TransformerEncoder": [
        made(
            With(lambda t: t.nn.TransformerEncoderLayer(8, 2, 12), "Layer"), 2,
            With(lambda t: t.nn.LayerNorm(8), "LayerNorm"), enable_nested_tensor=False,
        ).on((5, 3, 8), mask=_CAUSAL),
    ],
    "TransformerDecoder": [
        made(With(lambda t: t.nn.TransformerDecoderLayer(8, 2, 12), "Layer"), 2).on(
            (5, 3, 8), (4, 3, 8)
        ),
    ],
    "Transformer": [
        made(8, 2, 1, 1, 12).on((5, 3, 8), (4, 3, 8)),
        made(8, 2, 1, 2, 12, batch_first=True, norm_first=True, dropout=0.0).on(
            (2, 5, 8), (2, 5, 8), tgt_mask=_CAUSAL, src_key_padding_mask=_PADDED
        ),
    ],
}  # fmt: skip
