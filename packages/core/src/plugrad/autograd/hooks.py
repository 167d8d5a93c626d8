"""Hooks: the user's functions that run during a backward, and the handles that remove them."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from itertools import count
from types import TracebackType
from typing import Any, Final

__all__ = ["HookDict", "Hooks", "RemovableHandle"]

HookTable = dict[int, Callable[..., Any]]

_next_id: Final = count().__next__


class RemovableHandle:
    """What registering a hook returns: `remove` takes the hook away again.

    Also a context manager, which removes the hook at the end of the block.

    Parameters
    ----------
    hooks : dict
        The table that the hook stands in.

    Examples
    --------
    >>> import plugrad
    >>> x = plugrad.ones(2, requires_grad=True)
    >>> with x.register_hook(lambda grad: grad * 10):
    ...     x.sum().backward()
    >>> x.grad
    tensor([10., 10.])
    """

    def __init__(self, hooks: Any) -> None:
        self.id = _next_id()
        # Weak where it can be: a handle does not keep a module or a graph alive.
        self._hooks = weakref.ref(hooks)

    def remove(self) -> None:
        """Remove the hook; a second call does nothing."""
        hooks = self._hooks()
        if hooks is not None:
            hooks.pop(self.id, None)

    def __enter__(self) -> RemovableHandle:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.remove()


class HookDict(dict[int, Callable[..., Any]]):
    """Hooks by the number of their handle, in order of registration; can be referred to weakly."""

    __slots__ = ("__weakref__",)

    def add(self, hook: Callable[..., Any], kept: Any = None) -> RemovableHandle:
        """Append a hook, or what is kept in its place, and return its handle.

        Raises
        ------
        TypeError
            If `hook` cannot be called.
        """
        if not callable(hook):
            raise TypeError(f"a hook must be callable, not {type(hook).__name__}")
        handle = RemovableHandle(self)
        self[handle.id] = hook if kept is None else kept
        return handle


class Hooks:
    """All hooks of one node.

    Attributes
    ----------
    tensor : HookDict
        Hooks of the tensor that the node made: each sees, and may replace, its gradient.
    retain : callable or None
        Called with the final gradient of a tensor that retains it, after all tensor hooks.
    pre, post : HookDict
        Hooks of the node itself, before and after it runs.
    metadata : dict
        The user's own.
    """

    __slots__ = ("metadata", "post", "pre", "retain", "tensor")

    def __init__(self) -> None:
        self.tensor = HookDict()
        self.retain: Callable[[Any], None] | None = None
        self.pre = HookDict()
        self.post = HookDict()
        self.metadata: dict[str, Any] = {}
