"""The standard's extension for Fourier transforms, which needs plugrad-fft."""

from __future__ import annotations

from plugrad.array_api.forms import frequencies, shift, transform, transform_over

__all__ = [
    "fft",
    "fftfreq",
    "fftn",
    "fftshift",
    "hfft",
    "ifft",
    "ifftn",
    "ifftshift",
    "ihfft",
    "irfft",
    "irfftn",
    "rfft",
    "rfftfreq",
    "rfftn",
]

fft = transform("fft", "the Fourier transform along an axis")
ifft = transform("ifft", "the inverse Fourier transform along an axis")
fftn = transform_over("fftn", "the Fourier transform along axes")
ifftn = transform_over("ifftn", "the inverse Fourier transform along axes")
rfft = transform("rfft", "the half of the transform along an axis that real numbers have")
irfft = transform("irfft", "the real numbers whose half transform along an axis this is")
rfftn = transform_over("rfftn", "the half of the transform along axes that real numbers have")
irfftn = transform_over("irfftn", "the real numbers whose half transform along axes this is")
hfft = transform("hfft", "the real transform of half of a symmetric signal along an axis")
ihfft = transform("ihfft", "half of the symmetric signal whose transform along an axis this is")
fftfreq = frequencies("fftfreq", "the frequencies of `fft`")
rfftfreq = frequencies("rfftfreq", "the frequencies of `rfft`")
fftshift = shift("fftshift", "the elements with the frequency zero in the middle")
ifftshift = shift("ifftshift", "the elements with the frequency zero in front again")
