"""
Digits that nobody wrote
========================

A variational autoencoder (Kingma and Welling, `Auto-encoding variational Bayes
<https://arxiv.org/abs/1312.6114>`_, 2013) squeezes pictures of handwritten digits into two numbers,
and draws new digits from such numbers. The script runs under PyTorch, too, with ``torch`` for
``plugrad`` in its imports, and prints the same losses from the same seed.
"""

import os

import matplotlib.pyplot as plt
from sklearn.datasets import load_digits
from tqdm import trange

import plugrad as torch
import plugrad.nn.functional as F
from plugrad import nn

STEPS = int(os.environ.get("STEPS", "2000"))
BATCH, LATENT = 64, 2
torch.manual_seed(0)

# %%
# The pictures
# ------------
# 1797 of them, of 8 x 8 pixels, each between 0 (white) and 1 (black).

digits = load_digits()
images = torch.tensor(digits.images, dtype=torch.float32).reshape(-1, 64) / 16
print(images.shape, digits.target[:10])

# %%
# The model
# ---------
# The encoder says where a picture lies among all possible ones: not a point, but a cloud, given by
# its centre and the logarithm of its variance. The decoder draws from a point of the cloud.


class Autoencoder(nn.Module):
    """Pictures in; what is drawn from their clouds, and the clouds, out."""

    def __init__(self):
        super().__init__()
        self.encoder = nn.Sequential(
            nn.Linear(64, 128), nn.SiLU(), nn.Linear(128, 64), nn.SiLU(), nn.Linear(64, 2 * LATENT)
        )
        self.decoder = nn.Sequential(
            nn.Linear(LATENT, 64), nn.SiLU(), nn.Linear(64, 128), nn.SiLU(), nn.Linear(128, 64)
        )

    def forward(self, x):
        """Return the pixels' logits, the centres, and the logarithms of the variances."""
        centre, log_variance = self.encoder(x).chunk(2, dim=1)
        # A random point of the cloud, written so that gradients pass through its centre and size.
        point = centre + torch.randn_like(centre) * torch.exp(log_variance / 2)
        return self.decoder(point), centre, log_variance


model = Autoencoder()

# %%
# Training
# --------
# The loss has two parts: how badly the pictures are drawn, and how far the clouds are from one
# standard normal cloud for all, from which new pictures will be drawn.

optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
losses = []
progress = trange(STEPS, desc="training", unit="step")
for _ in progress:
    batch = images[torch.randint(len(images), (BATCH,))]
    logits, centre, log_variance = model(batch)
    drawn = F.binary_cross_entropy_with_logits(logits, batch, reduction="sum") / BATCH
    away = (centre**2 + log_variance.exp() - 1 - log_variance).sum() / (2 * BATCH)
    loss = drawn + away
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    losses.append(loss.item())
    progress.set_postfix(loss=f"{losses[-1]:.2f}", refresh=False)

figure, axes = plt.subplots(figsize=(7, 3.5), layout="constrained")
axes.plot(losses, color="tab:blue", linewidth=0.6)
axes.set(xlabel="step", ylabel="nats a picture", title="Training loss")
plt.show()

# %%
# Where the digits lie
# --------------------
# The centres of all clouds, coloured by the digit. The model was never told which is which.

with torch.no_grad():
    centres = model.encoder(images)[:, :LATENT]
figure, axes = plt.subplots(figsize=(6, 5), layout="constrained")
points = axes.scatter(centres[:, 0], centres[:, 1], c=digits.target, cmap="tab10", s=8)
figure.colorbar(points, ticks=range(10), label="digit")
axes.set(title="Every picture as two numbers")
plt.show()

# %%
# New digits
# ----------
# The decoder's drawings on a grid: neighbours turn into each other.

ticks = torch.linspace(-2, 2, 12)
grid = torch.stack(torch.meshgrid(ticks, -ticks, indexing="xy"), dim=-1).reshape(-1, LATENT)
with torch.no_grad():
    pictures = torch.sigmoid(model.decoder(grid)).reshape(12, 12, 8, 8)
pictures = F.pad(pictures, (1, 1, 1, 1))  # a white margin each
figure, axes = plt.subplots(figsize=(6, 6), layout="constrained")
axes.imshow(pictures.permute(0, 2, 1, 3).reshape(120, 120), cmap="Greys")
axes.set_axis_off()
plt.show()
