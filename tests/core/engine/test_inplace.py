"""Changes in place: what they do to history and to views, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import plugrad as torch

Program = Callable[[Any], Any]


def leaf(*values: float) -> Any:
    return torch.tensor(list(values), requires_grad=True)


def matrix(rows: int = 3, columns: int = 4, dtype: Any = torch.float64) -> Any:
    values = torch.arange(float(rows * columns)).to(dtype).reshape(rows, columns)
    return (values / 7 + 0.3).sin().detach().requires_grad_()


# ------------------------------------------------------------- the same as without changes in place
#
# Each case is a program that changes in place, and one that computes the same without.


def row_scaled(x: Any) -> Any:
    y = x * 1
    y[0].mul_(2)
    return y


def row_scaled_by_stack(x: Any) -> Any:
    return torch.stack([x[0] * 2, x[1], x[2]])


def base_changed_under_a_view(x: Any) -> Any:
    y = x * 1
    view = y[0]
    y.mul_(3)
    return view * view


def base_changed_functionally(x: Any) -> Any:
    row = (x * 3)[0]
    return row * row


def view_of_a_view(x: Any) -> Any:
    y = x.sin()
    y.t()[1:, 0].exp_()
    return y * y


def view_of_a_view_functionally(x: Any) -> Any:
    y = x.sin()
    first = torch.cat([y[0, :1], y[0, 1:].exp()])
    z = torch.stack([first, y[1], y[2]])
    return z * z


def siblings_see_the_change(x: Any) -> Any:
    y = x * 2
    left, right = y[:, :2], y[:, 1:]
    left.mul_(x[:, 2:])
    return right * right


def siblings_functionally(x: Any) -> Any:
    y = x * 2
    changed = torch.cat([y[:, :2] * x[:, 2:], y[:, 2:]], 1)
    return changed[:, 1:] * changed[:, 1:]


def copied_into_a_constant(x: Any) -> Any:
    y = torch.zeros(3, 4, dtype=x.dtype)
    y[1].copy_(x[0] * x[2])
    y[2, 1:3] = x[1, :2]
    return y.cos()


def copied_functionally(x: Any) -> Any:
    zero = torch.zeros(4, dtype=x.dtype)
    last = torch.cat([zero[:1], x[1, :2], zero[:1]])
    return torch.stack([zero, x[0] * x[2], last]).cos()


def overwritten(x: Any) -> Any:
    y = x * x
    y[0] = 5.0
    y[:, 1].zero_()
    y[2].fill_(3)
    return y.exp()


def overwritten_functionally(x: Any) -> Any:
    keep = torch.tensor([[0, 0, 0, 0], [1, 0, 1, 1], [0, 0, 0, 0]], dtype=x.dtype)
    put = torch.tensor([[5, 0, 5, 5], [0, 0, 0, 0], [3, 3, 3, 3]], dtype=x.dtype)
    return (x * x * keep + put).exp()


def repeatedly(x: Any) -> Any:
    y = x * 1
    for i in range(3):
        y[i].mul_(y[(i + 1) % 3].clone())
        y.add_(x)
    return y


def repeatedly_functionally(x: Any) -> Any:
    rows = [x[0], x[1], x[2]]
    for i in range(3):
        rows[i] = rows[i] * rows[(i + 1) % 3]
        rows = [row + x[j] for j, row in enumerate(rows)]
    return torch.stack(rows)


def by_a_mask(x: Any) -> Any:
    y = x * x
    y[x.detach() > 0.5] = -1.0
    y.masked_fill_(x.detach() < 0, 2.0)
    return y.sin()


def by_a_mask_functionally(x: Any) -> Any:
    y = torch.where(x > 0.5, torch.full_like(x, -1.0), x * x)
    return torch.where(x < 0, torch.full_like(x, 2.0), y).sin()


def by_integers(x: Any) -> Any:
    y = x * x
    y[torch.tensor([2, 0]), torch.tensor([1, 3])] = x[1, :2]
    return y * x


def by_integers_functionally(x: Any) -> Any:
    y = x * x
    first = torch.cat([y[0, :3], x[1, 1:2]])
    last = torch.cat([y[2, :1], x[1, :1], y[2, 2:]])
    return torch.stack([first, y[1], last]) * x


def the_same_tensor_on_both_sides(x: Any) -> Any:
    y = x * 1
    y.add_(y)
    y.sub_(y.clone() * x)
    return y


def both_sides_functionally(x: Any) -> Any:
    y = x + x
    return y - y * x


def output_that_was_saved(x: Any) -> Any:
    y = x * 1
    y.exp_()
    z = y.sin()
    z += 1
    return z[1:].sigmoid_() * y[1:]


def saved_output_functionally(x: Any) -> Any:
    y = x.exp()
    return ((y.sin() + 1).sigmoid() * y)[1:]


def through_reshape(x: Any) -> Any:
    y = x.sin()
    y.view(-1)[2:7].mul_(3)
    y.reshape(4, 3)[1].neg_()
    y.unsqueeze(0).squeeze(0).add_(x)
    return y


def through_reshape_functionally(x: Any) -> Any:
    flat = x.sin().reshape(-1)
    flat = torch.cat([flat[:2], flat[2:7] * 3, flat[7:]])
    flat = torch.cat([flat[:3], -flat[3:6], flat[6:]])
    return flat.reshape(3, 4) + x


def view_changed_then_base_then_view(x: Any) -> Any:
    y = x * 1
    view = y[1]
    view.mul_(2)
    y.mul_(x)
    view.add_(x[1] * x[2])
    return y * y


def view_base_view_functionally(x: Any) -> Any:
    y = torch.stack([x[0], x[1] * 2, x[2]]) * x
    y = torch.stack([y[0], y[1] + x[1] * x[2], y[2]])
    return y * y


CASES = {
    "a row": (row_scaled, row_scaled_by_stack),
    "the base of a view": (base_changed_under_a_view, base_changed_functionally),
    "a view of a view": (view_of_a_view, view_of_a_view_functionally),
    "overlapping siblings": (siblings_see_the_change, siblings_functionally),
    "copies into a constant": (copied_into_a_constant, copied_functionally),
    "constants over history": (overwritten, overwritten_functionally),
    "again and again": (repeatedly, repeatedly_functionally),
    "masks": (by_a_mask, by_a_mask_functionally),
    "integer indices": (by_integers, by_integers_functionally),
    "both sides": (the_same_tensor_on_both_sides, both_sides_functionally),
    "saved outputs": (output_that_was_saved, saved_output_functionally),
    "reshaped views": (through_reshape, through_reshape_functionally),
    "view, base, view": (view_changed_then_base_then_view, view_base_view_functionally),
}


@pytest.mark.parametrize(("changing", "functional"), CASES.values(), ids=CASES)
def test_a_change_in_place_differentiates_as_without(
    changing: Program, functional: Program
) -> None:
    found = []
    for program in (changing, functional):
        x = matrix()
        y = program(x)
        weights = (torch.arange(float(y.numel())).to(y.dtype) + 1).reshape(y.shape).sqrt()
        (slope,) = torch.autograd.grad((y * weights).sum(), x, create_graph=True)
        found.append([y, slope])
        if slope.requires_grad:
            (curvature,) = torch.autograd.grad((slope * slope).sum(), x)
            found[-1].append(curvature)
    for ours, expected in zip(*found, strict=True):
        assert ours.detach().reshape(-1).tolist() == pytest.approx(
            expected.detach().reshape(-1).tolist(), rel=1e-12, abs=1e-12
        )


# --------------------------------------------------------------------------------- names and graph


def names(tensor: Any) -> list[Any]:
    node = tensor.grad_fn
    below = (f[0] for f in node.next_functions)
    return [type(node).__name__, *(type(n).__name__ for n in below if n is not None)]


def test_a_change_through_a_view_is_copy_slices_of_the_base() -> None:
    y = matrix() * 1
    view = y[0]
    view.mul_(2)
    assert names(y) == ["CopySlices", "MulBackward0"]
    assert names(view) == ["AsStridedBackward0", "CopySlices"]


def test_a_change_of_the_base_renews_its_views() -> None:
    y = matrix() * 1
    view = y[0]
    assert type(view.grad_fn).__name__ == "SelectBackward0"
    y.mul_(2)
    assert names(view) == ["AsStridedBackward0", "MulBackward0"]
    assert view.grad_fn.next_functions[0][0] is y.grad_fn


def test_a_constant_that_receives_history_requires_grad() -> None:
    x, y = leaf(1.0, 2.0), torch.zeros(2)
    view = y[:1]
    y.add_(x)
    assert (y.requires_grad, y.is_leaf, view.requires_grad) == (True, False, True)
    (view * 5).sum().backward()
    assert x.grad.tolist() == [5.0, 0.0]


def test_the_same_object_is_returned() -> None:
    y = leaf(1.0) * 1
    assert y.mul_(2) is y
    same = y
    same += 1
    assert same is y
    assert y.tolist() == [3.0]


# ------------------------------------------------------------------------------- what is refused


def refused() -> dict[str, tuple[Any, Callable[[Any], Any]]]:
    ones = torch.ones(3)
    return {
        "a leaf": (leaf(1.0, 2.0), lambda x: x.add_(1)),
        "a leaf, by an operator": (leaf(1.0, 2.0), lambda x: x.__iadd__(1)),
        "a leaf, by an index": (leaf(1.0, 2.0), lambda x: x.__setitem__(0, 1.0)),
        "a leaf, through a view": (leaf(1.0, 2.0), lambda x: x[0].mul_(2)),
        "a leaf, zeroed": (leaf(1.0, 2.0), lambda x: x.zero_()),
        "shape": (ones, lambda x: x.add_(torch.ones(2))),
        "broadcast shape": (ones, lambda x: x.add_(torch.ones(2, 3))),
        "dtype": (torch.ones(3, dtype=torch.int64), lambda x: x.add_(1.5)),
        "history into integers": (
            torch.zeros(2, dtype=torch.int64), lambda x: x.add_(leaf(1.0, 2.0))
        ),
        "expanded memory": (torch.ones(1).expand(3), lambda x: x.add_(1)),
        "overlapping memory": (torch.ones(4), lambda x: x[1:].add_(x[:-1])),
        "one of several views": (leaf(1.0, 2.0) * 1, lambda y: y.unbind(0)[0].mul_(2)),
        "one of several parts": (leaf(1.0, 2.0) * 1, lambda y: y.split(1)[0].mul_(2)),
        "detaching a view": (leaf(1.0, 2.0) * 1, lambda y: y[:1].detach_()),
    }  # fmt: skip


@pytest.mark.parametrize("label", refused())
def test_a_refused_change_changes_nothing(label: str) -> None:
    tensor, change = refused()[label]
    values, version, node = tensor.tolist(), tensor._version, tensor.grad_fn
    with pytest.raises(RuntimeError):
        change(tensor)
    assert tensor.tolist() == values
    assert tensor._version == version
    assert tensor.grad_fn is node


def test_a_view_made_under_no_grad_cannot_change_where_recording_is_on() -> None:
    y = leaf(1.0, 2.0) * 1
    with torch.no_grad():
        view = y[:1]
        view.mul_(2)  # there it may
    with pytest.raises(RuntimeError, match="no_grad"):
        view.mul_(2)
    assert y.tolist() == [2.0, 2.0]


# ---------------------------------------------------------------------------- detach, data, clone


def test_detach_shares_memory_and_has_no_history() -> None:
    x = leaf(1.0, 2.0)
    y = x * 1
    detached = y.detach()
    assert (detached.requires_grad, detached.grad_fn, detached.is_leaf) == (False, None, True)
    assert detached.data_ptr() == y.data_ptr()
    detached.add_(1)
    assert y.tolist() == [2.0, 3.0]


def test_detach_in_place_cuts_off() -> None:
    x = leaf(1.0, 2.0)
    y = x * 1
    view = y[:1]
    assert y.detach_() is y
    assert (y.requires_grad, y.is_leaf) == (False, True)
    (view * 3).sum().backward()
    assert x.grad.tolist() == [3.0, 0.0]


def test_clone_is_recorded_and_shares_nothing() -> None:
    x = leaf(1.0, 2.0)
    y = x.clone()
    assert y.grad_fn.name() == "CloneBackward0"
    with torch.no_grad():
        y.mul_(10)
    assert x.tolist() == [1.0, 2.0]
    y.sum().backward()
    assert x.grad.tolist() == [1.0, 1.0]


def test_data_can_be_replaced() -> None:
    x = leaf(1.0, 2.0)
    x.data = torch.zeros(3)
    assert (x.tolist(), x.requires_grad, x._version) == ([0.0] * 3, True, 0)
    with pytest.raises(RuntimeError):
        x.data = torch.ones(3, dtype=torch.int64)
    with pytest.raises(TypeError):
        x.data = 3
    assert x.tolist() == [0.0] * 3
