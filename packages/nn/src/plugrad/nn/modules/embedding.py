"""Tables of vectors: rows that are looked up, and bags of rows."""

from __future__ import annotations

from typing import Any

import plugrad
from plugrad.nn import functional as F
from plugrad.nn import init
from plugrad.nn.modules.module import Module
from plugrad.nn.parameter import Parameter
from plugrad.tensor import Tensor

__all__ = ["Embedding", "EmbeddingBag"]


class Table(Module):
    """What looks up rows of a table: `Embedding` and `EmbeddingBag`.

    Parameters
    ----------
    weight : Tensor, optional
        The table; by default it is drawn.
    learned : bool
        Whether it requires grad.
    device, dtype : optional
        Of a table that is drawn.
    others
        As in `Embedding`.
    """

    weight: Parameter

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        padding_idx: int | None,
        max_norm: float | None,
        norm_type: float,
        scale_grad_by_freq: bool,
        sparse: bool,
        weight: Tensor | None,
        learned: bool,
        device: Any,
        dtype: Any,
    ) -> None:
        super().__init__()
        if padding_idx is not None:
            if not -num_embeddings <= padding_idx < num_embeddings:
                raise AssertionError(
                    f"padding_idx {padding_idx} is out of range for {num_embeddings} embeddings"
                )
            padding_idx %= num_embeddings
        self.num_embeddings = num_embeddings
        self.embedding_dim = embedding_dim
        self.padding_idx = padding_idx
        self.max_norm = max_norm
        self.norm_type = norm_type
        self.scale_grad_by_freq = scale_grad_by_freq
        self.sparse = sparse
        shape = (num_embeddings, embedding_dim)
        if weight is None:
            table = plugrad.empty(shape, device=device, dtype=dtype)
            self.weight = Parameter(table, requires_grad=learned)
            self.reset_parameters()
        else:
            if tuple(weight.shape) != shape:
                raise AssertionError(
                    f"the weight has shape {list(weight.shape)} instead of {list(shape)}"
                )
            self.weight = Parameter(weight, requires_grad=learned)

    def reset_parameters(self) -> None:
        """Draw the table anew."""
        init.normal_(self.weight)
        if self.padding_idx is not None:
            with plugrad.no_grad():
                self.weight[self.padding_idx].fill_(0)

    def _shown(self, *others: str) -> str:
        """Write the sizes and, of the attributes named, those that are not as by default."""
        shown = [f"{self.num_embeddings}, {self.embedding_dim}"]
        for name in others:
            value = getattr(self, name)
            usual = 2.0 if name == "norm_type" else None
            if value is not None and value is not False and value != usual:
                shown.append(f"{name}={value!r}")
        return ", ".join(shown)


class Embedding(Table):
    """A table of vectors, looked up by integers.

    Parameters
    ----------
    num_embeddings, embedding_dim : int
        The numbers of rows and columns.
    padding_idx : int, optional
        A row that is all 0 at first, and never learned.
    max_norm, norm_type : float, optional
        Rows that are looked up and have a larger norm are scaled down to it, in place.
    scale_grad_by_freq : bool
        Whether gradients are divided by how often their row is looked up.
    sparse : bool
        Accepted, but gradients are dense.
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
    Shapes: integers of any shape to (..., embedding_dim).

    Examples
    --------
    >>> import plugrad
    >>> from plugrad import nn
    >>> nn.Embedding(10, 3)(plugrad.tensor([[1, 2], [4, 5]])).shape
    plugrad.Size([2, 2, 3])
    """

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        padding_idx: int | None = None,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        sparse: bool = False,
        _weight: Tensor | None = None,
        _freeze: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(
            num_embeddings, embedding_dim, padding_idx, max_norm, norm_type, scale_grad_by_freq,
            sparse, _weight, not _freeze, device, dtype,
        )  # fmt: skip

    def forward(self, input: Tensor) -> Tensor:
        """Return the rows that `input` names."""
        return F.embedding(
            input,
            self.weight,
            self.padding_idx,
            self.max_norm,
            self.norm_type,
            self.scale_grad_by_freq,
            self.sparse,
        )

    def extra_repr(self) -> str:
        """Show the sizes, and what differs from the defaults."""
        return self._shown("padding_idx", "max_norm", "norm_type", "scale_grad_by_freq", "sparse")

    @classmethod
    def from_pretrained(
        cls,
        embeddings: Tensor,
        freeze: bool = True,
        padding_idx: int | None = None,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        sparse: bool = False,
    ) -> Embedding:
        """Return an embedding of a given table.

        Parameters
        ----------
        embeddings : Tensor of shape (num_embeddings, embedding_dim)
        freeze : bool
            Whether it is not learned.
        padding_idx, max_norm, norm_type, scale_grad_by_freq, sparse
            As in the class.
        """
        return cls(
            *_sizes(embeddings), padding_idx, max_norm, norm_type, scale_grad_by_freq, sparse,
            embeddings, freeze,
        )  # fmt: skip


class EmbeddingBag(Table):
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
        super().__init__(
            num_embeddings, embedding_dim, padding_idx, max_norm, norm_type, scale_grad_by_freq,
            sparse, _weight, True, device, dtype,
        )  # fmt: skip
        self.mode = mode
        self.include_last_offset = include_last_offset

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
        """Show the sizes, the mode, and what differs from the defaults."""
        return self._shown("max_norm", "norm_type", "scale_grad_by_freq", "mode", "padding_idx")

    @classmethod
    def from_pretrained(
        cls,
        embeddings: Tensor,
        freeze: bool = True,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        mode: str = "mean",
        sparse: bool = False,
        include_last_offset: bool = False,
        padding_idx: int | None = None,
    ) -> EmbeddingBag:
        """Return bags of a given table.

        Parameters
        ----------
        embeddings : Tensor of shape (num_embeddings, embedding_dim)
        freeze : bool
            Whether it is not learned.
        max_norm, norm_type, scale_grad_by_freq, mode, sparse, include_last_offset, padding_idx
            As in the class.
        """
        bag = cls(
            *_sizes(embeddings), max_norm, norm_type, scale_grad_by_freq, mode, sparse, embeddings,
            include_last_offset, padding_idx,
        )  # fmt: skip
        bag.weight.requires_grad = not freeze
        return bag


def _sizes(table: Tensor) -> tuple[int, int]:
    """Return the numbers of rows and columns of a table.

    Raises
    ------
    AssertionError
        If it is no matrix.
    """
    if table.ndim != 2:
        raise AssertionError(f"the table must have 2 dimensions, not {table.ndim}")
    rows, columns = table.shape
    return rows, columns
