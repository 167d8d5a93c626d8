"""What a node saves for its rules: checking that it is still what it was, and handing it out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NoReturn

from plugrad.autograd.tape import AliasCell, Node, Output, TensorBase, new_tensor

if TYPE_CHECKING:
    from plugrad.tensor import Tensor

__all__ = ["FREED", "freed", "rebuild_output", "verify", "version_of", "versions_of"]


FREED: Final[tuple[int, ...]] = (-1,)
"""Stands for the versions of what a node has let go of."""


def version_of(tensor: TensorBase) -> int:
    """Return how many in-place operations have gone through the tensor's memory."""
    cell = tensor._cell
    return 0 if cell is None else cell.version


def versions_of(saved: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return the present version of everything saved; 0 for what has none."""
    return tuple([_version(item) for item in saved])


def _version(item: Any) -> Any:
    if isinstance(item, TensorBase):
        cell = item._cell
        return 0 if cell is None else cell.version
    if isinstance(item, AliasCell):
        return item.version
    if isinstance(item, tuple):
        return versions_of(item)
    return 0


def verify(node: Node) -> None:
    """Check that nothing saved was changed in place since.

    Raises
    ------
    RuntimeError
        Naming what was saved, by which operation, and which operation changed it; or if it was
        freed.
    """
    saved = node.saved
    if saved is None:
        freed(node)
    now = versions_of(saved)
    if now == node.versions:
        return
    then = node.versions if node.versions is not None else versions_of((None,) * len(now))
    for position, (before, after, item) in enumerate(zip(then, now, saved, strict=True)):
        if isinstance(item, tuple):
            for tensor in item:
                if version_of(tensor) and versions_of(item) != (before or (0,) * len(item)):
                    _changed(node, position, tensor, 0, version_of(tensor))
        elif before != after:
            _changed(node, position, item, before, after)


def _changed(node: Node, position: int, item: Any, before: int, after: int) -> NoReturn:
    assert node.op is not None
    assert node.saved is not None
    inputs = node.op.saved_inputs
    cell = item if isinstance(item, AliasCell) else item._cell
    if position < len(inputs):
        what = f"its input {inputs[position]!r} ({_describe(item._array, item._dtype)})"
    else:
        array = node.saved[position - 1]
        what = f"its output ({_describe(array, node.table.dtypes[array.dtype])})"
    by = getattr(cell, "changed_by", "something")  # with the line, in anomaly mode
    raise RuntimeError(
        f"{node.op.name} saved {what} at version {before}, but {by} has since changed it "
        f"(version {after}), so its gradient cannot be computed. Use the operation that is not in "
        f"place (`y = y * k` for `y.mul_(k)`), or clone the tensor before {by.split()[0]}."
    )


def _describe(array: Any, dtype: Any) -> str:
    return f"{dtype.name}[{', '.join(map(str, array.shape))}]"


def freed(node: Node) -> NoReturn:
    """Say that the node's saved tensors were freed by an earlier backward.

    Raises
    ------
    RuntimeError
        Always.
    """
    who = node.name() if node.op is None else node.op.name
    raise RuntimeError(
        f"this graph has been differentiated already, and what {who} had saved was freed "
        f"then. Pass retain_graph=True to the first backward() or grad() if you need a second, or "
        f"compute the output again."
    )


def rebuild_output(node: Node, number: int, array: Any, cell: AliasCell) -> Tensor:
    """Return a saved output as the tensor it was, history included.

    The node cannot keep the tensor itself: that owns the node.
    """
    tensor = new_tensor(array, node.table, node.table.dtypes[array.dtype])
    tensor._cell = cell
    if tensor._dtype.is_floating_point or tensor._dtype.is_complex:
        tensor._edge = Output(node, number) if isinstance(node.dtype, tuple) else node
    return tensor
