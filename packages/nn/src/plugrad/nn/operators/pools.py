"""The pooling functions that PyTorch has beside its tensors; the others are in its nn package."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from plugrad.nn.operators.pooling import adaptive_averages, adaptive_maxima, averages, maxima
from plugrad.vocabulary.forms import function

__all__ = [
    "adaptive_avg_pool1d",
    "adaptive_max_pool1d",
    "avg_pool1d",
    "max_pool1d",
    "max_pool1d_with_indices",
    "max_pool2d",
    "max_pool3d",
]

Many = int | Sequence[int]

_MAX_POOL = """Return the largest element of each window over the last {words}.

    Parameters
    ----------
    input : Tensor of shape (n, channels, ...), or without n
    kernel_size : int or sequence of int
        The sizes of a window.
    stride : int or sequence of int, optional
        The steps between windows; by default they lie side by side.
    padding : int or sequence of int
        How far windows reach over both ends; at most half their size.
    dilation : int or sequence of int
        The steps between the elements of a window.
    ceil_mode : bool
        Whether a last window may reach over the end.

    Returns
    -------
    {returns}

    Raises
    ------
    RuntimeError
        If shapes or numbers do not fit.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.{name}(plugrad.arange(8.0).reshape({shape}), 2){picked}
    {result}
    """


def _public(count: int, suffix: str = "") -> Any:
    name = f"max_pool{count}d{suffix}"

    def max_pool(
        input: Any, kernel_size: Many, stride: Any = None, padding: Many = 0, dilation: Many = 1,
        ceil_mode: bool = False,
    ) -> Any:  # fmt: skip
        with_indices = bool(suffix)
        return maxima(
            name, count, input, kernel_size, stride, padding, dilation, ceil_mode, with_indices
        )

    max_pool.__name__ = max_pool.__qualname__ = name
    max_pool.__doc__ = _MAX_POOL.format(
        words=f"{('', 'two ', 'three ')[count - 1]}dimension{'s' if count > 1 else ''}",
        returns="Tensor\n        And where they are, of int64." if suffix else "Tensor",
        name=name,
        shape={1: "1, 8", 2: "1, 2, 4", 3: "1, 2, 2, 2"}[count],
        picked="[1]" if suffix else "",
        result={
            "max_pool1d": "tensor([[1., 3., 5., 7.]])",
            "max_pool1d_with_indices": "tensor([[1, 3, 5, 7]])",
            "max_pool2d": "tensor([[[5., 7.]]])",
            "max_pool3d": "tensor([[[[7.]]]])",
        }[name],
    )
    return function("function")(max_pool)


max_pool1d = _public(1)
max_pool2d = _public(2)
max_pool3d = _public(3)
max_pool1d_with_indices = _public(1, "_with_indices")


@function("function")
def avg_pool1d(
    input: Any, kernel_size: Many, stride: Any = None, padding: Many = 0, ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Any:  # fmt: skip
    """Return the mean of each window over the last dimension.

    Parameters
    ----------
    input : Tensor of shape (n, channels, size), or without n
    kernel_size, stride, padding, ceil_mode
        See `plugrad.max_pool1d`; padded elements are 0.
    count_include_pad : bool
        Whether they count.

    Returns
    -------
    Tensor

    Raises
    ------
    RuntimeError
        If shapes or numbers do not fit.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.avg_pool1d(plugrad.tensor([[1.0, 2.0, 3.0, 4.0]]), 2)
    tensor([[1.5000, 3.5000]])
    """
    return averages(
        "avg_pool1d", 1, input, kernel_size, stride, padding, ceil_mode, count_include_pad
    )


@function("function")
def adaptive_avg_pool1d(input: Any, output_size: Many) -> Any:
    """Return the means of `output_size` windows that share the last dimension evenly.

    Parameters
    ----------
    input : Tensor of shape (n, channels, size), or without n
    output_size : int

    Returns
    -------
    Tensor

    Raises
    ------
    RuntimeError
        If shapes do not fit.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.adaptive_avg_pool1d(plugrad.tensor([[1.0, 2.0, 3.0]]), 2)
    tensor([[1.5000, 2.5000]])
    """
    return adaptive_averages("adaptive_avg_pool1d", 1, input, output_size)


@function("function")
def adaptive_max_pool1d(input: Any, output_size: Many) -> Any:
    """Return the largest elements of windows that share the last dimension, and where they are.

    Parameters
    ----------
    input : Tensor of shape (n, channels, size), or without n
    output_size : int

    Returns
    -------
    tuple of Tensor

    Raises
    ------
    RuntimeError
        If shapes do not fit.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.adaptive_max_pool1d(plugrad.tensor([[1.0, 3.0, 2.0]]), 2)
    (tensor([[3., 3.]]), tensor([[1, 1]]))
    """
    return adaptive_maxima("adaptive_max_pool1d", 1, input, output_size)
