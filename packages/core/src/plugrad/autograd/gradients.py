"""`backward` and `grad`: what the user says to the engine."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import TYPE_CHECKING, Any

from plugrad.autograd.engine import accumulate_into, differentiate
from plugrad.autograd.tape import GradientEdge, Node, TensorBase, new_tensor

if TYPE_CHECKING:
    from plugrad.tensor import Tensor

__all__ = ["backward", "grad"]

Tensors = Any
"""A tensor, or the edge of one, or a sequence of them."""


def _listed(tensors: Tensors, what: str, *, edges: bool = True) -> tuple[Any, ...]:
    kinds = (TensorBase, GradientEdge) if edges else TensorBase
    listed: tuple[Any, ...] = (tensors,) if isinstance(tensors, kinds) else tuple(tensors)
    for position, tensor in enumerate(listed):
        if not isinstance(tensor, kinds):
            raise TypeError(
                f"element {position} of {what} must be a Tensor, not {type(tensor).__name__}"
            )
    return listed


def _node(place: Any) -> Node | None:
    """Return the node on which the gradient of a tensor, or of its edge, arrives."""
    return place.flow if isinstance(place, GradientEdge) else place._edge


def _start(output: Any, gradient: Tensor | None, position: int) -> Any:
    """Return the gradient that an output starts from, checked."""
    node = _node(output)
    if node is None:
        return output  # refused later, with its own words
    shape, kind, table = node.shape, node.dtype, node.table
    if gradient is None:
        if prod(shape) != 1:
            raise RuntimeError(
                f"output {position} has shape {list(shape)}: only an output of one element "
                "has an implicit gradient, the number 1; pass a gradient of the output's shape"
            )
        if kind.is_complex:
            raise RuntimeError(
                f"output {position} is of {kind}: only a real output has an implicit "
                "gradient; pass one, or differentiate a real function of it"
            )
        if isinstance(output, GradientEdge):
            return new_tensor(table.scalar(1, kind).reshape(shape), table, kind)
        one = table.ones_like(output._array)
        if one.__class__ is not table.array_type:
            one = table.wrap(one)
        return new_tensor(one, table, kind)
    if gradient._array.shape != shape:
        raise RuntimeError(
            f"gradient {position} has shape {list(gradient.shape)}, but its output has "
            f"{list(shape)}; they must be the same"
        )
    if gradient._dtype is not kind and gradient._dtype.is_complex != kind.is_complex:
        raise RuntimeError(
            f"gradient {position} is of {gradient._dtype}, but its output of {kind}: both "
            "must be real, or both complex"
        )
    return gradient


def _roots(outputs: tuple[Any, ...], gradients: Any) -> tuple[list[Node], list[Tensor]]:
    """Return where the outputs' gradients arrive, and what they start from."""
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
    roots: list[Node] = []
    for position, output in enumerate(outputs):
        node = _node(output)
        if node is None:
            raise RuntimeError(
                f"output {position} does not require grad and has no grad_fn: nothing that led to "
                "it was recorded. Did an input lack requires_grad=True, or was it computed under "
                "no_grad() or from a detached tensor?"
            )
        roots.append(node)
    return roots, starts


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
    tensors : Tensor or GradientEdge, or a sequence of them
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
    inputs : Tensor or GradientEdge, or a sequence of them, optional
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
    wanted: Sequence[Any] = ()
    if inputs is not None:
        wanted = _listed(inputs, "inputs")
        if not wanted:
            raise RuntimeError("inputs is empty; leave it out to accumulate into every leaf")
        _refuse_without_grad(wanted)
    found = differentiate(
        *_roots(outputs, grad_tensors),
        inputs=None if inputs is None else [_node(place) for place in wanted],
        retain_graph=create_graph if retain_graph is None else retain_graph,
        create_graph=create_graph,
    )
    for tensor, gradient in zip(wanted, found, strict=inputs is not None):
        # A leaf has got it already, and so has a tensor that retains its gradient; an edge of
        # another has nowhere to put it.
        if gradient is None or isinstance(tensor, GradientEdge) or tensor.retains_grad:
            continue
        accumulate_into(tensor, gradient, create_graph)


def _refuse_without_grad(inputs: Sequence[Any]) -> None:
    for position, place in enumerate(inputs):
        if _node(place) is None:
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
    outputs, inputs : Tensor or GradientEdge, or a sequence of them
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
        roots, starts = _roots(results, grad_outputs)
        _refuse_without_grad(wanted)
        found = tuple(
            differentiate(
                roots,
                starts,
                inputs=[_node(place) for place in wanted],
                accumulate=False,
                retain_graph=retain,
                create_graph=create_graph,
            )
        )
    if materialize_grads:
        return tuple(_zeros(x) if g is None else g for g, x in zip(found, wanted, strict=True))
    if not allow_unused:
        for position, gradient in enumerate(found):
            if gradient is None:
                raise RuntimeError(
                    f"input {position} was not used to compute the outputs; pass "
                    "allow_unused=True to get None for it, or materialize_grads=True for zeros"
                )
    return found


def _zeros(place: Any) -> Tensor:
    node = _node(place)
    assert node is not None
    return new_tensor(node.table.zeros(node.shape, node.dtype), node.table, node.dtype)


def _batched(
    outputs: tuple[Any, ...],
    inputs: tuple[Any, ...],
    grad_outputs: Any,
    retain_graph: bool,
    create_graph: bool,
) -> tuple[Tensor | None, ...]:
    """Run one backward for each slice of the gradients, and stack what comes out."""
    from plugrad.vocabulary.registry import tensor_table

    given = _listed(grad_outputs, "grad_outputs", edges=False)
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
