"""Dates and times of day written as text. Formats are guessed by skrub; the order of day and month by all cells."""

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd
from skrub import ToDatetime

from .numbers import MAX_STRAY, MISSING_NUMBERS, Numbers, say_missing

# What skrub does not guess: two digits for the year, a clock of twelve hours, months, and cells with and without a time.
MORE_FORMATS = (
    *(date + time for date in ("%d.%m.%y", "%d/%m/%y", "%m/%d/%y", "%d-%b-%y") for time in ("", " %H:%M", " %H:%M:%S")),
    *("%m/%d/%Y %I:%M %p", "%m/%d/%Y %I:%M:%S %p", "%m/%Y", "%b %Y", "%B %Y", "ISO8601"),
)
# Dates that could be numbers, taken for dates only where every cell is one.
LIKE_NUMBERS = {"%Y%m%d": re.compile(r"(?:19|20)[0-9]{6}"), "%m.%Y": re.compile(r"[01][0-9]\.(?:19|20)[0-9]{2}")}
DATE = re.compile(r"(?=.*[0-9].*[0-9]).{6,40}")
CLOCK = re.compile(r"([0-9]{1,3}):([0-5][0-9])(?::([0-5][0-9](?:\.[0-9]+)?))?\s?([aApP][mM])?")


@dataclass(frozen=True)
class Dates:
    """The dates, NaT for missing cells; and what there is to say on how they were read."""

    values: np.ndarray
    remarks: list[str]


def read_dates(column, day_first):
    """The TextColumn as Dates, or None; `day_first` is for slashes and dashes where no cell tells the order."""
    texts = [text for text in column.counts if text.lower() not in MISSING_NUMBERS]
    formats = [name for name, shape in LIKE_NUMBERS.items() if all(map(shape.fullmatch, texts))]
    if not formats:
        dated = [text for text in texts if DATE.fullmatch(text) and text not in column.parsed]
        if len(dated) < (1 - MAX_STRAY) * len(texts):
            return None
        formats = [*guess_formats(dated, day_first), *MORE_FORMATS]
    rows = pd.Series(column.cells, dtype=object)
    read = {name: parse_dates(rows, name) for name in formats}
    best = max(read, key=lambda name: read[name].notna().sum())  # the first of those that read most
    values = read[best]
    lost = {text: n for text, n in column.counts.items() if text in set(rows[values.isna()])}
    n_stray = sum(n for text, n in lost.items() if text.lower() not in MISSING_NUMBERS)
    if n_stray > MAX_STRAY * values.notna().sum():
        return None
    doubt = any(values.notna().equals(read[name].notna()) and not values.equals(read[name]) for name in formats)
    return Dates(values.to_numpy(), say_dates(rows, values, doubt) + say_missing(lost))


def guess_formats(texts, day_first):
    """The format that skrub finds and the one with day and month in the other order: first that to prefer."""
    try:
        guess = ToDatetime().fit(pd.Series(texts, name="dates", dtype=object)).format_
    except ValueError:  # skrub's way to say that it found none
        return []
    swapped = guess.translate(str.maketrans("md", "dm"))
    if swapped == guess or re.search(r"%Y.%[dm]", guess):
        return [guess]
    days_first = guess.index("%d") < guess.index("%m")
    prefer_days = day_first or "%d.%m" in (guess, swapped)[not days_first]
    return [guess, swapped] if days_first == prefer_days else [swapped, guess]


def parse_dates(rows, name):
    """The cells as dates without a time zone, NaT where they are of another format."""
    return pd.to_datetime(rows, format=name, errors="coerce", utc=True).dt.tz_localize(None).astype("datetime64[ns]")


def say_dates(rows, values, doubt):
    """How the first date is read, where day and month could be taken for each other or the year is short."""
    place = values.first_valid_index()
    text = rows[place]
    guess = " (a guess, as day and month can be taken for each other in every cell)" if doubt else ""
    return [f"{text!r} is read as {values[place]:%Y-%m-%d}{guess}"] if guess or not text.startswith(("19", "20")) else []


def read_clock(column):
    """Times of day, or hours and minutes, as Numbers in hours; None for other columns."""
    matches = {text: match for text in column.counts if (match := CLOCK.fullmatch(text))}
    others = {text: n for text, n in column.counts.items() if text not in matches}
    n_stray = sum(n for text, n in others.items() if text.lower() not in MISSING_NUMBERS)
    if not matches or n_stray > MAX_STRAY * (len(column.cells) - n_stray):
        return None
    hours = {text: to_hours(*match.groups()) for text, match in matches.items()}
    text = max(hours, key=len)
    values = np.array([hours.get(cell, np.nan) for cell in column.cells])
    return Numbers(values, "hours", [f"{text!r} is read as {hours[text]:.6g}", *say_missing(others)])


def to_hours(hours, minutes, seconds, half):
    """The time in hours; `half` is am, pm or None."""
    hours = int(hours) if half is None else int(hours) % 12 + 12 * (half.lower() == "pm")
    return hours + int(minutes) / 60 + float(seconds or 0) / 3600
