"""Mixed precision: what is converted, what is recorded, and the scale of gradients."""

from __future__ import annotations

import threading
from typing import Any

import pytest

import plugrad
from plugrad.amp import GradScaler, autocast

X = plugrad.tensor([[1.0, 2.0], [3.0, 4.0]])


def half(**options: Any) -> autocast:
    return autocast("cpu", dtype=plugrad.float16, **options)


def test_products_are_lowered_and_the_rest_is_not() -> None:
    with half():
        y = X @ X
        assert y.dtype is plugrad.float16
        assert (y + X).dtype is plugrad.float32
        assert (X * X).dtype is plugrad.float32
        assert y.exp().dtype is plugrad.float16
        assert (X.double() @ X.double()).dtype is plugrad.float64
        assert plugrad.einsum("ij,jk->ik", X, X).dtype is plugrad.float16
    assert (X @ X).dtype is plugrad.float32


def test_what_loses_too_much_is_widened() -> None:
    with half():
        assert X.half().prod().dtype is plugrad.float32
        assert X.prod().dtype is plugrad.float32
    assert X.half().prod().dtype is plugrad.float16


def test_gradients_arrive_in_the_dtype_of_the_parameter() -> None:
    w = X.clone().requires_grad_()
    with half():
        y = X @ w
    assert y.grad_fn.next_functions[1][0].name() == "ToCopyBackward0"
    y.sum().backward()
    assert w.grad.dtype is plugrad.float32
    assert w.grad.tolist() == [[4.0, 4.0], [6.0, 6.0]]


def test_a_parameter_is_converted_once() -> None:
    w = X.clone().requires_grad_()
    with half():
        first, second = X @ w, X @ w
        with half():
            third = X @ w
        fresh = [X @ w for _ in range(2) if plugrad.is_autocast_enabled("cpu")]
    nodes = [y.grad_fn.next_functions[1][0] for y in (first, second, third, *fresh)]
    assert all(node is nodes[0] for node in nodes)
    with half():
        assert (X @ w).grad_fn.next_functions[1][0] is not nodes[0]
    with half(cache_enabled=False):
        one, two = ((X @ w).grad_fn.next_functions[1][0] for _ in range(2))
    assert one is not two


def test_nesting_and_state() -> None:
    assert not plugrad.is_autocast_enabled("cpu")
    with half() as context:
        assert plugrad.is_autocast_enabled("cpu")
        assert not plugrad.is_autocast_enabled()
        assert plugrad.get_autocast_dtype("cpu") is plugrad.float16
        with half(enabled=False):
            assert (X @ X).dtype is plugrad.float32
            assert not plugrad.is_autocast_enabled("cpu")
        with context:
            assert (X @ X).dtype is plugrad.float16
        assert (X @ X).dtype is plugrad.float16
    assert plugrad.get_autocast_dtype("cpu") is plugrad.bfloat16


def test_an_exception_switches_it_off() -> None:
    with pytest.raises(RuntimeError), half():
        X @ plugrad.ones(3, 3)
    assert (X @ X).dtype is plugrad.float32


def test_each_thread_has_its_own() -> None:
    seen = []
    with half():
        thread = threading.Thread(target=lambda: seen.append((X @ X).dtype))
        thread.start()
        thread.join()
    assert seen == [plugrad.float32]


def test_as_a_decorator() -> None:
    @half()
    def product(x: Any) -> Any:
        return x @ x

    assert product(X).dtype is plugrad.float16


def test_out_is_left_alone() -> None:
    out = plugrad.empty(2, 2)
    with half():
        plugrad.mm(X, X, out=out)
    assert out.tolist() == (X @ X).tolist()


def test_what_it_cannot_do() -> None:
    with pytest.warns(UserWarning, match="not to plugrad.float32"):
        context = autocast("cpu", dtype=plugrad.float32)
    with context:
        assert (X @ X).dtype is plugrad.float32
    with pytest.warns(UserWarning, match="no CUDA device"):
        autocast("cuda")
    with pytest.raises(RuntimeError, match="nope"):
        autocast("nope")
    with pytest.raises(RuntimeError, match="no autocast"):
        plugrad.get_autocast_dtype("meta")


