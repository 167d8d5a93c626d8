"""How many threads NumPy's linear algebra uses.

NumPy's own loops run in one thread. Products of matrices are computed by a library that was built
into NumPy, most often OpenBLAS, whose number of threads can be asked for and set.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy

__all__ = ["WORTH_WAKING", "alone", "get_num_threads", "library", "set_num_threads"]

WORTH_WAKING = 1 << 22
"""The multiplications of a product, a tenth of a millisecond, that are worth waking threads."""


@cache
def library() -> Any:
    """Return the OpenBLAS that this NumPy brought along, or None."""
    package = Path(numpy.__file__).parent
    for place in (package.parent / "numpy.libs", package / ".dylibs"):
        for path in sorted(place.glob("*openblas*")):
            # It is loaded already: this only finds it. Its answers take no time, so nothing is
            # gained by letting go of the interpreter's lock.
            return ctypes.PyDLL(str(path))
    return None


@cache
def _function(name: str) -> Callable[..., int] | None:
    found_in = library()
    for prefix, suffix in (("scipy_", "64_"), ("scipy_", ""), ("", "64_"), ("", "")):
        found = getattr(found_in, f"{prefix}openblas_{name}{suffix}", None)
        if found is not None:
            return found  # type: ignore[no-any-return]
    return None


def get_num_threads() -> int:
    """Return the number of threads that products of matrices use.

    Returns
    -------
    int
        The number of processors, where NumPy was built with a library that does not tell.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.get_num_threads() >= 1
    True
    """
    ask = _function("get_num_threads")
    return int(ask()) if ask is not None else os.cpu_count() or 1


def set_num_threads(num: int) -> None:
    """Set the number of threads that products of matrices use, in this process.

    Parameters
    ----------
    num : int
        Without effect where NumPy was built with a library that cannot be told.

    Raises
    ------
    RuntimeError
        If `num` is not a positive int.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.set_num_threads(plugrad.get_num_threads())
    """
    if not isinstance(num, int) or isinstance(num, bool) or num < 1:
        raise RuntimeError(f"set_num_threads() takes a positive int, not {num!r}")
    tell = _function("set_num_threads")
    if tell is not None:
        tell(num)


def alone(product: Callable[[Any, Any], Any], x: Any, y: Any) -> Any:
    """Return ``product(x, y)``, computed in this thread alone.

    The threads of OpenBLAS have to be woken and waited for: where a product takes no longer than
    that, they cost more than they help, and many times more where the processors are not idle.
    """
    tell = _function("set_num_threads")
    before = get_num_threads()
    if tell is None or before == 1:
        return product(x, y)
    tell(1)
    try:
        return product(x, y)
    finally:
        tell(before)
