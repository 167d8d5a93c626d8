"""Samples of the network operators."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy

from plugrad.nn.operators import attention, binary, entropy, losses
from plugrad.operators import embedding, network, padding
from plugrad.testing.samples import Input, Sample, integers, masks, positive, real

__all__ = ["SAMPLES"]

_OURS = {
    function.__name__: function
    for function in (
        attention.scaled_dot_product_attention,
        binary.binary_cross_entropy,
        binary.binary_cross_entropy_with_logits,
        embedding.embedding,
        embedding.one_hot,
        entropy.cross_entropy,
        entropy.nll_loss,
        losses.huber_loss,
        losses.l1_loss,
        losses.mse_loss,
        losses.smooth_l1_loss,
        padding.pad,
    )
}


def _function(t: Any, name: str) -> Callable[..., Any]:
    """Return a function of ``torch.nn.functional``, or the one that takes its place here."""
    found: Any = getattr(t.nn.functional, name) if t.__name__ == "torch" else _OURS[name]
    return found  # type: ignore[no-any-return]


def _call(name: str, *labels: str, **options: Any) -> Callable[..., Any]:
    """Return a call of a function: tensors after the first two stand for the arguments `labels`."""

    def call(t: Any, x: Any, y: Any, *others: Any) -> Any:
        return _function(t, name)(x, y, **dict(zip(labels, others, strict=True)), **options)

    return call


_REDUCTIONS = ("mean", "sum", "none")
_MANY = ("float32", "float64", "float16")


def _distances() -> list[Sample]:
    found = []
    options: dict[str, list[dict[str, float]]] = {
        "mse_loss": [{}],
        "l1_loss": [{}],
        "smooth_l1_loss": [{}, {"beta": 0.5}, {"beta": 0.0}],
        "huber_loss": [{}, {"delta": 0.5}],
    }
    for name, several in options.items():
        for each in several:
            for reduction in _REDUCTIONS:
                label = "-".join([reduction, *map(str, each.values())])
                call = _call(name, reduction=reduction, **each)
                found += [
                    Sample(name, call, (real(3, 4), real(3, 4)), label=label),
                    Sample(name, call, (real(3, 4), real(3, 4, grad=False)), label=f"{label}-to"),
                    Sample(name, call, (real(), real()), label=label),
                ]
        if name != "smooth_l1_loss":
            weighted = real(3, 4), real(3, 4), positive(3, 4, grad=False)
            found.append(Sample(name, _call(name, "weight"), weighted))
    # At the bend, and where nothing differs.
    ends = real(5, transform=lambda a: numpy.asarray([0, 1, -1, 2, 0.5], a.dtype))
    zeros = real(5, transform=lambda a: a * 0)
    bend = {"gradient_is_the_derivative": "there is a bend"}
    found += [
        Sample(name, _call(name, reduction="sum"), (ends, zeros), label="bend", second=False,
               skip=bend)
        for name in ("l1_loss", "smooth_l1_loss", "huber_loss", "mse_loss")
    ]  # fmt: skip
    return found


def _binaries() -> list[Sample]:
    found = []
    inside = positive(3, 4, low=0.1, high=0.9)
    fixed = positive(3, 4, low=0.1, high=0.9, grad=False)
    weight, row = positive(3, 4, grad=False), positive(4, grad=False)
    logits = "binary_cross_entropy_with_logits"
    for reduction in _REDUCTIONS:
        options = {"reduction": reduction}
        found += [
            Sample("binary_cross_entropy", _call("binary_cross_entropy", **options),
                   (inside, inside), label=reduction),
            Sample("binary_cross_entropy", _call("binary_cross_entropy", **options),
                   (inside, fixed), label=f"{reduction}-to"),
            Sample("binary_cross_entropy", _call("binary_cross_entropy", "weight", **options),
                   (inside, fixed, weight), label=reduction),
            Sample("binary_cross_entropy", _call("binary_cross_entropy", "weight", **options),
                   (inside, fixed, row), label=reduction),
            Sample(logits, _call(logits, **options), (real(3, 4), inside), label=reduction),
            Sample(logits, _call(logits, **options), (real(3, 4), fixed), label=f"{reduction}-to"),
            Sample(logits, _call(logits, "weight", **options), (real(3, 4), fixed, row),
                   label=reduction),
            Sample(logits, _call(logits, "pos_weight", **options), (real(3, 4), inside, row),
                   label=f"{reduction}-positive"),
            Sample(logits, _call(logits, "weight", "pos_weight", **options),
                   (real(3, 4), fixed, weight, row), label=f"{reduction}-both"),
        ]  # fmt: skip
    far = real(4, transform=lambda a: numpy.asarray([0, 200, -200, 1], a.dtype))
    target = positive(4, grad=False, high=0.9)
    found.append(Sample(logits, _call(logits, reduction="mean"), (far, target), label="far"))
    return found


def _classes(*shape: int, ignored: int | None = None) -> Input:
    def change(array: numpy.ndarray[Any, Any]) -> numpy.ndarray[Any, Any]:
        if ignored is not None and array.size:
            array.flat[0] = ignored
        return array

    return integers(*shape, low=0, high=4, transform=change)


def _entropies() -> list[Sample]:
    found = []
    shapes = [((3, 4), (3,)), ((4,), ()), ((3, 4, 2), (3, 2)), ((3, 4, 2, 2), (3, 2, 2)),
              ((2, 4, 2, 1, 3), (2, 2, 1, 3))]  # fmt: skip
    weight = positive(4, grad=False)
    for name in ("nll_loss", "cross_entropy"):
        for shape, classes in shapes:
            for reduction in _REDUCTIONS:
                options: dict[str, Any] = {"reduction": reduction}
                nothing = reduction == "mean" and not classes
                names = "gradient_is_the_derivative", "second_derivative_is_the_gradients"
                skip = dict.fromkeys(names, "a mean of nothing") if nothing else {}
                found += [
                    Sample(name, _call(name, **options), (real(*shape), _classes(*classes)),
                           label=reduction),
                    Sample(name, _call(name, "weight", **options),
                           (real(*shape), _classes(*classes), weight), label=reduction),
                    Sample(name, _call(name, "weight", ignore_index=2, **options),
                           (real(*shape), _classes(*classes, ignored=2), weight),
                           label=f"{reduction}-ignored", skip=skip),
                    Sample(name, _call(name, **options),
                           (real(*shape), _classes(*classes, ignored=-100)),
                           label=f"{reduction}-padded", skip=skip),
                ]  # fmt: skip
    for reduction in _REDUCTIONS:
        for shape, classes in shapes[:4]:
            options = {"reduction": reduction, "label_smoothing": 0.2}
            found += [
                Sample("cross_entropy", _call("cross_entropy", **options),
                       (real(*shape), _classes(*classes)), label=f"{reduction}-smooth"),
                Sample("cross_entropy", _call("cross_entropy", "weight", ignore_index=2, **options),
                       (real(*shape), _classes(*classes, ignored=2 if classes else None), weight),
                       label=f"{reduction}-smooth-ignored"),
                Sample("cross_entropy", _call("cross_entropy", reduction=reduction),
                       (real(*shape), positive(*shape)), label=f"{reduction}-of"),
                Sample("cross_entropy", _call("cross_entropy", "weight", **options),
                       (real(*shape), positive(*shape, grad=False), weight),
                       label=f"{reduction}-of-smooth"),
            ]  # fmt: skip
    return found


def _tables() -> list[Sample]:
    def look_up(**options: Any) -> Callable[..., Any]:
        return lambda t, indices, weight: _function(t, "embedding")(indices, weight, **options)

    kinds: dict[str, dict[str, Any]] = {
        "": {}, "padded": {"padding_idx": 1}, "padded-last": {"padding_idx": -1},
        "by-frequency": {"scale_grad_by_freq": True},
    }  # fmt: skip
    changed = {"gradient_is_the_derivative": "gradients of rows are dropped, or scaled"}
    found = [
        Sample("embedding", look_up(**options), (integers(*shape, high=5), real(5, 3)),
               label=label, exact=True, skip=changed if label else {})
        for shape in ((4,), (2, 3), (), (0,), (7, 1), (5, 8))
        for label, options in kinds.items()
    ]  # fmt: skip
    found += [
        Sample("embedding", lambda t, weight, indices: t.embedding(weight, indices),
               (real(5, 3), integers(2, 3, high=5)), label="table-first", exact=True),
        Sample("one_hot", lambda t, x: _function(t, "one_hot")(x), (integers(2, 3),), exact=True),
        Sample("one_hot", lambda t, x: _function(t, "one_hot")(x, 7), (integers(3),), exact=True),
        Sample("one_hot", lambda t, x: _function(t, "one_hot")(x, 7), (integers(),), exact=True),
    ]  # fmt: skip
    return found


_IN_MEMORY = {"layout_does_not_matter": "random numbers lie in the order of memory"}


def _dropouts() -> list[Sample]:
    found = []
    for name, shape in {
        "dropout": (3, 4), "alpha_dropout": (3, 4), "feature_dropout": (2, 3, 4),
        "feature_alpha_dropout": (2, 3, 4),
    }.items():  # fmt: skip
        for p in (0.0, 0.3, 1.0):

            def call(t: Any, x: Any, name: str = name, p: float = p) -> Any:
                t.manual_seed(3)
                return getattr(t, name)(x, p, True)

            def change(t: Any, x: Any, name: str = name, p: float = p) -> Any:
                t.manual_seed(3)
                return getattr(t, f"{name}_")(x, p, True)

            drawn = "feature" not in name and 0 < p < 1
            found.append(
                Sample(name, call, (real(*shape),), inplace=change if p else None, label=str(p),
                       skip=_IN_MEMORY if drawn else {})
            )  # fmt: skip

        def change_copy(t: Any, x: Any, change: Callable[..., Any] = change) -> Any:
            return change(t, x * 1)

        found += [
            Sample(f"{name}_", change_copy, (real(*shape),)),
            Sample(name, lambda t, x, name=name: getattr(t, name)(x, 0.5, False), (real(*shape),),
                   label="eval"),
        ]  # fmt: skip
    return found


def _attentions() -> list[Sample]:
    def attend(*labels: str, **options: Any) -> Callable[..., Any]:
        def call(t: Any, query: Any, key: Any, value: Any, *others: Any) -> Any:
            function = _function(t, "scaled_dot_product_attention")
            return function(query, key, value, **dict(zip(labels, others, strict=True)), **options)

        return call

    name = "scaled_dot_product_attention"
    four = (real(2, 2, 3, 4), real(2, 2, 5, 4), real(2, 2, 5, 4))
    three = (real(2, 3, 4), real(2, 5, 4), real(2, 5, 4))
    # PyTorch's fused kernel has no second derivative.
    fused: dict[str, Any] = {"second": False}
    return [
        Sample(name, attend(), four, **fused),
        Sample(name, attend(scale=0.3), four, label="scale", **fused),
        Sample(name, attend(is_causal=True), four, label="causal", **fused),
        Sample(name, attend("attn_mask"), (*four, real(3, 5, grad=False)), label="added", **fused),
        Sample(name, attend("attn_mask"), (*four, real(2, 1, 3, 5, grad=False)), label="added",
               **fused),
        Sample(name, attend("attn_mask"), (*four, masks(3, 5)), label="mask", **fused),
        Sample(name, attend("attn_mask"), (*four, real(3, 5)), label="biased"),
        Sample(name, attend(enable_gqa=True), (real(2, 4, 3, 4), *four[1:]), label="shared",
               graph=False, **fused),
        Sample(name, attend(), (*four[:2], real(2, 2, 5, 6)), label="wide"),
        Sample(name, attend(), (real(2, 2, 3, 0), real(2, 2, 5, 0), real(2, 2, 5, 0)),
               label="no features", graph=False, **fused),
        Sample(name, attend(), (real(2, 2, 3, 4), real(2, 2, 0, 4), real(2, 2, 0, 4)),
               label="no keys", graph=False, **fused),
        Sample(name, attend(), three),
        Sample(name, attend(is_causal=True), three, label="causal"),
        Sample(name, attend(), (real(3, 4), real(5, 4), real(5, 4))),
        Sample(name, attend("attn_mask"), (*three, masks(3, 5)), label="mask"),
    ]  # fmt: skip


def _norms() -> list[Sample]:
    ours = network.rms_norm

    def normalize(t: Any, x: Any, *weight: Any, **options: Any) -> Any:
        function = t.rms_norm if t.__name__ == "torch" else ours
        return function(x, x.shape[1:], *weight, **options)

    return [
        Sample("rms_norm", normalize, (real(3, 4),)),
        Sample("rms_norm", normalize, (real(3, 4), real(4))),
        Sample("rms_norm", normalize, (real(3, 2, 4), real(2, 4))),
        Sample("rms_norm", lambda t, x: normalize(t, x, eps=0.1), (real(3, 4),), label="eps"),
    ]


def _paddings() -> list[Sample]:
    def padded(pads: tuple[int, ...], mode: str, **options: Any) -> Callable[..., Any]:
        return lambda t, x: _function(t, "pad")(x, pads, mode, **options)

    found = [
        Sample("constant_pad_nd", lambda t, x, pads=pads: t.constant_pad_nd(x, pads, 2.5),
               (real(2, 3, 4),), exact=True, label=str(i))
        for i, pads in enumerate(
            [(1, 2), (0, 0, 1, 0), (1, 1, 2, 0, 0, 3), (-1, 2), (-2, -1, 1, 1), (-4, 3), ()]
        )
    ]  # fmt: skip
    found += [
        Sample("constant_pad_nd", lambda t, x: t.constant_pad_nd(x, (1, 0), 2.5), (integers(3),),
               exact=True),
        Sample("pad", padded((1, 2), "constant"), (real(3),), exact=True),
        Sample("pad", padded((1, 2), "constant", value=3.0), (real(0),), exact=True),
    ]  # fmt: skip
    shapes = [((3, 4), (2, 1)), ((2, 3, 4), (1, 0)), ((2, 3, 4), (1, 2, 0, 2)),
              ((1, 2, 3, 4), (3, 0, 1, 1)), ((2, 4, 4), (-1, 1, 2, -2)),
              ((2, 3, 3, 4), (1, 0, 2, 1, 1, 1))]  # fmt: skip
    found += [
        Sample("pad", padded(pads, mode), (real(*shape),),
               label=f"{mode}-{len(pads)}" + "-cut" * (min(pads) < 0),
               exact=True, graph=mode != "circular")
        for mode in ("reflect", "replicate", "circular")
        for shape, pads in shapes
    ]  # fmt: skip
    return found


SAMPLES: tuple[Sample, ...] = (
    *_distances(),
    *_binaries(),
    *_entropies(),
    *_tables(),
    *_dropouts(),
    *_attentions(),
    *_norms(),
    *_paddings(),
)
