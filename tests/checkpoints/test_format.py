"""What is saved comes back: values, types, sharing; PyTorch's own files are read."""

from __future__ import annotations

import io
import pickle
import pickletools
import sys
import zipfile
from collections import Counter, OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy
import pytest

import plugrad
from plugrad import nn, optim, serialization
from plugrad.dtypes import all_dtypes
from plugrad.testing import strict

KINDS = all_dtypes()


def stored(obj: Any, **options: Any) -> io.BytesIO:
    file = io.BytesIO()
    plugrad.save(obj, file, **options)
    file.seek(0)
    return file


def through(obj: Any, **options: Any) -> Any:
    return plugrad.load(stored(obj, **options))


VALUES = [
    None, True, False, 0, 255, 256, 65535, 65536, -1, 2**31 - 1, 2**31, -(2**31) - 1, 2**2100,
    -(2**70), 0.5, float("inf"), 1 - 2j, "", "text", "é\n\0", "\ud800", b"", b"\x00\xff",
    bytearray(), bytearray(b"\xff"), (), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4), [], [1],
    list(range(3000)), {}, {"a": 1}, {i: str(i) for i in range(3000)}, set(), {1, 2},
    Counter("aab"), OrderedDict(), OrderedDict(b=1, a=2), {(1, 2): 3},
    plugrad.Size([2, 3]), plugrad.Size([]), plugrad.float32, plugrad.bool, plugrad.device("cpu"),
    plugrad.device("cuda:1"), plugrad.strided,
]  # fmt: skip


@pytest.mark.parametrize("value", VALUES, ids=lambda value: repr(value)[:40])
@pytest.mark.parametrize("new", [True, False], ids=["zip", "legacy"])
def test_values_come_back(value: Any, new: bool) -> None:
    found = through(value, _use_new_zipfile_serialization=new)
    assert type(found) is type(value)
    assert found == value
    if isinstance(value, OrderedDict):
        assert list(found.items()) == list(value.items())


@pytest.mark.parametrize("kind", KINDS, ids=str)
@pytest.mark.parametrize("shape", [(), (3,), (2, 0, 3), (2, 3)], ids=str)
def test_tensors_of_each_dtype_come_back(kind: Any, shape: tuple[int, ...]) -> None:
    tensor = plugrad.arange(6).sum() - 14 + plugrad.arange(max(numpy.prod(shape, dtype=int), 1))
    tensor = tensor[: numpy.prod(shape, dtype=int)].abs().to(kind).reshape(shape)
    found = through(tensor)
    assert (found.dtype, found.shape, found.stride()) == (kind, tensor.shape, tensor.stride())
    assert found._array.tobytes() == tensor._array.tobytes()


def test_views_go_on_to_share() -> None:
    base = plugrad.arange(12.0).reshape(3, 4)
    views = [base, base[1:, ::2], base.T, base[0].expand(5, 4), base[2, 3], base[3:]]
    found = through(views)
    assert [view.stride() for view in found] == [view.stride() for view in views]
    assert [view.storage_offset() for view in found] == [view.storage_offset() for view in views]
    found[0][1, 2] = 99
    assert (found[1][0, 1], found[2][2, 1]) == (99, 99)
    version = found[2]._version
    found[0].add_(1)
    assert found[2]._version == version + 1
    found[0].requires_grad_()
    assert found[2].is_leaf


def test_memory_that_is_not_dense_is_written_dense() -> None:
    odd = numpy.lib.stride_tricks.as_strided(numpy.arange(9.0), (2, 2), (40, 8))
    tensor = plugrad.from_numpy(odd)
    assert through(tensor).equal(tensor)


def test_the_same_object_comes_back_as_the_same() -> None:
    shared: list[Any] = [1]
    tensor = plugrad.ones(1)
    obj: dict[str, Any] = {"a": shared, "b": (shared, tensor), "c": tensor}
    obj["itself"] = obj
    held: list[Any] = []
    ring = (held, 1, 2, 3)
    held.append(ring)
    pair = (held,)
    held.append(pair)
    obj["ring"], obj["pair"] = ring, pair
    found = through(obj)
    assert found["a"] is found["b"][0]
    assert found["c"] is found["b"][1]
    assert found["itself"] is found
    assert found["ring"][0][0] is found["ring"]
    assert found["pair"][0][1] is found["pair"]


