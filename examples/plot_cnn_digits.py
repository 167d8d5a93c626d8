"""
Handwritten digits, by convolution
==================================

A small convolutional network learns to read the handwritten digits that scikit-learn ships, from
batches that a ``DataLoader`` draws. The script runs under PyTorch, too, with ``torch`` for
``plugrad`` in its imports, and prints the same losses from the same seed.
"""

import os

import matplotlib.pyplot as plt
from sklearn.datasets import load_digits
from tqdm import trange

import plugrad as torch
import plugrad.nn.functional as F
from plugrad import nn
from plugrad.utils.data import DataLoader, TensorDataset, random_split

STEPS = int(os.environ.get("STEPS", "460"))
torch.manual_seed(0)

# %%
# The data
# --------
# 1797 pictures of 8 x 8 pixels. A fifth of them is kept for the test.

digits = load_digits()
pictures = torch.tensor(digits.images, dtype=torch.float32)[:, None] / 16
everything = TensorDataset(pictures, torch.tensor(digits.target))
training, test = random_split(everything, [0.8, 0.2])
loader = DataLoader(training, batch_size=64, shuffle=True, drop_last=True)
print(f"{len(training)} pictures to learn from, {len(test)} for the test")

# %%
# The model
# ---------
# Two convolutions see strokes, a third sees what they make up, at half the resolution.

model = nn.Sequential(
    nn.Conv2d(1, 24, 3, padding=1),
    nn.BatchNorm2d(24),
    nn.ReLU(),
    nn.Conv2d(24, 48, 3, padding=1),
    nn.BatchNorm2d(48),
    nn.ReLU(),
    nn.MaxPool2d(2),
    nn.Conv2d(48, 64, 3, padding=1),
    nn.BatchNorm2d(64),
    nn.ReLU(),
    nn.AdaptiveAvgPool2d(2),
    nn.Flatten(),
    nn.Dropout(0.3),
    nn.Linear(256, 10),
)

# %%
# Training
# --------
# The learning rate falls to zero along half a cosine.

optimizer = torch.optim.AdamW(model.parameters(), lr=4e-3)
losses = []
batches = iter(loader)
progress = trange(STEPS, desc="training", unit="step")
for step in progress:
    try:
        images, labels = next(batches)
    except StopIteration:
        batches = iter(loader)
        images, labels = next(batches)
    loss = F.cross_entropy(model(images), labels)
    optimizer.zero_grad()
    loss.backward()
    progress_made = torch.tensor(step / STEPS * torch.pi)
    optimizer.param_groups[0]["lr"] = 2e-3 * (1 + progress_made.cos().item())
    optimizer.step()
    losses.append(loss.item())
    progress.set_postfix(loss=f"{losses[-1]:.3f}", refresh=False)

# %%
# How it did
# ----------

model.eval()
images, labels = next(iter(DataLoader(test, batch_size=len(test))))
with torch.no_grad():
    guesses = model(images).argmax(1)
accuracy = (guesses == labels).float().mean().item()
print(f"{accuracy:.1%} of the test pictures are read rightly")

wrong = (guesses != labels).nonzero().flatten().tolist()
figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.5), layout="constrained")
left.plot(losses, color="tab:blue", linewidth=0.8)
left.set(xlabel="step", ylabel="loss", yscale="log", title="Training")
rows = [images[number, 0] for number in wrong[:6]] or [torch.zeros(8, 8)]
right.imshow(torch.cat(rows, 1), cmap="Greys")
right.set_axis_off()
right.set_title("Misread: " + ", ".join(f"{labels[n]} as {guesses[n]}" for n in wrong[:6]))
plt.show()
