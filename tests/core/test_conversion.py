"""Converting, copying, overwriting tensors: what is recorded, shared and refused."""

from __future__ import annotations

import copy
import io
import pickle
import warnings
from typing import Any

import numpy as np
import pytest

import plugrad
from plugrad.autograd.modes import mode
from plugrad.operators import conversion, device_table
from plugrad.testing import strict


def same(tensor: Any, expected: Any, dtype: Any = None) -> None:
    np.testing.assert_array_equal(tensor.detach().numpy(), expected)
    if dtype is not None:
        assert tensor.dtype is dtype


@pytest.fixture
def leaf() -> Any:
    return plugrad.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)


# ------------------------------------------------------------------------------------------ to


def test_nothing_to_do_returns_the_tensor_itself(leaf: Any) -> None:
    other = plugrad.ones(1)
    for found in (
        leaf.to(), leaf.to(plugrad.float32), leaf.to("cpu"), leaf.to(other), leaf.to(None),
        leaf.to(plugrad.device("cpu"), plugrad.float32, True, False), leaf.to(non_blocking=True),
        leaf.float(), leaf.cpu(), leaf.type(plugrad.float32), leaf.type_as(other),
        leaf.to(memory_format=plugrad.contiguous_format),
    ):  # fmt: skip
        assert found is leaf


def test_ways_of_asking_for_a_conversion(leaf: Any) -> None:
    wide = plugrad.zeros(1, dtype=plugrad.float64)
    for found in (
        leaf.to(plugrad.float64), leaf.to(float), leaf.to(dtype=plugrad.float64), leaf.to(wide),
        leaf.to("cpu", plugrad.float64), leaf.to(None, plugrad.float64), leaf.to(tensor=wide),
        leaf.to(device="cpu", dtype=plugrad.float64), leaf.double(),
        leaf.type("torch.DoubleTensor"), leaf.type(plugrad.DoubleTensor),
        leaf.type("plugrad.DoubleTensor"), leaf.type_as(wide),
    ):  # fmt: skip
        same(found, leaf.detach().numpy(), plugrad.float64)
        assert found.grad_fn.name() == "ToCopyBackward0"
    assert leaf.type() == "plugrad.FloatTensor"


@pytest.mark.parametrize(
    "ask",
    [
        lambda x: x.to(plugrad.float64, plugrad.float32),
        lambda x: x.to(plugrad.float64, device="cpu"),
        lambda x: x.to(other=x),
        lambda x: x.to("cpu", plugrad.float64, True, True, 1),
        lambda x: x.to(3.5),
        lambda x: x.to(plugrad.float64, copy=3),
        lambda x: x.type_as(3),
        lambda x: x.double(1),
    ],
)
def test_other_ways_are_refused(leaf: Any, ask: Any) -> None:
    with pytest.raises(TypeError):
        ask(leaf)


def test_gradients_come_back_in_the_dtype_of_the_input(leaf: Any) -> None:
    (leaf.double() ** 2).sum().backward()
    same(leaf.grad, 2 * leaf.detach().numpy(), plugrad.float32)
    first = plugrad.autograd.grad((leaf.double() ** 3).sum(), leaf, create_graph=True)[0]
    (second,) = plugrad.autograd.grad(first.sum(), leaf)
    same(second, 6 * leaf.detach().numpy())


def test_integers_end_the_history(leaf: Any) -> None:
    for found in (
        leaf.long(),
        leaf.bool(),
        leaf.to(plugrad.uint8, copy=True),
        leaf.type(plugrad.int32),
    ):
        assert not found.requires_grad
    assert leaf.requires_grad


def test_a_copy_is_one_and_recorded(leaf: Any) -> None:
    copied = leaf.to(plugrad.float32, copy=True)
    assert copied.data_ptr() != leaf.data_ptr()
    assert copied.grad_fn.name() == "ToCopyBackward0"
    assert leaf.t().to(plugrad.float64).stride() == (1, 2)
    assert leaf.clone().grad_fn.name() == "CloneBackward0"


def test_imaginary_parts_are_dropped_with_one_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conversion, "_warned_of_imaginary", [])
    z = plugrad.tensor([1 + 2j, 3j], requires_grad=True)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        same(z.bool(), [True, True])
    with pytest.warns(UserWarning, match="imaginary"):
        real = z.float()
    same(z.detach().long(), [1, 0])
    real.sum().backward()
    same(z.grad, [1, 1], plugrad.complex64)


def test_conversions_wrap_and_truncate_as_pytorchs() -> None:
    x = plugrad.tensor([1.7, -1.7, 300.0, float("nan")])
    same(x.byte(), [1, 255, 44, 0])
    same(x.to(plugrad.int8), [1, -1, 44, 0])
    same(plugrad.tensor([300, -1]).byte(), [44, 255])


# ----------------------------------------------------------------------------------- overwriting


