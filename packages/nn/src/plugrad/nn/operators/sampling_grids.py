"""Sampling at points of a grid: images turned, warped, cut out, wherever a network says.

The gradients are written in the same words as the sampling, so that they can be differentiated
again. The cubic kernel is Keys': Cubic convolution interpolation for digital image processing,
IEEE Transactions on Acoustics, Speech, and Signal Processing, 1981, with a = -3/4.
"""

from __future__ import annotations

from itertools import product
from math import prod
from typing import Any

from plugrad import dtypes
from plugrad.autograd.tape import TensorBase
from plugrad.size import listed
from plugrad.vocabulary.forms import composite, function, linear, primitive

__all__ = ["affine_grid_generator", "grid_sampler", "grid_sampler_2d", "grid_sampler_3d"]

_BILINEAR, _NEAREST, _BICUBIC = range(3)
_ZEROS, _BORDER, _REFLECTION = range(3)
_A = -0.75


# ------------------------------------------------------------------------ along one dimension


def _clipped(k: Any, c: Any, slope: Any, size: int) -> tuple[Any, Any]:
    """Move coordinates to the border, and with them their slopes to 0."""
    zero = k.zeros_like(c)
    low, high = c <= 0, c >= size - 1
    slope = k.where(k.logical_or(low, high), zero, slope)
    return k.where(low, zero, k.where(high, zero + (size - 1), c)), slope


def _reflected(k: Any, c: Any, slope: Any, size: int, align: bool) -> tuple[Any, Any]:
    """Reflect coordinates at the middle of the outermost elements, or at their edges."""
    low, span = (0.0, size - 1) if align else (-0.5, size)
    if not span:
        return k.zeros_like(c), k.zeros_like(c)
    distance = c - low
    negative = distance < 0
    distance = k.where(negative, -distance, distance)
    slope = k.where(negative, -slope, slope)
    turns = k.floor(distance / span)
    rest = distance - turns * span
    even = turns - 2 * k.floor(turns / 2) == 0
    return k.where(even, rest, span - rest) + low, k.where(even, slope, -slope)


def _padded(k: Any, c: Any, slope: Any, size: int, padding: int, align: bool) -> tuple[Any, Any]:
    if padding == _ZEROS:
        return c, slope
    if padding == _REFLECTION:
        c, slope = _reflected(k, c, slope, size, align)
    return _clipped(k, c, slope, size)


def _cubic_taps(k: Any, t: Any) -> list[tuple[Any, Any]]:
    """Return the weights of the four neighbours, and their derivatives."""
    found = []
    for offset in (-1, 0, 1, 2):
        x = t + 1 if offset == -1 else t if offset == 0 else offset - t
        sign = 1 if offset < 1 else -1
        if offset in (0, 1):
            weight = ((_A + 2) * x - (_A + 3)) * x * x + 1
            slope = (3 * (_A + 2) * x - 2 * (_A + 3)) * x
        else:
            weight = ((x - 5) * x + 8) * x * _A - 4 * _A
            slope = ((3 * x - 10) * x + 8) * _A
        found.append((weight, slope * sign))
    return found


def _axis(
    k: Any, grid: Any, size: int, mode: int, padding: int, align: bool
) -> list[tuple[Any, Any, Any]]:
    """Return the sources along a dimension: places, weights, and slopes of the weights."""
    if align:
        c, factor = (grid + 1) * ((size - 1) / 2), (size - 1) / 2
    else:
        c, factor = ((grid + 1) * size - 1) / 2, size / 2
    one, zero = k.ones_like(c), k.zeros_like(c)
    slope = one * factor
    if mode == _BICUBIC:
        floor = k.floor(c)
        sources = [
            (_padded(k, floor + offset, slope, size, padding, align)[0], weight, rise * slope)
            for offset, (weight, rise) in zip((-1, 0, 1, 2), _cubic_taps(k, c - floor), strict=True)
        ]
    else:
        c, slope = _padded(k, c, slope, size, padding, align)
        if mode == _NEAREST:
            sources = [(k.round(c), one, zero)]
        else:
            floor = k.floor(c)
            share = c - floor
            sources = [(floor, 1 - share, -slope), (floor + 1, share, slope)]
    found = []
    for place, weight, rise in sources:
        inside = k.logical_and(place >= 0, place <= size - 1)
        index = k.cast(k.where(inside, place, zero), dtypes.int64)
        found.append((index, k.where(inside, weight, zero), k.where(inside, rise, zero)))
    return found


def _axes(k: Any, x: Any, grid: Any, *how: Any) -> list[Any]:
    """Return the sources along each dimension; a grid's last coordinate is of the first."""
    count = grid.shape[-1]
    points = k.reshape(grid, (grid.shape[0], prod(grid.shape[1:-1]), count))
    return [
        _axis(k, k.select(points, 2, count - 1 - dim), x.shape[dim + 2], *how)
        for dim in range(count)
    ]


