"""Discrete Fourier transforms.

Three operators do the work, as in PyTorch: complex to complex, real to complex, complex to real.
The functions of `plugrad.fft` bring their input to the dtype and the sizes that one of them takes.
Their arguments are the same everywhere:

input : Tensor
    Of float32, float64 or a complex dtype; integers are taken as the default dtype.
n, s : int, sequence of int, optional
    The sizes to transform, to which the input is cut or filled with zeros; -1 for as it is. Where
    the result is real, the last one is that of the result.
dim : int, sequence of int, optional
    The dimensions to transform.
norm : {"forward", "backward", "ortho"}, optional
    Which direction is divided by the number of elements; ``"ortho"`` divides both by its root. By
    default ``"backward"``.
out : Tensor, optional
    Where to write the result.
"""

from __future__ import annotations

from typing import Any, Final

from plugrad import dtypes
from plugrad.operators.dimensions import into, require_tensor
from plugrad.operators.options import integer_given
from plugrad.shapes import normalize_dim, normalize_dims
from plugrad.size import is_int
from plugrad.vocabulary.forms import primitive
from plugrad.vocabulary.observers import shown_as
from plugrad.vocabulary.registry import tensor_table as k

__all__ = [
    "fft",
    "fft2",
    "fftn",
    "hfft",
    "hfft2",
    "hfftn",
    "ifft",
    "ifft2",
    "ifftn",
    "ihfft",
    "ihfft2",
    "ihfftn",
    "irfft",
    "irfft2",
    "irfftn",
    "rfft",
    "rfft2",
    "rfftn",
    "scaling",
]

# --------------------------------------------------------------------------------- the operators

# `scale` is what the sum is divided by: "one", the "root" of the number of elements, or "all".

primitive(
    "fft_c2c", "x; dims, scale, forward", node="FftC2CBackward0", aten="aten::_fft_c2c",
    x=lambda k, g, dims, scale, forward: k.fft_c2c(g, dims, scale, not forward),
)  # fmt: skip

# Of a real signal, the frequencies beyond half are the conjugates of those before, and left out.
# So each of those between the first and the middle one stands for two.
primitive(
    "scale_paired", "x; dim, size, factor",
    x=lambda k, g, dim, size, factor: k.scale_paired(g, dim, size, factor),
)  # fmt: skip


def _r2c_rule(k: Any, g: Any, x_shape: Any, dims: Any, scale: Any, onesided: Any) -> Any:
    if not onesided:
        return k.real(k.fft_c2c(g, dims, scale, False))
    size = x_shape[dims[-1]]
    return k.fft_c2r(k.scale_paired(g, dims[-1], size, 0.5), dims, scale, size)


primitive(
    "fft_r2c", "x; dims, scale, onesided", node="FftR2CBackward0", aten="aten::_fft_r2c",
    x=_r2c_rule,
)  # fmt: skip

primitive(
    "fft_c2r", "x; dims, scale, size", node="FftC2RBackward0", aten="aten::_fft_c2r",
    x=lambda k, g, dims, scale, size: k.scale_paired(
        k.fft_r2c(g, dims, scale, True), dims[-1], size, 2.0
    ),
)  # fmt: skip

# ------------------------------------------------------------------------------ reading arguments

_SCALES: Final = {"backward": "one", "forward": "all", "ortho": "root"}


def scaling(name: str, norm: Any, forward: bool) -> str:
    """Return what the operators call the normalization `norm` of one direction.

    Raises
    ------
    RuntimeError
        If there is no such normalization.
    """
    norm = "backward" if norm is None else norm
    if not isinstance(norm, str):
        raise TypeError(f"{name}(): norm must be a str, not {type(norm).__name__}")
    if norm not in _SCALES:
        raise RuntimeError(f"{name}(): norm is 'forward', 'backward' or 'ortho', not {norm!r}")
    if forward:
        return _SCALES[norm]
    return {"backward": "all", "forward": "one", "ortho": "root"}[norm]


def _promoted(name: str, input: Any, kind: str) -> Any:
    """Return the input in a dtype that can be transformed: ``"real"``, ``"complex"`` or ``"any"``.

    Raises
    ------
    RuntimeError
        For half precision, and for complex numbers where real ones are needed.
    """
    require_tensor(name, input)
    found = input._dtype
    if kind == "real" and found.is_complex:
        raise RuntimeError(f"{name}() transforms real numbers, not {found}; use fft()")
    wanted = found
    if not (found.is_floating_point or found.is_complex):
        wanted = dtypes.get_default_dtype()
    if wanted.low_precision:
        raise RuntimeError(f"{name}() does not work on {wanted}; convert with .float()")
    if kind == "complex" and not wanted.is_complex:
        wanted = wanted.to_complex()
    return input if wanted is found else k.cast(input, wanted)


