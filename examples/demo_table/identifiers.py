"""Columns that number or name the rows: they tell nothing of a new row, and a network can learn them by heart.

Each is a guess by its values, and said: an argument keeps the column.
"""

import re

import numpy as np

MANY = 10  # rows; in fewer, values of their own tell little
UNLIKELY = 5  # e^-5, under 1 %
SAME_LENGTH = 5  # digits
SENTENCE = 4  # words

NAMED = re.compile(r"(?:.*[\W_])?(?i:id|uuid|guid|index|key|nr|no|number|nummer|rownames)|.*[a-z]I[Dd]|Unnamed.*")
HASH = re.compile(r"[0-9a-fA-F]{16,}|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")

HASHES = "hash codes, UUIDs or codes of 16 and more digits, hardly any of them twice"


def is_named_so(name):
    """Whether the name is that of an identifier."""
    return bool(NAMED.fullmatch(name))


def find_in_numbers(name, values):
    """Why these numbers, NaN for missing ones, are taken for an identifier; empty where they are not."""
    given = values[~np.isnan(values)]
    n = len(given)
    if n < MANY or 2 * n < len(values) or (given != np.floor(given)).any() or len(np.unique(given)) < n:
        return ""
    steps = np.diff(given)
    if (steps > 0).all() or (steps < 0).all():
        return f"whole numbers that {'rise' if steps[0] > 0 else 'fall'} from row to row"
    if is_named_so(name):
        return "a whole number of its own in every row, and the name of an identifier"
    # Quantities out of so few would coincide: n drawn from `size` values differ with probability exp(-n² / 2 size).
    size = np.ptp(given) + 1
    return f"another whole number in every row, out of only {size:.0f}" if n * (n - 1) / 2 > UNLIKELY * size else ""


def doubt_numbers(name, values):
    """A remark on numbers that may be an identifier, although they are kept."""
    given = values[~np.isnan(values)]
    distinct = np.unique(given)
    if not len(given) or (given != np.floor(given)).any():
        return ""
    lengths = {len(f"{abs(value):.0f}") for value in distinct}
    if MANY <= len(given) == len(distinct) and len(lengths) == 1 and max(lengths) >= SAME_LENGTH:
        return f"another whole number of {max(lengths)} digits in every row: if it names the rows, leave it out"
    if is_named_so(name) and MANY < len(distinct) < len(given):
        return f"named like an identifier: if rows of one {name!r} belong together, the errors come out too low"
    return ""


def find_in_text(counts):
    """Why this text is taken for an identifier, by its values and their numbers of rows; empty where it is not."""
    n, n_distinct = sum(counts.values()), len(counts)
    if n_distinct < MANY:
        return ""
    if n_distinct > 0.9 * n and all(map(HASH.fullmatch, counts)):
        return HASHES
    if n_distinct == n and np.median([len(text.split()) for text in counts]) < SENTENCE:
        return "text with another value in every row"
    return ""
