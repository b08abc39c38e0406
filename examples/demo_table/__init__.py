"""A table for a network out of a user's file: each column is read, guessed, encoded or dropped, and all of it said."""

from .encoding import make_preprocessor
from .errors import InputError
from .table import Table, read_table

__all__ = ["InputError", "Table", "make_preprocessor", "read_table"]
