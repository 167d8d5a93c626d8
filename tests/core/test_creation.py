"""What makes tensors: arguments, errors, memory, devices. Numbers are compared in tests/compat."""

from __future__ import annotations

import array
import pickle
import warnings
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import plugrad
from plugrad.autograd.modes import mode
from plugrad.layouts import order_of
from plugrad.operators import spacing
from plugrad.vocabulary.observers import unwatch, watch


def same(tensor: Any, expected: Any, dtype: Any = None) -> None:
    np.testing.assert_array_equal(tensor.detach().numpy(), expected)
    if dtype is not None:
        assert tensor.dtype is dtype


# -------------------------------------------------------------------------------------- shapes


@pytest.mark.parametrize("make", [plugrad.zeros, plugrad.ones, plugrad.empty, plugrad.rand])
def test_a_shape_is_given_in_any_way(make: Any) -> None:
    ways = [make(2, 3), make((2, 3)), make([2, 3]), make(plugrad.Size([2, 3])), make(size=(2, 3))]
    ways.append(make(np.int64(2), plugrad.tensor(3)))
    assert {tuple(x.shape) for x in ways} == {(2, 3)}
    assert make(()).shape == make(size=()).shape == ()
    assert make(0, 3).numel() == 0


@pytest.mark.parametrize("wrong", [("a",), (1.5,), (True,), (None,), ((2,), 3), ([2, [3]],), ()])
def test_what_is_no_shape_is_refused(wrong: tuple[Any, ...]) -> None:
    with pytest.raises(TypeError, match=r"zeros\(\)"):
        plugrad.zeros(*wrong)


def test_impossible_sizes_are_refused() -> None:
    with pytest.raises(RuntimeError, match="-3 is negative"):
        plugrad.zeros(2, -3)
    with pytest.raises(RuntimeError, match="memory"):
        plugrad.ones(2**40, 2**10)
    with pytest.raises(RuntimeError, match="memory"):
        plugrad.zeros(2**62, 2**62)
    with pytest.raises(TypeError, match="twice"):
        plugrad.zeros(2, size=(3,))


# ------------------------------------------------------------------------------------- options


def test_dtypes_may_be_pythons_types() -> None:
    pairs = {bool: "bool", int: "int64", float: "float64", complex: "complex128"}
    for kind, name in pairs.items():
        assert plugrad.zeros(1, dtype=kind).dtype is getattr(plugrad, name)
    with pytest.raises(TypeError, match="dtype"):
        plugrad.zeros(1, dtype="float32")


def test_the_default_dtype_is_what_is_made() -> None:
    plugrad.set_default_dtype(plugrad.float64)
    try:
        made = (plugrad.zeros(1), plugrad.tensor(1.5), plugrad.arange(2.0), plugrad.Tensor(2))
        assert {x.dtype for x in made} == {plugrad.float64}
        assert plugrad.tensor(1j).dtype is plugrad.complex128
        assert plugrad.tensor([1, 2]).dtype is plugrad.int64
        assert plugrad.FloatTensor(2).dtype is plugrad.float32
    finally:
        plugrad.set_default_dtype(plugrad.float32)


def test_only_numbers_with_derivatives_require_grad() -> None:
    x = plugrad.ones(2, requires_grad=True)
    assert x.requires_grad
    assert x.is_leaf
    state = plugrad.get_rng_state()
    for make in (
        lambda: plugrad.zeros(2, dtype=plugrad.int64, requires_grad=True),
        lambda: plugrad.tensor(1, requires_grad=True),
        lambda: plugrad.randint(3, (2,), requires_grad=True),
        lambda: plugrad.zeros_like(x, dtype=plugrad.bool, requires_grad=True),
    ):
        with pytest.raises(RuntimeError, match="require grad"):
            make()
    assert bool((plugrad.get_rng_state() == state).all()), "a refusal drew random numbers"
    with pytest.raises(TypeError, match="requires_grad must be a bool"):
        plugrad.zeros(2, requires_grad=1)


def test_layouts_other_than_strided_are_refused() -> None:
    assert plugrad.zeros(2, layout=plugrad.strided).layout is plugrad.strided
    with pytest.raises(NotImplementedError, match="sparse_coo"):
        plugrad.zeros(2, layout=plugrad.sparse_coo)
    with pytest.raises(TypeError, match="layout"):
        plugrad.zeros(2, layout=3)
    assert pickle.loads(pickle.dumps(plugrad.strided)) is plugrad.strided


