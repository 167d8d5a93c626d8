"""Anomaly mode: errors of a backward name the line of the program that they come from.

While it is on, operators take the slow path, which tells the `Anomaly` of this thread of what is
computed and recorded; and the engine has every node that runs looked at.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import plugrad
from plugrad.autograd.modes import mode
from plugrad.autograd.modes import mode as thread
from plugrad.autograd.tape import AccumulateGrad, Node, Output, TensorBase, hooks_of, new_tensor

__all__ = [
    "detect_anomaly",
    "is_anomaly_check_nan_enabled",
    "is_anomaly_enabled",
    "set_detect_anomaly",
]


class Anomaly:
    """What is looked for.

    Attributes
    ----------
    check_nan : bool
        Whether a gradient that is NaN is an error.
    check_forward : bool
        Whether a result that is NaN is one, at once.
    """

    def __init__(self, check_nan: bool, check_forward: bool) -> None:
        self.check_nan = check_nan
        self.check_forward = check_forward
        self._running: list[Node] = []

    def recorded(self, node: Node, arrays: Sequence[Any]) -> None:
        """Note where in the program a node was recorded, and on what."""
        notes = hooks_of(node).metadata
        notes["traceback_"] = traceback.format_list(_frames())
        notes["inputs_"] = _described(arrays)
        if self._running:
            notes["parent_"] = self._running[-1]

    def calling(self, name: str, arrays: Sequence[Any]) -> Callable[[Sequence[Any]], None]:
        """Return what looks at the results of an operation that is about to run on some arrays.

        It raises RuntimeError if one is NaN where no argument was, and that is looked for.
        """
        wanted = self.check_forward and not self._running
        if not wanted or any(_first_nan(x) is not None for x in _tensors(arrays)):
            return lambda outputs: None

        def check(outputs: Sequence[Any]) -> None:
            for output in outputs:
                index = _first_nan(output)
                if index is not None:
                    raise RuntimeError(
                        f"{name} of {_described(arrays)} gave nan, first at index {index} of "
                        f"{_described([output])}; none of its arguments has one. It was called by\n"
                        + "".join(traceback.format_list(_frames()[-1:]))
                    )

        return check

    def watching(self, node: Node, apply: Callable[..., Any]) -> Callable[..., Any]:
        """Return what runs a node, and looks at what comes out."""
        if isinstance(node, Output):
            return apply

        def watched(*args: Any) -> Any:
            self._running.append(node)
            try:
                found = apply(*args)
            except Exception as error:
                if not getattr(error, "__notes__", None):
                    error.add_note(_origin(node))
                raise
            finally:
                self._running.pop()
            if self.check_nan and isinstance(found, (tuple, list)):
                self._check(node, found)
            return found

        return watched

    def _check(self, node: Node, gradients: Sequence[Any]) -> None:
        for position, gradient in enumerate(gradients):
            index = None if gradient is None else _first_nan(gradient)
            if index is not None:
                raise RuntimeError(
                    f"the backward of {node.name()} gave nan as gradient {position}, first at "
                    f"index {index} of {_described([gradient])}.\n{_origin(node)}"
                )

    def located(self, name: str) -> str:
        """Return the name of an in-place operation with the line that calls it."""
        return f"{name} (called in {innermost_line()})"


def _frames() -> list[traceback.FrameSummary]:
    """Return the stack of the user's own code, the innermost call last."""
    ours = ("<plugrad ", *(os.path.join(place, "") for place in plugrad.__path__))
    frame = sys._getframe(1)
    stack = traceback.extract_stack(frame)
    return [each for each in stack if not each.filename.startswith(ours)]


def innermost_line() -> str:
    """Return the line of the user's program that is being executed."""
    frames = _frames()
    return f"{frames[-1].filename}, line {frames[-1].lineno}" if frames else "no file"


def _tensors(values: Sequence[Any]) -> list[Any]:
    found: list[Any] = []
    for value in values:
        if isinstance(value, (list, tuple)):
            found += _tensors(value)
        elif isinstance(value, TensorBase):
            found.append(value)
    return found


def _described(values: Sequence[Any]) -> str:
    return ", ".join(f"{x._dtype.name}{list(x.shape)}" for x in _tensors(values)) or "no tensors"


