"""Files that are either as they were or as they are to be, whenever their writer dies.

The new content is written to a file beside the old one, and forced to the disk, before it takes its
name; a rename within a directory is atomic (POSIX.1-2017, ``rename``).
"""

from __future__ import annotations

import os
import secrets
import shutil
import stat
from collections.abc import Callable
from contextlib import suppress
from typing import Any

__all__ = ["into", "replacing"]


def into(file: Any) -> Callable[[Any], None]:
    """Return a function that writes all it is given to a file object.

    Parameters
    ----------
    file : file object
        Whose ``write`` may take less than it is given, as that of an unbuffered file does.
    """

    def write(data: Any) -> None:
        left = memoryview(data)
        while left:
            done = file.write(left)
            left = left[done if isinstance(done, int) else len(left) :]

    return write


def replacing(path: str | os.PathLike[str], fill: Callable[[Callable[[Any], None]], None]) -> None:
    """Write a file, in place of another one if there is one.

    Parameters
    ----------
    path : str or path
        Through a symbolic link, what it points to is replaced. What is no regular file, such as a
        pipe, is written to.
    fill : callable
        Is given the function that writes.

    Raises
    ------
    RuntimeError
        If there is no such directory.
    OSError
        If it cannot be written; the old file is then as it was.
    """
    target = os.path.realpath(path)
    folder, name = os.path.split(target)
    if not os.path.isdir(folder):
        raise RuntimeError(f"save(): there is no directory {folder!r}")
    old = os.stat(target) if os.path.exists(target) else None
    if old is not None and not stat.S_ISREG(old.st_mode):
        with open(target, "wb") as file:
            fill(into(file))
        return
    beside = os.path.join(folder, f".{name[:100]}.{secrets.token_hex(6)}.part")
    # As `open` would make it, but never one that is there: the user's umask holds.
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY, 0o666)
    try:
        with os.fdopen(descriptor, "wb") as file:
            fill(into(file))
            file.flush()
            os.fsync(file.fileno())
        if old is not None:
            shutil.copymode(target, beside)
        os.replace(beside, target)
    except BaseException:
        with suppress(OSError):
            os.unlink(beside)
        raise
    _keep_name(folder)


_BINARY = getattr(os, "O_BINARY", 0)


def _keep_name(folder: str) -> None:
    """Force a directory to the disk, where the system knows how."""
    with suppress(OSError):  # as on Windows, where a directory cannot be opened
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