def _place(k: Any, corner: Any, shape: tuple[int, ...]) -> Any:
    """Return where the sources of a corner lie in the flattened image, for all channels."""
    flat = corner[0][0]
    for size, (index, _, _) in zip(shape[3:], corner[1:], strict=True):
        flat = flat * size + index
    return k.expand(k.unsqueeze(flat, 1), (shape[0], shape[1], flat.shape[1]))


def _weight(k: Any, corner: Any, sloping: int | None = None) -> Any:
    """Return the weights of a corner; or their slopes along one dimension."""
    total = None
    for dim, (_, weight, slope) in enumerate(corner):
        part = slope if dim == sloping else weight
        total = part if total is None else total * part
    return total


def _sampled(k: Any, x: Any, grid: Any, mode: int, padding: int, align: bool) -> Any:
    shape = tuple(x.shape)
    flat = k.reshape(x, (*shape[:2], prod(shape[2:])))
    total = None
    for corner in product(*_axes(k, x, grid, mode, padding, align)):
        part = k.gather(flat, _place(k, corner, shape), 2)
        part = part * k.unsqueeze(_weight(k, corner), 1)
        total = part if total is None else total + part
    return k.reshape(total, (*shape[:2], *grid.shape[1:-1]))


@composite("grid_sampler_backward", expose="", aten="aten::grid_sampler_2d_backward")
def _sampled_grad(
    k: Any, g: Any, x: Any, grid: Any, mode: int, padding: int, align: bool, needs: Any
) -> Any:
    shape = tuple(x.shape)
    flat = k.reshape(x, (*shape[:2], prod(shape[2:])))
    g = k.reshape(g, (*shape[:2], prod(grid.shape[1:-1])))
    corners = list(product(*_axes(k, x, grid, mode, padding, align)))
    g_x = g_grid = None
    if needs[0]:
        g_x = k.zeros_like(flat)
        for corner in corners:
            part = g * k.unsqueeze(_weight(k, corner), 1)
            g_x = k.scatter_add(g_x, _place(k, corner, shape), part, 2)
        g_x = k.reshape(g_x, shape)
    if needs[1]:
        count = len(shape) - 2
        slopes: list[Any] = [None] * count
        for corner in corners:
            value = k.sum_dim(k.gather(flat, _place(k, corner, shape), 2) * g, (1,), False)
            for dim in range(count):
                part = value * _weight(k, corner, dim)
                slopes[dim] = part if slopes[dim] is None else slopes[dim] + part
        g_grid = k.reshape(k.stack(slopes[::-1], 2), tuple(grid.shape))
    return g_x, g_grid


def _declare(count: int) -> Any:
    return primitive(
        f"grid_sampler_{count}d", "x, grid; style, padding, align",
        body=_sampled, node=f"GridSampler{count}DBackward0",
        joint=lambda k, g, x, grid, style, padding, align, needs: k.grid_sampler_backward(
            g, x, grid, style, padding, align, needs
        ),
    )  # fmt: skip


_SAMPLERS = {count: _declare(count) for count in (2, 3)}


def grid_sampler(
    input: Any, grid: Any, interpolation_mode: int, padding_mode: int, align_corners: bool
) -> Any:
    """Return the elements of images at the points of a grid.

    Parameters
    ----------
    input : Tensor of shape (n, c, h, w) or (n, c, d, h, w)
    grid : Tensor of shape (n, ..., 2) or (n, ..., 3)
        Points in x, y (and z), where -1 and 1 are the ends of the image.
    interpolation_mode : int
        0 for linear, 1 for the nearest element, 2 for cubic (two dimensions only).
    padding_mode : int
        What lies outside: 0 for zeros, 1 for the border, 2 for the image reflected.
    align_corners : bool
        Whether the ends are the middle of the outermost elements; else their edges.

    Returns
    -------
    Tensor of shape (n, c, ...)

    Raises
    ------
    RuntimeError
        If the two do not fit.

    References
    ----------
    Jaderberg et al., Spatial Transformer Networks, 2015, https://arxiv.org/abs/1506.02025

    Examples
    --------
    >>> import plugrad
    >>> image = plugrad.tensor([[[[1.0, 2.0], [3.0, 4.0]]]])
    >>> plugrad.grid_sampler(image, plugrad.zeros(1, 1, 1, 2), 0, 0, True)
    tensor([[[[2.5000]]]])
    """
    for name, tensor in (("input", input), ("grid", grid)):
        if not isinstance(tensor, TensorBase):
            raise TypeError(f"grid_sampler(): {name} must be a Tensor, not {type(tensor).__name__}")
    shape, points = tuple(input._array.shape), tuple(grid._array.shape)
    count = len(shape) - 2
    if count not in (2, 3) or len(points) != len(shape) or points[-1] != count:
        raise RuntimeError(
            "grid_sampler(): the input has shape (n, c, h, w) and the grid (n, ..., 2), or with "
            f"another dimension (n, c, d, h, w) and (n, ..., 3); these are of shapes "
            f"{listed(shape)} and {listed(points)}"
        )
    if shape[0] != points[0] or 0 in shape[2:]:
        raise RuntimeError(
            f"grid_sampler(): input and grid need one batch size, and images some elements; these "
            f"are of shapes {listed(shape)} and {listed(points)}"
        )
    if input._dtype is not grid._dtype:
        raise RuntimeError(
            f"grid_sampler(): input and grid must be of one dtype, not {input._dtype} and "
            f"{grid._dtype}"
        )
    if not input._dtype.is_floating_point:
        raise NotImplementedError(
            f"grid_sampler() needs a floating-point dtype, not {input._dtype}"
        )
    if count == 3 and interpolation_mode == _BICUBIC:
        raise RuntimeError("grid_sampler(): cubic sampling has two dimensions, not three")
    how = int(interpolation_mode), int(padding_mode), bool(align_corners)
    return _SAMPLERS[count](input, grid, *how)


