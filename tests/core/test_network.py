"""Losses, tables, dropout and attention: against their definitions, and what errors say."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import plugrad as torch
from plugrad.nn.operators.attention import scaled_dot_product_attention as attend
from plugrad.nn.operators.binary import binary_cross_entropy, binary_cross_entropy_with_logits
from plugrad.nn.operators.entropy import cross_entropy, nll_loss
from plugrad.nn.operators.losses import huber_loss, l1_loss, mse_loss, smooth_l1_loss
from plugrad.operators.embedding import embedding, one_hot
from plugrad.operators.padding import pad

INF = math.inf


def drawn(*shape: int, grad: bool = False) -> Any:
    numbers = np.random.default_rng([7, *shape]).uniform(-2, 2, shape)
    return torch.tensor(numbers, requires_grad=grad)


def assert_close(found: Any, expected: Any) -> None:
    expected = expected.detach().numpy() if isinstance(expected, torch.Tensor) else expected
    np.testing.assert_allclose(found.detach().numpy(), expected, rtol=1e-12, atol=1e-12)


# -------------------------------------------------------------------------------------- distances


def test_distances_are_as_defined() -> None:
    x, y = drawn(3, 4).numpy(), drawn(4, 3).numpy().T
    d = np.abs(x - y)
    call = {"input": torch.tensor(x), "target": torch.tensor(y), "reduction": "none"}
    assert_close(mse_loss(**call), d**2)
    assert_close(l1_loss(**call), d)
    smooth = np.where(d < 0.5, d**2, d - 0.25)
    assert_close(smooth_l1_loss(**call, beta=0.5), smooth)
    assert_close(huber_loss(**call, delta=0.5), smooth * 0.5)


@pytest.mark.parametrize("loss", [mse_loss, l1_loss, smooth_l1_loss, huber_loss])
def test_reductions(loss: Any) -> None:
    x, y = drawn(3, 4), drawn(3, 4) / 2
    each = loss(x, y, reduction="none")
    assert each.shape == (3, 4)
    assert_close(loss(x, y, reduction="sum"), each.sum())
    assert_close(loss(x, y), each.mean())


def test_the_mean_of_no_losses_is_nan() -> None:
    empty = torch.ones(0)
    assert math.isnan(mse_loss(empty, empty).item())
    assert mse_loss(empty, empty, reduction="sum").item() == 0


def test_a_target_of_another_shape_is_broadcast_with_a_warning() -> None:
    x, y = drawn(3, 4, grad=True), drawn(4, grad=True)
    with pytest.warns(UserWarning, match=r"target has shape \[4\], input \[3, 4\]"):
        loss = mse_loss(x, y, reduction="sum")
    loss.backward()
    assert_close(y.grad, (2 * (y - x)).sum(0))


def test_a_target_of_another_dtype_is_promoted() -> None:
    assert mse_loss(torch.ones(2), drawn(2)).dtype is torch.float64


def test_a_smooth_loss_without_a_bend_is_the_size() -> None:
    x, y = drawn(3), drawn(3) / 2
    assert smooth_l1_loss(x, y, beta=0).item() == l1_loss(x, y).item()


def test_weights_of_distances() -> None:
    x, y, weight = drawn(3), drawn(3) / 2, torch.tensor([0.0, 1.0, 3.0], dtype=torch.float64)
    assert_close(mse_loss(x, y, weight=weight), ((x - y) ** 2 * weight).sum() / 4)
    assert_close(huber_loss(x, y, weight=weight), (huber_loss(x, y, "none") * weight).mean())


# ----------------------------------------------------------------------------------------- classes


def test_nll_loss_takes_one_element_of_each_row() -> None:
    logs = drawn(3, 4)
    target = torch.tensor([3, 0, 3])
    picked = -np.array([logs[0, 3], logs[1, 0], logs[2, 3]])
    assert_close(nll_loss(logs, target, reduction="none"), picked)
    assert_close(nll_loss(logs, target), picked.mean())
    weight = torch.tensor([1.0, 0.0, 0.0, 3.0], dtype=torch.float64)
    assert_close(nll_loss(logs, target, weight), (picked * [3, 1, 3]).sum() / 7)


def test_what_is_ignored_counts_nothing_even_if_infinite() -> None:
    logs = torch.tensor([[0.0, -1.0], [INF, INF]], requires_grad=True)
    loss = nll_loss(logs, torch.tensor([1, -100]))
    loss.backward()
    assert loss.item() == 1
    assert logs.grad.tolist() == [[0.0, -1.0], [0.0, 0.0]]
    assert nll_loss(logs, torch.tensor([1, 0]), ignore_index=0).item() == 1


def test_the_mean_over_nothing_but_what_is_ignored_is_nan_with_a_gradient_of_zeros() -> None:
    logs = torch.zeros(2, 2, requires_grad=True)
    loss = nll_loss(logs, torch.tensor([-100, -100]))
    loss.backward()
    assert math.isnan(loss.item())
    assert logs.grad.tolist() == [[0.0, 0.0], [0.0, 0.0]]


def test_classes_of_images_and_of_anything_longer() -> None:
    logs, target = drawn(2, 3, 4, 5), torch.tensor(np.arange(40).reshape(2, 4, 5) % 3)
    rows = nll_loss(logs.permute(0, 2, 3, 1).reshape(40, 3), target.reshape(40), reduction="none")
    assert_close(nll_loss(logs, target, reduction="none"), rows.reshape(2, 4, 5))
    flat = nll_loss(logs.reshape(2, 3, 20), target.reshape(2, 20), reduction="none")
    assert_close(flat, rows.reshape(2, 20))
    assert_close(nll_loss(logs.unsqueeze(2), target.unsqueeze(1)), rows.mean())


def test_uint8_names_classes_too() -> None:
    logs = drawn(2, 3)
    target = torch.tensor([2, 1], dtype=torch.uint8)
    assert_close(nll_loss(logs, target), nll_loss(logs, target.long()))


def test_cross_entropy_of_classes_is_that_of_their_probabilities() -> None:
    logits, target = drawn(5, 4), torch.tensor([0, 3, 1, 1, 2])
    spread = one_hot(target, 4).double()
    for smoothing in (0.0, 0.3):
        for reduction in ("mean", "sum", "none"):
            options: dict[str, Any] = {"label_smoothing": smoothing, "reduction": reduction}
            assert_close(
                cross_entropy(logits, target, **options), cross_entropy(logits, spread, **options)
            )


def test_cross_entropy_of_large_logits_is_finite() -> None:
    logits = torch.tensor([[1e4, 0.0]], requires_grad=True)
    loss = cross_entropy(logits, torch.tensor([1]))
    loss.backward()
    assert loss.item() == 1e4
    assert logits.grad.tolist() == [[1.0, -1.0]]


def test_the_gradient_of_cross_entropy_is_softmax_minus_the_target() -> None:
    logits, target = drawn(3, 4, grad=True), torch.tensor([0, 3, 1])
    cross_entropy(logits, target, reduction="sum").backward()
    assert_close(logits.grad, logits.softmax(1) - one_hot(target, 4))


# ------------------------------------------------------------------------------------- yes or no


def test_binary_cross_entropy_of_logits_is_that_of_probabilities() -> None:
    logits, target = drawn(3, 4), drawn(3, 4).sigmoid()
    for reduction in ("mean", "sum", "none"):
        assert_close(
            binary_cross_entropy_with_logits(logits, target, reduction=reduction),
            binary_cross_entropy(logits.sigmoid(), target, reduction=reduction),
        )


def test_logarithms_are_bounded() -> None:
    sure = torch.tensor([0.0, 1.0])
    assert binary_cross_entropy(sure, 1 - sure, reduction="none").tolist() == [100.0, 100.0]
    assert binary_cross_entropy(sure, sure, reduction="sum").item() == 0


def test_logits_may_be_of_any_size() -> None:
    logits = torch.tensor([1e4, -1e4], requires_grad=True)
    loss = binary_cross_entropy_with_logits(logits, torch.tensor([0.0, 1.0]), reduction="none")
    loss.sum().backward()
    assert loss.tolist() == [1e4, 1e4]
    assert logits.grad.tolist() == [1.0, -1.0]


def test_pos_weight_counts_what_is_yes() -> None:
    logits, target = drawn(4), torch.tensor([1.0, 0.0, 1.0, 0.0], dtype=torch.float64)
    each = binary_cross_entropy_with_logits(logits, target, reduction="none")
    weighted = binary_cross_entropy_with_logits(
        logits, target, reduction="none", pos_weight=torch.tensor(3.0, dtype=torch.float64)
    )
    assert_close(weighted, each * torch.tensor([3.0, 1.0, 3.0, 1.0]))


# ------------------------------------------------------------------------------------------ tables


def test_embedding_looks_up_rows_and_adds_up_their_gradients() -> None:
    table = drawn(4, 2, grad=True)
    indices = torch.tensor([[3, 1], [1, 1]])
    rows = embedding(indices, table)
    assert rows.tolist() == [[table[i].tolist() for i in row] for row in indices.tolist()]
    rows.sum().backward()
    assert table.grad.tolist() == [[0.0, 0.0], [3.0, 3.0], [0.0, 0.0], [1.0, 1.0]]


def test_the_padding_row_gets_no_gradient() -> None:
    table = drawn(3, 1, grad=True)
    embedding(torch.tensor([0, 2, 2]), table, padding_idx=-1).sum().backward()
    assert table.grad.tolist() == [[1.0], [0.0], [0.0]]


def test_gradients_by_frequency() -> None:
    table = drawn(3, 1, grad=True)
    embedding(torch.tensor([0, 2, 2]), table, scale_grad_by_freq=True).sum().backward()
    assert table.grad.tolist() == [[1.0], [0.0], [1.0]]


def test_rows_are_scaled_down_to_a_norm_in_place() -> None:
    table = torch.tensor([[3.0, 4.0], [0.3, 0.4], [30.0, 40.0]])
    found = embedding(torch.tensor([0, 1, 0]), table, max_norm=1.0)
    np.testing.assert_allclose(found[0].numpy(), [0.6, 0.8], rtol=1e-6)
    np.testing.assert_allclose(table.numpy(), [[0.6, 0.8], [0.3, 0.4], [30, 40]], rtol=1e-6)


def test_one_hot() -> None:
    assert one_hot(torch.tensor([[0, 2]])).tolist() == [[[1, 0, 0], [0, 0, 1]]]
    assert one_hot(torch.tensor([], dtype=torch.int64), 3).shape == (0, 3)
    assert one_hot(torch.tensor(1), 3).tolist() == [0, 1, 0]


# ----------------------------------------------------------------------------------------- dropout


def test_dropout_drops_by_chance_and_keeps_the_mean() -> None:
    torch.manual_seed(0)
    x = torch.ones(100, 100)
    kept = torch.dropout(x, 0.2, True)
    assert sorted(set(kept.flatten().tolist())) == [0.0, 1.25]
    assert abs(kept.mean().item() - 1) < 0.02
    torch.manual_seed(0)
    assert torch.dropout(x, 0.2, True).tolist() == kept.tolist()


def test_dropout_without_training_is_the_tensor_itself() -> None:
    x = torch.ones(3)
    assert torch.dropout(x, 0.5, False) is x
    assert torch.dropout(x, 0.0, True) is x


def test_the_gradient_of_dropout_is_its_mask() -> None:
    x = torch.full((50,), 3.0, requires_grad=True)
    y = torch.dropout(x, 0.5, True)
    y.sum().backward()
    assert (x.grad * 3).tolist() == y.tolist()


def test_dropout_in_place() -> None:
    x = torch.ones(10)
    assert torch.dropout_(x, 0.5, True) is x
    assert x._version == 1
    assert set(x.tolist()) <= {0.0, 2.0}


def test_features_are_dropped_as_a_whole() -> None:
    torch.manual_seed(1)
    kept = torch.feature_dropout(torch.ones(4, 5, 6), 0.5, True)
    assert (kept == kept[:, :, :1]).all().item()
    assert set(kept.flatten().tolist()) == {0.0, 2.0}


def test_alpha_dropout_keeps_mean_and_variance() -> None:
    torch.manual_seed(0)
    x = torch.tensor(np.random.default_rng(0).standard_normal(40000))
    kept = torch.alpha_dropout(x, 0.3, True)
    assert abs(kept.mean().item()) < 0.03
    assert abs(kept.var().item() - 1) < 0.03


# --------------------------------------------------------------------------------------- attention


def plain_attention(query: Any, key: Any, value: Any, mask: Any = None) -> Any:
    scores = query @ np.swapaxes(key, -1, -2) / math.sqrt(query.shape[-1])
    if mask is not None:
        scores = np.where(mask, scores, -INF) if mask.dtype == bool else scores + mask
    weights = np.exp(scores - scores.max(-1, keepdims=True))
    return weights / weights.sum(-1, keepdims=True) @ value


@pytest.mark.parametrize("lead", [(), (2,), (2, 3)])
def test_attention_is_as_defined(lead: tuple[int, ...]) -> None:
    q, k, v = drawn(*lead, 4, 5), drawn(*lead, 6, 5), drawn(*lead, 6, 5) + 1
    arrays = [x.numpy() for x in (q, k, v)]
    assert_close(attend(q, k, v), plain_attention(*arrays))
    mask = drawn(4, 6)
    assert_close(attend(q, k, v, mask), plain_attention(*arrays, mask.numpy()))
    assert_close(attend(q, k, v, mask > 0), plain_attention(*arrays, mask.numpy() > 0))
    lower = np.tri(4, 6, dtype=bool)
    assert_close(attend(q, k, v, is_causal=True), plain_attention(*arrays, lower))


@pytest.mark.parametrize("lead", [(), (1, 1)])
def test_a_query_that_may_look_nowhere_sees_zeros(lead: tuple[int, ...]) -> None:
    q, k, v = (drawn(*lead, 2, 2, grad=True) for _ in range(3))
    mask = torch.tensor([[True, False], [False, False]])
    result = attend(q, k, v, mask)
    assert result.reshape(2, 2)[1].tolist() == [0.0, 0.0]
    result.sum().backward()
    assert all(np.isfinite(x.grad.numpy()).all() for x in (q, k, v))


def test_heads_may_share_keys_and_values() -> None:
    q, k, v = drawn(1, 4, 3, 2), drawn(1, 2, 3, 2), drawn(1, 2, 3, 2) + 1
    shared = attend(q, k, v, enable_gqa=True)
    for head in range(4):
        alone = attend(q[:, head], k[:, head // 2], v[:, head // 2])
        assert_close(shared[:, head], alone)


def test_weights_of_attention_are_dropped() -> None:
    torch.manual_seed(0)
    q = torch.zeros(1, 1000)
    v = torch.ones(1000, 1)
    assert 0.9 < attend(q, q.expand(1000, 1000), v, dropout_p=0.5).item() < 1.1


# ----------------------------------------------------------------------------------------- padding


@pytest.mark.parametrize(
    ("mode", "numpys"), [("reflect", "reflect"), ("replicate", "edge"), ("circular", "wrap")]
)
def test_paddings_are_numpys(mode: str, numpys: Any) -> None:
    x = drawn(2, 3, 4)
    widths = [(0, 0), (2, 1), (0, 3)]
    assert_close(pad(x, (0, 3, 2, 1), mode), np.pad(x.numpy(), widths, mode=numpys))


def test_a_constant_may_cut_off() -> None:
    x = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
    padded = pad(x, (-1, 2), value=7)
    assert padded.tolist() == [2.0, 3.0, 7.0, 7.0]
    padded.sum().backward()
    assert x.grad.tolist() == [0.0, 1.0, 1.0]


def test_the_gradient_of_a_padding_goes_to_where_it_came_from() -> None:
    x = torch.zeros(1, 3, requires_grad=True)
    pad(x, (2, 0), "reflect").sum().backward()
    assert x.grad.tolist() == [[1.0, 2.0, 2.0]]
    x.grad = None
    pad(x, (2, 1), "replicate").sum().backward()
    assert x.grad.tolist() == [[3.0, 1.0, 2.0]]


# ------------------------------------------------------------------------------------------ errors

_THREE = torch.tensor([0, 1, 2])

ERRORS: list[tuple[Any, type[Exception], str]] = [
    (lambda: mse_loss(drawn(2), drawn(2), reduction="max"), ValueError, "'max'"),
    (lambda: mse_loss(drawn(2), 1.0), TypeError, "not float"),
    (lambda: mse_loss(drawn(2), drawn(3)), RuntimeError, "broadcast"),
    (lambda: mse_loss(torch.ones(2).int(), torch.ones(2).int()), NotImplementedError, "int32"),
    (lambda: mse_loss(drawn(2), drawn(2), weight=drawn(3)), ValueError, r"\[2\], not \[3\]"),
    (lambda: smooth_l1_loss(drawn(2), drawn(2), beta=-1.0), RuntimeError, "negative"),
    (lambda: huber_loss(drawn(2), drawn(2), delta=0), RuntimeError, "positive"),
    (lambda: nll_loss(drawn(3, 2), _THREE), IndexError, "2 is out of range"),
    (lambda: nll_loss(drawn(3, 4), torch.tensor([0, -1, 0])), IndexError, "-1 is out of range"),
    (lambda: nll_loss(drawn(2, 4), _THREE), ValueError, r"\[2\].*target has shape \[3\]"),
    (lambda: nll_loss(drawn(3, 4, 2), _THREE), RuntimeError, r"classes of shape \[3, 2\]"),
    (lambda: nll_loss(drawn(3, 4), _THREE.int()), RuntimeError, "int32"),
    (lambda: nll_loss(drawn(), torch.tensor(0)), ValueError, "dimension of classes"),
    (lambda: nll_loss(drawn(3, 4), _THREE, drawn(3)), RuntimeError, "4 classes"),
    (lambda: nll_loss(drawn(3, 4), _THREE, drawn(4, grad=True)), RuntimeError, "detach"),
    (lambda: nll_loss(drawn(3, 4), _THREE, drawn(4).float()), RuntimeError, "float32"),
    (lambda: cross_entropy(drawn(3, 4), drawn(3, 5)), RuntimeError, r"\[3, 5\]"),
    (lambda: cross_entropy(drawn(3, 4), 1), TypeError, "not int"),
    (lambda: cross_entropy(drawn(3, 4), drawn(3, 4), ignore_index=1), RuntimeError, "ignore_index"),
    (lambda: cross_entropy(drawn(3, 4), _THREE, label_smoothing=2), RuntimeError, "0 and 1"),
    (lambda: binary_cross_entropy(drawn(3) + 9, drawn(3)), RuntimeError, "input must hold prob"),
    (lambda: binary_cross_entropy(torch.ones(2), torch.ones(3)), ValueError, r"\[2\], not \[3\]"),
    (
        lambda: binary_cross_entropy(torch.ones(1), torch.tensor([math.nan])),
        RuntimeError,
        "target must hold prob",
    ),
    (
        lambda: binary_cross_entropy_with_logits(drawn(2), drawn(2), drawn(2, grad=True)),
        RuntimeError,
        "no gradient for weight",
    ),
    (lambda: embedding(torch.tensor([4]), drawn(4, 2)), IndexError, "between 0 and 3"),
    (lambda: embedding(torch.tensor([-1]), drawn(4, 2)), IndexError, "-1"),
    (lambda: embedding(torch.ones(1), drawn(4, 2)), RuntimeError, "float32"),
    (lambda: embedding(_THREE, drawn(4)), RuntimeError, r"a matrix.*\[4\]"),
    (lambda: embedding(_THREE, drawn(4, 2), padding_idx=4), AssertionError, "not 4"),
    (lambda: embedding([1], drawn(4, 2)), TypeError, "must be Tensors"),
    (lambda: one_hot(_THREE, 2), RuntimeError, "one is 2"),
    (lambda: one_hot(-_THREE), RuntimeError, "one is -2"),
    (lambda: one_hot(_THREE.int()), RuntimeError, "int32"),
    (lambda: one_hot(torch.tensor([], dtype=torch.int64)), RuntimeError, "num_classes"),
    (lambda: torch.dropout(drawn(3), 1.5, True), RuntimeError, "between 0 and 1, not 1.5"),
    (lambda: torch.dropout(_THREE, 0.5, True), RuntimeError, "int64"),
    (lambda: torch.feature_dropout(drawn(3), 0.5, True), RuntimeError, r"\[3\]"),
    (lambda: torch.rms_norm(drawn(3, 4), (3,)), RuntimeError, r"\[3\].*\[3, 4\]"),
    (lambda: torch.rms_norm(drawn(3, 4), (4,), drawn(3)), RuntimeError, r"\[4\], not \[3\]"),
    (lambda: torch.rms_norm(_THREE, (3,)), NotImplementedError, "int64"),
    (lambda: pad(drawn(3), (1,)), RuntimeError, "each dimension takes two"),
    (lambda: pad(drawn(3), (1, 1, 1, 1)), RuntimeError, r"2 dimensions.*\[3\]"),
    (lambda: pad(drawn(3), (-2, -2)), RuntimeError, "more than there is"),
    (lambda: pad(drawn(1, 3), (3, 0), "reflect"), RuntimeError, "can add 2"),
    (lambda: pad(drawn(1, 3), (1, 0), "symmetric"), NotImplementedError, "'symmetric'"),
    (lambda: pad(drawn(3), (1, 0), "reflect"), NotImplementedError, r"shape \[3\]"),
    (lambda: pad(drawn(1, 3), (1, 0), "reflect", 2.0), RuntimeError, "no meaning"),
    (lambda: attend(drawn(3, 4), drawn(3, 5), drawn(3, 4)), RuntimeError, r"\[3, 5\]"),
    (lambda: attend(drawn(4), drawn(4), drawn(4)), RuntimeError, "two dimensions"),
    (lambda: attend(drawn(3, 4), drawn(3, 4), drawn(3, 4).float()), RuntimeError, "one dtype"),
    (
        lambda: attend(drawn(3, 4), drawn(3, 4), drawn(3, 4), drawn(3, 3), is_causal=True),
        RuntimeError,
        "not both",
    ),
]


@pytest.mark.parametrize(("call", "kind", "text"), ERRORS)
def test_errors_tell_what_was_wrong(call: Any, kind: type[Exception], text: str) -> None:
    with pytest.raises(kind, match=text):
        call()
