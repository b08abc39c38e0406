"""docs/coming_from.md: each row of the table for MLPClassifier, beside the scikit-learn that is installed."""

from inspect import signature
from pathlib import Path

import numpy as np
import pytest
import sklearn
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_matrix, issparse
from sklearn.calibration import CalibratedClassifierCV
from sklearn.linear_model import SGDClassifier
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.utils.fixes import parse_version

from skdeep import DeepMLPClassifier, DeepMLPRegressor

PAGE = Path(__file__).parents[1] / "docs" / "coming_from.md"
SKLEARN = parse_version(sklearn.__version__)
SHORT = {"hidden_layer_sizes": (6,), "max_iter": 4, "random_state": 0}

pytestmark = [
    pytest.mark.skipif(not PAGE.exists(), reason="the pages are not here"),
    pytest.mark.filterwarnings("ignore"),
]


def rows_of_the_table():
    """First cell -> the two others."""
    text = PAGE.read_text(encoding="utf-8").split("## From MLPClassifier")[1].split("\n### ")[0]
    cells = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in text.splitlines() if line[:2] == "| "]
    return {cell[0].strip("*"): cell[1:] for cell in cells[2:] if cell[0] != "**With another meaning:**"}


def objective(loss, coefs, alpha, m):
    return loss + alpha / (2 * m) * sum(np.sum(np.square(W)) for W in coefs)


def raises(error, action):
    try:
        action()
    except error:
        return True
    return False


# One function for a row, by its first cell -----------------------------------------------------------------------

CHECKS = {}


def row(name):
    def register(check):
        CHECKS[name] = check
        return check

    return register


@row("With the same")
def has_the_same_names(multiclass):
    ours = {*signature(DeepMLPClassifier).parameters, *dir(DeepMLPClassifier)}
    theirs = {*signature(MLPClassifier).parameters, *dir(MLPClassifier().fit(*multiclass))}
    for name in ("hidden_layer_sizes", "activation", "solver", "batch_size", "learning_rate_init", "max_iter", "tol"):
        assert name in ours & theirs
    assert {"momentum", "coefs_", "intercepts_", "partial_fit"} <= ours & theirs
    for kind in (MLPClassifier, DeepMLPClassifier):
        model = kind((5,), "tanh", max_iter=2, n_iter_no_change=np.inf).fit(*multiclass)
        model.coefs_[0] = W = np.full((4, 5), 0.5)
        assert_array_equal(model.coefs_[0], W)


@row("Not there")
def lacks_power_t_and_max_fun(multiclass):
    ours = {*signature(DeepMLPClassifier).parameters, *signature(DeepMLPRegressor).parameters}
    theirs = set(signature(MLPClassifier).parameters)
    assert {"power_t", "max_fun"} <= theirs - ours
    assert "loss" not in ours
    assert ("loss" in signature(MLPRegressor).parameters) == (parse_version("1.7") <= SKLEARN)


