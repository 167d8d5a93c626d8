"""`backward` and `grad`: what the user says to the engine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from plugrad.autograd.engine import differentiate
from plugrad.autograd.tape import TensorBase, new_tensor

if TYPE_CHECKING:
    from plugrad.tensor import Tensor

__all__ = ["backward", "grad"]

Tensors = Any
"""A tensor or a sequence of tensors."""


def _listed(tensors: Tensors, what: str) -> tuple[Tensor, ...]:
    listed: tuple[Any, ...] = (tensors,) if isinstance(tensors, TensorBase) else tuple(tensors)
    for position, tensor in enumerate(listed):
        if not isinstance(tensor, TensorBase):
            raise TypeError(
                f"element {position} of {what} must be a Tensor, not {type(tensor).__name__}"
            )
    return listed


def _start(output: Tensor, gradient: Tensor | None, position: int) -> Tensor:
    """Return the gradient that an output starts from, checked."""
    if gradient is None:
        if output._edge is None:
            return output  # refused later, with its own words
        if output.numel() != 1:
            raise RuntimeError(
                f"output {position} has shape {list(output.shape)}: only an output of one element "
                "has an implicit gradient, the number 1; pass a gradient of the output's shape"
            )
        if output._dtype.is_complex:
            raise RuntimeError(
                f"output {position} is of {output._dtype}: only a real output has an implicit "
                "gradient; pass one, or differentiate a real function of it"
            )
        table = output._table
        one = table.ones_like(output._array)
        if one.__class__ is not table.array_type:
            one = table.wrap(one)
        return new_tensor(one, table, output._dtype)
    if gradient._array.shape != output._array.shape:
        raise RuntimeError(
            f"gradient {position} has shape {list(gradient.shape)}, but its output has "
            f"{list(output.shape)}; they must be the same"
        )
    kind = output._dtype
    if gradient._dtype is not kind and gradient._dtype.is_complex != kind.is_complex:
        raise RuntimeError(
            f"gradient {position} is of {gradient._dtype}, but its output of {output._dtype}: both "
            "must be real, or both complex"
        )
    return gradient


def _roots(outputs: tuple[Tensor, ...], gradients: Any) -> list[Tensor]:
    given: Sequence[Tensor | None]
    if gradients is None:
        given = (None,) * len(outputs)
    elif isinstance(gradients, TensorBase):
        given = (gradients,)  # type: ignore[assignment]
    else:
        given = tuple(gradients)
        for position, gradient in enumerate(given):
            if gradient is not None and not isinstance(gradient, TensorBase):
                raise TypeError(
                    f"gradient {position} must be a Tensor or None, not {type(gradient).__name__}"
                )
    if len(given) != len(outputs):
        raise RuntimeError(f"got {len(outputs)} outputs, but {len(given)} gradients")
    starts = [_start(output, given[i], i) for i, output in enumerate(outputs)]
    for position, output in enumerate(outputs):
        if output._edge is not None:
            continue
        raise RuntimeError(
            f"output {position} does not require grad and has no grad_fn: nothing that led to it "
            "was recorded. Did an input lack requires_grad=True, or was it computed under "
            "no_grad() or from a detached tensor?"
        )
    return starts


def backward(
    tensors: Tensors,
    grad_tensors: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    grad_variables: Any = None,
    inputs: Tensors | None = None,
) -> None:
    """Add the gradients of outputs with respect to leaves into the leaves' ``grad``.

    Parameters
    ----------
    tensors : Tensor or sequence of Tensor
        The outputs.
    grad_tensors : Tensor or sequence of (Tensor or None), optional
        The gradient that each output starts from, in its shape. None stands for 1, where the
        output has one element.
    retain_graph : bool, optional
        Whether the graph can be differentiated again afterwards; by default if `create_graph`.
    create_graph : bool
        Whether the gradients get a history, so that they can be differentiated.
    grad_variables
        The old name of `grad_tensors`.
    inputs : Tensor or sequence of Tensor, optional
        Accumulate into these only.

    Raises
    ------
    RuntimeError
        If an output has no history, several elements and no gradient, or a graph that was freed.

    Examples
    --------
    >>> import plugrad
    >>> x = plugrad.ones(3, requires_grad=True)
    >>> plugrad.autograd.backward(x * x, plugrad.tensor([1.0, 10.0, 100.0]))
    >>> x.grad
    tensor([  2.,  20., 200.])
    """
    if grad_variables is not None:
        if grad_tensors is not None:
            raise RuntimeError("pass grad_tensors or its old name grad_variables, not both")
        grad_tensors = grad_variables
    outputs = _listed(tensors, "tensors")
    wanted: Sequence[Tensor] | None = None
    if inputs is not None:
        wanted = _listed(inputs, "inputs")
        if not wanted:
            raise RuntimeError("inputs is empty; leave it out to accumulate into every leaf")
        _refuse_without_grad(wanted)
    differentiate(
        outputs,
        _roots(outputs, grad_tensors),
        inputs=wanted,
        retain_graph=create_graph if retain_graph is None else retain_graph,
        create_graph=create_graph,
    )


def _refuse_without_grad(inputs: Sequence[Tensor]) -> None:
    for position, tensor in enumerate(inputs):
        if tensor._edge is None:
            raise RuntimeError(
                f"input {position} does not require grad, so it has no gradient; set "
                "requires_grad=True before it is used"
            )


def grad(
    outputs: Tensors,
    inputs: Tensors,
    grad_outputs: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    only_inputs: bool = True,
    allow_unused: bool | None = None,
    is_grads_batched: bool = False,
    materialize_grads: bool = False,
) -> tuple[Tensor | None, ...]:
    """Return the gradients of outputs with respect to inputs, summed over the outputs.

    Parameters
    ----------
    outputs, inputs : Tensor or sequence of Tensor
    grad_outputs : Tensor or sequence of (Tensor or None), optional
        The gradient that each output starts from.
    retain_graph, create_graph : bool, optional
        As for `backward`.
    only_inputs : bool
        Must be True.
    allow_unused : bool, optional
        Whether an input that the outputs do not depend on has the gradient None, instead of being
        an error; by default if `materialize_grads`.
    is_grads_batched : bool
        Whether `grad_outputs` have a leading dimension, along which one backward each is run.
    materialize_grads : bool
        Whether the gradient of an unused input is zeros instead of None.

    Returns
    -------
    tuple of (Tensor or None)

    Raises
    ------
    RuntimeError
        As for `backward`; and for an unused input, or one that does not require grad.

    Examples
    --------
    >>> import plugrad
    >>> x = plugrad.tensor(2.0, requires_grad=True)
    >>> (slope,) = plugrad.autograd.grad(x**3, x, create_graph=True)
    >>> plugrad.autograd.grad(slope, x)
    (tensor(12.),)
    """
    if not only_inputs:
        raise ValueError("only_inputs=False is not supported; use backward to accumulate")
    if materialize_grads and allow_unused is False:
        raise ValueError(
            "materialize_grads=True fills in unused inputs, so allow_unused must not be False"
        )
    results = _listed(outputs, "outputs")
    wanted = _listed(inputs, "inputs")
    if not wanted:
        raise RuntimeError("inputs is empty: name what the outputs are to be differentiated by")
    retain = create_graph if retain_graph is None else retain_graph
    if is_grads_batched:
        found = _batched(results, wanted, grad_outputs, retain, create_graph)
    else:
        starts = _roots(results, grad_outputs)
        _refuse_without_grad(wanted)
        found = tuple(
            differentiate(
                results,
                starts,
                inputs=wanted,
                accumulate=False,
                retain_graph=retain,
                create_graph=create_graph,
            )
        )
    if materialize_grads:
        return tuple(_zeros_like(x) if g is None else g for g, x in zip(found, wanted, strict=True))
    if not allow_unused:
        for position, gradient in enumerate(found):
            if gradient is None:
                raise RuntimeError(
                    f"input {position} was not used to compute the outputs; pass "
                    "allow_unused=True to get None for it, or materialize_grads=True for zeros"
                )
    return found


def _zeros_like(tensor: Tensor) -> Tensor:
    zeros = tensor._table.zeros(tensor._array.shape, tensor._dtype)
    return new_tensor(zeros, tensor._table, tensor._dtype)


def _batched(
    outputs: tuple[Tensor, ...],
    inputs: tuple[Tensor, ...],
    grad_outputs: Any,
    retain_graph: bool,
    create_graph: bool,
) -> tuple[Tensor | None, ...]:
    """Run one backward for each slice of the gradients, and stack what comes out."""
    from plugrad.vocabulary.registry import tensor_table

    given = _listed(grad_outputs, "grad_outputs")
    sizes = {tensor.shape[0] for tensor in given if tensor.ndim}
    if len(sizes) != 1 or any(not tensor.ndim for tensor in given):
        raise RuntimeError(
            "with is_grads_batched, all grad_outputs need the same size in their first dimension"
        )
    (size,) = sizes
    rows = []
    for position in range(size):
        last = position == size - 1
        slices = tuple(tensor[position] for tensor in given)
        rows.append(
            grad(outputs, inputs, slices, retain_graph or not last, create_graph, allow_unused=True)
        )
    columns = zip(*rows, strict=True)
    return tuple(
        None if column[0] is None else tensor_table.stack(list(column), 0) for column in columns
    )
