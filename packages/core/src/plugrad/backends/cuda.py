"""``plugrad.backends.cuda``: settings of products on CUDA devices; kept, without effect."""

from __future__ import annotations

from types import SimpleNamespace

from plugrad import cuda

__all__ = ["is_built", "matmul"]

matmul = SimpleNamespace(
    allow_tf32=False,
    allow_fp16_reduced_precision_reduction=True,
    allow_bf16_reduced_precision_reduction=True,
)


def is_built() -> bool:
    """Return whether a backend for CUDA devices can be used."""
    return cuda.is_available()
