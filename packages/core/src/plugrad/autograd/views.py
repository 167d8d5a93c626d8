"""Views and the history that an in-place operation rewrites.

A view remembers its base, and the steps that lead from there: operators with their parameters.
When anything that shares the memory changes in place, history is rebased: the base gets a new
node, which for a change through a view is `CopySlices`, and every live view is derived from the
base afresh (an ``AsStridedBackward0`` in PyTorch's words), at once, so that the hot path never
meets a stale ``grad_fn``.
"""

from __future__ import annotations

from copy import copy
from functools import partial
from typing import TYPE_CHECKING, Any, Final
from weakref import ref

from plugrad.autograd.modes import mode
from plugrad.autograd.tape import (
    AccumulateGrad,
    Meta,
    Node,
    Refused,
    Views,
    alias_cell,
    hooks_of,
    meta_of,
    new_cell,
    tick,
)

if TYPE_CHECKING:
    from plugrad.tensor import Tensor

__all__ = [
    "CopySlices",
    "Step",
    "View",
    "add_step",
    "live_views",
    "rebase",
    "restride",
    "share_memory",
]

_new: Final[Any] = object.__new__

Step = tuple[str, tuple[Any, ...], tuple[int, ...]]
"""One step of a view: operator, parameters, and the shape before it."""


Way = tuple[Any, Step]
"""The way to a step (None for the first), and the step."""


class View(Meta):
    """The rarer half of a view's autograd state: how it is a view, beside all else.

    Attributes
    ----------
    base : Tensor
        The tensor that is no view itself.
    way : pair, or None
        The steps from the base, each after the way to it: so that a view of a view of a view costs
        no more than a view.
    origin : str
        ``""``, or why it cannot be changed in place where gradients are recorded: ``"no_grad"``,
        ``"several outputs"``, ``"function"`` (a custom one returned it).
    """

    base: Tensor
    way: Way | None
    origin: str

    @property
    def steps(self) -> tuple[Step, ...]:
        """The steps from the base, in order."""
        found, way = [], self.way
        while way is not None:
            way, step = way
            found.append(step)
        return tuple(reversed(found))

    @steps.setter
    def steps(self, steps: tuple[Step, ...]) -> None:
        self.way = None
        for step in steps:
            self.way = (self.way, step)

    @property
    def view(self) -> View:
        """Itself; None for what is no view."""
        return self


def share_memory(tensor: Tensor, other: Tensor) -> None:
    """Let `tensor` share the version of `other`, whose memory it shares."""
    tensor._cell = alias_cell(other)


def add_step(tensor: Tensor, parent: Tensor, step: Step, origin: str = "") -> None:
    """Make `tensor`, just made, the differentiable view of `parent` to which `step` leads.

    Parameters
    ----------
    origin : str
        See `View`.
    """
    if not parent._table.views:
        return
    cell = parent._cell
    if cell is None:
        cell = parent._cell = new_cell()
    tensor._cell = cell
    if not mode.grad and not origin:
        origin = "no_grad"
    # Every line here counts: this is most of what a view costs.
    tensor._meta = view = _new(View)
    above = parent._meta
    # A view that was made a leaf is a base again: the views of a leaf that requires grad must not
    # be changed, and that is what is asked of a base.
    if above.__class__ is View and parent._edge.__class__ is not AccumulateGrad:
        view.base = above.base
        view.way = (above.way, step)
        view.origin = above.origin or origin
    else:
        view.base = parent
        view.way = (None, step)
        view.origin = origin
    views = cell.views
    if views is None:
        views = cell.views = Views()
    elif len(views) >= views.limit:
        views.sweep()
    views.append(ref(tensor))


