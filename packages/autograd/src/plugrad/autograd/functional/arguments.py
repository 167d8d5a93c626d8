"""What goes into a derivative and what comes out: tuples, fresh points, vectors, zeros."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from plugrad.autograd.gradients import grad
from plugrad.autograd.modes import mode
from plugrad.autograd.tape import TensorBase
from plugrad.vocabulary.registry import tensor_table as k

__all__ = [
    "Function",
    "Tensors",
    "as_given",
    "as_tuple",
    "checked_vector",
    "evaluated",
    "finished",
    "fresh",
    "grad_as",
    "gradients",
    "scalar",
]

Function = Callable[..., Any]
Tensors = tuple[Any, ...]


def as_tuple(value: Any, what: str, caller: str) -> tuple[Tensors, bool]:
    """Return tensors as a tuple, and whether they were one.

    Raises
    ------
    TypeError
        If any is no tensor.
    """
    given = value if isinstance(value, tuple) else (value,)
    for position, tensor in enumerate(given):
        if not isinstance(tensor, TensorBase):
            raise TypeError(
                f"{caller}: {what} must be a Tensor or a tuple of Tensors, but element "
                f"{position} is of type {type(tensor).__name__}"
            )
    return given, isinstance(value, tuple)


def as_given(tensors: Sequence[Any], was_tuple: bool) -> Any:
    """Return tensors as the caller gave theirs: a tuple, or the only one."""
    return tuple(tensors) if was_tuple else tensors[0]


def fresh(inputs: Tensors, create_graph: bool) -> Tensors:
    """Return the inputs so that gradients with respect to them stay apart from the caller's graph.

    With `create_graph` they are aliases that keep their history, else leaves without one.
    """
    if create_graph:
        return tuple(
            x.view_as(x) if x.requires_grad else x.detach().requires_grad_() for x in inputs
        )
    return tuple(x.detach().requires_grad_() for x in inputs)


def finished(tensors: Sequence[Any], create_graph: bool) -> Tensors:
    """Return results with their history only if that was asked for."""
    return tuple(t if create_graph else t.detach() for t in tensors)


def checked_vector(v: Any, like: Tensors, caller: str, of: str) -> Tensors:
    """Return the vector of a product, checked against what it multiplies.

    Raises
    ------
    RuntimeError
        If it is missing where it is needed, or of another shape.
    """
    if v is None:
        if len(like) != 1 or like[0].numel() != 1:
            raise RuntimeError(
                f"{caller}: v can only be left out for one {of} of one element, and here the "
                f"{of}s have shapes {[list(t.shape) for t in like]}"
            )
        return (k.ones_like(like[0].detach()),)
    vectors, _ = as_tuple(v, "v", caller)
    if len(vectors) != len(like):
        raise RuntimeError(f"{caller}: got {len(vectors)} vectors for {len(like)} {of}s")
    for position, (vector, tensor) in enumerate(zip(vectors, like, strict=True)):
        if vector.shape != tensor.shape:
            raise RuntimeError(
                f"{caller}: vector {position} has shape {list(vector.shape)}, but its {of} has "
                f"{list(tensor.shape)}"
            )
    return vectors


def gradients(
    outputs: Tensors,
    inputs: Tensors,
    vectors: Tensors | None,
    *,
    strict: bool,
    caller: str,
    create_graph: bool = False,
    retain_graph: bool | None = None,
) -> Tensors:
    """Return gradients, with zeros for what does not depend on an input.

    Raises
    ------
    RuntimeError
        With `strict`, for what does not depend on an input.
    """
    pairs = list(zip(outputs, vectors or (None,) * len(outputs), strict=True))
    recorded = [(output, vector) for output, vector in pairs if output.requires_grad]
    if strict and len(recorded) < len(pairs):
        raise RuntimeError(
            f"{caller}: an output does not depend on any input, which strict=True does not allow"
        )
    found: Sequence[Any] = (None,) * len(inputs)
    if recorded:
        results, starts = zip(*recorded, strict=True)
        found = grad(
            results,
            inputs,
            None if vectors is None else starts,
            retain_graph,
            create_graph,
            allow_unused=True,
        )
    for position, gradient in enumerate(found):
        if strict and gradient is None:
            raise RuntimeError(
                f"{caller}: the outputs do not depend on input {position}, which strict=True does "
                "not allow"
            )
        if strict and create_graph and gradient is not None and not gradient.requires_grad:
            raise RuntimeError(
                f"{caller}: the derivative with respect to input {position} does not depend on the "
                "inputs, which strict=True does not allow with create_graph=True"
            )
    return tuple(
        k.zeros_like(x.detach()) if gradient is None else gradient
        for gradient, x in zip(found, inputs, strict=True)
    )


def evaluated(func: Function, inputs: Tensors, caller: str) -> tuple[Tensors, bool]:
    """Call the function; return its outputs as a tuple, and whether they were one."""
    return as_tuple(func(*inputs), "the outputs of the function", caller)


def scalar(func: Function, inputs: Tensors, caller: str) -> tuple[Tensors, bool]:
    """Evaluate a function whose output must be one tensor of one element.

    Raises
    ------
    RuntimeError
        If it is not.
    """
    outputs, was_tuple = evaluated(func, inputs, caller)
    if was_tuple or outputs[0].numel() != 1:
        shapes = [list(output.shape) for output in outputs]
        raise RuntimeError(
            f"{caller}: the function must return one Tensor of one element, not shapes {shapes}"
        )
    if outputs[0].ndim and outputs[0].numel() == 1:
        outputs = (outputs[0].reshape(()),) if caller == "hessian" else outputs
    return outputs, False


class grad_as:
    """Set the grad mode to a value, unless the caller's is on already."""

    def __init__(self, create_graph: bool) -> None:
        self._wanted = create_graph or mode.grad

    def __enter__(self) -> None:
        self._before = mode.grad
        mode.record(self._wanted)

    def __exit__(self, *exc: object) -> None:
        mode.record(self._before)
