"""`Module`: what every layer and model derives from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Self

import plugrad
from plugrad.autograd.hooks import HookDict
from plugrad.nn.modules import global_hooks
from plugrad.nn.modules.calling import ModuleCalls
from plugrad.nn.modules.global_hooks import *  # noqa: F403
from plugrad.nn.parameter import is_lazy
from plugrad.tensor import Tensor

__all__ = ["Module", *global_hooks.__all__]


class Module(ModuleCalls):
    """A function with parameters, made of other such functions.

    A subclass calls ``super().__init__()``, assigns parameters and modules to attributes, and
    defines ``forward``.

    Attributes
    ----------
    training : bool
        Whether it is being trained: dropout and its kind behave differently.
    call_super_init : bool
        For subclasses with several bases: whether ``__init__`` calls the next base's, with the
        arguments it was given.

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

    call_super_init: bool = False
    dump_patches: bool = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if (args or kwargs) and not self.call_super_init:
            raise TypeError(f"{type(self).__name__}.__init__() takes no arguments of Module's own")
        fresh = object.__setattr__
        fresh(self, "training", True)
        for table in ("_parameters", "_buffers", "_modules"):
            fresh(self, table, {})
        fresh(self, "_non_persistent_buffers_set", set())
        for hooks in _HOOKS:
            fresh(self, hooks, HookDict())
        fresh(self, "_hooked", False)
        fresh(self, "_full_backward", None)
        if self.call_super_init:
            super().__init__(*args, **kwargs)

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

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> Self:
        """Replace the contents of every parameter, gradient and buffer by ``fn`` of it."""
        for module in self.children() if recurse else ():
            module._apply(fn)
        for parameter in self._parameters.values():
            if parameter is not None:
                with plugrad.no_grad():
                    changed = fn(parameter.data if is_lazy(parameter) else parameter)
                    parameter.data = changed
                    if parameter.grad is not None:
                        gradient = fn(parameter.grad)
                        parameter.grad = None
                        parameter.grad = gradient
        for name, buffer in self._buffers.items():
            if buffer is not None and is_lazy(buffer):
                buffer.data = fn(buffer.data)
            elif buffer is not None:
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
        args = tuple(
            part for a in args
            for part in ((a.device, a.dtype) if isinstance(a, Tensor) else (a,))
        )  # fmt: skip
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

    def ipu(self, device: Any = None) -> Self:
        """Move parameters and buffers to an IPU, if a backend brings one."""
        return self.to(_place("ipu", device))

    def xpu(self, device: Any = None) -> Self:
        """Move parameters and buffers to an XPU, if a backend brings one."""
        return self.to(_place("xpu", device))

    def mtia(self, device: Any = None) -> Self:
        """Move parameters and buffers to an MTIA device, if a backend brings one."""
        return self.to(_place("mtia", device))

    def to_empty(self, *, device: Any, recurse: bool = True) -> Self:
        """Move the parameters and buffers to a device without their contents.

        Parameters
        ----------
        device : device or str
        recurse : bool
            Whether the modules within move too.

        Examples
        --------
        >>> from plugrad import nn
        >>> nn.Linear(2, 3).to_empty(device="cpu").weight.shape
        plugrad.Size([3, 2])
        """
        return self._apply(lambda tensor: plugrad.empty_like(tensor, device=device), recurse)

    def compile(self, *args: Any, **kwargs: Any) -> None:
        """Change nothing: see `plugrad.compile`.

        Parameters
        ----------
        *args, **kwargs
            As for `plugrad.compile`.
        """
        plugrad.compile(self, *args, **kwargs)

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


def _place(kind: str, device: Any) -> str:
    return kind if device is None else f"{kind}:{device}"


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
