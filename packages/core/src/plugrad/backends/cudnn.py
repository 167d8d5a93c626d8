"""``plugrad.backends.cudnn``: settings of a library that is never used; kept, without effect."""

from __future__ import annotations

__all__ = ["is_available", "version"]

enabled = True
benchmark = False
deterministic = False
allow_tf32 = True


def is_available() -> bool:
    """Return False."""
    return False


def version() -> None:
    """Return None: there is no version."""
