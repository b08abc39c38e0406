"""A table for a network out of a user's file: each column is read, guessed, encoded or dropped, and all of it said.

- text_file: UTF-8, UTF-16 with a byte order mark, Windows-1252; commas, semicolons, tabs or vertical bars.
- numerals: 1,234.56 and 1.234,56 and 1 234,5; currencies, units, per cent, minus signs, parentheses. Up to 5 % of the
  cells may be other text, and are then missing. Codes such as 007 are no numbers.
- dates: skrub guesses the format; where every day could be a month, the file is asked, and the guess said.
- identifiers: whole numbers that rise or fall from row to row, each once; or each once, although out of few; text with
  another value in every row. They are dropped, a guess that --keep overrules.
- columns: the narrowest of these kinds; else up to 40 categories, or text; without empty columns, constants and copies.
- target: whole numbers or text as classes; rows without one are left out.
- encoding: numbers standardised, dates by skrub's DatetimeEncoder, categories one-hot, text by skrub's StringEncoder.
"""

from .encoding import make_preprocessor
from .errors import InputError
from .table import Table, read_table

__all__ = ["InputError", "Table", "make_preprocessor", "read_table"]
