"""Writing an archive: entry after entry, each with its sizes and CRC before it.

Nothing is sought back to, so that a pipe or a socket will do.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from hashlib import blake2b
from typing import Any, Final

from plugrad.checkpoints.zip_records import (
    ALIGNMENT,
    CENTRAL,
    END,
    END64,
    LOCAL,
    LOCATOR,
    PADDING,
    SIGNATURES,
    SIZES,
    UNKNOWN16,
    UNKNOWN32,
)

__all__ = ["ArchiveWriter"]

_FOLDER: Final = "archive"
_UTF8: Final = 0x800
_DATE: Final = 0x21  # the first of January 1980: the same tensors make the same bytes
_VERSION: Final = 45  # of the format: the first that has 64-bit sizes


class ArchiveWriter:
    """Writes the entries of a checkpoint, all in one folder.

    Parameters
    ----------
    write : callable
        Takes bytes, and writes all of them.
    """

    def __init__(self, write: Callable[[Any], None]) -> None:
        self._write = write
        self._position = 0
        self._directory: list[bytes] = []
        self._identity = blake2b(digest_size=16)

    def add(self, name: str, data: bytes | memoryview) -> None:
        """Write an entry.

        Parameters
        ----------
        name : str
            Beneath the folder.
        data : bytes or memoryview of bytes
        """
        path = f"{_FOLDER}/{name}".encode()
        size, check = len(data), zlib.crc32(data)
        self._identity.update(path + SIZES.pack(check))
        start = self._position
        wide = SIZES.pack(size) * 2 if size >= UNKNOWN32 else b""
        extra = PADDING.pack(b"\x01\0", len(wide)) + wide if wide else b""
        begun = start + LOCAL.size + len(path) + len(extra) + PADDING.size
        fill = -begun % ALIGNMENT
        padding = PADDING.pack(b"FB", fill) + b"Z" * fill
        about = (_VERSION, _UTF8, 0, 0, _DATE, check, *(2 * (min(size, UNKNOWN32),)), len(path))
        header = LOCAL.pack(SIGNATURES[LOCAL], *about, len(extra) + len(padding))
        self._put(header + path + extra + padding)
        self._put(data)
        far = SIZES.pack(start) if start >= UNKNOWN32 else b""
        extra = PADDING.pack(b"\x01\0", len(wide + far)) + wide + far if wide + far else b""
        place = (len(extra), 0, 0, 0, 0, min(start, UNKNOWN32))
        entry = CENTRAL.pack(SIGNATURES[CENTRAL], _VERSION, *about, *place)
        self._directory.append(entry + path + extra)

    def close(self) -> None:
        """Write which file it is, and the directory."""
        digits = str(int.from_bytes(self._identity.digest(), "big") % 10**40)
        self.add(".data/serialization_id", digits.zfill(40).encode())
        start, count = self._position, len(self._directory)
        directory = b"".join(self._directory)
        where = (count, count, len(directory), start)
        end = start + len(directory)
        self._put(
            directory
            + END64.pack(SIGNATURES[END64], END64.size - 12, _VERSION, _VERSION, 0, 0, *where)
            + LOCATOR.pack(SIGNATURES[LOCATOR], 0, end, 1)
            + END.pack(
                SIGNATURES[END], 0, 0, *(2 * (min(count, UNKNOWN16),)),
                min(len(directory), UNKNOWN32), min(start, UNKNOWN32), 0,
            )
        )  # fmt: skip

    def _put(self, data: bytes | memoryview) -> None:
        self._write(data)
        self._position += len(data)
