"""Samples of softmax, norms, variances and layer normalization."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy

from plugrad.testing.samples import Sample, integers, real
from plugrad.testing.samples.reduction import COMPLEX, HALF, KINK, case, tied

__all__ = ["SAMPLES"]


def _softmax(name: str) -> Iterator[Sample]:
    def along(dim: int, **options: Any) -> Any:
        return lambda t, x: getattr(x, name)(dim, **options)

    yield case(name, along(-1), real(3, 4), dtypes=HALF)
    yield case(name, along(0), real(3, 4), label="0")
    yield case(name, along(1), real(2, 3, 4), label="middle")
    yield case(name, along(0), real(), label="0-d")
    yield case(name, along(1), real(2, 0, 3), label="empty")
    yield case(name, along(1), real(3, 5, low=98, high=102), label="large")
    yield case(name, along(1), real(3, 5, low=-900, high=900, grad=False), label="far-apart")
    yield case(name, lambda t, x: getattr(t, name)(x, 1, t.float64), real(3, 4),
               dtypes=("float32", "float16"), label="wider")  # fmt: skip
    yield case(name, lambda t, x: getattr(t, name)(x, 1, dtype=t.float32), integers(3, 4))


def _logsumexp() -> Iterator[Sample]:
    yield case("logsumexp", lambda t, x: x.logsumexp(1), real(3, 4), dtypes=HALF)
    yield case("logsumexp", lambda t, x: t.logsumexp(x, (0, -1), True), real(2, 3, 4))
    yield case("logsumexp", lambda t, x: x.logsumexp(0), real(), label="0-d")
    yield case("logsumexp", lambda t, x: (x * 0 + 1231.5).logsumexp(0), real(), label="0-d-large")
    yield case("logsumexp", lambda t, x: x.logsumexp(0), real(0, 3), label="empty", skip=KINK)
    yield case("logsumexp", lambda t, x: x.logsumexp(1), integers(3, 4))
    yield case("logsumexp", lambda t, x: x.logsumexp(0), real(4, low=-1e3, high=1e3), label="far")


def _spread(name: str) -> Iterator[Sample]:
    def method(*args: Any, **options: Any) -> Any:
        return lambda t, x: getattr(x, name)(*args, **options)

    yield case(name, method(), real(3, 4), dtypes=(*HALF, *COMPLEX[2:]))
    yield case(name, method(1), real(3, 4), label="1")
    yield case(name, method((0, -1), keepdim=True), real(2, 3, 4), label="two")
    yield case(name, method(0, correction=0), real(3, 4), label="correction-0")
    yield case(name, method(unbiased=False), real(3, 4), label="biased")
    yield case(name, method(0, correction=1.5), real(5, 2), label="correction-1.5")
    yield case(name, method(1), real(9, 400), label="rows")
    both = f"{name}_mean"
    yield case(both, lambda t, x: getattr(t, both)(x), real(3, 4), dtypes=(*HALF, *COMPLEX[2:]))
    yield case(both, lambda t, x: getattr(t, both)(x, 1, keepdim=True), real(3, 4), label="kept")
    yield case(both, lambda t, x: getattr(t, both)(x, (0, 1), correction=0), real(3, 4))


def _norms() -> Iterator[Sample]:
    inf = numpy.inf
    for p in (2, 1, 3, 1.5, 0.5, -1, inf, -inf):
        yield case("norm", lambda t, x, p=p: x.norm(p), real(3, 4), dtypes=COMPLEX, label=str(p))
        yield case("norm", lambda t, x, p=p: t.norm(x, p, 1, True), real(3, 4), label=f"{p}-kept")
    yield case("norm", lambda t, x: x.norm(), real(3, 4), dtypes=HALF)
    yield case("norm", lambda t, x: x.norm(0), tied(3, 4), label="0", skip=KINK)
    yield case("norm", lambda t, x: x.norm(inf, 1), tied(3, 4), label="ties", skip=KINK)
    yield case(
        "norm",
        lambda t, x: (x * 0).norm(),
        real(3, 4),
        label="zero",
        skip={**KINK, "second": "here the subgradient 0 has the derivative 0, not NaN"},
    )
    yield case("norm", lambda t, x: (x * 0).norm(3), real(3, 4), label="zero-3", skip=KINK)
    yield case("norm", lambda t, x: x.norm(), real(), label="0-d")
    yield case("norm", lambda t, x: x.norm(dim=0), real(0, 3), label="empty")
    yield case("norm", lambda t, x: x.norm("fro", dim=(0, 2)), real(2, 3, 4), label="fro")
    yield case("norm", lambda t, x: x.norm(dtype=t.float64), real(5), dtypes=("float32",))
    yield case("norm", lambda t, x: x.norm(dim=0), real(60, 50), label="columns")


def _layer_norm() -> Iterator[Sample]:
    def call(t: Any, x: Any, *vectors: Any) -> Any:
        return t.layer_norm(x, (x.shape[-1],), *vectors)

    yield case("layer_norm", call, real(3, 4), dtypes=HALF, label="plain")
    yield case("layer_norm", call, real(3, 4), real(4), label="weight")
    yield case("layer_norm", call, real(3, 4), real(4), real(4), dtypes=HALF)
    yield case("layer_norm", call, real(2, 3, 4), real(4), real(4, grad=False), label="fixed-bias")
    yield case("layer_norm", call, real(2, 3, 4, grad=False), real(4), real(4), label="no-grad")
    yield case("layer_norm", lambda t, x, w, b: t.layer_norm(x, (3, 4), w, b, eps=0.1),
               real(2, 3, 4), real(3, 4), real(3, 4), label="two")  # fmt: skip
    yield case("layer_norm", lambda t, x, b: t.layer_norm(x, (4,), bias=b), real(3, 4), real(4),
               label="bias", skip={"second": "PyTorch cannot differentiate it twice"})  # fmt: skip
    yield case("layer_norm", call, real(4), real(4), real(4), label="one-row")
    yield case("layer_norm", call, real(64, 48), real(48), real(48), label="larger")


SAMPLES: tuple[Sample, ...] = (
    *_softmax("softmax"),
    *_softmax("log_softmax"),
    *_logsumexp(),
    *_spread("var"),
    *_spread("std"),
    *_norms(),
    *_layer_norm(),
)
