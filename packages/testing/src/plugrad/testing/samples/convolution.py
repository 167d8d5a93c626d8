"""Samples of convolutions, and of windows as columns."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from plugrad.nn.operators.columns import col2im, im2col
from plugrad.testing.samples import Sample, real

__all__ = ["SAMPLES"]

_MANY = ("float32", "float64", "complex128")
_SIZES = ((7,), (5, 6), (4, 5, 3))
_KERNELS = ((3,), (3, 2), (2, 3, 1))


def _call(name: str, **options: Any) -> Callable[..., Any]:
    return lambda t, *tensors: getattr(t, name)(*tensors, **options)


def _convolutions() -> list[Sample]:
    found = []
    kinds: dict[str, tuple[int, dict[str, Any]]] = {
        "": (4, {}),
        "stride": (4, {"stride": 2}),
        "padding": (4, {"padding": 1}),
        "dilation": (4, {"dilation": 2, "padding": 2}),
        "all": (2, {"stride": 2, "padding": 1, "dilation": 2, "groups": 2}),
        "depthwise": (1, {"groups": 4, "padding": 1}),
        "same": (4, {"padding": "same"}),
        "valid": (4, {"padding": "valid"}),
    }
    for n, (sizes, kernel) in enumerate(zip(_SIZES, _KERNELS, strict=True), 1):
        for label, (depth, options) in kinds.items():
            name, dtypes = f"conv{n}d", _MANY if label in ("", "all") else _MANY[:2]
            call = _call(name, **options)
            x, weight, bias = real(2, 4, *sizes), real(4, depth, *kernel), real(4)
            found += [
                Sample(name, call, (x, weight, bias), dtypes, label=label),
                Sample(name, call, (real(4, *sizes), weight), dtypes[:2], label=label),
            ]
        transposes: dict[str, dict[str, Any]] = {
            "": {},
            "stride": {"stride": 2, "padding": 1, "output_padding": 1},
            "dilation": {"dilation": 2, "output_padding": 1, "groups": 2},
        }
        for label, options in transposes.items():
            name, dtypes = f"conv_transpose{n}d", _MANY if not label else _MANY[:2]
            call, groups = _call(name, **options), options.get("groups", 1)
            weight, bias = real(4, 3, *kernel), real(3 * groups)
            found += [
                Sample(name, call, (real(2, 4, *sizes), weight, bias), dtypes, label=label),
                Sample(name, call, (real(4, *sizes), weight), dtypes[:2], label=label),
            ]
    # One element in a window is a product of matrices, and few windows are taken together.
    pointwise, fixed = real(3, 4, 2, 3), real(5, 4, 1, 1, grad=False)
    found += [
        Sample("conv2d", _call("conv2d"), (pointwise, real(5, 4, 1, 1)), label="pointwise"),
        Sample("conv2d", _call("conv2d"), (pointwise, fixed), label="pointwise-fixed"),
        Sample("conv2d", _call("conv2d"), (real(1, 2, 10, 11), real(3, 2, 3, 3)), label="wide"),
        Sample("conv2d", _call("conv2d"), (real(0, 2, 4, 4), real(3, 2, 3, 3), real(3)),
               label="no-images", second=False),
        Sample("convolution",
               lambda t, x, w: t.convolution(x, w, None, [2], [1], [1], False, [0], 1),
               (real(2, 4, 7), real(3, 4, 2))),
        Sample("convolution",
               lambda t, x, w, b: t.convolution(
                   x, w, b, [2, 1], [1, 0], [1, 2], True, [1, 0], 2
               ),
               (real(2, 4, 3, 4), real(4, 3, 3, 2), real(6))),
        Sample("conv_tbc", lambda t, x, w, b: t.conv_tbc(x, w, b, 1),
               (real(6, 2, 4), real(3, 4, 3), real(3))),
    ]  # fmt: skip
    return found


def _unfold(t: Any, x: Any, geometry: tuple[tuple[int, int], ...]) -> Any:
    return t.nn.functional.unfold(x, *geometry) if t.__name__ == "torch" else im2col(x, *geometry)


def _fold(t: Any, x: Any, sizes: tuple[int, int], geometry: tuple[tuple[int, int], ...]) -> Any:
    if t.__name__ == "torch":
        return t.nn.functional.fold(x, sizes, *geometry)
    return col2im(x, sizes, *geometry)


def _columns() -> list[Sample]:
    found = []
    # The window, the steps in it, the padding, the steps between windows; and how many there are.
    kinds = {
        "plain": (((2, 2), (1, 1), (0, 0), (1, 1)), 12),
        "apart": (((2, 3), (1, 1), (0, 0), (2, 3)), 2),
        "all": (((2, 3), (2, 1), (1, 1), (1, 2)), 12),
    }
    for label, (geometry, count) in kinds.items():
        depth = 3 * geometry[0][0] * geometry[0][1]

        def unfold(t: Any, x: Any, geometry: Any = geometry) -> Any:
            return _unfold(t, x, geometry)

        def fold(t: Any, x: Any, geometry: Any = geometry) -> Any:
            return _fold(t, x, (4, 5), geometry)

        found += [
            Sample("unfold", unfold, (real(2, 3, 4, 5),), _MANY, label=label, exact=True),
            Sample("unfold", unfold, (real(3, 4, 5),), label=label, exact=True),
            Sample("fold", fold, (real(2, depth, count),), _MANY, label=label),
            Sample("fold", fold, (real(depth, count),), label=label),
        ]
    return found


SAMPLES = [*_convolutions(), *_columns()]
