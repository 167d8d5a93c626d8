"""Bags of embeddings."""

from __future__ import annotations

from typing import Any

import plugrad
from plugrad.nn import functional as F
from plugrad.nn import init
from plugrad.nn.modules.module import Module
from plugrad.nn.parameter import Parameter
from plugrad.tensor import Tensor

__all__ = ["EmbeddingBag"]


class EmbeddingBag(Module):
    """A table of vectors, of which sums, means or maxima are looked up.

    Parameters
    ----------
    num_embeddings, embedding_dim : int
        The numbers of rows and columns.
    max_norm, norm_type : float, optional
        Rows that are looked up and have a larger norm are scaled down to it, in place.
    scale_grad_by_freq : bool
        Whether gradients are divided by how often their row was looked up.
    mode : {"mean", "sum", "max"}
    sparse : bool
        Accepted, but gradients are dense.
    include_last_offset : bool
        Whether a last offset tells where the last bag ends.
    padding_idx : int, optional
        A row that does not count, and is all 0 at first.
    device, dtype : optional
        Of the table.

    Attributes
    ----------
    weight : Parameter of shape (num_embeddings, embedding_dim)
        Standard normal at first.

    Raises
    ------
    AssertionError
        If `padding_idx` is no row.

    Notes
    -----
    Shapes: integers (B, L), or (L,) with offsets (B,), to (B, embedding_dim).

    Examples
    --------
    >>> import plugrad
    >>> from plugrad import nn
    >>> nn.EmbeddingBag(10, 3)(plugrad.tensor([[1, 2], [4, 5]])).shape
    plugrad.Size([2, 3])
    """

    weight: Parameter

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        mode: str = "mean",
        sparse: bool = False,
        _weight: Tensor | None = None,
        include_last_offset: bool = False,
        padding_idx: int | None = None,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.num_embeddings = num_embeddings
        self.embedding_dim = embedding_dim
        self.max_norm = max_norm
        self.norm_type = norm_type
        self.scale_grad_by_freq = scale_grad_by_freq
        if padding_idx is not None:
            if not -num_embeddings <= padding_idx < num_embeddings:
                raise AssertionError(
                    f"padding_idx {padding_idx} is out of range for {num_embeddings} embeddings"
                )
            padding_idx %= num_embeddings
        self.padding_idx = padding_idx
        shape = (num_embeddings, embedding_dim)
        if _weight is None:
            self.weight = Parameter(plugrad.empty(shape, device=device, dtype=dtype))
            self.reset_parameters()
        else:
            if tuple(_weight.shape) != shape:
                raise AssertionError(
                    f"the weight has shape {list(_weight.shape)} instead of {list(shape)}"
                )
            self.weight = Parameter(_weight)
        self.mode = mode
        self.sparse = sparse
        self.include_last_offset = include_last_offset

    def reset_parameters(self) -> None:
        """Draw the table anew."""
        init.normal_(self.weight)
        if self.padding_idx is not None:
            with plugrad.no_grad():
                self.weight[self.padding_idx].fill_(0)

    def forward(
        self,
        input: Tensor,
        offsets: Tensor | None = None,
        per_sample_weights: Tensor | None = None,
    ) -> Tensor:
        """Return what the bags hold: see `plugrad.nn.functional.embedding_bag`."""
        return F.embedding_bag(
            input,
            self.weight,
            offsets,
            self.max_norm,
            self.norm_type,
            self.scale_grad_by_freq,
            self.mode,
            self.sparse,
            per_sample_weights,
            self.include_last_offset,
            self.padding_idx,
        )

    def extra_repr(self) -> str:
        """Show the sizes, and what differs from the defaults."""
        shown = [f"{self.num_embeddings}, {self.embedding_dim}"]
        if self.max_norm is not None:
            shown.append(f"max_norm={self.max_norm}")
        if self.norm_type != 2:
            shown.append(f"norm_type={self.norm_type}")
        if self.scale_grad_by_freq:
            shown.append(f"scale_grad_by_freq={self.scale_grad_by_freq}")
        shown.append(f"mode={self.mode!r}")
        if self.padding_idx is not None:
            shown.append(f"padding_idx={self.padding_idx}")
        return ", ".join(shown)

    @classmethod
    def from_pretrained(
        cls, embeddings: Tensor, freeze: bool = True, **options: Any
    ) -> EmbeddingBag:
        """Return bags of a given table.

        Parameters
        ----------
        embeddings : Tensor of shape (num_embeddings, embedding_dim)
        freeze : bool
            Whether it is not learned.
        **options
            What `EmbeddingBag` takes besides.
        """
        if embeddings.ndim != 2:
            raise AssertionError(f"the table must have 2 dimensions, not {embeddings.ndim}")
        number, dim = embeddings.shape
        bag = cls(number, dim, _weight=embeddings, **options)
        bag.weight.requires_grad = not freeze
        return bag