def test_memory_formats_order_dimensions() -> None:
    image = plugrad.empty(2, 3, 4, 5, memory_format=plugrad.channels_last)
    assert image.stride() == (60, 1, 15, 3)
    assert image.is_contiguous(memory_format=plugrad.channels_last)
    assert not image.is_contiguous()
    assert plugrad.zeros_like(image).stride() == image.clone().stride() == image.stride()
    assert order_of(None, (2,)) is None
    with pytest.raises(RuntimeError, match="4 dimensions"):
        plugrad.empty(2, memory_format=plugrad.channels_last)
    with pytest.raises(RuntimeError, match="4 dimensions"):
        plugrad.ones(2).clone(memory_format=plugrad.channels_last)
    with pytest.raises(TypeError, match="memory_format"):
        plugrad.ones(2).clone(memory_format="channels_last")


def test_results_go_where_out_says() -> None:
    out = plugrad.empty(0)
    assert plugrad.ones(2, 3, out=out) is out
    same(out, np.ones((2, 3)))
    whole = plugrad.zeros(4)
    plugrad.full((2,), 7, out=whole[1:3])
    same(whole, [0, 7, 7, 0])
    version = out._version
    plugrad.rand(2, 3, out=out)
    assert out._version == version + 1
    with pytest.raises(RuntimeError, match="out is of"):
        plugrad.zeros(2, out=out, dtype=plugrad.int64)
    with pytest.raises(RuntimeError, match="requires grad"):
        plugrad.zeros(2, out=plugrad.ones(2, requires_grad=True))
    with pytest.raises(TypeError, match="out"):
        plugrad.zeros(2, out=[0, 0])
    with pytest.warns(UserWarning, match="resized"):
        plugrad.arange(5, out=plugrad.empty(2, dtype=plugrad.int64))


# ------------------------------------------------------------------------------ numbers and values


@pytest.mark.parametrize(
    ("value", "dtype"),
    [(300, "uint8"), (-129, "int8"), (-0.5, "uint8"), (float("nan"), "int64"), (1e40, "float32"),
     (70000.0, "float16"), (1j, "float32"), (1j, "int32"), (float("inf"), "int16")],
)  # fmt: skip
def test_what_a_dtype_cannot_hold_is_refused(value: Any, dtype: str) -> None:
    kind = getattr(plugrad, dtype)
    with pytest.raises(RuntimeError, match="cannot hold"):
        plugrad.full((2,), value, dtype=kind)
    x = plugrad.zeros(2, dtype=kind)
    with pytest.raises(RuntimeError, match="cannot hold"):
        x.fill_(value)
    same(x, [0, 0])
    assert x._version == 0


def test_negative_integers_count_from_the_top_of_unsigned_dtypes() -> None:
    same(plugrad.full((1,), -1, dtype=plugrad.uint8), [255])
    same(plugrad.tensor([-255, 3], dtype=plugrad.uint8), [1, 3])
    with pytest.raises(RuntimeError, match="-256"):
        plugrad.tensor(-256, dtype=plugrad.uint8)


def test_numbers_may_be_zero_dimensional_tensors() -> None:
    same(plugrad.full((2,), plugrad.tensor(2.5)), [2.5, 2.5])
    with pytest.raises(TypeError, match="fill_value"):
        plugrad.full((2,), plugrad.tensor(2.5, requires_grad=True))
    with pytest.raises(TypeError, match="fill_value"):
        plugrad.full((2,), plugrad.ones(1))
    with pytest.raises(OverflowError):
        plugrad.full((2,), 2**70)


# ---------------------------------------------------------------------------------------- data


@pytest.mark.parametrize(
    ("data", "dtype"),
    [([], "float32"), ([[], []], "float32"), ([True], "bool"), ([True, 2], "int64"),
     ([1, 2.5], "float32"), ([1, 2j], "complex64"), ((1, 2), "int64"), (range(3), "int64"),
     (bytearray(b"ab"), "int64"), (array.array("f", [1, 2]), "float32"),
     ([np.float64(1), 2], "float64"), ([np.int8(1), np.int8(2)], "int8"),
     (np.float16(1), "float16"), ([[np.ones(2)], [np.zeros(2)]], "float64"),
     (plugrad.Size([2, 3]), "int64")],
)  # fmt: skip
def test_the_dtype_of_data_is_inferred(data: Any, dtype: str) -> None:
    made = plugrad.tensor(data)
    assert made.dtype is getattr(plugrad, dtype)
    np.testing.assert_array_equal(made.numpy(), np.array(data))


