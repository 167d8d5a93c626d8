"""The options of printing."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from numbers import Real
from operator import index
from typing import Any, Final, NamedTuple

__all__ = ["PrintOptions", "current", "get_printoptions", "printoptions", "set_printoptions"]


class PrintOptions(NamedTuple):
    """The options that `set_printoptions` describes, as one immutable value."""

    precision: int = 4
    threshold: float = 1000
    edgeitems: int = 3
    linewidth: float = 80
    sci_mode: bool | None = None


_PROFILES: Final = {
    "default": PrintOptions(),
    "short": PrintOptions(precision=2, edgeitems=2),
    "full": PrintOptions(threshold=math.inf),
}

_options = PrintOptions()


def set_printoptions(
    precision: int | None = None,
    threshold: float | None = None,
    edgeitems: int | None = None,
    linewidth: float | None = None,
    profile: str | None = None,
    sci_mode: bool | None = None,
) -> None:
    """Set how tensors are printed, in all threads.

    What is not given stays as it is, except `sci_mode`: as in PyTorch, each call sets it anew.

    Parameters
    ----------
    precision : int, optional
        Digits behind the decimal point (at first 4).
    threshold : float, optional
        The number of elements above which a tensor is summarised (at first 1000); `math.inf` never
        summarises.
    edgeitems : int, optional
        How many items a summary shows at either end of a dimension (at first 3).
    linewidth : float, optional
        The columns that a line should not exceed (at first 80); `math.inf` never breaks a row.
    profile : {'default', 'short', 'full'}, optional
        Values for the four options above: those at first; 2 digits and 2 edge items; no summaries.
        The others given beside it take precedence.
    sci_mode : bool, optional
        Whether to use scientific notation; None decides by the numbers shown.

    Raises
    ------
    TypeError
        If `precision` or `edgeitems` is not an integer, or another option not a number.
    ValueError
        If `precision` or `edgeitems` is negative, another option is nan, or there is no such
        `profile`. Then all options stay as they were.

    Examples
    --------
    >>> from plugrad.printing import get_printoptions, set_printoptions
    >>> set_printoptions(profile="short", precision=3)
    >>> get_printoptions()
    {'precision': 3, 'threshold': 1000, 'edgeitems': 2, 'linewidth': 80, 'sci_mode': None}
    >>> set_printoptions(profile="default")
    """
    global _options
    if profile is not None and profile not in _PROFILES:
        known = ", ".join(map(repr, _PROFILES))
        raise ValueError(f"there is no print profile {profile!r}; the profiles are {known}")
    given = {
        "precision": precision,
        "threshold": threshold,
        "edgeitems": edgeitems,
        "linewidth": linewidth,
    }
    changes = {name: _checked(name, value) for name, value in given.items() if value is not None}
    base = _options if profile is None else _PROFILES[profile]
    _options = base._replace(sci_mode=None if sci_mode is None else bool(sci_mode), **changes)


def _checked(name: str, value: Any) -> Any:
    if name in ("precision", "edgeitems"):
        try:
            value = index(value)
        except TypeError:
            raise TypeError(f"{name} must be an integer, not {value!r}") from None
        if value < 0:
            raise ValueError(f"{name} must not be negative, but is {value}")
    elif not isinstance(value, Real):
        raise TypeError(f"{name} must be a number, not {value!r}")
    elif math.isnan(value):
        raise ValueError(f"{name} must not be nan; math.inf means no limit")
    return value


def get_printoptions() -> dict[str, Any]:
    """Return the options as a dictionary that `set_printoptions` takes as keywords.

    Examples
    --------
    >>> from plugrad.printing import get_printoptions
    >>> get_printoptions()
    {'precision': 4, 'threshold': 1000, 'edgeitems': 3, 'linewidth': 80, 'sci_mode': None}
    """
    return _options._asdict()


@contextmanager
def printoptions(**options: Any) -> Iterator[None]:
    """Set print options for a block, or by ``@printoptions(...)`` for a function.

    Parameters
    ----------
    **options
        As for `set_printoptions`.

    Examples
    --------
    >>> import numpy as np
    >>> from plugrad.printing import format_array, printoptions
    >>> with printoptions(precision=1):
    ...     format_array(np.array([0.5, 0.25]))
    '[0.5, 0.2]'
    >>> format_array(np.array([0.5, 0.25]))
    '[0.5000, 0.2500]'
    """
    global _options
    before = _options
    set_printoptions(**options)
    try:
        yield
    finally:
        _options = before


def current() -> PrintOptions:
    """Return the options in force."""
    return _options
