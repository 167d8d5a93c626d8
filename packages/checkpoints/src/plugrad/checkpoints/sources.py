"""Where a checkpoint's bytes come from: a file object, or a file mapped into memory."""

from __future__ import annotations

import io
import mmap
import os
from typing import Any, Protocol

import numpy

__all__ = ["FileSource", "MappedSource", "Source"]

Bytes = numpy.ndarray[Any, numpy.dtype[numpy.uint8]]


class Source(Protocol):
    """Bytes, at places between 0 and `size`.

    Attributes
    ----------
    size : int
    copies : bool
        Whether `array` reads the bytes, rather than only say where they are.
    """

    size: int
    copies: bool

    def read(self, start: int, count: int) -> bytes:
        """Return `count` bytes from `start`."""
        ...

    def array(self, start: int, count: int) -> Bytes:
        """Return them as an array that can be written to, without changing the file."""
        ...


class FileSource:
    """The rest of a file object, from where it stands.

    Parameters
    ----------
    file : file object
        Binary, and one that can seek.

    Raises
    ------
    TypeError
        If it was opened as text.
    """

    copies = True

    def __init__(self, file: Any) -> None:
        if isinstance(file, io.TextIOBase):
            raise TypeError("load(): the file is open as text; open it with mode 'rb'")
        self._file = file
        self._start = file.tell()
        self.size = file.seek(0, os.SEEK_END)
        if self.size is None:  # a file-like object whose seek says nothing
            self.size = file.tell()
        self.size = max(self.size - self._start, 0)

    def read(self, start: int, count: int) -> bytes:
        """Return `count` bytes from `start`."""
        self._file.seek(self._start + start)
        parts: list[Any] = []
        while count > 0:
            part = self._file.read(count)
            if not part:
                raise EOFError(f"load(): the file ends {count} bytes before it said it would")
            parts.append(part)
            count -= len(part)
        return b"".join(parts)

    def array(self, start: int, count: int) -> Bytes:
        """Return them as an array of their own."""
        array = numpy.empty(count, numpy.uint8)
        if not hasattr(self._file, "readinto"):
            array[:] = numpy.frombuffer(self.read(start, count), numpy.uint8)
            return array
        self._file.seek(self._start + start)
        left = array.data
        while left:
            done = self._file.readinto(left)
            if not done:
                raise EOFError(f"load(): the file ends {len(left)} bytes before it said it would")
            left = left[done:]
        return array

    def leave(self, position: int) -> None:
        """Let the file stand at a place, for what follows there."""
        self._file.seek(self._start + position)


class MappedSource:
    """A file in memory, of which what is written to becomes a copy, page by page.

    Parameters
    ----------
    path : str or path

    Raises
    ------
    OSError
        If it cannot be opened.
    EOFError
        If it is empty.
    """

    copies = False

    def __init__(self, path: str | os.PathLike[str]) -> None:
        with open(path, "rb") as file:
            self.size = os.fstat(file.fileno()).st_size
            if not self.size:
                raise EOFError(f"load(): {os.fspath(path)!r} is empty")
            self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)

    def read(self, start: int, count: int) -> bytes:
        """Return `count` bytes from `start`."""
        return self._map[start : start + count]

    def array(self, start: int, count: int) -> Bytes:
        """Return a part of the map, which lives as long as any of its parts."""
        if not count:
            return numpy.empty(0, numpy.uint8)
        return numpy.frombuffer(self._map, numpy.uint8, count, start)
