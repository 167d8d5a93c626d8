"""A program that type checkers read: methods and functions of plugrad have types."""

import plugrad as torch
from plugrad import nn


class Model(nn.Module):
    """Two layers."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = nn.Linear(2, width)
        self.second = nn.Linear(width, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return one number for each row."""
        hidden: torch.Tensor = self.first(x).sin()
        result: torch.Tensor = self.second(hidden)
        return result


def main() -> float:
    """Fit a plane, and return the loss."""
    torch.manual_seed(0)
    x = torch.rand(64, 2)
    y: torch.Tensor = (x * 2.0 + 1.0).sum(1, keepdim=True)
    model = Model(8)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
    loss = torch.zeros(())
    for _ in range(100):
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(model(x), y)
        loss.backward()
        optimizer.step()
    gradient: torch.Tensor | None = model.first.weight.grad
    assert gradient is not None
    return float(loss.item())


if __name__ == "__main__":
    print(f"loss {main():.4f}")
