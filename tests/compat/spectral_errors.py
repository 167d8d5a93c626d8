"""Bad calls of Fourier transforms and windows: see `errors`."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

Call = Callable[[Any], Any]


def _silent(call: Call) -> Call:
    def silent(t: Any) -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return call(t)

    return silent


def transforms() -> list[Call]:
    return [
        lambda t: t.fft.fft(t.ones(4, dtype=t.half)),
        lambda t: t.fft.irfft(t.ones(4, dtype=t.bfloat16)),
        lambda t: t.fft.rfft(t.ones(4, dtype=t.complex64)),
        lambda t: t.fft.rfft2(t.ones(4, 4, dtype=t.complex64)),
        lambda t: t.fft.ihfft(t.ones(4, dtype=t.complex64)),
        lambda t: t.fft.ihfftn(t.ones(4, dtype=t.complex64)),
        lambda t: t.fft.fft(t.ones(4), 0),
        lambda t: t.fft.ifft(t.ones(4), -1),
        lambda t: t.fft.irfft(t.ones(1)),
        lambda t: t.fft.fftn(t.ones(3, 3), (2, -2)),
        lambda t: t.fft.fft(t.ones(4), norm="x"),
        lambda t: t.fft.fft(t.ones(4), norm=1),
        lambda t: t.fft.fft(t.ones(4), dim=3),
        lambda t: t.fft.fft(t.ones(4), dim=(0,)),
        lambda t: t.fft.fft(t.ones(4), n=2.0),
        lambda t: t.fft.fft(t.tensor(1.0)),
        lambda t: t.fft.fft([1.0]),
        lambda t: t.fft.fftn(t.ones(4, 4), dim=(0, 0)),
        lambda t: t.fft.fftn(t.ones(4, 4), s=(2,), dim=(0, 1)),
        lambda t: t.fft.fftn(t.ones(4, 4), s=(2, 2, 2)),
        lambda t: t.fft.fft2(t.ones(4)),
        lambda t: t.fft.fft2(t.ones(4, 4), s=(2,)),
        lambda t: t.fft.fft2(t.ones(4, 4), dim=None),
        lambda t: t.fft.rfftn(t.ones(2, 2), dim=()),
        lambda t: t.fft.irfftn(t.ones(2, 2), dim=()),
        lambda t: t.fft.hfftn(t.ones(2, 2), dim=()),
        lambda t: t.fft.ihfftn(t.ones(2, 2), dim=()),
        lambda t: t.fft.fft(t.ones(3), out=t.ones(3)),
        lambda t: t.fft.irfft(t.ones(3), out=t.ones(0, dtype=t.complex64)),
        lambda t: t.fft.fft(t.ones(3, requires_grad=True), out=t.ones(3, dtype=t.complex64)),
        lambda t: t.fft.fftfreq(-1),
        lambda t: t.fft.fftfreq(2.5),
        lambda t: t.fft.fftfreq(5, dtype=t.int32),
        lambda t: t.fft.fftfreq(5, dtype=t.complex64),
        lambda t: t.fft.fftshift(t.tensor(1.0)),
        lambda t: t.fft.fftshift(t.ones(3, 4), dim=5),
        lambda t: t.fft.ifftshift(t.ones(3, 4), dim=()),
    ]


def short_time() -> list[Call]:
    calls: list[Call] = [
        lambda t: t.stft(t.ones(40), 16, window=t.ones(16)),
        lambda t: t.stft(t.ones(40), 16.0, return_complex=True),
        lambda t: t.stft(t.ones(40), 16, 4.0, return_complex=True),
        lambda t: t.stft(t.ones(40), 16, window=[1.0] * 16, return_complex=True),
        lambda t: t.istft(t.ones(9, 3).cfloat(), 16.0),
        lambda t: t.istft(t.ones(9, 3).cfloat(), 16, normalized=1),
        lambda t: t.stft(
            t.ones(40).cfloat(), 16, window=t.ones(16), onesided=True, return_complex=True
        ),
        lambda t: t.stft(t.ones(40).int(), 16, window=t.ones(16), return_complex=True),
        lambda t: t.stft(t.ones(1, 1, 40), 16, window=t.ones(16), return_complex=True),
        lambda t: t.stft(t.ones(40), 0, window=t.ones(16), return_complex=True),
        lambda t: t.stft(t.ones(40), 60, return_complex=True, center=False),
        lambda t: t.stft(t.ones(40), 100, return_complex=True),
        lambda t: t.stft(t.ones(40), 16, 0, window=t.ones(16), return_complex=True),
        lambda t: t.stft(t.ones(40), 16, win_length=20, return_complex=True),
        lambda t: t.stft(t.ones(40), 16, win_length=8, window=t.ones(16), return_complex=True),
        lambda t: t.stft(t.ones(40), 16, window=t.ones(4, 4), return_complex=True),
        lambda t: t.stft(t.ones(40), 16, window=t.ones(16), pad_mode="foo", return_complex=True),
        lambda t: t.stft(
            t.ones(40), 16, window=t.ones(16), return_complex=True, align_to_window=True
        ),
        lambda t: t.istft(t.ones(9, 4), 16, window=t.ones(16)),
        lambda t: t.istft(t.ones(9).cfloat(), 16, window=t.ones(16)),
        lambda t: t.istft(t.ones(1, 1, 9, 4).cfloat(), 16, window=t.ones(16)),
        lambda t: t.istft(t.ones(9, 4).cfloat(), 20, window=t.ones(20)),
        lambda t: t.istft(t.ones(9, 4).cfloat(), 16, 20, window=t.ones(16)),
        lambda t: t.istft(t.ones(9, 4).cfloat(), 16, 0, window=t.ones(16)),
        lambda t: t.istft(t.ones(9, 4).cfloat(), 16, win_length=20),
        lambda t: t.istft(t.ones(9, 4).cfloat(), 16, win_length=8, window=t.ones(16)),
        lambda t: t.istft(t.ones(9, 4).cfloat(), 16, window=t.zeros(16)),
        lambda t: t.istft(t.ones(9, 4).cfloat(), 16, center=False, window=t.hann_window(16)),
        lambda t: t.istft(t.ones(9, 4).cfloat(), 16, window=t.ones(16), return_complex=True),
        lambda t: t.istft(t.ones(9, 0).cfloat(), 16, window=t.ones(16)),
        lambda t: t.istft(t.ones(9, 4).cfloat(), 16, window=t.ones(16), length=0),
        lambda t: t.istft(t.ones(9, 4).cfloat(), 16, window=t.ones(16).cfloat()),
    ]
    return [_silent(call) for call in calls]


def windows() -> list[Call]:
    return [
        lambda t: t.hann_window(-1),
        lambda t: t.hann_window(4, 1),
        lambda t: t.kaiser_window(4, None),
        lambda t: t.hann_window(5.0),
        lambda t: t.bartlett_window(5, dtype=t.int32),
        lambda t: t.kaiser_window(5, dtype=t.complex64),
        lambda t: t.hamming_window(5, layout=t.sparse_coo),
        lambda t: t.blackman_window(5, out=t.ones(5)),
        lambda t: t.signal.windows.hann(-1),
        lambda t: t.signal.windows.bartlett(2.0),
        lambda t: t.signal.windows.nuttall(5, dtype=t.half),
        lambda t: t.signal.windows.cosine(5, layout=t.sparse_coo),
        lambda t: t.signal.windows.exponential(5, center=1.0),
        lambda t: t.signal.windows.exponential(5, tau=0),
        lambda t: t.signal.windows.gaussian(5, std=0),
        lambda t: t.signal.windows.general_cosine(5, a=[]),
        lambda t: t.signal.windows.general_cosine(5, a=3),
        lambda t: t.signal.windows.kaiser(5, beta=-1),
        lambda t: t.signal.windows.blackman(5, False),
    ]