class CopySlices(Node):
    """The node of a base that was changed in place through a view.

    The gradient of the base is that of the result with the viewed part replaced by what the
    operation's own node makes of it.
    """

    __slots__ = ("inner", "steps")

    def __init__(self, base: Tensor, view: View, inner: Node) -> None:
        self.inner = inner
        self.steps = view.steps
        self.edges: tuple[Node | None, ...] = (base._edge, *inner.edges[1:])
        self.params = ()
        self.versions = None
        self.table = base._table
        self.shape = base._array.shape
        self.dtype = base._dtype
        self.seq = tick()
        self.hooks = None

    @property
    def saved(self) -> tuple[Any, ...] | None:
        """What the operation's own node saved: freed with this one."""
        return self.inner.saved

    @saved.setter
    def saved(self, value: tuple[Any, ...] | None) -> None:
        self.inner.saved = value

    def apply(self, gradient: Any, edges: tuple[Node | None, ...], retain: bool) -> tuple[Any, ...]:
        """Run on raw arrays."""
        inner = partial(self.inner.apply, retain=retain)
        return self._apply(self.table, gradient, edges, inner)

    def apply_tensors(self, gradient: Any, edges: tuple[Node | None, ...]) -> tuple[Any, ...]:
        """Run on tensors, recording."""
        from plugrad.vocabulary.registry import tensor_table

        # A saved output gets its history back, which is that of the operation's own node. It is
        # freed apart from this one, so it must be another.
        return self._apply(tensor_table, gradient, edges, copy(self.inner).apply_tensors)

    def _apply(
        self, k: Any, gradient: Any, edges: tuple[Node | None, ...], inner: Any
    ) -> tuple[Any, ...]:
        part = k.view_of(gradient, self.steps)
        # The first input of the operation is the view: its gradient is wanted if the base's is.
        before, *others = inner(part, edges)
        whole = None
        if edges[0] is not None:
            if before is None:
                before = k.zeros_like(part)
            elif before.shape != part.shape:
                before = k.expand(before, part.shape)
            before = k.cast(before, self.inner.dtype)
            whole = k.scatter_view(gradient, before, self.steps)
        return (whole, *others)


def rebase(tensor: Tensor, node: Node) -> None:
    """Give `tensor`, just changed in place, the history that ends in `node`, and so its aliases."""
    view = tensor._meta.view if tensor._meta is not None else None
    base = tensor if view is None else view.base
    _move(base, node if view is None else CopySlices(base, view, node))
    _derive_views(base)


def restride(tensor: Tensor, array: Any, step: Step, back: Step, node: Node | None) -> None:
    """Let `tensor` itself see its memory as `array` does, in place.

    Parameters
    ----------
    array : raw array
        A view of the tensor's own.
    step, back : Step
        From the old shape to the new one, and back.
    node : Node or None
        That records it.
    """
    view = tensor._meta.view if tensor._meta is not None else None
    if view is not None:
        view.steps = (*view.steps, step)
    else:
        for alias in live_views(tensor):
            seen = meta_of(alias).view
            seen.steps = (back, *seen.steps)
    tensor._array = array
    if isinstance(tensor._edge, AccumulateGrad):
        tensor._edge.describe(tensor)
    if node is not None:
        _move(tensor, node)
        if view is None:
            _derive_views(tensor)


def live_views(base: Tensor) -> list[Tensor]:
    """Return the differentiable views of a base."""
    cell = base._cell
    views = (cell.views if cell is not None else None) or ()
    aliases = [reference() for reference in views]
    return [
        alias
        for alias in aliases
        if alias is not None
        and alias._meta is not None
        and alias._meta.view is not None
        and alias._meta.view.base is base
    ]


_CHANGED_BEHIND: Final = (
    "a custom Function returned a view, and then the memory of that view was changed in place: the "
    "Function's backward would not know of the change. Clone what the Function returns, or what is "
    "changed"
)


def _derive_views(base: Tensor) -> None:
    for tensor in live_views(base):
        view = meta_of(tensor).view
        if view.origin == "function":
            if tensor._edge is not None:
                _move(tensor, Refused(tensor, (None,), _CHANGED_BEHIND))
        elif view.origin != "no_grad":
            _move(tensor, _view_node(tensor, view))


def _view_node(tensor: Tensor, view: View) -> Node:
    from plugrad.vocabulary.nodes import node_class
    from plugrad.vocabulary.registry import operators

    node: Any = object.__new__(node_class(operators["view_of"], "general"))
    node.table = tensor._table
    node.edges = (view.base._edge,)
    node.saved = ()
    node.params = (view.base._array.shape, view.steps)
    node.versions = None
    node.compute = None
    node.seq = tick()
    node.shape = tensor._array.shape
    node.dtype = tensor._dtype
    node.hooks = None
    return node  # type: ignore[no-any-return]


def _move(tensor: Tensor, node: Node) -> None:
    """Let a node be the tensor's history; if the tensor retains its gradient, it does so there."""
    before, tensor._edge = tensor._edge, node
    if tensor.retains_grad and before is not None and before.hooks is not None:
        hooks_of(node).retain, before.hooks.retain = before.hooks.retain, None
