"""Samples of shapes, views, joining, splitting and moving elements: exact, for nothing is computed.

Views are followed by an operation in some samples, so that gradients of all strides flow back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from plugrad.testing.samples import Input, Sample, integers, real

__all__ = ["SAMPLES", "moved"]

PROMOTED = {"float32_agrees_with_float64": "the result is float64 by promotion"}
LAYOUT = {"layout_does_not_matter": "it is about the layout"}
COMPLEX = ("float32", "float64", "complex64", "complex128")


def moved(name: str, call: Callable[..., Any], *inputs: Input, **options: Any) -> Sample:
    """Return a sample of a call that only moves elements."""
    return Sample(name, call, inputs, **{"exact": True, **options})


def _views() -> Iterator[Sample]:
    yield moved("view", lambda t, x: x.view(4, 3), real(3, 4), dtypes=COMPLEX, skip=LAYOUT)
    yield moved("view", lambda t, x: x.view((2, -1)), real(3, 4), label="inferred", skip=LAYOUT)
    yield moved("view", lambda t, x: x.view([]), real(1), label="number")
    yield moved("view", lambda t, x: x.view(1, 1), real(), label="number")
    yield moved("view", lambda t, x: x.view(0, 5), real(2, 0), label="empty")
    yield moved("view", lambda t, x: x[:, :2].view(3, 1, 2), real(3, 4), label="with gaps")
    yield moved("view", lambda t, x: x.view(size=(6, 2)) * 2, real(3, 4), label="then", skip=LAYOUT)
    yield moved(
        "view",
        lambda t, x: x.detach().view(t.int32).float(),
        real(3, 4),
        dtypes=("float32",),
        label="bits",
        skip={
            "gradient_is_the_derivative": "bits have no derivative",
            "float32_agrees_with_float64": "bits differ",
        },
        second=False,
    )
    yield moved("view_as", lambda t, x, y: x.view_as(y), real(2, 6), real(3, 4), skip=LAYOUT)
    yield moved("reshape", lambda t, x: x.reshape(2, 6), real(3, 4), dtypes=COMPLEX)
    yield moved("reshape", lambda t, x: t.reshape(x, (-1,)), real(3, 4), label="flat")
    yield moved("reshape", lambda t, x: x.t().reshape(2, 6), real(3, 4), label="copy")
    yield moved("reshape", lambda t, x: x.t().reshape(4, 3, 1), real(3, 4), label="alias")
    yield moved("reshape", lambda t, x: x.reshape(()), real(1, 1), label="number")
    yield moved("reshape", lambda t, x: x.expand(3, 4).reshape(-1), real(4), label="expanded")
    yield moved("reshape_as", lambda t, x, y: x.t().reshape_as(y), real(3, 4), real(2, 6))
    yield moved("flatten", lambda t, x: x.flatten(), real(2, 3, 4))
    yield moved("flatten", lambda t, x: t.flatten(x, 1, -1), real(2, 3, 4), label="from")
    yield moved("flatten", lambda t, x: x.flatten(), real(), label="number")
    yield moved("flatten", lambda t, x: x.permute(2, 0, 1).flatten(1), real(2, 3, 4), label="copy")
    yield moved("ravel", lambda t, x: x.ravel(), real(2, 3))
    yield moved("ravel", lambda t, x: t.ravel(x.t()), real(2, 3), label="copy")
    yield moved("unflatten", lambda t, x: x.unflatten(1, (2, -1)), real(3, 4))
    yield moved("unflatten", lambda t, x: t.unflatten(x, -2, [3, 1]), real(3, 4), label="first")
    yield moved("contiguous", lambda t, x: x.t().contiguous(), real(3, 4))
    yield moved("contiguous", lambda t, x: x.contiguous() * 2, real(3, 4), label="itself")
    yield moved("squeeze", lambda t, x: x.squeeze(), real(1, 3, 1))
    yield moved("squeeze", lambda t, x: x.squeeze(0), real(1, 3, 1), label="one")
    yield moved("squeeze", lambda t, x: t.squeeze(x, -2), real(1, 3, 1), label="kept")
    yield moved("squeeze", lambda t, x: x.squeeze((0, -1)), real(1, 3, 1), label="several")
    yield moved("squeeze", lambda t, x: x.squeeze(0), real(), label="number")
    yield moved("unsqueeze", lambda t, x: x.unsqueeze(0), real(3, 4))
    yield moved("unsqueeze", lambda t, x: t.unsqueeze(x.t(), -1), real(3, 4), label="last")
    yield moved("unsqueeze", lambda t, x: x.unsqueeze(-1), real(), label="number")
    yield moved("expand", lambda t, x: x.expand(2, -1, 4), real(3, 1), dtypes=COMPLEX)
    yield moved("expand", lambda t, x: x.expand((2, 3)) * 1, real(), label="number")
    yield moved("expand", lambda t, x: x.expand(3, 4), real(3, 4), label="same")
    yield moved("expand", lambda t, x: x.expand(0, 3), real(3), label="empty")
    yield moved("expand_as", lambda t, x, y: x.expand_as(y), real(4), real(3, 4))
    yield moved("broadcast_to", lambda t, x: t.broadcast_to(x, (2, 3, 4)), real(3, 1))
    yield moved("broadcast_tensors", lambda t, x, y: t.broadcast_tensors(x, y), real(3, 1), real(4))


def _axes() -> Iterator[Sample]:
    yield moved("permute", lambda t, x: x.permute(2, 0, 1), real(2, 3, 4), dtypes=COMPLEX)
    yield moved("permute", lambda t, x: t.permute(x, (0, -1, 1)), real(2, 3, 4), label="negative")
    yield moved("permute", lambda t, x: x.permute(()), real(), label="number")
    yield moved("transpose", lambda t, x: x.transpose(0, -1), real(2, 3, 4), dtypes=COMPLEX)
    yield moved("transpose", lambda t, x: t.transpose(x, 0, 0), real(), label="number")
    yield moved("swapaxes", lambda t, x: x.swapaxes(0, 1), real(3, 4))
    yield moved("swapdims", lambda t, x: t.swapdims(x, 0, 1), real(3, 4))
    yield moved("t", lambda t, x: x.t(), real(3, 4), dtypes=COMPLEX)
    yield moved("t", lambda t, x: t.t(x), real(3), label="vector")
    yield moved("T", lambda t, x: x.T, real(3, 4))
    yield moved("mT", lambda t, x: x.mT, real(2, 3, 4))
    yield moved("H", lambda t, x: x.H, real(3, 4))
    yield moved("mH", lambda t, x: x.mH, real(2, 3, 4))
    yield moved("adjoint", lambda t, x: t.adjoint(x), real(2, 3, 4))
    yield moved("movedim", lambda t, x: x.movedim(0, 2), real(2, 3, 4))
    yield moved("movedim", lambda t, x: t.movedim(x, (0, 1), (-1, 0)), real(2, 3, 4), label="two")
    yield moved("moveaxis", lambda t, x: t.moveaxis(x, 1, 0), real(2, 3, 4))


def _parts() -> Iterator[Sample]:
    yield moved("select", lambda t, x: x.select(1, -1), real(3, 4), dtypes=COMPLEX)
    yield moved("select", lambda t, x: t.select(x, 0, 2), real(3), label="number")
    yield moved("narrow", lambda t, x: x.narrow(1, 1, 2), real(3, 4))
    yield moved("narrow", lambda t, x: t.narrow(x, 0, -2, 2), real(3, 4), label="negative")
    yield moved("narrow_copy", lambda t, x: x.narrow_copy(1, 1, 2), real(3, 4))
    yield moved("diagonal", lambda t, x: x.diagonal(), real(3, 4), dtypes=COMPLEX)
    yield moved("diagonal", lambda t, x: t.diagonal(x, -1, 2, 0), real(2, 3, 4), label="batch")
    yield moved("diagonal", lambda t, x: x.diagonal(9), real(3, 4), label="outside")
    yield moved("unfold", lambda t, x: x.unfold(1, 2, 2), real(3, 4), dtypes=COMPLEX)
    yield moved("unfold", lambda t, x: x.unfold(0, 3, 1), real(5), label="overlapping")
    yield moved("unfold", lambda t, x: x.unfold(-2, 2, 1), real(3, 4), label="negative")
    yield moved("as_strided", lambda t, x: x.as_strided((2, 2), (1, 4)), real(3, 4), skip=LAYOUT)
    yield moved(
        "as_strided",
        lambda t, x: t.as_strided(x, (3, 2), (1, 1), 2),
        real(6),
        label="overlapping",
        skip=LAYOUT,
    )
    yield moved(
        "as_strided_scatter",
        lambda t, x, y: t.as_strided_scatter(x, y, (2, 2), (1, 4), 1),
        real(3, 4),
        real(2, 2),
        skip=LAYOUT,
    )
    yield moved(
        "select_scatter", lambda t, x, y: t.select_scatter(x, y, 0, -1), real(3, 4), real(4)
    )
    yield moved(
        "slice_scatter", lambda t, x, y: t.slice_scatter(x, y, 1, 0, 4, 2), real(3, 4), real(3, 2)
    )
    yield moved("diagonal_scatter", lambda t, x, y: x.diagonal_scatter(y, 1), real(3, 4), real(3))


def _joining() -> Iterator[Sample]:
    yield moved("cat", lambda t, x, y: t.cat([x, y]), real(2, 3), real(1, 3), dtypes=COMPLEX)
    yield moved("cat", lambda t, x, y: t.cat((x, y), dim=-1), real(2, 3), real(2, 1), label="last")
    yield moved(
        "cat",
        lambda t, x, y: t.cat([x, y.double()]),
        real(2),
        real(3),
        label="promoted",
        skip=PROMOTED,
    )
    yield moved("cat", lambda t, x, y: t.cat([x, y], 1), real(0), real(2, 3), label="nothing")
    yield moved("cat", lambda t, x, y: t.cat([x, y]), real(2, 3), integers(1, 3), label="mixed")
    yield moved("cat", lambda t, x: t.cat([x.t(), x.t()]), real(2, 3), label="turned")
    yield moved("concat", lambda t, x: t.concat([x, x, x]), real(2))
    yield moved(
        "concatenate", lambda t, x, y: t.concatenate([x, y], axis=1), real(2, 1), real(2, 2)
    )
    yield moved("stack", lambda t, x, y: t.stack([x, y]), real(2, 3), real(2, 3), dtypes=COMPLEX)
    yield moved("stack", lambda t, x, y: t.stack((x, y), -1), real(2, 3), real(2, 3), label="last")
    yield moved(
        "stack",
        lambda t, x, y: t.stack([x, y.double()]),
        real(),
        real(),
        label="numbers",
        skip=PROMOTED,
    )
    yield moved("hstack", lambda t, x, y: t.hstack([x, y]), real(2), real(3))
    yield moved("hstack", lambda t, x, y: t.hstack([x, y]), real(2, 1), real(2, 3))
    yield moved("hstack", lambda t, x, y: t.hstack([x, y]), real(), real())
    yield moved("vstack", lambda t, x, y: t.vstack([x, y]), real(3), real(2, 3))
    yield moved("row_stack", lambda t, x, y: t.row_stack([x, y]), real(3), real(3))
    yield moved("dstack", lambda t, x, y: t.dstack([x, y]), real(2), real(2))
    yield moved("dstack", lambda t, x, y: t.dstack([x, y]), real(2, 3), real(2, 3))
    yield moved("column_stack", lambda t, x, y: t.column_stack([x, y]), real(2), real(2, 3))
    yield moved("atleast_1d", lambda t, x, y: t.atleast_1d(x, y), real(), real(2, 3))
    yield moved("atleast_2d", lambda t, x, y: t.atleast_2d([x, y]), real(), real(2))
    yield moved("atleast_3d", lambda t, x, y: t.atleast_3d(x, y), real(2), real(2, 3))
    yield moved("meshgrid", lambda t, x, y: t.meshgrid(x, y, indexing="ij"), real(2), real(3))
    yield moved("meshgrid", lambda t, x, y: t.meshgrid([x, y], indexing="xy"), real(2), real())
    yield moved("cartesian_prod", lambda t, x, y: t.cartesian_prod(x, y), real(2), real(3))
    yield moved("combinations", lambda t, x: t.combinations(x), real(4))
    yield moved("combinations", lambda t, x: t.combinations(x, 3, True), real(3), label="three")
    yield moved("block_diag", lambda t, x, y: t.block_diag(x, y), real(2, 3), real(2))
    yield moved("block_diag", lambda t, x, y: t.block_diag(x, y), real(), integers(2, 1))


def _splitting() -> Iterator[Sample]:
    yield moved("split", lambda t, x: x.split(2), real(5, 2), dtypes=COMPLEX)
    yield moved("split", lambda t, x: t.split(x, 2, 1)[1], real(2, 5), label="one")
    yield moved("split", lambda t, x: t.split(x, [1, 4], dim=-1), real(2, 5), label="sizes")
    yield moved("split_with_sizes", lambda t, x: x.split_with_sizes([2, 0, 3]), real(5))
    yield moved("chunk", lambda t, x: x.chunk(3), real(5, 2))
    yield moved("chunk", lambda t, x: t.chunk(x, 2, 1)[1], real(2, 5), label="one")
    yield moved("chunk", lambda t, x: x.chunk(2), real(0, 3), label="empty")
    yield moved("unbind", lambda t, x: x.unbind(), real(3, 2), dtypes=COMPLEX)
    yield moved("unbind", lambda t, x: t.unbind(x, 1)[0], real(3, 2), label="one")
    yield moved("tensor_split", lambda t, x: x.tensor_split(3), real(5, 2))
    yield moved("tensor_split", lambda t, x: t.tensor_split(x, (1, -1), 1), real(2, 5))
    yield moved(
        "tensor_split", lambda t, x: x.tensor_split(t.tensor([1, 9])), real(5), label="tensor"
    )
    yield moved("hsplit", lambda t, x: x.hsplit(2), real(2, 4))
    yield moved("hsplit", lambda t, x: t.hsplit(x, [1]), real(4))
    yield moved("vsplit", lambda t, x: x.vsplit(2), real(4, 2))
    yield moved("dsplit", lambda t, x: x.dsplit([1, 2]), real(1, 2, 3))


def _arranging() -> Iterator[Sample]:
    yield moved("flip", lambda t, x: x.flip(0), real(3, 4), dtypes=COMPLEX)
    yield moved("flip", lambda t, x: t.flip(x, (0, -1)), real(2, 3, 4), label="two")
    yield moved("flip", lambda t, x: x.flip(()), real(3), label="none")
    yield moved("fliplr", lambda t, x: t.fliplr(x), real(3, 4))
    yield moved("flipud", lambda t, x: x.flipud(), real(3, 4))
    yield moved("roll", lambda t, x: x.roll(1), real(3, 4), dtypes=COMPLEX)
    yield moved("roll", lambda t, x: t.roll(x, -1, 1), real(3, 4), label="along")
    yield moved("roll", lambda t, x: x.roll((1, 5), (0, 1)), real(3, 4), label="two")
    yield moved("rot90", lambda t, x: x.rot90(), real(3, 4))
    yield moved("rot90", lambda t, x: t.rot90(x, 2, (1, 0)), real(3, 4), label="half")
    yield moved("rot90", lambda t, x: x.rot90(-1, [1, 2]), real(2, 3, 4), label="back")
    yield moved("rot90", lambda t, x: x.rot90(4), real(3, 4), label="none")
    yield moved("repeat", lambda t, x: x.repeat(2, 3), real(2, 2), dtypes=COMPLEX)
    yield moved("repeat", lambda t, x: x.repeat((2, 1, 2)), real(3), label="more")
    yield moved("repeat", lambda t, x: x.repeat(0, 2), real(2), label="nothing")
    yield moved("tile", lambda t, x: x.tile(2), real(2, 2))
    yield moved("tile", lambda t, x: t.tile(x, (2, 2)), real(3), label="more")
    yield moved("repeat_interleave", lambda t, x: x.repeat_interleave(2), real(2, 2))
    yield moved(
        "repeat_interleave", lambda t, x: x.repeat_interleave(3, -1), real(2, 2), label="dim"
    )
    yield moved(
        "repeat_interleave", lambda t, x, n: t.repeat_interleave(x, n, 0), real(3, 2), integers(3)
    )
    yield moved("repeat_interleave", lambda t, n: t.repeat_interleave(n), integers(4))
    yield moved(
        "tril", lambda t, x: x.tril(), real(3, 4), inplace=lambda t, x: x.tril_(), dtypes=COMPLEX
    )
    yield moved(
        "tril",
        lambda t, x: t.tril(x, 1),
        real(2, 3, 3),
        label="above",
        inplace=lambda t, x: x.tril_(1),
    )
    yield moved("triu", lambda t, x: x.triu(), real(3, 4), inplace=lambda t, x: x.triu_())
    yield moved("triu", lambda t, x: t.triu(x, diagonal=-1), real(4, 3), label="below")
    yield moved("diag", lambda t, x: x.diag(), real(3))
    yield moved("diag", lambda t, x: t.diag(x, 1), real(3, 4))
    yield moved("diag_embed", lambda t, x: t.diag_embed(x), real(2, 3))
    yield moved("diag_embed", lambda t, x: x.diag_embed(-1, 0, 2), real(2, 3), label="placed")
    yield moved("diagflat", lambda t, x: x.diagflat(), real(2, 2))
    yield moved("diagflat", lambda t, x: t.diagflat(x, -1), real(), label="number")


def _then() -> Iterator[Sample]:
    """Yield views that are squared: so their gradients have gradients themselves."""

    def squared(name: str, call: Callable[..., Any], *inputs: Input, **options: Any) -> Sample:
        def then(t: Any, *tensors: Any) -> Any:
            return call(t, *tensors).square()

        return moved(name, then, *inputs, label="squared", **options)

    yield squared("select", lambda t, x: x.select(1, 2), real(2, 3))
    yield squared("narrow", lambda t, x: x.narrow(1, 1, 2), real(2, 4))
    yield squared("diagonal", lambda t, x: x.diagonal(1), real(3, 4))
    yield squared("unfold", lambda t, x: x.unfold(0, 3, 1), real(5))
    yield squared("unfold", lambda t, x: x.unfold(1, 2, 2), real(2, 4))
    yield squared("as_strided", lambda t, x: x.as_strided((2, 2), (1, 3), 1), real(6), skip=LAYOUT)
    yield squared("view", lambda t, x: x.view(-1), real(2, 3), skip=LAYOUT)
    yield squared("permute", lambda t, x: x.permute(1, 0), real(2, 3))
    yield squared("expand", lambda t, x: x.expand(2, 3), real(3))
    yield squared("repeat", lambda t, x: x.repeat(2, 2), real(3))
    yield squared("split", lambda t, x: x.split(2)[1], real(3))
    yield squared("unbind", lambda t, x: x.unbind(1)[1], real(2, 3))
    yield squared("cat", lambda t, x, y: t.cat([x, y]), real(2), real(3))
    yield squared("stack", lambda t, x, y: t.stack([x, y]), real(2), real(2))
    yield squared("block_diag", lambda t, x, y: t.block_diag(x, y), real(2), real(1, 2))
    yield squared(
        "as_strided_scatter", lambda t, x, y: x.as_strided_scatter(y, (2,), (3,)), real(6), real(2),
        skip=LAYOUT,
    )  # fmt: skip
    yield squared("select_scatter", lambda t, x, y: x.select_scatter(y, 0, 1), real(2, 3), real(3))
    yield squared(
        "slice_scatter", lambda t, x, y: x.slice_scatter(y, 1, 1, 3), real(2, 3), real(2, 2)
    )
    yield squared("diagonal_scatter", lambda t, x, y: x.diagonal_scatter(y), real(2, 3), real(2))


def _restrided(name: str, change: Callable[[Any], Any], *shape: int, **options: Any) -> Sample:
    """Return a sample of a tensor that changes its own shape, under a view of it."""

    def call(t: Any, x: Any) -> Any:
        y = x.clone()
        seen = y[0]
        return change(y).square(), seen.square()

    return moved(name, call, real(*shape), **options)


def _in_place() -> Iterator[Sample]:
    yield _restrided("t_", lambda y: y.t_(), 2, 3)
    yield _restrided("transpose_", lambda y: y.transpose_(0, -1), 2, 3, 1)
    yield _restrided("swapaxes_", lambda y: y.swapaxes_(0, 1), 2, 3)
    yield _restrided("swapdims_", lambda y: y.swapdims_(1, 0), 2, 3)
    yield _restrided("as_strided_", lambda y: y.as_strided_((3, 2), (1, 3)), 2, 3, skip=LAYOUT)
    yield _restrided("unsqueeze_", lambda y: y.unsqueeze_(1), 2, 3)
    yield _restrided("squeeze_", lambda y: y.squeeze_(), 2, 1, 3)
    yield _restrided("squeeze_", lambda y: y.squeeze_(1), 3, 1, 2)
    yield _restrided("squeeze_", lambda y: y.squeeze_((1, -1)), 2, 1, 1)


SAMPLES = [
    *_views(),
    *_then(),
    *_in_place(),
    *_axes(),
    *_parts(),
    *_joining(),
    *_splitting(),
    *_arranging(),
]
