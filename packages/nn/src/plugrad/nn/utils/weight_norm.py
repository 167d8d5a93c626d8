"""A weight as a length and a direction: the way of doing it with a hook before each call."""

from __future__ import annotations

import warnings
from typing import Any

from plugrad import Tensor
from plugrad.nn.parameter import Parameter, is_lazy

__all__ = ["WeightNorm", "remove_weight_norm", "weight_norm"]


def norm_except(v: Tensor, dim: int) -> Tensor:
    """Return the norm over all dimensions but one; over all if that is -1."""
    if dim == -1:
        whole: Tensor = v.norm()
        return whole
    length = v.size(dim)
    across: Tensor = v.transpose(0, dim).reshape(length, v.numel() // max(length, 1)).norm(2, 1)
    shape = [1] * v.dim()
    shape[dim] = length
    across = across.reshape(shape)
    return across


def of_length(v: Tensor, g: Tensor, dim: int) -> Tensor:
    """Return `v`, made as long as `g` says."""
    return v * (g / norm_except(v, dim))


class WeightNorm:
    """The hook of `weight_norm`.

    Parameters
    ----------
    name : str
    dim : int or None

    Examples
    --------
    >>> import warnings
    >>> from plugrad import nn
    >>> from plugrad.nn.utils.weight_norm import WeightNorm
    >>> with warnings.catch_warnings(action="ignore"):
    ...     layer = nn.utils.weight_norm(nn.Linear(2, 3))
    >>> WeightNorm("weight", 0).compute_weight(layer).shape
    plugrad.Size([3, 2])
    """

    def __init__(self, name: str, dim: int | None) -> None:
        self.name = name
        self.dim = -1 if dim is None else dim

    def compute_weight(self, module: Any) -> Tensor:
        """Return the weight that a module's length and direction make."""
        return of_length(
            getattr(module, f"{self.name}_v"), getattr(module, f"{self.name}_g"), self.dim
        )

    def __call__(self, module: Any, inputs: Any) -> None:
        """Set the weight: the module is about to be called."""
        setattr(module, self.name, self.compute_weight(module))


def find_hook(module: Any, kind: type, name: str) -> tuple[int, Any] | None:
    """Return the key and the hook of a kind that makes a tensor of a module, if there is one."""
    for key, (hook, *_) in module._forward_pre_hooks.items():
        if isinstance(hook, kind) and getattr(hook, "name", None) == name:
            return key, hook
    return None


def weight_norm(module: Any, name: str = "weight", dim: int | None = 0) -> Any:
    r"""Learn the lengths and the directions of a weight apart from each other.

    .. math:: w = g \frac{v}{\|v\|}

    The weight is computed by a hook before each call; `plugrad.nn.utils.parametrizations` has the
    same as a parametrization, which modules can be copied with.

    Parameters
    ----------
    module : Module
    name : str
    dim : int, optional
        The dimension along which there is a length for each position; None for a single one.

    Returns
    -------
    Module
        The same one, with the parameters ``weight_g`` and ``weight_v`` in place of ``weight``.

    Raises
    ------
    RuntimeError
        If the weight is learnt so already.
    ValueError
        If it has no shape yet.

    References
    ----------
    T. Salimans, D. Kingma, "Weight Normalization: A Simple Reparameterization to Accelerate
    Training of Deep Neural Networks", 2016.

    Examples
    --------
    >>> import warnings
    >>> from plugrad import nn
    >>> with warnings.catch_warnings(action="ignore"):
    ...     layer = nn.utils.weight_norm(nn.Linear(20, 40))
    >>> layer.weight_g.shape, layer.weight_v.shape
    (plugrad.Size([40, 1]), plugrad.Size([40, 20]))
    """
    warnings.warn(
        "nn.utils.weight_norm is deprecated: use nn.utils.parametrizations.weight_norm",
        FutureWarning,
        stacklevel=2,
    )
    if find_hook(module, WeightNorm, name):
        raise RuntimeError(f"{name!r} of {type(module).__name__} has its length apart already")
    hook = WeightNorm(name, dim)
    weight = getattr(module, name)
    if not isinstance(weight, Tensor):
        raise TypeError(f"{name!r} of {type(module).__name__} is {weight!r}, which has no length")
    if is_lazy(weight):
        raise ValueError(f"{name!r} has no shape yet: call the module once before")
    length = norm_except(weight, hook.dim).data
    del module._parameters[name]
    module.register_parameter(f"{name}_g", Parameter(length))
    module.register_parameter(f"{name}_v", Parameter(weight.data))
    setattr(module, name, hook.compute_weight(module))
    module.register_forward_pre_hook(hook)
    return module


def remove_weight_norm(module: Any, name: str = "weight") -> Any:
    """Make a weight one parameter again, after `weight_norm`.

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
        If the length was not apart.

    Examples
    --------
    >>> import warnings
    >>> from plugrad import nn
    >>> with warnings.catch_warnings(action="ignore"):
    ...     layer = nn.utils.weight_norm(nn.Linear(20, 40))
    >>> list(nn.utils.remove_weight_norm(layer).state_dict())
    ['bias', 'weight']
    """
    found = find_hook(module, WeightNorm, name)
    if found is None:
        raise ValueError(f"{name!r} of {type(module).__name__} is not made by weight_norm")
    key, hook = found
    weight = hook.compute_weight(module)
    delattr(module, name)
    del module._parameters[f"{name}_g"], module._parameters[f"{name}_v"]
    setattr(module, name, Parameter(weight.data))
    del module._forward_pre_hooks[key]
    return module
