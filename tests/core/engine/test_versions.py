"""Versions: what counts changes of memory, and the check of what was saved for a gradient."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import plugrad as torch

plugrad_only = pytest.mark.skipif(torch.__name__ != "plugrad", reason="plugrad's own promise")

Program = Callable[[Any], Any]


def leaf(*values: float) -> Any:
    return torch.tensor(list(values), requires_grad=True)


# ----------------------------------------------------------------------------------------- versions


def test_each_change_raises_the_version_once() -> None:
    x = torch.ones(3)
    assert x._version == 0
    x.add_(1)
    x[0] = 5
    x.zero_()
    x.copy_(torch.ones(3))
    x.fill_(2)
    x *= 2
    assert x._version == 6


def test_views_share_their_version_and_data_does_not() -> None:
    x = torch.ones(2, 2)
    views = [x[0], x.t(), x.view(4), x.detach(), x[0][1:]]
    for changes, tensor in enumerate([x, *views], 1):
        tensor.add_(1)
        assert {t._version for t in (x, *views)} == {changes}
    x.data.add_(1)
    assert x.data._version == 0
    assert x._version == 6
    assert x.clone()._version == 0


def test_out_raises_the_version() -> None:
    x = torch.ones(3)
    torch.add(x, 1, out=x)
    assert (x._version, x.tolist()) == (1, [2.0] * 3)


# ------------------------------------------------------------------------------- what was saved


def saved_and_changed(make: Program, change: Callable[[Any, Any], Any]) -> Callable[[], Any]:
    """Return a backward through ``z = make(y)``, of which `change` has changed y or z."""
    y = leaf(1.0, 2.0) * 1
    z = make(y)
    change(y, z)
    return lambda: z.sum().backward()


@pytest.mark.parametrize(
    ("make", "change"),
    [
        (lambda y: y * y, lambda y, z: y.add_(1)),
        (lambda y: y.sin(), lambda y, z: y.detach().add_(1)),
        (lambda y: y.sin(), lambda y, z: y.copy_(torch.ones(2))),
        (lambda y: y.exp(), lambda y, z: z.add_(1)),
        (lambda y: y.exp(), lambda y, z: z[0].zero_()),
        (lambda y: y.exp(), lambda y, z: z.detach().zero_()),
        (lambda y: y[0] * y[0], lambda y, z: y[1].add_(1)),
        (lambda y: y.softmax(0), lambda y, z: z.mul_(2)),
        (lambda y: torch.cat([y, y]).tanh(), lambda y, z: z.mul_(2)),
        (lambda y: y.prod(), lambda y, z: y.zero_()),
    ],
    ids=[
        "input", "alias", "copy", "output", "part of the output", "alias of the output", "sibling",
        "softmax", "tanh", "prod",
    ],
)  # fmt: skip
def test_a_saved_tensor_must_not_change(make: Program, change: Callable[..., Any]) -> None:
    with pytest.raises(RuntimeError, match="version 1"):
        saved_and_changed(make, change)()


@pytest.mark.parametrize(
    ("make", "change"),
    [
        (lambda y: y + 1, lambda y, z: y.add_(1)),
        (lambda y: y * 2, lambda y, z: y.add_(1)),
        (lambda y: y.exp(), lambda y, z: y.add_(1)),
        (lambda y: y.sin(), lambda y, z: z.add_(1)),
        (lambda y: y.sin(), lambda y, z: y.data.add_(1)),
        (lambda y: y.sum(), lambda y, z: y.zero_()),
    ],
    ids=["add", "a number", "output saved", "input saved", "data", "shape saved"],
)
def test_what_was_not_saved_may_change(make: Program, change: Callable[..., Any]) -> None:
    saved_and_changed(make, change)()


def test_a_leaf_that_was_saved_must_not_change_under_no_grad_either() -> None:
    x = leaf(1.0, 2.0)
    y = x.sin().sum()
    with torch.no_grad():
        x.add_(1)
    with pytest.raises(RuntimeError, match="version 1"):
        y.backward()
    assert x.grad is None


def test_create_graph_checks_too() -> None:
    x = leaf(1.0, 2.0)
    y = x * 1
    z = y.sin().sum()
    y.add_(1)
    with pytest.raises(RuntimeError, match="version 1"):
        torch.autograd.grad(z, x, create_graph=True)


@plugrad_only
def test_the_error_names_what_was_saved_and_what_changed_it() -> None:
    y = leaf(1.0, 2.0) * 1
    y.add_(1)
    z = y.sin()
    y.mul_(2)
    with pytest.raises(RuntimeError) as caught:
        z.sum().backward()
    message = str(caught.value)
    for part in ("sin saved", "'x'", "float32[2]", "version 1", "mul_", "version 2", "clone"):
        assert part in message
    z = (leaf(1.0, 2.0) * 1).exp()
    z[0].zero_()
    with pytest.raises(RuntimeError, match=r"exp saved its output \(float32\[2\]\)"):
        z.sum().backward()
