"""The engine: runs the tape backwards.

One loop serves both levels. In an ordinary backward gradients are raw arrays and nothing is
recorded; under ``create_graph`` they are tensors, and every rule is recorded as it runs. The loop
is iterative, whatever the depth of the graph, and nodes run in PyTorch's order (the latest first,
and accumulation into leaves as soon as it is ready), so that sums have PyTorch's last bit.

What keeps it correct without copying everything:

- A rule returns its own `g`, a view, or a fresh array; never an array that was saved. So a gradient
  is *exclusive* to the node that it was handed to unless it shares memory with the `g` that the
  rule was given.
- A first contribution is borrowed; sums are added in place only into arrays that the engine made.
- What lands in ``.grad`` is an exclusive, dense, writable array, else a copy.
"""

from __future__ import annotations

import threading
from contextvars import Context, copy_context
from heapq import heappop, heappush
from typing import TYPE_CHECKING, Any

from plugrad.autograd.modes import mode
from plugrad.autograd.tape import (
    AccumulateGrad,
    InferenceCell,
    Node,
    Output,
    alias_cell,
    new_tensor,
)
from plugrad.vocabulary.observers import named, observed
from plugrad.vocabulary.registry import tensor_table

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from plugrad.dtypes import dtype
    from plugrad.tensor import Tensor

__all__ = ["Task", "accumulate_into", "differentiate", "project"]

_accumulation = threading.Lock()


def project(k: Any, g: Any, shape: tuple[int, ...], kind: dtype) -> Any:
    """Return `g` in the vector space of its input: the same shape, the same dtype.

    Broadcast axes are summed, a complex gradient of a real input loses its imaginary part. This is
    the one place that settles shapes and dtypes; rules never mention them.

    Parameters
    ----------
    k : Kernels or TensorTable
        The level of `g`.
    g : array or Tensor
    shape : tuple of int
    kind : dtype

    Returns
    -------
    array or Tensor
    """
    have = g._dtype if k is tensor_table else k.dtypes[g.dtype]
    if have.is_complex and not kind.is_complex:
        g = k.real(g)
    if tuple(g.shape) != tuple(shape):
        g = k.sum_to(g, tuple(shape))
    return g if have is kind else k.cast(g, kind)


def differentiate(
    roots: Sequence[Node],
    gradients: Sequence[Tensor],
    *,
    inputs: Sequence[Node | None] | None = None,
    accumulate: bool = True,
    retain_graph: bool = False,
    create_graph: bool = False,
) -> list[Tensor | None]:
    """Run the graph backwards, from its roots.

    Parameters
    ----------
    roots : sequence of Node
        Where the gradients of the outputs arrive.
    gradients : sequence of Tensor
        What each output's gradient starts from, in its shape.
    inputs : sequence of (Node or None), optional
        Only what leads to these is run; without, everything.
    accumulate : bool
        Whether gradients are added into the ``grad`` of the leaves, of those among `inputs`.
    retain_graph : bool
        Whether what nodes saved is kept for another backward.
    create_graph : bool
        Whether the backward is recorded itself.

    Returns
    -------
    list of Tensor or None
        The gradient of each input, but of leaves that it was added to; empty without `inputs`.
    """
    outer = mode.task
    level = max([gradient._table.level for gradient in gradients], default=0)
    mode.task = task = Task(retain_graph, create_graph, copy_context(), level)
    try:
        task.plan(roots, inputs)
        if accumulate and inputs is not None:
            task.landing = {node for node in inputs if isinstance(node, AccumulateGrad)}
        starts = [g if not task.raw else g._array for g in gradients]
        if task.raw:
            mode.enter_quietly(task.run, roots, starts)
        else:
            previous = mode.grad
            mode.record(create_graph)
            try:
                task.run(roots, starts)
            finally:
                mode.record(previous)
    finally:
        mode.task = outer
    return [None if node is None else task.found(node) for node in inputs or ()]


