"""Packages that skdeep can do without, until somebody asks for what they do."""

from __future__ import annotations

from importlib import import_module
from typing import Any


def optional(package: str, *, caller: str, extra: str) -> Any:
    """A package that an extra of skdeep brings.

    Parameters
    ----------
    package : str
        To import.
    caller : str
        What the user has called that needs it.
    extra : str
        The extra's name.

    Returns
    -------
    module
        The package.

    Raises
    ------
    ImportError
        Where it is missing, with the line that installs it.
    """
    try:
        return import_module(package)
    except ImportError as error:
        raise ImportError(f"{caller} needs {package}: pip install 'skdeep[{extra}]'.") from error
