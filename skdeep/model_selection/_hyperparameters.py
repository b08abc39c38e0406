"""Which parameter of which estimator turns which knob."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sklearn.base import clone
from sklearn.preprocessing import StandardScaler

from ._estimator_path import GRIDS, Subject, names_of, outwards, predictor_of
from ._moves import (
    Move,
    advice_only,
    constant_rate,
    count,
    deeper,
    ended_by_callback,
    finite_c,
    first,
    half_depth,
    keep_prob,
    l2_penalty,
    layers,
    longer,
    number,
    rows,
    slower_network,
    stochastic,
    stop_trees_early,
    suitable_init,
    switch,
    unless,
)


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


def is_scale_sensitive(estimator: Any) -> bool:
    """Whether the estimator is known to do worse when its inputs differ in scale."""
    return any(name in SCALE_SENSITIVE for name in names_of(predictor_of(estimator)))


def is_size_sensitive(estimator: Any) -> bool:
    """Whether the estimator learns by steps of a given rate, to which inputs may be too small or too large."""
    return any(name in SIZE_SENSITIVE for name in names_of(predictor_of(estimator)))


def leaves_out_constants(estimator: Any) -> bool:
    """Whether inputs that do not vary in training have no influence on the estimator, however large they are."""
    return any(name in ("DeepMLPClassifier", "DeepMLPRegressor") for name in names_of(predictor_of(estimator)))


def turn(knob: str, subject: Subject) -> Change | None:
    """Turn a knob; None where the estimator has no such knob, is not known, or cannot be moved any further."""
    if knob == "scale":
        return _scale(subject)
    if knob == "unweighted":
        return _unweighted(subject)
    found = (KNOBS[name][knob] for name in names_of(subject.path[-1].estimator) if knob in KNOBS.get(name, {}))
    words, move = next(found, ("", lambda subject: None))
    own = move(subject)
    values = ", ".join(f"{name}={value!r}" for name, value in (own or {}).items())
    return None if own is None else change_of(f"{words}: set {values}" if own else words, own, subject)


def change_of(action: str, own: dict[str, object], subject: Subject) -> Change | None:
    """A change of the predictor's parameters, seen from outside; None where a search would undo it.

    Parameters
    ----------
    action : str
        What it means. Where values become candidates of a search, "set" is said otherwise: a whole grid is set instead.
    own : dict
        The new parameters.
    subject : Subject
        Whose.

    Returns
    -------
    Change or None
        With the parameters by both names.
    """
    parameters = outwards(own, subject.path[:-1])
    if parameters is None:
        return None
    if any(name.endswith(GRIDS) for name in parameters):
        action = action.replace("set ", "add to the search ", 1)
    return Change(action, own, parameters)


def _unweighted(subject: Subject) -> Change | None:
    """No class weights, whoever has them."""
    if subject.parameters.get("class_weight") is None:
        return None
    return change_of("leave out the class weights: set class_weight=None", {"class_weight": None}, subject)


def _scale(subject: Subject) -> Change | None:
    """A StandardScaler before the predictor; as a parameter where a pipeline has a place for it."""
    kind = type(subject.path[-1].estimator).__name__
    if not is_scale_sensitive(subject.path[-1].estimator):
        return None
    scaler = StandardScaler(with_mean=not subject.sparse)
    at = max(
        (place for place, level in enumerate(subject.path) if "Pipeline" in names_of(level.estimator)), default=None
    )
    if at is None:
        return Change(f"use make_pipeline({scaler!r}, {kind}(...)) in place of {kind}(...)", {}, {})
    # Clones: a pipeline fits its steps themselves, and these are the user's.
    *steps, last = ((name, clone(step, safe=False)) for name, step in subject.path[at].estimator.steps)
    taken = {name for name, _ in (*steps, last)}
    name = next(name for n in range(1, len(taken) + 2) if (name := f"standardscaler{-n if n > 1 else ''}") not in taken)
    parameters = outwards({"steps": [*steps, (name, scaler), last]}, subject.path[:at])
    return None if parameters is None else Change(f"put a {scaler!r} just before the {kind}", {}, parameters)


# Who has which knob -----------------------------------------------------------------------------------------

Knobs = dict[str, tuple[str, Move]]

_AUGMENT = "augment the training rows: augment= takes an object of skdeep.augmentation, such as Mixup()"
_PATIENCE = stochastic(count("n_iter_no_change", 3, 1000))
_LONGER = first(longer("max_iter", 2), _PATIENCE)
_NETWORK: Knobs = {
    "slower": ("lower the learning rate", stochastic(slower_network)),
    "capacity": ("use a bigger network", first(layers(2, 4096), deeper)),
    "longer": ("train longer", _LONGER),
    "architecture": ("use another architecture, with one more layer", deeper),
    "early stopping": ("stop early", stochastic(switch("early_stopping", True, present=(False,)))),
    "smaller": ("use another architecture, a smaller network", layers(0.5, 8)),
}
_DEEP_NETWORK: Knobs = {
    **_NETWORK,
    "init": ("use the initial weights that suit the activation", suitable_init),
    "longer": ("train longer", unless(ended_by_callback, _LONGER)),
    "callback": ("train longer, with a callback that ends the training later", ended_by_callback),
    "weaker": ("regularise less, with a weaker L2 penalty", number("alpha", 0.1, 1e-6)),
    "less noise": ("use less dropout", keep_prob(0.2)),
    "stronger": ("regularise more, with a stronger L2 penalty", number("alpha", 10, 1e6, start=1.0)),
    "noise": ("use dropout", stochastic(keep_prob(-0.2))),
    "augment": (_AUGMENT, lambda subject: {} if subject.parameters.get("augment", "") is None else None),
}
_PENALTY: Knobs = {
    "weaker": ("regularise less", number("alpha", 0.1, 1e-10)),
    "stronger": ("regularise more", first(l2_penalty, number("alpha", 10, 1e6, start=1e-3))),
}
_SMOOTHING: Knobs = {
    "weaker": ("smooth less", number("alpha", 0.1, 1e-6)),
    "stronger": ("smooth more", number("alpha", 10, 1e6, start=1.0)),
}
_SOLVER: Knobs = {"longer": ("let the solver run longer", longer("max_iter", 5))}
_C: Knobs = {
    "weaker": ("regularise less", number("C", 10, 1e6)),
    "stronger": ("regularise more", first(l2_penalty, finite_c, number("C", 0.1, 1e-6))),
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
    "slower": ("lower the learning rate", constant_rate),
    "longer": ("train longer", first(longer("max_iter", 5), _PATIENCE)),
    "early stopping": ("stop early", switch("early_stopping", True, present=(False,))),
}
_TREE: Knobs = {
    "capacity": ("let the trees grow larger", first(count("max_depth", 2, 100), count("max_leaf_nodes", 2, 10_000))),
    "weaker": ("let leaves be smaller", first(count("min_samples_leaf", 0.2), number("ccp_alpha", 0.1, 1e-8))),
    "stronger": ("ask for more rows in a leaf", rows("min_samples_leaf", 5)),
    "smaller": ("use shallower trees", half_depth),
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
    "early stopping": ("stop early", stop_trees_early),
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

#: Classes whose inputs should have a certain scale, besides those derived from them.
SIZE_SENSITIVE = {
    *("DeepMLPClassifier", "DeepMLPRegressor", "MLPClassifier", "MLPRegressor"),
    *("SGDClassifier", "SGDRegressor"),
}
#: Classes whose inputs should have the same scale, besides those derived from them.
SCALE_SENSITIVE = SIZE_SENSITIVE | {
    *("SVC", "SVR", "NuSVC", "NuSVR", "OneClassSVM", "LinearSVC", "LinearSVR"),
    *("GaussianProcessClassifier", "GaussianProcessRegressor", "KernelRidge"),
    *("KNeighborsClassifier", "KNeighborsRegressor", "RadiusNeighborsClassifier", "RadiusNeighborsRegressor"),
    *("LogisticRegression", "Ridge", "RidgeCV", "RidgeClassifier", "RidgeClassifierCV", "ElasticNet", "ElasticNetCV"),
    *("LassoCV", "Perceptron", "NearestCentroid"),
}
