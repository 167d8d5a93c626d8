"""What PyTorch's profiler would show of a function that runs as one step here.

``ones`` is ``aten::ones`` with ``aten::empty`` and ``aten::fill_`` inside. Observers see the same;
without observers nothing of this happens.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import TypeAlias, TypeVar

from plugrad.autograd.modes import mode
from plugrad.vocabulary.observers import named, observed
from plugrad.vocabulary.registry import Operator

__all__ = ["shown"]

Made = TypeVar("Made")
Call: TypeAlias = "tuple[Operator, bool, tuple[Call, ...]]"
"""What is shown, whether the work is done in it, and what is shown inside."""


def shown(calls: str, work: Callable[[], Made]) -> Made:
    """Return ``work()``, shown to observers as the calls that PyTorch makes for it.

    Parameters
    ----------
    calls : str
        Such as ``"ones(empty fill_*)"``: inside parentheses stand what a call makes itself, and a
        star marks the one in which the time is spent.
    work : callable
        What is to be done.
    """
    if not mode.observers:
        return work()
    found: list[Made] = []
    for call in _parsed(calls):
        _show(call, work, found)
    return found[0]


def _show(call: Call, work: Callable[[], Made], found: list[Made]) -> None:
    operator, works, parts = call

    def apply() -> Made | None:
        if works:
            found.append(work())
        for part in parts:
            _show(part, work, found)
        return found[0] if found else None

    observed(operator, (), apply)


@cache
def _parsed(calls: str) -> tuple[Call, ...]:
    """Read ``"a(b c*) d"`` as a tree."""
    tokens = iter(re.findall(r"\w+\*?|[()]", calls))

    def inside() -> tuple[Call, ...]:
        found: list[Call] = []
        for token in tokens:
            if token == ")":
                break
            if token == "(":
                operator, works, _ = found.pop()
                found.append((operator, works, inside()))
            else:
                name = token.rstrip("*")
                found.append((named(f"aten::{name}"), token != name, ()))
        return tuple(found)

    return inside()
