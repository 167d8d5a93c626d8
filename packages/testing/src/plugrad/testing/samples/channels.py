"""Samples of batch, instance and group normalization, and of what else compares vectors."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

from plugrad.testing.samples import Input, Sample, positive, real
from plugrad.testing.samples.reduction import HALF, KINK, case

__all__ = ["SAMPLES"]

_SHAPES = ((4, 3), (2, 3, 5), (3, 2, 2, 3), (2, 2, 2, 1, 3))


def _batch_norm() -> Iterator[Sample]:
    def call(*labels: str, training: bool = True, eps: float = 1e-5) -> Callable[..., Any]:
        def normalize(t: Any, x: Any, *vectors: Any) -> Any:
            given = dict(zip(labels, vectors, strict=True))
            names = ("weight", "bias", "running_mean", "running_var")
            # The running statistics change, so that they have to be copies.
            chosen = [given.get(name) for name in names]
            chosen[2:] = [None if each is None else each.clone() for each in chosen[2:]]
            result = t.batch_norm(x, *chosen, training, 0.3, eps, False)
            return result, *(each for each in chosen[2:] if each is not None)

        return normalize

    def vectors(count: int) -> tuple[Input, ...]:
        return real(count), real(count), real(count, grad=False), positive(count, grad=False)

    all_four = ("weight", "bias", "running_mean", "running_var")
    name = "batch_norm"
    for shape in _SHAPES:
        weight, bias, mean, var = vectors(shape[1])
        yield case(name, call(), real(*shape), label="plain")
        yield case(name, call(*all_four), real(*shape), weight, bias, mean, var, label="train")
        yield case(name, call(*all_four, training=False), real(*shape), weight, bias, mean, var,
                   label="eval")  # fmt: skip
    weight, bias, mean, var = vectors(3)
    x = real(4, 3)
    yield case(name, call("weight", eps=0.1), x, weight, label="weight", dtypes=HALF)
    yield case(name, call("weight", "bias"), x, weight, bias, label="affine", dtypes=HALF)
    yield case(name, call("bias"), x, bias, label="bias")
    yield case(name, call("weight", "bias"), real(4, 3, grad=False), weight, bias, label="fixed")
    yield case(name, call("running_mean", "running_var", training=False), x, mean, var,
               label="plain-eval")  # fmt: skip
    yield case(name, call("weight", "bias"), real(16, 3, 150), weight, bias, label="larger")
    yield case(name, call("weight", "bias"), real(64, 3, 2), weight, bias, label="short-rows")


def _instance_norm() -> Iterator[Sample]:
    def call(*labels: str, own: bool = True) -> Callable[..., Any]:
        def normalize(t: Any, x: Any, *vectors: Any) -> Any:
            given = dict(zip(labels, vectors, strict=True))
            names = ("weight", "bias", "running_mean", "running_var")
            chosen = [given.get(name) for name in names]
            chosen[2:] = [None if each is None else each.clone() for each in chosen[2:]]
            result = t.instance_norm(x, *chosen, own, 0.3, 1e-5, False)
            return result, *(each for each in chosen[2:] if each is not None)

        return normalize

    running = real(3, grad=False), positive(3, grad=False)
    labels = ("weight", "bias", "running_mean", "running_var")
    for shape in ((2, 3, 5), (2, 3, 2, 4)):
        yield case("instance_norm", call(), real(*shape))
        yield case("instance_norm", call("weight", "bias"), real(*shape), real(3), real(3))
        yield case("instance_norm", call(*labels), real(*shape), real(3), real(3), *running)
        yield case("instance_norm", call(*labels, own=False), real(*shape), real(3), real(3),
                   *running, label="eval")  # fmt: skip


def _group_norm() -> Iterator[Sample]:
    def call(groups: int, *labels: str, **options: Any) -> Callable[..., Any]:
        def normalize(t: Any, x: Any, *vectors: Any) -> Any:
            return t.group_norm(x, groups, **dict(zip(labels, vectors, strict=True)), **options)

        return normalize

    both = ("weight", "bias")
    for shape in ((3, 4, 1), (2, 4, 5), (2, 4, 2, 3)):
        for groups in (1, 2) if shape[2] > 1 else (1,):
            yield case("group_norm", call(groups), real(*shape), label=str(groups))
            yield case("group_norm", call(groups, *both), real(*shape), real(4), real(4),
                       label=str(groups))  # fmt: skip
    yield case(
        "group_norm", call(4, *both), real(2, 4, 5), real(4), real(4), label="4", dtypes=HALF
    )
    yield case("group_norm", call(2, "weight", eps=0.1), real(2, 4, 5), real(4), label="weight")
    yield case("group_norm", call(2, "bias"), real(2, 4, 5), real(4), label="bias")
    yield case("group_norm", call(2, *both), real(2, 4, 5, grad=False), real(4), real(4),
               label="fixed")  # fmt: skip
    yield case("group_norm", call(4, *both), real(6, 8, 70), real(8), real(8), label="larger")


def _renorm() -> Iterator[Sample]:
    for p in (2, 1, 3, 1.5):
        for dim in (0, -1):
            yield case("renorm", lambda t, x, p=p, dim=dim: x.renorm(p, dim, 2.0), real(3, 4, 2),
                       label=f"{p}-{dim}", skip=KINK if p == 1 else {},
                       inplace=lambda t, x, p=p, dim=dim: x.renorm_(p, dim, 2.0))  # fmt: skip
    yield case("renorm", lambda t, x: t.renorm(x, 2, 0, 100), real(3, 4), label="short")
    yield case("renorm", lambda t, x: t.renorm(x, 2, 0, 1), real(3, 4),
               dtypes=("complex64", "complex128"), label="complex", second=False)  # fmt: skip
    yield case("renorm", lambda t, x: t.renorm(x * 0, 2, 0, 1), real(3, 4), label="zero",
               second=False)  # fmt: skip


def _likeness() -> Iterator[Sample]:
    def cosine(*args: Any) -> Callable[..., Any]:
        return lambda t, x, y: t.cosine_similarity(x, y, *args)

    name = "cosine_similarity"
    yield case(name, cosine(), real(3, 4), real(3, 4))
    yield case(name, cosine(0), real(3, 4), real(1, 4), label="0")
    yield case(name, cosine(-1), real(2, 3, 4), real(4), label="-1")
    yield case(name, cosine(-1, 10.0), real(3, 4), real(3, 4), label="short",
               skip={"gradient_is_the_derivative": "the bound on lengths is left out of it"},
               second=False)  # fmt: skip
    for p in (2.0, 1.0, 3.0, math.inf):
        yield case("pairwise_distance",
                   lambda t, x, y, p=p: t.pairwise_distance(x, y, p, keepdim=p == 1),
                   real(3, 4), real(3, 4), label=str(p))  # fmt: skip
    yield case("pairwise_distance", lambda t, x, y: t.pairwise_distance(x, y), real(3, 4), real(4))
    once = {"second": False}  # PyTorch cannot differentiate these twice
    for p in (2.0, 1.0, 1.5, 3.0, math.inf):
        yield case("pdist", lambda t, x, p=p: t.pdist(x, p), real(4, 3), label=str(p), **once)
    yield case("pdist", lambda t, x: t.pdist(x), real(1, 3), label="one", **once)
    near = {"float32_agrees_with_float64": "squares of near points cancel"}
    for shapes in (((30, 3), (4, 3)), ((2, 30, 3), (2, 4, 3)), ((2, 2, 30, 3), (2, 2, 4, 3))):
        one, two = shapes
        yield case("cdist", lambda t, x, y: t.cdist(x, y), real(*one), real(*two, low=3, high=5),
                   label="product", skip=near)  # fmt: skip
    yield case("cdist", lambda t, x, y: t.cdist(x, y, compute_mode="use_mm_for_euclid_dist"),
               real(3, 2), real(4, 2, low=3, high=5), label="asked", skip=near)  # fmt: skip
    weight = real(2, 4, 5)
    yield case("bilinear", lambda t, x, y, w: t.bilinear(x, y, w), real(3, 4), real(3, 5), weight)
    yield case("bilinear", lambda t, x, y, w, b: t.bilinear(x, y, w, b), real(2, 3, 4),
               real(2, 3, 5), weight, real(2))  # fmt: skip
    yield case("bilinear", lambda t, x, y, w: t.bilinear(x, y, w), real(4), real(5), weight)


SAMPLES: tuple[Sample, ...] = (
    *_batch_norm(),
    *_instance_norm(),
    *_group_norm(),
    *_renorm(),
    *_likeness(),
)
