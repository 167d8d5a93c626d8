"""
A language model, letter by letter
==================================

A small transformer learns to write like the descriptions of data sets that scikit-learn ships: a
decoder of two blocks, as in GPT, that guesses the next letter from those before it. The script runs
under PyTorch, too, with ``torch`` for ``plugrad`` in its imports, and prints the same losses from
the same seed.
"""

import math
import os

import matplotlib.pyplot as plt
from sklearn import datasets
from tqdm import trange

import plugrad as torch
import plugrad.nn.functional as F
from plugrad import nn

STEPS = int(os.environ.get("STEPS", "500"))
CONTEXT, WIDTH, HEADS, BATCH = 64, 96, 4, 16
torch.manual_seed(0)

# %%
# The text
# --------
# Each different letter is a number; the model sees numbers.

loaders = (datasets.load_iris, datasets.load_wine, datasets.load_diabetes, datasets.load_digits)
text = "\n".join(load().DESCR for load in loaders)
letters = sorted(set(text))
numbers = {letter: number for number, letter in enumerate(letters)}
data = torch.tensor([numbers[letter] for letter in text])
print(f"{len(text):,} letters, {len(letters)} different ones")
print(text[330:560])

# %%
# The model
# ---------
# A block lets each letter look back at those before it (attention), then thinks about what it has
# found (two linear layers). It adds to its input: gradients reach the first layers directly.


class Block(nn.Module):
    """One layer of a transformer: attention to what came before, then two linear layers."""

    def __init__(self):
        super().__init__()
        self.before_attention = nn.LayerNorm(WIDTH)
        self.queries_keys_values = nn.Linear(WIDTH, 3 * WIDTH)
        self.out = nn.Linear(WIDTH, WIDTH)
        self.before_thought = nn.LayerNorm(WIDTH)
        self.thought = nn.Sequential(
            nn.Linear(WIDTH, 4 * WIDTH), nn.GELU(), nn.Linear(4 * WIDTH, WIDTH)
        )

    def forward(self, x):
        """Return `x`, of shape (batch, length, width), with what this layer adds."""
        batch, length, width = x.shape
        heads = self.queries_keys_values(self.before_attention(x))
        heads = heads.view(batch, length, 3, HEADS, width // HEADS).permute(2, 0, 3, 1, 4)
        seen = F.scaled_dot_product_attention(heads[0], heads[1], heads[2], is_causal=True)
        x = x + self.out(seen.transpose(1, 2).reshape(batch, length, width))
        return x + self.thought(self.before_thought(x))


class Model(nn.Module):
    """Letters and places in, a score for each possible next letter out."""

    def __init__(self):
        super().__init__()
        self.letters = nn.Embedding(len(letters), WIDTH)
        self.places = nn.Embedding(CONTEXT, WIDTH)
        self.blocks = nn.Sequential(Block(), Block())
        self.norm = nn.LayerNorm(WIDTH)
        self.scores = nn.Linear(WIDTH, len(letters))

    def forward(self, x):
        """Return scores of shape (batch, length, letters)."""
        x = self.letters(x) + self.places(torch.arange(x.shape[1]))
        return self.scores(self.norm(self.blocks(x)))


model = Model()
print(f"{sum(p.numel() for p in model.parameters()):,} parameters")

# %%
# Training
# --------
# Each step takes passages at random places. The learning rate rises for some steps, then falls.

optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
losses = []
progress = trange(STEPS, desc="training", unit="step")
for step in progress:
    starts = torch.randint(len(data) - CONTEXT - 1, (BATCH,))
    passages = data[starts[:, None] + torch.arange(CONTEXT + 1)]
    scores = model(passages[:, :-1])
    loss = F.cross_entropy(scores.reshape(-1, len(letters)), passages[:, 1:].reshape(-1))
    optimizer.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.param_groups[0]["lr"] = 3e-3 * min((step + 1) / 50, 1.1 - step / STEPS)
    optimizer.step()
    losses.append(loss.item())
    progress.set_postfix(loss=f"{losses[-1]:.3f}", refresh=False)

# %%
# Without any knowledge a guess among these letters costs the logarithm of their number.

figure, axes = plt.subplots(figsize=(7, 3.5), layout="constrained")
axes.plot(losses, color="tab:blue")
axes.axhline(math.log(len(letters)), color="tab:gray", linestyle=":", label="guessing")
axes.set(xlabel="step", ylabel="nats a letter", title=f"{losses[-1]:.2f} after {STEPS} steps")
axes.legend()
plt.show()

# %%
# What it writes
# --------------
# One letter is drawn from the scores, and becomes part of the text that the next one is drawn for.

written = data[:CONTEXT][None]
with torch.no_grad():
    for _ in range(min(STEPS, 400)):
        chances = F.softmax(model(written[:, -CONTEXT:])[:, -1] / 0.7, dim=1)
        written = torch.cat([written, torch.multinomial(chances, 1)], dim=1)
print("".join(letters[number] for number in written[0, CONTEXT:].tolist()))
