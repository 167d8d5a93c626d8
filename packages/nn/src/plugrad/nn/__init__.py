"""Neural-network modules, functions and losses: `torch.nn` for plugrad."""

from __future__ import annotations

__all__: list[str] = []
