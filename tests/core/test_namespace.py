"""One import name from several distributions: found wherever they lie, missed with advice."""

from __future__ import annotations

import importlib
import importlib.util
import pickle
import sys
import threading
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import plugrad
from plugrad import namespace
from plugrad.namespace import MissingPackageError

ADVICE = "python -m pip install plugrad-absent"


@pytest.fixture(autouse=True)
def absent(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let there be two more siblings, of which nothing is installed."""
    siblings = {"plugrad.absent": "plugrad-absent", "plugrad.missing": "plugrad-missing"}
    monkeypatch.setattr(namespace, "SIBLINGS", {**namespace.SIBLINGS, **siblings})
    monkeypatch.setattr(plugrad, "__path__", list(plugrad.__path__))
    yield
    for name in siblings:
        sys.modules.pop(name, None)
        sys.modules.pop(f"{name}.part", None)
        vars(plugrad).pop(name.rpartition(".")[2], None)


def from_import() -> None:
    from plugrad import absent  # type: ignore[attr-defined]  # noqa: F401


def submodule_import() -> None:
    from plugrad.absent.deep import thing  # type: ignore[import-not-found]  # noqa: F401


@pytest.mark.parametrize(
    "act",
    [
        lambda: __import__("plugrad.absent"),
        lambda: importlib.import_module("plugrad.absent"),
        from_import,
        submodule_import,
    ],
    ids=["import", "import_module", "from-import", "submodule"],
)
def test_importing_an_absent_sibling_says_what_to_install(act: Callable[[], Any]) -> None:
    with pytest.raises(MissingPackageError, match=ADVICE) as raised:
        act()
    assert raised.value.module == "plugrad.absent"
    assert raised.value.distribution == raised.value.name == "plugrad-absent"
    assert "plugrad.absent" not in sys.modules


def test_an_absent_sibling_as_attribute_says_what_to_install() -> None:
    with pytest.raises(AttributeError, match=ADVICE):
        plugrad.absent  # noqa: B018
    assert not hasattr(plugrad, "absent")


def test_probes_stay_silent() -> None:
    assert importlib.util.find_spec("plugrad.absent") is None
    with pytest.raises(pytest.skip.Exception):
        pytest.importorskip("plugrad.absent")


def test_other_missing_modules_are_missed_as_ever() -> None:
    with pytest.raises(ModuleNotFoundError, match="plugrad.nonsense") as raised:
        importlib.import_module("plugrad.nonsense")
    assert type(raised.value) is ModuleNotFoundError
    with pytest.raises(AttributeError, match="nonsense"):
        plugrad.nonsense  # noqa: B018


def test_the_error_survives_pickling() -> None:
    with pytest.raises(MissingPackageError) as raised:
        importlib.import_module("plugrad.absent")
    copy = pickle.loads(pickle.dumps(raised.value))
    assert (str(copy), copy.module, copy.name) == (
        str(raised.value),
        "plugrad.absent",
        "plugrad-absent",
    )


def put_sibling(place: Path, source: str = "") -> None:
    package = place / "plugrad" / "absent"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(source)
    (package / "part.py").write_text("")
    importlib.invalidate_caches()


def test_a_sibling_is_found_in_a_directory_added_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_sibling(tmp_path)
    assert importlib.util.find_spec("plugrad.absent") is None
    monkeypatch.syspath_prepend(tmp_path)
    assert importlib.util.find_spec("plugrad.absent") is not None
    importlib.import_module("plugrad.absent.part")
    assert plugrad.absent.part.__name__ == "plugrad.absent.part"


def test_a_sibling_is_found_in_a_wheel_that_lists_no_directories(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with zipfile.ZipFile(tmp_path / "absent.whl", "w") as wheel:
        wheel.writestr("plugrad/absent/__init__.py", "")
        wheel.writestr("plugrad/absent/part.py", "")
    monkeypatch.syspath_prepend(tmp_path / "absent.whl")
    importlib.import_module("plugrad.absent.part")
    assert str(tmp_path / "absent.whl") in plugrad.absent.part.__file__


def test_what_a_sibling_adds_to_a_package_of_core_is_found_and_missed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    testing: Any = plugrad.testing
    siblings = {**namespace.SIBLINGS, "plugrad.testing.absent": "plugrad-absent"}
    monkeypatch.setattr(namespace, "SIBLINGS", siblings)
    monkeypatch.setattr(testing, "__path__", list(testing.__path__))
    with pytest.raises(MissingPackageError, match=ADVICE):
        importlib.import_module("plugrad.testing.absent")
    with pytest.raises(AttributeError, match=ADVICE):
        testing.absent  # noqa: B018
    with pytest.raises(AttributeError, match="nonsense"):
        testing.nonsense  # noqa: B018
    addition = tmp_path / "plugrad" / "testing"
    addition.mkdir(parents=True)
    (addition / "absent.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    try:
        assert testing.absent.__file__ == str(addition / "absent.py")
    finally:
        sys.modules.pop("plugrad.testing.absent", None)
        vars(testing).pop("absent", None)


def test_extend_finds_every_part_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put_sibling(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    path = namespace.extend(plugrad.__path__, "plugrad")
    assert path[: len(plugrad.__path__)] == list(plugrad.__path__)
    assert path.count(str(tmp_path / "plugrad")) == 1
    assert namespace.extend(path, "plugrad") == path


def test_an_installed_sibling_reports_its_own_missing_needs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_sibling(tmp_path, "import plugrad.missing")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(MissingPackageError, match="plugrad-missing"):
        namespace.resolve_sibling("plugrad.absent")


def test_hints_are_installed_once() -> None:
    before = list(sys.meta_path)
    namespace.install_hints()
    assert sys.meta_path == before


def test_many_threads_find_one_sibling(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put_sibling(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    start = threading.Barrier(8)
    found: list[ModuleType] = []

    def find() -> None:
        start.wait()
        found.append(importlib.import_module("plugrad.absent"))

    threads = [threading.Thread(target=find) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert set(map(id, found)) == {id(sys.modules["plugrad.absent"])}
    assert len(set(plugrad.__path__)) == len(plugrad.__path__)
