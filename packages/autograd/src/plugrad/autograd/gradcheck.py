"""Checks of gradients against finite differences.

A complex number counts as two real ones, its parts: then a backward is the transposed Jacobian of
real numbers, for complex functions too, and is compared with central differences entry by entry.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import ModuleType
from typing import Any, Final

import plugrad
from plugrad import Tensor
from plugrad.autograd.gradients import grad
from plugrad.func.jacobians import basis

__all__ = ["GradcheckError", "gradcheck", "gradgradcheck"]

_SEED: Final = 20130
"""Of the directions of fast mode, and of random gradients: every check is repeatable."""


class GradcheckError(RuntimeError):
    """A gradient is not what differences say it is.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.autograd.gradcheck import GradcheckError, gradcheck
    >>> x = plugrad.ones(1, dtype=plugrad.float64, requires_grad=True)
    >>> try:
    ...     gradcheck(lambda x: x.detach() * 2, x)
    ... except GradcheckError as error:
    ...     print(str(error)[:60])
    output 0 does not require grad, so its gradient is zero, but
    """


class _Check:
    """One check of a function at its inputs.

    Attributes
    ----------
    inputs : list of (int, Tensor)
        Those that want a gradient, and their positions.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        given: tuple[Any, ...],
        *,
        eps: float,
        atol: float,
        rtol: float,
        nondet_tol: float,
    ) -> None:
        self.function = function
        self.given = given
        self.eps, self.atol, self.rtol, self.nondet_tol = eps, atol, rtol, nondet_tol
        self.inputs = [
            (position, x)
            for position, x in enumerate(given)
            if isinstance(x, Tensor) and x._edge is not None
        ]
        self._generator = plugrad.Generator().manual_seed(_SEED)

    def outputs(self) -> list[Any]:
        """Call the function.

        Raises
        ------
        TypeError
            If it returns anything but tensors.
        """
        found = self.function(*self.given)
        listed = list(found) if isinstance(found, (tuple, list)) else [found]
        for position, output in enumerate(listed):
            if not isinstance(output, Tensor):
                raise TypeError(
                    f"the function returned a {type(output).__name__} as output {position}: only "
                    "tensors can be checked"
                )
        return listed

    def pulled(self, output: Any, cotangent: Any, **options: Any) -> list[Any]:
        """Return the gradient of each input, zeros where there is none."""
        tensors = [x for _, x in self.inputs]
        found = grad(output, tensors, cotangent, retain_graph=True, allow_unused=True, **options)
        return [
            x.detach() * 0 if g is None else g.detach() for g, x in zip(found, tensors, strict=True)
        ]

    # ------------------------------------------------------------------------- every entry, slowly

    def numerical(self, x: Any) -> list[Any]:
        """Return the Jacobian of each output by central differences.

        Each of shape (numbers in `x`, numbers in the output).
        """
        rows: list[list[Any]] = []
        for direction in _basis(x):
            ends = []
            for step in (self.eps, -self.eps):
                with _moved(x, direction * step):
                    ends.append([_parts(output).clone() for output in self.outputs()])
            pairs = zip(*ends, strict=True)
            rows.append([(there - back) / (2 * self.eps) for there, back in pairs])
        if not rows:
            return [_parts(output).new_zeros((0, _count(output))) for output in self.outputs()]
        return [plugrad.stack(list(column)) for column in zip(*rows, strict=True)]

    def analytical(self, output: Any) -> list[Any]:
        """Return the Jacobian for each input, in that shape, one backward for each column."""
        columns = []
        for cotangent in _basis(output):
            found = self.pulled(output, cotangent)
            again = self.pulled(output, cotangent)
            for g, other in zip(found, again, strict=True):
                self._compare_runs(g, other)
            columns.append([_parts(g) for g in found])
        if not columns:
            return [output.new_zeros((_count(x), 0)) for _, x in self.inputs]
        return [plugrad.stack(list(each), 1) for each in zip(*columns, strict=True)]

    def forward(self, x: Any) -> list[Any]:
        """Return the Jacobian of each output by forward mode, one pass for each row."""
        rows = [self._pushed(x, direction) for direction in _basis(x)]
        if not rows:
            return self.numerical(x)
        return [plugrad.stack(list(column)) for column in zip(*rows, strict=True)]

    def _pushed(self, x: Any, direction: Any) -> list[Any]:
        from plugrad.transforms.jvp import jvp

        position = next(i for i, other in self.inputs if other is x)

        def function(value: Any) -> Any:
            # The function may differentiate in its turn.
            value.requires_grad_()
            given = (*self.given[:position], value, *self.given[position + 1 :])
            return self.function(*given)

        _, found = jvp(function, (x.detach(),), (direction,))
        listed = found if isinstance(found, (tuple, list)) else (found,)
        return [_parts(derivative.detach()) for derivative in listed]

    def _compare_runs(self, one: Any, other: Any) -> None:
        difference = float((one - other).abs().max()) if one.numel() else 0.0
        if difference > self.nondet_tol:
            raise GradcheckError(
                "the backward is not deterministic: run twice with the same gradients, it gave "
                f"results that differ by {difference:.3g}; nondet_tol allows {self.nondet_tol:.3g}"
            )

    def compare(self, found: Any, wanted: Any, x: int, output: int, way: str) -> None:
        """Compare two Jacobians.

        Raises
        ------
        GradcheckError
            With the entry that is furthest off.
        """
        allowed = self.atol + self.rtol * wanted.abs()
        excess = ((found - wanted).abs() - allowed).nan_to_num(nan=float("inf"))
        wrong = int((excess > 0).sum())
        if not wrong:
            return
        row, column = divmod(int(excess.argmax()), wanted.shape[1])
        raise GradcheckError(
            f"the {way} is not what differences say, for output {output} with respect to input "
            f"{x}: {wrong} of {wanted.numel()} entries. The one that is furthest off is that of "
            f"element {self._place(self.given[x], row)} of the input and "
            f"{self._place(self._outputs[output], column)} of the output: "
            f"{float(found[row, column]):.8g}, but differences give "
            f"{float(wanted[row, column]):.8g}; allowed is {float(allowed[row, column]):.3g}.\n"
            f"{way}:\n{found.t()}\ndifferences:\n{wanted.t()}\n"
            "(a row for each number of the output, a column for each of the input)"
        )

    def _place(self, tensor: Any, number: int) -> str:
        """Return the index of one of the real numbers of a tensor, in words."""
        part = ""
        if tensor._dtype.is_complex:
            number, imaginary = divmod(number, 2)
            part = " (imaginary part)" if imaginary else " (real part)"
        index = []
        for size in reversed(tensor.shape):
            number, rest = divmod(number, size)
            index.append(rest)
        return f"{index[::-1]}{part}"

    # -------------------------------------------------------------------- one direction, fast mode

    def fast(self, output: int, *, forward: bool) -> None:
        """Compare the Jacobians along one random direction at each end; entries if that fails."""
        result = self._outputs[output]
        cotangent = self._direction(result)
        pulled = None if forward else self.pulled(result, cotangent)
        for number, (position, x) in enumerate(self.inputs):
            direction = self._direction(x)
            if forward:
                found = (self._pushed(x, direction)[output] * _parts(cotangent)).sum()
            else:
                assert pulled is not None
                found = (_parts(pulled[number]) * _parts(direction)).sum()
            ends = []
            for step in (self.eps, -self.eps):
                with _moved(x, direction * step):
                    ends.append(_parts(self.outputs()[output]).clone())
            wanted = ((ends[0] - ends[1]) * _parts(cotangent)).sum() / (2 * self.eps)
            # Errors of all entries add up, weighted by both directions.
            weight = float(_parts(direction).sum() * _parts(cotangent).sum())
            allowed = self.atol * weight + self.rtol * abs(float(wanted))
            if not abs(float(found) - float(wanted)) <= allowed:
                way = "derivative of the forward mode" if forward else "gradient of the backward"
                slow = self.forward(x)[output] if forward else self.analytical(result)[number]
                self.compare(slow, self.numerical(x)[output], position, output, way)
                raise GradcheckError(
                    f"the {way} is not what differences say, for output {output} with respect to "
                    f"input {position}: along a random direction it is {float(found):.8g}, but "
                    f"differences give {float(wanted):.8g}. Every entry alone is within the "
                    "tolerance: choose another, or check without fast_mode"
                )

    def _direction(self, tensor: Any) -> Any:
        """Return a random direction with no negative part, of length 1, in the tensor's space."""
        kind = tensor._dtype.to_real() if tensor._dtype.is_complex else tensor._dtype
        numbers = plugrad.rand(_count(tensor), generator=self._generator, dtype=plugrad.float64)
        if numbers.numel():
            numbers = numbers / numbers.norm()
        numbers = numbers.to(kind).to(tensor.device)
        if tensor._dtype.is_complex:
            return plugrad.view_as_complex(numbers.reshape((*tensor.shape, 2)))
        return numbers.reshape(tensor.shape)

    # ---------------------------------------------------------------------------------- all of it

    def run(self, *, backward: bool, forward: bool, fast: bool, batched: bool) -> None:
        """Check what is asked for."""
        self._outputs = self.outputs()
        recorded = [i for i, output in enumerate(self._outputs) if output._edge is not None]
        if not recorded:
            self._expect_no_change()
            return
        for output in recorded:
            if batched:
                self._compare_batched(self._outputs[output])
        if fast:
            for output in recorded:
                if backward:
                    self.fast(output, forward=False)
                if forward:
                    self.fast(output, forward=True)
            return
        numerical = [self.numerical(x) for _, x in self.inputs]
        if backward:
            for output in recorded:
                found = self.analytical(self._outputs[output])
                for (position, _), mine, jacobians in zip(
                    self.inputs, found, numerical, strict=True
                ):
                    way = "gradient of the backward"
                    self.compare(mine, jacobians[output], position, output, way)
        if forward:
            for (position, x), jacobians in zip(self.inputs, numerical, strict=True):
                pushed = self.forward(x)
                for output in recorded:
                    way = "derivative of the forward mode"
                    self.compare(pushed[output], jacobians[output], position, output, way)

    def _expect_no_change(self) -> None:
        """Check that a function whose results have no history is constant."""
        for position, x in self.inputs:
            for output, numbers in enumerate(self.numerical(x)):
                if numbers.numel() and float(numbers.abs().max()) > self.atol:
                    raise GradcheckError(
                        f"output {output} does not require grad, so its gradient is zero, but "
                        f"differences say that it depends on input {position}; was it detached, or "
                        "computed under no_grad()?"
                    )

    def _compare_batched(self, output: Any) -> None:
        cotangents = [self._direction(output) for _ in range(2)]
        each = zip(*(self.pulled(output, cotangent) for cotangent in cotangents), strict=True)
        together = self.pulled(output, plugrad.stack(cotangents), is_grads_batched=True)
        for one_by_one, batch in zip(each, together, strict=True):
            if not plugrad.allclose(plugrad.stack(list(one_by_one)), batch, self.rtol, self.atol):
                raise GradcheckError("is_grads_batched=True gives other gradients than one by one")


