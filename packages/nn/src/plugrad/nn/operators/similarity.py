"""How alike two vectors are: the cosine between them, and their distance."""

from __future__ import annotations

from typing import Any

from plugrad.autograd.modes import mode
from plugrad.operators.dimensions import one_dim, require_tensor
from plugrad.operators.network import shifted
from plugrad.operators.norms import norm_along
from plugrad.operators.spaces import cast
from plugrad.promotion import promote_types
from plugrad.shapes import broadcast_shapes
from plugrad.vocabulary.forms import function
from plugrad.vocabulary.registry import tensor_table as k

__all__ = ["cosine_similarity", "pairwise_distance"]


@function("function", aten="aten::cosine_similarity")
def cosine_similarity(x1: Any, x2: Any, dim: int = 1, eps: float = 1e-8) -> Any:
    """Return the cosines of the angles between vectors along a dimension.

    Parameters
    ----------
    x1, x2 : Tensor
        Broadcast together.
    dim : int
    eps : float
        The least length that a vector is divided by.

    Returns
    -------
    Tensor
        Without that dimension.

    Raises
    ------
    RuntimeError
        For integers, or shapes that do not fit.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.cosine_similarity(plugrad.tensor([[3.0, 4.0]]), plugrad.tensor([[1.0, 0.0]]))
    tensor([0.6000])
    """
    name = "cosine_similarity"
    require_tensor(name, x1, "x1")
    require_tensor(name, x2, "x2")
    shape = tuple(broadcast_shapes(x1._array.shape, x2._array.shape))
    kind = promote_types(x1._dtype, x2._dtype)
    if not kind.is_floating_point:
        raise RuntimeError(f"{name}() needs floating-point numbers, not {kind}")
    units = []
    for each in (x1, x2):
        if each._dtype is not kind:
            each = cast(each, kind)
        if x1._array.shape != x2._array.shape:
            each = k.expand(each, shape)
        units.append(each)
    dims = (one_dim(name, units[0], dim),) if shape else ()
    return k.sum_dim(k.mul(*(_unit(each, dims, eps) for each in units)), dims, False)


def _unit(x: Any, dims: tuple[int, ...], eps: float) -> Any:
    length = k.clone(k.vector_norm(x, 2.0, dims, True))
    # That short vectors are divided by more changes nothing in the gradient.
    length._array = mode.quiet(length._table.clamp_min, length._array, eps)
    return k.div(x, length)


@function("function", aten="aten::pairwise_distance")
def pairwise_distance(
    x1: Any, x2: Any, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False
) -> Any:
    """Return the norms of the differences of vectors along the last dimension.

    Parameters
    ----------
    x1, x2 : Tensor of shape (D,) or (N, D)
        Broadcast together.
    p : float
        The order of the norm.
    eps : float
        Added to the differences, so that none is 0.
    keepdim : bool
        Whether the dimension stays, with size 1.

    Returns
    -------
    Tensor

    Examples
    --------
    >>> import plugrad
    >>> plugrad.pairwise_distance(plugrad.tensor([[3.0, 4.0]]), plugrad.zeros(1, 2), eps=0)
    tensor([5.])
    """
    require_tensor("pairwise_distance", x1, "x1")
    require_tensor("pairwise_distance", x2, "x2")
    away = shifted(k.sub(x1, x2), eps)
    last = len(away._array.shape) - 1
    return norm_along(away, float(p), (last,) if last >= 0 else (), keepdim)
