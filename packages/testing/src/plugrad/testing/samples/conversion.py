"""Samples of what converts and overwrites tensors, and of questions about them."""

from __future__ import annotations

import copy
import pickle
from typing import Any

from plugrad.testing.samples import Sample, integers, positive, real
from plugrad.testing.samples.creation import Call, calls_of

__all__ = ["SAMPLES"]

_ASKED_FOR = {"float32_agrees_with_float64": "the dtype is what is asked for"}
_AS_IT_LIES = {"layout_does_not_matter": "elements stay as they lie in memory"}
_ROUNDED = {
    **_ASKED_FOR,
    "gradient_is_the_derivative": "the conversion rounds",
    "second_derivative_is_the_gradients": "the conversion rounds",
}


def _named(name: str) -> Call:
    return lambda t, x: getattr(x, name)()


def _changed(name: str, *calls: Call, **options: Any) -> list[Sample]:
    """Return samples of calls that change their first input: here a tensor made from it."""

    def on_a_copy(call: Call) -> Call:
        return lambda t, x, *others: call(t, x * 1, *others)

    return calls_of(name, *map(on_a_copy, calls), **options)


_CONVERSIONS = [
    *calls_of(
        "clone",
        lambda t, x: t.clone(x),
        lambda t, x: x.t().clone(),
        lambda t, x: x.t().clone(memory_format=t.contiguous_format),
        dtypes=("float32", "float64", "complex64"),
    ),
    *calls_of(
        "to",
        lambda t, x: x.to(t.float64),
        lambda t, x: x.to(t.float32, copy=True),
        lambda t, x: x.to(t.int64),
        lambda t, x: x.to(dtype=t.complex128),
        lambda t, x: x.to(x.device, t.float64, False, True),
        lambda t, x: x.to(x.device),
        lambda t, x: x.t().to(t.float64).stride(),
        skip=_ROUNDED,
    ),
    *calls_of("to", lambda t, x, y: x.to(y), inputs=(real(3), integers(2)), skip=_ASKED_FOR),
    *(
        sample
        for name in (
            "double", "float", "half", "bfloat16", "long", "int", "short", "char", "byte", "bool",
            "cfloat", "cdouble",
        )
        for sample in calls_of(name, _named(name), inputs=(positive(3, 4),), skip=_ROUNDED)
    ),
    *calls_of(
        "type",
        lambda t, x: x.type(t.float64),
        lambda t, x: x.type(),
        lambda t, x: x.type(t.bool),
        skip={**_ASKED_FOR, "strict": "types are named for the processor"},
    ),
    *calls_of("type_as", lambda t, x, y: x.type_as(y), inputs=(real(3), integers(2))),
    *calls_of("cpu", lambda t, x: x.cpu() if x.device.type == "cpu" else x),
    *calls_of("as_subclass", lambda t, x: x.as_subclass(t.Tensor) * 2),
    *calls_of("share_memory_", lambda t, x: x.detach().share_memory_() * 1),
    *calls_of("__deepcopy__", lambda t, x: copy.deepcopy(x.detach())),
    *calls_of("__reduce_ex__", lambda t, x: pickle.loads(pickle.dumps(x.detach().t()))),
    *calls_of("__dlpack__", lambda t, x: t.from_dlpack(x.detach().clone())),
]  # fmt: skip

_CHANGES = [
    *_changed(
        "copy_",
        lambda t, x, y: x.copy_(y),
        lambda t, x, y: x.copy_(y[0]),
        lambda t, x, y: (x[0].copy_(y[1]), x),
        lambda t, x, y: x.detach().copy_(y),
        lambda t, x, y: t.zeros(3, 4, dtype=t.int32).copy_(x),
        inputs=(real(3, 4), real(3, 4)),
    ),
    *_changed("copy_", lambda t, x, y: x.copy_(y), inputs=(real(3, 4), integers(4))),
    *_changed(
        "fill_",
        lambda t, x: x.fill_(2.5),
        lambda t, x: t.fill_(x[1], 3),
        lambda t, x: x.long().fill_(2.7),
        lambda t, x: x.t().fill_(True),
    ),
    *_changed("fill_", lambda t, x, y: x.fill_(y), inputs=(real(3, 4), real())),
    *_changed("zero_", lambda t, x: x.zero_(), lambda t, x: (t.zero_(x[:, 1]), x)),
    *calls_of("fill", lambda t, x: t.fill(x, 2.5)),
    *calls_of("fill", lambda t, x, y: t.fill(x, y), inputs=(real(3, 4), real())),
    *_changed("resize_", lambda t, x: x.detach().resize_(2, 3), skip=_AS_IT_LIES),
    *_changed(
        "resize_", lambda t, x: x.detach().t().resize_((4,)), skip=_AS_IT_LIES, label="transposed"
    ),
    *_changed("resize_as_", lambda t, x: x.detach().resize_as_(x[:2]), skip=_AS_IT_LIES),
    *_changed("set_", lambda t, x: x.detach().set_(x.detach()[0]), lambda t, x: x.detach().set_()),
]

_QUESTIONS = [
    *calls_of("numel", lambda t, x: t.numel(x)),
    *calls_of("is_tensor", lambda t, x: t.is_tensor(x)),
    *calls_of("is_storage", lambda t, x: t.is_storage(x)),
    *calls_of("is_floating_point", lambda t, x: t.is_floating_point(x)),
    *calls_of("is_nonzero", lambda t, x: t.is_nonzero(x[0, 0])),
    *calls_of("is_same_size", lambda t, x: t.is_same_size(x, x.t())),
    *calls_of("is_pinned", lambda t, x: x.is_pinned()),
    *calls_of("is_shared", lambda t, x: x.is_shared()),
    *calls_of("get_device", lambda t, x: x.get_device()),
    *calls_of("__dlpack_device__", lambda t, x: tuple(map(int, x.__dlpack_device__()))),
    *calls_of("result_type", lambda t, x: t.result_type(x, 1j), lambda t, x: t.result_type(1, x)),
    *calls_of("can_cast", lambda t, x: t.can_cast(x.dtype, t.int64)),
]

SAMPLES: tuple[Sample, ...] = (*_CONVERSIONS, *_CHANGES, *_QUESTIONS)
