"""A chain of 1,000,000 operations: forward, backward, freeing, with the garbage collector off.

Run as ``python chain.py [LENGTH ...]``; prints a row for each length.
"""

from __future__ import annotations

import gc
import resource
import sys
from time import perf_counter

import plugrad


def run(length: int) -> tuple[float, float, float, bool]:
    """Return the seconds of each part, and whether everything was freed."""
    gc.disable()
    x = plugrad.ones(2, requires_grad=True)
    begun = perf_counter()
    y = x
    for _ in range(length):
        y = y * 1.0
    forward = perf_counter() - begun
    begun = perf_counter()
    y.backward(plugrad.ones(2))
    backward = perf_counter() - begun
    alive = len(gc.get_objects())
    begun = perf_counter()
    del y
    freeing = perf_counter() - begun
    freed = alive - len(gc.get_objects()) >= length
    assert x.grad.tolist() == [1.0, 1.0]
    return forward, backward, freeing, freed


def main() -> None:
    """Print the table."""
    print("   length   forward  backward   freeing   us/op  freed by reference counts")
    for length in map(int, sys.argv[1:] or ("10000", "100000", "1000000")):
        forward, backward, freeing, freed = run(length)
        total = (forward + backward + freeing) / length * 1e6
        print(f"{length:9,} {forward:8.2f}s {backward:8.2f}s {freeing:8.2f}s {total:7.2f}  {freed}")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak memory {peak:,.0f} MB")


if __name__ == "__main__":
    main()
