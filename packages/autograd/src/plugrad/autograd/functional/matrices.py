"""Whole Jacobians and Hessians."""

from __future__ import annotations

from typing import Any

from plugrad.autograd.functional.arguments import (
    Function,
    Tensors,
    as_given,
    as_tuple,
    evaluated,
    finished,
    fresh,
    gradients,
    scalar,
)
from plugrad.autograd.modes import enable_grad
from plugrad.func.jacobians import at_once, basis, jacfwd
from plugrad.vocabulary.registry import tensor_table as k

__all__ = ["hessian", "jacobian"]


def jacobian(
    func: Function,
    inputs: Any,
    create_graph: bool = False,
    strict: bool = False,
    vectorize: bool = False,
    strategy: str = "reverse-mode",
) -> Any:
    """Return the Jacobian of a function at its inputs.

    Parameters
    ----------
    func, inputs, create_graph, strict
        As for `vjp`.
    vectorize : bool
        Whether rows, or columns, are computed at once, by `plugrad.func.vmap`, where that can be
        done.
    strategy : {"reverse-mode", "forward-mode"}
        Row by row, or (only with `vectorize`) column by column.

    Returns
    -------
    Tensor or nested tuple of Tensor
        For each output, for each input, a tensor of the output's shape followed by the input's.
        A level of tuples is left out where the outputs or the inputs were a single tensor.

    Raises
    ------
    TypeError, RuntimeError
        As for `vjp`.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.autograd.functional import jacobian
    >>> jacobian(lambda x: x * x, plugrad.tensor([1.0, 2.0]))
    tensor([[2., 0.],
            [0., 4.]])
    """
    if strategy not in ("reverse-mode", "forward-mode"):
        # PyTorch's type; an `assert` would not survive ``python -O``.
        raise AssertionError(f"strategy must be 'reverse-mode' or 'forward-mode', not {strategy!r}")
    if strict and vectorize:
        raise RuntimeError("jacobian: strict=True cannot be combined with vectorize=True")
    if strategy == "forward-mode":
        if not vectorize:
            raise NotImplementedError("jacobian: strategy 'forward-mode' needs vectorize=True")
        if create_graph:
            raise NotImplementedError("jacobian: strategy 'forward-mode' has no create_graph=True")
        return _jacobian_by_columns(func, inputs)
    with enable_grad():
        given, was_tuple = as_tuple(inputs, "inputs", "jacobian")
        points = fresh(given, create_graph)
        outputs, many = evaluated(func, points, "jacobian")
        blocks = tuple(
            as_given(
                _jacobian_at_once(output, points, create_graph)
                if vectorize and output.numel()
                else _jacobian_rows(output, points, create_graph, strict, number),
                was_tuple,
            )
            for number, output in enumerate(outputs)
        )
    return blocks if many else blocks[0]


def _jacobian_rows(
    output: Any, inputs: Tensors, create_graph: bool, strict: bool, number: int
) -> Tensors:
    """Return the Jacobians of one output: one backward for each of its elements."""
    rows: list[Tensors] = []
    for element in output.reshape(-1):
        rows.append(
            gradients(
                (element,),
                inputs,
                (k.ones_like(element.detach()),),
                strict=strict,
                caller=f"jacobian (output {number})",
                create_graph=create_graph,
                retain_graph=True,
            )
        )
    if not rows:
        empty = [k.new_zeros(x.detach(), (*output.shape, *x.shape)) for x in inputs]
        return tuple(empty)
    stacked = [
        k.stack(list(column), 0).reshape((*output.shape, *x.shape))
        for column, x in zip(zip(*rows, strict=True), inputs, strict=True)
    ]
    return finished(stacked, create_graph)


def _jacobian_at_once(output: Any, inputs: Tensors, create_graph: bool) -> Tensors:
    """Return the Jacobians of one output: one backward for all of its elements."""

    def row(unit: Any) -> list[Any]:
        found = gradients(
            (output,),
            inputs,
            (unit,),
            strict=False,
            caller="jacobian",
            create_graph=create_graph,
            retain_graph=True,
        )
        return list(found)

    rows = at_once(row, basis(output))
    shaped = [
        found.reshape((*output.shape, *x.shape)) for found, x in zip(rows, inputs, strict=True)
    ]
    return finished(shaped, create_graph)


def _jacobian_by_columns(func: Function, inputs: Any) -> Any:
    """Return the Jacobian by forward mode."""
    given, was_tuple = as_tuple(inputs, "inputs", "jacobian")
    _, many = evaluated(func, tuple(x.detach() for x in given), "jacobian")
    found = jacfwd(func, tuple(range(len(given))), randomness="same")(*given)
    rows = tuple(
        as_given(tuple(block.detach() for block in blocks), was_tuple)
        for blocks in (found if many else (found,))
    )
    return rows if many else rows[0]


def hessian(
    func: Function,
    inputs: Any,
    create_graph: bool = False,
    strict: bool = False,
    vectorize: bool = False,
    outer_jacobian_strategy: str = "reverse-mode",
) -> Any:
    """Return the Hessian of a scalar function at its inputs.

    Parameters
    ----------
    func : callable
        From tensors to one tensor of one element.
    inputs, create_graph, strict, vectorize
        As for `jacobian`.
    outer_jacobian_strategy : {"reverse-mode", "forward-mode"}
        The `strategy` of the Jacobian of the gradient.

    Returns
    -------
    Tensor or tuple of tuples of Tensor
        For inputs i and j, a tensor of the shape of i followed by that of j.

    Raises
    ------
    RuntimeError
        If the function does not return one element; and as `jacobian`.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.autograd.functional import hessian
    >>> hessian(lambda x: (x**3).sum(), plugrad.tensor([1.0, 2.0]))
    tensor([[ 6.,  0.],
            [ 0., 12.]])
    """
    given, was_tuple = as_tuple(inputs, "inputs", "hessian")
    if outer_jacobian_strategy not in ("reverse-mode", "forward-mode"):
        raise AssertionError(
            "outer_jacobian_strategy must be 'reverse-mode' or 'forward-mode', not "
            f"{outer_jacobian_strategy!r}"
        )

    def gradient(*points: Any) -> Any:
        if outer_jacobian_strategy == "forward-mode":
            # The outer product works with these very tensors, so they must take part.
            points = tuple(x if x.requires_grad else x.requires_grad_() for x in points)
        outputs, _ = scalar(func, points, "hessian")
        return gradients(outputs, points, None, strict=strict, caller="hessian", create_graph=True)

    blocks = jacobian(
        gradient,
        given,
        create_graph=create_graph,
        strict=strict,
        vectorize=vectorize,
        strategy=outer_jacobian_strategy,
    )
    return blocks if was_tuple else blocks[0][0]
