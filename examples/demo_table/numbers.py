"""Numbers written as text: thousands, decimal commas, currencies, units, per cent, signs and parentheses."""

import re
from collections import Counter
from dataclasses import dataclass
from functools import cached_property

import numpy as np

# What stands for a missing cell, in lower case: anywhere, and in a column of numbers.
MISSING = {"", "?", "na", "n/a", "n.a.", "#n/a", "<na>", "nan", "null", "nil", "#value!", "#div/0!", "#ref!"}
MISSING_NUMBERS = MISSING | {"-", "--", "---", "–", "—", ".", "..", "...", "none", "missing", "unknown", "*", "**"}
MISSING_NUMBERS |= {"inf", "-inf", "+inf", "infinity", "-infinity"}

MAX_STRAY = 0.05  # the fraction of cells in a column of numbers that may be other text
MAX_CODES = 0.01  # and that may be written as no number is
FEW_VALUES = 10  # numbers and other text among so few values are codes

CURRENCY = (
    r"(?:(?:US|AU|CA|NZ|HK|A|C|R)?[$€£¥₹₽₩₺₫₴₦฿₱₪₡]|EUR|USD|GBP|CHF|JPY|CNY|INR|AUD|CAD|SEK|NOK|DKK|PLN|CZK|BRL|MXN|ZAR"
    r"|Rs\.?|kr\.?|Fr\.?|zł)"
)
UNIT = rf"(?:{CURRENCY}|[%‰]|°[CFK]?|[^\W\d_]+\.?)(?:/[^\W\d_]+)?[²³]?"
CELL = re.compile(
    rf"""(?P<open>\()?\s*
    (?P<sign>[-+−–]?)\s*(?P<currency>{CURRENCY})?\s*(?P<inner_sign>[-+−–]?)\s*
    (?P<digits>[.,]?[0-9](?:[0-9.,'’\s]*[0-9])?)(?:[.,][-–—]{{0,2}})?(?P<exponent>[eE][-+]?[0-9]+)?\s*
    (?P<unit>{UNIT})?\s*
    (?P<last_sign>[-−–]?)(?P<close>\))?""",
    re.VERBOSE,
)
AMOUNT = re.compile(rf"{CURRENCY}(?:/[^\W\d_]+)?[²³]?")
INTEGER = {
    decimal: r"(?:[0-9]+|[1-9][0-9]{0,2}([" + other + r" '])[0-9]{3}(?:\1[0-9]{3})*" + more + ")"
    for decimal, other, more in ((".", ",", r"|[1-9][0-9]?(?:,[0-9]{2})+,[0-9]{3}"), (",", ".", ""))
}  # the last form is India's
NUMBER = {decimal: re.compile(rf"{INTEGER[decimal]}?(?:{re.escape(decimal)}[0-9]+)?") for decimal in INTEGER}
PLAIN = re.compile(r"[-+]?[0-9]+(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?")
AMBIGUOUS = re.compile(r"[1-9][0-9]{0,2}[.,][0-9]{3}")  # thousands or three decimals: the column tells

# Leading zeros, telephone numbers and network addresses; and versions and dates, where they are not thousands.
CODE = re.compile(r"0[0-9]+|\+[0-9]{7,}|(?:(?:25[0-5]|2[0-4][0-9]|[01]?[0-9]?[0-9])(?:\.(?=[0-9])|$)){4}")
LONG_CODE = re.compile(r"[0-9]+(?:[.-][0-9]+){2,}")


class NotNumbersError(Exception):
    """The column holds something else; the message says why, if anything spoke for numbers."""


@dataclass(frozen=True)
class Numbers:
    """The values, NaN for missing cells; the unit; and what there is to say on how they were read."""

    values: np.ndarray
    unit: str
    remarks: list[str]


@dataclass(frozen=True)
class Cell:
    """A cell that can be read as a number: its digits, unit and decimal sign, and what it is with a point or a comma."""

    digits: str
    unit: str
    decimal: str | None  # None where the digits have none, or could have either
    by_point: float
    by_comma: float

    def value(self, decimal):
        """The number; `decimal` tells how, where the cell itself does not."""
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
        """The decimal sign of most cells that have a certain one; None where none has, or most are no numbers."""
        certain = Counter(cell.decimal for cell in self.parsed.values() if cell.decimal)
        return certain.most_common(1)[0][0] if certain and 2 * len(self.parsed) >= len(self.counts) else None


def parse_cell(text):
    """The text as a Cell, or None."""
    if PLAIN.fullmatch(text) and not AMBIGUOUS.fullmatch(text):  # most cells, in a tenth of the time
        value = float(text)
        return Cell(text, "", "." if "." in text else None, value, value)
    match = CELL.fullmatch(text)
    if match is None or bool(match["open"]) != bool(match["close"]) or (match["currency"] and match["unit"]):
        return None
    signs = match["sign"] + match["inner_sign"] + match["last_sign"] + (match["open"] or "")
    digits = re.sub(r"\s", " ", match["digits"]).replace("’", "'")
    decimal = find_decimal(digits)
    readings = [to_python(digits, decimal or sign) for sign in ".,"]
    if len(signs) > 1 or None in readings:
        return None
    factor = -1 if signs not in {"", "+"} else 1
    values = [factor * float(reading + (match["exponent"] or "")) for reading in readings]
    unit = re.sub(r"(?<=[a-z]{3})s$", "", match["currency"] or match["unit"] or "")  # years: year
    return Cell(digits, unit, decimal, *values)


