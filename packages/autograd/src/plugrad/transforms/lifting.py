"""How tensors of a transform level hang on the history of those that they were made of."""

from __future__ import annotations

from typing import Any

from plugrad.autograd.modes import mode
from plugrad.autograd.tape import Node, tick

__all__ = ["lifted_history"]


class ViewBackward0(Node):
    """The node of a tensor of a level: what arrives goes on to the tensor that it was made of."""

    __slots__ = ()
    __module__ = "plugrad"

    def __init__(self, lifted: Any, tensor: Any) -> None:
        self.edges = (tensor._edge,)
        self.saved = ()
        self.params = ()
        self.versions = None
        self.table = lifted._table
        self.shape = lifted._array.shape
        self.dtype = lifted._dtype
        self.seq = tick()
        self.hooks = None

    def apply_tensors(
        self, gradient: Any, edges: tuple[Node | None, ...], retain: bool = False
    ) -> tuple[Any, ...]:
        """Hand the gradient on."""
        return (gradient,)

    apply = apply_tensors


def lifted_history(lifted: Any, tensor: Any) -> Any:
    """Let gradients of a tensor of a level flow to the lower one that it was made of; return it.

    They arrive there as tensors of that level: so a backward inside of a transform is followed.
    """
    if tensor._edge is not None and mode.grad:
        lifted._edge = ViewBackward0(lifted, tensor)
    return lifted
