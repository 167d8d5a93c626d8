"""Bad calls of convolutions and pools: see `errors`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Call = Callable[[Any], Any]


def convolution() -> list[Call]:
    return [
        lambda t: t.conv1d(t.ones(2, 3), t.ones(3, 2)),
        lambda t: t.conv1d(t.ones(2, 3, 4, 5), t.ones(3, 3, 2)),
        lambda t: t.conv2d(t.ones(3, 4, 5), t.ones(3, 3, 2)),
        lambda t: t.conv2d(t.ones(1, 3, 4, 5), t.ones(2, 4, 2, 2)),
        lambda t: t.conv2d(t.ones(1, 3, 4, 5), t.ones(2, 3, 5, 2)),
        lambda t: t.conv2d(t.ones(1, 3, 4, 5), t.ones(2, 3, 2, 2), t.ones(3)),
        lambda t: t.conv2d(t.ones(1, 3, 4, 5), t.ones(2, 3, 2, 2), t.ones(2, 1)),
        lambda t: t.conv2d(t.ones(1, 3, 4, 5), t.ones(2, 3, 2, 2), padding=-1),
        lambda t: t.conv2d(t.ones(1, 3, 4, 5), t.ones(2, 3, 2, 2), stride=0),
        lambda t: t.conv2d(t.ones(1, 3, 4, 5), t.ones(2, 3, 2, 2), dilation=0),
        lambda t: t.conv2d(t.ones(1, 3, 4, 5), t.ones(2, 3, 2, 2), groups=0),
        lambda t: t.conv2d(t.ones(1, 4, 4, 5), t.ones(3, 2, 2, 2), groups=2),
        lambda t: t.conv2d(t.ones(1, 4, 4, 5), t.ones(2, 3, 2, 2), stride=(1, 2, 3)),
        lambda t: t.conv2d(t.ones(1, 3, 4, 5), t.ones(2, 3, 2, 2), stride=1.5),
        lambda t: t.conv2d(t.ones(1, 3, 4, 5), t.ones(2, 3, 2, 2), stride=(1, 1.5)),
        lambda t: t.conv2d(t.ones(1, 3, 4, 5), t.ones(2, 3, 2, 2), stride=True),
        lambda t: t.conv2d(t.ones(1, 3, 4, 5), t.ones(2, 3, 2, 2), stride="a"),
        lambda t: t.conv2d(t.ones(1, 3, 4, 5), t.ones(2, 3, 2, 2), padding="full"),
        lambda t: t.conv2d(t.ones(1, 3, 4, 5), t.ones(2, 3, 2, 2), padding="same", stride=2),
        lambda t: t.conv2d(t.ones(1, 3, 4, 5), t.ones(2, 3, 2, 2, dtype=t.float64)),
        lambda t: t.conv2d(t.ones(1, 3, 4, 5), t.ones(2, 3, 2, 2), t.ones(2, dtype=t.float64)),
        lambda t: t.conv2d(t.ones(1, 3, 4, 5) > 0, t.ones(2, 3, 2, 2) > 0),
        lambda t: t.conv2d([1.0], t.ones(2, 3, 2, 2)),
        lambda t: t.conv2d(t.ones(1, 3, 4, 5), 3),
        lambda t: t.conv2d(t.ones(1, 3, 4, 5), t.ones(2, 3, 2, 2), 3),
        lambda t: t.conv2d(t.ones(1, 3, 4, 5)),
        lambda t: t.conv2d(t.ones(1, 3, 0, 5), t.ones(2, 3, 2, 2), padding=1),
        lambda t: t.conv2d(t.ones(1, 3, 4, 5), t.ones(0, 3, 2, 2)),
        lambda t: t.conv2d(t.ones(1, 3, 4, 5), t.ones(2, 3, 0, 2)),
        lambda t: t.conv2d(t.ones(1, 3, 4, 5), t.ones(2, 3, 2, 2), groups=1.5),
        lambda t: t.conv_transpose2d(t.ones(1, 3, 4, 5), t.ones(2, 3, 2, 2)),
        lambda t: t.conv_transpose2d(t.ones(1, 3, 4, 5), t.ones(3, 3, 2, 2), output_padding=1),
        lambda t: t.conv_transpose2d(t.ones(1, 3, 4, 5), t.ones(3, 3, 2, 2), output_padding=-1),
        lambda t: t.conv_transpose2d(t.ones(1, 3, 4, 5), t.ones(3, 3, 2, 2), padding=7),
        lambda t: t.conv_transpose2d(t.ones(1, 3, 4, 5), t.ones(3, 3, 2, 2), t.ones(2)),
        lambda t: t.conv_transpose2d(t.ones(1, 3, 4, 5), t.ones(3, 3, 2, 2), padding="same"),
        lambda t: t.conv_transpose1d(t.ones(1, 3), t.ones(3, 3)),
        lambda t: t.conv_transpose2d(t.ones(1, 3, 4, 5), t.ones(3, 3, 2, 2), groups=2),
        lambda t: t.convolution(t.ones(1, 3, 4), t.ones(3, 3, 2), None, [1], [0], [1], False, [0]),
        lambda t: t.convolution(
            t.ones(1, 3, 4), t.ones(3, 3, 2, 2), None, [1], [0], [1], False, [0], 1
        ),
        lambda t: t.convolution(t.ones(1, 3), t.ones(3, 3), None, [1], [0], [1], False, [0], 1),
        lambda t: t.convolution(
            t.ones(1, 3, 4), t.ones(3, 3, 2), None, [1, 1], [0], [1], False, [0], 1
        ),
        lambda t: t.conv_tbc(t.ones(4, 1, 3), t.ones(2, 2, 3), t.ones(3)),
        lambda t: t.conv_tbc(t.ones(4, 3), t.ones(2, 3, 3), t.ones(3)),
        lambda t: t.conv_tbc(t.ones(4, 1, 3), t.ones(2, 3, 3), t.ones(2)),
        lambda t: t.conv_tbc(t.ones(4, 1, 3), t.ones(2, 3, 3)),
        lambda t: t.conv_tbc(t.ones(4, 1, 3), t.ones(2, 3, 3), None),
    ]


def pooling() -> list[Call]:
    return [
        lambda t: t.nn.functional.max_pool2d(t.ones(1, 1, 4, 4), 0),
        lambda t: t.nn.functional.max_pool2d(t.ones(1, 1, 4, 4), 2, 0),
        lambda t: t.nn.functional.max_pool2d(t.ones(1, 1, 4, 4), 2, padding=2),
        lambda t: t.nn.functional.max_pool2d(t.ones(1, 1, 4, 4), 2, padding=-1),
        lambda t: t.nn.functional.max_pool2d(t.ones(1, 1, 4, 4), 2, dilation=0),
        lambda t: t.nn.functional.max_pool2d(t.ones(1, 1, 4, 4), 3, padding=2, dilation=2),
        lambda t: t.nn.functional.max_pool2d(t.ones(1, 1, 4, 4), 5),
        lambda t: t.nn.functional.max_pool2d(t.ones(4, 4), 2),
        lambda t: t.nn.functional.max_pool2d(t.ones(1, 1, 1, 4, 4), 2),
        lambda t: t.nn.functional.max_pool2d(t.ones(1, 1, 4, 4), (2, 2, 2)),
        lambda t: t.nn.functional.max_pool2d(t.ones(1, 1, 4, 4), 1.5),
        lambda t: t.nn.functional.max_pool2d(t.ones(1, 1, 4, 4)),
        lambda t: t.nn.functional.max_pool2d(t.ones(1, 0, 4, 4), 2),
        lambda t: t.nn.functional.max_pool2d(t.ones(1, 1, 0, 4), 2),
        lambda t: t.nn.functional.max_pool2d(3, 2),
        lambda t: t.nn.functional.max_pool1d(t.ones(4), 2),
        lambda t: t.nn.functional.max_pool1d(t.ones(1, 4), 5),
        lambda t: t.nn.functional.max_pool1d(t.ones(1, 4), 2, padding=2),
        lambda t: t.nn.functional.max_pool1d(t.ones(1, 4), (2, 2)),
        lambda t: t.nn.functional.max_pool1d(t.ones(0, 4), 2),
        lambda t: t.nn.functional.max_pool1d(t.ones(1, 1, 4) > 0, 2),
        lambda t: t.nn.functional.max_pool3d(t.ones(1, 4, 4), 2),
        lambda t: t.nn.functional.max_pool3d(t.ones(1, 4, 4, 4), 2, padding=3),
        lambda t: t.nn.functional.avg_pool2d(t.ones(1, 1, 4, 4), 0),
        lambda t: t.nn.functional.avg_pool2d(t.ones(1, 1, 4, 4), 2, 0),
        lambda t: t.nn.functional.avg_pool2d(t.ones(1, 1, 4, 4), 2, padding=2),
        lambda t: t.nn.functional.avg_pool2d(t.ones(1, 1, 4, 4), 5),
        lambda t: t.nn.functional.avg_pool2d(t.ones(4, 4), 2),
        lambda t: t.nn.functional.avg_pool2d(t.ones(1, 1, 4, 4), (2, 2, 2)),
        lambda t: t.nn.functional.avg_pool2d(t.ones(1, 1, 4, 4), 2, divisor_override=0),
        lambda t: t.nn.functional.avg_pool1d(t.ones(4), 2),
        lambda t: t.nn.functional.avg_pool1d(t.ones(1, 4), 2, padding=2),
        lambda t: t.nn.functional.avg_pool3d(t.ones(1, 4, 4), 2),
        lambda t: t.nn.functional.avg_pool3d(t.ones(1, 4, 4, 4), 2, divisor_override=0),
        lambda t: t.nn.functional.adaptive_avg_pool2d(t.ones(4, 4), 2),
        lambda t: t.nn.functional.adaptive_avg_pool2d(t.ones(1, 4, 4), (2, 2, 2)),
        lambda t: t.nn.functional.adaptive_avg_pool2d(t.ones(1, 4, 4), -1),
        lambda t: t.nn.functional.adaptive_avg_pool2d(t.ones(1, 0, 4), 2),
        lambda t: t.nn.functional.adaptive_avg_pool1d(t.ones(4), 2),
        lambda t: t.nn.functional.adaptive_avg_pool1d(t.ones(1, 4), (2, 2)),
        lambda t: t.nn.functional.adaptive_avg_pool1d(t.ones(1, 4), -2),
        lambda t: t.nn.functional.adaptive_avg_pool1d(t.ones(1, 4), 1.5),
        lambda t: t.nn.functional.adaptive_avg_pool3d(t.ones(1, 4, 4), 2),
        lambda t: t.nn.functional.adaptive_max_pool2d(t.ones(4, 4), 2),
        lambda t: t.nn.functional.adaptive_max_pool2d(t.ones(1, 4, 4), (2, 2, 2)),
        lambda t: t.nn.functional.adaptive_max_pool2d(t.ones(1, 4, 4), -1),
        lambda t: t.nn.functional.adaptive_max_pool2d(t.ones(1, 0, 4), 1),
        lambda t: t.nn.functional.adaptive_max_pool1d(t.ones(4), 2),
        lambda t: t.nn.functional.adaptive_max_pool3d(t.ones(1, 4, 4), 2),
        lambda t: t.nn.functional.lp_pool2d(t.ones(1, 4, 4), 2, 5),
        lambda t: t.nn.functional.lp_pool2d(t.ones(1, 4, 4), 2, 0),
        lambda t: t.nn.functional.lp_pool1d(t.ones(1, 4), 0, 2),
        lambda t: t.nn.functional.lp_pool1d(t.ones(4), 2, 2),
        lambda t: t.nn.functional.lp_pool3d(t.ones(4, 4), 2, 2),
        lambda t: t.nn.functional.max_unpool2d(t.ones(1, 1, 2, 2), t.ones(1, 1, 2, 2), 2),
        lambda t: t.nn.functional.max_unpool2d(t.ones(1, 1, 2, 2), t.ones(1, 1, 2, 1).long(), 2),
        lambda t: t.nn.functional.max_unpool2d(
            t.ones(1, 1, 2, 2), t.ones(1, 1, 2, 2).long() * 99, 2
        ),
        lambda t: t.nn.functional.max_unpool2d(
            t.ones(1, 1, 2, 2), t.ones(1, 1, 2, 2).long() * -1, 2
        ),
        lambda t: t.nn.functional.max_unpool2d(
            t.ones(1, 1, 2, 2), t.ones(1, 1, 2, 2).long(), 2, output_size=(9, 9)
        ),
        lambda t: t.nn.functional.max_unpool2d(
            t.ones(1, 1, 2, 2), t.ones(1, 1, 2, 2).long(), 2, output_size=(4,)
        ),
        lambda t: t.nn.functional.max_unpool2d(t.ones(2, 2), t.ones(2, 2).long(), 2),
        lambda t: t.nn.functional.max_unpool1d(t.ones(1, 2), t.ones(1, 2).long() * 9, 2),
        lambda t: t.nn.functional.max_unpool3d(
            t.ones(1, 2, 2, 2), t.ones(1, 2, 2, 2).long() * 99, 2
        ),
        lambda t: t.nn.functional.max_unpool3d(t.ones(1, 2, 2, 2), t.ones(1, 2, 2, 2), 2),
        lambda t: t.nn.functional.fractional_max_pool2d(t.ones(1, 4, 4), 2),
        lambda t: t.nn.functional.fractional_max_pool2d(t.ones(1, 4, 4), 2, 5),
        lambda t: t.nn.functional.fractional_max_pool2d(t.ones(1, 4, 4), 5, 2),
        lambda t: t.nn.functional.fractional_max_pool2d(t.ones(4, 4), 2, 2),
        lambda t: t.nn.functional.fractional_max_pool2d(
            t.ones(1, 4, 4), 2, 2, _random_samples=t.ones(1, 1, 3)
        ),
        lambda t: t.nn.functional.fractional_max_pool2d(t.ones(1, 4, 4), 2, (2, 2, 2)),
        lambda t: t.nn.functional.fractional_max_pool3d(t.ones(1, 4, 4, 4), 2, None, None),
        lambda t: t.nn.functional.fold(t.ones(1, 12, 4), 3, 3),
        lambda t: t.nn.functional.fold(t.ones(1, 11, 4), 3, 2),
        lambda t: t.nn.functional.fold(t.ones(1, 12, 5), 3, 2),
        lambda t: t.nn.functional.fold(t.ones(12), 3, 2),
        lambda t: t.nn.functional.fold(t.ones(1, 12, 4), 3, 2, padding=-1),
        lambda t: t.nn.functional.fold(t.ones(1, 12, 4), 3, 2, stride=0),
        lambda t: t.nn.functional.fold(t.ones(1, 12, 4), (3, 3, 3), 2),
        lambda t: t.nn.functional.unfold(t.ones(1, 3, 4), 5),
        lambda t: t.nn.functional.unfold(t.ones(4, 4), 2),
        lambda t: t.nn.functional.unfold(t.ones(1, 4, 4), 0),
        lambda t: t.nn.functional.unfold(t.ones(1, 4, 4), 2, stride=0),
        lambda t: t.nn.functional.unfold(t.ones(1, 4, 4), 2, dilation=0),
        lambda t: t.nn.functional.unfold(t.ones(1, 4, 4), 2, padding=-1),
        lambda t: t.nn.functional.unfold(t.ones(1, 4, 4), (2, 2, 2)),
        lambda t: t.nn.functional.unfold(t.ones(1, 4, 4, dtype=t.int64), 2),
        lambda t: t.adaptive_max_pool1d(t.ones(1, 4), (2, 2)),
        lambda t: t.avg_pool1d(t.ones(1, 4), 5),
        lambda t: t.max_pool1d_with_indices(t.ones(4), 2),
    ]
