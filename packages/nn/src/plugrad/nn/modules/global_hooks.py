"""Hooks of all modules: what is called around every call, and at every registration.

They are for debugging and profiling: they hold in the whole process, for every module.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from plugrad.autograd.hooks import HookDict, RemovableHandle

__all__ = [
    "register_module_backward_hook",
    "register_module_buffer_registration_hook",
    "register_module_forward_hook",
    "register_module_forward_pre_hook",
    "register_module_full_backward_hook",
    "register_module_full_backward_pre_hook",
    "register_module_module_registration_hook",
    "register_module_parameter_registration_hook",
]

# Each entry: the kind of hook, the hook, its options. One table, so that a call of a module need
# look at one thing to know that there are none.
CALLS: Any = HookDict()
REGISTRATIONS: Any = HookDict()


def around_calls(kind: str) -> list[tuple[Any, ...]]:
    """Return the hooks of one kind with their options, in order of registration."""
    return [entry for known, entry in CALLS.values() if known == kind]


def registered(what: str, module: Any, name: str, value: Any) -> Any:
    """Tell the hooks what is about to be registered; return it, or what they put in its place."""
    for known, (hook,) in list(REGISTRATIONS.values()):
        if known == what:
            returned = hook(module, name, value)
            value = value if returned is None else returned
    return value


def _add(table: HookDict, kind: str, hook: Any, *options: Any) -> RemovableHandle:
    return table.add(hook, (kind, (hook, *options)))


def register_module_forward_pre_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """Call ``hook(module, args)`` before each `forward` of every module.

    What it returns replaces `args`. It runs before the hooks of the module itself.

    Parameters
    ----------
    hook : callable

    Returns
    -------
    RemovableHandle
        Whose ``remove()`` ends it.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.nn.modules.module import register_module_forward_pre_hook
    >>> with register_module_forward_pre_hook(lambda module, args: print(module)):
    ...     _ = plugrad.nn.Sequential(plugrad.nn.ReLU())(plugrad.ones(1))
    Sequential(
      (0): ReLU()
    )
    ReLU()
    """
    return _add(CALLS, "forward_pre", hook, False)


def register_module_forward_hook(
    hook: Callable[..., Any], *, with_kwargs: bool = False, always_call: bool = False
) -> RemovableHandle:
    """Call ``hook(module, args, output)`` after each `forward` of every module.

    What it returns replaces the output. It runs before the hooks of the module itself.

    Parameters
    ----------
    hook : callable
    with_kwargs : bool
        Whether it is called as ``hook(module, args, kwargs, output)``.
    always_call : bool
        Whether it runs even when `forward` raises.

    Returns
    -------
    RemovableHandle
        Whose ``remove()`` ends it.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.nn.modules.module import register_module_forward_hook
    >>> with register_module_forward_hook(lambda module, args, output: print(output)):
    ...     _ = plugrad.nn.ReLU()(plugrad.tensor([-1.0, 1.0]))
    tensor([0., 1.])
    """
    return _add(CALLS, "forward", hook, with_kwargs, always_call)


def register_module_full_backward_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """Call ``hook(module, grad_input, grad_output)`` in the backward of every module.

    What it returns replaces `grad_input`: see `Module.register_full_backward_hook`.

    Parameters
    ----------
    hook : callable

    Returns
    -------
    RemovableHandle
        Whose ``remove()`` ends it.

    Raises
    ------
    RuntimeError
        While there is a hook of `register_module_backward_hook`.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.nn.modules.module import register_module_full_backward_hook
    >>> x = plugrad.ones(1, requires_grad=True)
    >>> with register_module_full_backward_hook(lambda module, g_in, g_out: print(g_out)):
    ...     plugrad.nn.ReLU()(x).sum().backward()
    (tensor([1.]),)
    """
    _check_unmixed("old_backward")
    return _add(CALLS, "backward", hook)


def register_module_full_backward_pre_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """Call ``hook(module, grad_output)`` before the gradients of every module are computed.

    What it returns replaces `grad_output`.

    Parameters
    ----------
    hook : callable

    Returns
    -------
    RemovableHandle
        Whose ``remove()`` ends it.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.nn.modules.module import register_module_full_backward_pre_hook
    >>> x = plugrad.ones(1, requires_grad=True)
    >>> with register_module_full_backward_pre_hook(lambda module, g_out: (g_out[0] * 3,)):
    ...     plugrad.nn.ReLU()(x).sum().backward()
    >>> x.grad
    tensor([3.])
    """
    return _add(CALLS, "backward_pre", hook)


def register_module_backward_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """Call a hook in the backward of the last operation of every module: the old way.

    See `Module.register_backward_hook`; use `register_module_full_backward_hook`.

    Parameters
    ----------
    hook : callable

    Returns
    -------
    RemovableHandle
        Whose ``remove()`` ends it.

    Raises
    ------
    RuntimeError
        While there is a hook of `register_module_full_backward_hook`.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.nn.modules.module import register_module_backward_hook
    >>> x = plugrad.ones(1, requires_grad=True)
    >>> with register_module_backward_hook(lambda module, g_in, g_out: print(g_out)):
    ...     plugrad.nn.ReLU()(x).sum().backward()
    (tensor([1.]),)
    """
    _check_unmixed("backward")
    return _add(CALLS, "old_backward", hook)


def _check_unmixed(other: str) -> None:
    if around_calls(other):
        raise RuntimeError(
            "full backward hooks of all modules and old ones cannot be mixed; remove the others "
            "first"
        )


def register_module_parameter_registration_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """Call ``hook(module, name, parameter)`` whenever a module gets a parameter.

    What it returns is registered in its place.

    Parameters
    ----------
    hook : callable

    Returns
    -------
    RemovableHandle
        Whose ``remove()`` ends it.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.nn.modules.module import register_module_parameter_registration_hook
    >>> with register_module_parameter_registration_hook(lambda m, name, p: print(name, p.shape)):
    ...     layer = plugrad.nn.Linear(2, 3)
    weight plugrad.Size([3, 2])
    bias plugrad.Size([3])
    """
    return _add(REGISTRATIONS, "parameter", hook)


def register_module_buffer_registration_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """Call ``hook(module, name, buffer)`` whenever a module gets a buffer.

    What it returns is registered in its place.

    Parameters
    ----------
    hook : callable

    Returns
    -------
    RemovableHandle
        Whose ``remove()`` ends it.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.nn.modules.module import register_module_buffer_registration_hook
    >>> with register_module_buffer_registration_hook(lambda m, name, b: print(name)):
    ...     layer = plugrad.nn.BatchNorm1d(2)
    running_mean
    running_var
    num_batches_tracked
    """
    return _add(REGISTRATIONS, "buffer", hook)


def register_module_module_registration_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """Call ``hook(module, name, submodule)`` whenever a module gets a module.

    What it returns is registered in its place.

    Parameters
    ----------
    hook : callable

    Returns
    -------
    RemovableHandle
        Whose ``remove()`` ends it.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.nn.modules.module import register_module_module_registration_hook
    >>> with register_module_module_registration_hook(lambda m, name, sub: print(name, sub)):
    ...     model = plugrad.nn.Sequential(plugrad.nn.ReLU())
    0 ReLU()
    """
    return _add(REGISTRATIONS, "module", hook)
