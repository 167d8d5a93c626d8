"""Fourier transforms of short windows of a signal, and back."""

from __future__ import annotations

import warnings
from typing import Any

from plugrad.operators.dimensions import require_tensor
from plugrad.operators.options import flag_given, integer_given
from plugrad.operators.padding import pad
from plugrad.vocabulary.forms import function, primitive
from plugrad.vocabulary.registry import functions
from plugrad.vocabulary.registry import tensor_table as k

__all__ = ["istft", "stft"]

primitive(
    "frames", "x; size, step", node="AsStridedBackward0", aten="aten::as_strided", moves=True,
    body=lambda k, x, size, step: k.unfold(x, 1, size, step),
    x=lambda k, g, x_shape, size, step: k.unfold_grad(g, x_shape, 1, size, step),
)  # fmt: skip

# What is left of `transpose_`, applied to a result that nobody has seen.
primitive(
    "transpose_result", "x; dim0, dim1", node="TransposeBackward1", aten="aten::transpose_",
    moves=True, body=lambda k, x, dim0, dim1: k.transpose(x, dim0, dim1),
    x=lambda k, g, dim0, dim1: k.transpose(g, dim0, dim1),
)  # fmt: skip


def _read(name: str, n_fft: Any, steps: tuple[Any, Any], window: Any, **flags: Any) -> Any:
    """Check the types of what `stft` and `istft` share; return ``n_fft, hop_length, win_length``.

    Raises
    ------
    TypeError
        If one is wrong.
    """
    for flag, value in flags.items():
        flag_given(name, flag, value)
    if window is not None:
        require_tensor(name, window, "window")
    named = zip(("hop_length", "win_length"), steps, strict=True)
    return integer_given(name, "n_fft", n_fft), *(
        None if step is None else integer_given(name, step_name, step) for step_name, step in named
    )


def _steps(name: str, n_fft: int, hop: int | None, width: int | None) -> tuple[int, int]:
    hop = n_fft // 4 if hop is None else hop
    width = n_fft if width is None else width
    if hop <= 0:
        raise RuntimeError(f"{name}(): hop_length must be positive, not {hop}")
    if not 0 < width <= n_fft:
        raise RuntimeError(f"{name}(): win_length must be from 1 to n_fft={n_fft}, not {width}")
    return hop, width


def _window(name: str, x: Any, window: Any, width: int, n_fft: int) -> Any:
    """Return the window as it was given, or ones; None if it changes nothing."""
    if window is None:
        if width == n_fft:
            return None
        window = functions["ones"](width, dtype=x._dtype, device=x.device)
    shape = window._array.shape
    if tuple(shape) != (width,):
        raise RuntimeError(
            f"{name}(): window must have shape [{width}], as win_length says, not {list(shape)}"
        )
    return window


def _middle(width: int, n_fft: int) -> int:
    """Return where a window begins that is put in the middle of zeros."""
    return (n_fft - width) // 2


def _warn_of_no_window(name: str) -> None:
    warnings.warn(
        f"{name}(): without a window, frequencies leak from sharp edges; pass window=, such as "
        "hann_window(n_fft)",
        UserWarning,
        stacklevel=3,
    )


