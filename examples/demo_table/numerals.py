"""Numbers written as text: thousands, decimal commas, currencies, units, per cent, signs and parentheses."""

import re
from collections import Counter
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from .cells import ASCII, MISSING_NUMBER, count_cells, is_missing, join, list_cells, quote, say_missing

MAX_STRAY = 0.05  # the fraction of cells in a column of numbers that may be other text
MAX_CODES = 0.01  # and that may be written as no quantity is
FEW_VALUES = 10  # so few numbers, with other text among them, are codes

CURRENCY = (
    r"(?:(?:US|AU|CA|NZ|HK|A|C|R)?[$€£¥₹₽₩₺₫₴₦฿₱₪₡]|EUR|USD|GBP|CHF|JPY|CNY|INR|AUD|CAD|SEK|NOK|DKK|PLN|CZK|BRL"
    r"|Rs\.?|kr\.?|Fr\.?|zł)"
)
PER = r"(?:/[^\W\d_]+)?[²³]?"
AMOUNT = re.compile(CURRENCY + PER)
CELL = re.compile(
    rf"""(?P<open>\()?\s*
    (?P<sign>[-+]?)\s*(?P<currency>{CURRENCY})?\s*(?P<inner_sign>[-+]?)\s*
    (?P<digits>[.,]?[0-9](?:[0-9.,'\ ]*[0-9])?)(?:[.,]-{{0,2}})?(?P<exponent>[eE][-+]?[0-9]+)?\s*
    (?P<scale>(?:[kKM]|bn|Mio\.?|Mrd\.?)(?![^\W\d_]))?\s*
    (?P<unit>(?:{CURRENCY}|[%‰]|°[CFK]?|[^\W\d_]+\.?){PER})?\s*
    (?P<last_sign>-?)(?P<close>\))?""",
    re.VERBOSE,
)
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


class NotNumbersError(Exception):
    """The column holds something else; the message says why, if anything spoke for numbers."""


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
    match = CELL.fullmatch(text.translate(ASCII))
    if match is None or bool(match["open"]) != bool(match["close"]) or (match["currency"] and match["unit"]):
        return None
    signs = match["sign"] + match["inner_sign"] + match["last_sign"] + (match["open"] or "")
    digits = match["digits"]
    decimal = find_decimal(digits)
    readings = [to_python(digits, decimal or sign) for sign in ".,"]
    if len(signs) > 1 or None in readings:
        return None
    values = [float(reading + (match["exponent"] or "")) * (1 if signs in {"", "+"} else -1) for reading in readings]
    unit = re.sub(r"(?<=[a-z]{3})s$", "", match["currency"] or match["unit"] or "")  # years: year
    return Cell(digits, (match["scale"] or "").rstrip("."), unit, decimal, *values)


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
    cells, unit, on_unit = keep_unit(finite, column.counts)
    others = {text: n for text, n in column.counts.items() if text not in cells}
    stray = {text: n for text, n in others.items() if not is_missing(text, MISSING_NUMBER)}
    check_quantities(cells, stray, column.counts)
    scales = {cell.scale for cell in cells.values()}
    factors = SCALES if len(scales) > 1 else dict.fromkeys(SCALES, 1.0)  # 900 and 1.2k; if all have it, it is a unit
    values = {text: cell.value(decimal) * factors[cell.scale] for text, cell in cells.items()}
    on_scale = f"{' and '.join(sorted(scales - {''}))} multiplied" if len(scales) > 1 else ""
    remark = join(say_reading(values, cells, why), say_mixture(cells), on_unit, on_scale, say_missing(others))
    return Numbers(np.array([values.get(text, np.nan) for text in column.cells], dtype=float), unit, remark)


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


def keep_unit(cells, counts):
    """The cells in the column's unit or in none; that unit; and a remark on it."""
    units = Counter()
    for text, cell in cells.items():
        units[cell.unit] += counts[text]
    named = [unit for unit, _ in units.most_common() if unit]
    currencies = [unit for unit in named if AMOUNT.fullmatch(unit)]
    kept = currencies if named[:1] == currencies[:1] else named[:1]
    if not currencies and kept and kept[0].isalpha() and 2 * units[kept[0]] < units.total():
        kept = []  # letters behind few of the numbers are no unit
    mixed = f"the currencies {' and '.join(kept)} are mixed and not converted" if len(kept) > 1 else ""
    bare = f"{count_cells(units[''])} without {kept[0]!r} taken to be in it, too" if kept and units[""] else ""
    return (
        {text: cell for text, cell in cells.items() if cell.unit in {"", *kept}},
        " or ".join(kept),
        join(mixed, bare),
    )


def check_quantities(cells, stray, counts):
    """Raise a NotNumbersError for codes, and where too many cells are other text."""
    n_numbers, n_stray = sum(counts[text] for text in cells), sum(stray.values())
    if n_numbers <= n_stray:
        raise NotNumbersError
    codes = [text for text in cells if CODE.fullmatch(text)] + [text for text in stray if LONG_CODE.fullmatch(text)]
    same_length = len({len(text) for text in cells}) == 1 < len(cells)
    if codes and (same_length or sum(counts[text] for text in codes) > MAX_CODES * n_numbers):
        raise NotNumbersError(f"codes such as {codes[0]!r} are no quantities")
    if n_stray > MAX_STRAY * n_numbers or (stray and len(cells) <= FEW_VALUES):
        raise NotNumbersError(f"not taken for numbers, because of {count_cells(n_stray)} such as {list_cells(stray)}")


def say_reading(values, cells, why):
    """How the longest of the cells is read that Python would not read so; with a reason, of those in doubt."""
    doubtful = [text for text in values if why and AMBIGUOUS.fullmatch(cells[text].digits)]
    odd = doubtful or [text for text, value in values.items() if not PLAIN.fullmatch(text) or float(text) != value]
    if not odd:
        return ""
    text = max(odd, key=len)
    return f"{quote(text)} is read as {values[text]:.15g}" + f" ({why})" * bool(why)


def say_mixture(cells):
    """A remark on a column with decimal points and commas."""
    mixed = {cell.decimal for cell in cells.values()} >= {".", ","}
    return "decimal points and commas are mixed, and each cell is read by itself" if mixed else ""
