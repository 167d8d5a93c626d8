"""The hooks: everything a plugin can add, on one screen.

Each hook is handed a `register` to call once for each name the plugin offers. `load` says where the
thing lies, as ``"package.module:attribute"``, imported on first use; or it is the thing itself.
Of several plugins that claim one name, the highest `priority` gets it; a tie is a collision.
Arguments of hooks and of `register` are only ever added.
"""

from __future__ import annotations

from typing import Final

import pluggy

from plugrad.plugins.registers import Register, RegisterKernel

API_VERSION: Final = (1, 0)
"""The version of this interface. Minor: something was added. Major: something changed."""

PROJECT: Final = "plugrad"
HOOK_PREFIX: Final = "plugrad_register_"

hookspec: Final = pluggy.HookspecMarker(PROJECT)
hookimpl: Final = pluggy.HookimplMarker(PROJECT)


@hookspec
def plugrad_register_backends(register: Register) -> None:
    """Offer array libraries, by type of device: ``register("cuda", load=..., priority=0)``."""


@hookspec
def plugrad_register_operators(register: Register) -> None:
    """Offer new operators, by the name to show: ``register("bump", load=..., priority=0)``."""


@hookspec
def plugrad_register_kernels(register: RegisterKernel) -> None:
    """Offer kernels that a backend prefers to its own, where ``when(*args, **kwargs)`` holds.

    ``register("silu_grad", backend="cuda", load=..., when=None, priority=0)``
    """


@hookspec
def plugrad_register_layers(register: Register) -> None:
    """Offer modules, by the name of their class: ``register("Linear", load=..., priority=0)``."""


@hookspec
def plugrad_register_optimizers(register: Register) -> None:
    """Offer optimizers, by the name of their class: ``register("SGD", load=..., priority=0)``."""


@hookspec
def plugrad_register_lr_schedulers(register: Register) -> None:
    """Offer learning-rate schedulers, likewise: ``register("StepLR", load=..., priority=0)``."""


@hookspec
def plugrad_register_observers(register: Register) -> None:
    """Offer what watches operators, like profilers: ``register("trace", load=..., priority=0)``."""


@hookspec
def plugrad_register_exporters(register: Register) -> None:
    """Offer writers, by format: ``register("onnx", load=..., priority=0)``."""


KINDS: Final = tuple(
    name.removeprefix(HOOK_PREFIX) for name in list(globals()) if name.startswith(HOOK_PREFIX)
)
"""The kinds of things that plugins add, each the end of its hook's name."""
