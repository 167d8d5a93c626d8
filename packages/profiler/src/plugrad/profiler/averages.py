"""Averages: what all calls of one operator took together."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from plugrad.profiler.events import FunctionEvent, Timed
from plugrad.profiler.formats import format_time

__all__ = ["FunctionEventAvg", "averages_of", "total_of"]


class FunctionEventAvg(Timed):
    """What the calls of one operator took together, and on average.

    Attributes
    ----------
    key : str
        The operator's name.
    cpu_parent : FunctionEvent or None
        What the first of them ran inside.
    input_shapes : str
        Of those calls where they are grouped by it; else empty.
    """

    __slots__ = ("cpu_parent", "key")

    def __init__(self, key: str = "Total") -> None:
        self.key = key
        self.cpu_parent: FunctionEvent | None = None
        self.count = self.flops = 0
        self.cpu_time_total = self.self_cpu_time_total = 0.0
        self.device_time_total = self.self_device_time_total = 0.0
        self.cpu_memory_usage = self.self_cpu_memory_usage = 0
        self.device_memory_usage = self.self_device_memory_usage = 0
        self.input_shapes: Any = ""
        self.stack = []
        self.use_device = None

    def add(self, other: Timed) -> FunctionEventAvg:
        """Add what an event, or another average, took; return this one."""
        self.count += other.count
        self.cpu_time_total += other.cpu_time_total
        self.self_cpu_time_total += other.self_cpu_time_total
        self.device_time_total += other.device_time_total
        self.self_device_time_total += other.self_device_time_total
        self.cpu_memory_usage += other.cpu_memory_usage
        self.self_cpu_memory_usage += other.self_cpu_memory_usage
        self.device_memory_usage += other.device_memory_usage
        self.self_device_memory_usage += other.self_device_memory_usage
        self.flops += other.flops
        return self

    def __repr__(self) -> str:
        self_time, time = self.self_cpu_time_total_str, self.cpu_time_str
        device = self.use_device or "cuda"
        return (
            f"<FunctionEventAvg key={self.key} self_cpu_time={self_time} cpu_time={time}  "
            f"self_{device}_time={format_time(self.self_device_time_total)} "
            f"{device}_time={format_time(self.device_time)} input_shapes={self.input_shapes} "
            f"cpu_memory_usage={self.cpu_memory_usage} "
            f"{device}_memory_usage={self.device_memory_usage}>"
        )


def averages_of(
    events: Iterable[FunctionEvent], by_shapes: bool, stack_depth: int
) -> list[FunctionEventAvg]:
    """Return the averages of events that have the same name, in the order of their first calls.

    Parameters
    ----------
    events : iterable of FunctionEvent
    by_shapes : bool
        Whether the shapes of their inputs must be the same too.
    stack_depth : int
        How many of the innermost callers must be the same too.
    """
    averages: dict[Any, FunctionEventAvg] = {}
    for event in events:
        key: Any = event.name
        if by_shapes or stack_depth:
            shapes = str(event.input_shapes) if by_shapes else ""
            key = (key, shapes, tuple(event.stack[:stack_depth]))
        average = averages.get(key)
        if average is None:
            average = averages[key] = FunctionEventAvg(event.name)
            average.cpu_parent = event.cpu_parent
            average.use_device = event.use_device
            if by_shapes:
                average.input_shapes = str(event.input_shapes)
            average.stack = event.stack[:stack_depth]
        average.add(event)
    return list(averages.values())


def total_of(events: Iterable[Timed]) -> FunctionEventAvg:
    """Return what all events took together."""
    total = FunctionEventAvg()
    for event in events:
        total.add(event)
    return total
