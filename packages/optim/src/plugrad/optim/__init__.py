"""Optimizers: `torch.optim` for plugrad."""

from __future__ import annotations

__all__: list[str] = []
