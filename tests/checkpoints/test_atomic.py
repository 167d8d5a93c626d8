"""A file is as it was, or as it is to be: whatever happens while it is written."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import plugrad
from plugrad.checkpoints import atomic

WRITES_FOREVER = """
import sys, plugrad
from plugrad.checkpoints import archive_writing, saving

add = archive_writing.ArchiveWriter.add

def slowly(self, name, data):
    add(self, name, data)
    if name == "data/0":
        print("half", flush=True)
        sys.stdin.read()

archive_writing.ArchiveWriter.add = slowly
plugrad.save([plugrad.zeros(100_000), plugrad.zeros(9)], sys.argv[1])
"""


def test_a_killed_process_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "x.pt"
    plugrad.save(plugrad.ones(3), path)
    process = subprocess.Popen(
        [sys.executable, "-c", WRITES_FOREVER, str(path)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline().strip() == b"half"
    assert len(list(tmp_path.iterdir())) == 2
    process.kill()
    process.communicate()
    assert plugrad.load(path).tolist() == [1, 1, 1]
    plugrad.save(plugrad.zeros(1), path)
    assert plugrad.load(path).tolist() == [0]


def test_a_mapped_file_can_be_saved_over(tmp_path: Path) -> None:
    path = tmp_path / "x.pt"
    plugrad.save(plugrad.arange(3), path)
    mapped = plugrad.load(path, mmap=True)
    plugrad.save([mapped, plugrad.zeros(5000)], path)
    assert plugrad.load(path)[0].tolist() == mapped.tolist() == [0, 1, 2]


def failing(write: Callable[[Any], None]) -> None:
    write(b"half")
    raise KeyboardInterrupt


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "x.pt"
    path.write_bytes(b"old")
    with pytest.raises(KeyboardInterrupt):
        atomic.replacing(path, failing)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]
    with pytest.raises(RuntimeError, match="no directory"):
        plugrad.save(1, tmp_path / "none" / "x.pt")


def test_the_new_file_is_on_the_disk_before_it_has_the_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    fsync, replace = os.fsync, os.replace
    monkeypatch.setattr(os, "fsync", lambda file: (done.append("fsync"), fsync(file)))
    monkeypatch.setattr(os, "replace", lambda *names: (done.append("replace"), replace(*names)))
    plugrad.save(1, tmp_path / "x.pt")
    assert done[:2] == ["fsync", "replace"]


@pytest.mark.skipif(os.name != "posix", reason="permissions and links are POSIX's")
def test_permissions_and_links_stay(tmp_path: Path) -> None:
    path, link = tmp_path / "x.pt", tmp_path / "link.pt"
    before = os.umask(0o027)
    try:
        plugrad.save(1, path)
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    path.chmod(0o600)
    link.symlink_to(path)
    plugrad.save(2, link)
    assert link.is_symlink()
    assert plugrad.load(path) == 2
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    plugrad.save(3, os.devnull)
    assert not Path(os.devnull).is_file()
