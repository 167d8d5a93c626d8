"""
A derivative of one's own
=========================

Rounding has a derivative that is zero nearly everywhere: nothing can be learned through it. A
custom ``Function`` states another: that of the identity, as if nothing had been rounded (the
straight-through estimator of `Bengio, Léonard and Courville
<https://arxiv.org/abs/1308.3432>`_, 2013). So a classifier learns with weights of a few values
only. The script runs under PyTorch, too, with ``torch`` for ``plugrad`` in its imports, and prints
the same losses from the same seed.
"""

import os

import matplotlib.pyplot as plt
from sklearn.datasets import load_digits
from tqdm import trange

import plugrad as torch
import plugrad.nn.functional as F
from plugrad import nn

STEPS = int(os.environ.get("STEPS", "600"))
torch.manual_seed(0)

# %%
# The operation
# -------------
# ``forward`` rounds to so many levels on either side of zero; ``backward`` hands the gradient on,
# but not for weights that lie outside of the levels.


class Rounded(torch.autograd.Function):
    """Numbers between -1 and 1, rounded to a few levels."""

    @staticmethod
    def forward(ctx, x, levels):
        """Round."""
        ctx.save_for_backward(x)
        return (x.clamp(-1, 1) * levels).round() / levels

    @staticmethod
    def backward(ctx, grad):
        """Pretend that nothing was rounded."""
        (x,) = ctx.saved_tensors
        return grad * (x.abs() <= 1), None


weights = torch.tensor([-1.7, -0.4, 0.1, 0.8], requires_grad=True)
rounded = Rounded.apply(weights, 1)
rounded.sum().backward()
print(rounded, weights.grad)

# %%
# A classifier with coarse weights
# --------------------------------
# Its layers keep exact weights, and compute with rounded ones.

pictures, labels = load_digits(return_X_y=True)
pictures = torch.tensor(pictures, dtype=torch.float32) / 16
labels = torch.tensor(labels)
training, test = slice(0, 1500), slice(1500, None)


class CoarseLinear(nn.Linear):
    """A linear layer whose weights are -1, 0 and 1 times a number."""

    def forward(self, x):
        """Return the product with rounded weights."""
        scale = self.weight.detach().abs().mean() * 2
        return F.linear(x, Rounded.apply(self.weight / scale, 1) * scale, self.bias)


model = nn.Sequential(CoarseLinear(64, 96), nn.ReLU(), CoarseLinear(96, 10))
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
losses, before = [], model[0].weight.detach().clone()
for _ in trange(STEPS, disable=None):
    chosen = torch.randint(1500, (128,))
    loss = F.cross_entropy(model(pictures[training][chosen]), labels[training][chosen])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    losses.append(loss.item())

with torch.no_grad():
    right = (model(pictures[test]).argmax(1) == labels[test]).float().mean().item()
kept = [Rounded.apply(layer.weight / (layer.weight.abs().mean() * 2), 1) for layer in model[::2]]
print(f"accuracy on {len(labels[test])} digits it has not seen: {right:.3f}")
print("weights of the first layer:", {int(v): int((kept[0] == v).sum()) for v in (-1, 0, 1)})

figure, axes = plt.subplots(1, 2, figsize=(9, 3), layout="constrained")
axes[0].plot(losses)
axes[0].set(xlabel="step", ylabel="loss", yscale="log")
axes[1].imshow(kept[0].detach()[:24].reshape(4, 6, 8, 8).permute(0, 2, 1, 3).reshape(32, 48))
axes[1].set(title="weights of 24 units", xticks=[], yticks=[])
plt.show()

# %%
# Is it right?
# ------------
# ``gradcheck`` compares with differences, and so finds that this derivative is not that of the
# function: here on purpose.

x = torch.tensor([0.3], dtype=torch.float64, requires_grad=True)
try:
    torch.autograd.gradcheck(lambda x: Rounded.apply(x, 1), x)
except RuntimeError as error:
    print(type(error).__name__)
