"""What the calling thread is doing: recording or not, watched or not, and how it calls kernels.

Every operator reads one attribute, ``mode.run``: the function through which this thread calls
kernels, or None when anything unusual holds (a profiler watches, a transform is active, ...), and
then the operator takes the slow path, which asks what it is.

Kernels run inside a context of their own, one for each thread, in which NumPy's floating-point
warnings are off. PyTorch is silent on 1/0, so we must be, and the user's own ``np.seterr`` must
stay as it was. NumPy keeps those settings in a context variable, and entering a ready-made context
costs 20 ns where ``np.errstate`` costs a microsecond.
"""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable
from functools import wraps
from types import TracebackType
from typing import Any, TypeVar

import numpy

__all__ = [
    "Runner",
    "enable_grad",
    "inference_mode",
    "is_grad_enabled",
    "is_inference_mode_enabled",
    "mode",
    "no_grad",
    "set_grad_enabled",
]

Runner = Callable[..., Any]
Decorated = TypeVar("Decorated", bound=Callable[..., Any])


_quietly: contextvars.ContextVar[bool] = contextvars.ContextVar("quietly", default=False)


def _quiet_context() -> contextvars.Context:
    context = contextvars.Context()
    context.run(numpy.seterr, all="ignore")
    context.run(_quietly.set, True)
    return context


def _call(function: Callable[..., Any], *args: Any) -> Any:
    return function(*args)


def _use(here: dict[str, Any], quiet: Runner, grad: bool) -> None:
    """Change how kernels are called, and whether operators record.

    `here` are the thread's attributes: looking each of them up costs more than all the rest.
    """
    run = None if here["_reasons"] else quiet
    here["_quiet"], here["grad"], here["run"], here["now"] = quiet, grad, run, (run, grad)


class Mode(threading.local):
    """The state of one thread.

    Attributes
    ----------
    grad : bool
        Whether operators record; set by `record`.
    run : callable or None
        ``run(kernel, *args)`` calls a kernel quietly; None sends operators to the slow path.
    now : tuple
        Both, `run` and `grad`: a thread's attribute costs more to read than a pair to unpack.
    inference : bool
        Whether `inference_mode` is on.
    observers : list
        Who watches every operator: see `plugrad.vocabulary.observers`.
    autocast : dict
        What converts arguments to other precisions, by type of device: see `plugrad.amp`.
    task : Task or None
        The backward that runs, the innermost one.
    packers : list
        What replaces the tensors that nodes save; the last counts. See `plugrad.autograd.graph`.
    arbitrary : bool
        Whether the gradients that rules are given stand for any: then none is to be refused.
    draws : bool
        Whether random numbers may be drawn; generators ask when they begin.
    anomaly : Anomaly or None
        What looks for the origin of errors: see `plugrad.autograd.anomaly_mode`.
    """

    def __init__(self) -> None:
        self.grad = True
        self.inference = False
        self._quiet: Runner = _quiet_context().run
        self.run: Runner | None = self._quiet
        self.now: tuple[Runner | None, bool] = (self.run, self.grad)
        self.observers: list[Any] = []
        self.autocast: dict[str, Any] = {}
        self.task: Any = None
        self.packers: list[Any] = []
        self.anomaly: Any = None
        self.arbitrary = False
        self.draws = True
        self._reasons: list[str] = []
        self._spare: list[contextvars.Context] = []

    def record(self, grad: bool) -> None:
        """Say whether operators record."""
        self.grad = grad
        self.now = (self.run, grad)

    def _run_by(self, run: Runner | None) -> None:
        self.run = run
        self.now = (run, self.grad)

    def quiet(self, function: Callable[..., Any], *args: Any) -> Any:
        """Call a kernel quietly, wherever this thread stands.

        `run` cannot be used in a finalizer that runs in the middle of another kernel: there, the
        context is entered already.
        """
        return function(*args) if _quietly.get() else self._quiet(function, *args)

    def is_quiet(self) -> bool:
        """Tell whether this thread stands inside the quiet context."""
        return _quietly.get()

    def cast(self, name: str, values: Any) -> Any:
        """Return the arguments of the operator that profiles show as `name`, as autocast has it."""
        for context in self.autocast.values():
            values = context.cast(name, values)
        return values

    def slow_down(self, reason: str) -> None:
        """Send this thread's operators to the slow path until `speed_up` with the same reason."""
        self._reasons.append(reason)
        self._run_by(None)

    def speed_up(self, reason: str) -> None:
        """Take one `slow_down` back."""
        self._reasons.remove(reason)
        self._run_by(None if self._reasons else self._quiet)

    def is_slow_only(self, reason: str) -> bool:
        """Return whether nothing but `reason` sends operators to the slow path."""
        reasons = self._reasons
        return reasons.count(reason) == len(reasons)

    def call_unwatched(self, function: Callable[..., Any], *args: Any) -> Any:
        """Call `function` as if there were no observers, and nothing else unusual."""
        observers, self.observers = self.observers, []
        self._run_by(self._quiet)
        try:
            return function(*args)
        finally:
            self.observers = observers
            self._run_by(None)

    def enter_quietly(self, function: Callable[..., Any], *args: Any) -> Any:
        """Call `function` inside the quiet context as a whole: the kernels it runs pay nothing.

        A context cannot be entered twice, so until `function` returns, kernels are called directly.
        Nothing is recorded.
        """
        here = self.__dict__
        outer, grad = here["_quiet"], here["grad"]
        _use(here, _call, False)
        try:
            return function(*args) if _quietly.get() else outer(function, *args)
        finally:
            _use(here, outer, grad)

    def leave_quietly(
        self, context: contextvars.Context, function: Callable[..., Any], *args: Any
    ) -> Any:
        """Call user code from inside `enter_quietly`, in the user's own `context`.

        It sees its own ``np.seterr`` and context variables; the kernels it runs stay quiet through
        a spare context, for this thread's first one is entered already.
        """
        spare = self._spare.pop() if self._spare else _quiet_context()
        here = self.__dict__
        outer = here["_quiet"]
        _use(here, spare.run, here["grad"])
        try:
            return context.run(function, *args)
        finally:
            _use(here, outer, here["grad"])
            self._spare.append(spare)