def test_depth_costs_nothing() -> None:
    deep: Any = plugrad.ones(1)
    for _ in range(30_000):
        deep = ([deep],)
    found = through(deep)
    for _ in range(30_000):
        ((found,),) = found
    assert found.item() == 1


def test_gradients_and_parameters() -> None:
    leaf = plugrad.ones(2, requires_grad=True)
    frozen = nn.Parameter(plugrad.ones(1), requires_grad=False)
    found = through([leaf, leaf * 2, nn.Parameter(plugrad.ones(1)), frozen, leaf.detach()])
    assert [t.requires_grad for t in found] == [True, True, True, False, False]
    assert all(t.is_leaf for t in found)
    assert [type(t) for t in found] == [
        type(leaf),
        type(leaf),
        nn.Parameter,
        nn.Parameter,
        type(leaf),
    ]


def test_attributes_of_tensors() -> None:
    tensor, parameter = plugrad.ones(1), nn.Parameter(plugrad.ones(1))
    tensor.note, parameter.note = ["kept"], tensor  # type: ignore[attr-defined]
    buffer = nn.Buffer(plugrad.ones(1), persistent=False)
    found = through([tensor, parameter, buffer])
    assert found[0].note == ["kept"]
    assert type(found[1]) is nn.Parameter
    assert found[1].note is found[0]
    assert type(found[2]) is nn.Buffer
    assert found[2].persistent is False


def test_a_training_run_goes_on() -> None:
    def made() -> tuple[nn.Module, Any]:
        plugrad.manual_seed(0)
        model = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3), nn.Linear(3, 1))
        return model, optim.Adam(model.parameters(), amsgrad=True)

    def steps(model: nn.Module, optimizer: Any, count: int) -> None:
        for step in range(count):
            optimizer.zero_grad()
            model(
                plugrad.ones(4, 2) * step + plugrad.arange(4.0)[:, None]
            ).square().sum().backward()
            optimizer.step()

    model, optimizer = made()
    steps(model, optimizer, 3)
    file = stored(
        {"model": model.state_dict(), "optimizer": optimizer.state_dict(),
         "random": plugrad.get_rng_state()}
    )  # fmt: skip
    steps(model, optimizer, 3)
    again, with_optimizer = made()
    found = plugrad.load(file)
    assert found["model"]._metadata == model.state_dict()._metadata
    again.load_state_dict(found["model"])
    with_optimizer.load_state_dict(found["optimizer"])
    plugrad.set_rng_state(found["random"])
    steps(again, with_optimizer, 3)
    for ours, wanted in zip(again.parameters(), model.parameters(), strict=True):
        assert ours.equal(wanted)


def test_what_a_checkpoint_cannot_hold_is_refused() -> None:
    file = io.BytesIO()
    for value, place, cure in [
        (nn.Linear(1, 1), "obj ", "state_dict"),
        ({"a": [1, (numpy.float64(1),)]}, r"obj['a'][1][0]", "item()"),
        ([print], "obj[0]", ""),
        (frozenset([1]), "obj ", ""),
        (range(3), "obj ", ""),
        (numpy.ones(1), "obj ", ""),
        (ValueError, "obj ", ""),
        (..., "obj ", ""),
        (type("Sub", (plugrad.Tensor,), {})([1.0]), "obj ", ""),
    ]:
        with pytest.raises(pickle.PicklingError) as error:
            plugrad.save(value, file)
        assert place in str(error.value)
        assert cure in str(error.value)
    assert file.getvalue() == b""
    loop = plugrad.ones(1)
    loop.itself = loop  # type: ignore[attr-defined]
    with pytest.raises(pickle.PicklingError, match="itself"):
        plugrad.save(loop, file)
    whole = plugrad.ones(2)
    with pytest.raises(RuntimeError, match="float32 and as plugrad.int32"):
        plugrad.save([whole, whole.view(plugrad.int32)], file)


