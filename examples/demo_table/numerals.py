"""Numbers written as text: thousands, decimal commas, currencies, units, signs, parentheses, marks of notes."""

import re
from collections import Counter
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from .cells import ASCII, MISSING_NUMBER, count_cells, is_missing, join, list_cells, quote, say_missing
from .units import (
    CURRENCY,
    PER,
    choose_units,
    convert,
    count_units,
    name_unit,
    name_units,
    say_other_units,
    say_units,
    scale_fractions,
)

MAX_STRAY = 0.05  # the fraction of cells in a column of numbers that may be other text
MAX_WORDS = 0.2  # or that may be one of a few words without a digit
FEW_WORDS = 5
MAX_CODES = 0.01  # and that may be written as no quantity is
FEW_VALUES = 10  # so few numbers, with other text among them, are codes

RAISED = "¹²³⁴⁵⁶⁷⁸⁹⁰"
SIDE = r"(?:C[Rr]|D[BRr])\b"  # credit and debit behind an amount
CELL = re.compile(
    rf"""(?P<open>\()?\s*
    (?P<sign>[-+]?)\s*(?P<currency>{CURRENCY})?\s*(?P<inner_sign>[-+]?)\s*
    (?P<digits>[.,]?[0-9](?:[0-9.,'\ ]*[0-9])?)(?:[.,]-{{0,2}})?(?P<exponent>[eE][-+]?[0-9]+)?\s*
    (?P<scale>(?:[kKM]|bn|Mio\.?|Mrd\.?)(?![^\W\d_]))?\s*
    (?P<unit>(?:{CURRENCY}|[%‰]|°[CFK]?|(?!{SIDE})[^\W\d_{RAISED}]+\.?){PER})?\s*
    (?P<side>{SIDE})?(?P<last_sign>-?)(?P<close>\))?""",
    re.VERBOSE,
)
WRAPPED = re.compile(r'="(.*)"|\'(?=[-+.0-9])(.*[^\'])')  # by spreadsheets, so that it stays text
MARK_BEFORE = re.compile(r"(?:[~≈]|[<>]=?|[≤≥]|(?:ca\.?|circa|approx\.?|about)(?![a-z]))\s*(?=[^a-z\s])", re.IGNORECASE)
MARK_BEHIND = re.compile(rf"(?<=[0-9%)])\s*(?:[*†‡§#+{RAISED}]+|\(?[a-z]\)|\[[0-9a-z]{{1,2}}\])$")
SCALES = {"": 1.0, "k": 1e3, "K": 1e3, "M": 1e6, "Mio": 1e6, "bn": 1e9, "Mrd": 1e9}
PLAIN = re.compile(r"[-+]?[0-9]+(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?")
AMBIGUOUS = re.compile(r"[1-9][0-9]{0,2}[.,][0-9]{3}")  # thousands or three decimals: other cells tell
THOUSANDS = r"(?:[0-9]+|[1-9][0-9]{0,2}([%s '])[0-9]{3}(?:\1[0-9]{3})*%s)"
NUMBER = {
    ".": re.compile(THOUSANDS % (",", "|[1-9][0-9]?(?:,[0-9]{2})+,[0-9]{3}") + r"?(?:\.[0-9]+)?"),  # or India's groups
    ",": re.compile(THOUSANDS % (r"\.", "") + "?(?:,[0-9]+)?"),
}
OTHER = {".": ",", ",": "."}

# Leading zeros, telephone numbers and network addresses; versions and the like, which are no numbers anyway.
CODE = re.compile(r"0[0-9]+|\+[0-9]{7,}|(?:(?:25[0-5]|2[0-4][0-9]|[01]?[0-9]?[0-9])(?:\.(?=[0-9])|$)){4}")
LONG_CODE = re.compile(r"[0-9]+(?:[.-][0-9]+){2,}")
WHOLE = re.compile(r"[-+]?[0-9]+(?:[., '][0-9]{3})*")
LARGEST = 2**53  # from there on, floats cannot tell whole numbers apart
TELEPHONE = r"\+[0-9]{1,3}[ -]?[0-9]{4}"
QUANTITY = re.compile(rf"(?!{TELEPHONE})[-+(]*(?:{CURRENCY})?\s?[-+]?[.,]?(?!0[0-9])[0-9](?!.*[A-Za-z][0-9]).*")


class NotNumbersError(Exception):
    """The column holds something else; the message says why, if anything spoke for numbers."""


class CodesError(NotNumbersError):
    """The column holds digits that are no quantities."""


@dataclass(frozen=True)
class Numbers:
    """The values, NaN for missing cells; the unit; and a remark on how they were read."""

    values: np.ndarray
    unit: str
    remark: str


@dataclass(frozen=True)
class Cell:
    """A cell that can be read as a number: its parts, and its value if the decimal sign is a point, and if a comma."""

    digits: str
    scale: str
    unit: str
    decimal: str | None  # None where the digits have none, or could have either
    by_point: float
    by_comma: float
    side: str = ""  # CR for credit, DB or DR for debit
    marked: bool = False  # by a sign that is no part of the number

    def value(self, decimal):
        """The number; `decimal` tells it where the cell itself does not."""
        return self.by_point if decimal == "." else self.by_comma


