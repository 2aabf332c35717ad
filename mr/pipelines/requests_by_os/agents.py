"""What system a user agent says it runs on, by ua-parser's rules."""

from functools import cache, lru_cache
from typing import Any

__all__ = ["system_of"]


@lru_cache(1 << 16)
def system_of(agent: str) -> str:
    """The operating system's name, or ``unknown``."""
    found = _systems().extract(agent)
    return found.family if found else "unknown"


@cache
def _systems() -> Any:
    """The rules for systems alone: ``ua_parser.parse_os`` compiles those for browsers and devices,
    too, which takes longer than it does to apply these."""
    from ua_parser import load_lazy_builtins
    from ua_parser.regex import Resolver

    _, systems, _ = load_lazy_builtins()
    return Resolver(([], systems, [])).os
