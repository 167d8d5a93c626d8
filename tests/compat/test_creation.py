"""What makes, converts and fills tensors, bit by bit against PyTorch, over wide spaces."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from typing import Any

import ml_dtypes
import numpy as np
import pytest
import torch
from comparison import array_of, see
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch.profiler import profile

import plugrad
from plugrad.operators import conversion
from plugrad.vocabulary.observers import unwatch, watch

Call = Callable[..., Any]

hundreds = settings(
    max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)

REAL = ("float32", "float64", "float16", "bfloat16")
WHOLE = ("int64", "int32", "int16", "int8", "uint8")
EVERY = (*REAL, *WHOLE, "bool", "uint16", "uint32", "uint64", "complex64", "complex128")


@pytest.fixture(autouse=True)
def warned() -> None:
    conversion._warned_of_imaginary.append(True)  # PyTorch's warnings are not seen either


def agree(call: Call, *arrays: Any, ulps: float = 0) -> None:
    """Check that a call gives tensors of the same bits, dtypes and strides, or the same error."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ours, theirs = (see(t, call, arrays) for t in (plugrad, torch))
    assert ours.error == theirs.error, f"{ours.message}\nPyTorch: {theirs.message}"
    assert ours.structure == theirs.structure
    for one, other in zip(ours.values, theirs.values, strict=True):
        assert one.dtype == other.dtype
        if ulps:
            close = np.spacing(np.abs(other).max(initial=1)) * ulps
            np.testing.assert_allclose(one, other, rtol=0, atol=close)
        else:
            np.testing.assert_array_equal(bits(one), bits(other))


def bits(array: Any) -> Any:
    """Return the elements with every nan the same and the sign of 0 kept."""
    if array.dtype.kind in "biu":
        return array
    wide = array.astype(np.complex128)
    parts = np.stack([wide.real, wide.imag])
    return np.where(np.isnan(parts), np.nan, parts), np.signbit(parts) & (parts == 0)


def with_strides(call: Call) -> Call:
    """Return the call with the strides of its result beside it."""

    def both(t: Any, *tensors: Any) -> Any:
        result = call(t, *tensors)
        # Of a single element the stride means nothing.
        pairs = zip(result.stride(), result.shape, strict=True)
        strides = [step for step, size in pairs if size > 1] if result.numel() else []
        return result, f"strides {strides}"

    return both


# -------------------------------------------------------------------------------------- ranges

finite = st.floats(1e-3, 1e4) | st.floats(-1e4, -1e-3) | st.integers(-100, 100)


@hundreds
@given(finite, st.floats(1e-3, 50) | st.integers(1, 9), st.integers(0, 300), st.data())
def test_arange(start: Any, step: Any, count: int, data: st.DataObject) -> None:
    sign = data.draw(st.sampled_from((1, -1)))
    kind = data.draw(st.sampled_from((None, *REAL, "int64", "int32")))
    end = start + sign * step * count
    agree(lambda t: t.arange(start, end, sign * step, dtype=kind and getattr(t, kind)))


@hundreds
@given(finite, finite, st.integers(0, 200), st.sampled_from((None, *REAL, *WHOLE)))
def test_linspace(start: Any, end: Any, count: int, kind: Any) -> None:
    agree(lambda t: t.linspace(start, end, count, dtype=kind and getattr(t, kind)))


@hundreds
@given(finite, finite, finite, st.integers(2, 60))
def test_linspace_of_complex_numbers(real: Any, imaginary: Any, end: Any, count: int) -> None:
    start = complex(real, imaginary)
    agree(lambda t: t.linspace(start, end, count, dtype=t.complex64))
    agree(lambda t: t.linspace(start, end, count, dtype=t.complex128))


@hundreds
@given(
    st.floats(-3, 4), st.floats(-3, 4), st.integers(0, 60),
    st.sampled_from((10.0, 2.0, 2.5, np.e, 0.5, -2.0, 1.0)), st.sampled_from((None, *REAL)),
)  # fmt: skip
def test_logspace(start: float, end: float, count: int, base: float, kind: Any) -> None:
    agree(lambda t: t.logspace(start, end, count, base, dtype=kind and getattr(t, kind)))


@pytest.mark.parametrize("kind", ["int64", "int32", "uint8"])
@pytest.mark.parametrize(("start", "end"), [(0, 4), (3, 0), (0.5, 4.7), (0, 2.9)])
def test_logspace_of_integers(kind: str, start: float, end: float) -> None:
    for count in range(9):
        agree(lambda t: t.logspace(start, end, count, base=3, dtype=getattr(t, kind)))  # noqa: B023


