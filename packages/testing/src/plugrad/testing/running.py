"""Running samples: tensors from arrays, a call, gradients, and the numbers in all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy

import plugrad
from plugrad import random
from plugrad.autograd.tape import new_tensor
from plugrad.operators.device_table import get_default_device, set_default_device, table_of
from plugrad.tensor import Tensor
from plugrad.testing.samples import Sample

__all__ = ["Run", "flattened", "gradients", "numbers", "run", "seeded_like"]

Array = numpy.ndarray[Any, Any]
Layout = Callable[[Array], Array]


@dataclass
class Run:
    """A call that was made.

    Attributes
    ----------
    inputs : list of Tensor
        Those that take a gradient require it.
    outputs : list of Tensor
        All tensors that the call returned, in order.
    """

    inputs: list[Tensor]
    outputs: list[Tensor]

    @property
    def leaves(self) -> list[Tensor]:
        """The inputs that take a gradient."""
        return [x for x in self.inputs if x.requires_grad]

    @property
    def differentiable(self) -> list[Tensor]:
        """The outputs that have a history."""
        return [y for y in self.outputs if y.requires_grad]


def flattened(result: Any) -> Iterator[Any]:
    """Yield what a call returned, tuples and lists taken apart."""
    if isinstance(result, (tuple, list)):
        for item in result:
            yield from flattened(item)
    else:
        yield result


def as_tensor(array: Array, device: str = "cpu") -> Tensor:
    """Return a tensor on a device with an array's elements (on the host, with its memory)."""
    table = table_of(device)
    raw = table.from_host(array)
    return new_tensor(raw, table, table.dtypes[raw.dtype])


def run(
    sample: Sample,
    arrays: Sequence[Array],
    device: str = "cpu",
    call: Callable[..., Any] | None = None,
) -> Run:
    """Make a sample's call on arrays, or another `call` in its place.

    Parameters
    ----------
    sample : Sample
    arrays : sequence of array
        Nothing is copied on the host: what the call does to its inputs, it does to them.
    device : str
        On which all tensors are made, those that the call makes itself too.
    call : callable, optional
        By default the sample's.

    Returns
    -------
    Run
    """
    inputs = []
    for given, array in zip(sample.inputs, arrays, strict=True):
        tensor = as_tensor(array, device)
        tensor.requires_grad = given.grad and array.dtype.kind in "fc"
        inputs.append(tensor)
    before = get_default_device()
    set_default_device(device)
    random.manual_seed(0)
    try:
        result = (call or sample.call)(plugrad, *inputs)
    finally:
        set_default_device(before)
    return Run(inputs, [y for y in flattened(result) if isinstance(y, Tensor)])


def seeded_like(tensors: Iterable[Any], seed: int) -> list[Array]:
    """Return standard normal arrays in the shapes and dtypes of tensors, always the same ones."""
    generator = numpy.random.default_rng(seed)
    drawn = []
    for tensor in tensors:
        array = generator.standard_normal(tensor.shape)
        if tensor.is_complex():
            array = array + 1j * generator.standard_normal(tensor.shape)
        drawn.append(numpy.asarray(array).astype(tensor.dtype.np))
    return drawn


def gradients(made: Run, *, create_graph: bool = False, retain_graph: bool = False) -> list[Tensor]:
    """Return the gradient of each leaf; that of the outputs is random, and always the same."""
    outputs = made.differentiable
    if not outputs or not made.leaves:
        return []
    device = str(outputs[0].device)
    starts = [as_tensor(array, device) for array in seeded_like(outputs, 1)]
    found = plugrad.autograd.grad(
        outputs,
        made.leaves,
        starts,
        create_graph=create_graph,
        retain_graph=retain_graph or create_graph,
        materialize_grads=True,
    )
    return [gradient for gradient in found if gradient is not None]


def numbers(tensor: Tensor) -> Array:
    """Return the elements of a tensor, whatever its device and history."""
    return tensor._table.to_host(tensor._array)
