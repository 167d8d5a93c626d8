"""What is written down while a profile runs: as little as can be, and nothing is worked out.

Events are appended in the order in which they start; `plugrad.profiler.events` finds out afterwards
which of them held which.
"""

from __future__ import annotations

import sys
import weakref
from collections.abc import Iterator
from math import prod
from threading import get_native_id
from time import perf_counter_ns
from types import FrameType
from typing import TYPE_CHECKING, Any

from plugrad.autograd.tape import AccumulateGrad, Node, Output, TensorBase
from plugrad.vocabulary.registry import Operator

if TYPE_CHECKING:
    from plugrad.backends.protocol import Backend

__all__ = ["DetailedRecorder", "Record", "Recorder"]


class Record:
    """One event as it was seen.

    Attributes
    ----------
    op : Operator
    start, end : int
        In nanoseconds; `end` is 0 where it did not end.
    sequence : int
        Of the node that was made, or that was run: what links a forward to its backward.
    backward : bool
        Whether a backward ran it.
    details : Details or None
        What was asked for beyond times.
    """

    __slots__ = ("backward", "details", "end", "op", "sequence", "start")

    def __init__(self, op: Operator) -> None:
        self.op = op
        self.start = self.end = 0
        self.sequence = -1
        self.backward = False
        self.details: Details | None = None


class Details:
    """What an event can have beyond its times.

    Attributes
    ----------
    shapes : list
        Of the inputs: a list of ints for a tensor, a list of lists for a list of tensors, and an
        empty list for everything else.
    stack : list of str
        Who called it, the innermost first.
    allocated : dict from str to int
        Bytes by type of device; what was freed counts negatively.
    given : set of int
        The identities of the arrays that were given.
    marks : list of Event
        Two points in the work of a device.
    """

    __slots__ = ("allocated", "given", "marks", "shapes", "stack")

    def __init__(self) -> None:
        self.shapes: list[Any] = []
        self.stack: list[str] = []
        self.allocated: dict[str, int] = {}
        self.given: set[int] = set()
        self.marks: list[Any] = []


class Recorder:
    """Writes down times: the observer behind `profile`."""

    def __init__(self) -> None:
        self.records: list[Record] = []
        self.thread = get_native_id()
        self.started = self.ended = 0

    def enter(self, op: Operator, inputs: tuple[Any, ...]) -> Record:
        """Note that an operator starts."""
        record = Record(op)
        if inputs and isinstance(inputs[0], Node):
            record.sequence = _sequence(inputs[0])
            record.backward = True
        self.records.append(record)
        record.start = perf_counter_ns()
        return record

    def leave(self, token: Record, op: Operator, result: Any) -> None:
        """Note that it has ended."""
        token.end = perf_counter_ns()
        if isinstance(result, TensorBase) and result._edge is not None and not token.backward:
            token.sequence = _sequence(result._edge)

    def stop(self) -> None:
        """Note that the profile has ended."""
        self.ended = perf_counter_ns()


class DetailedRecorder(Recorder):
    """Writes down whatever else is wanted.

    Parameters
    ----------
    shapes, memory, stack : bool
    backend : Backend, optional
        On whose clock to time, beside the host's.
    """

    def __init__(self, shapes: bool, memory: bool, stack: bool, backend: Backend | None) -> None:
        super().__init__()
        self._shapes, self._memory, self._stack, self._backend = shapes, memory, stack, backend
        self._open: list[Record] = []
        self._living: dict[int, weakref.ref[Any]] = {}

    def enter(self, op: Operator, inputs: tuple[Any, ...]) -> Record:
        """Note that an operator starts, and what it was given."""
        record = super().enter(op, inputs)
        details = record.details = Details()
        if self._shapes and not record.backward:
            details.shapes = [_shape(value) for value in inputs]
        if self._memory:
            details.given = {id(_owner(tensor)) for tensor in _tensors(inputs)}
            self._open.append(record)
        if self._stack:
            details.stack = _call_stack(sys._getframe(1))
        if self._backend is not None:
            details.marks.append(self._mark(self._backend))
        record.start = perf_counter_ns()  # what was just done is none of the operator's
        return record

    def leave(self, token: Record, op: Operator, result: Any) -> None:
        """Note that it has ended, and what it made."""
        super().leave(token, op, result)
        assert token.details is not None
        if self._backend is not None:
            token.details.marks.append(self._mark(self._backend))
        if self._memory:
            if not op.view:
                for tensor in _tensors((result,)):
                    self._note_made(token.details, tensor)
            if token in self._open:
                del self._open[self._open.index(token) :]

    def stop(self) -> None:
        """Forget what lives, too: what is freed from now on is not noted."""
        super().stop()
        self._living.clear()

    @staticmethod
    def _mark(backend: Backend) -> Any:
        mark = backend.event()
        mark.record()
        return mark

    def _note_made(self, details: Details, tensor: Any) -> None:
        """Note memory that an operator has made: not what it was given, nor a view of that."""
        owner = _owner(tensor)
        key = id(owner)
        if tensor._table.level or key in details.given or key in self._living:
            return
        device = tensor._table.device.type
        size = tensor._dtype.itemsize * prod(tensor._array.shape)
        details.allocated[device] = details.allocated.get(device, 0) + size

        def freed(_: Any) -> None:
            if self._living.pop(key, None) is not None:
                self._note_freed(device, size)

        try:
            self._living[key] = weakref.ref(owner, freed)
        except TypeError:  # a backend whose arrays cannot be watched: what it frees stays unknown
            return

    def _note_freed(self, device: str, size: int) -> None:
        if self._open:
            details = self._open[-1].details
        else:
            from plugrad.vocabulary.observers import named

            record = Record(named("[memory]"))
            record.start = record.end = perf_counter_ns()
            details = record.details = Details()
            self.records.append(record)
        assert details is not None
        details.allocated[device] = details.allocated.get(device, 0) - size


def _sequence(node: Node) -> int:
    """Return a node's place in the order of recording, from 0 up; -1 for what has none."""
    if isinstance(node, Output):
        node = node.node
    return -1 if isinstance(node, AccumulateGrad) else -1 - node.seq


def _shape(value: Any) -> list[Any]:
    if isinstance(value, TensorBase):
        return list(value._array.shape)
    if isinstance(value, (list, tuple)) and any(isinstance(item, TensorBase) for item in value):
        return [_shape(item) for item in value]
    return []


def _tensors(values: Any) -> Iterator[Any]:
    for value in values:
        if isinstance(value, TensorBase):
            yield value
        elif isinstance(value, (list, tuple)):
            yield from _tensors(value)


def _owner(tensor: Any) -> Any:
    """Return the array whose memory a tensor shows: its own may be a view of it."""
    base = getattr(tensor._array, "base", None)
    return tensor._array if base is None else base


def _call_stack(frame: FrameType | None) -> list[str]:
    """Return who called, without plugrad's own modules and the functions that it compiled."""
    stack = []
    while frame is not None:
        code = frame.f_code
        module = frame.f_globals.get("__name__")
        if module is not None and not module.startswith("plugrad."):
            stack.append(f"{code.co_filename}({frame.f_lineno}): {code.co_name}")
        frame = frame.f_back
    return stack
