"""A softmax over very many classes, most of which are rare."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import plugrad
from plugrad import Tensor
from plugrad.nn.functional import log_softmax
from plugrad.nn.modules.containers import ModuleList, Sequential
from plugrad.nn.modules.linear import Linear
from plugrad.nn.modules.module import Module

__all__ = ["AdaptiveLogSoftmaxWithLoss"]


class _ASMoutput(NamedTuple):
    """What the module returns: the name is shown, and is PyTorch's."""

    output: Tensor
    loss: Tensor


class AdaptiveLogSoftmaxWithLoss(Module):
    """The log-probability of a class, and its loss, where few of many classes are frequent.

    Classes are numbered from the most frequent one down. The first of them, up to the first
    cutoff, and one number for each cluster of rarer ones are in a softmax of their own, the head;
    each cluster has another, the tail, of fewer features, which is computed for its members only.

    Parameters
    ----------
    in_features : int
    n_classes : int
    cutoffs : sequence of int
        Where clusters begin: increasing, from 1 to ``n_classes - 1``.
    div_value : float
        By how much each cluster has fewer features than the one before.
    head_bias : bool
    device, dtype : optional

    Raises
    ------
    ValueError
        If there is no cutoff, or they do not increase.

    References
    ----------
    E. Grave, A. Joulin, M. Cisse, D. Grangier, H. Jegou, "Efficient softmax approximation for
    GPUs", 2017, https://arxiv.org/abs/1609.04309

    Examples
    --------
    >>> import plugrad
    >>> from plugrad import nn
    >>> module = nn.AdaptiveLogSoftmaxWithLoss(8, 20, [5, 10], div_value=2.0)
    >>> output, loss = module(plugrad.zeros(2, 8), plugrad.tensor([3, 12]))
    >>> output
    tensor([-1.9459, -4.2485], grad_fn=<AddBackward0>)
    >>> module.log_prob(plugrad.zeros(2, 8)).shape
    plugrad.Size([2, 20])
    """

    def __init__(
        self,
        in_features: int,
        n_classes: int,
        cutoffs: Sequence[int],
        div_value: float = 4.0,
        head_bias: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        ends = [*cutoffs, n_classes]
        if len(ends) < 2:
            raise ValueError("cutoffs must have one number or more")
        if any(int(end) != end for end in ends) or any(a >= b for a, b in pairwise([0, *ends])):
            raise ValueError(
                f"cutoffs must be integers that increase from 1 to {n_classes - 1}, one below the "
                f"number of classes, not {list(cutoffs)}"
            )
        self.in_features = in_features
        self.n_classes = n_classes
        self.cutoffs = ends
        self.div_value = div_value
        self.head_bias = head_bias
        self.shortlist_size = ends[0]
        self.n_clusters = len(ends) - 1
        self.head_size = self.shortlist_size + self.n_clusters
        kind = {"device": device, "dtype": dtype}
        self.head = Linear(in_features, self.head_size, bias=head_bias, **kind)
        self.tail = ModuleList()
        for number, (begin, end) in enumerate(pairwise(ends), 1):
            features = int(in_features // div_value**number)
            self.tail.append(
                Sequential(
                    Linear(in_features, features, bias=False, **kind),
                    Linear(features, end - begin, bias=False, **kind),
                )
            )

    def reset_parameters(self) -> None:
        """Draw the weights anew."""
        self.head.reset_parameters()
        for first, second in self.tail:
            first.reset_parameters()
            second.reset_parameters()

    def forward(self, input: Tensor, target: Tensor) -> _ASMoutput:
        """Return the log-probability of each target, and their mean, negated.

        Parameters
        ----------
        input : Tensor, shape (rows, features) or (features,)
        target : Tensor, shape (rows,) or ()

        Raises
        ------
        RuntimeError
            If shapes do not fit, or a target is no class.
        """
        if target.dim() > 1 or input.dim() != target.dim() + 1 or input.shape[:-1] != target.shape:
            raise RuntimeError(
                f"input must have a row for each target: shapes (n, features) and (n,), or "
                f"(features,) and (), not {list(input.shape)} and {list(target.shape)}"
            )
        if target.numel() and not 0 <= int(target.min()) <= int(target.max()) < self.n_classes:
            raise RuntimeError(f"targets must be classes from 0 to {self.n_classes - 1}")
        rows, wanted = (input, target) if target.dim() else (input[None], target[None])
        cluster = plugrad.zeros_like(wanted)
        for end in self.cutoffs[:-1]:
            cluster += wanted >= end
        below = rows.new_zeros(len(wanted))
        for number, (begin, tail) in enumerate(zip(self.cutoffs, self.tail, strict=False), 1):
            members = (cluster == number).nonzero().squeeze(1)
            if len(members):
                inner = log_softmax(tail(rows.index_select(0, members)), dim=1)
                place = wanted.index_select(0, members) - begin
                found = inner.gather(1, place.unsqueeze(1)).squeeze(1)
                below = below.index_copy(0, members, found)
        place = plugrad.where(cluster == 0, wanted, self.shortlist_size + cluster - 1)
        head = log_softmax(self.head(rows), dim=1)
        output = below + head.gather(1, place.unsqueeze(1)).squeeze(1)
        loss = (-output).mean()
        return _ASMoutput(output if target.dim() else output.squeeze(0), loss)

    def _all(self, input: Tensor, head: Tensor) -> Tensor:
        first = log_softmax(head, dim=1)
        parts = [first[:, : self.shortlist_size]]
        for number, tail in enumerate(self.tail, self.shortlist_size):
            parts.append(log_softmax(tail(input), dim=1) + first[:, number].unsqueeze(1))
        whole: Tensor = plugrad.cat(parts, 1)
        return whole

    def log_prob(self, input: Tensor) -> Tensor:
        """Return the log-probabilities of all classes.

        Parameters
        ----------
        input : Tensor, shape (rows, features)

        Returns
        -------
        Tensor, shape (rows, classes)
        """
        return self._all(input, self.head(input))

    def predict(self, input: Tensor) -> Tensor:
        """Return the most probable class of each row, of all where the head names a cluster.

        Parameters
        ----------
        input : Tensor, shape (rows, features)

        Returns
        -------
        Tensor, shape (rows,), of int64
        """
        head = self.head(input)
        found = head.argmax(dim=1)
        others = (found >= self.shortlist_size).nonzero().squeeze(1)
        if len(others):
            chosen = self._all(input.index_select(0, others), head.index_select(0, others))
            found = found.index_copy(0, others, chosen.argmax(dim=1))
        return found  # type: ignore[no-any-return]
