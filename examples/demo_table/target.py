"""The target: classes out of text, numbers or truth values, and the rows that have none."""

from collections import Counter

import numpy as np

from .columns import MISSING_TEXT, join, say_blanks, say_cases
from .errors import InputError
from .numbers import MISSING, MISSING_NUMBERS, NotNumbersError, TextColumn, count_cells, list_cells, read_numbers


def read_target(name, column, n_blanks, min_rows):
    """The classes of the rows that have one, which rows these are, and the words on them; or an InputError."""
    missing = {text: n for text, n in column.counts.items() if is_missing(text, n, min_rows)}
    given = np.array([cell not in missing for cell in column.cells])
    y, remarks = read_classes(name, TextColumn(cell for cell in column.cells if cell not in missing))
    check_classes(y, name, min_rows)
    written = {text: n for text, n in missing.items() if text}
    left_out = f"{sum(missing.values())} of {len(given)} rows have no {name!r} and are left out" if missing else ""
    named = f" (among them {list_cells(written)})" if written else ""
    classes = Counter(y.tolist())
    words = f"target of {len(classes)} classes: {list_cells(classes, at_most=10)}"
    return y, given, join(words, left_out + named, say_blanks(n_blanks), *remarks)


def is_missing(text, n, min_rows):
    """Whether this stands for no class; words such as "none" may be one where the rows are as many as a class needs."""
    return text.lower() in MISSING or (text.lower() in MISSING_NUMBERS | MISSING_TEXT and n < min_rows)


def read_classes(name, column):
    """Whole numbers where every cell is one, else the text; and the remarks on it. An InputError for quantities."""
    try:
        numbers = read_numbers(column)
    except NotNumbersError:
        return np.array(column.cells, dtype=str), say_cases(column.counts)
    if np.isnan(numbers.values).any():  # a class of another name among numbers
        return np.array(column.cells, dtype=str), say_cases(column.counts)
    if (numbers.values != np.floor(numbers.values)).any():
        raise InputError(
            f"Column {name!r} holds continuous numbers such as {numbers.values[numbers.values % 1 != 0][0]:g}, but this "
            "demo learns classes; for a quantity see skdeep.DeepMLPRegressor."
        )
    return numbers.values.astype(int), numbers.remarks


def check_classes(y, name, min_rows):
    """Raise an InputError unless there are classes with rows enough for the split and the folds."""
    classes, counts = np.unique(y, return_counts=True)
    if len(classes) < 2:
        raise InputError(f"Column {name!r} holds fewer than 2 classes: {classes.tolist()}.")
    if counts.min() < min_rows:
        rare = classes[counts.argmin()].item()
        raise InputError(
            f"Column {name!r} has {len(classes)} classes, and {rare!r} has only {counts.min()} rows; each class "
            f"needs at least {min_rows} for the split and the folds."
        )
