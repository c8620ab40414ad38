"""Counts in Django's cache, which adds atomically: processes that share a cache share the counts."""

from django.core.cache import cache


def add_one(name: str, seconds: int) -> int:
    """The count of that name, with this one; it begins anew `seconds` after its first."""
    try:
        return cache.incr(name)
    except ValueError:  # there is none yet
        return 1 if cache.add(name, 1, seconds) else add_one(name, seconds)
