"""The printed form of tensors: what PyTorch 2.13 prints, with `plugrad.` for ``torch.``."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from plugrad import dtypes, printing
from plugrad.printing import (
    PrintOptions,
    format_array,
    format_tensor,
    get_printoptions,
    parameter_repr,
    printoptions,
    set_printoptions,
    tensor_repr,
)

DEFAULTS = {"precision": 4, "threshold": 1000, "edgeitems": 3, "linewidth": 80, "sci_mode": None}

inf, nan = math.inf, math.nan


@pytest.fixture(autouse=True)
def default_options() -> Iterator[None]:
    set_printoptions(profile="default")
    yield
    set_printoptions(profile="default")


def f32(*values: object) -> np.ndarray[Any, Any]:
    return np.array(values, np.float32)


def text(array: Any, **described: Any) -> str:
    array = np.asarray(array)
    described.setdefault("dtype", dtypes.from_numpy_dtype(array.dtype))
    described.setdefault("default_dtype", dtypes.float32)
    return format_tensor(array, shape=array.shape, **described)


NUMBERS = {
    "fixed-point": (f32(1.5, -22.25), "tensor([  1.5000, -22.2500])"),
    "whole numbers": (f32(1, -200), "tensor([   1., -200.])"),
    "range of 1000": (f32(1000, 1), "tensor([1000.,    1.])"),
    "range above 1000": (f32(1001, 1), "tensor([1.0010e+03, 1.0000e+00])"),
    "large": (f32(1e8), "tensor([100000000.])"),
    "too large": (f32(1.5e8), "tensor([1.5000e+08])"),
    "small": (np.array([1e-4]), "tensor([0.0001], dtype=plugrad.float64)"),
    "too small: float32's 1e-4 lies below": (f32(1e-4), "tensor([1.0000e-04])"),
    "zeros do not count": (f32(0, 1e5), "tensor([     0., 100000.])"),
    "whole, with inf": (f32(1, -inf, nan), "tensor([1., -inf, nan])"),
    "fixed, with inf": (f32(0.5, -inf, nan), "tensor([0.5000,   -inf,    nan])"),
    "only nan": (f32(nan), "tensor([nan])"),
    "negative zero": (f32(0, -0.0), "tensor([0., -0.])"),
    "negative zero widens its cell": (f32(0.5, -0.0), "tensor([0.5000, -0.0000])"),
    "subnormal": (f32(1e-45, 2.5), "tensor([1.4013e-45, 2.5000e+00])"),
    "widest range": (
        np.array([1e308, 5e-324]),
        "tensor([1.0000e+308, 4.9407e-324], dtype=plugrad.float64)",
    ),
    "half": (
        np.array([65504, 1], np.float16),
        "tensor([6.5504e+04, 1.0000e+00], dtype=plugrad.float16)",
    ),
    "0-d": (np.float32(1.5), "tensor(1.5000)"),
    "0-d integer": (np.int64(-7), "tensor(-7)"),
    "0-d bool": (np.True_, "tensor(True)"),
    "integers": (np.array([1, -100, 3]), "tensor([   1, -100,    3])"),
    "uint64": (np.uint64(2**64 - 1), "tensor(18446744073709551615, dtype=plugrad.uint64)"),
    "bool": (np.array([True, False]), "tensor([ True, False])"),
    "bool without True": (np.array([False]), "tensor([False])"),
    "complex whole": (np.array([1 + 2j], np.complex64), "tensor([1.+2.j])"),
    "complex aligns the real part only": (
        np.array([1.5 - 2j, -3.25 + 10.5j], np.complex64),
        "tensor([ 1.5000-2.0000j, -3.2500+10.5000j])",
    ),
    "complex parts choose apart": (
        np.array([1.5 + 2j, -3e5j], np.complex64),
        "tensor([1.5000+2.0000e+00j, -0.0000-3.0000e+05j])",
    ),
    "complex nan, inf and -0": (
        np.array([complex(nan, inf), complex(-inf, -0.0)], np.complex64),
        "tensor([nan+infj, -inf-0.j])",
    ),
    "complex128": (np.array([1j]), "tensor([0.+1.j], dtype=plugrad.complex128)"),
}


@pytest.mark.parametrize(("array", "expected"), NUMBERS.values(), ids=NUMBERS)
def test_numbers(array: Any, expected: str) -> None:
    assert text(array) == expected


def test_bfloat16() -> None:
    bfloat16 = pytest.importorskip("ml_dtypes").bfloat16
    assert text(np.array([1.5, 3.14159], bfloat16)) == (
        "tensor([1.5000, 3.1406], dtype=plugrad.bfloat16)"
    )


def test_signalling_nan_prints_without_a_warning() -> None:
    assert text(np.array([0x7F800001], np.uint32).view(np.float32)) == "tensor([nan])"


LAYOUTS = {
    "matrix": (
        np.arange(4).reshape(2, 2),
        """\
