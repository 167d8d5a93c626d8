"""The arithmetic, comparing and bitwise operators of Python, on tensors.

Beside a foreign operand each returns NotImplemented, so that its type may have a say, and Python
raises `TypeError` where it has none. ``+ - * /`` are on the hot path: each is the compiled function
of its operator itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy

from plugrad import dtypes
from plugrad.autograd.tape import TensorBase, new_tensor
from plugrad.operators import arithmetic, comparison, powers  # noqa: F401  # what is used here
from plugrad.vocabulary.arguments import is_number
from plugrad.vocabulary.registry import functions, methods, operators
from plugrad.vocabulary.specialise import binary_dunder

__all__: list[str] = []

Binary = Callable[[Any, Any], Any]

for _symbol, _name in {
    "add": "add", "sub": "sub", "mul": "mul", "truediv": "div",
    "and": "bitwise_and", "or": "bitwise_or", "xor": "bitwise_xor",
    "lshift": "bitwise_left_shift", "rshift": "bitwise_right_shift",
    "eq": "eq", "ne": "ne", "lt": "lt", "le": "le", "gt": "gt", "ge": "ge",
}.items():  # fmt: skip
    methods[f"__{_symbol}__"] = binary_dunder(operators[_name], f"__{_symbol}__")


def _also_arrays(symbol: str) -> None:
    """Let a comparison take NumPy arrays, too: in PyTorch, ``==`` does, and no other."""
    compare = methods[symbol]

    def method(self: Any, other: Any) -> Any:
        if isinstance(other, numpy.ndarray) and other.ndim:
            other = functions["as_tensor"](other)
        return compare(self, other)

    method.__name__ = method.__qualname__ = symbol
    methods[symbol] = method


_also_arrays("__eq__")

# What commutes is the same function with the operands the other way round.
for _symbol in ("add", "mul", "and", "or", "xor"):
    methods[f"__r{_symbol}__"] = methods[f"__{_symbol}__"]


def _dunder(symbol: str) -> Callable[[Binary], Binary]:
    """Make a function the method ``__symbol__``; what it is not meant for is NotImplemented."""

    def declare(compute: Binary) -> Binary:
        def method(self: Any, other: Any) -> Any:
            if isinstance(other, TensorBase) or is_number(other):
                return compute(self, other)
            return NotImplemented

        method.__name__ = method.__qualname__ = f"__{symbol}__"
        methods[method.__name__] = method
        return compute

    return declare


_dunder("mod")(functions["remainder"])
_dunder("floordiv")(functions["floor_divide"])
_reciprocal, _pow_scalar, _rsub_scalar = (
    operators[name] for name in ("reciprocal", "pow_scalar", "rsub_scalar")
)


def _power(self: Any, exponent: Any) -> Any:
    kind = exponent.__class__
    if (kind is int or kind is float) and self._dtype.weak_scalar:
        return _pow_scalar.call(self, exponent)
    if isinstance(exponent, TensorBase) or is_number(exponent):
        return powers.pow(self, exponent)
    return NotImplemented


def _reflected_difference(self: Any, other: Any) -> Any:
    kind = other.__class__
    if (kind is int or kind is float) and self._dtype.weak_scalar:
        return _rsub_scalar.call(self, other)
    if isinstance(other, TensorBase) or is_number(other):
        return functions["rsub"](self, other)
    return NotImplemented


def _reflected_quotient(self: Any, other: Any) -> Any:
    return _reciprocal.call(self) * other


methods["__pow__"] = _power
methods["__rsub__"] = _reflected_difference
methods["__rtruediv__"] = methods["__rdiv__"] = _reflected_quotient
methods["__div__"] = methods["__truediv__"]


@_dunder("rpow")
def _reflected_power(self: Any, base: Any) -> Any:
    return powers.pow(base, self)


def _reflect(symbol: str, public: Binary) -> None:
    """Define ``__rsymbol__`` as a function with its operands the other way round."""

    def compute(self: Any, other: Any) -> Any:
        return public(other, self)

    _dunder(f"r{symbol}")(compute)


_reflect("floordiv", functions["floor_divide"])
_reflect("mod", functions["remainder"])
_reflect("lshift", operators["bitwise_left_shift"].call)
_reflect("rshift", operators["bitwise_right_shift"].call)


# ------------------------------------------------------------------------------------------ unary


def _inverted(self: Any) -> Any:
    if self._dtype.is_floating_point or self._dtype.is_complex:
        raise TypeError(f"~ is for integers and bool, not for a tensor of {self._dtype}")
    return operators["bitwise_not"].call(self)


methods["__neg__"] = functions["neg"]
methods["__pos__"] = functions["positive"]
methods["__abs__"] = functions["abs"]
methods["__invert__"] = _inverted


# --------------------------------------------------------------------------------------- in place

for _symbol, _name in {
    "add": "add_", "sub": "sub_", "mul": "mul_", "truediv": "div_", "floordiv": "floor_divide_",
    "mod": "remainder_", "pow": "pow_", "and": "bitwise_and_", "or": "bitwise_or_",
    "xor": "bitwise_xor_", "lshift": "bitwise_left_shift_", "rshift": "bitwise_right_shift_",
}.items():  # fmt: skip
    _dunder(f"i{_symbol}")(methods[_name])


# ----------------------------------------------------------------------------------------- others


def _matrix_product(self: Any, other: Any) -> Any:
    return functions["matmul"](self, other) if isinstance(other, TensorBase) else NotImplemented


def _reflected_matrix_product(self: Any, other: Any) -> Any:
    return functions["matmul"](other, self) if isinstance(other, TensorBase) else NotImplemented


def _wrapped(
    self: Any, array: numpy.ndarray[Any, Any], context: Any = None, return_scalar: bool = False
) -> Any:
    """Return what a NumPy function has computed from this tensor, as a tensor."""
    kind = dtypes.from_numpy_dtype(array.dtype)
    return new_tensor(numpy.asarray(array), self._table, kind)


methods["__matmul__"] = _matrix_product
methods["__rmatmul__"] = _reflected_matrix_product
methods["__array_wrap__"] = _wrapped
