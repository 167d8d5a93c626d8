"""``plugrad.compiler``: there is none. What programs say to one is accepted, and has no effect."""

from __future__ import annotations

import warnings
from typing import Any

__all__ = ["compile", "disable", "is_compiling"]

_told: list[bool] = []


def compile(model: Any = None, **options: Any) -> Any:
    """Return the function or module it is given, and say so: operations run one by one.

    Parameters
    ----------
    model : callable, optional
        Left out, a decorator is returned.
    **options
        ``mode``, ``backend``, ``fullgraph``, ``dynamic`` and ``options``: without effect.

    Raises
    ------
    TypeError
        For other options, or for what cannot be called.

    Warns
    -----
    UserWarning
        The first time.

    Examples
    --------
    >>> import warnings, plugrad
    >>> with warnings.catch_warnings():
    ...     warnings.simplefilter("ignore")
    ...     plugrad.compile(abs) is abs
    True
    """
    unknown = options.keys() - {"mode", "backend", "fullgraph", "dynamic", "options", "disable"}
    if unknown:
        raise TypeError(f"compile() does not know the option(s) {', '.join(sorted(unknown))}")
    if model is not None and not callable(model):
        raise TypeError(f"compile() takes a function or a module, not {type(model).__name__}")
    if not _told:
        _told.append(True)
        warnings.warn(
            "plugrad.compile() returns what it is given: plugrad has no compiler",
            UserWarning,
            stacklevel=2,
        )
    return disable(model)


def disable(fn: Any = None, recursive: bool = True, **options: Any) -> Any:
    """Return a function as it is; without one, a decorator that does so.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.compiler.disable(abs) is abs
    True
    """
    return _unchanged if fn is None else fn


def _unchanged(function: Any) -> Any:
    return function


def is_compiling() -> bool:
    """Return False.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.compiler.is_compiling()
    False
    """
    return False
