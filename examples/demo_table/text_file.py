"""The file: its encoding, its separator, its header, and its cells as text."""

import codecs
import csv
import io
from collections import Counter
from dataclasses import dataclass
from itertools import islice, takewhile
from pathlib import Path

import pandas as pd

from .cells import count_rows, quote
from .errors import InputError

SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars"}
BYTE_ORDER_MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
ENCODINGS = {"utf-8": "UTF-8", "cp1252": "Windows-1252", "latin-1": "Latin-1"}  # the last one reads any bytes
SAMPLE_ROWS = 200


@dataclass(frozen=True)
class TextFile:
    """Cells without blanks at their ends; how many cells of a column had some; and what there is to say."""

    frame: pd.DataFrame
    separator: str
    n_blanks: dict[str, int]
    repeated: list[str]
    remarks: list[str]


def read_text_file(path):
    """The user's file as a frame of text with at least one row, or an InputError."""
    text, remarks = decode(path)
    separator, text = find_separator(text)
    header, rows, skipped = read_rows(path, text, separator)
    names = name_columns(header)
    repeated = find_repeated(header)
    remarks += [f"separated by {SEPARATORS.get(separator, repr(separator))}", *skipped]
    remarks += [f"more than one column is named {name!r}: the later ones get a number" for name in repeated]
    remarks += fill_short_rows(path, rows, len(header))
    raw = pd.DataFrame(rows, columns=names, dtype=object)
    frame = raw.apply(lambda column: column.map(str.strip)).astype(object)
    return TextFile(frame, separator, (raw != frame).sum().to_dict(), repeated, remarks)


def decode(path):
    """The text of the file, and how it was encoded where that is not plain UTF-8."""
    try:
        content = Path(path).read_bytes()
    except FileNotFoundError:
        raise InputError(f"There is no file {path}.") from None
    except OSError as error:
        raise InputError(f"{path} cannot be read as a CSV file with a header: {error.strerror}.") from None
    for mark, encoding in BYTE_ORDER_MARKS.items():
        if content.startswith(mark):
            return decode_as(path, content, encoding), [f"a byte order mark of {encoding[:6].upper().rstrip('-')}"]
    for encoding, name in ENCODINGS.items():
        try:
            text = decode_as(path, content, encoding)
        except UnicodeDecodeError:
            continue
        return text, [] if encoding == "utf-8" else [f"read as {name} (a guess), as it is not UTF-8"]
    raise AssertionError("Latin-1 reads any bytes")


def decode_as(path, content, encoding):
    """The text; an InputError for what no text file holds, a UnicodeDecodeError for bytes of another encoding."""
    refusal = InputError(f"{path} cannot be read as a CSV file with a header: it is empty or no text (a workbook?).")
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        if encoding.startswith("utf-16"):
            raise refusal from None
        raise
    if "\0" in text or not text.strip():
        raise refusal
    return text


def find_separator(text):
    """The separator that cuts most rows into as many fields as the header, and the text from the header on."""
    first, _, rest = text.partition("\n")
    first = first.strip().lower()
    if first.startswith("sep=") and len(first) == 5:  # a line that spreadsheets write and understand
        return first[-1], rest
    return max(SEPARATORS, key=lambda separator: rate_separator(text, separator)), text


def rate_separator(text, separator):
    """Whether half of the rows have as many fields as the header, few lines above it, that fraction and number."""
    try:
        rows = list(islice(parse(text, separator), SAMPLE_ROWS))
    except csv.Error:
        return False, -SAMPLE_ROWS, 0.0, 0
    header, *below = drop_titles(rows) or [[]]
    n_fields = len(header)
    if n_fields < 2:
        return False, -SAMPLE_ROWS, 0.0, 0
    same = sum(len(row) == n_fields for row in below) / max(len(below), 1)
    return same >= 0.5, len(below) + 1 - len(rows), same, n_fields


def parse(text, separator):
    """The rows that are not empty."""
    blank = f'{separator} "' in text  # else the quote would be part of the cell
    return filter(None, csv.reader(io.StringIO(text, newline=""), delimiter=separator, skipinitialspace=blank))


def drop_titles(rows):
    """The rows from the header on: those above it of one cell, and comments, go where most rows have more cells."""
    usual = Counter(map(len, rows)).most_common(1)[0][0] if rows else 0
    titles = takewhile(lambda row: usual > 1 and is_title(row, usual), rows)
    return rows[sum(1 for _ in titles) :]


def is_title(row, usual):
    """Whether the row has one cell only, the first, or is a comment."""
    return not any(map(str.strip, row[1:])) or (row[0].startswith("#") and len(row) != usual)


def read_rows(path, text, separator):
    """The header, the rows below it, and remarks on what is left out."""
    try:
        rows = list(parse(text, separator))
    except csv.Error as error:
        raise InputError(f"{path} cannot be read as a CSV file with a header: {error}.") from None
    header, *below = drop_titles(rows)
    if not below:
        raise InputError(f"{path} has a header but no rows.")
    if text.count('"') % 2 and any("\n" in cell for cell in below[-1]):
        raise InputError(
            f"{path} cannot be read as a CSV file with a header: a quote in it is opened and never closed."
        )
    remarks = say_titles(rows[: len(rows) - 1 - len(below)])
    return header, *leave_out(header, below, remarks)


def say_titles(titles):
    """A remark on lines above the header."""
    return [f"{count_rows(len(titles))} above the header left out, such as {quote(titles[0][0])}"] if titles else []


def leave_out(header, rows, remarks):
    """The rows without repetitions of the header and without names that have no place in it; and remarks on both."""
    kept = [row for row in rows if row != header] or rows
    if len(kept) < len(rows):
        remarks = [*remarks, f"the header is repeated in {count_rows(len(rows) - len(kept))}, left out"]
    if all(len(row) == len(header) + 1 for row in kept) and any(row[-1].strip() for row in kept):
        kept = [row[1:] for row in kept]
        remarks = [*remarks, "the header is one field short: the first of each row is taken for its name and left out"]
    return kept, remarks


def fill_short_rows(path, rows, n_columns):
    """Every row as long as the header: short ones filled with missing cells, with a remark; longer ones refused."""
    n_short = 0
    for number, row in enumerate(rows, start=1):
        while len(row) > n_columns and not row[-1].strip():
            row.pop()
        if len(row) > n_columns:
            raise InputError(
                f"{path} cannot be read as a CSV file with a header: row {number} below the header has {len(row)} "
                f"fields, and the header has {n_columns}. Is a cell with a separator in it not quoted, "
                "or a line above the header no part of the table?"
            )
        n_short += len(row) < n_columns
        row.extend([""] * (n_columns - len(row)))
    return [f"{count_rows(n_short)} with too few fields, the rest of them taken as missing"] if n_short else []


def name_columns(header):
    """Names without blanks at the ends, each once: a repeated one gets a number, one that is empty its place."""
    names = [" ".join(name.split()) or f"column {place}" for place, name in enumerate(header, start=1)]
    seen = Counter()
    for place, name in enumerate(names):
        seen[name] += 1
        if seen[name] > 1:
            names[place] = f"{name}.{seen[name] - 1}"
            while names[place] in names[:place] + names[place + 1 :]:
                names[place] += "'"
    return names


def find_repeated(header):
    """The names that more than one column has."""
    counts = Counter(" ".join(name.split()) for name in header)
    return [name for name, n in counts.items() if n > 1 and name]