def test_arguments_are_checked(tmp_path: Path) -> None:
    with pytest.raises(AttributeError):
        plugrad.save(1, 3)  # type: ignore[arg-type]
    with pytest.raises(AttributeError):
        plugrad.load(3)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="at most 5"):
        plugrad.save(1, io.BytesIO(), pickle_protocol=9)
    with pytest.raises(TypeError):
        plugrad.save(1, io.BytesIO(), pickle_protocol="2")  # type: ignore[arg-type]
    for call in (plugrad.save, plugrad.load):
        with pytest.raises(ValueError, match="pickle_module"):
            call(*([1] if call is plugrad.save else []), io.BytesIO(), pickle_module=pickletools)
    with pytest.raises(FileNotFoundError):
        plugrad.load(tmp_path / "none.pt")
    with pytest.raises(ValueError, match="path"):
        plugrad.load(io.BytesIO(), mmap=True)
    with pytest.raises(TypeError, match="'rb'"), open(__file__, encoding="utf-8") as text:
        plugrad.load(text)  # type: ignore[arg-type]
    for weights_only in (True, False, None):
        assert plugrad.load(stored(3), weights_only=weights_only) == 3
    for protocol in range(6):
        file = stored({"a": 1}, pickle_protocol=protocol, pickle_module=pickle)
        assert file.getvalue() == stored({"a": 1}).getvalue()


# --------------------------------------------------------------------------------------- the file


def test_the_archive_is_as_pytorchs() -> None:
    data = stored([plugrad.arange(5), plugrad.ones(1, dtype=plugrad.uint16)]).getvalue()
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        entries = {info.filename: info for info in archive.infolist()}
        names = [name.removeprefix("archive/") for name in entries]
        assert names == [
            "data.pkl", ".format_version", ".storage_alignment", "byteorder", "data/0", "data/1",
            "version", ".data/serialization_id",
        ]  # fmt: skip
        assert archive.read("archive/byteorder").decode() == sys.byteorder
        assert archive.read("archive/version") == b"3\n"
        assert archive.read("archive/data/0") == numpy.arange(5).tobytes()
        assert len(archive.read("archive/.data/serialization_id")) == 40
        pickletools.dis(archive.read("archive/data.pkl"), io.StringIO())
    for info in entries.values():
        assert info.compress_type == zipfile.ZIP_STORED
        at = info.header_offset
        begin = at + 30 + int.from_bytes(data[at + 26 : at + 28], "little")
        begin += int.from_bytes(data[at + 28 : at + 30], "little")
        assert begin % 64 == 0
    assert stored([plugrad.arange(5), plugrad.ones(1, dtype=plugrad.uint16)]).getvalue() == data


def test_sizes_beyond_four_gibibytes_are_written_in_64_bits() -> None:
    # A sink that forgets what it is given, and a view of one byte that is as long as wanted.
    from plugrad.checkpoints.archive_writing import ArchiveWriter

    kept = io.BytesIO()
    position = 0

    def write(data: Any) -> None:
        nonlocal position
        if len(data) < 1 << 20:
            kept.write(data)
        position += len(data)

    class Long:
        def __len__(self) -> int:
            return 5 << 30

    import plugrad.checkpoints.archive_writing as writing

    crc32 = writing.zlib.crc32
    try:
        writing.zlib.crc32 = lambda data, *more: 0 if type(data) is Long else crc32(data, *more)
        archive = ArchiveWriter(write)
        archive.add("data/0", Long())  # type: ignore[arg-type]
        archive.add("after", b"x")
        archive.close()
    finally:
        writing.zlib.crc32 = crc32
    # The directory is where zipfile expects it once the long entry's bytes are thought to be there.
    directory = kept.getvalue()[kept.getvalue().index(b"PK\x01\x02") :]

    class Sparse(io.RawIOBase):
        at = 0

        def seekable(self) -> bool:
            return True

        def seek(self, offset: int, whence: int = 0) -> int:
            self.at = offset + {0: 0, 1: self.at, 2: position}[whence]
            return self.at

        def tell(self) -> int:
            return self.at

        def read(self, count: int = -1) -> bytes:
            before = max(position - len(directory) - self.at, 0)
            start = max(self.at - (position - len(directory)), 0)
            data = (bytes(before) + directory[start:])[: None if count < 0 else count]
            self.at += len(data)
            return data

    with zipfile.ZipFile(Sparse()) as found:  # type: ignore[arg-type]
        sizes = {info.filename: info.file_size for info in found.infolist()}
        assert sizes["archive/data/0"] == 5 << 30
        assert found.getinfo("archive/after").header_offset > 5 << 30
    from plugrad.checkpoints.archive_reading import Archive
    from plugrad.checkpoints.sources import FileSource

    assert Archive(FileSource(Sparse())).size("data/0") == 5 << 30


