"""How functions of the standard are declared that differ from plugrad's in names alone.

>>> acos = unary("acos", "the inverse cosine of each element")
>>> acos(plugrad.tensor([1.0, 0.0]))
tensor([0.0000, 1.5708])

A form is a signature of the standard's. Each declared function has it, calls plugrad's, and says in
its docstring which one that is, for there its conventions, its gradient and an example stand.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pkgutil import resolve_name
from typing import Any, TypeAlias, TypeVar

import plugrad
from plugrad import Tensor, dtype
from plugrad.array_api.operands import Axes, dims_of, laid_out, promoted

__all__ = ["binary", "extreme", "logical", "position", "transform", "transform_over", "unary"]

Unary: TypeAlias = Callable[[Tensor], Tensor]
Binary: TypeAlias = Callable[[Any, Any], Tensor]
_Function = TypeVar("_Function", bound=Callable[..., Any])


def named(function: _Function, name: str, what: str, canonical: str, module: str) -> _Function:
    """Give a function that a form made its name and its docstring.

    Parameters
    ----------
    function : callable
    name : str
        In the standard.
    what : str
        It returns.
    canonical : str
        Which function of plugrad it calls.
    module : str
        What declares it.
    """
    function.__name__ = function.__qualname__ = name
    function.__module__ = module
    function.__doc__ = f"Return {what}: `plugrad.{canonical}`, in the standard's signature."
    function.canonical = canonical  # type: ignore[attr-defined]
    return function


_ELEMENTWISE = "plugrad.array_api.elementwise"


def unary(name: str, what: str, canonical: str = "") -> Unary:
    """Declare an elementwise function of one array."""
    called = getattr(plugrad, canonical or name)

    def elementwise(x: Tensor, /) -> Tensor:
        return called(x)

    return named(elementwise, name, what, canonical or name, _ELEMENTWISE)


def binary(name: str, what: str, canonical: str = "") -> Binary:
    """Declare an elementwise function of two arrays, or of an array and a Python number."""
    called = getattr(plugrad, canonical or name)

    def elementwise(x1: Any, x2: Any, /) -> Tensor:
        return called(*promoted(x1, x2))

    return named(elementwise, name, what, canonical or name, _ELEMENTWISE)


def extreme(name: str, what: str, canonical: str) -> Callable[..., Tensor]:
    """Declare a reduction over any axes whose result has the dtype of its input."""
    called = getattr(plugrad, canonical)

    def reduction(x: Tensor, /, *, axis: Axes = None, keepdims: bool = False) -> Tensor:
        return called(**laid_out(x, axis, keepdims))

    return named(reduction, name, what, canonical, "plugrad.array_api.reductions")


def logical(name: str, what: str) -> Callable[..., Tensor]:
    """Declare a reduction to bool; PyTorch's would give uint8 for uint8."""
    called = getattr(plugrad, name)

    def reduction(x: Tensor, /, *, axis: Axes = None, keepdims: bool = False) -> Tensor:
        return called(**laid_out(x != 0, axis, keepdims))

    return named(reduction, name, what, name, "plugrad.array_api.reductions")


def position(name: str, what: str) -> Callable[..., Tensor]:
    """Declare a reduction to the position of an element."""
    called = getattr(plugrad, name)

    def search(x: Tensor, /, *, axis: int | None = None, keepdims: bool = False) -> Tensor:
        return called(x, dim=axis, keepdim=keepdims)

    return named(search, name, what, name, "plugrad.array_api.searching")


def transform(name: str, what: str) -> Callable[..., Tensor]:
    """Declare a Fourier transform along one axis."""
    called = resolve_name(f"plugrad.fft:{name}")

    def fourier(
        x: Tensor, /, *, n: int | None = None, axis: int = -1, norm: str = "backward"
    ) -> Tensor:
        return called(x, n=n, dim=axis, norm=norm)

    return named(fourier, name, what, f"fft.{name}", "plugrad.array_api.fft")


def transform_over(name: str, what: str) -> Callable[..., Tensor]:
    """Declare a Fourier transform along several axes."""
    called = resolve_name(f"plugrad.fft:{name}")

    def fourier(
        x: Tensor,
        /,
        *,
        s: Sequence[int] | None = None,
        axes: Sequence[int] | None = None,
        norm: str = "backward",
    ) -> Tensor:
        return called(x, s=s, dim=axes, norm=norm)

    return named(fourier, name, what, f"fft.{name}", "plugrad.array_api.fft")


def shift(name: str, what: str) -> Callable[..., Tensor]:
    """Declare a rotation of frequencies along axes."""
    called = resolve_name(f"plugrad.fft:{name}")

    def rotation(x: Tensor, /, *, axes: int | Sequence[int] | None = None) -> Tensor:
        named_axes = axes if axes is None or isinstance(axes, int) else tuple(axes)
        return called(x, dim=dims_of(x, named_axes))

    return named(rotation, name, what, f"fft.{name}", "plugrad.array_api.fft")


def frequencies(name: str, what: str) -> Callable[..., Tensor]:
    """Declare a list of the frequencies of a transform."""
    called = resolve_name(f"plugrad.fft:{name}")

    def listing(
        n: int, /, *, d: float = 1.0, dtype: dtype | None = None, device: Any = None
    ) -> Tensor:
        return called(n, d=d, dtype=dtype, device=device)

    return named(listing, name, what, f"fft.{name}", "plugrad.array_api.fft")