def _positive(name: str, size: int) -> int:
    if size < 1:
        raise RuntimeError(f"{name}(): {size} elements cannot be transformed; it takes 1 at least")
    return size


def _resized(name: str, x: Any, sizes: dict[int, int]) -> Any:
    """Cut or fill with zeros, so that each dimension has its size."""
    shape = x._array.shape
    last = len(shape) - 1
    pads = [0] * (2 * len(shape))
    for dim, size in sizes.items():
        if _positive(name, size) < shape[dim]:
            x = k.slice(x, dim, 0, size, 1)
        elif size > shape[dim]:
            pads[2 * (last - dim) + 1] = size - shape[dim]
    while pads[-2:] == [0, 0]:
        del pads[-2:]
    return k.constant_pad_nd(x, tuple(pads), 0.0) if pads else x


def _one(name: str, input: Any, n: Any, dim: Any) -> tuple[int, int | None]:
    """Return the dimension to transform, and the size that is asked for."""
    shape = input._array.shape
    if not is_int(dim):
        raise TypeError(f"{name}(): dim must be an int, not {type(dim).__name__}")
    if not shape:
        raise IndexError(f"{name}(): a 0-d tensor has no dimension to transform")
    number = normalize_dim(dim, len(shape))
    if n is None:
        return number, None
    return number, _positive(name, integer_given(name, "n", n))


def _ints(name: str, argument: str, value: Any) -> tuple[int, ...]:
    values = value if isinstance(value, (tuple, list)) else (value,)
    return tuple([integer_given(name, argument, each) for each in values])


def _several(name: str, input: Any, s: Any, dim: Any) -> tuple[tuple[int, ...], list[int | None]]:
    """Return the dimensions to transform, and the size that is asked for each."""
    shape = input._array.shape
    given = None if s is None else _ints(name, "s", s)
    if dim is not None:
        numbers = _ints(name, "dim", dim)
        if numbers and not shape:
            raise IndexError(f"{name}(): a 0-d tensor has no dimension to transform")
        dims = normalize_dims(numbers, len(shape))
        if given is not None and len(given) != len(dims):
            raise RuntimeError(f"{name}(): {len(given)} sizes do not fit {len(dims)} dimensions")
    elif given is not None:
        if len(given) > len(shape):
            raise RuntimeError(f"{name}(): {len(given)} sizes are too many for shape {list(shape)}")
        dims = tuple(range(len(shape) - len(given), len(shape)))
    else:
        dims = tuple(range(len(shape)))
    if given is None:
        return dims, [None] * len(dims)
    return dims, [None if size == -1 else _positive(name, size) for size in given]


def _returned(name: str, out: Any, result: Any, input: Any) -> Any:
    if out is not None:
        require_tensor(name, out, "out")
        if out._dtype.is_complex is not result._dtype.is_complex:
            raise RuntimeError(f"{name}(): the result is of {result._dtype}, out of {out._dtype}")
    return into(name, out, result, input, casts=True)


# ----------------------------------------------------------------------------- the ways of working


def _complex(name: str, input: Any, dims: Any, sizes: Any, norm: Any, forward: bool) -> Any:
    """Transform complex numbers to complex numbers, along some dimensions."""
    x = _promoted(name, input, "complex")
    scale = scaling(name, norm, forward)
    shape = x._array.shape
    asked = {d: shape[d] if size is None else size for d, size in zip(dims, sizes, strict=True)}
    return k.fft_c2c(_resized(name, x, asked), tuple(dims), scale, forward)


def _either(name: str, input: Any, n: Any, dim: Any, norm: Any, forward: bool, out: Any) -> Any:
    """Transform one dimension of real or complex numbers."""
    x = _promoted(name, input, "any")
    number, size = _one(name, x, n, dim)
    if x._dtype.is_complex:
        result = _complex(name, x, (number,), (size,), norm, forward)
    else:
        result = _from_real(name, x, (number,), (size,), norm, forward, onesided=False)
    return _returned(name, out, result, input)


