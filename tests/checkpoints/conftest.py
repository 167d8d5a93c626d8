"""What the tests of checkpoints share: PyTorch's own files, and archives of what is wanted."""

from __future__ import annotations

import base64
import io
import tomllib
import zipfile
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

FILES = tomllib.loads((Path(__file__).parent / "files.toml").read_text("utf-8"))


@pytest.fixture(scope="session")
def theirs() -> Callable[[str], bytes]:
    """Return a function from a name to the bytes of a file that PyTorch wrote."""
    return lambda name: zlib.decompress(base64.b64decode(FILES[name]))


@pytest.fixture(scope="session")
def archive() -> Callable[..., io.BytesIO]:
    """Return a function that makes a checkpoint of a pickle and other entries."""

    def archive(
        stream: bytes, entries: Mapping[str, bytes] | None = None, method: int = zipfile.ZIP_STORED
    ) -> io.BytesIO:
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w", method) as archive:
            for name, data in (
                {"data.pkl": stream, "version": b"3\n"} | dict(entries or {})
            ).items():
                archive.writestr(f"archive/{name}", data)
        file.seek(0)
        return file

    return archive
