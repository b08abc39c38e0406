"""Units behind numbers: those of one family are brought to the commonest; fractions among per cent to per cent."""

import re
from collections import Counter

from .cells import count_cells, join, quote

CURRENCY = (
    r"(?:(?:US|AU|CA|NZ|HK|A|C|R)?[$€£¥₹₽₩₺₫₴₦฿₱₪₡]|EUR|USD|GBP|CHF|JPY|CNY|INR|AUD|CAD|SEK|NOK|DKK|PLN|CZK|BRL"
    r"|Rs\.?|kr\.?|Fr\.?|zł)"
)
PER = r"(?:/[^\W\d_]+)?[²³]?"
AMOUNT = re.compile(CURRENCY + PER)

FAMILIES = (
    {"t": 1e6, "kg": 1e3, "g": 1.0, "mg": 1e-3, "µg": 1e-6},
    {"lb": 16.0, "oz": 1.0},
    {"km": 1e3, "m": 1.0, "dm": 0.1, "cm": 1e-2, "mm": 1e-3, "µm": 1e-6},
    {"l": 1.0, "L": 1.0, "dl": 0.1, "cl": 1e-2, "ml": 1e-3, "mL": 1e-3},
    {"TB": 1e12, "GB": 1e9, "MB": 1e6, "KB": 1e3, "kB": 1e3, "B": 1.0},
    {"h": 3600.0, "min": 60.0, "s": 1.0, "ms": 1e-3},
    {"GHz": 1e9, "MHz": 1e6, "kHz": 1e3, "Hz": 1.0},
    {"MW": 1e6, "kW": 1e3, "W": 1.0},
    {"MWh": 1e6, "kWh": 1e3, "Wh": 1.0},
    {"%": 1.0, "‰": 0.1},
)


def name_unit(text):
    """One name for each unit: years and year, lbs and lb, both letters mu."""
    return re.sub(r"(?<=[a-z]{3})s$", "", text).replace("lbs", "lb").replace("\u03bc", "µ")


def find_family(unit):
    """How much each of the units is that this one can be converted to."""
    return next((family for family in FAMILIES if unit in family), {unit: 1.0})


def count_units(cells, counts):
    """The number of rows of each unit, that of the cells without one as well."""
    units = Counter()
    for text, cell in cells.items():
        units[cell.unit] += counts[text]
    return units


def choose_units(units):
    """The units of the column, the commonest first; none where the commonest is no unit."""
    named = [unit for unit, _ in units.most_common() if unit]
    if not named:
        return []
    currencies = [unit for unit in named if AMOUNT.fullmatch(unit)]
    if named[0] in currencies:
        return currencies
    kept = [unit for unit in named if unit in find_family(named[0])]
    rare = 2 * sum(units[unit] for unit in kept) < units.total()
    return [] if rare and kept[0].isalpha() and not currencies else kept  # letters behind few of the numbers


def convert(values, cells, units):
    """The values in the first of the units."""
    if not units:
        return values
    family = find_family(units[0])
    return {
        text: value * family.get(cells[text].unit, family[units[0]]) / family[units[0]]
        for text, value in values.items()
    }


def scale_fractions(values, cells, units, counts):
    """Per cent from cells without a sign that all lie in [0, 1], while others are above 1; and a remark on cells."""
    bare = [text for text in values if not cells[text].unit]
    if not bare or not units:
        return values, ""
    n = count_cells(sum(counts[text] for text in bare))
    marked = [value for text, value in values.items() if cells[text].unit]
    if units[0] == "%" and all(0 <= values[text] <= 1 for text in bare) and max(marked) > 1:
        remark = f"{n} without '%' read as fractions, times 100: {quote(bare[0])} as {100 * values[bare[0]]:.6g}"
        return values | {text: 100 * values[text] for text in bare}, remark
    return values, f"{n} without {units[0]!r} taken to be in it, too"


def say_units(units):
    """A remark on more than one unit."""
    if len(units) < 2:
        return ""
    if AMOUNT.fullmatch(units[0]):
        return f"the currencies {' and '.join(units)} are mixed and not converted"
    return f"{' and '.join(units[1:])} converted to {units[0]}"


def name_units(units):
    """The unit of the column in words."""
    return " or ".join(units) if units and AMOUNT.fullmatch(units[0]) else "".join(units[:1])


def say_other_units(cells, counts):
    """Why numbers in units of several families are none; empty for one unit."""
    units = [unit for unit, _ in count_units(cells, counts).most_common() if unit]
    apart = [unit for unit in units if unit not in find_family(units[0])]
    if not apart:
        return ""
    return join(
        f"not taken for numbers, because of the units {' and '.join(map(repr, [units[0], *apart][:3]))}: "
        "write all cells in one of them"
    )
