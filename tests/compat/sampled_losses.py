"""Samples of losses: what they compare, and how they reduce it."""

from __future__ import annotations

import numpy as np
from module_samples import Array, Made, With, below, made, normal, positive, signs, uniform


def _reduced(*inputs: object, fixed: set[int], **options: object) -> list[Made]:
    """Return samples with all reductions, with and without the options."""
    plain = [made(reduction=kind).on(*inputs, fixed=fixed) for kind in ("mean", "sum", "none")]
    return [*plain, made(**options).on(*inputs, fixed=fixed)] if options else plain


def _shares(*shape: int) -> Array:
    weights = positive(*shape)
    return np.asarray(weights / weights.sum(1, keepdims=True))


_WEIGHTS = positive(4)
_FREE = below(4, 6)
_IGNORING = np.where(np.arange(6) % 3 == 0, -100, _FREE)

_OF_TWO: dict[str, list[Made]] = {
    "MSELoss": [*_reduced((4, 3), (4, 3), fixed=set()), made().on((0, 3), (0, 3))],
    "L1Loss": [*_reduced((4, 3), (4, 3), fixed=set()), made().on((), ())],
    "SmoothL1Loss": _reduced((4, 3), (4, 3), fixed=set(), beta=0.3),
    "HuberLoss": _reduced((4, 3), (4, 3), fixed=set(), delta=0.3),
    "BCELoss": [
        *_reduced(uniform(4, 3), uniform(4, 3), fixed={1}),
        made(weight=positive(3)).on(uniform(4, 3), uniform(4, 3), fixed={1}),
    ],
    "BCEWithLogitsLoss": [
        *_reduced((4, 3), uniform(4, 3), fixed=set()),
        made(weight=positive(3), pos_weight=positive(3)).on((4, 3), uniform(4, 3), fixed={1}),
    ],
    "KLDivLoss": [
        *_reduced((4, 3), uniform(4, 3), fixed=set()),
        made(reduction="batchmean").on((4, 3), uniform(4, 3)),
        made(log_target=True).on((4, 3), (4, 3)),
    ],
    "PoissonNLLLoss": [
        *_reduced((4, 3), positive(4, 3), fixed={1}),
        made(log_input=False, eps=1e-4).on(positive(4, 3), positive(4, 3), fixed={1}),
        made(full=True).on((4, 3), 3 * positive(4, 3), fixed={1}),
    ],
    "SoftMarginLoss": _reduced((4, 3), signs(4, 3), fixed={1}),
    "HingeEmbeddingLoss": _reduced((4, 3), signs(4, 3), fixed={1}, margin=0.5),
    "MultiLabelSoftMarginLoss": [
        *_reduced((5, 4), below(2, 5, 4).astype(float), fixed={1}),
        made(weight=_WEIGHTS).on((5, 4), below(2, 5, 4).astype(float), fixed={1}),
        made().on((4,), below(2, 4).astype(float), fixed={1}),
    ],
    "MultiLabelMarginLoss": [
        *_reduced((3, 4), np.array([[3, 0, -1, 1], [-1, 0, 1, 2], [0, 1, 2, 3]]), fixed={1}),
        made().on((4,), np.array([3, 0, -1, 1]), fixed={1}),
    ],
    "MultiMarginLoss": [
        *_reduced((6, 4), _FREE, fixed={1}, margin=0.5),
        made(p=2, weight=_WEIGHTS).on((6, 4), _FREE),
        made().on((4,), np.array(2)),
    ],
}

_OF_THREE: dict[str, list[Made]] = {
    "GaussianNLLLoss": [
        *_reduced((4, 3), (4, 3), positive(4, 3), fixed=set()),
        made(full=True, eps=0.5).on((4, 3), (4, 3), positive(4, 1)),
    ],
    "MarginRankingLoss": _reduced((5,), (5,), signs(5), fixed={2}, margin=0.5),
    "CosineEmbeddingLoss": [
        *_reduced((5, 3), (5, 3), signs(5), fixed={2}, margin=0.2),
        made().on((3,), (3,), np.array(1.0), fixed={2}),
    ],
    "TripletMarginLoss": [
        *_reduced((5, 3), (5, 3), (5, 3), fixed=set(), margin=0.5),
        made(p=1.0, swap=True).on((5, 3), (5, 3), (5, 3)),
        made().on((3,), (3,), (3,)),
    ],
    "TripletMarginWithDistanceLoss": [
        *_reduced((5, 3), (5, 3), (5, 3), fixed=set(), margin=0.5, swap=True),
        made(
            distance_function=With(lambda t: t.nn.functional.pairwise_distance, "function"),
        ).on((5, 3), (5, 3), (5, 3)),
    ],
}

_OF_CLASSES: dict[str, list[Made]] = {
    "NLLLoss": [
        *_reduced((6, 4), _FREE, fixed={1}),
        made(weight=_WEIGHTS).on((6, 4), _IGNORING),
        made(ignore_index=2, reduction="sum").on((6, 4), _FREE),
        made(weight=_WEIGHTS).on((2, 4, 3, 5), below(4, 2, 3, 5)),
        made().on((4,), np.array(1)),
        made().on((0, 4), below(4, 0)),
    ],
    "CrossEntropyLoss": [
        *_reduced((6, 4), _FREE, fixed={1}, label_smoothing=0.2),
        made(weight=_WEIGHTS).on((6, 4), _IGNORING),
        made(weight=_WEIGHTS, label_smoothing=0.1, ignore_index=1).on((6, 4), _FREE),
        made().on((2, 4, 3), below(4, 2, 3)),
        made().on((4,), np.array(1)),
        made().on((6, 4), _shares(6, 4)),
        made(weight=_WEIGHTS, label_smoothing=0.1, reduction="none").on((6, 4), _shares(6, 4)),
    ],
}

_LENGTHS = np.array([6, 5, 6]), np.array([3, 1, 2])

LOSSES: dict[str, list[Made]] = {
    **_OF_TWO,
    **_OF_THREE,
    **_OF_CLASSES,
    "CTCLoss": [
        made(reduction=kind).on(
            normal(6, 3, 5) - np.log(np.exp(normal(6, 3, 5)).sum(2, keepdims=True)),
            1 + below(4, 3, 3), *_LENGTHS,
        )
        for kind in ("mean", "sum", "none")
    ],
    "AdaptiveLogSoftmaxWithLoss": [
        made(6, 9, [3, 6]).on((5, 6), below(9, 5)),
        made(6, 9, [4], div_value=2.0, head_bias=True).on((5, 6), below(9, 5)),
    ],
}  # fmt: skip
