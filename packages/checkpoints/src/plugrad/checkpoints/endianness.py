"""The byte order of files that do not say theirs, as those of PyTorch before 2.1."""

from __future__ import annotations

from enum import Enum

__all__ = ["LoadEndianness", "get_default_load_endianness", "set_default_load_endianness"]


class LoadEndianness(Enum):
    """A byte order: that of this machine, or one of the two.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.serialization.LoadEndianness.BIG.name
    'BIG'
    """

    NATIVE = 1
    LITTLE = 2
    BIG = 3


_default: LoadEndianness | None = None


def get_default_load_endianness() -> LoadEndianness | None:
    """Return the byte order of files that do not say theirs; None, little, unless it was set.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.serialization.get_default_load_endianness() is None
    True
    """
    return _default


def set_default_load_endianness(endianness: LoadEndianness | None) -> None:
    """Say what byte order files have that do not say theirs.

    Parameters
    ----------
    endianness : LoadEndianness or None

    Raises
    ------
    TypeError
        If it is anything else.

    Examples
    --------
    >>> from plugrad import serialization
    >>> serialization.set_default_load_endianness(serialization.LoadEndianness.LITTLE)
    >>> serialization.set_default_load_endianness(None)
    """
    global _default
    if not isinstance(endianness, LoadEndianness | None):
        raise TypeError(
            f"set_default_load_endianness() takes a LoadEndianness, not a "
            f"{type(endianness).__name__}"
        )
    _default = endianness
