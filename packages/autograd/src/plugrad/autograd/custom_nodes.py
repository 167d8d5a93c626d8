"""The node of a custom function, and what it saves."""

from __future__ import annotations

import weakref
from typing import Any, ClassVar

from plugrad.autograd.engine import Task
from plugrad.autograd.modes import mode
from plugrad.autograd.saved import freed, rebuild_output, version_of
from plugrad.autograd.tape import Node, TensorBase, alias_cell, new_tensor, tick
from plugrad.shapes import broadcast_shapes

__all__ = ["FunctionNode"]


class _Saved:
    """A saved tensor that is none of the results, or a result without its node.

    Attributes
    ----------
    tensor : Tensor
    number : int or None
        Which result it is.
    version : int
    """

    __slots__ = ("number", "tensor", "version")

    def __init__(self, tensor: Any, number: int | None) -> None:
        self.number = number
        self.version = version_of(tensor)
        if number is not None:
            # The result itself owns the node that this is going to hang on.
            kept = new_tensor(tensor._array, tensor._table, tensor._dtype)
            kept._cell = alias_cell(tensor)
            tensor = kept
        self.tensor = tensor

    def unpack(self, node: FunctionNode) -> Any:
        now = version_of(self.tensor)
        if now != self.version:
            by = getattr(self.tensor._cell, "changed_by", "something")
            kind, shape = self.tensor._dtype.name, list(self.tensor.shape)
            raise RuntimeError(
                f"{node.name()} saved a tensor ({kind}{shape}) at version {self.version}, but {by} "
                f"has since changed it (version {now}), so its gradient cannot be computed. Use "
                f"the operation that is not in place, or clone the tensor before {by.split()[0]}."
            )
        return _with_history(node, self.tensor, self.number)


class _Packed:
    """A saved tensor in the form that the hooks of `saved_tensors_hooks` gave it."""

    __slots__ = ("handle", "number")

    def __init__(self, handle: Any, number: int | None) -> None:
        self.handle = handle
        self.number = number

    def unpack(self, node: FunctionNode) -> Any:
        return _with_history(node, self.handle.unpack(), self.number)


def _with_history(node: FunctionNode, tensor: Any, number: int | None) -> Any:
    """Return what was saved; a result with its history, which ends in the node."""
    if number is None:
        return tensor
    return rebuild_output(node, number, tensor._array, alias_cell(tensor))


class FunctionNode(Node):
    """The node of a custom function: runs its ``backward``.

    Attributes that it does not have itself are those of the ``ctx``.
    """

    __slots__ = ("_numbers", "ctx", "several")

    foreign = True
    ctx: Any
    several: bool
    function: ClassVar[Any]

    def __init__(self, ctx: Any, args: tuple[Any, ...]) -> None:
        self.ctx = ctx
        tensors = [x for x in args if isinstance(x, TensorBase)]
        self.edges = tuple(x._edge for x in tensors)
        self._numbers = [i for i, x in enumerate(args) if isinstance(x, TensorBase)]
        self.params = tuple(x._array.shape for x in tensors)
        self.versions = None
        self.table = tensors[0]._table
        self.seq = tick()
        self.hooks = None
        ctx._node = weakref.ref(self)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name in FunctionNode.__slots__:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        return getattr(self.ctx, name)

    def save(self, results: tuple[Any, ...]) -> None:
        """Keep what the ``ctx`` was given to save."""
        kept: list[Any] = []
        for tensor in self.ctx.to_save:
            if tensor is None:
                kept.append(None)
                continue
            numbers = [i for i, result in enumerate(results) if result is tensor]
            number = numbers[-1] if numbers else None
            if mode.packers:
                kept.append(_Packed(mode.packers[-1].packed(tensor), number))
            else:
                kept.append(_Saved(tensor, number))
        self.saved = tuple(kept)
        self.ctx.to_save = ()

    def unpacked(self) -> tuple[Any, ...]:
        """Return the saved tensors.

        Raises
        ------
        RuntimeError
            If they were freed, or one was changed in place.
        """
        if self.saved is None:
            freed(self)
        return tuple(None if item is None else item.unpack(self) for item in self.saved)

    def apply(self, gradient: Any, edges: tuple[Node | None, ...], retain: bool) -> tuple[Any, ...]:
        """Run the backward on raw arrays, as the user's code that it is."""
        task: Task = mode.task
        task.exclusive.discard(self)
        kinds = self.dtype if self.several else (self.dtype,)
        given = [
            None if g is None else new_tensor(self.table.wrap(g), self.table, kind)
            for g, kind in zip(gradient if self.several else (gradient,), kinds, strict=True)
        ]
        found = mode.leave_quietly(task.context, self._run, given, edges)
        if not retain:
            self.saved = None
        return tuple(None if g is None else g._array for g in found)

    def apply_tensors(self, gradient: Any, edges: tuple[Node | None, ...]) -> tuple[Any, ...]:
        """Run the backward, recording."""
        return self._run(list(gradient) if self.several else [gradient], edges)

    def _run(self, gradients: list[Any], edges: tuple[Node | None, ...]) -> tuple[Any, ...]:
        if self.ctx.materialize_grads:
            gradients = [
                self._zeros(number) if gradient is None else gradient
                for number, gradient in enumerate(gradients)
            ]
        return self._checked(self.function._pull(self.ctx, *gradients), edges)

    def _zeros(self, number: int) -> Any:
        shape, kind = (
            (self.shape[number], self.dtype[number]) if self.several else (self.shape, self.dtype)
        )
        if kind is None:  # not a tensor
            return None
        return new_tensor(self.table.zeros(shape, kind), self.table, kind)

    def _checked(self, found: Any, edges: tuple[Node | None, ...]) -> tuple[Any, ...]:
        """Return the gradients of the arguments that are tensors."""
        gradients = found if isinstance(found, tuple) else (found,)
        expected = len(self.ctx.needs_input_grad)
        if len(gradients) < expected or any(g is not None for g in gradients[expected:]):
            raise RuntimeError(
                f"{self.name()} returned {len(gradients)} gradient(s) for {expected} argument(s) "
                "of forward; return one for each, None for what has none"
            )
        for position, gradient in enumerate(gradients):
            if gradient is not None and not isinstance(gradient, TensorBase):
                raise RuntimeError(
                    f"{self.name()} returned a {type(gradient).__name__} as gradient {position}: "
                    "it has to be a Tensor or None"
                )
            if gradient is not None and position not in self._numbers:
                raise RuntimeError(
                    f"{self.name()} returned a gradient for argument {position} of forward, which "
                    "is no tensor; return None there"
                )
        settled: list[Any] = []
        for position, edge, shape in zip(self._numbers, edges, self.params, strict=True):
            gradient = gradients[position]
            if gradient is None or edge is None:
                settled.append(None)
                continue
            have, want = tuple(gradient.shape), tuple(shape)
            if have != want and not _expands(want, have):
                raise RuntimeError(
                    f"{self.name()} returned a gradient of shape {list(have)} for argument "
                    f"{position} of forward, whose shape is {list(want)}: it has to have that "
                    "shape, or one that it broadcasts to"
                )
            settled.append(gradient)
        return tuple(settled)


def _expands(shape: tuple[int, ...], wider: tuple[int, ...]) -> bool:
    """Tell whether a shape broadcasts to a wider one."""
    try:
        return tuple(broadcast_shapes(shape, wider)) == wider
    except RuntimeError:
        return False
