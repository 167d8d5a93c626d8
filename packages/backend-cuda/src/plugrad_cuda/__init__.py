"""NVIDIA GPUs for plugrad, through CuPy."""
