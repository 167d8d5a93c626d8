"""Orthogonal matrices made of any others."""

from __future__ import annotations

from enum import Enum, auto

import plugrad
from plugrad import Tensor
from plugrad.nn.modules.module import Module

__all__ = ["OrthogonalMap"]


class OrthogonalMap(Enum):
    """The ways to make one."""

    matrix_exp = auto()
    cayley = auto()
    householder = auto()


def _orthonormal(matrix: Tensor) -> Tensor:
    """Return the factor Q of a matrix, whose R has a positive diagonal."""
    q, r = plugrad.linalg.qr(matrix)
    signed: Tensor = q * r.diagonal(dim1=-2, dim2=-1).sgn().unsqueeze(-2)
    return signed


def _completed(q: Tensor) -> Tensor:
    """Append to orthonormal columns random ones, until the matrix is square."""
    rows, columns = q.shape[-2:]
    if rows == columns:
        return q
    shape = (*q.shape[:-1], rows - columns)
    others = plugrad.randn(*shape, dtype=q.dtype, device=q.device)
    for _ in range(2):  # the second time takes away what rounding has left
        others = others - q @ (q.mH @ others)
    whole: Tensor = plugrad.cat([q, _orthonormal(others)], -1)
    return whole


def _skew(x: Tensor) -> Tensor:
    """Return a square skew-symmetric matrix, of what is below the diagonal of a tall one."""
    lower = x.tril()
    rows, columns = x.shape[-2:]
    if rows != columns:
        lower = plugrad.cat([lower, x.new_zeros(*x.shape[:-1], rows - columns)], -1)
    skew: Tensor = lower - lower.mH
    return skew


def _reflections(x: Tensor) -> Tensor:
    """Multiply the reflections whose vectors lie below the diagonal, and the signs on it."""
    vectors = x.tril(-1)
    factors = 2 / (1 + (vectors * vectors).sum(-2))
    signs = x.detach().diagonal(dim1=-2, dim2=-1).int()
    product: Tensor = plugrad.linalg.householder_product(vectors, factors) * signs.unsqueeze(-2)
    return product


class _Orthogonal(Module):
    """The parametrization of `parametrizations.orthogonal`.

    Parameters
    ----------
    weight : Tensor
    orthogonal_map : OrthogonalMap
    use_trivialization : bool
    """

    base: Tensor

    def __init__(
        self, weight: Tensor, orthogonal_map: OrthogonalMap, use_trivialization: bool = True
    ) -> None:
        super().__init__()
        self.shape = weight.shape
        self.orthogonal_map = orthogonal_map
        if use_trivialization:
            self.register_buffer("base", None)

    def _based(self) -> bool:
        return "base" in self._buffers

    def forward(self, x: Tensor) -> Tensor:
        """Return the orthogonal matrix that `x` stands for."""
        wide = x.size(-2) < x.size(-1)
        x = x.mT if wide else x
        if self.orthogonal_map is OrthogonalMap.householder:
            q = _reflections(x)
        else:
            skew = _skew(x)
            if self.orthogonal_map is OrthogonalMap.matrix_exp:
                q = plugrad.linalg.matrix_exp(skew)
            else:
                identity = plugrad.eye(skew.size(-1), dtype=skew.dtype, device=skew.device)
                q = plugrad.linalg.solve(identity - skew / 2, identity + skew / 2)
            q = q[..., : x.size(-1)]
        if self._based():
            q = self.base @ q
        return q.mT if wide else q

    def right_inverse(self, value: Tensor) -> Tensor:
        """Return what stands for the orthogonal matrix that is nearest at hand to `value`.

        Raises
        ------
        ValueError
            If it has another shape.
        NotImplementedError
            If the map cannot be inverted.
        """
        if value.shape != self.shape:
            raise ValueError(f"the shape must be {list(self.shape)}, not {list(value.shape)}")
        wide = value.size(-2) < value.size(-1)
        tall = value.mT if wide else value
        if self._based():
            self.base = _completed(_orthonormal(tall))
            start = plugrad.zeros_like(value)
            start.diagonal(dim1=-2, dim2=-1).fill_(-1)
            return start
        if self.orthogonal_map is not OrthogonalMap.householder:
            raise NotImplementedError(
                "a matrix can only be assigned to the exponential or the Cayley transform with "
                "use_trivialization=True"
            )
        kept, factors = plugrad.geqrf(tall)
        diagonal = kept.diagonal(dim1=-2, dim2=-1)
        # A factor of 0 is no reflection; one with nothing below the diagonal turns the sign.
        diagonal.copy_(plugrad.where(factors == 0, -diagonal.sign(), diagonal.sign()))
        standing: Tensor = kept.mT if wide else kept
        return standing
