"""Distances between vectors, and their likeness."""

from __future__ import annotations

from plugrad.nn import functional as F
from plugrad.nn.modules.module import Module
from plugrad.tensor import Tensor

__all__ = ["CosineSimilarity", "PairwiseDistance"]


class CosineSimilarity(Module):
    """Return the cosines of the angles between vectors along a dimension.

    Parameters
    ----------
    dim : int
    eps : float
        The least length that a vector is divided by.

    Notes
    -----
    Shapes: both (..., D, ...), which are broadcast; the result without D.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad import nn
    >>> nn.CosineSimilarity()(plugrad.tensor([[3.0, 4.0]]), plugrad.tensor([[1.0, 0.0]]))
    tensor([0.6000])
    """

    def __init__(self, dim: int = 1, eps: float = 1e-8) -> None:
        super().__init__()
        self.dim = dim
        self.eps = eps

    def forward(self, x1: Tensor, x2: Tensor) -> Tensor:
        """Return the cosines."""
        return F.cosine_similarity(x1, x2, self.dim, self.eps)


class PairwiseDistance(Module):
    """Return the norms of the differences of vectors along the last dimension.

    Parameters
    ----------
    p : float
        The order of the norm.
    eps : float
        Added to the differences, so that none is 0.
    keepdim : bool
        Whether the dimension stays, with size 1.

    Notes
    -----
    Shapes: both (N, D) or (D,); the result (N,) or (), with `keepdim` (N, 1) or (1,).

    Examples
    --------
    >>> import plugrad
    >>> from plugrad import nn
    >>> nn.PairwiseDistance()(plugrad.tensor([[3.0, 4.0]]), plugrad.zeros(1, 2))
    tensor([5.0000])
    """

    def __init__(self, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False) -> None:
        super().__init__()
        self.norm = p
        self.eps = eps
        self.keepdim = keepdim

    def forward(self, x1: Tensor, x2: Tensor) -> Tensor:
        """Return the distances."""
        return F.pairwise_distance(x1, x2, self.norm, self.eps, self.keepdim)
