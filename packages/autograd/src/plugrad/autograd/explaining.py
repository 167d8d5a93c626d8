"""Why a tensor has a gradient, or has none, in words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from plugrad.autograd.drawing import Drawing, inner
from plugrad.autograd.tape import AccumulateGrad, InferenceCell, Node, Output, Refused

__all__ = ["explain"]


class Explanation(str):
    """Text that an interpreter shows as it is."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def explain(tensor: Any, output: Any = None) -> Explanation:
    """Say why a tensor has a gradient, or has none, and what to do.

    Parameters
    ----------
    tensor : Tensor
    output : Tensor, optional
        What was, or is to be, differentiated: whether its gradient reaches the tensor, and which
        way.

    Returns
    -------
    str

    Examples
    --------
    >>> import plugrad
    >>> x = plugrad.ones(2, requires_grad=True)
    >>> y = x.exp()
    >>> plugrad.autograd.explain(y)
    tensor float32[2] of ExpBackward0: it requires grad, but keeps no gradient, for it is no leaf.
    Call retain_grad() on it before the backward, or ask autograd.grad() for its gradient.
    >>> plugrad.autograd.explain(x, y.sum())
    tensor float32[2], a leaf that requires grad. Its gradient is None: no backward has reached it.
    The gradient of the output reaches it:
      SumBackward0 float32[]
      ExpBackward0 float32[2], keeps 8 B
      leaf float32[2]
    """
    lines = list(_of_itself(tensor))
    if output is not None:
        lines += _of_the_way(tensor, output)
    return Explanation("\n".join(lines))


def _of_itself(tensor: Any) -> Iterator[str]:
    kind, shape = tensor._dtype, list(tensor.shape)
    what = f"tensor {kind.name}{shape}"
    edge = tensor._edge
    if edge is None:
        yield from _without(tensor, what)
        return
    if isinstance(edge, AccumulateGrad):
        there = tensor.grad is not None
        held = "there" if there else "None: no backward has reached it"
        yield f"{what}, a leaf that requires grad. Its gradient is {held}."
        return
    node = edge.node if isinstance(edge, Output) else edge
    keeps = "and keeps its gradient" if tensor.retains_grad else "but keeps no gradient"
    yield f"{what} of {node.name()}: it requires grad, {keeps}, for it is no leaf."
    if not tensor.retains_grad:
        yield (
            "Call retain_grad() on it before the backward, or ask autograd.grad() for its gradient."
        )
    if isinstance(node, Refused):
        yield f"A backward from it fails: {node.message}."
    elif node.saved is None:
        yield "What its operation had saved was freed by a backward: compute it again for another."


def _without(tensor: Any, what: str) -> Iterator[str]:
    kind = tensor._dtype
    if not (kind.is_floating_point or kind.is_complex):
        yield (
            f"{what} has no gradient: only tensors of floating-point or complex numbers have one. "
            "Convert it with .float() before requires_grad_()."
        )
        return
    if isinstance(tensor._cell, InferenceCell):
        yield (
            f"{what} has no gradient: it was made in inference mode, which records nothing. "
            "Compute it outside, or under no_grad() and clone it."
        )
        return
    view = tensor._meta.view if tensor._meta is not None else None
    if view is not None and view.base._edge is not None:
        yield (
            f"{what} has no history, though it is a view of one that has, of shape "
            f"{list(view.base.shape)}: it was made under no_grad(). Make the view outside of it."
        )
        return
    yield (
        f"{what} does not require grad: nothing that it came from did, or it was computed under "
        "no_grad(), by .detach() or .data, or from NumPy or Python numbers. If it is to be "
        "learned, call requires_grad_() before it is used; if it was computed, look where its "
        "history ends."
    )


def _of_the_way(tensor: Any, output: Any) -> Iterator[str]:
    said = f"The output, {output._dtype.name}{list(output.shape)}"
    if output._edge is None:
        yield f"{said}, has no history: nothing can be differentiated."
        return
    root = output._edge
    said += "" if isinstance(root, AccumulateGrad) else f" of {inner(root).name()}"
    if tensor._edge is None:
        yield f"{said}, has one, but does not know this tensor."
        return
    way = _way(root, tensor._edge)
    if way is None:
        yield f"{said}, does not depend on it."
        return
    yield "The gradient of the output reaches it:"
    drawing = Drawing([root])
    nodes = list(dict.fromkeys(map(inner, way)))
    shown = nodes if len(nodes) <= 12 else [*nodes[:6], None, *nodes[-5:]]
    for node in shown:
        yield "  " + (drawing.label(node) if node is not None else f"... {len(nodes) - 11} more")
    freed = [node for node in nodes if node.saved is None]
    if freed:
        yield f"What {len(freed)} of them had saved was freed: it cannot be taken again."


def _way(root: Node, wanted: Node) -> list[Node] | None:
    """Return the nodes of one shortest way down the graph, if there is any."""
    target = (inner(wanted), wanted.number if isinstance(wanted, Output) else 0)
    came_from: dict[Node, Node | None] = {root: None}
    row = [root]
    while row:
        following: list[Node] = []
        for node in row:
            if (inner(node), node.number if isinstance(node, Output) else 0) == target:
                way: list[Node] = []
                step: Node | None = node
                while step is not None:
                    way.append(step)
                    step = came_from[step]
                return way[::-1]
            for edge in node.edges:
                if edge is not None and edge not in came_from:
                    came_from[edge] = node
                    following.append(edge)
        row = following
    return None
