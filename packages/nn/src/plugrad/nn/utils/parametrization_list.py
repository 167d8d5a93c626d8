"""The parametrizations of one tensor, and what they are computed from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import plugrad
from plugrad import Tensor
from plugrad.nn.modules.containers import ModuleList
from plugrad.nn.parameter import Parameter

__all__ = ["ParametrizationList"]


def inverse(module: Any, value: Any) -> Any:
    """Return what a parametrization is to be fed to give `value`; `value` if it does not know."""
    if not hasattr(module, "right_inverse"):
        return value
    try:
        return module.right_inverse(value)
    except NotImplementedError:
        return value


def check_tensor(value: Any, what: str) -> None:
    if not isinstance(value, Tensor):
        raise ValueError(f"{what} must return a Tensor, not {type(value).__name__}")


def check_kept(before: Tensor, after: Tensor, what: str) -> None:
    if after.dtype != before.dtype or after.shape != before.shape:
        raise ValueError(
            f"{what} turned {before.dtype}{list(before.shape)} into {after.dtype}"
            f"{list(after.shape)}; only with unsafe=True may it change dtype or shape"
        )


class ParametrizationList(ModuleList):
    """The parametrizations of one tensor, and the tensor or tensors that they are computed from.

    Those are ``original``, or ``original0``, ``original1``... where the first parametrization takes
    several.

    Parameters
    ----------
    modules : sequence of Module
        The parametrizations, the first to be applied first.
    original : Parameter or Tensor
        What is parametrized.
    unsafe : bool
        Whether they may change dtype and shape.

    Raises
    ------
    ValueError
        If there are none, or they change more than they may.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad import nn
    >>> class Doubled(nn.Module):
    ...     def forward(self, x):
    ...         return x * 2
    >>> nn.utils.parametrize.ParametrizationList([Doubled()], nn.Parameter(plugrad.ones(2)))()
    tensor([2., 2.], grad_fn=<MulBackward0>)
    """

    original: Tensor
    unsafe: bool

    def __init__(
        self, modules: Sequence[Any], original: Tensor | Parameter, unsafe: bool = False
    ) -> None:
        if len(modules) == 0:
            raise ValueError("a ParametrizationList needs one parametrization or more")
        super().__init__(modules)
        self.unsafe = unsafe
        with plugrad.no_grad():
            new: Any = original
            for module in reversed(modules):
                new = inverse(module, new)
        self.is_tensor = isinstance(new, Tensor)
        if self.is_tensor:
            if new.dtype != original.dtype:
                raise ValueError(
                    f"right_inverse() turned {original.dtype} into {new.dtype}; with one tensor it "
                    "cannot change the dtype"
                )
            self.ntensors = 1
            parts = [new]
        else:
            parts = self._checked_parts(new)
            self.ntensors = len(parts)
        if not unsafe:
            made = self._computed(parts)
            check_tensor(made, "a parametrization")
            check_kept(original, made, "a parametrization")
        if self.is_tensor:
            original.data = new.data  # nothing is changed before all has been checked
            parts = [original]
        for name, part in zip(self._names(), parts, strict=True):
            if isinstance(original, Parameter):
                kept = part if isinstance(part, Parameter) else Parameter(part)
                kept.requires_grad_(original.requires_grad)
                self.register_parameter(name, kept)
            else:
                self.register_buffer(name, part)

    @staticmethod
    def _checked_parts(new: Any) -> list[Any]:
        if not isinstance(new, Sequence):
            raise ValueError(
                "right_inverse() must return a Tensor or a sequence of them, not "
                f"{type(new).__name__}"
            )
        for number, part in enumerate(new):
            if not isinstance(part, Tensor):
                raise ValueError(
                    f"right_inverse() must return Tensors, but the one at {number} is a "
                    f"{type(part).__name__}"
                )
        return list(new)

    def _names(self) -> list[str]:
        return ["original"] if self.is_tensor else [f"original{n}" for n in range(self.ntensors)]

    def _computed(self, parts: Sequence[Any]) -> Any:
        first, *rest = self
        value = first(*parts)
        for module in rest:
            value = module(value)
        return value

    def forward(self) -> Tensor:
        """Return the parametrized tensor."""
        value: Tensor = self._computed([getattr(self, name) for name in self._names()])
        return value

    def right_inverse(self, value: Tensor) -> None:
        """Set the originals so that the parametrized tensor is `value`.

        Raises
        ------
        RuntimeError
            If a parametrization has no ``right_inverse``.
        ValueError
            If what it returns does not fit the originals.
        """
        with plugrad.no_grad():
            for module in reversed(list(self)):
                if not hasattr(module, "right_inverse"):
                    raise RuntimeError(
                        f"{type(module).__name__} does not define right_inverse(), so that the "
                        "parametrized tensor cannot be set"
                    )
                value = module.right_inverse(value)
        names = self._names()
        parts: list[Any] = [value]
        if not self.is_tensor:
            parts = self._checked_parts(value)
            if len(parts) != len(names):
                raise ValueError(
                    f"right_inverse() returned {len(parts)} tensors for {len(names)} originals"
                )
        originals = [getattr(self, name) for name in names]
        for name, held, part in zip(names, originals, parts, strict=True):
            check_tensor(part, "right_inverse()")
            if part.dtype != held.dtype:
                raise ValueError(f"right_inverse() gave {part.dtype} for {name} of {held.dtype}")
        for held, part in zip(originals, parts, strict=True):
            held.data = part.data
