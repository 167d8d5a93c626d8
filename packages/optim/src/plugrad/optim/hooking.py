"""Hooks around the steps of optimizers: of one, and of all."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Final, TypeVar, cast

from plugrad.autograd.hooks import HookDict, RemovableHandle
from plugrad.autograd.modes import mode
from plugrad.vocabulary.observers import named, observed

__all__ = [
    "hooked",
    "register_optimizer_step_post_hook",
    "register_optimizer_step_pre_hook",
]

Step = TypeVar("Step", bound=Callable[..., Any])

_before_all: Final = HookDict()
_after_all: Final = HookDict()


def register_optimizer_step_pre_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """Call ``hook(optimizer, args, kwargs)`` before each step of every optimizer.

    Parameters
    ----------
    hook : callable
        May return other arguments, ``(args, kwargs)``, the optimizer first among them.

    Returns
    -------
    RemovableHandle

    Examples
    --------
    >>> from plugrad import optim, zeros
    >>> say = lambda optimizer, args, kwargs: print(type(optimizer).__name__, "steps")
    >>> with optim.optimizer.register_optimizer_step_pre_hook(say):
    ...     optim.SGD([zeros(1)]).step()
    SGD steps
    """
    return _before_all.add(hook)


def register_optimizer_step_post_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """Call ``hook(optimizer, args, kwargs)`` after each step of every optimizer.

    Parameters
    ----------
    hook : callable

    Returns
    -------
    RemovableHandle

    Examples
    --------
    >>> from plugrad import optim, zeros
    >>> say = lambda optimizer, args, kwargs: print(type(optimizer).__name__, "has stepped")
    >>> with optim.optimizer.register_optimizer_step_post_hook(say):
    ...     optim.SGD([zeros(1)]).step()
    SGD has stepped
    """
    return _after_all.add(hook)


def hooked(step: Step) -> Step:
    """Return the method `step` of an optimizer, with hooks around it.

    A step that calls its base's runs the hooks once.
    """

    @wraps(step)
    def call(*args: Any, **kwargs: Any) -> Any:
        optimizer = args[0]
        if optimizer._stepping:
            return step(*args, **kwargs)
        for hook in (*_before_all.values(), *optimizer._optimizer_step_pre_hooks.values()):
            replaced = hook(optimizer, args, kwargs)
            if replaced is not None:
                if not isinstance(replaced, tuple) or len(replaced) != 2:
                    raise RuntimeError(
                        "a hook before a step must return None or other arguments, "
                        f"(args, kwargs), and returned {replaced!r}"
                    )
                args, kwargs = replaced
        optimizer._stepping = True
        try:
            result = shown(optimizer, "step", step, *args, **kwargs)
        finally:
            optimizer._stepping = False
        optimizer._opt_called = True
        for hook in (*optimizer._optimizer_step_post_hooks.values(), *_after_all.values()):
            hook(optimizer, args, kwargs)
        return result

    return cast(Step, call)


def shown(optimizer: Any, what: str, method: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Return what a method of an optimizer returns, shown to profilers under PyTorch's name."""
    if not mode.observers:
        return method(*args, **kwargs)
    op = named(f"Optimizer.{what}#{type(optimizer).__name__}.{what}")
    return observed(op, (), lambda: method(*args, **kwargs))
