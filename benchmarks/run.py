"""Speed and size beside PyTorch's: each library in a process of its own, turns taken, medians.

Run as ``python benchmarks/run.py [ROUNDS]`` where PyTorch is installed, on an idle machine. It
prints ratios, and judges nothing.
"""

from __future__ import annotations

import math
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from statistics import median

HERE = Path(__file__).parent
MEASURES = {
    "forward": "1.00",
    "forward + backward": "0.65",
    "forward, no_grad": "1.00",
    "TinyModel step": "1.00",
    "profiled loop": "0.25",
}
LIBRARIES = ("plugrad", "torch", "autograd", "mygrad")
# What programs use: not testing.
OURS = (
    "core", "linalg", "fft", "nn", "optim", "data", "profiler", "checkpoints", "array-api",
    "backend-cuda",
)  # fmt: skip


def measure(library: str) -> list[float]:
    """Return the seconds of each measure, in a fresh process."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", str(HERE / "loops.py"), library, *MEASURES],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return [float(line) for line in done.stdout.splitlines() if line.replace(".", "").replace(
        "e-", "").isdigit() or line == "nan"]  # fmt: skip


def speed(rounds: int) -> None:
    """Print the table of speeds."""
    found: dict[str, list[list[float]]] = {library: [] for library in LIBRARIES}
    for _ in range(rounds):
        for library in LIBRARIES:
            found[library].append(measure(library))
    print(f"{'us an operation, or a step':28}" + "".join(f"{name:>10}" for name in LIBRARIES)
          + f"{'ratio':>8}{'at most':>9}")  # fmt: skip
    for row, (name, limit) in enumerate(MEASURES.items()):
        times = [median(round[row] for round in found[library]) * 1e6 for library in LIBRARIES]
        shown = "".join(f"{'-' if math.isnan(t) else f'{t:.2f}':>10}" for t in times)
        print(f"{name:28}{shown}{times[0] / times[1]:8.2f}{limit:>9}")


def imports(rounds: int) -> None:
    """Print what importing costs."""

    def seconds(code: str) -> float:
        timed = f"from time import perf_counter as t; b = t(); {code}; print(t() - b)"
        runs = [
            float(subprocess.run([sys.executable, "-c", timed], capture_output=True, text=True,
                                 check=True).stdout)
            for _ in range(2 * rounds + 1)
        ]  # fmt: skip
        return median(runs)

    ours, numpy, torch = (seconds(f"import {name}") for name in ("plugrad", "numpy", "torch"))
    over = seconds("import numpy; b = t(); import plugrad")
    print(f"\nimport plugrad {ours * 1e3:.0f} ms, of which numpy {numpy * 1e3:.0f} ms; "
          f"import torch {torch * 1e3:.0f} ms")  # fmt: skip
    print(f"  over numpy: {over * 1e3:.1f} ms (at most 60); "
          f"of torch: {ours / torch:.3f} (at most 0.15)")  # fmt: skip


def installed_size(name: str) -> int:
    """Return the bytes of a distribution's installed files, compiled caches left aside."""
    files = distribution(name).files or []
    return sum(
        path.stat().st_size
        for path in (Path(str(distribution(name).locate_file(file))) for file in files)
        if path.is_file() and "__pycache__" not in path.parts
    )


def sizes() -> None:
    """Print what the installations weigh."""
    try:
        core = installed_size("plugrad-core")
        ours = sum(installed_size(f"plugrad-{name}") for name in OURS)
        whole = ours + sum(installed_size(name) for name in ("numpy", "pluggy"))
        torch = installed_size("torch")
    except PackageNotFoundError as missing:
        print(f"\nsizes: {missing.name} is not installed")
        return
    print(f"\nplugrad-core {core / 1e6:.2f} MB (at most 1.5)")
    print(f"numpy, pluggy and all of ours {whole / 1e6:.0f} MB, PyTorch's CPU build "
          f"{torch / 1e6:.0f} MB: {whole / torch:.3f} (at most 0.11)")  # fmt: skip


def main() -> None:
    """Print all tables."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    speed(rounds)
    imports(rounds)
    sizes()
    print()
    subprocess.run([sys.executable, str(HERE / "models.py"), "2"], check=True)
    print()
    subprocess.run([sys.executable, str(HERE / "chain.py")], check=True)


if __name__ == "__main__":
    main()
