"""
Forecasting with a memory
=========================

A recurrent network with long short-term memory learns a chaotic series: that of Mackey and Glass
(`Oscillation and chaos in physiological control systems
<https://doi.org/10.1126/science.267326>`_, Science, 1977), in which the number of blood cells
depends on what it was some time ago. The script runs under PyTorch, too, with ``torch`` for
``plugrad`` in its imports, and prints the same losses from the same seed.
"""

import os

import matplotlib.pyplot as plt
from tqdm import trange

import plugrad as torch
import plugrad.nn.functional as F
from plugrad import nn

STEPS = int(os.environ.get("STEPS", "400"))
LENGTH, BATCH = 50, 32
torch.manual_seed(0)

# %%
# The series
# ----------
# Each number follows from the one before and from that of 17 time units ago.

history = [1.2] * 170
for _ in range(20_000):
    late = history[-170]
    history.append(history[-1] + 0.1 * (0.2 * late / (1 + late**10) - 0.1 * history[-1]))
series = torch.tensor(history[1000::10])
series = (series - series.mean()) / series.std()
training, future = series[:-300], series[-300:]
print(f"{len(training)} numbers to learn from; {len(future)} to forecast")

# %%
# The model
# ---------
# The memory reads one number after the other; what it holds then says how the next one differs.


class Forecaster(nn.Module):
    """Numbers in, the next one after each of them out."""

    def __init__(self):
        super().__init__()
        self.memory = nn.LSTM(1, 48, batch_first=True)
        self.change = nn.Linear(48, 1)

    def forward(self, x, state=None):
        """Return forecasts of the shape of `x`, (batch, time), and what the memory holds."""
        held, state = self.memory(x[..., None], state)
        return x + self.change(held).squeeze(-1), state


model = Forecaster()

# %%
# Training
# --------
# Passages at random places; the first numbers of each only warm the memory up.

optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
losses = []
progress = trange(STEPS, desc="training", unit="step")
for step in progress:
    starts = torch.randint(len(training) - LENGTH - 1, (BATCH,))
    passages = training[starts[:, None] + torch.arange(LENGTH + 1)]
    forecasts, _ = model(passages[:, :-1])
    loss = F.mse_loss(forecasts[:, 15:], passages[:, 16:])
    optimizer.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.param_groups[0]["lr"] = 5e-3 * (1 - step / STEPS)
    optimizer.step()
    losses.append(loss.item())
    progress.set_postfix(loss=f"{losses[-1]:.5f}", refresh=False)

# %%
# The forecast
# ------------
# After the last known numbers, each forecast is taken for true, and the next one made from it.

with torch.no_grad():
    guess, state = model(training[None, -100:])
    guess = guess[:, -1:]
    forecast = []
    for _ in future:
        forecast.append(guess.item())
        guess, state = model(guess, state)
miss = (torch.tensor(forecast[:50]) - future[:50]).abs().mean().item()
print(f"over the first 50 steps it is off by {miss:.3f} of a standard deviation, on average")

figure, (top, bottom) = plt.subplots(2, figsize=(8, 5), layout="constrained")
top.plot(losses, color="tab:blue", linewidth=0.8)
top.set(xlabel="step", ylabel="squared error", yscale="log", title="Training")
bottom.plot(range(-100, 0), training[-100:], color="black")
bottom.plot(future, color="black", label="what came")
bottom.plot(forecast, color="tab:orange", label="what was forecast")
bottom.axvline(0, color="tab:gray", linestyle=":")
bottom.set(xlabel="time", ylabel="series")
bottom.legend(loc="lower left")
plt.show()