def grid_sampler_2d(
    input: Any, grid: Any, interpolation_mode: int, padding_mode: int, align_corners: bool
) -> Any:
    """Apply `grid_sampler` to images of two dimensions.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.grid_sampler_2d(plugrad.ones(1, 1, 2, 2), plugrad.zeros(1, 1, 1, 2), 0, 0, False)
    tensor([[[[1.]]]])
    """
    return grid_sampler(input, grid, interpolation_mode, padding_mode, align_corners)


def grid_sampler_3d(
    input: Any, grid: Any, interpolation_mode: int, padding_mode: int, align_corners: bool
) -> Any:
    """Apply `grid_sampler` to images of three dimensions.

    Examples
    --------
    >>> import plugrad
    >>> image, middle = plugrad.ones(1, 1, 2, 2, 2), plugrad.zeros(1, 1, 1, 1, 3)
    >>> plugrad.grid_sampler_3d(image, middle, 0, 0, False).item()
    1.0
    """
    return grid_sampler(input, grid, interpolation_mode, padding_mode, align_corners)


# The points of a grid over the image in its own coordinates, each followed by 1, in shape
# (n, points, d + 1).
primitive("affine_points", "like; size, align", aten="aten::linspace")

_affine = linear(
    "affine_grid_generator", "theta; size, align",
    body=lambda k, theta, size, align: k.reshape(
        k.bmm(k.affine_points(theta, size, align), k.transpose(theta, 1, 2)),
        (size[0], *size[2:], len(size) - 2),
    ),
    theta=lambda k, g, theta_shape, size, align: k.affine_grid_grad(g, theta_shape, size, align),
)  # fmt: skip

linear(
    "affine_grid_grad", "grad; shape, size, align", node="AffineGridGeneratorBackwardBackward0",
    body=lambda k, grad, shape, size, align: k.bmm(
        k.transpose(k.reshape(grad, (size[0], prod(size[2:]), len(size) - 2)), 1, 2),
        k.affine_points(grad, size, align),
    ),
    grad=lambda k, g, size, align: k.affine_grid_generator(g, size, align),
)  # fmt: skip


def affine_grid_generator(theta: Any, size: Any, align_corners: bool) -> Any:
    """Return the points that affine maps make of those of a regular grid, for `grid_sampler`.

    Parameters
    ----------
    theta : Tensor of shape (n, 2, 3) or (n, 3, 4)
        The maps.
    size : sequence of int
        The shape of the images, (n, c, h, w) or (n, c, d, h, w).
    align_corners : bool
        Whether -1 and 1 are the middle of the outermost elements; else their edges.

    Returns
    -------
    Tensor of shape (n, h, w, 2) or (n, d, h, w, 3)

    Raises
    ------
    RuntimeError
        If `theta` and `size` do not fit.

    Examples
    --------
    >>> import plugrad
    >>> theta = plugrad.eye(2, 3).unsqueeze(0)
    >>> plugrad.affine_grid_generator(theta, (1, 1, 1, 2), True)
    tensor([[[[-1.,  0.],
              [ 1.,  0.]]]])
    """
    sizes = tuple(map(int, size))
    count = len(sizes) - 2
    if count not in (2, 3) or tuple(theta._array.shape) != (sizes[0], count, count + 1):
        raise RuntimeError(
            "affine_grid_generator(): maps of shape (n, 2, 3) go with images (n, c, h, w), and "
            f"(n, 3, 4) with (n, c, d, h, w), not {listed(theta._array.shape)} with {listed(sizes)}"
        )
    return _affine(theta, sizes, bool(align_corners))


for _public in (grid_sampler, grid_sampler_2d, grid_sampler_3d, affine_grid_generator):
    function("function")(_public)
