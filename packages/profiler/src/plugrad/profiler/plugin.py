"""What plugrad-profiler plugs in: an observer of operators, and a writer of traces."""

from __future__ import annotations

from plugrad.plugins import hookimpl
from plugrad.plugins.registers import Register

PLUGRAD_API = (1, 0)


@hookimpl
def plugrad_register_observers(register: Register) -> None:
    """Offer the profiler."""
    register("profile", load="plugrad.profiler.session:profile")


@hookimpl
def plugrad_register_exporters(register: Register) -> None:
    """Offer the format of traces."""
    register("chrome_trace", load="plugrad.profiler.chrome:write_trace")
