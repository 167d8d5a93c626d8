"""Core's own plugin: NumPy, registered like any third party's backend."""

from __future__ import annotations

from plugrad.plugins import hookimpl
from plugrad.plugins.registers import Register

PLUGRAD_API = (1, 0)


@hookimpl
def plugrad_register_backends(register: Register) -> None:
    """Serve the CPU."""
    register("cpu", load="plugrad.backends.numpy:NumpyBackend")
