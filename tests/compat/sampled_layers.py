"""Samples of linear layers, activations, normalization, dropout, embeddings and containers."""

from __future__ import annotations

import numpy as np
from module_samples import Made, With, below, made, normal, positive

# Each is called with one shape, in all these ways.
_ELEMENTWISE: dict[str, list[Made]] = {
    "CELU": [made(), made(1.5), made(inplace=True)],
    "ELU": [made(), made(0.7), made(inplace=True)],
    "GELU": [made(), made("tanh")],
    "Hardshrink": [made(), made(0.1)],
    "Hardsigmoid": [made().within(1e-7), made(inplace=True).within(1e-7)],
    "Hardswish": [made(), made(inplace=True)],
    "Hardtanh": [made(), made(-0.5, 0.7), made(inplace=True)],
    "LeakyReLU": [made(), made(0.2), made(0.1, inplace=True)],
    "LogSigmoid": [made()],
    "Mish": [made(), made(inplace=True)],
    "PReLU": [made(), made(init=0.1)],  # of channels: below
    "RReLU": [made(), made(0.2, 0.6), made(inplace=True)],
    "ReLU": [made(), made(inplace=True)],
    "ReLU6": [made(), made(inplace=True)],
    "SELU": [made(), made(inplace=True)],
    "SiLU": [made(), made(inplace=True)],
    "Sigmoid": [made()],
    "Softplus": [made(), made(2.0, 1.0)],
    "Softshrink": [made(), made(0.3)],
    "Softsign": [made()],
    "Tanh": [made()],
    "Tanhshrink": [made()],
    "Threshold": [made(0.1, 20.0), made(0.1, -1, inplace=True)],
}


def _alone(sample: Made) -> list[Made]:
    fixed = {0} if sample.options.get("inplace") else set()
    return [sample.on(shape, fixed=fixed) for shape in ((4, 5), (), (0, 3))]


_NORMED: dict[str, list[Made]] = {
    "LayerNorm": [
        made(6).on((4, 6)),
        made((3, 4), eps=1e-3).on((2, 3, 4)),
        made(6, elementwise_affine=False).on((4, 6)),
        made([6], bias=False).on((4, 6)),
        made(6).on((0, 6)),
    ],
    "RMSNorm": [
        made(6).on((4, 6)),
        made((3, 4), 1e-3).on((2, 3, 4)),
        made(6, elementwise_affine=False).on((4, 6)),
    ],
    "GroupNorm": [
        made(2, 6).on((3, 6, 5)),
        made(3, 6, eps=0.1, affine=False).on((3, 6, 2, 2)),
        made(6, 6, bias=False).on((3, 6, 4)),
        made(2, 4).on((3, 4)),
        made(2, 4).on((0, 4, 3)),
    ],
    "LocalResponseNorm": [
        made(3, 0.5).on((2, 5, 4, 4)),
        made(2, alpha=0.1, beta=0.5, k=2.0).on((2, 5, 4)),
        made(2).on((2, 5, 3, 2, 2)),
    ],
    "BatchNorm1d": [
        made(4).on((6, 4)),
        made(4, eps=0.1).on((3, 4, 7)),
        made(4, momentum=None).on((3, 4, 7)),
    ],
    "BatchNorm2d": [
        made(3).on((4, 3, 5, 6)),
        made(3, momentum=0.4).on((4, 3, 5, 6)),
        made(3, affine=False).on((2, 3, 2, 2)),
        made(3, bias=False).on((2, 3, 2, 2)),
        made(3, track_running_stats=False).on((2, 3, 2, 2)),
        made(3, momentum=None).on((2, 3, 2, 2)),
    ],
    "BatchNorm3d": [made(2).on((3, 2, 2, 3, 2)), made(2, momentum=0.0).on((3, 2, 2, 3, 2))],
    **{
        f"InstanceNorm{n}d": [
            made(3).on((2, 3, *size)),
            made(3).on((3, *size)),
            made(3, affine=True).on((2, 3, *size)),
            made(3, affine=True, bias=False).on((2, 3, *size)),
            made(3, affine=True, track_running_stats=True).on((2, 3, *size)),
            made(3, track_running_stats=True, momentum=0.5, eps=0.1).on((2, 3, *size)),
        ]
        for n, size in ((1, (7,)), (2, (4, 5)), (3, (2, 3, 2)))
    },
}

