"""Kernels that plugins prefer to a backend's own, compiled into its tables.

An override is an attribute of the table like any kernel, so that calling it costs nothing more. It
is imported when it first runs, and where it came with a condition, that decides call by call.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from plugrad.backends.protocol import Kernels

__all__ = ["use_overrides"]


def use_overrides(table: Kernels) -> None:
    """Put the kernels that plugins offer for the table's type of device into the table.

    Loads the plugins. Doing it again changes nothing.
    """
    from plugrad.plugins import registered

    for name, registration in registered("kernels", backend=table.device.type).items():
        if name not in table.overridden:
            setattr(table, name, _override(table, name, registration))
            table.overridden.add(name)


def _override(table: Kernels, name: str, registration: Any) -> Callable[..., Any]:
    """Return a kernel that imports the plugin's when it first runs."""
    when = registration.when
    own = getattr(table, name, None) or partial(table.composed, name)

    def kernel(*args: Any) -> Any:
        loaded = registration.load()
        chosen = loaded if when is None else _guarded(name, loaded, when, own)
        setattr(table, name, chosen)
        return chosen(*args)

    return kernel


def _guarded(name: str, loaded: Any, when: Any, own: Any) -> Callable[..., Any]:
    def kernel(*args: Any) -> Any:
        if when(*args):
            return loaded(*args)
        return own(*args)

    return kernel
