"""Functions of functions: what they take and return, and that they nest.

Written for both libraries: `tests/compat` runs this file under PyTorch, too.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import plugrad as torch

plugrad_only = pytest.mark.skipif(torch.__name__ != "plugrad", reason="plugrad's own promise")

func = torch.func
grad, vjp, jvp = func.grad, func.vjp, func.jvp


def point(*values: float, grad: bool = False) -> Any:
    return torch.tensor(list(values), dtype=torch.float64, requires_grad=grad)


X, Y = point(0.5, 1.5), point(2.0, -1.0)


def close(found: Any, expected: Any) -> bool:
    return bool(torch.allclose(found, expected)) and not found.requires_grad


def cube(x: Any) -> Any:
    return (x**3).sum()


def weighted(x: Any, y: Any) -> Any:
    return (x * x * y).sum()


# -------------------------------------------------------------------------------- gradients


def test_gradients_by_some_arguments() -> None:
    assert close(grad(weighted)(X, Y), 2 * X * Y)
    assert close(grad(weighted, argnums=1)(X, Y), X * X)
    assert close(grad(weighted, argnums=-1)(X, Y), X * X)
    by_x, by_y = grad(weighted, argnums=(0, 1))(X, Y)
    assert close(by_x, 2 * X * Y)
    assert close(by_y, X * X)
    assert close(grad(lambda x, *, k: (x * k).sum())(X, k=3), 3 + 0 * X)
    for wrong in (2, -3, (0, 2)):
        with pytest.raises(RuntimeError, match="argnum"):
            grad(weighted, argnums=wrong)(X, Y)


def test_gradients_of_trees() -> None:
    def function(tree: Any) -> Any:
        return (tree["a"] * tree["b"][0]).sum() + tree["b"][1]

    found = grad(function)({"a": X, "b": [Y, point(1.0).sum()]})
    assert close(found["a"], Y)
    assert close(found["b"][0], X)
    assert found["b"][1].item() == 1.0
    assert isinstance(found["b"], list)


def test_values_and_what_is_beside() -> None:
    gradient, value = func.grad_and_value(cube)(X)
    assert close(gradient, 3 * X**2)
    assert close(value, cube(X))
    gradient, aux = grad(lambda x: (cube(x), {"twice": 2 * x}), has_aux=True)(X)
    assert close(gradient, 3 * X**2)
    assert close(aux["twice"], 2 * X)
    gradient, (value, aux) = func.grad_and_value(lambda x: (cube(x), x + 1), has_aux=True)(X)
    assert close(value, cube(X))
    assert close(aux, X + 1)


def test_what_does_not_depend_has_a_gradient_of_zeros() -> None:
    assert close(grad(lambda x, y: cube(x), argnums=1)(X, Y), 0 * Y)
    assert close(grad(lambda x: torch.ones(()).double())(X), 0 * X)
    assert close(grad(lambda x: cube(x.detach()))(X), 0 * X)


@pytest.mark.parametrize(
    ("function", "argument", "error"),
    [
        (lambda x: x * 2, X, RuntimeError),
        (lambda x: 3.0, X, RuntimeError),
        (lambda x: (x.sum(),), X, RuntimeError),
        (lambda x: torch.ones(()), 3, ValueError),
        (lambda x: x.double().sum(), torch.tensor([1]), RuntimeError),
    ],
    ids=["not 0-d", "no tensor", "tuple", "number", "integers"],
)
def test_what_has_no_gradient(function: Any, argument: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        grad(function)(argument)
    with pytest.raises(RuntimeError):
        grad(cube, has_aux=True)(X)


# ------------------------------------------------------------------- levels of differentiation


def test_gradients_nest() -> None:
    def slope(x: Any) -> Any:
        return grad(torch.sin)(x)

    x = torch.tensor(0.7, dtype=torch.float64)
    assert close(slope(x), x.cos())
    assert close(grad(slope)(x), -x.sin())
    assert close(grad(grad(slope))(x), -x.cos())


def test_an_inner_derivative_is_not_taken_for_an_outer() -> None:
    one = torch.ones((), dtype=torch.float64)

    def outer(x: Any) -> Any:
        return x * grad(lambda y: x * y)(one)

    assert grad(outer)(3 * one).item() == 6.0
    assert grad(lambda x: x * grad(lambda y: x + y)(one))(3 * one).item() == 1.0
    assert jvp(lambda x: x * grad(lambda y: x + y)(one), (3 * one,), (one,))[1].item() == 1.0
    assert grad(lambda x: x * jvp(lambda y: x + y, (one,), (one,))[1])(3 * one).item() == 1.0


ORDERS: dict[str, Callable[[Any, Any], Any]] = {
    "reverse over reverse": lambda f, v: lambda x: vjp(grad(f), x)[1](v)[0],
    "forward over reverse": lambda f, v: lambda x: jvp(grad(f), (x,), (v,))[1],
    "reverse over forward": lambda f, v: grad(lambda x: jvp(f, (x,), (v,))[1]),
}


@pytest.mark.parametrize("order", ORDERS)
def test_products_with_the_hessian(order: str) -> None:
    def function(x: Any) -> Any:
        return (x[0] ** 2 * x[1].exp()).sin() + cube(x)

    expected = func.hessian(function)(X) @ Y
    assert close(ORDERS[order](function, Y)(X), expected)


def test_what_the_caller_records_goes_on() -> None:
    x, weight = point(0.5, 1.5, grad=True), point(2.0, 3.0, grad=True)
    g = grad(lambda x: (weight * x**3).sum())(x)
    assert g.requires_grad
    g.sum().backward()
    assert torch.allclose(x.grad, 6 * weight * x)
    assert torch.allclose(weight.grad, 3 * x**2)
    with torch.no_grad():
        assert close(grad(cube)(x), 3 * X**2)
    assert close(grad(cube)(x.detach()), 3 * X**2)


def test_recording_inside_is_the_functions_own() -> None:
    def partly(x: Any) -> Any:
        with torch.no_grad():
            constant = x**2
        return (constant * x).sum()

    assert close(grad(partly)(X), X**2)
    with torch.no_grad():
        assert close(grad(partly)(X), X**2)


# ------------------------------------------------------------------------------------- products


def test_vjp() -> None:
    output, pull = vjp(lambda x, y: (x * y, {"sum": x.sum()}), X, Y)
    assert close(output[0], X * Y)
    by_x, by_y = pull((X, {"sum": point(1.0).sum()}))
    assert close(by_x, X * Y + 1)
    assert close(by_y, X * X)
    assert close(pull((Y, {"sum": point(0.0).sum()}))[1], X * Y)
    _, pull, aux = vjp(lambda x: (x * 2, x + 1), X, has_aux=True)
    assert close(aux, X + 1)
    (only,) = pull(Y)
    assert close(only, 2 * Y)
    for wrong in ((Y, Y), point(1.0, 2.0, 3.0)):
        with pytest.raises(RuntimeError):
            pull(wrong)


def test_jvp() -> None:
    output, derivative = jvp(lambda x, y: (x * y, [x]), (X, Y), (Y, X))
    assert close(output[0], X * Y)
    assert close(derivative[0], Y * Y + X * X)
    assert close(derivative[1][0], Y)
    assert close(jvp(lambda x: X * 2, (X,), (Y,))[1], 0 * X)
    _, derivative, aux = jvp(lambda x: (x * 2, x + 1), (X,), (Y,), has_aux=True)
    assert close(derivative, 2 * Y)
    assert torch.equal(aux, X + 1)
    for primals, tangents in ((X, Y), ((X,), (Y, Y)), ((X,), (point(1.0),))):
        with pytest.raises(RuntimeError):
            jvp(cube, primals, tangents)
    with pytest.raises(RuntimeError, match="strict"):
        jvp(lambda x: X * 2, (X,), (Y,), strict=True)


@pytest.mark.filterwarnings("ignore::UserWarning")  # of PyTorch's own parts
def test_linearize() -> None:
    runs: list[int] = []

    def function(x: Any, y: Any) -> Any:
        runs.append(1)
        return (x * y).sin(), x

    output, push = func.linearize(function, X, Y)
    before = len(runs)
    for direction in (X, Y):
        first, second = push(direction, Y)
        assert close(first, (X * Y).cos() * (direction * Y + X * Y))
        assert close(second, direction)
    assert close(output[0], (X * Y).sin())
    assert len(runs) == before
    with pytest.raises(RuntimeError):
        push(X)


# ------------------------------------------------------------------------------------ Jacobians


@pytest.mark.parametrize("name", ["jacrev", "jacfwd"])
def test_jacobians(name: str) -> None:
    jacobian = getattr(func, name)
    assert close(jacobian(torch.square)(X), torch.diag(2 * X))
    found = jacobian(lambda x, y: (x * y, {"sum": x.sum()}), argnums=(0, 1))(X, Y)
    assert close(found[0][0], torch.diag(Y))
    assert close(found[0][1], torch.diag(X))
    assert close(found[1]["sum"][0], 0 * X + 1)
    assert close(found[1]["sum"][1], 0 * X)
    by_name = jacobian(lambda d: d["a"] * d["b"])({"a": X, "b": Y})
    assert close(by_name["b"], torch.diag(X))
    matrix = torch.outer(X, Y)
    assert tuple(jacobian(lambda m: m @ X)(matrix).shape) == (2, 2, 2)
    found, aux = jacobian(lambda x: (x**2, x + 1), has_aux=True)(X)
    assert close(found, torch.diag(2 * X))
    assert torch.equal(aux, X + 1)
    with pytest.raises(RuntimeError):
        jacobian(torch.square, argnums=1)(X)


@plugrad_only
@pytest.mark.parametrize("name", ["jacrev", "jacfwd"])
def test_jacobians_of_what_cannot_be_mapped(name: str) -> None:
    def function(x: Any) -> Any:
        return x * 2 if (x * x).sum().item() > 0 else x

    assert close(getattr(func, name)(function)(X), 2 * torch.eye(2).double())


@pytest.mark.parametrize("name", ["jacrev", "jacfwd"])
def test_jacobians_of_empty_tensors(name: str) -> None:
    nothing = X[:0]
    assert getattr(func, name)(torch.sin)(nothing).shape == (0, 0)
    assert getattr(func, name)(lambda x: x[:0])(X).shape == (0, 2)


def test_chunks_of_jacobians() -> None:
    for size in (1, 2, 5):
        assert close(func.jacrev(torch.square, chunk_size=size)(X), torch.diag(2 * X))
    with pytest.raises(ValueError, match="chunk_size"):
        func.jacrev(torch.square, chunk_size=0)


def test_hessians() -> None:
    assert close(func.hessian(cube)(X), torch.diag(6 * X))
    blocks = func.hessian(weighted, argnums=(0, 1))(X, Y)
    assert close(blocks[0][0], torch.diag(2 * Y))
    assert close(blocks[0][1], torch.diag(2 * X))
    assert close(blocks[1][1], torch.zeros(2, 2, dtype=torch.float64))
    for outer in (func.jacrev, func.jacfwd):
        for inner in (func.jacrev, func.jacfwd):
            assert close(outer(inner(cube))(X), torch.diag(6 * X))


# -------------------------------------------------------------------------------------- modules


def layer() -> Any:
    torch.manual_seed(0)
    return torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.BatchNorm1d(3)).double()


def test_a_module_as_a_function() -> None:
    module = layer()
    module.eval()
    x = torch.stack([X, Y])
    ones = {name: torch.ones_like(p) for name, p in module.named_parameters()}
    before = module(x)
    found = func.functional_call(module, ones, (x,))
    assert torch.allclose(found, (x.sum(1, keepdim=True) + 1) / (1 + 1e-5) ** 0.5 + 1)
    assert torch.equal(module(x), before)
    assert torch.equal(func.functional_call(module, ones, x), found)
    assert torch.equal(func.functional_call(module, ones, (), {"input": x}), found)
    weights = {name: p for name, p in ones.items() if "weight" in name}
    halves = [weights, {name: p for name, p in ones.items() if name not in weights}]
    assert torch.equal(func.functional_call(module, halves, x), found)
    with pytest.raises(ValueError, match="weight"):
        func.functional_call(module, (ones, ones), x)
    with pytest.raises(ValueError, match="dict"):
        func.functional_call(module, 3, x)
    with pytest.raises(RuntimeError):
        func.functional_call(module, ones, x, strict=True)
    with pytest.raises(ZeroDivisionError):
        func.functional_call(torch.nn.Sequential(module, Fails()), {"0.0.bias": X.new_ones(3)}, x)
    assert torch.equal(module(x), before)


class Fails(torch.nn.Module):
    def forward(self, x: Any) -> Any:
        raise ZeroDivisionError


def test_gradients_by_the_parameters_of_a_module() -> None:
    module, x = layer().eval(), torch.stack([X, Y, X * Y])

    def loss(parameters: Any) -> Any:
        return func.functional_call(module, parameters, (x,)).square().sum()

    parameters = {name: p.detach() for name, p in module.named_parameters()}
    found = grad(loss)(parameters)
    module.zero_grad()
    module(x).square().sum().backward()
    for name, parameter in module.named_parameters():
        assert close(found[name], parameter.grad)


def test_tied_parameters() -> None:
    one, other = (torch.nn.Linear(2, 2, bias=False) for _ in range(2))
    module = torch.nn.Sequential(one, other)
    module[1].weight = module[0].weight
    eye = {"0.weight": torch.eye(2) * 3}
    x = torch.ones(1, 2)
    assert func.functional_call(module, eye, x).tolist() == [[9.0, 9.0]]
    untied = func.functional_call(module, eye, x, tie_weights=False)
    assert torch.allclose(untied, 3 * x @ module[0].weight.T)
    with pytest.raises(ValueError, match="weight"):
        func.functional_call(module, {**eye, "1.weight": torch.eye(2)}, x)


def test_batch_norms_without_running_statistics() -> None:
    module = layer()
    assert func.replace_all_batch_norm_modules_(module) is module
    norm = module[1]
    assert (norm.running_mean, norm.running_var, norm.track_running_stats) == (None, None, False)
    x = torch.stack([X, Y, X * Y])
    found = func.vmap(module)(torch.stack([x, 2 * x]))
    assert torch.allclose(found, torch.stack([module(x), module(2 * x)]))
    before = found.detach()
    module.eval()
    assert torch.allclose(module(x), before[0])


def test_stacked_modules() -> None:
    modules = [layer(), layer(), layer()]
    parameters, buffers = func.stack_module_state(modules)
    assert tuple(parameters["0.weight"].shape) == (3, 3, 2)
    assert parameters["0.weight"].requires_grad
    assert parameters["0.weight"].is_leaf
    assert tuple(buffers["1.running_mean"].shape) == (3, 3)
    for wrong in ([], [layer(), torch.nn.ReLU()], [layer(), layer().eval()]):
        with pytest.raises(RuntimeError):
            func.stack_module_state(wrong)


@plugrad_only
def test_derivatives_by_autograds_own_functions() -> None:
    from plugrad.autograd import functional

    assert torch.equal(functional.jacobian(torch.square, X), func.jacrev(torch.square)(X))
