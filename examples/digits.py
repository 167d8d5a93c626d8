"""Train a classifier on handwritten digits: real data that scikit-learn ships.

The script runs unchanged under PyTorch, with the first import replaced.
"""

from __future__ import annotations

from pathlib import Path

import matplotlib
from sklearn.datasets import load_digits
from tqdm import trange

import plugrad as torch

matplotlib.use("Agg")
import matplotlib.pyplot as plt

EPOCHS = 40
BATCH = 64


def load() -> tuple[torch.Tensor, ...]:
    """Return training images and labels, then those for the test: 1437 and 360 of 8 x 8 pixels."""
    digits = load_digits()
    images = torch.tensor(digits.images, dtype=torch.float32).reshape(-1, 64) / 16
    labels = torch.tensor(digits.target)
    order = torch.randperm(len(images))
    training, test = order[:1437], order[1437:]
    return images[training], labels[training], images[test], labels[test]


def build() -> torch.nn.Module:
    """Return a multilayer perceptron with dropout."""
    return torch.nn.Sequential(
        torch.nn.Linear(64, 256),
        torch.nn.ReLU(),
        torch.nn.Dropout(0.2),
        torch.nn.Linear(256, 128),
        torch.nn.ReLU(),
        torch.nn.Linear(128, 10),
    )


def accuracy(model: torch.nn.Module, images: torch.Tensor, labels: torch.Tensor) -> float:
    """Return the share of images that the model classifies rightly."""
    model.eval()
    with torch.no_grad():
        right = (model(images).argmax(1) == labels).sum().item()
    model.train()
    return right / len(labels)


def epoch(model, optimizer, loss_of, images, labels) -> float:
    """Run through the training images once, in a random order; return the mean loss."""
    order = torch.randperm(len(images))
    total = 0.0
    for start in range(0, len(images), BATCH):
        chosen = order[start : start + BATCH]
        optimizer.zero_grad()
        loss = loss_of(model(images[chosen]), labels[chosen])
        loss.backward()
        optimizer.step()
        total += loss.item() * len(chosen)
    return total / len(images)


def main(output: Path) -> float:
    """Train; save the learning curve and a profile of an epoch; return the test accuracy."""
    torch.manual_seed(0)
    images, labels, test_images, test_labels = load()
    model = build()
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3)
    loss_of = torch.nn.CrossEntropyLoss()
    losses, accuracies = [], []
    with trange(EPOCHS, desc="training", unit="epoch") as progress:
        for _ in progress:
            losses.append(epoch(model, optimizer, loss_of, images, labels))
            accuracies.append(accuracy(model, test_images, test_labels))
            progress.set_postfix(loss=f"{losses[-1]:.4f}", accuracy=f"{accuracies[-1]:.1%}")
    draw(losses, accuracies, output / "learning_curve.png")
    with torch.autograd.profiler.profile(record_shapes=True) as profile:
        epoch(model, optimizer, loss_of, images, labels)
    table = profile.key_averages().table(sort_by="self_cpu_time_total", row_limit=20)
    (output / "profile.txt").write_text(table, encoding="utf-8")
    profile.export_chrome_trace(str(output / "trace.json"))
    return accuracies[-1]


def draw(losses: list[float], accuracies: list[float], path: Path) -> None:
    """Draw the learning curve."""
    figure, left = plt.subplots(figsize=(7, 4), layout="constrained")
    left.plot(losses, color="tab:blue")
    left.set(xlabel="epoch", ylabel="training loss", yscale="log")
    right = left.twinx()
    right.plot(accuracies, color="tab:orange")
    right.set(ylabel="test accuracy", ylim=(0.8, 1.0))
    left.yaxis.label.set_color("tab:blue")
    right.yaxis.label.set_color("tab:orange")
    left.set_title(f"Handwritten digits: {accuracies[-1]:.1%} on the test images")
    figure.savefig(path, dpi=120)
    plt.close(figure)


if __name__ == "__main__":
    here = Path("output")
    here.mkdir(exist_ok=True)
    print(f"test accuracy: {main(here):.1%}; the figures are in {here.resolve()}")
