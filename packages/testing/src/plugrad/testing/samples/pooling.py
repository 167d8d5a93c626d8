"""Samples of pooling."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy

from plugrad.nn.operators.pooling import (
    FRACTIONAL,
    UNPOOL,
    adaptive_averages,
    adaptive_maxima,
    averages,
    maxima,
)
from plugrad.testing.samples import Input, Sample, integers, positive, real

__all__ = ["SAMPLES"]

_SIZES = ((7,), (5, 6), (4, 5, 3))
_KERNELS = ((3,), (3, 2), (2, 3, 1))
Options = dict[str, Any]


def _functions(n: int) -> dict[str, Callable[..., Any]]:
    """Return what takes the place here of functions of ``torch.nn.functional``."""

    def max_pool(
        x: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1,
        ceil_mode: bool = False, return_indices: bool = False,
    ) -> Any:  # fmt: skip
        return maxima(
            "max_pool", n, x, kernel_size, stride, padding, dilation, ceil_mode, return_indices
        )

    def avg_pool(
        x: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, ceil_mode: bool = False,
        count_include_pad: bool = True, divisor_override: Any = None,
    ) -> Any:  # fmt: skip
        return averages(
            "avg_pool", n, x, kernel_size, stride, padding, ceil_mode, count_include_pad,
            divisor_override,
        )  # fmt: skip

    def adaptive_max_pool(x: Any, output_size: Any, return_indices: bool = False) -> Any:
        found = adaptive_maxima("adaptive_max_pool", n, x, output_size)
        return found if return_indices else found[0]

    return {
        f"max_pool{n}d": max_pool,
        f"avg_pool{n}d": avg_pool,
        f"adaptive_max_pool{n}d": adaptive_max_pool,
        f"adaptive_avg_pool{n}d": lambda x, size: adaptive_averages("adaptive_avg", n, x, size),
    }


_OURS = {name: call for n in (1, 2, 3) for name, call in _functions(n).items()}


def _call(name: str, *arguments: Any, **options: Any) -> Callable[..., Any]:
    def call(t: Any, x: Any) -> Any:
        torch = t.__name__ == "torch"
        found = getattr(t.nn.functional, name) if torch else _OURS[name]
        return found(x, *arguments, **options)

    return call


def _pools() -> list[Sample]:
    found = []
    largest: dict[str, Options] = {
        "": {},
        "overlapping": {"stride": 1, "padding": 1},
        "dilated": {"stride": 2, "dilation": 2, "padding": 1},
        "ceil": {"stride": 2, "padding": 1, "ceil_mode": True},
        "indices": {"stride": 1, "padding": 1, "return_indices": True},
        "apart-indices": {"return_indices": True, "ceil_mode": True},
    }
    means: dict[str, Options] = {
        "": {},
        "padded": {"stride": 1, "padding": 1},
        "uncounted": {"stride": 2, "padding": 1, "count_include_pad": False},
        "ceil": {"stride": 2, "padding": 1, "ceil_mode": True},
        "ceil-uncounted": {"stride": 2, "ceil_mode": True, "count_include_pad": False},
        "over": {"stride": 2, "divisor_override": 3},
    }
    for n, (sizes, kernel) in enumerate(zip(_SIZES, _KERNELS, strict=True), 1):
        x, one = real(2, 3, *sizes), real(3, *sizes)
        windows = kernel if n != 3 else (2, 3, 2)
        for label, options in largest.items():
            call = _call(f"max_pool{n}d", windows, **options)
            for each in (x, one):
                found.append(Sample(f"max_pool{n}d", call, (each,), label=label, exact=True))
        for label, options in means.items():
            if n == 1 and "divisor_override" in options:
                continue
            call = _call(f"avg_pool{n}d", windows, **options)
            found += [Sample(f"avg_pool{n}d", call, (each,), label=label) for each in (x, one)]
        for counts in ((1,) * n, (3, 2, 3)[:n], (7, 9, 4)[:n], (2, 6, 2)[-n:]):
            label = "x".join(map(str, counts))
            mean, most = f"adaptive_avg_pool{n}d", f"adaptive_max_pool{n}d"
            size = counts[0] if n == 1 else counts
            for each in (x, one):
                found += [
                    Sample(mean, _call(mean, size), (each,), label=label),
                    Sample(most, _call(most, size), (each,), label=label, exact=True),
                    Sample(most, _call(most, size, return_indices=True), (each,),
                           label=f"{label}-indices", exact=True),
                ]  # fmt: skip
    return found


def _public() -> list[Sample]:
    """Return calls of the functions that stand beside tensors."""
    x, plane, space = real(2, 3, 8), real(2, 3, 4, 6), real(1, 2, 4, 4, 2)
    return [
        Sample("max_pool1d", lambda t, x: t.max_pool1d(x, 2), (x,), label="public", exact=True),
        Sample("max_pool2d", lambda t, x: t.max_pool2d(x, (2, 3), 1), (plane,), label="public",
               exact=True),
        Sample("max_pool3d", lambda t, x: t.max_pool3d(x, 2, ceil_mode=True), (space,),
               label="public", exact=True),
        Sample("max_pool1d_with_indices", lambda t, x: t.max_pool1d_with_indices(x, 3, 2, 1),
               (x,), exact=True),
        Sample("avg_pool1d", lambda t, x: t.avg_pool1d(x, (2,)), (x,), label="public"),
        Sample("adaptive_avg_pool1d", lambda t, x: t.adaptive_avg_pool1d(x, 3), (x,),
               label="public"),
        Sample("adaptive_max_pool1d", lambda t, x: t.adaptive_max_pool1d(x, [3]), (x,),
               label="public", exact=True),
    ]  # fmt: skip


def _edges() -> list[Sample]:
    """Return what has no single largest element, NaN, infinities, and no images."""
    bend = {"gradient_is_the_derivative": "several elements are the largest"}
    rounded = real(2, 4, 6, transform=lambda a: numpy.round(a))
    lowest = real(1, 4, 4, transform=lambda a: numpy.full_like(a, -numpy.inf))

    def spoiled(a: Any) -> Any:
        a.flat[::5] = numpy.nan
        a.flat[1::7] = numpy.inf
        return a

    odd = real(2, 4, 6, transform=spoiled)
    found = []
    maxima_of: dict[str, tuple[Any, ...]] = {
        "max_pool2d": ((2, 3), (1, 2), 1),
        "adaptive_max_pool2d": ((3, 4),),
    }
    for name, arguments in maxima_of.items():
        for label, given in (("ties", rounded), ("lowest", lowest), ("nan", odd)):
            for options in ({}, {"return_indices": True}):
                found.append(
                    Sample(name, _call(name, *arguments, **options), (given,), exact=True,
                           second=False, skip=bend, label=f"{label}{'-indices' * len(options)}")
                )  # fmt: skip
    means_of: dict[str, tuple[Any, ...]] = {"avg_pool2d": (2,), "adaptive_avg_pool2d": ((3, 4),)}
    for name, arguments in means_of.items():
        found.append(
            Sample(name, _call(name, *arguments), (odd,), second=False, label="nan",
                   skip={"gradient_is_the_derivative": "infinities"})
        )  # fmt: skip
    for name in ("max_pool2d", "avg_pool2d", "adaptive_avg_pool2d", "adaptive_max_pool2d"):
        found.append(
            Sample(name, _call(name, 2), (real(0, 3, 4, 4),), second=False, label="no-images")
        )
    return found


def _random() -> list[Sample]:
    found = []
    for n, sizes, counts in ((2, (6, 7), (3, 4)), (3, (5, 6, 5), (2, 3, 3))):
        for lead in ((2, 3), (3,)):

            def pool(t: Any, x: Any, samples: Any, n: int = n, counts: Any = counts) -> Any:
                kernel = (2,) * n
                if t.__name__ == "torch":
                    function = getattr(t.nn.functional, f"fractional_max_pool{n}d")
                    return function(x, kernel, counts, return_indices=True, _random_samples=samples)
                samples = samples.flip(2) if n == 2 else samples
                samples = samples[0] if len(x.shape) == n + 1 else samples
                return FRACTIONAL[n - 1](x, samples, kernel, counts)

            samples = positive(*lead, n, low=0.05, high=0.95, grad=False)
            if len(lead) == 1:
                samples = positive(1, *lead, n, low=0.05, high=0.95, grad=False)
            found.append(
                Sample(f"fractional_max_pool{n}d", pool, (real(*lead, *sizes), samples),
                       exact=True)
            )  # fmt: skip
    return found


def _places(*shape: int, high: int) -> Input:
    """Return different indices for each image."""
    count = shape[-1] * shape[-2] if len(shape) > 3 else shape[-1]

    def change(a: Any) -> Any:
        rows = a.reshape(-1, count)
        rows[:] = (numpy.arange(count) * 2 + rows[:, :1]) % high
        return a

    return integers(*shape, high=high, transform=change)


def _unpools() -> list[Sample]:
    def unpool(t: Any, x: Any, indices: Any) -> Any:
        sizes = (4, 6)
        if t.__name__ == "torch":
            return t.nn.functional.max_unpool2d(x, indices, 2, output_size=sizes)
        return UNPOOL[1](x, indices, sizes)

    def unpool_space(t: Any, x: Any, indices: Any) -> Any:
        sizes = (2, 4, 6)
        if t.__name__ == "torch":
            return t.nn.functional.max_unpool3d(x, indices, 2, output_size=sizes)
        return UNPOOL[2](x, indices, sizes)

    return [
        Sample("max_unpool2d", unpool, (real(2, 3, 2, 3), _places(2, 3, 2, 3, high=24)),
               exact=True),
        Sample("max_unpool3d", unpool_space, (real(2, 1, 2, 3), _places(2, 1, 2, 3, high=48)),
               exact=True),
    ]  # fmt: skip


SAMPLES = [*_pools(), *_public(), *_edges(), *_random(), *_unpools()]
