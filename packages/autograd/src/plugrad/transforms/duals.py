"""Forward mode as a backend: dual numbers whose parts are tensors of the level below.

A transform level is a backend like any other. Its raw arrays are made of tensors of the level
below, and its kernel table is the vocabulary on those tensors, wrapped by the transform's rules:
here, what an operator does to a tangent. The partial derivatives are the ones that declarations
state for the backward. Tensors of a lower level are lifted to the highest that takes part, so
levels nest in any order, and a tangent of one is never mistaken for that of another.

Source of the last point: J. M. Siskind and B. A. Pearlmutter, "Perturbation confusion and
referential transparency", 2005.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator
from typing import Any, Final

from plugrad.autograd.tape import meta_of, new_tensor
from plugrad.autograd.views import live_views
from plugrad.backends.protocol import Kernels
from plugrad.dtypes import dtype
from plugrad.transforms.lifting import lifted_history
from plugrad.transforms.pushing import embed, pushed
from plugrad.transforms.raw import Identity, RawArray, next_level, through_tensors
from plugrad.vocabulary.nodes import pulled_back
from plugrad.vocabulary.registry import Operator, operators
from plugrad.vocabulary.registry import tensor_table as below

__all__ = ["Dual", "DualKernels", "filled"]


class Dual(RawArray):
    """A raw array of a dual level: a value, and its derivative along one direction.

    Parameters
    ----------
    table : DualKernels
    primal : Tensor
        Of the level below.
    tangent : Tensor, optional
        Of its shape and dtype; None for what does not vary.
    base : tuple, optional
        For a view: the dual that it is a view of, the operator, and its parameters. The tangent is
        a view of the base's then.
    """

    __slots__ = ("_base", "_owned", "_tangent", "primal", "table")

    def __init__(
        self,
        table: DualKernels,
        primal: Any,
        tangent: Any = None,
        base: tuple[Dual, Operator, tuple[Any, ...]] | None = None,
    ) -> None:
        self.table = table
        self.primal = primal
        self._tangent = tangent
        self._owned = False
        self._base = base

    @property
    def tangent(self) -> Any:
        """The derivative, or None."""
        if not self.table.open:
            return None
        if self._base is None:
            return self._tangent
        base, operator, params = self._base
        return None if base.tangent is None else base._seen_as(operator, params)

    def _seen_as(self, operator: Operator, params: tuple[Any, ...]) -> Any:
        """Return a view of the tangent, which is brought into the primal's order if need be."""
        try:
            return operator.call(self.tangent, *params)
        except RuntimeError:
            tangent, self._tangent = self.tangent, below.empty_like(self.primal.detach())
            self._tangent.copy_(tangent)
            return operator.call(self._tangent, *params)

    def writable(self) -> Any:
        """Return the tangent to write into: nobody else's but for views, zeros if there was none.

        One that was computed may be that of an argument.
        """
        if self._base is not None:
            self._base[0].writable()
            return self.tangent
        if self.tangent is None:
            self._tangent = below.zeros_like(self.primal.detach())
        elif not self._owned:
            self._tangent = below.clone(self.tangent)
        self._owned = True
        return self._tangent

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of both parts."""
        return self.primal._array.shape  # type: ignore[no-any-return]

    @property
    def dtype(self) -> dtype:
        """The dtype of both parts."""
        return self.primal._dtype  # type: ignore[no-any-return]


# Their backward leaves rows out, or divides them, by convention: it is not the transpose.
_LOOKED_UP: Final = ("embedding",)


class DualKernels(Kernels):
    """The vocabulary on dual numbers.

    Parameters
    ----------
    ground : Kernels
        The table of the level below.
    """

    array_type = Dual

    def __init__(self, ground: Kernels) -> None:
        super().__init__(ground.backend, ground.device)
        self.ground = ground
        self.level = next_level()
        self.open = True
        self._taken: list[weakref.ref[Any]] = []
        self.dtypes = Identity()

    def __getattr__(self, name: str) -> Callable[..., Any]:
        operator = operators.get(name)
        if operator is None:
            return self._of_memory(name)
        if operator.form == "composite" or not (operator.rules or operator.joint):
            kernel = self._through_body(operator)
        elif operator.view and operator.outputs is None:
            kernel = self._view(operator)
        elif name in _LOOKED_UP:
            kernel = self._looked_up(operator)
        else:
            kernel = self._by_rules(operator)
        setattr(self, name, kernel)
        return kernel

    # --------------------------------------------------------------------------------- the rules

    def _through_body(self, operator: Operator) -> Callable[..., Any]:
        if operator.form == "composite" and operator.body is not None:
            return through_tensors(self, operator.body)

        def constant(*args: Any) -> Any:
            # Comparisons and the like: nothing flows through them.
            return self.lifted(operator.call(*map(_primal, args)))

        return constant

    def _view(self, operator: Operator) -> Callable[..., Any]:
        """Return the kernel of a view: itself, on the tangent, which it shares with its base."""

        def kernel(x: Dual, *params: Any) -> Dual:
            return Dual(self, operator.call(x.primal, *params), base=(x, operator, params))

        return kernel

    def _looked_up(self, operator: Operator) -> Callable[..., Any]:
        """Return the kernel of a table that is looked up: tangents are, too."""

        def kernel(x: Dual, *others: Any) -> Dual:
            given = [*map(_primal, others)]
            tangent = None if x.tangent is None else operator.call(x.tangent, *given)
            return Dual(self, operator.call(x.primal, *given), tangent)

        return kernel

    def _by_rules(self, operator: Operator) -> Callable[..., Any]:
        """Return a kernel from the partial derivatives, or from the transposes of the backward."""
        number = len(operator.arguments)

        def kernel(*args: Any) -> Any:
            arrays, params = args[:number], args[number:]
            values = {
                name: _primal(array)
                for name, array in zip(operator.array_names, arrays, strict=True)
            }
            out = operator.call(*values.values(), *params)
            outs = [out] if operator.outputs is None else list(out)
            tangents: list[Any] = []
            for name in operator.differentiable:
                array = arrays[operator.array_names.index(name)]
                if isinstance(array, (list, tuple)):
                    tangents += [_tangent(each) for each in array]
                else:
                    tangents.append(_tangent(array))
            if all(tangent is None for tangent in tangents):
                found = self.lifted(outs)
                return found[0] if operator.outputs is None else found
            values.update(zip(operator.params, params, strict=True))
            values.update({f"{n}_shape": _shape(values[n]) for n in operator.array_names})
            values.update(zip(operator.output_names, outs, strict=False))
            shapes = [each._array.shape for each in outs]
            values["out_shape"] = shapes[0] if operator.outputs is None else shapes
            values["needs"] = tuple(tangent is not None for tangent in tangents)
            whole = [*outs, *(tangent for tangent in tangents if tangent is not None)]
            diagonal = operator.form == "elementwise" and operator.joint is None
            if diagonal and not any(tensor._dtype.is_complex for tensor in whole):
                # The Jacobian is diagonal, so that its transpose is itself, but for broadcasting.
                parts = [
                    pulled_back(operator, below, {**values, "g": tangent, "needs": needs})[i]
                    for i, tangent, needs in _one_by_one(tangents)
                ]
                return self._dual(out, parts)
            duals = [
                Dual(self, each, tangent)
                for each, tangent in zip(
                    outs, pushed(operator, values, outs, tangents), strict=True
                )
            ]
            return duals[0] if operator.outputs is None else duals

        return kernel

    def _dual(self, out: Any, parts: list[Any]) -> Dual:
        """Return a result with the sum of the parts of its tangent."""
        if not (out._dtype.is_floating_point or out._dtype.is_complex):
            parts = []
        total = None
        for part in parts:
            embedded = embed(part, out._array.shape, out._dtype)
            total = embedded if total is None else total + embedded
        return Dual(self, out, total)

    # -------------------------------------------------------------------------------- the ground

    def lifted(self, tensor: Any) -> Any:
        """Return a tensor of the level below, or several, as a constant of this level."""
        if isinstance(tensor, (tuple, list)):
            return [self.lifted(each) for each in tensor]
        return Dual(self, tensor, None)

    def lift(self, tensor: Any) -> Any:
        """Return a tensor of any lower level as a tensor of this one."""
        if tensor._table.level < self.ground.level:
            tensor = self.ground.lift(tensor)
        return lifted_history(new_tensor(self.lifted(tensor), self, tensor._dtype), tensor)

    def own(self, tensor: Any) -> Any:
        """Return a new tensor made like one of this level: a constant, until it is written into."""
        ground: Any = self.ground
        return ground.own(tensor) if ground.level else tensor

    def wrap(self, result: Any) -> Any:
        return result if isinstance(result, Dual) else self.lifted(result)

    def detached(self, tensor: Any) -> Any:
        """Return a tensor of this level as one of the level below that does not vary."""
        return tensor._array.primal.detach()

    def raw_dtype(self, dtype: dtype) -> Any:
        return dtype

    def cast(self, x: Dual, dtype: dtype) -> Dual:
        if x.dtype is dtype:
            return x
        flows = x.tangent is not None and (dtype.is_floating_point or dtype.is_complex)
        tangent = below.cast(x.tangent, dtype) if flows else None
        return Dual(self, below.cast(x.primal, dtype), tangent)

    def copy(self, x: Dual) -> Dual:
        tangent = None if x.tangent is None else below.clone(x.tangent)
        return Dual(self, below.clone(x.primal), tangent)

    def scalar(self, value: complex, dtype: dtype) -> Dual:
        return self.lifted(new_tensor(self.ground.scalar(value, dtype), self.ground, dtype))  # type: ignore[no-any-return]

    def zeros(self, shape: tuple[int, ...], dtype: dtype) -> Dual:
        return self.lifted(new_tensor(self.ground.zeros(shape, dtype), self.ground, dtype))  # type: ignore[no-any-return]

    def from_host(self, array: Any) -> Dual:
        raw = self.ground.from_host(array)
        kind = self.ground.dtypes[raw.dtype]
        return self.lifted(new_tensor(raw, self.ground, kind))  # type: ignore[no-any-return]

    def assign(self, x: Dual, value: Any) -> Dual:
        """Write into the memory of both parts, so that views see it."""
        given = self.wrap(value)
        if given.tangent is not None or x.tangent is not None:
            into = x.writable()
            into.copy_(given.tangent) if given.tangent is not None else into.zero_()
        x.primal.copy_(given.primal)
        return x

    def fill_(self, x: Dual, value: Any) -> Dual:
        if x.tangent is not None:
            x.writable().zero_()
        x.primal.fill_(value)
        return x

    def add_into(self, x: Dual, value: Dual) -> Dual:
        total: Dual = self.add(x, value)
        return total

    def take_over(self, tensor: Any) -> None:
        """Let a tensor of a lower level be one of this level, until `release`.

        So that what varies can be written into it.
        """
        view = tensor._meta.view if tensor._meta is not None else None
        base = tensor if view is None else view.base
        if base._table is not self:
            aliases = live_views(base)
            self._take(base, None)
            for alias in aliases:
                steps = meta_of(alias).view.steps
                self._take(alias, (base._array, operators["view_of"], (steps,)))

    def _take(self, tensor: Any, base: Any) -> None:
        primal = new_tensor(tensor._array, tensor._table, tensor._dtype)
        primal._cell, primal._edge = tensor._cell, tensor._edge
        if primal._table is not self.ground:
            primal = self.ground.lift(primal)
        tensor._array, tensor._table = Dual(self, primal, base=base), self
        tensor._edge = None
        self._taken.append(weakref.ref(tensor))

    def release(self) -> None:
        """End the level: nothing has a tangent, and what was taken over is what it was."""
        self.open = False
        for reference in self._taken:
            tensor = reference()
            if tensor is not None and tensor._table is self:
                primal = tensor._array.primal
                tensor._array, tensor._table = primal._array, primal._table
                tensor._edge = primal._edge
        self._taken.clear()

    def _of_memory(self, name: str) -> Callable[..., Any]:
        """Return what a table tells about arrays in memory: here, about the primals'."""
        ask = getattr(self.ground, name)
        return lambda *args: ask(*(_primal(x)._array if isinstance(x, Dual) else x for x in args))

    def to_host(self, x: Dual) -> Any:
        return self.ground.to_host(x.primal._array)

    def shares_memory(self, x: Any, y: Any) -> bool:
        return True

    def is_contiguous(self, x: Dual) -> bool:
        return bool(x.primal.is_contiguous())

    def strides(self, x: Dual) -> tuple[int, ...]:
        return tuple(x.primal.stride())

    def is_dense(self, x: Any) -> bool:
        return True


def _primal(value: Any) -> Any:
    """Return a raw array of a dual level, or several, as tensors of the level below."""
    if isinstance(value, (list, tuple)):
        return type(value)(map(_primal, value))
    return value.primal if isinstance(value, Dual) else value


def _tangent(value: Any) -> Any:
    """Return the tangent of a raw array that varies, or those of a list of which one does."""
    if not isinstance(value, (list, tuple)):
        return value.tangent if isinstance(value, Dual) else None
    if all(_tangent(each) is None for each in value):
        return None
    return [filled(each) for each in value]


def filled(value: Dual) -> Any:
    """Return the tangent of a raw array, zeros if it does not vary."""
    return below.zeros_like(value.primal.detach()) if value.tangent is None else value.tangent


def _shape(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return [each._array.shape for each in value]
    return value._array.shape if hasattr(value, "_array") else ()


def _one_by_one(tangents: list[Any]) -> Iterator[tuple[int, Any, tuple[bool, ...]]]:
    """Yield each tangent that there is, its number, and the `needs` of it alone."""
    for number, tangent in enumerate(tangents):
        if tangent is not None:
            yield number, tangent, tuple(i == number for i in range(len(tangents)))
