"""
An ensemble, trained at once
============================

Many small networks learn the same noisy measurements, each from its own beginning. Where they have
seen numbers, they agree; where not, they differ, and tell how little they know. Their parameters
are stacked, and ``vmap`` computes the gradients of all in one go. The script runs under PyTorch,
too, with ``torch`` for ``plugrad`` in its imports, and prints the same losses from the same seed.
"""

import os

import matplotlib.pyplot as plt
from tqdm import trange

import plugrad as torch
from plugrad import nn
from plugrad.func import functional_call, grad_and_value, hessian, stack_module_state, vmap

STEPS = int(os.environ.get("STEPS", "900"))
MEMBERS, RATE = 24, 0.03
torch.manual_seed(0)

# %%
# The measurements
# ----------------
# A wave with noise, and a gap in the middle where nobody has measured.

x = torch.cat([torch.linspace(-3, -1, 40), torch.linspace(0.8, 3, 40)])[:, None]
y = torch.sin(2 * x) + 0.15 * torch.randn(x.shape)
print(f"{len(x)} measurements")

# %%
# The networks
# ------------
# One of them is a function of its parameters; those of all lie behind each other in memory.


def network():
    """Return an untrained network."""
    return nn.Sequential(
        nn.Linear(1, 32), nn.Tanh(), nn.Linear(32, 32), nn.Tanh(), nn.Linear(32, 1)
    )


members = [network() for _ in range(MEMBERS)]
parameters, _ = stack_module_state(members)
parameters = {name: p.detach() for name, p in parameters.items()}
velocity = {name: torch.zeros_like(p) for name, p in parameters.items()}
print({name: tuple(p.shape) for name, p in parameters.items()})


def predict(parameters, x):
    """Return what the network with these parameters says."""
    return functional_call(members[0], parameters, (x,))


def loss(parameters):
    """Return the mean squared error of one network."""
    return (predict(parameters, x) - y).square().mean()


# %%
# Training
# --------
# ``grad_and_value`` makes a function of one network's parameters into one of its gradient;
# ``vmap`` lets it work on all networks at once.

gradients = vmap(grad_and_value(loss))
losses = []
for step in trange(STEPS, disable=None):
    found, each = gradients(parameters)
    for name in parameters:
        velocity[name] = 0.9 * velocity[name] + found[name]
        parameters[name] = parameters[name] - RATE * velocity[name]
    losses.append(each.mean().item())
    if step % 300 == 0 or step == STEPS - 1:
        print(f"step {step:4}: mean loss {losses[-1]:.4f}, best {each.min():.4f}")

# %%
# What they know
# --------------
# Each line is a network; the band is two standard deviations wide.

grid = torch.linspace(-4.5, 4.5, 300)[:, None]
answers = vmap(predict, in_dims=(0, None))(parameters, grid).squeeze(-1)
middle, spread = answers.mean(0), answers.std(0)

figure, axes = plt.subplots(figsize=(8, 4), layout="constrained")
axes.plot(grid, answers.T, color="0.6", linewidth=0.6)
axes.fill_between(
    grid[:, 0], middle - 2 * spread, middle + 2 * spread, alpha=0.25, label="two deviations"
)
axes.plot(grid, middle, label="mean of the networks")
axes.plot(x, y, ".", color="black", markersize=3, label="measurements")
axes.set(ylim=(-3, 3), xlabel="x", ylabel="y")
axes.legend(loc="upper right")
plt.show()
inside, outside = spread[(grid[:, 0].abs() > 1.2) & (grid[:, 0].abs() < 2.8)], spread[:40]
print(f"spread where it was measured {inside.mean():.3f}, beyond {outside.mean():.3f}")

# %%
# How sharp is the valley?
# ------------------------
# Transforms nest: the curvature of each network's loss by its last weights is a Hessian, mapped
# over the networks. Its largest eigenvalue says how steeply the valley rises.


def loss_of_last(weight, others):
    """Return the loss as a function of the last weights alone."""
    return loss({**others, "4.weight": weight})


curvature = vmap(hessian(loss_of_last))(parameters["4.weight"], parameters)
steepest = torch.linalg.eigvalsh(curvature.reshape(MEMBERS, 32, 32))[:, -1]
print(f"between {steepest.min():.1f} and {steepest.max():.1f}; {RATE} allows up to {2 / RATE:.0f}")
