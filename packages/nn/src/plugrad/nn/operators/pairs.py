"""Losses that want a margin between two examples: one that belongs, and one that does not."""

from __future__ import annotations

from typing import Any

from plugrad.nn.operators.losses import reduced, reduction_named
from plugrad.nn.operators.similarity import pairwise_distance
from plugrad.operators.dimensions import require_floating, require_tensor
from plugrad.operators.network import constant, lowered, shifted
from plugrad.vocabulary.forms import function
from plugrad.vocabulary.registry import tensor_table as k

__all__ = [
    "cosine_embedding_loss",
    "hinge_embedding_loss",
    "margin_ranking_loss",
    "triplet_margin_loss",
]


def _chosen_losses(target: Any, one: float, losses: Any) -> Any:
    return k.where(target == one, losses, k.zeros_like(losses))


@function("function", aten="aten::hinge_embedding_loss")
def hinge_embedding_loss(
    input: Any, target: Any, margin: float = 1.0, reduction: int | str = "none"
) -> Any:
    """Return distances of pairs that belong together, and what others lack of a margin; averaged.

    Parameters
    ----------
    input : Tensor
        Distances.
    target : Tensor
        1 for a pair that belongs together, -1 for one that does not.
    margin : float
    reduction : {"none", "mean", "sum"}, or the number of one

    Examples
    --------
    >>> import plugrad
    >>> plugrad.hinge_embedding_loss(plugrad.tensor([0.5, 0.75]), plugrad.tensor([1, -1]))
    tensor([0.5000, 0.2500])
    """
    reduction = reduction_named("hinge_embedding_loss", reduction)
    require_tensor("hinge_embedding_loss", input)
    require_tensor("hinge_embedding_loss", target, "target")
    if reduction == "mean":
        require_floating("hinge_embedding_loss", input)
    lacking = k.clamp_min(k.sub(constant(input, margin), input), 0)
    zeros = k.zeros_like(input)
    apart = k.where(target != 1, lacking, zeros)
    together = k.where(target != -1, input, zeros)
    return reduced(k, k.add(apart, together), reduction)


@function("function", aten="aten::margin_ranking_loss")
def margin_ranking_loss(
    input1: Any, input2: Any, target: Any, margin: float = 0.0, reduction: int | str = "none"
) -> Any:
    """Return ``max(0, -target * (input1 - input2) + margin)``, averaged.

    Parameters
    ----------
    input1, input2 : Tensor
    target : Tensor
        1 where the first should be larger, -1 where the second should.
    margin : float
    reduction : {"none", "mean", "sum"}, or the number of one

    Raises
    ------
    RuntimeError
        If the numbers of dimensions differ.

    Examples
    --------
    >>> import plugrad
    >>> one, two = plugrad.tensor([1.0]), plugrad.tensor([3.0])
    >>> plugrad.margin_ranking_loss(one, two, plugrad.tensor([1.0]), margin=0.5)
    tensor([2.5000])
    """
    reduction = reduction_named("margin_ranking_loss", reduction)
    losses = k.clamp_min(shifted(k.mul(-target, k.sub(input1, input2)), margin), 0)
    return reduced(k, losses, reduction)


_TINY = 1e-12  # keeps the root of a square of 0 away from 0


@function("function", aten="aten::cosine_embedding_loss")
def cosine_embedding_loss(
    input1: Any, input2: Any, target: Any, margin: float = 0.0, reduction: int | str = "none"
) -> Any:
    """Return 1 minus the cosine for pairs that match, what it exceeds `margin` by for others.

    Parameters
    ----------
    input1, input2 : Tensor of shape (D,) or (N, D)
    target : Tensor of shape () or (N,)
        1 for a pair that belongs together, -1 for one that does not.
    margin : float
    reduction : {"none", "mean", "sum"}, or the number of one

    Raises
    ------
    RuntimeError
        If shapes do not fit.

    Examples
    --------
    >>> import plugrad
    >>> x = plugrad.tensor([[1.0, 0.0], [0.0, 2.0]])
    >>> plugrad.cosine_embedding_loss(x, x.flip(1), plugrad.tensor([1, -1]))
    tensor([1., 0.])
    """
    name = "cosine_embedding_loss"
    reduction = reduction_named(name, reduction)
    for each, role in ((input1, "input1"), (input2, "input2"), (target, "target")):
        require_tensor(name, each, role)
    shapes = [len(each._array.shape) for each in (target, input1, input2)]
    if shapes not in ([0, 1, 1], [1, 2, 2]):
        raise RuntimeError(
            f"{name}(): target needs one dimension less than the inputs, which have 1 or 2; found "
            f"{shapes}"
        )
    dims = (shapes[0],)
    product = k.sum_dim(k.mul(input1, input2), dims, False)
    squares = [
        shifted(k.sum_dim(k.mul(each, each), dims, False), _TINY) for each in (input1, input2)
    ]
    cosine = k.div(product, k.sqrt(k.mul(*squares)))
    together = _chosen_losses(target, 1, k.sub(k.ones_like(cosine), cosine))
    apart = _chosen_losses(target, -1, k.clamp_min(lowered(cosine, margin), 0))
    return reduced(k, k.add(together, apart), reduction)


@function("function", aten="aten::triplet_margin_loss")
def triplet_margin_loss(
    anchor: Any, positive: Any, negative: Any, margin: float = 1.0, p: float = 2.0,
    eps: float = 1e-6, swap: bool = False, reduction: int | str = "none",
) -> Any:  # fmt: skip
    """Return how much nearer a positive than a negative example is than `margin` asks; averaged.

    Parameters
    ----------
    anchor, positive, negative : Tensor of shape (D,) or (N, D)
    margin, p, eps : float
        `p` and `eps` as for `pairwise_distance`.
    swap : bool
        Whether the negative's distance to the positive counts if it is smaller.
    reduction : {"none", "mean", "sum"}, or the number of one

    Raises
    ------
    RuntimeError
        If the numbers of dimensions differ.

    References
    ----------
    Balntas et al., Learning shallow convolutional feature descriptors with triplet losses, 2016.

    Examples
    --------
    >>> import plugrad
    >>> near, far = plugrad.tensor([3.0, 0.0]), plugrad.tensor([0.0, 3.5])
    >>> plugrad.triplet_margin_loss(plugrad.zeros(2), near, far)
    tensor(0.5000)
    """
    reduction = reduction_named("triplet_margin_loss", reduction)
    for name, each in (("anchor", anchor), ("positive", positive), ("negative", negative)):
        require_tensor("triplet_margin_loss", each, name)
    sizes = [len(each._array.shape) for each in (anchor, positive, negative)]
    if len(set(sizes)) > 1:
        raise RuntimeError(
            f"triplet_margin_loss(): all three need the same number of dimensions, not {sizes}"
        )
    near = pairwise_distance(anchor, positive, p, eps)
    far = pairwise_distance(anchor, negative, p, eps)
    if swap:
        far = k.minimum(far, pairwise_distance(positive, negative, p, eps))
    losses = k.clamp_min(k.sub(shifted(near, margin), far), 0)
    return reduced(k, losses, reduction)
