"""Many samples at once, as a backend: raw arrays with a dimension that the program does not see.

The kernel table is the vocabulary on tensors of the level below, whose first dimension is the
batch's. What an operator does with it follows from its declaration, where it is elementwise, or
from its body; or it is said in `plugrad.transforms.batching`; all others run sample by sample.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from plugrad.autograd.tape import new_tensor
from plugrad.backends.protocol import Kernels
from plugrad.dtypes import dtype
from plugrad.transforms.lifting import lifted_history
from plugrad.transforms.raw import Identity, RawArray, next_level, through_tensors
from plugrad.vocabulary.registry import Operator, operators
from plugrad.vocabulary.registry import tensor_table as below

__all__ = ["BatchKernels", "Batched", "NotMappable", "lined_up"]

_REFUSED: Final = (
    "vmap: what differs between samples cannot be written into a tensor that does not: make that "
    "one from a tensor that vmap maps over, as with zeros_like() or new_zeros()"
)


class NotMappable(RuntimeError):
    """What a function does cannot be done with all samples at once."""


class Batched(RawArray):
    """A raw array of a batch level.

    Parameters
    ----------
    table : BatchKernels
    value : Tensor
        Of the level below.
    batched : bool
        Whether its first dimension is the batch's; else all samples have the same.
    """

    __slots__ = ("batched", "table", "value")

    def __init__(self, table: BatchKernels, value: Any, batched: bool) -> None:
        self.table = table
        self.value = value
        self.batched = batched

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of one sample."""
        shape: tuple[int, ...] = self.value._array.shape
        return shape[1:] if self.batched else shape

    @property
    def dtype(self) -> dtype:
        """The dtype."""
        return self.value._dtype  # type: ignore[no-any-return]


