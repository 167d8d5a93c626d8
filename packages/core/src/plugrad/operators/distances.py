"""Distances between all pairs of two sets of points."""

from __future__ import annotations

import math
from typing import Any

from plugrad.autograd.tape import TensorBase
from plugrad.shapes import broadcast_shapes
from plugrad.vocabulary.forms import composite, function, primitive

__all__ = ["cdist"]


def _differences(k: Any, x: Any, y: Any) -> Any:
    """Return each point of `x` minus each of `y`, in shape (..., n, m, d)."""
    ndim = len(x.shape)
    return k.unsqueeze(x, ndim - 1) - k.unsqueeze(y, ndim - 2)


def _norm(k: Any, x: Any, y: Any, p: float) -> Any:
    sizes = k.abs(_differences(k, x, y))
    dims = (len(x.shape),)
    if p == 0:
        return k.sum_dim(k.where(sizes != 0, k.ones_like(sizes), sizes), dims, False)
    if p == 1:
        return k.sum_dim(sizes, dims, False)
    if p == 2:
        return k.sqrt(k.sum_dim(sizes * sizes, dims, False))
    if p == math.inf:
        return k.amax(sizes, dims, False)
    return k.sum_dim(sizes**p, dims, False) ** (1 / p)


_cdist = primitive(
    "cdist", "x, y; p", aten="aten::_cdist_forward", body=_norm,
    x=lambda k, g, x, y, out, x_shape, p: k.sum_dim(
        k.cdist_slopes(g, x, y, out, p), (len(x_shape) - 1,), False
    ),
    y=lambda k, g, x, y, out, x_shape, p: -k.sum_dim(
        k.cdist_slopes(g, x, y, out, p), (len(x_shape) - 2,), False
    ),
)  # fmt: skip


@composite("cdist_slopes", expose="", aten="aten::_cdist_backward")
def _cdist_slopes(k: Any, g: Any, x: Any, y: Any, out: Any, p: float) -> Any:
    """Return the gradient of each difference; 0 where the points are the same."""
    differences = _differences(k, x, y)
    g, out = (k.unsqueeze(each, len(x.shape)) for each in (g, out))
    if p == 0:
        return k.zeros_like(differences) * g
    sizes, signs = k.abs(differences), k.sign(differences)
    if p == 1:
        return signs * g
    if p == math.inf:
        return k.keep(signs * g, sizes == out)
    safe = k.where(out == 0, k.ones_like(out), out)
    if p == 2:
        return differences * (g / safe)
    apart = k.where(sizes == 0, k.ones_like(sizes), sizes)
    return signs * (apart / safe) ** (p - 1) * g


@function("function", aten="aten::cdist")
def cdist(
    x1: Any, x2: Any, p: float = 2.0,
    compute_mode: str | None = "use_mm_for_euclid_dist_if_necessary",
) -> Any:  # fmt: skip
    """Return the distances between all pairs of two sets of points.

    Parameters
    ----------
    x1 : Tensor of shape (..., n, d)
    x2 : Tensor of shape (..., m, d)
    p : float
        The exponent of the norm: 2 for Euclid's distance, 0 to count what differs.
    compute_mode : str, optional
        Accepted, but always computed from the differences, which is most precise.

    Returns
    -------
    Tensor of shape (..., n, m)

    Raises
    ------
    RuntimeError
        If shapes or dtypes do not fit, or `p` is negative.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.cdist(plugrad.tensor([[0.0, 0.0]]), plugrad.tensor([[3.0, 4.0], [0.0, 1.0]]))
    tensor([[5., 1.]])
    """
    for points in (x1, x2):
        if not isinstance(points, TensorBase):
            raise TypeError(f"cdist(): expected Tensors, not {type(points).__name__}")
        if len(points._array.shape) < 2:
            raise RuntimeError(
                f"cdist(): points are the rows of a matrix, but found shape "
                f"{list(points._array.shape)}"
            )
        if not points._dtype.is_floating_point:
            raise RuntimeError(f"cdist() needs floating-point numbers, not {points._dtype}")
    one, two = x1._array.shape, x2._array.shape
    if one[-1] != two[-1]:
        raise RuntimeError(
            f"cdist(): points of shapes {list(one)} and {list(two)} must have as many coordinates"
        )
    if x1._dtype is not x2._dtype:
        raise RuntimeError(f"cdist(): expected one dtype, but found {x1._dtype} and {x2._dtype}")
    if p < 0:
        raise RuntimeError(f"cdist(): p must not be negative, but is {p}")
    ndim = len(broadcast_shapes(one[:-2], two[:-2])) + 2
    x1, x2 = (
        x if len(x._array.shape) == ndim else x[(None,) * (ndim - len(x._array.shape))]
        for x in (x1, x2)
    )
    return _cdist(x1, x2, float(p))
