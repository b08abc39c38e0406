"""The file: its encoding, its separator, its header, and its cells as text."""

import codecs
import csv
import io
from collections import Counter
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import pandas as pd

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
    remarks: list[str]


def read_text_file(path):
    """The user's file as a frame of text with at least one row, or an InputError."""
    text, remarks = decode(path)
    separator, text = find_separator(text)
    header, rows = read_rows(path, text, separator)
    names = name_columns(header)
    remarks.append(f"separated by {SEPARATORS.get(separator, repr(separator))}")
    remarks += repeated_names(header) + fill_short_rows(path, rows, len(header))
    raw = pd.DataFrame(rows, columns=names, dtype=object)
    frame = raw.apply(lambda column: column.map(str.strip)).astype(object)
    return TextFile(frame, separator, (raw != frame).sum().to_dict(), remarks)


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
    """The fraction of rows that have as many fields as the header, then that number; 0 where it is one field."""
    try:
        header, *rows = islice(parse(text, separator), SAMPLE_ROWS)
    except (csv.Error, ValueError):
        return 0.0, 0
    n_fields = len(header)
    same = sum(len(row) == n_fields for row in rows) / max(len(rows), 1)
    return (same, n_fields) if n_fields > 1 else (0.0, 0)


def parse(text, separator):
    """The rows that are not empty."""
    blank = f'{separator} "' in text  # else the quote would be part of the cell
    return filter(None, csv.reader(io.StringIO(text, newline=""), delimiter=separator, skipinitialspace=blank))


def read_rows(path, text, separator):
    """The header and the rows below it."""
    try:
        header, *rows = parse(text, separator)
    except csv.Error as error:
        raise InputError(f"{path} cannot be read as a CSV file with a header: {error}.") from None
    if not rows:
        raise InputError(f"{path} has a header but no rows.")
    return header, rows


def fill_short_rows(path, rows, n_columns):
    """Every row as long as the header: short ones filled with missing cells, with a remark; longer ones refused."""
    n_short = 0
    for number, row in enumerate(rows, start=1):
        while len(row) > n_columns and not row[-1].strip():
            row.pop()
        if len(row) > n_columns:
            raise InputError(
                f"{path} cannot be read as a CSV file with a header: row {number} below the header has {len(row)} "
                f"fields, and the header has {n_columns}."
            )
        n_short += len(row) < n_columns
        row.extend([""] * (n_columns - len(row)))
    return [f"{n_short} rows with too few fields, the rest of them taken as missing"] if n_short else []


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


def repeated_names(header):
    """A remark on names that more than one column has."""
    counts = Counter(name.strip() for name in header)
    names = [name for name, n in counts.items() if n > 1 and name]
    return [f"more than one column is named {name!r}: the later ones get a number" for name in names]
