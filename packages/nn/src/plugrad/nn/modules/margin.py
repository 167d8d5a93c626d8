"""Losses that want a margin, as modules."""

from __future__ import annotations

from collections.abc import Callable

from plugrad.nn import functional as F
from plugrad.nn.modules.distance import PairwiseDistance
from plugrad.nn.modules.loss import Old, _Loss, _WeightedLoss
from plugrad.tensor import Tensor

__all__ = [
    "CosineEmbeddingLoss",
    "HingeEmbeddingLoss",
    "MarginRankingLoss",
    "MultiLabelMarginLoss",
    "MultiLabelSoftMarginLoss",
    "MultiMarginLoss",
    "SoftMarginLoss",
    "TripletMarginLoss",
    "TripletMarginWithDistanceLoss",
]


class SoftMarginLoss(_Loss):
    """``log(1 + exp(-target * input))``, for targets of 1 and -1.

    Parameters
    ----------
    size_average, reduce
        Old names of the reduction.
    reduction : {"mean", "sum", "none"}

    Notes
    -----
    Shapes: input and target any, but the same; the result (), or the same without reduction.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad import nn
    >>> target = plugrad.tensor([1.0, 1.0, -1.0])
    >>> nn.SoftMarginLoss(reduction="none")(plugrad.tensor([0.0, 3.0, 3.0]), target)
    tensor([0.6931, 0.0486, 3.0486])
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Return the loss."""
        return F.soft_margin_loss(input, target, reduction=self.reduction)


class MultiLabelMarginLoss(_Loss):
    """By how much right classes, several for each example, fail to lead wrong ones by 1.

    The targets of an example are the numbers of its right classes, up to the first negative one.
    The loss is the sum over right classes y and wrong ones i of
    ``max(0, 1 - input[y] + input[i])``, divided by the number of classes.

    Parameters
    ----------
    size_average, reduce
        Old names of the reduction.
    reduction : {"mean", "sum", "none"}

    Notes
    -----
    Shapes: input and target (N, C) or (C,); the result (), or (N,) without reduction.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad import nn
    >>> x = plugrad.tensor([[0.1, 0.2, 0.4, 0.8]])
    >>> nn.MultiLabelMarginLoss()(x, plugrad.tensor([[3, 0, -1, 1]]))
    tensor(0.8500)
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Return the loss."""
        return F.multilabel_margin_loss(input, target, reduction=self.reduction)


class MultiLabelSoftMarginLoss(_WeightedLoss):
    """The mean cross entropy of several yes-or-no answers, from logits.

    It is the mean over the classes of `BCEWithLogitsLoss`.

    Parameters
    ----------
    weight : Tensor of shape (C,), optional
        Factors of the classes.
    size_average, reduce
        Old names of the reduction.
    reduction : {"mean", "sum", "none"}

    Notes
    -----
    Shapes: input and target (N, C); the result (), or (N,) without reduction.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad import nn
    >>> logits, target = plugrad.tensor([[5.0, -5.0], [0.0, 0.0]]), plugrad.tensor([[1.0, 0.0]])
    >>> nn.MultiLabelSoftMarginLoss(reduction="none")(logits, target)
    tensor([0.0067, 0.6931])
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Return the loss."""
        return F.multilabel_soft_margin_loss(input, target, self.weight, reduction=self.reduction)


