"""Functions of one sample, mapped over many.

Written for both libraries: `tests/compat` runs this file under PyTorch, too.
"""

from __future__ import annotations

from typing import Any

import pytest

import plugrad as torch

plugrad_only = pytest.mark.skipif(torch.__name__ != "plugrad", reason="plugrad's own promise")

func = torch.func
vmap, grad = func.vmap, func.grad


def numbers(*shape: int) -> Any:
    torch.manual_seed(len(shape))
    return torch.randn(*shape, dtype=torch.float64)


def one_by_one(function: Any, *batches: Any) -> Any:
    """Return what a function returns for each sample, stacked."""
    return torch.stack([function(*samples) for samples in zip(*batches, strict=True)])


PROGRAMS = {
    "dot": lambda x, y: x.dot(y),
    "outer": lambda x, y: torch.outer(x, y).sum(0),
    "broadcast": lambda x, y: x[:, None] * y[None, :] + x,
    "reduce": lambda x, y: x.max(0).values * y.softmax(0).log() - y.std(),
    "views": lambda x, y: torch.cat([x.view(2, 2).t().reshape(-1), y[1:3], y[::2]]),
    "indices": lambda x, y: x[torch.tensor([3, 0])] + y.gather(0, torch.tensor([1, 1])),
    "where": lambda x, y: torch.where(x > y, x, y.abs()).cumsum(0),
    "sort": lambda x, y: x.sort().values * y.argsort(),
    "in place": lambda x, y: x.clone().mul_(y).add_(1),
    "through a view": lambda x, y: (z := x * 1, z[1:].mul_(y[:3]), z)[-1],
    "linear algebra": lambda x, y: torch.linalg.solve(
        torch.outer(x, x) + torch.eye(4, dtype=torch.float64), y
    ),
    "constant": lambda x, y: torch.ones(3) + 0 * x.sum(),
    "picture": lambda x, y: torch.nn.functional.conv1d(
        x.view(1, 1, 4), torch.ones(2, 1, 2, dtype=torch.float64)
    ).relu(),
    "kernels": lambda x, y: torch.nn.functional.conv1d(x.view(1, 1, 4), y.view(1, 1, 4)),
    "norm": lambda x, y: torch.nn.functional.layer_norm(x, (4,)) * x.norm(),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_all_samples_at_once(name: str) -> None:
    x, y = numbers(5, 4), numbers(5, 4) ** 3
    found = vmap(PROGRAMS[name])(x, y)
    assert torch.allclose(found, one_by_one(PROGRAMS[name], x, y))


def test_dimensions_in_and_out() -> None:
    x, y = numbers(4, 5), numbers(4)
    found = vmap(lambda x, y: x * y, in_dims=(1, None))(x, y)
    assert torch.allclose(found, x.t() * y)
    found = vmap(lambda x, y: x * y, in_dims=(-1, None), out_dims=1)(x, y)
    assert torch.allclose(found, x * y[:, None])
    found = vmap(lambda x: (x, x.sum()), in_dims=1, out_dims=(1, 0))(x)
    assert torch.equal(found[0], x)
    assert torch.allclose(found[1], x.sum(0))
    assert torch.equal(vmap(lambda x: y, out_dims=1)(x)[0], y)
    # A dimension at the end is that of the batch, counted with it.
    assert vmap(lambda x: x, out_dims=-1)(numbers(2, 3, 4)).shape == (3, 4, 2)


@pytest.mark.parametrize(
    "make",
    [
        lambda x: x.new_zeros(4),
        lambda x: x.new_ones(4) - 1,
        lambda x: x.new_full((4,), 0.0),
        lambda x: x.new_empty(4).zero_(),
        torch.zeros_like,
        lambda x: torch.empty_like(x).zero_(),
        lambda x: torch.full_like(x, 0),
    ],
)
def test_new_tensors_that_are_written_into(make: Any) -> None:
    x = numbers(5, 4)

    def function(x: Any) -> Any:
        y = make(x)
        y[1:] = x[:3]
        y += x
        return y

    found = vmap(function)(x)
    assert torch.allclose(found, one_by_one(function, x))


def test_trees_and_keywords() -> None:
    x, y = numbers(5, 4), numbers(5, 4)

    def function(tree: Any, factor: Any) -> Any:
        return {"sum": tree["a"] + tree["b"][0], "all": [factor * tree["a"].sum()]}

    found = vmap(function)({"a": x, "b": (y,)}, factor=y[:, 0])
    assert torch.allclose(found["sum"], x + y)
    assert torch.allclose(found["all"][0], y[:, 0] * x.sum(1, keepdim=True))
    dims = ({"a": 0, "b": (None,)},)
    found = vmap(function, in_dims=dims)({"a": x, "b": (y[0],)}, factor=y[:, 0])
    assert torch.allclose(found["sum"], x + y[0])


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda x: vmap(torch.sin, in_dims=3)(x), ValueError),
        (lambda x: vmap(torch.sin, in_dims=(0, 0))(x), ValueError),
        (lambda x: vmap(torch.sin, in_dims=None)(x), ValueError),
        (lambda x: vmap(torch.sin, in_dims=(None,))(x), ValueError),
        (lambda x: vmap(torch.sin, in_dims="0")(x), ValueError),
        (lambda x: vmap(torch.add)(x, 3), ValueError),
        (lambda x: vmap(torch.add)(x, x[:2]), ValueError),
        (lambda x: vmap(lambda x: 3)(x), ValueError),
        (lambda x: vmap(torch.sin, out_dims=(0, 0))(x), ValueError),
        (lambda x: vmap(lambda x: x.item())(x), RuntimeError),
        (lambda x: vmap(lambda x: x if x.sum() > 0 else -x)(x), RuntimeError),
        (lambda x: vmap(lambda x: torch.zeros(4).double().add_(x))(x), RuntimeError),
        (lambda x: vmap(lambda x: x + torch.rand(4))(x), RuntimeError),
        (lambda x: vmap(torch.sin, randomness="some")(x), RuntimeError),
        (lambda x: vmap(torch.sin, chunk_size=0)(x), ValueError),
    ],
)
def test_what_cannot_be_mapped(call: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        call(numbers(5, 4))
    assert vmap(torch.sin)(numbers(5, 4)).shape == (5, 4)


def test_random_numbers() -> None:
    x = numbers(5, 4)
    shared = vmap(lambda x: x * 0 + torch.rand(4), randomness="same")(x)
    assert torch.equal(shared, shared[:1].expand(5, 4))
    own = vmap(lambda x: x * 0 + torch.rand(4), randomness="different")(x)
    assert own.unique().numel() == 20
    torch.rand(1)


@pytest.mark.parametrize("size", [1, 2, 3, 5, 8])
def test_chunks(size: int) -> None:
    x = numbers(5, 4)
    found = vmap(lambda x: (x.sort().values, x.sum()), chunk_size=size, out_dims=(1, 0))(x)
    assert torch.equal(found[0], x.sort(1).values.t())
    assert torch.allclose(found[1], x.sum(1))


# ----------------------------------------------------------------------------- nested, any order


def test_batches_of_batches() -> None:
    x, y = numbers(2, 4), numbers(3, 4)
    products = vmap(vmap(torch.dot, in_dims=(None, 0)), in_dims=(0, None))(x, y)
    assert torch.allclose(products, x @ y.t())
    batch = numbers(2, 3, 4)
    assert torch.allclose(vmap(vmap(torch.sum))(batch), batch.sum(2))
    assert torch.allclose(vmap(vmap(torch.sum, in_dims=1), in_dims=1)(batch), batch.sum(0))


def energy(x: Any) -> Any:
    return (x.sin() * x.cumsum(0)).sum() + x.exp().prod()


def test_derivatives_of_each_sample() -> None:
    x = numbers(5, 4)
    v = numbers(5, 4) + 1
    assert torch.allclose(vmap(grad(energy))(x), one_by_one(grad(energy), x))

    def along(x: Any, v: Any) -> Any:
        return func.jvp(energy, (x,), (v,))[1]

    assert torch.allclose(vmap(along)(x, v), one_by_one(along, x, v))
    for jacobian in (func.jacrev, func.jacfwd):
        assert torch.allclose(vmap(jacobian(torch.sin))(x), torch.diag_embed(x.cos()))
    assert torch.allclose(vmap(func.hessian(energy))(x), one_by_one(func.hessian(energy), x))


def test_derivatives_of_a_mapped_function() -> None:
    x = numbers(5, 4)

    def mapped(x: Any) -> Any:
        return vmap(energy)(x).sum()

    assert torch.allclose(grad(mapped)(x), vmap(grad(energy))(x))
    v = numbers(5, 4) + 1
    output, derivative = func.jvp(vmap(energy), (x,), (v,))
    assert torch.allclose(output, vmap(energy)(x))
    assert torch.allclose(derivative, (vmap(grad(energy))(x) * v).sum(1))
    _, pull = func.vjp(vmap(energy), x)
    assert torch.allclose(pull(torch.ones(5).double())[0], vmap(grad(energy))(x))
    leaf = x.clone().requires_grad_()
    vmap(energy)(leaf).sum().backward()
    assert torch.allclose(leaf.grad, vmap(grad(energy))(x))


def test_three_levels() -> None:
    x = numbers(3, 2)

    def function(x: Any) -> Any:
        def squares(y: Any) -> Any:
            return vmap(lambda a: (a * x).sum() ** 2)(y).sum()

        return grad(squares)(x[None]).sum()

    nested = vmap(grad(function))(x)
    assert torch.allclose(nested, one_by_one(grad(function), x))


# ------------------------------------------------------------------------------------ as it is used


def test_gradients_for_each_sample() -> None:
    torch.manual_seed(0)
    net = torch.nn.Sequential(
        torch.nn.Linear(4, 3), torch.nn.Tanh(), torch.nn.Linear(3, 2)
    ).double()
    x, targets = numbers(5, 4), torch.tensor([0, 1, 1, 0, 1])
    parameters = {name: p.detach() for name, p in net.named_parameters()}

    def loss(parameters: Any, sample: Any, target: Any) -> Any:
        prediction = func.functional_call(net, parameters, (sample[None],))
        return torch.nn.functional.cross_entropy(prediction, target[None])

    found = vmap(grad(loss), in_dims=(None, 0, 0))(parameters, x, targets)
    for number in range(5):
        net.zero_grad()
        torch.nn.functional.cross_entropy(
            net(x[number : number + 1]), targets[number, None]
        ).backward()
        for name, parameter in net.named_parameters():
            assert torch.allclose(found[name][number], parameter.grad)


def test_ensembles() -> None:
    torch.manual_seed(0)
    nets = [torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.ReLU()).double() for _ in range(3)]
    parameters, buffers = func.stack_module_state(nets)
    x = numbers(5, 4)

    def call(parameters: Any, buffers: Any, x: Any) -> Any:
        return func.functional_call(nets[0], (parameters, buffers), (x,))

    found = vmap(call, in_dims=(0, 0, None))(parameters, buffers, x)
    assert torch.allclose(found, torch.stack([net(x) for net in nets]))
    found.sum().backward()
    nets[1](x).sum().backward()
    assert torch.allclose(parameters["0.weight"].grad[1], nets[1][0].weight.grad)


