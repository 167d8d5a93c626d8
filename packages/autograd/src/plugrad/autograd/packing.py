"""What becomes of the tensors that nodes save: hooks that pack them, and unpack them again.

While a packer is the last of ``mode.packers``, operators take the slow path, which hands it every
node that it records. The node's class is replaced by one that unpacks before it runs, so that nodes
recorded elsewhere pay nothing.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from types import TracebackType
from typing import Any

from plugrad.autograd import saved as saving
from plugrad.autograd.modes import mode, no_grad
from plugrad.autograd.tape import Node, TensorBase, alias_cell, new_tensor

__all__ = ["Packer", "disable_saved_tensors_hooks", "save_on_cpu", "saved_tensors_hooks"]


class _Refusals(threading.local):
    def __init__(self) -> None:
        self.messages: list[str] = []


_refusals = _Refusals()


class Handle:
    """One saved tensor, packed.

    Parameters
    ----------
    packer : Packer
    tensor : Tensor
    """

    __slots__ = ("__weakref__", "_edge", "_unpack", "value")

    def __init__(self, packer: Packer, tensor: Any) -> None:
        self._edge = tensor._edge
        self._unpack = packer.unpack_tensor
        before = saving.version_of(tensor)
        with no_grad():
            self.value = packer.pack_tensor(tensor)
        if saving.version_of(tensor) != before:
            raise RuntimeError(
                "a pack hook changed the tensor that it was given in place; others use it: return "
                "another one"
            )

    def unpack(self) -> Any:
        """Return the tensor, with the history that it had.

        Raises
        ------
        TypeError
            If the hook returns anything else.
        """
        unpack = self._unpack
        tensor = (
            unpack(self.value) if mode.task is None else mode.task.call_user(unpack, self.value)
        )
        if not isinstance(tensor, TensorBase):
            raise TypeError(
                f"an unpack hook has to return a Tensor, not {type(tensor).__name__}: that which "
                "the pack hook was given"
            )
        found = new_tensor(tensor._array, tensor._table, tensor._dtype)
        found._cell = alias_cell(tensor)
        found._edge = self._edge
        return found


class Packer:
    """What packs the tensors that nodes save; a context manager."""

    def pack_tensor(self, tensor: Any) -> Any:
        """Return what is to be kept in place of a tensor."""
        raise NotImplementedError

    def unpack_tensor(self, value: Any) -> Any:
        """Return the tensor for which `value` was kept."""
        raise NotImplementedError

    def before_change(self, tensor: Any) -> None:
        """Be told that a tensor is about to be changed in place."""

    def packed(self, tensor: Any) -> Handle:
        """Pack one tensor."""
        return Handle(self, tensor)

    def pack(self, node: Any) -> None:
        """Pack what a node has saved."""
        inputs = len(node.op.saved_inputs)
        kept = [self._packed_item(item) for item in node.saved[:inputs]]
        for number, name in enumerate(node.op.saved_outputs):
            array, cell = node.saved[inputs + 2 * number : inputs + 2 * number + 2]
            position = node.op.output_names.index(name)
            kept.append(self.packed(saving.rebuild_output(node, position, array, cell)))
            # The node would own itself.
            kept[-1]._edge = None
        if any(item is not None for item in kept):
            node.saved = tuple(kept)
            node.versions = None
            node.__class__ = _packed_class(node.__class__)

    def _packed_item(self, item: Any) -> Any:
        if isinstance(item, tuple):
            return tuple(self._packed_item(each) for each in item)
        return self.packed(item) if isinstance(item, TensorBase) else item

    def __enter__(self) -> Any:
        if _refusals.messages:
            raise RuntimeError(_refusals.messages[-1])
        mode.packers.append(self)
        mode.slow_down("saved tensors are packed")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        mode.packers.pop()
        mode.speed_up("saved tensors are packed")


class _Packed(Node):
    """A mixin: a node whose saved tensors are packed."""

    __slots__ = ()

    def kept(self) -> tuple[Any, ...]:
        """Return what was saved, unpacked."""
        if self.saved is None:
            saving.freed(self)
        assert self.op is not None
        inputs = len(self.op.saved_inputs)
        found: list[Any] = [_unpacked_item(item) for item in self.saved[:inputs]]
        for handle in self.saved[inputs:]:
            tensor = handle.unpack()
            found += [tensor._array, alias_cell(tensor)]
        return tuple(found)


def _unpacked_item(item: Any) -> Any:
    if isinstance(item, tuple):
        return tuple(map(_unpacked_item, item))
    return item.unpack() if isinstance(item, Handle) else item


@cache
def _packed_class(cls: type[Node]) -> type[Node]:
    namespace = {"__slots__": (), "__module__": cls.__module__}
    return type(cls.__name__, (_Packed, cls), namespace)


class saved_tensors_hooks(Packer):
    """Context manager: what operations save for their backward goes through two hooks.

    Of several contexts, the innermost counts.

    Parameters
    ----------
    pack_hook : callable
        Given a tensor when it is saved, returns anything. It is not recorded, and must not change
        the tensor.
    unpack_hook : callable
        Given that when the backward needs the tensor, returns the tensor.

    Raises
    ------
    TypeError
        If a hook cannot be called.
    RuntimeError
        When entered inside `disable_saved_tensors_hooks`.

    Examples
    --------
    >>> import plugrad
    >>> x = plugrad.tensor([1.0, 2.0], requires_grad=True)
    >>> def pack(tensor):
    ...     print("saved", tensor.tolist())
    ...     return tensor.numpy(force=True).copy()
    >>> with plugrad.autograd.graph.saved_tensors_hooks(pack, plugrad.from_numpy):
    ...     y = x.square().sum()
    saved [1.0, 2.0]
    >>> y.backward()
    >>> x.grad
    tensor([2., 4.])
    """

    def __init__(self, pack_hook: Callable[[Any], Any], unpack_hook: Callable[[Any], Any]) -> None:
        self.pack_hook = pack_hook
        self.unpack_hook = unpack_hook

    def __enter__(self) -> None:
        for hook in (self.pack_hook, self.unpack_hook):
            if not callable(hook):
                raise TypeError(f"hooks of saved tensors are callable, not {type(hook).__name__}")
        super().__enter__()

    def pack_tensor(self, tensor: Any) -> Any:
        """Call the first hook."""
        return self.pack_hook(tensor)

    def unpack_tensor(self, value: Any) -> Any:
        """Call the second hook."""
        return self.unpack_hook(value)


class save_on_cpu(saved_tensors_hooks):
    """Context manager: saved tensors wait for the backward in the computer's own memory.

    Parameters
    ----------
    pin_memory : bool
        Whether in page-locked memory, from where they are copied back faster.
    device_type : str
        Accepted; the device of each tensor is what counts.

    Examples
    --------
    >>> import plugrad
    >>> x = plugrad.ones(2, requires_grad=True)
    >>> with plugrad.autograd.graph.save_on_cpu():
    ...     y = x.exp().sum()
    >>> y.backward()
    >>> x.grad
    tensor([2.7183, 2.7183])
    """

    def __init__(self, pin_memory: bool = False, device_type: str = "cuda") -> None:
        def pack(tensor: Any) -> tuple[Any, Any]:
            kept = tensor.detach().to("cpu")
            pinned = pin_memory and tensor.device.type != "cpu"
            return tensor.device, kept.pin_memory() if pinned else kept

        def unpack(packed: tuple[Any, Any]) -> Any:
            device, tensor = packed
            return tensor.to(device, non_blocking=pin_memory)

        super().__init__(pack, unpack)


@contextmanager
def disable_saved_tensors_hooks(error_message: str) -> Iterator[None]:
    """Context manager: nobody may pack saved tensors inside.

    Parameters
    ----------
    error_message : str
        Of the RuntimeError that an attempt raises.

    Raises
    ------
    RuntimeError
        If somebody does already.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.autograd.graph import disable_saved_tensors_hooks, save_on_cpu
    >>> with disable_saved_tensors_hooks("not in here"):
    ...     save_on_cpu().__enter__()
    Traceback (most recent call last):
        ...
    RuntimeError: not in here
    """
    if mode.packers:
        raise RuntimeError(error_message)
    _refusals.messages.append(error_message)
    try:
        yield
    finally:
        _refusals.messages.pop()