@pytest.fixture
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.mark.usefixtures("one_thread")  # where each begins shows in the last bits of arange
@pytest.mark.parametrize("number", range(1000, 100_000, 9001))
def test_long_ranges(number: int) -> None:
    agree(lambda t: t.arange(0.1, 0.1 + 0.3 * number, 0.3)[::7])
    agree(lambda t: t.linspace(-1.3, 2.7, number)[::7])


# ---------------------------------------------------------------------------------------- data

reals = st.booleans() | st.integers(-(2**40), 2**40) | st.floats(width=32)
plain = reals | st.complex_numbers(max_magnitude=1e9)
# No bool of NumPy's: beside numbers PyTorch refuses it.
numpys = st.sampled_from((np.float32(1.5), np.int8(3), np.float64(0.1), np.int64(7)))


@hundreds
@given(
    st.recursive(plain | numpys, lambda inner: st.lists(inner, max_size=3), max_leaves=12),
    st.lists(st.lists(reals, min_size=2, max_size=2), max_size=4),
    st.sampled_from(("float32", "float64", "float16", "int64", "uint8", "bool")),
)
def test_nested_data(nested: Any, plainly: Any, kind: str) -> None:
    agree(lambda t: t.tensor(nested))
    agree(lambda t: t.tensor(plainly, dtype=getattr(t, kind)))


@hundreds
@given(st.lists(st.lists(plain, min_size=3, max_size=3), min_size=1, max_size=4))
def test_rectangular_data(nested: Any) -> None:
    agree(lambda t: t.tensor(nested))
    agree(lambda t: t.as_tensor(nested, dtype=t.complex128))


@hundreds
@given(plain, st.sampled_from(EVERY))
def test_constants(value: Any, kind: str) -> None:
    agree(lambda t: t.full((3,), value, dtype=getattr(t, kind)))
    agree(lambda t: t.zeros(3, dtype=getattr(t, kind)).fill_(value))


# --------------------------------------------------------------------------------- conversions

SPECIAL = [
    1.7, -1.7, 300.0, 70000.0, 3e9, -3e9, 1e19, np.nan, np.inf, -np.inf, -0.0, 2.5, 3.5, -129.0,
    255.9, 256.0, 65535.5, -1.0, 2.0**31, 1 + 2**-12, 1e-45, 6e-8,
]  # fmt: skip


@pytest.mark.parametrize("target", EVERY)
@pytest.mark.parametrize("source", EVERY)
def test_conversions_of_every_pair(source: str, target: str) -> None:
    kind = ml_dtypes.bfloat16 if source == "bfloat16" else source
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        numbers = np.array(SPECIAL * 3).astype(kind)
    if source.startswith("complex") and target == "uint32":
        numbers = numbers[(numbers.real >= 0) & (numbers.real < 2**31)]  # else C does not say
    agree(lambda t, x: x.to(getattr(t, target)), numbers)
    agree(lambda t, x: t.zeros(x.shape, dtype=getattr(t, target)).copy_(x), numbers)


@st.composite
def layouts(draw: st.DrawFn, may_repeat: bool = True) -> tuple[tuple[int, ...], Call]:
    """A shape, and a call that gives a tensor of that shape another layout."""
    shape = tuple(draw(st.lists(st.sampled_from((1, 2, 3, 4)), min_size=1, max_size=4)))
    order = draw(st.permutations(range(len(shape))))
    step = draw(st.sampled_from((1, 2)))
    wide = draw(st.booleans())

    def lay(t: Any, x: Any) -> Any:
        x = x.permute(*order)[..., ::step]
        return x[:1].expand(3, *x.shape[1:]) if wide and may_repeat else x

    return shape, lay


@hundreds
@given(layouts(), st.sampled_from(("clone", "zeros_like", "full_like", "double", "empty_like")))
def test_layouts_are_kept(laid: Any, name: str) -> None:
    shape, lay = laid
    array = np.arange(np.prod(shape), dtype="float32").reshape(shape)
    calls: dict[str, Call] = {
        "clone": lambda t, x: lay(t, x).clone(),
        "zeros_like": lambda t, x: t.zeros_like(lay(t, x)),
        "full_like": lambda t, x: t.full_like(lay(t, x), 3),
        "empty_like": lambda t, x: t.empty_like(lay(t, x)).zero_(),
        "double": lambda t, x: lay(t, x).to(t.float64, copy=True),
    }
    agree(with_strides(calls[name]), array)


# ------------------------------------------------------------------------------ random numbers

FILLS: dict[str, tuple[Call, float]] = {
    "uniform_": (lambda x: x.uniform_(-1.5, 2.25), 0),
    "normal_": (lambda x: x.normal_(0.5, 2), 64),
    "random_": (lambda x: x.random_(), 0),
    "random_ to": (lambda x: x.random_(100), 0),
    "bernoulli_": (lambda x: x.bernoulli_(0.3), 0),
    "exponential_": (lambda x: x.exponential_(2), 64),
    "geometric_": (lambda x: x.geometric_(0.3), 0),
    "cauchy_": (lambda x: x.cauchy_(1, 2), 64),
    "log_normal_": (lambda x: x.log_normal_(0.1, 0.2), 64),
}