def accumulate_into(tensor: Tensor, gradient: Tensor, create_graph: bool) -> None:
    """Add a captured gradient into the ``grad`` of an input that is no leaf."""
    grad = tensor.grad
    if grad is None:
        tensor.grad = gradient if create_graph else gradient.clone()
    elif create_graph:
        tensor.grad = grad + gradient
    else:
        with _accumulation:
            grad._array = mode.quiet(grad._table.add_into, grad._array, gradient._array)


def _shown(node: Node, apply: Callable[..., Any], *args: Any) -> Any:
    """Return ``apply(*args)``, shown to observers as PyTorch's profiler shows a node that runs."""
    if mode.anomaly is not None:
        apply = mode.anomaly.watching(node, apply)
    if not mode.observers or isinstance(node, Output):
        return apply(*args)
    name = node.name()
    if isinstance(node, AccumulateGrad):
        name = f"torch::autograd::{name}"
    task = named(f"autograd::engine::evaluate_function: {name}")
    return observed(task, (node,), observed, named(name), (node,), apply, *args)


class Task:
    """One backward.

    Attributes
    ----------
    raw : bool
        Whether gradients are raw arrays. Not so when the backward is recorded, nor when a profiler
        watches, who wants to see every operator, nor in anomaly mode, which looks at every node,
        nor on a transform level, whose tensors may arrive at nodes of another.
    arrivals : dict from Node to list
        For each node that has not run yet: how many contributions are still to come; their sum so
        far (a list for a node with several outputs); whether the engine made that sum, and may add
        to it in place. One lookup finds all three.
    exclusive : set of Node
        Those whose gradient nobody else refers to.
    needed : set of Node, or None
        What has to be run for the sake of `inputs`; None for everything.
    captured : dict from Node to Tensor or None
        The gradients of `inputs`, by the nodes where they arrive.
    landing : set of Node
        Those of `inputs` that are leaves to accumulate into.
    """

    def __init__(
        self, retain_graph: bool, create_graph: bool, context: Context, level: int = 0
    ) -> None:
        self.retain = retain_graph
        self.create = create_graph
        self.raw = not (create_graph or mode.observers or mode.anomaly is not None or level)
        self.context = context
        self.arrivals: dict[Node, list[Any]] = {}
        self.exclusive: set[Node] = set()
        self.needed: set[Node] | None = None
        self.captured: dict[Node, Tensor | None] = {}
        self.landing: set[Node] = set()

    def plan(self, roots: Sequence[Node], wanted: Sequence[Node | None] | None) -> None:
        """Count the contributions that each node waits for, and find what has to be run."""
        arrivals = self.arrivals
        stack: list[Node] = []
        for node in roots:
            if node not in arrivals:
                arrivals[node] = [0, None, False]
                stack.append(node)
        consumers: dict[Node, list[Node]] | None = None if wanted is None else {}
        while stack:
            node = stack.pop()
            for below in node.edges:
                if below is not None:
                    arrival = arrivals.get(below)
                    if arrival is None:
                        arrivals[below] = [1, None, False]
                        stack.append(below)
                    else:
                        arrival[0] += 1
                    if consumers is not None:
                        consumers.setdefault(below, []).append(node)
        if wanted is not None and consumers is not None:
            self._plan_captures(wanted, consumers)

    def _plan_captures(
        self, wanted: Sequence[Node | None], consumers: dict[Node, list[Node]]
    ) -> None:
        """Mark what leads to an input: its node's gradient is captured, and all nodes above run."""
        self.captured = dict.fromkeys(
            twin for node in wanted if node is not None for twin in self._twins(node)
        )
        needed: set[Node] = set()
        stack = list(self.captured)
        while stack:
            for consumer in consumers.get(stack.pop(), ()):
                if consumer not in needed:
                    needed.add(consumer)
                    stack.append(consumer)
        self.needed = needed

    def _twins(self, node: Node) -> list[Node]:
        """Return the nodes of the graph that stand for a node: of one `Output` there are several.

        A saved output that was rebuilt, or an edge that was read from a node, has one of its own.
        """
        if not isinstance(node, Output):
            return [node]
        found: list[Node] = [
            other
            for other in self.arrivals
            if isinstance(other, Output) and other.node is node.node and other.number == node.number
        ]
        return found or [node]

    def found(self, node: Node) -> Tensor | None:
        """Return the gradient that arrived at one of the inputs."""
        if not isinstance(node, Output):
            return self.captured.get(node)
        parts = [
            gradient
            for twin, gradient in self.captured.items()
            if gradient is not None
            and isinstance(twin, Output)
            and (twin.node, twin.number) == (node.node, node.number)
        ]
        return sum(parts[1:], parts[0]) if parts else None

    def awaits(self, node: Node) -> bool:
        """Return whether a gradient is still to arrive at a node in this backward."""
        return node in self.arrivals and (
            self.needed is None or node in self.needed or node in self.captured
        )

    def run(self, roots: Sequence[Node], starts: Sequence[Any]) -> None:
        """Run every node whose gradient is complete, the latest first, until none is left."""
        for node, start in zip(roots, starts, strict=True):
            self._put(node, start)
        arrivals, exclusive = self.arrivals, self.exclusive
        raw, retain, needed = self.raw, self.retain, self.needed
        # The latest of those that have become ready is kept aside: where one operation follows the
        # other, nothing ever goes through the heap.
        latest: Node | None = None
        ready: list[tuple[int, Node]] = []
        if len(roots) == 1:
            latest = roots[0]
        else:
            ready += [(node.seq, node) for node in dict.fromkeys(roots) if not arrivals[node][0]]
            ready.sort()
        while latest is not None or ready:
            if latest is None:
                node = heappop(ready)[1]
            else:
                node, latest = latest, None
            g = arrivals.pop(node)[1]
            edges = node.edges
            if needed is not None:
                g, edges = self._towards_inputs(node, g, needed)
            elif node.hooks is not None:
                g = self._before(node, g)
            if g is None:
                # Nothing has come, but others may wait for what this node does not send.
                gradients: Any = (None,) * len(edges)
                if not retain:
                    node.saved = None
            elif edges:
                if raw:
                    gradients = node.apply(g, edges, retain)
                else:
                    gradients = _shown(node, node.apply_tensors, g, edges)
                    if not retain:
                        node.saved = None
            else:
                if needed is None or node in self.landing:
                    if raw:
                        self._accumulate(node, g)
                    else:
                        _shown(node, self._accumulate, node, g)
                continue
            if node.hooks is not None and node.hooks.post:
                gradients = self._after(node, gradients, g)
            shape = node.shape if node.elementwise else None
            for target, gi in zip(edges, gradients):  # noqa: B905  # a rule's arity was checked
                if target is None:
                    continue
                arrival = arrivals[target]
                if gi is not None:
                    if (shape or gi.shape) != target.shape or gi.dtype is not target.dtype.np:
                        gi = self._settle(node, target, gi)
                    if gi is None:
                        pass
                    elif arrival[1] is None:
                        arrival[1] = gi
                        if target.passes and gi is not g and raw:
                            self._judge(node, target, gi, g)
                    elif arrival[2]:
                        arrival[1] += gi
                    else:
                        arrival[1] = arrival[1] + gi
                        if raw:
                            arrival[2] = True
                            exclusive.add(target)
                left = arrival[0] = arrival[0] - 1
                if not left:
                    if latest is None and (not ready or target.seq < ready[0][0]):
                        latest = target
                        continue
                    later = target
                    if latest is not None and target.seq < latest.seq:
                        later, latest = latest, target
                    heappush(ready, (later.seq, later))

    def _towards_inputs(
        self, node: Node, g: Any, needed: set[Node]
    ) -> tuple[Any, tuple[Node | None, ...]]:
        """Run hooks and capture what arrives at an input; return it, and the edges to other inputs.

        As in PyTorch: a gradient that goes on to other inputs is captured as it arrived; one that
        does not has been through the hooks of its tensor, but not through its node's own.
        """
        if node in needed or node in self.landing:
            if node in self.captured and node in needed and g is not None:
                self.captured[node] = self._as_tensor(node, g, node.dtype)
            if node.hooks is not None:
                g = self._before(node, g)
        elif node in self.captured:
            if node.hooks is not None:
                g = self._before(node, g, of_node=False)
            if g is not None:
                self.captured[node] = self._as_tensor(node, g, node.dtype)
        if node not in needed:
            return g, ()
        return g, tuple(
            edge if edge is not None and (edge in needed or edge in self.captured) else None
            for edge in node.edges
        )

    def _judge(self, node: Node, target: Node, gi: Any, g: Any) -> None:
        """Note that `gi` is exclusive to `target`, unless it shares memory with others' gradients.

        A view of the `g` that was exclusive to a node with one input goes on being exclusive.
        """
        # Of two devices only a backend knows whether they share memory: then it is copied.
        moved = node.table is not target.table
        shared = moved or node.foreign or isinstance(g, list) or target.table.shares_memory(gi, g)
        if not shared or (node.passes and node in self.exclusive and len(node.edges) == 1):
            self.exclusive.add(target)

    def _put(self, node: Node, gradient: Any) -> None:
        """Add a gradient that comes from outside."""
        if gradient.shape != node.shape or gradient.dtype is not node.dtype.np:
            gradient = self._settle(node, node, gradient)
        arrival = self.arrivals[node]
        arrival[1] = gradient if arrival[1] is None else arrival[1] + gradient

    def _settle(self, source: Node, target: Node, gradient: Any) -> Any:
        """Return a gradient in the space of the output it belongs to.

        For a node with several outputs it is put into the buffer here, and None is returned.
        """
        if isinstance(target.dtype, tuple):
            assert isinstance(source, Output)
            arrival = self.arrivals[target]
            buffer = arrival[1]
            if buffer is None:
                buffer = arrival[1] = [None] * len(target.dtype)
            number = source.number
            buffer[number] = gradient if buffer[number] is None else buffer[number] + gradient
            return None
        k = target.table if self.raw else tensor_table
        return project(k, gradient, target.shape, target.dtype)

    def _accumulate(self, node: Node, g: Any) -> None:
        """Add a gradient into its leaf."""
        assert isinstance(node, AccumulateGrad)
        meta, table = node._meta, node.table
        with _accumulation:
            grad = meta.grad
            if not self.raw:
                if grad is None:
                    node.variable.grad = g if self.create else g.detach().clone()
                else:
                    node.variable.grad = grad + g
            elif grad is None:
                array = g if g.__class__ is table.array_type else table.wrap(g)
                if node not in self.exclusive or not table.is_dense(array):
                    array = table.copy(array)
                meta.grad = new_tensor(array, table, node.dtype)
            else:
                grad._array = table.add_into(grad._array, g)
                cell = alias_cell(grad)
                if not isinstance(cell, InferenceCell):
                    cell.version += 1
        if meta.post_hooks:
            for hook in list(meta.post_hooks.values()):
                if self.call_user(hook, node.variable) is not None:
                    raise RuntimeError(
                        "a hook that runs after accumulation must return None: there is nothing "
                        "that it could replace"
                    )
        if node.hooks is not None and node.hooks.post:
            self._after(node, (), g)

    # ------------------------------------------------------------------------ captures and hooks

    def _as_tensor(self, node: Node, gradient: Any, kind: dtype) -> Tensor:
        if not self.raw:
            return gradient  # type: ignore[no-any-return]
        table = node.table
        if gradient.__class__ is not table.array_type:
            gradient = table.wrap(gradient)
        # Whoever holds this tensor holds the array: it is nobody's alone any longer.
        self.exclusive.discard(node)
        return new_tensor(gradient, table, kind)

    def call_user(self, function: Any, *args: Any) -> Any:
        """Call the user's code as the user would: in the user's context."""
        if self.raw and mode.is_quiet():
            return mode.leave_quietly(self.context, function, *args)
        return function(*args)

    def _wrapped(self, node: Node, g: Any) -> tuple[Tensor | None, ...]:
        if isinstance(node.dtype, tuple):
            filled = g if g is not None else [None] * len(node.dtype)
            return tuple(
                None if gi is None else self._as_tensor(node, gi, kind)
                for gi, kind in zip(filled, node.dtype, strict=True)
            )
        return (None if g is None else self._as_tensor(node, g, node.dtype),)

    def _unwrapped(self, node: Node, gradients: tuple[Tensor | None, ...]) -> Any:
        settled = [None if g is None else (g._array if self.raw else g) for g in gradients]
        return settled if isinstance(node.dtype, tuple) else settled[0]

    def _before(self, node: Node, g: Any, *, of_node: bool = True) -> Any:
        """Run the hooks that see, and may replace, what arrives at a node.

        Those of its tensors in order of registration, then what retains gradients, then, unless
        `of_node` is False, the node's own.
        """
        hooks = node.hooks
        assert hooks is not None
        gradients = list(self._wrapped(node, g))
        for hook in list(hooks.tensor.values()):
            if gradients[0] is not None:
                result = self.call_user(hook, gradients[0])
                if result is not None:
                    gradients[0] = _checked(node, result, node.shape, node.dtype)
        if hooks.retain is not None and gradients[0] is not None:
            hooks.retain(gradients[0])
        for hook in list(hooks.pre.values()) if of_node else ():
            result = self.call_user(hook, tuple(gradients))
            if result is not None:
                gradients = _checked_all(node, result, _outputs_of(node))
        return self._unwrapped(node, tuple(gradients))

    def _after(self, node: Node, gradients: Any, g: Any) -> Any:
        """Run the node's own hooks on what it has computed."""
        hooks = node.hooks
        assert hooks is not None
        k = node.table if self.raw else tensor_table
        spaces = [None if edge is None else (edge.shape, edge.dtype) for edge in node.edges]

        def settled(gradient: Any, edge: Node | None) -> Any:
            if gradient is None or edge is None:
                return None
            gradient = project(k, gradient, edge.shape, edge.dtype)
            if not self.raw:
                return gradient
            return new_tensor(edge.table.wrap(gradient), edge.table, edge.dtype)

        inputs = list(map(settled, gradients, node.edges))
        outputs = self._wrapped(node, g)
        for hook in list(hooks.post.values()):
            result = self.call_user(hook, tuple(inputs), outputs)
            if result is not None:
                inputs = _checked_all(node, result, spaces)
        return tuple(None if gi is None else (gi._array if self.raw else gi) for gi in inputs)


