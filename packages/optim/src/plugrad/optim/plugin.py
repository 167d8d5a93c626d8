"""What plugrad-optim plugs in: optimizers and schedulers, each under the name of its class."""

from __future__ import annotations

from plugrad import optim
from plugrad.plugins import hookimpl
from plugrad.plugins.registers import Register

PLUGRAD_API = (1, 0)


@hookimpl
def plugrad_register_optimizers(register: Register) -> None:
    """Offer the optimizers."""
    for name in optim.OPTIMIZERS:
        register(name, load=f"plugrad.optim:{name}")


@hookimpl
def plugrad_register_lr_schedulers(register: Register) -> None:
    """Offer the schedulers."""
    for name in optim.lr_scheduler.__all__:
        if name != "LRScheduler":
            register(name, load=f"plugrad.optim.lr_scheduler:{name}")
    register("SWALR", load="plugrad.optim.swa_utils:SWALR")
