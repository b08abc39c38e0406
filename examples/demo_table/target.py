"""The target: classes out of text, numbers or truth values, and the rows that have none."""

from collections import Counter

import numpy as np

from .cells import MISSING_NUMBER, count_rows, is_missing, join, list_cells
from .columns import say_blanks, say_cases
from .errors import InputError
from .numerals import NotNumbersError, TextColumn, read_numbers


def read_target(name, column, n_blanks, min_rows):
    """The classes of the rows that have one, which rows these are, and the words on them; or an InputError."""
    missing = {text: n for text, n in column.counts.items() if is_no_class(text, n, min_rows)}
    words_as_classes = find_words(column.counts, missing, min_rows)
    missing = {text: n for text, n in missing.items() if text not in words_as_classes}
    given = np.array([cell not in missing for cell in column.cells])
    y, remark = read_classes(name, TextColumn(cell for cell in column.cells if cell not in missing))
    check_classes(y, name, min_rows, say_left_out(missing, name, len(given)), column.cells[0])
    classes = Counter(y.tolist())
    words = f"target of {len(classes)} classes: {list_cells(classes, at_most=10)}"
    return (
        y,
        given,
        join(words, say_left_out(missing, name, len(given)), say_blanks(n_blanks), remark, say_words(words_as_classes)),
    )


def is_no_class(text, n, min_rows):
    """Whether this stands for no class; "none", "-" and the like may be one, in rows as many as a class needs."""
    return is_missing(text) or (n < min_rows and is_missing(text, MISSING_NUMBER))


def find_words(counts, missing, min_rows):
    """Words for missing cells that are classes, as fewer than two are left without them: "NA" beside "EU"."""
    if len(counts) - len(missing) != 1:
        return []
    return [text for text, n in missing.items() if n >= min_rows and text.isalpha()]


def say_words(words):
    """A remark on words for missing cells that are classes."""
    return f"{' and '.join(map(repr, words))} taken for a class, not for missing, as only one is left" if words else ""


def say_left_out(missing, name, n_rows):
    """A remark on the rows without a class."""
    written = {text: n for text, n in missing.items() if text}
    if not missing:
        return ""
    return f"{sum(missing.values())} of {n_rows} rows have no {name!r} and are left out" + (
        f": {list_cells(written)}" if written else ""
    )


def read_classes(name, column):
    """Whole numbers where every cell is one, text otherwise, and a remark on it; an InputError for quantities."""
    if any(cell.marked for cell in column.parsed.values()):  # above and below 50 are two classes
        return np.array(column.cells, dtype=str), say_cases(column.counts)
    try:
        numbers = read_numbers(column)
        continuous = [text for text, value in zip(column.cells, numbers.values, strict=True) if value % 1 != 0]
    except NotNumbersError:
        return np.array(column.cells, dtype=str), say_cases(column.counts)
    quantities = [text for text in continuous if text in column.parsed or text.strip("+-").lower().startswith("inf")]
    if quantities:
        raise InputError(
            f"Column {name!r} holds continuous numbers such as {quantities[0]}, but this demo learns classes; "
            "for a quantity see skdeep.DeepMLPRegressor."
        )
    if continuous:  # a class of another name among numbers
        return np.array(column.cells, dtype=str), say_cases(column.counts)
    return numbers.values.astype(int), numbers.remark


def check_classes(y, name, min_rows, left_out, first):
    """Raise an InputError unless there are classes with rows enough for the split and the folds."""
    classes, counts = np.unique(y, return_counts=True)
    if len(classes) < 2:
        raise InputError(f"{join(f'Column {name!r} holds fewer than 2 classes: {classes.tolist()}', left_out)}.")
    if counts.min() < min_rows:
        rare = classes[counts.argmin()].item()
        second = counts.min() == 1 and str(rare) == first
        hint = " It is in the first row only: a second header? If so, delete that row." if second else ""
        raise InputError(
            f"Column {name!r} has {len(classes)} classes, and {rare!r} has only {count_rows(counts.min())}; each class "
            f"needs at least {min_rows} for the split and the folds.{hint}"
        )
