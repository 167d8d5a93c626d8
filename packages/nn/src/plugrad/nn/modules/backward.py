"""Backward hooks of modules: they see, and may replace, the gradients at a module's two ends.

A module is no operation, and has no node. So two are put around each call of it, one where its
arguments come in and one where its results go out. They change nothing; hooks on them do the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import plugrad
from plugrad import Tensor
from plugrad.autograd.tape import Node, new_tensor, tick
from plugrad.autograd.views import add_step
from plugrad.vocabulary.nodes import hang

__all__ = ["BackwardHooks"]


class BackwardHookFunctionBackward(Node):
    """A node that hands on what it gets."""

    __slots__ = ()

    def __init__(self, tensors: Sequence[Tensor]) -> None:
        self.edges = tuple(tensor._edge for tensor in tensors)
        self.saved = ()
        self.params = ()
        self.versions = None
        self.table = tensors[0]._table
        self.seq = tick()
        self.hooks = None

    def apply(
        self, gradient: Any, edges: tuple[Node | None, ...], retain: bool = False
    ) -> tuple[Any, ...]:
        """Hand the gradients on."""
        return tuple(gradient)

    apply_tensors = apply


def _through(values: tuple[Any, ...]) -> tuple[tuple[Any, ...], Node | None, list[int]]:
    """Lead the tensors among some values through one node, if any of them wants a gradient.

    Returns
    -------
    values : tuple
        With views in place of the tensors.
    node : Node or None
    places : list of int
        Where the tensors stand.
    """
    places = [place for place, value in enumerate(values) if isinstance(value, Tensor)]
    tensors = [values[place] for place in places]
    if not plugrad.is_grad_enabled() or not any(tensor.requires_grad for tensor in tensors):
        return values, None, places
    node = BackwardHookFunctionBackward(tensors)
    seen = [new_tensor(tensor._array, tensor._table, tensor._dtype) for tensor in tensors]
    hang(node, seen)
    changed = list(values)
    for place, tensor, view in zip(places, tensors, seen, strict=True):
        # As one of several outputs: so it cannot be changed in place, behind the hooks' back.
        add_step(view, tensor, ("alias", (), tensor._array.shape), "several outputs")
        changed[place] = view
    return tuple(changed), node, places


class BackwardHooks:
    """The backward hooks around one call of a module.

    Parameters
    ----------
    module : Module
    hooks : sequence of callable
        ``hook(module, grad_input, grad_output)``, which may return another `grad_input`.
    pre_hooks : sequence of callable
        ``hook(module, grad_output)``, which may return another `grad_output`.
    """

    def __init__(
        self,
        module: Any,
        hooks: Sequence[Callable[..., Any]],
        pre_hooks: Sequence[Callable[..., Any]],
    ) -> None:
        self._module = module
        self._hooks = hooks
        self._pre_hooks = pre_hooks
        self._grad_output: tuple[Any, ...] | None = None
        self._count = 0
        self._input_node: Node | None = None

    def enter(self, args: tuple[Any, ...]) -> tuple[Any, ...]:
        """Return the module's arguments, watched."""
        self._count = len(args)
        args, self._input_node, places = _through(args)
        if self._input_node is not None:

            def at_input(grad_input: Any, _: Any) -> Any:
                if self._grad_output is None:
                    return None  # no gradient came in by the module's results
                whole = self._run_hooks(_spread(grad_input, places, self._count))
                return tuple(whole[place] for place in places)

            self._input_node.register_hook(at_input)
        return args

    def leave(self, result: Any) -> Any:
        """Return the module's result, a tensor or a tuple, watched."""
        several = isinstance(result, tuple)
        results, node, places = _through(result if several else (result,))
        if node is None:
            return result

        def at_output(grad_output: Any) -> Any:
            whole = _spread(grad_output, places, len(results))
            for hook in self._pre_hooks:
                whole = _replaced(hook(self._module, whole), whole, "grad_output")
            self._grad_output = whole
            if self._input_node is None:
                self._run_hooks((None,) * self._count)
            return tuple(whole[place] for place in places)

        node.register_prehook(at_output)
        return results if several else results[0]

    def _run_hooks(self, grad_input: tuple[Any, ...]) -> tuple[Any, ...]:
        for hook in self._hooks:
            returned = hook(self._module, grad_input, self._grad_output)
            grad_input = _replaced(returned, grad_input, "grad_input")
            if self._input_node is None and any(g is not None for g in grad_input):
                raise RuntimeError(
                    "a backward hook returned a gradient for a module none of whose inputs "
                    "requires a gradient; let it return None"
                )
        self._grad_output = None
        return grad_input


def _spread(gradients: Any, places: list[int], count: int) -> tuple[Any, ...]:
    """Return the gradients of tensors at `places` among `count` values; None for the others."""
    whole = [None] * count
    for place, gradient in zip(places, gradients, strict=True):
        whole[place] = gradient
    return tuple(whole)


def _replaced(returned: Any, before: tuple[Any, ...], what: str) -> tuple[Any, ...]:
    """Return what a hook returned, as a tuple; what was there `before` if it returned None."""
    if returned is None:
        return before
    after = returned if isinstance(returned, tuple) else (returned,)
    if len(after) != len(before):
        raise RuntimeError(
            f"a backward hook returned {len(after)} gradient(s) in place of a {what} of "
            f"{len(before)}"
        )
    return after
