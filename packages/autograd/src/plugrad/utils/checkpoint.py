"""Trading time for memory: parts of a program whose intermediate results are computed again.

A checkpointed part keeps its arguments instead of what its operations would have saved; when the
backward asks for that, the part runs once more.

Source of the idea: T. Chen, B. Xu, C. Zhang, C. Guestrin, "Training Deep Nets with Sublinear Memory
Cost", 2016.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from functools import partial
from typing import Any
from weakref import WeakKeyDictionary, ref

import plugrad
from plugrad import Tensor
from plugrad.autograd.function import Function
from plugrad.autograd.gradients import backward
from plugrad.autograd.modes import enable_grad, mode
from plugrad.autograd.packing import Packer

__all__ = [
    "CheckpointError",
    "CheckpointFunction",
    "check_backward_validity",
    "checkpoint",
    "checkpoint_sequential",
    "detach_variable",
    "noop_context_fn",
    "set_checkpoint_debug_enabled",
    "set_checkpoint_early_stop",
]

Contexts = Callable[[], tuple[AbstractContextManager[Any], AbstractContextManager[Any]]]


class CheckpointError(RuntimeError):
    """What was computed again is not what was computed first.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.utils.checkpoint import CheckpointError, checkpoint
    >>> functions = iter([plugrad.exp, plugrad.negative])
    >>> x = plugrad.ones(1, requires_grad=True)
    >>> y = checkpoint(lambda x: next(functions)(x), x, use_reentrant=False)
    >>> try:
    ...     y.backward()
    ... except CheckpointError as error:
    ...     print(str(error)[:63])
    the first run of a checkpointed function saved 1 tensor(s), the
    """


def noop_context_fn() -> tuple[AbstractContextManager[Any], AbstractContextManager[Any]]:
    """Return two contexts that do nothing: for the first run, and for the second.

    Examples
    --------
    >>> from plugrad.utils.checkpoint import noop_context_fn
    >>> len(noop_context_fn())
    2
    """
    return nullcontext(), nullcontext()


class _Settings:
    early_stop = True
    debug: bool | None = None


@contextmanager
def set_checkpoint_early_stop(enable: bool) -> Iterator[None]:
    """Context manager: say whether running again ends as soon as nothing more is needed.

    It has the last word, over the argument of `checkpoint`.

    Parameters
    ----------
    enable : bool

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.utils.checkpoint import checkpoint, set_checkpoint_early_stop
    >>> x = plugrad.ones(2, requires_grad=True)
    >>> with set_checkpoint_early_stop(False):
    ...     y = checkpoint(plugrad.sin, x, use_reentrant=False)
    """
    before = _Settings.early_stop
    _Settings.early_stop = enable
    try:
        yield
    finally:
        _Settings.early_stop = before


@contextmanager
def set_checkpoint_debug_enabled(enabled: bool | None) -> Iterator[None]:
    """Context manager: set `debug` for every `checkpoint`; None leaves it to each.

    Parameters
    ----------
    enabled : bool or None

    Examples
    --------
    >>> from plugrad.utils.checkpoint import set_checkpoint_debug_enabled
    >>> with set_checkpoint_debug_enabled(True):
    ...     pass
    """
    before = _Settings.debug
    _Settings.debug = enabled
    try:
        yield
    finally:
        _Settings.debug = before


class _Surroundings:
    """What a run depends on beside its arguments: the random stream, and autocast."""

    def __init__(self, preserve_rng_state: bool) -> None:
        self._random = plugrad.get_rng_state() if preserve_rng_state else None
        self._autocast = tuple(mode.autocast.values())

    @contextmanager
    def restored(self) -> Iterator[None]:
        """Run a block in them."""
        with ExitStack() as stack:
            if self._random is not None:
                stack.enter_context(plugrad.random.fork_rng())
                plugrad.set_rng_state(self._random)
            for context in self._autocast:
                stack.enter_context(context)
            yield


# ------------------------------------------------------------------------- by packing saved tensors


class _Done(Exception):
    """Everything that was wanted has been computed again."""


class _Place:
    """Stands for a tensor that was saved in the first run."""

    __slots__ = ("__weakref__", "number")

    def __init__(self, number: int) -> None:
        self.number = number


def _description(tensor: Any) -> tuple[tuple[int, ...], Any, Any]:
    return tuple(tensor.shape), tensor.dtype, tensor.device


class _Frame(Packer):
    """One checkpointed run: packs what it saves as places, and fills them by running again.

    Parameters
    ----------
    run_again : callable
    early_stop, compare : bool
        Whether to stop when all places are filled, and to compare with the first run.
    debug : bool
        Whether to note which line saved what.
    """

    def __init__(
        self, run_again: Callable[[], None], *, early_stop: bool, compare: bool, debug: bool
    ) -> None:
        self._run_again = run_again
        self.early_stop = early_stop
        self.compare = compare
        self.debug = debug
        self.places: list[ref[_Place]] = []
        self.descriptions: list[Any] = []
        self.lines: list[str] = []
        # By backward, for each may free what it was given.
        self._filled: WeakKeyDictionary[Any, dict[int, Any]] = WeakKeyDictionary()

    def pack_tensor(self, tensor: Any) -> _Place:
        place = _Place(len(self.places))
        self.places.append(ref(place, partial(_drop, ref(self), place.number)))
        self.descriptions.append(_description(tensor))
        if self.debug:
            self.lines.append(_line())
        return place

    def unpack_tensor(self, value: Any) -> Any:
        place: _Place = value
        filled = self._filled.get(mode.task) if mode.task is not None else None
        if filled is None or place.number not in filled:
            filled = self._fill()
            if mode.task is not None:
                self._filled[mode.task] = filled
        return filled[place.number]

    def drop(self, number: int) -> None:
        """Let go of what took a place that nobody refers to any longer: its node has run."""
        for filled in self._filled.values():
            filled.pop(number, None)

    def _fill(self) -> dict[int, Any]:
        """Run again, and return what takes the places."""
        filling = _Filling(self)
        try:
            with filling, enable_grad():
                self._run_again()
        except _Done as done:
            if done.args[0] is not filling:
                raise
        if filling.count < len(self.places):
            raise CheckpointError(
                f"the first run of a checkpointed function saved {len(self.places)} tensor(s), the "
                f"second {filling.count}: it has to do the same operations on the same arguments "
                f"each time.{self._what_differs(filling)}"
            )
        return filling.filled

    def _what_differs(self, filling: _Filling) -> str:
        if not self.debug:
            return " Pass debug=True to see which lines saved what."
        first = "".join(f"\n  {i}: {line}" for i, line in enumerate(self.lines))
        second = "".join(f"\n  {i}: {line}" for i, line in enumerate(filling.lines))
        return f"\nsaved in the first run:{first}\nsaved in the second run:{second}"


def _drop(frame: ref[_Frame], number: int, _: Any) -> None:
    living = frame()
    if living is not None:
        living.drop(number)


class _Filling(Packer):
    """The second run: its saved tensors take the places of the first one's."""

    def __init__(self, frame: _Frame) -> None:
        self._frame = frame
        self.count = 0
        self.filled: dict[int, Any] = {}
        self.lines: list[str] = []

    def pack_tensor(self, tensor: Any) -> Any:
        frame, number = self._frame, self.count
        self.count += 1
        if frame.debug:
            self.lines.append(_line())
        kept = tensor.detach()
        if number < len(frame.places):
            if frame.compare and _description(tensor) != frame.descriptions[number]:
                shape, kind, device = frame.descriptions[number]
                raise CheckpointError(
                    f"tensor {number} that a checkpointed function saved was {kind} "
                    f"{list(shape)} on {device} in the first run, and is {tensor.dtype} "
                    f"{list(tensor.shape)} on {tensor.device} in the second: it has to do the same "
                    f"each time.{frame._what_differs(self)}"
                )
            if frame.places[number]() is not None:
                self.filled[number] = kept
        if frame.early_stop and self.count == len(frame.places):
            raise _Done(self)
        return kept

    def unpack_tensor(self, value: Any) -> Any:
        return value


