"""What operators cost: `torch.profiler` for plugrad."""

from __future__ import annotations

__all__: list[str] = []
