"""What each column is: a number, a date, a category, text, or nothing to learn from; and the words that say so."""

from collections import Counter
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from .cells import MISSING_TEXT, count_cells, is_missing, join, quote
from .dates import read_clock, read_dates
from .identifiers import HASHES, doubt_numbers, find_in_numbers, find_in_text
from .numerals import CodesError, NotNumbersError, holds_quantities, read_numbers, say_strays

MISSING_CATEGORY = "(missing)"
MAX_CATEGORIES = 40  # with more, it is text
PLAIN = "number, standardised"
DATE = "date, encoded as year, month, day, weekday and seconds"


@dataclass(frozen=True)
class Column:
    """A column of the table: its kind, its values as that kind, the words on it, and why it may name the rows."""

    name: str
    kind: str  # "number", "date", "category", "text" or "dropped"
    words: str
    values: np.ndarray | None = None
    identifier: str = ""


def read_columns(file, texts, keep):
    """A Column for each of `texts`, the cells by name; `keep` has the names of those that name no rows."""
    signs = Counter(filter(None, (cells.decimal for cells in texts.values())))
    decimal = signs.most_common(1)[0][0] if signs else None
    columns = [read_column(name, cells, decimal, file.separator) for name, cells in texts.items()]
    columns = [
        add_words(column, say_blanks(file.n_blanks[column.name])) if column.kind in {"category", "text"} else column
        for column in columns
    ]
    return drop_copies(drop_identifiers(columns, keep))


def read_column(name, cells, decimal, separator):
    """The column, by what its cells have in common: the narrowest kind that fits."""
    given = count_given(cells)
    if not given:
        return Column(name, "dropped", "dropped: empty")
    if len(given) == 1:
        return make_constant(name, cells, given)
    if dates := read_dates(cells, day_first=decimal == ","):
        return Column(name, "date", join(DATE, dates.remark), dates.values)
    try:
        numbers = read_clock(cells) or read_numbers(cells, decimal, separator)
    except CodesError as error:
        return make_text(name, cells, given, str(error), find_in_text(given))
    except NotNumbersError as error:
        return make_text(name, cells, given, *doubt_text(cells, given, str(error)))
    if len(np.unique(numbers.values)) < 2:  # NaN is a value of its own
        return Column(name, "dropped", f"dropped: {numbers.values[0]:g} in every row")
    if len(np.unique(numbers.values[~np.isnan(numbers.values)])) < 2:
        return make_text(name, cells, given, "", find_in_text(given))
    return make_number(name, numbers)


def count_given(cells):
    """The rows of each value, without what stands for a missing cell."""
    given = {text: n for text, n in cells.counts.items() if not is_missing(text, MISSING_TEXT)}
    if len(given) == 1:  # "+" and "-" are two values
        return {text: n for text, n in cells.counts.items() if not is_missing(text)}
    return given


def make_constant(name, cells, given):
    """A column of one value tells something only where it is sometimes missing."""
    (text,) = given
    if given[text] == len(cells.cells):
        return Column(name, "dropped", f"dropped: {quote(text)} in every row")
    return make_text(name, cells, given, "")


def doubt_text(cells, given, why):
    """Why the text holds no numbers, and why it names the rows; quantities with a mark do not, if each comes once."""
    identifier = find_in_text(given)
    if not identifier or identifier == HASHES or not holds_quantities(given):
        return why, identifier
    other = {text: n for text, n in given.items() if text not in cells.parsed}
    return join(why or say_strays(other), "another value in every row: if it names the rows, leave it out"), ""


def make_number(name, numbers):
    """A column of numbers."""
    identifier = find_in_numbers(name, numbers.values)
    doubt = "" if identifier else doubt_numbers(name, numbers.values)
    words = PLAIN.replace(",", f" in {numbers.unit},") if numbers.unit else PLAIN
    words = join(words, numbers.remark, doubt, say_nines(numbers.values))
    return Column(name, "number", words, numbers.values, identifier)


def make_text(name, cells, given, remark, identifier=""):
    """A column of categories, or of text where they are many."""
    values = np.array([cell if cell in given else MISSING_CATEGORY for cell in cells.cells], dtype=object)
    n_missing = len(values) - sum(given.values())
    missing = f"{count_cells(n_missing)} missing, as a category" if n_missing else ""
    few = len(given) <= MAX_CATEGORIES and not identifier
    n = "1 category" if len(given) == 1 else f"{len(given)} categories"
    words = f"{n}, one-hot" if few else f"text of {len(given)} values, encoded by StringEncoder"
    words = join(words, remark, missing, say_cases(given))
    return Column(name, "category" if few else "text", words, values, identifier)


def drop_identifiers(columns, keep):
    """Without the values of those that name the rows, but for `keep`; all where nothing else is left."""
    if all(column.identifier or column.kind == "dropped" for column in columns):
        last = [column.identifier and f"kept, as nothing else is left: {column.identifier}" for column in columns]
        return [add_words(column, words) for column, words in zip(columns, last, strict=True)]
    return [drop_identifier(column, column.name in keep) for column in columns]


def drop_identifier(column, keep):
    """Without its values if it names the rows."""
    if not column.identifier:
        return column
    if keep:
        return add_words(column, f"kept as asked: {column.identifier}")
    words = f"dropped, as it names the rows: {column.identifier} (a guess; --keep {column.name!r} uses it)"
    return Column(column.name, "dropped", words)


def drop_copies(columns):
    """Without the values of columns that say the same as an earlier one."""
    first = {}
    checked = []
    for column in columns:
        if column.values is not None:
            key = (column.kind, pd.util.hash_array(column.values).tobytes())
            original = first.setdefault(key, column.name)
            if original != column.name:
                column = Column(column.name, "dropped", f"dropped: the same as {original!r}")
        checked.append(column)
    return checked


def add_words(column, words):
    """The column with something more to say."""
    return replace(column, words=join(column.words, words))


def say_blanks(n):
    """A remark on cells that had blanks at their ends."""
    return f"blanks at the ends of {count_cells(n)} cut off" if n else ""


def say_nines(values):
    """A remark on -999 and the like, in several cells and further from all other numbers than these are apart."""
    distinct, counts = np.unique(values[~np.isnan(values)], return_counts=True)
    for end, others in ((0, distinct[1:]), (-1, distinct[:-1])):
        value, n = distinct[end], counts[end]
        if n > 1 and set(f"{value:g}") <= set("-9") and np.abs(others - value).min() > max(np.ptp(others), 1):
            return f"{value:g} in {count_cells(n)}: if it stands for missing ones, leave them empty"
    return ""


def say_cases(given):
    """A remark on values that only upper and lower case tell apart."""
    alike = {}
    for text in given:
        alike.setdefault(text.casefold(), []).append(text)
    pairs = [texts for texts in alike.values() if len(texts) > 1]
    return f"{' and '.join(map(quote, pairs[0]))} differ in case only, and stay apart" if pairs else ""
