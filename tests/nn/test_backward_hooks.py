"""Backward hooks of modules: what they see, what they replace, and what they refuse."""

from typing import Any

import pytest

import plugrad
from plugrad import nn


class Scaled(nn.Module):
    """Two results of a tensor, a number and perhaps another tensor."""

    def forward(self, x: Any, factor: float, other: Any = None) -> Any:
        return x * factor + (0 if other is None else other), x.sum()


def lists(gradients: Any) -> Any:
    return tuple(None if g is None else g.tolist() for g in gradients)


def test_hooks_see_the_gradients_at_both_ends():
    seen = []
    model = Scaled()
    model.register_full_backward_hook(
        lambda m, inner, outer: seen.append((lists(inner), lists(outer)))
    )
    x = plugrad.ones(2, requires_grad=True)
    first, second = model(x, 3.0)
    assert first.grad_fn.name() == "BackwardHookFunctionBackward"
    (first.sum() + 2 * second).backward()
    assert seen == [(([5.0, 5.0], None), ([1.0, 1.0], 2.0))]
    assert x.grad.tolist() == [5.0, 5.0]


def test_hooks_replace_gradients():
    model = Scaled()
    model.register_full_backward_pre_hook(
        lambda m, outer: tuple(None if g is None else 10 * g for g in outer)
    )
    model.register_full_backward_hook(lambda m, inner, outer: (inner[0] + 1, None))
    x = plugrad.ones(2, requires_grad=True)
    model(x, 3.0)[0].sum().backward()
    assert x.grad.tolist() == [31.0, 31.0]


def test_the_one_registered_with_prepend_runs_first():
    seen = []
    model = nn.Tanh()
    model.register_full_backward_hook(lambda *a: seen.append("second"))
    model.register_full_backward_hook(lambda *a: seen.append("first"), prepend=True)
    model(plugrad.ones(2, requires_grad=True)).sum().backward()
    assert seen == ["first", "second"]


def test_a_removed_hook_leaves_no_node():
    model = nn.Tanh()
    model.register_full_backward_hook(lambda *a: None).remove()
    assert model(plugrad.ones(2, requires_grad=True)).grad_fn.name() == "TanhBackward0"


def test_hooks_run_although_no_input_wants_a_gradient():
    seen = []
    model = nn.Linear(2, 1)
    model.register_full_backward_hook(lambda m, inner, outer: seen.append((inner, lists(outer))))
    model(plugrad.ones(1, 2)).sum().backward()
    assert seen == [((None,), ([[1.0]],))]
    model.register_full_backward_hook(lambda m, inner, outer: (plugrad.ones(1, 2),))
    with pytest.raises(RuntimeError, match="none of whose inputs"):
        model(plugrad.ones(1, 2)).sum().backward()


def test_a_wrong_number_of_gradients_is_refused():
    model = nn.Tanh()
    model.register_full_backward_hook(lambda m, inner, outer: (inner[0], None))
    x = plugrad.ones(2, requires_grad=True)
    with pytest.raises(RuntimeError, match=r"2 gradient.*grad_input of 1"):
        model(x).sum().backward()
    assert x.grad is None


def test_what_hooks_watch_cannot_be_changed_in_place():
    model = nn.Tanh()
    model.register_full_backward_hook(lambda *a: None)
    with pytest.raises(RuntimeError, match="in place"):
        model(plugrad.ones(2, requires_grad=True)).add_(1)


def test_hooks_under_double_backward_and_without_grad():
    seen = []
    model = nn.Tanh()
    model.register_full_backward_hook(lambda m, inner, outer: seen.append(inner[0].requires_grad))
    x = plugrad.ones(2, requires_grad=True)
    (slope,) = plugrad.autograd.grad(model(x).sum(), x, create_graph=True)
    slope.sum().backward()
    # The second goes through the module, but not by its result.
    assert seen == [True]
    with plugrad.no_grad():
        assert model(x).grad_fn is None


def test_a_hook_that_is_refused_decides_nothing() -> None:
    model = nn.Tanh()
    with pytest.raises(TypeError, match="callable"):
        model.register_full_backward_hook(3)  # type: ignore[arg-type]
    model.register_backward_hook(lambda m, inner, outer: None)  # of the other kind


@pytest.mark.parametrize("result", ["text", None, 3, {"text": "a"}, [], (["text"],)])
def test_old_hooks_pass_over_results_without_a_tensor(result: Any) -> None:
    class Constant(nn.Module):
        def forward(self) -> Any:
            return result

    model = Constant()
    model.register_backward_hook(lambda m, inner, outer: None)
    assert model() == result


def test_old_hooks_find_a_tensor_among_the_values_of_a_mapping() -> None:
    class Named(nn.Module):
        def forward(self, x: Any) -> Any:
            return {"text": "a", "value": x * 2}

    seen: list[Any] = []
    model = Named()
    model.register_backward_hook(lambda m, inner, outer: seen.append(lists(outer)))
    model(plugrad.ones(1, requires_grad=True))["value"].sum().backward()
    assert seen == [([1.0],)]
