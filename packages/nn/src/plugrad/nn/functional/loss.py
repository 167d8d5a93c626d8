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
    """Return the sizes of the differences, ``abs(input - target)``; see `plugrad.nn.L1Loss`.

    Parameters
    ----------
    input, target : Tensor of the same shape
        If the shapes differ, they are broadcast, with a warning.
    size_average, reduce : bool, optional
        Old names of the reduction.
    reduction : {"mean", "sum", "none"}
    weight : Tensor of the same shape, optional
        Factors of the elements; the mean is then divided by their sum.

    Returns
    -------
    Tensor of shape (), or the input's without reduction

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.nn import functional as F
    >>> F.l1_loss(plugrad.tensor([1.0, 2.0]), plugrad.tensor([1.0, 4.0]))
    tensor(1.)
    """
    reduction = reduction_from(size_average, reduce, reduction)
    return losses.l1_loss(input, target, reduction, weight)  # type: ignore[no-any-return]


def mse_loss(
    input: Tensor, target: Tensor, size_average: Old = None, reduce: Old = None,
    reduction: str = "mean", weight: Tensor | None = None,
) -> Tensor:  # fmt: skip
    """Return the squares of the differences, ``(input - target) ** 2``; see `plugrad.nn.MSELoss`.

    The parameters are those of `l1_loss`.

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
    """Return squares of small differences, sizes of others; see `plugrad.nn.SmoothL1Loss`.

    Of a difference d it is ``d ** 2 / (2 * beta)`` where ``abs(d) < beta``, else
    ``abs(d) - beta / 2``.

    Parameters
    ----------
    input, target : Tensor of the same shape
        If the shapes differ, they are broadcast, with a warning.
    size_average, reduce : bool, optional
        Old names of the reduction.
    reduction : {"mean", "sum", "none"}
    beta : float
        Not negative; with 0 it is `l1_loss`.

    Returns
    -------
    Tensor of shape (), or the input's without reduction

    Raises
    ------
    RuntimeError
        If `beta` is negative.

    References
    ----------
    R. Girshick, Fast R-CNN, 2015, https://arxiv.org/abs/1504.08083.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.nn import functional as F
    >>> F.smooth_l1_loss(plugrad.tensor([0.5, 4.0]), plugrad.zeros(2), reduction="none")
    tensor([0.1250, 3.5000])
    """
    reduction = reduction_from(size_average, reduce, reduction)
    return losses.smooth_l1_loss(input, target, reduction, beta)  # type: ignore[no-any-return]


# ------------------------------------------------------------------------ classes, distributions


def nll_loss(
    input: Tensor, target: Tensor, weight: Tensor | None = None, size_average: Old = None,
    ignore_index: int = -100, reduce: Old = None, reduction: str = "mean",
) -> Tensor:  # fmt: skip
    """Return the negatives of the right classes' logarithms; see `plugrad.nn.NLLLoss`.

    Parameters
    ----------
    input : Tensor of shape (N, C), (C,) or (N, C, d1, ...)
        Logarithms of the probabilities of C classes, as `log_softmax` gives them.
    target : Tensor of shape (N,), () or (N, d1, ...)
        The right classes, of dtype int64 or uint8.
    weight : Tensor of shape (C,), optional
        Factors of the classes; the mean is divided by the sum of those that were used.
    size_average, reduce : bool, optional
        Old names of the reduction.
    ignore_index : int
        A target that does not count.
    reduction : {"mean", "sum", "none"}

    Returns
    -------
    Tensor of shape (), or the target's without reduction

    Raises
    ------
    IndexError
        If there is no such class.
    ValueError, RuntimeError
        If shapes or dtypes do not fit.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.nn import functional as F
    >>> log_probabilities = plugrad.tensor([[0.25, 0.75], [0.5, 0.5]]).log()
    >>> F.nll_loss(log_probabilities, plugrad.tensor([1, 0]), reduction="none")
    tensor([0.2877, 0.6931])
    """
    reduction = reduction_from(size_average, reduce, reduction)
    loss: Tensor = entropy.nll_loss(input, target, weight, ignore_index, reduction)
    return loss


def cross_entropy(
    input: Tensor, target: Tensor, weight: Tensor | None = None, size_average: Old = None,
    ignore_index: int = -100, reduce: Old = None, reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Tensor:  # fmt: skip
    """Return the cross entropy of classes, or probabilities, and logits.

    It is `nll_loss` of `log_softmax`; see `plugrad.nn.CrossEntropyLoss`.

    Parameters
    ----------
    input : Tensor of shape (N, C), (C,) or (N, C, d1, ...)
        Logarithms of the probabilities of C classes, but for a constant.
    target : Tensor of shape (N,), () or (N, d1, ...), or of the input's shape
        The right classes; or the probabilities of all classes, of a floating-point dtype.
    weight : Tensor of shape (C,), optional
        Factors of the classes.
    size_average, reduce : bool, optional
        Old names of the reduction.
    ignore_index : int
        A target that does not count, where targets are classes.
    reduction : {"mean", "sum", "none"}
    label_smoothing : float
        How much of each target is spread over all classes, between 0 and 1.

    Returns
    -------
    Tensor of shape (), or (N, d1, ...) without reduction

    Raises
    ------
    IndexError
        If there is no such class.
    ValueError, RuntimeError
        If shapes or dtypes do not fit.

    References
    ----------
    C. Szegedy et al., Rethinking the Inception architecture for computer vision, 2016, for the
    smoothing, https://arxiv.org/abs/1512.00567.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.nn import functional as F
    >>> logits = plugrad.tensor([[2.0, 0.0]])
    >>> F.cross_entropy(logits, plugrad.tensor([1]))
    tensor(2.1269)
    >>> F.cross_entropy(logits, plugrad.tensor([[0.0, 1.0]]))  # the same as probabilities
    tensor(2.1269)
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
    """Return the cross entropy of yes-or-no probabilities; see `plugrad.nn.BCELoss`.

    It is ``-(target * log(input) + (1 - target) * log(1 - input))``, with logarithms not below
    -100.

    Parameters
    ----------
    input : Tensor of any shape
        Probabilities, of a floating-point dtype.
    target : Tensor of the same shape
        Numbers between 0 and 1.
    weight : Tensor, optional
        Factors, broadcast to that shape.
    size_average, reduce : bool, optional
        Old names of the reduction.
    reduction : {"mean", "sum", "none"}

    Returns
    -------
    Tensor of shape (), or the input's without reduction

    Raises
    ------
    ValueError
        If the shapes differ.
    RuntimeError
        If the input is not between 0 and 1.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.nn import functional as F
    >>> F.binary_cross_entropy(plugrad.tensor([0.5, 1.0]), plugrad.tensor([1.0, 1.0]))
    tensor(0.3466)
    """
    reduction = reduction_from(size_average, reduce, reduction)
    return binary.binary_cross_entropy(input, target, weight, reduction)  # type: ignore[no-any-return]


