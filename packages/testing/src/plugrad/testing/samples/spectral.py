"""Samples of Fourier transforms, of short windows too, and of windows."""

from __future__ import annotations

import warnings
from typing import Any

from plugrad.testing.samples import Input, Sample, integers, real

__all__ = ["SAMPLES"]

_COMPLEX = ("float32", "float64", "complex128")
_ONLY_COMPLEX = ("complex64", "complex128")


def _transform(name: str, *inputs: Input, dtypes: tuple[str, ...] = _COMPLEX,
               label: str = "", **arguments: Any) -> Sample:  # fmt: skip
    said = "-".join(f"{key}={value}" for key, value in arguments.items())
    return Sample(f"fft.{name}", lambda t, x: getattr(t.fft, name)(x, **arguments), inputs,
                  dtypes=dtypes, label=label or said)  # fmt: skip


def _one_dimension() -> list[Sample]:
    found = []
    for name in ("fft", "ifft", "rfft", "irfft", "hfft", "ihfft"):
        kinds = ("float32", "float64") if name in ("rfft", "ihfft") else _COMPLEX
        found += [
            _transform(name, real(6), dtypes=kinds),
            _transform(name, real(3, 5), dtypes=kinds),
            _transform(name, real(3, 5), dtypes=kinds, n=4),
            _transform(name, real(3, 4), dtypes=kinds, n=9, norm="ortho"),
            _transform(name, real(4, 3, 2), dtypes=kinds, dim=0, norm="forward"),
            _transform(name, real(2, 5, 2), dtypes=kinds, dim=-2, n=8, norm="backward"),
            _transform(name, integers(4)),
        ]
        if name not in ("irfft", "hfft"):
            found.append(_transform(name, real(3, 1), dtypes=kinds))
    return found


def _several_dimensions() -> list[Sample]:
    found = []
    for name in ("fft", "ifft", "rfft", "irfft", "hfft", "ihfft"):
        kinds = ("float32", "float64") if name in ("rfft", "ihfft") else _COMPLEX
        for form in ("2", "n"):
            found += [
                _transform(name + form, real(3, 4), dtypes=kinds),
                _transform(name + form, real(2, 3, 5), dtypes=kinds, norm="ortho"),
                _transform(name + form, real(3, 6), dtypes=kinds, s=(4, 5)),
                _transform(
                    name + form, real(4, 3, 3), dtypes=kinds, s=(-1, 6), dim=(0, 2), norm="forward"
                ),
                _transform(name + form, real(4, 3), dtypes=kinds, dim=(0,)),
                _transform(name + form, real(3, 3), dtypes=kinds, dim=(-1, 0)),
            ]
        found.append(_transform(name + "n", real(2, 4, 3), dtypes=kinds, s=(5,)))
    return found


def _order() -> list[Sample]:
    found = []
    for name in ("fftshift", "ifftshift"):
        found += [
            _transform(name, real(5), dtypes=_COMPLEX),
            _transform(name, real(4, 5)),
            _transform(name, real(4, 5), dim=-1),
            _transform(name, real(2, 3, 4), dim=(0, 2)),
            _transform(name, integers(4)),
        ]
    for name in ("fftfreq", "rfftfreq"):
        for n, d in ((0, 1.0), (1, 1.0), (6, 0.5), (7, 2.0)):
            found.append(
                Sample(f"fft.{name}", lambda t, name=name, n=n, d=d: getattr(t.fft, name)(n, d), (),
                       exact=True, label=f"{n}-{d}")
            )  # fmt: skip
    return found


def _silent(call: Any) -> Any:
    """Return the call without its advice to pass a window, or to ask for complex numbers."""

    def silent(*arguments: Any) -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            return call(*arguments)

    return silent