class OnlyWrites:
    """A pipe: takes little at a time, and cannot go back."""

    def __init__(self) -> None:
        self.data = b""

    def write(self, data: Any) -> int:
        self.data += bytes(data[:100])
        return min(len(data), 100)


class OnlyReads:
    """A file object with the least that is asked for."""

    def __init__(self, data: bytes) -> None:
        file = io.BytesIO(data)
        self.seek, self.tell = file.seek, file.tell
        self.read = lambda count: file.read(min(count, 100))


def test_file_objects() -> None:
    tensor = plugrad.arange(100)
    sink = OnlyWrites()
    plugrad.save(tensor, sink)  # type: ignore[arg-type]
    assert plugrad.load(OnlyReads(sink.data)).equal(tensor)  # type: ignore[arg-type]
    file = io.BytesIO(b"before")
    file.seek(6)
    plugrad.save(tensor, file)
    file.seek(6)
    assert plugrad.load(file).equal(tensor)
    file = io.BytesIO()
    for value in (1, 2):
        plugrad.save([tensor, value], file, _use_new_zipfile_serialization=False)
    file.seek(0)
    assert [plugrad.load(file)[1], plugrad.load(file)[1]] == [1, 2]


@pytest.mark.parametrize("path", [str, Path])
def test_paths(path: Callable[[Path], Any], tmp_path: Path) -> None:
    plugrad.save(plugrad.ones(1), path(tmp_path / "x.pt"))
    assert plugrad.load(path(tmp_path / "x.pt")).item() == 1
    assert [entry.name for entry in tmp_path.iterdir()] == ["x.pt"]


def test_mapped_files(tmp_path: Path) -> None:
    path = tmp_path / "x.pt"
    plugrad.save(
        {"a": plugrad.arange(4.0), "b": plugrad.empty(0), "c": plugrad.tensor([True])}, path
    )
    found = plugrad.load(path, mmap=True)
    found["a"][0] = 9
    assert found["a"].tolist() == [9, 1, 2, 3]
    assert plugrad.load(path)["a"].tolist() == [0, 1, 2, 3]
    again = stored(found)
    assert len(again.getvalue()) < 4000
    assert plugrad.load(again)["a"].tolist() == [9, 1, 2, 3]
    path.write_bytes(stored(1, _use_new_zipfile_serialization=False).getvalue())
    with pytest.raises(RuntimeError, match="mapped"):
        plugrad.load(path, mmap=True)
    path.write_bytes(b"")
    with pytest.raises(EOFError):
        plugrad.load(path, mmap=True)


