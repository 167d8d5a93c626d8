"""Resampling: images and the like made larger or smaller, along each dimension on its own.

Every mode is linear in the input, so its gradient is the transposed map; see
`plugrad.nn.kernels.array_api.resampling`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from plugrad import dtypes
from plugrad.vocabulary.forms import linear, primitive

__all__ = ["UPSAMPLING"]

UPSAMPLING: dict[tuple[str, int], Callable[..., Any]] = {}
"""The operators by mode and number of resampled dimensions: ``(x, size, align, scales)``."""


# What each mode computes with: only the modes are recorded, under names of their own.
primitive("resample", "x; size, mode, align, scales")
primitive("resample_grad", "x; size, mode, align, scales")


def _images(x: Any, *_: Any) -> None:
    if not x._dtype.is_floating_point and x._dtype is not dtypes.uint8:
        raise NotImplementedError(f"images are floating-point numbers or uint8, not {x._dtype}")


def _declare(mode: str, dims: int, name: str, kernel: str) -> None:
    """Declare one mode, which is a node of its own, and its gradient, which is another."""
    # Nearest neighbours are moved, whatever their dtype.
    moves = kernel.startswith("nearest")
    node = name.strip("_").title().replace("_", "")
    UPSAMPLING[mode, dims] = linear(
        name, "x; size, align, scales", node=f"{node}Backward0", moves=moves, check=_images,
        body=lambda k, x, size, align, scales: k.resample(x, size, kernel, align, scales),
        x=lambda k, g, x_shape, align, scales: getattr(k, f"{name}_backward")(
            g, x_shape[2:], align, scales
        ),
    )  # fmt: skip
    linear(
        f"{name}_backward", "grad; size, align, scales", node=f"{node}BackwardBackward0",
        body=lambda k, grad, size, align, scales: k.resample_grad(
            grad, size, kernel, align, scales
        ),
        grad=lambda k, g, grad_shape, align, scales: getattr(k, name)(
            g, grad_shape[2:], align, scales
        ),
    )  # fmt: skip


for _dims in (1, 2, 3):
    _declare("nearest", _dims, f"upsample_nearest{_dims}d", "nearest")
    _declare("nearest-exact", _dims, f"_upsample_nearest_exact{_dims}d", "nearest-exact")
_declare("linear", 1, "upsample_linear1d", "linear")
_declare("bilinear", 2, "upsample_bilinear2d", "linear")
_declare("trilinear", 3, "upsample_trilinear3d", "linear")
_declare("bicubic", 2, "upsample_bicubic2d", "cubic")
_declare("bilinear-aa", 2, "_upsample_bilinear2d_aa", "linear-aa")
_declare("bicubic-aa", 2, "_upsample_bicubic2d_aa", "cubic-aa")
