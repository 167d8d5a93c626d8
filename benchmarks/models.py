"""Training steps of whole models beside PyTorch's: milliseconds a step, and the memory it takes.

Run as ``python benchmarks/models.py [ROUNDS]`` where PyTorch is installed, on an idle machine. Each
library runs in a process of its own, and they take turns.
"""

from __future__ import annotations

import resource
import subprocess
import sys
from collections.abc import Callable
from importlib import import_module
from statistics import median
from time import perf_counter
from typing import Any

LIMITS = {"mlp": "1.0", "cnn": "2.0", "transformer": "1.2", "lstm cells": "0.8"}
SECONDS = 2.0


def mlp(t: Any) -> Callable[[], Any]:
    """784-512-512-10, 128 rows, Adam."""
    n = t.nn
    model = n.Sequential(
        n.Linear(784, 512), n.ReLU(), n.Linear(512, 512), n.ReLU(), n.Linear(512, 10)
    )
    return step(t, model, t.randn(128, 784), 10, t.optim.Adam(model.parameters(), lr=1e-3))


def cnn(t: Any) -> Callable[[], Any]:
    """Two 3 x 3 convolutions with batch normalization and pooling, on 64 x 1 x 28 x 28."""
    n = t.nn
    model = n.Sequential(
        n.Conv2d(1, 16, 3, padding=1), n.BatchNorm2d(16), n.ReLU(), n.MaxPool2d(2),
        n.Conv2d(16, 32, 3, padding=1), n.BatchNorm2d(32), n.ReLU(), n.MaxPool2d(2),
        n.Flatten(), n.Linear(32 * 49, 10),
    )  # fmt: skip
    optimizer = t.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
    return step(t, model, t.randn(64, 1, 28, 28), 10, optimizer)


def transformer(t: Any) -> Callable[[], Any]:
    """Two blocks of width 128, 64 tokens, 8 rows, AdamW."""
    n = t.nn
    width, heads, letters = 128, 4, 65

    class Block(n.Module):
        def __init__(self) -> None:
            super().__init__()
            self.norms = n.ModuleList([n.LayerNorm(width), n.LayerNorm(width)])
            self.into, self.out = n.Linear(width, 3 * width), n.Linear(width, width)
            self.thought = n.Sequential(
                n.Linear(width, 4 * width), n.GELU(), n.Linear(4 * width, width)
            )

        def forward(self, x: Any) -> Any:
            rows, length, _ = x.shape
            parts = self.into(self.norms[0](x)).reshape(rows, length, 3, heads, width // heads)
            q, k, v = parts.permute(2, 0, 3, 1, 4).unbind(0)
            seen = n.functional.scaled_dot_product_attention(q, k, v, is_causal=True)
            x = x + self.out(seen.transpose(1, 2).reshape(rows, length, width))
            return x + self.thought(self.norms[1](x))

    model = n.Sequential(
        n.Embedding(letters, width), Block(), Block(), n.LayerNorm(width),
        n.Linear(width, letters), n.Flatten(0, 1),
    )  # fmt: skip
    optimizer = t.optim.AdamW(model.parameters(), lr=1e-3)
    return step(t, model, t.randint(letters, (8, 64)), letters, optimizer)


def lstm_cells(t: Any) -> Callable[[], Any]:
    """40 steps of an LSTM cell of 64 features, 16 rows of 32, forward and backward."""
    cell = t.nn.LSTMCell(32, 64)
    x = t.randn(40, 16, 32)

    def run() -> Any:
        h = c = t.zeros(16, 64)
        for number in range(40):
            h, c = cell(x[number], (h, c))
        cell.zero_grad()
        loss = h.sum()
        loss.backward()
        return loss

    return run


def step(t: Any, model: Any, x: Any, classes: int, optimizer: Any) -> Callable[[], Any]:
    """Return a function that trains one step."""
    wanted: list[Any] = []

    def run() -> Any:
        scores = model(x)
        if not wanted:
            wanted.append(t.randint(classes, (len(scores),)))
        loss = t.nn.functional.cross_entropy(scores, wanted[0])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss

    return run


def peak() -> float:
    """Return the most memory this process ever held, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measure(library: str, name: str) -> None:
    """Print the median milliseconds of a step, and the MB that it took above the imports."""
    t = import_module(library)
    for part in ("nn", "optim"):
        import_module(f"{library}.{part}")
    t.manual_seed(0)
    before = peak()
    run = {"mlp": mlp, "cnn": cnn, "transformer": transformer, "lstm cells": lstm_cells}[name](t)
    for _ in range(5):
        run()
    taken: list[float] = []
    while sum(taken) < SECONDS:
        begun = perf_counter()
        run()
        taken.append(perf_counter() - begun)
    print(median(taken) * 1e3, peak() - before)


def main() -> None:
    """Print a table."""
    if sys.argv[1:2] == ["--child"]:
        measure(*sys.argv[2:])
        return
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    print(f"{'a training step':16}{'plugrad ms':>12}{'torch ms':>10}{'ratio':>8}{'at most':>9}"
          f"{'plugrad MB':>12}{'torch MB':>10}")  # fmt: skip
    for name, limit in LIMITS.items():
        found: dict[str, list[list[float]]] = {"plugrad": [], "torch": []}
        for _ in range(rounds):
            for library, runs in found.items():
                done = subprocess.run(
                    [sys.executable, "-W", "ignore", __file__, "--child", library, name],
                    stdout=subprocess.PIPE, text=True, check=True,
                )  # fmt: skip
                runs.append([float(word) for word in done.stdout.split()])
        ours, theirs = (
            [median(column) for column in zip(*runs, strict=True)] for runs in found.values()
        )
        print(f"{name:16}{ours[0]:12.2f}{theirs[0]:10.2f}{ours[0] / theirs[0]:8.2f}{limit:>9}"
              f"{ours[1]:12.0f}{theirs[1]:10.0f}")  # fmt: skip


if __name__ == "__main__":
    main()
