"""Modules without the work of initialising them, for what is loaded into them anyway."""

from __future__ import annotations

import inspect
from typing import Any, TypeVar

from plugrad import get_rng_state, set_rng_state
from plugrad.nn.modules.module import Module

__all__ = ["skip_init"]

Made = TypeVar("Made", bound=Module)


def skip_init(module_cls: type[Made], *args: Any, **kwargs: Any) -> Made:
    """Return a new module whose parameters hold anything; no random number is drawn for them.

    Parameters
    ----------
    module_cls : type of Module
        Must take a `device`.
    *args, **kwargs
        What it is made from.

    Returns
    -------
    Module

    Raises
    ------
    TypeError
        If `module_cls` is no class.
    RuntimeError
        If it is no module, or does not take a `device`.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.nn.utils import skip_init
    >>> skip_init(plugrad.nn.Linear, 2, 3)
    Linear(in_features=2, out_features=3, bias=True)
    """
    if not issubclass(module_cls, Module):
        raise RuntimeError(f"skip_init() makes modules, and {module_cls.__name__} is none")
    if "device" not in inspect.signature(module_cls).parameters:
        raise RuntimeError(f"skip_init() needs a module that takes a device: {module_cls.__name__}")
    state = get_rng_state()
    try:
        return module_cls(*args, **kwargs)
    finally:
        set_rng_state(state)