def _line() -> str:
    from plugrad.autograd.anomaly_mode import innermost_line

    return innermost_line()


class _KeepArguments(Function):
    """Saves the tensors among the arguments: where checkpoints nest, with the outer one."""

    @staticmethod
    def forward(ctx: Any, anchor: Any, *tensors: Any) -> Any:
        ctx.save_for_backward(*tensors)
        return anchor.new_empty(0)

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Any) -> Any:
        raise AssertionError("nothing follows from what this returns")


def _by_packing(
    function: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    *,
    preserve_rng_state: bool,
    context_fn: Contexts,
    compare: bool,
    debug: bool,
    early_stop: bool,
) -> Any:
    forward_context, again_context = context_fn()
    surroundings = _Surroundings(preserve_rng_state)
    if not mode.grad:
        with forward_context:
            return function(*args, **kwargs)
    anchor = plugrad.empty(0, requires_grad=True)
    tensors = [x for x in args if isinstance(x, Tensor)]
    keeper = _KeepArguments.apply(anchor, *tensors).grad_fn
    given = [None if isinstance(x, Tensor) else x for x in args]
    places = [i for i, x in enumerate(args) if isinstance(x, Tensor)]

    def run_again() -> None:
        whole = list(given)
        for place, tensor in zip(places, keeper.saved_tensors, strict=True):
            whole[place] = tensor
        with surroundings.restored(), again_context:
            function(*whole, **kwargs)

    frame = _Frame(run_again, early_stop=early_stop, compare=compare, debug=debug)
    with frame, forward_context:
        return function(*args, **kwargs)