@given(
    hnp.arrays(
        st.sampled_from([np.float64, np.int64, np.bool_, np.complex128]),
        hnp.array_shapes(min_dims=0, min_side=0),
    )
)
def test_nested_lists_are_read_like_arrays(data: Any) -> None:
    if 0 in data.shape:
        return
    kind = plugrad.from_numpy(data).dtype
    same(plugrad.tensor(data.tolist(), dtype=kind), data, kind)


@pytest.mark.parametrize(
    ("data", "error", "words"),
    [([[1, 2], [3]], ValueError, "sequence of 2"), ([[1, 2], 3], TypeError, "sequence of 2"),
     ([1, [2]], TypeError, "expected a number"), ("a", TypeError, "text"),
     (["a"], ValueError, "text"), ([None], RuntimeError, "NoneType"), ({}, RuntimeError, "dict"),
     (2**63, ValueError, "64 bits"), ([object()], RuntimeError, "object"),
     ([plugrad.ones(2)], ValueError, "stack"), (np.array(["a"]), TypeError, "<U1"),
     (np.ones(3)[::-1], ValueError, "backwards"), (np.ones(2, ">f4"), ValueError, "byte order")],
)  # fmt: skip
def test_what_is_no_data_is_refused(data: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        plugrad.tensor(data)


def test_tensor_always_copies_and_makes_a_leaf() -> None:
    source = np.zeros(2)
    made = plugrad.tensor(source)
    source[0] = 1
    same(made, [0, 0], plugrad.float64)
    x = plugrad.ones(2, requires_grad=True) * 2
    with pytest.warns(UserWarning, match="detach"):
        copied = plugrad.tensor(x, requires_grad=True)
    assert copied.is_leaf
    copied.detach()[0] = 5
    same(x, [2, 2])
    assert plugrad.tensor(np.ones((2, 3)).T).stride() == (1, 3)
    with pytest.warns(UserWarning, match="history"):
        plugrad.tensor([x[0], 1.0])


def test_memory_is_shared_where_it_can_be() -> None:
    source = np.zeros((2, 3), np.float32)
    for share in (plugrad.from_numpy, plugrad.as_tensor, plugrad.asarray, plugrad.from_dlpack):
        share(source)[1, 2] += 1
    assert source[1, 2] == 4
    x = plugrad.ones(2, requires_grad=True)
    assert plugrad.as_tensor(x) is plugrad.asarray(x) is x
    assert plugrad.as_tensor(x, dtype=plugrad.float64).grad_fn.name() == "ToCopyBackward0"
    buffer = bytearray(4)
    plugrad.frombuffer(buffer, dtype=plugrad.uint8)[1] = 7
    assert buffer[1] == 7
    with pytest.raises(ValueError, match="copy=False"):
        plugrad.asarray(source, dtype=plugrad.int64, copy=False)
    with pytest.raises(ValueError, match="copied"):
        plugrad.asarray([1, 2], copy=False)
    assert not plugrad.asarray(x, requires_grad=False).requires_grad


def test_arrays_that_no_tensor_can_see_are_refused() -> None:
    for wrong in (np.ones(3)[::-1], np.ones(2, ">i4")):
        with pytest.raises(ValueError, match="copy|byte"):
            plugrad.from_numpy(wrong)
    packed = np.zeros(2, [("a", "f4"), ("b", "i2")])
    with pytest.raises(ValueError, match="multiples"):
        plugrad.from_numpy(packed["a"])
    with pytest.raises(TypeError):
        plugrad.from_numpy([1.0])
    with pytest.raises(TypeError, match="datetime"):
        plugrad.from_numpy(np.zeros(1, "M8[s]"))
    frozen = np.ones(2)
    frozen.flags.writeable = False
    with pytest.warns(UserWarning, match="read-only"):
        plugrad.from_numpy(frozen)
    assert type(plugrad.from_numpy(np.ma.array([1.0, 2.0])).numpy()) is np.ndarray


def test_what_is_too_large_becomes_infinite_without_a_warning() -> None:
    same(plugrad.tensor([1e300, -1e300]), [np.inf, -np.inf])
    same(plugrad.tensor(np.array([1e300])).half(), [np.inf])
    assert plugrad.tensor([1.0, 2.0], dtype=plugrad.bfloat16).dtype is plugrad.bfloat16


# -------------------------------------------------------------------------------------- ranges


@given(st.integers(-50, 50), st.integers(-50, 50), st.integers(-7, 7).filter(bool))
def test_arange_of_integers_is_pythons_range(start: int, end: int, step: int) -> None:
    if (end - start) * step < 0:
        with pytest.raises(RuntimeError, match="does not get"):
            plugrad.arange(start, end, step)
    else:
        same(plugrad.arange(start, end, step), list(range(start, end, step)), plugrad.int64)


@given(
    st.floats(-1e6, 1e6), st.floats(-1e6, 1e6), st.integers(2, 200),
    st.sampled_from([plugrad.float32, plugrad.float64, plugrad.float16]),
)  # fmt: skip
def test_linspace_meets_both_ends(start: float, end: float, count: int, kind: Any) -> None:
    limit = 3e4 if kind is plugrad.float16 else 1e6
    start, end = max(min(start, limit), -limit), max(min(end, limit), -limit)
    made = plugrad.linspace(start, end, count, dtype=kind).numpy()
    assert made[0] == kind.np.type(start)
    assert made[-1] == kind.np.type(end)
    assert len(made) == count


def test_ranges_without_an_end_are_refused() -> None:
    for wrong in ((0, 1, 0), (0, 1, -1), (float("nan"),), (0, float("inf")), (1e20,), (2**63,)):
        with pytest.raises(RuntimeError, match="arange"):
            plugrad.arange(*wrong)
    for wrong in ((), (1, 2, 3, 4), ("a",)):
        with pytest.raises(TypeError, match="arange"):
            plugrad.arange(*wrong)
    with pytest.raises(NotImplementedError, match="bool"):
        plugrad.arange(2, dtype=plugrad.bool)
    with pytest.raises(RuntimeError, match="negative"):
        plugrad.linspace(0, 1, -1)
    with pytest.warns(UserWarning, match="arange"):
        same(plugrad.range(1, 3), [1, 2, 3])


def test_spacing_rounds_once() -> None:
    # Two roundings would give 0.30000000000000004 - 2**-54.
    made = spacing.linear(0.1, 0.7, 4, plugrad.float64)
    exact = [0.1 + float(i) * ((0.7 - 0.1) / 3) for i in range(2)]
    assert abs(made[:2] - exact).max() <= 2**-54
    assert spacing.count_of_range(0.5, 3, 1, plugrad.int64)[3] == 3
    assert spacing.powers(10.0, 0, 2, 3, plugrad.float64).tolist() == [1.0, 10.0, 100.0]


@pytest.mark.parametrize(
    ("rows", "columns", "offset"), [(3, 4, 0), (4, 2, -1), (2, 5, 2), (0, 3, 0)]
)
def test_triangles(rows: int, columns: int, offset: int) -> None:
    below = np.stack(np.tril_indices(rows, offset, columns))
    above = np.stack(np.triu_indices(rows, offset, columns))
    same(plugrad.tril_indices(rows, columns, offset), below, plugrad.int64)
    same(plugrad.triu_indices(rows, columns, offset=offset), above)
    with pytest.raises(RuntimeError):
        plugrad.tril_indices(-1, 2)
    with pytest.raises(NotImplementedError):
        plugrad.tril_indices(2, 2, dtype=plugrad.float32)


# ------------------------------------------------------------------------------------ likeness


def test_likeness_takes_what_is_not_given() -> None:
    x = plugrad.ones(2, 3, dtype=plugrad.float64, requires_grad=True).t()
    for made in (plugrad.zeros_like(x), plugrad.rand_like(x), plugrad.full_like(x, 2)):
        assert (made.shape, made.dtype, made.stride()) == (x.shape, x.dtype, (1, 3))
        assert not made.requires_grad
    assert plugrad.empty_like(x, memory_format=plugrad.contiguous_format).is_contiguous()
    assert x.new_zeros(4).dtype is plugrad.float64
    assert x.new_tensor([1]).dtype is plugrad.float64
    assert x.new_full((2,), 1, dtype=plugrad.int8).dtype is plugrad.int8
    with pytest.raises(TypeError, match="input"):
        plugrad.zeros_like([1.0])


def test_old_constructors() -> None:
    assert plugrad.Tensor(2, 3).shape == (2, 3)
    assert plugrad.Tensor().shape == (0,)
    same(plugrad.Tensor([2, 3]), [2, 3], plugrad.float32)
    same(plugrad.LongTensor([1, 2.7]), [1, 2], plugrad.int64)
    x = plugrad.ones(2, requires_grad=True)
    assert plugrad.Tensor(x).grad_fn.name() == "AliasBackward0"
    assert plugrad.FloatTensor(x.detach()).data_ptr() == x.data_ptr()
    assert isinstance(x, plugrad.FloatTensor)
    assert not isinstance(x, plugrad.DoubleTensor)
    for wrong in (2.5, None, "a"):
        with pytest.raises(TypeError):
            plugrad.Tensor(wrong)
    with pytest.raises(TypeError, match="convert"):
        plugrad.DoubleTensor(x)


class Weight(plugrad.Tensor):
    pass


def test_subclasses_are_made_and_kept() -> None:
    made = Weight([1.0, 2.0])
    assert type(made) is Weight
    x = plugrad.ones(2, requires_grad=True)
    seen = x.as_subclass(Weight)
    assert type(seen) is Weight
    (seen * 3).sum().backward()
    same(x.grad, [3, 3])
    assert repr(made) == "Weight([1., 2.])"


# ------------------------------------------------------------------------- modes and observers


def test_inference_mode_marks_what_is_made() -> None:
    with plugrad.inference_mode():
        made = [plugrad.zeros(2), plugrad.tensor([1.0]), plugrad.rand(2), plugrad.arange(3)]
    assert all(x.is_inference() for x in made)
    assert not plugrad.zeros(2).is_inference()


class Tree:
    def __init__(self) -> None:
        self.stack: list[list[str]] = [[]]

    def enter(self, op: Any, inputs: Any) -> None:
        self.stack.append([])

    def leave(self, token: Any, op: Any, result: Any) -> None:
        inside = self.stack.pop()
        name = op.aten.removeprefix("aten::")
        self.stack[-1].append(f"{name}({' '.join(inside)})" if inside else name)


@pytest.mark.parametrize(
    ("call", "seen"),
    [
        (lambda: plugrad.ones(2), "ones(empty fill_)"),
        (lambda: plugrad.zeros(2), "zeros(empty zero_)"),
        (lambda: plugrad.rand(2), "rand(empty uniform_)"),
        (lambda: plugrad.randn(2), "randn(empty normal_)"),
        (lambda: plugrad.eye(2), "eye(empty eye(resize_ zero_))"),
        (lambda: plugrad.tensor([1.0]), "empty to lift_fresh detach_"),
        (lambda: plugrad.zeros(2, out=plugrad.empty(2)), "empty zeros(resize_ zero_)"),
        (lambda: plugrad.arange(2).to(plugrad.int64), "arange(empty arange(resize_)) to"),
        (lambda: plugrad.ones(1).fill_(2), "ones(empty fill_) fill_"),
    ],
)
def test_observers_see_what_pytorch_would_do(call: Any, seen: str) -> None:
    tree = Tree()
    watch(tree)
    try:
        call()
    finally:
        unwatch(tree)
    assert " ".join(tree.stack[0]) == seen
    assert mode.run is not None


def test_a_failure_is_seen_to_end() -> None:
    tree = Tree()
    watch(tree)
    try:
        with pytest.raises(RuntimeError):
            plugrad.zeros(-1)
    finally:
        unwatch(tree)
    assert tree.stack == [["zeros(empty zero_)"]]


def test_nothing_warns() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        plugrad.linspace(0, float("inf"), 3)
        plugrad.logspace(-1, 400, 3, base=0)
        plugrad.logspace(0, 30, 3, dtype=plugrad.int64)
        plugrad.arange(0, 1e30, 3e29)
