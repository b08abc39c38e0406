"""Numbers of things in sentences."""

from __future__ import annotations


def counted(n: int, thing: str) -> str:
    """Such as "1 fold" and "2 folds"."""
    return f"{n} {thing}" if n == 1 else f"{n} {thing}s"


def is_or_are(n: int) -> str:
    """For as many things."""
    return "is" if n == 1 else "are"


def they_count(n: int) -> str:
    """For as many things."""
    return "it counts" if n == 1 else "they count"
