"""Traces that Chrome (``chrome://tracing``) and Perfetto (``ui.perfetto.dev``) show.

The format is Google's "Trace Event Format": a complete event ("ph": "X") for each event of the
profile, an arrow ("s" to "f") from each forward to its backward, and names for process and threads.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Sequence
from os import PathLike
from typing import Any

from plugrad.profiler.events import FunctionEvent

__all__ = ["write_trace"]


def write_trace(events: Sequence[FunctionEvent], path: str | PathLike[str]) -> None:
    """Write a trace.

    Parameters
    ----------
    events : sequence of FunctionEvent
    path : str or path-like
        The file to write.
    """
    trace = {
        "schemaVersion": 1,
        "displayTimeUnit": "ms",
        "traceName": os.fspath(path),
        "traceEvents": [*_metadata(events), *map(_complete, events), *_arrows(events)],
    }
    with open(path, "w", encoding="utf-8") as file:
        json.dump(trace, file)


def _metadata(events: Sequence[FunctionEvent]) -> Iterator[dict[str, Any]]:
    program = os.path.basename(sys.argv[0] if sys.argv else "") or "python"
    yield _entry("M", "process_name", 0, 0.0, args={"name": program})
    yield _entry("M", "process_labels", 0, 0.0, args={"labels": "CPU"})
    for thread in sorted({event.thread for event in events}):
        yield _entry("M", "thread_name", thread, 0.0, args={"name": f"thread {thread}"})
        yield _entry("M", "thread_sort_index", thread, 0.0, args={"sort_index": thread})


def _entry(kind: str, name: str, thread: int, time: float, **more: Any) -> dict[str, Any]:
    return {"ph": kind, "name": name, "pid": os.getpid(), "tid": thread, "ts": time, **more}


def _complete(event: FunctionEvent) -> dict[str, Any]:
    args: dict[str, Any] = {"External id": event.id, "Ev Idx": event.id - 1}
    if event.sequence_nr >= 0:
        args["Sequence number"] = event.sequence_nr
    if event.input_shapes:
        args["Input Dims"] = event.input_shapes
    if event.stack:
        args["Call stack"] = ";".join(event.stack)
    if event.cpu_memory_usage or event.device_memory_usage:
        args["Bytes"] = event.cpu_memory_usage
        args["Device Bytes"] = event.device_memory_usage
    if event.use_device is not None:
        args["Device time (us)"] = event.device_time_total
    if event.flops:
        args["FLOPs"] = event.flops
    return _entry(
        "X",
        event.name,
        event.thread,
        event.time_range.start,
        dur=event.time_range.elapsed_us(),
        cat="user_annotation" if event.is_user_annotation else "cpu_op",
        args=args,
    )


def _arrows(events: Sequence[FunctionEvent]) -> Iterator[dict[str, Any]]:
    """Yield the two ends of an arrow for each node that was made and run."""
    forward: dict[int, FunctionEvent] = {}
    for event in events:
        number = event.sequence_nr
        if number < 0:
            continue
        if event.scope == 0:
            forward[number] = event  # of those that hold each other the innermost comes last
        elif number in forward:
            start = forward.pop(number)
            for kind, end in (("s", start), ("f", event)):
                arrow = _entry(kind, "fwdbwd", end.thread, end.time_range.start)
                yield {**arrow, "cat": "fwdbwd", "id": number, "bp": "e"}
