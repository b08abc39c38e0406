"""What makes the errors of whole parts tell nothing, so that their gaps are not judged."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ._recipe import COPIES, TOO_FEW_FITS, UNSEEN
from ._row_checks.copies import Copies
from ._row_checks.unseen import Unseen
from ._words import is_or_are, they_count

#: Gap between two parts of the user's own -> these, whose rows must be others; and what is not told where they are not.
OF_OWN_PARTS = {"data mismatch": ("train-dev", "dev"), "overfit to dev": ("dev", "test")}
OWN_COPIES = "copies of {} rows"
SAME = {
    "train-dev": "nothing is told of rows of another origin",
    "dev": "nothing is told of what choosing by dev rows has done",
}


@dataclass(frozen=True)
class Doubt:
    """Why the errors of some rungs tell nothing.

    Attributes
    ----------
    rungs : tuple of str
        Which ones, or the names of single gaps.
    problem : str
        As in a report's `diagnosis`.
    sentence : str
        How many rows it is about, and what that does to the error.
    columns : tuple of int
        The places of those that hide it.
    rounding : str
        How a number has to be rounded to show it.
    """

    rungs: tuple[str, ...]
    problem: str
    sentence: str
    columns: tuple[int, ...] = ()
    rounding: str = ""


def find_doubts(
    *,
    tolerance: float,
    copies: Mapping[str, Copies] | None = None,
    unseen: Mapping[str, Unseen] | None = None,
    n_measured: int = 1,
    n_planned: int = 1,
) -> Iterator[Doubt]:
    """The doubts that are large enough to move a gap by more than the threshold.

    Parameters
    ----------
    tolerance : float
        A share of the rows on which the error may be wrong by all of a constant prediction's.
    copies, unseen : dict of str to Copies or Unseen, default=None
        By rung; copies of rows of another own part by the name of the gap between the two.
    n_measured, n_planned : int, default=1
        How many fits there are errors of, and were to be made.

    Yields
    ------
    Doubt
        One for each rung and problem.
    """
    for rung, part in (copies or {}).items():
        if part.share > tolerance:
            lower, upper = OF_OWN_PARTS.get(rung, ("train", rung))
            problem = COPIES if lower == "train" else OWN_COPIES.format(lower)
            yield Doubt((rung,), problem, _copies_sentence(lower, upper, part), part.but_for, part.rounding)
    for rung, of_classes in (unseen or {}).items():
        if of_classes.share > tolerance:
            yield Doubt((rung,), UNSEEN, _unseen_sentence(rung, of_classes))
    if 2 * n_measured < n_planned:
        yield Doubt(
            ("train", "dev"),
            TOO_FEW_FITS,
            f"Only {n_measured} of {n_planned} fits have errors, which need not be like those of the others.",
        )


def _copies_sentence(lower: str, upper: str, part: Copies) -> str:
    names = f"{'columns' if len(part.names) > 1 else 'column'} {', '.join(part.names)}"
    but = f", but for {names} with a value of its own in nearly every row" if part.names else ""
    digits = ", but for their last digits" if part.rounding else ""
    whose = "training" if lower == "train" else lower
    told = "those of rows that were trained on" if lower == "train" else f"the same there, so that {SAME[lower]}"
    copies = "is a copy" if part.n_rows == 1 else "are copies"
    return (
        f"Of {part.n_of} {upper} rows {part.n_rows} {copies} of {whose} rows, target included{but}{digits}: their "
        f"errors are {told}."
    )


def _unseen_sentence(rung: str, part: Unseen) -> str:
    return (
        f"Of {part.n_of} {rung} rows {part.n_rows} {is_or_are(part.n_rows)} of classes that their fit was never "
        f"trained on: {they_count(part.n_rows)} as errors whatever is learnt."
    )
