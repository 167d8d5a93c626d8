"""Which plugins are installed, and which of them the environment lets in; none is loaded."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Final, Literal

from plugrad.plugins.registers import Provider, Registration

if TYPE_CHECKING:
    from importlib import metadata

__all__ = ["Plugin", "Switches", "announced", "builtin"]

_BACKENDS_GROUP: Final = "plugrad.backends"
_PLUGINS_GROUP: Final = "plugrad.plugins"


def _normalized(name: str) -> str:
    """Spell `name` as package indexes compare names."""
    return re.sub(r"[-_.]+", "-", name).lower()


@dataclass(eq=False, slots=True)
class Plugin:
    """A plugin that is installed, and what became of it.

    Attributes
    ----------
    provider : Provider
        Its name, distribution and version.
    target : str
        The module (or ``module:object``) that implements its hooks.
    device : str, optional
        The type of device that its entry point announces. Such a plugin waits until that device is
        asked for; one without waits for the first question to the registry.
    state : {"waiting", "loading", "ok", "disabled", "failed"}
    cause : str
        Why it was disabled or failed.
    error : BaseException, optional
        What it failed with.
    offers : list of Registration
        What it registered.
    builtin : bool
        Whether it is core's own.
    """

    provider: Provider
    target: str
    open: Callable[[], object] = field(repr=False)
    device: str | None = None
    state: Literal["waiting", "loading", "ok", "disabled", "failed"] = "waiting"
    cause: str = ""
    error: BaseException | None = None
    offers: list[Registration] = field(default_factory=list)
    builtin: bool = False

    @property
    def labels(self) -> set[str]:
        """The names by which an environment variable can mean it."""
        module = self.target.partition(":")[0]
        return set(map(_normalized, (self.provider.name, self.provider.distribution, module)))

    def fail(self, error: BaseException) -> None:
        """Note that it is left out because of `error`."""
        self.state, self.error = "failed", error
        self.cause = ": ".join(filter(None, (type(error).__name__, " ".join(str(error).split()))))


@dataclass(frozen=True, slots=True)
class Switches:
    """What the environment says about plugins; `plugrad.plugins` explains the variables.

    Attributes
    ----------
    allowed : frozenset of str, optional
        ``PLUGRAD_PLUGINS``; None where it is not set.
    disabled : frozenset of str
        ``PLUGRAD_DISABLE_PLUGINS``.
    strict : bool
        ``PLUGRAD_STRICT_PLUGINS``.
    """

    allowed: frozenset[str] | None
    disabled: frozenset[str]
    strict: bool

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> Switches:
        """Read them from `environment`."""

        def names(variable: str) -> frozenset[str]:
            listed = environment.get(variable, "").replace(",", " ").split()
            return frozenset(map(_normalized, listed))

        strict = environment.get("PLUGRAD_STRICT_PLUGINS", "").strip().lower()
        return cls(
            allowed=names("PLUGRAD_PLUGINS") if "PLUGRAD_PLUGINS" in environment else None,
            disabled=names("PLUGRAD_DISABLE_PLUGINS"),
            strict=strict not in {"", "0", "false", "no", "off"},
        )

    def apply(self, plugin: Plugin) -> None:
        """Disable `plugin` if they say so."""
        if plugin.labels & self.disabled:
            plugin.state, plugin.cause = "disabled", "named in PLUGRAD_DISABLE_PLUGINS"
        elif self.allowed is not None and not plugin.builtin and not plugin.labels & self.allowed:
            plugin.state, plugin.cause = "disabled", "not named in PLUGRAD_PLUGINS"


def builtin() -> Iterator[Plugin]:
    """Yield core's own plugins: found without a scan, otherwise like any other."""
    from plugrad import __version__

    target = "plugrad.backends.plugin"
    provider = Provider("numpy", "plugrad-core", __version__)
    yield Plugin(provider, target, lambda: import_module(target), device="cpu", builtin=True)


def announced() -> Iterator[Plugin]:
    """Yield the plugins that installed distributions announce by their entry points."""
    from importlib import metadata  # 27 to 56 ms, so not before a plugin is wanted

    seen = set()
    for distribution in metadata.distributions():
        try:
            # Not `metadata.entry_points(group=...)`: a stranger's malformed file makes that raise.
            if "plugrad." not in (distribution.read_text("entry_points.txt") or ""):
                continue
            entries = distribution.entry_points
        except Exception as error:
            unreadable = Plugin(_provider("entry_points.txt", distribution), "", object)
            unreadable.fail(error)
            yield unreadable
            continue
        name = _normalized(str(distribution.name))
        if name in seen:  # an older installation, hidden by the one before it on sys.path
            continue
        seen.add(name)
        for entry in entries:
            if entry.group in (_BACKENDS_GROUP, _PLUGINS_GROUP):
                device = entry.name if entry.group == _BACKENDS_GROUP else None
                provider = _provider(entry.name, distribution)
                yield Plugin(provider, entry.value, entry.load, device)


def _provider(name: str, distribution: metadata.Distribution) -> Provider:
    return Provider(name, str(distribution.name), str(distribution.version))
