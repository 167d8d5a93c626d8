"""`profile`: from when to when operators are recorded, and what was found."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from os import PathLike
from threading import get_native_id
from time import perf_counter_ns
from types import TracebackType
from typing import TYPE_CHECKING

from plugrad.operators.device_table import backend_of
from plugrad.profiler.averages import FunctionEventAvg
from plugrad.profiler.events import FunctionEvent, events_of
from plugrad.profiler.lists import EventList
from plugrad.profiler.recording import DetailedRecorder, Recorder
from plugrad.vocabulary.observers import unwatch, watch

if TYPE_CHECKING:
    from plugrad.backends.protocol import Backend

__all__ = ["profile"]


class profile:
    """Context manager: records what every operator of this thread costs.

    Parameters
    ----------
    enabled : bool
        Whether to record; if not, the context does nothing.
    use_cuda : bool
        The same as ``use_device="cuda"``.
    use_device : str, optional
        A type of device to time too, on its own clock.
    record_shapes : bool
        Whether the shapes of inputs are recorded, to group by them.
    with_flops : bool
        Whether floating-point operations are counted, of sums and of products of elements and of
        matrices.
    profile_memory : bool
        Whether the memory is recorded that operators allocate, and when it is freed.
    with_stack : bool
        Whether each event's callers are recorded, to group by them.
    with_modules : bool
        Accepted: it says something in PyTorch about TorchScript only, which plugrad has not.
    use_kineto : bool
        Accepted: it chooses between PyTorch's recorders, and plugrad has one.
    use_cpu : bool
        Must be true: the host is always timed.

    Raises
    ------
    AssertionError
        If `use_cpu` is false.
    RuntimeError
        If it is entered again, or ends in another thread.

    Notes
    -----
    Each thread is recorded by profiles of its own. Profiles may stand inside each other; each sees
    all that happens while it lasts.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.profiler import profile
    >>> x = plugrad.ones(2, 3, requires_grad=True)
    >>> with profile(record_shapes=True) as prf:
    ...     y = (x * x).sin()
    >>> for event in prf.key_averages(group_by_input_shape=True):
    ...     print(event.key, event.count, event.input_shapes)
    aten::mul 1 [[2, 3], [2, 3]]
    aten::sin 1 [[2, 3]]
    """

    def __init__(
        self,
        enabled: bool = True,
        *,
        use_cuda: bool = False,
        use_device: str | None = None,
        record_shapes: bool = False,
        with_flops: bool = False,
        profile_memory: bool = False,
        with_stack: bool = False,
        with_modules: bool = False,
        use_kineto: bool = False,
        use_cpu: bool = True,
    ) -> None:
        if not use_cpu:
            raise AssertionError("profile(): use_cpu must be true, for the host is always timed")
        if use_cuda:
            warnings.warn(
                "use_cuda is the older way to write use_device='cuda', which does the same",
                FutureWarning,
                stacklevel=2,
            )
            use_device = "cuda"
        self.enabled = enabled
        self.record_shapes = record_shapes or with_flops
        self.with_flops = with_flops
        self.profile_memory = profile_memory
        self.with_stack = with_stack
        self.with_modules = with_modules
        self.use_cpu = use_cpu
        self._backend = _timed_backend(use_device) if enabled else None
        self.use_device = None if self._backend is None else self._backend.device_type
        self.entered = False
        self._recorder: Recorder | None = None
        self._events: EventList[FunctionEvent] | None = None

    def __enter__(self) -> profile | None:
        if not self.enabled:
            return None
        if self.entered:
            raise RuntimeError("a profile can be entered only once; make another one")
        self.entered = True
        if self.record_shapes or self.profile_memory or self.with_stack or self._backend:
            self._recorder = DetailedRecorder(
                self.record_shapes, self.profile_memory, self.with_stack, self._backend
            )
        else:
            self._recorder = Recorder()
        watch(self._recorder)
        self._recorder.started = perf_counter_ns()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._recorder is None:
            return
        if self._recorder.thread != get_native_id():
            raise RuntimeError("a profile has to end in the thread in which it was entered")
        unwatch(self._recorder)
        self._recorder.stop()
        if self._backend is not None:
            self._backend.synchronize()

    @property
    def function_events(self) -> EventList[FunctionEvent]:
        """All events in the order in which they started; none until the profile has ended."""
        if self._recorder is None or not self._recorder.ended:
            return self._listed([])
        if self._events is None:
            self._events = self._listed(
                events_of(self._recorder, use_device=self.use_device, with_flops=self.with_flops)
            )
        return self._events

    def events(self) -> EventList[FunctionEvent]:
        """Return `function_events`."""
        return self.function_events

    def _listed(self, events: list[FunctionEvent]) -> EventList[FunctionEvent]:
        return EventList(
            events,
            use_device=self.use_device,
            profile_memory=self.profile_memory,
            with_flops=self.with_flops,
        )

    @property
    def self_cpu_time_total(self) -> float:
        """The time of all events together, in microseconds."""
        return self.function_events.self_cpu_time_total

    def key_averages(
        self, group_by_input_shape: bool = False, group_by_stack_n: int = 0
    ) -> EventList[FunctionEventAvg]:
        """Return the averages of events with the same name.

        Parameters
        ----------
        group_by_input_shape : bool
            Whether the shapes of their inputs must be the same too (needs `record_shapes`).
        group_by_stack_n : int
            How many of the innermost callers must be the same too (needs `with_stack`).
        """
        return self.function_events.key_averages(group_by_input_shape, group_by_stack_n)

    def total_average(self) -> FunctionEventAvg:
        """Return what all events took together."""
        return self.function_events.total_average()

    def table(
        self,
        sort_by: str | None = None,
        row_limit: int = 100,
        max_src_column_width: int | None = 75,
        max_name_column_width: int | None = 55,
        max_shapes_column_width: int | None = 80,
        header: str | None = None,
        top_level_events_only: bool = False,
    ) -> str:
        """Return all events as a table: see `EventList.table`."""
        return self.function_events.table(
            sort_by,
            row_limit,
            max_src_column_width,
            max_name_column_width,
            max_shapes_column_width,
            header,
            top_level_events_only,
        )

    def export_chrome_trace(self, path: str | PathLike[str]) -> None:
        """Write a trace that Chrome (``chrome://tracing``) and Perfetto show.

        Raises
        ------
        RuntimeError
            If the profile has not ended.
        """
        self._refuse_unfinished("export_chrome_trace")
        self.function_events.export_chrome_trace(path)

    def _refuse_unfinished(self, caller: str) -> None:
        if self._recorder is None or not self._recorder.ended:
            why = "still runs" if self.entered else "did not run"
            raise RuntimeError(f"{caller}(): there is nothing to show, for the profile {why}")

    def __str__(self) -> str:
        return self._described(str)

    def __repr__(self) -> str:
        return self._described(repr)

    def _described(self, describe: Callable[[object], str]) -> str:
        if self._recorder is None:
            return "<unfinished plugrad.autograd.profile>"
        return describe(self.function_events)


def _timed_backend(kind: str | None) -> Backend | None:
    """Return the backend that is to be timed beside the host; None with a warning without one."""
    if kind is None or kind == "cpu":
        return None
    try:
        backend = backend_of(kind)
        reason = "" if backend.is_available() else backend.unavailable_reason()
    except (AssertionError, RuntimeError) as error:
        reason = str(error)
    if not reason:
        return backend
    warnings.warn(
        f"no device of type {kind!r} is timed, only the host: {reason}", UserWarning, stacklevel=3
    )
    return None
