"""Autocast: products of matrices in low precision, what loses too much by it in float32.

Which operators belong to which kind was found by running each under PyTorch's autocast for the CPU,
on float32 and on bfloat16 inputs, and looking at the dtype of what came out.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import wraps
from types import TracebackType
from typing import Any, Final, Self, TypeVar

from plugrad import dtypes
from plugrad.autograd.modes import mode
from plugrad.autograd.tape import AccumulateGrad, TensorBase
from plugrad.devices import device
from plugrad.dtypes import dtype

__all__ = ["autocast", "get_autocast_dtype", "is_autocast_available", "is_autocast_enabled"]

Decorated = TypeVar("Decorated", bound=Callable[..., Any])


def _shown(names: str) -> frozenset[str]:
    """Return names as profiles show them."""
    return frozenset(f"aten::{name}" for name in names.split())


LOWERED: Final = _shown(
    """addbmm addmm baddbmm bmm conv1d conv2d conv3d conv_tbc conv_transpose1d
    conv_transpose2d conv_transpose3d convolution linalg_vecdot linear matmul mm prelu
    scaled_dot_product_attention"""
)
"""What runs in the low precision, by the names that profiles show."""

WIDENED: Final = _shown(
    """adaptive_avg_pool3d adaptive_max_pool3d avg_pool3d binary_cross_entropy
    binary_cross_entropy_with_logits cdist cholesky cholesky_inverse cholesky_solve
    cosine_embedding_loss ctc_loss fft_fft fft_fft2 fft_fftn fft_hfft fft_ifft fft_ifft2 fft_ifftn
    fft_ihfft fft_irfft fft_irfft2 fft_irfftn fft_rfft fft_rfft2 fft_rfftn fractional_max_pool2d
    fractional_max_pool3d geqrf grid_sampler grid_sampler_2d grid_sampler_3d hinge_embedding_loss
    huber_loss kl_div l1_loss linalg_cholesky linalg_cholesky_ex linalg_cond linalg_eig linalg_eigh
    linalg_eigvals linalg_eigvalsh linalg_householder_product linalg_inv linalg_inv_ex linalg_lstsq
    linalg_qr linalg_solve linalg_svd linalg_svdvals linalg_tensorinv linalg_tensorsolve lu_solve
    margin_ranking_loss max_pool3d max_unpool2d max_unpool3d mse_loss multi_margin_loss
    multilabel_margin_loss nanquantile nll_loss_forward ormqr pinverse poisson_nll_loss prod qr
    quantile reflection_pad1d reflection_pad2d replication_pad1d replication_pad2d
    replication_pad3d smooth_l1_loss soft_margin_loss stft svd trace triangular_solve
    triplet_margin_loss"""
)
"""What runs in float32."""

_DEFAULTS: Final = {"cpu": dtypes.bfloat16, "cuda": dtypes.float16}


class autocast:
    """Run what it encloses with products in low precision; also a decorator.

    Products of matrices and convolutions convert float32 arguments to `dtype`; losses, products of
    elements, decompositions and a few others convert low precision to float32; everything else
    takes what comes. The conversions are recorded, so gradients arrive in the dtype of the
    parameters. In-place forms and ``out=`` convert nothing.

    Parameters
    ----------
    device_type : str
        ``"cpu"`` or ``"cuda"``.
    dtype : dtype, optional
        By default bfloat16 on the CPU (which needs ``plugrad-core[bfloat16]``) and float16
        elsewhere.
    enabled : bool
        False switches an outer one off.
    cache_enabled : bool, optional
        Whether each parameter is converted once only, until the outermost one ends.

    Raises
    ------
    RuntimeError
        For an unknown kind of device.

    Examples
    --------
    >>> import plugrad
    >>> x = plugrad.ones(2, 2)
    >>> with plugrad.autocast("cpu", dtype=plugrad.float16):
    ...     print((x @ x).dtype, (x + x).dtype)
    plugrad.float16 plugrad.float32
    """

    def __init__(
        self,
        device_type: str,
        dtype: dtype | None = None,
        enabled: bool = True,
        cache_enabled: bool | None = None,
    ) -> None:
        if not isinstance(device_type, str):
            raise ValueError(
                f"autocast() takes the type of a device, such as 'cpu', not {device_type!r}"
            )
        self.device = device(device_type).type
        self.fast_dtype = get_autocast_dtype(self.device) if dtype is None else dtype
        self._cache_enabled = cache_enabled is not False
        if enabled and self.device == "cuda" and not _has_cuda():
            warnings.warn(
                "autocast('cuda') does nothing: no CUDA device can be used here",
                UserWarning,
                stacklevel=2,
            )
            enabled = False
        if enabled and not self.fast_dtype.low_precision:
            warnings.warn(
                f"autocast() does nothing: it lowers precision to float16 or bfloat16, not to "
                f"{self.fast_dtype}",
                UserWarning,
                stacklevel=2,
            )
            enabled = False
        self._enabled = enabled
        self._outer: list[dict[str, autocast]] = []
        self._converted: dict[int, tuple[Any, Any]] = {}

    def __enter__(self) -> Self:
        outer = mode.autocast
        self._outer.append(outer)
        if not outer:
            mode.slow_down("autocast")
        if self.device in outer:
            self._converted = outer[self.device]._converted
        mode.autocast = outer | {self.device: self}
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        mode.autocast = outer = self._outer.pop()
        if self.device not in outer:
            self._converted = {}
        if not outer:
            mode.speed_up("autocast")

    def __call__(self, function: Decorated) -> Decorated:
        """Return `function`, run inside."""

        @wraps(function)
        def call(*args: Any, **kwargs: Any) -> Any:
            with self:
                return function(*args, **kwargs)

        return call  # type: ignore[return-value]

    def cast(self, name: str, values: Any) -> Any:
        """Return the arguments of the operator that profiles show as `name`, converted."""
        if not self._enabled:
            return values
        if name in LOWERED:
            return self._converted_all(values, self.fast_dtype)
        return self._converted_all(values, dtypes.float32) if name in WIDENED else values

    def _converted_all(self, value: Any, kind: dtype) -> Any:
        if isinstance(value, TensorBase):
            if (
                not value._dtype.is_floating_point
                or value._dtype in (kind, dtypes.float64)
                or value._table.device.type != self.device
            ):
                return value
            return self._convert(value, kind)
        if isinstance(value, (tuple, list)):
            return type(value)([self._converted_all(item, kind) for item in value])
        if isinstance(value, dict):
            return {name: self._converted_all(item, kind) for name, item in value.items()}
        return value

    def _convert(self, tensor: Any, kind: dtype) -> Any:
        if (
            not self._cache_enabled
            or kind is not self.fast_dtype
            or tensor._edge.__class__ is not AccumulateGrad
            or not mode.grad
        ):
            return tensor.to(kind)
        # With the tensor itself, so that its id is not given to another.
        kept, converted = self._converted.get(id(tensor), (None, None))
        if kept is not tensor or converted._dtype is not kind:
            converted = tensor.to(kind)
            self._converted[id(tensor)] = (tensor, converted)
        return converted


def _has_cuda() -> bool:
    from plugrad import cuda

    return cuda.is_available()


def is_autocast_available(device_type: str) -> bool:
    """Return whether there is autocast for devices of a type.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.amp.is_autocast_available("cpu")
    True
    """
    return device(device_type).type in _DEFAULTS


def is_autocast_enabled(device_type: str = "cuda") -> bool:
    """Return whether autocast is on in this thread, for devices of a type.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.is_autocast_enabled("cpu")
    False
    """
    current: autocast | None = mode.autocast.get(device(device_type).type)
    return current is not None and current._enabled


def get_autocast_dtype(device_type: str) -> dtype:
    """Return the dtype to which autocast converts by default, or does at the moment.

    Raises
    ------
    RuntimeError
        If there is no autocast for such devices.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.get_autocast_dtype("cpu")
    plugrad.bfloat16
    """
    kind = device(device_type).type
    current: autocast | None = mode.autocast.get(kind)
    if current is not None:
        return current.fast_dtype
    if kind not in _DEFAULTS:
        raise RuntimeError(f"there is no autocast for {kind!r}, only for 'cpu' and 'cuda'")
    return _DEFAULTS[kind]
