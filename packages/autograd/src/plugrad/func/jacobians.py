"""Whole Jacobians and Hessians, of functions of trees of tensors."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial, wraps
from typing import Any

import plugrad
from plugrad.func.derivatives import jvp, vjp
from plugrad.func.levels import chosen
from plugrad.func.mapping import vmap
from plugrad.func.trees import check_tensors, flatten
from plugrad.transforms.batches import NotMappable

__all__ = ["at_once", "basis", "hessian", "jacfwd", "jacrev"]

Function = Callable[..., Any]


def _of_chosen(
    func: Function, args: tuple[Any, ...], kwargs: Any, positions: list[int]
) -> Function:
    """Return a function of the arguments at `positions` only."""

    def partly(*values: Any) -> Any:
        given = list(args)
        for position, value in zip(positions, values, strict=True):
            given[position] = value
        return func(*given, **kwargs)

    return partly


def basis(tensor: Any) -> Any:
    """Return the unit vectors of a tensor's space, in a first dimension."""
    count = tensor.numel()
    unit = plugrad.eye(count, dtype=tensor.dtype, device=tensor.device)
    return unit.reshape((count, *tensor.shape))


def at_once(function: Function, units: Any, **options: Any) -> list[Any]:
    """Return what a function returns for each unit vector, of all at once where that can be done.

    It returns a list of tensors, which have another first dimension then.
    """
    try:
        return vmap(function, **options)(units)  # type: ignore[no-any-return]
    except NotMappable:
        # It looks at numbers on its way: then one after the other.
        rows = [function(unit) for unit in units]
        return [plugrad.stack(column) for column in zip(*rows, strict=True)]


def jacrev(
    func: Function,
    argnums: Any = 0,
    *,
    has_aux: bool = False,
    chunk_size: int | None = None,
) -> Function:
    """Return a function that computes the Jacobian of another, by backwards for all of its rows.

    They run at once, by `vmap`, where that can be done.

    Parameters
    ----------
    func : callable
        From tensors, or trees of them, to a tensor or a tree.
    argnums : int or tuple of int
        The arguments to differentiate by.
    has_aux : bool
        Whether `func` returns a pair, of the output and something beside it.
    chunk_size : int, optional
        How many rows are computed at once: all by default.

    Returns
    -------
    callable
        Of the same arguments; returns the tree of the output, with the tree of the arguments in the
        place of each tensor: in it, a tensor of the output's shape followed by the argument's.

    Raises
    ------
    ValueError
        If `chunk_size` is not positive.
    RuntimeError
        When called: if there are no such arguments.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.func import jacrev
    >>> jacrev(plugrad.square)(plugrad.tensor([1.0, 2.0]))
    tensor([[2., 0.],
            [0., 4.]])
    """
    if chunk_size is not None and chunk_size <= 0:
        raise ValueError(f"jacrev: chunk_size has to be positive, not {chunk_size}")

    @wraps(func)
    def compute(*args: Any, **kwargs: Any) -> Any:
        positions, single = chosen(args, argnums, "jacrev")
        partly = _of_chosen(func, args, kwargs, positions)
        primals = tuple(args[position] for position in positions)
        output, pull, *aux = vjp(partly, *primals, has_aux=has_aux)
        results, refill = flatten(output)
        leaves, rebuild = flatten(primals)
        blocks = []
        for number, result in enumerate(results):
            zeros = [plugrad.zeros_like(each.detach()) for each in results]

            def row(unit: Any, number: int = number, zeros: list[Any] = zeros) -> list[Any]:
                cotangent = [*zeros[:number], unit, *zeros[number + 1 :]]
                return flatten(pull(refill(cotangent)))[0]

            shapes = [(*result.shape, *x.shape) for x in leaves]
            if result.numel():
                rows = at_once(row, basis(result), chunk_size=chunk_size)
                pairs = zip(rows, shapes, strict=True)
                jacobians = [found.reshape(shape) for found, shape in pairs]
            else:
                jacobians = [x.new_zeros(shape) for x, shape in zip(leaves, shapes, strict=True)]
            block = rebuild(jacobians)
            blocks.append(block[0] if single else block)
        found = refill(blocks)
        return (found, *aux) if has_aux else found

    return compute


def jacfwd(
    func: Function, argnums: Any = 0, has_aux: bool = False, *, randomness: str = "error"
) -> Function:
    """Return a function that computes the Jacobian of another, by forward mode for all columns.

    They are computed at once, by `vmap`, where that can be done.

    Parameters
    ----------
    func, argnums, has_aux
        As for `jacrev`.
    randomness : {"error", "different", "same"}
        As for `vmap`.

    Returns
    -------
    callable
        As of `jacrev`.

    Raises
    ------
    RuntimeError
        When called: if there are no such arguments.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.func import jacfwd
    >>> jacfwd(plugrad.square)(plugrad.tensor([1.0, 2.0]))
    tensor([[2., 0.],
            [0., 4.]])
    """

    @wraps(func)
    def compute(*args: Any, **kwargs: Any) -> Any:
        positions, single = chosen(args, argnums, "jacfwd")
        partly = _of_chosen(func, args, kwargs, positions)
        primals = tuple(args[position] for position in positions)
        leaves, rebuild = flatten(primals)
        check_tensors(leaves, "jacfwd")
        zeros = [plugrad.zeros_like(x.detach()) for x in leaves]
        refills: list[Any] = []

        def column(unit: Any, number: int) -> list[Any]:
            tangents = [*zeros[:number], unit, *zeros[number + 1 :]]
            _, derivative, *_ = jvp(partly, primals, rebuild(tangents), has_aux=has_aux)
            results, refill = flatten(derivative)
            refills.append(refill)
            return results

        columns = []
        for number, x in enumerate(leaves):
            if x.numel():
                alone = partial(column, number=number)
                found = at_once(alone, basis(x), randomness=randomness)
            else:
                found = [y.new_zeros((0, *y.shape)) for y in column(zeros[number], number)]
            columns.append(found)
        blocks = []
        for parts in zip(*columns, strict=True):
            jacobians = [
                plugrad.movedim(part, 0, -1).reshape((*part.shape[1:], *x.shape))
                for part, x in zip(parts, leaves, strict=True)
            ]
            block = rebuild(jacobians)
            blocks.append(block[0] if single else block)
        jacobian = refills[-1](blocks)
        return (jacobian, partly(*primals)[1]) if has_aux else jacobian

    return compute


def hessian(func: Function, argnums: Any = 0) -> Function:
    """Return a function that computes the Hessian of another: `jacfwd` of `jacrev`.

    Parameters
    ----------
    func, argnums
        As for `jacrev`.

    Returns
    -------
    callable

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.func import hessian
    >>> hessian(lambda x: (x**3).sum())(plugrad.tensor([1.0, 2.0]))
    tensor([[ 6.,  0.],
            [ 0., 12.]])
    """
    return jacfwd(jacrev(func, argnums), argnums)
