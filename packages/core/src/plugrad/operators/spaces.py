"""What the engine itself says: vector spaces of gradients, and views of a base."""

from __future__ import annotations

from plugrad.vocabulary.forms import linear, primitive

__all__ = ["cast", "scatter_view", "sum_to", "unview", "view_of"]

# The gradient goes back to the input's own dtype and shape in `project`.
cast = linear(
    "cast", "x; kind", node="ToCopyBackward0", aten="aten::_to_copy", moves=True, x=lambda g: g
)

sum_to = linear(
    "sum_to", "x; shape", node="SumBackward1", aten="aten::sum",
    x=lambda k, g, x_shape: k.expand(g, x_shape),
)  # fmt: skip

# A view of a base by its steps, as history has it after the base was changed in place.
view_of = linear(
    "view_of", "x; steps", node="AsStridedBackward0", aten="aten::as_strided", view=True,
    x=lambda k, g, x_shape, steps: k.unview(g, x_shape, steps),
)  # fmt: skip

unview = linear(
    "unview", "x; shape, steps", aten="aten::as_strided_scatter",
    x=lambda k, g, steps: k.view_of(g, steps),
)  # fmt: skip

scatter_view = primitive(
    "scatter_view", "x, src; steps", node="AsStridedScatterBackward0",
    aten="aten::as_strided_scatter",
    x=lambda k, g, src_shape, steps: k.scatter_view(g, k.new_zeros(g, src_shape), steps),
    src=lambda k, g, steps: k.view_of(g, steps),
)  # fmt: skip