def _parts(tensor: Any) -> Any:
    """Return the real numbers of a tensor, in one row."""
    tensor = tensor.detach()
    if tensor._dtype.is_complex:
        tensor = plugrad.view_as_real(tensor.resolve_conj())
    elif tensor._dtype is plugrad.bool:
        tensor = tensor.to(plugrad.uint8)
    return tensor.reshape(-1)


def _count(tensor: Any) -> int:
    return int(tensor.numel() * (2 if tensor._dtype.is_complex else 1))


def _basis(tensor: Any) -> Iterator[Any]:
    """Yield the unit vectors of a tensor's space: two for each complex element."""
    for unit in basis(tensor):
        yield unit
        if tensor._dtype.is_complex:
            yield unit * 1j


@contextmanager
def _moved(x: Any, step: Any) -> Iterator[None]:
    """Move an input for a while: the function may have it from elsewhere, too."""
    memory = x.data  # with a version of its own: what was recorded before can be differentiated
    before = memory.clone()
    memory.add_(step)
    try:
        yield
    finally:
        memory.copy_(before)


def _as_tuple(inputs: Any) -> tuple[Any, ...]:
    return (inputs,) if isinstance(inputs, Tensor) else tuple(inputs)


def _checked(inputs: tuple[Any, ...]) -> None:
    """Check that finite differences make sense.

    Raises
    ------
    ValueError
        If no input requires grad.
    RuntimeError
        If elements of one share their memory.

    Warns
    -----
    UserWarning
        If an input is not of double precision.
    """
    wanted = [x for x in inputs if isinstance(x, Tensor) and x._edge is not None]
    if not wanted:
        raise ValueError("gradcheck() needs an input that requires grad, and none does")
    for position, x in enumerate(inputs):
        if not any(x is other for other in wanted):
            continue
        if x._dtype not in (plugrad.float64, plugrad.complex128):
            warnings.warn(
                f"input {position} is of {x._dtype}: differences are too coarse for the default "
                "tolerances in less than double precision",
                UserWarning,
                stacklevel=4,
            )
        if any(stride == 0 and size > 1 for stride, size in zip(x.stride(), x.shape, strict=True)):
            raise RuntimeError(
                f"elements of input {position} share their memory (it was expanded): they cannot "
                "be moved one at a time; pass a copy, x.contiguous()"
            )


