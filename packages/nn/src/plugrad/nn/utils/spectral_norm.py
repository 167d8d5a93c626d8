"""A weight divided by its largest singular value: the way of doing it with a hook.

The value is found by the power method, one step of which is made in each call in training.
"""

from __future__ import annotations

from typing import Any

import plugrad
from plugrad import Tensor
from plugrad.nn import functional as F
from plugrad.nn.modules.conv import ConvTranspose1d, ConvTranspose2d, ConvTranspose3d
from plugrad.nn.parameter import Parameter, is_lazy
from plugrad.nn.utils.weight_norm import find_hook

__all__ = ["SpectralNorm", "remove_spectral_norm", "spectral_norm"]


def as_matrix(weight: Tensor, dim: int) -> Tensor:
    """Return a weight with a row for each position along a dimension."""
    rows: Tensor = weight.movedim(dim, 0).reshape(weight.size(dim), -1)
    return rows


def random_vectors(matrix: Tensor, eps: float) -> tuple[Tensor, Tensor]:
    """Return vectors of length 1 to start with, for the rows and for the columns."""
    with plugrad.no_grad():
        u, v = (
            F.normalize(matrix.new_empty(size).normal_(0, 1), dim=0, eps=eps)
            for size in matrix.shape
        )
    return u, v


def output_dim(module: Any) -> int:
    """Return the dimension of a layer's weight that counts what goes out of it."""
    return int(isinstance(module, ConvTranspose1d | ConvTranspose2d | ConvTranspose3d))


class SpectralNorm:
    """The hook of `spectral_norm`.

    Parameters
    ----------
    name : str
    n_power_iterations, dim : int
    eps : float

    Raises
    ------
    ValueError
        If `n_power_iterations` is not positive.

    Examples
    --------
    >>> from plugrad import nn
    >>> from plugrad.nn.utils.spectral_norm import SpectralNorm
    >>> layer = nn.utils.spectral_norm(nn.Linear(2, 3))
    >>> SpectralNorm().compute_weight(layer, do_power_iteration=False).shape
    plugrad.Size([3, 2])
    """

    def __init__(
        self, name: str = "weight", n_power_iterations: int = 1, dim: int = 0, eps: float = 1e-12
    ) -> None:
        if n_power_iterations <= 0:
            raise ValueError(f"n_power_iterations must be positive, not {n_power_iterations}")
        self.name = name
        self.dim = dim
        self.n_power_iterations = n_power_iterations
        self.eps = eps

    def compute_weight(self, module: Any, do_power_iteration: bool) -> Tensor:
        """Return a module's weight, divided by its largest singular value as it is known."""
        weight: Tensor = getattr(module, f"{self.name}_orig")
        u, v = (getattr(module, f"{self.name}_{letter}") for letter in "uv")
        matrix = as_matrix(weight, self.dim)
        if do_power_iteration:
            with plugrad.no_grad():
                for _ in range(self.n_power_iterations):
                    v.copy_(F.normalize(matrix.T @ u, dim=0, eps=self.eps))
                    u.copy_(F.normalize(matrix @ v, dim=0, eps=self.eps))
                u, v = u.clone(), v.clone()  # the graph keeps these; the next call changes those
        divided: Tensor = weight / plugrad.dot(u, matrix @ v)
        return divided

    def __call__(self, module: Any, inputs: Any) -> None:
        """Set the weight: the module is about to be called."""
        setattr(module, self.name, self.compute_weight(module, do_power_iteration=module.training))


class _StateVersion:
    """Writes into the metadata of a state that the vectors are in it, as PyTorch's loading asks."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(
        self, module: Any, state_dict: Any, prefix: str, local_metadata: dict[str, Any]
    ) -> None:
        local_metadata.setdefault("spectral_norm", {})[f"{self.name}.version"] = 1


def spectral_norm(
    module: Any,
    name: str = "weight",
    n_power_iterations: int = 1,
    eps: float = 1e-12,
    dim: int | None = None,
) -> Any:
    r"""Divide a weight by its largest singular value.

    .. math:: W = \frac{W'}{\sigma(W')}

    The weight is computed by a hook before each call; `plugrad.nn.utils.parametrizations` has the
    same as a parametrization, which modules can be copied with.

    Parameters
    ----------
    module : Module
    name : str
    n_power_iterations : int
        The steps of the power method to make in each call in training.
    eps : float
        The least length that a vector is divided by.
    dim : int, optional
        The dimension that gives the rows of the matrix; by default that of the outputs.

    Returns
    -------
    Module
        The same one, with the parameter ``weight_orig`` in place of ``weight``, and the buffers
        ``weight_u`` and ``weight_v``.

    Raises
    ------
    RuntimeError
        If the weight is divided so already.
    ValueError
        If it is None or has no shape yet, or `n_power_iterations` is not positive.

    References
    ----------
    T. Miyato, T. Kataoka, M. Koyama, Y. Yoshida, "Spectral Normalization for Generative
    Adversarial Networks", 2018.

    Examples
    --------
    >>> from plugrad import nn
    >>> layer = nn.utils.spectral_norm(nn.Linear(20, 40))
    >>> layer.weight_u.shape, layer.weight_v.shape
    (plugrad.Size([40]), plugrad.Size([20]))
    """
    if find_hook(module, SpectralNorm, name):
        raise RuntimeError(f"{name!r} of {type(module).__name__} is divided by its norm already")
    hook = SpectralNorm(name, n_power_iterations, output_dim(module) if dim is None else dim, eps)
    weight = module._parameters[name]
    if weight is None:
        raise ValueError(f"{name!r} of {type(module).__name__} is None, which has no norm")
    if is_lazy(weight):
        raise ValueError(f"{name!r} has no shape yet: call the module once before")
    if not 0 <= hook.dim < weight.dim():
        raise RuntimeError(f"dim must be one of {name!r}'s {weight.dim()} dimensions, not {dim}")
    u, v = random_vectors(as_matrix(weight, hook.dim), eps)
    delattr(module, name)
    module.register_parameter(f"{name}_orig", weight)
    setattr(module, name, weight.data)
    module.register_buffer(f"{name}_u", u)
    module.register_buffer(f"{name}_v", v)
    module.register_forward_pre_hook(hook)
    module._state_dict_hooks.add(_StateVersion(name))
    return module


def remove_spectral_norm(module: Any, name: str = "weight") -> Any:
    """Make a divided weight one parameter again, after `spectral_norm`.

    Parameters
    ----------
    module : Module
    name : str

    Returns
    -------
    Module
        The same one.

    Raises
    ------
    ValueError
        If the weight was not divided.

    Examples
    --------
    >>> from plugrad import nn
    >>> layer = nn.utils.spectral_norm(nn.Linear(20, 40))
    >>> list(nn.utils.remove_spectral_norm(layer).state_dict())
    ['bias', 'weight']
    """
    found = find_hook(module, SpectralNorm, name)
    if found is None:
        raise ValueError(f"{name!r} of {type(module).__name__} is not made by spectral_norm")
    key, hook = found
    with plugrad.no_grad():
        weight = hook.compute_weight(module, do_power_iteration=False)
    for held in (name, f"{name}_u", f"{name}_v", f"{name}_orig"):
        delattr(module, held)
    module.register_parameter(name, Parameter(weight.detach()))
    del module._forward_pre_hooks[key]
    for number, other in list(module._state_dict_hooks.items()):
        if isinstance(other, _StateVersion) and other.name == name:
            del module._state_dict_hooks[number]
    return module
