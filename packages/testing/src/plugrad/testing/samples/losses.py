"""Samples of losses that want a margin, compare distributions, or align sequences."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy

from plugrad.nn.operators import margins
from plugrad.testing.samples import Input, Sample, integers, positive, real
from plugrad.testing.samples.reduction import case

__all__ = ["SAMPLES"]

_REDUCTIONS = ("none", "mean", "sum")
_OURS: dict[str, Callable[..., Any]] = {
    function.__name__: function
    for function in (
        margins.multi_margin_loss,
        margins.multilabel_margin_loss,
        margins.soft_margin_loss,
    )
}
_ONCE = {"second": False}  # PyTorch cannot differentiate these twice


def _function(t: Any, name: str) -> Callable[..., Any]:
    """Return a function of ``torch.nn.functional``, or the one that takes its place here."""
    found: Any = getattr(t.nn.functional, name) if t.__name__ == "torch" else _OURS[name]
    return found  # type: ignore[no-any-return]


def signs(*shape: int) -> Input:
    """Return an input of 1 and -1."""
    return integers(*shape, low=0, high=2, transform=lambda array: array * 2 - 1)


def _distributions() -> Iterator[Sample]:
    inside = positive(3, 4, low=0.1, high=0.9)
    for number, name in enumerate(_REDUCTIONS):
        for log in (False, True):
            label = f"{name}-{log}"
            yield case("kl_div",
                       lambda t, x, y, n=number, log=log: t.kl_div(x, y, n, log_target=log),
                       real(3, 4), inside, label=label)  # fmt: skip
            yield case("poisson_nll_loss",
                       lambda t, x, y, n=number, log=log: t.poisson_nll_loss(
                           x, y, log, log, 1e-8, n
                       ),
                       positive(3, 4), positive(3, 4, low=0.3, high=4), label=label)  # fmt: skip
    yield case("kl_div", lambda t, x, y: t.kl_div(x, y), real(), positive())
    for number in range(3):
        yield case("binary_cross_entropy_with_logits",
                   lambda t, x, y, n=number: t.binary_cross_entropy_with_logits(x, y, reduction=n),
                   real(3, 4), real(3, 4, low=0.1, high=0.9))  # fmt: skip


def _pairs() -> Iterator[Sample]:
    for number, name in enumerate(_REDUCTIONS):
        yield case("hinge_embedding_loss",
                   lambda t, x, y, n=number: t.hinge_embedding_loss(x, y, 1.5, n),
                   real(3, 4), signs(3, 4), label=name)  # fmt: skip
        yield case("margin_ranking_loss",
                   lambda t, x, y, z, n=number: t.margin_ranking_loss(x, y, z, 0.3, n),
                   real(4), real(4), signs(4), label=name)  # fmt: skip
        yield case("cosine_embedding_loss",
                   lambda t, x, y, z, n=number: t.cosine_embedding_loss(x, y, z, 0.1, n),
                   real(5, 4), real(5, 4), signs(5), label=name)  # fmt: skip
        for swap in (False, True):
            yield case("triplet_margin_loss",
                       lambda t, x, y, z, n=number, swap=swap: t.triplet_margin_loss(
                           x, y, z, 0.7, 2.0, 1e-6, swap, n
                       ),
                       real(5, 4), real(5, 4), real(5, 4), label=f"{name}-{swap}")  # fmt: skip
    yield case("cosine_embedding_loss", lambda t, x, y, z: t.cosine_embedding_loss(x, y, z),
               real(4), real(4), signs())  # fmt: skip
    yield case("triplet_margin_loss", lambda t, x, y, z: t.triplet_margin_loss(x, y, z, 9.0),
               real(4), real(4), real(4), label="1-d")  # fmt: skip


def _classes() -> Iterator[Sample]:
    labels = integers(3, 5, transform=lambda array: numpy.array(
        [[1, 4, -1, 0, 2], [-1, 0, 0, 0, 0], [3, 3, 0, 1, 2]]
    ))  # fmt: skip

    def call(function: str, **options: Any) -> Callable[..., Any]:
        def compute(t: Any, x: Any, y: Any, *weight: Any) -> Any:
            given = {"weight": weight[0]} if weight else {}
            return _function(t, function)(x, y, **given, **options)

        return compute

    for name in _REDUCTIONS:
        yield case("soft_margin_loss", call("soft_margin_loss", reduction=name), real(3, 4),
                   signs(3, 4), label=name)  # fmt: skip
        yield case("multilabel_margin_loss", call("multilabel_margin_loss", reduction=name),
                   real(3, 5), labels, label=name, **_ONCE)  # fmt: skip
        for p in (1, 2):
            rows = real(3, 5), integers(3, high=5)
            compute = call("multi_margin_loss", p=p, margin=0.6, reduction=name)
            yield case("multi_margin_loss", compute, *rows, label=f"{name}-{p}", **_ONCE)
            yield case("multi_margin_loss", compute, *rows, positive(5, grad=False),
                       label=f"{name}-{p}-weight", **_ONCE)  # fmt: skip
    yield case("multi_margin_loss", call("multi_margin_loss"), real(5), integers(high=5), **_ONCE)
    first = integers(5, transform=lambda array: numpy.array([2, 0, -1, 1, 1]))
    yield case("multilabel_margin_loss", call("multilabel_margin_loss"), real(5), first, **_ONCE)


_BACKWARDS: dict[str, Any] = {
    **_ONCE,
    "skip": {
        "forward_mode_agrees_with_backward": "its backward cannot be differentiated, as PyTorch's"
    },
}


def _alignments() -> Iterator[Sample]:
    def call(
        number: int, times: list[int], lengths: list[int], zero: bool = False
    ) -> Callable[..., Any]:
        def compute(t: Any, x: Any, y: Any) -> Any:
            logs = x.log_softmax(-1)
            return t.ctc_loss(logs, y, t.tensor(times), t.tensor(lengths), 0, number, zero)

        return compute

    rows = integers(3, 2, low=1, high=4)
    for number, name in enumerate(_REDUCTIONS):
        yield case("ctc_loss", call(number, [6, 5, 6], [2, 2, 1]), real(6, 3, 4), rows, label=name,
                   **_BACKWARDS)  # fmt: skip
        yield case("ctc_loss", call(number, [6, 1, 6], [2, 2, 0], True),
                   real(6, 3, 4, low=-1, high=1), rows, label=f"{name}-impossible",
                   **_BACKWARDS)  # fmt: skip
    twice = integers(3, 3, transform=lambda array: numpy.array([[1, 1, 2], [3, 3, 3], [2, 1, 2]]))
    yield case("ctc_loss", call(0, [7, 7, 6], [3, 3, 3]), real(7, 3, 4), twice, label="repeated",
               **_BACKWARDS)  # fmt: skip
    yield case("ctc_loss", call(0, [6, 4], [3, 2]), real(6, 2, 4), integers(5, low=1, high=4),
               label="joined", **_BACKWARDS)  # fmt: skip
    yield case("ctc_loss", call(0, [6], [2]), real(6, 4), integers(2, low=1, high=4),
               label="single", **_BACKWARDS)  # fmt: skip


SAMPLES: tuple[Sample, ...] = (*_distributions(), *_pairs(), *_classes(), *_alignments())