def gradcheck(
    func: Callable[..., Any],
    inputs: Any,
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    raise_exception: bool = True,
    nondet_tol: float = 0.0,
    check_undefined_grad: bool = True,
    check_grad_dtypes: bool = False,
    check_batched_grad: bool = False,
    check_batched_forward_grad: bool = False,
    check_forward_ad: bool = False,
    check_backward_ad: bool = True,
    fast_mode: bool = False,
    masked: bool | None = None,
) -> bool:
    """Compare a function's gradients with central differences, at its inputs.

    Parameters
    ----------
    func : callable
        From tensors to a tensor, or a tuple of them.
    inputs : Tensor or tuple
        Those that require grad are differentiated; they should be of double precision.
    eps : float
        How far inputs are moved.
    atol, rtol : float
        A derivative may be off by ``atol + rtol * abs(difference quotient)``.
    raise_exception : bool
        Whether to raise or to return False.
    nondet_tol : float
        How far two runs of the same backward may be apart.
    check_undefined_grad, check_grad_dtypes : bool
        Accepted: the engine does not run a node to which no gradient has come, and settles dtypes
        itself.
    check_batched_grad : bool
        Whether to check ``is_grads_batched=True``, too.
    check_batched_forward_grad : bool
        Accepted.
    check_forward_ad, check_backward_ad : bool
        Whether to check derivatives of forward mode, and gradients.
    fast_mode : bool
        Compare along one random direction only: two calls of the function for each input and
        output, instead of two for each element.
    masked : bool, optional
        Accepted: there are no sparse tensors.

    Returns
    -------
    bool
        True; False only without `raise_exception`.

    Raises
    ------
    GradcheckError
        A RuntimeError: where a derivative is wrong, with the entry that is furthest off.
    ValueError
        If no input requires grad.
    AssertionError
        If nothing is to be checked.

    Examples
    --------
    >>> import plugrad
    >>> x = plugrad.rand(3, dtype=plugrad.float64, requires_grad=True)
    >>> plugrad.autograd.gradcheck(lambda x: (x.exp() * x).sum(), x)
    True
    """
    if not (check_forward_ad or check_backward_ad):
        # PyTorch's type; an `assert` would not survive ``python -O``.
        raise AssertionError("one of check_forward_ad and check_backward_ad has to be True")
    given = _as_tuple(inputs)
    _checked(given)
    check = _Check(func, given, eps=eps, atol=atol, rtol=rtol, nondet_tol=nondet_tol)
    try:
        check.run(
            backward=check_backward_ad,
            forward=check_forward_ad,
            fast=fast_mode,
            batched=check_batched_grad,
        )
    except GradcheckError:
        if raise_exception:
            raise
        return False
    return True


