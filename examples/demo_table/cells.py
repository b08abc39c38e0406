"""Cells of text: what stands for a missing one, and how to speak of them."""

from collections import Counter

# In lower case: in every column, in text, and in numbers.
MISSING = {
    "",
    "?",
    "na",
    "n/a",
    "n.a.",
    "n.d.",
    "k.a.",
    "#n/a",
    "<na>",
    "nan",
    "null",
    "nil",
    "#value!",
    "#div/0!",
    "#ref!",
}
MISSING_TEXT = MISSING | {"-", "--", "---", ".", "..", "..."}
MISSING_NUMBER = MISSING_TEXT | {
    "none",
    "missing",
    "unknown",
    "*",
    "**",
    "inf",
    "-inf",
    "+inf",
    "infinity",
    "-infinity",
}

# Dashes and the minus sign as a hyphen, all blanks as one, the apostrophe of print as that of a keyboard.
ASCII = str.maketrans(
    dict.fromkeys("\u2212\u2013\u2014", "-") | dict.fromkeys("\xa0\u2009\u202f\t", " ") | {"\u2019": "'"}
)


def is_missing(text, words=MISSING):
    """Whether the text is one of these words for a missing cell."""
    return text.translate(ASCII).lower() in words


def count_cells(n):
    """The number of cells, in words."""
    return "1 cell" if n == 1 else f"{n} cells"


def count_rows(n):
    """The number of rows, in words."""
    return "1 row" if n == 1 else f"{n} rows"


def quote(cell, at_most=30):
    """Text in quotes, of long text the beginning; other values as they are."""
    return repr(cell[:at_most] + "..." * (len(cell) > at_most)) if isinstance(cell, str) else str(cell)


def list_cells(counts, at_most=3):
    """The commonest of the cells, with their numbers."""
    commonest = Counter(counts).most_common(at_most)
    listed = ", ".join(quote(cell) + (f" ({n})" if n > 1 else "") for cell, n in commonest)
    return f"{listed}, ..." if len(counts) > at_most else listed


def say_missing(counts):
    """A remark on cells that are missing, by what stands in them."""
    n = sum(counts.values())
    written = {text: n for text, n in counts.items() if text}
    return f"{count_cells(n)} missing, filled with the median" * (n > 0) + f": {list_cells(written)}" * bool(written)


def join(*words):
    """The parts that are not empty, in one line."""
    return "; ".join(filter(None, words))
