"""Checkpoints travel both ways: what either library saves, the other loads, and the same way."""

from __future__ import annotations

import collections
import io
import itertools
import pickle
import zipfile
from collections import OrderedDict
from typing import Any

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import plugrad
import plugrad.nn
import plugrad.optim
from plugrad.dtypes import all_dtypes

NAMES = [kind.name for kind in all_dtypes()]


def saved(t: Any, obj: Any, **options: Any) -> io.BytesIO:
    file = io.BytesIO()
    t.save(obj, file, **options)
    file.seek(0)
    return file


# ------------------------------------------------------------------------------------- structures

numbers = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.complex_numbers(), st.text(),
    st.binary(min_size=1), st.binary().map(bytearray),  # PyTorch refuses its own empty bytes
)  # fmt: skip
keys = st.one_of(st.text(), st.integers(), st.booleans(), st.tuples(st.integers(), st.text()))


class Made:
    """A value that is made with either library."""

    def __init__(self, how: Any, *parameters: Any) -> None:
        self.how = how
        self.parameters = parameters

    def __repr__(self) -> str:
        return f"{self.how.__name__}{self.parameters}"

    def by(self, t: Any, bases: dict[Any, Any]) -> Any:
        return self.how(t, bases, *self.parameters)


def tensor(t: Any, bases: dict[Any, Any], name: str, shape: Any, steps: Any, grad: bool) -> Any:
    """A view of the one tensor of a dtype, or a Parameter."""
    if name not in bases:
        bases[name] = (t.arange(24) % 5).to(getattr(t, name)).reshape(2, 3, 4)
    whole = bases[name]
    part = whole.permute(*shape)[:: steps[0], steps[1] :]
    if grad and (part.is_floating_point() or part.is_complex()):
        return t.nn.Parameter(part.detach(), requires_grad=steps[1] == 0)
    return part


def fresh(t: Any, bases: dict[Any, Any], name: str, size: Any, grad: bool) -> Any:
    made = t.ones(size, dtype=getattr(t, name))
    return made.requires_grad_(grad and (made.is_floating_point() or made.is_complex()))


def thing(t: Any, bases: dict[Any, Any], kind: str, value: Any) -> Any:
    return {
        "Size": lambda: t.Size(value), "dtype": lambda: getattr(t, NAMES[len(value)]),
        "device": lambda: t.device("cuda", len(value)), "layout": lambda: t.strided,
    }[kind]()  # fmt: skip


leaves = st.one_of(
    numbers,
    st.builds(
        lambda *a: Made(tensor, *a), st.sampled_from(NAMES), st.permutations(range(3)),
        st.tuples(st.integers(1, 2), st.integers(0, 1)), st.booleans(),
    ),
    st.builds(
        lambda *a: Made(fresh, *a), st.sampled_from(NAMES),
        st.lists(st.integers(0, 3), max_size=4), st.booleans(),
    ),
    st.builds(
        lambda *a: Made(thing, *a), st.sampled_from(["Size", "dtype", "device", "layout"]),
        st.lists(st.integers(0, 5), max_size=4),
    ),
)  # fmt: skip
structures = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.lists(inner, max_size=5).map(tuple),
        st.dictionaries(keys, inner, max_size=4),
        st.dictionaries(keys, inner, max_size=4).map(OrderedDict),
        st.sets(st.integers(), max_size=3), st.dictionaries(keys, st.integers()).map(
            collections.Counter
        ),
    ),
    max_leaves=12,
)  # fmt: skip


def built(t: Any, value: Any, bases: dict[Any, Any]) -> Any:
    if isinstance(value, Made):
        return value.by(t, bases)
    if isinstance(value, list | tuple):
        return type(value)(built(t, part, bases) for part in value)
    if isinstance(value, dict) and not isinstance(value, collections.Counter):
        return type(value)((key, built(t, part, bases)) for key, part in value.items())
    return value


