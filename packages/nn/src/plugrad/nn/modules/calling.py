"""Calling a module: `forward`, and the hooks around it."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from typing import Any

from plugrad import Tensor
from plugrad.autograd.hooks import HookDict, RemovableHandle
from plugrad.nn.modules.backward import BackwardHooks
from plugrad.nn.modules.global_hooks import CALLS, around_calls
from plugrad.nn.modules.state import ModuleState

__all__ = ["ModuleCalls"]


class ModuleCalls(ModuleState):
    """The part of `Module` that is called."""

    _backward_hooks: HookDict
    _backward_pre_hooks: HookDict
    # A hook, whether it takes keyword arguments, and whether it runs after errors too.
    _forward_hooks: HookDict
    _forward_pre_hooks: HookDict
    # Whether there was a hook ever: most modules have none, and call forward without more ado.
    _hooked: bool
    # Whether backward hooks are full ones or old ones; None while there were none.
    _full_backward: bool | None

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """Compute the output: for subclasses to define.

        Raises
        ------
        NotImplementedError
            Unless a subclass does.
        """
        raise NotImplementedError(f"{type(self).__name__} does not define forward()")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run `forward`, with the hooks around it."""
        if not (self._hooked or CALLS):
            return self.forward(*args, **kwargs)
        return self._call_hooked(args, kwargs)

    def _call_hooked(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        result = None
        done: set[int] = set()
        after: list[Any] = [*around_calls("forward"), *self._forward_hooks.values()]
        try:
            args, kwargs = self._before_forward(args, kwargs)
            watch = self._backward_watch()
            if watch is not None:
                args = watch.enter(args)
            result = self.forward(*args, **kwargs)
            after = [*around_calls("forward"), *self._forward_hooks.values()]
            for entry in after:
                done.add(id(entry))
                result = self._after_forward(entry, args, kwargs, result)
            if watch is not None:
                result = watch.leave(result)
            self._hang_old_backward_hooks(result)
        except BaseException:
            for entry in after:
                if entry[2] and id(entry) not in done:
                    try:
                        result = self._after_forward(entry, args, kwargs, result)
                    except Exception as error:
                        warnings.warn(
                            f"a forward hook of {type(self).__name__} that is always called raised "
                            f"{type(error).__name__} ({error}), after another error, which goes on",
                            stacklevel=3,
                        )
            raise
        return result

    def _before_forward(self, args: Any, kwargs: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Run the hooks that come before `forward`; return its arguments."""
        entries: list[Any] = [*around_calls("forward_pre"), *self._forward_pre_hooks.values()]
        for hook, with_kwargs, *_ in entries:
            if with_kwargs:
                changed = hook(self, args, kwargs)
                if changed is not None:
                    if not (isinstance(changed, tuple) and len(changed) == 2):
                        raise RuntimeError(
                            "a forward pre-hook with kwargs must return None or a tuple of the "
                            f"new args and kwargs, not {type(changed).__name__}"
                        )
                    args, kwargs = changed
            else:
                changed = hook(self, args)
                if changed is not None:
                    args = changed if isinstance(changed, tuple) else (changed,)
        return args, kwargs

    def _after_forward(self, entry: Any, args: Any, kwargs: Any, result: Any) -> Any:
        hook, with_kwargs, _ = entry
        changed = hook(self, args, kwargs, result) if with_kwargs else hook(self, args, result)
        return result if changed is None else changed

    def _backward_watch(self) -> BackwardHooks | None:
        """Return what watches the gradients of this call, if hooks want to see them."""
        hooks: list[Any] = around_calls("backward")
        if self._full_backward is not False:
            hooks += self._backward_hooks.values()
        pre_hooks: list[Any] = [*around_calls("backward_pre"), *self._backward_pre_hooks.values()]
        if not hooks and not pre_hooks:
            return None
        return BackwardHooks(self, [each[0] for each in hooks], [each[0] for each in pre_hooks])

    def _hang_old_backward_hooks(self, result: Any) -> None:
        """Let the old backward hooks see the gradients of the operation that made the result."""
        hooks: list[Any] = around_calls("old_backward")
        if self._full_backward is False:
            hooks += self._backward_hooks.values()
        if not hooks:
            return
        result = _first_tensor(result)
        if result is not None and result.grad_fn is not None:
            for (hook,) in hooks:
                result.grad_fn.register_hook(
                    lambda grad_input, grad_output, hook=hook: hook(self, grad_input, grad_output)
                )

    # -------------------------------------------------------------------------------- registration

    def register_forward_pre_hook(
        self, hook: Callable[..., Any], *, prepend: bool = False, with_kwargs: bool = False
    ) -> RemovableHandle:
        """Call ``hook(module, args)`` before each `forward`; what it returns replaces `args`.

        Parameters
        ----------
        prepend : bool
            Whether it runs before the hooks registered until now.
        with_kwargs : bool
            Whether it is called as ``hook(module, args, kwargs)``, and returns both.
        """
        return self._add_hook(self._forward_pre_hooks, (hook, with_kwargs, False), prepend)

    def register_forward_hook(
        self,
        hook: Callable[..., Any],
        *,
        prepend: bool = False,
        with_kwargs: bool = False,
        always_call: bool = False,
    ) -> RemovableHandle:
        """Call ``hook(module, args, output)`` after each `forward`; what it returns replaces that.

        Parameters
        ----------
        prepend : bool
            Whether it runs before the hooks registered until now.
        with_kwargs : bool
            Whether it is called as ``hook(module, args, kwargs, output)``.
        always_call : bool
            Whether it runs even when `forward` raises.
        """
        return self._add_hook(self._forward_hooks, (hook, with_kwargs, always_call), prepend)

    def register_full_backward_hook(
        self, hook: Callable[..., Any], prepend: bool = False
    ) -> RemovableHandle:
        """Call ``hook(module, grad_input, grad_output)`` once the module's gradients are known.

        What it returns replaces `grad_input`: a tuple with the gradient of each positional
        argument, None for what is no tensor. Arguments and results are seen as views, which cannot
        be changed in place.

        Parameters
        ----------
        prepend : bool
            Whether it runs before the hooks registered until now.

        Examples
        --------
        >>> import plugrad
        >>> layer = plugrad.nn.ReLU()
        >>> handle = layer.register_full_backward_hook(lambda module, g_in, g_out: print(g_in))
        >>> x = plugrad.tensor([-1.0, 1.0], requires_grad=True)
        >>> layer(x).sum().backward()
        (tensor([0., 1.]),)
        """
        return self._add_backward_hook(hook, prepend, full=True)

    def register_backward_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Call ``hook(module, grad_input, grad_output)`` in the backward of the last operation.

        The old way, for old programs: `grad_input` is that of the operation which made the
        module's result, not the module's own. Use `register_full_backward_hook`.

        Raises
        ------
        RuntimeError
            If the module has full backward hooks.

        Examples
        --------
        >>> import plugrad
        >>> layer = plugrad.nn.Tanh()
        >>> handle = layer.register_backward_hook(lambda module, g_in, g_out: print(g_in))
        >>> layer(plugrad.zeros(1, requires_grad=True)).sum().backward()
        (tensor([1.]),)
        """
        return self._add_backward_hook(hook, False, full=False)

    def _add_backward_hook(self, hook: Any, prepend: bool, *, full: bool) -> RemovableHandle:
        if self._full_backward is (not full):
            raise RuntimeError(
                f"{type(self).__name__} has backward hooks of the other kind; a module has full "
                "ones or old ones, not both"
            )
        handle = self._add_hook(self._backward_hooks, (hook,), prepend)
        object.__setattr__(self, "_full_backward", full)
        return handle

    def register_full_backward_pre_hook(
        self, hook: Callable[..., Any], prepend: bool = False
    ) -> RemovableHandle:
        """Call ``hook(module, grad_output)`` before the module's gradients are computed.

        What it returns replaces `grad_output`.

        Parameters
        ----------
        prepend : bool
            Whether it runs before the hooks registered until now.
        """
        return self._add_hook(self._backward_pre_hooks, (hook,), prepend)

    def _add_hook(self, table: HookDict, entry: Any, prepend: bool) -> RemovableHandle:
        before = list(table)
        handle = table.add(entry[0], entry)
        if prepend:
            for number in before:
                table[number] = table.pop(number)
        object.__setattr__(self, "_hooked", True)
        return handle


def _first_tensor(result: Any) -> Tensor | None:
    """Return the first tensor of a result, or of the first of its parts, and so on."""
    if isinstance(result, Tensor):
        return result
    if isinstance(result, Mapping):
        return next((value for value in result.values() if isinstance(value, Tensor)), None)
    return _first_tensor(result[0]) if isinstance(result, list | tuple) and result else None
