"""Which parameter of which estimator turns which knob, and how to set it on whatever the estimator is wrapped in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import inf, isclose, isfinite
from numbers import Integral, Real
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.preprocessing import StandardScaler

#: No more dropout than this; it leaves too little of a layer to learn from.
LEAST_KEEP_PROB = 0.3
#: Neither a leaf nor a neighbourhood may hold more than this share of the rows: predictions would hardly differ.
MOST_OF_ROWS = 0.1


@dataclass(frozen=True)
class Level:
    """One estimator on the way from what was passed to what predicts.

    Attributes
    ----------
    estimator : estimator
        As passed.
    fitted : estimator or None
        The same, fitted.
    name : str
        The parameter that holds the next one; "" for the last.
    """

    estimator: Any
    fitted: Any
    name: str


@dataclass(frozen=True)
class Subject:
    """An estimator whose knobs are to be turned.

    Attributes
    ----------
    path : list of Level
        From what was passed to what predicts.
    parameters : dict
        What the predictor runs with, after any search.
    n_rows : int or None
        How many rows it is fitted on.
    unfinished : bool
        Whether training was seen to end too early.
    sparse : bool
        Whether its inputs are sparse.
    """

    path: list[Level]
    parameters: dict[str, Any]
    n_rows: int | None = None
    unfinished: bool = False
    sparse: bool = False

    @property
    def fitted(self) -> Any:
        """The fitted predictor or None."""
        return self.path[-1].fitted


@dataclass(frozen=True)
class Change:
    """One knob, turned.

    Attributes
    ----------
    action : str
        What it means, with the values.
    own : dict
        The predictor's new parameters, by its own names.
    parameters : dict
        The same for `set_params` of the estimator that was passed.
    """

    action: str
    own: dict[str, Any]
    parameters: dict[str, Any]


def subject_of(estimator: Any, fitted: Any = None, **seen: Any) -> Subject:
    """What there is to know of an estimator before its knobs are turned.

    Parameters
    ----------
    estimator : estimator
        As the user has it.
    fitted : estimator, default=None
        A fitted clone.
    **seen : Any
        The other attributes of `Subject`.

    Returns
    -------
    Subject
        With the parameters that a search has found, where it is fitted.
    """
    path = _path(estimator, fitted)
    predictor = path[-1].estimator if path[-1].fitted is None else path[-1].fitted
    return Subject(path, predictor.get_params(), **seen)


def predictor_of(estimator: Any) -> Any:
    """What predicts within pipelines, searches and other wrappers: the innermost estimator that can be followed to."""
    return _path(estimator)[-1].estimator


def fitted_predictor(fitted: Any) -> Any:
    """What predicts within a fitted estimator, fitted: of a search the best, of a bag the first."""
    return _path(fitted, fitted)[-1].fitted


def is_scale_sensitive(estimator: Any) -> bool:
    """Whether the estimator is known to do worse when its inputs differ in scale."""
    return any(name in SCALE_SENSITIVE for name in _names(predictor_of(estimator)))


def turn(knob: str, subject: Subject) -> Change | None:
    """Turn a knob; None where the estimator has no such knob, is not known, or cannot be moved any further."""
    if knob == "scale":
        return _scale(subject)
    found = (KNOBS[name][knob] for name in _names(subject.path[-1].estimator) if knob in KNOBS.get(name, {}))
    words, move = next(found, ("", lambda subject: None))
    own = move(subject)
    parameters = None if own is None else _outwards(own, subject.path[:-1])
    return None if own is None or parameters is None else Change(_action(words, own, parameters), own, parameters)


def _action(words: str, own: dict[str, Any], parameters: dict[str, Any]) -> str:
    """The words with the values; where these are candidates of a search, set_params gets a whole grid instead."""
    if not own:
        return words
    verb = "add to the search" if any(name.endswith(GRIDS) for name in parameters) else "set"
    return f"{words}: {verb} {', '.join(f'{name}={value!r}' for name, value in own.items())}"


# From what was passed to what predicts ----------------------------------------------------------------------

GRIDS = ("param_grid", "param_distributions")
#: Class of a wrapper -> the parameter that holds what it wraps, and where its fitted one is.
WRAPPERS = {
    "BaseSearchCV": ("estimator", "best_estimator_"),
    "TransformedTargetRegressor": ("regressor", "regressor_"),
    "CalibratedClassifierCV": ("estimator", "calibrated_classifiers_.estimator"),
    "FixedThresholdClassifier": ("estimator", "estimator_"),
    "TunedThresholdClassifierCV": ("estimator", "estimator_"),
    "BaseBagging": ("estimator", "estimators_"),
    "OneVsRestClassifier": ("estimator", "estimators_"),
    "OneVsOneClassifier": ("estimator", "estimators_"),
    "OutputCodeClassifier": ("estimator", "estimators_"),
    "MultiOutputClassifier": ("estimator", "estimators_"),
    "MultiOutputRegressor": ("estimator", "estimators_"),
    "RFE": ("estimator", "estimator_"),
}


def _names(estimator: Any) -> list[str]:
    return [kind.__name__ for kind in type(estimator).__mro__]


def _path(estimator: Any, fitted: Any = None) -> list[Level]:
    name, inner, fitted_inner = _within(estimator, fitted)
    followed = hasattr(inner, "get_params") and (fitted_inner is None or type(fitted_inner) is type(inner))
    if not followed:  # nothing inside, or a search has put something else there
        return [Level(estimator, fitted, "")]
    return [Level(estimator, fitted, name), *_path(inner, fitted_inner)]


def _within(estimator: Any, fitted: Any) -> tuple[str, Any, Any]:
    """The parameter that holds what a wrapper wraps, that estimator, and the fitted one; "", None, None without."""
    if "Pipeline" in _names(estimator):
        return (*estimator.steps[-1], None if fitted is None else fitted.steps[-1][1])
    name, where = next((WRAPPERS[kind] for kind in _names(estimator) if kind in WRAPPERS), ("", ""))
    return name, getattr(estimator, name, None), _follow(fitted, where)


def _follow(fitted: Any, where: str) -> Any:
    """The attribute of an attribute...; of lists the first entry."""
    for name in filter(None, where.split(".")):
        fitted = getattr(fitted, name, None)
        fitted = fitted[0] if isinstance(fitted, list) else fitted
    return fitted if where else None


# And back ---------------------------------------------------------------------------------------------------


def _outwards(changes: dict[str, Any], path: list[Level]) -> dict[str, Any] | None:
    """Changes of what the path leads to, as parameters of what it starts from; None where a search would undo them."""
    for level in reversed(path):
        searches = "BaseSearchCV" in _names(level.estimator)
        wrapped = _into_search(level, changes) if searches else _prefixed(level.name, changes)
        if wrapped is None:
            return None
        changes = wrapped
    return changes


def _prefixed(prefix: str, changes: dict[str, Any]) -> dict[str, Any]:
    return {f"{prefix}__{name}": value for name, value in changes.items()}


def _into_search(level: Level, changes: dict[str, Any]) -> dict[str, Any] | None:
    """A search overwrites what its grid holds: there a new value becomes one more candidate."""
    name = next((name for name in GRIDS if hasattr(level.estimator, name)), "")
    grid = getattr(level.estimator, name, {})
    grids = [grid] if isinstance(grid, Mapping) else list(grid)
    searched = {key for part in grids for key in part}
    if any(key.startswith(f"{above}__") for key in changes for above in searched):
        return None  # the estimator that has this parameter is itself a candidate
    inside = {key: value for key, value in changes.items() if key in searched}
    plain = _prefixed(level.name, {key: value for key, value in changes.items() if key not in searched})
    if not inside:
        return plain
    best = level.fitted.best_params_ if hasattr(level.fitted, "best_estimator_") else {}
    wider = [_widened(part, inside, best) for part in grids]
    if not any(wider):
        return None
    wider = [new or dict(old) for new, old in zip(wider, grids, strict=True)]
    return {**plain, name: wider[0] if isinstance(grid, Mapping) else wider}


def _widened(part: Mapping[str, Any], new: dict[str, Any], best: Mapping[str, Any]) -> dict[str, Any] | None:
    """A grid with one more value each; None where the best is not from it or it has them: they have lost already."""
    if part.keys() != best.keys() or not new.keys() <= part.keys():
        return None
    if all(_was_tried(value, part[name]) for name, value in new.items()):
        return None
    return {**part, **{name: [*_candidates(part[name], best[name]), value] for name, value in new.items()}}


def _was_tried(value: Any, candidates: Any) -> bool:
    """Whether a value is among the candidates, or within a distribution; one of an unknown kind may hold anything."""
    if hasattr(candidates, "support"):
        low, high = candidates.support()
        return isinstance(value, Real) and bool(low <= value <= high)
    if not hasattr(candidates, "__iter__"):
        return True
    numbers = isinstance(value, Real)
    return any(isclose(old, value) if numbers and isinstance(old, Real) else old == value for old in candidates)


def _candidates(candidates: Any, best: Any) -> list[Any]:
    """The candidates as a list; a distribution, which cannot take one more, as the best and 19 of its quantiles."""
    if not hasattr(candidates, "ppf"):
        return candidates.tolist() if hasattr(candidates, "tolist") else list(candidates)
    quantiles = (type(best)(value) for value in candidates.ppf(np.arange(1, 20) / 20))
    return list(dict.fromkeys([best, *quantiles]))


def _scale(subject: Subject) -> Change | None:
    """A StandardScaler before the predictor; as a parameter where a pipeline has a place for it."""
    kind = type(subject.path[-1].estimator).__name__
    if not is_scale_sensitive(subject.path[-1].estimator):
        return None
    scaler = StandardScaler(with_mean=not subject.sparse)
    at = max((place for place, level in enumerate(subject.path) if "Pipeline" in _names(level.estimator)), default=None)
    if at is None:
        return Change(f"use make_pipeline({scaler!r}, {kind}(...)) in place of {kind}(...)", {}, {})
    # Clones: a pipeline fits its steps themselves, and these are the user's.
    *steps, last = ((name, clone(step, safe=False)) for name, step in subject.path[at].estimator.steps)
    taken = {name for name, _ in (*steps, last)}
    name = next(name for n in range(1, len(taken) + 2) if (name := f"standardscaler{-n if n > 1 else ''}") not in taken)
    parameters = _outwards({"steps": [*steps, (name, scaler), last]}, subject.path[:at])
    return None if parameters is None else Change(f"put a {scaler!r} just before the {kind}", {}, parameters)


# How values move --------------------------------------------------------------------------------------------

#: New values for some parameters of the predictor, {} for a change that is none of parameters, None for no change.
Move = Callable[[Subject], dict[str, Any] | None]


def _moved(value: float, factor: float, limit: float) -> float | None:
    """The value times the factor, no further than the limit; None where that is not the way the factor points."""
    new = min(value * factor, limit) if factor > 1 else max(value * factor, limit)
    return new if new != value and (new > value) == (factor > 1) else None


def number(name: str, factor: float, limit: float, start: float | None = None) -> Move:
    """Multiply a number; one that is zero becomes `start`. For "auto" it is what the fitted estimator made of it."""

    def move(subject: Subject) -> dict[str, Any] | None:
        value = subject.parameters.get(name)
        if isinstance(value, str):
            value = getattr(subject.fitted, f"{name}_", None)
        if not isinstance(value, Real) or not isfinite(value):
            return None
        new = start if value == 0 else _moved(float(value), factor, limit)
        return None if new is None else {name: float(f"{new:.6g}")}

    return move


def count(name: str, factor: float, limit: float = 1) -> Move:
    """Multiply a whole number."""

    def move(subject: Subject) -> dict[str, Any] | None:
        value = subject.parameters.get(name)
        new = _moved(int(value), factor, limit) if isinstance(value, Integral) else None
        return None if new is None else {name: round(new)}

    return move


def rows(name: str, factor: float) -> Move:
    """Multiply a number of rows, up to a share of those that there are."""

    def move(subject: Subject) -> dict[str, Any] | None:
        limit = inf if subject.n_rows is None else int(subject.n_rows * MOST_OF_ROWS)
        return count(name, factor, limit)(subject)

    return move


def longer(name: str, factor: float, done: str = "n_iter_") -> Move:
    """Raise a number of iterations, where the last training needed all that it had."""

    def move(subject: Subject) -> dict[str, Any] | None:
        used = getattr(subject.fitted, done, None)
        ran_out = subject.unfinished or used is None or np.max(used) >= (subject.parameters.get(name) or 0)
        return count(name, factor, 1_000_000)(subject) if ran_out else None

    return move


def switch(name: str, value: Any, *, present: tuple[Any, ...]) -> Move:
    """Set a parameter that now has one of the `present` values, of the same type: max_features=1 is not 1.0."""

    def move(subject: Subject) -> dict[str, Any] | None:
        old = subject.parameters.get(name, inf)
        return {name: value} if any(type(old) is type(one) and old == one for one in present) else None

    return move


def first(*moves: Move) -> Move:
    """The first move that is possible."""
    return lambda subject: next((new for move in moves if (new := move(subject)) is not None), None)


def stochastic(move: Move) -> Move:
    """A move that means nothing to L-BFGS."""
    return lambda subject: None if subject.parameters.get("solver") == "lbfgs" else move(subject)


def advice_only(subject: Subject) -> dict[str, Any] | None:
    """A change that no parameter makes."""
    return {}


def _sizes(subject: Subject) -> tuple[int, ...]:
    return tuple(int(size) for size in np.atleast_1d(subject.parameters["hidden_layer_sizes"]))


def layers(factor: float, limit: int) -> Move:
    """Multiply the units of every layer."""

    def move(subject: Subject) -> dict[str, Any] | None:
        sizes = _sizes(subject)
        new = tuple(round(_moved(size, factor, limit) or size) for size in sizes)
        return {"hidden_layer_sizes": new} if new != sizes else None

    return move


def deeper(subject: Subject) -> dict[str, Any] | None:
    """One layer more, where no other parameter lists the layers."""
    sizes = _sizes(subject)
    listed = any(np.ndim(subject.parameters.get(name, 0)) for name in ("activation", "keep_prob"))
    return None if listed or len(sizes) >= 8 else {"hidden_layer_sizes": (*sizes, *(sizes[-1:] or (100,)))}


def keep_prob(step: float) -> Move:
    """More or less dropout, in every layer."""

    limit = 1.0 if step > 0 else LEAST_KEEP_PROB

    def shifted(keep: float) -> float:
        return keep if (keep - limit) * step >= 0 else round(min(max(keep + step, LEAST_KEEP_PROB), 1.0), 2)

    def move(subject: Subject) -> dict[str, Any] | None:
        old = subject.parameters["keep_prob"]
        new = list(map(shifted, old)) if np.ndim(old) else shifted(old)
        return {"keep_prob": new} if _sizes(subject) and np.any(np.not_equal(new, old)) else None

    return move


def _slower_network(subject: Subject) -> dict[str, Any] | None:
    planned = callable(subject.parameters["learning_rate"])  # the rate is the user's own function
    return None if planned else number("learning_rate_init", 0.1, 1e-6)(subject)


def _suitable_init(subject: Subject) -> dict[str, Any] | None:
    """Schemes that suit, unless they do already; what they are now may be a function."""
    return None if subject.parameters["init"] == "auto" else {"init": "auto"}


def _constant_rate(subject: Subject) -> dict[str, Any] | None:
    """SGDClassifier's "optimal" rate begins high and heeds no eta0."""
    optimal = subject.parameters["learning_rate"] == "optimal"
    return {"learning_rate": "adaptive", "eta0": 0.01} if optimal else number("eta0", 0.1, 1e-8)(subject)


