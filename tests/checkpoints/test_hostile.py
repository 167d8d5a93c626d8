"""Files that are damaged, or meant to do harm, raise a clear error, and no other."""

from __future__ import annotations

import io
import itertools
import os
import pickle
import random
import struct
import tracemalloc
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import plugrad
from plugrad import nn

ERRORS = (RuntimeError, pickle.UnpicklingError, EOFError)
Archive = Callable[..., io.BytesIO]

TENSOR = {"weight": plugrad.arange(6.0).reshape(2, 3), "steps": 3}


def stored(obj: Any, **options: Any) -> bytes:
    file = io.BytesIO()
    plugrad.save(obj, file, **options)
    return file.getvalue()


def outcome(data: bytes) -> str:
    """Return what a file gives, or the kind of its error; every other error is raised."""
    try:
        return repr(plugrad.load(io.BytesIO(data)))
    except ERRORS as error:
        return type(error).__name__ if str(error).startswith("load(): ") else str(error)


# ----------------------------------------------------------------------------------------- damage


def test_every_flip_of_a_byte_is_an_error_or_harmless(theirs: Callable[[str], bytes]) -> None:
    for whole, changes in (stored(TENSOR), (0xFF, 0x01, 0x20)), (theirs("flags"), (0xFF,)):
        right = outcome(whole)
        seen = set()
        for at, change in itertools.product(range(len(whole)), changes):
            damaged = bytearray(whole)
            damaged[at] ^= change
            seen.add(outcome(bytes(damaged)))
        assert seen <= {right, "RuntimeError", "UnpicklingError", "EOFError"}
        assert {right, "RuntimeError"} <= seen


def test_every_truncation_is_an_error(theirs: Callable[[str], bytes]) -> None:
    for whole in (stored(TENSOR), theirs("training"), theirs("legacy")):
        for size in range(len(whole)):
            assert outcome(whole[:size]) in ("RuntimeError", "UnpicklingError", "EOFError")


def test_what_is_appended_is_an_error() -> None:
    assert outcome(stored(TENSOR) + b"x") == "RuntimeError"


def test_flips_in_an_older_file_raise_nothing_else(theirs: Callable[[str], bytes]) -> None:
    whole = theirs("legacy")
    for at, change in itertools.product(range(len(whole)), (0xFF, 0x01, 0x80)):
        damaged = bytearray(whole)
        damaged[at] ^= change
        outcome(bytes(damaged))


def test_pickles_with_random_changes_raise_nothing_else(
    archive: Archive, theirs: Callable[[str], bytes]
) -> None:
    # With the right checksum, as whoever wants to do harm would write it.
    chance = random.Random(0)
    for name in ("structure", "flags", "protocol5"):
        with zipfile.ZipFile(io.BytesIO(theirs(name))) as file:
            entries = {path.partition("/")[2]: file.read(path) for path in file.namelist()}
        stream = entries.pop("data.pkl")
        for _ in range(1500):
            damaged = bytearray(stream)
            for _ in range(chance.choice((1, 1, 2, 5))):
                damaged[chance.randrange(len(damaged))] = chance.choice(
                    (chance.randrange(256), chance.choice(stream))
                )
            outcome(archive(bytes(damaged), entries).getvalue())


def test_a_file_that_is_none(tmp_path: Path) -> None:
    assert outcome(b"") == "EOFError"
    for other in (b"hello", b"\x80\x02K\x01.", b"PK", b"PK\x03\x04", bytes(100), b"{}" * 100):
        assert outcome(other) in ("UnpicklingError", "RuntimeError")
    with pytest.raises(pickle.UnpicklingError, match="no checkpoint"):
        plugrad.load(io.BytesIO(b"hello"))


def test_a_model_stays_as_it_was(tmp_path: Path) -> None:
    model = nn.Linear(3, 2)
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    path = tmp_path / "model.pt"
    plugrad.save(nn.Linear(3, 2).state_dict(), path)
    data = bytearray(path.read_bytes())
    at = data.index(struct.pack("<f", plugrad.load(path)["bias"][1].item()))
    data[at] ^= 1
    path.write_bytes(data)
    with pytest.raises(RuntimeError, match=r"data/1.*CRC"):
        model.load_state_dict(plugrad.load(path))
    assert all(model.state_dict()[name].equal(tensor) for name, tensor in before.items())


