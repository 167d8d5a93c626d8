"""Modules as functions of their parameters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import plugrad

__all__ = ["functional_call", "replace_all_batch_norm_modules_", "stack_module_state"]

Tensors = Mapping[str, Any]


def functional_call(
    module: Any,
    parameter_and_buffer_dicts: Tensors | Sequence[Tensors],
    args: Any = None,
    kwargs: dict[str, Any] | None = None,
    *,
    tie_weights: bool = True,
    strict: bool = False,
) -> Any:
    """Call a module with other parameters and buffers than its own.

    Parameters
    ----------
    module : Module
    parameter_and_buffer_dicts : dict, or sequence of dict
        By name; those that are not named are the module's.
    args : tuple, or one argument
    kwargs : dict, optional
    tie_weights : bool
        Whether a parameter that the module has under several names is replaced under all of them.
    strict : bool
        Whether all have to be named, and nothing else.

    Returns
    -------
    object
        What the module returns.

    Raises
    ------
    ValueError
        If the same name stands in several dictionaries, or what is given is none.
    RuntimeError
        See `strict`.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.func import functional_call
    >>> layer = plugrad.nn.Linear(2, 1)
    >>> ones = {"weight": plugrad.ones(1, 2), "bias": plugrad.zeros(1)}
    >>> functional_call(layer, ones, plugrad.tensor([1.0, 2.0]))
    tensor([3.])
    """
    given = _merged(parameter_and_buffer_dicts)
    positional = args if isinstance(args, tuple) else () if args is None else (args,)
    own = {
        **dict(module.named_parameters(remove_duplicate=False)),
        **dict(module.named_buffers(remove_duplicate=False)),
    }
    tied = _tied(own, given) if tie_weights else dict(given)
    if strict:
        missing, unknown = sorted(own.keys() - tied.keys()), sorted(tied.keys() - own.keys())
        if missing or unknown:
            raise RuntimeError(
                f"functional_call(): {type(module).__name__} was not given {missing}, and has no "
                f"{unknown}"
            )
    with _exchanged(module, {name: tensor for name, tensor in tied.items() if name in own}):
        return module(*positional, **(kwargs or {}))


def _merged(dicts: Any) -> dict[str, Any]:
    if isinstance(dicts, Mapping):
        return dict(dicts)
    if not isinstance(dicts, (list, tuple)) or not all(isinstance(d, Mapping) for d in dicts):
        raise ValueError(
            "functional_call() takes a dictionary of tensors, or a sequence of such, not a "
            f"{type(dicts).__name__}"
        )
    merged: dict[str, Any] = {}
    for each in dicts:
        twice = merged.keys() & each.keys()
        if twice:
            raise ValueError(f"functional_call(): {sorted(twice)} stand in several dictionaries")
        merged.update(each)
    return merged


def _tied(own: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    """Return replacements also under the other names of what they replace.

    Raises
    ------
    ValueError
        If the names of one tensor are given different ones.
    """
    tied = dict(given)
    for name, replacement in given.items():
        for other, tensor in own.items():
            if name in own and other != name and tensor is own[name]:
                if given.get(other, replacement) is not replacement:
                    raise ValueError(
                        f"functional_call(): {name!r} and {other!r} are one tensor of the module, "
                        "and were given two; pass tie_weights=False to have two"
                    )
                tied[other] = replacement
    return tied


@contextmanager
def _exchanged(module: Any, tensors: dict[str, Any]) -> Iterator[None]:
    """Let a module have other tensors for a while; buffers that it replaces meanwhile are lost."""
    places = []
    for name, tensor in tensors.items():
        path, _, last = name.rpartition(".")
        owner = module.get_submodule(path)
        table = owner._parameters if last in owner._parameters else owner._buffers
        places.append((table, last, table[last]))
        table[last] = tensor
    try:
        yield
    finally:
        for table, last, before in reversed(places):
            table[last] = before


def replace_all_batch_norm_modules_(root: Any) -> Any:
    """Let all batch norms of a module work without running statistics, for use with `vmap`.

    Under `vmap` the statistics of a batch are those of one sample, which nobody could keep.

    Parameters
    ----------
    root : Module
        Changed.

    Returns
    -------
    Module
        `root`.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.func import replace_all_batch_norm_modules_
    >>> replace_all_batch_norm_modules_(plugrad.nn.BatchNorm1d(2)).track_running_stats
    False
    """
    for module in root.modules():
        if hasattr(module, "track_running_stats") and "running_mean" in module._buffers:
            module.running_mean = module.running_var = module.num_batches_tracked = None
            module.track_running_stats = False
    return root


def stack_module_state(models: Sequence[Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the parameters and buffers of several modules of one kind, stacked by name.

    Parameters
    ----------
    models : sequence of Module
        Of the same class, and all in training or all not.

    Returns
    -------
    parameters, buffers : dict
        Of tensors with a first dimension for the modules. Parameters are leaves again, which
        require grad as the first module's do.

    Raises
    ------
    RuntimeError
        If there is none, or they differ.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.func import stack_module_state
    >>> parameters, buffers = stack_module_state([plugrad.nn.Linear(2, 1) for _ in range(3)])
    >>> parameters["weight"].shape
    plugrad.Size([3, 1, 2])
    """
    if not models:
        raise RuntimeError("stack_module_state() needs at least one module")
    if len({type(model) for model in models}) > 1:
        raise RuntimeError("stack_module_state() needs modules of one class")
    if len({model.training for model in models}) > 1:
        raise RuntimeError("stack_module_state() needs modules that are all in training, or not")
    parameters = {
        name: plugrad.stack([dict(model.named_parameters())[name].detach() for model in models])
        .requires_grad_(first.requires_grad)
        for name, first in models[0].named_parameters()
    }  # fmt: skip
    buffers = {
        name: plugrad.stack([dict(model.named_buffers())[name] for model in models])
        for name, _ in models[0].named_buffers()
    }
    return parameters, buffers
