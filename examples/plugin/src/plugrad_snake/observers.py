"""An observer that counts operators."""

from __future__ import annotations

from collections import Counter
from typing import Any

from plugrad.vocabulary.observers import unwatch, watch

__all__ = ["Count"]


class Count:
    """Count the operators that this thread runs inside a ``with`` block.

    Attributes
    ----------
    calls : Counter
        How often each operator ran, by the name that profiles show.
    """

    def __init__(self) -> None:
        self.calls: Counter[str] = Counter()

    def __enter__(self) -> Count:
        watch(self)
        return self

    def __exit__(self, *error: object) -> None:
        unwatch(self)

    def enter(self, op: Any, inputs: Any) -> None:
        """Be told that an operator starts."""
        self.calls[op.aten] += 1

    def leave(self, token: Any, op: Any, result: Any) -> None:
        """Be told that it has ended."""