def test_the_other_byte_order(archive: Callable[..., io.BytesIO]) -> None:
    foreign = {"little": "big", "big": "little"}[sys.byteorder]
    tensors = {str(kind): plugrad.tensor([0, 1, 1]).to(kind) for kind in KINDS}
    with zipfile.ZipFile(stored(tensors)) as ours:
        entries = {
            name.removeprefix("archive/"): ours.read(name) for name in ours.namelist()
        }  # fmt: skip
    for number, kind in enumerate(KINDS):
        width = kind.itemsize // (2 if kind.is_complex else 1)
        words = numpy.frombuffer(entries[f"data/{number}"], f"u{width}")
        entries[f"data/{number}"] = words.byteswap().tobytes()
    entries["byteorder"] = foreign.encode()
    stream = entries.pop("data.pkl")
    found = plugrad.load(archive(stream, entries))
    assert all(found[name].equal(tensors[name]) for name in tensors)
    del entries["byteorder"]
    try:
        serialization.set_default_load_endianness(serialization.LoadEndianness[foreign.upper()])
        found = plugrad.load(archive(stream, entries))
    finally:
        serialization.set_default_load_endianness(None)
    assert all(found[name].equal(tensors[name]) for name in tensors)
    with pytest.raises(TypeError):
        serialization.set_default_load_endianness("big")  # type: ignore[arg-type]


# ---------------------------------------------------------------------------------- PyTorch's own


def test_structures_of_pytorchs(theirs: Callable[[str], bytes]) -> None:
    found = plugrad.load(io.BytesIO(theirs("structure")))
    assert found["t"].tolist() == [[0, 1, 2], [3, 4, 5]]
    found["t"][1, 0] = 9
    assert found["row"].tolist() == [9, 4, 5]
    assert found["T"].tolist() == [[0, 9], [1, 4], [2, 5]]
    assert (found["T"].stride(), found["row"].storage_offset()) == ((1, 3), 3)
    assert repr(found["param"]) == "Parameter containing:\ntensor([1.5000], requires_grad=True)"
    assert (type(found["frozen"]), found["frozen"].requires_grad) == (nn.Parameter, False)
    assert (type(found["grad"]), found["grad"].requires_grad) == (plugrad.Tensor, True)
    assert (found["empty"].shape, found["scalar"].item()) == ((0, 3), 7)
    rest = {name: value for name, value in found.items() if not isinstance(value, plugrad.Tensor)}
    assert rest == {
        "size": plugrad.Size([2, 3]), "dtype": plugrad.bfloat16, "device": plugrad.device("cuda:1"),
        "ordered": OrderedDict(b=1, a=2), "set": {1}, "bytes": b"\xff\x00",
        "bytearray": bytearray(b"x"), "big": 2**70, "negative": -3, "complex": 1 + 2j, "none": None,
        "tuple": (1, (2.5, "x")), "list": [True, False], "layout": plugrad.strided,
    }  # fmt: skip
    assert type(found["size"]) is plugrad.Size


def test_dtypes_of_pytorchs(theirs: Callable[[str], bytes]) -> None:
    found = plugrad.load(io.BytesIO(theirs("kinds")))
    assert found.keys() == {kind.name for kind in KINDS}
    for name, tensor in found.items():
        assert tensor.dtype is getattr(plugrad, name)
        assert tensor.tolist() == [0, 1]


def test_flags_of_pytorchs(theirs: Callable[[str], bytes]) -> None:
    found = plugrad.load(io.BytesIO(theirs("flags")))
    assert found["conj"].tolist() == [1 - 2j, 3 + 4j]
    assert found["neg"].tolist() == [-2, 4]
    assert (found["attr"].note, found["param"].note) == ("kept", "kept")
    assert (type(found["param"]), type(found["buffer"])) == (nn.Parameter, nn.Buffer)


def test_training_of_pytorchs(theirs: Callable[[str], bytes]) -> None:
    found = plugrad.load(io.BytesIO(theirs("training")))
    model = nn.Sequential(nn.Linear(2, 1), nn.BatchNorm1d(1))
    model.load_state_dict(found["model"])
    assert found["model"]._metadata["1"] == {"version": 2}
    optimizer = optim.Adam(model.parameters())
    optimizer.load_state_dict(found["optimizer"])
    assert optimizer.state_dict()["state"][0]["step"].item() == 1


