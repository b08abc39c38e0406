"""The report on bias and variance: its numbers, the note that it prints, and other forms of it."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

from .._extras import optional
from ._error import format_error
from ._ladder import NOT_JUDGED, PROBLEMS, UNSETTLED, Gap
from ._learning_curve import LearningCurve
from ._recipe import NO_BETTER, Advice

WIDTH = 79
#: Attribute of the report to the rung or the gap that it stands for; each also has an `..._interval`.
ERROR_ATTRIBUTES = {
    "target_error": "target",
    "train_error": "train",
    "train_dev_error": "train-dev",
    "dev_error": "dev",
    "test_error": "test",
}
GAP_ATTRIBUTES = {
    "avoidable_bias": "avoidable bias",
    "variance": "variance",
    "data_mismatch": "data mismatch",
    "dev_overfit": "overfit to dev",
}


@dataclass(frozen=True)
class BiasVarianceReport:
    """Errors of train, dev and test rows, the gaps between them, what is wrong and what to do next.

    A gap is *high* when it is measured above the `threshold`, `tolerance` times the error of a constant prediction (the
    majority class, the mean), and its interval leaves out 0; *low* when it is measured at the threshold or below and
    its interval leaves out twice the threshold; else the report *cannot tell yet*. Where the rows of a rung tell
    nothing, as copies of training rows do, its gaps are *not judged*. Made by `bias_variance_report`.

    Parameters
    ----------
    estimator_name : str
        What was evaluated.
    error_name : str
        Such as "1 - accuracy" or "RMSE".
    is_share : bool
        Whether errors lie between 0 and 1 and read as percentages.
    errors, error_intervals : dict
        Rung ("target", "train", "train-dev", "dev", "test"; those measured, in this order) to error, and to its
        (low, high).
    gaps : tuple of Gap
        With intervals and verdicts, in the order of the ladder.
    baseline_error : float
        Of the best constant prediction, learned and scored in the same folds.
    tolerance, threshold : float
        What gaps are held against: the threshold is the tolerance times the baseline error.
    confidence : float
        Of the intervals.
    n_rows : dict
        Rung to number of rows.
    dev_source : str
        Where the dev error comes from, in words.
    diagnosis : tuple of str
        What makes errors tell nothing ("copies of training rows", "copies of dev rows", "copies of train-dev rows",
        "classes never trained on", "most fits are missing"),
        whether anything is learnt ("no better than a constant prediction"), then "high bias", "high variance", "data
        mismatch", "overfit to dev", "cannot tell yet"; empty when nothing is wrong.
    advice : tuple of Advice
        What to do, first things first.
    learning_curve : LearningCurve or None
        Dev error by training rows.
    warnings : tuple of str
        What makes the errors mean less than they seem to.
    failures, unscored : dict
        Fit to what it raised, of those that failed; and of those that could only not be scored.
    n_duplicates : dict
        Rung to how many of its rows are equal to training rows in every column.
    n_test_looks : int or None
        How often this test part was looked at by a report in this process.
    gain : float or None
        By how much the error that variance is measured by (dev, or train-dev) is below that of a constant prediction on
        the same rows; None where it tells nothing, or no constant has such an error.
    gain_interval : tuple of (float, float) or None
        Of the gain.
    doubts : tuple of str
        Why some gaps are "not judged", in sentences.
    baseline_source : str
        Whose error the `baseline_error` is, in words: of the best constant; of the usual one, where another is perfect.

    Attributes
    ----------
    target_error, train_error, train_dev_error, dev_error, test_error : float or None
        The rungs; None where not measured. Each has an `..._interval`, (low, high).
    avoidable_bias, variance, data_mismatch, dev_overfit : float or None
        The gaps: train - target; dev (train-dev, where measured) - train; dev - train-dev; test - dev. Each has an
        `..._interval`.
    """

    estimator_name: str
    error_name: str
    is_share: bool
    errors: Mapping[str, float]
    error_intervals: Mapping[str, tuple[float, float]]
    gaps: tuple[Gap, ...]
    baseline_error: float
    tolerance: float
    threshold: float
    confidence: float
    n_rows: Mapping[str, int]
    dev_source: str
    diagnosis: tuple[str, ...]
    advice: tuple[Advice, ...]
    learning_curve: LearningCurve | None = None
    warnings: tuple[str, ...] = ()
    failures: Mapping[str, str] = field(default_factory=dict)
    unscored: Mapping[str, str] = field(default_factory=dict)
    n_duplicates: Mapping[str, int] = field(default_factory=dict)
    n_test_looks: int | None = None
    gain: float | None = None
    gain_interval: tuple[float, float] | None = None
    doubts: tuple[str, ...] = ()
    baseline_source: str = "a constant prediction"

    @classmethod
    def from_cv_results(
        cls,
        cv_results: Mapping[str, Any],
        y: Any,
        *,
        estimator: Any = None,
        scoring: Any = None,
        best_score: float | None = None,
        target_error: float = 0.0,
        tolerance: float = 0.03,
        confidence: float = 0.95,
    ) -> BiasVarianceReport:
        """A report from what `cross_validate` gave, without another fit.

        Only scores by fold are known, so that intervals are wide: of the gap, by the corrected variance of Nadeau and
        Bengio (2003), which allows for folds that share training rows; of the training error, by the jackknife.

        Parameters
        ----------
        cv_results : dict
            Of `sklearn.model_selection.cross_validate` with ``return_train_score=True``; the estimators and indices
            that it may hold are made use of; without indices the folds are taken for those of K-fold.
        y : array-like
            The targets that were cross-validated, for the error of a constant prediction.
        estimator : estimator, default=None
            What was cross-validated, so that the advice can name its parameters.
        scoring : str or callable, default=None
            What the scores are, and which of several; None is the estimator's own.
        best_score : float, default=None
            The score of perfect predictions, for scorers of your own.
        target_error : float, default=0.0
            The error that one could hope for.
        tolerance, confidence : float
            As of `bias_variance_report`.

        Returns
        -------
        BiasVarianceReport
            Without a learning curve.

        Raises
        ------
        ValueError
            When train or test scores are missing, or fewer than two folds have finite ones.

        Examples
        --------
        >>> from sklearn.datasets import load_iris
        >>> from sklearn.model_selection import cross_validate
        >>> from sklearn.tree import DecisionTreeClassifier
        >>> from skdeep.model_selection import BiasVarianceReport
        >>> X, y = load_iris(return_X_y=True)
        >>> tree = DecisionTreeClassifier(random_state=0)
        >>> results = cross_validate(tree, X, y, cv=5, return_train_score=True)
        >>> report = BiasVarianceReport.from_cv_results(results, y, estimator=tree)
        >>> round(report.dev_error, 3)
        0.04
        """
        found: BiasVarianceReport = import_module("skdeep.model_selection._cv_results").report_from_cv_results(
            cv_results,
            y,
            estimator=estimator,
            scoring=scoring,
            best_score=best_score,
            target_error=target_error,
            tolerance=tolerance,
            confidence=confidence,
        )
        return found

    def __getattr__(self, name: str) -> Any:
        """The rungs and gaps by their own names."""
        table, attribute = (
            ("error_intervals", name.removesuffix("_interval")) if name.endswith("_interval") else ("errors", name)
        )
        if attribute in ERROR_ATTRIBUTES:
            return vars(self)[table].get(ERROR_ATTRIBUTES[attribute])
        if attribute in GAP_ATTRIBUTES:
            found = next((gap for gap in vars(self)["gaps"] if gap.name == GAP_ATTRIBUTES[attribute]), None)
            return None if found is None else found.interval if attribute != name else found.value
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def __dir__(self) -> list[str]:
        names = (*ERROR_ATTRIBUTES, *GAP_ATTRIBUTES)
        return sorted({*super().__dir__(), *names, *(f"{name}_interval" for name in names)})

    # In words -------------------------------------------------------------------------------------------------

    def format_error(self, value: float) -> str:
        """An error as text: a percentage where errors are shares.

        Parameters
        ----------
        value : float
            The error.

        Returns
        -------
        str
            Such as "2.2 %" or "0.345".
        """
        return format_error(value, self.is_share)

    def format_gap(self, value: float) -> str:
        """A difference of errors as text: in percentage points where errors are shares.

        Parameters
        ----------
        value : float
            The difference.

        Returns
        -------
        str
            Such as "+1.8 points" or "+0.045".
        """
        text = format_error(value, self.is_share).replace("%", "points")
        return text if text.startswith("-") else f"+{text}"

    @property
    def summary(self) -> str:
        """The diagnosis in a sentence."""
        open_gaps = [*self._open_gain(), *self._gaps_that_are(UNSETTLED)]
        found = [f"{problem} ({self._explain(problem)})" for problem in self.diagnosis if problem in PROBLEMS.values()]
        parts = [*self._not_judged(), *self._no_better()]
        if found:
            parts.append("There is " + " and ".join(found) + ".")
        elif not self.diagnosis:
            parts.append("Nothing stands out: every gap is low.")
        if open_gaps:
            parts.append("Not settled yet: " + ", ".join(open_gaps) + ".")
        return " ".join(parts)

    def _gaps_that_are(self, verdict: str) -> list[str]:
        return [gap.name for gap in self.gaps if gap.verdict == verdict]

    def _not_judged(self) -> list[str]:
        """What makes errors tell nothing, and of which gaps."""
        names = self._gaps_that_are(NOT_JUDGED)
        end = [f"So {' and '.join(names)} {'is' if len(names) == 1 else 'are'} not judged."] if names else []
        return [*self.doubts, *end]

    def _open_gain(self) -> list[str]:
        """Whether anything is learnt, where the rows cannot tell."""
        if self.gain_interval is None or self.gain_interval[0] > 0 or NO_BETTER in self.diagnosis:
            return []
        return ["whether the error is below that of a constant prediction"]

    def _no_better(self) -> list[str]:
        """That nothing is learnt of the target, as far as these rows can tell."""
        if NO_BETTER not in self.diagnosis or self.gain is None:
            return []
        rung = "train-dev" if "train-dev" in self.errors else "dev"
        error, constant = self.errors[rung], self.errors[rung] + self.gain
        if self.gain > self.threshold:
            why = "these rows cannot tell whether anything is learnt that holds for others"
        elif constant - self.errors["train"] > self.threshold:
            why = "what is learnt of the training rows hardly holds for others"
        elif self.errors["train"] - constant > self.threshold:
            why = "nor is that of the training rows, so that what is learnt, if anything, is not what this error counts"
        else:
            why = "as far as this error tells, the training rows themselves are hardly learnt"
        return [
            f"The {rung} error, {self.format_error(error)}, is not measurably below that of a constant prediction, "
            f"{self.format_error(constant)}: {why}."
        ]

    def _explain(self, problem: str) -> str:
        gap = next(gap for gap in self.gaps if PROBLEMS[gap.name] == problem)
        return f"{gap.upper} is {self.format_gap(gap.value).lstrip('+')} above {gap.lower}"

    @property
    def rule(self) -> str:
        """What counts as high and as low, in words."""
        return (
            f"The threshold is {self.format_gap(self.threshold).lstrip('+')}, {100 * self.tolerance:.3g} % of "
            f"the error of {self.baseline_source} ({self.format_error(self.baseline_error)}). High: above it, and "
            "surely not 0. Low: not above it, and surely not twice as much."
        )

    @property
    def remarks(self) -> tuple[str, ...]:
        """What makes the errors mean less than they seem to, and how often the test part was looked at."""
        remarks = [*self.warnings, *(f"{fit} failed: {failure}" for fit, failure in self.failures.items())]
        remarks += [f"{fit} could not be scored: {failure}" for fit, failure in self.unscored.items()]
        remarks += [
            f"{n} of the {part} rows are equal to training rows in every column."
            for part, n in self.n_duplicates.items()
            if n
        ]
        if self.n_test_looks is not None:
            times = "once" if self.n_test_looks == 1 else f"{self.n_test_looks} times"
            spent = "" if self.n_test_looks == 1 else ": choosing by what it says makes it one more dev part"
            remarks.append(f"The test part was looked at {times} through this report{spent}.")
        return tuple(remarks)

    def __str__(self) -> str:
        lines = [
            f"Bias and variance of {self.estimator_name}",
            f"Error: {self.error_name}; dev: {self.dev_source}; intervals at {100 * self.confidence:.3g} %",
            "",
            *self._rung_lines(),
            "",
            *map(self._gap_line, self.gaps),
            self.rule,
            "",
            self.summary,
        ]
        if self.learning_curve is not None:
            lines += [str(self.learning_curve)]
        lines += ["", *(f"Note: {remark}" for remark in self.remarks)] if self.remarks else []
        if self.advice:
            lines += [
                "",
                "What to do next",
                *(f"{n}. {_advice_text(advice)}" for n, advice in enumerate(self.advice, 1)),
            ]
        return "\n".join(_wrapped(line) for line in lines)

    def _rung_lines(self) -> list[str]:
        lines = []
        for name, error in self.errors.items():
            low, high = self.error_intervals.get(name, (error, error))
            known = f"({_without_unit(self.format_error(low))} to {_without_unit(self.format_error(high))})"
            known = known if low < high else ""
            rows = f"{self.n_rows[name]} rows" if name in self.n_rows else "given"
            lines.append(f"  {name:10}{self.format_error(error):>9}  {known:23} {rows}")
        return lines

    def _gap_line(self, gap: Gap) -> str:
        low, high = (_without_unit(self.format_gap(end)) for end in gap.interval)
        return f"  {gap.name:15}{self.format_gap(gap.value):>13}  {f'({low} to {high})':23} {gap.verdict}"

    # Other forms ----------------------------------------------------------------------------------------------

    def _repr_html_(self) -> str | None:
        """For notebooks; None, so that the text is shown, where Jinja2 is not installed."""
        return import_module("skdeep.model_selection._page").render_fragment(self)

    def to_html(self, path: Any = None) -> str:
        """One page with note, tables and figures, that needs no network.

        Parameters
        ----------
        path : path-like, default=None
            Where to write it, in UTF-8; nowhere if None.

        Returns
        -------
        str
            The page.

        Raises
        ------
        ImportError
            Without Jinja2 or matplotlib.
        """
        page: str = import_module("skdeep.model_selection._page").render_page(self)
        if path is not None:
            Path(path).write_text(page, encoding="utf-8")
        return page

    def to_dict(self) -> dict[str, Any]:
        """All figures, as plain Python objects that `json` can write.

        Returns
        -------
        dict
            Attribute to value: every rung and gap with its interval, None where not measured.
        """
        names = (*ERROR_ATTRIBUTES, *GAP_ATTRIBUTES)
        figures = {key: getattr(self, key) for name in names for key in (name, f"{name}_interval")}
        plain = (
            *("estimator_name", "error_name", "baseline_error", "baseline_source"),
            *("tolerance", "threshold", "confidence", "dev_source"),
        )
        curve = self.learning_curve
        return (
            figures
            | {name: getattr(self, name) for name in plain}
            | {
                "n_rows": dict(self.n_rows),
                "verdicts": {gap.name: gap.verdict for gap in self.gaps},
                "rows_needed": {gap.name: gap.rows_needed for gap in self.gaps},
                "diagnosis": list(self.diagnosis),
                "advice": [advice.to_dict() for advice in self.advice],
                "learning_curve": None if curve is None else curve.to_dict(),
                "warnings": list(self.warnings),
                "failures": dict(self.failures),
                "unscored": dict(self.unscored),
                "gain": self.gain,
                "gain_interval": self.gain_interval,
                "doubts": list(self.doubts),
                "n_duplicates": dict(self.n_duplicates),
                "n_test_looks": self.n_test_looks,
            }
        )

    def to_frame(self) -> Any:
        """One row for each rung and gap, as a pandas DataFrame.

        Returns
        -------
        DataFrame
            Columns kind ("error" or "gap"), value, low, high, verdict; indexed by name.
        """
        errors = [
            ("error", name, error, *self.error_intervals.get(name, (error, error)), None)
            for name, error in self.errors.items()
        ]
        gaps = [("gap", gap.name, gap.value, *gap.interval, gap.verdict) for gap in self.gaps]
        columns = ["kind", "name", "value", "low", "high", "verdict"]
        pandas = optional("pandas", caller="to_frame", extra="report")
        return pandas.DataFrame(errors + gaps, columns=columns).set_index("name")

    def plot(self, ax: Any = None) -> Any:
        """Draw the ladder of errors, and the learning curve beside it.

        Parameters
        ----------
        ax : matplotlib Axes or pair of them, default=None
            Where to draw; a new figure if None.

        Returns
        -------
        BiasVarianceDisplay
            The drawing.
        """
        return import_module("skdeep.plotting").BiasVarianceDisplay.from_report(self, ax=ax)


def _without_unit(text: str) -> str:
    return text.split(" ")[0]


def _advice_text(advice: Advice) -> str:
    values = ", ".join(f"{name}={value!r}" for name, value in advice.parameters.items())
    return f"{advice.problem}: {advice.action}. {advice.why}" + (f" [set_params({values})]" if values else "")


def _wrapped(line: str) -> str:
    """No wider than a terminal; tables, which are indented, stay as they are."""
    if line.startswith("  "):
        return line.rstrip()
    hanging = "   " if line[:1].isdigit() else ""
    kept = line.replace(" %", "\N{NO-BREAK SPACE}%")  # a number and its sign stay together
    return textwrap.fill(kept, WIDTH, subsequent_indent=hanging, break_on_hyphens=False).replace(
        "\N{NO-BREAK SPACE}", " "
    )
