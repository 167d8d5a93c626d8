"""Losses that want a margin, as modules."""

from __future__ import annotations

from collections.abc import Callable

from plugrad.nn import functional as F
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
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Return the loss."""
        return F.soft_margin_loss(input, target, reduction=self.reduction)


class MultiLabelMarginLoss(_Loss):
    """By how much right classes, several for each example, fail to lead wrong ones by 1.

    The targets of an example are the numbers of its right classes, up to the first negative one.

    Parameters
    ----------
    size_average, reduce
        Old names of the reduction.
    reduction : {"mean", "sum", "none"}

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

    Parameters
    ----------
    weight : Tensor of shape (classes,), optional
    size_average, reduce
        Old names of the reduction.
    reduction : {"mean", "sum", "none"}
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Return the loss."""
        return F.multilabel_soft_margin_loss(input, target, self.weight, reduction=self.reduction)


class MultiMarginLoss(_WeightedLoss):
    """By how much the right class fails to lead all others by a margin.

    Parameters
    ----------
    p : {1, 2}
        The exponent of what is lacking.
    margin : float
    weight : Tensor of shape (classes,), optional
    size_average, reduce
        Old names of the reduction.
    reduction : {"mean", "sum", "none"}

    Raises
    ------
    ValueError
        For another `p`, or weights of another number of dimensions.

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

    Parameters
    ----------
    margin : float
    size_average, reduce
        Old names of the reduction.
    reduction : {"mean", "sum", "none"}
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
    """

    def forward(self, input1: Tensor, input2: Tensor, target: Tensor) -> Tensor:
        """Return the loss."""
        return F.margin_ranking_loss(input1, input2, target, self.margin, reduction=self.reduction)


class CosineEmbeddingLoss(_PairLoss):
    """1 minus the cosine for pairs that belong together, what it exceeds a margin for others.

    Parameters
    ----------
    margin : float
    size_average, reduce
        Old names of the reduction.
    reduction : {"mean", "sum", "none"}
    """

    def forward(self, input1: Tensor, input2: Tensor, target: Tensor) -> Tensor:
        """Return the loss."""
        return F.cosine_embedding_loss(
            input1, input2, target, self.margin, reduction=self.reduction
        )


class TripletMarginLoss(_Loss):
    """How much nearer a positive than a negative example should be.

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

    Parameters
    ----------
    distance_function : callable, optional
        By default `plugrad.nn.functional.pairwise_distance`.
    margin : float
        How much nearer.
    swap : bool
        Whether the negative's distance to the positive counts if it is smaller.
    reduction : {"mean", "sum", "none"}

    Raises
    ------
    ValueError
        For a margin that is not positive.
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
            F.pairwise_distance if distance_function is None else distance_function
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
