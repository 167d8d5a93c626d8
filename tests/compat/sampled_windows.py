"""Samples of modules that look at windows: convolutions, pooling, padding, resampling."""

from __future__ import annotations

from math import prod

import numpy as np
from module_samples import Made, made

_SIZES: dict[int, tuple[int, ...]] = {1: (9,), 2: (6, 7), 3: (4, 5, 4)}

_CONVOLUTIONS: dict[str, list[Made]] = {}
_POOLS: dict[str, list[Made]] = {}
_PADS: dict[str, list[Made]] = {}
for _n, _size in _SIZES.items():
    _CONVOLUTIONS[f"Conv{_n}d"] = [
        made(4, 6, 3).on((2, 4, *_size)),
        made(4, 6, 3).on((4, *_size)),
        made(4, 6, 2, 2, 1, 2, 2, False).on((2, 4, *_size)),
        made(4, 4, 3, padding="same", groups=4).on((2, 4, *_size)),
        made(4, 3, 2, padding="valid").on((2, 4, *_size)),
        made(4, 3, 3).on((0, 4, *_size)),
        *(
            made(4, 3, 3, padding=1, padding_mode=mode).on((2, 4, *_size))
            for mode in ("reflect", "replicate", "circular")
        ),
        made(4, 3, 2, padding="same", padding_mode="circular").on((2, 4, *_size)),
    ]
    _CONVOLUTIONS[f"ConvTranspose{_n}d"] = [
        made(4, 6, 3).on((2, 4, *_size)),
        made(4, 6, 3).on((4, *_size)),
        made(4, 6, 3, 2, 1, 1, 2, False).on((2, 4, *_size)),
        made(4, 3, 2, dilation=2).on((2, 4, *_size)),
        made(4, 3, 2).on((0, 4, *_size)),
        made(4, 3, 3, 2).on((2, 4, *_size), output_size=[2 * n + 2 for n in _size]),
    ]
    _POOLS[f"MaxPool{_n}d"] = [
        made(2).on((2, 3, *_size)),
        made(3, 2, 1, ceil_mode=True).on((3, *_size)),
        made(2, 1, dilation=2).on((2, 3, *_size)),
        made(2, return_indices=True).on((2, 3, *_size)),
    ]
    _POOLS[f"AvgPool{_n}d"] = [
        made(2).on((2, 3, *_size)),
        made(3, 2, 1, True, False).on((3, *_size)),
        made(3, 2, 1, ceil_mode=True).on((2, 3, *_size)),
    ]
    if _n > 1:
        _POOLS[f"AvgPool{_n}d"].append(made(2, divisor_override=3).on((2, 3, *_size)))
    _POOLS[f"LPPool{_n}d"] = [
        made(2, 3).on((2, 3, *_size)),
        made(3.0, 2, 1, ceil_mode=True).on((2, 3, *_size)),
    ]
    for _kind in ("Avg", "Max"):
        _POOLS[f"Adaptive{_kind}Pool{_n}d"] = [
            made(1).on((2, 3, *_size)),
            made(3).on((3, *_size)),
            *([made((None, *(2,) * (_n - 1))).on((2, 3, *_size))] if _n > 1 else []),
        ]
    _POOLS[f"AdaptiveMaxPool{_n}d"].append(made(2, return_indices=True).on((2, 3, *_size)))
    _halves = [n // 2 for n in _size]
    _places = np.arange(2 * prod(_halves)) % prod(2 * n for n in _halves)
    _where = _places.reshape(1, 2, *_halves)
    _POOLS[f"MaxUnpool{_n}d"] = [
        made(2).on((1, 2, *_halves), _where),
        made(2).on((1, 2, *_halves), _where, output_size=list(_size)),
    ]
    for _kind, _options in {
        "Reflection": (), "Replication": (), "Zero": (), "Circular": (), "Constant": (1.5,),
    }.items():  # fmt: skip
        _PADS[f"{_kind}Pad{_n}d"] = [
            made(1, *_options).on((2, 3, *_size)),
            made(tuple(number % 3 for number in range(2 * _n)), *_options).on((3, *_size)),
            made((-1, 2, *(0, 1) * (_n - 1)), *_options).on((2, 3, *_size)),
        ]

WINDOWS: dict[str, list[Made]] = {
    **_CONVOLUTIONS,
    **_POOLS,
    **_PADS,
    "FractionalMaxPool2d": [
        made(2, output_size=3).on((2, 3, 8, 7)),
        made((2, 3), output_ratio=(0.5, 0.6)).on((2, 3, 8, 7)),
        made(2, output_size=(3, 2), return_indices=True).on((3, 8, 7)),
    ],
    "FractionalMaxPool3d": [made(2, output_ratio=0.6).on((2, 3, 7, 8, 6))],
    "Fold": [
        made((4, 5), 2).on((2, 12, 12)),
        made((6, 6), (2, 3), 2, 1, 2).on((12, 6)),
    ],
    "Unfold": [made((2, 3), padding=1).on((2, 3, 4, 5)), made(2, 2, 1, 2).on((3, 6, 6))],
    "PixelShuffle": [made(2).on((2, 8, 3, 4)), made(3).on((9, 2, 2))],
    "PixelUnshuffle": [made(2).on((2, 2, 4, 6)), made(3).on((3, 3, 6))],
    "ChannelShuffle": [made(2).on((2, 6, 3, 4)), made(3).on((2, 6, 5))],
    "Upsample": [
        made(scale_factor=2).on((2, 3, 5)),
        made(size=(5, 7)).on((2, 3, 4, 5)),
        made(scale_factor=(1.5, 2), mode="nearest-exact").on((2, 3, 4, 5)),
        made(scale_factor=2, mode="linear").on((2, 3, 5)),
        made(scale_factor=1.7, mode="bilinear", align_corners=True).on((2, 3, 4, 5)),
        made(size=6, mode="bicubic").on((2, 3, 4, 5)),
        made(scale_factor=0.6, mode="bilinear", recompute_scale_factor=True).on((2, 3, 6, 5)),
        made(scale_factor=2, mode="trilinear").on((2, 3, 2, 3, 4)),
    ],
    "UpsamplingNearest2d": [made(scale_factor=2).on((2, 3, 4, 5)), made((3, 9)).on((2, 3, 4, 5))],
    "UpsamplingBilinear2d": [made(scale_factor=2).on((2, 3, 4, 5)), made(7).on((2, 3, 4, 5))],
}