def test_older_and_newer_files_of_pytorchs(theirs: Callable[[str], bytes]) -> None:
    found = plugrad.load(io.BytesIO(theirs("legacy")))
    found["t"][1, 0] = 9
    assert found["row"].tolist() == [9, 4, 5]
    assert type(found["param"]) is nn.Parameter
    found = plugrad.load(io.BytesIO(theirs("protocol5")))
    assert (found["b"], found["s"], found["t"].tolist()[1]) == (b"ab", {1, 2}, [3, 4, 5])


@pytest.mark.parametrize(
    ("name", "why"), [("module", "state_dict"), ("sparse", "sparse"), ("float8", "Float8|float8")]
)
def test_what_there_is_not_here(name: str, why: str, theirs: Callable[[str], bytes]) -> None:
    for weights_only in (True, False):
        with pytest.raises(pickle.UnpicklingError, match=why):
            plugrad.load(io.BytesIO(theirs(name)), weights_only=weights_only)


# ----------------------------------------------------------------------------------------- places


@pytest.fixture
def elsewhere(archive: Callable[..., io.BytesIO]) -> Callable[[], io.BytesIO]:
    """Return a function that makes a file whose memory was on no device that is here."""

    def elsewhere() -> io.BytesIO:
        with zipfile.ZipFile(stored([plugrad.ones(2), plugrad.zeros(1)])) as ours:
            stream = ours.read("archive/data.pkl").replace(b"cpu", b"xla")
            data = {f"data/{i}": ours.read(f"archive/data/{i}") for i in (0, 1)}
        return archive(stream, data)

    return elsewhere


def test_memory_of_absent_devices(elsewhere: Callable[[], io.BytesIO]) -> None:
    with pytest.raises(RuntimeError, match="map_location='cpu'"):
        plugrad.load(elsewhere())
    seen: list[Any] = []

    def choose(storage: Any, place: str) -> Any:
        seen.append((storage.nbytes(), len(storage), str(storage.device), place))
        return storage

    ways: list[Any] = [
        "cpu", plugrad.device("cpu"), {"xla": "cpu"}, {"xla": plugrad.device("cpu")}, choose,
        lambda storage, place: storage.cpu(), lambda storage, place: storage.to(device="cpu"),
    ]  # fmt: skip
    for way in ways:
        found = plugrad.load(elsewhere(), map_location=way)
        assert [tensor.tolist() for tensor in found] == [[1, 1], [0]]
        assert found[0].device == plugrad.device("cpu")
    assert seen == [(8, 8, "cpu", "xla"), (4, 4, "cpu", "xla")]
    seen.clear()
    old = stored(plugrad.ones(2), _use_new_zipfile_serialization=False)
    assert plugrad.load(old, map_location=choose).tolist() == [1, 1]
    assert seen == [(8, 8, "cpu", "cpu")]
    wrong: list[Any] = [
        "xla", {"xla": "xla"}, {"cpu": "cpu"}, "nowhere", lambda storage, place: None,
        lambda storage, place: storage.to(device="xla"),
    ]  # fmt: skip
    for way in wrong:
        with pytest.raises(RuntimeError):
            plugrad.load(elsewhere(), map_location=way)
    with pytest.raises(TypeError):
        plugrad.load(elsewhere(), map_location=3)
    with pytest.raises(TypeError):
        plugrad.load(elsewhere(), map_location=lambda storage, place: 3)
    # What the function itself raises comes through as it is.
    with pytest.raises(ZeroDivisionError):
        plugrad.load(elsewhere(), map_location=lambda storage, place: 1 / 0)


def test_tensors_on_another_device_share_there() -> None:
    strict.install()
    x = plugrad.arange(6.0).reshape(2, 3)
    file = stored([x, x[1], x.T])
    found = plugrad.load(file, map_location="strict")
    assert [str(tensor.device) for tensor in found] == ["strict"] * 3
    assert found[2].cpu().equal(x.T)
    file = stored([found[0], plugrad.ones(2, device="strict", dtype=plugrad.uint16)])
    back, unsigned = plugrad.load(file)
    assert (str(back.device), str(unsigned.device)) == ("strict", "strict")
    file.seek(0)
    assert plugrad.load(file, map_location={"strict": "cpu"})[0].equal(x)
