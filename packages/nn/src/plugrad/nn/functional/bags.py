"""Bags of rows of a table."""

from __future__ import annotations

import plugrad
from plugrad.operators.embedding import bound_norms
from plugrad.tensor import Tensor

__all__ = ["embedding_bag"]

_MODES = ("sum", "mean", "max")


def embedding_bag(
    input: Tensor,
    weight: Tensor,
    offsets: Tensor | None = None,
    max_norm: float | None = None,
    norm_type: float = 2,
    scale_grad_by_freq: bool = False,
    mode: str = "mean",
    sparse: bool = False,
    per_sample_weights: Tensor | None = None,
    include_last_offset: bool = False,
    padding_idx: int | None = None,
) -> Tensor:
    """Return the sum, mean or maximum of bags of rows of a table.

    Parameters
    ----------
    input : Tensor of shape (b, l), or (l,) with `offsets`
        Rows of the table.
    weight : Tensor of shape (n, m)
        The table.
    offsets : Tensor of shape (b,), optional
        Where each bag begins.
    max_norm, norm_type : float, optional
        Rows that are looked up and have a larger norm are first scaled down to it, in place.
    scale_grad_by_freq : bool
        Whether gradients are divided by how often their row was looked up.
    mode : {"mean", "sum", "max"}
    sparse : bool
        Accepted, but gradients are dense.
    per_sample_weights : Tensor in the shape of `input`, optional
        Factors, for mode ``"sum"``.
    include_last_offset : bool
        Whether a last offset tells where the last bag ends.
    padding_idx : int, optional
        A row that does not count.

    Raises
    ------
    ValueError
        If shapes or choices do not fit.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.nn import functional as F
    >>> F.embedding_bag(plugrad.tensor([[0, 1]]), plugrad.eye(2))
    tensor([[0.5000, 0.5000]])
    """
    if per_sample_weights is not None and per_sample_weights.shape != input.shape:
        raise ValueError(
            f"embedding_bag(): per_sample_weights of shape {list(per_sample_weights.shape)} must "
            f"have the shape of input, {list(input.shape)}"
        )
    if mode not in _MODES:
        raise ValueError(f"embedding_bag(): mode must be one of {_MODES}, not {mode!r}")
    if per_sample_weights is not None and mode != "sum":
        raise NotImplementedError("embedding_bag(): per_sample_weights are for mode 'sum' only")
    if mode == "max" and scale_grad_by_freq:
        raise ValueError("embedding_bag(): scale_grad_by_freq is not for mode 'max'")
    if input.dim() == 2:
        if offsets is not None:
            raise ValueError("embedding_bag(): an input of two dimensions takes no offsets")
        count, length = input.shape
        offsets = plugrad.arange(count, device=input.device) * length
        include_last_offset = False
        input = input.reshape(-1)
        if per_sample_weights is not None:
            per_sample_weights = per_sample_weights.reshape(-1)
    elif input.dim() != 1:
        raise ValueError(f"embedding_bag(): input has 1 or 2 dimensions, not {input.dim()}")
    elif offsets is None:
        raise ValueError("embedding_bag(): an input of one dimension needs offsets")
    elif offsets.dim() != 1:
        raise ValueError(f"embedding_bag(): offsets has 1 dimension, not {offsets.dim()}")
    if max_norm is not None:
        bound_norms(weight, input, max_norm, norm_type)
    result: Tensor = plugrad.embedding_bag(
        weight, input, offsets, scale_grad_by_freq, _MODES.index(mode), sparse,
        per_sample_weights, include_last_offset, padding_idx,
    )[0]  # fmt: skip
    return result
