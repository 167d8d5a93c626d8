"""Fourier transforms by the standard's extension ``fft``."""

from __future__ import annotations

from typing import Any, Final

from plugrad.backends.array_api.arrays import ArrayKernels, Dims

__all__ = ["SpectralKernels", "norm_of"]

_FORWARD: Final = {"one": "backward", "root": "ortho", "all": "forward"}
_INVERSE: Final = {"one": "forward", "root": "ortho", "all": "backward"}


def norm_of(scale: str, forward: bool) -> str:
    """Return what the standard calls a division of the sums by `scale`."""
    return (_FORWARD if forward else _INVERSE)[scale]


class SpectralKernels(ArrayKernels):
    """Discrete Fourier transforms."""

    def fft_c2c(self, x: Any, dims: Dims, scale: str, forward: bool) -> Any:
        if not dims:
            return self.copy(x)
        function = self.xp.fft.fftn if forward else self.xp.fft.ifftn
        return function(x, axes=dims, norm=norm_of(scale, forward))

    def fft_r2c(self, x: Any, dims: Dims, scale: str, onesided: bool) -> Any:
        if onesided:
            return self.xp.fft.rfftn(x, axes=dims, norm=norm_of(scale, True))
        return self.fft_c2c(self.cast(x, self.dtypes[x.dtype].to_complex()), dims, scale, True)

    def fft_c2r(self, x: Any, dims: Dims, scale: str, size: int) -> Any:
        sizes = (*(x.shape[d] for d in dims[:-1]), size)
        return self.xp.fft.irfftn(x, s=sizes, axes=dims, norm=norm_of(scale, False))

    def scale_paired(self, x: Any, dim: int, size: int, factor: float) -> Any:
        places = self.xp.arange(x.shape[dim], device=self.place)
        paired = (places > 0) & (places <= (size - 1) // 2)
        ones = self.xp.ones(x.shape[dim], dtype=x.dtype, device=self.place)
        shape = [1] * len(x.shape)
        shape[dim] = x.shape[dim]
        return x * self.xp.reshape(self.xp.where(paired, ones * factor, ones), tuple(shape))
