"""Distances between all pairs of points: of two sets, or of one."""

from __future__ import annotations

import math
from typing import Any

from plugrad.autograd.tape import TensorBase
from plugrad.operators.dimensions import require_tensor
from plugrad.shapes import broadcast_shapes
from plugrad.vocabulary.forms import composite, function, primitive
from plugrad.vocabulary.registry import tensor_table as k

__all__ = ["cdist", "pdist"]


def _differences(k: Any, x: Any, y: Any) -> Any:
    """Return each point of `x` minus each of `y`, in shape (..., n, m, d)."""
    ndim = len(x.shape)
    return k.unsqueeze(x, ndim - 1) - k.unsqueeze(y, ndim - 2)


def _norm(k: Any, x: Any, y: Any, p: float) -> Any:
    return _length(k, _differences(k, x, y), p)


def _length(k: Any, differences: Any, p: float) -> Any:
    """Return the norms of rows."""
    sizes = k.abs(differences)
    dims = (len(differences.shape) - 1,)
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
    joint=lambda k, g, x, y, out, p, needs: k.cdist_grad(g, x, y, out, p, needs),
)  # fmt: skip


@composite("cdist_grad", expose="", aten="aten::_cdist_backward")
def _cdist_grad(
    k: Any, g: Any, x: Any, y: Any, out: Any, p: float, needs: tuple[bool, bool]
) -> tuple[Any, Any]:
    """Return the gradients that are needed, and None for the others."""
    slopes = _slopes(k, g, _differences(k, x, y), out, p)
    ndim = len(g.shape)
    return (
        k.sum_dim(slopes, (ndim - 1,), False) if needs[0] else None,
        -k.sum_dim(slopes, (ndim - 2,), False) if needs[1] else None,
    )


def _slopes(k: Any, g: Any, differences: Any, out: Any, p: float) -> Any:
    """Return the gradient of each difference; 0 where the points are the same."""
    g, out = (k.unsqueeze(each, len(differences.shape) - 1) for each in (g, out))
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


# By way of a product of matrices: less precise, and fast.
_euclidean = primitive(
    "euclidean_dist", "x, y", aten="aten::_euclidean_dist", body=lambda k, x, y: k.sqrt(
        k.clamp_min(
            _squares(k, x) + k.swap_last(_squares(k, y)) - k.matmul(x, k.swap_last(y)) * 2, 0
        )
    ),
    x=lambda k, g, x, y, out: k.euclidean_dist_grad(g, x, y, out),
    y=lambda k, g, x, y, out: k.euclidean_dist_grad(
        k.swap_last(g), y, x, k.swap_last(out)
    ),
)  # fmt: skip


def _squares(k: Any, x: Any) -> Any:
    return k.sum_dim(x * x, (len(x.shape) - 1,), True)


@composite("swap_last", expose="")
def _swap_last(k: Any, x: Any) -> Any:
    ndim = len(x.shape)
    return k.permute(x, (*range(ndim - 2), ndim - 1, ndim - 2))


@composite("euclidean_dist_grad", expose="", aten="aten::_euclidean_dist_backward")
def _euclidean_grad(k: Any, g: Any, x: Any, y: Any, out: Any) -> Any:
    safe = k.where(out == 0, k.ones_like(out), out)
    ratio = k.keep(g / safe, out != 0)
    return x * k.sum_dim(ratio, (len(out.shape) - 1,), True) - k.matmul(ratio, y)


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
        Whether Euclid's distance may be computed by a product of matrices, which is faster and less
        precise: ``"use_mm_for_euclid_dist"``, ``"donot_use_mm_for_euclid_dist"``, or by default
        where either set has more than 25 points.

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
    if compute_mode not in _MODES:
        raise ValueError(f"cdist(): compute_mode must be one of {_MODES}, not {compute_mode!r}")
    batch = tuple(broadcast_shapes(one[:-2], two[:-2]))
    by_product = compute_mode == _MODES[1] or (
        compute_mode in (_MODES[0], None) and (one[-2] > 25 or two[-2] > 25)
    )
    if p == 2 and by_product and 0 not in (*one, *two, *batch):
        return _by_product(x1, x2, batch)
    ndim = len(batch) + 2
    x1, x2 = (
        x if len(x._array.shape) == ndim else x[(None,) * (ndim - len(x._array.shape))]
        for x in (x1, x2)
    )
    return _cdist(x1, x2, float(p))


_MODES = (
    "use_mm_for_euclid_dist_if_necessary",
    "use_mm_for_euclid_dist",
    "donot_use_mm_for_euclid_dist",
    None,
)


def _by_product(x1: Any, x2: Any, batch: tuple[int, ...]) -> Any:
    rows, columns = x1._array.shape[-2], x2._array.shape[-2]
    if batch:
        size = (math.prod(batch), *x1._array.shape[-2:])
        x1, x2 = (
            k.reshape(k.expand(x, (*batch, *x._array.shape[-2:])), (size[0], n, size[2]))
            for x, n in ((x1, rows), (x2, columns))
        )
    return k.view(_euclidean(x1, x2), (*batch, rows, columns))


_pdist = primitive(
    "pdist", "x; p", aten="aten::_pdist_forward",
    body=lambda k, x, p: _length(k, _pairs(k, x)[0], p),
    x=lambda k, g, x, out, p: k.pdist_grad(g, x, out, p),
)  # fmt: skip

primitive("numbers_of_pairs", "x", outputs="first, second")


def _pairs(k: Any, x: Any) -> tuple[Any, Any, Any]:
    """Return the differences of all pairs of points, and the numbers of the two."""
    first, second = k.numbers_of_pairs(x)
    return k.index_select(x, first, 0) - k.index_select(x, second, 0), first, second


@composite("pdist_grad", expose="", aten="aten::_pdist_backward")
def _pdist_grad(k: Any, g: Any, x: Any, out: Any, p: float) -> Any:
    differences, first, second = _pairs(k, x)
    slopes = _slopes(k, g, differences, out, p)
    shape = tuple(x.shape)
    return k.index_select_grad(slopes, first, shape, 0) - k.index_select_grad(
        slopes, second, shape, 0
    )


@function("function", aten="aten::pdist")
def pdist(input: Any, p: float = 2.0) -> Any:
    """Return the distances between all pairs of points, each pair once.

    Parameters
    ----------
    input : Tensor of shape (n, d)
    p : float
        The exponent of the norm, as for `cdist`.

    Returns
    -------
    Tensor of shape (n * (n - 1) / 2,)

    Raises
    ------
    RuntimeError
        If there is no matrix of floating-point numbers, or `p` is negative.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.pdist(plugrad.tensor([[0.0, 0.0], [3.0, 4.0], [0.0, 1.0]]))
    tensor([5.0000, 1.0000, 4.2426])
    """
    require_tensor("pdist", input)
    shape = input._array.shape
    if len(shape) != 2:
        raise RuntimeError(f"pdist(): points are the rows of a matrix, not of shape {list(shape)}")
    if not input._dtype.is_floating_point:
        raise RuntimeError(f"pdist() needs floating-point numbers, not {input._dtype}")
    if p < 0:
        raise RuntimeError(f"pdist(): p must not be negative, but is {p}")
    return _pdist(input, float(p))
