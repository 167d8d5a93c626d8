"""What a derivative is taken at, and what of the graph is cut off again afterwards.

A transform of a function differentiates at copies of its arguments that share their memory: they
have the arguments' histories, so that transforms nest, and one of their own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import plugrad
from plugrad import Tensor
from plugrad.autograd.gradients import grad
from plugrad.autograd.modes import mode
from plugrad.autograd.tape import AccumulateGrad, Node
from plugrad.vocabulary.registry import operators

__all__ = ["Points", "aux_split", "chosen"]


class Points:
    """Tensors to differentiate at.

    Parameters
    ----------
    tensors : sequence of Tensor
    beside : Points, optional
        Others, which no caller can differentiate by either. The tensors are leaves then, made for
        the purpose.
    """

    def __init__(self, tensors: Sequence[Any], *, beside: Points | None = None) -> None:
        self._outer = mode.grad
        self.tensors = list(tensors) if beside is not None else [self._fresh(x) for x in tensors]
        own = (tensor._edge for tensor in self.tensors)
        self._own = {edge for edge in own if isinstance(edge, AccumulateGrad)}
        self._own |= beside._own if beside is not None else set()

    def _fresh(self, tensor: Any) -> Any:
        if not (tensor._dtype.is_floating_point or tensor._dtype.is_complex):
            raise RuntimeError(
                f"a tensor of {tensor._dtype} cannot be differentiated: only those of "
                "floating-point or complex numbers"
            )
        if self._outer and tensor._edge is not None:
            return operators["alias"].call(tensor)
        return tensor.data.requires_grad_()

    def connected(self, outputs: Sequence[Any]) -> bool:
        """Tell whether outputs depend on what the caller may differentiate by, too."""
        if not self._outer:
            return False
        stack: list[Node | None] = [output._edge for output in outputs]
        seen: set[Node] = set()
        while stack:
            node = stack.pop()
            if node is None or node in seen:
                continue
            seen.add(node)
            if isinstance(node, AccumulateGrad) and node not in self._own:
                return True
            stack.extend(node.edges)
        return False

    def cut(self, outputs: Sequence[Any]) -> list[Any]:
        """Return outputs without the history that they have from here, if it is their only one."""
        if self.connected(outputs):
            return list(outputs)
        return [output.data if isinstance(output, Tensor) else output for output in outputs]

    def gradients(
        self, outputs: Sequence[Any], starts: Sequence[Any] | None, *, retain: bool
    ) -> list[Any]:
        """Return the gradients, zeros where there are none, with the caller's history if any."""
        pairs = [
            (output, None if starts is None else starts[number])
            for number, output in enumerate(outputs)
            if output._edge is not None
        ]
        if not pairs:
            return [plugrad.zeros_like(tensor.data) for tensor in self.tensors]
        begun = [output for output, _ in pairs]
        cotangents = None if starts is None else [start for _, start in pairs]
        also: list[Any] = [] if cotangents is None else cotangents
        create = self.connected([*begun, *also])
        found = grad(
            begun,
            self.tensors,
            cotangents,
            retain_graph=retain or create,
            create_graph=create,
            allow_unused=True,
        )
        return [
            plugrad.zeros_like(tensor.data) if g is None else g
            for g, tensor in zip(found, self.tensors, strict=True)
        ]


def chosen(args: tuple[Any, ...], argnums: Any, caller: str) -> tuple[list[int], bool]:
    """Return the positions that `argnums` names, and whether it was one int.

    Raises
    ------
    RuntimeError
        If there are no such arguments.
    """
    listed = argnums if isinstance(argnums, tuple) else (argnums,)
    positions = []
    for number in listed:
        if not isinstance(number, int) or isinstance(number, bool):
            raise RuntimeError(
                f"{caller}: argnums must be an int or a tuple of ints, not {number!r}"
            )
        if not -len(args) <= number < len(args):
            raise RuntimeError(
                f"{caller}: argnums has {number}, but there are {len(args)} positional arguments"
            )
        positions.append(number % len(args))
    if len(set(positions)) != len(positions) or not positions:
        raise RuntimeError(f"{caller}: argnums must name different arguments, not {argnums!r}")
    return positions, not isinstance(argnums, tuple)


def aux_split(result: Any, has_aux: bool, caller: str) -> tuple[Any, Any]:
    """Return what a function returned: its output, and what it returned beside it.

    Raises
    ------
    RuntimeError
        If there should be something, and the result is no pair.
    """
    if not has_aux:
        return result, None
    if not (isinstance(result, tuple) and len(result) == 2):
        raise RuntimeError(
            f"{caller}: with has_aux=True the function has to return a pair, the output and what "
            "is beside it"
        )
    return result[0], result[1]
