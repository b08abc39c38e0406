"""The user's table: features and classes, and a line on each column."""

import re
import textwrap
from dataclasses import dataclass

import numpy as np
import pandas as pd

from .columns import PLAIN, Column, add_words, read_columns
from .errors import InputError
from .numerals import TextColumn
from .target import read_target
from .text_file import read_text_file

MAX_PLAIN = 30  # columns of plain numbers that get a line each
WIDTH = 120
MAX_TITLES = 10  # rows above a header


@dataclass(frozen=True)
class Table:
    """Features and classes; the columns, those that are dropped too; and what there is to say on it, line by line."""

    X: pd.DataFrame
    y: np.ndarray
    columns: list[Column]
    lines: list[str]


def read_table(path, target, min_rows, keep=()):
    """The table of the user's CSV file, or an InputError.

    A class must have `min_rows`; the columns named in `keep` are used even if they seem to name the rows.
    """
    file = read_text_file(path)
    frame = file.frame
    check_names(path, frame, target, keep)
    if target in file.repeated:
        raise InputError(f"{path} has more than one column named {target!r}: rename those that are not the target.")
    y, given, target_words = read_target(target, TextColumn(frame.pop(target)), file.n_blanks[target], min_rows)
    columns = read_columns(file, {name: TextColumn(frame.loc[given, name]) for name in frame}, keep)
    used = [column for column in columns if column.values is not None]
    if not used:
        raise InputError(f"{path} has no column to learn {target!r} from: each of the others is empty or constant.")
    columns = [say_copy_of_target(column, y) for column in columns]
    head = f"{path}: {len(frame)} rows, {frame.shape[1] + 1} columns, {', '.join(file.remarks)}"
    X = pd.DataFrame({column.name: column.values for column in used})
    return Table(X, y, columns, [head, *align([(target, target_words), *describe(columns)])])


def check_names(path, frame, target, keep):
    """Raise an InputError unless the columns that the arguments name are there, and one beside the target."""
    for name, option in ((target, "--target"), *((name, "--keep") for name in keep)):
        if name not in frame:
            hint = " They may be separated by commas, semicolons, tabs or |." if frame.shape[1] == 1 else ""
            hint = find_header(frame, name) or hint
            wanted = "" if option == "--target" else f" for {option}"
            raise InputError(f"{path} has no column {name!r}{wanted}; its columns are: {list_names(frame)}.{hint}")
    if target in keep:
        raise InputError(f"--keep {target!r} names the target, which is no feature.")
    if frame.shape[1] == 1:
        raise InputError(f"{path} has no column beside the target {target!r}, so there is nothing to learn from.")


def find_header(frame, name):
    """A hint at a row near the top that has the name of the column."""
    for number, row in enumerate(frame.head(MAX_TITLES).to_numpy(), start=1):
        if any(name in re.split(r"[,;|\t]", cell) for cell in row):
            return f" Row {number} below its first has one: if that is the header, delete the lines above it."
    return ""


def list_names(names, at_most=40):
    """The names of the columns, the first of them where there are many."""
    names = list(names)
    more = len(names) - at_most
    return ", ".join(names[:at_most]) + (f" and {more} more" if more > 0 else "")


def say_copy_of_target(column, y):
    """The column, with a warning if it has a value for each class and gives the class of 99 % of the rows."""
    if column.values is None or pd.Series(column.values).nunique() != len(np.unique(y)):
        return column
    counts = pd.crosstab(column.values, y).to_numpy()
    alike = len(set(counts.argmax(axis=1))) == len(counts) and counts.max(axis=1).sum() >= 0.99 * len(y)
    return add_words(column, "the target in other words? If so, leave it out" if alike else "")


def describe(columns):
    """Names and words; where plain numbers are many, they come last and share a paragraph."""
    plain = [column.name for column in columns if column.words == PLAIN]
    if len(plain) <= MAX_PLAIN:
        return [(column.name, column.words) for column in columns]
    others = [(column.name, column.words) for column in columns if column.words != PLAIN]
    names = textwrap.fill(", ".join(plain), WIDTH, initial_indent="    ", subsequent_indent="    ")
    return [*others, (f"{len(plain)} others", f"numbers, standardised:\n{names}")]


def align(pairs, at_most=24):
    """One line a pair, indented."""
    width = min(max(len(name) for name, _ in pairs), at_most)
    return [f"  {name:<{width}}  {words}" for name, words in pairs]