def test_copy_broadcasts_and_converts(leaf: Any) -> None:
    x = plugrad.zeros(2, 2, dtype=plugrad.int32)
    same(x.copy_(leaf.detach()[1]), [[3, 4], [3, 4]], plugrad.int32)
    same(x.copy_(7.9), [[7, 7], [7, 7]])
    for wrong in (plugrad.ones(3), plugrad.ones(2, 2, 2)):
        with pytest.raises(RuntimeError):
            x.copy_(wrong)
    b = plugrad.arange(4.0)
    with pytest.raises(RuntimeError, match="memory"):
        b[1:].copy_(b[:-1])
    same(b, [0, 1, 2, 3])


def test_gradients_flow_to_what_was_copied(leaf: Any) -> None:
    row = plugrad.tensor([5.0, 6.0], requires_grad=True)
    y = leaf * 1
    y.copy_(row)
    assert y.grad_fn.name() == "CopyBackwards"
    y.backward(plugrad.tensor([[1.0, 2.0], [3.0, 4.0]]))
    same(row.grad, [4, 6])
    same(leaf.grad, np.zeros((2, 2)))


def test_overwriting_through_a_view_reaches_the_base(leaf: Any) -> None:
    y = leaf * 1
    value = plugrad.tensor(9.0, requires_grad=True)
    y[0].fill_(value)
    assert y.grad_fn.name() == "CopySlices"
    same(y, [[9, 9], [3, 4]])
    (y * plugrad.tensor([[1.0, 2.0], [3.0, 4.0]])).sum().backward()
    same(value.grad, 3)
    same(leaf.grad, [[0, 0], [3, 4]])


@pytest.mark.parametrize(
    ("change", "node"),
    [
        (lambda y: y.fill_(2.0), "FillBackward2"),
        (lambda y: y.fill_(plugrad.tensor(2.0)), "FillBackward3"),
        (lambda y: y.zero_(), "ZeroBackward0"),
        (lambda y: y.uniform_(), "UniformBackward0"),
        (lambda y: y.bernoulli_(plugrad.tensor(0.5)), "BernoulliBackward1"),
        (lambda y: y.random_(3), "RandomBackward1"),
    ],
)
def test_what_was_overwritten_gets_no_gradient(leaf: Any, change: Any, node: str) -> None:
    y = leaf * 1
    assert change(y) is y
    assert y.grad_fn.name() == node
    assert y.grad_fn.next_functions[0][0].name() == "MulBackward0"
    (y * leaf).sum().backward()
    same(leaf.grad, y.detach().numpy())


def test_leaves_that_require_grad_are_not_overwritten(leaf: Any) -> None:
    for change in (leaf.zero_, leaf.normal_, lambda: leaf.copy_(leaf), lambda: leaf[0].fill_(1)):
        with pytest.raises(RuntimeError, match="leaf"):
            change()
    with plugrad.no_grad():
        leaf.zero_()
    same(leaf, np.zeros((2, 2)))
    with pytest.raises(RuntimeError, match="0-d"):
        plugrad.zeros(2).fill_(plugrad.ones(1))


def test_shapes_change_in_place() -> None:
    x = plugrad.arange(6.0)
    part = x[2:4]
    same(part.resize_(3), [2, 3, 4])  # the memory goes on behind the view
    part[2] = 9
    assert x[4] == 9
    assert part.resize_(10).shape == (10,)
    same(part[:3], [2, 3, 9])
    same(x.resize_(2, 2), [[0, 1], [2, 3]])
    same(plugrad.ones(1).set_(x), [[0, 1], [2, 3]])
    assert plugrad.ones(3).set_().shape == (0,)
    with pytest.raises(RuntimeError, match="requires grad"):
        plugrad.ones(2, requires_grad=True).resize_(3)
    with pytest.raises(RuntimeError, match="float64"):
        x.set_(plugrad.ones(2, dtype=plugrad.float64))


# ---------------------------------------------------------------------------------- interchange


def test_deepcopy_copies_leaves(leaf: Any) -> None:
    leaf.note = ["kept"]
    leaf.sum().backward()
    copied = copy.deepcopy(leaf)
    assert copied.requires_grad
    assert copied.is_leaf
    assert copied.note == ["kept"]
    assert copied.note is not leaf.note
    same(copied.grad, np.ones((2, 2)))
    assert copied.grad is not leaf.grad
    with pytest.raises(RuntimeError, match="MulBackward0"):
        copy.deepcopy(leaf * 2)


def test_deepcopy_keeps_what_is_shared_shared() -> None:
    x = plugrad.arange(4.0)
    first, view, again = copy.deepcopy([x, x[1:], x])
    assert first is again
    first[1] = 9
    same(view, [9, 2, 3])
    assert view._version == first._version == 1
    same(x, [0, 1, 2, 3])
    assert copy.deepcopy(plugrad.ones(2, 3).t()).stride() == (1, 3)


@pytest.mark.parametrize("kind", ["float32", "bfloat16", "complex128", "bool", "uint16"])
def test_pickles_keep_everything_but_history(kind: str) -> None:
    x = plugrad.ones(2, 3, 4).to(getattr(plugrad, kind)).permute(2, 0, 1)
    x.note = 3
    found = pickle.loads(pickle.dumps(x))
    assert (found.dtype, found.stride(), found.note) == (x.dtype, x.stride(), 3)
    assert bool((found == x).all())
    made = plugrad.ones(2, requires_grad=True) * 2
    again = pickle.loads(pickle.dumps(made))
    assert again.requires_grad
    assert again.is_leaf
    buffer = io.BytesIO()
    pickle.dump({"w": made}, buffer)


