"""Events as text: the columns, widths and units of PyTorch's tables."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import log10
from typing import Any, Final

from plugrad.profiler.events import Timed
from plugrad.profiler.formats import format_memory, format_share, format_time, format_time_in

__all__ = ["table"]

_WIDTH: Final = 12
_GAP: Final = "  "
_FLOPS: Final = ("FLOPs", "KFLOPs", "MFLOPs", "GFLOPs", "TFLOPs", "PFLOPs")
_UNITS: Final = ("us", "ms", "s")


@dataclass
class _Column:
    """A title, and what stands below it for an event."""

    title: str
    cell: Callable[[Any], str]
    width: int = _WIDTH
    align: str = ">"


def table(
    events: Sequence[Timed],
    *,
    sort_by: str | None,
    row_limit: int,
    source_width: int | None,
    name_width: int | None,
    shapes_width: int | None,
    header: str | None,
    top_level_only: bool,
    time_unit: str | None,
    device: str | None,
    memory: bool,
    flops: bool,
) -> str:
    """Return a table: see `plugrad.profiler.EventList.table`."""
    if time_unit is not None and time_unit not in _UNITS:
        raise ValueError(f"time_unit must be one of {', '.join(_UNITS)}, not {time_unit!r}")
    if not events:
        return ""
    if sort_by is not None:
        attribute = sort_by.replace("cuda", "device")
        events = sorted(events, key=lambda event: getattr(event, attribute), reverse=True)

    def time(microseconds: float) -> str:
        if time_unit is None:
            return format_time(microseconds)
        return format_time_in(microseconds, time_unit)

    total = sum(event.self_cpu_time_total for event in events)
    device_total = sum(event.self_device_time_total for event in events)
    columns = [
        _name_column(events, name_width),
        *_time_columns(time, total),
        *(_device_columns(time, device_total, device) if device_total else ()),
        *(_memory_columns(events, device) if memory else ()),
        _Column("# of Calls", lambda event: str(event.count)),
        *_shapes_column(events, shapes_width),
        *_source_column(events, source_width),
        *(_flops_column(events) if flops else ()),
    ]
    rule = _line(columns, ["-" * column.width for column in columns])
    lines = []
    note = "This report only display top-level ops statistics" if top_level_only else None
    for text in (header, note):
        if text is not None:
            lines += ["=" * (len(rule) - len(_GAP)), text]
    lines += [rule, _line(columns, [column.title for column in columns]), rule]
    shown = [event for event in events if not top_level_only or _is_top_level(event)]
    for event in shown if row_limit < 0 else shown[:row_limit]:
        lines += _rows(columns, event, source_width)
    lines += [rule, f"Self CPU time total: {time(total)}"]
    if device_total:
        lines.append(f"Self {_title(device)} time total: {time(device_total)}")
    return "\n".join(lines) + "\n"


def _line(columns: list[_Column], cells: list[str]) -> str:
    aligned = (
        f"{cell:{column.align}{column.width}}{_GAP}"
        for column, cell in zip(columns, cells, strict=True)
    )
    return "".join(aligned)


def _rows(columns: list[_Column], event: Timed, source_width: int | None) -> Iterator[str]:
    """Yield an event's row; where sources are shown, one for each caller and an empty one too."""
    yield _line(columns, [column.cell(event) for column in columns])
    sources = [column.title == _SOURCE for column in columns]
    if any(sources):
        for entry in [*event.stack[1:], ""]:
            text = _cut_left(entry, source_width)
            yield _line(columns, [text if here else "" for here in sources])


def _is_top_level(event: Any) -> bool:
    return event.cpu_parent is None


def _title(device: str | None) -> str:
    return (device or "device").upper()


def _fitted(texts: list[str], limit: int | None) -> int:
    """Return the width of a column for `texts`."""
    width = max(map(len, texts)) + 4
    return width if limit is None else min(width, limit)


def _name_column(events: Sequence[Any], limit: int | None) -> _Column:
    def name(event: Any) -> str:
        key: str = event.key
        return key if limit is None or len(key) < limit - 3 else f"{key[: limit - 3]}..."

    return _Column("Name", name, _fitted([event.key for event in events], limit))


def _time_columns(time: Callable[[float], str], total: float) -> list[_Column]:
    return [
        _Column("Self CPU %", lambda event: format_share(event.self_cpu_time_total, total)),
        _Column("Self CPU", lambda event: time(event.self_cpu_time_total)),
        _Column("CPU total %", lambda event: format_share(event.cpu_time_total, total)),
        _Column("CPU total", lambda event: time(event.cpu_time_total)),
        _Column("CPU time avg", lambda event: time(event.cpu_time)),
    ]


def _device_columns(
    time: Callable[[float], str], total: float, device: str | None
) -> list[_Column]:
    name = _title(device)
    return [
        _Column(f"Self {name}", lambda event: time(event.self_device_time_total)),
        _Column(f"Self {name} %", lambda event: format_share(event.self_device_time_total, total)),
        _Column(f"{name} total", lambda event: time(event.device_time_total)),
        _Column(f"{name} time avg", lambda event: time(event.device_time)),
    ]


def _memory_columns(events: Sequence[Timed], device: str | None) -> list[_Column]:
    columns = [
        _Column("CPU Mem", lambda event: format_memory(event.cpu_memory_usage)),
        _Column("Self CPU Mem", lambda event: format_memory(event.self_cpu_memory_usage)),
    ]
    if any(event.self_device_memory_usage for event in events):
        name = _title(device)
        columns += [
            _Column(f"{name} Mem", lambda event: format_memory(event.device_memory_usage)),
            _Column(
                f"Self {name} Mem", lambda event: format_memory(event.self_device_memory_usage)
            ),
        ]
    return columns


def _shapes_column(events: Sequence[Timed], limit: int | None) -> list[_Column]:
    if not any(event.input_shapes for event in events):
        return []
    width = _fitted([str(event.input_shapes) for event in events], limit)
    return [_Column("Input Shapes", lambda event: str(event.input_shapes)[:width], width)]


_SOURCE: Final = "Source Location"


def _source_column(events: Sequence[Timed], limit: int | None) -> list[_Column]:
    entries = [entry for event in events for entry in event.stack]
    if not entries:
        return []
    width = _fitted(entries, limit)

    def innermost(event: Timed) -> str:
        return _cut_left(event.stack[0], limit) if event.stack else ""

    return [_Column(_SOURCE, innermost, width, "<")]


def _cut_left(text: str, limit: int | None) -> str:
    """Return the end of a text, which says more than its beginning where it is a path."""
    if limit is None or len(text) <= limit:
        return text
    return f"...{text[len(text) - limit + 3 :]}"


def _flops_column(events: Sequence[Timed]) -> list[_Column]:
    """Return a column in the unit that suits the smallest number of operations."""
    known = [event.flops for event in events if event.flops > 0]
    if not known:
        return []
    power = min(int(log10(min(known)) // 3), len(_FLOPS) - 1)

    def count(event: Timed) -> str:
        return f"{event.flops / 1000**power:8.3f}" if event.flops > 0 else "--"

    return [_Column(f"Total {_FLOPS[power]}", count)]
