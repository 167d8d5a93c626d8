"""What plugins offer, by a name that somebody typed."""

from __future__ import annotations

from collections.abc import Collection
from types import ModuleType
from typing import Any

from plugrad import plugins

__all__ = ["by_name"]


def by_name(kind: str, name: str, module: ModuleType, own: Collection[str]) -> Any:
    """Return what is offered under a name, in capitals or not.

    Parameters
    ----------
    kind : str
        One of `plugrad.plugins.KINDS`.
    name : str
    module : module
        Of the package that asks.
    own : collection of str
        What is in it: found even where the package lies, but is not installed, and so offers
        nothing.

    Raises
    ------
    LookupError
        If no plugin offers one of that name.
    plugrad.plugins.PluginError
        If several do, or it cannot be imported.
    """
    registered = plugins.registered(kind)
    known = {*registered, *own}
    if name not in known:
        alike = [other for other in known if other.lower() == name.lower()]
        name = alike[0] if len(alike) == 1 else name
    if name in own and name not in registered:
        return getattr(module, name)
    return plugins.lookup(kind, name)
