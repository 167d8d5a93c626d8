"""Parametrizations: a parameter that is computed from another, each time it is read.

``module.weight`` becomes a property of a class of its own; what is learned is
``module.parametrizations.weight.original``.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import plugrad
from plugrad.nn.modules.containers import ModuleDict
from plugrad.nn.parameter import Parameter, is_lazy
from plugrad.nn.utils.parametrization_list import (
    ParametrizationList,
    check_kept,
    check_tensor,
    inverse,
)

__all__ = [
    "ParametrizationList",
    "cached",
    "is_parametrized",
    "register_parametrization",
    "remove_parametrizations",
    "transfer_parametrizations_and_params",
    "type_before_parametrizations",
]

_cache: ContextVar[dict[tuple[Any, str], Any] | None] = ContextVar("_cache", default=None)


@contextmanager
def cached() -> Iterator[None]:
    """Within it, each parametrized tensor is computed once, at its first use.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad import nn
    >>> from plugrad.nn.utils import parametrizations, parametrize
    >>> layer = parametrizations.weight_norm(nn.Linear(2, 2))
    >>> with parametrize.cached():
    ...     print(layer.weight is layer.weight)
    True
    >>> layer.weight is layer.weight
    False
    """
    if _cache.get() is not None:
        yield
        return
    token = _cache.set({})
    try:
        yield
    finally:
        _cache.reset(token)


def _property(name: str) -> property:
    def read(self: Any) -> Any:
        cache = _cache.get()
        if cache is None:
            return self.parametrizations[name]()
        key = self, name
        if key not in cache:
            cache[key] = self.parametrizations[name]()
        return cache[key]

    def write(self: Any, value: Any) -> None:
        self.parametrizations[name].right_inverse(value)

    return property(read, write)


def _no_pickle(self: Any) -> Any:
    raise RuntimeError(
        f"{type(self).__name__} cannot be pickled: its class was made by a parametrization. Save "
        "its state_dict()"
    )


def _deep_copy(self: Any, memo: dict[int, Any]) -> Any:
    twin = object.__new__(type(self))
    memo[id(self)] = twin
    twin.__dict__.update(copy.deepcopy(self.__dict__, memo))
    return twin


def _own_class(module: Any) -> None:
    """Give a module a class of its own, on which properties can be put."""
    cls: type = type(module)
    body: dict[str, Any] = {"__getstate__": _no_pickle, "__module__": __name__}
    if not hasattr(cls, "__deepcopy__"):
        body["__deepcopy__"] = _deep_copy
    module.__class__ = type(f"Parametrized{cls.__name__}", (cls,), body)


def register_parametrization(
    module: Any, tensor_name: str, parametrization: Any, *, unsafe: bool = False
) -> Any:
    """Let a parameter or buffer of a module be computed by a parametrization.

    Its ``forward`` takes the tensor and returns the one to use in its place. If it has a method
    ``right_inverse``, that computes what the original starts with, and what it becomes when the
    parametrized tensor is assigned to. Several are applied one after the other.

    Parameters
    ----------
    module : Module
    tensor_name : str
    parametrization : Module
    unsafe : bool
        Whether it may change dtype and shape.

    Returns
    -------
    Module
        The same one; its class is another.

    Raises
    ------
    ValueError
        If there is no such tensor, or the parametrization changes more than it may.
    AttributeError
        If the tensor is None.
    RuntimeError
        If it has no shape yet.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad import nn
    >>> from plugrad.nn.utils import parametrize
    >>> class Symmetric(nn.Module):
    ...     def forward(self, x):
    ...         return x.triu() + x.triu(1).mT
    >>> layer = parametrize.register_parametrization(nn.Linear(3, 3), "weight", Symmetric())
    >>> plugrad.equal(layer.weight, layer.weight.mT)
    True
    >>> list(layer.state_dict())
    ['bias', 'parametrizations.weight.original']
    """
    parametrization.train(module.training)
    if is_parametrized(module, tensor_name):
        chain = module.parametrizations[tensor_name]
        if not unsafe:
            with plugrad.no_grad():
                before = getattr(module, tensor_name)
                after = parametrization(before)
                check_tensor(after, "a parametrization")
                check_kept(before, after, "a parametrization")
                back = inverse(parametrization, after)
                check_tensor(back, "right_inverse()")
                check_kept(before, back, "right_inverse()")
        chain.append(parametrization)
        chain.unsafe |= unsafe
        return module
    tensors = {**module._buffers, **module._parameters}
    if tensor_name not in tensors:
        raise ValueError(
            f"{type(module).__name__} has no parameter, buffer or parametrized tensor "
            f"{tensor_name!r}"
        )
    held: Any = tensors[tensor_name]
    if held is None:
        raise AttributeError(f"{tensor_name!r} of {type(module).__name__} is None")
    if is_lazy(held):
        raise RuntimeError(f"{tensor_name!r} has no shape yet: call the module once before")
    chain = ParametrizationList([parametrization], held, unsafe=unsafe)
    delattr(module, tensor_name)
    if not is_parametrized(module):
        _own_class(module)
        module.parametrizations = ModuleDict()
    setattr(type(module), tensor_name, _property(tensor_name))
    module.parametrizations[tensor_name] = chain
    return module


def is_parametrized(module: Any, tensor_name: str | None = None) -> bool:
    """Tell whether a module, or one of its tensors, is parametrized.

    Parameters
    ----------
    module : Module
    tensor_name : str, optional

    Examples
    --------
    >>> from plugrad import nn
    >>> from plugrad.nn.utils import parametrizations, parametrize
    >>> layer = parametrizations.weight_norm(nn.Linear(2, 2))
    >>> parametrize.is_parametrized(layer), parametrize.is_parametrized(layer, "bias")
    (True, False)
    """
    chains = getattr(module, "parametrizations", None)
    if not isinstance(chains, ModuleDict):
        return False
    return len(chains) > 0 if tensor_name is None else tensor_name in chains


def remove_parametrizations(module: Any, tensor_name: str, leave_parametrized: bool = True) -> Any:
    """Take the parametrizations of a tensor away.

    Parameters
    ----------
    module : Module
    tensor_name : str
    leave_parametrized : bool
        Whether the tensor keeps the value that was computed, or becomes the original again.

    Returns
    -------
    Module
        The same one.

    Raises
    ------
    ValueError
        If the tensor is not parametrized, or had several originals and is to become one again.

    Examples
    --------
    >>> from plugrad import nn
    >>> from plugrad.nn.utils import parametrizations, parametrize
    >>> layer = parametrizations.weight_norm(nn.Linear(2, 3))
    >>> parametrize.remove_parametrizations(layer, "weight")
    Linear(in_features=2, out_features=3, bias=True)
    """
    if not is_parametrized(module, tensor_name):
        raise ValueError(f"{tensor_name!r} of {type(module).__name__} is not parametrized")
    chain = module.parametrizations[tensor_name]
    if not (leave_parametrized or chain.is_tensor):
        raise ValueError(
            f"{tensor_name!r} was made from {chain.ntensors} tensors, none of which it could "
            "become again: leave it parametrized"
        )
    original = chain.original if chain.is_tensor else chain.original0
    if leave_parametrized:
        with plugrad.no_grad():
            value = getattr(module, tensor_name)
        if chain.is_tensor:
            original.data = value.data
        elif isinstance(original, Parameter):
            original = Parameter(value, original.requires_grad)
        else:
            original = value
    delattr(type(module), tensor_name)
    del module.parametrizations[tensor_name]
    if isinstance(original, Parameter):
        module.register_parameter(tensor_name, original)
    else:
        module.register_buffer(tensor_name, original)
    if not is_parametrized(module):
        del module.parametrizations
        module.__class__ = type(module).__bases__[0]
    return module


def type_before_parametrizations(module: Any) -> type:
    """Return the class that a module had before it was parametrized.

    Examples
    --------
    >>> from plugrad import nn
    >>> from plugrad.nn.utils import parametrizations, parametrize
    >>> layer = parametrizations.weight_norm(nn.Linear(2, 3))
    >>> parametrize.type_before_parametrizations(layer)
    <class 'plugrad.nn.modules.linear.Linear'>
    """
    return type(module).__bases__[0] if is_parametrized(module) else type(module)


def transfer_parametrizations_and_params(
    from_module: Any, to_module: Any, tensor_name: str | None = None
) -> Any:
    """Parametrize a module as another is, with the same parametrizations and values.

    Parameters
    ----------
    from_module, to_module : Module
    tensor_name : str, optional
        The only tensor to deal with.

    Returns
    -------
    Module
        The latter.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad import nn
    >>> from plugrad.nn.utils import parametrizations, parametrize
    >>> one, other = parametrizations.weight_norm(nn.Linear(2, 3)), nn.Linear(2, 3)
    >>> _ = parametrize.transfer_parametrizations_and_params(one, other)
    >>> plugrad.equal(one.weight, other.weight)
    True
    """
    if not is_parametrized(from_module):
        return to_module
    names = list(from_module.parametrizations) if tensor_name is None else [tensor_name]
    for name in names:
        source = from_module.parametrizations[name]
        if not hasattr(to_module, name):
            value = getattr(from_module, name).detach().clone()
            if any(True for _ in source.parameters(recurse=False)):
                to_module.register_parameter(name, Parameter(value))
            else:
                to_module.register_buffer(name, value)
        for parametrization in source:
            register_parametrization(to_module, name, parametrization, unsafe=source.unsafe)
        target = to_module.parametrizations[name]
        for held in source._names():
            getattr(target, held).data = getattr(source, held).detach().clone()
    return to_module