def find_decimal(digits):
    """The decimal sign that these digits must have: "." or ","; None where they have none, or could have either."""
    signs = re.sub("[^.,]", "", digits)
    if not signs or AMBIGUOUS.fullmatch(digits):
        return None
    other = {".": ",", ",": "."}[signs[-1]]
    return other if signs.count(signs[-1]) > 1 else signs[-1]  # a sign that comes twice cuts off thousands


def to_python(digits, decimal):
    """The digits as Python writes them, or None where the signs between them make no number."""
    if not NUMBER[decimal].fullmatch(digits):
        return None
    return re.sub(f"[^0-9{decimal}]", "", digits).replace(decimal, ".")


def read_numbers(column, decimal_of_file=None, separator=","):
    """The TextColumn as Numbers, or a NotNumbersError."""
    decimal, why = choose_decimal(column, decimal_of_file, separator)
    cells = {text: cell for text, cell in column.parsed.items() if np.isfinite(cell.value(decimal))}
    cells, unit, unit_remarks = keep_unit(cells, column.counts)
    others = {text: n for text, n in column.counts.items() if text not in cells}
    missing = {text: n for text, n in others.items() if text.lower() in MISSING_NUMBERS}
    stray = {text: n for text, n in others.items() if text not in missing}
    check_quantities(cells, stray, column.counts)
    values = {text: cell.value(decimal) for text, cell in cells.items()}
    remarks = say_reading(values, cells, why) + unit_remarks + say_missing(missing | stray)
    return Numbers(np.array([values.get(text, np.nan) for text in column.cells], dtype=float), unit, remarks)


def choose_decimal(column, decimal_of_file, separator):
    """The decimal sign for cells such as 1,234, and why it was chosen: by the column, then the file."""
    digits = [cell.digits for cell in column.parsed.values()]
    signs = Counter(text[-4] for text in digits if AMBIGUOUS.fullmatch(text))
    if not signs:
        return ".", ""
    if column.decimal:
        return column.decimal, "as other cells of the column tell"
    sign = signs.most_common(1)[0][0]
    other = {".": ",", ",": "."}[sign]
    whole = [len(text) for text in digits if text.isdigit() and text != "0"]
    if whole and max(whole) > 3:
        return sign, "as larger numbers have no such sign"
    if decimal_of_file:
        return decimal_of_file, "as other columns of the file tell"
    if whole:
        return other, "a guess, as smaller numbers have no such sign"
    if sign == "," and separator == ",":
        return ".", "a guess, as the file separates by commas"
    return sign, "a guess, as no cell tells"


def keep_unit(cells, counts):
    """The cells in the column's unit or in none, that unit, and what there is to say on it."""
    units = Counter()
    for text, cell in cells.items():
        units[cell.unit] += counts[text]
    named = [unit for unit, _ in units.most_common() if unit]
    if not named:
        return cells, "", []
    currencies = [unit for unit in named if AMOUNT.fullmatch(unit)]
    kept = currencies if named[0] in currencies else named[:1]
    if named[0].isalpha() and named[0] not in currencies and 2 * units[named[0]] < units.total():
        kept = []  # letters behind a few numbers are no unit
    remarks = [f"the currencies {' and '.join(kept)} are mixed and not converted"] if len(kept) > 1 else []
    if kept and units[""]:
        remarks.append(f"{count_cells(units[''])} without {kept[0]!r} taken to be in it, too")
    return {text: cell for text, cell in cells.items() if cell.unit in {"", *kept}}, " or ".join(kept), remarks


def check_quantities(cells, stray, counts):
    """Raise a NotNumbersError for codes, and where too many cells are other text."""
    n_numbers = sum(counts[text] for text in cells)
    n_stray = sum(stray.values())
    if n_numbers <= n_stray:
        raise NotNumbersError
    codes = [text for text in cells if CODE.fullmatch(text)] + [text for text in stray if LONG_CODE.fullmatch(text)]
    n_codes = sum(counts[text] for text in codes)
    same_length = len({len(text) for text in cells}) == 1 and len(cells) > 1
    if codes and (same_length or n_codes > MAX_CODES * n_numbers):
        raise NotNumbersError(f"codes such as {codes[0]!r} are no quantities")
    if n_stray > MAX_STRAY * n_numbers or (stray and len(cells) <= FEW_VALUES):
        raise NotNumbersError(f"not taken for numbers, because of {count_cells(n_stray)} such as {list_cells(stray)}")


def say_reading(values, cells, why):
    """How the longest of the cells that are no plain numbers is read; of those that can be read in two ways, if any."""
    odd = [text for text in values if AMBIGUOUS.fullmatch(cells[text].digits) or not PLAIN.fullmatch(text)]
    if why:
        odd = [text for text in odd if AMBIGUOUS.fullmatch(cells[text].digits)]
    if not odd:
        return []
    text = max(odd, key=len)
    both = {cell.decimal for cell in cells.values()} >= {".", ","}
    mixed = ["decimal points and commas are mixed, and each cell read by itself"] if both else []
    return [f"{text!r} is read as {values[text]:.15g}" + (f" ({why})" if why else ""), *mixed]


def say_missing(cells):
    """How many cells are missing, and what stands in them."""
    n = sum(cells.values())
    written = {text: n for text, n in cells.items() if text}
    if not n:
        return []
    return [f"{count_cells(n)} missing" + (f", {list_cells(written)} among them" if written else "")]


def count_cells(n):
    """The number of cells, in words."""
    return "1 cell" if n == 1 else f"{n} cells"


def list_cells(counts, at_most=3):
    """The commonest of the cells, quoted, with their numbers."""
    most = Counter(counts).most_common(at_most)
    listed = ", ".join((f"{text[:20]!r}" if isinstance(text, str) else str(text)) + (f" ({n})" if n > 1 else "") for text, n in most)
    return f"{listed}, ..." if len(counts) > at_most else listed
