"""`plugrad.autograd.functional` against derivatives known by heart."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import plugrad as torch
from plugrad.autograd.functional import hessian, hvp, jacobian, jvp, vhp, vjp

Function = Callable[..., Any]


def point(*values: float, grad: bool = False) -> Any:
    return torch.tensor(list(values), requires_grad=grad)


def square(x: Any) -> Any:
    return x * x


def cubes(x: Any) -> Any:
    return (x**3).sum()


def product(x: Any, y: Any) -> Any:
    return (x * y * y).sum()


def numbers(result: Any) -> Any:
    """Return the elements of a tensor, or of tuples of them, as nested lists."""
    if isinstance(result, tuple):
        return tuple(numbers(item) for item in result)
    return result.tolist()


X, Y = (1.0, 2.0), (3.0, 4.0)


# ------------------------------------------------------------------------------------- first order


def test_vjp() -> None:
    value, gradient = vjp(square, point(*X), point(1.0, 10.0))
    assert numbers((value, gradient)) == ([1.0, 4.0], [2.0, 40.0])
    assert not value.requires_grad
    assert not gradient.requires_grad


def test_jvp() -> None:
    value, tangent = jvp(square, point(*X), point(1.0, 10.0))
    assert numbers((value, tangent)) == ([1.0, 4.0], [2.0, 40.0])
    assert not value.requires_grad
    assert not tangent.requires_grad


def test_products_of_several_inputs_and_outputs() -> None:
    def function(x: Any, y: Any) -> Any:
        return x.sum() * y, x * x

    inputs, outputs = (point(*X), point(*Y)), (point(1.0, 2.0), point(10.0, 20.0))
    value, gradients = vjp(function, inputs, outputs)
    assert numbers(value) == ([9.0, 12.0], [1.0, 4.0])
    assert numbers(gradients) == ([31.0, 91.0], [3.0, 6.0])
    value, tangents = jvp(function, inputs, outputs)
    assert numbers(value) == ([9.0, 12.0], [1.0, 4.0])
    assert numbers(tangents) == ([39.0, 72.0], [2.0, 8.0])


def test_a_tuple_stays_a_tuple_and_a_tensor_a_tensor() -> None:
    x, v = point(*X), point(1.0, 1.0)
    assert isinstance(vjp(square, (x,), v)[1], tuple)
    assert isinstance(vjp(square, x, (v,))[1], torch.Tensor)
    assert isinstance(vjp(lambda t: (t * t,), x, v)[0], tuple)
    assert isinstance(jvp(square, (x,), (v,))[1], torch.Tensor)
    assert isinstance(jvp(lambda t: (t * t,), x, v)[1], tuple)


def test_the_vector_may_be_left_out_where_there_is_one_element() -> None:
    assert numbers(vjp(cubes, point(*X))[1]) == [3.0, 12.0]
    assert numbers(jvp(square, torch.tensor(3.0))[1]) == 6.0
    assert numbers(jvp(square, point(3.0))[1]) == [6.0]
    for call in (lambda: vjp(square, point(*X)), lambda: jvp(square, point(*X))):
        with pytest.raises(RuntimeError):
            call()


def test_jacobian() -> None:
    assert numbers(jacobian(square, point(*X))) == [[2.0, 0.0], [0.0, 4.0]]
    assert numbers(jacobian(cubes, point(*X))) == [3.0, 12.0]
    assert numbers(jacobian(square, torch.tensor(3.0))) == 6.0


def test_jacobian_of_several_inputs_and_outputs() -> None:
    def function(x: Any, y: Any) -> Any:
        return x.sum(), x.unsqueeze(1) * y

    found = jacobian(function, (point(*X), point(*Y)))
    assert [[block.shape for block in row] for row in found] == [
        [(2,), (2,)],
        [(2, 2, 2), (2, 2, 2)],
    ]
    assert numbers(found) == (
        ([1.0, 1.0], [0.0, 0.0]),
        (
            [[[3.0, 0.0], [4.0, 0.0]], [[0.0, 3.0], [0.0, 4.0]]],
            [[[1.0, 0.0], [0.0, 1.0]], [[2.0, 0.0], [0.0, 2.0]]],
        ),
    )
    assert numbers(jacobian(lambda x: (x * 2,), (point(*X),))) == (([[2.0, 0.0], [0.0, 2.0]],),)


@pytest.mark.parametrize("strategy", ["reverse-mode", "forward-mode"])
def test_jacobian_strategies(strategy: str) -> None:
    found = jacobian(square, point(*X), vectorize=True, strategy=strategy)
    assert numbers(found) == [[2.0, 0.0], [0.0, 4.0]]


# ------------------------------------------------------------------------------------ second order


def test_hessian() -> None:
    assert numbers(hessian(cubes, point(*X))) == [[6.0, 0.0], [0.0, 12.0]]
    assert numbers(hessian(cubes, torch.tensor(2.0))) == 12.0
    assert numbers(hessian(product, (point(*X), point(*Y)))) == (
        ([[0.0, 0.0], [0.0, 0.0]], [[6.0, 0.0], [0.0, 8.0]]),
        ([[6.0, 0.0], [0.0, 8.0]], [[2.0, 0.0], [0.0, 4.0]]),
    )


def test_hessian_of_a_matrix() -> None:
    found = hessian(lambda x: (x * x.t()).sum(), torch.eye(2))
    assert found.shape == (2, 2, 2, 2)
    assert found.reshape(4, 4).tolist() == [
        [2.0, 0.0, 0.0, 0.0],
        [0.0, 0.0, 2.0, 0.0],
        [0.0, 2.0, 0.0, 0.0],
        [0.0, 0.0, 0.0, 2.0],
    ]


@pytest.mark.parametrize("strategy", ["reverse-mode", "forward-mode"])
def test_hessian_strategies(strategy: str) -> None:
    found = hessian(cubes, point(*X), vectorize=True, outer_jacobian_strategy=strategy)
    assert numbers(found) == [[6.0, 0.0], [0.0, 12.0]]


@pytest.mark.parametrize("multiply", [vhp, hvp])
def test_products_with_the_hessian(multiply: Function) -> None:
    value, found = multiply(cubes, point(*X), point(1.0, 10.0))
    assert numbers((value, found)) == (9.0, [6.0, 120.0])
    value, found = multiply(product, (point(*X), point(*Y)), (point(1.0, 1.0), point(10.0, 10.0)))
    assert numbers((value, found)) == (41.0, ([60.0, 80.0], [26.0, 48.0]))
    assert numbers(multiply(cubes, torch.tensor(2.0))) == (8.0, 12.0)
    assert isinstance(multiply(cubes, (point(*X),), (point(1.0, 1.0),))[1], tuple)


@pytest.mark.parametrize("multiply", [vhp, hvp])
def test_what_does_not_depend_on_an_input_has_zeros(multiply: Function) -> None:
    x, y = point(*X), point(*Y)
    assert numbers(multiply(lambda x, y: cubes(x), (x, y), (x, y))[1]) == ([6.0, 24.0], [0.0, 0.0])
    assert numbers(multiply(lambda x: x.sum(), x, x)[1]) == [0.0, 0.0]
    assert numbers(multiply(lambda x: torch.tensor(1.0), x, x)) == (1.0, [0.0, 0.0])


def test_zeros_of_first_order() -> None:
    x, y = point(*X), point(*Y)
    assert numbers(vjp(lambda x, y: x * 2, (x, y), x)[1]) == ([1.0 * 2, 2.0 * 2], [0.0, 0.0])
    assert numbers(vjp(lambda x: torch.ones(2), x, x)[1]) == [0.0, 0.0]
    assert numbers(jvp(lambda x: torch.ones(2), x, x)[1]) == [0.0, 0.0]
    assert numbers(jacobian(lambda x: torch.ones(2), x)) == [[0.0, 0.0], [0.0, 0.0]]
    assert numbers(jacobian(lambda x, y: x * 2, (x, y))[1]) == [[0.0, 0.0], [0.0, 0.0]]
    assert numbers(hessian(lambda x: x.sum(), x)) == [[0.0, 0.0], [0.0, 0.0]]


# ------------------------------------------------------------------------------------------ strict

x, y = point(*X), point(*Y)
xg = point(*X, grad=True)

NOT_STRICT: dict[str, Function] = {
    "vjp, input": lambda **k: vjp(lambda x, y: x * 2, (x, y), x, **k),
    "vjp, output": lambda **k: vjp(lambda x: torch.ones(2), x, x, **k),
    "vjp, derivative": lambda **k: vjp(lambda x: x * 2, xg, x, create_graph=True, **k),
    "jvp, input": lambda **k: jvp(lambda x, y: x * 2, (x, y), (x, y), **k),
    "jvp, output": lambda **k: jvp(lambda x: torch.ones(2), x, x, **k),
    "jvp, derivative": lambda **k: jvp(lambda x: x * 2, xg, x, create_graph=True, **k),
    "jacobian, input": lambda **k: jacobian(lambda x, y: x * 2, (x, y), **k),
    "jacobian, output": lambda **k: jacobian(lambda x: torch.ones(2), x, **k),
    "jacobian, derivative": lambda **k: jacobian(lambda x: x * 2, xg, create_graph=True, **k),
    "hessian, derivative": lambda **k: hessian(lambda x: x.sum(), x, **k),
    "hessian, mixed": lambda **k: hessian(lambda x, y: cubes(x) + cubes(y), (x, y), **k),
    "hessian, input": lambda **k: hessian(lambda x, y: cubes(x), (x, y), **k),
    "vhp, derivative": lambda **k: vhp(lambda x: x.sum(), x, x, **k),
    "vhp, input": lambda **k: vhp(lambda x, y: cubes(x), (x, y), (x, y), **k),
    "hvp, derivative": lambda **k: hvp(lambda x: x.sum(), x, x, **k),
    "hvp, input": lambda **k: hvp(lambda x, y: cubes(x), (x, y), (x, y), **k),
}


@pytest.mark.parametrize("call", NOT_STRICT.values(), ids=NOT_STRICT)
def test_strict_refuses_what_does_not_depend(call: Function) -> None:
    call()
    with pytest.raises(RuntimeError, match="strict"):
        call(strict=True)


def test_strict_lets_pass_what_depends() -> None:
    for first in (vjp, jvp):
        first(square, x, x, strict=True)
        first(square, xg, x, create_graph=True, strict=True)
    for second in (vhp, hvp):
        second(cubes, x, x, strict=True)
    jacobian(square, x, strict=True)
    hessian(cubes, x, strict=True)


# ------------------------------------------------------------------------------------ create_graph


def test_results_can_be_differentiated_by_the_inputs() -> None:
    x = point(*X, grad=True)
    for call, expected in (
        (lambda: vjp(cubes, x, torch.tensor(1.0), create_graph=True)[1], [6.0, 12.0]),
        (lambda: jvp(square, x, point(1.0, 1.0), create_graph=True)[1], [2.0, 2.0]),
        (lambda: jacobian(lambda t: t**3, x, create_graph=True), [6.0, 12.0]),
        (lambda: hessian(cubes, x, create_graph=True), [6.0, 6.0]),
        (lambda: vhp(cubes, x, point(1.0, 1.0), create_graph=True)[1], [6.0, 6.0]),
        (lambda: hvp(cubes, x, point(1.0, 1.0), create_graph=True)[1], [6.0, 6.0]),
        (lambda: vjp(cubes, x, create_graph=True)[0], [3.0, 12.0]),
    ):
        assert torch.autograd.grad(call().sum(), x)[0].tolist() == expected
    assert x.grad is None


def test_results_can_be_differentiated_by_the_vector() -> None:
    x, v = point(*X), point(5.0, 7.0, grad=True)
    for call, expected in (
        (lambda: vjp(square, x, v, create_graph=True)[1], [2.0, 4.0]),
        (lambda: jvp(square, x, v, create_graph=True)[1], [2.0, 4.0]),
        (lambda: vhp(cubes, x, v, create_graph=True)[1], [6.0, 12.0]),
        (lambda: hvp(cubes, x, v, create_graph=True)[1], [6.0, 12.0]),
    ):
        assert torch.autograd.grad(call().sum(), v)[0].tolist() == expected


def test_without_create_graph_nothing_is_connected() -> None:
    x = point(*X, grad=True)
    for result in (
        *vjp(square, x, x),
        *jvp(square, x, x),
        jacobian(square, x),
        hessian(cubes, x),
        *vhp(cubes, x, x),
        *hvp(cubes, x, x),
    ):
        assert not result.requires_grad


def test_under_no_grad_they_work_all_the_same() -> None:
    x = point(*X)
    with torch.no_grad():
        assert numbers(vjp(square, x, x)[1]) == [2.0, 8.0]
        assert numbers(jvp(square, x, x)[1]) == [2.0, 8.0]
        assert numbers(jacobian(square, x)) == [[2.0, 0.0], [0.0, 4.0]]
        assert numbers(hessian(cubes, x)) == [[6.0, 0.0], [0.0, 12.0]]
        assert numbers(hvp(cubes, x, x)[1]) == numbers(vhp(cubes, x, x)[1]) == [6.0, 24.0]
        assert not torch.is_grad_enabled()


def test_the_callers_tensors_are_left_alone() -> None:
    x, v = point(*X), point(1.0, 2.0)
    for call in (vjp, jvp):
        call(square, x, v)
    for call in (vhp, hvp):
        call(cubes, x, v)
    jacobian(square, x)
    hessian(cubes, x)
    for tensor in (x, v):
        assert (tensor.requires_grad, tensor.grad, tensor._version) == (False, None, 0)


# ------------------------------------------------------------------------------------------ errors


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda: vjp(square, [x], x), TypeError),
        (lambda: vjp(square, 3, x), TypeError),
        (lambda: vjp(lambda x: 3, x, x), TypeError),
        (lambda: vjp(lambda x: [x], x, x), TypeError),
        (lambda: vjp(square, x, 3), TypeError),
        (lambda: vjp(square, x, torch.ones(3)), RuntimeError),
        (lambda: vjp(lambda x: (x, x), x, x), RuntimeError),
        (lambda: jvp(square, [x], x), TypeError),
        (lambda: jvp(square, x, torch.ones(3)), RuntimeError),
        (lambda: jvp(lambda x, y: x * y, (x, y), x), RuntimeError),
        (lambda: jacobian(lambda x: 3, x), TypeError),
        (lambda: jacobian(square, torch.tensor([1, 2])), RuntimeError),
        (lambda: jacobian(square, x, vectorize=True, strict=True), RuntimeError),
        (lambda: jacobian(square, x, strategy="forward-mode"), NotImplementedError),
        (
            lambda: jacobian(square, x, vectorize=True, strategy="forward-mode", create_graph=True),
            NotImplementedError,
        ),
        (lambda: hessian(square, x), RuntimeError),
        (lambda: hessian(lambda x: (cubes(x),), x), RuntimeError),
        (lambda: hessian(lambda x: 3.0, x), TypeError),
        (lambda: hessian(cubes, x, outer_jacobian_strategy="forward-mode"), NotImplementedError),
        (lambda: vhp(square, x, x), RuntimeError),
        (lambda: vhp(cubes, x), RuntimeError),
        (lambda: vhp(lambda x: (cubes(x),), x, x), RuntimeError),
        (lambda: vhp(cubes, x, torch.ones(3)), RuntimeError),
        (lambda: hvp(square, x, x), RuntimeError),
        (lambda: hvp(cubes, x), RuntimeError),
        (lambda: hvp(cubes, x, torch.ones(3)), RuntimeError),
    ],
)
def test_errors(call: Function, error: type[Exception]) -> None:
    with pytest.raises(error):
        call()
    assert torch.is_grad_enabled()
