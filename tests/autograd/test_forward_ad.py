"""Forward mode: dual tensors, their levels, and how they meet the backward.

Written for both libraries: `tests/compat` runs this file under PyTorch, too.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import plugrad as torch

plugrad_only = pytest.mark.skipif(torch.__name__ != "plugrad", reason="plugrad's own promise")

fw = torch.autograd.forward_ad


def point(*values: float, grad: bool = False) -> Any:
    return torch.tensor(list(values), dtype=torch.float64, requires_grad=grad)


X, V = point(0.5, 1.5), point(1.0, -2.0)


def tangent(function: Callable[[Any], Any]) -> Any:
    """Return the derivative of a function at X along V."""
    with fw.dual_level():
        found = fw.unpack_dual(function(fw.make_dual(X, V))).tangent
        return None if found is None else found.clone()


def close(found: Any, expected: Any) -> bool:
    return bool(torch.allclose(found, expected))


# --------------------------------------------------------------------------- dual tensors


def test_a_dual_tensor_has_two_parts() -> None:
    with fw.dual_level() as level:
        dual = fw.make_dual(X, V)
        assert level == 0
        assert repr(dual * 2).replace("torch.", "plugrad.") == (
            "tensor([1., 3.], dtype=plugrad.float64,\n"
            "       tangent=tensor([ 2., -4.], dtype=plugrad.float64))"
        )
        parts = fw.unpack_dual(dual)
        assert torch.equal(parts.primal, X)
        assert torch.equal(parts.tangent, V)
        assert fw.unpack_dual(X).tangent is None
        assert not dual.requires_grad
        assert dual.dtype is torch.float64
        assert tuple(dual.shape) == (2,)


def test_what_is_not_made() -> None:
    with pytest.raises(RuntimeError, match="level"):
        fw.make_dual(X, V)
    assert fw.unpack_dual(X).tangent is None
    with pytest.raises(RuntimeError):
        fw.exit_dual_level()
    with fw.dual_level():
        with pytest.raises(RuntimeError):
            fw.dual_level().__enter__()
        with pytest.raises(RuntimeError, match="size|shape"):
            fw.make_dual(X, point(1.0, 2.0, 3.0))
        with pytest.raises(ValueError, match="floating"):
            fw.make_dual(torch.tensor([1]), torch.tensor([1]))
        dual = fw.make_dual(X, V)
        with pytest.raises(RuntimeError):
            fw.make_dual(dual, V)


def test_after_its_level_a_tensor_has_no_tangent() -> None:
    constant = torch.zeros(2, dtype=torch.float64)
    with fw.dual_level():
        dual = fw.make_dual(X, V) * 2
        constant += dual
        assert fw.unpack_dual(constant).tangent is not None
    assert fw.unpack_dual(dual).tangent is None
    assert fw.unpack_dual(constant).tangent is None
    assert "tangent" not in repr(dual)
    assert torch.equal(dual + 1, 2 * X + 1)
    assert torch.equal(constant, 2 * X)
    with fw.dual_level():
        assert fw.unpack_dual(fw.make_dual(constant, V) * 3).tangent.tolist() == [3.0, -6.0]


# ------------------------------------------------------------------------------ derivatives


PROGRAMS: dict[str, tuple[Callable[[Any], Any], Callable[[], Any]]] = {
    "elementwise": (lambda x: x.sin() * x.exp(), lambda: V * X.exp() * (X.sin() + X.cos())),
    "reduction": (lambda x: (x**3).sum(), lambda: (3 * X**2 * V).sum()),
    "matrices": (lambda x: torch.outer(x, x) @ x, lambda: torch.outer(V, X) @ X
                 + torch.outer(X, V) @ X + torch.outer(X, X) @ V),
    "with a constant": (lambda x: x * X + X, lambda: V * X),
    "indices": (lambda x: x[torch.tensor([1, 1, 0])], lambda: V[torch.tensor([1, 1, 0])]),
    "list": (lambda x: torch.stack([x, X, 2 * x]), lambda: torch.stack([V, 0 * V, 2 * V])),
    "several outputs": (lambda x: x.max(0).values, lambda: V[1]),
    "mean of a norm": (lambda x: x.norm(), lambda: (X * V).sum() / X.norm()),
    "clone in place": (lambda x: x.clone().mul_(x), lambda: 2 * X * V),
    "softmax": (lambda x: x.softmax(0), lambda: X.softmax(0) * (V - (V * X.softmax(0)).sum())),
    "comparison": (lambda x: torch.where(x > 1, x * x, x),
                   lambda: torch.where(X > 1, 2 * X * V, V)),
    "no_grad": (torch.no_grad()(lambda x: x * x), lambda: 2 * X * V),
}  # fmt: skip


@pytest.mark.parametrize("name", PROGRAMS)
def test_tangents(name: str) -> None:
    function, expected = PROGRAMS[name]
    assert close(tangent(function), expected())


def test_what_does_not_depend_has_no_tangent() -> None:
    assert tangent(lambda x: X * 2) is None
    assert tangent(lambda x: x.detach()) is None
    assert tangent(lambda x: x > 1) is None
    product = tangent(lambda x: x.detach() * x)
    assert close(product, X * V)


def filled(x: Any) -> Any:
    y = torch.zeros(3, dtype=torch.float64)
    y[0] = x[1] * 2
    y[1:] = x
    return y


def through_a_view(x: Any) -> Any:
    y = x * 1
    part = y[:1]
    part.mul_(x[1])
    y[1] = 7.0
    return torch.cat([y, part])


def accumulated(x: Any) -> Any:
    y = torch.zeros(2, 2, dtype=torch.float64)
    row = y[1]
    row += x
    y.index_add_(0, torch.tensor([0, 1]), torch.stack([x * x, x]))
    return y


def test_changes_in_place() -> None:
    assert close(tangent(filled), torch.stack([2 * V[1], V[0], V[1]]))
    first = V[0] * X[1] + X[0] * V[1]
    assert close(tangent(through_a_view), torch.stack([first, 0 * first, first]))
    assert close(tangent(accumulated), torch.stack([2 * X * V, 2 * V]))


def test_modules_with_dual_parameters() -> None:
    layer = torch.nn.Linear(2, 1, dtype=torch.float64)
    weight, bias = layer.weight.detach(), layer.bias.detach()
    with fw.dual_level():
        del layer.weight
        layer.weight = fw.make_dual(weight, torch.ones_like(weight))
        found = fw.unpack_dual(layer(X)).tangent
        assert close(found, X.sum().reshape(1))
    assert bias.shape == (1,)


# ------------------------------------------------------------------- together with the backward


def test_forward_over_reverse() -> None:
    x = point(0.5, 1.5, grad=True)
    with fw.dual_level():
        dual = fw.make_dual(x, V)
        assert dual.requires_grad
        (g,) = torch.autograd.grad((dual**3).sum(), dual, create_graph=True)
        parts = fw.unpack_dual(g)
        assert close(parts.primal, 3 * X**2)
        assert close(parts.tangent, 6 * X * V)
        (g,) = torch.autograd.grad((dual**3).sum(), x, create_graph=True)
        assert close(fw.unpack_dual(g).tangent, 6 * X * V)


def test_reverse_over_forward() -> None:
    x = point(0.5, 1.5, grad=True)
    with fw.dual_level():
        slope = fw.unpack_dual((fw.make_dual(x, V) ** 3).sum()).tangent
        slope.backward()
    assert close(x.grad, 6 * X * V)


def test_gradients_of_dual_tensors_are_plain() -> None:
    x = point(0.5, 1.5, grad=True)
    with fw.dual_level():
        (fw.make_dual(x, V) ** 2).sum().backward()
        assert fw.unpack_dual(x.grad).tangent is None
    assert close(x.grad, 2 * X)
    assert repr(x.grad).replace("torch.", "plugrad.") == "tensor([1., 3.], dtype=plugrad.float64)"


# ------------------------------------------------------------------------------ custom functions


class Tenfold(torch.autograd.Function):
    """A product whose derivatives are wrong in a way that tells them apart."""

    @staticmethod
    def forward(ctx: Any, x: Any, y: Any, number: int) -> Any:
        ctx.save_for_backward(x)
        ctx.save_for_forward(y)
        return x * y

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        return g * 100, None, None

    @staticmethod
    def jvp(ctx: Any, x_t: Any, y_t: Any, number_t: Any) -> Any:
        (y,) = ctx.saved_tensors
        assert number_t is None
        assert torch.equal(y_t, torch.zeros_like(y))
        return x_t * y * 10


def test_a_custom_function_states_its_own() -> None:
    assert close(tangent(lambda x: Tenfold.apply(x, X, 1)), 10 * V * X)


def test_a_custom_function_without_one_is_refused() -> None:
    class Without(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            return x * 1

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return g

    with pytest.raises(NotImplementedError, match="jvp"):
        tangent(Without.apply)
    with fw.dual_level():
        Without.apply(X)


@plugrad_only
def test_nothing_stays_slow_after_a_level() -> None:
    from plugrad.autograd.modes import mode

    with pytest.raises(ZeroDivisionError), fw.dual_level():
        raise ZeroDivisionError
    assert mode.run is not None