def _default_penalty(subject: Subject) -> dict[str, Any] | None:
    """The penalty that the class has by default, in place of none."""
    unpenalised = subject.parameters.get("penalty", "") is None
    return {"penalty": type(subject.path[-1].estimator)().penalty} if unpenalised else None


def _finite_c(subject: Subject) -> dict[str, Any] | None:
    return {"C": 1.0} if subject.parameters.get("C") == inf else None


def _half_depth(subject: Subject) -> dict[str, Any] | None:
    """Half of the depth that the fitted tree, or the deepest of a forest, has reached."""
    trees = getattr(subject.fitted, "estimators_", [subject.fitted])
    reached = max((tree.get_depth() for tree in trees if tree is not None), default=0)
    allowed = subject.parameters["max_depth"] or reached
    depth = min(allowed, reached or allowed) // 2
    return {"max_depth": int(depth)} if depth else None


def _stop_trees_early(subject: Subject) -> dict[str, Any] | None:
    """On, unless "auto" has it on already."""
    is_on = getattr(subject.fitted, "do_early_stopping_", False)
    return None if is_on else switch("early_stopping", True, present=(False, "auto"))(subject)


# Who has which knob -----------------------------------------------------------------------------------------

Knobs = dict[str, tuple[str, Move]]

_AUGMENT = "augment the training rows: augment= takes an object of skdeep.augmentation, such as Mixup()"
_PATIENCE = stochastic(count("n_iter_no_change", 3, 1000))
_NETWORK: Knobs = {
    "slower": ("lower the learning rate", stochastic(_slower_network)),
    "capacity": ("use a bigger network", first(layers(2, 4096), deeper)),
    "longer": ("train longer", first(longer("max_iter", 2), _PATIENCE)),
    "architecture": ("use another architecture, with one more layer", deeper),
    "early stopping": ("stop early", stochastic(switch("early_stopping", True, present=(False,)))),
    "smaller": ("use another architecture, a smaller network", layers(0.5, 8)),
}
_DEEP_NETWORK: Knobs = {
    **_NETWORK,
    "init": ("use the initial weights that suit the activation", _suitable_init),
    "weaker": ("regularise less, with a weaker L2 penalty", number("alpha", 0.1, 1e-6)),
    "less noise": ("use less dropout", keep_prob(0.2)),
    "stronger": ("regularise more, with a stronger L2 penalty", number("alpha", 10, 1e6, start=1.0)),
    "noise": ("use dropout", stochastic(keep_prob(-0.2))),
    "augment": (_AUGMENT, lambda subject: {} if subject.parameters.get("augment", "") is None else None),
}
_PENALTY: Knobs = {
    "weaker": ("regularise less", number("alpha", 0.1, 1e-10)),
    "stronger": ("regularise more", first(_default_penalty, number("alpha", 10, 1e6, start=1e-3))),
}
_SMOOTHING: Knobs = {
    "weaker": ("smooth less", number("alpha", 0.1, 1e-6)),
    "stronger": ("smooth more", number("alpha", 10, 1e6, start=1.0)),
}
_SOLVER: Knobs = {"longer": ("let the solver run longer", longer("max_iter", 5))}
_C: Knobs = {
    "weaker": ("regularise less", number("C", 10, 1e6)),
    "stronger": ("regularise more", first(_default_penalty, _finite_c, number("C", 0.1, 1e-6))),
}
_KERNEL: Knobs = {
    **_SOLVER,
    "capacity": (
        "use a more flexible kernel",
        first(switch("kernel", "rbf", present=("linear",)), number("gamma", 10, 1e6)),
    ),
    "smaller": ("use a smoother kernel", number("gamma", 0.1, 1e-6)),
}
_SGD: Knobs = {
    **_PENALTY,
    "slower": ("lower the learning rate", _constant_rate),
    "longer": ("train longer", first(longer("max_iter", 5), _PATIENCE)),
    "early stopping": ("stop early", switch("early_stopping", True, present=(False,))),
}
_TREE: Knobs = {
    "capacity": ("let the trees grow larger", first(count("max_depth", 2, 100), count("max_leaf_nodes", 2, 10_000))),
    "weaker": ("let leaves be smaller", first(count("min_samples_leaf", 0.2), number("ccp_alpha", 0.1, 1e-8))),
    "stronger": ("ask for more rows in a leaf", rows("min_samples_leaf", 5)),
    "smaller": ("use shallower trees", _half_depth),
}
_FOREST: Knobs = {
    **_TREE,
    "architecture": (
        "let every split choose among all features",
        switch("max_features", 1.0, present=("sqrt", "log2")),
    ),
    "noise": ("let every split choose among fewer features", switch("max_features", "sqrt", present=(1.0, None))),
    "average": ("average over more trees", count("n_estimators", 3, 1000)),
}
_BOOSTING: Knobs = {
    **_TREE,
    "longer": ("boost for more rounds", longer("n_estimators", 2, done="n_estimators_")),
    "noise": ("fit every tree to half of the rows", switch("subsample", 0.5, present=(1.0,))),
    "early stopping": ("stop early", switch("n_iter_no_change", 10, present=(None,))),
    "smaller": ("use shallower trees", count("max_depth", 0.5)),
}
_HISTOGRAM_BOOSTING: Knobs = {
    "capacity": ("let the trees grow larger", count("max_leaf_nodes", 2, 10_000)),
    "longer": ("boost for more rounds", longer("max_iter", 2)),
    "weaker": (
        "regularise less",
        first(number("l2_regularization", 0.1, 1e-6), count("min_samples_leaf", 0.2)),
    ),
    "stronger": ("regularise more, with a stronger L2 penalty", number("l2_regularization", 10, 1e6, start=1.0)),
    "early stopping": ("stop early", _stop_trees_early),
    "smaller": ("use smaller trees", count("max_leaf_nodes", 0.5, 2)),
}
_ADAPTIVE_BOOSTING: Knobs = {
    "capacity": ("use larger trees", count("estimator__max_depth", 2, 100)),
    "longer": ("boost for more rounds", count("n_estimators", 2, 10_000)),
    "stronger": ("let every round count for less", number("learning_rate", 0.3, 1e-3)),
    "smaller": ("boost for fewer rounds", count("n_estimators", 0.5)),
}
_BAGGING: Knobs = {
    "noise": ("fit every estimator to half of the rows", switch("max_samples", 0.5, present=(1.0, None))),
    "average": ("average over more estimators", count("n_estimators", 3, 1000)),
}
_NEIGHBOURS: Knobs = {
    "capacity": ("look at fewer neighbours", count("n_neighbors", 1 / 3)),
    "stronger": ("average over more neighbours", rows("n_neighbors", 3)),
}

