"""What switches recording on and off, under the name of PyTorch's module for it."""

from __future__ import annotations

from contextlib import nullcontext

from plugrad.autograd.modes import enable_grad, inference_mode, no_grad, set_grad_enabled

__all__ = [
    "enable_grad",
    "inference_mode",
    "no_grad",
    "set_grad_enabled",
    "set_multithreading_enabled",
]


class set_multithreading_enabled(nullcontext[None]):
    """Accepted: a backward runs in the thread that asks for it, whatever `mode` says.

    Parameters
    ----------
    mode : bool

    Examples
    --------
    >>> import plugrad
    >>> with plugrad.autograd.set_multithreading_enabled(False):
    ...     plugrad.ones(1, requires_grad=True).sum().backward()
    """

    def __init__(self, mode: bool) -> None:
        super().__init__()
        self.mode = mode