def binary_cross_entropy_with_logits(
    input: Tensor, target: Tensor, weight: Tensor | None = None, size_average: Old = None,
    reduce: Old = None, reduction: str = "mean", pos_weight: Tensor | None = None,
) -> Tensor:  # fmt: skip
    """Return the cross entropy of probabilities and logits; see `plugrad.nn.BCEWithLogitsLoss`.

    It is `binary_cross_entropy` of `sigmoid`, without overflow.

    Parameters
    ----------
    input : Tensor of any shape
        Logits, of a floating-point dtype.
    target : Tensor of the same shape
        Numbers between 0 and 1.
    weight : Tensor, optional
        Factors, broadcast to that shape.
    size_average, reduce : bool, optional
        Old names of the reduction.
    reduction : {"mean", "sum", "none"}
    pos_weight : Tensor, optional
        Factors of the first summand, that of the right answer yes; broadcast to that shape.

    Returns
    -------
    Tensor of shape (), or the input's without reduction

    Raises
    ------
    ValueError
        If the shapes differ.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.nn import functional as F
    >>> logits, target = plugrad.tensor([0.0, 300.0]), plugrad.tensor([1.0, 0.0])
    >>> F.binary_cross_entropy_with_logits(logits, target, reduction="none")
    tensor([  0.6931, 300.0000])
    """
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

    It is ``target * (log(target) - input)``. With ``reduction="batchmean"`` the sum is divided by
    the size of the first dimension, which is what the formula says; ``"mean"`` divides by the
    number of elements.

    Parameters
    ----------
    input : Tensor of any shape
        Logarithms of probabilities.
    target : Tensor of the same shape
        Probabilities.
    size_average, reduce : bool, optional
        Old names of the reduction.
    reduction : {"mean", "batchmean", "sum", "none"}
    log_target : bool
        Whether the target is logarithms too.

    Returns
    -------
    Tensor of shape (), or the input's without reduction

    References
    ----------
    S. Kullback and R. A. Leibler, On information and sufficiency, 1951.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.nn import functional as F
    >>> even, skew = plugrad.tensor([[0.5, 0.5]]), plugrad.tensor([[0.25, 0.75]])
    >>> F.kl_div(even.log(), skew, reduction="batchmean")
    tensor(0.1308)
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
    """Return the improbability of counts with an expected rate; see `plugrad.nn.PoissonNLLLoss`.

    It is ``exp(input) - target * input``, or with ``log_input=False``
    ``input - target * log(input + eps)``, but for the logarithm of the target's factorial.

    Parameters
    ----------
    input : Tensor of any shape
        The rates, or their logarithms.
    target : Tensor of the same shape
        The counts.
    log_input : bool
        Whether the input is logarithms.
    full : bool
        Whether to add Stirling's approximation of what is left out,
        ``target * log(target) - target + log(2 * pi * target) / 2``, where the target exceeds 1.
    size_average, reduce : bool, optional
        Old names of the reduction.
    eps : float
        Keeps the logarithm of 0 finite.
    reduction : {"mean", "sum", "none"}

    Returns
    -------
    Tensor of shape (), or the input's without reduction

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.nn import functional as F
    >>> rates = plugrad.tensor([1.0, 2.0, 4.0])
    >>> F.poisson_nll_loss(rates.log(), plugrad.tensor([2.0, 2.0, 2.0]), reduction="none")
    tensor([1.0000, 0.6137, 1.2274])
    """
    reduction = reduction_from(size_average, reduce, reduction)
    loss: Tensor = divergence.poisson_nll_loss(input, target, log_input, full, eps, reduction)
    return loss


