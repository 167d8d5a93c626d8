"""What plugrad-backend-cuda plugs in: the backend of `device("cuda")`."""

from __future__ import annotations

from plugrad.plugins import hookimpl
from plugrad.plugins.registers import Register

PLUGRAD_API = (1, 0)


@hookimpl
def plugrad_register_backends(register: Register) -> None:
    """Serve NVIDIA GPUs; CuPy is imported when the first is used."""
    register("cuda", load="plugrad_cuda.backend:CudaBackend")