def _from_real(
    name: str, x: Any, dims: Any, sizes: Any, norm: Any, forward: bool, *, onesided: bool = True
) -> Any:
    """Transform real numbers, forward or, by way of the conjugate, backward."""
    if not dims:
        raise RuntimeError(f"{name}() needs a dimension to transform")
    scale = scaling(name, norm, forward)
    shape = x._array.shape
    asked = {d: shape[d] if size is None else size for d, size in zip(dims, sizes, strict=True)}
    result = k.fft_r2c(_resized(name, x, asked), tuple(dims), scale, onesided)
    return result if forward else k.conj(result)


def _to_real(name: str, input: Any, dims: Any, sizes: Any, norm: Any, forward: bool) -> Any:
    """Transform half of the frequencies to real numbers; forward by way of the conjugates."""
    if not dims:
        raise RuntimeError(f"{name}() needs a dimension to transform")
    x = _promoted(name, input, "complex")
    scale = scaling(name, norm, forward)
    shape = x._array.shape
    asked = {d: shape[d] if size is None else size for d, size in zip(dims, sizes, strict=True)}
    last = dims[-1]
    size = _positive(name, 2 * (shape[last] - 1) if sizes[-1] is None else sizes[-1])
    asked[last] = size // 2 + 1
    x = _resized(name, x, asked)
    if not forward:
        return k.fft_c2r(x, tuple(dims), scale, size)
    if dims[:-1]:
        x = k.fft_c2c(x, tuple(dims[:-1]), scale, True)
    return k.fft_c2r(k.conj(x), (last,), scale, size)


# ------------------------------------------------------------------------------ complex numbers


@shown_as("aten::fft_fft")
def fft(input: Any, n: Any = None, dim: int = -1, norm: Any = None, *, out: Any = None) -> Any:
    """Return the discrete Fourier transform along one dimension: see `plugrad.fft`.

    Of N elements x it is ``X[k] = sum of x[j] * exp(-2j * pi * j * k / N)``.

    Raises
    ------
    RuntimeError
        For half precision, no elements, or an unknown `norm`.
    IndexError
        If there is no such dimension.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.fft.fft(plugrad.tensor([0.0, 1.0, 0.0, -1.0])).imag  # a sine: frequencies 1 and -1
    tensor([ 0., -2.,  0.,  2.])
    """
    return _either("fft", input, n, dim, norm, True, out)


@shown_as("aten::fft_ifft")
def ifft(input: Any, n: Any = None, dim: int = -1, norm: Any = None, *, out: Any = None) -> Any:
    """Return the inverse of `fft`: see `plugrad.fft`.

    Of N elements X it is ``x[j] = sum of X[k] * exp(2j * pi * j * k / N)``, divided by N.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.fft.ifft(plugrad.tensor([4.0, 0.0, 0.0, 0.0])).real
    tensor([1., 1., 1., 1.])
    """
    return _either("ifft", input, n, dim, norm, False, out)


def _fftn(name: str, input: Any, s: Any, dim: Any, norm: Any, forward: bool, out: Any) -> Any:
    require_tensor(name, input)
    result = _complex(name, input, *_several(name, input, s, dim), norm, forward)
    return _returned(name, out, result, input)


@shown_as("aten::fft_fftn")
def fftn(input: Any, s: Any = None, dim: Any = None, norm: Any = None, *, out: Any = None) -> Any:
    """Return the transform along several dimensions, by default all: see `plugrad.fft`.

    Examples
    --------
    >>> import plugrad
    >>> x = plugrad.tensor([[1.0, 2.0], [3.0, 4.0]])
    >>> plugrad.fft.fftn(x).real
    tensor([[10., -2.],
            [-4.,  0.]])
    """
    return _fftn("fftn", input, s, dim, norm, True, out)


@shown_as("aten::fft_ifftn")
def ifftn(input: Any, s: Any = None, dim: Any = None, norm: Any = None, *, out: Any = None) -> Any:
    """Return the inverse of `fftn`: see `plugrad.fft`.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.fft.ifftn(plugrad.tensor([[8.0, 0.0], [0.0, 0.0]])).real
    tensor([[2., 2.],
            [2., 2.]])
    """
    return _fftn("ifftn", input, s, dim, norm, False, out)


def _two(name: str, dim: Any) -> Any:
    if dim is None:
        raise TypeError(f"{name}(): dim must be ints, not None")
    return dim


@shown_as("aten::fft_fft2")
def fft2(
    input: Any, s: Any = None, dim: Any = (-2, -1), norm: Any = None, *, out: Any = None
) -> Any:
    """Return `fftn` along two dimensions: see `plugrad.fft`.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.fft.fft2(plugrad.ones(3, 2, 2))[0].real  # of each of three images
    tensor([[4., 0.],
            [0., 0.]])
    """
    return _fftn("fft2", input, s, _two("fft2", dim), norm, True, out)


