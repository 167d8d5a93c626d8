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

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any, Final

from plugrad.autograd.gradients import grad
from plugrad.autograd.modes import mode
from plugrad.autograd.tape import new_tensor
from plugrad.backends.protocol import Kernels
from plugrad.dtypes import dtype
from plugrad.vocabulary.registry import Operator, operators
from plugrad.vocabulary.registry import tensor_table as below

__all__ = ["Dual", "DualKernels", "embed", "jvp"]

_level: Final = count(1).__next__


class Dual:
    """A raw array of a dual level: a value, and its derivative along one direction.

    Attributes
    ----------
    primal, tangent : Tensor
        Of the level below, of one shape and dtype.
    table : DualKernels
    """

    __slots__ = ("primal", "table", "tangent")

    def __init__(self, table: DualKernels, primal: Any, tangent: Any) -> None:
        self.table = table
        self.primal = primal
        self.tangent = tangent

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of both parts."""
        return self.primal._array.shape  # type: ignore[no-any-return]

    @property
    def dtype(self) -> dtype:
        """The dtype of both parts."""
        return self.primal._dtype  # type: ignore[no-any-return]


def _dunder(name: str, swapped: bool = False) -> Callable[[Dual, Any], Dual]:
    """Rules are written with arithmetic operators: on duals these are kernels too."""

    def operate(self: Dual, other: Any) -> Dual:
        table = self.table
        if not isinstance(other, Dual):
            other = table.scalar(other, self.dtype)
        kernel = getattr(table, name)
        result: Dual = kernel(other, self) if swapped else kernel(self, other)
        return result

    return operate


for _symbol, _name in {
    "add": "add", "sub": "sub", "mul": "mul", "truediv": "div", "pow": "pow",
    "lt": "lt", "le": "le", "gt": "gt", "ge": "ge",
}.items():  # fmt: skip
    setattr(Dual, f"__{_symbol}__", _dunder(_name))
    setattr(Dual, f"__r{_symbol}__", _dunder(_name, swapped=True))
setattr(Dual, "__neg__", lambda self: self.table.neg(self))  # noqa: B010


def embed(tangent: Any, shape: tuple[int, ...], kind: dtype) -> Any:
    """Return `tangent` in the vector space of its output: broadcast to its shape, of its dtype.

    The twin of `plugrad.autograd.engine.project`, for derivatives that flow forwards.
    """
    if tangent._array.shape != shape:
        tangent = below.expand(tangent, shape)
    return below.cast(tangent, kind)


class DualKernels(Kernels):
    """The vocabulary on dual numbers.

    Parameters
    ----------
    ground : Kernels
        The table of the level below.
    """

    array_type = Dual
    views = False
    mutable = False

    def __init__(self, ground: Kernels) -> None:
        super().__init__(ground.backend, ground.device)
        self.ground = ground
        self.level = _level()
        self.dtypes = _Identity()

    def __getattr__(self, name: str) -> Callable[..., Any]:
        operator = operators.get(name)
        if operator is None:
            raise AttributeError(f"no operator is called {name!r}")
        if operator.form == "composite" or not (operator.rules or operator.joint):
            kernel = self._through_body(operator)
        elif operator.form == "linear":
            kernel = self._linear(operator)
        else:
            kernel = self._by_rules(operator)
        setattr(self, name, kernel)
        return kernel

    # --------------------------------------------------------------------------------- the rules

    def _through_body(self, operator: Operator) -> Callable[..., Any]:
        if operator.form == "composite" and operator.body is not None:
            body = operator.body
            return lambda *args: body(self, *args)

        def constant(*args: Any) -> Any:
            # Comparisons and the like: nothing flows through them.
            primals = [arg.primal if isinstance(arg, Dual) else arg for arg in args]
            return self.lifted(operator.call(*primals))

        return constant

    def _linear(self, operator: Operator) -> Callable[..., Any]:
        """Return the kernel of an operator linear in each array: itself, on each tangent."""
        number = len(operator.arguments)

        def kernel(*args: Any) -> Dual:
            arrays, params = args[:number], args[number:]
            primals = [array.primal for array in arrays]
            out = operator.call(*primals, *params)
            tangent = None
            for position, name in enumerate(operator.array_names):
                if name in operator.differentiable:
                    changed = [*primals]
                    changed[position] = arrays[position].tangent
                    part = operator.call(*changed, *params)
                    tangent = part if tangent is None else tangent + part
            return Dual(self, out, embed(tangent, out._array.shape, out._dtype))

        return kernel

    def _by_rules(self, operator: Operator) -> Callable[..., Any]:
        """Return a kernel from the partial derivatives, or from the transposes of the backward."""
        number = len(operator.arguments)

        def kernel(*args: Any) -> Dual:
            arrays, params = args[:number], args[number:]
            values = {
                name: array.primal if isinstance(array, Dual) else array
                for name, array in zip(operator.array_names, arrays, strict=True)
            }
            out = operator.call(*values.values(), *params)
            values.update(zip(operator.params, params, strict=True))
            values.update({f"{n}_shape": values[n]._array.shape for n in operator.array_names})
            values.update(out=out, out_shape=out._array.shape)
            tangent = None
            for name in operator.differentiable:
                array = arrays[operator.array_names.index(name)]
                part = self._push(operator, name, values, array.tangent, out)
                part = embed(part, out._array.shape, out._dtype)
                tangent = part if tangent is None else tangent + part
            return Dual(self, out, tangent)

        return kernel

    def _push(self, op: Operator, name: str, values: dict[str, Any], t: Any, out: Any) -> Any:
        rule = op.rules[name]

        def pull(g: Any) -> Any:
            given = {**values, "g": g, "k": below}
            return rule.function(*(given[wanted] for wanted in rule.names))

        if op.form == "elementwise":
            # The Jacobian is diagonal, so that its transpose is itself, but for broadcasting.
            return pull(t)
        # A pullback is linear in the gradient, and the transpose of a transpose is the map itself.
        with _recording():
            cotangent = below.zeros_like(out.detach()).requires_grad_()
            pulled = pull(cotangent)
            (pushed,) = grad(pulled, cotangent, t, create_graph=True)
        return pushed

    # -------------------------------------------------------------------------------- the ground

    def lifted(self, tensor: Any) -> Any:
        """Return a tensor of the level below, or several, as a constant of this level."""
        if isinstance(tensor, (tuple, list)):
            return [self.lifted(each) for each in tensor]
        return Dual(self, tensor, below.zeros_like(tensor.detach()))

    def lift(self, tensor: Any) -> Any:
        """Return a tensor of any lower level as a tensor of this one."""
        if tensor._table.level < self.ground.level:
            tensor = self.ground.lift(tensor)
        return new_tensor(self.lifted(tensor), self, tensor._dtype)

    def wrap(self, result: Any) -> Any:
        return result if isinstance(result, Dual) else self.lifted(result)

    def raw_dtype(self, dtype: dtype) -> Any:
        return dtype

    def cast(self, x: Dual, dtype: dtype) -> Dual:
        if x.dtype is dtype:
            return x
        return Dual(self, below.cast(x.primal, dtype), below.cast(x.tangent, dtype))

    def copy(self, x: Dual) -> Dual:
        return x

    def scalar(self, value: complex, dtype: dtype) -> Dual:
        return self.lifted(new_tensor(self.ground.scalar(value, dtype), self.ground, dtype))  # type: ignore[no-any-return]

    def zeros(self, shape: tuple[int, ...], dtype: dtype) -> Dual:
        return self.lifted(new_tensor(self.ground.zeros(shape, dtype), self.ground, dtype))  # type: ignore[no-any-return]

    def assign(self, x: Dual, value: Any) -> Dual:
        return self.wrap(value)  # type: ignore[no-any-return]

    def add_into(self, x: Dual, value: Dual) -> Dual:
        total: Dual = self.add(x, value)
        return total

    def shares_memory(self, x: Any, y: Any) -> bool:
        return True

    def is_contiguous(self, x: Dual) -> bool:
        return bool(x.primal.is_contiguous())

    def strides(self, x: Dual) -> tuple[int, ...]:
        return tuple(x.primal.stride())

    def is_dense(self, x: Any) -> bool:
        return True


class _Identity(dict[Any, dtype]):
    """The dtypes of dual arrays are plugrad's own."""

    def __missing__(self, kind: dtype) -> dtype:
        return kind


