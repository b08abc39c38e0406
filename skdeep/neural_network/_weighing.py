"""What the rows of a call and the penalty weigh in the objective: of `fit` by themselves, in a stream by all so far."""

from __future__ import annotations

from dataclasses import dataclass

from ..core import Rows, RowTotals


@dataclass(frozen=True)
class Weighing:
    """The weights of a training.

    Parameters
    ----------
    given : RowTotals
        Of all rows that the model has been given, those of this call included.
    rows : float
        By what the rows' weights are divided: what the rows of this call weigh in all.
    total : float
        The `m` by which `alpha` is divided.
    own : RowTotals
        Of the rows of this call.
    known : RowTotals
        Of the rows that a constant prediction has to do for: those of a fit, of a stream all so far.
    """

    given: RowTotals
    rows: float
    total: float
    own: RowTotals
    known: RowTotals

    @property
    def relative(self) -> float:
        """By what a mean over these rows, as the objective weighs them, is to be multiplied to be their own mean."""
        return self.rows / self.own.weight

    @classmethod
    def of_fit(cls, rows: Rows, before: RowTotals) -> Weighing:
        """Of a training set.

        Parameters
        ----------
        rows : Rows
            The training set.
        before : RowTotals
            Of the rows that the model was given in earlier calls.

        Returns
        -------
        Weighing
            With its total weight throughout.
        """
        own, weight = rows.totals(), rows.total_weight
        return cls(before.and_those_of(own), weight, weight, own, own)

    @classmethod
    def of_stream(cls, rows: Rows, before: RowTotals, total_samples: float | None) -> Weighing:
        """Of a part of a stream, such that it does not matter where the stream is cut.

        Parameters
        ----------
        rows : Rows
            The part.
        before : RowTotals
            Of the parts before it.
        total_samples : float or None
            The `m` of the whole stream; None for what has been given so far.

        Returns
        -------
        Weighing
            In which each row counts by its weight beside the mean weight of all so far: beside the mean of a call of
            one row, it would always count 1.
        """
        own = rows.totals()
        given = before.and_those_of(own)
        weight = rows.total_weight * (given.mean_weight / own.mean_weight)
        so_far = weight * (given.n_rows / own.n_rows)
        return cls(given, weight, so_far if total_samples is None else float(total_samples), own, given)