@shown_as("aten::fft_ifft2")
def ifft2(
    input: Any, s: Any = None, dim: Any = (-2, -1), norm: Any = None, *, out: Any = None
) -> Any:
    """Return the inverse of `fft2`: see `plugrad.fft`.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.fft.ifft2(plugrad.tensor([[8.0, 0.0], [0.0, 0.0]])).real
    tensor([[2., 2.],
            [2., 2.]])
    """
    return _fftn("ifft2", input, s, _two("ifft2", dim), norm, False, out)


# ------------------------------------------------------------------------------------ real signals


@shown_as("aten::fft_rfft")
def rfft(input: Any, n: Any = None, dim: int = -1, norm: Any = None, *, out: Any = None) -> Any:
    """Return the first half of the transform of real numbers: see `plugrad.fft`.

    The other half of the N frequencies is their conjugates: N // 2 + 1 remain.

    Raises
    ------
    RuntimeError
        For complex numbers.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.fft.rfft(plugrad.tensor([1.0, 1.0, 1.0, 1.0]))
    tensor([4.+0.j, 0.+0.j, 0.+0.j])
    """
    x = _promoted("rfft", input, "real")
    number, size = _one("rfft", x, n, dim)
    return _returned("rfft", out, _from_real("rfft", x, (number,), (size,), norm, True), input)


@shown_as("aten::fft_irfft")
def irfft(input: Any, n: Any = None, dim: int = -1, norm: Any = None, *, out: Any = None) -> Any:
    """Return the inverse of `rfft`: see `plugrad.fft`.

    Whether a signal had an even or an odd number of elements cannot be seen: `n` says it.

    Examples
    --------
    >>> import plugrad
    >>> half = plugrad.fft.rfft(plugrad.tensor([1.0, 2.0, 3.0]))
    >>> plugrad.fft.irfft(half, n=3)
    tensor([1., 2., 3.])
    """
    require_tensor("irfft", input)
    number, size = _one("irfft", input, n, dim)
    return _returned("irfft", out, _to_real("irfft", input, (number,), (size,), norm, False), input)


def _rfftn(name: str, input: Any, s: Any, dim: Any, norm: Any, out: Any) -> Any:
    x = _promoted(name, input, "real")
    return _returned(name, out, _from_real(name, x, *_several(name, x, s, dim), norm, True), input)


@shown_as("aten::fft_rfftn")
def rfftn(input: Any, s: Any = None, dim: Any = None, norm: Any = None, *, out: Any = None) -> Any:
    """Return `fftn` of real numbers, with half of the last dimension: see `plugrad.fft`.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.fft.rfftn(plugrad.ones(4, 6)).shape
    plugrad.Size([4, 4])
    """
    return _rfftn("rfftn", input, s, dim, norm, out)


@shown_as("aten::fft_rfft2")
def rfft2(
    input: Any, s: Any = None, dim: Any = (-2, -1), norm: Any = None, *, out: Any = None
) -> Any:
    """Return `rfftn` along two dimensions: see `plugrad.fft`.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.fft.rfft2(plugrad.ones(3, 4, 6)).shape
    plugrad.Size([3, 4, 4])
    """
    return _rfftn("rfft2", input, s, _two("rfft2", dim), norm, out)


def _realn(name: str, input: Any, s: Any, dim: Any, norm: Any, forward: bool, out: Any) -> Any:
    require_tensor(name, input)
    result = _to_real(name, input, *_several(name, input, s, dim), norm, forward)
    return _returned(name, out, result, input)


@shown_as("aten::fft_irfftn")
def irfftn(input: Any, s: Any = None, dim: Any = None, norm: Any = None, *, out: Any = None) -> Any:
    """Return the inverse of `rfftn`: see `plugrad.fft`.

    Examples
    --------
    >>> import plugrad
    >>> x = plugrad.tensor([[1.0, 2.0], [3.0, 4.0]])
    >>> plugrad.fft.irfftn(plugrad.fft.rfftn(x), s=x.shape)
    tensor([[1., 2.],
            [3., 4.]])
    """
    return _realn("irfftn", input, s, dim, norm, False, out)