class TextColumn:
    """The cells of a column, without blanks at their ends, counted and parsed once."""

    def __init__(self, cells):
        self.cells = list(cells)
        self.counts = Counter(self.cells)

    @cached_property
    def parsed(self):
        """Those cells that can be read as numbers, by their text."""
        cells = {text: parse_cell(text) for text in self.counts}
        return {text: cell for text, cell in cells.items() if cell is not None}

    @cached_property
    def decimal(self):
        """The decimal sign of most cells that tell theirs; None where none does, or most are no numbers."""
        told = Counter(cell.decimal for cell in self.parsed.values() if cell.decimal)
        return told.most_common(1)[0][0] if told and 2 * len(self.parsed) >= len(self.counts) else None


def parse_cell(text):
    """The text as a Cell, or None."""
    if PLAIN.fullmatch(text) and not AMBIGUOUS.fullmatch(text):  # most cells, and quicker
        value = float(text)
        return Cell(text, "", "", "." if "." in text else None, value, value)
    bare = bare_text(text)
    match = CELL.fullmatch(bare)
    if match is None or bool(match["open"]) != bool(match["close"]) or (match["currency"] and match["unit"]):
        return None
    signs = match["sign"] + match["inner_sign"] + match["last_sign"] + (match["open"] or "")
    digits = match["digits"]
    decimal = find_decimal(digits)
    readings = [to_python(digits, decimal or sign) for sign in ".,"]
    if len(signs) > 1 or None in readings:
        return None
    values = [float(reading + (match["exponent"] or "")) * (1 if signs in {"", "+"} else -1) for reading in readings]
    unit = name_unit(match["currency"] or match["unit"] or "")
    marked = bare != unwrap(text)
    return Cell(
        digits, (match["scale"] or "").rstrip("."), unit, decimal, *values, (match["side"] or "").upper(), marked
    )


def unwrap(text):
    """The text in plain signs, without what a spreadsheet puts around it."""
    plain = text.translate(ASCII)
    match = WRAPPED.fullmatch(plain)
    return (match[1] or match[2] or "") if match else plain


def bare_text(text):
    """The text without what a spreadsheet or a note puts around it."""
    return text if PLAIN.fullmatch(text) else cut_marks(unwrap(text))  # most cells are plain, and quicker so


def cut_marks(text):
    """The text without a word or sign for "about" before it, and without the sign of a note behind it."""
    text = MARK_BEFORE.sub("", text, count=1)
    bare = MARK_BEHIND.sub("", text)
    return bare if bare.count("(") == bare.count(")") else text


def find_decimal(digits):
    """The decimal sign that these digits must have: "." or ","; None where they have none, or could have either."""
    signs = re.sub("[^.,]", "", digits)
    if not signs or AMBIGUOUS.fullmatch(digits):
        return None
    return OTHER[signs[-1]] if signs.count(signs[-1]) > 1 else signs[-1]  # a sign that comes twice cuts off thousands


def to_python(digits, decimal):
    """The digits as Python writes them, or None where the signs between them make no number."""
    if not NUMBER[decimal].fullmatch(digits):
        return None
    return re.sub(f"[^0-9{decimal}]", "", digits).replace(decimal, ".")


def read_numbers(column, decimal_of_file=None, separator=","):
    """The TextColumn as Numbers, or a NotNumbersError."""
    decimal, why = choose_decimal(column, decimal_of_file, separator)
    finite = {text: cell for text, cell in column.parsed.items() if np.isfinite(cell.value(decimal))}
    units = choose_units(count_units(finite, column.counts))
    cells = {text: cell for text, cell in finite.items() if cell.unit in {"", *units}}
    others = {text: n for text, n in column.counts.items() if text not in cells}
    stray = {text: n for text, n in others.items() if not is_missing(text, MISSING_NUMBER)}
    check_codes(cells, stray, column.counts, decimal)
    check_strays(cells, stray, column)
    scales = {cell.scale for cell in cells.values()}
    factors = SCALES if len(scales) > 1 else dict.fromkeys(SCALES, 1.0)  # 900 and 1.2k; if all have it, it is a unit
    sides, on_sides = choose_sides(cells)
    values = {text: cell.value(decimal) * factors[cell.scale] * sides[cell.side] for text, cell in cells.items()}
    values, on_bare = scale_fractions(convert(values, cells, units), cells, units, column.counts)
    on_scale = f"{' and '.join(sorted(scales - {''}))} multiplied" if len(scales) > 1 else ""
    on_units = join(say_mixture(cells), say_units(units), on_bare, on_scale, on_sides, say_marks(cells, column.counts))
    remark = join(say_reading(values, cells, why), on_units, say_missing(others))
    numbers = np.array([values.get(text, np.nan) for text in column.cells], dtype=float)
    return Numbers(numbers, name_units(units), remark)


