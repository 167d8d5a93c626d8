"""Losses, with the arguments that PyTorch's have.

``reduction`` is ``"mean"``, ``"sum"`` or ``"none"``; ``size_average`` and ``reduce`` are its old
names. What each computes is told by its module: see `plugrad.nn.MSELoss` and kin.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import plugrad
from plugrad.nn.functional.reduction import reduction_from
from plugrad.nn.operators import alignment, binary, divergence, entropy, losses, margins, pairs
from plugrad.nn.operators.similarity import pairwise_distance
from plugrad.tensor import Tensor

__all__ = [
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "cosine_embedding_loss",
    "cross_entropy",
    "ctc_loss",
    "gaussian_nll_loss",
    "hinge_embedding_loss",
    "huber_loss",
    "kl_div",
    "l1_loss",
    "margin_ranking_loss",
    "mse_loss",
    "multi_margin_loss",
    "multilabel_margin_loss",
    "multilabel_soft_margin_loss",
    "nll_loss",
    "poisson_nll_loss",
    "smooth_l1_loss",
    "soft_margin_loss",
    "triplet_margin_loss",
    "triplet_margin_with_distance_loss",
]

Old = bool | None
Loss = Callable[..., Tensor]

huber_loss: Loss = losses.huber_loss


# ------------------------------------------------------------------------------------- differences


def l1_loss(
    input: Tensor, target: Tensor, size_average: Old = None, reduce: Old = None,
    reduction: str = "mean", weight: Tensor | None = None,
) -> Tensor:  # fmt: skip
    """Return the sizes of the differences; see `plugrad.nn.L1Loss`."""
    reduction = reduction_from(size_average, reduce, reduction)
    return losses.l1_loss(input, target, reduction, weight)  # type: ignore[no-any-return]


def mse_loss(
    input: Tensor, target: Tensor, size_average: Old = None, reduce: Old = None,
    reduction: str = "mean", weight: Tensor | None = None,
) -> Tensor:  # fmt: skip
    """Return the squares of the differences; see `plugrad.nn.MSELoss`.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.nn import functional as F
    >>> F.mse_loss(plugrad.tensor([1.0, 2.0]), plugrad.tensor([1.0, 4.0]))
    tensor(2.)
    """
    reduction = reduction_from(size_average, reduce, reduction)
    return losses.mse_loss(input, target, reduction, weight)  # type: ignore[no-any-return]


def smooth_l1_loss(
    input: Tensor, target: Tensor, size_average: Old = None, reduce: Old = None,
    reduction: str = "mean", beta: float = 1.0,
) -> Tensor:  # fmt: skip
    """Return squares of small differences, sizes of others; see `plugrad.nn.SmoothL1Loss`."""
    reduction = reduction_from(size_average, reduce, reduction)
    return losses.smooth_l1_loss(input, target, reduction, beta)  # type: ignore[no-any-return]


# ------------------------------------------------------------------------ classes, distributions


def nll_loss(
    input: Tensor, target: Tensor, weight: Tensor | None = None, size_average: Old = None,
    ignore_index: int = -100, reduce: Old = None, reduction: str = "mean",
) -> Tensor:  # fmt: skip
    """Return the negatives of the right classes' logarithms; see `plugrad.nn.NLLLoss`."""
    reduction = reduction_from(size_average, reduce, reduction)
    loss: Tensor = entropy.nll_loss(input, target, weight, ignore_index, reduction)
    return loss


