"""What plugrad-snake plugs in. Nothing of it is imported before it is used."""

from __future__ import annotations

from plugrad.plugins import hookimpl

PLUGRAD_API = (1, 0)


@hookimpl
def plugrad_register_operators(register):
    """Offer the operator."""
    register("snake", load="plugrad_snake.operators:snake")


@hookimpl
def plugrad_register_kernels(register):
    """Offer a faster kernel to the NumPy backend."""
    from plugrad_snake.kernels import is_large

    register("snake", backend="cpu", load="plugrad_snake.kernels:snake", when=is_large)


@hookimpl
def plugrad_register_layers(register):
    """Offer the layer."""
    register("Snake", load="plugrad_snake.layers:Snake")


@hookimpl
def plugrad_register_optimizers(register):
    """Offer the optimizer."""
    register("Lion", load="plugrad_snake.optimizers:Lion")


@hookimpl
def plugrad_register_observers(register):
    """Offer the observer."""
    register("count", load="plugrad_snake.observers:Count")