# --------------------------------------------------------------------- by a backward in a backward


def detach_variable(inputs: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return the tensors among some values detached, requiring grad as they did.

    Parameters
    ----------
    inputs : tuple

    Returns
    -------
    tuple

    Raises
    ------
    RuntimeError
        If it is no tuple.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.utils.checkpoint import detach_variable
    >>> detach_variable((plugrad.ones(1, requires_grad=True) * 2, "other"))
    (tensor([2.], requires_grad=True), 'other')
    """
    if not isinstance(inputs, tuple):
        raise RuntimeError(f"detach_variable() takes a tuple, not {type(inputs).__name__}")
    return tuple(
        x.detach().requires_grad_(x.requires_grad) if isinstance(x, Tensor) else x for x in inputs
    )


def check_backward_validity(inputs: Sequence[Any]) -> None:
    """Warn if no tensor among some values requires grad.

    Parameters
    ----------
    inputs : sequence

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.utils.checkpoint import check_backward_validity
    >>> check_backward_validity([plugrad.ones(1, requires_grad=True)])
    """
    if not any(isinstance(x, Tensor) and x.requires_grad for x in inputs):
        warnings.warn(
            "no argument of a checkpointed function requires grad, so there will be no gradients",
            UserWarning,
            stacklevel=3,
        )


class CheckpointFunction(Function):
    """A checkpointed run whose backward runs it again, and then backwards: ``use_reentrant``.

    `checkpoint` applies it.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.utils.checkpoint import CheckpointFunction
    >>> x = plugrad.zeros(1, requires_grad=True)
    >>> CheckpointFunction.apply(plugrad.cos, True, x)
    tensor([1.], grad_fn=<CheckpointFunctionBackward>)
    """

    @staticmethod
    def forward(ctx: Any, run_function: Any, preserve_rng_state: bool, *args: Any) -> Any:
        """Run without recording."""
        check_backward_validity(args)
        ctx.run_function = run_function
        ctx.surroundings = _Surroundings(preserve_rng_state)
        ctx.others = [None if isinstance(x, Tensor) else x for x in args]
        ctx.places = [i for i, x in enumerate(args) if isinstance(x, Tensor)]
        ctx.save_for_backward(*(args[place] for place in ctx.places))
        return run_function(*args)

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Any) -> Any:
        """Run again, and backwards."""
        if mode.task is not None and mode.task.needed is not None:
            raise RuntimeError(
                "a checkpoint with use_reentrant=True adds gradients to all leaves that it meets: "
                "it cannot be used with autograd.grad(), nor with the `inputs` of backward(); pass "
                "use_reentrant=False"
            )
        given = list(ctx.others)
        for place, tensor in zip(ctx.places, ctx.saved_tensors, strict=True):
            given[place] = tensor
        points = detach_variable(tuple(given))
        with ctx.surroundings.restored(), enable_grad():
            results = ctx.run_function(*points)
        listed = results if isinstance(results, tuple) else (results,)
        pairs = [
            (result, g)
            for result, g in zip(listed, grad_outputs, strict=True)
            if isinstance(result, Tensor) and result.requires_grad
        ]
        if not pairs:
            raise RuntimeError(
                "no result of a checkpointed function requires grad: there is no need for a "
                "checkpoint"
            )
        backward([result for result, _ in pairs], [g for _, g in pairs])
        return (None, None, *(x.grad if isinstance(x, Tensor) else None for x in points))


def _told(use_reentrant: bool | None, caller: str) -> bool:
    """Return what was passed; where nothing was, warn, and take PyTorch's default."""
    if use_reentrant is not None:
        return use_reentrant
    warnings.warn(
        f"{caller}() should be told whether to be reentrant; use_reentrant=False is recommended, "
        "True is taken",
        UserWarning,
        stacklevel=3,
    )
    return True


def checkpoint(
    function: Callable[..., Any],
    *args: Any,
    use_reentrant: bool | None = None,
    context_fn: Contexts = noop_context_fn,
    determinism_check: str = "default",
    debug: bool = False,
    early_stop: bool = True,
    **kwargs: Any,
) -> Any:
    """Return ``function(*args, **kwargs)``, and keep nothing of what it computes but the results.

    When a backward needs an intermediate result, the function runs again. It has to do the same
    both times.

    Parameters
    ----------
    function : callable
    *args, **kwargs
        Its arguments; and ``preserve_rng_state`` (by default True): whether it draws the same
        random numbers the second time.
    use_reentrant : bool
        Better False: gradients may then be taken in any way, again and again. With True, the
        second run is differentiated by a backward of its own, inside the first. To be passed.
    context_fn : callable
        Returns a context for the first and one for the second run. Not with `use_reentrant`.
    determinism_check : {"default", "none"}
        Whether shapes, dtypes and devices of the two runs are compared.
    debug : bool
        Whether an error lists the lines that saved tensors, in both runs.
    early_stop : bool
        Whether the second run ends as soon as nothing more is needed.

    Returns
    -------
    object
        What the function returns.

    Raises
    ------
    CheckpointError
        A RuntimeError, in the backward: if the second run was another.
    ValueError
        For arguments that do not go together.

    Warns
    -----
    UserWarning
        If `use_reentrant` was not passed.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.utils.checkpoint import checkpoint
    >>> def block(x):
    ...     print("running")
    ...     return x.exp().sin()
    >>> x = plugrad.zeros(2, requires_grad=True)
    >>> y = checkpoint(block, x, use_reentrant=False)
    running
    >>> y.sum().backward()
    running
    >>> x.grad
    tensor([0.5403, 0.5403])
    """
    use_reentrant = _told(use_reentrant, "checkpoint")
    preserve = kwargs.pop("preserve_rng_state", True)
    if use_reentrant:
        if kwargs:
            raise ValueError(
                f"with use_reentrant=True, arguments are positional: unexpected {sorted(kwargs)}"
            )
        if context_fn is not noop_context_fn or debug:
            raise ValueError("context_fn and debug need use_reentrant=False")
        return CheckpointFunction.apply(function, preserve, *args)
    if determinism_check not in ("default", "none"):
        raise ValueError(
            f"determinism_check must be 'default' or 'none', not {determinism_check!r}"
        )
    return _by_packing(
        function,
        args,
        kwargs,
        preserve_rng_state=preserve,
        context_fn=context_fn,
        compare=determinism_check == "default",
        debug=debug if _Settings.debug is None else _Settings.debug,
        early_stop=early_stop and _Settings.early_stop,
    )


def checkpoint_sequential(
    functions: Any, segments: int, input: Any, use_reentrant: bool | None = None, **kwargs: Any
) -> Any:
    """Run modules one after the other in segments, each but the last with a `checkpoint`.

    Parameters
    ----------
    functions : Sequential, or iterable of callable
    segments : int
    input : Tensor
    use_reentrant : bool
        As for `checkpoint`.
    **kwargs
        Only ``preserve_rng_state``.

    Returns
    -------
    object
        What the last returns.

    Raises
    ------
    ValueError
        For other arguments, or more segments than functions.

    Warns
    -----
    UserWarning
        If `use_reentrant` was not passed.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.utils.checkpoint import checkpoint_sequential
    >>> steps = [plugrad.sin, plugrad.exp, plugrad.tanh]
    >>> x = plugrad.zeros(1, requires_grad=True)
    >>> checkpoint_sequential(steps, 2, x, use_reentrant=False)
    tensor([0.7616], grad_fn=<TanhBackward0>)
    """
    use_reentrant = _told(use_reentrant, "checkpoint_sequential")
    preserve = kwargs.pop("preserve_rng_state", True)
    if kwargs:
        raise ValueError(f"checkpoint_sequential() does not know {sorted(kwargs)}")
    steps = list(functions)
    size = len(steps) // segments
    if not size:
        raise ValueError(f"{len(steps)} functions cannot make {segments} segments")

    def segment(first: int, end: int) -> Callable[[Any], Any]:
        def run(value: Any) -> Any:
            for step in steps[first:end]:
                value = step(value)
            return value

        return run

    last = size * (segments - 1)
    for first in range(0, last, size):
        part = segment(first, first + size)
        input = checkpoint(part, input, use_reentrant=use_reentrant, preserve_rng_state=preserve)
    return segment(last, len(steps))(input)