tensor([[0, 1],
        [2, 3]])""",
    ),
    "four dimensions": (
        np.arange(16).reshape(2, 2, 2, 2),
        """\
tensor([[[[ 0,  1],
          [ 2,  3]],

         [[ 4,  5],
          [ 6,  7]]],


        [[[ 8,  9],
          [10, 11]],

         [[12, 13],
          [14, 15]]]])""",
    ),
    "wrapped": (
        np.ones(20, np.float32),
        """\
tensor([1., 1., 1., 1., 1., 1., 1., 1., 1., 1., 1., 1., 1., 1., 1., 1., 1., 1.,
        1., 1.])""",
    ),
    "zeros, wrapped beyond the line width": (
        np.zeros(25, np.float32),
        """\
tensor([0., 0., 0., 0., 0., 0., 0., 0., 0., 0., 0., 0., 0., 0., 0., 0., 0., 0., 0., 0., 0., 0., 0., 0.,
        0.])""",  # noqa: E501
    ),
    "wrapped in a matrix": (
        np.arange(1001, 1027).reshape(2, 13),
        """\
tensor([[1001, 1002, 1003, 1004, 1005, 1006, 1007, 1008, 1009, 1010, 1011, 1012,
         1013],
        [1014, 1015, 1016, 1017, 1018, 1019, 1020, 1021, 1022, 1023, 1024, 1025,
         1026]])""",
    ),
    "1000 elements are not summarised": (np.zeros((1000, 1), bool), None),
    "summarised": (np.arange(1001), "tensor([   0,    1,    2,  ...,  998,  999, 1000])"),
    "summarised matrix": (
        np.arange(2000).reshape(200, 10),
        """\
tensor([[   0,    1,    2,  ...,    7,    8,    9],
        [  10,   11,   12,  ...,   17,   18,   19],
        [  20,   21,   22,  ...,   27,   28,   29],
        ...,
        [1970, 1971, 1972,  ..., 1977, 1978, 1979],
        [1980, 1981, 1982,  ..., 1987, 1988, 1989],
        [1990, 1991, 1992,  ..., 1997, 1998, 1999]])""",
    ),
    "short dimensions are kept whole": (
        np.arange(1200).reshape(2, 100, 6),
        """\
tensor([[[   0,    1,    2,    3,    4,    5],
         [   6,    7,    8,    9,   10,   11],
         [  12,   13,   14,   15,   16,   17],
         ...,
         [ 582,  583,  584,  585,  586,  587],
         [ 588,  589,  590,  591,  592,  593],
         [ 594,  595,  596,  597,  598,  599]],

        [[ 600,  601,  602,  603,  604,  605],
         [ 606,  607,  608,  609,  610,  611],
         [ 612,  613,  614,  615,  616,  617],
         ...,
         [1182, 1183, 1184, 1185, 1186, 1187],
         [1188, 1189, 1190, 1191, 1192, 1193],
         [1194, 1195, 1196, 1197, 1198, 1199]]])""",
    ),
    "a wrapped summary counts its dots as an item": (
        np.arange(10000) * 1j,
        """\
