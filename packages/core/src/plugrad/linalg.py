"""Linear algebra, under the names of ``torch.linalg``."""

from __future__ import annotations

from plugrad.operators.norms import vector_norm

__all__ = ["vector_norm"]