def _first_nan(tensor: Any) -> list[int] | None:
    """Return the index of the first NaN of a tensor, if it has any."""
    if not (tensor._dtype.is_floating_point or tensor._dtype.is_complex):
        return None
    plain = new_tensor(tensor._array, tensor._table, tensor._dtype)
    anomaly, mode.anomaly = mode.anomaly, None
    try:
        found = plain.isnan()
        return found.nonzero()[0].tolist() if found.any() else None
    finally:
        mode.anomaly = anomaly


def _origin(node: Node) -> str:
    """Return where a node was recorded, and what for, in words."""
    if isinstance(node, AccumulateGrad):
        return "It ran while a gradient was added to that of a leaf."
    notes = node.hooks.metadata if node.hooks is not None else {}
    lines = notes.get("traceback_")
    if lines is None:
        return (
            f"{node.name()} was not recorded in anomaly mode, so it is not known where: put the "
            "forward, too, into detect_anomaly()"
        )
    said = f"{node.name()} of {notes['inputs_']} was recorded here:\n{''.join(lines)}".rstrip()
    parent = notes.get("parent_")
    if parent is not None:
        said += f"\nThat was in the backward of another operation. {_origin(parent)}"
    return said


def is_anomaly_enabled() -> bool:
    """Return whether anomaly mode is on in this thread.

    Examples
    --------
    >>> import plugrad
    >>> with plugrad.autograd.detect_anomaly():
    ...     plugrad.is_anomaly_enabled()
    True
    """
    return mode.anomaly is not None


def is_anomaly_check_nan_enabled() -> bool:
    """Return whether anomaly mode is on, and a gradient that is NaN an error.

    Examples
    --------
    >>> import plugrad
    >>> with plugrad.autograd.detect_anomaly(check_nan=False):
    ...     plugrad.is_anomaly_check_nan_enabled()
    False
    """
    return mode.anomaly is not None and mode.anomaly.check_nan


def _set(anomaly: Anomaly | None) -> None:
    if anomaly is not None and mode.anomaly is None:
        mode.slow_down("anomalies are looked for")
    elif anomaly is None and mode.anomaly is not None:
        mode.speed_up("anomalies are looked for")
    mode.anomaly = anomaly


@contextmanager
def detect_anomaly(check_nan: bool = True, check_forward: bool = False) -> Iterator[None]:
    """Context manager: find where in the program a gradient becomes NaN, or cannot be computed.

    An error of a backward inside names the line that called the operation, its arguments' shapes,
    and the first element that is NaN; an error about a tensor that was changed names the line that
    changed it. Everything is slower meanwhile. It holds for this thread.

    Parameters
    ----------
    check_nan : bool
        Whether a gradient that is NaN is an error.
    check_forward : bool
        Whether a result of the forward that is NaN is an error, too, unless an argument was.
        PyTorch has no such check.

    Raises
    ------
    RuntimeError
        In the backward, as told above.

    Examples
    --------
    >>> import plugrad
    >>> x = plugrad.tensor([1.0, 0.0], requires_grad=True)
    >>> with plugrad.autograd.detect_anomaly():
    ...     y = (x.sqrt() * 0.0).sum()
    ...     y.backward()
    Traceback (most recent call last):
        ...
    RuntimeError: the backward of SqrtBackward0 gave nan as gradient 0, first at index [1] of ...
    """
    before = mode.anomaly
    _set(Anomaly(check_nan, check_forward))
    try:
        yield
    finally:
        _set(before)


class set_detect_anomaly:
    """Switch anomaly mode on or off: for good, or, as a context manager, for a block.

    Parameters
    ----------
    mode : bool
    check_nan, check_forward : bool
        See `detect_anomaly`.

    Examples
    --------
    >>> import plugrad
    >>> with plugrad.autograd.set_detect_anomaly(True):
    ...     y = plugrad.ones(2, requires_grad=True) * 2
    >>> [line.strip() for line in y.grad_fn.metadata["traceback_"][-1].splitlines()][-1]
    'y = plugrad.ones(2, requires_grad=True) * 2'
    """

    def __init__(self, mode: bool, check_nan: bool = True, check_forward: bool = False) -> None:
        self._before = thread.anomaly
        _set(Anomaly(check_nan, check_forward) if mode else None)

    def __enter__(self) -> None:
        pass

    def __exit__(self, *exc: object) -> None:
        _set(self._before)
