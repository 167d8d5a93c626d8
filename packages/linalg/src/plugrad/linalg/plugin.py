"""What plugrad-linalg plugs in: its functions beside tensors, which are their methods too."""

from __future__ import annotations

from plugrad.namespace import brought
from plugrad.plugins import hookimpl
from plugrad.plugins.registers import Register

PLUGRAD_API = (1, 0)


@hookimpl
def plugrad_register_operators(register: Register) -> None:
    """Offer the operators."""
    for name in brought("plugrad.linalg"):
        register(name, load=f"plugrad:{name}")