mode = Mode()


def is_grad_enabled() -> bool:
    """Return whether operations are recorded in this thread.

    Examples
    --------
    >>> import plugrad
    >>> with plugrad.no_grad():
    ...     plugrad.is_grad_enabled()
    False
    """
    return mode.grad


def is_inference_mode_enabled() -> bool:
    """Return whether `inference_mode` is on in this thread.

    Examples
    --------
    >>> import plugrad
    >>> with plugrad.inference_mode():
    ...     plugrad.is_inference_mode_enabled()
    True
    """
    return mode.inference


class _GradSwitch:
    """A context manager that sets ``mode.grad``, also usable as a decorator."""

    _value: bool

    def __init__(self) -> None:
        # A stack, for one object may be entered again inside itself.
        self._previous: list[bool] = []

    def __new__(cls, function: Any = None) -> Any:
        self = object.__new__(cls)
        if function is None:
            return self
        # Used as `@no_grad` without parentheses.
        self._previous = []
        return self(function)

    def __enter__(self) -> None:
        self._previous.append(mode.grad)
        mode.record(self._value)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        mode.record(self._previous.pop())

    def _fresh(self) -> _GradSwitch:
        return type(self)()

    def __call__(self, function: Decorated) -> Decorated:
        """Return `function` so wrapped that each call of it runs inside this context."""
        decorated: Decorated = _decorate(self._fresh, function)
        return decorated


def _decorate(context: Callable[[], Any], function: Any) -> Any:
    """Wrap a function, a generator function or a class's constructor in ``context()``."""
    import inspect

    if inspect.isclass(function):
        setattr(function, "__init__", _decorate(context, function.__init__))  # noqa: B010
        return function
    if inspect.isgeneratorfunction(function):
        return _decorate_generator(context, function)

    @wraps(function)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        with context():
            return function(*args, **kwargs)

    return wrapped


