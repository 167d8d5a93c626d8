"""Choices that functions make where PyTorch lets an argument out, or still takes an old one."""

from __future__ import annotations

import warnings

__all__ = ["implicit_softmax_dim", "reduction_from"]


def implicit_softmax_dim(name: str, ndim: int, dim: int | None) -> int:
    """Return the dimension of a softmax, guessed with a warning where it was left out."""
    if dim is not None:
        return dim
    guess = 0 if ndim in (0, 1, 3) else 1
    warnings.warn(
        f"{name}() was called without dim, and takes {guess} for {ndim} dimensions; pass it",
        UserWarning,
        stacklevel=3,
    )
    return guess


def reduction_from(size_average: bool | None, reduce: bool | None, reduction: str) -> str:
    """Return the reduction, which the old arguments `size_average` and `reduce` may overrule."""
    if size_average is None and reduce is None:
        return reduction
    meant = "none" if reduce is False else "sum" if size_average is False else "mean"
    warnings.warn(
        f"size_average and reduce are old; pass reduction={meant!r} instead",
        UserWarning,
        stacklevel=3,
    )
    return meant