# ------------------------------------------------------------------------------------ the scaler


class Plain:
    """The least an optimizer is."""

    def __init__(self, *parameters: Any) -> None:
        self.param_groups = [{"params": list(parameters)}]
        self.steps = 0

    def step(self) -> str:
        self.steps += 1
        return "stepped"


def test_the_scale_grows_and_shrinks() -> None:
    w = plugrad.ones(2, requires_grad=True)
    optimizer, scaler = Plain(w), GradScaler("cpu", init_scale=4.0, growth_interval=2)
    scales = []
    for factor in (1.0, 1.0, float("inf"), 1.0):
        w.grad = None
        scaler.scale((w * factor).sum()).backward()
        result = scaler.step(optimizer)
        assert result == (None if factor == float("inf") else "stepped")
        scaler.update()
        scales.append(scaler.get_scale())
    assert scales == [4.0, 8.0, 4.0, 4.0]
    assert optimizer.steps == 3
    assert w.grad.tolist() == [1.0, 1.0]


def test_its_state_travels() -> None:
    scaler = GradScaler("cpu", init_scale=4.0)
    other = GradScaler("cpu")
    other.load_state_dict(scaler.state_dict())
    assert other.state_dict() == scaler.state_dict()
    with pytest.raises(RuntimeError, match="empty"):
        other.load_state_dict({})


def test_where_it_is_not_enabled_all_goes_through() -> None:
    scaler = GradScaler("cuda")
    assert not scaler.is_enabled()
    assert scaler.state_dict() == {}
    assert scaler.scale(X) is X
    assert scaler.step(Plain()) == "stepped"


def test_what_the_scaler_refuses() -> None:
    w = plugrad.ones(2, requires_grad=True)
    w.grad = plugrad.ones(2)
    optimizer, scaler = Plain(w), GradScaler("cpu")
    with pytest.raises(AssertionError, match="before"):
        scaler.update()
    scaler.unscale_(optimizer)
    with pytest.raises(RuntimeError, match="already"):
        scaler.unscale_(optimizer)
    scaler.step(optimizer)
    with pytest.raises(RuntimeError, match="already"):
        scaler.step(optimizer)
    with pytest.raises(RuntimeError, match="after step"):
        scaler.unscale_(optimizer)
    with pytest.raises(ValueError, match="str"):
        scaler.scale("loss")
    lowered = plugrad.ones(2, dtype=plugrad.float16, requires_grad=True)
    lowered.grad = lowered.detach()
    with pytest.raises(ValueError, match="float16"):
        GradScaler("cpu").unscale_(Plain(lowered))


# ------------------------------------------------------------------------------- what is not there


def test_compile_says_what_it_does_once() -> None:
    from plugrad import compiler

    compiler._told.clear()
    with pytest.warns(UserWarning, match="no compiler"):
        assert plugrad.compile(abs, mode="default") is abs

    @plugrad.compile(dynamic=True)
    def function() -> int:
        return 1

    assert function() == 1
    with pytest.raises(TypeError, match="speed"):
        plugrad.compile(abs, speed=True)
    with pytest.raises(TypeError, match="int"):
        plugrad.compile(3)


def test_settings_of_other_backends_are_kept() -> None:
    from plugrad.backends import cudnn

    cudnn.benchmark = True
    assert plugrad.backends.cudnn.benchmark
    cudnn.benchmark = False
    assert not plugrad.backends.mps.is_available()
    assert not cudnn.is_available()
    assert not plugrad.backends.cuda.matmul.allow_tf32
    assert isinstance(plugrad.backends.mkl.is_available(), bool)
    with pytest.raises(AttributeError, match="nothing"):
        _ = plugrad.backends.nothing


def test_devices_have_contexts_of_their_own() -> None:
    with pytest.warns(UserWarning, match="no CUDA device"):
        elsewhere = autocast("cuda")
    with half(), elsewhere:
        assert plugrad.is_autocast_enabled("cpu")
        assert not plugrad.is_autocast_enabled("cuda")
        assert (X @ X).dtype is plugrad.float16
