"""How many threads NumPy's linear algebra uses, and as many for what is worth sharing.

Products of matrices are computed by a library that was built into NumPy, most often OpenBLAS, whose
number of threads can be asked for and set. NumPy's own loops run in one thread, but let others run
meanwhile: large arrays are shared among as many threads.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import numpy

__all__ = [
    "WORTH_SHARING", "WORTH_WAKING", "alone", "at_once", "get_num_threads", "library",
    "set_num_threads",
]  # fmt: skip

Result = TypeVar("Result")

WORTH_WAKING = 1 << 22
"""The multiplications of a product, a tenth of a millisecond, that are worth waking threads."""

WORTH_SHARING = 1 << 18
"""The elements of an array whose computing, as long, is worth sharing among threads."""


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
    """Return the number of threads that products of matrices, and work on large arrays, use.

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
    """Set the number of threads that products and large arrays use, in this process.

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


def alone(function: Callable[..., Any], *args: Any) -> Any:
    """Return what a function returns whose products are computed in the thread that asks for them.

    The threads of OpenBLAS have to be woken and waited for: where a product takes no longer than
    that, they cost more than they help, and many times more where the processors are not idle.
    """
    tell = _function("set_num_threads")
    before = get_num_threads()
    if tell is None or before == 1:
        return function(*args)
    tell(1)
    try:
        return function(*args)
    finally:
        tell(before)


def at_once(tasks: Sequence[Callable[[], Result]]) -> list[Result]:
    """Return the results of tasks that are done side by side, the first one in this thread."""
    first, *others = tasks
    helping: list[Any] = []
    with suppress(RuntimeError):  # there are no threads here, or the interpreter is ending
        for task in others:
            helping.append(_helpers(os.getpid(), len(others)).submit(task))
    helping += [None] * (len(others) - len(helping))
    try:
        results = [first()]
        for task, helper in zip(others, helping, strict=True):
            # What no thread has begun yet, all being busy elsewhere, is done here.
            mine = helper is None or helper.cancel()
            results.append(task() if mine else helper.result())
        return results
    finally:
        # After an error, too, nobody works on in the background.
        for helper in helping:
            if helper is not None and not helper.cancel():
                helper.exception()


@cache
def _helpers(process: int, threads: int) -> Any:
    """Return threads that help; a forked process has none of its parent's, and starts its own."""
    from concurrent.futures import ThreadPoolExecutor

    return ThreadPoolExecutor(threads, "plugrad", numpy.seterr, ("ignore",))
