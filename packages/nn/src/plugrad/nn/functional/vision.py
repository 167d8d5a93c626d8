"""Functions of images: made larger or smaller, sampled at the points of a grid."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from typing import Any

import plugrad
from plugrad.nn import functional
from plugrad.nn.operators.resampling import UPSAMPLING
from plugrad.tensor import Tensor

__all__ = [
    "affine_grid",
    "grid_sample",
    "interpolate",
    "upsample",
    "upsample_bilinear",
    "upsample_nearest",
]

_ALIGNED = ("linear", "bilinear", "bicubic", "trilinear")
_MODES = ("nearest", "nearest-exact", "area", *_ALIGNED)


def _for_each(name: str, value: Any, count: int) -> tuple[Any, ...]:
    """Return an argument for each dimension; one stands for all."""
    if not isinstance(value, (tuple, list)):
        return (value,) * count
    if len(value) != count:
        raise ValueError(
            f"interpolate(): {name} needs one entry for each of {count} dimensions, not "
            f"{len(value)}"
        )
    return tuple(value)


def interpolate(
    input: Tensor,
    size: int | Sequence[int] | None = None,
    scale_factor: float | Sequence[float] | None = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
    recompute_scale_factor: bool | None = None,
    antialias: bool = False,
) -> Tensor:
    """Make images larger or smaller.

    Parameters
    ----------
    input : Tensor of shape (n, c, ...)
        With one, two or three dimensions to resample.
    size : int or sequence of int, optional
        What they become.
    scale_factor : float or sequence of float, optional
        By how much they grow, in place of `size`.
    mode : str
        ``"nearest"``, ``"nearest-exact"``, ``"area"``, ``"linear"`` (one dimension),
        ``"bilinear"`` or ``"bicubic"`` (two), ``"trilinear"`` (three).
    align_corners : bool, optional
        Whether the outermost elements keep their places; by default the edges of images do.
    recompute_scale_factor : bool, optional
        Whether the factor is the quotient of the sizes, rather than what was given.
    antialias : bool
        Whether all elements count in a smaller image: for ``"bilinear"`` and ``"bicubic"``.

    Raises
    ------
    ValueError
        If arguments contradict each other.
    NotImplementedError
        If there is no such mode for that many dimensions.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.nn import functional as F
    >>> F.interpolate(plugrad.tensor([[[1.0, 2.0]]]), scale_factor=2, mode="linear")
    tensor([[[1.0000, 1.2500, 1.7500, 2.0000]]])
    """
    if mode not in _ALIGNED and align_corners is not None:
        raise ValueError(f"interpolate(): align_corners is for {_ALIGNED}, not for mode {mode!r}")
    count = input.dim() - 2
    if size is not None and scale_factor is not None:
        raise ValueError("interpolate(): pass either size or scale_factor, not both")
    sizes: tuple[int, ...]
    scales: tuple[float | None, ...] = (None,) * count
    if size is not None:
        sizes = _for_each("size", size, count)
        if recompute_scale_factor:
            raise ValueError("interpolate(): recompute_scale_factor is for a given scale_factor")
    elif scale_factor is not None:
        factors = tuple(map(float, _for_each("scale_factor", scale_factor, count)))
        sizes = tuple(math.floor(n * s) for n, s in zip(input.shape[2:], factors, strict=True))
        scales = factors
        if recompute_scale_factor or mode == "area":
            scales = (None,) * count
    else:
        raise ValueError("interpolate(): pass either size or scale_factor")
    if antialias and mode not in ("bilinear", "bicubic"):
        raise ValueError("interpolate(): antialias is for modes 'bilinear' and 'bicubic'")
    if mode == "area" and count in (1, 2, 3):
        averaged: Tensor = getattr(functional, f"adaptive_avg_pool{count}d")(input, sizes)
        return averaged
    chosen = UPSAMPLING.get((f"{mode}-aa" if antialias else mode, count))
    if chosen is None:
        raise NotImplementedError(
            f"interpolate(): there is no mode {mode!r} for an input of {input.dim()} dimensions; "
            f"modes are {_MODES}"
        )
    if 0 in input.shape[1:] or min(sizes) <= 0:
        raise RuntimeError(
            f"interpolate(): nothing can be made of shape {list(input.shape)} in sizes "
            f"{list(sizes)}: all but the first must be positive"
        )
    resampled: Tensor = chosen(input, tuple(map(int, sizes)), bool(align_corners), scales)
    return resampled


def upsample(
    input: Tensor,
    size: int | Sequence[int] | None = None,
    scale_factor: float | Sequence[float] | None = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
) -> Tensor:
    """Apply `interpolate`, which took this function's place.

    There is a warning that it did. The arguments are those of `interpolate`.

    Examples
    --------
    >>> import plugrad, warnings
    >>> from plugrad.nn import functional as F
    >>> with warnings.catch_warnings(action="ignore"):
    ...     F.upsample(plugrad.tensor([[[1.0, 2.0]]]), scale_factor=2)
    tensor([[[1., 1., 2., 2.]]])
    """
    warnings.warn("upsample() is deprecated; use interpolate()", UserWarning, stacklevel=2)
    return interpolate(input, size, scale_factor, mode, align_corners)


def upsample_nearest(
    input: Tensor,
    size: int | Sequence[int] | None = None,
    scale_factor: float | Sequence[float] | None = None,
) -> Tensor:
    """Apply `interpolate` in mode ``"nearest"``, which took this function's place.

    There is a warning that it did. The arguments are those of `interpolate`.

    Examples
    --------
    >>> import plugrad, warnings
    >>> from plugrad.nn import functional as F
    >>> with warnings.catch_warnings(action="ignore"):
    ...     F.upsample_nearest(plugrad.tensor([[[[1.0, 2.0]]]]), size=(1, 4))
    tensor([[[[1., 1., 2., 2.]]]])
    """
    warnings.warn("upsample_nearest() is deprecated; use interpolate()", UserWarning, stacklevel=2)
    return interpolate(input, size, scale_factor)


def upsample_bilinear(
    input: Tensor,
    size: int | Sequence[int] | None = None,
    scale_factor: float | Sequence[float] | None = None,
) -> Tensor:
    """Apply `interpolate` in mode ``"bilinear"`` with aligned corners, which took its place.

    There is a warning that it did. The arguments are those of `interpolate`.

    Examples
    --------
    >>> import plugrad, warnings
    >>> from plugrad.nn import functional as F
    >>> with warnings.catch_warnings(action="ignore"):
    ...     F.upsample_bilinear(plugrad.tensor([[[[1.0, 2.0]]]]), size=(1, 3))
    tensor([[[[1.0000, 1.5000, 2.0000]]]])
    """
    warnings.warn("upsample_bilinear() is deprecated; use interpolate()", UserWarning, stacklevel=2)
    return interpolate(input, size, scale_factor, "bilinear", align_corners=True)


_SAMPLING = ("bilinear", "nearest", "bicubic")
_PADDING = ("zeros", "border", "reflection")


def grid_sample(
    input: Tensor,
    grid: Tensor,
    mode: str = "bilinear",
    padding_mode: str = "zeros",
    align_corners: bool | None = None,
) -> Tensor:
    """Return the elements of images at the points of a grid.

    Parameters
    ----------
    input : Tensor of shape (N, C, H, W) or (N, C, D, H, W)
        Of a floating-point dtype.
    grid : Tensor of shape (N, H', W', 2) or (N, D', H', W', 3)
        Points in x, y (and z), where -1 and 1 are the ends of the image: x runs along W.
    mode : {"bilinear", "nearest", "bicubic"}
        How to read between elements; ``"bicubic"`` is for two dimensions.
    padding_mode : {"zeros", "border", "reflection"}
        What lies outside of the image.
    align_corners : bool, optional
        Whether the ends are the middle of the outermost elements; by default their edges are.

    Returns
    -------
    Tensor of shape (N, C, H', W') or (N, C, D', H', W')

    Raises
    ------
    ValueError
        For another mode.
    RuntimeError
        If input and grid do not fit.

    References
    ----------
    M. Jaderberg et al., Spatial transformer networks, 2015, https://arxiv.org/abs/1506.02025.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.nn import functional as F
    >>> image = plugrad.tensor([[[[1.0, 2.0], [3.0, 4.0]]]])
    >>> points = plugrad.tensor([[[[0.0, 0.0], [1.0, -1.0]]]])  # the middle, the upper right
    >>> F.grid_sample(image, points, align_corners=True)
    tensor([[[[2.5000, 2.0000]]]])
    """
    if mode not in _SAMPLING:
        raise ValueError(f"grid_sample(): mode must be one of {_SAMPLING}, not {mode!r}")
    if padding_mode not in _PADDING:
        raise ValueError(f"grid_sample(): padding_mode must be one of {_PADDING}")
    if align_corners is None:
        warnings.warn(
            "grid_sample() takes align_corners=False unless told otherwise; pass it",
            UserWarning,
            stacklevel=2,
        )
    sampled: Tensor = plugrad.grid_sampler(
        input, grid, _SAMPLING.index(mode), _PADDING.index(padding_mode), bool(align_corners)
    )
    return sampled


def affine_grid(theta: Tensor, size: Sequence[int], align_corners: bool | None = None) -> Tensor:
    """Return the points that affine maps make of a regular grid, for `grid_sample`.

    Each point p of the grid becomes ``theta[:, :-1] @ p + theta[:, -1]``.

    Parameters
    ----------
    theta : Tensor of shape (N, 2, 3) or (N, 3, 4)
        The maps, of a floating-point dtype.
    size : sequence of int
        The shape of the images: (N, C, H, W) or (N, C, D, H, W).
    align_corners : bool, optional
        As for `grid_sample`.

    Returns
    -------
    Tensor of shape (N, H, W, 2) or (N, D, H, W, 3)

    Raises
    ------
    ValueError
        If `theta` or `size` is of the wrong shape.
    NotImplementedError
        If there are neither 4 nor 5 sizes.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.nn import functional as F
    >>> mirror = plugrad.tensor([[[-1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]])
    >>> F.affine_grid(mirror, [1, 1, 1, 3], align_corners=True)
    tensor([[[[ 1.,  0.],
              [ 0.,  0.],
              [-1.,  0.]]]])
    """
    if align_corners is None:
        warnings.warn(
            "affine_grid() takes align_corners=False unless told otherwise; pass it",
            UserWarning,
            stacklevel=2,
        )
    if not theta.is_floating_point():
        raise ValueError(f"affine_grid(): theta needs a floating-point dtype, not {theta.dtype}")
    count = len(size) - 2
    if count not in (2, 3):
        raise NotImplementedError(f"affine_grid(): size must have 4 or 5 entries, not {len(size)}")
    if theta.dim() != 3 or tuple(theta.shape[-2:]) != (count, count + 1):
        raise ValueError(
            f"affine_grid(): for {len(size)} sizes theta must have shape (n, {count}, "
            f"{count + 1}), not {list(theta.shape)}"
        )
    if min(size) <= 0:
        raise ValueError(f"affine_grid(): sizes must be positive, not {list(size)}")
    points: Tensor = plugrad.affine_grid_generator(theta, size, bool(align_corners))
    return points