@row("defaults")
def has_other_defaults(multiclass):
    theirs, ours = MLPClassifier().get_params(), DeepMLPClassifier().get_params()
    names = (
        "hidden_layer_sizes",
        "activation",
        "alpha",
        "learning_rate",
        "learning_rate_init",
        "batch_size",
        "max_iter",
    )
    assert [theirs[name] for name in names] == [(100,), "relu", 1e-4, "constant", 1e-3, "auto", 200]
    assert [ours[name] for name in names] == [(256, 256), "silu", "auto", "cosine", 0.0015, "auto", 100]
    X, y = multiclass
    assert DeepMLPClassifier(max_iter=1).fit(X[y < 2], y[y < 2]).alpha_ == 3.2
    assert DeepMLPClassifier(max_iter=1).fit(X, y).alpha_ == pytest.approx(3.2 * np.sqrt(2 / 3))
    counted = []  # a callable rate is asked for every step
    for n_rows in (100, 2000, 10_000):
        steps = []
        model = DeepMLPClassifier((2,), max_iter=1, learning_rate=lambda step, steps=steps: steps.append(step) or 1e-3)
        model.fit(np.resize(X, (n_rows, 4)), np.resize(y, n_rows))
        counted.append(len(set(steps)))
    assert counted == [-(-100 // 40), 2000 // 100, -(-10_000 // 256)]


@row("`alpha`")
def divides_alpha_by_the_rows(multiclass, multioutput):
    X, y = multiclass
    n, size = len(y), 30
    # A rate of next to nothing: the loss is that of the first weights, in mini-batches.
    still = {"hidden_layer_sizes": (6,), "max_iter": 1, "learning_rate_init": 1e-12, "random_state": 0}
    theirs = [MLPClassifier(alpha=a, batch_size=size, **still).fit(X, y) for a in (0.0, 6.0)]
    penalty = theirs[1].loss_ - theirs[0].loss_
    assert_allclose(penalty, objective(0.0, theirs[0].coefs_, 6.0, size), rtol=1e-6)
    ours = [
        DeepMLPClassifier(alpha=a, batch_size=size, dtype="float64", **still).fit(X, y) for a in (0.0, 6.0 * n / size)
    ]
    assert_allclose(ours[1].loss_ - ours[0].loss_, objective(0.0, ours[0].coefs_, 6.0, size), rtol=1e-6)
    for kind, options in ((MLPClassifier, {}), (DeepMLPClassifier, {"dtype": "float64"})):
        model = kind((6,), solver="lbfgs", alpha=6.0, max_iter=60, random_state=0, **options).fit(X, y)
        data = -np.log(model.predict_proba(X)[np.arange(n), y]).mean()
        assert_allclose(model.loss_, objective(data, model.coefs_, 6.0, n), rtol=1e-6)
    # A network of one layer has one optimum: that of a regressor of standardised outputs, by the same alpha.
    X, Y = multioutput
    Y = (Y - Y.mean(axis=0)) / Y.std(axis=0)
    steps = {"solver": "sgd", "batch_size": len(Y), "learning_rate_init": 0.1, "max_iter": 2000, "tol": 0.0}
    theirs = MLPRegressor(hidden_layer_sizes=(), alpha=20.0, n_iter_no_change=2000, random_state=0, **steps)
    ours = DeepMLPRegressor((), solver="lbfgs", alpha=20.0, max_iter=500, tol=1e-9)
    assert_allclose(theirs.fit(X, Y).coefs_[0], ours.fit(X, Y).coefs_[0], atol=1e-3)


@row("`early_stopping`")
def watches_the_dev_loss(binary):
    X, y = binary
    theirs = MLPClassifier((6,), early_stopping=True, max_iter=3, random_state=0).fit(X, y)
    ours = DeepMLPClassifier((6,), early_stopping=True, max_iter=3, random_state=0).fit(X, y)
    assert 0.0 <= min(theirs.validation_scores_) <= max(theirs.validation_scores_) <= 1.0
    assert ours.validation_scores_ is None
    assert len(ours.validation_loss_curve_) == 3


@row("`n_iter_no_change`")
def stops_an_epoch_earlier(multiclass):
    still = {"learning_rate_init": 1e-12, "n_iter_no_change": 3, "max_iter": 50, "random_state": 0}
    theirs, ours = MLPClassifier((6,), **still).fit(*multiclass), DeepMLPClassifier((6,), **still).fit(*multiclass)
    assert (theirs.n_iter_, ours.n_iter_) == (5, 4)  # the first epoch is better than none


@row("`learning_rate`")
def serves_every_stochastic_solver(multiclass):
    given = {"hidden_layer_sizes": (6,), "max_iter": 3, "solver": "adam", "random_state": 0}
    for kind, differs in ((MLPClassifier, False), (DeepMLPClassifier, True)):
        one, other = (kind(learning_rate=rate, **given).fit(*multiclass) for rate in ("constant", "invscaling"))
        assert np.array_equal(one.coefs_[0], other.coefs_[0]) != differs


@row('`learning_rate="invscaling"`')
def counts_steps(multiclass):
    X, y = multiclass
    given = {"learning_rate": "invscaling", "learning_rate_init": 0.1, "solver": "sgd", "batch_size": 50, "max_iter": 2}
    ours = DeepMLPClassifier((6,), random_state=0, **given).fit(X, y)
    assert_allclose(ours.history_.learning_rate, 0.1 / np.sqrt([3.0, 6.0]))  # of the last of three steps an epoch
    theirs = MLPClassifier((6,), random_state=0, **given).fit(X, y)
    assert_allclose(theirs._optimizer.learning_rate, 0.1 / np.sqrt(2 * len(y) + 1))


@row("`random_state`")
def has_a_stream_for_each_source(multiclass):
    shuffled, ordered = (DeepMLPClassifier((6,), init=noted, shuffle=s, random_state=0) for s in (True, False))
    drawn = []
    for model in (shuffled, ordered):
        NOTED.clear()
        model.set_params(max_iter=1).fit(*multiclass)
        drawn.append(NOTED[0])
    assert_array_equal(*drawn)
    theirs = MLPClassifier((6,), max_iter=1, learning_rate_init=1e-12, random_state=0).fit(*multiclass)
    ours = DeepMLPClassifier((6,), max_iter=1, learning_rate_init=1e-12, random_state=0).fit(*multiclass)
    assert np.abs(theirs.coefs_[0] - ours.coefs_[0]).min() > 0.0


NOTED = []


def noted(rng, fan_in, fan_out):
    NOTED.append(rng.normal(size=(fan_in, fan_out)))
    return NOTED[-1]


@row("first biases")
def begins_with_biases_of_zero(multiclass):
    still = {"max_iter": 1, "learning_rate_init": 1e-12, "random_state": 0}
    theirs, ours = MLPClassifier((6,), **still).fit(*multiclass), DeepMLPClassifier((6,), **still).fit(*multiclass)
    assert np.abs(theirs.intercepts_[0]).min() > 1e-6
    assert np.abs(ours.intercepts_[0]).max() < 1e-9


@row("`alpha` of `partial_fit`")
def divides_alpha_of_a_stream_by_all_rows(multiclass):
    X, y = multiclass
    still = {"hidden_layer_sizes": (6,), "learning_rate_init": 1e-12, "random_state": 0}
    theirs = [MLPClassifier(alpha=a, **still).partial_fit(X[:30], y[:30], classes=[0, 1, 2]) for a in (0.0, 6.0)]
    assert_allclose(theirs[1].loss_ - theirs[0].loss_, objective(0.0, theirs[0].coefs_, 6.0, 30), rtol=1e-6)
    ours = [DeepMLPClassifier(alpha=a, dtype="float64", **still) for a in (0.0, 6.0)]
    for start in (0, 30, 60):
        for model in ours:
            model.partial_fit(X[start : start + 30], y[start : start + 30], classes=[0, 1, 2])
    assert_allclose(ours[1].loss_ - ours[0].loss_, objective(0.0, ours[0].coefs_, 6.0, 90), rtol=1e-6)


@row("learning rate of `partial_fit`")
def keeps_the_rate_of_a_stream(multiclass):
    model = DeepMLPClassifier((6,), learning_rate="cosine", learning_rate_init=0.01, random_state=0)
    for _ in range(3):
        model.partial_fit(*multiclass, classes=[0, 1, 2])
    assert model.history_.learning_rate == [0.01] * 3


@row("precision")
def trains_in_its_own_precision(multiclass):
    X, y = multiclass
    dtypes = {
        kind: [kind((6,), max_iter=1).fit(X.astype(dtype), y).coefs_[0].dtype for dtype in (np.float32, np.float64)]
        for kind in (MLPClassifier, DeepMLPClassifier)
    }
    assert dtypes[MLPClassifier] == [np.float32, np.float64]
    assert dtypes[DeepMLPClassifier] == [np.float32, np.float32]
    assert DeepMLPClassifier((6,), max_iter=1).fit(X, y).predict_proba(X).dtype == np.float64


@row("`best_loss_`")
def has_the_lowest_training_loss(multiclass):
    given = {"early_stopping": True, "max_iter": 5, "random_state": 0}
    assert MLPClassifier((6,), **given).fit(*multiclass).best_loss_ is None
    ours = DeepMLPClassifier((6,), **given).fit(*multiclass)
    assert ours.best_loss_ == min(ours.loss_curve_)


@row("`validation_scores_`")
def scores_any_dev_rows(multiclass):
    X, y = multiclass
    assert MLPClassifier((6,), max_iter=2).fit(X, y).validation_scores_ is None
    ours = DeepMLPClassifier((6,), max_iter=2, scoring="accuracy").fit(X, y, X_val=X, y_val=y)
    assert len(ours.validation_scores_) == 2


@row("`best_iter_`")
def knows_its_epoch(multiclass):
    assert not hasattr(MLPClassifier((6,), max_iter=2).fit(*multiclass), "best_iter_")
    assert DeepMLPClassifier((6,), max_iter=2).fit(*multiclass).best_iter_ == 2


@row("`loss_` of the regressor")
def is_in_units_of_the_variance(regression):
    X, y = regression
    still = {"hidden_layer_sizes": (6,), "alpha": 0.0, "max_iter": 1, "learning_rate_init": 1e-12, "random_state": 0}
    for factor in (1.0, 100.0):
        theirs = MLPRegressor(**still).fit(X, factor * y)
        assert_allclose(theirs.loss_, 0.5 * np.mean((theirs.predict(X) - factor * y) ** 2), rtol=1e-6)
        ours = DeepMLPRegressor(**still).fit(X, factor * y)
        assert_allclose(ours.loss_, 0.5 * np.mean((ours.predict(X) - factor * y) ** 2) / np.var(factor * y), rtol=1e-4)


@row("`partial_fit` with `early_stopping=True`")
def leaves_early_stopping_to_fit(multiclass):
    assert raises(Exception, lambda: MLPClassifier(early_stopping=True).partial_fit(*multiclass, classes=[0, 1, 2]))
    assert DeepMLPClassifier((6,), early_stopping=True).partial_fit(*multiclass, classes=[0, 1, 2]).n_iter_ == 1


@row("arguments by position")
def takes_other_arguments_by_position(multiclass):
    first = next(iter(signature(MLPRegressor).parameters))
    assert first == ("loss" if parse_version("1.7") <= SKLEARN else "hidden_layer_sizes")
    assert [*signature(DeepMLPRegressor).parameters][:2] == ["hidden_layer_sizes", "activation"]
    ours, sgds = ([*signature(kind.partial_fit).parameters][3:] for kind in (DeepMLPClassifier, SGDClassifier))
    assert ours == sgds == ["classes", "sample_weight"]
    if parse_version("1.7") <= SKLEARN:
        assert [*signature(MLPClassifier.partial_fit).parameters][3:] == ["sample_weight", "classes"]


@row("`n_iter_`")
def counts_all_epochs(multiclass):
    counted = {}
    for kind in (MLPClassifier, DeepMLPClassifier):
        model = kind(warm_start=True, **SHORT).fit(*multiclass).fit(*multiclass)
        stream = kind(**SHORT).partial_fit(*multiclass, classes=[0, 1, 2]).partial_fit(*multiclass)
        counted[kind] = (model.n_iter_, len(model.loss_curve_), stream.n_iter_)
    assert counted[MLPClassifier] == (4, 8, 1)
    assert counted[DeepMLPClassifier] == (8, 8, 2)


@row("`warm_start` on fewer classes")
def goes_on_with_fewer_classes(multiclass):
    X, y = multiclass
    theirs, ours = (kind(warm_start=True, **SHORT).fit(X, y) for kind in (MLPClassifier, DeepMLPClassifier))
    assert raises(ValueError, lambda: theirs.fit(X[y < 2], y[y < 2]))
    assert ours.fit(X[y < 2], y[y < 2]).classes_.tolist() == [0, 1, 2]


@row("`decision_function`")
def has_raw_scores(binary):
    X, y = binary
    assert not hasattr(MLPClassifier(), "decision_function")
    model = DeepMLPClassifier(**SHORT).fit(X, y)
    p = model.predict_proba(X)[:, 1]
    assert_allclose(model.decision_function(X), np.log(p / (1.0 - p)), rtol=1e-3, atol=1e-3)
    CalibratedClassifierCV(Asked(), cv=2).fit(X, y)
    assert set(ASKED) == {"decision_function"}


ASKED = []


class Asked(DeepMLPClassifier):
    """Notes which of its outputs is asked for."""

    def __init__(self):
        super().__init__((6,), max_iter=2, random_state=0)

    def decision_function(self, X):
        ASKED.append("decision_function")
        return super().decision_function(X)

    def predict_proba(self, X, mc_samples=None):
        ASKED.append("predict_proba")
        return super().predict_proba(X)


@row("a single class in y")
def models_a_single_class(multiclass):
    X = multiclass[0]
    theirs, ours = (kind(**SHORT).fit(X, ["a"] * len(X)) for kind in (MLPClassifier, DeepMLPClassifier))
    assert set(theirs.predict(X)) == set(ours.predict(X)) == {"a"}
    assert theirs.predict_proba(X).shape[1] == 2
    assert ours.predict_proba(X).shape[1] == 1


@row("sparse indicator targets")
def predicts_dense_labels(multilabel):
    X, Y = multilabel
    theirs, ours = (kind(**SHORT).fit(X, csr_matrix(Y)) for kind in (MLPClassifier, DeepMLPClassifier))
    assert issparse(theirs.predict(X))
    assert isinstance(ours.predict(X), np.ndarray)


@row("indicators of other values, such as -1 and 1")
def refuses_other_indicators(multilabel):
    X, Y = multilabel
    MLPClassifier(**SHORT).fit(X, np.where(Y, 1, -1))
    assert raises(ValueError, lambda: DeepMLPClassifier(**SHORT).fit(X, np.where(Y, 1, -1)))


@row("an input that is constant in training")
def takes_no_notice_of_a_constant_input(multiclass):
    X, y = multiclass
    constant, moved = (np.column_stack([X, np.full(len(X), value)]) for value in (0.0, 80.0))
    theirs, ours = (kind(**SHORT).fit(constant, y) for kind in (MLPClassifier, DeepMLPClassifier))
    assert np.abs(theirs.predict_proba(moved) - theirs.predict_proba(constant)).max() > 0.1
    assert_array_equal(ours.predict_proba(moved), ours.predict_proba(constant))


@row("a constant target of the regressor")
def predicts_a_constant_target(regression):
    X = regression[0]
    theirs, ours = (kind(**SHORT).fit(X, np.full(len(X), 1e-9)) for kind in (MLPRegressor, DeepMLPRegressor))
    assert np.abs(theirs.predict(X)).max() > 1e-3
    assert set(ours.predict(X)) == {1e-9}


@row("weights and repeated rows")
def weighs_as_it_repeats(multiclass):
    X, y = multiclass
    counts = np.arange(len(y)) % 3
    given = {**SHORT, "batch_size": 1000}
    weighted = DeepMLPClassifier(**given).fit(X, y, counts)
    repeated = DeepMLPClassifier(**given).fit(X.repeat(counts, axis=0), y.repeat(counts))
    assert_array_equal(weighted.predict_proba(X), repeated.predict_proba(X))
    given["keep_prob"] = 0.5
    weighted = DeepMLPClassifier(**given).fit(X, y, counts)
    repeated = DeepMLPClassifier(**given).fit(X.repeat(counts, axis=0), y.repeat(counts))
    assert not np.array_equal(weighted.predict_proba(X), repeated.predict_proba(X))


# ------------------------------------------------------------------------------------------------------------------


def test_every_row_of_the_table_has_a_check():
    assert set(rows_of_the_table()) == set(CHECKS)


@pytest.mark.parametrize("name", CHECKS)
def test_what_a_row_says_is_seen_in_both(name, request):
    """In the scikit-learn that is installed, and in ours."""
    check = CHECKS[name]
    check(*map(request.getfixturevalue, signature(check).parameters))
