"""Lists of events: what a profile hands out."""

from __future__ import annotations

from collections.abc import Iterable
from os import PathLike
from typing import TypeVar

from plugrad.profiler import tables
from plugrad.profiler.averages import FunctionEventAvg, averages_of, total_of
from plugrad.profiler.chrome import write_trace
from plugrad.profiler.events import FunctionEvent, Timed

__all__ = ["EventList"]

E = TypeVar("E", bound=Timed)


class EventList(list[E]):
    """Events, or averages of them, that print as a table.

    Parameters
    ----------
    events : iterable
    use_device : str, optional
        The device that was timed beside the host.
    profile_memory, with_flops : bool
        Whether memory and floating-point operations are to be shown.
    """

    def __init__(
        self,
        events: Iterable[E] = (),
        *,
        use_device: str | None = None,
        profile_memory: bool = False,
        with_flops: bool = False,
    ) -> None:
        super().__init__(events)
        self._use_device = use_device
        self._profile_memory = profile_memory
        self._with_flops = with_flops

    def __str__(self) -> str:
        return self.table()

    @property
    def self_cpu_time_total(self) -> float:
        """The time of all events together, in microseconds."""
        return sum(event.self_cpu_time_total for event in self)

    def table(
        self,
        sort_by: str | None = None,
        row_limit: int = 100,
        max_src_column_width: int | None = 75,
        max_name_column_width: int | None = 55,
        max_shapes_column_width: int | None = 80,
        header: str | None = None,
        top_level_events_only: bool = False,
        time_unit: str | None = None,
    ) -> str:
        """Return the events as a table.

        Parameters
        ----------
        sort_by : str, optional
            The attribute whose largest values come first: ``count``, ``cpu_time``,
            ``cpu_time_total``, ``self_cpu_time_total``, ``cpu_memory_usage``,
            ``self_cpu_memory_usage``, or the same with ``cuda`` or ``device`` in place of ``cpu``.
            By default events keep their order.
        row_limit : int
            How many to show; all of them if negative.
        max_src_column_width, max_name_column_width, max_shapes_column_width : int or None
            Beyond which columns are cut off; None for never.
        header : str, optional
            What to print above.
        top_level_events_only : bool
            Whether to leave out what ran inside other events.
        time_unit : str, optional
            ``"us"``, ``"ms"`` or ``"s"``; by default what suits each time.

        Returns
        -------
        str
            Empty where there are no events.

        Raises
        ------
        AttributeError
            If events have no attribute `sort_by`.
        ValueError
            If there is no such `time_unit`.
        """
        return tables.table(
            self,
            sort_by=sort_by,
            row_limit=row_limit,
            source_width=max_src_column_width,
            name_width=max_name_column_width,
            shapes_width=max_shapes_column_width,
            header=header,
            top_level_only=top_level_events_only,
            time_unit=time_unit,
            device=self._use_device,
            memory=self._profile_memory,
            flops=self._with_flops,
        )

    def key_averages(
        self: EventList[FunctionEvent],
        group_by_input_shapes: bool = False,
        group_by_stack_n: int = 0,
    ) -> EventList[FunctionEventAvg]:
        """Return the averages of events with the same name.

        Parameters
        ----------
        group_by_input_shapes : bool
            Whether the shapes of their inputs must be the same too.
        group_by_stack_n : int
            How many of the innermost callers must be the same too.
        """
        return EventList(
            averages_of(self, group_by_input_shapes, group_by_stack_n),
            use_device=self._use_device,
            profile_memory=self._profile_memory,
            with_flops=self._with_flops,
        )

    def total_average(self) -> FunctionEventAvg:
        """Return what all events took together."""
        return total_of(self)

    def export_chrome_trace(self: EventList[FunctionEvent], path: str | PathLike[str]) -> None:
        """Write the events to a file that Chrome (``chrome://tracing``) and Perfetto show."""
        write_trace(self, path)
