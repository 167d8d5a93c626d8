"""Loading plugins, each on its own, when something is first asked of the registry.

pluggy checks a plugin's hooks and calls them; from there on plain tables answer (a pluggy call
costs 1 to 3 us, a dictionary lookup 0.06). Whatever one plugin does wrong stays with that plugin.
"""

from __future__ import annotations

import os
import threading
import warnings
from collections.abc import Callable, Iterator
from typing import Any, Final

import pluggy

from plugrad.plugins import hookspecs
from plugrad.plugins.hookspecs import API_VERSION, HOOK_PREFIX, KINDS
from plugrad.plugins.registers import (
    COLLISION_CURE,
    NotRegisteredError,
    PluginError,
    PluginWarning,
    Provider,
    Register,
    RegisterKernel,
    Registration,
    Table,
    listed,
)
from plugrad.plugins.scan import Plugin, Switches, announced, builtin

__all__ = [
    "Discovery",
    "collisions",
    "forget_when_changed",
    "installed",
    "load",
    "lookup",
    "manager",
    "register",
    "registered",
]


class Discovery:
    """All plugins, and one table of what they offer for each kind of thing.

    Its methods are the public functions of `plugrad.plugins`. Any thread may call them. A plugin
    that asks something while it is being imported is answered from what was loaded before it; any
    other module had better not ask while it is imported, for it may be one that a plugin, loading
    in another thread, waits for.
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._manager = pluggy.PluginManager(hookspecs.PROJECT)
        self._manager.add_hookspecs(hookspecs)
        self._tables = {kind: Table(kind) for kind in KINDS}
        self._plugins: list[Plugin] | None = None
        self._strict = False
        self._told: set[str] = set()
        self._caches: list[dict[str, Any]] = []

    def load(self) -> None:
        """Load every plugin of group ``plugrad.plugins`` that is not loaded yet.

        A plugin that fails is left out with a `PluginWarning` that names its distribution and the
        cause; so is a name that two plugins claim.

        Raises
        ------
        PluginError
            Instead of the first warning, if ``PLUGRAD_STRICT_PLUGINS`` is on.
        """
        self._activate(lambda plugin: plugin.device is None)
        self._report()

    def manager(self) -> pluggy.PluginManager:
        """Return pluggy's manager, with the plugins of `load` registered."""
        self.load()
        return self._manager

    def installed(self) -> list[Plugin]:
        """Load all plugins, those for devices too; return what became of each. Never warns."""
        self._activate(lambda plugin: True)
        return list(self._scanned())

    def collisions(self) -> list[list[Registration]]:
        """Return the claims to each name that no plugin gets, since several claim it alike."""
        with self._lock:
            return [claims for table in self._tables.values() for claims in table.collisions()]

    def registered(self, kind: str, *, backend: str | None = None) -> dict[str, Registration]:
        """Return what plugins offer of one kind, by name, loading nothing of it.

        Parameters
        ----------
        kind : str
            One of `KINDS`.
        backend : str, optional
            The type of device, for ``kind="kernels"``.

        Returns
        -------
        dict of str to Registration
            Without the names that several plugins claim.

        Raises
        ------
        ValueError
            If there is no such kind.
        """
        table = self._table(kind)
        self._activate(lambda plugin: plugin.device is None or kind == "backends")
        self._report()
        with self._lock:
            return table.undisputed(backend)

    def lookup(self, kind: str, name: str, *, backend: str | None = None) -> object:
        """Return the thing of one kind that plugins offer under a name, importing it if need be.

        A backend is looked for first in the plugins that announce its device; only if there are
        none are the others loaded.

        Parameters
        ----------
        kind : str
            One of `KINDS`.
        name : str
            A backend's is its type of device.
        backend : str, optional
            The type of device, for ``kind="kernels"``.

        Raises
        ------
        ValueError
            If there is no such kind.
        NotRegisteredError
            If no plugin offers it; tells which plugins were left out.
        PluginError
            If several plugins claim it, or the one that offers it, or that announces the device,
            fails. Its cause is chained.
        """
        table = self._table(kind)
        if kind == "backends":
            self._activate(lambda plugin: plugin.device == name)
            if not table.claimants(name):
                self._raise_failure_of(name)
        if kind != "backends" or not table.claimants(name):
            self._activate(lambda plugin: plugin.device is None)
        self._report()
        try:
            with self._lock:
                registration = table.find(name, backend)
        except NotRegisteredError as error:
            raise NotRegisteredError(f"{error}{self._left_out(kind, name)}") from None
        return registration.load()

    def register(self, plugin: object, name: str) -> None:
        """Register a plugin by hand, as in a notebook: an object that implements hooks.

        Parameters
        ----------
        plugin : object
            A module, or an object with `PLUGRAD_API` and methods marked by `hookimpl`.
        name : str
            What to call it in messages.

        Raises
        ------
        PluginError
            If it declares another version of the interface, its hooks are wrong or one of them
            fails. Then nothing of it is registered.
        """
        provider = Provider(name, "this process", "")
        with self._lock:
            try:
                self._enrol(plugin, provider, name)
            except Exception as error:
                raise PluginError(f"{provider} cannot be registered: {error}") from error
        self._report()

    def forget_when_changed(self, cache: dict[str, Any]) -> None:
        """Clear `cache`, which holds answers of `lookup`, whenever another could be given."""
        with self._lock:
            if not any(known is cache for known in self._caches):
                self._caches.append(cache)

    def _table(self, kind: str) -> Table:
        if kind not in self._tables:
            raise ValueError(f"plugins do not offer {kind!r}; choose from {', '.join(KINDS)}")
        return self._tables[kind]

    def _scanned(self) -> list[Plugin]:
        """Return all plugins; the first call reads the switches and scans what is installed."""
        with self._lock:
            if self._plugins is None:
                switches = Switches.read(os.environ)
                plugins = [*builtin(), *announced()]
                for plugin in plugins:
                    switches.apply(plugin)
                self._plugins, self._strict = plugins, switches.strict
            return self._plugins

    def _activate(self, wanted: Callable[[Plugin], bool]) -> None:
        """Load the plugins that are `wanted` and still waiting, each on its own."""
        with self._lock:
            for plugin in self._scanned():
                if plugin.state != "waiting" or not wanted(plugin):
                    continue
                plugin.state = "loading"
                try:
                    plugin.offers = self._enrol(
                        plugin.open(), plugin.provider, plugin.target, plugin.device
                    )
                except (Exception, SystemExit) as error:  # a module may well call sys.exit()
                    plugin.fail(error)
                except BaseException:  # an interrupt is not the plugin's fault
                    plugin.state = "waiting"
                    raise
                else:
                    plugin.state = "ok"

    def _enrol(
        self, plugin: object, provider: Provider, target: str, device: str | None = None
    ) -> list[Registration]:
        """Enter what `plugin` offers into the tables: all of it or, if it does wrong, nothing."""
        _check_version(plugin)
        if self._manager.is_registered(plugin):  # announced in both groups
            return []
        self._manager.register(plugin, f"{provider.distribution}:{target}")
        try:
            self._check_hooks(plugin)
            offers = self._collect(plugin, provider)
            if device is not None and not any(
                (offer.kind, offer.name) == ("backends", device) for offer in offers
            ):
                raise PluginError(f"it announces a backend for {device!r} but registers none")
        except BaseException:
            self._manager.unregister(plugin)
            raise
        for offer in offers:
            self._tables[offer.kind].add(offer)
        for cache in self._caches:
            cache.clear()
        return offers

    def _check_hooks(self, plugin: object) -> None:
        """Refuse hooks that would never be called: those that are misspelled or lack their mark."""
        self._manager.check_pending()
        for name in dir(plugin):
            if name.startswith(HOOK_PREFIX) and not self._manager.parse_hookimpl_opts(plugin, name):
                raise PluginError(f"{name} is not marked with @hookimpl")

    def _collect(self, plugin: object, provider: Provider) -> list[Registration]:
        """Call the hooks of `plugin` alone, so that what they register is known to be its own."""
        others = [other for other in self._manager.get_plugins() if other is not plugin]
        offers: list[Registration] = []
        for kind in KINDS:
            register = (RegisterKernel if kind == "kernels" else Register)(kind, provider)
            self._manager.subset_hook_caller(HOOK_PREFIX + kind, others)(register=register)
            offers += register.registrations
        return offers

    def _problems(self) -> Iterator[tuple[str, BaseException | None]]:
        """Yield what is wrong so far: a message, and the error behind it if there is one."""
        for plugin in self._scanned():
            if plugin.state == "failed":
                yield (_failure(plugin), plugin.error)
        disputed: dict[tuple[str, str], list[str]] = {}
        for claims in self.collisions():
            disputed.setdefault((listed(claims), claims[0].kind), []).append(claims[0].name)
        for (claimants, kind), names in disputed.items():
            yield (
                f"{claimants} claim the same {kind}: {', '.join(names)}. Asking for one raises an "
                f"error, everything else works. {COLLISION_CURE}",
                None,
            )

    def _report(self) -> None:
        """Warn of each problem once; in strict mode raise the first."""
        with self._lock:
            problems = list(self._problems())
            news = [message for message, _ in problems if message not in self._told]
            self._told.update(news)
        if self._strict and problems:
            message, cause = problems[0]
            raise PluginError(message) from cause
        for message in news:
            warnings.warn(message, PluginWarning, stacklevel=3)

    def _raise_failure_of(self, device: str) -> None:
        """Raise the error of the plugin that announces `device`, if it has failed."""
        for plugin in self._scanned():
            if plugin.device == device and plugin.state == "failed":
                self._told.add(_failure(plugin))  # by the error: no warning besides
                raise PluginError(_failure(plugin)) from plugin.error

    def _left_out(self, kind: str, name: str) -> str:
        """Tell which plugins, that might have offered what was asked for, are not in use."""
        reasons = [
            f"{plugin.provider} is left out ({plugin.cause})"
            for plugin in self._scanned()
            if plugin.state in ("disabled", "failed")
            and (plugin.device is None or kind != "backends" or plugin.device == name)
        ]
        return "".join(f"; {reason}" for reason in reasons)


def _failure(plugin: Plugin) -> str:
    return (
        f"{plugin.provider} was left out: {plugin.cause}. Everything else works; repair or "
        f"uninstall it, or set PLUGRAD_DISABLE_PLUGINS={plugin.provider.distribution}."
    )


def _check_version(plugin: object) -> None:
    """Refuse a plugin written for a version of the interface that this one does not serve."""
    offered = ".".join(map(str, API_VERSION))
    match getattr(plugin, "PLUGRAD_API", None):
        case None:
            raise PluginError(
                f"it does not declare the plugin interface it was written for; the current one is "
                f"PLUGRAD_API = {API_VERSION}"
            )
        case (int(major), int(minor)):
            if major != API_VERSION[0] or minor > API_VERSION[1]:
                raise PluginError(
                    f"it was written for plugin interface {major}.{minor}, and this plugrad-core "
                    f"offers {offered}"
                )
        case other:
            raise PluginError(f"PLUGRAD_API = {other!r} is not a pair of integers (major, minor)")


_process: Final = Discovery()
load = _process.load
manager = _process.manager
installed = _process.installed
collisions = _process.collisions
registered = _process.registered
lookup = _process.lookup
forget_when_changed = _process.forget_when_changed
register = _process.register