class BatchKernels(Kernels):
    """The vocabulary on batches.

    Parameters
    ----------
    ground : Kernels
        The table of the level below.
    size : int
        How many samples there are.
    """

    array_type = Batched

    def __init__(self, ground: Kernels, size: int) -> None:
        super().__init__(ground.backend, ground.device)
        self.ground = ground
        self.size = size
        self.level = next_level()
        self.dtypes = Identity()

    def __getattr__(self, name: str) -> Callable[..., Any]:
        from plugrad.transforms.batching import RULES

        operator = operators.get(name)
        if operator is None:
            return self._of_memory(name)
        if operator.form == "elementwise":
            kernel: Callable[..., Any] = self._elementwise(operator)
        elif operator.body is not None and name not in RULES:
            kernel = through_tensors(self, operator.body)
        else:
            kernel = self._by_rule(operator, RULES.get(name))
        setattr(self, name, kernel)
        return kernel

    def _of_memory(self, name: str) -> Callable[..., Any]:
        """Return what a table tells about arrays in memory: here, about those of the batch."""
        ask = getattr(self.ground, name)
        return lambda *args: ask(*(x.value._array if isinstance(x, Batched) else x for x in args))

    # --------------------------------------------------------------------------------- the rules

    def _elementwise(self, operator: Operator) -> Callable[..., Any]:
        number = len(operator.arguments)

        def kernel(*args: Any) -> Any:
            values, batched = lined_up(args[:number])
            return self.batch(operator.call(*values, *args[number:]), batched)

        return kernel

    def _by_rule(self, operator: Operator, rule: Any) -> Callable[..., Any]:
        number = len(operator.arguments)

        def kernel(*args: Any) -> Any:
            arrays, params = args[:number], args[number:]
            if not any(x.batched for x in _listed(arrays)):
                return self.batch(operator.call(*map(_value, arrays), *params), False)
            found = None if rule is None else rule(operator, arrays, params)
            if found is not None:
                return self.batch(found, True)
            return self._one_by_one(operator, arrays, params)

        return kernel

    def _one_by_one(self, operator: Operator, arrays: Any, params: Any) -> Any:
        """Run an operator on each sample alone."""
        results = [
            operator.call(*(_sample(array, number) for array in arrays), *params)
            for number in range(self.size)
        ]
        if operator.outputs is None:
            return self.batch(below.stack(results, 0), True)
        return [
            self.batch(below.stack(list(column), 0), True) for column in zip(*results, strict=True)
        ]

    def batch(self, found: Any, batched: bool) -> Any:
        """Return a tensor of the level below, or several, as raw arrays of this one."""
        if isinstance(found, (tuple, list)):
            return [self.batch(each, batched) for each in found]
        return Batched(self, found, batched)

    # -------------------------------------------------------------------------------- the ground

    def lift(self, tensor: Any) -> Any:
        """Return a tensor of any lower level as a tensor of this one."""
        if tensor._table.level < self.ground.level:
            tensor = self.ground.lift(tensor)
        lifted = new_tensor(Batched(self, tensor, False), self, tensor._dtype)
        return lifted_history(lifted, tensor)

    def own(self, tensor: Any) -> Any:
        """Return a new tensor made like one of this level: each sample has one of its own."""
        ground: Any = self.ground
        value = ground.own(tensor) if ground.level else tensor
        value = value if value._table is ground else ground.lift(value)
        whole = below.clone(below.expand(value, (self.size, *value._array.shape)))
        return new_tensor(Batched(self, whole, True), self, tensor._dtype)

    def detached(self, tensor: Any) -> Any:
        """Return a tensor of this level without history."""
        raw = tensor._array
        return new_tensor(Batched(self, raw.value.detach(), raw.batched), self, tensor._dtype)

    def take_over(self, tensor: Any) -> None:
        """Refuse: raises NotMappable."""
        raise NotMappable(_REFUSED)

    def wrap(self, result: Any) -> Any:
        return result if isinstance(result, Batched) else self.batch(result, False)

    def raw_dtype(self, dtype: dtype) -> Any:
        return dtype

    def cast(self, x: Batched, dtype: dtype) -> Batched:
        return x if x.dtype is dtype else Batched(self, below.cast(x.value, dtype), x.batched)

    def copy(self, x: Batched) -> Batched:
        return Batched(self, below.clone(x.value), x.batched)

    def scalar(self, value: complex, dtype: dtype) -> Batched:
        return self._constant(self.ground.scalar(value, dtype), dtype)

    def zeros(self, shape: tuple[int, ...], dtype: dtype) -> Batched:
        # Of their own for each sample: they may be written into.
        raw = self.ground.zeros((self.size, *shape), dtype)
        return Batched(self, new_tensor(raw, self.ground, dtype), True)

    def from_host(self, array: Any) -> Batched:
        raw = self.ground.from_host(array)
        return self._constant(raw, self.ground.dtypes[raw.dtype])

    def _constant(self, raw: Any, dtype: dtype) -> Batched:
        return Batched(self, new_tensor(raw, self.ground, dtype), False)

    def to_host(self, x: Batched) -> Any:
        if x.batched:
            raise NotMappable(
                "vmap: the numbers of a tensor differ between samples, and cannot be looked at: "
                "no item(), no `if`, no printing inside; use where() to choose by them"
            )
        return self.ground.to_host(x.value._array)

    def assign(self, x: Batched, value: Any) -> Batched:
        given = self.wrap(value)
        if given.batched and not x.batched:
            raise NotMappable(_REFUSED)
        (into, written), _ = lined_up((x, given))
        into.copy_(written)
        return x

    def fill_(self, x: Batched, value: Any) -> Batched:
        x.value.fill_(value)
        return x

    def add_into(self, x: Batched, value: Batched) -> Batched:
        total: Batched = self.add(x, value)
        return total

    def shares_memory(self, x: Any, y: Any) -> bool:
        return True

    def is_contiguous(self, x: Batched) -> bool:
        return bool(x.value.is_contiguous())

    def strides(self, x: Batched) -> tuple[int, ...]:
        strides = tuple(x.value.stride())
        return strides[1:] if x.batched else strides

    def is_dense(self, x: Any) -> bool:
        return True

    def repeats(self, x: Batched) -> bool:
        return bool(self.ground.repeats(x.value._array))


def _listed(arrays: Any) -> list[Batched]:
    found: list[Batched] = []
    for array in arrays:
        if isinstance(array, (list, tuple)):
            found += _listed(array)
        elif isinstance(array, Batched):
            found.append(array)
    return found


def _value(array: Any) -> Any:
    if isinstance(array, (list, tuple)):
        return type(array)(map(_value, array))
    return array.value if isinstance(array, Batched) else array


def _sample(array: Any, number: int) -> Any:
    if isinstance(array, (list, tuple)):
        return type(array)(_sample(each, number) for each in array)
    if not isinstance(array, Batched):
        return array
    return below.select(array.value, 0, number) if array.batched else array.value


def lined_up(arrays: Any, rank: int = 0) -> tuple[list[Any], bool]:
    """Return the tensors of raw arrays, with the batch's dimension before all that broadcast.

    Parameters
    ----------
    arrays : sequence of (Batched, number or None)
    rank : int
        At least so many dimensions behind the batch's.

    Returns
    -------
    tensors : list
    batched : bool
        Whether any has the batch's dimension.
    """
    given = [x for x in arrays if isinstance(x, Batched)]
    rank = max([rank, *(len(x.shape) for x in given)])
    return [_with_rank(x, rank) for x in arrays], any(x.batched for x in given)


def _with_rank(array: Any, rank: int) -> Any:
    if not isinstance(array, Batched):
        return array
    shape = array.shape
    if not array.batched or len(shape) == rank:
        return array.value
    size = array.value._array.shape[0]
    return below.view(array.value, (size, *(1,) * (rank - len(shape)), *shape))