def test_dlpack_goes_both_ways(leaf: Any) -> None:
    x = plugrad.zeros(2, 3)
    np.from_dlpack(x)[1, 2] = 5
    assert x[1, 2] == 5
    again = plugrad.from_dlpack(x.__dlpack__())
    again[0, 0] = 7
    assert x[0, 0] == 7
    assert tuple(map(int, x.__dlpack_device__())) == (1, 0)
    with pytest.raises(BufferError, match="detach"):
        leaf.__dlpack__()
    with pytest.raises(RuntimeError, match="exporter"):
        plugrad.from_dlpack([1.0])


def test_memory_that_other_processes_do_not_see() -> None:
    x = plugrad.ones(2)
    assert x.share_memory_() is x
    assert not x.is_shared()
    assert not x.is_pinned()
    assert x.get_device() == -1
    with pytest.raises(RuntimeError, match="none is available"):
        x.pin_memory()


# ---------------------------------------------------------------------------------- other devices


@pytest.fixture
def other_device() -> str:
    strict.install()
    return "strict"


def test_gradients_come_back_from_another_device(leaf: Any, other_device: str) -> None:
    there = leaf.to(other_device)
    assert str(there.device) == other_device
    assert there.grad_fn.name() == "ToCopyBackward0"
    ((there * there).to("cpu", plugrad.float64) * 3).sum().backward()
    same(leaf.grad, 6 * leaf.detach().numpy(), plugrad.float32)
    (first,) = plugrad.autograd.grad((there**3).sum(), leaf, create_graph=True)
    (second,) = plugrad.autograd.grad(first.sum(), leaf)
    same(second, 6 * leaf.detach().numpy())


def test_copies_between_devices(leaf: Any, other_device: str) -> None:
    there = plugrad.zeros(2, 2, device=other_device)
    there.copy_(leaf.detach())
    same(there.cpu(), leaf.detach().numpy())
    with pytest.raises(TypeError, match="cpu"):
        there.numpy()
    with plugrad.device(other_device):
        assert str(plugrad.tensor([1.0]).device) == other_device
        plugrad.manual_seed(0)
        drawn = plugrad.randn(20)
    assert str(plugrad.ones(1).device) == "cpu"
    plugrad.manual_seed(0)
    same(drawn.cpu(), plugrad.randn(20).numpy())


def test_devices_without_a_backend_are_refused() -> None:
    x = plugrad.ones(2)
    for kind, error in (("xpu", AssertionError), ("mps", RuntimeError), ("meta", RuntimeError)):
        for use in (lambda: plugrad.zeros(2, device=kind), lambda: x.to(kind)):  # noqa: B023
            with pytest.raises(error, match=kind):
                use()
    with pytest.raises(RuntimeError, match="nowhere"):
        plugrad.zeros(2, device="nowhere")
    with pytest.raises(TypeError, match="device"):
        plugrad.zeros(2, device=1.5)
    assert plugrad.zeros(2, device="cpu:3").device == plugrad.device("cpu")


def test_cuda_answers_without_a_device() -> None:
    assert not plugrad.cuda.is_available()
    assert plugrad.cuda.device_count() == plugrad.cuda.memory_allocated() == 0
    plugrad.cuda.empty_cache()
    plugrad.cuda.manual_seed_all(3)
    for ask in (
        plugrad.cuda.current_device, plugrad.cuda.synchronize, plugrad.cuda.init,
        plugrad.cuda.get_device_name, plugrad.cuda.Event, lambda: plugrad.ones(1).cuda(),
        lambda: plugrad.cuda.device(0).__enter__(),
    ):  # fmt: skip
        with pytest.raises((AssertionError, RuntimeError), match="(?i)cu(da|py)"):
            ask()


def test_the_host_needs_no_plugins(run_python: Any) -> None:
    code = "import plugrad, sys; plugrad.ones(2); assert 'pluggy' not in sys.modules"
    result = run_python("-c", code)
    assert not result.returncode, result.stderr


def test_the_default_device_is_each_threads_own(other_device: str) -> None:
    import threading

    plugrad.set_default_device(other_device)
    found: list[str] = []
    try:
        assert str(plugrad.zeros(1).device) == other_device
        thread = threading.Thread(target=lambda: found.append(str(plugrad.zeros(1).device)))
        thread.start()
        thread.join()
    finally:
        plugrad.set_default_device(None)
    assert found == ["cpu"]
    assert device_table.get_default_device() == plugrad.device("cpu")
    assert mode.run is not None


def test_threads_of_linear_algebra() -> None:
    before = plugrad.get_num_threads()
    plugrad.set_num_threads(1)
    assert plugrad.get_num_threads() >= 1
    plugrad.set_num_threads(before)
    for wrong in (0, 1.5, True):
        with pytest.raises(RuntimeError):
            plugrad.set_num_threads(wrong)
