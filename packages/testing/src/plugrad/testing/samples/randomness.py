"""Samples of random numbers. They are drawn after seeding with 0, by PyTorch too."""

from __future__ import annotations

from typing import Any

from plugrad.testing.samples import Sample, positive, real
from plugrad.testing.samples.creation import Call, calls_of, made

__all__ = ["SAMPLES"]

_DRAWN = {
    "float32_agrees_with_float64": "each dtype has random numbers of its own",
    "layout_does_not_matter": "random numbers lie in the order of memory",
    "gradient_is_the_derivative": "the gradient of what was drawn is 0",
    "second_derivative_is_the_gradients": "the gradient of what was drawn is 0",
}


def _drawn(name: str, *calls: Call, **options: Any) -> list[Sample]:
    return calls_of(name, *calls, skip=_DRAWN, **options)


def _filled(name: str, *calls: Call, exact: bool = True) -> list[Sample]:
    """Return samples of calls that fill a tensor: here one made from the input."""

    def on_a_copy(call: Call) -> Call:
        return lambda t, x: call(t, x * 1)

    def on_a_transposed_copy(call: Call) -> Call:
        return lambda t, x: call(t, (x * 1).t())

    options: dict[str, Any] = {"skip": _DRAWN, "exact": exact}
    found = []
    for inputs in ((real(3, 4),), (real(5, 7),)):
        found += calls_of(name, *map(on_a_copy, calls), inputs=inputs, **options)
        transposed = map(on_a_transposed_copy, calls)
        found += calls_of(name, *transposed, inputs=inputs, label="transposed", **options)
    return found


_MADE = [
    *made(
        "rand",
        lambda t: t.rand(2, 3),
        lambda t: t.rand(5, dtype=t.float64),
        lambda t: t.rand((2, 2), dtype=t.complex64),
        lambda t: t.rand(3, dtype=t.float16),
        lambda t: t.rand(3, generator=t.Generator().manual_seed(7)),
        lambda t: t.rand(3, out=t.empty(0)),
    ),
    *made(
        "randn",
        lambda t: t.randn(2, 3),
        lambda t: t.randn(20),
        lambda t: t.randn(size=(3,), dtype=t.float64),
        lambda t: t.randn(4, dtype=t.complex64),
        exact=False,
    ),
    *made(
        "randint",
        lambda t: t.randint(10, (2, 3)),
        lambda t: t.randint(-5, 5, (4,)),
        lambda t: t.randint(low=2, high=9, size=(3,), dtype=t.int32),
        lambda t: t.randint(3, size=[2], dtype=t.float32),
        lambda t: t.randint(0, 2**40, (3,)),
    ),
    *made(
        "randperm",
        lambda t: t.randperm(6),
        lambda t: t.randperm(5, dtype=t.float32),
        lambda t: t.randperm(0),
    ),
]

_LIKENESS = [
    *_drawn("rand_like", lambda t, x: t.rand_like(x)),
    *_drawn("rand_like", lambda t, x: t.rand_like(x.t()), label="transposed"),
    *_drawn("randn_like", lambda t, x: t.randn_like(x), inputs=(real(5, 7),), exact=False),
    *_drawn(
        "randn_like",
        lambda t, x: t.randn_like(x.t()),
        inputs=(real(5, 7),),
        exact=False,
        label="transposed",
    ),
    *_drawn(
        "randint_like",
        lambda t, x: t.randint_like(x, 9),
        lambda t, x: t.randint_like(x, -3, 4, dtype=t.int32),
        lambda t, x: t.randint_like(x, low=1, high=5),
    ),
]

_SAMPLING = [
    *made("normal", lambda t: t.normal(1.0, 2.0, (3,)), exact=False),
    *_drawn(
        "normal",
        lambda t, x, y: t.normal(x, y),
        lambda t, x, y: t.normal(x, 2.0),
        lambda t, x, y: t.normal(1.0, y),
        lambda t, x, y: t.normal(x, y[0]),
        inputs=(real(3, 4), positive(3, 4)),
        exact=False,
    ),
    *_drawn("bernoulli", lambda t, x: t.bernoulli(x), inputs=(positive(3, 4, low=0, high=1),)),
    *_drawn("bernoulli", lambda t, x: x.detach().bernoulli(0.3)),
    *_drawn("poisson", lambda t, x: t.poisson(x * 5), inputs=(positive(3, 4),)),
    *_drawn(
        "multinomial",
        lambda t, x: t.multinomial(x, 2),
        lambda t, x: x[0].multinomial(7, replacement=True),
        inputs=(positive(3, 4),),
    ),
]

_FILLED = [
    *_filled("uniform_", lambda t, x: x.uniform_(), lambda t, x: x.uniform_(-1, 3)),
    *_filled("normal_", lambda t, x: x.normal_(), lambda t, x: x.normal_(1, std=2), exact=False),
    *_filled(
        "random_",
        lambda t, x: x.random_(),
        lambda t, x: x.random_(9),
        lambda t, x: x.random_(-4, 5),
        lambda t, x: x.long().random_(),
    ),
    *_filled(
        "bernoulli_",
        lambda t, x: x.bernoulli_(),
        lambda t, x: x.bernoulli_(p=0.2),
        lambda t, x: x.bernoulli_(t.full((x.shape[1],), 0.7)),
    ),
    *_filled("exponential_", lambda t, x: x.exponential_(lambd=2), exact=False),
    *_filled("cauchy_", lambda t, x: x.cauchy_(1, sigma=2), exact=False),
    *_filled("log_normal_", lambda t, x: x.log_normal_(0.5, std=0.25), exact=False),
    *_filled("geometric_", lambda t, x: x.geometric_(0.3)),
]

SAMPLES: tuple[Sample, ...] = (*_MADE, *_LIKENESS, *_SAMPLING, *_FILLED)
