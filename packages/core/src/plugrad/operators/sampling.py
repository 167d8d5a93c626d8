"""Drawing random numbers whose distribution tensors describe, element by element."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import numpy

from plugrad.autograd.tape import TensorBase
from plugrad.operators.filling import no_gradient, node_of
from plugrad.operators.numbers import number_given
from plugrad.operators.operands import undifferentiable
from plugrad.operators.options import flag_given, fresh, integer_given, made, put_into, tensor_given
from plugrad.operators.randomness import draw, drawn_for, generator_given
from plugrad.operators.watched import shown
from plugrad.random import Generator
from plugrad.shapes import broadcast_shapes
from plugrad.vocabulary.forms import function

if TYPE_CHECKING:
    from plugrad.backends.protocol import Kernels
    from plugrad.dtypes import dtype as Dtype
    from plugrad.tensor import Tensor

__all__ = ["bernoulli", "multinomial", "normal", "poisson"]

Array = numpy.ndarray[Any, Any]


def _drawn(
    calls: str, node: str, inputs: tuple[Tensor, ...], numbers: Callable[[], Array], out: Any,
    gradient: Callable[..., Any] = no_gradient,
) -> Tensor:  # fmt: skip
    """Return a tensor of drawn numbers on the device of the first input, with its node.

    Parameters
    ----------
    calls : str
        What observers are shown, the function's own name first.
    node : str
        What the node is called.
    inputs : tuple of Tensor
        What the distribution depends on.
    numbers : callable
        Draws them.
    gradient : callable
        The gradient rule of the last input; the others' are zeros.
    """
    table = inputs[0]._table
    if out is not None:
        values = numpy.asarray(numbers(), order="C")

        def build(table: Kernels, shape: tuple[int, ...], kind: Dtype) -> Any:
            return table.cast(table.from_host(values), kind)

        return put_into(calls, build, out, values.shape, None)

    def work() -> Tensor:
        array = table.from_host(numpy.asarray(numbers(), order="C"))
        return fresh(array, table, table.dtypes[array.dtype])

    made = shown(calls, work)
    recorded = node_of(made, node, inputs, gradient)
    if recorded is not None:
        made._edge = recorded
    return made


def _host(tensor: Any) -> Array:
    array: Array = tensor._table.to_host(tensor._array)
    return array


@function("function")
def normal(
    mean: Any = 0.0, std: Any = 1.0, size: Any = None, *, generator: Generator | None = None,
    out: Any = None, dtype: Any = None, layout: Any = None, device: Any = None,
    pin_memory: bool = False, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """Return normal numbers of given means and standard deviations.

    Parameters
    ----------
    mean, std : Tensor or float
        Tensors broadcast; the result has the dtype of `mean`, or of `std` if `mean` is a number.
    size : sequence of int, optional
        The shape, where both are numbers.
    generator : Generator, optional
    out, dtype, layout, device, pin_memory, requires_grad
        As for all that makes tensors, where both are numbers: see `plugrad.operators.creation`.

    Returns
    -------
    Tensor

    Raises
    ------
    RuntimeError
        If a standard deviation is negative.

    Examples
    --------
    >>> import plugrad
    >>> _ = plugrad.manual_seed(0)
    >>> plugrad.normal(plugrad.tensor([10.0, 20.0]), 1.0)
    tensor([11.5410, 19.7066])
    """
    stream = generator_given("normal", generator)
    if isinstance(mean, TensorBase) or isinstance(std, TensorBase):
        if size is not None:
            raise TypeError("normal(): size is for a mean and a std that are both numbers")
        return _normal_of_tensors(mean, std, stream, out)
    if not isinstance(size, (tuple, list)):
        raise TypeError(
            "normal(): two numbers need a size, a tuple of ints, for the shape of the result"
        )
    centre, width = _real("mean", mean), _real("std", std)

    def build(table: Kernels, shape: tuple[int, ...], kind: Dtype) -> Any:
        def numbers(flat: bool) -> Any:
            return draw.normal(stream, shape, kind.np, centre, width, contiguous=flat)

        return table.from_host(drawn_for(out, shape, numbers))

    return made(
        "normal(empty normal_*)", build, (size,), None, out, dtype, layout, device, pin_memory,
        requires_grad,
    )  # fmt: skip


def _real(name: str, value: Any) -> float:
    number = number_given("normal", name, value)
    if isinstance(number, complex):
        raise TypeError(f"normal(): {name} must be a real number, not {number!r}")
    return float(number)


def _normal_of_tensors(mean: Any, std: Any, stream: Generator, out: Any) -> Tensor:
    number = 3
    if not isinstance(std, TensorBase):
        std, number = _real("std", std), 1
    elif not isinstance(mean, TensorBase):
        mean, number = _real("mean", mean), 2
    inputs: tuple[Any, ...] = tuple(x for x in (mean, std) if isinstance(x, TensorBase))
    arrays = [_host(x) if isinstance(x, TensorBase) else x for x in (mean, std)]
    source = None
    if isinstance(out, TensorBase):
        kind = out._dtype.np
        if number == 1:
            broadcast_shapes(arrays[0].shape, out._array.shape)  # as PyTorch asks, here alone

        def source(shape: tuple[int, ...], width: float) -> Array:
            def numbers(flat: bool) -> Any:
                return draw.normal(stream, shape, kind, 0.0, width, contiguous=flat)

            return drawn_for(out, shape, numbers)

    return _drawn(
        "normal*", f"NormalBackward{number}", inputs,
        lambda: draw.normal_elementwise(stream, *arrays, source), out,
    )  # fmt: skip


@function("function method")
def bernoulli(
    input: Tensor, p: float | None = None, *, generator: Generator | None = None, out: Any = None
) -> Tensor:
    """Return ones with given probabilities, and zeros otherwise.

    Parameters
    ----------
    input : Tensor
        The probabilities; only its shape and dtype count if `p` is given.
    p : float, optional
        One probability for all.
    generator : Generator, optional
    out : Tensor, optional

    Returns
    -------
    Tensor
        Of the shape and dtype of `input`.

    Raises
    ------
    RuntimeError
        If a probability is not between 0 and 1.
    NotImplementedError
        If `input` is to be probabilities, and holds integers.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.bernoulli(plugrad.tensor([0.0, 1.0]))
    tensor([0., 1.])
    """
    x = tensor_given("bernoulli", "input", input)
    stream = generator_given("bernoulli", generator)
    shape, kind = tuple(x._array.shape), x._dtype.np
    if p is None:
        odds = _host(x)
        if isinstance(out, TensorBase) and out._dtype.is_complex and 0 not in shape:
            raise NotImplementedError(f"bernoulli(): out must hold real numbers, not {out._dtype}")
        return _drawn(
            "bernoulli(empty_like(empty) bernoulli_*(to))", "BernoulliBackward0", (x,),
            lambda: draw.bernoulli(stream, shape, kind, odds), out,
        )  # fmt: skip
    if out is not None:
        raise TypeError("bernoulli() takes p or out, not both")
    return _drawn(
        "bernoulli(empty_like(empty) bernoulli_*)", "NotImplemented", (x,),
        lambda: draw.bernoulli(stream, shape, kind, float(p)), None, _UNDIFFERENTIABLE,
    )  # fmt: skip


# PyTorch records it, and then has no derivative.
_UNDIFFERENTIABLE: Final = undifferentiable("bernoulli with p")


@function("function")
def poisson(input: Tensor, generator: Generator | None = None) -> Tensor:
    """Return Poisson numbers with the rates in `input`.

    Parameters
    ----------
    input : Tensor
        The rates: not negative, of a floating-point dtype.
    generator : Generator, optional

    Returns
    -------
    Tensor
        Of the shape and dtype of `input`.

    Raises
    ------
    RuntimeError
        If a rate is negative.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.poisson(plugrad.zeros(2))
    tensor([0., 0.])
    """
    x = tensor_given("poisson", "input", input)
    stream = generator_given("poisson", generator)
    rates = _host(x)
    return _drawn(
        "poisson*(zeros(empty zero_))", "PoissonBackward0", (x,),
        lambda: draw.poisson(stream, rates), None,
    )  # fmt: skip


@function("function method")
def multinomial(
    input: Tensor, num_samples: int, replacement: bool = False, *,
    generator: Generator | None = None, out: Any = None,
) -> Tensor:  # fmt: skip
    """Return indices drawn with probabilities proportional to the weights in each row.

    Parameters
    ----------
    input : Tensor, shape (categories,) or (rows, categories)
        The weights: not negative, with a positive sum in each row.
    num_samples : int
        How many to draw from each row.
    replacement : bool
        Whether an index may be drawn more than once.
    generator : Generator, optional
    out : Tensor of int64, optional

    Returns
    -------
    Tensor of int64, shape (num_samples,) or (rows, num_samples)

    Raises
    ------
    RuntimeError
        If the weights are no distribution, or there are too few of them.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.multinomial(plugrad.tensor([0.0, 1.0, 0.0]), 2, replacement=True)
    tensor([1, 1])
    """
    x = tensor_given("multinomial", "input", input)
    count = integer_given("multinomial", "num_samples", num_samples)
    again = flag_given("multinomial", "replacement", replacement)
    stream = generator_given("multinomial", generator)
    weights = _host(x)
    if isinstance(out, TensorBase) and out._dtype.name != "int64":
        raise RuntimeError(f"multinomial(): indices go into an out of int64, not of {out._dtype}")
    return _drawn(
        "multinomial*", "", (x,), lambda: draw.multinomial(stream, weights, count, again), out
    )
