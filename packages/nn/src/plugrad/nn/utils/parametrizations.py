"""Parametrizations that many models use."""

from __future__ import annotations

from typing import Any

import plugrad
from plugrad import Tensor
from plugrad.nn import functional as F
from plugrad.nn.modules.module import Module
from plugrad.nn.parameter import is_lazy
from plugrad.nn.utils.orthogonal_maps import OrthogonalMap, _Orthogonal
from plugrad.nn.utils.parametrize import register_parametrization
from plugrad.nn.utils.spectral_norm import as_matrix, output_dim, random_vectors
from plugrad.nn.utils.weight_norm import norm_except, of_length

__all__ = ["orthogonal", "spectral_norm", "weight_norm"]

FIRST_STEPS = 15


class _WeightNorm(Module):
    def __init__(self, dim: int | None = 0) -> None:
        super().__init__()
        self.dim = -1 if dim is None else dim

    def forward(self, weight_g: Tensor, weight_v: Tensor) -> Tensor:
        return of_length(weight_v, weight_g, self.dim)

    def right_inverse(self, weight: Tensor) -> tuple[Tensor, Tensor]:
        return norm_except(weight, self.dim), weight


class _OldNames:
    """Gives a state that was saved under the hook's names those of the parametrization."""

    def __init__(self, name: str) -> None:
        self.names = {f"{name}_{old}": f"parametrizations.{name}.original{new}"
                      for new, old in enumerate("gv")}  # fmt: skip

    def __call__(self, module: Any, state_dict: dict[str, Any], prefix: str, *rest: Any) -> None:
        if all(prefix + old in state_dict for old in self.names):
            for old, new in self.names.items():
                state_dict[prefix + new] = state_dict.pop(prefix + old)


def weight_norm(module: Any, name: str = "weight", dim: int | None = 0) -> Any:
    r"""Learn the lengths and the directions of a weight apart from each other.

    .. math:: w = g \frac{v}{\|v\|}

    Parameters
    ----------
    module : Module
    name : str
    dim : int, optional
        The dimension along which there is a length for each position; None for a single one.

    Returns
    -------
    Module
        The same one, with the lengths in ``parametrizations.weight.original0`` and the directions
        in ``original1``. It loads states of `plugrad.nn.utils.weight_norm` too.

    References
    ----------
    T. Salimans, D. Kingma, "Weight Normalization: A Simple Reparameterization to Accelerate
    Training of Deep Neural Networks", 2016.

    Examples
    --------
    >>> from plugrad import nn
    >>> layer = nn.utils.parametrizations.weight_norm(nn.Linear(20, 40))
    >>> layer.parametrizations.weight.original0.shape
    plugrad.Size([40, 1])
    """
    register_parametrization(module, name, _WeightNorm(dim), unsafe=True)
    module._load_state_dict_pre_hooks.add(_OldNames(name))
    return module


class _SpectralNorm(Module):
    def __init__(self, weight: Tensor, n_power_iterations: int, dim: int, eps: float) -> None:
        super().__init__()
        ndim = weight.dim()
        if not -ndim <= dim < ndim:
            raise IndexError(f"dim {dim} is out of range for a tensor of {ndim} dimensions")
        if n_power_iterations <= 0:
            raise ValueError(f"n_power_iterations must be positive, not {n_power_iterations}")
        self.dim = dim % ndim
        self.eps = eps
        self.n_power_iterations = n_power_iterations
        if ndim > 1:
            matrix = as_matrix(weight, self.dim)
            u, v = random_vectors(matrix, eps)
            self.register_buffer("_u", u)
            self.register_buffer("_v", v)
            self._step(matrix, FIRST_STEPS)

    def _step(self, matrix: Tensor, times: int) -> None:
        """Move the vectors nearer to those of the largest singular value, by the power method."""
        with plugrad.no_grad():
            for _ in range(times):
                self._u.copy_(F.normalize(matrix @ self._v, dim=0, eps=self.eps))
                self._v.copy_(F.normalize(matrix.T @ self._u, dim=0, eps=self.eps))

    def forward(self, weight: Tensor) -> Tensor:
        if weight.dim() == 1:
            return F.normalize(weight, dim=0, eps=self.eps)
        matrix = as_matrix(weight, self.dim)
        if self.training:
            self._step(matrix, self.n_power_iterations)
        u, v = self._u.clone(), self._v.clone()  # the graph keeps these; a step changes those
        divided: Tensor = weight / plugrad.vdot(u, matrix @ v)
        return divided

    def right_inverse(self, value: Tensor) -> Tensor:
        return value