_PLACES: dict[str, list[Made]] = {
    "Dropout": [made().on((50, 3)), made(0.0).on((4, 3)), made(1.0).on((4, 3)), made(0.4).on(())],
    "Dropout1d": [made().on((4, 5, 3)), made(0.3).on((5, 3)), made(1.0).on((2, 5, 3))],
    "Dropout2d": [made().on((4, 5, 3, 2)), made(0.3).on((5, 3, 2))],
    "Dropout3d": [made().on((4, 5, 3, 2, 2)), made(0.3).on((5, 3, 2, 2))],
    "AlphaDropout": [made().on((50, 3)), made(0.2).on((4, 3)), made(1.0).on((4, 3))],
    "FeatureAlphaDropout": [made().on((4, 5, 3)), made(0.2).on((4, 5, 3, 2))],
}
for _several in _PLACES.values():
    _several.append(made(0.3, inplace=True).on(_several[0].inputs[0], fixed={0}))

_TABLE = normal(5, 3)

LAYERS: dict[str, list[Made]] = {
    **{
        name: [each for sample in several for each in _alone(sample)]
        for name, several in _ELEMENTWISE.items()
    },
    **_NORMED,
    **_PLACES,
    "PReLU": [
        *(each for sample in _ELEMENTWISE["PReLU"] for each in _alone(sample)),
        made(3).on((2, 3, 4)),
        made(3, 0.5).on((2, 3)),
    ],
    "GLU": [made().on((4, 6)), made(0).on((4, 6))],
    "Softmax": [made(dim=1).on((4, 5)), made(-1).on((4, 5)), made(0).on(()), made().on((2, 3, 4))],
    "Softmin": [made(dim=0).on((4, 5)), made().on((4, 5))],
    "LogSoftmax": [made(dim=-1).on((4, 5)), made().on((3, 4, 5)), made(1).on((2, 0))],
    "Softmax2d": [made().on((2, 3, 4, 5)), made().on((3, 4, 5))],
    "Linear": [
        made(7, 5).on((3, 7)),
        made(4, 2, bias=False).on((2, 3, 4)),
        made(4, 2).on((4,)),
        made(4, 3).on((0, 4)),
        made(0, 3).on((2, 0)),
    ],
    "Bilinear": [
        made(4, 5, 3).on((2, 6, 4), (2, 6, 5)),
        made(4, 5, 3, bias=False).on((6, 4), (6, 5)),
        made(4, 5, 3).on((4,), (5,)),
    ],
    "Identity": [made().on((3,)), made(1, any=2).on((2, 0))],
    "Flatten": [made().on((2, 3, 4)), made(0, -1).on((2, 3, 4)), made(1, 2).on((2, 3, 4, 5))],
    "Unflatten": [made(1, (2, 2)).on((3, 4)), made(-1, (2, -1)).on((3, 4))],
    "CosineSimilarity": [
        made(dim=-1).on((6, 4), (6, 4)),
        made(eps=0.5).on((6, 4, 2), (4, 1)),
    ],
    "PairwiseDistance": [
        made(p=3, keepdim=True).on((6, 4), (6, 4)),
        made().on((4,), (4,)),
        made(1.0, 1e-3).on((2, 6, 4), (6, 4)),
        made(float("inf")).on((6, 4), (6, 4)),
    ],
    "Embedding": [
        made(10, 3).on(below(10, 2, 4)),
        made(10, 3).on(np.array(4)),
        made(10, 3, padding_idx=2).on(below(10, 5)),
        made(10, 3, max_norm=1.5).on(below(10, 5)),
        made(10, 3, max_norm=1.0, norm_type=1.0, padding_idx=-1).on(below(10, 2, 5)),
        made(10, 3, scale_grad_by_freq=True).on(below(3, 8)),
        made(5, 3, _weight=_TABLE).on(below(5, 8).astype("int32")),
        made(10, 3).on(below(10, 0)),
    ],
    "EmbeddingBag": [
        made(10, 3).on(below(10, 4, 5)),
        made(10, 3, mode="sum").on(below(10, 7), np.array([0, 2, 2, 5])),
        made(10, 3, mode="max").on(below(10, 7), np.array([0, 2, 5])),
        made(10, 3, mode="sum").on(below(10, 2, 3), per_sample_weights=positive(2, 3)),
        made(10, 3, include_last_offset=True).on(below(10, 7), np.array([0, 3, 7])),
        made(10, 3, padding_idx=1).on(below(4, 4, 5)),
        made(10, 3, max_norm=1.0).on(below(10, 4, 5)),
        made(10, 3, scale_grad_by_freq=True).on(below(4, 4, 5)),
    ],
    "Sequential": [
        made().on((2, 3)),
        made(
            With(lambda t: t.nn.Linear(3, 8), "Linear"),
            With(lambda t: t.nn.Tanh(), "Tanh"),
            With(lambda t: t.nn.Linear(8, 2), "Linear"),
        ).on((5, 3)),
        made(With(lambda t: t.nn.Sequential(t.nn.ReLU()), "Sequential(ReLU)")).on((2, 3)),
    ],
}
