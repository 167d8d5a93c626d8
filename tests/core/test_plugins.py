"""Plugins are found lazily, checked, kept apart from one another, and named when they misbehave."""

from __future__ import annotations

import inspect
import threading
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from plugrad import plugins
from plugrad.plugins import NotRegisteredError, PluginError, PluginWarning, hookspecs
from plugrad.plugins.discovery import Discovery
from plugrad.plugins.registers import Provider, Register, RegisterKernel

Install = Callable[..., Path]

HEADER = """
from plugrad.plugins import hookimpl
PLUGRAD_API = (1, 0)
"""


def offering(kind: str, *calls: str) -> str:
    """Return a plugin's source whose hook makes `calls`, each the arguments of ``register``."""
    body = "\n".join(f"    register({call})" for call in calls)
    return f"{HEADER}\n@hookimpl\ndef plugrad_register_{kind}(register):\n{body}\n"


GOOD = offering("layers", "'Wobble', load='colorsys:rgb_to_hsv'")


@pytest.fixture(autouse=True)
def no_switches(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("PLUGRAD_PLUGINS", "PLUGRAD_DISABLE_PLUGINS", "PLUGRAD_STRICT_PLUGINS"):
        monkeypatch.delenv(variable, raising=False)


@pytest.fixture
def discovery() -> Discovery:
    """A registry that has loaded nothing yet, besides the one that the process uses."""
    return Discovery()


def states(discovery: Discovery) -> dict[str, str]:
    return {plugin.provider.name: plugin.state for plugin in discovery.installed()}


# What plugins offer, and when they are imported


def test_a_plugin_is_found_and_its_offer_is_loaded_on_demand(
    install: Install, discovery: Discovery
) -> None:
    install("good-dist", {"plugrad.plugins": {"good": "good"}}, good=GOOD)
    offer = discovery.registered("layers")["Wobble"]
    assert offer.provider == Provider("good", "good-dist", "1.0")
    import colorsys

    assert discovery.lookup("layers", "Wobble") is colorsys.rgb_to_hsv


def test_importing_plugrad_imports_no_plugin_and_no_machinery(
    install: Install, run_python: Callable[..., Any]
) -> None:
    place = install("loud-dist", {"plugrad.plugins": {"loud": "loud"}}, loud="print('imported')")
    heavy = "{'pluggy', 'importlib.metadata', 'plugrad.plugins', 'loud'}"
    done = run_python("-c", f"import plugrad, sys; print({heavy} & set(sys.modules))", path=place)
    assert (done.stdout, done.stderr) == ("set()\n", "")


def test_a_backend_is_imported_only_when_its_device_is_asked_for(
    install: Install, discovery: Discovery
) -> None:
    import sys

    install(
        "abacus-dist",
        {"plugrad.backends": {"abacus": "abacus_plugin"}},
        abacus_plugin=offering("backends", "'abacus', load='abacus_plugin:PLUGRAD_API'"),
    )
    discovery.load()
    assert "abacus_plugin" not in sys.modules
    assert discovery.lookup("backends", "abacus") == (1, 0)
    assert "abacus_plugin" in sys.modules


def test_a_backend_request_loads_no_other_plugin(install: Install, discovery: Discovery) -> None:
    import sys

    install(
        "abacus-dist",
        {"plugrad.backends": {"abacus": "abacus_plugin"}},
        abacus_plugin=offering("backends", "'abacus', load='abacus_plugin:PLUGRAD_API'"),
    )
    install("good-dist", {"plugrad.plugins": {"good": "good"}}, good=GOOD)
    discovery.lookup("backends", "abacus")
    assert "good" not in sys.modules


def test_a_backend_may_come_from_the_general_group(install: Install, discovery: Discovery) -> None:
    install(
        "abacus-dist",
        {"plugrad.plugins": {"beads": "abacus_plugin"}},
        abacus_plugin=offering("backends", "'abacus', load='abacus_plugin:PLUGRAD_API'"),
    )
    assert discovery.lookup("backends", "abacus") == (1, 0)


def test_numpy_registers_like_any_third_party(discovery: Discovery) -> None:
    assert discovery.registered("backends")["cpu"].provider.distribution == "plugrad-core"


def test_kernels_are_kept_apart_by_backend(install: Install, discovery: Discovery) -> None:
    install(
        "kernels-dist",
        {"plugrad.plugins": {"kernels": "kernels"}},
        kernels=offering(
            "kernels",
            "'silu_grad', backend='abacus', load='operator:mul', when=callable",
            "'silu_grad', backend='cpu', load='operator:add'",
        ),
    )
    import operator

    assert discovery.lookup("kernels", "silu_grad", backend="abacus") is operator.mul
    assert discovery.lookup("kernels", "silu_grad", backend="cpu") is operator.add
    assert discovery.registered("kernels", backend="abacus")["silu_grad"].when is callable


def test_an_object_can_be_offered_as_it_is(discovery: Discovery) -> None:
    class Mine:
        PLUGRAD_API = plugins.API_VERSION

        @plugins.hookimpl
        def plugrad_register_observers(self, register: Register) -> None:
            register("mine", load=self)

    mine = Mine()
    discovery.register(mine, "mine")
    assert discovery.lookup("observers", "mine") is mine


def test_a_plugin_announced_in_both_groups_counts_once(
    install: Install, discovery: Discovery
) -> None:
    install(
        "abacus-dist",
        {
            "plugrad.backends": {"abacus": "abacus_plugin"},
            "plugrad.plugins": {"a": "abacus_plugin"},
        },
        abacus_plugin=offering("backends", "'abacus', load='abacus_plugin:PLUGRAD_API'"),
    )
    assert discovery.lookup("backends", "abacus") == (1, 0)
    assert set(states(discovery).values()) == {"ok"}


def test_a_plugin_that_asks_while_it_is_imported_is_answered(
    install: Install, discovery: Discovery, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("plugrad.plugins.test_discovery", discovery, raising=False)
    source = f"import plugrad.plugins as p\nseen = p.test_discovery.registered('layers')\n{GOOD}"
    install("curious-dist", {"plugrad.plugins": {"curious": "curious"}}, curious=source)
    assert "Wobble" in discovery.registered("layers")


def test_threads_load_each_plugin_once(install: Install, discovery: Discovery) -> None:
    source = f"import time, builtins\ntime.sleep(0.05)\n{GOOD}"
    install("slow-dist", {"plugrad.plugins": {"slow": "slow_plugin"}}, slow_plugin=source)
    start = threading.Barrier(4)
    found: list[bool] = []

    def ask() -> None:
        start.wait()
        found.append("Wobble" in discovery.registered("layers"))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [True] * 4


# What goes wrong in one plugin stays with it

BROKEN = {
    "import fails": ("import no_such_module", "ModuleNotFoundError: No module named 'no_such"),
    "syntax": ("def", "SyntaxError"),
    "exits": ("import sys; sys.exit('bye')", "SystemExit: bye"),
    "no version": (
        "from plugrad.plugins import hookimpl",
        r"does not declare .* PLUGRAD_API = \(1, 0\)",
    ),
    "odd version": ("PLUGRAD_API = '1.0'", "'1.0' is not a pair of integers"),
    "another major": ("PLUGRAD_API = (2, 0)", r"interface 2\.0, and this plugrad-core offers 1\.0"),
    "later minor": ("PLUGRAD_API = (1, 1)", r"interface 1\.1, and this plugrad-core offers 1\.0"),
    "unknown hook": (
        f"{HEADER}\n@hookimpl\ndef plugrad_register_layer(register): ...",
        "unknown hook 'plugrad_register_layer'",
    ),
    "hook without its mark": (
        f"{HEADER}\ndef plugrad_register_layers(register): ...",
        "plugrad_register_layers is not marked with @hookimpl",
    ),
    "unknown argument": (
        f"{HEADER}\n@hookimpl\ndef plugrad_register_layers(registry): ...",
        r"(?s)PluginValidationError.*registry",
    ),
    "hook raises": (
        f"{HEADER}\n@hookimpl\ndef plugrad_register_layers(register): 1 / 0",
        "ZeroDivisionError",
    ),
    "no name": (offering("layers", "'', load='a:b'"), "TypeError: a layer needs a name, not ''"),
    "no target": (offering("layers", "'A', load='a.b'"), "write 'package.module:attribute'"),
    "odd priority": (offering("layers", "'A', load='a:b', priority='high'"), "'high'.*not an int"),
    "twice": (offering("layers", "'A', load='a:b'", "'A', load='a:c'"), "'A' is registered twice"),
    "kernel for nothing": (offering("kernels", "'mul', backend='', load='a:b'"), "TypeError"),
    "odd predicate": (
        offering("kernels", "'mul', backend='cpu', load='a:b', when=True"),
        "when=True of kernel 'mul' cannot be called",
    ),
}


@pytest.mark.parametrize("trouble", BROKEN)
def test_a_broken_plugin_is_one_warning_with_its_distribution_and_cause(
    install: Install, discovery: Discovery, trouble: str
) -> None:
    source, cause = BROKEN[trouble]
    install("bad-dist", {"plugrad.plugins": {"bad": "bad_plugin"}}, "0.3", bad_plugin=source)
    install("good-dist", {"plugrad.plugins": {"good": "good"}}, good=GOOD)
    with pytest.warns(PluginWarning, match=cause) as caught:
        assert "Wobble" in discovery.registered("layers")
    assert len(caught) == 1
    assert "plugin 'bad' of bad-dist 0.3 was left out" in str(caught[0].message)
    assert "PLUGRAD_DISABLE_PLUGINS=bad-dist" in str(caught[0].message)
    discovery.load()  # warns no second time: warnings are errors here
    assert states(discovery)["bad"] == "failed"


def test_a_plugin_that_fails_halfway_leaves_nothing_behind(
    install: Install, discovery: Discovery
) -> None:
    source = GOOD + "\n@hookimpl\ndef plugrad_register_optimizers(register): 1 / 0\n"
    install("half-dist", {"plugrad.plugins": {"half": "half_plugin"}}, half_plugin=source)
    with pytest.warns(PluginWarning, match="ZeroDivisionError"):
        assert "Wobble" not in discovery.registered("layers")
    names = [name for name, _ in discovery.manager().list_name_plugin()]
    assert not any("half" in name for name in names)


def test_unreadable_entry_points_are_told_and_those_of_strangers_ignored(
    install: Install, discovery: Discovery
) -> None:
    install("stranger-dist", "[console_scripts]\nno equals sign\n")
    install("nameless-dist", "[plugrad.backends.of.another]\na = b\n")
    install("torn-dist", "[plugrad.plugins]\nno equals sign\n")
    install("good-dist", {"plugrad.plugins": {"good": "good"}}, good=GOOD)
    with pytest.warns(PluginWarning, match="torn-dist 1.0") as caught:
        assert "Wobble" in discovery.registered("layers")
    assert len(caught) == 1


def test_a_warning_made_an_error_leaves_the_rest_usable(
    install: Install, discovery: Discovery
) -> None:
    install("bad-dist", {"plugrad.plugins": {"bad": "bad_plugin"}}, bad_plugin="1 / 0")
    install("good-dist", {"plugrad.plugins": {"good": "good"}}, good=GOOD)
    with pytest.raises(PluginWarning, match="ZeroDivisionError"):
        discovery.load()
    assert "Wobble" in discovery.registered("layers")


def test_a_failed_backend_that_is_asked_for_raises_its_cause(
    install: Install, discovery: Discovery
) -> None:
    install("bad-dist", {"plugrad.backends": {"abacus": "bad_plugin"}}, bad_plugin="import no_such")
    discovery.load()
    for _ in range(2):
        with pytest.raises(PluginError, match="'abacus' of bad-dist 1.0") as raised:
            discovery.lookup("backends", "abacus")
        assert isinstance(raised.value.__cause__, ModuleNotFoundError)


def test_an_entry_point_must_keep_its_promise(install: Install, discovery: Discovery) -> None:
    install("idle-dist", {"plugrad.backends": {"abacus": "idle_plugin"}}, idle_plugin=HEADER)
    with pytest.raises(PluginError, match="announces a backend for 'abacus' but registers none"):
        discovery.lookup("backends", "abacus")


def test_an_offer_that_cannot_be_imported_names_its_plugin(
    install: Install, discovery: Discovery
) -> None:
    source = offering("layers", "'Gone', load='no_such_module:Gone'")
    install("stale-dist", {"plugrad.plugins": {"stale": "stale_plugin"}}, stale_plugin=source)
    with pytest.raises(PluginError, match="'Gone' of plugin 'stale' of stale-dist 1.0") as raised:
        discovery.lookup("layers", "Gone")
    assert isinstance(raised.value.__cause__, ModuleNotFoundError)


def test_registering_by_hand_raises_what_is_wrong(discovery: Discovery) -> None:
    with pytest.raises(PluginError, match="'mine' of this process cannot be registered"):
        discovery.register(types.ModuleType("mine"), "mine")


# Names


def test_an_unknown_name_suggests_a_near_one(install: Install, discovery: Discovery) -> None:
    install("good-dist", {"plugrad.plugins": {"good": "good"}}, good=GOOD)
    with pytest.raises(NotRegisteredError, match="no layer 'Wobbly' is .* did you mean 'Wobble'"):
        discovery.lookup("layers", "Wobbly")
    with pytest.raises(LookupError, match="no backend 'sundial' is registered"):
        discovery.lookup("backends", "sundial")


def test_an_unknown_name_tells_which_plugins_are_left_out(
    install: Install, discovery: Discovery, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLUGRAD_DISABLE_PLUGINS", "good")
    install("good-dist", {"plugrad.plugins": {"good": "good"}}, good=GOOD)
    with pytest.raises(NotRegisteredError, match="'good' of good-dist 1.0 is left out"):
        discovery.lookup("layers", "Wobble")


def test_an_unknown_kind_is_refused(discovery: Discovery) -> None:
    for ask in (discovery.registered, lambda kind: discovery.lookup(kind, "x")):
        with pytest.raises(ValueError, match="'gadgets'; choose from backends, operators"):
            ask("gadgets")


def claimants(install: Install, *priorities: int) -> None:
    for i, priority in enumerate(priorities):
        source = offering(
            "layers",
            f"'Shared', load='operator:add', priority={priority}",
            f"'Own{i}', load='operator:mul'",
        )
        install(f"dist-{i}", {"plugrad.plugins": {f"p{i}": f"claim{i}"}}, **{f"claim{i}": source})


def test_a_collision_warns_naming_both_and_raises_only_when_asked_for(
    install: Install, discovery: Discovery
) -> None:
    claimants(install, 0, 0)
    with pytest.warns(PluginWarning, match="claim the same layers: Shared") as caught:
        offers = discovery.registered("layers")
    assert len(caught) == 1
    assert "dist-0 1.0" in str(caught[0].message)
    assert "dist-1 1.0" in str(caught[0].message)
    assert {"Own0", "Own1"} <= set(offers)
    assert "Shared" not in offers
    with pytest.raises(PluginError, match="'Shared' is claimed by .*dist-[01].*dist-[01]"):
        discovery.lookup("layers", "Shared")
    discovery.lookup("layers", "Own0")


def test_a_priority_decides_a_collision(install: Install, discovery: Discovery) -> None:
    claimants(install, 0, 5)
    assert discovery.registered("layers")["Shared"].provider.distribution == "dist-1"


def test_disabling_one_claimant_ends_a_collision(
    install: Install, discovery: Discovery, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLUGRAD_DISABLE_PLUGINS", "dist-1")
    claimants(install, 0, 0)
    assert discovery.registered("layers")["Shared"].provider.distribution == "dist-0"


# Switches


@pytest.mark.parametrize("label", ["good-dist", "Good_Dist", "good", "good_plugin", "x, good"])
def test_a_plugin_is_disabled_by_any_of_its_names(
    install: Install, discovery: Discovery, monkeypatch: pytest.MonkeyPatch, label: str
) -> None:
    monkeypatch.setenv("PLUGRAD_DISABLE_PLUGINS", label)
    monkeypatch.setenv("PLUGRAD_PLUGINS", label)  # disabling wins
    install("good-dist", {"plugrad.plugins": {"good": "good_plugin"}}, good_plugin="1 / 0")
    discovery.load()
    assert states(discovery)["good"] == "disabled"


@pytest.mark.parametrize(("allowed", "loaded"), [("", False), ("other", False), ("good", True)])
def test_the_allow_list_lets_in_what_it_names(
    install: Install,
    discovery: Discovery,
    monkeypatch: pytest.MonkeyPatch,
    allowed: str,
    loaded: bool,
) -> None:
    monkeypatch.setenv("PLUGRAD_PLUGINS", allowed)
    install("good-dist", {"plugrad.plugins": {"good": "good"}}, good=GOOD)
    assert ("Wobble" in discovery.registered("layers")) is loaded
    assert "cpu" in discovery.registered("backends")


def test_a_built_in_can_be_disabled_too(
    discovery: Discovery, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLUGRAD_DISABLE_PLUGINS", "numpy")
    with pytest.raises(NotRegisteredError, match="left out .named in PLUGRAD_DISABLE_PLUGINS"):
        discovery.lookup("backends", "cpu")


@pytest.mark.parametrize("value", ["1", "true", "ON"])
def test_strict_mode_raises_instead_of_warning(
    install: Install, discovery: Discovery, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("PLUGRAD_STRICT_PLUGINS", value)
    install("bad-dist", {"plugrad.plugins": {"bad": "bad_plugin"}}, bad_plugin="import no_such")
    for _ in range(2):
        with pytest.raises(PluginError, match="bad-dist 1.0 was left out") as raised:
            discovery.load()
        assert isinstance(raised.value.__cause__, ModuleNotFoundError)


def test_strict_mode_raises_on_a_collision(
    install: Install, discovery: Discovery, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLUGRAD_STRICT_PLUGINS", "1")
    claimants(install, 0, 0)
    with pytest.raises(PluginError, match="claim the same layers"):
        discovery.load()


@pytest.mark.parametrize("value", ["", "0", "false", "no", "off"])
def test_strict_mode_is_off_for_what_means_off(
    install: Install, discovery: Discovery, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("PLUGRAD_STRICT_PLUGINS", value)
    install("bad-dist", {"plugrad.plugins": {"bad": "bad_plugin"}}, bad_plugin="import no_such")
    with pytest.warns(PluginWarning):
        discovery.load()


# The interface itself


@pytest.mark.parametrize("kind", plugins.KINDS)
def test_every_hook_is_documented_with_the_signature_of_register(kind: str) -> None:
    spec = getattr(hookspecs, f"plugrad_register_{kind}")
    assert list(inspect.signature(spec).parameters) == ["register"]
    collector = RegisterKernel if kind == "kernels" else Register
    assert spec.__annotations__["register"] == collector.__name__
    usage = spec.__doc__.partition("``register(")[2].partition("``")[0]
    _, name, *options = inspect.signature(collector.__call__).parameters.values()
    assert name.name == "name"
    assert [part.partition("=")[0] for part in usage.rstrip(")").split(", ")[1:]] == [
        option.name for option in options
    ]


def test_the_kinds_are_those_of_the_design() -> None:
    assert plugins.KINDS == (
        "backends",
        "operators",
        "kernels",
        "layers",
        "optimizers",
        "lr_schedulers",
        "observers",
        "exporters",
    )


def test_all_that_plugrads_own_distributions_offer_can_be_had() -> None:
    own = [p for p in plugins.installed() if p.provider.distribution.startswith("plugrad-")]
    assert "numpy" in {plugin.provider.name for plugin in own}
    for plugin in own:
        assert (plugin.state, plugin.cause) == ("ok", "")
        for offer in plugin.offers:
            assert plugins.lookup(offer.kind, offer.name, backend=offer.backend) is not None
