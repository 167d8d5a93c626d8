"""Activations on NumPy arrays: one result and one temporary each, written to again and again."""

from __future__ import annotations

import math

import numpy

from plugrad.backends.numpy.arrays import Array
from plugrad.backends.numpy.blocks import in_blocks
from plugrad.backends.numpy.special import ERF, SpecialKernels, tanh_of_polynomial
from plugrad.backends.numpy.sums import SMALL

__all__ = ["ActivationKernels", "inverse"]

# gelu(x) = x (1 + erf(x / sqrt 2)) / 2, with erf as `tanh_of_polynomial`: the same polynomial in x.
_GELU = tuple(c * math.sqrt(0.5) * 0.5 ** (len(ERF) - 1 - n) for n, c in enumerate(ERF))
_BETA, _KAPPA = math.sqrt(2 / math.pi), 0.044715
_GELU_TANH = (_BETA * _KAPPA, _BETA)
_DENSITY = 1 / math.sqrt(2 * math.pi)


def inverse(x: Array, out: Array | None = None) -> Array:
    """Return ``1 / x``: NumPy's division, unlike its reciprocal, has vector instructions."""
    if x.size < SMALL:  # the number that it needs costs more
        return numpy.reciprocal(x, out=out)
    quotient: Array = numpy.divide(x.dtype.type(1), x, out=out)
    return quotient


