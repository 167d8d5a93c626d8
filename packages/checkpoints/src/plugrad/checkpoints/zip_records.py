"""The records of a zip file, as PKWARE's APPNOTE.TXT 6.3.10 lays them out, and PyTorch uses them.

Entries are stored, never compressed, and the data of each begins at a multiple of 64 bytes, so that
a file can be mapped into memory: the extra field of the header before it is filled up with ``Z``.
"""

from __future__ import annotations

from struct import Struct
from typing import Final

__all__ = [
    "ALIGNMENT",
    "CENTRAL",
    "END",
    "END64",
    "LOCAL",
    "LOCATOR",
    "PADDING",
    "SIGNATURES",
    "SIZES",
    "UNKNOWN16",
    "UNKNOWN32",
]

ALIGNMENT: Final = 64

LOCAL: Final = Struct("<4s5H3L2H")
"""Before the data of an entry: signature, version, flags, method, time, date, CRC-32, size as
stored, size, length of the name, of the extra field."""
CENTRAL: Final = Struct("<4s6H3L5H2L")
"""In the directory: signature, version of the writer, and as above; then length of the comment,
disk, internal and external attributes, position of the local record."""
END: Final = Struct("<4s4H2LH")
"""Signature, this disk, the directory's disk, entries here, entries, size and position of the
directory, length of the comment."""
END64: Final = Struct("<4sQ2H2L4Q")
"""Signature, size of the rest, versions, disks, entries here, entries, size, position."""
LOCATOR: Final = Struct("<4sLQL")
"""Signature, disk, position of `END64`, number of disks."""
PADDING: Final = Struct("<2sH")
"""Of an extra field: which one it is, and its length."""
SIZES: Final = Struct("<Q")

SIGNATURES: Final = {
    LOCAL: b"PK\x03\x04",
    CENTRAL: b"PK\x01\x02",
    END: b"PK\x05\x06",
    END64: b"PK\x06\x06",
    LOCATOR: b"PK\x06\x07",
}
UNKNOWN16: Final = 0xFFFF
UNKNOWN32: Final = 0xFFFFFFFF
"""What stands where a number does not fit: it is then in an extra field, with 64 bits."""
