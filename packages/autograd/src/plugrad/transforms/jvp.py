"""Derivatives along directions, of functions and of custom operations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from plugrad.autograd.modes import mode
from plugrad.autograd.tape import new_tensor
from plugrad.transforms.duals import Dual, DualKernels, filled
from plugrad.vocabulary.registry import tensor_table as below

__all__ = ["jvp", "pushed_through"]


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
    highest = max(primals, key=lambda tensor: tensor._table.level)._table
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


def pushed_through(
    table: DualKernels,
    push: Callable[..., Any],
    args: tuple[Any, ...],
    results: tuple[Any, ...],
    *,
    zeros: bool,
) -> tuple[Any, ...]:
    """Give the results of a custom function the tangents that its own rule states.

    Parameters
    ----------
    table : DualKernels
    push : callable
        From the tangent of each argument to that of each result.
    args, results : tuple
        In which anything may stand.
    zeros : bool
        Whether a tensor that does not vary has zeros for a tangent, instead of None.
    """
    tangents: list[Any] = []
    for arg in args:
        raw = getattr(arg, "_array", None)
        varies = isinstance(raw, Dual) and raw.table is table
        if raw is None or not (varies or zeros):
            tangents.append(None)
        elif varies:
            tangents.append(filled(raw) if zeros else raw.tangent)
        else:
            tangents.append(below.zeros_like(arg.detach()))
    found = push(*tangents)
    listed = found if isinstance(found, tuple) else (found,)
    if len(listed) != len(results):
        raise RuntimeError(
            f"a jvp returned {len(listed)} tangent(s) for {len(results)} result(s): it has to "
            "return one for each, None where there is none"
        )
    for result, tangent in zip(results, listed, strict=True):
        if hasattr(result, "_array") and result._table is table:
            primal = result._array.primal
            if tangent is not None and tangent.shape != primal.shape:
                raise RuntimeError(
                    f"a jvp returned a tangent of shape {list(tangent.shape)} for a result of "
                    f"shape {list(primal.shape)}; they have to be the same"
                )
            result._array = Dual(table, primal, tangent)
    return results
