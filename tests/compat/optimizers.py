"""What optimizers are compared with: each with many arguments, by a name to show."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

_COMMON = {
    "": {},
    "decay": {"weight_decay": 0.1},
    "upwards": {"maximize": True, "lr": 0.01},
    "foreach": {"foreach": True, "weight_decay": 0.02},
    "a large rate": {"lr": 0.1},
}
_BETAS = {"betas": {"betas": (0.8, 0.95), "eps": 1e-3}, "no memory": {"betas": (0.0, 0.0)}}
_DECOUPLED = {"decoupled": {"decoupled_weight_decay": True, "weight_decay": 0.1}}
_FUSED = {"fused": {"fused": True}}

_OWN: dict[str, dict[str, dict[str, Any]]] = {
    "SGD": {
        **_FUSED,
        "momentum": {"momentum": 0.9},
        "dampening": {"momentum": 0.9, "dampening": 0.3},
        "Nesterov": {"momentum": 0.9, "nesterov": True},
        "all": {"lr": 0.05, "momentum": 0.5, "weight_decay": 0.1, "nesterov": True},
    },
    "Adam": {
        **_BETAS,
        **_DECOUPLED,
        **_FUSED,
        "AMSGrad": {"amsgrad": True},
        "all": {"amsgrad": True, "weight_decay": 0.1, "eps": 0.01, "maximize": True},
    },
    "AdamW": {**_BETAS, **_FUSED, "AMSGrad": {"amsgrad": True, "weight_decay": 0.2}},
    "Adamax": _BETAS,
    "NAdam": {**_BETAS, **_DECOUPLED, "momentum": {"momentum_decay": 0.1}},
    "RAdam": {
        **_BETAS,
        **_DECOUPLED,
        "soon": {"betas": (0.5, 0.9)},
        "soon decoupled": {"betas": (0.5, 0.8), "decoupled_weight_decay": True, "lr": 0.1},
    },
    "Adagrad": {
        **_FUSED,
        "rate decays": {"lr_decay": 0.1},
        "start": {"initial_accumulator_value": 0.5, "eps": 0.01},
    },
    "Adadelta": {"rho": {"rho": 0.5, "eps": 1e-3}},
    "RMSprop": {
        "alpha": {"alpha": 0.5, "eps": 1e-3},
        "momentum": {"momentum": 0.9},
        "centered": {"centered": True},
        "all": {"centered": True, "momentum": 0.5, "weight_decay": 0.1, "alpha": 0.9},
    },
    "Rprop": {"etas": {"etas": (0.3, 1.5)}, "sizes": {"step_sizes": (0.005, 0.02)}},
    "ASGD": {
        "averaged": {"t0": 3, "lambd": 0.1, "alpha": 0.5},
        "averaged at once": {"t0": 0, "lr": 0.1},
    },
    "Adafactor": {
        "decay of beta": {"beta2_decay": -0.5},
        "eps": {"eps": (1e-3, 0.1)},
        "d": {"d": 1.5},
        "a huge d": {"d": 100.0, "weight_decay": 0.3},
    },
}
_LBFGS: dict[str, dict[str, Any]] = {
    "": {},
    "rate": {"lr": 0.5},
    "a short history": {"history_size": 2, "max_iter": 5},
    "few evaluations": {"max_eval": 3},
    "tolerant": {"tolerance_grad": 1e-2, "tolerance_change": 1e-3},
    "strong Wolfe": {"line_search_fn": "strong_wolfe"},
    "strong Wolfe, one by one": {"line_search_fn": "strong_wolfe", "max_iter": 1},
    "strong Wolfe, far": {"line_search_fn": "strong_wolfe", "lr": 20.0, "max_iter": 4},
    "strong Wolfe, short": {"line_search_fn": "strong_wolfe", "lr": 1e-3, "max_iter": 4},
}


def cases() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield the name of each case, of its optimizer, and the arguments."""
    for name, own in _OWN.items():
        for what, options in {**_COMMON, **own}.items():
            if "weight_decay" in options and name == "Rprop":
                options = {k: v for k, v in options.items() if k != "weight_decay"}
            yield f"{name} {what}".strip(), name, options


def searches() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield those that evaluate the loss themselves."""
    for what, options in _LBFGS.items():
        yield f"LBFGS {what}".strip(), "LBFGS", options


STEPS = list(cases())
SEARCHES = list(searches())
NAMES = [*_OWN, "LBFGS"]
