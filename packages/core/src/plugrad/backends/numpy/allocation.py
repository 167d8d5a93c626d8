"""Keeping freed memory in the process, for the next result.

The C library gives large blocks back to the system when they are freed, and asks anew for the next
ones. The system hands out empty pages one fault at a time, which costs as much again as filling
them: where each operation makes a new array, large ones take twice as long. GNU's C library can be
told to keep what is freed, up to a size, which is what PyTorch's own allocators do on devices.

That is a setting of the whole process, so the variable ``PLUGRAD_MALLOC=0`` leaves it alone.
"""

from __future__ import annotations

import os
import sys

__all__ = ["keep_freed_memory"]

# The numbers of these options in <malloc.h>.
_M_TRIM_THRESHOLD = -1
_M_MMAP_THRESHOLD = -3
_KEPT = 1 << 30


def keep_freed_memory() -> bool:
    """Let the C library keep up to a gibibyte of freed memory; return whether it will.

    Examples
    --------
    >>> from plugrad.backends.numpy.allocation import keep_freed_memory
    >>> keep_freed_memory() in (True, False)
    True
    """
    if sys.platform != "linux" or os.environ.get("PLUGRAD_MALLOC") == "0":
        return False
    import ctypes

    tell = getattr(ctypes.PyDLL(None), "mallopt", None)  # only GNU's C library has it
    if tell is None:
        return False
    return bool(tell(_M_MMAP_THRESHOLD, _KEPT) and tell(_M_TRIM_THRESHOLD, _KEPT))
