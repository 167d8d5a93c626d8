"""Numbers as PyTorch's profiler prints them."""

from __future__ import annotations

from typing import Final

__all__ = ["format_memory", "format_share", "format_time", "format_time_in"]

_MICROSECONDS: Final = {"us": 1.0, "ms": 1e3, "s": 1e6}


def format_time(microseconds: float) -> str:
    """Return a time with the unit that suits it.

    Examples
    --------
    >>> format_time(1.5), format_time(1500), format_time(2e6)
    ('1.500us', '1.500ms', '2.000s')
    """
    unit = "s" if microseconds >= 1e6 else "ms" if microseconds >= 1e3 else "us"
    return format_time_in(microseconds, unit)


def format_time_in(microseconds: float, unit: str) -> str:
    """Return a time in ``"us"``, ``"ms"`` or ``"s"``."""
    return f"{microseconds / _MICROSECONDS[unit]:.3f}{unit}"


def format_share(part: float, whole: float) -> str:
    """Return a percentage.

    Examples
    --------
    >>> format_share(1, 3)
    '33.33%'
    """
    return f"{part * 100 / whole:.2f}%" if whole else "NaN"


def format_memory(size: float) -> str:
    """Return a number of bytes with the unit that suits it.

    Examples
    --------
    >>> format_memory(100), format_memory(-2048)
    ('100 B', '-2.00 KB')
    """
    for power, unit in ((3, "GB"), (2, "MB"), (1, "KB")):
        if abs(size) >= 1024**power:
            return f"{size / 1024**power:.2f} {unit}"
    return f"{size} B"
