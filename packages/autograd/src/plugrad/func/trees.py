"""Trees: tensors in tuples, lists and dictionaries, as functions take and return them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from plugrad import Tensor

__all__ = ["check_tensors", "flatten", "leaves_like", "same_structure", "tree_map"]

Rebuild = Callable[[Sequence[Any]], Any]


def flatten(tree: Any) -> tuple[list[Any], Rebuild]:
    """Return the leaves of a tree, and what puts others in their places.

    Examples
    --------
    >>> from plugrad.func.trees import flatten
    >>> leaves, rebuild = flatten({"a": 1, "b": [2, (3,)]})
    >>> leaves, rebuild([10, 20, 30])
    ([1, 2, 3], {'a': 10, 'b': [20, (30,)]})
    """
    leaves: list[Any] = []
    _collect(tree, leaves)
    return leaves, lambda others: _rebuilt(tree, iter(others))


def _children(tree: Any) -> list[Any] | None:
    """Return the parts of a tree; None for a leaf."""
    if isinstance(tree, dict):
        return list(tree.values())
    return list(tree) if isinstance(tree, (tuple, list)) else None


def _collect(tree: Any, leaves: list[Any]) -> None:
    children = _children(tree)
    if children is None:
        leaves.append(tree)
        return
    for child in children:
        _collect(child, leaves)


def _rebuilt(tree: Any, leaves: Iterator[Any]) -> Any:
    children = _children(tree)
    if children is None:
        return next(leaves)
    parts = [_rebuilt(child, leaves) for child in children]
    if isinstance(tree, dict):
        made = tree.copy()  # of its own class, which may be an OrderedDict
        made.update(zip(tree, parts, strict=True))
        return made
    return type(tree)(*parts) if hasattr(tree, "_fields") else type(tree)(parts)


def tree_map(function: Callable[[Any], Any], tree: Any) -> Any:
    """Return a tree with a function of each leaf in its place."""
    leaves, rebuild = flatten(tree)
    return rebuild([function(leaf) for leaf in leaves])


def same_structure(tree: Any, other: Any) -> bool:
    """Tell whether two trees differ in their leaves only."""
    one, two = _children(tree), _children(other)
    if one is None or two is None:
        return one is two
    if isinstance(tree, dict) != isinstance(other, dict) or len(one) != len(two):
        return False
    if isinstance(tree, dict) and list(tree) != list(other):
        return False
    if not isinstance(tree, dict) and isinstance(tree, list) != isinstance(other, list):
        return False
    return all(map(same_structure, one, two))


def leaves_like(tree: Any, other: Any) -> list[Any]:
    """Return, for each leaf of `tree`, that of `other`, a tree of which may stand for a subtree."""
    children = _children(tree)
    if children is None:
        return [other]
    parts = _children(other)
    if parts is None:
        return [other] * len(flatten(tree)[0])
    if len(parts) != len(children):
        raise ValueError(f"a tree of {len(children)} parts does not fit one of {len(parts)}")
    return [leaf for pair in zip(children, parts, strict=True) for leaf in leaves_like(*pair)]


def check_tensors(leaves: Sequence[Any], caller: str, error: type[Exception] = ValueError) -> None:
    """Check that all leaves are tensors.

    Raises
    ------
    ValueError
        Or another `error`.
    """
    for leaf in leaves:
        if not isinstance(leaf, Tensor):
            raise error(f"{caller} works on tensors, and was given a {type(leaf).__name__}")
