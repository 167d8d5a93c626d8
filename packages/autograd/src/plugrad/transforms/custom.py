"""Custom functions on transform levels: there, too, they do what they state, not what they run.

What a custom function computes is computed on the level below, where it is recorded with its own
backward. If a gradient is wanted on the level itself, it is recorded there as well.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from plugrad.autograd.modes import mode
from plugrad.autograd.tape import TensorBase, new_tensor
from plugrad.transforms.batches import Batched, BatchKernels
from plugrad.transforms.duals import Dual, DualKernels, filled
from plugrad.vocabulary.registry import tensor_table as below

__all__ = ["VmapInfo", "applied_on"]

Results = tuple[tuple[Any, ...], bool]


class VmapInfo(NamedTuple):
    """What the ``vmap`` of a custom function is told.

    Attributes
    ----------
    batch_size : int
    randomness : str
    """

    batch_size: int
    randomness: str


def applied_on(table: Any, function: Any, args: tuple[Any, ...], apart: bool) -> Results:
    """Apply a custom function to tensors of which the highest are of a transform level.

    Parameters
    ----------
    table : Kernels
        Of that level.
    function : type
        A subclass of `plugrad.autograd.Function`.
    args : tuple
    apart : bool
        Whether it has a ``setup_context``.

    Returns
    -------
    results : tuple
    several : bool
        Whether it returned a tuple.
    """
    if isinstance(table, BatchKernels):
        return _batched(table, function, args, apart)
    return _dual(table, function, args, apart)


# ---------------------------------------------------------------------------------- forward mode


def _dual(table: DualKernels, function: Any, args: tuple[Any, ...], apart: bool) -> Results:
    results, several, ctx = function._here(args, apart)
    lower = function._applied(tuple(_primal(table, x) for x in args), apart)
    primals = lower if several else (lower,)
    given = [_tangent(table, x, zeros=ctx.materialize_grads) for x in args]
    saved = ctx.saved_for_forward
    ctx._forwards = tuple(None if x is None else _primal(table, x) for x in saved)
    try:
        found = function.jvp(ctx, *given)
    finally:
        ctx._forwards = None
    tangents = found if isinstance(found, tuple) else (found,)
    if len(tangents) != len(results):
        raise RuntimeError(
            f"the jvp of {function.__name__} returned {len(tangents)} tangent(s) for "
            f"{len(results)} result(s): it has to return one for each, None where there is none"
        )
    for result, primal, tangent in zip(results, primals, tangents, strict=True):
        if not (isinstance(result, TensorBase) and result._table is table):
            continue
        if tangent is not None and tangent.shape != primal.shape:
            raise RuntimeError(
                f"the jvp of {function.__name__} returned a tangent of shape "
                f"{list(tangent.shape)} for a result of shape {list(primal.shape)}; they have to "
                "be the same"
            )
        result._array = Dual(table, primal, tangent)
    return results, several


def _primal(table: Any, value: Any) -> Any:
    here = isinstance(value, TensorBase) and value._table is table
    return value._array.primal if here else value


def _tangent(table: Any, value: Any, *, zeros: bool) -> Any:
    if not isinstance(value, TensorBase):
        return None
    if value._table is not table:
        plain: Any = value
        return below.zeros_like(plain.detach()) if zeros else None
    return filled(value._array) if zeros else value._array.tangent


# ---------------------------------------------------------------------------------------- batches


def _batched(table: BatchKernels, function: Any, args: tuple[Any, ...], apart: bool) -> Results:
    from plugrad.autograd.function import Function

    stated = function.vmap is not Function.vmap
    if stated and function.generate_vmap_rule:
        raise RuntimeError(
            f"{function.__name__} has a static method `vmap`, and generate_vmap_rule=True: it is "
            "to have one of both"
        )
    if not (stated or function.generate_vmap_rule):
        raise RuntimeError(
            f"{function.__name__} cannot be mapped over: give it a static method `vmap`, or "
            "generate_vmap_rule=True, which runs it sample by sample"
        )
    values = tuple(_value(table, x) for x in args)
    batched = tuple(_is_batched(table, x) for x in args)
    if stated:
        info = VmapInfo(table.size, "error" if not mode.draws else "same")
        dims = tuple(0 if moves else None for moves in batched)
        found, out_dims = function.vmap(info, dims, *values)
    else:
        found, out_dims = _sample_by_sample(table, function, values, batched, apart), 0
    several = isinstance(found, tuple)
    listed = found if several else (found,)
    places = out_dims if isinstance(out_dims, tuple) else (out_dims,) * len(listed)
    raw = [_raw(table, x, dim) for x, dim in zip(listed, places, strict=True)]
    if mode.grad and any(isinstance(x, TensorBase) and x._edge is not None for x in args):
        results, _, _ = function._here(args, apart)
        for result, one in zip(results, raw, strict=True):
            if isinstance(one, Batched):
                result._array = one
        return results, several
    results = tuple(
        new_tensor(one, table, one.dtype) if isinstance(one, Batched) else one for one in raw
    )
    return results, several


def _sample_by_sample(
    table: BatchKernels, function: Any, values: Any, batched: tuple[bool, ...], apart: bool
) -> Any:
    samples = [
        function._applied(
            tuple(
                below.select(x, 0, number) if moves else x
                for x, moves in zip(values, batched, strict=True)
            ),
            apart,
        )
        for number in range(table.size)
    ]
    if not isinstance(samples[0], tuple):
        return below.stack(samples, 0)
    return tuple(
        below.stack(list(column), 0) if isinstance(column[0], TensorBase) else column[0]
        for column in zip(*samples, strict=True)
    )


def _raw(table: BatchKernels, value: Any, dim: int | None) -> Any:
    if not isinstance(value, TensorBase):
        return value
    tensor: Any = value
    if dim is None:
        return Batched(table, tensor, False)
    return Batched(table, tensor.movedim(dim, 0) if dim else tensor, True)


def _value(table: Any, value: Any) -> Any:
    here = isinstance(value, TensorBase) and value._table is table
    return value._array.value if here else value


def _is_batched(table: Any, value: Any) -> bool:
    return isinstance(value, TensorBase) and value._table is table and value._array.batched