def gradgradcheck(
    func: Callable[..., Any],
    inputs: Any,
    grad_outputs: Any = None,
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    gen_non_contig_grad_outputs: bool = False,
    raise_exception: bool = True,
    nondet_tol: float = 0.0,
    check_undefined_grad: bool = True,
    check_grad_dtypes: bool = False,
    check_batched_grad: bool = False,
    check_fwd_over_rev: bool = False,
    check_rev_over_rev: bool = True,
    fast_mode: bool = False,
    masked: bool = False,
) -> bool:
    """Compare the gradients of a function's gradients with central differences.

    With respect to the inputs, and to the gradients that the backward starts from.

    Parameters
    ----------
    func, inputs
        As for `gradcheck`.
    grad_outputs : Tensor or tuple of Tensor, optional
        What the backward starts from; random by default.
    gen_non_contig_grad_outputs : bool
        Whether those shall not be contiguous.
    check_fwd_over_rev, check_rev_over_rev : bool
        Whether the gradients are differentiated forwards, and backwards.
    eps, atol, rtol, raise_exception, nondet_tol, check_undefined_grad, check_grad_dtypes, \
check_batched_grad, fast_mode, masked
        As for `gradcheck`.

    Returns
    -------
    bool

    Raises
    ------
    GradcheckError, ValueError, AssertionError
        As for `gradcheck`.

    Examples
    --------
    >>> import plugrad
    >>> x = plugrad.rand(3, dtype=plugrad.float64, requires_grad=True)
    >>> plugrad.autograd.gradgradcheck(lambda x: x.exp() * x, x)
    True
    """
    if not (check_fwd_over_rev or check_rev_over_rev):
        raise AssertionError("one of check_fwd_over_rev and check_rev_over_rev has to be True")
    given = _as_tuple(inputs)
    _checked(given)
    starts = _as_tuple(grad_outputs) if grad_outputs is not None else None
    if starts is None:
        starts = _random_starts(func(*given), given, scattered=gen_non_contig_grad_outputs)
    count = len(starts)

    def gradient(*args: Any) -> Any:
        points, cotangents = args[: len(args) - count], args[len(args) - count :]
        outputs = func(*points)
        listed = outputs if isinstance(outputs, (tuple, list)) else (outputs,)
        recorded = [output for output in listed if output._edge is not None]
        wanted = [x for x in points if isinstance(x, Tensor) and x._edge is not None]
        found = grad(recorded, wanted, cotangents, create_graph=True, allow_unused=True)
        return tuple(g for g in found if g is not None)

    return gradcheck(
        gradient,
        (*given, *starts),
        eps=eps,
        atol=atol,
        rtol=rtol,
        raise_exception=raise_exception,
        nondet_tol=nondet_tol,
        check_undefined_grad=check_undefined_grad,
        check_grad_dtypes=check_grad_dtypes,
        check_batched_grad=check_batched_grad,
        check_forward_ad=check_fwd_over_rev,
        check_backward_ad=check_rev_over_rev,
        fast_mode=fast_mode,
        masked=masked,
    )


def _random_starts(
    outputs: Any, inputs: Sequence[Any], *, scattered: bool = False
) -> tuple[Any, ...]:
    """Return random gradients of those outputs that have a history."""
    generator = plugrad.Generator().manual_seed(_SEED)
    listed = outputs if isinstance(outputs, (tuple, list)) else (outputs,)
    starts = []
    for output in listed:
        if output._edge is None:
            continue
        shape = (*output.shape, 2) if scattered else output.shape
        start = plugrad.randn(shape, generator=generator, dtype=output.dtype).to(output.device)
        starts.append((start[..., 0] if scattered else start).requires_grad_())
    return tuple(starts)


class _Callable(ModuleType):
    """``plugrad.autograd.gradcheck`` is this module, and the function, as in PyTorch."""

    __call__ = staticmethod(gradcheck)


sys.modules[__name__].__class__ = _Callable