class MultiMarginLoss(_WeightedLoss):
    """By how much the right class fails to lead all others by a margin.

    For a right class y it is the sum over all others i of
    ``max(0, margin - input[y] + input[i]) ** p``, divided by the number of classes.

    Parameters
    ----------
    p : {1, 2}
        The exponent of what is lacking.
    margin : float
    weight : Tensor of shape (C,), optional
        Factors of the right classes.
    size_average, reduce
        Old names of the reduction.
    reduction : {"mean", "sum", "none"}

    Raises
    ------
    ValueError
        For another `p`, or weights of another number of dimensions.

    Notes
    -----
    Shapes: input (N, C) or (C,); target (N,) or (), of dtype int64; the result (), or (N,) without
    reduction.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad import nn
    >>> nn.MultiMarginLoss()(plugrad.tensor([[0.1, 0.2, 0.4, 0.8]]), plugrad.tensor([3]))
    tensor(0.3250)
    """

    def __init__(
        self,
        p: int = 1,
        margin: float = 1.0,
        weight: Tensor | None = None,
        size_average: Old = None,
        reduce: Old = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(weight, size_average, reduce, reduction)
        if p not in (1, 2):
            raise ValueError(f"p must be 1 or 2, not {p}")
        if weight is not None and weight.dim() != 1:
            raise ValueError(f"weight must have one dimension, not {weight.dim()}")
        self.p = p
        self.margin = margin

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Return the loss."""
        return F.multi_margin_loss(
            input, target, self.p, self.margin, self.weight, reduction=self.reduction
        )


class _PairLoss(_Loss):
    """A loss with a margin."""

    def __init__(
        self,
        margin: float = 0.0,
        size_average: Old = None,
        reduce: Old = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.margin = margin


class HingeEmbeddingLoss(_PairLoss):
    """Distances of pairs that belong together, and what those of others lack of a margin.

    It is the input where the target is 1, and ``max(0, margin - input)`` where it is -1.

    Parameters
    ----------
    margin : float
    size_average, reduce
        Old names of the reduction.
    reduction : {"mean", "sum", "none"}

    Notes
    -----
    Shapes: input and target any, but the same; the result (), or the same without reduction.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad import nn
    >>> target = plugrad.tensor([1.0, -1.0, -1.0])
    >>> nn.HingeEmbeddingLoss(reduction="none")(plugrad.tensor([0.2, 0.2, 3.0]), target)
    tensor([0.2000, 0.8000, 0.0000])
    """

    def __init__(
        self,
        margin: float = 1.0,
        size_average: Old = None,
        reduce: Old = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(margin, size_average, reduce, reduction)

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Return the loss."""
        return F.hinge_embedding_loss(input, target, self.margin, reduction=self.reduction)


class MarginRankingLoss(_PairLoss):
    """``max(0, -target * (input1 - input2) + margin)``, for targets of 1 and -1.

    Parameters
    ----------
    margin : float
    size_average, reduce
        Old names of the reduction.
    reduction : {"mean", "sum", "none"}

    Notes
    -----
    Shapes: all three any, but the same; the result (), or the same without reduction.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad import nn
    >>> x, y, target = plugrad.tensor([[1.0, 3.0], [2.0, 1.0], [1.0, -1.0]])
    >>> nn.MarginRankingLoss(reduction="none")(x, y, target)
    tensor([1., 2.])
    """

    def forward(self, input1: Tensor, input2: Tensor, target: Tensor) -> Tensor:
        """Return the loss."""
        return F.margin_ranking_loss(input1, input2, target, self.margin, reduction=self.reduction)


class CosineEmbeddingLoss(_PairLoss):
    """1 minus the cosine for pairs that belong together, what it exceeds a margin for others.

    Parameters
    ----------
    margin : float
        Between -1 and 1.
    size_average, reduce
        Old names of the reduction.
    reduction : {"mean", "sum", "none"}

    Notes
    -----
    Shapes: the inputs (N, D) or (D,); target (N,) or (), 1 or -1; the result (), or (N,) without
    reduction.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad import nn
    >>> x, y = plugrad.tensor([[1.0, 0.0], [1.0, 0.0]]), plugrad.tensor([[0.0, 1.0], [3.0, 4.0]])
    >>> nn.CosineEmbeddingLoss(reduction="none")(x, y, plugrad.tensor([1, -1]))
    tensor([1.0000, 0.6000])
    """

    def forward(self, input1: Tensor, input2: Tensor, target: Tensor) -> Tensor:
        """Return the loss."""
        return F.cosine_embedding_loss(
            input1, input2, target, self.margin, reduction=self.reduction
        )


class TripletMarginLoss(_Loss):
    """How much nearer a positive than a negative example should be.

    It is ``max(0, d(anchor, positive) - d(anchor, negative) + margin)``, with `PairwiseDistance`
    for d.

    Parameters
    ----------
    margin : float
        How much nearer.
    p, eps : float
        As for `PairwiseDistance`.
    swap : bool
        Whether the negative's distance to the positive counts if it is smaller.
    size_average, reduce
        Old names of the reduction.
    reduction : {"mean", "sum", "none"}

    Raises
    ------
    ValueError
        For a margin that is not positive.

    Notes
    -----
    Shapes: all three (N, D) or (D,); the result (), or (N,) without reduction.

    References
    ----------
    V. Balntas et al., Learning local feature descriptors with triplets and shallow convolutional
    neural networks, 2016.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad import nn
    >>> anchor, near, far = plugrad.tensor([[[0.0, 0.0]], [[0.0, 1.0]], [[0.0, 1.5]]])
    >>> nn.TripletMarginLoss()(anchor, near, far)
    tensor(0.5000)
    """

    def __init__(
        self,
        margin: float = 1.0,
        p: float = 2.0,
        eps: float = 1e-6,
        swap: bool = False,
        size_average: Old = None,
        reduce: Old = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        if margin <= 0:
            raise ValueError(f"the margin of triplets must be positive, not {margin}")
        self.margin = margin
        self.p = p
        self.eps = eps
        self.swap = swap

    def forward(self, anchor: Tensor, positive: Tensor, negative: Tensor) -> Tensor:
        """Return the loss."""
        return F.triplet_margin_loss(
            anchor,
            positive,
            negative,
            margin=self.margin,
            p=self.p,
            eps=self.eps,
            swap=self.swap,
            reduction=self.reduction,
        )


class TripletMarginWithDistanceLoss(_Loss):
    """How much nearer a positive than a negative example should be, by any measure.

    It is ``max(0, d(anchor, positive) - d(anchor, negative) + margin)``.

    Parameters
    ----------
    distance_function : callable, optional
        The measure d, by default a `PairwiseDistance`.
    margin : float
        How much nearer.
    swap : bool
        Whether the negative's distance to the positive counts if it is smaller.
    reduction : {"mean", "sum", "none"}

    Raises
    ------
    ValueError
        For a margin that is not positive.

    Notes
    -----
    Shapes: all three any, if the measure takes them; the result (), or what the measure returns
    without reduction.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad import nn
    >>> anchor, near, far = plugrad.tensor([[[1.0, 0.0]], [[1.0, 1.0]], [[0.0, 1.0]]])
    >>> cosine = lambda x, y: 1 - nn.functional.cosine_similarity(x, y)
    >>> nn.TripletMarginWithDistanceLoss(distance_function=cosine)(anchor, near, far)
    tensor(0.2929)
    """

    def __init__(
        self,
        *,
        distance_function: Callable[[Tensor, Tensor], Tensor] | None = None,
        margin: float = 1.0,
        swap: bool = False,
        reduction: str = "mean",
    ) -> None:
        super().__init__(reduction=reduction)
        if margin <= 0:
            raise ValueError(f"the margin of triplets must be positive, not {margin}")
        self.distance_function: Callable[[Tensor, Tensor], Tensor] = (
            PairwiseDistance() if distance_function is None else distance_function
        )
        self.margin = margin
        self.swap = swap

    def forward(self, anchor: Tensor, positive: Tensor, negative: Tensor) -> Tensor:
        """Return the loss."""
        return F.triplet_margin_with_distance_loss(
            anchor,
            positive,
            negative,
            distance_function=self.distance_function,
            margin=self.margin,
            swap=self.swap,
            reduction=self.reduction,
        )