def cross_entropy(
    input: Tensor, target: Tensor, weight: Tensor | None = None, size_average: Old = None,
    ignore_index: int = -100, reduce: Old = None, reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Tensor:  # fmt: skip
    """Return the cross entropy of classes, or probabilities, and logits.

    See `plugrad.nn.CrossEntropyLoss`.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.nn import functional as F
    >>> F.cross_entropy(plugrad.zeros(1, 2), plugrad.tensor([1]))
    tensor(0.6931)
    """
    reduction = reduction_from(size_average, reduce, reduction)
    loss: Tensor = entropy.cross_entropy(
        input, target, weight, ignore_index, reduction, label_smoothing
    )
    return loss


def binary_cross_entropy(
    input: Tensor, target: Tensor, weight: Tensor | None = None, size_average: Old = None,
    reduce: Old = None, reduction: str = "mean",
) -> Tensor:  # fmt: skip
    """Return the cross entropy of yes-or-no probabilities; see `plugrad.nn.BCELoss`."""
    reduction = reduction_from(size_average, reduce, reduction)
    return binary.binary_cross_entropy(input, target, weight, reduction)  # type: ignore[no-any-return]


def binary_cross_entropy_with_logits(
    input: Tensor, target: Tensor, weight: Tensor | None = None, size_average: Old = None,
    reduce: Old = None, reduction: str = "mean", pos_weight: Tensor | None = None,
) -> Tensor:  # fmt: skip
    """Return the cross entropy of probabilities and logits; see `plugrad.nn.BCEWithLogitsLoss`."""
    reduction = reduction_from(size_average, reduce, reduction)
    loss: Tensor = binary.binary_cross_entropy_with_logits(
        input, target, weight, pos_weight, reduction
    )
    return loss


def kl_div(
    input: Tensor, target: Tensor, size_average: Old = None, reduce: Old = None,
    reduction: str = "mean", log_target: bool = False,
) -> Tensor:  # fmt: skip
    """Return how far a distribution is from another; see `plugrad.nn.KLDivLoss`.

    With ``reduction="batchmean"`` the sum is divided by the size of the first dimension, which is
    what the formula says; ``"mean"`` divides by the number of elements.
    """
    reduction = reduction_from(size_average, reduce, reduction)
    if reduction == "mean" and size_average is None and reduce is None:
        warnings.warn(
            "reduction='mean' divides by the number of elements; 'batchmean' is what the formula "
            "of the Kullback-Leibler divergence says",
            UserWarning,
            stacklevel=2,
        )
    whole = reduction == "batchmean"
    loss: Tensor = divergence.kl_div(
        input, target, "sum" if whole else reduction, log_target=log_target
    )
    return loss / input.size(0) if whole and input.dim() else loss


def poisson_nll_loss(
    input: Tensor, target: Tensor, log_input: bool = True, full: bool = False,
    size_average: Old = None, eps: float = 1e-8, reduce: Old = None, reduction: str = "mean",
) -> Tensor:  # fmt: skip
    """Return the improbability of counts with an expected rate; see `plugrad.nn.PoissonNLLLoss`."""
    reduction = reduction_from(size_average, reduce, reduction)
    loss: Tensor = divergence.poisson_nll_loss(input, target, log_input, full, eps, reduction)
    return loss


def gaussian_nll_loss(
    input: Tensor, target: Tensor, var: Tensor | float, full: bool = False, eps: float = 1e-6,
    reduction: str = "mean",
) -> Tensor:  # fmt: skip
    """Return the improbability of normally distributed numbers; see `plugrad.nn.GaussianNLLLoss`.

    Parameters
    ----------
    input, target : Tensor of shape (N, ..., D)
        Expected and found values.
    var : Tensor or float
        The variances: of the input's shape, or with the last dimension of size 1 or missing.
    full : bool
        Whether the constant term is included.
    eps : float
        The least variance that is divided by.
    reduction : {"mean", "sum", "none"}

    Raises
    ------
    ValueError
        For a negative variance, or one of another shape.
    """
    shape = tuple(input.shape)
    if not isinstance(var, Tensor):
        if var < 0:
            raise ValueError(f"gaussian_nll_loss(): var must not be negative, but is {var}")
        var = plugrad.full(shape, var, dtype=input.dtype, device=input.device)
    elif tuple(var.shape) != shape:
        if tuple(var.shape) == shape[:-1]:
            var = var.unsqueeze(-1)
        elif var.dim() != len(shape) or tuple(var.shape) != (*shape[:-1], 1):
            raise ValueError(
                f"gaussian_nll_loss(): var needs the shape {list(shape)}, or that with the last "
                f"size 1 or left out, not {list(var.shape)}"
            )
    losses.check_reduction("gaussian_nll_loss", reduction)
    assert isinstance(var, Tensor)
    if plugrad.any(var < 0):
        raise ValueError("gaussian_nll_loss(): var has negative numbers")
    var = var.clone()
    # That small variances are raised changes nothing in the gradient.
    with plugrad.no_grad():
        var.clamp_(min=eps)
    loss: Tensor = 0.5 * (plugrad.log(var) + (input - target) ** 2 / var)
    if full:
        loss = loss + 0.5 * math.log(2 * math.pi)
    return losses.reduced(plugrad, loss, reduction)  # type: ignore[no-any-return]


def ctc_loss(
    log_probs: Tensor, targets: Tensor, input_lengths: Any, target_lengths: Any, blank: int = 0,
    reduction: str = "mean", zero_infinity: bool = False,
) -> Tensor:  # fmt: skip
    """Return how improbable labels are, whatever times they stand at; see `plugrad.ctc_loss`."""
    loss: Tensor = alignment.ctc_loss(
        log_probs, targets, input_lengths, target_lengths, blank, reduction, zero_infinity
    )
    return loss


# ------------------------------------------------------------------------------------------ margins


def soft_margin_loss(
    input: Tensor, target: Tensor, size_average: Old = None, reduce: Old = None,
    reduction: str = "mean",
) -> Tensor:  # fmt: skip
    """Return ``log(1 + exp(-target * input))``; see `plugrad.nn.SoftMarginLoss`."""
    reduction = reduction_from(size_average, reduce, reduction)
    return margins.soft_margin_loss(input, target, reduction)  # type: ignore[no-any-return]


def multi_margin_loss(
    input: Tensor, target: Tensor, p: int = 1, margin: float = 1.0, weight: Tensor | None = None,
    size_average: Old = None, reduce: Old = None, reduction: str = "mean",
) -> Tensor:  # fmt: skip
    """Return by how much right classes fail to lead; see `plugrad.nn.MultiMarginLoss`."""
    reduction = reduction_from(size_average, reduce, reduction)
    loss: Tensor = margins.multi_margin_loss(input, target, p, margin, weight, reduction)
    return loss


def multilabel_margin_loss(
    input: Tensor, target: Tensor, size_average: Old = None, reduce: Old = None,
    reduction: str = "mean",
) -> Tensor:  # fmt: skip
    """Return by how much right classes fail to lead; see `plugrad.nn.MultiLabelMarginLoss`."""
    reduction = reduction_from(size_average, reduce, reduction)
    return margins.multilabel_margin_loss(input, target, reduction)  # type: ignore[no-any-return]


def multilabel_soft_margin_loss(
    input: Tensor, target: Tensor, weight: Tensor | None = None, size_average: Old = None,
    reduce: Old = None, reduction: str = "mean",
) -> Tensor:  # fmt: skip
    """Return the mean cross entropy of several yes-or-no answers.

    See `plugrad.nn.MultiLabelSoftMarginLoss`.
    """
    from plugrad.nn.functional.activation import logsigmoid

    reduction = reduction_from(size_average, reduce, reduction)
    losses.check_reduction("multilabel_soft_margin_loss", reduction)
    loss: Tensor = -(target * logsigmoid(input) + (1 - target) * logsigmoid(-input))
    if weight is not None:
        loss = loss * weight
    dim = input.dim() - 1
    loss = loss.sum(dim=dim) / input.size(dim)
    return losses.reduced(plugrad, loss, reduction)  # type: ignore[no-any-return]


def hinge_embedding_loss(
    input: Tensor, target: Tensor, margin: float = 1.0, size_average: Old = None,
    reduce: Old = None, reduction: str = "mean",
) -> Tensor:  # fmt: skip
    """Return distances of pairs, or what they lack; see `plugrad.nn.HingeEmbeddingLoss`."""
    reduction = reduction_from(size_average, reduce, reduction)
    return pairs.hinge_embedding_loss(input, target, margin, reduction)  # type: ignore[no-any-return]


def margin_ranking_loss(
    input1: Tensor, input2: Tensor, target: Tensor, margin: float = 0, size_average: Old = None,
    reduce: Old = None, reduction: str = "mean",
) -> Tensor:  # fmt: skip
    """Return by how much one number fails to exceed another; see `plugrad.nn.MarginRankingLoss`."""
    reduction = reduction_from(size_average, reduce, reduction)
    sizes = {each.dim() for each in (input1, input2, target)}
    if len(sizes) > 1:
        raise RuntimeError(
            f"margin_ranking_loss(): all three need the same number of dimensions, not {sizes}"
        )
    loss: Tensor = pairs.margin_ranking_loss(input1, input2, target, margin, reduction)
    return loss


def cosine_embedding_loss(
    input1: Tensor, input2: Tensor, target: Tensor, margin: float = 0, size_average: Old = None,
    reduce: Old = None, reduction: str = "mean",
) -> Tensor:  # fmt: skip
    """Return how far cosines are from what pairs want; see `plugrad.nn.CosineEmbeddingLoss`."""
    reduction = reduction_from(size_average, reduce, reduction)
    loss: Tensor = pairs.cosine_embedding_loss(input1, input2, target, margin, reduction)
    return loss


def _refuse_margin(margin: float) -> None:
    if margin <= 0:
        raise ValueError(f"the margin of triplets must be positive, not {margin}")


def triplet_margin_loss(
    anchor: Tensor, positive: Tensor, negative: Tensor, margin: float = 1.0, p: float = 2,
    eps: float = 1e-6, swap: bool = False, size_average: Old = None, reduce: Old = None,
    reduction: str = "mean",
) -> Tensor:  # fmt: skip
    """Return how much nearer positives should be; see `plugrad.nn.TripletMarginLoss`."""
    reduction = reduction_from(size_average, reduce, reduction)
    _refuse_margin(margin)
    loss: Tensor = pairs.triplet_margin_loss(
        anchor, positive, negative, margin, p, eps, swap, reduction
    )
    return loss


def triplet_margin_with_distance_loss(
    anchor: Tensor, positive: Tensor, negative: Tensor, *,
    distance_function: Callable[[Tensor, Tensor], Tensor] | None = None, margin: float = 1.0,
    swap: bool = False, reduction: str = "mean",
) -> Tensor:  # fmt: skip
    """Return how much nearer positives should be, by any measure.

    See `plugrad.nn.TripletMarginWithDistanceLoss`.
    """
    losses.check_reduction("triplet_margin_with_distance_loss", reduction)
    _refuse_margin(margin)
    sizes: Sequence[int] = [each.dim() for each in (anchor, positive, negative)]
    if len(set(sizes)) > 1:
        raise RuntimeError(
            f"triplet_margin_with_distance_loss(): all three need the same number of dimensions, "
            f"not {sizes}"
        )
    measure: Callable[..., Any] = distance_function or pairwise_distance
    near, far = measure(anchor, positive), measure(anchor, negative)
    if swap:
        far = plugrad.minimum(far, measure(positive, negative))
    loss = plugrad.clamp_min(margin + near - far, 0)
    return losses.reduced(plugrad, loss, reduction)  # type: ignore[no-any-return]
