"""The windows of images as the columns of matrices, and back: what `fold` and `unfold` are of."""

from __future__ import annotations

from plugrad.vocabulary.forms import linear

__all__ = ["col2im", "im2col"]

im2col = linear(
    "im2col", "x; kernel, dilation, padding, stride", node="Im2ColBackward0",
    x=lambda k, g, x_shape, kernel, dilation, padding, stride: k.col2im(
        g, x_shape[len(x_shape) - len(kernel) :], kernel, dilation, padding, stride
    ),
)  # fmt: skip

# Elements of several windows are added up.
col2im = linear(
    "col2im", "x; sizes, kernel, dilation, padding, stride", node="Col2ImBackward0",
    x=lambda k, g, kernel, dilation, padding, stride: k.im2col(
        g, kernel, dilation, padding, stride
    ),
)  # fmt: skip
