"""The basic recipe: what to do about what is wrong, in the order of the course, as data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ._estimator_path import Subject, subject_of
from ._hyperparameters import Change, change_of, turn

COPIES, UNSEEN = "copies of training rows", "classes never trained on"
TOO_FEW_FITS, NO_BETTER = "most fits are missing", "no better than a constant prediction"
DIVERGED, CONSTANT, SPOILT = "diverged", "constant predictions", "training came to nothing"
NOT_NORMALISED, NOT_CONVERGED = "inputs not normalised", "not converged"
#: What may be seen in a fit -> the problem that it is.
PROBLEMS = {
    "diverged": DIVERGED,
    "spoilt": SPOILT,
    "constant": CONSTANT,
    "not_normalised": NOT_NORMALISED,
    "not_converged": NOT_CONVERGED,
    "loss_still_falling": NOT_CONVERGED,
}


@dataclass(frozen=True)
class Advice:
    """One thing to change, by itself, and why.

    Attributes
    ----------
    problem : str
        What it is about: one of a report's `diagnosis`, or "diverged", "training came to nothing", "constant
        predictions", "inputs not normalised" or "not converged".
    action : str
        What to do, in words that suit the estimator, with the parameters by the names that its predictor has for them.
    why : str
        What that is good for.
    parameters : dict
        Ready for ``set_params(**parameters)`` of the estimator that was passed, however it is wrapped; empty where the
        change is not one of parameters. A parameter that a search tunes gets one more candidate, so that the whole
        grid is here.
    """

    problem: str
    action: str
    why: str
    parameters: dict[str, Any]

    def to_dict(self) -> dict[str, Any]:
        """What it says, as plain Python objects; an estimator among the parameters as its text.

        Returns
        -------
        dict
            Attribute to value.
        """
        return {**vars(self), "parameters": {name: _plain(value) for name, value in self.parameters.items()}}


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray | np.generic):
        value = value.tolist()
    if isinstance(value, Mapping):
        return {str(name): _plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value if value is None or isinstance(value, str | int | float) else str(value)


@dataclass(frozen=True)
class Symptoms:
    """What was seen in the fits, besides their errors.

    Attributes
    ----------
    not_converged : bool
        Whether a fit said so.
    loss_still_falling : bool
        Whether training ended while its loss still fell.
    not_normalised : str
        What is wrong with the scales of the inputs, in sentences; "" where nothing is.
    constant : bool
        Whether a fit predicts the same for all rows.
    diverged : bool
        Whether a fit ended in numbers that are not finite.
    sparse : bool
        Whether the inputs are sparse, so that they can be scaled and not centred.
    spoilt : str
        What the fits warned of that more iterations would not mend; "" where none did.
    """

    not_converged: bool = False
    loss_still_falling: bool = False
    not_normalised: str = ""
    constant: bool = False
    diverged: bool = False
    sparse: bool = False
    spoilt: str = ""

    @property
    def problems(self) -> set[str]:
        """The problems that these are signs of."""
        return {problem for name, problem in PROBLEMS.items() if getattr(self, name)}


@dataclass(frozen=True)
class Rule:
    """What may be done about a problem.

    Attributes
    ----------
    problem : str
        Where it applies.
    why : str
        What it is good for; a name in braces is a sentence that the report knows.
    knob : str
        What to turn: see `KNOBS`. "" for what no parameter does.
    action : str
        What to do with an estimator that has no such knob, names in braces as in `why`; "" where the rule then says
        nothing.
    own : dict
        Parameters of the predictor that the action sets, where it is no knob that finds them.
    """

    problem: str
    why: str
    knob: str = ""
    action: str = ""
    own: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Flow:
    """What the flow of signal and gradient through a network tells, by measurement.

    Attributes
    ----------
    cures : tuple of Rule
        What would help; none where the flow is healthy.
    of_scaled : str
        What normalised inputs would give, in a sentence; "" where they are normalised.
    """

    cures: tuple[Rule, ...] = ()
    of_scaled: str = ""


#: Problems of what has learnt too little; what would help a network's flow is advice on the first of them.
LEARNT_TOO_LITTLE = ("high bias", NO_BETTER, CONSTANT, SPOILT, DIVERGED)

#: What makes the errors say nothing, and what hides all else.
FIRST = (
    Rule(
        COPIES,
        "{rounding}",
        action="round the numbers first: an array by X = np.vectorize(lambda value: {rounded})(X), a frame by "
        "X = X.map(lambda value: {rounded} if isinstance(value, float) else value)",
    ),
    Rule(
        COPIES,
        "Rows that were trained on tell whether they are known by heart, not what becomes of others.",
        action="pass groups, one name for each different row, to what cuts the rows (this report, "
        "train_dev_test_split): of an array np.unique({rows}, axis=0, return_inverse=True)[1].ravel(), of a frame "
        "X.groupby(list({columns}), dropna=False).ngroup()",
    ),
    Rule(
        COPIES,
        "Where a copy says nothing new, it is not needed.",
        action="drop the copies before the rows are cut, such as by drop_duplicates({subset}) of a frame",
    ),
    Rule(
        "copies of train-dev rows",
        "What is measured on the same rows twice cannot differ.",
        action="take train-dev rows that are not among the dev rows",
    ),
    Rule(
        "copies of dev rows",
        "Only rows that nothing was chosen by tell what choosing by the dev rows has done.",
        action="take a test part of other rows than the dev rows, such as train_dev_test_split cuts",
    ),
    Rule(
        UNSEEN,
        "No fit can get a class right that it has not seen.",
        action="cut the rows so that every part has every class: shuffled and stratified, as cv=5 and "
        "train_dev_test_split(..., stratify=y) do",
    ),
    Rule(
        UNSEEN,
        "Groups that are made of the target leave whole classes out.",
        action="if there are groups, choose some that do not go with the classes",
    ),
    Rule(
        TOO_FEW_FITS,
        "The rows on which a fit or its score succeeds may be easier than the others.",
        action="mend first what the notes say of the fits that are missing",
    ),
    Rule(NOT_NORMALISED, "{not_normalised}", "scale"),
)
RECIPE = (
    *FIRST,
    Rule(
        DIVERGED,
        "A fit ended in numbers that are not finite, as when its steps are too large.",
        "slower",
        "scale the inputs, and lower the learning rate if there is one",
    ),
    Rule(DIVERGED, "Initial weights that are too large grow from layer to layer.", "init"),
    Rule(CONSTANT, "A first step that is too large can switch off all units for good.", "slower"),
    Rule(CONSTANT, "Initial weights that do not suit let nothing through.", "init"),
    Rule(CONSTANT, "Strong regularisation leaves nothing but the mean of the target.", "weaker"),
    Rule(
        CONSTANT,
        "The same prediction for every row makes use of no feature.",
        action="check that the features reach the model and have to do with the target",
    ),
    Rule(SPOILT, "{spoilt}", action="mend first what the training itself warns of"),
    Rule(
        NOT_CONVERGED,
        "Training ended while it was still getting somewhere: its errors are not yet those of the model.",
        "longer",
        "let it run for more iterations",
    ),
    # Nothing that holds for other rows is learnt, or nothing that this error counts.
    Rule(NO_BETTER, "{by_shares}", "unweighted"),
    Rule(NO_BETTER, "{imbalance}", action="measure another error, by scoring"),
    Rule(
        NO_BETTER,
        "Features that have come apart from their targets have nothing to tell.",
        action="check that each row still has its own target, after every shuffle, sort and join",
    ),
    Rule(
        NO_BETTER,
        "What does not reach the model, or says nothing of the target, cannot be learnt.",
        action="check that the features reach the model and have to do with the target",
    ),
    Rule(
        NO_BETTER,
        "What nobody can tell from these features is no fault of the model.",
        action="look for features that say more about the target, before larger models and more rows",
    ),
    # Bias: the training rows themselves are not learnt.
    Rule("high bias", "What cannot even fit its training rows is not flexible enough.", "capacity"),
    Rule("high bias", "The training error may still come down.", "longer"),
    Rule("high bias", "A callback ended the training: the error may still come down.", "callback"),
    Rule("high bias", "A penalty keeps the model from fitting its training rows.", "weaker"),
    Rule("high bias", "Noise in training keeps the model from fitting its training rows.", "less noise"),
    Rule("high bias", "Another form may fit what this one cannot.", "architecture"),
    Rule(
        "high bias",
        "More training rows do not help a model that does not fit those that it has.",
        action="try another, more flexible kind of model, or features that say more about the target",
    ),
    Rule(
        "high bias",
        "Bias is measured from the target error: where nobody can do better than the training error, there is none.",
        action="find out what error can be reached at all, such as a human's, and give it as target_error",
    ),
    # Variance: what is learnt does not hold for other rows.
    Rule("high variance", "{doubling}", action="get more training data"),
    Rule("high variance", "A simpler fit follows the chance in the training rows less.", "stronger"),
    Rule("high variance", "What is left out at random cannot be relied upon.", "noise"),
    Rule(
        "high variance",
        "Rows that are changed in ways that do not matter are as good as some more data.",
        "augment",
        "augment the training rows: add copies that are changed in ways that should not matter",
    ),
    Rule("high variance", "Training beyond the best dev error fits chance.", "early stopping"),
    Rule("high variance", "A mean over more of them varies less.", "average"),
    Rule("high variance", "A smaller model can remember less.", "smaller"),
    Rule(
        "high variance",
        "Every feature that says nothing is one more way to fit chance.",
        action="try another, simpler kind of model, or fewer features",
    ),
    # Mismatch: the dev rows are of another kind.
    Rule(
        "data mismatch",
        "How the rows that go wrong differ from the training rows tells what is missing.",
        action="look through the dev rows that are predicted wrongly",
    ),
    Rule(
        "data mismatch",
        "A model learns what it is shown.",
        action="make the training data more like the dev data: collect such rows, or synthesise them",
    ),
    Rule(
        "overfit to dev",
        "Choices made on few dev rows fit their chance.",
        action="get more dev data, best of all new rows, and choose again",
    ),
    Rule("cannot tell yet", "{rows_needed}", action="get more rows to measure the errors on"),
)
WEIGHTED = "Class weights make rare classes frequent to the model; this error counts each as often as it occurs."
LAST_DIGITS = "Copies of which one was written with fewer digits are equal only where these are left out."
#: What stands for the sentences that the report does not know.
UNKNOWN = {
    "not_normalised": "The scales of the inputs differ.",
    "doubling": "More rows leave less to chance.",
    "rows_needed": "The errors of these rows are too uncertain to say where the problem is.",
}


def advise(
    diagnosis: Sequence[str],
    symptoms: Symptoms,
    estimator: Any,
    *,
    fitted: Any = None,
    n_rows: int | None = None,
    doubling: str | None = "",
    rows_needed: str = "",
    by_shares: bool = False,
    imbalance: str = "",
    naming: Sequence[int] = (),
    rounding: str = "",
    flow: Flow | None = None,
) -> tuple[Advice, ...]:
    """What to do next.

    Parameters
    ----------
    diagnosis : sequence of str
        What is wrong, as in `BiasVarianceReport.diagnosis`.
    symptoms : Symptoms
        What else was seen.
    estimator : estimator
        As the user passed it.
    fitted : estimator, default=None
        One fitted clone: what a search found, how deep a tree became, whether training ran to its end.
    n_rows : int, default=None
        The number of rows of a fit.
    doubling : str or None, default=""
        A sentence on what twice the data would buy; None where it would buy nothing, so that more data are not advised.
    rows_needed : str, default=""
        A sentence on how many dev rows would settle what is open.
    by_shares : bool, default=False
        Whether the shares of the classes matter to the error, and it is above that of a constant prediction on the
        training rows, too, as class weights may have it.
    imbalance : str, default=""
        A sentence on why the error hardly shows what is learnt; "" where it does.
    naming : sequence of int, default=()
        The places of columns that name the rows, behind which copies are hidden.
    rounding : str, default=""
        The expression by which a value is rounded, so that copies are equal; "" where they are.
    flow : Flow, default=None
        What the flow through a network tells, if measured.

    Returns
    -------
    tuple of Advice
        In the order in which to try them, one change at a time; empty where nothing is wrong.
    """
    unfinished = NOT_CONVERGED in symptoms.problems
    subject = subject_of(estimator, fitted, n_rows=n_rows, unfinished=unfinished, sparse=symptoms.sparse)
    scales = f"{symptoms.not_normalised} {flow.of_scaled}".strip() if flow else symptoms.not_normalised
    told = {"not_normalised": scales, "doubling": doubling, "rows_needed": rows_needed}
    facts = {name: text or UNKNOWN[name] for name, text in told.items()}
    facts |= {"spoilt": symptoms.spoilt}
    facts |= {"by_shares": WEIGHTED, "imbalance": imbalance, **_equal_rows(naming)}
    facts |= {"rounding": LAST_DIGITS, "rounded": rounding}
    unsaid = {"{rounding}": not rounding}
    unsaid |= {"{doubling}": doubling is None, "{by_shares}": not by_shares, "{imbalance}": not imbalance}
    rules = [rule for rule in _with_measured(flow) if not unsaid.get(rule.why, False)]
    if symptoms.spoilt:  # of which more iterations would make no more
        rules = [rule for rule in rules if rule.knob != "longer"]
    rules = [replace(rule, action=rule.action.format(**facts)) for rule in rules]
    changes = _changes(rules, {*diagnosis, *symptoms.problems}, subject)
    return tuple(
        Advice(rule.problem, change.action, rule.why.format(**facts), change.parameters) for rule, change in changes
    )


def _with_measured(flow: Flow | None) -> Sequence[Rule]:
    """The recipe; where it was measured whether the initial weights are to blame, that in place of a guess."""
    if flow is None:
        return RECIPE
    return (*FIRST, *flow.cures, *(rule for rule in RECIPE[len(FIRST) :] if rule.knob != "init"))


def _equal_rows(naming: Sequence[int]) -> dict[str, str]:
    """By which expressions rows are told to be equal: in all columns but those that name them."""
    if not naming:
        return {"rows": "X", "columns": "X.columns", "subset": ""}
    columns = f"X.columns.delete({list(naming)})"
    return {"rows": f"np.delete(X, {list(naming)}, axis=1)", "columns": columns, "subset": f"subset={columns}"}


def _changes(rules: Sequence[Rule], problems: set[str], subject: Subject) -> Iterator[tuple[Rule, Change]]:
    """The rules that apply, each with a change that no earlier one has made or would have to take back."""
    made: list[tuple[str, Change]] = []
    for rule in rules:
        change = _change(rule, subject) if rule.problem in problems else None
        if change is not None and not any(_clash(rule.problem, change, *earlier) for earlier in made):
            made.append((rule.problem, change))
            yield rule, change


def _change(rule: Rule, subject: Subject) -> Change | None:
    if rule.own:
        return change_of(rule.action, rule.own, subject)
    turned = turn(rule.knob, subject) if rule.knob else None
    return turned or (Change(rule.action, {}, {}) if rule.action else None)


def _clash(problem: str, change: Change, earlier_problem: str, earlier: Change) -> bool:
    """Whether two changes are the same, or move one parameter for two problems: the earlier problem comes first."""
    same = change.action == earlier.action or bool(change.own and change.own == earlier.own)
    return same or (problem != earlier_problem and bool(change.own.keys() & earlier.own.keys()))
