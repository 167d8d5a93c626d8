"""What plugrad-fft plugs in: its functions beside tensors."""

from __future__ import annotations

from plugrad.namespace import brought
from plugrad.plugins import hookimpl
from plugrad.plugins.registers import Register

PLUGRAD_API = (1, 0)


@hookimpl
def plugrad_register_operators(register: Register) -> None:
    """Offer the operators."""
    for name in brought("plugrad.fft"):
        register(name, load=f"plugrad:{name}")
