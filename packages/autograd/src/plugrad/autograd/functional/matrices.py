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
from plugrad.autograd.functional.products import jvp
from plugrad.autograd.modes import enable_grad
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
        Accepted; the rows are computed one after the other all the same.
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
            as_given(_jacobian_rows(output, points, create_graph, strict, number), was_tuple)
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


def _jacobian_by_columns(func: Function, inputs: Any) -> Any:
    """Return the Jacobian from one Jacobian-vector product for each element of the inputs."""
    given, was_tuple = as_tuple(inputs, "inputs", "jacobian")
    outputs, many = evaluated(func, tuple(x.detach() for x in given), "jacobian")
    blocks: list[list[Any]] = [[] for _ in outputs]
    for position, x in enumerate(given):
        columns: list[Tensors] = []
        for element in range(x.numel()):
            vectors = [k.zeros_like(other.detach()) for other in given]
            vectors[position].reshape(-1)[element] = 1
            _, product = jvp(func, tuple(given), tuple(vectors))
            columns.append(as_tuple(product, "products", "jacobian")[0])
        for number, output in enumerate(outputs):
            column = [c[number] for c in columns]
            shape = (*output.shape, *x.shape)
            block = k.stack(column, -1).reshape(shape) if column else k.new_zeros(x, shape)
            blocks[number].append(block.detach())
    rows = tuple(as_given(block, was_tuple) for block in blocks)
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
