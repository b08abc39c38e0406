"""What the rows of a call and the penalty weigh in the objective: of `fit` by themselves, in a stream by all so far."""

from __future__ import annotations

from dataclasses import dataclass

from ..core import Rows, RowTotals

#: Of a sum of weights.
ROUNDING = 1e-6


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
    before : RowTotals
        Of the rows that were given before this call.
    """

    given: RowTotals
    rows: float
    total: float
    own: RowTotals
    known: RowTotals
    before: RowTotals

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
        return cls(before.and_those_of(own), weight, weight, own, own, before)

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

        Raises
        ------
        ValueError
            When `total_samples` is less than this part weighs.
        """
        own = rows.totals()
        given = before.and_those_of(own)
        weight = rows.total_weight * (given.mean_weight / own.mean_weight)
        so_far = weight * (given.n_rows / own.n_rows)
        if total_samples is not None and total_samples < rows.total_weight * (1.0 - ROUNDING):
            raise ValueError(
                f"total_samples must be at least the weight of the rows of a call, {rows.total_weight:g} here. "
                f"Got {total_samples!r}."
            )
        return cls(given, weight, so_far if total_samples is None else float(total_samples), own, given, before)
