"""Distances between vectors, and products of two of them."""

from __future__ import annotations

from collections.abc import Callable

import plugrad
from plugrad.tensor import Tensor

__all__ = ["bilinear", "cosine_similarity", "pairwise_distance", "pdist"]

cosine_similarity: Callable[..., Tensor] = plugrad.cosine_similarity
pairwise_distance: Callable[..., Tensor] = plugrad.pairwise_distance
pdist: Callable[..., Tensor] = plugrad.pdist
bilinear: Callable[..., Tensor] = plugrad.bilinear
