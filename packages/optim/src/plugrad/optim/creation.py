"""Optimizers and schedulers by name: those of this package, and those of any plugin."""

from __future__ import annotations

from typing import Any

__all__ = ["create", "create_scheduler"]


def create(name: str, params: Any, **options: Any) -> Any:
    """Make an optimizer by its name, whichever distribution it comes from.

    Parameters
    ----------
    name : str
        As it was registered, in capitals or not: see ``python -m plugrad plugins list``.
    params : iterable of Tensor, of (str, Tensor) or of dict
    **options
        What that optimizer takes.

    Returns
    -------
    Optimizer

    Raises
    ------
    LookupError
        If no plugin offers one of that name.
    plugrad.plugins.PluginError
        If several do, or it cannot be imported.

    Examples
    --------
    >>> from plugrad import optim, zeros
    >>> type(optim.create("adamw", [zeros(1)], lr=1e-3)).__name__
    'AdamW'
    """
    return _class_of("optimizers", name)(params, **options)


def create_scheduler(name: str, optimizer: Any, *args: Any, **options: Any) -> Any:
    """Make a learning-rate scheduler by its name, whichever distribution it comes from.

    Parameters
    ----------
    name : str
        As it was registered, in capitals or not.
    optimizer : Optimizer
    *args, **options
        What that scheduler takes.

    Returns
    -------
    LRScheduler

    Raises
    ------
    LookupError
        If no plugin offers one of that name.
    plugrad.plugins.PluginError
        If several do, or it cannot be imported.

    Examples
    --------
    >>> from plugrad import optim, zeros
    >>> optimizer = optim.create("sgd", [zeros(1)], lr=0.1)
    >>> type(optim.create_scheduler("steplr", optimizer, step_size=3)).__name__
    'StepLR'
    """
    return _class_of("lr_schedulers", name)(optimizer, *args, **options)


def _class_of(kind: str, name: str) -> Any:
    from plugrad import optim  # pluggy is not imported before it is needed
    from plugrad.plugins.naming import by_name

    module, names = {
        "optimizers": (optim, optim.OPTIMIZERS),
        "lr_schedulers": (optim.lr_scheduler, optim.lr_scheduler.__all__),
    }[kind]
    return by_name(kind, name, module, names)