def flat(value: Any, seen: dict[int, int]) -> Any:
    """Return what can be compared across the libraries, of sharing too."""
    if isinstance(value, torch.Tensor | plugrad.Tensor):
        if isinstance(value, torch.Tensor):
            memory = value.untyped_storage().data_ptr() if value.numel() else -1
        else:
            array = value._array
            while getattr(array, "base", None) is not None and hasattr(array.base, "base"):
                array = array.base
            memory = array.__array_interface__["data"][0] if value.numel() else -1
        number = seen.setdefault(memory, len(seen))
        place = (number, tuple(value.stride()), value.storage_offset()) if value.numel() else ()
        detached = value.detach()
        values = (
            detached.resolve_conj().resolve_neg() if hasattr(detached, "resolve_neg") else detached
        )
        return (
            type(value).__name__, str(value.dtype).partition(".")[2], tuple(value.shape), place,
            value.requires_grad, values.tolist(),
        )  # fmt: skip
    if isinstance(value, list | tuple) and type(value).__name__ != "Size":
        return type(value).__name__, [flat(part, seen) for part in value]
    if isinstance(value, dict):
        items = [(repr(key), flat(part, seen)) for key, part in value.items()]
        return type(value).__name__, items
    if type(value).__module__.partition(".")[0] in ("torch", "plugrad"):
        return repr(value).replace("plugrad", "torch")
    if isinstance(value, set):
        value = sorted(value)
    return type(value).__name__, repr(value)


def compared(value: Any) -> Any:
    return flat(value, {})


@settings(max_examples=250, deadline=None, suppress_health_check=list(HealthCheck))
@given(structures)
def test_structures_travel(value: Any) -> None:
    wanted = compared(built(torch, value, {}))
    assert compared(built(plugrad, value, {})) == wanted
    for source, target in itertools.product((torch, plugrad), repeat=2):
        file = saved(source, built(source, value, {}))
        assert compared(target.load(file, weights_only=True)) == wanted


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(structures)
def test_older_files_travel(value: Any) -> None:
    try:
        theirs = torch.load(
            saved(torch, built(torch, value, {}), _use_new_zipfile_serialization=False)
        )
    except AttributeError:  # PyTorch cannot read its own files with the unsigned types
        return
    wanted = compared(theirs)
    for source, target in itertools.product((torch, plugrad), repeat=2):
        file = saved(source, built(source, value, {}), _use_new_zipfile_serialization=False)
        assert compared(target.load(file)) == wanted


@pytest.mark.parametrize("name", NAMES)
def test_pytorch_maps_our_files(name: str, tmp_path: Any) -> None:
    path = tmp_path / "x.pt"
    ours = plugrad.arange(5).to(getattr(plugrad, name))
    plugrad.save([ours, ours[1:]], path)
    theirs = torch.load(path, mmap=True)
    assert compared(theirs) == compared([ours, ours[1:]])
    other = tmp_path / "y.pt"  # PyTorch would write into the memory that it reads from
    torch.save(theirs, other)
    assert compared(plugrad.load(other, mmap=True)) == compared(theirs)


def test_pytorch_reads_our_empty_bytes() -> None:
    assert torch.load(saved(plugrad, [b"", bytearray()])) == [b"", bytearray()]


def test_the_pickles_are_the_same_but_for_the_memo() -> None:
    # The same opcodes, where PyTorch's pickler too writes them: so nothing depends on our choices.
    import pickletools

    def codes(t: Any) -> list[Any]:
        x = t.arange(4.0)
        obj = {
            "a": [x, x[1:], t.nn.Parameter(x)], "b": (1, 2.5, "x"), "c": t.Size([2]), "d": b"ab",
            "e": OrderedDict(a=1), "f": {1}, "g": 1j, "h": t.float32, "i": 2**40,
        }  # fmt: skip
        with zipfile.ZipFile(saved(t, obj)) as file:
            stream = file.read("archive/data.pkl")
        memo = {"BINPUT", "LONG_BINPUT", "BINGET", "LONG_BINGET"}
        return [
            (code.name, value) for code, value, _ in pickletools.genops(stream)
            if code.name not in memo
        ]  # fmt: skip

    names = [code for code in codes(torch) if code[0] in ("GLOBAL", "BINPERSID", "REDUCE", "BUILD")]
    assert [
        c for c in codes(plugrad) if c[0] in ("GLOBAL", "BINPERSID", "REDUCE", "BUILD")
    ] == names