def _held(module: Any, name: str) -> Tensor:
    value = getattr(module, name, None)
    if is_lazy(value):
        raise RuntimeError(f"{name!r} has no shape yet: call the module once before")
    if not isinstance(value, Tensor):
        raise ValueError(f"{type(module).__name__} has no parameter or buffer {name!r}")
    return value


def spectral_norm(
    module: Any,
    name: str = "weight",
    n_power_iterations: int = 1,
    eps: float = 1e-12,
    dim: int | None = None,
) -> Any:
    r"""Divide a weight by its largest singular value; a vector by its length.

    .. math:: W = \frac{W'}{\sigma(W')}

    The value is found by the power method, which is gone on with at each reading in training.

    Parameters
    ----------
    module : Module
    name : str
    n_power_iterations : int
        The steps to make at each reading.
    eps : float
        The least length that a vector is divided by.
    dim : int, optional
        The dimension that gives the rows of the matrix; by default that of the outputs.

    Returns
    -------
    Module
        The same one, with ``parametrizations.weight.original`` to be learnt.

    Raises
    ------
    ValueError
        If there is no such tensor, or `n_power_iterations` is not positive.
    RuntimeError
        If it has no shape yet.
    IndexError
        If there is no such dimension.

    References
    ----------
    T. Miyato, T. Kataoka, M. Koyama, Y. Yoshida, "Spectral Normalization for Generative
    Adversarial Networks", 2018.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad import nn
    >>> layer = nn.Linear(2, 2)
    >>> layer.weight.data = plugrad.tensor([[4.0, 0.0], [0.0, 2.0]])
    >>> nn.utils.parametrizations.spectral_norm(layer).weight.round(decimals=3).tolist()
    [[1.0, 0.0], [0.0, 0.5]]
    """
    weight = _held(module, name)
    by = output_dim(module) if dim is None else dim
    return register_parametrization(
        module, name, _SpectralNorm(weight, n_power_iterations, by, eps)
    )


def orthogonal(
    module: Any,
    name: str = "weight",
    orthogonal_map: str | None = None,
    *,
    use_trivialization: bool = True,
) -> Any:
    r"""Keep a matrix orthogonal, or unitary: its columns, or if it is wide its rows, orthonormal.

    The distribution ``plugrad-linalg`` must be installed.

    .. math:: Q^\mathrm{H} Q = I

    Parameters
    ----------
    module : Module
    name : str
    orthogonal_map : {"matrix_exp", "cayley", "householder"}, optional
        How it is made of the matrix that is learnt: as the exponential of, or the Cayley transform
        :math:`(I + A/2)(I - A/2)^{-1}` of, a skew-symmetric one; or as a product of reflections.
        By default the exponential for square and complex matrices, reflections for others.
    use_trivialization : bool
        Whether it is that times a matrix ``base``, which it starts as: steps then start near the
        identity, where these maps do best. Without, no value can be assigned to the first two.

    Returns
    -------
    Module
        The same one, with ``parametrizations.weight.original`` to be learnt.

    Raises
    ------
    ValueError
        If there is no such tensor or map, the tensor is no matrix, or reflections are asked for
        with a complex one.

    References
    ----------
    M. Lezcano-Casado, "Trivializations for Gradient-Based Optimization on Manifolds", 2019.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad import nn
    >>> layer = nn.utils.parametrizations.orthogonal(nn.Linear(20, 40))
    >>> plugrad.allclose(layer.weight.T @ layer.weight, plugrad.eye(20), atol=1e-5)
    True
    """
    weight = _held(module, name)
    if weight.dim() < 2:
        raise ValueError(f"{name!r} must be a matrix or several, not of {weight.dim()} dimensions")
    if orthogonal_map is None:
        square = weight.size(-2) == weight.size(-1) or weight.is_complex()
        orthogonal_map = "matrix_exp" if square else "householder"
    known = OrthogonalMap.__members__.get(orthogonal_map)
    if known is None:
        raise ValueError(f"orthogonal_map must be one of {[*OrthogonalMap.__members__]}")
    if known is OrthogonalMap.householder and weight.is_complex():
        raise ValueError("reflections make real matrices only: choose another orthogonal_map")
    made = _Orthogonal(weight, known, use_trivialization)
    return register_parametrization(module, name, made, unsafe=True)
