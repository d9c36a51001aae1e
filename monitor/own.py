"""Own, earned and third-party channels: whether a mention was written by the brand itself. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

from monitor.query.fields import host_of
from monitor.query.text import fold

_PREFIX = re.compile("@|/?u/")


@dataclass(frozen=True)
class Own:
    """The handles and the domains of one's own brands, competitors left out."""

    handles: tuple[str, ...] = ()
    domains: tuple[str, ...] = field(default=())

    @classmethod
    def of(cls, channels: Iterable[str]) -> Own:
        """`@name` is a handle, all else a domain."""
        known = tuple(dict.fromkeys(channels))
        return cls(
            tuple(one for one in known if one.startswith("@")), tuple(one for one in known if not one.startswith("@"))
        )

    @cached_property
    def _names(self) -> frozenset[str]:
        return frozenset(fold(one).lstrip("@") for one in self.handles)

    @cached_property
    def _hosts(self) -> tuple[str, ...]:
        return tuple(host for one in self.domains if (host := fold(host_of(one))))

    def wrote(self, author: str, url: str) -> bool:
        """Whether this author is one of the handles, or the link leads to one of the domains."""
        name = fold(author.strip())
        bare = name[len(prefix[0]) :] if (prefix := _PREFIX.match(name)) else name
        if self._names and (bare in self._names or (name.startswith("@") and bare.partition("@")[0] in self._names)):
            return True
        host = fold(host_of(url)) if self._hosts else ""
        return any(host == one or host.endswith("." + one) for one in self._hosts)
