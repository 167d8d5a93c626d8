"""Events: what ran from when to when, inside what, and what it took."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from plugrad.profiler.flops import flops_of
from plugrad.profiler.formats import format_time
from plugrad.profiler.ranges import Range
from plugrad.profiler.recording import Record, Recorder

__all__ = ["FunctionEvent", "Interval", "Timed", "events_of"]


class Interval(NamedTuple):
    """From when to when, in microseconds since the profile started."""

    start: float
    end: float

    def elapsed_us(self) -> float:
        """Return how long it took."""
        return self.end - self.start


class Timed:
    """What single events and averages of them have in common.

    Attributes
    ----------
    count : int
    cpu_time_total, self_cpu_time_total : float
        In microseconds, with and without what ran inside.
    device_time_total, self_device_time_total : float
    cpu_memory_usage, self_cpu_memory_usage, device_memory_usage, self_device_memory_usage : int
        In bytes: what was allocated less what was freed.
    """

    __slots__ = (
        "count",
        "cpu_memory_usage",
        "cpu_time_total",
        "device_memory_usage",
        "device_time_total",
        "flops",
        "input_shapes",
        "self_cpu_memory_usage",
        "self_cpu_time_total",
        "self_device_memory_usage",
        "self_device_time_total",
        "stack",
        "use_device",
    )

    count: int
    cpu_time_total: float
    self_cpu_time_total: float
    device_time_total: float
    self_device_time_total: float
    cpu_memory_usage: int
    self_cpu_memory_usage: int
    device_memory_usage: int
    self_device_memory_usage: int
    flops: int
    input_shapes: Any
    stack: list[str]
    use_device: str | None

    @property
    def cpu_time(self) -> float:
        """The average of a call, in microseconds."""
        return self.cpu_time_total / self.count if self.count else 0.0

    @property
    def device_time(self) -> float:
        """The average of a call on the device, in microseconds."""
        return self.device_time_total / self.count if self.count else 0.0

    @property
    def cpu_time_str(self) -> str:
        """`cpu_time` with its unit."""
        return format_time(self.cpu_time)

    @property
    def cpu_time_total_str(self) -> str:
        """`cpu_time_total` with its unit."""
        return format_time(self.cpu_time_total)

    @property
    def self_cpu_time_total_str(self) -> str:
        """`self_cpu_time_total` with its unit."""
        return format_time(self.self_cpu_time_total)

    @property
    def device_time_str(self) -> str:
        """`device_time` with its unit."""
        return format_time(self.device_time)

    @property
    def device_time_total_str(self) -> str:
        """`device_time_total` with its unit."""
        return format_time(self.device_time_total)

    @property
    def self_device_time_total_str(self) -> str:
        """`self_device_time_total` with its unit."""
        return format_time(self.self_device_time_total)


class FunctionEvent(Timed):
    """One event of a profile.

    Attributes
    ----------
    id : int
    name, key : str
    time_range : Interval
    thread : int
        Which thread ran it: the number that the operating system gives it.
    sequence_nr : int
        What a forward and its backward share; -1 for what makes no node.
    scope : int
        0 for an operator, 1 for a node that a backward ran, 7 for a range of the user's.
    cpu_parent : FunctionEvent or None
    cpu_children : list of FunctionEvent
    """

    __slots__ = (
        "cpu_children",
        "cpu_parent",
        "id",
        "is_user_annotation",
        "name",
        "scope",
        "sequence_nr",
        "thread",
        "time_range",
    )

    def __init__(self, number: int, record: Record, thread: int, origin: int, end: int) -> None:
        self.id = number
        self.name = record.op.aten
        self.thread = thread
        self.count = 1
        self.cpu_parent: FunctionEvent | None = None
        self.cpu_children: list[FunctionEvent] = []
        self.time_range = Interval((record.start - origin) / 1000, (end - origin) / 1000)
        self.cpu_time_total = self.self_cpu_time_total = (end - record.start) / 1000
        self.device_time_total = self.self_device_time_total = 0.0
        self.sequence_nr = record.sequence
        self.is_user_annotation = isinstance(record.op, Range)
        self.scope = 7 if self.is_user_annotation else int(record.backward)
        self.flops = 0
        self.stack = []
        self.input_shapes = []
        self.use_device = None
        self.cpu_memory_usage = self.self_cpu_memory_usage = 0
        self.device_memory_usage = self.self_device_memory_usage = 0

    @property
    def key(self) -> str:
        """What its average is listed under: its name."""
        return self.name

    def __repr__(self) -> str:
        device, memory = self.use_device, self.device_memory_usage
        return (
            f"<FunctionEvent id={self.id} name={self.name} cpu_time={self.cpu_time_str} "
            f"start_us={self.time_range.start} end_us={self.time_range.end} "
            f"cpu_children={[child.id for child in self.cpu_children]} "
            f"{device}_time={self.device_time_str} thread={self.thread} "
            f"input_shapes={self.input_shapes} cpu_memory_usage={self.cpu_memory_usage} "
            f"{device}_memory_usage={memory} seq_nr={self.sequence_nr}>"
        )


def events_of(
    recorder: Recorder, *, use_device: str | None = None, with_flops: bool = False
) -> list[FunctionEvent]:
    """Make events of what was recorded, each knowing what ran inside it.

    Parameters
    ----------
    recorder : Recorder
    use_device : str, optional
        The device that was timed beside the host.
    with_flops : bool

    Returns
    -------
    list of FunctionEvent
        In the order in which they started.
    """
    events: list[FunctionEvent] = []
    around: list[FunctionEvent] = []
    ends: list[int] = []
    for number, record in enumerate(recorder.records, start=1):
        end = record.end or recorder.ended  # a range that was left open ends with the profile
        event = FunctionEvent(number, record, recorder.thread, recorder.started, end)
        while ends and ends[-1] < end:
            ends.pop()
            around.pop()
        if around:
            parent = event.cpu_parent = around[-1]
            parent.cpu_children.append(event)
            parent.self_cpu_time_total -= event.cpu_time_total
        around.append(event)
        ends.append(end)
        if record.details is not None:
            _add_details(event, record, use_device, with_flops)
        events.append(event)
    _add_up(events)
    return events


def _add_details(
    event: FunctionEvent, record: Record, use_device: str | None, with_flops: bool
) -> None:
    details = record.details
    assert details is not None
    event.input_shapes = details.shapes
    event.stack = details.stack
    event.use_device = use_device
    if with_flops:
        event.flops = flops_of(event.name, details.shapes)
    for device, size in details.allocated.items():
        if device == "cpu":
            event.self_cpu_memory_usage += size
        elif device == use_device:
            event.self_device_memory_usage += size
    if len(details.marks) == 2:
        start, end = details.marks
        event.device_time_total = event.self_device_time_total = 1000 * start.elapsed_time(end)


def _add_up(events: Sequence[FunctionEvent]) -> None:
    """Give each event the memory of all that ran inside it, and take their device time off it."""
    for event in reversed(events):  # children come after their parents
        event.cpu_memory_usage += event.self_cpu_memory_usage
        event.device_memory_usage += event.self_device_memory_usage
        parent = event.cpu_parent
        if parent is not None:
            parent.cpu_memory_usage += event.cpu_memory_usage
            parent.device_memory_usage += event.device_memory_usage
            parent.self_device_time_total -= event.device_time_total
