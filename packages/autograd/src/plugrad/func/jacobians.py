"""Whole Jacobians and Hessians, of functions of trees of tensors."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import plugrad
from plugrad.func.derivatives import jvp, vjp
from plugrad.func.levels import chosen
from plugrad.func.trees import check_tensors, flatten

__all__ = ["hessian", "jacfwd", "jacrev"]

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


def _units(tensor: Any) -> list[Any]:
    """Return the unit vectors of a tensor's space."""
    units = []
    for number in range(tensor.numel()):
        unit = plugrad.zeros(tensor.shape, dtype=tensor.dtype, device=tensor.device)
        unit.view(-1)[number] = 1
        units.append(unit)
    return units


def _joined(rows: list[Any], shape: tuple[int, ...], like: Any, *, dim: int) -> Any:
    if not rows:
        return plugrad.zeros(shape, dtype=like.dtype, device=like.device)
    return plugrad.stack(rows, dim).reshape(shape)


def jacrev(
    func: Function,
    argnums: Any = 0,
    *,
    has_aux: bool = False,
    chunk_size: int | None = None,
) -> Function:
    """Return a function that computes the Jacobian of another, by one backward for each row.

    Parameters
    ----------
    func : callable
        From tensors, or trees of them, to a tensor or a tree.
    argnums : int or tuple of int
        The arguments to differentiate by.
    has_aux : bool
        Whether `func` returns a pair, of the output and something beside it.
    chunk_size : int, optional
        Accepted: rows are computed one at a time.

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
            rows = []
            for unit in _units(result):
                cotangent = [*zeros]
                cotangent[number] = unit
                rows.append(flatten(pull(refill(cotangent)))[0])
            jacobians = [
                _joined([row[i] for row in rows], (*result.shape, *x.shape), x, dim=0)
                for i, x in enumerate(leaves)
            ]
            block = rebuild(jacobians)
            blocks.append(block[0] if single else block)
        found = refill(blocks)
        return (found, *aux) if has_aux else found

    return compute


def jacfwd(
    func: Function, argnums: Any = 0, has_aux: bool = False, *, randomness: str = "error"
) -> Function:
    """Return a function that computes the Jacobian of another, by forward mode, column by column.

    Parameters
    ----------
    func, argnums, has_aux
        As for `jacrev`.
    randomness : {"error", "different", "same"}
        Accepted: `func` runs once for each column, and draws as it draws.

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
        columns: list[list[list[Any]]] = []
        pushed = None
        for number, x in enumerate(leaves):
            columns.append([])
            for unit in _units(x):
                tangents = [*zeros]
                tangents[number] = unit
                pushed = jvp(partly, primals, rebuild(tangents), has_aux=has_aux)
                columns[-1].append(flatten(pushed[1])[0])
        if pushed is None:
            pushed = jvp(partly, primals, rebuild(zeros), has_aux=has_aux)
        results, refill = flatten(pushed[0])
        blocks = []
        for number, result in enumerate(results):
            jacobians = [
                _joined(
                    [column[number] for column in columns[i]], (*result.shape, *x.shape), x, dim=-1
                )
                for i, x in enumerate(leaves)
            ]
            block = rebuild(jacobians)
            blocks.append(block[0] if single else block)
        found = refill(blocks)
        return (found, *pushed[2:]) if has_aux else found

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
