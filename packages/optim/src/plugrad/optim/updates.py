"""Update rules, and how one is applied to a parameter: in place, and without large temporaries.

A rule is a function ``rule(k, g, p, *states, **numbers)`` of a gradient, a parameter and what is
remembered of it; it returns the parameter and the states, changed. `k` is the vocabulary, as in a
gradient's rule, so the same few lines run on a backend's arrays and, where the step itself is to be
differentiated, on tensors. It changes `p` and the states by augmented assignments (``p -= x``) and
by `plugrad.optim.mixing.mix`, which is in place wherever arrays can be written to; all else it
computes is new.

On NumPy's arrays a rule works on one block after the other, small enough that everything it
computes stays in the cache: a step needs no memory that grows with the model, and waits for the
memory only once for what it changes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy

from plugrad.autograd.modes import mode
from plugrad.tensor import Tensor
from plugrad.vocabulary.inplace import changed, refuse_change
from plugrad.vocabulary.observers import named, observed
from plugrad.vocabulary.registry import tensor_table

__all__ = ["Rule", "as_number", "update"]

Rule = Callable[..., tuple[Any, ...]]

_BLOCK: Final = 1 << 20
"""Bytes of one array's block: half a dozen of them fit into a cache, and calls cost little."""


def as_number(value: Any) -> Any:
    """Return an option as a number, that may have been given as a tensor of one element."""
    return value.item() if isinstance(value, Tensor) else value


def update(
    rule: Rule,
    p: Tensor,
    *states: Tensor,
    maximize: bool = False,
    decay: Any = 0,
    differentiable: bool = False,
    **numbers: Any,
) -> None:
    """Apply a rule to a parameter and its states.

    Parameters
    ----------
    rule : callable
    p : Tensor
        The parameter; its gradient is what the rule is given first.
    *states : Tensor
        What is remembered of it, in its shape and dtype.
    maximize : bool
        Whether the rule is to see the negative gradient.
    decay : float
        How much of the parameter is added to the gradient.
    differentiable : bool
        Whether the update is to be recorded.
    **numbers
        What else the rule takes.

    Raises
    ------
    RuntimeError
        If the parameter cannot be changed in place.
    """
    g = p.grad
    assert g is not None
    table: Any = p._table
    name = rule.__name__
    if maximize or (isinstance(decay, Tensor) and differentiable) or as_number(decay) != 0:
        rule = _towards(rule, maximize, decay if differentiable else as_number(decay))
    everything = (g, p, *states)
    if differentiable or table.level or not (table.mutable and table.views):
        _on_tensors(rule, everything, numbers, differentiable)
        return
    refuse_change(p, name)
    numbers = {key: as_number(value) for key, value in numbers.items()}
    arrays = [tensor._array for tensor in everything]
    if mode.observers:
        observed(
            named(f"optim::{name}"),
            everything,
            mode.quiet,
            _on_arrays,
            rule,
            table,
            arrays,
            numbers,
        )
    else:
        mode.quiet(_on_arrays, rule, table, arrays, numbers)
    changed(p, name)
    for state in states:
        if state._cell is not None:
            changed(state, name)


def _towards(rule: Rule, maximize: bool, decay: Any) -> Rule:
    """Return `rule` with another gradient: of the opposite sign, or of a decaying parameter."""

    def towards(k: Any, g: Any, p: Any, *states: Any, **numbers: Any) -> tuple[Any, ...]:
        if maximize:
            g = -g
        if isinstance(decay, Tensor) or decay != 0:
            g = g + p * decay
        return rule(k, g, p, *states, **numbers)

    return towards


def _on_arrays(rule: Rule, table: Any, arrays: Sequence[Any], numbers: dict[str, Any]) -> None:
    if table.dtypes[arrays[1].dtype].is_complex:
        # Of each complex number, both parts are updated as if they were parameters of their own.
        arrays = [table.view_as_real(x) for x in arrays]
    if not isinstance(arrays[1], numpy.ndarray):
        _write(table, arrays, rule(table, *arrays, **numbers))
    elif arrays[1].nbytes < 2 * _BLOCK:
        if not arrays[1].shape:  # or arithmetic would return scalars, which are not changed
            arrays = [x.reshape(1) for x in arrays]
        _write(table, arrays, rule(table, *arrays, **numbers))
    else:
        for block in _blocks(arrays):
            _write(table, block, rule(table, *block, **numbers))


def _write(table: Any, before: Sequence[Any], after: Sequence[Any]) -> None:
    for old, new in zip(before[1:], after, strict=True):
        if new is not old:
            table.assign(old, new)


def _blocks(arrays: Sequence[Any]) -> Any:
    """Yield views of the same part of each array, part by part."""
    if all(x.flags.c_contiguous for x in arrays):
        arrays = [x.reshape(-1) for x in arrays]
    else:
        # Not side by side in memory: rows of the dimension with the longest stride.
        outer = int(numpy.argmax(arrays[1].strides))
        arrays = [numpy.moveaxis(x, outer, 0) for x in arrays]
    length = len(arrays[1])
    rows = max(1, _BLOCK * length // arrays[1].nbytes)
    for start in range(0, length, rows):
        yield [x[start : start + rows] for x in arrays]


def _on_tensors(
    rule: Rule, tensors: Sequence[Any], numbers: dict[str, Any], differentiable: bool
) -> None:
    g, p, *states = tensors
    # What a rule changes may have been saved, by this update or by the one before.
    values = [state.clone() for state in states] if differentiable else states
    given = [g, p, *values]
    if p.is_complex():
        given = [tensor_table.view_as_real(x) for x in given]
    after = rule(tensor_table, *given, **numbers)
    for old, new in zip((p, *states), after, strict=True):
        if p.is_complex():
            new = tensor_table.view_as_complex(new)
        if new is not old and not (old is p and p.is_complex()):
            old.copy_(new)