def gaussian_nll_loss(
    input: Tensor, target: Tensor, var: Tensor | float, full: bool = False, eps: float = 1e-6,
    reduction: str = "mean",
) -> Tensor:  # fmt: skip
    """Return the improbability of normally distributed numbers; see `plugrad.nn.GaussianNLLLoss`.

    It is ``(log(var) + (input - target) ** 2 / var) / 2``, but for a constant.

    Parameters
    ----------
    input, target : Tensor of shape (N, ..., D)
        Expected and found values.
    var : Tensor or float
        The variances: of the input's shape, or with the last dimension of size 1 or missing.
    full : bool
        Whether the constant term, ``log(2 * pi) / 2``, is included.
    eps : float
        The least variance that is divided by.
    reduction : {"mean", "sum", "none"}

    Returns
    -------
    Tensor of shape (), or the input's without reduction

    Raises
    ------
    ValueError
        For a negative variance, or one of another shape.

    References
    ----------
    D. A. Nix and A. S. Weigend, Estimating the mean and variance of the target probability
    distribution, 1994.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.nn import functional as F
    >>> expected, found = plugrad.zeros(1, 2), plugrad.tensor([[0.0, 3.0]])
    >>> F.gaussian_nll_loss(expected, found, var=plugrad.tensor([[1.0, 9.0]]), reduction="none")
    tensor([[0.0000, 1.5986]])
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
    """Return how improbable labels are, whatever times they stand at.

    Parameters
    ----------
    log_probs : Tensor of shape (T, N, C) or (T, C)
        Logarithms of the probabilities of C labels at T times, as `log_softmax` gives them.
    targets : Tensor of shape (N, S), or the labels of all examples joined
    input_lengths, target_lengths : Tensor of shape (N,), or sequence of int
        How many times, and how many labels, each example has.
    blank : int
        The label that stands for none.
    reduction : {"mean", "sum", "none"}
        The mean is of the losses divided by the numbers of labels.
    zero_infinity : bool
        Whether examples with too many labels count as 0.

    Returns
    -------
    Tensor of shape (), or (N,) without reduction

    Raises
    ------
    RuntimeError
        If shapes, lengths or dtypes do not fit.

    References
    ----------
    A. Graves et al., Connectionist temporal classification, 2006.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.nn import functional as F
    >>> even = plugrad.full((2, 1, 2), 0.5).log()  # 2 times, 1 example; labels: blank and 1
    >>> (-F.ctc_loss(even, plugrad.tensor([[1]]), [2], [1])).exp()  # of 11, 1- and -1: 3 of 4 ways
    tensor(0.7500)
    """
    loss: Tensor = alignment.ctc_loss(
        log_probs, targets, input_lengths, target_lengths, blank, reduction, zero_infinity
    )
    return loss


# ------------------------------------------------------------------------------------------ margins


def soft_margin_loss(
    input: Tensor, target: Tensor, size_average: Old = None, reduce: Old = None,
    reduction: str = "mean",
) -> Tensor:  # fmt: skip
    """Return ``log(1 + exp(-target * input))``; see `plugrad.nn.SoftMarginLoss`.

    Parameters
    ----------
    input : Tensor of any shape
    target : Tensor of the same shape
        1 or -1.
    size_average, reduce : bool, optional
        Old names of the reduction.
    reduction : {"mean", "sum", "none"}

    Returns
    -------
    Tensor of shape (), or the input's without reduction

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.nn import functional as F
    >>> target = plugrad.tensor([1.0, 1.0, -1.0])
    >>> F.soft_margin_loss(plugrad.tensor([0.0, 3.0, 3.0]), target, reduction="none")
    tensor([0.6931, 0.0486, 3.0486])
    """
    reduction = reduction_from(size_average, reduce, reduction)
    return margins.soft_margin_loss(input, target, reduction)  # type: ignore[no-any-return]


def multi_margin_loss(
    input: Tensor, target: Tensor, p: int = 1, margin: float = 1.0, weight: Tensor | None = None,
    size_average: Old = None, reduce: Old = None, reduction: str = "mean",
) -> Tensor:  # fmt: skip
    """Return by how much right classes fail to lead; see `plugrad.nn.MultiMarginLoss`.

    For a right class y it is the sum over all others i of
    ``max(0, margin - input[y] + input[i]) ** p``, divided by the number of classes.

    Parameters
    ----------
    input : Tensor of shape (N, C) or (C,)
        Scores of C classes.
    target : Tensor of shape (N,) or ()
        The right classes, of dtype int64.
    p : {1, 2}
    margin : float
    weight : Tensor of shape (C,), optional
        Factors of the right classes.
    size_average, reduce : bool, optional
        Old names of the reduction.
    reduction : {"mean", "sum", "none"}

    Returns
    -------
    Tensor of shape (), or (N,) without reduction

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.nn import functional as F
    >>> F.multi_margin_loss(plugrad.tensor([[0.1, 0.2, 0.4, 0.8]]), plugrad.tensor([3]))
    tensor(0.3250)
    """
    reduction = reduction_from(size_average, reduce, reduction)
    loss: Tensor = margins.multi_margin_loss(input, target, p, margin, weight, reduction)
    return loss


def multilabel_margin_loss(
    input: Tensor, target: Tensor, size_average: Old = None, reduce: Old = None,
    reduction: str = "mean",
) -> Tensor:  # fmt: skip
    """Return by how much right classes fail to lead; see `plugrad.nn.MultiLabelMarginLoss`.

    It is the sum over right classes y and wrong ones i of ``max(0, 1 - input[y] + input[i])``,
    divided by the number of classes.

    Parameters
    ----------
    input : Tensor of shape (N, C) or (C,)
        Scores of C classes.
    target : Tensor of the same shape
        The numbers of the right classes, up to the first negative one; of dtype int64.
    size_average, reduce : bool, optional
        Old names of the reduction.
    reduction : {"mean", "sum", "none"}

    Returns
    -------
    Tensor of shape (), or (N,) without reduction

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.nn import functional as F
    >>> scores = plugrad.tensor([[0.1, 0.2, 0.4, 0.8]])
    >>> F.multilabel_margin_loss(scores, plugrad.tensor([[3, 0, -1, -1]]))
    tensor(0.8500)
    """
    reduction = reduction_from(size_average, reduce, reduction)
    return margins.multilabel_margin_loss(input, target, reduction)  # type: ignore[no-any-return]


def multilabel_soft_margin_loss(
    input: Tensor, target: Tensor, weight: Tensor | None = None, size_average: Old = None,
    reduce: Old = None, reduction: str = "mean",
) -> Tensor:  # fmt: skip
    """Return the mean cross entropy of several yes-or-no answers.

    It is the mean over the classes of `binary_cross_entropy_with_logits`; see
    `plugrad.nn.MultiLabelSoftMarginLoss`.

    Parameters
    ----------
    input : Tensor of shape (N, C)
        Logits of C answers.
    target : Tensor of the same shape
        1 for yes, 0 for no.
    weight : Tensor of shape (C,), optional
        Factors of the classes.
    size_average, reduce : bool, optional
        Old names of the reduction.
    reduction : {"mean", "sum", "none"}

    Returns
    -------
    Tensor of shape (), or (N,) without reduction

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.nn import functional as F
    >>> logits, target = plugrad.tensor([[5.0, -5.0], [0.0, 0.0]]), plugrad.tensor([[1.0, 0.0]])
    >>> F.multilabel_soft_margin_loss(logits, target, reduction="none")
    tensor([0.0067, 0.6931])
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
    """Return distances of pairs, or what they lack; see `plugrad.nn.HingeEmbeddingLoss`.

    It is the input where the target is 1, and ``max(0, margin - input)`` where it is -1.

    Parameters
    ----------
    input : Tensor of any shape
        Distances.
    target : Tensor of the same shape
        1 for pairs that belong together, -1 for others.
    margin : float
    size_average, reduce : bool, optional
        Old names of the reduction.
    reduction : {"mean", "sum", "none"}

    Returns
    -------
    Tensor of shape (), or the input's without reduction

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.nn import functional as F
    >>> target = plugrad.tensor([1.0, -1.0, -1.0])
    >>> F.hinge_embedding_loss(plugrad.tensor([0.2, 0.2, 3.0]), target, reduction="none")
    tensor([0.2000, 0.8000, 0.0000])
    """
    reduction = reduction_from(size_average, reduce, reduction)
    return pairs.hinge_embedding_loss(input, target, margin, reduction)  # type: ignore[no-any-return]


