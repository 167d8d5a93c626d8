"""Losses as modules: of differences, of classes, of distributions.

Those that want a margin are in `plugrad.nn.modules.margin`.
"""

from __future__ import annotations

from plugrad.nn import functional as F
from plugrad.nn.functional.reduction import reduction_from
from plugrad.nn.modules.module import Module
from plugrad.tensor import Tensor

__all__ = [
    "BCELoss",
    "BCEWithLogitsLoss",
    "CTCLoss",
    "CrossEntropyLoss",
    "GaussianNLLLoss",
    "HuberLoss",
    "KLDivLoss",
    "L1Loss",
    "MSELoss",
    "NLLLoss",
    "PoissonNLLLoss",
    "SmoothL1Loss",
]


Old = bool | None


class _Loss(Module):
    """A loss, averaged (``"mean"``), summed (``"sum"``) or left as it is (``"none"``).

    `size_average` and `reduce` are old names of the choice.
    """

    def __init__(
        self, size_average: Old = None, reduce: Old = None, reduction: str = "mean"
    ) -> None:
        super().__init__()
        self.reduction = reduction_from(size_average, reduce, reduction)


class _WeightedLoss(_Loss):
    """A loss whose classes or elements have weights, kept as a buffer."""

    weight: Tensor | None

    def __init__(
        self,
        weight: Tensor | None = None,
        size_average: Old = None,
        reduce: Old = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.register_buffer("weight", weight)


class L1Loss(_Loss):
    """Absolute differences: ``abs(input - target)``.

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
    >>> nn.L1Loss()(plugrad.tensor([1.0, 2.0]), plugrad.tensor([1.0, 4.0]))
    tensor(1.)
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Return the loss."""
        return F.l1_loss(input, target, reduction=self.reduction)


class MSELoss(_Loss):
    """Squared differences: ``(input - target) ** 2``.

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
    >>> nn.MSELoss()(plugrad.tensor([1.0, 2.0]), plugrad.tensor([1.0, 4.0]))
    tensor(2.)
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Return the loss."""
        return F.mse_loss(input, target, reduction=self.reduction)


class SmoothL1Loss(_Loss):
    """Squared where differences are below `beta`, absolute above.

    Of a difference d it is ``d ** 2 / (2 * beta)`` where ``abs(d) < beta``, else
    ``abs(d) - beta / 2``.

    Parameters
    ----------
    size_average, reduce
        Old names of the reduction.
    reduction : {"mean", "sum", "none"}
    beta : float

    Notes
    -----
    Shapes: input and target any, but the same; the result (), or the same without reduction.

    References
    ----------
    R. Girshick, Fast R-CNN, 2015, https://arxiv.org/abs/1504.08083.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad import nn
    >>> nn.SmoothL1Loss(reduction="none")(plugrad.tensor([0.5, 4.0]), plugrad.zeros(2))
    tensor([0.1250, 3.5000])
    """

    def __init__(
        self,
        size_average: Old = None,
        reduce: Old = None,
        reduction: str = "mean",
        beta: float = 1.0,
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.beta = beta

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Return the loss."""
        return F.smooth_l1_loss(input, target, reduction=self.reduction, beta=self.beta)


class HuberLoss(_Loss):
    """Squared where differences are below `delta`, absolute above, scaled by `delta`.

    Of a difference d it is ``d ** 2 / 2`` where ``abs(d) < delta``, else
    ``delta * (abs(d) - delta / 2)``: `SmoothL1Loss` times `delta`.

    Parameters
    ----------
    reduction : {"mean", "sum", "none"}
    delta : float
        Positive.

    Notes
    -----
    Shapes: input and target any, but the same; the result (), or the same without reduction.

    References
    ----------
    P. J. Huber, Robust estimation of a location parameter, 1964.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad import nn
    >>> nn.HuberLoss(reduction="none", delta=2.0)(plugrad.tensor([0.5, 4.0]), plugrad.zeros(2))
    tensor([0.1250, 6.0000])
    """

    def __init__(self, reduction: str = "mean", delta: float = 1.0) -> None:
        super().__init__(reduction=reduction)
        self.delta = delta

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Return the loss."""
        return F.huber_loss(input, target, reduction=self.reduction, delta=self.delta)


class NLLLoss(_WeightedLoss):
    """Negative log-likelihood of the target classes, from log-probabilities.

    Parameters
    ----------
    weight : Tensor of shape (C,), optional
        Factors of the classes; the mean is divided by the sum of those that were used.
    size_average, reduce
        Old names of the reduction.
    ignore_index : int
        A target that does not count.
    reduction : {"mean", "sum", "none"}

    Notes
    -----
    Shapes: input (N, C), (C,) or (N, C, d1, ...) for C classes; target (N,), () or (N, d1, ...), of
    dtype int64; the result (), or the target's without reduction.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad import nn
    >>> log_probabilities = plugrad.tensor([[0.25, 0.75], [0.5, 0.5]]).log()
    >>> nn.NLLLoss()(log_probabilities, plugrad.tensor([1, 0]))
    tensor(0.4904)
    """

    def __init__(
        self,
        weight: Tensor | None = None,
        size_average: Old = None,
        ignore_index: int = -100,
        reduce: Old = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(weight, size_average, reduce, reduction)
        self.ignore_index = ignore_index

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Return the loss."""
        return F.nll_loss(
            input,
            target,
            weight=self.weight,
            ignore_index=self.ignore_index,
            reduction=self.reduction,
        )


class CrossEntropyLoss(_WeightedLoss):
    """Negative log-likelihood of the target classes, from logits.

    It is ``-log(softmax(input)[target])``.

    Parameters
    ----------
    weight : Tensor of shape (C,), optional
        Factors of the classes; the mean is divided by the sum of those that were used.
    size_average, reduce
        Old names of the reduction.
    ignore_index : int
        A target that does not count.
    reduction : {"mean", "sum", "none"}
    label_smoothing : float
        How much of each target is spread over all classes.

    Notes
    -----
    Shapes: input (N, C), (C,) or (N, C, d1, ...) for C classes; target (N,), () or (N, d1, ...), of
    dtype int64, or probabilities in the input's shape; the result (), or without reduction the
    input's without C.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad import nn
    >>> nn.CrossEntropyLoss()(plugrad.zeros(2, 4), plugrad.tensor([0, 3]))
    tensor(1.3863)
    """

    def __init__(
        self,
        weight: Tensor | None = None,
        size_average: Old = None,
        ignore_index: int = -100,
        reduce: Old = None,
        reduction: str = "mean",
        label_smoothing: float = 0.0,
    ) -> None:
        super().__init__(weight, size_average, reduce, reduction)
        self.ignore_index = ignore_index
        self.label_smoothing = label_smoothing

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Return the loss."""
        return F.cross_entropy(
            input,
            target,
            weight=self.weight,
            ignore_index=self.ignore_index,
            reduction=self.reduction,
            label_smoothing=self.label_smoothing,
        )


class BCELoss(_WeightedLoss):
    """Cross entropy of probabilities with targets between 0 and 1.

    It is ``-(target * log(input) + (1 - target) * log(1 - input))``, with logarithms not below
    -100.

    Parameters
    ----------
    weight : Tensor, optional
        Factors, broadcast to the input's shape.
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
    >>> probabilities = nn.Sigmoid()(plugrad.tensor([0.0, 2.0]))
    >>> nn.BCELoss()(probabilities, plugrad.tensor([1.0, 1.0]))
    tensor(0.4100)
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Return the loss."""
        return F.binary_cross_entropy(input, target, self.weight, reduction=self.reduction)


class BCEWithLogitsLoss(_WeightedLoss):
    """Cross entropy of logits with targets between 0 and 1.

    It is `BCELoss` of `Sigmoid`, without overflow.

    Parameters
    ----------
    weight : Tensor, optional
        Factors, broadcast to the input's shape.
    size_average, reduce
        Old names of the reduction.
    reduction : {"mean", "sum", "none"}
    pos_weight : Tensor, optional
        Factors of ``target * log(sigmoid(input))``: with 3, as if the right answer yes were three
        times as frequent.

    Notes
    -----
    Shapes: input and target any, but the same; the result (), or the same without reduction.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad import nn
    >>> loss = nn.BCEWithLogitsLoss(reduction="none", pos_weight=plugrad.tensor([3.0]))
    >>> loss(plugrad.zeros(2), plugrad.tensor([1.0, 0.0]))
    tensor([2.0794, 0.6931])
    """

    pos_weight: Tensor | None

    def __init__(
        self,
        weight: Tensor | None = None,
        size_average: Old = None,
        reduce: Old = None,
        reduction: str = "mean",
        pos_weight: Tensor | None = None,
    ) -> None:
        super().__init__(weight, size_average, reduce, reduction)
        self.register_buffer("pos_weight", pos_weight)

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Return the loss."""
        return F.binary_cross_entropy_with_logits(
            input, target, self.weight, pos_weight=self.pos_weight, reduction=self.reduction
        )


class KLDivLoss(_Loss):
    """Kullback-Leibler divergence: ``target * (log(target) - input)``.

    Parameters
    ----------
    size_average, reduce
        Old names of the reduction.
    reduction : {"mean", "batchmean", "sum", "none"}
        ``"batchmean"`` is the sum divided by the size of the first dimension, as the formula says.
    log_target : bool
        Whether targets are logarithms, as the input is.

    Notes
    -----
    Shapes: input and target any, but the same; the result (), or the same without reduction.

    References
    ----------
    S. Kullback and R. A. Leibler, On information and sufficiency, 1951.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad import nn
    >>> x = plugrad.tensor([[0.5, 0.5]]).log()
    >>> nn.KLDivLoss(reduction="batchmean")(x, plugrad.tensor([[0.25, 0.75]]))
    tensor(0.1308)
    """

    def __init__(
        self,
        size_average: Old = None,
        reduce: Old = None,
        reduction: str = "mean",
        log_target: bool = False,
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.log_target = log_target

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Return the loss."""
        return F.kl_div(input, target, reduction=self.reduction, log_target=self.log_target)


class PoissonNLLLoss(_Loss):
    """Negative logarithm of the probability of counts, from their expected rate.

    It is ``exp(input) - target * input``, or with ``log_input=False``
    ``input - target * log(input + eps)``, but for the logarithm of the target's factorial.

    Parameters
    ----------
    log_input : bool
        Whether the input is the logarithm of the rate.
    full : bool
        Whether Stirling's approximation of the constant term is added.
    size_average, reduce
        Old names of the reduction.
    eps : float
        Added to a rate before its logarithm is taken.
    reduction : {"mean", "sum", "none"}

    Notes
    -----
    Shapes: input and target any, but the same; the result (), or the same without reduction.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad import nn
    >>> loss = nn.PoissonNLLLoss(log_input=False, reduction="none")
    >>> loss(plugrad.tensor([1.0, 2.0, 4.0]), plugrad.tensor([2.0, 2.0, 2.0]))
    tensor([1.0000, 0.6137, 1.2274])
    """

    def __init__(
        self,
        log_input: bool = True,
        full: bool = False,
        size_average: Old = None,
        eps: float = 1e-8,
        reduce: Old = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.log_input = log_input
        self.full = full
        self.eps = eps

    def forward(self, log_input: Tensor, target: Tensor) -> Tensor:
        """Return the loss."""
        return F.poisson_nll_loss(
            log_input,
            target,
            log_input=self.log_input,
            full=self.full,
            eps=self.eps,
            reduction=self.reduction,
        )


class GaussianNLLLoss(_Loss):
    """Negative logarithm of a normal distribution's density, from its mean and variance.

    It is ``(log(var) + (input - target) ** 2 / var) / 2``, but for a constant.

    Parameters
    ----------
    full : bool
        Whether the constant term, ``log(2 * pi) / 2``, is included.
    eps : float
        The least variance that is divided by.
    reduction : {"mean", "sum", "none"}

    Notes
    -----
    Shapes: input and target (N, ..., D); var the same, (N, ..., 1) or (N, ...); the result (), or
    (N, ..., D) without reduction.

    References
    ----------
    D. A. Nix and A. S. Weigend, Estimating the mean and variance of the target probability
    distribution, 1994.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad import nn
    >>> expected, found, var = plugrad.tensor([[[0.0, 0.0]], [[0.0, 3.0]], [[1.0, 9.0]]])
    >>> nn.GaussianNLLLoss(reduction="none")(expected, found, var)
    tensor([[0.0000, 1.5986]])
    """

    def __init__(self, *, full: bool = False, eps: float = 1e-6, reduction: str = "mean") -> None:
        super().__init__(reduction=reduction)
        self.full = full
        self.eps = eps

    def forward(self, input: Tensor, target: Tensor, var: Tensor | float) -> Tensor:
        """Return the loss."""
        return F.gaussian_nll_loss(
            input, target, var, full=self.full, eps=self.eps, reduction=self.reduction
        )


class CTCLoss(_Loss):
    """How improbable a sequence of labels is, whatever times they stand at.

    Parameters
    ----------
    blank : int
        The label that stands for none.
    reduction : {"mean", "sum", "none"}
        The mean is of the losses divided by the numbers of labels.
    zero_infinity : bool
        Whether examples with too many labels count as 0.

    Notes
    -----
    Shapes: log_probs (T, N, C) or (T, C), logarithms of the probabilities of C labels at T times;
    targets (N, S), or the labels of all examples joined; input_lengths and target_lengths (N,); the
    result (), or (N,) without reduction.

    References
    ----------
    A. Graves et al., Connectionist temporal classification, 2006.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad import nn
    >>> even = plugrad.full((2, 1, 2), 0.5).log()  # 2 times, 1 example; labels: blank and 1
    >>> loss = nn.CTCLoss()(even, plugrad.tensor([[1]]), plugrad.tensor([2]), plugrad.tensor([1]))
    >>> (-loss).exp()  # of 11, 1- and -1: 3 of 4 ways
    tensor(0.7500)
    """

    def __init__(
        self, blank: int = 0, reduction: str = "mean", zero_infinity: bool = False
    ) -> None:
        super().__init__(reduction=reduction)
        self.blank = blank
        self.zero_infinity = zero_infinity

    def forward(
        self, log_probs: Tensor, targets: Tensor, input_lengths: Tensor, target_lengths: Tensor
    ) -> Tensor:
        """Return the loss; see `plugrad.ctc_loss` for the shapes."""
        return F.ctc_loss(
            log_probs,
            targets,
            input_lengths,
            target_lengths,
            self.blank,
            self.reduction,
            self.zero_infinity,
        )
