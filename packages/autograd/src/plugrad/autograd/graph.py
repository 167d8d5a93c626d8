"""The graph that a backward runs: its nodes, hooks on them, and what they save."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Literal
from weakref import WeakKeyDictionary, WeakSet

from plugrad.autograd.drawing import Drawing, draw
from plugrad.autograd.hooks import HookDict, RemovableHandle
from plugrad.autograd.modes import mode, no_grad
from plugrad.autograd.packing import (
    Packer,
    disable_saved_tensors_hooks,
    save_on_cpu,
    saved_tensors_hooks,
)
from plugrad.autograd.saved import rebuild_output
from plugrad.autograd.tape import (
    AccumulateGrad,
    GradientEdge,
    Node,
    Output,
    TensorBase,
    alias_cell,
)
from plugrad.vocabulary.registry import functions

__all__ = [
    "AccumulateGrad",
    "Drawing",
    "GradientEdge",
    "Node",
    "RemovableHandle",
    "allow_mutation_on_saved_tensors",
    "disable_saved_tensors_hooks",
    "draw",
    "get_gradient_edge",
    "increment_version",
    "register_multi_grad_hook",
    "save_on_cpu",
    "saved_tensors_hooks",
]


def get_gradient_edge(tensor: Any) -> GradientEdge:
    """Return where the gradient of a tensor flows: for `grad` and `backward`, in its place.

    So that a program need not keep the tensor, nor its memory.

    Parameters
    ----------
    tensor : Tensor
        That requires grad.

    Returns
    -------
    GradientEdge

    Raises
    ------
    RuntimeError
        If the tensor does not require grad.

    Examples
    --------
    >>> import plugrad
    >>> x = plugrad.tensor([1.0, 2.0], requires_grad=True)
    >>> y = 2 * x
    >>> edge = plugrad.autograd.graph.get_gradient_edge(y)
    >>> z = (y * y).sum()
    >>> del y
    >>> plugrad.autograd.grad(z, edge)
    (tensor([4., 8.]),)
    """
    flow = tensor._edge
    if flow is None:
        raise RuntimeError("a tensor that does not require grad has no gradient, and no edge")
    if isinstance(flow, Output):
        return GradientEdge(flow.node, flow.number, flow)
    return GradientEdge(flow, 0)


def increment_version(tensor: Any) -> None:
    """Say that tensors were changed in place, where plugrad could not see it.

    Gradients that need what they were are then refused, instead of being wrong.

    Parameters
    ----------
    tensor : Tensor, or an iterable of Tensor

    Raises
    ------
    RuntimeError
        For anything else.

    Examples
    --------
    >>> import plugrad
    >>> x = plugrad.ones(2)
    >>> x.numpy()[0] = 5
    >>> plugrad.autograd.graph.increment_version(x)
    >>> x._version
    1
    """
    if isinstance(tensor, TensorBase):
        tensor = (tensor,)
    if not isinstance(tensor, Iterable):
        raise RuntimeError(f"increment_version() takes tensors, not {type(tensor).__name__}")
    for each in tensor:
        if not isinstance(each, TensorBase):
            raise RuntimeError(f"increment_version() takes tensors, not {type(each).__name__}")
        cell = alias_cell(each)
        cell.version += 1
        cell.changed_by = "something outside of plugrad"


def register_multi_grad_hook(
    tensors: Sequence[Any], fn: Callable[[Any], None], *, mode: Literal["all", "any"] = "all"
) -> RemovableHandle:
    """Call a function in each backward once the gradients of several tensors are known.

    Parameters
    ----------
    tensors : sequence of Tensor
    fn : callable
        With ``mode="all"``, ``fn(grads)`` is called after the last of those gradients that the
        backward computes; ``grads`` has None for the others. With ``mode="any"``, ``fn(grad)`` is
        called with the first.
    mode : {"all", "any"}

    Returns
    -------
    RemovableHandle

    Raises
    ------
    ValueError
        For another `mode`.
    RuntimeError
        If a tensor does not require grad.

    Examples
    --------
    >>> import plugrad
    >>> x, y = plugrad.ones(2, requires_grad=True), plugrad.ones(2, requires_grad=True)
    >>> from plugrad.autograd.graph import register_multi_grad_hook
    >>> with register_multi_grad_hook((x, y), print):
    ...     (2 * x + 3 * y).sum().backward()
    [tensor([2., 2.]), tensor([3., 3.])]
    """
    if mode not in ("all", "any"):
        raise ValueError(f"mode must be 'all' or 'any', not {mode!r}")
    for position, tensor in enumerate(tensors):
        if tensor._edge is None:
            raise RuntimeError(f"tensor {position} does not require grad, so it has no gradient")
    gathering = _Gathering([tensor._edge for tensor in tensors], fn, first_only=mode == "any")
    handles = [tensor.register_hook(gathering.hook(i)) for i, tensor in enumerate(tensors)]
    return _Handles(handles)


class _Gathering:
    """The gradients of several tensors, as they arrive in each backward."""

    def __init__(self, nodes: list[Node], function: Callable[[Any], None], first_only: bool):
        self._nodes = nodes
        self._function = function
        self._first_only = first_only
        self._lock = threading.Lock()
        # By backward: how many gradients are still to come, and those that have.
        self._arrived: WeakKeyDictionary[Any, list[Any]] = WeakKeyDictionary()

    def hook(self, number: int) -> Callable[[Any], None]:
        """Return the hook of one of the tensors."""

        def arrives(gradient: Any) -> None:
            task = mode.task
            with self._lock:
                state = self._arrived.get(task)
                begins = state is None
                if state is None:
                    # The node that calls this has left the list of those that wait.
                    waiting = sum(
                        i == number or task.awaits(node) for i, node in enumerate(self._nodes)
                    )
                    state = self._arrived[task] = [waiting, [None] * len(self._nodes)]
                state[0] -= 1
                state[1][number] = gradient
            if self._first_only:
                if begins:
                    self._function(gradient)
            elif not state[0]:
                self._function(state[1])

        return arrives


class _Handles(RemovableHandle):
    """The handle of several hooks."""

    def __init__(self, handles: list[RemovableHandle]) -> None:
        self._table = HookDict()
        super().__init__(self._table)
        self._handles = handles

    def remove(self) -> None:
        """Remove all of them; a second call does nothing."""
        for handle in self._handles:
            handle.remove()


# ------------------------------------------------------------------------ changing what was saved


class _Cloning(Packer):
    """Keeps saved tensors as they were, by a copy of each just before it is changed."""

    def __init__(self) -> None:
        self.open = True
        self._kept: WeakSet[_Kept] = WeakSet()

    def pack_tensor(self, tensor: Any) -> Any:
        kept = _Kept(tensor)
        self._kept.add(kept)
        return kept

    def unpack_tensor(self, value: Any) -> Any:
        if not self.open:
            # PyTorch's type; an `assert` would not survive ``python -O``.
            raise AssertionError(
                "what was recorded inside allow_mutation_on_saved_tensors() has to be "
                "differentiated inside of it, too"
            )
        return value.tensor

    def before_change(self, tensor: Any) -> None:
        cell = tensor._cell
        for kept in list(self._kept):
            if cell is not None and kept.tensor._cell is cell:
                kept.keep()


class _Kept:
    """A saved tensor."""

    __slots__ = ("__weakref__", "tensor")

    def __init__(self, tensor: Any) -> None:
        alias_cell(tensor)
        self.tensor = tensor.detach()

    def keep(self) -> None:
        """Copy it: its memory is about to be changed."""
        with no_grad():
            self.tensor = self.tensor.clone()
        alias_cell(self.tensor)


@contextmanager
def allow_mutation_on_saved_tensors() -> Iterator[None]:
    """Context manager: tensors that were saved for a backward may be changed in place.

    Just before the change, what was saved is copied. The backward has to run inside, too.

    Examples
    --------
    >>> import plugrad
    >>> x = plugrad.tensor([2.0], requires_grad=True)
    >>> with plugrad.autograd.graph.allow_mutation_on_saved_tensors():
    ...     y = x.clone()
    ...     z = (y * y).sum()
    ...     _ = y.zero_()
    ...     z.backward()
    >>> x.grad
    tensor([4.])
    """
    cloning = _Cloning()
    try:
        with cloning:
            yield
    finally:
        cloning.open = False


# ----------------------------------------------------------------------- looking at what was saved


def saved_attribute(node: Any, name: str) -> Any:
    """Return what a node shows as ``_saved_<name>``: a tensor or a parameter that it keeps.

    Under the names of the function's parameters: the first one is ``self``, the output ``result``.

    Raises
    ------
    AttributeError
        If it keeps nothing of that name.
    RuntimeError
        If it was freed.
    """
    params, tensors = _kept_by(node)
    if name in params:
        return node.params[params.index(name)]
    if name in tensors:
        return _saved_tensor(node, tensors.index(name))
    raise AttributeError(f"{node.name()} keeps nothing under the name {name!r}")


def saved_attributes(node: Any) -> list[str]:
    """Return the names under which a node shows what it keeps."""
    params, tensors = _kept_by(node)
    return params + tensors


def _kept_by(node: Any) -> tuple[list[str], list[str]]:
    """Return the names of the parameters, and of the tensors, that a node keeps, in order."""
    op = node.op
    if op is None:
        return [], []
    public = _public_names(op)
    params = [f"_saved_{public[name]}_sym_sizes" for name in op.saved_shapes]
    params += [f"_saved_{name}" for name in op.saved_params]
    return params, [f"_saved_{public[name]}" for name in (*op.saved_inputs, *op.saved_outputs)]


def _public_names(op: Any) -> dict[str, str]:
    """Return PyTorch's names of an operator's arrays and outputs."""
    arrays = list(op.array_names)
    names = dict(zip(arrays, arrays, strict=True))
    function = functions.get(op.name)
    code = getattr(getattr(function, "__wrapped__", function), "__code__", None)
    if code is not None:
        given = [n for n in code.co_varnames[: code.co_argcount] if n not in op.params]
        names.update(zip(arrays, given, strict=False))
    names = {name: "self" if public == "input" else public for name, public in names.items()}
    if arrays[:1] == ["x"] and names["x"] in ("x", "args"):
        names["x"] = "self"
    if names.get("y") in ("y", "out"):
        names["y"] = "other"
    return {**names, "out": "result", **{n: n for n in op.output_names if n != "out"}}


def _saved_tensor(node: Any, position: int) -> Any:
    saved = node.kept()
    inputs = len(node.op.saved_inputs)
    if position < inputs:
        return saved[position]
    array, cell = saved[inputs + 2 * (position - inputs) :][:2]
    number = node.op.output_names.index(node.op.saved_outputs[position - inputs])
    return rebuild_output(node, number, array, cell)