@shown_as("aten::fft_irfft2")
def irfft2(
    input: Any, s: Any = None, dim: Any = (-2, -1), norm: Any = None, *, out: Any = None
) -> Any:
    """Return the inverse of `rfft2`: see `plugrad.fft`.

    Examples
    --------
    >>> import plugrad
    >>> x = plugrad.tensor([[1.0, 2.0], [3.0, 4.0]])
    >>> plugrad.fft.irfft2(plugrad.fft.rfft2(x), s=(2, 2))
    tensor([[1., 2.],
            [3., 4.]])
    """
    return _realn("irfft2", input, s, _two("irfft2", dim), norm, False, out)


# ----------------------------------------------------------------------------------- real spectra


@shown_as("aten::fft_hfft")
def hfft(input: Any, n: Any = None, dim: int = -1, norm: Any = None, *, out: Any = None) -> Any:
    """Return the real transform of half of a signal that is its own mirrored conjugate.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.fft.hfft(plugrad.tensor([1.0, 2.0, 3.0]))  # of 1, 2, 3, 2
    tensor([ 8., -2.,  0., -2.])
    """
    require_tensor("hfft", input)
    number, size = _one("hfft", input, n, dim)
    return _returned("hfft", out, _to_real("hfft", input, (number,), (size,), norm, True), input)


@shown_as("aten::fft_ihfft")
def ihfft(input: Any, n: Any = None, dim: int = -1, norm: Any = None, *, out: Any = None) -> Any:
    """Return the inverse of `hfft`: see `plugrad.fft`.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.fft.ihfft(plugrad.tensor([8.0, -2.0, 0.0, -2.0])).real
    tensor([1., 2., 3.])
    """
    x = _promoted("ihfft", input, "real")
    number, size = _one("ihfft", x, n, dim)
    return _returned("ihfft", out, _from_real("ihfft", x, (number,), (size,), norm, False), input)


@shown_as("aten::fft_hfftn")
def hfftn(input: Any, s: Any = None, dim: Any = None, norm: Any = None, *, out: Any = None) -> Any:
    """Return `hfft` along the last, and `fftn` along the other dimensions: see `plugrad.fft`.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.fft.hfftn(plugrad.ones(2, 3))
    tensor([[8., 0., 0., 0.],
            [0., 0., 0., 0.]])
    """
    return _realn("hfftn", input, s, dim, norm, True, out)


@shown_as("aten::fft_hfft2")
def hfft2(
    input: Any, s: Any = None, dim: Any = (-2, -1), norm: Any = None, *, out: Any = None
) -> Any:
    """Return `hfftn` along two dimensions: see `plugrad.fft`.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.fft.hfft2(plugrad.ones(5, 2, 3)).shape
    plugrad.Size([5, 2, 4])
    """
    return _realn("hfft2", input, s, _two("hfft2", dim), norm, True, out)


def _ihfftn(name: str, input: Any, s: Any, dim: Any, norm: Any, out: Any) -> Any:
    x = _promoted(name, input, "real")
    dims, sizes = _several(name, x, s, dim)
    if len(dims) < 2:
        return _returned(name, out, _from_real(name, x, dims, sizes, norm, False), input)
    scale, shape = scaling(name, norm, False), x._array.shape
    asked = {d: shape[d] if size is None else size for d, size in zip(dims, sizes, strict=True)}
    half = k.fft_r2c(_resized(name, x, asked), dims[-1:], scale, True)
    result = k.fft_c2c(k.conj_physical(half), dims[:-1], scale, False)
    return _returned(name, out, result, input)


@shown_as("aten::fft_ihfftn")
def ihfftn(input: Any, s: Any = None, dim: Any = None, norm: Any = None, *, out: Any = None) -> Any:
    """Return the inverse of `hfftn`: see `plugrad.fft`.

    Examples
    --------
    >>> import plugrad
    >>> x = plugrad.tensor([[8.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0]])
    >>> plugrad.fft.ihfftn(x).real
    tensor([[1., 1., 1.],
            [1., 1., 1.]])
    """
    return _ihfftn("ihfftn", input, s, dim, norm, out)


@shown_as("aten::fft_ihfft2")
def ihfft2(
    input: Any, s: Any = None, dim: Any = (-2, -1), norm: Any = None, *, out: Any = None
) -> Any:
    """Return the inverse of `hfft2`: see `plugrad.fft`.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.fft.ihfft2(plugrad.ones(5, 2, 4)).shape
    plugrad.Size([5, 2, 3])
    """
    return _ihfftn("ihfft2", input, s, _two("ihfft2", dim), norm, out)
