"""Functions that return derivatives of functions."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import plugrad
from plugrad import Tensor
from plugrad.autograd.modes import enable_grad
from plugrad.func.levels import Points, aux_split, chosen
from plugrad.func.trees import check_tensors, flatten, same_structure
from plugrad.transforms.jvp import jvp as along

__all__ = ["grad", "grad_and_value", "jvp", "linearize", "vjp"]

Function = Callable[..., Any]


def _result(output: Any, caller: str) -> Any:
    """Check that a function returned one number."""
    if not isinstance(output, Tensor):
        raise RuntimeError(
            f"{caller}: the function has to return a tensor of one element, not a "
            f"{type(output).__name__}"
        )
    if output.ndim:
        raise RuntimeError(
            f"{caller}: the function has to return a 0-d tensor, not one of shape "
            f"{list(output.shape)}; vjp and jacrev take others"
        )
    return output


def grad_and_value(func: Function, argnums: Any = 0, has_aux: bool = False) -> Function:
    """Return a function that computes the gradient of another, and its value.

    Parameters
    ----------
    func : callable
        Returns a 0-d tensor, or a pair of it and of something beside it.
    argnums : int or tuple of int
        The arguments to differentiate by: tensors, or trees of tensors.
    has_aux : bool
        Whether `func` returns a pair.

    Returns
    -------
    callable
        Of the same arguments; returns ``(gradient, value)``, or ``(gradient, (value, aux))``.

    Raises
    ------
    RuntimeError
        When called: if `func` returns anything else, or has no such arguments.
    ValueError
        If an argument holds anything but tensors.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.func import grad_and_value
    >>> grad_and_value(lambda x: x**3)(plugrad.tensor(2.0))
    (tensor(12.), tensor(8.))
    """

    @wraps(func)
    def compute(*args: Any, **kwargs: Any) -> Any:
        gradient, value, aux = _gradient(func, args, kwargs, argnums, has_aux, "grad_and_value")
        return gradient, ((value, aux) if has_aux else value)

    return compute


def grad(func: Function, argnums: Any = 0, has_aux: bool = False) -> Function:
    """Return a function that computes the gradient of another.

    Parameters
    ----------
    func, argnums, has_aux
        As for `grad_and_value`.

    Returns
    -------
    callable
        Of the same arguments; returns the gradient, or ``(gradient, aux)``.

    Raises
    ------
    RuntimeError, ValueError
        When called: as for `grad_and_value`.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.func import grad
    >>> grad(grad(plugrad.sin))(plugrad.tensor(1.0))
    tensor(-0.8415)
    """

    @wraps(func)
    def compute(*args: Any, **kwargs: Any) -> Any:
        gradient, _, aux = _gradient(func, args, kwargs, argnums, has_aux, "grad")
        return (gradient, aux) if has_aux else gradient

    return compute


def _gradient(
    func: Function, args: Any, kwargs: Any, argnums: Any, has_aux: bool, caller: str
) -> tuple[Any, Any, Any]:
    positions, single = chosen(args, argnums, caller)
    leaves, rebuild = flatten(tuple(args[position] for position in positions))
    check_tensors(leaves, caller)
    points = Points(leaves)
    given = list(args)
    for position, value in zip(positions, rebuild(points.tensors), strict=True):
        given[position] = value
    with enable_grad():
        output, aux = aux_split(func(*given, **kwargs), has_aux, caller)
    found = rebuild(points.gradients([_result(output, caller)], None, retain=False))
    return found[0] if single else found, points.cut([output])[0], _cut(points, aux)


def _cut(points: Points, aux: Any) -> Any:
    beside, refill = flatten(aux)
    return refill([points.cut([x])[0] if isinstance(x, Tensor) else x for x in beside])


def _recorded(
    func: Function, primals: tuple[Any, ...], has_aux: bool, caller: str
) -> tuple[Points, Any, Any]:
    """Return where a function was run, what it returned, and what beside it."""
    leaves, rebuild = flatten(primals)
    check_tensors(leaves, caller)
    points = Points(leaves)
    with enable_grad():
        output, aux = aux_split(func(*rebuild(points.tensors)), has_aux, caller)
    check_tensors(flatten(output)[0], f"{caller}: the function's output", RuntimeError)
    return points, output, aux


def vjp(func: Function, *primals: Any, has_aux: bool = False) -> Any:
    """Return ``func(*primals)``, and a function from a cotangent to its product with the Jacobian.

    Parameters
    ----------
    func : callable
        From tensors, or trees of them, to a tensor or a tree.
    *primals
        Where to differentiate.
    has_aux : bool
        Whether `func` returns a pair, of the output and something beside it.

    Returns
    -------
    output
        What `func` returned.
    vjp_fn : callable
        Takes a cotangent, in the structure and shapes of the output, and returns a tuple, of the
        structure of `primals`. It can be called again.
    aux
        If `has_aux`.

    Raises
    ------
    RuntimeError
        If a cotangent does not have the output's structure or shape.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.func import vjp
    >>> output, vjp_fn = vjp(plugrad.sin, plugrad.tensor([0.0, 1.0]))
    >>> vjp_fn(plugrad.ones(2))
    (tensor([1.0000, 0.5403]),)
    """
    points, output, aux = _recorded(func, primals, has_aux, "vjp")
    results, refill = flatten(output)
    rebuild = flatten(primals)[1]

    def pull(cotangents: Any, retain_graph: bool = True, create_graph: bool | None = None) -> Any:
        if not same_structure(output, cotangents):
            raise RuntimeError("vjp: a cotangent has to have the structure of the output")
        starts = flatten(cotangents)[0]
        check_tensors(starts, "vjp: a cotangent", RuntimeError)
        for number, (start, result) in enumerate(zip(starts, results, strict=True)):
            if start.shape != result.shape:
                raise RuntimeError(
                    f"vjp: part {number} of the cotangent has shape {list(start.shape)}, but the "
                    f"output's is {list(result.shape)}"
                )
        return rebuild(points.gradients(results, starts, retain=retain_graph))

    shown, aux = refill(points.cut(results)), _cut(points, aux)
    return (shown, pull, aux) if has_aux else (shown, pull)


def jvp(
    func: Function, primals: Any, tangents: Any, *, strict: bool = False, has_aux: bool = False
) -> Any:
    """Return ``func(*primals)`` and its derivative along `tangents`, by one pass of forward mode.

    Parameters
    ----------
    func : callable
        From tensors, or trees of them, to a tensor or a tree.
    primals, tangents : tuple
        Of one structure, with tensors of one shape.
    strict : bool
        Whether an output that does not depend on the primals is an error, instead of zeros.
    has_aux : bool
        Whether `func` returns a pair, of the output and something beside it.

    Returns
    -------
    output, derivative
        Of one structure; and ``aux``, if `has_aux`.

    Raises
    ------
    RuntimeError
        If the primals are no tuple, or the tangents do not go with them; and see `strict`.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.func import jvp
    >>> jvp(plugrad.sin, (plugrad.tensor(1.0),), (plugrad.tensor(2.0),))
    (tensor(0.8415), tensor(1.0806))
    """
    if not isinstance(primals, tuple) or not primals:
        raise RuntimeError("jvp: primals must be a tuple, of the arguments of the function")
    if not same_structure(primals, tangents):
        raise RuntimeError("jvp: the tangents have to have the structure of the primals")
    leaves, rebuild = flatten(primals)
    directions, _ = flatten(tangents)
    check_tensors([*leaves, *directions], "jvp", RuntimeError)
    for number, (x, direction) in enumerate(zip(leaves, directions, strict=True)):
        if x.shape != direction.shape:
            raise RuntimeError(
                f"jvp: part {number} of the primals has shape {list(x.shape)}, but its tangent "
                f"{list(direction.shape)}"
            )
    noted: list[Any] = []

    def flat(*points: Any) -> list[Any]:
        output, aux = aux_split(func(*rebuild(points)), has_aux, "jvp")
        results, refill = flatten(output)
        check_tensors(results, "jvp: the function's output", RuntimeError)
        beside, fill = flatten(aux)
        noted.extend([refill, fill(_plain(beside))])
        if strict and not all(_varies(result) for result in results):
            raise RuntimeError("jvp: with strict=True every output has to depend on the primals")
        return results

    values, derivatives = along(flat, tuple(leaves), tuple(directions))
    refill, aux = noted
    return (refill(values), refill(derivatives), aux)[: 3 if has_aux else 2]


def _varies(tensor: Any) -> bool:
    return getattr(tensor._array, "tangent", None) is not None


def _plain(values: list[Any]) -> list[Any]:
    """Return tensors without what the present level knows of them."""
    return [getattr(getattr(x, "_array", None), "primal", x) for x in values]


def linearize(func: Function, *primals: Any) -> tuple[Any, Function]:
    """Return ``func(*primals)``, and its derivative there, as a function of the direction.

    The derivative can be taken along many directions without running `func` again.

    Parameters
    ----------
    func : callable
        From tensors, or trees of them, to a tensor or a tree.
    *primals
        Where to differentiate.

    Returns
    -------
    output
        What `func` returned.
    jvp_fn : callable
        Of tangents, one for each primal.

    Raises
    ------
    RuntimeError
        When called: if the tangents do not have the structure and shapes of the primals.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.func import linearize
    >>> output, derivative = linearize(plugrad.sin, plugrad.tensor(0.0))
    >>> output, derivative(plugrad.tensor(2.0))
    (tensor(0.), tensor(2.))
    """
    leaves, _ = flatten(primals)
    points, output, _ = _recorded(func, primals, False, "linearize")
    results, refill = flatten(output)
    # The pullback is linear, so where it is differentiated does not matter.
    cotangents = [plugrad.ones_like(result.data).requires_grad_() for result in results]
    with enable_grad():
        pulled = points.gradients(results, cotangents, retain=True)

    def push(*tangents: Any) -> Any:
        if not same_structure(primals, tangents):
            raise RuntimeError("linearize: the tangents have to have the structure of the primals")
        directions, _ = flatten(tangents)
        for number, (x, direction) in enumerate(zip(leaves, directions, strict=True)):
            if x.shape != direction.shape:
                raise RuntimeError(
                    f"linearize: part {number} of the primals has shape {list(x.shape)}, but its "
                    f"tangent {list(direction.shape)}"
                )
        there = Points(cotangents, beside=points)
        return refill(there.gradients(pulled, directions, retain=True))

    return refill(points.cut(results)), push