def test_each_sample_has_its_own_index() -> None:
    x = numbers(5, 4)
    index = torch.tensor([[3, 0], [1, 1], [2, 3], [0, 0], [3, 2]])
    source = numbers(5, 2)
    for function in (
        lambda x, i, s: x.gather(0, i) * s,
        lambda x, i, s: x.scatter(0, i, s[:1].expand(2)),
        lambda x, i, s: x.scatter_add(0, i, s),
        lambda x, i, s: x[i] + s,
        lambda x, i, s: x.index_select(0, i) + s,
        lambda x, i, s: torch.take_along_dim(x, i, 0) + s,
        lambda x, i, s: x.outer(x)[i, i] + s,
    ):
        assert torch.allclose(
            vmap(function)(x, index, source), one_by_one(function, x, index, source)
        )
        slope = vmap(grad(lambda *given, f=function: f(*given).square().sum()))
        expected = one_by_one(
            grad(lambda *given, f=function: f(*given).square().sum()), x, index, source
        )
        assert torch.allclose(slope(x, index, source), expected)


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("weighted", [False, True])
def test_losses_of_classes(reduction: str, weighted: bool) -> None:
    x, targets = (
        numbers(5, 3, 4),
        torch.tensor([[0, 1, 3], [2, 2, 2], [1, 0, -100], [3, 1, 0], [0, 0, 0]]),
    )
    weight = numbers(4).abs() if weighted else None

    def loss(x: Any, target: Any) -> Any:
        found = torch.nn.functional.cross_entropy(x, target, weight, reduction=reduction)
        return found.square().sum()

    assert torch.allclose(vmap(loss)(x, targets), one_by_one(loss, x, targets))
    assert torch.allclose(vmap(grad(loss))(x, targets), one_by_one(grad(loss), x, targets))
    alone = vmap(grad(lambda x: loss(x, targets[0])))(x)
    assert torch.allclose(alone, one_by_one(grad(lambda x: loss(x, targets[0])), x))


@plugrad_only
def test_most_operators_need_no_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    from plugrad.transforms.batches import BatchKernels

    def looped(self: Any, operator: Any, arrays: Any, params: Any) -> Any:
        raise AssertionError(f"{operator.name} runs sample by sample")

    monkeypatch.setattr(BatchKernels, "_one_by_one", looped)
    for name in ("dot", "outer", "broadcast", "reduce", "views", "sort", "norm", "picture"):
        vmap(PROGRAMS[name])(numbers(5, 4), numbers(5, 4))
    net = torch.nn.Sequential(
        torch.nn.Linear(4, 8), torch.nn.GELU(), torch.nn.LayerNorm(8)
    ).double()
    vmap(grad(lambda x: net(x).square().mean()))(numbers(5, 4))
    classes = torch.tensor([0, 1, 7, 3, 0])
    loss = torch.nn.functional.cross_entropy
    vmap(grad(lambda x, y: loss(net(x[None]), y[None])))(numbers(5, 4), classes)
    vmap(grad(lambda x, y: loss(net(x), y)))(numbers(5, 4), classes)
    vmap(grad(lambda x: x[torch.tensor([0, 2])].sum()))(numbers(5, 4))
