"""What plugrad-nn plugs in: every module, under the name of its class, and functions."""

from __future__ import annotations

from plugrad import nn
from plugrad.namespace import brought
from plugrad.plugins import hookimpl
from plugrad.plugins.registers import Register

PLUGRAD_API = (1, 0)


@hookimpl
def plugrad_register_layers(register: Register) -> None:
    """Offer the layers."""
    for name in nn.LAYERS:
        register(name, load=f"plugrad.nn:{name}")


@hookimpl
def plugrad_register_operators(register: Register) -> None:
    """Offer the operators that PyTorch has beside tensors."""
    for name in brought("plugrad.nn"):
        register(name, load=f"plugrad:{name}")