def choose_sides(cells):
    """The sign of credit and of debit, and a remark on it; amounts without either are of the other side."""
    written = {cell.side for cell in cells.values()}
    credit, debit = (-1, 1) if written == {"", "CR"} else (1, -1)
    sides = {"": 1, "CR": credit, "DB": debit, "DR": debit}
    signs = [f"{side} as {'plus' if sides[side] > 0 else 'minus'}" for side in sorted(written - {""})]
    return (sides, f"{' and '.join(signs)}") if len(written) > 1 else (dict.fromkeys(sides, 1), "")


def choose_decimal(column, decimal_of_file, separator):
    """The decimal sign for cells such as 1,234, by the column, then the file; and why, if other cells do not tell."""
    digits = [cell.digits for cell in column.parsed.values()]
    signs = Counter(text[-4] for text in digits if AMBIGUOUS.fullmatch(text))
    if not signs or column.decimal:
        return column.decimal or ".", ""
    sign = signs.most_common(1)[0][0]
    whole = [len(text) for text in digits if text.isdigit() and text != "0"]
    if whole and max(whole) > 3:
        return sign, "as larger numbers have no such sign"
    if decimal_of_file:
        return decimal_of_file, "as other columns of the file tell"
    if whole:
        return OTHER[sign], "a guess, as smaller numbers have no such sign"
    if sign == "," and separator == ",":
        return ".", "a guess, as the file separates by commas"
    return sign, "a guess, as no cell tells"


def check_codes(cells, stray, counts, decimal):
    """Raise a CodesError where digits are written as no quantity is, or are more than floats can tell apart."""
    codes = [text for text in cells if CODE.fullmatch(bare_text(text))] + [t for t in stray if LONG_CODE.fullmatch(t)]
    same_length = len({len(text) for text in cells}) == 1 < len(cells)
    n_numbers = sum(counts[text] for text in cells)
    large = [text for text, cell in cells.items() if text not in codes and is_large(text, cell.value(decimal))]
    n_codes = sum(counts[text] for text in codes + large)
    if (codes and same_length) or n_codes > MAX_CODES * n_numbers > 0:
        why = "no quantities" if codes else "whole numbers that floats cannot tell apart, and stay text"
        raise CodesError(f"codes such as {(codes or large)[0]!r} are {why}")


def is_large(text, value):
    """Whether these are the digits of a whole number that a float cannot hold."""
    return abs(value) >= LARGEST and bool(WHOLE.fullmatch(bare_text(text)))


def check_strays(cells, stray, column):
    """Raise a NotNumbersError where too many cells are other text, or too few differ to be measured."""
    n_numbers, n_stray = (sum(column.counts[text] for text in texts) for texts in (cells, stray))
    few_words = len(stray) <= FEW_WORDS and not any(map(str.isdigit, "".join(stray)))
    if n_stray > MAX_STRAY * n_numbers and (n_stray > MAX_WORDS * (n_numbers + n_stray) or not few_words):
        other_units = say_other_units(column.parsed, column.counts) if set(stray) & set(column.parsed) else ""
        raise NotNumbersError(other_units or (say_strays(stray) if n_numbers > n_stray else ""))
    if len(cells) <= FEW_VALUES and (stray or count_marked(cells, column.counts)):
        raise NotNumbersError(say_strays(stray or count_marked(cells, column.counts)))


def say_strays(stray):
    """Why a column is not taken for numbers, and what to do."""
    n = sum(stray.values())
    cells = f"{count_cells(n)} such as {list_cells(stray)}"
    return f"not taken for numbers, because of {cells}: empty these cells or cut the mark"


def holds_quantities(counts):
    """Whether most of the cells, which are no numbers as they stand, begin with one."""
    begin = sum(n for text, n in counts.items() if QUANTITY.fullmatch(bare_text(text)))
    return 2 * begin > sum(counts.values())


def say_reading(values, cells, why):
    """How the longest of the cells is read that Python would not read so; with a reason, of those in doubt."""
    doubtful = [text for text in values if why and AMBIGUOUS.fullmatch(cells[text].digits)]
    odd = doubtful or [text for text, value in values.items() if not PLAIN.fullmatch(text) or float(text) != value]
    if not odd:
        return ""
    text = max(odd, key=len)
    return f"{quote(text)} is read as {values[text]:.15g}" + f" ({why})" * bool(why)


def count_marked(cells, counts):
    """The rows of each cell with a mark."""
    return {text: counts[text] for text, cell in cells.items() if cell.marked}


def say_marks(cells, counts):
    """A remark on cells from which a mark was cut off."""
    marked = count_marked(cells, counts)
    return f"the mark cut off {count_cells(sum(marked.values()))} such as {list_cells(marked, 1)}" if marked else ""


def say_mixture(cells):
    """A remark on a column with decimal points and commas."""
    mixed = {cell.decimal for cell in cells.values()} >= {".", ","}
    return "decimal points and commas are mixed, and each cell is read by itself" if mixed else ""
