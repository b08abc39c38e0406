"""Input that cannot be trained on is answered by its name and what is wrong; and a failed fit changes nothing."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from scipy.sparse import csr_matrix
from sklearn.exceptions import NotFittedError
from sklearn.utils.validation import check_is_fitted

from skdeep import DeepMLPClassifier, DeepMLPRegressor, DivergenceError

NAN, INF = np.nan, np.inf


def small(estimator=DeepMLPClassifier, **parameters):
    return estimator(**{"hidden_layer_sizes": (4,), "max_iter": 2, "random_state": 0} | parameters)


def spoilt(values, place, value):
    values = values.astype(float)
    values[place] = value
    return values


# Rows and targets ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("container", [np.asarray, csr_matrix])
@pytest.mark.parametrize("value", [NAN, INF, -INF])
@pytest.mark.parametrize("method", ["fit", "partial_fit", "predict", "X_val"])
def test_rows_must_be_finite(multiclass, method, value, container):
    X, y = multiclass
    bad = container(spoilt(X, (3, 1), value))
    model = small().fit(X, y)
    with pytest.raises(ValueError, match=r"Input X.* contains (NaN|infinity)"):
        {
            "fit": lambda: model.fit(bad, y),
            "partial_fit": lambda: model.partial_fit(bad, y),
            "predict": lambda: model.predict(bad),
            "X_val": lambda: model.fit(X, y, X_val=bad, y_val=y),
        }[method]()


@pytest.mark.parametrize("place", ["X", "X_val"])
def test_rows_too_large_for_float32_are_named(multiclass, place):
    """They are finite as they are given, so the error must say which input it is."""
    X, y = multiclass
    rows = {"X": X, "X_val": X, place: spoilt(X, (3, 1), 1e300)}
    with pytest.raises(ValueError, match=f"Input {place} contains infinity or a value too large for dtype"):
        small().fit(rows["X"], y, X_val=rows["X_val"], y_val=y)


def test_rows_too_large_for_float32_are_to_be_scaled_in_float64(multiclass):
    """They are let in, and their loss is beyond all that learning could mend."""
    X, y = multiclass
    with pytest.raises(DivergenceError, match=r"in epoch 1: the loss \(.*\) rose beyond 1e\+15.* or scale the inputs"):
        small(dtype="float64").fit(X * 1e40, y, X_val=X, y_val=y)


@pytest.mark.parametrize("value", [NAN, INF])
def test_a_regression_target_must_be_finite(regression, value):
    X, y = regression
    with pytest.raises(ValueError, match="Input y contains"):
        small(DeepMLPRegressor).fit(X, spoilt(y, 3, value))


@pytest.mark.parametrize("value", [NAN, INF])
@pytest.mark.parametrize(
    ("estimator", "data"), [(DeepMLPClassifier, "multiclass"), (DeepMLPRegressor, "regression")], indirect=["data"]
)
def test_a_dev_target_must_be_finite(estimator, data, value):
    X, y = data
    with pytest.raises(ValueError, match="Input y_val contains"):
        small(estimator).fit(X, y, X_val=X, y_val=spoilt(y, 3, value))


def test_a_target_whose_variance_overflows_is_answered(regression):
    X, y = regression
    with pytest.raises(ValueError, match=r"y must have a finite variance. Got values from"):
        small(DeepMLPRegressor).fit(X, y * 1e300)


def test_continuous_numbers_are_no_classes(regression):
    with pytest.raises(ValueError, match="Unknown label type: continuous"):
        small().fit(*regression)


@pytest.mark.parametrize(("low", "high"), [(-1, 1), (1, 2), (0, 2), (0.0, 0.5)])
@pytest.mark.parametrize("container", [np.asarray, csr_matrix])
def test_two_values_other_than_0_and_1_are_no_indicator(multilabel, low, high, container):
    """scikit-learn takes any two whole numbers for an indicator; as probabilities they mean nothing."""
    X, Y = multilabel
    with pytest.raises(ValueError, match=r"y must be .*indicator matrix of 0 and 1|y must be .*continuous"):
        small().fit(X, container(np.where(Y, high, low)))


def test_several_columns_of_classes_are_no_indicator(multiclass):
    X, y = multiclass
    with pytest.raises(
        ValueError, match=r"y must be 1-d labels or an indicator matrix of 0 and 1.*multiclass-multioutput"
    ):
        small().fit(X, np.column_stack([y, y]))


def test_a_text_target_is_no_number(regression):
    X, _ = regression
    with pytest.raises(ValueError, match="could not convert string to float"):
        small(DeepMLPRegressor).fit(X, ["a"] * len(X))


MISMATCHED = {
    "y": ({"y": 149}, r"inconsistent numbers of samples: \[150, 149\]"),
    "sample_weight": (
        {"sample_weight": 149},
        r"sample_weight must hold one weight per row, 150 in all. Got shape \(149,\)",
    ),
    "y_val": ({"X_val": 150, "y_val": 100}, r"inconsistent numbers of samples: \[150, 100\]"),
    "sample_weight_val": (
        {"X_val": 150, "y_val": 150, "sample_weight_val": 9},
        r"sample_weight_val must hold one weight per row, 150 in all. Got shape \(9,\)",
    ),
}


@pytest.mark.parametrize(("sizes", "words"), MISMATCHED.values(), ids=MISMATCHED)
def test_lengths_that_differ_are_counted(multiclass, sizes, words):
    whole = {"X_val": multiclass[0], "y": multiclass[1], "y_val": multiclass[1]}
    weights = {"sample_weight": np.ones(150), "sample_weight_val": np.ones(150)}
    given = {"y": multiclass[1]} | {name: (whole | weights)[name][:size] for name, size in sizes.items()}
    with pytest.raises(ValueError, match=words):
        small().fit(multiclass[0], **given)


@pytest.mark.parametrize("method", ["predict", "predict_proba", "predict_log_proba", "decision_function"])
def test_another_number_of_features_is_answered(multiclass, method):
    X, y = multiclass
    with pytest.raises(ValueError, match="X has 3 features, but DeepMLPClassifier is expecting 4 features"):
        getattr(small().fit(X, y), method)(X[:, :3])


# Dev sets -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("given", [["X_val"], ["y_val"], ["sample_weight_val"], ["y_val", "sample_weight_val"]])
def test_a_dev_set_is_whole(multiclass, given):
    X, y = multiclass
    parts = {"X_val": X, "y_val": y, "sample_weight_val": np.ones(150)}
    missing = "y_val" if "X_val" in given else "X_val"
    with pytest.raises(ValueError, match=f"X_val and y_val must be given together. Got no {missing}"):
        small().fit(X, y, **{name: parts[name] for name in given})


NUMBERS, TEXT = np.array([0, 1, 2]), np.array(["a", "b", "c"])


@pytest.mark.parametrize(
    ("labels", "others"),
    [
        (NUMBERS, np.array([0, 1, 7])),
        (TEXT, np.array(["a", "b", "x"])),
        (TEXT.astype(object), np.array(["a", "b", "x"], dtype=object)),
        (NUMBERS, TEXT),
        (NUMBERS, TEXT.astype(object)),
        (TEXT, NUMBERS),
        (TEXT.astype(object), NUMBERS),
    ],
)
def test_an_unknown_label_of_a_dev_row_is_named(multiclass, labels, others):
    X, y = multiclass
    with pytest.raises(ValueError, match=r"y_val must hold only the classes .* Got unknown labels") as error:
        small().fit(X, labels[y], X_val=X, y_val=others[y])
    assert str(others.tolist()[2]) in str(error.value).split("Got")[1]


def test_an_unknown_label_of_a_dev_row_is_named_with_class_weights(multiclass):
    X, y = multiclass
    with pytest.raises(ValueError, match="y_val must hold only the classes"):
        small(class_weight="balanced").fit(X, y, X_val=X, y_val=y + 1)


def test_a_dev_target_is_of_the_kind_of_the_training_target(multilabel):
    X, y = multilabel
    with pytest.raises(ValueError, match="y_val must be an indicator matrix of 4 columns"):
        small().fit(X, y, X_val=X, y_val=y[:, 0])


def test_a_dev_target_has_as_many_outputs_as_the_training_target(multioutput):
    X, y = multioutput
    with pytest.raises(ValueError, match="y_val must be 2-d with 3 columns"):
        small(DeepMLPRegressor).fit(X, y, X_val=X, y_val=y[:, :2])


def test_a_split_that_leaves_nothing_to_train_on_is_answered(multiclass):
    X, y = (values[:4] for values in multiclass)
    with pytest.raises(ValueError, match=r"validation_fraction=0.9 of n_samples=4 leaves no row to train on"):
        small(early_stopping=True, validation_fraction=0.9).fit(X, y)


def test_an_unknown_scorer_is_answered(multiclass):
    with pytest.raises(ValueError, match=r"scoring.*must be|not a valid scoring"):
        small(early_stopping=True, scoring="goodness").fit(*multiclass)


@pytest.mark.parametrize("scoring", ["f1", "roc_auc"])
@pytest.mark.parametrize("kind", [DeepMLPClassifier, DeepMLPRegressor])
def test_a_scorer_that_suits_neither_three_classes_nor_numbers_is_named(kind, scoring, multiclass):
    network = kind((4,), early_stopping=True, scoring=scoring, max_iter=2)
    with pytest.raises(ValueError, match=rf"scoring must suit the estimator and the target\. Got '{scoring}'\. \w"):
        network.fit(multiclass[0], multiclass[1] + 0.5 * (kind is DeepMLPRegressor))


# Weights ------------------------------------------------------------------------------------------------------------

WRONG_WEIGHTS = {
    "negative": (lambda n: np.linspace(-0.5, 1, n), "must hold no negative weight. Got -0.5"),
    "all zero": (np.zeros, "must hold at least one weight above zero. Got all zeros"),
    "NaN": (lambda n: np.full(n, NAN), "contains NaN"),
    "infinite": (lambda n: np.full(n, INF), "contains infinity"),
    "too large": (lambda n: np.full(n, 1e300), "must hold weights that float32 can hold. Got 1e[+]300"),
    "two columns": (lambda n: np.ones((n, 2)), "must hold one weight per row"),
    "a number": (lambda n: 1.0, "one weight per row|Singleton array|Expected .* got scalar|scalar array"),
}


@pytest.mark.parametrize("name", ["sample_weight", "sample_weight_val"])
@pytest.mark.parametrize(("make", "words"), WRONG_WEIGHTS.values(), ids=WRONG_WEIGHTS)
@pytest.mark.parametrize(
    ("estimator", "data"), [(DeepMLPClassifier, "multiclass"), (DeepMLPRegressor, "regression")], indirect=["data"]
)
def test_wrong_weights_are_answered(estimator, data, make, words, name):
    X, y = data
    with pytest.raises(ValueError, match=words) as error:
        small(estimator).fit(X, y, X_val=X, y_val=y, **{name: make(len(y))})
    assert name in str(error.value)


@pytest.mark.parametrize("values", [{0: -1.0}, {1: NAN}, {1: INF}])
def test_wrong_class_weights_are_answered(multiclass, values):
    with pytest.raises(ValueError, match=r"class_weight must hold finite weights of at least 0. Got {"):
        small(class_weight=values).fit(*multiclass)


def test_class_and_sample_weights_that_leave_nothing_are_answered(multiclass):
    X, y = multiclass
    with pytest.raises(ValueError, match="must not be zero on every training row"):
        small(class_weight={0: 0.0}).fit(X, y, y == 0)


def test_class_weights_that_leave_no_dev_row_are_answered(multiclass):
    X, y = multiclass
    with pytest.raises(ValueError, match="must not be zero on every dev row"):
        small(class_weight={0: 0.0}).fit(X, y, X_val=X[y == 0], y_val=y[y == 0])


def test_class_weights_are_not_for_indicators(multilabel):
    with pytest.raises(ValueError, match="class_weight must be None for a multilabel target"):
        small(class_weight="balanced").fit(*multilabel)


# Divergence ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    ("estimator", "data"), [(DeepMLPClassifier, "binary"), (DeepMLPRegressor, "regression")], indirect=["data"]
)
def test_divergence_is_an_error_that_says_when_and_what_to_change(estimator, data, dtype):
    with pytest.raises(DivergenceError, match=r"diverged in epoch \d+: .* Lower learning_rate_init, set clip_norm"):
        DeepMLPClassifier((16, 16), solver="sgd", learning_rate_init=1e6, dtype=dtype, random_state=0).fit(
            *data
        ) if estimator is DeepMLPClassifier else DeepMLPRegressor(
            (16, 16), solver="sgd", learning_rate_init=1e6, dtype=dtype, random_state=0
        ).fit(*data)


def test_divergence_names_the_layers(binary):
    with pytest.raises(DivergenceError, match="in epoch 1: the weights of layer 1, 2 became"):
        small(
            init=lambda rng, fan_in, fan_out: np.full((fan_in, fan_out), 1e30), solver="sgd", learning_rate_init=1e30
        ).fit(*binary)


def test_divergence_in_partial_fit_is_an_error_too(binary):
    model = small(solver="sgd", learning_rate_init=1e30)
    with pytest.raises(DivergenceError, match="diverged in epoch 1"):
        model.partial_fit(*binary, classes=[0, 1]).partial_fit(*binary)


def test_rows_that_overflow_in_lbfgs_are_an_error(binary):
    X, y = binary
    with pytest.raises(DivergenceError, match="scale the inputs"):
        small(DeepMLPRegressor, solver="lbfgs").fit(X * 1e300, y)


# A failed fit changes nothing ---------------------------------------------------------------------------------------


class AugmentError(Exception):
    pass


def failing_augment():
    """Gives up in the third epoch."""
    calls = []

    def augment(X_batch, y_batch, rng):
        calls.append(rng.random())
        if len(calls) > 2:
            raise AugmentError

    return augment


FAILURES = {
    "NaN in X": ({}, lambda X, y: (spoilt(X, 0, NAN), y), {}),
    "labels that are no classes": ({}, lambda X, y: (X, y + 0.5), {}),
    "several columns of classes": ({}, lambda X, y: (X[:, :2], np.column_stack([y, y])), {}),
    "a wrong parameter": ({"keep_prob": 0}, lambda X, y: (X, y), {}),
    "a wrong weight": ({}, lambda X, y: (X, y), {"sample_weight": [0.0] * 150}),
    "an unknown dev label": ({}, lambda X, y: (X[:, :3], y), {"X_val": np.ones((2, 3)), "y_val": [0, 9]}),
    "divergence": ({"solver": "sgd", "learning_rate_init": 1e30}, lambda X, y: (X, y), {}),
    "an unknown scorer": ({"early_stopping": True, "scoring": "goodness"}, lambda X, y: (X, y), {}),
    "augmentation": ({"augment": failing_augment, "max_iter": 5}, lambda X, y: (X, y), {}),
}


@pytest.mark.parametrize("warm_start", [False, True])
@pytest.mark.parametrize(("parameters", "spoil", "fit_params"), FAILURES.values(), ids=FAILURES)
def test_a_failed_fit_leaves_the_last_one_as_it_was(multiclass, parameters, spoil, fit_params, warm_start):
    model = small(max_iter=5, warm_start=warm_start).fit(*multiclass)
    names = [name for name in dir(model) if name.endswith("_") and not name.endswith("__") and hasattr(model, name)]
    before = {
        name: np.copy(getattr(model, name)) for name in names if name not in ("coefs_", "intercepts_", "history_")
    }
    weights = [np.copy(W) for W in [*model.coefs_, *model.intercepts_]]
    predicted = model.predict_proba(multiclass[0])
    fail(model, parameters, spoil(*multiclass), fit_params)
    assert_array_equal(model.predict_proba(multiclass[0]), predicted)
    for now, then in zip([*model.coefs_, *model.intercepts_], weights, strict=True):
        assert_array_equal(now, then)
    for name, value in before.items():
        assert_array_equal(getattr(model, name), value)


@pytest.mark.parametrize(("parameters", "spoil", "fit_params"), FAILURES.values(), ids=FAILURES)
def test_a_failed_first_fit_leaves_the_estimator_unfitted(multiclass, parameters, spoil, fit_params):
    model = small()
    fail(model, parameters, spoil(*multiclass), fit_params)
    with pytest.raises(NotFittedError):
        check_is_fitted(model)
    assert not any(hasattr(model, name) for name in ("classes_", "n_features_in_", "coefs_", "loss_curve_"))


@pytest.mark.parametrize(("parameters", "spoil", "fit_params"), FAILURES.values(), ids=FAILURES)
def test_after_a_failed_warm_fit_training_goes_on_as_if_it_had_not_been(multiclass, parameters, spoil, fit_params):
    model, other = (small(warm_start=True, keep_prob=0.8, batch_size=32).fit(*multiclass) for _ in range(2))
    given = {name: model.get_params()[name] for name in parameters}
    fail(model, parameters, spoil(*multiclass), fit_params)
    model.set_params(**given).fit(*multiclass)
    assert_array_equal(model.coefs_[0], other.fit(*multiclass).coefs_[0])
    assert model.loss_curve_ == other.loss_curve_


def fail(model, parameters, data, fit_params):
    """Have the model fail to fit, by one of the `FAILURES`."""
    made = {name: value() if value is failing_augment else value for name, value in parameters.items()}
    model.set_params(**made)
    with pytest.raises((ValueError, AugmentError)):
        model.fit(*data, **fit_params)


def test_a_scorer_that_gives_no_number_is_answered(binary):
    """A NaN score would never count as better, and the last weights would pass for the best."""
    model = DeepMLPClassifier((4,), early_stopping=True, scoring=lambda estimator, X, y: np.nan)
    with pytest.raises(ValueError, match=r"scoring must give a finite number on the dev rows\. Got nan in epoch 1"):
        model.fit(*binary)


def test_class_weights_that_leave_no_weight_are_answered(binary):
    with pytest.raises(ValueError, match="must not be zero on every training row"):
        DeepMLPClassifier((4,), class_weight={0: 0.0, 1: 0.0}).fit(*binary)