@function(aten="aten::stft")
def stft(
    input: Any, n_fft: int, hop_length: int | None = None, win_length: int | None = None,
    window: Any = None, center: bool = True, pad_mode: str = "reflect", normalized: bool = False,
    onesided: bool | None = None, return_complex: bool | None = None,
    align_to_window: bool | None = None,
) -> Any:  # fmt: skip
    """Return the Fourier transforms of windows that move over a signal.

    Parameters
    ----------
    input : Tensor of shape (L,) or (B, L)
    n_fft : int
        The size of each window.
    hop_length : int, optional
        How far the window moves: by default a quarter of its size.
    win_length : int, optional
        The size of `window`, which is put in the middle of zeros: by default `n_fft`.
    window : Tensor of shape (win_length,), optional
        What each piece is multiplied by.
    center : bool
        Whether the signal is padded, so that windows have their middle in it.
    pad_mode : str
        How: see `plugrad.nn.functional.pad`.
    normalized : bool
        Whether to divide by the root of `n_fft`.
    onesided : bool, optional
        Whether to leave out the half that is the conjugate of the other: by default, where
        signal and window are real.
    return_complex : bool, optional
        Whether complex numbers are returned, not pairs of real ones; must be given for real input.
    align_to_window : bool, optional
        Whether the first of the shorter windows begins with the signal, if `center` is False.

    Returns
    -------
    Tensor of shape (B, frequencies, windows)

    Raises
    ------
    RuntimeError
        If the sizes do not fit, or `return_complex` is missing.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.stft(plugrad.ones(8), 4, window=plugrad.ones(4), return_complex=True).shape
    plugrad.Size([3, 9])
    """
    require_tensor("stft", input)
    n_fft, hop_length, win_length = _read(
        "stft", n_fft, (hop_length, win_length), window, normalized=normalized, onesided=onesided,
        return_complex=return_complex,
    )  # fmt: skip
    if window is None:
        _warn_of_no_window("stft")
    elif center and align_to_window is not None:
        raise RuntimeError("stft(): align_to_window has a meaning only with center=False")
    x, kind = input, input._dtype
    with_complex = kind.is_complex or (window is not None and window._dtype.is_complex)
    if return_complex is None:
        if not with_complex:
            raise RuntimeError(
                "stft(): return_complex must be given for a real signal: True for complex numbers"
            )
        return_complex = True
    if not return_complex:
        warnings.warn(
            "stft(): pairs of real numbers are deprecated; use return_complex=True and, if need "
            "be, view_as_real()",
            UserWarning,
            stacklevel=2,
        )
    if with_complex and onesided:
        raise RuntimeError("stft(): of complex numbers no half can be left out: onesided=False")
    onesided = not with_complex if onesided is None else onesided
    ndim = len(x._array.shape)
    if not (kind.is_floating_point or kind.is_complex) or ndim > 2:
        raise RuntimeError(
            f"stft() needs a floating-point signal of shape (L,) or (B, L), not {kind} of shape "
            f"{list(x._array.shape)}"
        )
    if n_fft <= 0:
        raise RuntimeError(f"stft(): n_fft must be positive, not {n_fft}")
    if center:
        x = _padded(x, n_fft // 2, pad_mode)
    if not ndim:
        raise RuntimeError("stft() needs a signal of shape (L,) or (B, L), not a 0-d tensor")
    if ndim == 1:
        x = k.unsqueeze(x, 0)
    hop, width = _steps("stft", n_fft, hop_length, win_length)
    if not center and align_to_window and width < n_fft:
        left = _middle(width, n_fft)
        x = k.constant_pad_nd(x, (left, left), 0.0)
    if x._array.shape[1] < n_fft:
        raise RuntimeError(
            f"stft(): n_fft={n_fft} is more than the {x._array.shape[1]} elements of the signal"
        )
    shaped = _window("stft", x, window, width, n_fft)
    if width < n_fft:
        whole = functions["zeros"](n_fft, dtype=shaped._dtype, device=x.device)
        whole.narrow(0, _middle(width, n_fft), width).copy_(shaped)
        shaped = whole
    pieces = k.frames(x, n_fft, hop)
    if shaped is not None:
        pieces = pieces * shaped
    if pieces._dtype.low_precision:
        raise RuntimeError(f"stft() does not work on {pieces._dtype}; convert with .float()")
    scale = "root" if normalized else "one"
    if pieces._dtype.is_complex:
        result = k.fft_c2c(pieces, (2,), scale, True)
    else:
        result = k.fft_r2c(pieces, (2,), scale, bool(onesided))
    result = k.transpose_result(result, 1, 2)
    if ndim == 1:
        result = k.squeeze_result(result, 0)
    return result if return_complex else k.view_as_real(result)


def _padded(x: Any, amount: int, mode: str) -> Any:
    shape = tuple(x._array.shape)
    x = k.view(x, (1,) * (3 - len(shape)) + shape)
    x = pad(x, (amount, amount), mode)
    return k.view(x, tuple(x._array.shape[3 - len(shape) :]))


@function(aten="aten::istft")
def istft(
    input: Any, n_fft: int, hop_length: int | None = None, win_length: int | None = None,
    window: Any = None, center: bool = True, normalized: bool = False,
    onesided: bool | None = None, length: int | None = None, return_complex: bool = False,
) -> Any:  # fmt: skip
    """Return the signal whose `stft` is nearest to the input.

    Parameters
    ----------
    input : Tensor of shape (frequencies, windows) or (B, frequencies, windows)
        Complex.
    n_fft, hop_length, win_length, window, center, normalized, onesided
        As for `stft`.
    length : int, optional
        Of the signal: by default what the windows cover.
    return_complex : bool
        Whether the signal is complex.

    Returns
    -------
    Tensor of shape (B, length)

    Raises
    ------
    RuntimeError
        If the sizes do not fit, or the windows leave a gap.

    Notes
    -----
    Source: D. Griffin, J. Lim, Signal estimation from modified short-time Fourier transform, 1984.

    Examples
    --------
    >>> import plugrad
    >>> window = plugrad.hann_window(4)
    >>> x = plugrad.stft(plugrad.ones(8), 4, window=window, return_complex=True)
    >>> plugrad.istft(x, 4, window=window)
    tensor([1., 1., 1., 1., 1., 1., 1., 1.])
    """
    require_tensor("istft", input)
    n_fft, hop_length, win_length = _read(
        "istft", n_fft, (hop_length, win_length), window, center=center, normalized=normalized,
        onesided=onesided, return_complex=return_complex,
    )  # fmt: skip
    if window is None:
        _warn_of_no_window("istft")
    if not input._dtype.is_complex:
        raise RuntimeError(f"istft() needs complex numbers, as stft() returns them, not "
                           f"{input._dtype}")  # fmt: skip
    shape = tuple(input._array.shape)
    if len(shape) < 2:
        raise IndexError(f"istft() needs shape (frequencies, windows), not {list(shape)}")
    hop, width = _steps("istft", n_fft, hop_length, win_length)
    rows, count = shape[-2:]
    if len(shape) > 3 or 0 in shape:
        raise RuntimeError(
            f"istft() needs shape (frequencies, windows), or that and a batch, not {list(shape)}"
        )
    half = n_fft // 2 + 1
    onesided = rows != n_fft if onesided is None else onesided
    if rows != (half if onesided else n_fft):
        raise RuntimeError(
            f"istft(): n_fft={n_fft} has {half if onesided else n_fft} frequencies, not {rows}"
        )
    if hop > width:
        raise RuntimeError(f"istft(): hop_length={hop} leaves gaps between windows of {width}")
    with_complex = window is not None and window._dtype.is_complex
    if return_complex and onesided:
        raise RuntimeError("istft(): half of the frequencies tell no complex signal")
    if with_complex and not return_complex:
        raise RuntimeError("istft(): with a complex window the signal is complex: return_complex")
    pairs = k.view_as_real(input)
    if len(shape) == 2:
        pairs = k.unsqueeze(pairs, 0)
    pairs = k.transpose(pairs, 1, 2)
    x = k.view_as_complex(pairs)
    scale = "root" if normalized else "all"
    if return_complex:
        pieces = k.fft_c2c(x, (2,), scale, False)
    else:
        if not onesided:
            x = k.slice(x, 2, 0, half, 1)
        pieces = k.fft_c2r(x, (2,), scale, n_fft)
    shaped = _window("istft", pieces, window, width, n_fft)
    if shaped is None:
        shaped = functions["ones"](n_fft, dtype=input._dtype.to_real(), device=input.device)
    elif width < n_fft:
        left = _middle(width, n_fft)
        shaped = k.constant_pad_nd(shaped, (left, n_fft - width - left), 0.0)
    full = n_fft + hop * (count - 1)
    pieces = pieces * k.view(shaped, (1, 1, n_fft))
    total = k.unfold_grad(pieces, (x._array.shape[0], full), 1, n_fft, hop)
    weights = functions["pow"](shaped, 2).expand(1, count, n_fft)
    weights = k.unfold_grad(weights, (1, full), 1, n_fft, hop)
    start = n_fft // 2 if center else 0
    end = full - (n_fft // 2 if center else 0) if length is None else start + length
    stop = min(end, full)
    total, weights = k.slice(total, 1, start, stop, 1), k.slice(weights, 1, start, stop, 1)
    if 0 in weights._array.shape:
        raise RuntimeError("istft(): nothing of the signal is left; length must be positive")
    if not bool((weights.detach().abs() >= 1e-11).all()):
        raise RuntimeError(
            "istft(): the window leaves elements of the signal without a weight; use a shorter "
            "hop_length, center=True, or a window without zeros at its edges"
        )
    result = total / weights
    if stop < end:
        result = k.constant_pad_nd(result, (0, end - stop), 0.0)
    return k.squeeze_dim(result, 0) if len(shape) == 2 else result
