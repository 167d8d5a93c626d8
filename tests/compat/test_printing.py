"""The printed form of tensors against PyTorch's, over shapes, dtypes, magnitudes and options."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import ml_dtypes
import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from plugrad import dtypes
from plugrad.printing import format_tensor, get_printoptions, set_printoptions

Array = np.ndarray[Any, Any]

FLOATING = ("float16", "bfloat16", "float32", "float64")
COMPLEX = ("complex64", "complex128")
WHOLE = ("bool", "uint8", "uint16", "uint32", "uint64", "int8", "int16", "int32", "int64")
NEAR_A_CHANGE_OF_NOTATION = (1e-4, 1e-3, 0.1, 0.99995, 1, 9.99995, 999.99995, 1e3, 99999999.5, 1e8)
SPECIAL = (np.nan, np.inf, -np.inf, 0.0, -0.0)

thousands = settings(max_examples=1500, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@pytest.fixture(autouse=True, scope="module")
def restored_defaults() -> Iterator[None]:
    yield
    torch.set_default_dtype(torch.float32)
    torch.set_printoptions(profile="default")
    dtypes.set_default_dtype(dtypes.float32)
    set_printoptions(profile="default")


def numpy_dtype(name: str) -> np.dtype[Any]:
    return np.dtype(ml_dtypes.bfloat16 if name == "bfloat16" else name)


def as_torch(array: Array, name: str) -> torch.Tensor:
    if name == "bfloat16":
        return torch.from_numpy(array.view(np.int16)).view(torch.bfloat16)
    return torch.from_numpy(array)


def assert_prints_alike(array: Array, name: str, *, gradient: str = "none", **given: Any) -> None:
    theirs = as_torch(array, name)
    grad_fn = None
    if gradient != "none":
        theirs.requires_grad_()
    if gradient == "made":
        theirs = theirs.view_as(theirs)  # the same numbers: complex 1 * inf has a nan
        grad_fn = type(theirs.grad_fn).__name__
    ours = format_tensor(
        array,
        shape=array.shape,
        dtype=dtypes.PUBLIC_NAMES[name],
        default_dtype=dtypes.get_default_dtype(),
        requires_grad=gradient != "none",
        grad_fn=grad_fn,
        **given,
    )
    assert ours == repr(theirs).replace("torch.", "plugrad.")


@st.composite
def reals(draw: st.DrawFn, size: int) -> Array:
    """Numbers of a like magnitude, or of many, of a few repeated ones, or of all bit patterns."""
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    kind = draw(
        st.sampled_from(["normal", "whole", "eighths", "spread", "borders", "zero", "bits"])
    )
    scale = 10.0 ** draw(st.integers(-8, 10))
    numbers: Array
    if kind == "normal":
        numbers = random.standard_normal(size) * scale
    elif kind == "whole":
        numbers = np.rint(random.standard_normal(size) * scale)
    elif kind == "eighths":
        numbers = random.integers(-3, 2000, size) / 8
    elif kind == "spread":
        numbers = 10.0 ** random.uniform(-6, 9, size) * random.choice([1, -1], size)
    elif kind == "borders":
        numbers = random.choice(NEAR_A_CHANGE_OF_NOTATION, size) * random.choice([1, -1], size)
        numbers = np.nextafter(numbers, random.choice([-np.inf, 0, np.inf], size))
    elif kind == "zero":
        numbers = np.zeros(size)
    else:
        numbers = random.integers(0, 2**63, size).astype(np.uint64).view(np.float64)
    special = random.random(size) < draw(st.sampled_from([0, 0, 0.1, 0.5, 1]))
    return np.where(special, random.choice(SPECIAL, size), numbers)


shapes = st.one_of(
    st.lists(st.sampled_from([0, 1, 2, 3, 5, 7, 9, 13, 40]), max_size=2),
    st.lists(st.sampled_from([1, 2, 3, 4, 7, 8]), min_size=3, max_size=5),
    st.sampled_from([[100], [1000], [1001], [0, 1001], [501, 2]]),
).map(tuple)


@st.composite
def arrays(draw: st.DrawFn, name: str) -> Array:
    shape = draw(shapes)
    size = int(np.prod(shape))
    array = np.empty(shape, numpy_dtype(name))
    with np.errstate(all="ignore"):
        if name in COMPLEX:
            array.real = draw(reals(size)).reshape(shape)
            array.imag = draw(reals(size)).reshape(shape)
        elif name in FLOATING:
            array[...] = draw(reals(size)).reshape(shape)
        else:
            random = np.random.default_rng(draw(st.integers(0, 2**32)))
            bits = random.integers(-(2**63), 2**63 - 1, shape) >> draw(st.integers(0, 63))
            array[...] = bits.astype(array.dtype)
    return array


options = st.fixed_dictionaries(
    {},
    optional={
        "precision": st.sampled_from([0, 1, 2, 3, 6, 12]),
        "threshold": st.sampled_from([-1, 0, 1, 5, 10, 50, 2000, np.inf]),
        "edgeitems": st.sampled_from([0, 1, 2, 3, 4, 10]),
        "linewidth": st.sampled_from([-5, 0, 10, 20, 33, 40, 60, 79.5, 100, 200]),
        "profile": st.sampled_from(["default", "short", "full"]),
        "sci_mode": st.sampled_from([None, True, False]),
    },
)


@thousands
@given(
    data=st.data(),
    options=st.one_of(st.just({}), options),
    name=st.sampled_from(FLOATING + COMPLEX + WHOLE),
    default=st.sampled_from(FLOATING),
)
def test_any_tensor_under_any_options(
    data: st.DataObject, options: dict[str, Any], name: str, default: str
) -> None:
    torch.set_default_dtype(getattr(torch, default))
    dtypes.set_default_dtype(dtypes.PUBLIC_NAMES[default])
    for set_options in (torch.set_printoptions, set_printoptions):
        set_options(profile="default")
        set_options(**options)
    gradients = ["none", "required", "made"] if name in FLOATING + COMPLEX else ["none"]
    assert_prints_alike(
        data.draw(arrays(name)), name, gradient=data.draw(st.sampled_from(gradients))
    )


@thousands
@given(data=st.data(), name=st.sampled_from(("float16", "float32", "float64", *COMPLEX)))
def test_a_few_numbers_of_any_bits(data: st.DataObject, name: str) -> None:
    torch.set_printoptions(profile="default")
    set_printoptions(profile="default")
    array = data.draw(hnp.arrays(name, st.sampled_from([(), (1,), (2,), (3,), (2, 2)])))
    assert_prints_alike(array, name)


@thousands
@given(
    array=hnp.arrays(np.float32, st.sampled_from([(), (3,), (25,), (2, 7), (0,), (0, 4)])),
    linewidth=st.integers(10, 130),
    class_name=st.integers(1, 30).map("N".__mul__),
    node_name=st.integers(1, 80).map("F".__mul__),
    on_meta=st.booleans(),
)
def test_suffixes_wrap_alike(
    array: Array, linewidth: int, class_name: str, node_name: str, on_meta: bool
) -> None:
    class Copied(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: torch.Tensor) -> torch.Tensor:
            return x.clone()

        @staticmethod
        def backward(ctx: Any, gradient: torch.Tensor) -> torch.Tensor:
            return gradient

    function = type(node_name, (Copied,), {})
    tensor_class = type(class_name, (torch.Tensor,), {})
    torch.set_printoptions(linewidth=linewidth, profile="default")
    set_printoptions(linewidth=linewidth, profile="default")
    leaf = torch.from_numpy(array).to("meta" if on_meta else "cpu").as_subclass(tensor_class)
    theirs = function.apply(leaf.requires_grad_())
    ours = format_tensor(
        None if on_meta else array,
        shape=array.shape,
        dtype=dtypes.float32,
        default_dtype=dtypes.get_default_dtype(),
        name=class_name,
        device="meta" if on_meta else None,
        requires_grad=True,
        grad_fn=f"{node_name}Backward",
    )
    assert ours == repr(theirs).replace("torch.", "plugrad.")


@given(calls=st.lists(options, max_size=5))
def test_options_follow_the_same_calls(calls: list[dict[str, Any]]) -> None:
    for set_options in (torch.set_printoptions, set_printoptions):
        set_options(profile="default")
        for call in calls:
            set_options(**call)
    theirs = torch._tensor_str.PRINT_OPTS
    assert get_printoptions() == {name: getattr(theirs, name) for name in get_printoptions()}