tensor([0.+0.0000e+00j, 0.+1.0000e+00j, 0.+2.0000e+00j,  ..., 0.+9.9970e+03j,
        0.+9.9980e+03j, 0.+9.9990e+03j], dtype=plugrad.complex128)""",
    ),
}


@pytest.mark.parametrize(("array", "expected"), LAYOUTS.values(), ids=LAYOUTS)
def test_layout(array: Any, expected: str | None) -> None:
    printed = text(array)
    if expected is None:
        assert "..." not in printed
    else:
        assert printed == expected


def test_only_the_numbers_shown_choose_the_notation() -> None:
    array = np.ones(2000, np.float32)
    array[1000] = 1e-9
    assert text(array) == "tensor([1., 1., 1.,  ..., 1., 1., 1.])"


def test_an_array_of_corners_prints_as_the_whole() -> None:
    whole = np.arange(3000).reshape(30, 2, 50)
    ends = [0, 1, 2, -3, -2, -1]
    corners = whole[ends][:, :, ends]
    assert format_array(corners, shape=whole.shape) == format_array(whole)


@pytest.mark.parametrize(
    ("shape", "dtype", "expected"),
    [
        ((0,), "float32", "tensor([])"),
        ((0, 3), "float32", "tensor([], size=(0, 3))"),
        ((2, 0, 3), "float32", "tensor([], size=(2, 0, 3))"),
        ((0,), "int64", "tensor([], dtype=plugrad.int64)"),
        ((0,), "bool", "tensor([], dtype=plugrad.bool)"),
        ((0, 2), "complex64", "tensor([], size=(0, 2), dtype=plugrad.complex64)"),
    ],
)
def test_empty(shape: tuple[int, ...], dtype: str, expected: str) -> None:
    assert text(np.zeros(shape, dtype)) == expected


@pytest.mark.parametrize(
    ("default", "shown"),
    [
        ("float16", ["float32", "float64", "complex128", "int32"]),
        ("float32", ["float16", "float64", "complex128", "int32"]),
        ("float64", ["float16", "float32", "complex64", "int32"]),
    ],
)
def test_dtype_is_shown_where_the_numbers_and_the_default_do_not_tell(
    default: str, shown: list[str]
) -> None:
    names = ["float16", "float32", "float64", "complex64", "complex128", "int32", "int64", "bool"]
    default_dtype = dtypes.PUBLIC_NAMES[default]
    printed = {name: text(np.ones(1, name), default_dtype=default_dtype) for name in names}
    assert [name for name in names if f", dtype=plugrad.{name})" in printed[name]] == shown


def test_order_of_suffixes() -> None:
    described = {"device": "cuda:0", "requires_grad": True}
    assert text(np.zeros((0, 2)), options=PrintOptions(linewidth=200), **described) == (
        "tensor([], device='cuda:0', size=(0, 2), dtype=plugrad.float64, requires_grad=True)"
    )
    assert text(f32(1), grad_fn="SinBackward0", **described) == (
        "tensor([1.], device='cuda:0', grad_fn=<SinBackward0>)"
    )


def test_suffixes_wrap() -> None:
    one_line = "tensor([1., 1.], requires_grad=True)"
    two_lines = "tensor([1., 1.],\n       requires_grad=True)"
    ones = np.ones(2, np.float32)
    width = len(one_line)  # and one more column, which PyTorch asks for
    assert text(ones, requires_grad=True, options=PrintOptions(linewidth=width)) == two_lines
    assert text(ones, requires_grad=True, options=PrintOptions(linewidth=width + 1)) == one_line
    assert text(
        np.ones((2, 1)),
        name="Weights",
        device="cuda:0",
        grad_fn="SinBackward0",
        options=PrintOptions(linewidth=45),
    ) == (
        "Weights([[1.],\n"
        "         [1.]], device='cuda:0',\n"
        "        dtype=plugrad.float64,\n"
        "        grad_fn=<SinBackward0>)"
    )


def test_lines_break_where_pytorch_breaks_them_though_its_name_is_shorter() -> None:
    # PyTorch's line has 57 columns, ours 59.
    array = np.ones(7)
    assert text(array, options=PrintOptions(linewidth=58)) == (
        "tensor([1., 1., 1., 1., 1., 1., 1.], dtype=plugrad.float64)"
    )
    assert text(array, options=PrintOptions(linewidth=57)) == (
        "tensor([1., 1., 1., 1., 1., 1., 1.],\n       dtype=plugrad.float64)"
    )


def test_without_numbers() -> None:
    described = {"shape": (2, 3), "default_dtype": dtypes.float32}
    assert format_tensor(None, dtype=dtypes.int64, device="meta", **described) == (
        "tensor(..., device='meta', size=(2, 3), dtype=plugrad.int64)"
    )
    assert format_tensor("anything", dtype=dtypes.int64, **described) == "tensor(anything)"


@pytest.mark.parametrize(
    ("options", "array", "expected"),
    [
        ({"precision": 2}, f32(1.5), "tensor([1.50])"),
        ({"precision": 0}, f32(0.4, -0.3), "tensor([ 0, -0])"),
        ({"precision": 0}, f32(3), "tensor([3.])"),
        ({"sci_mode": True}, f32(1, 20), "tensor([1.0000e+00, 2.0000e+01])"),
        ({"sci_mode": True}, f32(0), "tensor([0.])"),
        ({"sci_mode": True}, np.array([3]), "tensor([3])"),
        ({"sci_mode": False}, f32(1, 2e10), "tensor([          1., 20000000000.])"),
        ({"sci_mode": False}, f32(1e-9), "tensor([0.0000])"),
        ({"threshold": 3, "edgeitems": 1}, np.arange(5), "tensor([0,  ..., 4])"),
        ({"threshold": 3, "edgeitems": 2}, np.arange(4), "tensor([0, 1, 2, 3])"),
        ({"threshold": -1, "edgeitems": 1}, f32(1.5)[0], "tensor(1.5000)"),
        ({"threshold": 3, "edgeitems": 0}, np.eye(2, dtype=int), "tensor([...], size=(2, 2))"),
        ({"edgeitems": 0}, f32(1), "tensor([1.], size=(1,))"),
        ({"profile": "short", "threshold": 5}, np.arange(6), "tensor([0, 1,  ..., 4, 5])"),
        ({"linewidth": 0}, np.arange(2), "tensor([0,\n        1])"),
        ({"linewidth": -inf}, np.arange(2), "tensor([0,\n        1])"),
        ({"linewidth": 14.5}, np.arange(3), "tensor([0, 1,\n        2])"),
    ],
)  # fmt: skip
def test_options(options: dict[str, Any], array: Any, expected: str) -> None:
    with printoptions(**options):
        assert text(array) == expected


def test_an_infinite_line_is_not_broken() -> None:
    with printoptions(linewidth=inf, profile="full"):
        assert text(np.arange(2000)).count("\n") == 0


def test_set_printoptions_keeps_what_is_not_given_but_sci_mode() -> None:
    assert get_printoptions() == DEFAULTS
    set_printoptions(precision=2, sci_mode=True)
    set_printoptions(linewidth=100)
    assert get_printoptions() == {**DEFAULTS, "precision": 2, "linewidth": 100}
    set_printoptions(profile="short", precision=6)
    assert get_printoptions() == {**DEFAULTS, "precision": 6, "edgeitems": 2}
    set_printoptions(profile="full")
    assert get_printoptions() == {**DEFAULTS, "threshold": inf}


def test_printoptions_restores_all_even_after_an_error() -> None:
    set_printoptions(sci_mode=True)
    inside = {}
    with pytest.raises(ZeroDivisionError), printoptions(precision=1):  # noqa: PT012
        inside = get_printoptions()
        raise ZeroDivisionError
    assert inside == {**DEFAULTS, "precision": 1}
    assert get_printoptions() == {**DEFAULTS, "sci_mode": True}


def test_printoptions_decorates() -> None:
    @printoptions(precision=1)
    def printed() -> str:
        return text(f32(0.5))

    assert (printed(), text(f32(0.5))) == ("tensor([0.5])", "tensor([0.5000])")


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"precision": 2.5}, TypeError, "precision must be an integer"),
        ({"precision": -1}, ValueError, "precision must not be negative"),
        ({"edgeitems": "3"}, TypeError, "edgeitems must be an integer"),
        ({"edgeitems": -1}, ValueError, "edgeitems must not be negative"),
        ({"threshold": "many"}, TypeError, "threshold must be a number"),
        ({"threshold": nan}, ValueError, "threshold must not be nan"),
        ({"linewidth": [80]}, TypeError, "linewidth must be a number"),
        ({"profile": "long"}, ValueError, "'default', 'short', 'full'"),
        ({"width": 80}, TypeError, "width"),
    ],
)
def test_bad_options_change_nothing(
    options: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        set_printoptions(sci_mode=True, **options)
    assert get_printoptions() == DEFAULTS


@dataclass
class Device:
    type: str

    def __str__(self) -> str:
        return self.type if self.type in ("cpu", "meta") else f"{self.type}:0"


class SinBackward0:
    pass


@dataclass
class FakeTensor:
    """What `tensor_repr` reads of a tensor; it keeps account of what is brought to the host."""

    array: np.ndarray[Any, Any]
    device: Device = field(default_factory=lambda: Device("cpu"))
    requires_grad: bool = False
    grad_fn: object | None = None
    hosted: list[int] = field(default_factory=list)

    @property
    def shape(self) -> tuple[int, ...]:
        return self.array.shape

    @property
    def dtype(self) -> dtypes.dtype:
        return dtypes.from_numpy_dtype(self.array.dtype)

    def detach(self) -> FakeTensor:
        return FakeTensor(self.array, self.device, hosted=self.hosted)

    def __getitem__(self, key: Any) -> FakeTensor:
        assert not self.requires_grad, "printing must not be recorded"
        return FakeTensor(self.array[key], self.device, hosted=self.hosted)

    def _host(self) -> np.ndarray[Any, Any]:
        self.hosted.append(self.array.size)
        return self.array


def test_tensor_repr_reads_the_gradient_state() -> None:
    assert tensor_repr(FakeTensor(f32(1), requires_grad=True)) == (
        "tensor([1.], requires_grad=True)"
    )
    made = FakeTensor(f32(1), requires_grad=True, grad_fn=SinBackward0())
    assert tensor_repr(made) == "tensor([1.], grad_fn=<SinBackward0>)"


def test_tensor_repr_of_a_view_that_lost_its_history() -> None:
    class Lost(FakeTensor):
        @property
        def grad_fn(self) -> object:
            raise RuntimeError("no history")

        @grad_fn.setter
        def grad_fn(self, value: object) -> None:
            pass

    assert tensor_repr(Lost(f32(1), requires_grad=True)) == "tensor([1.], grad_fn=<Invalid>)"


def test_tensor_repr_follows_the_default_dtype() -> None:
    dtypes.set_default_dtype(dtypes.float64)
    try:
        assert tensor_repr(FakeTensor(np.ones(1))) == "tensor([1.])"
        assert tensor_repr(FakeTensor(f32(1))) == "tensor([1.], dtype=plugrad.float32)"
    finally:
        dtypes.set_default_dtype(dtypes.float32)


def test_tensor_repr_brings_only_the_corners_from_a_device() -> None:
    array = np.arange(7.0 * 1000 * 1000, dtype=np.float32).reshape(7, 1000, 1000)
    tensor = FakeTensor(array, Device("cuda"), requires_grad=True)
    on_host = tensor_repr(FakeTensor(array))
    assert tensor_repr(tensor) == f"{on_host[:-1]}, device='cuda:0', requires_grad=True)"
    assert sum(tensor.hosted) == 6**3
    with printoptions(edgeitems=0):
        assert tensor_repr(FakeTensor(array, Device("cuda"))) == (
            "tensor([...], device='cuda:0', size=(7, 1000, 1000))"
        )


def test_tensor_repr_asks_no_numbers_of_the_meta_device() -> None:
    tensor = FakeTensor(np.empty((2, 3)), Device("meta"))
    assert tensor_repr(tensor) == "tensor(..., device='meta', size=(2, 3), dtype=plugrad.float64)"
    assert tensor.hosted == []


def test_given_contents_replace_the_numbers() -> None:
    tensor = FakeTensor(np.ones(2), requires_grad=True)
    assert tensor_repr(tensor, contents="two ones") == (
        "tensor(two ones, dtype=plugrad.float64, requires_grad=True)"
    )
    assert tensor.hosted == []


def test_parameter_repr() -> None:
    parameter = FakeTensor(f32(1.5), requires_grad=True)
    assert parameter_repr(parameter) == (
        "Parameter containing:\ntensor([1.5000], requires_grad=True)"
    )
    assert parameter_repr(parameter, name="Weight") == (
        "Parameter containing:\nParameter(Weight([1.5000], requires_grad=True))"
    )


def test_module_lists_what_it_offers() -> None:
    assert all(hasattr(printing, name) for name in printing.__all__)
