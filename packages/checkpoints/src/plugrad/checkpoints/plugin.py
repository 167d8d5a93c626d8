"""What plugrad-checkpoints plugs in: `save` and `load`, beside the functions of tensors."""

from __future__ import annotations

from plugrad.namespace import brought
from plugrad.plugins import hookimpl
from plugrad.plugins.registers import Register

PLUGRAD_API = (1, 0)


@hookimpl
def plugrad_register_operators(register: Register) -> None:
    """Offer the functions."""
    for name in brought("plugrad.checkpoints"):
        register(name, load=f"plugrad:{name}")