def _decorate_generator(context: Callable[[], Any], function: Any) -> Any:
    """Run each step of a generator inside ``context()``, and none of its consumer's code."""

    @wraps(function)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        generator = function(*args, **kwargs)
        try:
            with context():
                item = next(generator)
            while True:
                try:
                    sent = yield item
                except GeneratorExit:
                    with context():
                        generator.close()
                    raise
                except BaseException as error:
                    with context():
                        item = generator.throw(error)
                else:
                    with context():
                        item = generator.send(sent)
        except StopIteration as stop:
            return stop.value

    return wrapped


class no_grad(_GradSwitch):
    """Context manager and decorator: operations inside are not recorded, in this thread.

    Examples
    --------
    >>> import plugrad
    >>> x = plugrad.ones(2, requires_grad=True)
    >>> with plugrad.no_grad():
    ...     (x * 2).requires_grad
    False
    """

    _value = False


class enable_grad(_GradSwitch):
    """Context manager and decorator: operations inside are recorded, in this thread.

    Examples
    --------
    >>> import plugrad
    >>> x = plugrad.ones(2, requires_grad=True)
    >>> with plugrad.no_grad(), plugrad.enable_grad():
    ...     (x * 2).requires_grad
    True
    """

    _value = True


class set_grad_enabled(_GradSwitch):
    """Switch recording on or off: at once, for the rest of the program, or for a ``with`` block.

    Parameters
    ----------
    mode : bool
        Whether operations are to be recorded.

    Examples
    --------
    >>> import plugrad
    >>> x = plugrad.ones(2, requires_grad=True)
    >>> with plugrad.set_grad_enabled(False):
    ...     (x * 2).requires_grad
    False
    """

    def __new__(cls, mode: bool) -> set_grad_enabled:
        """Make a switch: its argument is never a function to decorate."""
        return object.__new__(cls)

    def __init__(self, mode: bool) -> None:
        super().__init__()
        if not isinstance(mode, bool):
            raise TypeError(f"set_grad_enabled takes True or False, not {type(mode).__name__}")
        self._value = mode
        self._before = _set_grad(mode)

    def __enter__(self) -> None:
        # The switch was thrown on construction; a second entry throws it again.
        if self._previous:
            self._previous.append(mode.grad)
        else:
            self._previous.append(self._before)
        mode.record(self._value)

    def _fresh(self) -> set_grad_enabled:
        return set_grad_enabled(self._value)

    def __call__(self, function: Decorated) -> Decorated:
        """Return `function` so wrapped that the switch is thrown for each call of it only."""
        mode.record(self._before)
        return super().__call__(function)


def _set_grad(enabled: bool) -> bool:
    previous = mode.grad
    mode.record(enabled)
    return previous


class inference_mode(_GradSwitch):
    """Context manager and decorator: nothing inside is recorded, now or later.

    Its results are marked, and never take part in a gradient.

    Parameters
    ----------
    mode : bool
        Whether it is on; ``inference_mode(False)`` leaves it.

    Examples
    --------
    >>> import plugrad
    >>> x = plugrad.ones(2, requires_grad=True)
    >>> with plugrad.inference_mode():
    ...     y = x * 2
    >>> y.requires_grad, y.is_inference()
    (False, True)
    """

    def __new__(cls, mode: Any = True) -> Any:
        """Make a context, or decorate the function that stands in place of the argument."""
        self = object.__new__(cls)
        if isinstance(mode, bool):
            return self
        cls.__init__(self)
        return self(mode)

    def __init__(self, mode: bool = True) -> None:
        super().__init__()
        self._inference = mode
        self._outer: list[tuple[bool, bool]] = []

    def __enter__(self) -> None:
        self._outer.append((mode.grad, mode.inference))
        if self._inference:
            mode.slow_down("inference mode")
        mode.inference = self._inference
        mode.record(not self._inference)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        grad, mode.inference = self._outer.pop()
        mode.record(grad)
        if self._inference:
            mode.speed_up("inference mode")

    def _fresh(self) -> inference_mode:
        return inference_mode(self._inference)
