"""Samples of the functions of images, and of bags of embeddings."""

from __future__ import annotations

from typing import Any

import numpy

from plugrad.nn.operators.resampling import UPSAMPLING
from plugrad.testing.samples import Sample, integers, real

__all__ = ["SAMPLES"]

_SHAPES = {1: (2, 3, 5), 2: (2, 1, 4, 5), 3: (1, 2, 3, 4, 2)}
_SIZES: dict[int, list[tuple[int, ...]]] = {
    1: [(8,), (3,), (1,)],
    2: [(6, 3), (9, 10)],
    3: [(4, 3, 5)],
}


def _resampled(t: Any, x: Any, mode: str, size: tuple[int, ...], align: bool) -> Any:
    """Resample by PyTorch's function, or by the operator that stands behind ours."""
    if t.__name__ != "torch":
        return UPSAMPLING[mode, len(size)](x, size, align, (None,) * len(size))
    plain = mode.removesuffix("-aa")
    aligned = None if plain.startswith("nearest") else align
    return t.nn.functional.interpolate(
        x, size, mode=plain, align_corners=aligned, antialias=plain != mode
    )


def _resampling() -> list[Sample]:
    found = []
    for mode, dims in UPSAMPLING:
        for size in _SIZES[dims]:
            for align in (False,) if mode.startswith("nearest") else (False, True):

                def call(t: Any, x: Any, how: Any = (mode, size, align)) -> Any:
                    return _resampled(t, x, *how)

                label = f"{mode}-{'x'.join(map(str, size))}{'-aligned' if align else ''}"
                found.append(Sample("interpolate", call, (real(*_SHAPES[dims]),), label=label))
    return found


def _sampling() -> list[Sample]:
    found = [
        Sample("grid_sampler_2d", lambda t, x, g: t.grid_sampler_2d(x, g, 0, 0, False),
               (real(1, 2, 4, 5), real(1, 3, 2, 2, low=-1.4, high=1.4))),
        Sample("grid_sampler_3d", lambda t, x, g: t.grid_sampler_3d(x, g, 0, 1, True),
               (real(1, 2, 3, 4, 5), real(1, 2, 1, 2, 3, low=-1.4, high=1.4)), second=False),
    ]  # fmt: skip
    for mode in (0, 1, 2):
        for padding in (0, 1, 2):
            for align in (False, True):

                def call(t: Any, x: Any, grid: Any, how: Any = (mode, padding, align)) -> Any:
                    return t.grid_sampler(x, grid, *how)

                label = f"{mode}-{padding}-{align}"
                # Away from where the sources change, for the sake of finite differences.
                inputs = real(2, 3, 4, 5), real(2, 3, 2, 2, low=-1.4, high=1.4)
                # Cubic weights cancel: in single precision they differ by more than the last bits.
                kinds = ("float64",) if mode == 2 else ("float32", "float64")
                skip = {"second": "its derivatives are written out, not one node"}
                found.append(
                    Sample(
                        "grid_sampler",
                        call,
                        inputs,
                        label=label,
                        second=False,
                        skip=skip,
                        dtypes=kinds,
                    )
                )
                if mode < 2:
                    inputs = real(1, 2, 3, 4, 2), real(1, 2, 2, 1, 3, low=-1.4, high=1.4)
                    found.append(
                        Sample("grid_sampler", call, inputs, label=f"3d-{label}", second=False,
                               skip=skip)
                    )  # fmt: skip
    return found


def _bag(mode: int, **options: Any) -> Sample:
    def call(t: Any, x: Any, indices: Any, offsets: Any) -> Any:
        scaled, padding = options.get("scale_grad_by_freq", False), options.get("padding_idx")
        how = (scaled, mode, False, None, False)
        return t.embedding_bag(x, indices, offsets, *how, *([] if padding is None else [padding]))[
            0
        ]

    offsets = integers(3, transform=lambda a: numpy.asarray([0, 2, 2], a.dtype))
    label = "-".join([str(mode), *options])
    skip = {}
    if "scale_grad_by_freq" in options:
        skip = {
            "gradient_is_the_derivative": "it is divided by frequencies",
            "compat": "PyTorch counts wrongly where rows are left out",
        }
    # PyTorch has no second derivative of it either.
    return Sample("embedding_bag", call, (real(5, 3), integers(6), offsets), label=label,
                  second=False, skip=skip)  # fmt: skip


SAMPLES = [
    *_resampling(),
    *_sampling(),
    Sample("affine_grid_generator", lambda t, x: t.affine_grid_generator(x, (2, 3, 4, 5), False),
           (real(2, 2, 3),)),
    Sample("affine_grid_generator", lambda t, x: t.affine_grid_generator(x, (1, 2, 3, 1, 2), True),
           (real(1, 3, 4),)),
    Sample("pixel_shuffle", lambda t, x: t.pixel_shuffle(x, 2), (real(2, 8, 3, 2),), exact=True),
    Sample("pixel_shuffle", lambda t, x: t.pixel_shuffle(x, 3), (real(9, 1, 2),), exact=True),
    Sample("pixel_unshuffle", lambda t, x: t.pixel_unshuffle(x, 2), (real(2, 2, 4, 6),),
           exact=True),
    Sample("channel_shuffle", lambda t, x: t.channel_shuffle(x, 2), (real(2, 6, 3),), exact=True),
    _bag(0),
    _bag(1),
    _bag(2),
    _bag(0, padding_idx=2),
    _bag(0, scale_grad_by_freq=True),
]  # fmt: skip
