"""Dates and times of day written as text. skrub guesses the format; all cells tell the order of day and month."""

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd
from skrub import ToDatetime

from .cells import MISSING_NUMBER, is_missing, join, say_missing
from .numerals import MAX_STRAY, Numbers

# What skrub does not guess: years of two digits, short names of months (as May is a long one, too), clocks of twelve
# hours, months without a day, and cells of which some have a time.
DAYS = ("%d.%m.%y", "%d/%m/%y", "%m/%d/%y", "%d-%b-%y", "%d-%b-%Y", "%d %b %Y", "%b %d, %Y")
TIMES = ("", " %H:%M", " %H:%M:%S")
FORMATS = [
    *(day + time for day in DAYS for time in TIMES),
    *("%m/%d/%Y %I:%M %p", "%m/%d/%Y %I:%M:%S %p", "%m/%Y", "%b %Y", "%B %Y", "ISO8601"),
]
# Dates that could be numbers, taken for dates only where every cell is one.
LIKE_NUMBERS = {"%Y%m%d": re.compile(r"(?:19|20)[0-9]{6}"), "%m.%Y": re.compile(r"[01][0-9]\.(?:19|20)[0-9]{2}")}
SAMPLE = 100
DATE = re.compile(r"(?=.*[0-9].*[0-9]).{6,40}")
CLOCK = re.compile(r"([0-9]{1,3}):([0-5][0-9])(?::([0-5][0-9](?:\.[0-9]+)?))?\s?([aApP][mM])?")


@dataclass(frozen=True)
class Dates:
    """The dates, NaT for missing cells; and a remark on how they were read."""

    values: np.ndarray
    remark: str


def read_dates(column, day_first):
    """The TextColumn as Dates, or None; `day_first` is for slashes and dashes where no cell tells the order."""
    texts = [text for text in column.counts if not is_missing(text, MISSING_NUMBER)]
    formats = find_formats(texts, column.parsed, day_first)
    rows = pd.Series(column.cells, dtype=object)
    read = {name: parse_dates(rows, name) for name in formats}
    best = max(read, key=lambda name: read[name].notna().sum(), default=None)  # the first of those that read most
    if best is None:
        return None
    values = read[best]
    n_stray = sum(column.counts[text] for text in set(texts) & set(rows[values.isna()]))
    if n_stray > MAX_STRAY * values.notna().sum():
        return None
    doubt = any(other.notna().equals(values.notna()) and not other.equals(values) for other in read.values())
    lost = {text: n for text, n in column.counts.items() if text in set(rows[values.isna()])}
    return Dates(values.to_numpy(), join(say_date(rows, values, doubt), say_missing(lost)))


def find_formats(texts, parsed, day_first):
    """Formats to try, the preferred ones first; none where too few of the texts look like dates."""
    like_numbers = [name for name, shape in LIKE_NUMBERS.items() if texts and all(map(shape.fullmatch, texts))]
    if like_numbers:
        return like_numbers
    dated = [text for text in texts if DATE.fullmatch(text) and text not in parsed]
    if len(dated) <= (1 - MAX_STRAY) * len(texts):
        return []
    sample = pd.Series(dated[:SAMPLE], dtype=object)
    return [
        name for name in [*guess_format(dated, day_first), *FORMATS] if parse_dates(sample, name).notna().mean() > 0.5
    ]


def guess_format(texts, day_first):
    """The format that skrub finds, and the one with day and month in the other order: the one to prefer first."""
    try:
        guess = ToDatetime().fit(pd.Series(texts, name="dates", dtype=object)).format_
    except ValueError:  # skrub's way to say that it finds none
        return []
    if not re.match("%[dm].%[dm].%Y", guess):
        return [guess]
    sign, rest = guess[2], guess[5:]
    formats = [f"%d{sign}%m{rest}", f"%m{sign}%d{rest}"]
    return formats if day_first or sign == "." else formats[::-1]  # nobody writes the month first before a point


def parse_dates(rows, name):
    """The cells as dates without a time zone, NaT where they are of another format."""
    return pd.to_datetime(rows, format=name, errors="coerce", utc=True).dt.tz_localize(None).astype("datetime64[ns]")


def say_date(rows, values, doubt):
    """How the first date is read, unless it starts with the year."""
    text, date = rows[values.first_valid_index()], values.dropna().iloc[0]
    guess = " (a guess, as in every cell the day could be the month)" if doubt else ""
    return f"{text!r} is read as {date:%Y-%m-%d}{guess}" if guess or not re.match("(19|20)[0-9]{2}-", text) else ""


def read_clock(column):
    """Times of day, or hours and minutes, as Numbers in hours; None for other columns."""
    matches = {text: match for text in column.counts if (match := CLOCK.fullmatch(text))}
    others = {text: n for text, n in column.counts.items() if text not in matches}
    n_stray = sum(n for text, n in others.items() if not is_missing(text, MISSING_NUMBER))
    if not matches or n_stray > MAX_STRAY * (len(column.cells) - n_stray):
        return None
    hours = {text: to_hours(*match.groups()) for text, match in matches.items()}
    text = max(hours, key=len)
    values = np.array([hours.get(cell, np.nan) for cell in column.cells])
    return Numbers(values, "hours", join(f"{text!r} is read as {hours[text]:.6g}", say_missing(others)))


def to_hours(hours, minutes, seconds, half):
    """The time in hours; `half` is am, pm or None."""
    hours = int(hours) if half is None else int(hours) % 12 + 12 * (half.lower() == "pm")
    return hours + int(minutes) / 60 + float(seconds or 0) / 3600
