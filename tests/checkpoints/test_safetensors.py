"""safetensors: what is written is read again, and what the format cannot hold is refused."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import pytest

import plugrad
from plugrad import nn
from plugrad.checkpoints import safetensors as files
from plugrad.dtypes import all_dtypes

package = pytest.importorskip("safetensors")

KINDS = [kind for kind in all_dtypes() if kind is not plugrad.complex128]
TENSORS = {kind.name: plugrad.tensor([[0, 1], [1, 1]]).to(kind) for kind in KINDS}
TENSORS |= {"scalar": plugrad.tensor(1.5), "empty": plugrad.empty(0, 3)}


def same(found: dict[str, plugrad.Tensor], wanted: dict[str, plugrad.Tensor]) -> bool:
    return found.keys() == wanted.keys() and all(
        found[name].dtype is tensor.dtype and found[name].equal(tensor)
        for name, tensor in wanted.items()
    )


def test_tensors_come_back(tmp_path: Path) -> None:
    path = tmp_path / "x.safetensors"
    assert same(files.load(files.save(TENSORS)), TENSORS)
    files.save_file(TENSORS, path, {"made": "here"})
    found = files.load_file(path)
    assert same(found, TENSORS)
    found["int64"] += 1
    assert same(files.load_file(str(path), device="cpu"), TENSORS)
    with files.safe_open(path, framework="pt", device="cpu") as file:
        assert file.metadata() == {"made": "here"}
        assert set(file.keys()) == set(file.offset_keys()) == set(TENSORS)
        assert same(file.get_tensors(), TENSORS)
        part = file.get_slice("bfloat16")
        assert (part.get_shape(), part.get_dtype()) == ([2, 2], "BF16")
        assert part[1:].equal(TENSORS["bfloat16"][1:])
        with pytest.raises(package.SafetensorError):
            file.get_tensor("none")


def test_the_bytes_are_the_formats() -> None:
    # https://github.com/huggingface/safetensors: a length, JSON, and the data.
    data = files.save({"x": plugrad.tensor([1.5, 2.5])}, {"a": "b"})
    (length,) = struct.unpack("<Q", data[:8])
    assert json.loads(data[8 : 8 + length]) == {
        "__metadata__": {"a": "b"},
        "x": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]},
    }
    assert data[8 + length :] == struct.pack("<2f", 1.5, 2.5)


def test_what_the_format_cannot_hold_is_refused(tmp_path: Path) -> None:
    x = plugrad.arange(4.0).reshape(2, 2)
    for tensors in ({"a": x, "b": x}, {"a": x, "b": x[1]}):
        with pytest.raises(RuntimeError, match="'a' and 'b' share memory"):
            files.save_file(tensors, tmp_path / "x")
    assert same(files.load(files.save({"a": x[0], "b": x[1]})), {"a": x[0], "b": x[1]})
    for wrong, why in [
        ({"a": x.T}, "contiguous"), ({"a": plugrad.ones(1).expand(3)}, "contiguous"),
        ({"a": x.to(plugrad.complex128)}, "complex128"), ({"a": 1}, "int"), ([x], "list"),
    ]:  # fmt: skip
        with pytest.raises(ValueError, match=why):
            files.save_file(wrong, tmp_path / "x")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="int"):
        files.save({1: x})  # type: ignore[dict-item]
    assert not list(tmp_path.iterdir())


def test_damaged_files_are_refused(tmp_path: Path) -> None:
    whole = files.save({"x": plugrad.ones(2)})
    for size in range(len(whole)):
        with pytest.raises(package.SafetensorError):
            files.load(whole[:size])
    (tmp_path / "x").write_bytes(whole[:-1])
    with pytest.raises(package.SafetensorError):
        files.load_file(tmp_path / "x")
    with pytest.raises(FileNotFoundError):
        files.load_file(tmp_path / "none")
    (tmp_path / "x").write_bytes(whole)
    with pytest.raises(RuntimeError, match="no device"):
        files.load_file(tmp_path / "x", device="xla")
    unknown = whole.replace(b'"F32","shape":[2]', b'"F64","shape":[1]').replace(b"F64", b"F8_E4M3")
    header = json.dumps({"x": {"dtype": "F8_E4M3", "shape": [2], "data_offsets": [0, 2]}}).encode()
    unknown = struct.pack("<Q", len(header)) + header + b"ab"
    with pytest.raises(ValueError, match="F8_E4M3"):
        files.load(unknown)


class Tied(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.zebra = nn.Linear(2, 2)
        self.ant = nn.Linear(2, 2)
        self.ant.weight = self.zebra.weight
        self.register_buffer("row", self.ant.weight.detach()[1])


def test_models(tmp_path: Path) -> None:
    path = tmp_path / "x.safetensors"
    model, other = Tied(), Tied()
    files.save_model(model, path, {"format": "pt"})
    with files.safe_open(path) as file:
        assert set(file) == {"ant.weight", "ant.bias", "zebra.bias"}
        assert file.metadata() == {
            "format": "pt", "row": "ant.weight", "zebra.weight": "ant.weight"
        }  # fmt: skip
    assert files.load_model(other, path) == (set(), [])
    assert other.zebra.weight.equal(model.zebra.weight)
    third = nn.Linear(2, 2)
    before = third.weight.clone()
    with pytest.raises(RuntimeError, match="missing: .*bias"):
        files.load_model(third, path)
    assert third.weight.equal(before)
    missing, unexpected = files.load_model(third, path, strict=False)
    assert missing == {"weight", "bias"}
    assert unexpected == ["ant.bias", "ant.weight", "zebra.bias"]
    halves = plugrad.arange(4.0)
    third.register_buffer("a", halves[:3])
    third.register_buffer("b", halves[1:])
    with pytest.raises(RuntimeError, match="a, b share memory"):
        files.save_model(third, path)
    turned = nn.Linear(2, 2)
    turned.weight = nn.Parameter(turned.weight.detach().T)
    with pytest.raises(ValueError, match="contiguous"):
        files.save_model(turned, path, force_contiguous=False)
    files.save_model(turned, path)
    assert files.load_file(path)["weight"].equal(turned.weight)
