"""Ranges of the user's own, in between the operators."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, wraps
from types import TracebackType
from typing import Any, ParamSpec, TypeVar

from plugrad.vocabulary import observers
from plugrad.vocabulary.registry import Operator

__all__ = ["Range", "record_function"]

P = ParamSpec("P")
R = TypeVar("R")


class Range(Operator):
    """What observers are shown of a range."""


@cache
def _range(name: str) -> Range:
    return Range(name, "composite", (), aten=name)


class record_function:
    """Context manager and decorator: gives a stretch of a program a name in profiles and traces.

    Without a profile that runs it does nothing.

    Parameters
    ----------
    name : str
    args : str, optional
        Shown with the range in traces of PyTorch; accepted, and kept as the attribute `args`.

    Raises
    ------
    TypeError
        If the name is no string.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.profiler import profile, record_function
    >>> with profile() as prf:
    ...     with record_function("outer"):
    ...         x = plugrad.ones(2)
    >>> [(event.name, len(event.cpu_children)) for event in prf.function_events]
    [('outer', 1), ('aten::ones', 2), ('aten::empty', 0), ('aten::fill_', 0)]
    """

    def __init__(self, name: str, args: str | None = None) -> None:
        if not isinstance(name, str):
            raise TypeError(f"record_function() needs a name, not {type(name).__name__}")
        self.name = name
        self.args = args
        # A stack, for one object may be entered again inside itself.
        self._entered: list[Any] = []

    def __enter__(self) -> record_function:
        self._entered.append(observers.enter(_range(self.name), ()))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        observers.leave(self._entered.pop(), _range(self.name), None)

    def __call__(self, function: Callable[P, R]) -> Callable[P, R]:
        """Return `function` so wrapped that each call of it is a range."""

        @wraps(function)
        def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
            with record_function(self.name, self.args):
                return function(*args, **kwargs)

        return wrapped
