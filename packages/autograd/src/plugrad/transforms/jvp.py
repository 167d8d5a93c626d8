"""The derivative of a function along a direction."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from plugrad.autograd.modes import mode
from plugrad.autograd.tape import new_tensor
from plugrad.transforms.duals import Dual, DualKernels, filled
from plugrad.vocabulary.registry import tensor_table as below

__all__ = ["jvp"]


def jvp(func: Callable[..., Any], primals: tuple[Any, ...], tangents: tuple[Any, ...]) -> Any:
    """Return ``func(*primals)`` and its derivative along `tangents`, by one forward pass.

    Parameters
    ----------
    func : callable
        From tensors to a tensor, or a tuple or list of them.
    primals, tangents : tuple of Tensor
        Pairs of one shape and dtype.

    Returns
    -------
    output, derivative : Tensor or tuple of Tensor

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.transforms.jvp import jvp
    >>> x = plugrad.tensor(2.0)
    >>> jvp(lambda x: x * x * x, (x,), (plugrad.tensor(1.0),))
    (tensor(8.), tensor(12.))
    """
    highest = max((*primals, *tangents), key=lambda tensor: tensor._table.level)._table
    table = DualKernels(highest)
    mode.slow_down("a transform is active")
    try:
        duals = []
        for primal, tangent in zip(primals, tangents, strict=True):
            raw = Dual(table, _on(highest, primal), _on(highest, tangent))
            duals.append(new_tensor(raw, table, primal._dtype))
        out = func(*duals)
        if not isinstance(out, (tuple, list)):
            return _parts(out, table)
        pairs = [_parts(each, table) for each in out]
    finally:
        table.release()
        mode.speed_up("a transform is active")
    return tuple(value for value, _ in pairs), tuple(derivative for _, derivative in pairs)


def _parts(out: Any, table: DualKernels) -> tuple[Any, Any]:
    if out._table is not table:
        # It does not depend on what was varied here.
        return out, below.zeros_like(out.detach())
    return out._array.primal, filled(out._array)


def _on(table: Any, tensor: Any) -> Any:
    return tensor if tensor._table is table else table.lift(tensor)