# ----------------------------------------------------------------------------------------- models


def trained(t: Any, optimizer: str, **options: Any) -> tuple[Any, Any]:
    t.manual_seed(0)
    model = t.nn.Sequential(
        # No bias before the normalization: its gradient is 0 but for rounding.
        t.nn.Conv1d(1, 2, 2, bias=False),
        t.nn.BatchNorm1d(2),
        t.nn.Flatten(),
        t.nn.Linear(6, 2),
    ).double()
    step = getattr(t.optim, optimizer)(model.parameters(), **options)
    further(t, model, step)
    return model, step


def further(t: Any, model: Any, step: Any) -> None:
    for number in range(3):
        step.zero_grad()
        x = (t.arange(8).double() * (number + 1)).sin().reshape(2, 1, 4)
        model(x).square().sum().backward()
        step.step()


OPTIMIZERS = {
    "SGD": {"lr": 0.01, "momentum": 0.9}, "Adam": {"amsgrad": True}, "AdamW": {}, "RMSprop": {},
    "Adagrad": {}, "Adadelta": {},
}  # fmt: skip


@pytest.mark.parametrize("optimizer", [name for name in OPTIMIZERS if hasattr(plugrad.optim, name)])
def test_training_goes_on_in_the_other_library(optimizer: str) -> None:
    options = OPTIMIZERS[optimizer]
    for source, target in ((torch, plugrad), (plugrad, torch)):
        model, step = trained(source, optimizer, **options)
        file = saved(source, {"model": model.state_dict(), "optimizer": step.state_dict()})
        again, stepper = trained(target, optimizer, **options)
        found = target.load(file)
        assert found["model"]._metadata == model.state_dict()._metadata
        again.load_state_dict(found["model"])
        stepper.load_state_dict(found["optimizer"])
        further(source, model, step)
        further(target, again, stepper)
        for ours, theirs in zip(again.parameters(), model.parameters(), strict=True):
            difference = torch.tensor(ours.tolist()) - torch.tensor(theirs.tolist())
            assert difference.abs().max() < 1e-9


def test_random_states_travel() -> None:
    for source, target in ((torch, plugrad), (plugrad, torch)):
        source.manual_seed(3)
        source.rand(5)
        file = saved(source, source.get_rng_state())
        wanted = source.rand(4).tolist()
        target.set_rng_state(target.load(file))
        assert target.rand(4).tolist() == wanted


# ----------------------------------------------------------------------------------------- errors


def error_of(call: Any) -> str:
    try:
        call()
    except Exception as error:
        return type(error).__name__
    return ""


def test_errors_are_of_the_same_type(tmp_path: Any) -> None:
    def errors(t: Any) -> list[str]:
        x = t.ones(3)
        good = saved(t, x).getvalue()
        (tmp_path / "x.pt").write_bytes(good)
        calls = [
            lambda: t.load(tmp_path / "none.pt"),
            lambda: t.load(tmp_path),
            lambda: t.load(3),
            lambda: t.save(x, 3),
            lambda: t.save(x, None),
            lambda: t.save(x, tmp_path / "none" / "x.pt"),
            lambda: t.save(x, io.BytesIO(), pickle_protocol=9),
            lambda: t.save(x, io.BytesIO(), pickle_protocol="a"),
            lambda: t.save([x, x.view(t.int32)], io.BytesIO()),
            lambda: t.load(io.BytesIO(b"")),
            lambda: t.load(io.BytesIO(good[:-30])),
            lambda: t.load(io.BytesIO(good), mmap=True),
            lambda: t.load(io.BytesIO(good), map_location="xpu"),
            lambda: t.load(io.BytesIO(good), map_location="foo"),
            lambda: t.load(io.BytesIO(good), map_location=3),
            lambda: t.load(io.BytesIO(good), map_location=lambda storage, place: 3),
            lambda: t.load(io.BytesIO(good), map_location={"cpu": "xpu:0"}),
            lambda: t.load(saved(torch, torch.nn.Linear(1, 1))),
            lambda: t.load(saved(torch, [len])),
            lambda: t.load(saved(torch, collections.defaultdict(list))),
            lambda: t.load(saved(torch, frozenset([1]))),
            lambda: t.load(saved(torch, range(3))),
        ]
        return [error_of(call) for call in calls]

    assert errors(plugrad) == errors(torch)


