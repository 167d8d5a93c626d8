"""Observers: profilers and their kind, who see every operator of a thread while they watch.

A run without observers pays nothing for them: they are asked for on the slow path only, and
`watch` is what sends a thread there.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import cache, partial, wraps
from typing import Any, Protocol, TypeAlias, TypeVar, cast

from plugrad.autograd.modes import mode
from plugrad.vocabulary.registry import Operator

__all__ = ["Observer", "enter", "leave", "named", "observed", "shown_as", "unwatch", "watch"]

Public = TypeVar("Public", bound=Callable[..., Any])


class Observer(Protocol):
    """What a profiler implements."""

    def enter(self, op: Operator, inputs: tuple[Any, ...]) -> Any:
        """Be told that an operator starts; what is returned comes back to `leave`.

        Where a backward runs one of its nodes, the only input is that `Node`.
        """

    def leave(self, token: Any, op: Operator, result: Any) -> None:
        """Be told that it has ended; `result` is None where it raised."""


Entered: TypeAlias = list[tuple[Observer, Any]]
"""Who was told that something starts, and what each wants back when it ends."""


def watch(observer: Observer) -> None:
    """Let `observer` see every operator of this thread, until `unwatch`."""
    mode.observers.append(observer)
    mode.slow_down("observed")


def unwatch(observer: Observer) -> None:
    """Take `watch` back; nothing happens for an observer that does not watch."""
    if observer in mode.observers:
        mode.observers.remove(observer)
        mode.speed_up("observed")


@cache
def named(name: str) -> Operator:
    """Return what observers are shown of a step that is no operator of the vocabulary."""
    return Operator(name, "composite", (), aten=name)


def observed(op: Operator, inputs: tuple[Any, ...], apply: Callable[..., Any], *args: Any) -> Any:
    """Return ``apply(*args)``, shown to every observer as `op` on `inputs`.

    An observer that raises is dropped with a warning: the user's program goes on.
    """
    entered = enter(op, inputs)
    result = None
    try:
        result = apply(*args)
        return result
    finally:
        leave(entered, op, result)


def shown_as(what: str | Operator, *first: Any) -> Callable[[Public], Public]:
    """Let observers be shown a function as the parent of what it calls.

    Autocast, too, finds it by this name, and converts its arguments.

    Parameters
    ----------
    what : str or Operator
        The name in profiles, such as ``"aten::matmul"``; or an operator, which has one.
    *first
        What the function is to be given before its arguments.
    """

    def wrap(function: Public) -> Public:
        @wraps(function)
        def call(*args: Any, **kwargs: Any) -> Any:
            if mode.run is None:
                op = named(what) if isinstance(what, str) else what
                if mode.autocast and kwargs.get("out") is None:
                    args, kwargs = mode.cast(op.aten, (args, kwargs))
                if mode.observers:
                    return observed(op, args, partial(function, *first, *args, **kwargs))
            return function(*first, *args, **kwargs)

        return cast(Public, call)

    return wrap


def enter(op: Operator, inputs: tuple[Any, ...]) -> Entered:
    """Tell every observer that `op` starts; `leave` has to follow, with what is returned."""
    entered: Entered = []
    for observer in tuple(mode.observers):
        try:
            entered.append((observer, observer.enter(op, inputs)))
        except Exception as error:
            _drop(observer, error)
    return entered


def leave(entered: Entered, op: Operator, result: Any) -> None:
    """Tell those who saw `op` start that it has ended."""
    for observer, token in reversed(entered):
        try:
            observer.leave(token, op, result)
        except Exception as error:
            _drop(observer, error)


def _drop(observer: Observer, error: Exception) -> None:
    unwatch(observer)
    warnings.warn(
        f"the observer {type(observer).__name__} raised {type(error).__name__}: {error}; "
        "it does not watch any longer",
        RuntimeWarning,
        stacklevel=3,
    )
