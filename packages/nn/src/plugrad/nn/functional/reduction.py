"""Choices that functions make where PyTorch lets an argument out."""

from __future__ import annotations

import warnings

__all__ = ["implicit_softmax_dim"]


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
