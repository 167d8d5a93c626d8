"""Fourier transforms: against NumPy's, there and back, and what no sample says."""

from __future__ import annotations

import numpy as np
import pytest

import plugrad as torch

RANDOM = np.random.default_rng(0)


@pytest.mark.parametrize("norm", [None, "forward", "backward", "ortho"])
@pytest.mark.parametrize("n", [1, 4, 7])
def test_one_dimension_as_numpy(norm: str | None, n: int) -> None:
    x = RANDOM.normal(size=(3, 5))
    for name in ("fft", "ifft", "rfft", "irfft", "hfft", "ihfft"):
        found = getattr(torch.fft, name)(torch.tensor(x), n, norm=norm).numpy()
        assert np.allclose(found, getattr(np.fft, name)(x, n, norm=norm), atol=1e-12), name


def test_single_precision_stays() -> None:
    x = torch.ones(4)
    assert torch.fft.fft(x).dtype is torch.complex64
    assert torch.fft.irfft(torch.fft.rfft(x)).dtype is torch.float32


def test_a_batch_of_none_is_empty() -> None:
    assert torch.fft.fft(torch.ones(0, 4)).shape == (0, 4)
    assert torch.fft.rfft(torch.ones(4, 0), dim=0).shape == (3, 0)


@pytest.mark.parametrize(("size", "hop"), [(8, 2), (8, 3), (6, 6)])
def test_short_windows_there_and_back(size: int, hop: int) -> None:
    x = torch.tensor(RANDOM.normal(size=(2, 24)))
    window = torch.signal.windows.hann(size, sym=False, dtype=torch.float64) + 0.1
    parts = torch.stft(x, size, hop, window=window, return_complex=True)
    back = torch.istft(parts, size, hop, window=window, length=24)
    torch.testing.assert_close(back, x)


def test_submodules_are_attributes() -> None:
    assert torch.signal.windows.hann(3).tolist() == [0.0, 1.0, 0.0]
    assert torch.fft.fftshift(torch.fft.fftfreq(4, 0.25)).tolist() == [-2.0, -1.0, 0.0, 1.0]
