"""`backward` and `grad`: what is run, what is returned, and what lands in ``.grad``.

The tests of this directory say what PyTorch does too, and ``tests/compat/test_engine.py`` runs
them under PyTorch itself; those marked `plugrad_only` go further, or
in other words.
"""

from __future__ import annotations

from typing import Any

import pytest

import plugrad as torch


def leaf(*values: float, dtype: Any = torch.float32) -> Any:
    return torch.tensor(list(values), dtype=dtype, requires_grad=True)


# ------------------------------------------------------------------------------------ what is run


def test_every_leaf_gets_its_gradient() -> None:
    x, y = leaf(2.0, 3.0), leaf(5.0, 7.0)
    (x * x * y).sum().backward()
    assert x.grad.tolist() == [20.0, 42.0]
    assert y.grad.tolist() == [4.0, 9.0]


def test_a_tensor_that_is_used_twice_gets_the_sum() -> None:
    x = leaf(2.0, 3.0)
    (x * x + x).sum().backward()
    assert x.grad.tolist() == [5.0, 7.0]


def test_a_diamond_runs_each_node_once() -> None:
    x = leaf(1.0)
    y = x * 2
    runs = []
    y.grad_fn.register_hook(lambda *_: runs.append("y"))
    (y.sin() + y.cos() + y).sum().backward()
    assert runs == ["y"]


def test_tensors_without_requires_grad_get_no_gradient() -> None:
    x, constant = leaf(1.0, 2.0), torch.tensor([3.0, 4.0])
    y = x * constant
    y.sum().backward()
    assert constant.grad is None
    assert y.grad_fn.next_functions[1] == (None, 0)


def test_what_is_computed_from_constants_is_not_recorded() -> None:
    result = torch.tensor([1.0]) * 2
    assert (result.requires_grad, result.grad_fn, result.is_leaf) == (False, None, True)


def test_a_leaf_may_be_the_output() -> None:
    x = torch.tensor(3.0, requires_grad=True)
    x.backward()
    assert x.grad.item() == 1.0


def test_several_outputs_at_once() -> None:
    x = leaf(2.0, 3.0)
    torch.autograd.backward(
        [x.sum(), (x * x).sum(), x * 1],
        [torch.tensor(10.0), None, torch.tensor([100.0, 200.0])],
    )
    assert x.grad.tolist() == [114.0, 216.0]


def test_the_same_output_twice_counts_twice() -> None:
    x = leaf(2.0)
    y = (x * x).sum()
    assert torch.autograd.grad([y, y], x)[0].tolist() == [8.0]


def test_an_output_may_depend_on_another() -> None:
    x = leaf(2.0)
    y = x * x
    z = y * 3
    torch.autograd.backward([y.sum(), z.sum()])
    assert x.grad.tolist() == [16.0]


def test_a_gradient_of_one_dtype_flows_into_inputs_of_others() -> None:
    x, y = leaf(2.0), leaf(3.0, dtype=torch.float64)
    (x * y).sum().backward()
    assert (x.grad.dtype, y.grad.dtype) == (torch.float32, torch.float64)


def test_a_gradient_of_another_real_dtype_is_accepted_and_converted() -> None:
    x = leaf(2.0, 3.0)
    (x * x).backward(torch.ones(2, dtype=torch.float64))
    assert x.grad.dtype is torch.float32
    assert x.grad.tolist() == [4.0, 6.0]


def test_no_outputs_are_nothing_to_do() -> None:
    torch.autograd.backward([])


# ---------------------------------------------------------------------------------- accumulation


def test_gradients_accumulate_in_place_into_the_same_tensor() -> None:
    x = leaf(2.0, 3.0)
    (x * x).sum().backward()
    grad, version = x.grad, x.grad._version
    (x * x).sum().backward()
    assert x.grad is grad
    assert grad.tolist() == [8.0, 12.0]
    assert grad._version == version + 1


@pytest.mark.filterwarnings("ignore:Using backward:UserWarning")
def test_under_create_graph_accumulation_makes_a_new_tensor() -> None:
    x = leaf(2.0)
    (x * x).sum().backward()
    first = x.grad
    (x**3).sum().backward(create_graph=True)
    assert x.grad is not first
    assert (x.grad.tolist(), first.tolist()) == ([16.0], [4.0])
    assert x.grad.requires_grad
    assert torch.autograd.grad(x.grad.sum(), x)[0].tolist() == [12.0]


def test_a_grad_that_was_replaced_is_added_to() -> None:
    x = leaf(2.0)
    x.grad = torch.tensor([100.0])
    given = x.grad
    (x * x).sum().backward()
    assert given.tolist() == [104.0]
    x.grad = None
    (x * x).sum().backward()
    assert x.grad.tolist() == [4.0]