@hundreds
@given(
    layouts(may_repeat=False),
    st.sampled_from(sorted(FILLS)),
    st.sampled_from((*REAL, "int64", "uint8")),
)
def test_fills_of_any_layout(laid: Any, name: str, kind: str) -> None:
    shape, lay = laid
    fill, ulps = FILLS[name]
    array = np.zeros(shape, "float32")

    def call(t: Any, x: Any) -> Any:
        whole = x.to(getattr(t, kind))
        part = lay(t, whole)
        fill(part)
        return part, whole.new_empty(3).uniform_() if kind in REAL else 0  # the stream's next

    agree(call, array, ulps=ulps)


@pytest.mark.parametrize("kind", REAL)
@pytest.mark.parametrize("size", [0, 1, 5, 15, 16, 17, 31, 100, 1001])
def test_sizes_of_random_tensors(size: int, kind: str) -> None:
    agree(lambda t: [t.rand(size, dtype=getattr(t, kind)), t.rand(3)])
    agree(lambda t: [t.randn(size, dtype=getattr(t, kind)), t.randn(3)], ulps=64)
    agree(lambda t: [t.randint(-7, 9, (size,), dtype=getattr(t, kind)), t.rand(3)])
    agree(lambda t: [t.randperm(size), t.rand(3)])


def test_states_are_exchanged() -> None:
    plugrad.manual_seed(5)
    plugrad.randn(3)
    torch.set_rng_state(torch.from_numpy(array_of(plugrad.get_rng_state())))
    theirs = torch.randn(4).numpy()
    np.testing.assert_array_equal(plugrad.randn(4).numpy(), theirs)
    plugrad.set_rng_state(plugrad.from_numpy(torch.get_rng_state().numpy()))
    np.testing.assert_array_equal(plugrad.rand(4).numpy(), torch.rand(4).numpy())


# ---------------------------------------------------------------------------------- profiles


class Seen:
    """An observer that writes down what it sees as ``"a(b c)"``."""

    def __init__(self) -> None:
        self.stack: list[list[str]] = [[]]

    def enter(self, op: Any, inputs: Any) -> None:
        self.stack.append([])

    def leave(self, token: Any, op: Any, result: Any) -> None:
        inside = self.stack.pop()
        name = op.aten.removeprefix("aten::")
        self.stack[-1].append(f"{name}({' '.join(inside)})" if inside else name)


def profiled_by_torch(call: Call) -> str:
    with profile() as profiler:
        call(torch)

    def shown(event: Any) -> str:
        inside = [shown(child) for child in event.cpu_children if child.name.startswith("aten")]
        name = str(event.name).removeprefix("aten::")
        return f"{name}({' '.join(inside)})" if inside else name

    events = [event for event in profiler.events() if event.name.startswith("aten")]
    tops = [e for e in events if e.cpu_parent is None or not e.cpu_parent.name.startswith("aten")]
    return " ".join(map(shown, tops))


CALLS = """zeros(2); ones(2); empty(2); full((2,), 1.5); eye(3); arange(5); linspace(0, 1, 5);
    logspace(0, 1, 5); rand(2); randn(2); randint(3, (2,)); randperm(5); normal(0.0, 1.0, (2,));
    tensor([1.0, 2.0]); tensor(1); as_tensor([1.0]); scalar_tensor(3.0); tril_indices(3, 3);
    zeros_like(x); ones_like(x); full_like(x, 2); empty_like(x); rand_like(x); randn_like(x);
    randint_like(x, 3); x.new_zeros(2); x.new_ones(2); x.new_full((2,), 1); x.new_empty(2);
    bernoulli(x); bernoulli(x, 0.5); poisson(x); x.uniform_(); x.normal_(); x.random_(3);
    x.bernoulli_(); x.exponential_(); x.fill_(2); x.zero_(); x.copy_(x); x.to("cpu"); x.cpu();
    x.resize_(2); zeros(2, out=x); empty_strided((2, 3), (3, 1))"""


@pytest.mark.parametrize("text", CALLS.split(";"))
@pytest.mark.filterwarnings("ignore")
def test_profiles_nest_as_pytorchs(text: str) -> None:
    text = text.strip()
    call = eval(f"lambda t, x: {text if text.startswith('x.') else f't.{text}'}")
    theirs = torch.full((3,), 0.5)
    expected = profiled_by_torch(lambda t: call(t, theirs))
    seen, ours = Seen(), plugrad.full((3,), 0.5)
    watch(seen)
    try:
        call(plugrad, ours)
    finally:
        unwatch(seen)
    assert " ".join(seen.stack[0]) == expected