def test_hostile_pickles_are_refused_by_both() -> None:
    streams = [
        b"\x80\x02cos\nsystem\nX\x04\0\0\0true\x85R.",
        b"\x80\x02cbuiltins\ngetattr\nX\x01\0\0\0aX\x01\0\0\0b\x86R.",
        b"\x80\x02ccollections\nOrderedDict\n}X\x01\0\0\0aK\x01sb.",
        b"\x80\x02K\x01)R.",
        pickle.dumps(print, 2),
    ]
    for stream in streams:
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w") as archive:
            archive.writestr("archive/data.pkl", stream)
            archive.writestr("archive/version", "3\n")
        for t in (torch, plugrad):
            file.seek(0)
            with pytest.raises(pickle.UnpicklingError):
                t.load(file)


# ------------------------------------------------------------------------------------ safetensors


def test_safetensors_travel(tmp_path: Any) -> None:
    pytest.importorskip("safetensors")
    from safetensors import torch as theirs

    from plugrad.checkpoints import safetensors as ours

    def tensors(t: Any) -> dict[str, Any]:
        names = [name for name in NAMES if name != "complex128"]
        return {name: t.tensor([[0, 1, 1]]).to(getattr(t, name)) for name in names}

    assert ours.save(tensors(plugrad), {"a": "b"}) == theirs.save(tensors(torch), {"a": "b"})

    def listed(found: dict[str, Any]) -> Any:
        return compared(dict(sorted(found.items())))

    wanted = listed(tensors(torch))
    path = tmp_path / "x.safetensors"
    ours.save_file(tensors(plugrad), path)
    assert listed(theirs.load_file(path)) == wanted
    theirs.save_file(tensors(torch), path)
    assert listed(ours.load_file(path)) == wanted


@pytest.mark.parametrize("library", ["plugrad", "torch"])
def test_safetensors_refuse_and_share_alike(library: str, tmp_path: Any) -> None:
    pytest.importorskip("safetensors")
    from safetensors import torch as theirs

    from plugrad.checkpoints import safetensors as ours

    t, files = {"plugrad": (plugrad, ours), "torch": (torch, theirs)}[library]
    path = tmp_path / "x.safetensors"
    x = t.ones(2, 2)
    assert error_of(lambda: files.save({"a": x, "b": x})) == "RuntimeError"
    assert error_of(lambda: files.save({"a": x.T[:1]})) == "ValueError"
    assert error_of(lambda: files.save({"a": 1})) == "ValueError"
    assert error_of(lambda: files.load(b"none")) == "SafetensorError"
    model = t.nn.Linear(2, 2)
    model.a = model.weight
    model.register_buffer("row", model.weight.detach()[1])
    files.save_model(model, path)
    with ours.safe_open(path) as file:
        assert (file.metadata(), set(file)) == ({"row": "a", "weight": "a"}, {"a", "bias"})
    assert files.load_model(model, path) == (set(), [])
    assert error_of(lambda: files.load_model(t.nn.Linear(2, 2), path)) == "RuntimeError"
    missed = files.load_model(t.nn.Linear(2, 2), path, strict=False)
    assert (set(missed[0]), list(missed[1])) == ({"weight"}, ["a"])