@contextmanager
def _recording() -> Iterator[None]:
    previous = mode.grad
    mode.record(True)
    try:
        yield
    finally:
        mode.record(previous)


def jvp(func: Callable[..., Any], primals: tuple[Any, ...], tangents: tuple[Any, ...]) -> Any:
    """Return ``func(*primals)`` and its derivative along `tangents`, by one forward pass.

    Parameters
    ----------
    func : callable
        From tensors to a tensor, or a tuple or list of them.
    primals, tangents : tuple of Tensor
        Pairs of one shape and dtype.

    Returns
    -------
    output, derivative : Tensor or tuple of Tensor

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.transforms.duals import jvp
    >>> x = plugrad.tensor(2.0)
    >>> jvp(lambda x: x * x * x, (x,), (plugrad.tensor(1.0),))
    (tensor(8.), tensor(12.))
    """
    highest = max(primals, key=lambda tensor: tensor._table.level)._table
    table = DualKernels(highest)
    mode.slow_down("a transform is active")
    try:
        duals = []
        for primal, tangent in zip(primals, tangents, strict=True):
            raw = Dual(table, _on(highest, primal), _on(highest, tangent))
            duals.append(new_tensor(raw, table, primal._dtype))
        out = func(*duals)
    finally:
        mode.speed_up("a transform is active")
    if not isinstance(out, (tuple, list)):
        return _parts(out, table)
    pairs = [_parts(each, table) for each in out]
    return tuple(value for value, _ in pairs), tuple(derivative for _, derivative in pairs)


def _parts(out: Any, table: DualKernels) -> tuple[Any, Any]:
    if out._table is not table:
        # It does not depend on what was varied here.
        return out, below.zeros_like(out.detach())
    return out._array.primal, out._array.tangent


def _on(table: Any, tensor: Any) -> Any:
    return tensor if tensor._table is table else table.lift(tensor)
