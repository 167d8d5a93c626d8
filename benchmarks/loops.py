"""What is timed: run as ``python loops.py LIBRARY MEASURE``, it prints seconds, one number a line.

Each library runs in a process of its own, for two BLAS or thread pools in one process fight for the
cores.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np

STEPS = 1000


def timed(function: Callable[[], Any], repeats: int) -> float:
    """Return the median seconds of one call, after three that do not count."""
    for _ in range(3):
        function()
    seconds = []
    for _ in range(repeats):
        begun = perf_counter()
        function()
        seconds.append(perf_counter() - begun)
    return median(seconds)


def inputs() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the loop's three 2 x 3 arrays of float32."""
    random = np.random.default_rng(0)
    x, y = (random.random((2, 3), dtype=np.float32) + np.float32(0.5) for _ in range(2))
    return x, y, np.ones((2, 3), np.float32)


def torch_like(torch: Any) -> dict[str, Callable[[], float]]:
    """Return the measures of a library with PyTorch's interface."""
    x, y, one = (torch.tensor(a) for a in inputs())
    x.requires_grad_()
    y.requires_grad_()

    def loop() -> Any:
        z = torch.ones(2, 3, requires_grad=True)
        for _ in range(STEPS):
            z = (z / x) * y
        return z

    def with_backward() -> None:
        loop().backward(one)

    def without_grad() -> None:
        with torch.no_grad():
            loop()

    def tiny_model() -> float:
        torch.manual_seed(0)
        model = torch.nn.Sequential(
            torch.nn.Linear(1000, 100), torch.nn.ReLU(), torch.nn.Linear(100, 10)
        )
        data, target = torch.randn(16, 1000), torch.randn(16, 10)
        optimizer = torch.optim.SGD(model.parameters(), lr=1e-3)

        def step() -> None:
            optimizer.zero_grad()
            loss = (target - model(data)).pow(2).sum()
            loss.backward()
            optimizer.step()

        return timed(step, 300)

    def profiled() -> float:
        profiler = torch.autograd.profiler

        def run() -> None:
            z = torch.ones(2, 3, requires_grad=True)
            with profiler.profile() as profile:
                for _ in range(STEPS):
                    z = (z / x) * y
            profile.key_averages().table(sort_by="self_cpu_time_total")

        return timed(run, 5)

    return {
        "forward": lambda: timed(loop, 25) / (2 * STEPS),
        "forward + backward": lambda: timed(with_backward, 25) / (2 * STEPS),
        "forward, no_grad": lambda: timed(without_grad, 25) / (2 * STEPS),
        "TinyModel step": tiny_model,
        "profiled loop": profiled,
    }


def hips() -> dict[str, Callable[[], float]]:
    """Return the measures of HIPS autograd, which always does both passes."""
    import autograd
    import autograd.numpy as anp

    x, y, one = inputs()

    def loss(z: Any, x: Any, y: Any) -> Any:
        for _ in range(STEPS):
            z = (z / x) * y
        return anp.sum(z)

    gradient = autograd.grad(loss, (0, 1, 2))
    return {"forward + backward": lambda: timed(lambda: gradient(one, x, y), 5) / (2 * STEPS)}


def mygrad() -> dict[str, Callable[[], float]]:
    """Return the measures of MyGrad."""
    import mygrad as mg

    x, y, one = (mg.tensor(a) for a in inputs())

    def loop() -> Any:
        z = mg.tensor(one.data)
        for _ in range(STEPS):
            z = (z / x) * y
        return z

    return {
        "forward": lambda: timed(loop, 5) / (2 * STEPS),
        "forward + backward": lambda: timed(lambda: loop().sum().backward(), 5) / (2 * STEPS),
    }


def main() -> None:
    """Print the median of each measure that was asked for."""
    library, *wanted = sys.argv[1:]
    if library in ("torch", "plugrad"):
        measures = torch_like(__import__(library))
    else:
        # A rival that does not run on this interpreter is left out of the table.
        with contextlib.suppress(ImportError):
            measures = {"autograd": hips, "mygrad": mygrad}[library]()
    for name in wanted:
        print(measures[name]() if name in measures else "nan")


if __name__ == "__main__":
    main()
