"""Switches of PyTorch's for choices that there are not here: kept, checked, and told when asked.

NumPy's arithmetic is deterministic, of full precision and in one order.
"""

from __future__ import annotations

import warnings
from typing import Any

__all__ = [
    "are_deterministic_algorithms_enabled",
    "get_float32_matmul_precision",
    "get_num_interop_threads",
    "is_deterministic_algorithms_warn_only_enabled",
    "set_float32_matmul_precision",
    "set_flush_denormal",
    "set_num_interop_threads",
    "use_deterministic_algorithms",
]

_PRECISIONS = ("highest", "high", "medium")
_now: dict[str, Any] = {"deterministic": (False, False), "precision": "highest", "threads": 1}


def use_deterministic_algorithms(mode: bool, *, warn_only: bool = False) -> None:
    """Ask for the same numbers in every run, which is what all operators give anyway.

    Raises
    ------
    TypeError
        If `mode` is no bool.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.use_deterministic_algorithms(True)
    >>> plugrad.are_deterministic_algorithms_enabled()
    True
    """
    if not isinstance(mode, bool):
        raise TypeError(
            f"use_deterministic_algorithms(): mode must be a bool, not {type(mode).__name__}"
        )
    _now["deterministic"] = (mode, bool(warn_only))


def are_deterministic_algorithms_enabled() -> bool:
    """Return what `use_deterministic_algorithms` was last told.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.use_deterministic_algorithms(False)
    >>> plugrad.are_deterministic_algorithms_enabled()
    False
    """
    return bool(_now["deterministic"][0])


def is_deterministic_algorithms_warn_only_enabled() -> bool:
    """Return whether `use_deterministic_algorithms` was last told to warn only.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.use_deterministic_algorithms(False)
    >>> plugrad.is_deterministic_algorithms_warn_only_enabled()
    False
    """
    return bool(_now["deterministic"][1])


def set_float32_matmul_precision(precision: str) -> None:
    """Allow products of float32 to be less precise; they never are.

    Parameters
    ----------
    precision : {"highest", "high", "medium"}
        Another one is ignored with a warning, as in PyTorch.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.set_float32_matmul_precision("high")
    >>> plugrad.get_float32_matmul_precision()
    'high'
    """
    if not isinstance(precision, str):
        raise TypeError(f"the precision must be a str, not {type(precision).__name__}")
    if precision not in _PRECISIONS:
        warnings.warn(
            f"{precision!r} is ignored: the precision is one of {', '.join(_PRECISIONS)}",
            stacklevel=2,
        )
        return
    _now["precision"] = precision


def get_float32_matmul_precision() -> str:
    """Return what `set_float32_matmul_precision` was last told.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.set_float32_matmul_precision("highest")
    >>> plugrad.get_float32_matmul_precision()
    'highest'
    """
    return str(_now["precision"])


def set_flush_denormal(mode: bool) -> bool:
    """Return False: denormal numbers cannot be flushed to zero here.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.set_flush_denormal(True)
    False
    """
    if not isinstance(mode, bool):
        raise RuntimeError(f"set_flush_denormal(): expected a bool, not {type(mode).__name__}")
    return False


def set_num_interop_threads(num: int) -> None:
    """Allow operators to run side by side; they run one after the other.

    Raises
    ------
    RuntimeError
        If it is not positive.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.set_num_interop_threads(1)
    """
    if num < 1:
        raise RuntimeError(f"set_num_interop_threads(): expected a positive number, not {num}")
    _now["threads"] = int(num)


def get_num_interop_threads() -> int:
    """Return what `set_num_interop_threads` was last told, by default 1.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.get_num_interop_threads()
    1
    """
    return int(_now["threads"])
