"""`Module`: what every layer and model derives from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Self

import plugrad
from plugrad.autograd.hooks import HookDict, RemovableHandle
from plugrad.nn.modules.backward import BackwardHooks
from plugrad.nn.modules.state import ModuleState
from plugrad.tensor import Tensor

__all__ = ["Module"]


class Module(ModuleState):
    """A function with parameters, made of other such functions.

    A subclass calls ``super().__init__()``, assigns parameters and modules to attributes, and
    defines ``forward``.

    Attributes
    ----------
    training : bool
        Whether it is being trained: dropout and its kind behave differently.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad import nn
    >>> class Scale(nn.Module):
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.factor = nn.Parameter(plugrad.tensor(2.0))
    ...
    ...     def forward(self, x):
    ...         return x * self.factor
    >>> Scale()(plugrad.tensor(3.0))
    tensor(6., grad_fn=<MulBackward0>)
    """

    _backward_hooks: dict[int, Any]
    _backward_pre_hooks: dict[int, Any]
    # A hook, whether it takes keyword arguments, and whether it runs after errors too.
    _forward_hooks: dict[int, Any]
    _forward_pre_hooks: dict[int, Any]
    _hooked: bool

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """Compute the output: for subclasses to define.

        Raises
        ------
        NotImplementedError
            Unless a subclass does.
        """
        raise NotImplementedError(f"{type(self).__name__} does not define forward()")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if args or kwargs:
            raise TypeError(f"{type(self).__name__}.__init__() takes no arguments of Module's own")
        fresh = object.__setattr__
        fresh(self, "training", True)
        for table in ("_parameters", "_buffers", "_modules"):
            fresh(self, table, {})
        fresh(self, "_non_persistent_buffers_set", set())
        for hooks in _HOOKS:
            fresh(self, hooks, HookDict())
        fresh(self, "_hooked", False)

    # -------------------------------------------------------------------------------------- calling

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run `forward`, with the hooks around it."""
        if not self._hooked:
            return self.forward(*args, **kwargs)
        return self._call_hooked(args, kwargs)

    def _call_hooked(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        result = None
        done = set()
        try:
            for hook, with_kwargs, _ in self._forward_pre_hooks.values():
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
            watch = None
            if self._backward_hooks or self._backward_pre_hooks:
                hooks, pre_hooks = self._backward_hooks, self._backward_pre_hooks
                watch = BackwardHooks(
                    self, [entry[0] for entry in hooks.values()],
                    [entry[0] for entry in pre_hooks.values()],
                )  # fmt: skip
                args = watch.enter(args)
            result = self.forward(*args, **kwargs)
            for number, entry in list(self._forward_hooks.items()):
                done.add(number)
                result = self._after_forward(entry, args, kwargs, result)
            if watch is not None:
                result = watch.leave(result)
        except BaseException:
            for number, entry in list(self._forward_hooks.items()):
                if entry[2] and number not in done:
                    result = self._after_forward(entry, args, kwargs, result)
            raise
        return result

    def _after_forward(self, entry: Any, args: Any, kwargs: Any, result: Any) -> Any:
        hook, with_kwargs, _ = entry
        changed = hook(self, args, kwargs, result) if with_kwargs else hook(self, args, result)
        return result if changed is None else changed

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
        return self._add_hook(self._backward_hooks, (hook,), prepend)

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

    def _add_hook(self, table: dict[int, Any], entry: Any, prepend: bool) -> RemovableHandle:
        if not callable(entry[0]):
            raise TypeError(f"a hook must be callable, not {type(entry[0]).__name__}")
        handle = RemovableHandle(table)
        before = dict(table)
        table[handle.id] = entry
        if prepend:
            for number in before:
                table[number] = table.pop(number)
        object.__setattr__(self, "_hooked", True)
        return handle

    # ---------------------------------------------------------------------------------- all at once

    def apply(self, fn: Callable[[Any], None]) -> Self:
        """Call ``fn(module)`` for every module of the tree, children first, and return this one.

        Examples
        --------
        >>> from plugrad import nn
        >>> layer = nn.Linear(2, 2).apply(lambda m: nn.init.zeros_(m.weight))
        >>> layer.weight.sum().item()
        0.0
        """
        for module in self.children():
            module.apply(fn)
        fn(self)
        return self

    def _apply(self, fn: Callable[[Tensor], Tensor]) -> Self:
        """Replace the contents of every parameter, gradient and buffer by ``fn`` of it."""
        for module in self.children():
            module._apply(fn)
        for parameter in self._parameters.values():
            if parameter is not None:
                with plugrad.no_grad():
                    changed = fn(parameter)
                    parameter.data = changed
                    if parameter.grad is not None:
                        gradient = fn(parameter.grad)
                        parameter.grad = None
                        parameter.grad = gradient
        for name, buffer in self._buffers.items():
            if buffer is not None:
                self._buffers[name] = fn(buffer)
        return self

    def to(self, *args: Any, **kwargs: Any) -> Self:
        """Convert the parameters and buffers to a device or a floating-point dtype.

        Parameters
        ----------
        *args, **kwargs
            As for `Tensor.to`. A dtype applies to floating-point and complex tensors only.

        Raises
        ------
        TypeError
            For a dtype that is not floating-point or complex.

        Examples
        --------
        >>> import plugrad
        >>> from plugrad import nn
        >>> nn.Linear(1, 1).to(plugrad.float64).weight.dtype
        plugrad.float64
        """
        wanted = [a for a in (*args, *kwargs.values()) if isinstance(a, plugrad.dtype)]
        for dtype in wanted:
            if not (dtype.is_floating_point or dtype.is_complex):
                raise TypeError(
                    f"a module can only be converted to a floating-point or complex dtype, not "
                    f"{dtype}"
                )
        others = tuple(a for a in args if not isinstance(a, plugrad.dtype))
        named = {name: a for name, a in kwargs.items() if not isinstance(a, plugrad.dtype)}

        def convert(tensor: Tensor) -> Tensor:
            if tensor.is_floating_point() or tensor.is_complex():
                return tensor.to(*args, **kwargs)
            if others or named:
                return tensor.to(*others, **named)
            return tensor

        return self._apply(convert)

    def type(self, dst_type: Any) -> Self:
        """Convert all parameters and buffers to a dtype."""
        return self._apply(lambda tensor: tensor.type(dst_type))

    def _to_floating(self, dtype: Any) -> Self:
        return self._apply(lambda t: t.to(dtype) if t.is_floating_point() else t)

    def float(self) -> Self:
        """Convert floating-point parameters and buffers to float32."""
        return self._to_floating(plugrad.float32)

    def double(self) -> Self:
        """Convert floating-point parameters and buffers to float64."""
        return self._to_floating(plugrad.float64)

    def half(self) -> Self:
        """Convert floating-point parameters and buffers to float16."""
        return self._to_floating(plugrad.float16)

    def bfloat16(self) -> Self:
        """Convert floating-point parameters and buffers to bfloat16."""
        return self._to_floating(plugrad.bfloat16)

    def cpu(self) -> Self:
        """Move parameters and buffers to the host."""
        return self._apply(lambda tensor: tensor.cpu())

    def cuda(self, device: Any = None) -> Self:
        """Move parameters and buffers to a CUDA device."""
        return self._apply(lambda tensor: tensor.cuda(device))

    def train(self, mode: bool = True) -> Self:
        """Set `training` for the whole tree.

        Raises
        ------
        ValueError
            If `mode` is no bool.
        """
        if not isinstance(mode, bool):
            raise ValueError(f"the training mode must be a bool, not {type(mode).__name__}")
        object.__setattr__(self, "training", mode)
        for module in self.children():
            module.train(mode)
        return self

    def eval(self) -> Self:
        """Set `training` to False for the whole tree."""
        return self.train(False)

    def requires_grad_(self, requires_grad: bool = True) -> Self:
        """Say whether the parameters are to be learned."""
        for parameter in self.parameters():
            parameter.requires_grad_(requires_grad)
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Clear the gradients of the parameters.

        Parameters
        ----------
        set_to_none : bool
            Whether to drop them, instead of filling them with zeros.
        """
        for parameter in self.parameters():
            if parameter.grad is not None:
                if set_to_none:
                    parameter.grad = None
                elif parameter.grad.grad_fn is not None:
                    parameter.grad.detach_().zero_()
                else:
                    parameter.grad.requires_grad_(False).zero_()

    def share_memory(self) -> Self:
        """Do nothing, and return the module: the memory of threads is shared already."""
        return self

    # --------------------------------------------------------------------------------------- pickle

    def __getstate__(self) -> dict[str, Any]:
        return dict(self.__dict__)

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)


_HOOKS = (
    "_backward_hooks",
    "_backward_pre_hooks",
    "_forward_hooks",
    "_forward_pre_hooks",
    "_state_dict_hooks",
    "_state_dict_pre_hooks",
    "_load_state_dict_pre_hooks",
    "_load_state_dict_post_hooks",
)
