"""Complex tensors made of two real ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from plugrad import dtypes
from plugrad.operators.dimensions import apply
from plugrad.operators.options import tensor_given
from plugrad.vocabulary.forms import function, primitive

if TYPE_CHECKING:
    from plugrad.tensor import Tensor


def _check(name: str, first: str, second: str) -> Any:
    def check(x: Any, y: Any) -> None:
        tensor_given(name, first, x)
        tensor_given(name, second, y)
        for tensor in (x, y):
            if tensor._dtype not in (dtypes.float32, dtypes.float64):
                raise RuntimeError(
                    f"{name}(): {first} and {second} must be of plugrad.float32 or "
                    f"plugrad.float64, not of {tensor._dtype}"
                )

    return check


primitive(
    "complex", "real, imag", check=_check("complex", "real", "imag"),
    real=lambda k, g: k.real(g), imag=lambda k, g: k.imag(g),
)  # fmt: skip

primitive(
    "polar", "abs, angle", check=_check("polar", "abs", "angle"),
    body=lambda k, abs, angle: k.complex(abs * k.cos(angle), abs * k.sin(angle)),
    abs=lambda k, g, out: k.real(k.conj(g) * k.sgn(out)),
    angle=lambda k, g, out: k.real(k.conj(g) * (out * 1j)),
)  # fmt: skip


@function("function", names="complex")
def _complex(real: Tensor, imag: Tensor, *, out: Any = None) -> Tensor:
    """Return complex numbers of the given real and imaginary parts.

    Parameters
    ----------
    real, imag : Tensor
        Of one dtype, float32 or float64; they broadcast.
    out : Tensor, optional

    Returns
    -------
    Tensor

    Raises
    ------
    RuntimeError
        If the dtypes differ, or are others.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.complex(plugrad.tensor([1.0, 2.0]), plugrad.tensor([3.0, 4.0]))
    tensor([1.+3.j, 2.+4.j])
    """
    return apply("complex", (real, imag), (), out)  # type: ignore[no-any-return]


@function("function")
def polar(abs: Tensor, angle: Tensor, *, out: Any = None) -> Tensor:
    """Return complex numbers of the given absolute values and angles.

    Parameters
    ----------
    abs, angle : Tensor
        Of one dtype, float32 or float64; they broadcast.
    out : Tensor, optional

    Returns
    -------
    Tensor
        ``abs * (cos(angle) + 1j * sin(angle))``.

    Raises
    ------
    RuntimeError
        If the dtypes differ, or are others.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.polar(plugrad.tensor([2.0]), plugrad.tensor([0.0]))
    tensor([2.+0.j])
    """
    return apply("polar", (abs, angle), (), out)  # type: ignore[no-any-return]
