"""Forward mode: tensors that carry their derivative along one direction.

A *dual* tensor has a primal, its value, and a tangent. Everything computed from it inside of a
`dual_level` is dual as well. It is a tensor of a transform level: see `plugrad.transforms.duals`.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from plugrad import Tensor
from plugrad.autograd.modes import mode
from plugrad.autograd.tape import new_tensor
from plugrad.transforms.duals import Dual, DualKernels
from plugrad.transforms.lifting import lifted_history

__all__ = [
    "UnpackedDualTensor",
    "dual_level",
    "enter_dual_level",
    "exit_dual_level",
    "make_dual",
    "unpack_dual",
]

_REASON = "forward mode"


class _Level(threading.local):
    """The dual level of this thread: a table for each table that duals were made on."""

    tables: dict[Any, DualKernels] | None = None


_level = _Level()


class UnpackedDualTensor(NamedTuple):
    """The two parts of a dual tensor.

    Attributes
    ----------
    primal : Tensor
        The value.
    tangent : Tensor or None
        The derivative; None for a tensor that is not dual.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.autograd.forward_ad import unpack_dual
    >>> unpack_dual(plugrad.ones(1))
    UnpackedDualTensor(primal=tensor([1.]), tangent=None)
    """

    primal: Tensor
    tangent: Tensor | None


def enter_dual_level() -> int:
    """Begin a level; better is `dual_level`.

    Returns
    -------
    int
        Its number: 0.

    Raises
    ------
    RuntimeError
        Inside of another.

    Examples
    --------
    >>> from plugrad.autograd.forward_ad import enter_dual_level, exit_dual_level
    >>> enter_dual_level()
    0
    >>> exit_dual_level()
    """
    if _level.tables is not None:
        raise RuntimeError(
            "a dual level cannot be entered inside of another; for derivatives of derivatives, "
            "nest plugrad.transforms.jvp.jvp, or differentiate the tangent backwards"
        )
    _level.tables = {}
    mode.slow_down(_REASON)
    return 0


def exit_dual_level(*, level: int | None = None) -> None:
    """End the level: dual tensors have no tangent any longer.

    Parameters
    ----------
    level : int, optional
        The level's number.

    Raises
    ------
    RuntimeError
        If there is none.

    Examples
    --------
    >>> from plugrad.autograd.forward_ad import enter_dual_level, exit_dual_level
    >>> exit_dual_level(level=enter_dual_level())
    """
    if _level.tables is None or level not in (None, 0):
        raise RuntimeError("there is no such dual level to exit; enter one first")
    for table in _level.tables.values():
        table.release()
    _level.tables = None
    mode.speed_up(_REASON)


@contextmanager
def dual_level() -> Iterator[int]:
    """Context manager: a level, in which there can be dual tensors.

    Raises
    ------
    RuntimeError
        When entered inside of another.

    Examples
    --------
    >>> import plugrad
    >>> import plugrad.autograd.forward_ad as forward_ad
    >>> x = plugrad.tensor([1.0, 2.0])
    >>> with forward_ad.dual_level():
    ...     dual = forward_ad.make_dual(x, plugrad.ones(2))
    ...     print(dual**2)
    tensor([1., 4.], tangent=tensor([2., 4.]))
    """
    level = enter_dual_level()
    try:
        yield level
    finally:
        exit_dual_level()


def make_dual(tensor: Tensor, tangent: Tensor, *, level: int | None = None) -> Tensor:
    """Return a dual tensor.

    Parameters
    ----------
    tensor : Tensor
        Of floating-point or complex numbers. If it requires grad, gradients flow back to it.
    tangent : Tensor
        Of its shape.
    level : int, optional

    Returns
    -------
    Tensor

    Raises
    ------
    RuntimeError
        Outside of a level, for a tangent of another shape, or for a dual tensor.
    ValueError
        For integers.

    Examples
    --------
    >>> import plugrad
    >>> import plugrad.autograd.forward_ad as forward_ad
    >>> with forward_ad.dual_level():
    ...     dual = forward_ad.make_dual(plugrad.zeros(1), plugrad.ones(1))
    ...     print(dual.sin())
    tensor([0.], tangent=tensor([1.]))
    """
    if _level.tables is None:
        raise RuntimeError(
            "a dual tensor needs a level: `with plugrad.autograd.forward_ad.dual_level():`"
        )
    for part, what in ((tensor, "the tensor"), (tangent, "its tangent")):
        if not (part.is_floating_point() or part.is_complex()):
            raise ValueError(
                f"{what} has to be of floating-point or complex numbers, not {part.dtype}"
            )
    if tensor.shape != tangent.shape:
        raise RuntimeError(
            f"a tensor of shape {list(tensor.shape)} cannot have a tangent of shape "
            f"{list(tangent.shape)}: it has to be the same"
        )
    below: Any = tensor._table
    if isinstance(tensor._array, Dual) and below in _level.tables.values():
        raise RuntimeError("the tensor is dual already: its tangent cannot be replaced")
    table = _level.tables.setdefault(below, DualKernels(below))
    dual = new_tensor(Dual(table, tensor, tangent), table, tensor._dtype)
    return lifted_history(dual, tensor)  # type: ignore[no-any-return]


def unpack_dual(tensor: Tensor, *, level: int | None = None) -> UnpackedDualTensor:
    """Return the parts of a dual tensor; of another tensor, itself and None.

    Parameters
    ----------
    tensor : Tensor
    level : int, optional

    Returns
    -------
    UnpackedDualTensor
        Named ``primal`` and ``tangent``.

    Examples
    --------
    >>> import plugrad
    >>> import plugrad.autograd.forward_ad as forward_ad
    >>> with forward_ad.dual_level():
    ...     dual = forward_ad.make_dual(plugrad.zeros(1), plugrad.ones(1))
    ...     print(forward_ad.unpack_dual(dual.exp()).tangent)
    tensor([1.])
    """
    raw = tensor._array
    if not isinstance(raw, Dual):
        return UnpackedDualTensor(tensor, None)
    return UnpackedDualTensor(raw.primal, raw.tangent)
