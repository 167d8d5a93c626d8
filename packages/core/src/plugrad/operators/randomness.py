"""Making tensors of random numbers.

The numbers are PyTorch's, for the same seed: they are drawn on the host, and then brought to the
device. Functions take ``generator=``; without it they draw from the default generator.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import numpy

from plugrad import dtypes
from plugrad.autograd.tape import TensorBase
from plugrad.operators.likeness import Fill, made_like
from plugrad.operators.options import integer_given, made
from plugrad.random import Generator, default_generator
from plugrad.vocabulary.forms import function

if TYPE_CHECKING:
    from plugrad.backends.protocol import Kernels
    from plugrad.dtypes import dtype as Dtype
    from plugrad.tensor import Tensor

__all__ = [
    "draw",
    "drawn_for",
    "generator_given",
    "put",
    "rand",
    "rand_like",
    "randint",
    "randint_like",
    "randn",
    "randn_like",
    "randperm",
]

Array = numpy.ndarray[Any, Any]


class _Distributions:
    """`plugrad.random.distributions`, imported with the first number that is drawn."""

    def __getattr__(self, name: str) -> Any:
        from plugrad.random import distributions

        found = getattr(distributions, name)
        setattr(self, name, found)
        return found


draw: Final = _Distributions()


def generator_given(caller: str, generator: Any) -> Generator:
    """Return the generator to draw from.

    Raises
    ------
    TypeError
        If it is none.
    """
    if generator is None:
        return default_generator
    if not isinstance(generator, Generator):
        raise TypeError(
            f"{caller}(): generator must be a plugrad.Generator, not {type(generator).__name__}"
        )
    return generator


def put(table: Kernels, array: Any, numbers: Callable[[bool], Array]) -> Any:
    """Write random numbers into a raw array in PyTorch's order; return the array to bind.

    Parameters
    ----------
    table : Kernels
        That of `array`.
    array : raw array
    numbers : callable
        ``numbers(contiguous)`` draws as many as `array` has elements, of its dtype, where
        `contiguous` tells whether they lie in memory one after the other.
    """
    target = array
    if not isinstance(array, numpy.ndarray):
        # The same numbers as on the host: in the order in which they lie in memory.
        steps = table.strides(array)
        like = numpy.lib.stride_tricks.as_strided(numpy.empty(0), array.shape, steps)
        target = draw.empty_in_memory_order(like, table.dtypes[array.dtype].np)
    contiguous = target.flags.c_contiguous
    values = numbers(contiguous)
    if contiguous:
        target[...] = values.reshape(target.shape)
    else:
        draw.fill_in_memory_order(target, values)
    return array if target is array else table.assign(array, table.from_host(target))


def drawn_for(out: Any, shape: Any, numbers: Callable[[bool], Array]) -> Array:
    """Return random numbers as they come to lie in `out`, if that is given and has this shape.

    Parameters
    ----------
    out : Tensor or None
    shape : tuple of int
    numbers : callable
        As for `put`.
    """
    fits = isinstance(out, TensorBase) and out._array.shape == tuple(shape)
    if not fits or out.is_contiguous():
        return numbers(True).reshape(shape)
    steps = out._table.strides(out._array)
    values = numbers(False)
    like = numpy.lib.stride_tricks.as_strided(numpy.empty(0), shape, steps)
    target: Array = draw.empty_in_memory_order(like, values.dtype)
    draw.fill_in_memory_order(target, values)
    return target


# ------------------------------------------------------------------------------------ by shape


@function("function")
def rand(
    *sizes: Any, size: Any = None, generator: Generator | None = None, out: Any = None,
    dtype: Any = None, layout: Any = None, device: Any = None, pin_memory: bool = False,
    requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """Return numbers uniformly distributed between 0 and 1.

    Parameters
    ----------
    *sizes : int
        The shape, as ints or as one tuple of them; or `size` as a keyword.
    generator : Generator, optional
    out, dtype, layout, device, pin_memory, requires_grad
        As for all that makes tensors: see `plugrad.operators.creation`.

    Returns
    -------
    Tensor

    Raises
    ------
    NotImplementedError
        For an integer dtype.

    Examples
    --------
    >>> import plugrad
    >>> _ = plugrad.manual_seed(0)
    >>> plugrad.rand(2)
    tensor([0.4963, 0.7682])
    """
    stream = generator_given("rand", generator)

    def build(table: Kernels, shape: tuple[int, ...], kind: Dtype) -> Any:
        def numbers(_: bool) -> Any:
            return draw.uniform(stream, shape, kind.np)

        return table.from_host(drawn_for(out, shape, numbers))

    return made(
        "rand(empty uniform_*)", build, sizes, size, out, dtype, layout, device, pin_memory,
        requires_grad,
    )  # fmt: skip


@function("function")
def randn(
    *sizes: Any, size: Any = None, generator: Generator | None = None, out: Any = None,
    dtype: Any = None, layout: Any = None, device: Any = None, pin_memory: bool = False,
    requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """Return numbers normally distributed around 0 with variance 1.

    Parameters
    ----------
    *sizes : int
        The shape, as ints or as one tuple of them; or `size` as a keyword.
    generator : Generator, optional
    out, dtype, layout, device, pin_memory, requires_grad
        As for all that makes tensors: see `plugrad.operators.creation`.

    Returns
    -------
    Tensor

    Raises
    ------
    NotImplementedError
        For an integer dtype.

    Examples
    --------
    >>> import plugrad
    >>> _ = plugrad.manual_seed(0)
    >>> plugrad.randn(2)
    tensor([ 1.5410, -0.2934])
    """
    stream = generator_given("randn", generator)

    def build(table: Kernels, shape: tuple[int, ...], kind: Dtype) -> Any:
        def numbers(flat: bool) -> Any:
            return draw.normal(stream, shape, kind.np, contiguous=flat)

        return table.from_host(drawn_for(out, shape, numbers))

    return made(
        "randn(empty normal_*)", build, sizes, size, out, dtype, layout, device, pin_memory,
        requires_grad,
    )  # fmt: skip


@function("function")
def randint(
    *bounds: Any, low: Any = None, high: Any = None, size: Any = None,
    generator: Generator | None = None, out: Any = None, dtype: Any = None, layout: Any = None,
    device: Any = None, pin_memory: bool = False, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """Return integers from `low` to before `high`, each equally likely.

    Parameters
    ----------
    *bounds
        ``high, size`` or ``low, high, size``, each also as a keyword; `low` is by default 0.
    generator : Generator, optional
    out, dtype, layout, device, pin_memory, requires_grad
        As for all that makes tensors: see `plugrad.operators.creation`; by default of int64.

    Returns
    -------
    Tensor

    Raises
    ------
    RuntimeError
        If there is nothing between the bounds, or the dtype does not reach to them.

    Examples
    --------
    >>> import plugrad
    >>> _ = plugrad.manual_seed(0)
    >>> plugrad.randint(10, (3,))
    tensor([4, 9, 3])
    """
    given = list(bounds)
    if size is None and given:
        size = given.pop()
    if not isinstance(size, (tuple, list)):
        raise TypeError(f"randint(): size must be a tuple of ints, not {type(size).__name__}")
    first, last = _range_given("randint", given, low, high)
    stream = generator_given("randint", generator)

    def build(table: Kernels, shape: tuple[int, ...], kind: Dtype) -> Any:
        def numbers(_: bool) -> Any:
            return draw.randint(stream, shape, kind.np, first, last)

        return table.from_host(drawn_for(out, shape, numbers))

    if dtype is None and out is None:
        dtype = dtypes.int64
    return made(
        "randint(empty random_*)", build, (size,), None, out, dtype, layout, device, pin_memory,
        requires_grad,
    )  # fmt: skip


def _range_given(caller: str, given: list[Any], low: Any, high: Any) -> tuple[int, int]:
    """Read ``high`` or ``low, high``, each also as a keyword."""
    if len(given) > 2:
        raise TypeError(f"{caller}() takes low, high and size, not {len(given)} bounds")
    if given and high is None:
        high = given.pop()
    if given and low is None:
        low = given.pop()
    if given or high is None:
        raise TypeError(f"{caller}() needs high, and takes low and high once each")
    first = 0 if low is None else integer_given(caller, "low", low)
    return first, integer_given(caller, "high", high)


@function("function")
def randperm(
    n: int, *, generator: Generator | None = None, out: Any = None, dtype: Any = None,
    layout: Any = None, device: Any = None, pin_memory: bool = False, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """Return the integers from 0 to ``n - 1`` in random order.

    Parameters
    ----------
    n : int
    generator : Generator, optional
    out, dtype, layout, device, pin_memory, requires_grad
        As for all that makes tensors: see `plugrad.operators.creation`; by default of int64.

    Returns
    -------
    Tensor, shape (n,)

    Raises
    ------
    RuntimeError
        If `n` is negative, or the dtype does not hold it.

    Examples
    --------
    >>> import plugrad
    >>> _ = plugrad.manual_seed(0)
    >>> plugrad.randperm(6)
    tensor([2, 5, 3, 0, 1, 4])
    """
    count = integer_given("randperm", "n", n)
    stream = generator_given("randperm", generator)

    def build(table: Kernels, shape: tuple[int, ...], kind: Dtype) -> Any:
        return table.from_host(draw.randperm(stream, count, kind.np))

    if dtype is None and out is None:
        dtype = dtypes.int64
    return made(
        "randperm(empty randperm*(scalar_tensor resize_ resize_))", build, ((count,),), None, out,
        dtype, layout, device, pin_memory, requires_grad,
    )  # fmt: skip


# ----------------------------------------------------------------------- in the likeness of another


def _random_fill(numbers: Callable[[tuple[int, ...], Any, bool], Array]) -> Fill:
    def fill(table: Kernels, array: Any, kind: Dtype) -> Any:
        shape = tuple(array.shape)
        return put(table, array, lambda contiguous: numbers(shape, kind.np, contiguous))

    return fill


@function("function")
def rand_like(
    input: Tensor, *, generator: Generator | None = None, dtype: Any = None, layout: Any = None,
    device: Any = None, pin_memory: bool = False, requires_grad: bool = False,
    memory_format: Any = None,
) -> Tensor:  # fmt: skip
    """Return uniform numbers between 0 and 1 in the shape of `input`.

    Parameters
    ----------
    input : Tensor
    generator : Generator, optional
    dtype, layout, device, pin_memory, requires_grad, memory_format
        As for all that makes tensors: see `plugrad.operators.creation`.

    Examples
    --------
    >>> import plugrad
    >>> _ = plugrad.manual_seed(0)
    >>> plugrad.rand_like(plugrad.zeros(2))
    tensor([0.4963, 0.7682])
    """
    stream = generator_given("rand_like", generator)
    return made_like(
        "rand_like(empty_like(empty_strided) uniform_*)",
        _random_fill(lambda shape, kind, contiguous: draw.uniform(stream, shape, kind)),
        input, dtype, layout, device, pin_memory, requires_grad, memory_format,
    )  # fmt: skip


@function("function")
def randn_like(
    input: Tensor, *, generator: Generator | None = None, dtype: Any = None, layout: Any = None,
    device: Any = None, pin_memory: bool = False, requires_grad: bool = False,
    memory_format: Any = None,
) -> Tensor:  # fmt: skip
    """Return normal numbers of mean 0 and variance 1 in the shape of `input`.

    Parameters
    ----------
    input : Tensor
    generator : Generator, optional
    dtype, layout, device, pin_memory, requires_grad, memory_format
        As for all that makes tensors: see `plugrad.operators.creation`.

    Examples
    --------
    >>> import plugrad
    >>> _ = plugrad.manual_seed(0)
    >>> plugrad.randn_like(plugrad.zeros(2))
    tensor([ 1.5410, -0.2934])
    """
    stream = generator_given("randn_like", generator)
    return made_like(
        "randn_like(empty_like(empty_strided) normal_*)",
        _random_fill(
            lambda shape, kind, contiguous: draw.normal(
                stream, shape, kind, contiguous=contiguous
            )
        ),
        input, dtype, layout, device, pin_memory, requires_grad, memory_format,
    )  # fmt: skip


@function("function")
def randint_like(
    input: Tensor, *bounds: Any, low: Any = None, high: Any = None,
    generator: Generator | None = None, dtype: Any = None, layout: Any = None, device: Any = None,
    pin_memory: bool = False, requires_grad: bool = False, memory_format: Any = None,
) -> Tensor:  # fmt: skip
    """Return integers from `low` to before `high` in the shape and dtype of `input`.

    Parameters
    ----------
    input : Tensor
    *bounds : int
        ``high`` or ``low, high``, each also as a keyword; `low` is by default 0.
    generator : Generator, optional
    dtype, layout, device, pin_memory, requires_grad, memory_format
        As for all that makes tensors: see `plugrad.operators.creation`.

    Examples
    --------
    >>> import plugrad
    >>> _ = plugrad.manual_seed(0)
    >>> plugrad.randint_like(plugrad.zeros(3), 10)
    tensor([4., 9., 3.])
    """
    first, last = _range_given("randint_like", list(bounds), low, high)
    stream = generator_given("randint_like", generator)
    return made_like(
        "randint_like(empty_like(empty_strided) random_*)",
        _random_fill(lambda shape, kind, _: draw.randint(stream, shape, kind, first, last)),
        input, dtype, layout, device, pin_memory, requires_grad, memory_format,
    )  # fmt: skip
