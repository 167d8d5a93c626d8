"""Modules by name: those of this package, and those of any plugin."""

from __future__ import annotations

from typing import Any

__all__ = ["create"]


def create(name: str, *args: Any, **options: Any) -> Any:
    """Make a module by its name, whichever distribution it comes from.

    Parameters
    ----------
    name : str
        As it was registered, in capitals or not: see ``python -m plugrad plugins list``.
    *args, **options
        What that module takes.

    Returns
    -------
    Module

    Raises
    ------
    LookupError
        If no plugin offers one of that name.
    plugrad.plugins.PluginError
        If several do, or it cannot be imported.

    Examples
    --------
    >>> from plugrad import nn
    >>> nn.create("Linear", 4, 3)
    Linear(in_features=4, out_features=3, bias=True)
    """
    from plugrad import nn  # pluggy is not imported before it is needed
    from plugrad.plugins.naming import by_name

    return by_name("layers", name, nn, nn.LAYERS)(*args, **options)