class ActivationKernels(SpecialKernels):
    """Activations and their fused derivatives."""

    def _twice_share(self, x: Array, coefficients: tuple[float, ...]) -> Array:
        """Return ``1 + tanh(x p(x^2))``: twice the share of the input that a gelu lets through."""
        result = tanh_of_polynomial(x, coefficients, numpy.empty_like(x))
        return numpy.add(result, 1, out=result)

    def _share(self, x: Array) -> Array:
        """Return the share of the standard normal distribution below `x`."""
        if x.dtype == numpy.float32:
            result = self._twice_share(x, _GELU)
        else:
            result = numpy.asarray(self.erf(x * math.sqrt(0.5)))
            result = numpy.add(result, 1, out=result)
        return numpy.multiply(result, 0.5, out=result)

    @in_blocks
    def gelu(self, x: Array) -> Array:
        result = self._share(x)
        return numpy.multiply(result, x, out=result)

    @in_blocks
    def gelu_grad(self, g: Array, x: Array) -> Array:
        density = numpy.multiply(x, x, out=numpy.empty_like(x))
        numpy.multiply(density, -0.5, out=density)
        numpy.exp(density, out=density)
        numpy.multiply(density, _DENSITY, out=density)
        numpy.multiply(density, x, out=density)
        numpy.add(density, self._share(x), out=density)
        return numpy.multiply(density, g, out=density)

    @in_blocks
    def gelu_tanh(self, x: Array) -> Array:
        result = self._twice_share(x, _GELU_TANH)
        numpy.multiply(result, 0.5, out=result)
        return numpy.multiply(result, x, out=result)

    @in_blocks
    def gelu_tanh_grad(self, g: Array, x: Array) -> Array:
        share = self._twice_share(x, _GELU_TANH)
        slope = numpy.multiply(x, x, out=numpy.empty_like(x))
        numpy.multiply(slope, 3 * _KAPPA * _BETA, out=slope)
        numpy.add(slope, _BETA, out=slope)
        numpy.multiply(slope, x, out=slope)
        # 1 - tanh^2 = share (2 - share), where share = 1 + tanh.
        numpy.multiply(slope, 2 - share, out=slope)
        numpy.add(slope, 1, out=slope)
        numpy.multiply(slope, share, out=slope)
        numpy.multiply(slope, 0.5, out=slope)
        return numpy.multiply(slope, g, out=slope)

    @in_blocks
    def softplus(self, x: Array, beta: float, threshold: float) -> Array:
        scaled = numpy.asarray(x if beta == 1 else x * beta)
        result: Array = numpy.asarray(numpy.minimum(scaled, x.dtype.type(threshold)))
        numpy.exp(result, out=result)
        numpy.log1p(result, out=result)
        if beta != 1:
            numpy.divide(result, beta, out=result)
        numpy.copyto(result, x, where=scaled > threshold)
        return result

    @in_blocks
    def softplus_grad(self, g: Array, x: Array, beta: float, threshold: float) -> Array:
        scaled = numpy.asarray(x if beta == 1 else x * beta)
        result: Array = numpy.asarray(numpy.minimum(scaled, x.dtype.type(threshold)))
        numpy.exp(result, out=result)
        numpy.divide(result, result + 1, out=result)
        numpy.copyto(result, 1, where=scaled > threshold)
        return numpy.multiply(result, g, out=result)

    def hardswish(self, x: Array) -> Array:
        result: Array = numpy.asarray(numpy.add(x, 3))
        numpy.clip(result, x.dtype.type(0), x.dtype.type(6), out=result)
        numpy.multiply(result, x, out=result)
        numpy.divide(result, 6, out=result)
        return result

    def hardswish_grad(self, g: Array, x: Array) -> Array:
        slope = numpy.divide(x, 3, out=numpy.empty_like(x))
        numpy.add(slope, 0.5, out=slope)
        numpy.multiply(slope, g, out=slope)
        # Beyond the kinks, whatever x and g are there; nan counts as being above.
        numpy.copyto(slope, g, where=numpy.logical_not(x < 3))
        numpy.copyto(slope, 0, where=x <= -3)
        return slope

    @in_blocks
    def logsigmoid(self, x: Array) -> Array:
        # Contiguous, whatever the input is: so PyTorch's is.
        result = numpy.abs(x, out=numpy.empty(x.shape, x.dtype))
        numpy.negative(result, out=result)
        numpy.exp(result, out=result)
        numpy.log1p(result, out=result)
        numpy.subtract(self.clamp_max(x, 0.0), result, out=result)
        return result

    def leaky_relu(self, x: Array, negative_slope: float) -> Array:
        result = numpy.multiply(x, negative_slope, out=numpy.empty_like(x))
        if 0 <= negative_slope <= 1:
            return numpy.maximum(result, x, out=result)
        numpy.copyto(result, x, where=x > 0)
        return result

    def leaky_relu_grad(self, g: Array, x: Array, negative_slope: float) -> Array:
        kind = x.dtype.type
        slope: Array = self.where(x > 0, kind(1), kind(negative_slope))
        slope *= g
        return slope

    @in_blocks
    def elu(self, x: Array, alpha: float, scale: float, input_scale: float) -> Array:
        # Each half is 0 where the other one counts.
        result: Array = numpy.asarray(self.clamp_max(x, 0.0))
        if input_scale != 1:
            numpy.multiply(result, input_scale, out=result)
        numpy.expm1(result, out=result)
        if alpha * scale != 1:
            numpy.multiply(result, alpha * scale, out=result)
        positive: Array = numpy.asarray(self.clamp_min(x, 0.0))
        if scale != 1:
            numpy.multiply(positive, scale, out=positive)
        return numpy.add(result, positive, out=result)

    @in_blocks
    def elu_grad(self, g: Array, x: Array, alpha: float, scale: float, input_scale: float) -> Array:
        slope: Array = numpy.asarray(self.clamp_max(x, 0.0))
        if x.size and numpy.isnan(slope.min()):
            # Of nan, too, it is the slope of the positive half: the slower fmin makes it 0.
            slope = numpy.asarray(numpy.fmin(x, x.dtype.type(0)))
        if input_scale != 1:
            numpy.multiply(slope, input_scale, out=slope)
        numpy.exp(slope, out=slope)
        steepness = alpha * scale * input_scale
        if steepness != 1:
            numpy.multiply(slope, steepness, out=slope)
        if steepness != scale:
            slope = numpy.asarray(self.where(x <= 0, slope, x.dtype.type(scale)))
        return numpy.multiply(slope, g, out=slope)

    def celu(self, x: Array, alpha: float) -> Array:
        return self.elu(x, alpha, 1.0, 1.0 / alpha)

    @in_blocks
    def sigmoid(self, x: Array) -> Array:
        result = numpy.negative(x, out=numpy.empty_like(x))
        numpy.exp(result, out=result)
        numpy.add(result, 1, out=result)
        return inverse(result, out=result)

    @in_blocks
    def silu(self, x: Array) -> Array:
        result = numpy.negative(x, out=numpy.empty_like(x))
        numpy.exp(result, out=result)
        numpy.add(result, 1, out=result)
        return numpy.divide(x, result, out=result)

    @in_blocks
    def silu_grad(self, g: Array, x: Array) -> Array:
        share: Array = numpy.asarray(self.sigmoid(x))
        slope = numpy.subtract(1, share, out=numpy.empty_like(x))
        numpy.multiply(slope, x, out=slope)
        numpy.add(slope, 1, out=slope)
        numpy.multiply(share, g, out=share)
        return numpy.multiply(slope, share, out=slope)

    def sigmoid_grad(self, g: Array, out: Array) -> Array:
        result = numpy.subtract(1, out, out=numpy.empty_like(out))
        numpy.multiply(g, result, out=result)
        return numpy.multiply(result, out, out=result)

    def tanh_grad(self, g: Array, out: Array) -> Array:
        result = numpy.multiply(out, out, out=numpy.empty_like(out))
        numpy.subtract(1, result, out=result)
        return numpy.multiply(g, result, out=result)
