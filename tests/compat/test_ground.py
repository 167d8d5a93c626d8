"""The ground against PyTorch: dtypes and their limits, promotion, devices, shapes."""

# ruff: noqa: RUF005  # what is tested here is that shapes concatenate

from __future__ import annotations

import itertools
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from plugrad import dtypes
from plugrad.devices import device, known_device_types
from plugrad.dtypes import dtype
from plugrad.limits import finfo, iinfo
from plugrad.promotion import (
    can_cast,
    promote_operands,
    promote_types,
    promote_with_number,
    result_dtype,
)
from plugrad.shapes import (
    Size,
    broadcast_shapes,
    expanded_shape,
    infer_view_shape,
    normalize_dim,
    normalize_dims,
    reduced_shape,
)

Outcome = tuple[str, Any]
NAMES = sorted({each.name for each in dtypes.PUBLIC_NAMES.values()})
NUMBERS = (True, 2, 2.5, 2j)
COMPLEX32 = ("raises", "RuntimeError")  # PyTorch's complex32, which plugrad does not have


@pytest.fixture(autouse=True)
def restored_defaults() -> Iterator[None]:
    yield
    torch.set_default_dtype(torch.float32)
    dtypes.set_default_dtype(dtypes.float32)


def outcome(compute: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Outcome:
    """Return a comparable form of what `compute` gives: its printed value, or its exception."""
    try:
        value = compute(*args, **kwargs)
    except Exception as error:
        return "raises", type(error).__name__
    return "gives", repr(value).replace("torch.", "plugrad.")


def expected_dtype(compute: Callable[..., torch.dtype], /, *args: Any) -> Outcome:
    with warnings.catch_warnings():
        # PyTorch warns of complex32, once in a process: whether here depends on what ran before.
        warnings.filterwarnings("ignore", "ComplexHalf", UserWarning)
        theirs = outcome(compute, *args)
    return COMPLEX32 if theirs == ("gives", "plugrad.complex32") else theirs


def ours(name: str) -> dtype:
    return dtypes.PUBLIC_NAMES[name]


def tensor(name: str, zero_dim: bool) -> torch.Tensor:
    return torch.ones(() if zero_dim else (2,), dtype=getattr(torch, name))


class TestDtypes:
    @pytest.mark.parametrize("name", sorted(dtypes.PUBLIC_NAMES))
    def test_attributes(self, name: str) -> None:
        our, their = ours(name), getattr(torch, name)
        assert outcome(lambda: our) == outcome(lambda: their)
        facts = ("abbr", "itemsize", "is_floating_point", "is_complex", "is_signed")
        assert [getattr(our, fact) for fact in facts] == [getattr(their, fact) for fact in facts]
        assert outcome(our.to_real) == outcome(their.to_real)
        assert outcome(our.to_complex) == expected_dtype(their.to_complex)

    def test_every_dtype_of_theirs_is_here_or_explained(self) -> None:
        for name, value in vars(torch).items():
            if isinstance(value, torch.dtype):
                there = name in dtypes.PUBLIC_NAMES
                assert there != (dtypes.absent_dtype_message(name) is not None), name

    @pytest.mark.parametrize("name", NAMES)
    @pytest.mark.parametrize(("our", "their"), [(finfo, torch.finfo), (iinfo, torch.iinfo)])
    def test_limits(self, name: str, our: Any, their: Any) -> None:
        our_type, their_type = ours(name), getattr(torch, name)
        assert outcome(our, our_type) == outcome(their, their_type)
        if outcome(their, their_type)[0] == "gives":
            facts = [fact for fact in dir(their) if not fact.startswith("_")]
            for fact in facts:
                value, expected = getattr(our(our_type), fact), getattr(their(their_type), fact)
                assert (type(value), value) == (type(expected), expected), fact

    def test_limits_of_what_is_no_dtype(self) -> None:
        for wrong in (3, "float32", np.float32):
            assert outcome(finfo, wrong) == outcome(torch.finfo, wrong)
            assert outcome(iinfo, wrong) == outcome(torch.iinfo, wrong)
        assert outcome(finfo) == outcome(torch.finfo)

    @pytest.mark.filterwarnings("ignore:ComplexHalf support is experimental")
    @pytest.mark.parametrize("name", NAMES)
    def test_set_default_dtype(self, name: str) -> None:
        our, their = ours(name), getattr(torch, name)
        assert outcome(dtypes.set_default_dtype, our) == outcome(torch.set_default_dtype, their)
        assert outcome(dtypes.get_default_dtype) == outcome(torch.get_default_dtype)
        assert outcome(dtypes.get_default_complex_dtype) == expected_dtype(
            lambda: torch.tensor(1j).dtype
        )

    @pytest.mark.parametrize("code", [*"?bBhHiIlLqefdFDgO", "U3", "M8[s]", "m8[s]"])
    def test_from_numpy(self, code: str) -> None:
        array = np.zeros(2, code)
        assert outcome(dtypes.from_numpy_dtype, array.dtype) == outcome(
            lambda: torch.from_numpy(array).dtype
        )


class TestPromotion:
    @pytest.mark.parametrize("a", NAMES)
    @pytest.mark.parametrize("b", NAMES)
    def test_pairs(self, a: str, b: str) -> None:
        x, y = getattr(torch, a), getattr(torch, b)
        assert outcome(promote_types, ours(a), ours(b)) == outcome(torch.promote_types, x, y)
        assert can_cast(ours(a), ours(b)) == torch.can_cast(x, y)
        for a_0d, b_0d in itertools.product((False, True), repeat=2):
            expected = expected_dtype(torch.result_type, tensor(a, a_0d), tensor(b, b_0d))
            assert outcome(promote_operands, ours(a), a_0d, ours(b), b_0d) == expected
            assert outcome(result_dtype, [(ours(a), a_0d), (ours(b), b_0d)]) == expected

    @pytest.mark.parametrize("default", ["float16", "bfloat16", "float32", "float64"])
    @pytest.mark.parametrize("number", NUMBERS)
    @pytest.mark.parametrize("name", NAMES)
    def test_with_a_number(self, name: str, number: complex, default: str) -> None:
        torch.set_default_dtype(getattr(torch, default))
        dtypes.set_default_dtype(ours(default))
        for zero_dim in (False, True):
            expected = expected_dtype(torch.result_type, tensor(name, zero_dim), number)
            assert outcome(promote_with_number, ours(name), number) == expected
            assert outcome(result_dtype, [number, (ours(name), zero_dim)]) == expected

    @pytest.mark.parametrize("pair", [*itertools.product(NUMBERS, repeat=2)], ids=str)
    def test_numbers_alone(self, pair: tuple[complex, complex]) -> None:
        assert outcome(result_dtype, pair) == outcome(torch.result_type, *pair)

    @settings(max_examples=2000, deadline=None)
    @given(st.lists(st.tuples(st.sampled_from(NAMES), st.booleans()), min_size=3, max_size=5))
    def test_several(self, operands: list[tuple[str, bool]]) -> None:
        # block_diag takes any number of tensors of any dtype, and promotes them as operands.
        participants = [(ours(name), zero_dim) for name, zero_dim in operands]
        assert outcome(result_dtype, participants) == expected_dtype(
            lambda: torch.block_diag(*itertools.starmap(tensor, operands)).dtype
        )


DEVICES: list[tuple[tuple[Any, ...], dict[str, Any]]] = [
    *(((text,), {}) for text in known_device_types()),
    *(
        ((text,), {})
        for text in (
            "cpu:0",
            "cuda:1",
            "cuda:127",
            "meta:1",
            "",
            "foo",
            "foo:1",
            "cuda:",
            "cuda:-1",
            "cuda:01",
            "cuda:00",
            "cuda:1a",
            "cuda:a",
            "cuda:1:2",
            "cuda:+1",
            "cuda:1 ",
            "CUDA",
            " cuda",
            "cuda ",
            ":1",
            "1",
            "cuda.1",
            "cuda-1",
            "cuda1",
            "cuda:99999999999999999999",
        )
    ),
    *((arguments, {}) for arguments in ((), (None,), (1.0,), (True,), (-1,), (["cuda", 1],))),
    *((("cuda", index), {}) for index in (1, None, -1, 1.0, "1", True, np.int64(1), [1])),
    (("cuda:1", 1), {}),
    (("cuda:1", 0), {}),
    (("cuda", 1, 2), {}),
    ((), {"type": "cuda", "index": 1}),
    ((), {"type": "cuda"}),
    (("cuda",), {"index": 1}),
    ((), {"device": "cuda:1"}),
    ((), {"index": 1}),
    ((), {"foo": 1}),
]


class TestDevices:
    @pytest.mark.parametrize(("args", "kwargs"), DEVICES, ids=str)
    @pytest.mark.filterwarnings("ignore:'mkldnn' is no longer used")
    def test_reading(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        assert outcome(device, *args, **kwargs) == outcome(torch.device, *args, **kwargs)
        assert outcome(lambda: str(device(*args, **kwargs))) == outcome(
            lambda: str(torch.device(*args, **kwargs))
        )

    def test_of_a_device(self) -> None:
        for d in (device, torch.device):
            assert outcome(d, d("cuda:1")) == ("gives", "device(type='cuda', index=1)")
            assert outcome(d, d("cpu"), 1) == ("raises", "TypeError")

    def test_comparison(self) -> None:
        texts = ("cpu", "cpu:0", "cuda", "cuda:1")
        for a, b in itertools.product(texts, repeat=2):
            assert (device(a) == device(b)) == (torch.device(a) == torch.device(b))
            assert (device(a) == b) == (torch.device(a) == b)
        assert outcome(lambda: device("cpu") < device("cuda")) == outcome(  # type: ignore[operator]
            lambda: torch.device("cpu") < torch.device("cuda")
        )

    @pytest.mark.skipif(torch.accelerator.is_available(), reason="an index has a meaning here")
    def test_an_index_alone(self) -> None:
        for index in (0, 1, np.int64(1)):
            assert outcome(device, index) == outcome(torch.device, index)

    def test_immutable(self) -> None:
        for attribute in ("type", "index", "foo"):
            assert outcome(setattr, device("cpu"), attribute, "x") == outcome(
                setattr, torch.device("cpu"), attribute, "x"
            )


SIZES: list[Callable[[Any], Any]] = [
    lambda S: S(),
    lambda S: S((2, 3)),
    lambda S: S([2, -1]),
    lambda S: S([True]),
    lambda S: type(S([True])[0]),
    lambda S: S([np.int64(2)]),
    lambda S: S([np.array(2)]),
    lambda S: S([np.array([2])]),
    lambda S: S([np.float32(2)]),
    lambda S: S(n for n in (1, 2)),
    lambda S: S(2),
    lambda S: S(2, 3),
    lambda S: S(None),
    lambda S: S("a"),
    lambda S: S([1.0]),
    lambda S: S([[1]]),
    lambda S: S(sequence=[1]),
    lambda S: S([2, 3])[0],
    lambda S: S([2, 3])[-1:],
    lambda S: S([2, 3])[::-1],
    lambda S: S([2, 3])[5],
    lambda S: S([2, 3])["a"],
    lambda S: S([2, 3]) + (4,),
    lambda S: S([2, 3]) + S([4]),
    lambda S: (4,) + S([2, 3]),
    lambda S: S([2, 3]) + [4],
    lambda S: [4] + S([2, 3]),
    lambda S: S([2, 3]) + ("a",),
    lambda S: (1.5,) + S([2, 3]),
    lambda S: S([2, 3]) * 2,
    lambda S: 2 * S([2, 3]),
    lambda S: S([2, 3]) * 1.0,
    lambda S: S([2, 3]) * "a",
    lambda S: S([2, 3]).numel(),
    lambda S: S().numel(),
    lambda S: S([2, 0, 3]).numel(),
    lambda S: S([2, 3]).index(3),
    lambda S: S([2, 3]) == (2, 3),
    lambda S: S([2, 3]) == (2, 3),
    lambda S: hash(S([2, 3])) == hash((2, 3)),
    lambda S: S([2, 3]) < (2, 4),
    lambda S: f"{S([2, 3])}",
    lambda S: setattr(S([2, 3]), "foo", 1),
    lambda S: S([2, 3]).__add__([1]),
    lambda S: S([2, 3]).__reduce__(),
]

shapes = st.lists(st.integers(0, 3), max_size=4).map(tuple)
many = settings(max_examples=500, deadline=None)


def shape_of(compute: Callable[[], torch.Tensor]) -> Outcome:
    return outcome(lambda: compute().shape)


class TestShapes:
    @pytest.mark.parametrize("number", range(len(SIZES)))
    def test_size(self, number: int) -> None:
        example = SIZES[number]
        assert outcome(example, Size) == outcome(example, torch.Size)

    @many
    @given(st.lists(shapes | st.integers(-1, 3), max_size=4))
    def test_broadcast_shapes(self, several: list[Any]) -> None:
        our = outcome(broadcast_shapes, *several)
        their = outcome(torch.broadcast_shapes, *several)
        if -1 in several and {our, their} == {("raises", "RuntimeError"), ("raises", "ValueError")}:
            return  # Two errors at once: which one is told is not worth following.
        assert our == their

    @many
    @given(shapes, shapes)
    def test_broadcasting_operands(self, a: tuple[int, ...], b: tuple[int, ...]) -> None:
        assert outcome(broadcast_shapes, a, b) == shape_of(lambda: torch.ones(a) + torch.ones(b))

    @pytest.mark.parametrize("dim", [*range(-4, 4), 1.0, "a", True, None, np.int64(1)], ids=repr)
    @pytest.mark.parametrize("ndim", range(4))
    def test_normalize_dim(self, dim: Any, ndim: int) -> None:
        # movedim shows which dimension it took by the size that comes first.
        shape = tuple(range(2, 2 + ndim))
        our = outcome(lambda: (*shape, 1)[normalize_dim(dim, ndim)])
        assert our == outcome(lambda: (*torch.ones(shape).movedim(dim, 0).shape, 1)[0])

    @many
    @given(
        shapes,
        st.none() | st.integers(-4, 4) | st.lists(st.integers(-3, 3), max_size=3),
        st.booleans(),
    )
    def test_reduction(self, shape: tuple[int, ...], dims: Any, keepdim: bool) -> None:
        def our() -> Size:
            normal = normalize_dims(dims, len(shape), empty_means_all=True)
            return reduced_shape(shape, normal, keepdim)

        assert outcome(our) == shape_of(lambda: torch.ones(shape).sum(dims, keepdim=keepdim))

    @many
    @given(shapes, st.lists(st.integers(-3, 3), max_size=3))
    def test_dims_of_flip(self, shape: tuple[int, ...], dims: list[int]) -> None:
        x = torch.arange(torch.Size(shape).numel()).reshape(shape)

        def our() -> torch.Tensor:
            normal = normalize_dims(dims, len(shape))
            return torch.from_numpy(np.array(np.flip(x.numpy(), normal if shape else ())))

        their = outcome(lambda: x.flip(dims))
        if their == ("raises", "RuntimeError") and outcome(our) == ("raises", "IndexError"):
            return  # Two mistakes at once, of which PyTorch's flip tells the first, its sum this.
        assert outcome(our) == their

    @many
    @given(shapes, st.lists(st.integers(-2, 6), max_size=3))
    def test_view(self, shape: tuple[int, ...], requested: list[int]) -> None:
        assert outcome(infer_view_shape, shape, requested) == shape_of(
            lambda: torch.ones(shape).view(requested)
        )

    @many
    @given(shapes, st.lists(st.integers(-1, 3), max_size=5))
    def test_expand(self, shape: tuple[int, ...], sizes: list[int]) -> None:
        if len(sizes) > len(shape) and 0 in (*sizes, *shape) and -1 in sizes:
            return  # Of no elements PyTorch makes a tensor whose shape is negative.
        assert outcome(expanded_shape, shape, sizes) == shape_of(
            lambda: torch.ones(shape).expand(sizes)
        )
