"""Devices: how they are read, written, compared and refused."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugrad import devices
from plugrad.devices import device


@pytest.fixture
def accelerator() -> Iterator[None]:
    devices.set_accelerator_lookup(lambda: "cuda")
    yield
    devices.set_accelerator_lookup(lambda: None)


names = st.sampled_from(devices.known_device_types())
indices = st.integers(0, 127)


@given(names, st.none() | indices)
def test_equal_devices_are_one_object(name: str, index: int | None) -> None:
    one = device(name, index)
    assert (one.type, one.index) == (name, index)
    text = name if index is None else f"{name}:{index}"
    for same in (device(text), device(type=name, index=index), device(one), device(device=one)):
        assert same is one
    assert device(device=text) is one
    assert str(one) == text
    assert hash(one) == hash(device(text))
    assert copy.deepcopy(one) is pickle.loads(pickle.dumps(one)) is one


def test_printed_form() -> None:
    assert repr(device("cpu")) == "device(type='cpu')"
    assert repr(device("cuda:1")) == "device(type='cuda', index=1)"


def test_unlike_devices_differ() -> None:
    assert len({device("cpu"), device("cpu:0"), device("cuda"), device("cuda:0")}) == 4
    assert device("cpu") != "cpu"
    with pytest.raises(TypeError, match="not supported"):
        _ = device("cpu") < device("cuda")  # type: ignore[operator]


@pytest.mark.parametrize(
    "text", ["cuda:", "cuda:-1", "cuda:01", "cuda:1a", "cuda:1:2", " cuda", "cuda ", "", ":1", "1"]
)
def test_text_that_cannot_be_read(text: str) -> None:
    with pytest.raises(RuntimeError, match="as a device"):
        device(text)


@pytest.mark.parametrize("text", ["gpu", "CUDA", "gpu:0"])
def test_unknown_type_names_the_known_ones(text: str) -> None:
    with pytest.raises(RuntimeError, match=r"no known type of device.*cpu, cuda"):
        device(text)


@pytest.mark.parametrize("index", [-1, 128, 2**70])
def test_index_out_of_range(index: int, accelerator: None) -> None:
    for arguments in (("cuda", index), (index,)):
        with pytest.raises(RuntimeError, match=f"between 0 and 127, unlike {index}"):
            device(*arguments)


def test_index_given_twice() -> None:
    with pytest.raises(RuntimeError, match="index is given twice"):
        device("cuda:1", 1)


@pytest.mark.parametrize(
    "arguments",
    [(), (None,), (1.0,), (True,), (("cuda", 1),), ("cuda", 1.0), ("cuda", "1"), ("cuda", True)],
)
def test_arguments_of_the_wrong_type(arguments: tuple[Any, ...]) -> None:
    with pytest.raises(TypeError):
        device(*arguments)


def test_a_device_takes_no_index() -> None:
    with pytest.raises(TypeError, match="an index may follow a device type"):
        device(device("cpu"), 1)  # type: ignore[call-overload, unused-ignore]
    with pytest.raises(TypeError, match="not both"):
        device("cpu", device="cpu")


def test_numpy_integers_are_integers() -> None:
    assert device("cuda", np.int64(1)) is device("cuda:1")  # type: ignore[arg-type]


def test_an_index_alone_is_that_of_the_accelerator(accelerator: None) -> None:
    assert device(1) is device("cuda:1")
    assert device(device=np.uint8(0)) is device("cuda:0")  # type: ignore[arg-type]


def test_an_index_alone_needs_an_accelerator() -> None:
    with pytest.raises(RuntimeError, match="there is none"):
        device(0)


def test_cannot_be_changed() -> None:
    for attribute in ("type", "index", "of_mine"):
        with pytest.raises(AttributeError, match="cannot be changed"):
            setattr(devices.cpu, attribute, 0)
        with pytest.raises(AttributeError, match="cannot be changed"):
            delattr(devices.cpu, attribute)
    with pytest.raises(TypeError, match="cannot be subclassed"):
        type("mine", (device,), {})


def test_a_backend_adds_its_type(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "_known_types", {"cpu"})
    with pytest.raises(RuntimeError, match="no known type"):
        device("abacus_two:1")
    devices.register_device_type("abacus_two")
    devices.register_device_type("abacus_two")
    assert devices.known_device_types() == ("abacus_two", "cpu")
    assert str(device("abacus_two:1")) == "abacus_two:1"


@pytest.mark.parametrize("name", ["", "cuda:0", "npu2", "a b", "größe"])
def test_a_type_that_could_not_be_read_back_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="letters and underscores"):
        devices.register_device_type(name)