# --------------------------------------------------------------------------------------- archives


def parts(data: bytes) -> tuple[bytes, dict[str, bytes]]:
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        entries = {path.partition("/")[2]: file.read(path) for path in file.namelist()}
    return entries.pop("data.pkl"), entries


@pytest.mark.parametrize("name", ["data.pkl", "version", "data/0"])
def test_entries_that_are_missing_are_named(name: str, archive: Archive) -> None:
    stream, entries = parts(stored(TENSOR))
    file = archive(stream, entries)
    changed = io.BytesIO()
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(changed, "w") as new:
        for path in old.namelist():
            if not path.endswith(name):
                new.writestr(path, old.read(path))
    with pytest.raises(RuntimeError, match=name):
        plugrad.load(io.BytesIO(changed.getvalue()))


@pytest.mark.parametrize(
    ("entries", "error", "why"),
    [
        ({"data/0": b"short"}, RuntimeError, "data/0.* 5 bytes"),
        ({"data/0": bytes(28)}, RuntimeError, "28 bytes"),
        ({"byteorder": b"middle"}, ValueError, "middle"),
        ({"byteorder": b"big" * 100}, ValueError, "byte order"),
        ({"version": b"99\n"}, RuntimeError, "99"),
        ({"version": b"x"}, RuntimeError, "version"),
        ({"version": b"1" * 1000}, RuntimeError, "version"),
        ({"constants.pkl": b""}, RuntimeError, "TorchScript"),
        ({"../../etc/passwd": b""}, RuntimeError, "name"),
        ({"/absolute": b""}, RuntimeError, "name"),
        ({"a\\b": b""}, RuntimeError, "name"),
        ({"./version": b""}, RuntimeError, "name"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_entries_that_are_wrong_are_named(
    entries: dict[str, bytes], error: type[Exception], why: str, archive: Archive
) -> None:
    stream, right = parts(stored(TENSOR))
    with pytest.raises(error, match=why):
        plugrad.load(archive(stream, right | entries))


def test_compressed_archives_are_refused(archive: Archive) -> None:
    stream, entries = parts(stored(plugrad.zeros(100_000)))
    with pytest.raises(RuntimeError, match="compressed"):
        plugrad.load(archive(stream, entries, zipfile.ZIP_DEFLATED))


def test_archives_of_several_folders_or_twins_are_refused() -> None:
    for extra in ("other/data/0", "version", "archive/version"):
        file = io.BytesIO(stored(TENSOR))
        with zipfile.ZipFile(file, "a") as archive, pytest.MonkeyPatch.context() as patch:
            patch.setattr("warnings.warn", lambda *args, **kwargs: None)
            archive.writestr(extra, b"3\n")
        file.seek(0)
        with pytest.raises(RuntimeError, match="folder|two of that name"):
            plugrad.load(file)


def test_entries_must_not_overlap_or_leave_the_file() -> None:
    whole = stored(TENSOR)
    at = whole.index(b"PK\x01\x02")
    entry = whole.index(b"archive/data/0", at) - 46
    for field, value in [(20, 1 << 20), (42, 0), (42, 1 << 30), (20, 0xFFFFFFFF), (34, 1)]:
        damaged = bytearray(whole)
        damaged[entry + field : entry + field + 4] = struct.pack("<L", value)
        if field == 20:
            damaged[entry + 24 : entry + 28] = struct.pack("<L", value)
        assert outcome(bytes(damaged)) == "RuntimeError"


# ---------------------------------------------------------------------------------------- pickles


def text(value: str) -> bytes:
    return pickle.BINUNICODE + struct.pack("<L", len(value)) + value.encode()


def name(module: str, attribute: str) -> bytes:
    return f"c{module}\n{attribute}\n".encode()


def stacked(module: str, attribute: str) -> bytes:
    return text(module) + text(attribute) + pickle.STACK_GLOBAL


def stream(*codes: bytes) -> bytes:
    return b"\x80\x02" + b"".join(codes) + b"."


class Runs:
    def __reduce__(self) -> Any:
        return os.system, ("touch HARMED",)


def malicious() -> Iterator[tuple[str, bytes]]:
    for protocol in range(6):
        yield f"os.system {protocol}", pickle.dumps(Runs(), protocol)
    for find in (name, stacked):
        for module, attribute in [
            ("builtins", "eval"), ("builtins", "getattr"), ("__builtin__", "getattr"),
            ("builtins", "__import__"), ("os", "system"), ("posix", "system"), ("nt", "system"),
            ("subprocess", "Popen"), ("plugrad", "load"), ("plugrad", "save"), ("numpy", "load"),
            ("torch._utils", "_rebuild_tensor_v2.__globals__"), ("collections", "defaultdict"),
            ("collections", "OrderedDict.__init__.__globals__"), ("torch", "Tensor.__reduce_ex__"),
            ("torch.os", "system"), ("torch", "os.system"), ("torch.storage", "_load_from_bytes"),
            ("_codecs", "decode"), ("_codecs", "lookup"), ("pickle", "loads"), ("io", "open"),
            ("copyreg", "_reconstructor"), ("functools", "partial"), ("operator", "attrgetter"),
            ("torch.jit", "load"), ("torch.hub", "load"), ("torch", "load"), ("", ""),
            ("torch.nn.modules.linear", "Linear"), ("argparse", "Namespace"), ("__main__", "Runs"),
        ]:  # fmt: skip
            called = find(module, attribute) + text("touch HARMED") + b"\x85R"
            yield f"{find.__name__} {module}.{attribute}", stream(called)
    ordered, tensor = name("collections", "OrderedDict"), name("torch", "Tensor")
    yield "attribute of a class", stream(ordered, b"}", text("__init__"), b"N", b"sb")
    yield "state that shadows", stream(ordered, b")R}", text("items"), b"K\x01sb")
    yield "state that is magic", stream(ordered, b")R}", text("__class__"), b"K\x01sb")
    yield "state of a list", stream(b"]}", text("a"), b"K\x01sb")
    yield "state of two halves", stream(ordered, b")R", b"N}", text("a"), b"K\x01s\x86b")
    yield "a class that is called", stream(tensor, b")R")
    yield "a storage that is called", stream(name("torch", "FloatStorage"), b"K\x09\x85R")
    yield "a dtype that is called", stream(name("torch", "float32"), b")R")
    yield "a number that is called", stream(b"K\x01)R")
    yield "a text that is called", stream(text("os.system"), text("x"), b"\x85R")
    yield "a new object", stream(ordered, b")\x81")
    yield "INST", stream(b"(ios\nsystem\n")
    yield "OBJ", stream(b"(", name("os", "system"), text("true"), b"o")
    yield "an extension", stream(b"\x82\x01")
    yield "a text that Python reads", stream(b"S'__import__(\"os\")'\n")
    yield "a name as a value", stream(ordered)
    yield "a name in a list", stream(b"]", ordered, b"a")
    yield "a name in a dict", stream(b"}K\x01", ordered, b"s")
    yield "a name as a key", stream(b"}", ordered, b"K\x01s")
    yield "a name in a tuple", stream(ordered, b"\x85\x85")
    deep = b"K\x01" + b"\x85" * 100_000
    wide = b"K\x01K\x01" + b"".join(b"\x86q" + bytes((i,)) + b"h" + bytes((i,)) for i in range(200))
    for shape, value in (("deep", deep), ("wide", wide + b"\x86")):
        yield f"something {shape} for memory", stream(value, b"Q")
        yield f"something {shape} that is called", stream(value, b")R")
        yield (
            f"something {shape} as an argument",
            stream(name("torch.serialization", "_get_layout"), value, b"\x85R"),
        )
        yield f"something {shape} as arguments", stream(ordered, value, b"R")
        yield f"something {shape} as a state", stream(ordered, b")R", value, b"b")
    yield "a text for memory", stream(text("storage"), b"Q")
    yield "memory by path", stream(
        b"(", text("storage"), name("torch", "FloatStorage"), text("../data.pkl"), text("cpu"),
        b"K\x01tQ",
    )  # fmt: skip
    yield "nothing", stream()
    yield "two results", stream(b"NN")
    yield "no end", b"\x80\x02N"
    yield "an empty stream", b""
    yield "a mark that is missing", stream(b"t")
    yield "too few for a tuple", stream(b"K\x01\x87")
    yield "nothing to append to", stream(b"K\x01a")
    yield "nothing to remember", stream(b"q\x00")
    yield "no such memory", stream(b"h\x07")
    yield "odd items", stream(b"}(K\x01u")
    yield "a list as a key", stream(b"}]K\x01s")
    yield "an item of a list", stream(b"]K\x01K\x01s")
    yield "something appended to a dict", stream(b"}K\x01a")
    yield "protocol 9", b"\x80\x09N."


@pytest.mark.parametrize(("what", "data"), list(malicious()), ids=lambda value: str(value)[:60])
def test_nothing_that_a_file_names_is_run(
    what: str, data: bytes, archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for weights_only in (True, False):
        with pytest.raises(pickle.UnpicklingError, match=r"data\.pkl.*byte"):
            plugrad.load(archive(data), weights_only=weights_only)
    assert not list(tmp_path.iterdir())


def test_the_pickles_above_would_do_harm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    pickle.loads(stream(name("os", "system"), text("touch HARMED"), b"\x85R"))
    assert (tmp_path / "HARMED").exists()


def bombs() -> Iterator[tuple[str, bytes]]:
    doubling = b"".join(b"\x86q" + bytes((i,)) + b"h" + bytes((i,)) for i in range(200))
    yield "a key of 2**200 parts", stream(b"}K\x01K\x01", doubling, b"\x86K\x01s")
    yield (
        "an element of 2**200 parts",
        stream(name("__builtin__", "set"), b"]K\x01K\x01", doubling, b"\x86a\x85R"),
    )
    yield (
        "a key of 2**200 parts in pairs",
        stream(name("collections", "OrderedDict"), b"]](K\x01K\x01", doubling, b"\x86K\x01eaR"),
    )
    yield "a key that is deep", stream(b"}", b")", b"\x85" * 200_000, b"K\x01s")
    number = b"\x8b\x00\x00\x10\x00" + b"\x01" * (1 << 20) + b"q\x00"
    yield "a key of two million digits", stream(b"}", number, b"K\x01s", b"h\x00K\x01s" * 100_000)
    yield "a large place in the memo", stream(b"Nr\xff\xff\xff\xff", b"r\xfe\xff\xff\xffh\x01")
    yield "a long text", stream(b"X\xff\xff\xff\xffa")
    yield "a longer text", stream(b"\x8d" + b"\xff" * 8)
    yield "long bytes", stream(b"\x8e" + b"\xff" * 7 + b"\x00")
    yield "a long array", stream(b"\x96" + b"\xff" * 7 + b"\x00")
    yield "a long number", stream(b"\x8b\xff\xff\xff\x7f")
    yield "a number of negative length", stream(b"\x8b\xff\xff\xff\xff")
    array = name("__builtin__", "bytearray")
    yield "an array of a length", stream(array, b"\x8a\x06\0\0\0\0\0\x01\x85R")
    large = b"X\0\0\x10\0" + b"a" * (1 << 20)
    encode = (
        name("_codecs", "encode") + b"q\x01" + large + b"q\x02" + text("latin1") + b"\x86q\x03R"
    )
    yield "bytes again and again", stream(b"](", encode, b"h\x01h\x03R" * 2000, b"e")
    yield "sets again and again", stream(
        b"](", name("__builtin__", "set"), b"q\x01](", b"K\x01" * 100_000, b"e\x85q\x02R",
        b"h\x01h\x02R" * 20_000, b"e",
    )  # fmt: skip


@pytest.mark.parametrize(("what", "data"), list(bombs()), ids=lambda value: str(value)[:60])
def test_little_does_not_become_much(what: str, data: bytes, archive: Archive) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(pickle.UnpicklingError):
            plugrad.load(archive(data))
        assert tracemalloc.get_traced_memory()[1] < 100 << 20
    finally:
        tracemalloc.stop()


def rebuilt(
    *place: Any, kind: str = "FloatStorage", count: int = 6, grad: bool = False, **metadata: Any
) -> bytes:
    """Return the pickle of a tensor at some place of a storage."""
    from plugrad.checkpoints.encoding import Call, Encoder, Persistent
    from plugrad.checkpoints.names import Global

    memory = Persistent("storage", Global("torch", kind), "0", "cpu", count)
    more = (metadata,) if metadata else ()
    call = Call(Global("torch._utils", "_rebuild_tensor_v2"), memory, *place, grad, None, *more)
    return Encoder(lambda item: call if item is Ellipsis else None).encode(...)


@pytest.mark.parametrize(
    "place",
    [
        (0, (7,), (1,)), (1, (6,), (1,)), (6, (), ()), (0, (2, 3), (3, 2)), (-1, (1,), (1,)),
        (0, (-1,), (1,)), (0, (2,), (-1,)), (0, (2,), (1, 1)), (5, (2,), (2**62,)),
        (2**70, (1,), (1,)), (0, (2**40, 2**40), (0, 0)), (0, (0, 2**62, 2**62), (1, 1, 1)),
        (0, (1,), (2**63,)), (0, (1,) * 65, (1,) * 65), (7, (0,), (1,)), (0, (2**61,), (0,)),
    ],
    ids=str,
)  # fmt: skip
def test_tensors_stay_inside_of_their_memory(place: Any, archive: Archive) -> None:
    with pytest.raises(RuntimeError, match="there is no|not inside|reach"):
        plugrad.load(archive(rebuilt(*place), {"data/0": bytes(24)}))


@pytest.mark.parametrize(
    ("place", "options"),
    [
        ((0, 6, 1), {}), ((0, [6], [1]), {}), ((0, (6.0,), (1,)), {}), ((0, (True,), (1,)), {}),
        ((0, (6,), (1,)), {"other": True}), ((0, (6,), (1,)), {"conj": 1}),
        ((0, (2**40,), (0,)), {"neg": True}),
    ],
    ids=str,
)  # fmt: skip
def test_tensors_are_described_by_integers(place: Any, options: Any, archive: Archive) -> None:
    with pytest.raises(pickle.UnpicklingError):
        plugrad.load(archive(rebuilt(*place, **options), {"data/0": bytes(24)}))


def test_memory_of_the_wrong_size_or_kind_is_refused(archive: Archive) -> None:
    for kind, count in [
        ("FloatStorage", 5), ("FloatStorage", 7), ("DoubleStorage", 6), ("ByteStorage", 6),
        ("FloatStorage", 2**62), ("FloatStorage", 0),
    ]:  # fmt: skip
        data = rebuilt(0, (1,), (1,), kind=kind, count=count)
        with pytest.raises(RuntimeError, match="data/0"):
            plugrad.load(archive(data, {"data/0": bytes(24)}))
    with pytest.raises(pickle.UnpicklingError):
        plugrad.load(archive(rebuilt(0, (1,), (1,), count=-1), {"data/0": bytes(24)}))
    data = rebuilt(0, (1,), (1,), kind="IntStorage", grad=True)
    with pytest.raises(RuntimeError, match="gradient|require grad"):
        plugrad.load(archive(data, {"data/0": bytes(24)}))


def test_tensors_may_be_large_where_they_repeat(archive: Archive) -> None:
    found = plugrad.load(archive(rebuilt(2, (2**40,), (0,)), {"data/0": bytes(24)}))
    assert found.shape == (2**40,)
    assert found[2**39].item() == 0


def test_bools_are_zero_or_one(archive: Archive) -> None:
    data = rebuilt(0, (6,), (1,), kind="BoolStorage")
    found = plugrad.load(archive(data, {"data/0": b"\x00\x01\x02\xff\x00\x80"}))
    assert found.tolist() == [False, True, True, True, False, True]
    assert found.sum().item() == 4