def _short_time() -> list[Sample]:
    calls: dict[str, dict[str, Any]] = {
        "plain": {},
        "apart": {"center": False},
        "wide": {"hop_length": 3, "normalized": True},
        "all": {"onesided": False},
        "zeros": {"pad_mode": "constant"},
    }
    found = [
        Sample("stft", lambda t, x, w, given=given: t.stft(
                   x, 8, window=w, return_complex=True, **given),
               (real(*shape), real(8)), label=label)
        for label, given in calls.items() for shape in ((21,), (2, 16))
    ]  # fmt: skip
    found += [
        Sample("stft", lambda t, x, w: t.stft(x, 8, win_length=5, window=w, return_complex=True),
               (real(2, 16), real(5)), label="short"),
        Sample("stft", lambda t, x, w: t.stft(x, 8, 2, 5, w, False, return_complex=True,
                                              align_to_window=True),
               (real(2, 16), real(5)), label="aligned"),
        Sample("stft", _silent(lambda t, x: t.stft(x, 8, win_length=6, return_complex=True)),
               (real(16),), label="rectangular"),
        Sample("stft", _silent(lambda t, x, w: x.stft(8, window=w, return_complex=False)),
               (real(16), real(8)), label="pairs"),
        Sample("stft", lambda t, x, w: t.stft(x, 8, window=w, return_complex=True),
               (real(16), real(8)), dtypes=_ONLY_COMPLEX, label="complex"),
    ]  # fmt: skip
    window = real(8, low=0.5, high=1.5)
    inverses: dict[str, tuple[dict[str, Any], tuple[int, ...]]] = {
        "plain": ({}, (5, 6)),
        "batch": ({}, (2, 5, 4)),
        "apart": ({"center": False}, (5, 6)),
        "wide": ({"hop_length": 3, "normalized": True}, (5, 6)),
        "all": ({"onesided": False}, (8, 6)),
        "shorter": ({"length": 7}, (5, 6)),
        "longer": ({"length": 20}, (2, 5, 6)),
        "complex": ({"onesided": False, "return_complex": True}, (8, 4)),
    }
    for label, (given, shape) in inverses.items():
        found.append(
            Sample("istft", lambda t, x, y, w, given=given: t.istft(
                       t.complex(x, y), 8, window=w, **given),
                   (real(*shape), real(*shape), window), label=label)
        )  # fmt: skip
    found += [
        Sample("istft", _silent(lambda t, x, y: t.istft(t.complex(x, y), 8)),
               (real(5, 6), real(5, 6)), label="rectangular"),
        Sample("istft", lambda t, x, y, w: t.complex(x, y).istft(8, win_length=5, window=w),
               (real(5, 6), real(5, 6), real(5, low=0.5, high=1.5)), label="short"),
    ]  # fmt: skip
    return found


def _windows() -> list[Sample]:
    found = []
    older: dict[str, tuple[Any, ...]] = {
        "bartlett": (), "blackman": (), "hamming": (0.5, 0.4), "hann": (), "kaiser": (3.0,),
    }  # fmt: skip
    for name, more in older.items():
        for size, periodic in ((0, True), (1, True), (2, False), (5, True), (8, False), (9, True)):
            arguments = (size, periodic, *(more if size > 5 else ()))
            found.append(
                Sample(f"{name}_window", lambda t, name=name, given=arguments: getattr(
                           t, f"{name}_window")(*given),
                       (), label="-".join(map(str, arguments)))
            )  # fmt: skip
    newer: dict[str, dict[str, Any]] = {
        "bartlett": {}, "blackman": {}, "cosine": {}, "exponential": {"tau": 2.0},
        "gaussian": {"std": 1.5}, "general_cosine": {"a": [0.5, 0.3, 0.2]},
        "general_hamming": {"alpha": 0.6}, "hamming": {}, "hann": {}, "kaiser": {"beta": 5.0},
        "nuttall": {},
    }  # fmt: skip
    for name, options in newer.items():
        for size, sym in ((0, True), (1, False), (2, False), (5, True), (8, False)):
            found.append(
                Sample(f"signal.windows.{name}", lambda t, name=name, size=size, sym=sym, o=options:
                       getattr(t.signal.windows, name)(size, sym=sym, dtype=t.float64, **o),
                       (), label=f"{size}-{sym}")
            )  # fmt: skip
    return found


SAMPLES = [*_one_dimension(), *_several_dimensions(), *_order(), *_short_time(), *_windows()]
