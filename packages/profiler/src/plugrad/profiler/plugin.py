"""What plugrad-profiler plugs in: what observes operators while they run."""

from __future__ import annotations

from plugrad import profiler
from plugrad.plugins import hookimpl
from plugrad.plugins.registers import Register

PLUGRAD_API = (1, 0)


@hookimpl
def plugrad_register_observers(register: Register) -> None:
    """Offer the profilers."""
    for name in profiler.__all__:
        register(name, load=f"plugrad.profiler:{name}")
