"""Views: memory that is shared, and history that follows what is changed through it."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import plugrad

Call = Callable[[Any], Any]
Array = np.ndarray[Any, Any]


def count(*shape: int, requires_grad: bool = False) -> Any:
    """Return a float64 tensor of 0, 1, 2 and so on, in memory of its own."""
    x = plugrad.arange(int(np.prod(shape)), dtype=plugrad.float64).reshape(shape).clone()
    return x.requires_grad_(requires_grad)


# ---------------------------------------------------------------------------------- shared memory

VIEWS: dict[str, Call] = {
    "view": lambda x: x.view(4, 3),
    "reshape": lambda x: x.reshape(-1),
    "flatten": lambda x: x.flatten(),
    "unflatten": lambda x: x.unflatten(1, (2, 2)),
    "squeeze": lambda x: x.squeeze(),
    "unsqueeze": lambda x: x.unsqueeze(1),
    "expand": lambda x: x.expand(2, 3, 4),
    "permute": lambda x: x.permute(1, 0),
    "transpose": lambda x: x.transpose(0, 1),
    "t": lambda x: x.t(),
    "movedim": lambda x: x.movedim(0, 1),
    "T": lambda x: x.T,
    "select": lambda x: x.select(1, 2),
    "narrow": lambda x: x.narrow(1, 1, 2),
    "diagonal": lambda x: x.diagonal(1),
    "unfold": lambda x: x.unfold(1, 2, 1),
    "as_strided": lambda x: x.as_strided((2, 2), (1, 5), 1),
    "split": lambda x: x.split(2)[1],
    "chunk": lambda x: x.chunk(2, 1)[0],
    "unbind": lambda x: x.unbind(1)[3],
    "tensor_split": lambda x: x.tensor_split(2, 1)[1],
    "int": lambda x: x[1],
    "slice": lambda x: x[1:, ::2],
    "none": lambda x: x[None],
    "ellipsis": lambda x: x[...],
    "number": lambda x: x[1, 2],
}


@pytest.mark.parametrize("requires_grad", [False, True])
@pytest.mark.parametrize("name", VIEWS)
def test_a_view_shares_memory_and_version(name: str, requires_grad: bool) -> None:
    x = count(3, 4, requires_grad=requires_grad) * 1
    seen = VIEWS[name](x)
    assert np.shares_memory(x.detach().numpy(), seen.detach().numpy())
    assert seen._is_view()
    assert seen._base is x
    with plugrad.no_grad():
        x.mul_(2)
    assert seen._version == x._version == 1
    assert seen.detach().numpy().tolist() == VIEWS[name](x.detach()).numpy().tolist()


COPIES: dict[str, Call] = {
    "reshape": lambda x: x.t().reshape(-1),
    "flip": lambda x: x.flip(0),
    "roll": lambda x: x.roll(1),
    "repeat": lambda x: x.repeat(1, 1),
    "cat": lambda x: plugrad.cat([x]),
    "index": lambda x: x[[0, 1, 2]],
    "contiguous": lambda x: x.t().contiguous(),
    "diag": lambda x: x.diag(),
}


@pytest.mark.parametrize("name", COPIES)
def test_what_is_no_view_shares_nothing(name: str) -> None:
    x = count(3, 4)
    made = COPIES[name](x)
    assert not np.shares_memory(x.numpy(), made.numpy())
    assert not made._is_view()


def test_the_base_of_a_views_view_is_the_base() -> None:
    x = count(3, 4)
    assert x[1:].t()[0]._base is x


def test_a_view_lives_no_longer_than_its_user() -> None:
    x = count(3, 4)
    gc.disable()
    try:
        seen = x[1:].t()
        reference = weakref.ref(seen)
        del seen
        assert reference() is None
    finally:
        gc.enable()


def test_forgotten_views_take_no_memory() -> None:
    x = count(3, 4)
    kept = [x[0] for _ in range(10)]
    for _ in range(1000):
        x[0]
    assert len(x._cell.views) < 200
    x.mul_(2)
    assert kept[0].tolist() == x[0].tolist()


def test_detach_shares_the_version_and_data_does_not() -> None:
    x = count(3)
    x.detach().add_(1)
    assert x._version == 1
    x.data.add_(1)
    assert x._version == 1
    assert x.tolist() == [2.0, 3.0, 4.0]


# --------------------------------------------------------------------------------------- geometry


@pytest.mark.parametrize(
    ("call", "strides", "offset"),
    [
        (lambda x: x.t(), (1, 4), 0),
        (lambda x: x[1:, ::2], (4, 2), 4),
        (lambda x: x.unsqueeze(0), (12, 4, 1), 0),
        (lambda x: x.t().unsqueeze(-1), (1, 4, 1), 0),
        (lambda x: x.expand(2, 3, 4), (0, 4, 1), 0),
        (lambda x: x[:, :1].expand(3, 5), (4, 0), 0),
        (lambda x: x.expand(1, 3, 4), (12, 4, 1), 0),
        (lambda x: x.unfold(1, 2, 1), (4, 1, 1), 0),
        (lambda x: x.unfold(0, 2, 1), (4, 1, 4), 0),
        (lambda x: x.diagonal(1), (5,), 1),
        (lambda x: x.diagonal(-1), (5,), 4),
        (lambda x: x.t().view(2, 2, 3), (2, 1, 4), 0),
        (lambda x: x.as_strided((2, 2), (0, 3), 2), (0, 3), 2),
        (lambda x: x.permute(1, 0)[2], (4,), 2),
        (lambda x: x.flip(0).t(), (1, 4), 0),
        (lambda x: x.rot90(), (1, 4), 0),
    ],
)
def test_strides_and_offset(call: Call, strides: tuple[int, ...], offset: int) -> None:
    seen = call(count(3, 4))
    assert seen.stride() == strides
    assert seen.storage_offset() == offset


def test_contiguous_is_itself_where_it_is_so() -> None:
    x = count(3, 4)
    assert x.contiguous() is x
    assert x[1:].contiguous()._base is x
    assert x.t().contiguous().stride() == (3, 1)


def test_reshape_copies_only_where_it_must() -> None:
    x = count(4, 6)
    assert x.t().reshape(3, 2, 4)._base is x
    assert x.t().reshape(24)._base is None
    assert x[:, :3].reshape(2, 2, 3)._base is x
    assert x[:, :3].reshape(12)._base is None


def test_a_view_is_refused_where_it_would_be_a_copy() -> None:
    with pytest.raises(RuntimeError, match="do not allow a view"):
        count(3, 4).t().view(12)


# --------------------------------------------------------------- in place through a view, with grad


def test_a_change_through_a_view_is_differentiated() -> None:
    x = count(2, 3, requires_grad=True)
    y = x * 1
    y[0].mul_(2)
    assert y.grad_fn.name() == "CopySlices"
    y.sum().backward()
    assert x.grad.tolist() == [[2, 2, 2], [1, 1, 1]]


def test_a_change_through_a_transposed_part_is_differentiated() -> None:
    x = count(2, 3, requires_grad=True)
    y = x * 1
    seen = y.t()
    seen[1:] += x.t()[1:]
    (y * y).sum().backward()
    assert x.grad.tolist() == [[0, 8, 16], [6, 32, 40]]


def test_what_is_written_over_has_no_gradient() -> None:
    x = count(2, 3, requires_grad=True)
    w = count(3, requires_grad=True)
    y = x * 1
    y[1] = w
    (y * y).sum().backward()
    assert x.grad.tolist() == [[0, 2, 4], [0, 0, 0]]
    assert w.grad.tolist() == [0, 2, 4]


def test_a_constant_gets_the_history_of_what_is_written_to_it() -> None:
    x = count(3, requires_grad=True)
    y = plugrad.zeros(2, 3, dtype=plugrad.float64)
    rows = y.unbind()
    y[0] = x
    assert y.requires_grad
    assert [row.requires_grad for row in rows] == [True, True]
    (y.sum() * 2).backward()
    assert x.grad.tolist() == [2, 2, 2]


def test_parts_of_a_constant_that_were_seen_at_once_get_it_too() -> None:
    x = count(2, requires_grad=True)
    y = plugrad.zeros(2, 3, dtype=plugrad.float64)
    part, column = y[1, 1:], y[:, 2]
    part.copy_(x)
    assert [v.grad_fn.name() for v in (part, column) if v.grad_fn] == ["AsStridedBackward0"] * 2
    (gradient,) = plugrad.autograd.grad((part.sum() + column.sum()) ** 2, x, create_graph=True)
    assert gradient is not None
    assert gradient.tolist() == [4, 8]
    assert [g.tolist() for g in plugrad.autograd.grad(gradient.sum(), x) if g is not None] == [
        [6, 12]
    ]


def test_live_views_follow_their_base() -> None:
    x = count(2, 3, requires_grad=True)
    y = x * 1
    row, column = y[0], y[:, 0]
    y.mul_(3)
    assert row.grad_fn.name() == column.grad_fn.name() == "AsStridedBackward0"
    (row.sum() + column.sum()).backward()
    assert x.grad.tolist() == [[6, 3, 3], [3, 0, 0]]


def test_live_views_follow_one_another() -> None:
    x = count(2, 3, requires_grad=True)
    y = x * 1
    row, corner = y[0], y[:, :2]
    row.mul_(3)
    corner.sum().backward()
    assert x.grad.tolist() == [[3, 3, 0], [1, 1, 0]]


def test_an_overlapping_view_of_what_was_changed_adds_up() -> None:
    x = count(4, requires_grad=True)
    y = x * 1
    windows, spread = y.unfold(0, 2, 1), y.expand(2, 4)
    y.mul_(2)
    (windows.sum() + spread.sum()).backward()
    assert x.grad.tolist() == [6, 8, 8, 6]


def test_the_layout_of_the_base_does_not_matter() -> None:
    x = count(3, 4, requires_grad=True)
    w = count(2, 6, requires_grad=True)
    y = (x.t() * 1).t()
    base = y._base
    assert base is not None
    seen = y.view(2, 6)
    seen.mul_(w)
    base.sum().backward()
    assert x.grad.tolist() == w.detach().view(3, 4).tolist()
    assert w.grad.tolist() == x.detach().view(2, 6).tolist()


def test_half_precision_stays_half() -> None:
    x = plugrad.ones(2, 3, dtype=plugrad.float16, requires_grad=True)
    y = x * 1
    y[0].mul_(3)
    (gradient,) = plugrad.autograd.grad(y.sum(), x, create_graph=True)
    assert gradient is not None
    assert gradient.dtype is plugrad.float16
    assert gradient.tolist() == [[3, 3, 3], [1, 1, 1]]


# A chain of views, each a function of a tensor and a number that picks the details.
STEPS: dict[str, Callable[[Any, int], Any]] = {
    "row": lambda x, n: x.select(n % x.dim(), n % x.shape[n % x.dim()]) if x.dim() else x,
    "rows": lambda x, n: x.narrow(0, 0, max(1, n % (x.shape[0] + 1))) if x.dim() else x,
    "every other": lambda x, n: x[n % 2 if x.shape[0] > 1 else 0 :: 2] if x.dim() else x,
    "turned": lambda x, n: x.transpose(0, n % x.dim()) if x.dim() else x,
    "permuted": lambda x, n: x.permute([(d + n) % x.dim() for d in range(x.dim())]),
    "unsqueezed": lambda x, n: x.unsqueeze(n % (x.dim() + 1)),
    "squeezed": lambda x, n: x.squeeze(),
    "viewed": lambda x, n: x.view(-1) if x.is_contiguous() else x,
    "split": lambda x, n: x.unflatten(0, (-1, 2)) if x.dim() and x.shape[0] % 2 == 0 else x,
    "diagonal": lambda x, n: x.diagonal() if x.dim() > 1 else x,
    "windows": lambda x, n: x.unfold(0, 2, 2) if x.dim() and x.shape[0] > 1 else x,
    "itself": lambda x, n: x[...],
}
chains = st.lists(st.tuples(st.sampled_from(sorted(STEPS)), st.integers(0, 5)), max_size=4)


@settings(max_examples=150, deadline=None)
@given(chain=chains, turned=st.booleans(), through_base=st.booleans())
def test_a_change_through_any_chain_of_views(
    chain: list[tuple[str, int]], turned: bool, through_base: bool
) -> None:
    def follow(x: Any) -> Any:
        for name, number in chain:
            x = STEPS[name](x, number)
        return x

    x = count(4, 2, 3, requires_grad=True)
    y = x.transpose(0, 2).mul(1) if turned else x * 1
    seen = follow(y)
    # The places say what the view shows, and so what the gradients must be.
    start = count(4, 2, 3)
    places = start.transpose(0, 2).clone() if turned else start
    shown = follow(places).numpy().astype(int).reshape(-1)
    (y if through_base else seen).mul_(3)
    weights = count(*seen.shape) + 1
    (y.sum() + (seen * weights).sum()).backward()

    expected = np.ones(24)
    np.add.at(expected, shown, weights.numpy().reshape(-1))
    changed = np.arange(24) if through_base else shown
    expected[changed] *= 3
    assert x.grad.reshape(-1).tolist() == expected.tolist()


# ------------------------------------------------------------------------------- what is refused


def refused(call: Callable[[], object], match: str) -> None:
    with pytest.raises(RuntimeError, match=match):
        call()


def test_changes_that_are_refused() -> None:
    leaf = count(2, 3, requires_grad=True)
    refused(lambda: leaf[0].mul_(2), "leaf")
    refused(lambda: plugrad.zeros(4).view(2, 2).requires_grad_()[0].mul_(2), "leaf")
    refused(lambda: count(3).expand(2, 3).mul_(2), "expanded")
    y = leaf * 1
    refused(lambda: y.unbind()[0].mul_(2), "siblings")
    with plugrad.no_grad():
        made = y[0]
    refused(lambda: made.mul_(2), "no_grad")
    x = count(4)
    refused(lambda: x[1:].copy_(x[:-1]), "shares part of its memory")
    assert x.tolist() == [0, 1, 2, 3]
    with plugrad.no_grad():
        leaf[0].mul_(2)
    assert leaf.tolist() == [[0, 2, 4], [3, 4, 5]]


def test_a_saved_tensor_that_was_changed_through_a_view_is_noticed() -> None:
    x = count(3, requires_grad=True)
    y = x * 1
    z = y * y
    y[0].zero_()
    with pytest.raises(RuntimeError, match="has since changed"):
        z.sum().backward()


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda x: x.view(5), RuntimeError),
        (lambda x: x.view(-1, -1), RuntimeError),
        (lambda x: x.view(), TypeError),
        (lambda x: x.view(2.0, 6), TypeError),
        (lambda x: x.view("a"), TypeError),
        (lambda x: plugrad.reshape(x, 4), TypeError),
        (lambda x: x.squeeze(2), IndexError),
        (lambda x: x.unsqueeze(3), IndexError),
        (lambda x: x.permute(0), RuntimeError),
        (lambda x: x.permute(0, 0), RuntimeError),
        (lambda x: x.transpose(0, 2), IndexError),
        (lambda x: x[None].t(), RuntimeError),
        (lambda x: x.expand(2), RuntimeError),
        (lambda x: x.expand(2, 4), RuntimeError),
        (lambda x: x.expand(-1, 3, 4), RuntimeError),
        (lambda x: x.select(0, 3), IndexError),
        (lambda x: x.narrow(0, 2, 2), RuntimeError),
        (lambda x: x.narrow(0, -4, 1), IndexError),
        (lambda x: x.narrow(0, 0, -1), RuntimeError),
        (lambda x: x.unfold(0, 4, 1), RuntimeError),
        (lambda x: x.unfold(0, 2, 0), RuntimeError),
        (lambda x: x.as_strided((20,), (1,)), RuntimeError),
        (lambda x: x.as_strided((2,), (-1,)), RuntimeError),
        (lambda x: x.as_strided((2,), (1, 1)), RuntimeError),
        (lambda x: x.diagonal(0, 0, 0), RuntimeError),
        (lambda x: x[0].diagonal(), IndexError),
        (lambda x: x.split(0), RuntimeError),
        (lambda x: x.split([1, 1]), RuntimeError),
        (lambda x: x.chunk(0), RuntimeError),
        (lambda x: x[0, 0].unbind(), IndexError),
        (lambda x: x.hsplit(3), RuntimeError),
        (lambda x: x.unflatten(0, (2, 2)), RuntimeError),
        (lambda x: x.flatten(1, 0), RuntimeError),
        (lambda x: x.movedim((0, 1), 0), TypeError),
        (lambda x: x[0].mT, RuntimeError),
        (lambda x: x[None].H, RuntimeError),
        (lambda x: x[:, :3].view(plugrad.complex128), RuntimeError),
        (lambda x: plugrad.cat([x, x[None]]), RuntimeError),
        (lambda x: plugrad.cat([x, x[:, :2]]), RuntimeError),
        (lambda x: plugrad.cat([]), ValueError),
        (lambda x: plugrad.cat(x), TypeError),
        (lambda x: plugrad.cat([x, 1]), TypeError),
        (lambda x: plugrad.cat([x[0, 0], x[0, 0]]), RuntimeError),
        (lambda x: plugrad.stack([x, x[:2]]), RuntimeError),
        (lambda x: plugrad.stack([]), RuntimeError),
        (lambda x: x.repeat(2), RuntimeError),
        (lambda x: x.flip(0, 0), RuntimeError),
        (lambda x: x.roll((1, 2)), RuntimeError),
        (lambda x: x.rot90(1, (0, 0)), RuntimeError),
        (lambda x: x[0].tril(), RuntimeError),
        (lambda x: plugrad.meshgrid(x, indexing="ij"), RuntimeError),
        (lambda x: plugrad.block_diag(x[None]), RuntimeError),
    ],
)
def test_what_does_not_fit_is_refused(call: Call, error: type[Exception]) -> None:
    with pytest.raises(error):
        call(count(3, 4))


def test_a_transpose_of_no_matrix_warns() -> None:
    with pytest.warns(UserWarning, match="deprecated"):
        assert count(2, 3, 4).T.shape == (4, 3, 2)


# -------------------------------------------------------------------------- its own shape, in place


def test_a_tensor_changes_its_own_shape() -> None:
    x = count(2, 3, requires_grad=True)
    y = x * 1
    row = y[0]
    assert y.t_() is y
    assert y.shape == (3, 2)
    assert y.grad_fn.name() == "TBackward1"
    y.mul_(count(3, 2) + 1)
    assert row.tolist() == [0, 3, 10]
    row.sum().backward()
    assert x.grad.tolist() == [[1, 3, 5], [0, 0, 0]]


def test_a_view_changes_its_own_shape() -> None:
    x = count(2, 3, requires_grad=True)
    y = x * 1
    row = y[1].unsqueeze_(0)
    row.mul_(2)
    assert y.shape == (2, 3)
    y.sum().backward()
    assert x.grad.tolist() == [[1, 1, 1], [2, 2, 2]]


def test_a_leaf_changes_its_own_shape_without_recording() -> None:
    x = count(2, 3, requires_grad=True)
    refused(x.t_, "leaf")
    with plugrad.no_grad():
        x.t_()
    x.sum().backward()
    assert x.grad.shape == (3, 2)
    assert count(1, 2, 1).squeeze_().shape == (2,)
    assert count(1, 2, 1).squeeze_(0).transpose_(0, 1).shape == (1, 2)


@pytest.mark.parametrize("name", ["pixel_shuffle", "pixel_unshuffle", "channel_shuffle"])
def test_shuffling_never_shares_memory(name: str) -> None:
    x = plugrad.zeros(1, 1, 2, 2)
    shuffled = getattr(plugrad, name)(x, 1)
    shuffled.add_(1)
    assert x.sum() == 0


def test_as_strided_in_place() -> None:
    x = plugrad.arange(6.0, requires_grad=True)
    y = x.clone()
    assert y.as_strided_((2, 2), (3, 1), 1) is y
    assert y.stride() == (3, 1)
    assert y.storage_offset() == 1
    y.sum().backward()
    assert x.grad.tolist() == [0, 1, 1, 0, 1, 1]
    with pytest.raises(RuntimeError):
        y.as_strided_((9,), (1,))
    assert y.shape == (2, 2)


def test_second_derivatives_of_what_as_strided_shows_beside_a_part() -> None:
    whole = plugrad.arange(20.0, requires_grad=True) * 1
    part = whole[5:15]
    seen = part.as_strided((3,), (2,), 2)  # 2 and 4 lie before the part
    (slope,) = plugrad.autograd.grad((seen**2).sum(), part, create_graph=True)
    assert slope.tolist() == [0, 12, *[0] * 8]
    (again,) = plugrad.autograd.grad(slope.sum(), part)
    assert again.tolist() == [0, 2, *[0] * 8]


def test_layouts_that_pytorch_gives_its_results() -> None:
    x = plugrad.arange(12.0).reshape(3, 4)
    assert x.unique(dim=1).stride() == (1, 3)
    assert plugrad.einsum("aij,jk->aik", x[None], plugrad.ones(4, 2)).stride() == (6, 2, 1)
    assert x[0].sum(0, keepdim=True).stride() == (1,)
    image = plugrad.ones(1, 2, 3, 4).to(memory_format=plugrad.channels_last)
    joined = plugrad.cat([image, image], 2)
    assert joined.shape == (1, 2, 6, 4)
    assert joined.is_contiguous(memory_format=plugrad.channels_last)
    assert plugrad.max_pool2d(image, 2).stride() == (4, 1, 4, 2)