#: Class -> knob -> what turning it is called there, and what it does. Of a class, its bases are looked up too.
_TABLE: tuple[tuple[tuple[str, ...], Knobs], ...] = (
    (("DeepMLPClassifier", "DeepMLPRegressor"), _DEEP_NETWORK),
    (("MLPClassifier", "MLPRegressor"), {**_PENALTY, **_NETWORK}),
    (("LogisticRegression", "LinearSVC", "LinearSVR"), {**_SOLVER, **_C}),
    (("SVC", "SVR", "NuSVR"), {**_KERNEL, **_C}),
    (("NuSVC",), _KERNEL),
    (("Ridge", "RidgeClassifier", "KernelRidge"), _PENALTY),
    (("Lasso", "ElasticNet"), {**_SOLVER, **_PENALTY}),
    (("SGDClassifier", "SGDRegressor"), _SGD),
    (("LinearRegression",), {"stronger": ("use Ridge in its place, which has a penalty", advice_only)}),
    (("DecisionTreeClassifier", "DecisionTreeRegressor"), _TREE),
    (("RandomForestClassifier", "RandomForestRegressor", "ExtraTreesClassifier", "ExtraTreesRegressor"), _FOREST),
    (("GradientBoostingClassifier", "GradientBoostingRegressor"), _BOOSTING),
    (("HistGradientBoostingClassifier", "HistGradientBoostingRegressor"), _HISTOGRAM_BOOSTING),
    (("AdaBoostClassifier", "AdaBoostRegressor"), _ADAPTIVE_BOOSTING),
    (("BaggingClassifier", "BaggingRegressor"), _BAGGING),
    (("KNeighborsClassifier", "KNeighborsRegressor"), _NEIGHBOURS),
    (("BernoulliNB", "ComplementNB", "MultinomialNB"), _SMOOTHING),
)
KNOBS = {name: knobs for names, knobs in _TABLE for name in names}

#: Classes whose inputs should have the same scale, besides those derived from them.
SCALE_SENSITIVE = {
    *("DeepMLPClassifier", "DeepMLPRegressor", "MLPClassifier", "MLPRegressor"),
    *("SVC", "SVR", "NuSVC", "NuSVR", "OneClassSVM", "LinearSVC", "LinearSVR"),
    *("GaussianProcessClassifier", "GaussianProcessRegressor", "KernelRidge"),
    *("KNeighborsClassifier", "KNeighborsRegressor", "RadiusNeighborsClassifier", "RadiusNeighborsRegressor"),
    *("LogisticRegression", "Ridge", "RidgeCV", "RidgeClassifier", "RidgeClassifierCV", "ElasticNet", "ElasticNetCV"),
    *("LassoCV", "SGDClassifier", "SGDRegressor", "Perceptron", "NearestCentroid"),
}