Space = tuple[Any, Any]
"""A shape and a dtype."""


def _outputs_of(node: Node) -> list[Space | None]:
    if isinstance(node.dtype, tuple):
        return list(zip(node.shape, node.dtype, strict=True))
    return [(node.shape, node.dtype)]


def _checked_all(node: Node, replaced: Any, spaces: Sequence[Space | None]) -> list[Any]:
    """Check what a node's hook returned in place of gradients.

    Raises
    ------
    TypeError, RuntimeError
        If it is no tuple, or any of them cannot stand for the gradient.
    """
    if not isinstance(replaced, tuple):
        raise TypeError(
            f"a hook of {node.name()} must return a tuple of gradients or None, "
            f"not {type(replaced).__name__}"
        )
    if len(replaced) != len(spaces):
        raise RuntimeError(
            f"a hook of {node.name()} returned {len(replaced)} gradients in place of {len(spaces)}"
        )
    return [
        None if gradient is None or space is None else _checked(node, gradient, *space)
        for gradient, space in zip(replaced, spaces, strict=True)
    ]


def _checked(node: Node, gradient: Any, shape: Any, kind: dtype) -> Tensor:
    """Check that a hook returned something that can stand for the gradient.

    Raises
    ------
    TypeError, RuntimeError
        If it is no tensor, or of another shape or dtype.
    """
    if not hasattr(gradient, "_array"):
        raise TypeError(
            f"a hook of {node.name()} must return a Tensor or None, not {type(gradient).__name__}"
        )
    if tuple(gradient.shape) != tuple(shape):
        raise RuntimeError(
            f"a hook of {node.name()} changed the gradient's shape from {list(shape)} to "
            f"{list(gradient.shape)}; it has to stay the same"
        )
    if gradient._dtype is not kind:
        raise RuntimeError(
            f"a hook of {node.name()} changed the gradient's dtype from {kind} to "
            f"{gradient._dtype}; convert it back with .to({kind})"
        )
    return gradient  # type: ignore[no-any-return]
