"""A table for a network out of a user's file: each column is read, guessed, encoded or dropped, and all of it said.

- text_file: UTF-8, UTF-16 with a byte order mark, Windows-1252; commas, semicolons, tabs or vertical bars. Titles and
  comments above the header, its repetitions, and names of rows without a place in it are left out.
- numerals: 1,234.56 and 1.234,56 and 1 234,5; currencies, per cent, minus signs, parentheses, credit and debit; marks
  such as 5*, ~5, ="5". Up to 5 % of the cells may be other text, or up to 20 % a few words, and are then missing. Codes
  such as 007 are no numbers, nor are whole numbers above 2^53.
- units: those of one family (kg and g) are converted; fractions among per cent are times 100.
- dates: skrub guesses the format; where every day could be a month, the file is asked, and the guess said.
- identifiers: whole numbers that rise or fall from row to row, each once; or each once, although out of few; text with
  another value in every row that does not begin with a number. They are dropped, a guess that --keep overrules.
- columns: the narrowest of these kinds; else up to 40 categories, or text; without empty columns, constants and copies.
- target: whole numbers or text as classes; rows without one are left out; "NA" is a class where only one other is left.
- encoding: numbers standardised, dates by skrub's DatetimeEncoder, categories one-hot, text by skrub's StringEncoder.
"""

from .encoding import make_preprocessor
from .errors import InputError
from .table import Table, read_table

__all__ = ["InputError", "Table", "make_preprocessor", "read_table"]