def margin_ranking_loss(
    input1: Tensor, input2: Tensor, target: Tensor, margin: float = 0, size_average: Old = None,
    reduce: Old = None, reduction: str = "mean",
) -> Tensor:  # fmt: skip
    """Return by how much one number fails to exceed another; see `plugrad.nn.MarginRankingLoss`.

    It is ``max(0, -target * (input1 - input2) + margin)``.

    Parameters
    ----------
    input1, input2 : Tensor of the same number of dimensions
    target : Tensor of the same number of dimensions
        1 where the first should be the larger, -1 where the second should.
    margin : float
    size_average, reduce : bool, optional
        Old names of the reduction.
    reduction : {"mean", "sum", "none"}

    Returns
    -------
    Tensor of shape (), or the input's without reduction

    Raises
    ------
    RuntimeError
        If the numbers of dimensions differ.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.nn import functional as F
    >>> x, y, target = plugrad.tensor([[1.0, 3.0], [2.0, 1.0], [1.0, -1.0]])
    >>> F.margin_ranking_loss(x, y, target, reduction="none")
    tensor([1., 2.])
    """
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
    """Return how far cosines are from what pairs want; see `plugrad.nn.CosineEmbeddingLoss`.

    It is ``1 - cos`` where the target is 1, and ``max(0, cos - margin)`` where it is -1.

    Parameters
    ----------
    input1, input2 : Tensor of shape (N, D) or (D,)
    target : Tensor of shape (N,) or ()
        1 for pairs that belong together, -1 for others.
    margin : float
        Between -1 and 1.
    size_average, reduce : bool, optional
        Old names of the reduction.
    reduction : {"mean", "sum", "none"}

    Returns
    -------
    Tensor of shape (), or (N,) without reduction

    Raises
    ------
    RuntimeError
        If the shapes do not fit.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.nn import functional as F
    >>> x, y = plugrad.tensor([[1.0, 0.0], [1.0, 0.0]]), plugrad.tensor([[0.0, 1.0], [3.0, 4.0]])
    >>> F.cosine_embedding_loss(x, y, plugrad.tensor([1, -1]), reduction="none")
    tensor([1.0000, 0.6000])
    """
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
    """Return how much nearer positives should be; see `plugrad.nn.TripletMarginLoss`.

    It is ``max(0, d(anchor, positive) - d(anchor, negative) + margin)``, with
    `pairwise_distance` for d.

    Parameters
    ----------
    anchor, positive, negative : Tensor of shape (N, D) or (D,)
    margin : float
    p, eps : float
        As for `pairwise_distance`.
    swap : bool
        Whether the distance of positive and negative counts if it is the smaller one.
    size_average, reduce : bool, optional
        Old names of the reduction.
    reduction : {"mean", "sum", "none"}

    Returns
    -------
    Tensor of shape (), or (N,) without reduction

    Raises
    ------
    ValueError
        If the margin is not positive.
    RuntimeError
        If the numbers of dimensions differ.

    References
    ----------
    V. Balntas et al., Learning local feature descriptors with triplets and shallow convolutional
    neural networks, 2016.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.nn import functional as F
    >>> anchor, near, far = plugrad.tensor([[[0.0, 0.0]], [[0.0, 1.0]], [[0.0, 1.5]]])
    >>> F.triplet_margin_loss(anchor, near, far)
    tensor(0.5000)
    """
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

    It is ``max(0, d(anchor, positive) - d(anchor, negative) + margin)``; see
    `plugrad.nn.TripletMarginWithDistanceLoss`.

    Parameters
    ----------
    anchor, positive, negative : Tensor of the same number of dimensions
    distance_function : callable, optional
        The measure d, of two tensors; by default `pairwise_distance`.
    margin : float
    swap : bool
        Whether the distance of positive and negative counts if it is the smaller one.
    reduction : {"mean", "sum", "none"}

    Returns
    -------
    Tensor of shape (), or that of what the measure returns without reduction

    Raises
    ------
    ValueError
        If the margin is not positive, or there is no such reduction.
    RuntimeError
        If the numbers of dimensions differ.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.nn import functional as F
    >>> anchor, near, far = plugrad.tensor([[[0.0, 0.0]], [[0.0, 1.0]], [[0.0, 1.5]]])
    >>> largest = lambda x, y: (x - y).abs().amax(-1)
    >>> F.triplet_margin_with_distance_loss(anchor, near, far, distance_function=largest)
    tensor(0.5000)
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
