"""What nodes save: hooks that pack it, changing it, and looking at it.

Written for both libraries: `tests/compat` runs this file under PyTorch, too.
"""

from __future__ import annotations

import threading
from typing import Any

import pytest

import plugrad as torch

graph = torch.autograd.graph
saved_tensors_hooks = graph.saved_tensors_hooks
plugrad_only = pytest.mark.skipif(torch.__name__ != "plugrad", reason="plugrad's own promise")


def leaf(*values: float) -> Any:
    return torch.tensor(list(values), requires_grad=True)


def doubled(tensor: Any) -> Any:
    return tensor * 2


def itself(tensor: Any) -> Any:
    return tensor


PROGRAMS = {
    "exp": lambda x, y: (x * y).exp(),
    "products": lambda x, y: torch.outer(x, y) @ y,
    "several outputs": lambda x, y: torch.cat(torch.split(x * y, 1)) * y,
    "list": lambda x, y: torch.cat([x * x, y]) ** 2,
    "index": lambda x, y: x[torch.tensor([0, 0, 1])] * y[0],
    "where": lambda x, y: torch.where(x > y, x * x, y.sin()),
    "in place": lambda x, y: (x * 1).mul_(y).exp_(),
    "through a view": lambda x, y: torch.stack([(z := x * 1), z[:1].mul_(y[1]).expand(2)]) + z,
    "softmax": lambda x, y: torch.softmax(x * y, 0).log(),
    "norm": lambda x, y: x.norm() * y.std(),
    "convolution": lambda x, y: torch.nn.functional.conv1d(x.view(1, 1, 2), y.view(1, 1, 2) ** 2),
    "sorted": lambda x, y: (x * y).sort().values ** 3,
    "numbers": lambda x, y: 2.0 / (x**3 + 5) ** y,
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_packing_changes_no_gradient(name: str) -> None:
    program = PROGRAMS[name]

    def gradients(x: Any, y: Any) -> Any:
        first = torch.autograd.grad(program(x, y).sum(), (x, y), create_graph=True)
        total = sum((g * g).sum() for g in first)
        return first, torch.autograd.grad(total, (x, y), allow_unused=True)

    plain = gradients(leaf(0.5, 1.5), leaf(2.0, -0.5))
    kept: list[Any] = []

    def pack(tensor: Any) -> int:
        kept.append(tensor.detach().clone())
        return len(kept) - 1

    with saved_tensors_hooks(pack, lambda number: kept[number]):
        packed = gradients(leaf(0.5, 1.5), leaf(2.0, -0.5))
    assert kept
    for one, other in zip(plain, packed, strict=True):
        for a, b in zip(one, other, strict=True):
            assert (a is None) == (b is None)
            assert a is None or torch.equal(a, b)


def test_what_is_unpacked_is_what_counts() -> None:
    x = leaf(1.0, 2.0)
    with saved_tensors_hooks(itself, doubled):
        y = x.square()
    y.sum().backward()
    assert x.grad.tolist() == [4.0, 8.0]


def test_a_pack_hook_is_given_the_tensor_and_is_not_recorded() -> None:
    seen: list[Any] = []

    def pack(tensor: Any) -> Any:
        seen.append((tensor.requires_grad, torch.is_grad_enabled(), (tensor * 2).grad_fn))
        return tensor

    x = leaf(1.0)
    with saved_tensors_hooks(pack, itself):
        x.exp()
    assert seen == [(True, False, None)]


def test_the_innermost_hooks_count() -> None:
    x = leaf(1.0)
    with saved_tensors_hooks(itself, lambda t: t * 10):
        with saved_tensors_hooks(itself, lambda t: t * 100):
            y = x.square()
        z = x.square()
    w = x.square()
    grads = [torch.autograd.grad(each, x)[0].item() for each in (y, z, w)]
    assert grads == [200.0, 20.0, 2.0]


def test_hooks_run_once_for_each_backward() -> None:
    calls: list[str] = []
    x = leaf(1.0)
    with saved_tensors_hooks(
        lambda t: (calls.append("pack"), t)[1], lambda t: (calls.append("unpack"), t)[1]
    ):
        y = x.exp()
    y.backward(retain_graph=True)
    y.backward()
    assert calls == ["pack", "unpack", "unpack"]
    with pytest.raises(RuntimeError, match="freed"):
        y.backward()


def test_custom_functions_are_packed_too() -> None:
    class Square(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            y = x * x
            ctx.save_for_backward(x, y, None)
            return y

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            x, y, nothing = ctx.saved_tensors
            assert nothing is None
            assert torch.equal(y, x * x / 2)
            return 2 * x * g

    x = leaf(3.0)
    with saved_tensors_hooks(itself, doubled):
        y = Square.apply(x)
    y.sum().backward()
    assert x.grad.tolist() == [12.0]


def test_changes_are_not_noticed_through_hooks() -> None:
    x = leaf(1.0)
    with saved_tensors_hooks(lambda t: t.clone(), itself):
        y = x * 1
        z = y.square()
    with torch.no_grad():
        y.mul_(5)
    z.backward()
    assert x.grad.tolist() == [2.0]


def test_what_hooks_must_not_do() -> None:
    x = leaf(1.0)
    with pytest.raises(TypeError):
        saved_tensors_hooks(1, 2).__enter__()
    with saved_tensors_hooks(itself, lambda t: 3):
        y = x.exp()
    with pytest.raises(TypeError):
        y.backward()
    with saved_tensors_hooks(lambda t: t.mul_(2), itself), pytest.raises(RuntimeError):
        x.exp()
    with pytest.raises(ZeroDivisionError), saved_tensors_hooks(lambda t: 1 / 0, itself):
        x.exp()
    assert torch.is_grad_enabled()
    x.exp().backward()
    assert x.grad is not None


def test_hooks_can_be_forbidden() -> None:
    with graph.disable_saved_tensors_hooks("never"):
        with pytest.raises(RuntimeError, match="never"):
            saved_tensors_hooks(itself, itself).__enter__()
        leaf(1.0).exp().backward()
    with saved_tensors_hooks(itself, itself), pytest.raises(RuntimeError, match="never"):
        graph.disable_saved_tensors_hooks("never").__enter__()
    with saved_tensors_hooks(itself, itself):
        pass


def test_hooks_hold_for_their_thread() -> None:
    packed: list[Any] = []
    x = leaf(1.0)
    with saved_tensors_hooks(lambda t: (packed.append(t), t)[1], itself):
        thread = threading.Thread(target=lambda: x.exp())
        thread.start()
        thread.join()
    assert not packed


def test_saving_on_the_cpu() -> None:
    x = leaf(1.0, 2.0)
    with graph.save_on_cpu():
        y = (x * x).exp()
    y.sum().backward()
    assert torch.allclose(x.grad, 2 * x * (x * x).exp())


# ------------------------------------------------------------------- changing what was saved


def test_saved_tensors_may_be_changed_where_that_is_allowed() -> None:
    x = leaf(1.0, 2.0)
    with graph.allow_mutation_on_saved_tensors():
        y = x * 1
        z = y.square()
        w = y.exp()
        y.mul_(3)
        y[0] = 7.0
        with torch.no_grad():
            w.zero_()
        (g,) = torch.autograd.grad(z.sum(), x, retain_graph=True)
        assert g.tolist() == [2.0, 4.0]
        (g,) = torch.autograd.grad(w.sum(), x)
        assert torch.allclose(g, x.exp())
    with pytest.raises(AssertionError):
        z.sum().backward()


def test_versions_can_be_raised() -> None:
    x = leaf(1.0)
    y = x * 1
    z = y.exp()
    graph.increment_version(z)
    graph.increment_version([y, y])
    assert (z._version, y._version) == (1, 2)
    with pytest.raises(RuntimeError):
        z.backward()
    with pytest.raises(RuntimeError):
        graph.increment_version(3)


# ----------------------------------------------------------------------------- looking at it


def test_nodes_show_what_they_saved() -> None:
    x, y = leaf(1.0, 2.0), leaf(3.0, 4.0)
    product = (x * y).grad_fn
    assert product._saved_self is x
    assert product._saved_other is y
    exponential = x.exp()
    assert torch.equal(exponential.grad_fn._saved_result, exponential)
    assert exponential.grad_fn._saved_result.grad_fn is exponential.grad_fn
    assert (x**2).grad_fn._saved_exponent == 2
    assert x.sum(0, keepdim=True).grad_fn._saved_keepdim is True
    assert tuple(x.sum(0).grad_fn._saved_self_sym_sizes) == (2,)
    assert "_saved_other" in dir(product)
    with pytest.raises(AttributeError):
        product._saved_nothing  # noqa: B018
    exponential.sum().backward()
    with pytest.raises(RuntimeError, match="freed"):
        exponential.grad_fn._saved_result  # noqa: B018


SAVING = {
    "mul": lambda x, y: x * y,
    "div": lambda x, y: x / y,
    "sin": lambda x, y: x.sin(),
    "atan2": lambda x, y: x.atan2(y),
    "clamp": lambda x, y: x.clamp(0, 1),
    "softmax": lambda x, y: x.softmax(0),
    "max": lambda x, y: x.max(0).values,
    "prod": lambda x, y: x.prod(0),
    "cumsum": lambda x, y: x.cumsum(0),
    "gather": lambda x, y: x.gather(0, torch.tensor([0])),
    "addmm": lambda x, y: torch.addmm(x, x.view(1, 2), torch.ones(2, 2)),
    "where": lambda x, y: torch.where(x > 0, x, y),
    "lerp": lambda x, y: x.lerp(y, 0.5),
}
"""Some of those whose attributes have PyTorch's names; the first tensor, or parameter, of each."""

NAMES = {
    "mul": ["other", "self"],
    "div": ["other", "self"],
    "sin": ["self"],
    "atan2": ["other", "self"],
    "clamp": ["max", "min", "self"],
    "softmax": ["dim", "result"],
    "max": ["dim", "indices", "keepdim", "self_sym_sizes"],
    "prod": ["dim", "keepdim", "result", "self"],
    "cumsum": ["dim"],
    "gather": ["dim", "index"],
    "addmm": ["alpha", "beta", "mat1", "mat2"],
    "where": ["condition"],
    "lerp": ["weight"],
}


@pytest.mark.parametrize("name", SAVING)
def test_attributes_have_pytorchs_names(name: str) -> None:
    node = SAVING[name](leaf(1.0, 2.0), leaf(3.0, 4.0)).grad_fn
    for attribute in NAMES[name]:
        assert hasattr(node, f"_saved_{attribute}"), attribute


@plugrad_only
def test_attributes_of_packed_nodes_are_unpacked() -> None:
    x = leaf(1.0)
    with saved_tensors_hooks(itself, doubled):
        y = x.exp()
    assert y.grad_fn._saved_result.item() == pytest.approx(2 * y.item())
    assert y.grad_fn.name() == "ExpBackward0"
