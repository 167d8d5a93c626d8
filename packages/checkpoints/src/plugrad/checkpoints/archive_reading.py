"""Reading an archive that nobody vouches for.

Everything that it says about itself is checked against the file before it is acted upon: that
positions and sizes lie inside of it and do not overlap, that names are plain, that the data have
the CRC they should have. So no entry can be larger than the file is, and no bit can change unseen.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from typing import Final, NoReturn

from plugrad.checkpoints.sources import Bytes, Source
from plugrad.checkpoints.zip_records import (
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

__all__ = ["Archive", "is_archive"]

_LONGEST_COMMENT: Final = 0xFFFF
_ENCRYPTED: Final = 0x2041  # by the old cipher, strongly, or with a masked directory


def is_archive(source: Source) -> bool:
    """Return whether a file begins as a zip file does."""
    return source.size >= 4 and source.read(0, 4) == SIGNATURES[LOCAL]


@dataclass(slots=True)
class _Entry:
    path: str
    check: int
    size: int
    start: int
    """Of its local record."""
    limit: int = 0
    """Where the next record begins."""


class Archive:
    """The entries of a zip file.

    Parameters
    ----------
    source : Source

    Raises
    ------
    RuntimeError
        If the directory is damaged or is not of a checkpoint's kind: says what is wrong where.
    """

    def __init__(self, source: Source) -> None:
        self._source = source
        count, start, size = self._find_directory()
        self._entries: dict[str, _Entry] = {}
        self._folder = ""
        try:
            self._read_directory(source.read(start, size), count)
        except (struct.error, UnicodeDecodeError, IndexError) as error:
            raise RuntimeError(f"load(): the archive's directory is damaged ({error})") from error
        limit = start
        for entry in sorted(self._entries.values(), key=lambda entry: -entry.start):
            entry.limit = limit
            if entry.start + LOCAL.size + entry.size > limit:
                _damaged(entry.path, f"its {entry.size} bytes reach beyond byte {limit}")
            limit = entry.start

    def __contains__(self, name: str) -> bool:
        return name in self._entries

    def size(self, name: str) -> int:
        """Return the bytes of an entry.

        Raises
        ------
        RuntimeError
            If there is none of that name.
        """
        return self._entry(name).size

    def read(self, name: str) -> bytes:
        """Return an entry's bytes.

        Raises
        ------
        RuntimeError
            If there is none of that name, or it is damaged.
        """
        entry = self._entry(name)
        data = self._source.read(self._begin(entry), entry.size)
        self._check(entry, data)
        return data

    def array(self, name: str) -> Bytes:
        """Return an entry's bytes as an array; see `read`. Of a mapped file, no CRC is checked."""
        entry = self._entry(name)
        array = self._source.array(self._begin(entry), entry.size)
        if self._source.copies:
            self._check(entry, array.data)
        return array

    def _entry(self, name: str) -> _Entry:
        entry = self._entries.get(name)
        if entry is None:
            raise RuntimeError(f"load(): the archive has no entry {name!r}; it is damaged, or no "
                               "checkpoint of PyTorch's")  # fmt: skip
        return entry

    def _find_directory(self) -> tuple[int, int, int]:
        """Return the number of entries, the position and the size of the directory."""
        source = self._source
        tail_start = max(source.size - END.size - _LONGEST_COMMENT, 0)
        tail = source.read(tail_start, source.size - tail_start)
        found = tail.rfind(SIGNATURES[END])
        if found < 0 or len(tail) - found < END.size:
            raise RuntimeError(
                "load(): the archive has no directory at its end: the file is cut short, or damaged"
            )
        _, *disks, here, count, size, start, comment = END.unpack_from(tail, found)
        if found + END.size + comment != len(tail):
            raise RuntimeError("load(): something follows the end of the archive; it is damaged")
        end = tail_start + found
        if UNKNOWN16 in (here, count) or UNKNOWN32 in (size, start):
            end = self._end64(end)
            record = source.read(end, END64.size)
            signature, _, _, _, *disks, here, count, size, start = END64.unpack(record)
            if signature != SIGNATURES[END64]:
                raise RuntimeError("load(): the archive's 64-bit end is damaged")
        if any(disks) or here != count or start + size > end or count * CENTRAL.size > size:
            raise RuntimeError(
                f"load(): the archive's end is damaged: {count} entries in {size} bytes from byte "
                f"{start} on cannot be before byte {end}"
            )
        return count, start, size

    def _end64(self, end: int) -> int:
        position = end - LOCATOR.size
        record = self._source.read(position, LOCATOR.size) if position >= 0 else b""
        if not record.startswith(SIGNATURES[LOCATOR]):
            raise RuntimeError("load(): the archive lacks the locator of its 64-bit end")
        found: int = LOCATOR.unpack(record)[2]
        if found + END64.size > position:
            raise RuntimeError("load(): the locator of the archive's 64-bit end is damaged")
        return found

    def _read_directory(self, directory: bytes, count: int) -> None:
        at = 0
        for _ in range(count):
            fields = CENTRAL.unpack_from(directory, at)
            signature, _, _, flags, method, _, _, check, stored, size = fields[:10]
            lengths, disk, start = fields[10:13], fields[13], fields[16]
            at += CENTRAL.size
            path = directory[at : at + lengths[0]].decode()
            extra = directory[at + lengths[0] : at + lengths[0] + lengths[1]]
            at += sum(lengths)
            if signature != SIGNATURES[CENTRAL] or at > len(directory):
                raise RuntimeError("load(): the archive's directory is damaged")
            if UNKNOWN32 in (stored, size, start):
                stored, size, start = _widened(path, extra, stored, size, start)
            if flags & _ENCRYPTED:
                _damaged(path, "it is encrypted")
            if method or stored != size:
                _damaged(path, "it is compressed, which PyTorch's are not; unpack and store it")
            if disk:
                _damaged(path, "it lies on another disk")
            self._add(_Entry(path, check, size, start))
        if at != len(directory):
            raise RuntimeError("load(): the archive's directory is longer than its entries")

    def _add(self, entry: _Entry) -> None:
        folder, _, name = entry.path.partition("/")
        parts = entry.path.split("/")
        if "\\" in entry.path or "\0" in entry.path or {"", ".", ".."} & set(parts):
            _damaged(entry.path, "no checkpoint has such a name")
        if not name or folder != (self._folder or folder):
            _damaged(entry.path, f"it is not in the folder {self._folder!r} that the others are in")
        if name in self._entries:
            _damaged(entry.path, "there are two of that name")
        self._folder = folder
        self._entries[name] = entry

    def _begin(self, entry: _Entry) -> int:
        """Return where the data of an entry begin, by its local record."""
        record = self._source.read(entry.start, LOCAL.size)
        fields = LOCAL.unpack(record)
        path = entry.path.encode()
        begin: int = entry.start + LOCAL.size + fields[9] + fields[10]
        if fields[0] != SIGNATURES[LOCAL] or fields[3] or fields[2] & _ENCRYPTED:
            _damaged(entry.path, f"no such entry begins at byte {entry.start}")
        if begin + entry.size > entry.limit:
            _damaged(entry.path, f"its {entry.size} bytes reach beyond byte {entry.limit}")
        if self._source.read(entry.start + LOCAL.size, fields[9]) != path:
            _damaged(entry.path, f"another name stands at byte {entry.start}")
        return begin

    def _check(self, entry: _Entry, data: bytes | memoryview) -> None:
        found = zlib.crc32(data)
        if found != entry.check:
            _damaged(entry.path, f"its CRC-32 is {found:08x}, but should be {entry.check:08x}")


def _widened(path: str, extra: bytes, *values: int) -> list[int]:
    """Return `values`, with those that did not fit taken from the extra field with 64-bit ones."""
    at = 0
    while at < len(extra):
        which, length = PADDING.unpack_from(extra, at)
        at += PADDING.size
        if which == b"\x01\0":
            wide = extra[at : at + length]
            numbers = [SIZES.unpack_from(wide, i)[0] for i in range(0, len(wide) // 8 * 8, 8)]
            # The field has the size before the stored size.
            size, stored, start = (
                numbers.pop(0) if value == UNKNOWN32 else value
                for value in (values[1], values[0], values[2])
            )
            return [stored, size, start]
        at += length
    _damaged(path, "it lacks its 64-bit sizes")


def _damaged(path: str, why: str) -> NoReturn:
    raise RuntimeError(f"load(): entry {path!r} of the archive: {why}")