@pytest.mark.parametrize(
    ("value", "error"),
    [
        (lambda: torch.ones(3), RuntimeError),
        (lambda: torch.ones(2, dtype=torch.float64), RuntimeError),
        (lambda: 3, TypeError),
    ],
    ids=["shape", "dtype", "no tensor"],
)
def test_a_grad_of_another_kind_is_refused(value: Any, error: type[Exception]) -> None:
    x = leaf(1.0, 2.0)
    with pytest.raises(error):
        x.grad = value()
    assert x.grad is None


def test_a_tensor_is_not_its_own_grad() -> None:
    x = leaf(1.0)
    with pytest.raises(RuntimeError):
        x.grad = x


def test_grad_is_dense_and_aliases_nothing() -> None:
    x, y = leaf(1.0, 2.0), leaf(3.0, 4.0)
    start = torch.ones(2)
    (x + y).backward(start)
    pointers = {t.data_ptr() for t in (x, y, start, x.grad, y.grad)}
    assert len(pointers) == 5
    x.grad.mul_(10)
    assert (y.grad.tolist(), start.tolist()) == ([1.0, 1.0], [1.0, 1.0])


def test_the_gradient_of_an_expansion_is_dense() -> None:
    x = torch.ones(3, 4, requires_grad=True)
    x.sum().backward()
    assert x.grad.stride() == (4, 1)
    x.grad[0, 0] = 7.0
    assert x.grad.sum().item() == 18.0


def test_the_callers_gradient_is_not_touched() -> None:
    x = leaf(1.0, 2.0)
    start = torch.tensor([1.0, 1.0])
    y = x * 1
    torch.autograd.backward([y, y, x], [start, start, start])
    assert start.tolist() == [1.0, 1.0]
    assert x.grad.tolist() == [3.0, 3.0]


# ----------------------------------------------------------------------------------------- inputs


def test_inputs_restrict_what_is_accumulated() -> None:
    x, y = leaf(2.0), leaf(3.0)
    torch.autograd.backward((x * y).sum(), inputs=[x])
    assert x.grad.tolist() == [3.0]
    assert y.grad is None


def test_inputs_restrict_what_is_run() -> None:
    x, y = leaf(2.0), leaf(3.0)
    left, right = x.sin(), y.cos()
    ran = []
    left.grad_fn.register_hook(lambda *_: ran.append("left"))
    right.grad_fn.register_hook(lambda *_: ran.append("right"))
    (left * right).sum().backward(inputs=x)
    assert ran == ["left"]


def test_an_input_may_be_in_the_middle_of_the_graph() -> None:
    x = leaf(2.0)
    y = x * 3
    (y * y).sum().backward(inputs=[y])
    assert x.grad is None
    assert y.grad.tolist() == [12.0]


def test_inputs_in_the_middle_and_at_the_end() -> None:
    x = leaf(2.0)
    y = x * 3
    inner, outer = torch.autograd.grad((y * y).sum(), [y, x])
    assert (inner.tolist(), outer.tolist()) == ([12.0], [36.0])


def test_an_output_may_be_an_input() -> None:
    x = leaf(2.0)
    y = (x * x).sum()
    assert torch.autograd.grad(y, y)[0].item() == 1.0


def test_grad_returns_a_tuple_and_touches_no_leaf() -> None:
    x, y = leaf(2.0), leaf(3.0)
    found = torch.autograd.grad((x * y).sum(), (x, y))
    assert isinstance(found, tuple)
    assert [g.tolist() for g in found] == [[3.0], [2.0]]
    assert x.grad is None
    assert y.grad is None


def test_an_input_may_be_asked_for_twice() -> None:
    x = leaf(2.0)
    first, second = torch.autograd.grad((x * x).sum(), [x, x])
    assert first.tolist() == second.tolist() == [4.0]


def test_unused_inputs() -> None:
    x, y = leaf(2.0), leaf(3.0)

    def output() -> Any:
        return (x * x).sum()

    with pytest.raises(RuntimeError, match="allow_unused"):
        torch.autograd.grad(output(), [x, y])
    used, unused = torch.autograd.grad(output(), [x, y], allow_unused=True)
    assert (used.tolist(), unused) == ([4.0], None)
    used, zeros = torch.autograd.grad(output(), [x, y], materialize_grads=True)
    assert (used.tolist(), zeros.tolist()) == ([4.0], [0.0])
    with pytest.raises(ValueError, match="allow_unused"):
        torch.autograd.grad(output(), [x, y], materialize_grads=True, allow_unused=False)


def test_backward_leaves_unused_inputs_alone() -> None:
    x, y = leaf(2.0), leaf(3.0)
    (x * x).sum().backward(inputs=[x, y])
    assert y.grad is None


def test_batched_gradients_are_stacked() -> None:
    x = leaf(2.0, 3.0)
    (jacobian,) = torch.autograd.grad(x * x, x, torch.eye(2), is_grads_batched=True)
    assert jacobian.tolist() == [[4.0, 0.0], [0.0, 6.0]]
