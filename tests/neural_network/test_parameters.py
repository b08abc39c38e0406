"""What each parameter must be, said in the error, and what each one changes."""

import ast
import inspect
import re

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from skdeep import DeepMLPClassifier, DeepMLPRegressor

KEEP_PROB = "in (0, 1]; 1.0 turns dropout off"
POSITIVE = "a positive, finite number"
AT_LEAST_ZERO = "a finite number of at least 0"
SHARE = "in [0, 1)"
BOOL = "True or False"
NAN, INF = float("nan"), float("inf")

# parameter: (the rule in the words of the error, values that break it)
WRONG = {
    "hidden_layer_sizes": (
        "a positive integer or a sequence of them",
        [0, -3, 2.5, "8", None, (8, 0), [8, 2.0], (True,)],
    ),
    "activation": ("one of 'identity', 'logistic'", ["sigmoid", None, 3, np.tanh]),
    "init": ("one of 'auto', 'he_normal'", ["he", None, 0.01]),
    "alpha": ("'auto' or " + AT_LEAST_ZERO, [-1e-9, NAN, INF, "1", None, True, 1j]),
    "keep_prob": (KEEP_PROB, [0, 0.0, -0.5, 1.1, NAN, "0.5", None, True]),
    "input_keep_prob": (KEEP_PROB, [0, 1.1, NAN, None, [0.5]]),
    "max_norm": (POSITIVE, [0, -1.0, INF, NAN, "3"]),
    "label_smoothing": (SHARE, [-0.1, 1.0, NAN, None]),
    "augment": ("None or a callable (X_batch, y_batch, rng)", ["noise", 0.1, True]),
    "class_weight": ("None, 'balanced' or a dict", ["even", 2.0, [1, 2]]),
    "solver": ("one of 'adam', 'adamw', 'lbfgs', 'rmsprop', 'sgd'", ["newton", None, "Adam"]),
    "learning_rate": ("one of 'constant'", ["step", None, 0.1]),
    "learning_rate_init": (POSITIVE, [0, -0.1, INF, NAN, None, "auto"]),
    "momentum": (SHARE, [-0.1, 1.0, NAN, None]),
    "nesterovs_momentum": (BOOL, [1, None, "yes"]),
    "beta_1": (SHARE, [-0.1, 1.0, NAN]),
    "beta_2": (SHARE, [-0.1, 1.0, NAN]),
    "epsilon": (POSITIVE, [0, -1e-8, INF]),
    "clip_norm": (POSITIVE, [0, -1.0, INF, NAN]),
    "batch_size": ("'auto' or a positive integer", [0, -1, 32.0, "all", None, True]),
    "max_iter": ("a positive integer", [0, -1, 10.0, None, INF, True]),
    "shuffle": (BOOL, [1, None, "yes"]),
    "tol": (AT_LEAST_ZERO, [-1e-4, NAN, INF, None]),
    "n_iter_no_change": ("a positive integer or np.inf", [0, 2.5, None, -INF]),
    "early_stopping": (BOOL, [1, None, "auto"]),
    "validation_fraction": ("in (0, 1)", [0.0, 1.0, -0.1, 30, NAN, None]),
    "scoring": ("'loss', the name of a scorer, a callable", [3, ["accuracy"], True]),
    "warm_start": (BOOL, [1, None]),
    "total_samples": (POSITIVE, [0, -1, INF, NAN, "all", True]),
    "record_norms": (BOOL, [1, None]),
    "on_divergence": ("one of 'raise', 'restore'", ["keep", None, True]),
    "on_interrupt": ("one of 'raise', 'keep'", ["restore", None, True]),
    "dtype": ("'float32' or 'float64'", ["float16", int, "double precision", None, ">f8"]),
    "random_state": ("None, an integer in [0, 2**32 - 1] or a numpy RandomState", [-1, 2**32, 0.5, "0", True]),
    "verbose": ("a bool or an integer of at least 0", [-1, 0.5, None, "yes"]),
}
CASES = [(name, rule, value) for name, (rule, values) in WRONG.items() for value in values]


@pytest.mark.parametrize(("name", "rule", "value"), CASES)
def test_a_wrong_value_is_answered_by_parameter_rule_and_value(multiclass, name, rule, value):
    with pytest.raises(ValueError, match="must be") as error:
        DeepMLPClassifier((4,), max_iter=1).set_params(**{name: value}).fit(*multiclass)
    message = str(error.value)
    assert message.startswith(f"{name} must be {rule}")
    assert message.endswith(f"Got {value!r}.")


@pytest.mark.parametrize("estimator", [DeepMLPClassifier, DeepMLPRegressor])
def test_no_parameter_is_without_its_wrong_values(estimator):
    assert set(estimator().get_params()) <= set(WRONG)


@pytest.mark.parametrize("method", ["fit", "partial_fit"])
@pytest.mark.parametrize("estimator", [DeepMLPClassifier, DeepMLPRegressor])
def test_every_way_of_training_checks_the_parameters(multiclass, estimator, method):
    model = estimator((4,), keep_prob=0)
    classes = {"classes": [0, 1, 2]} if (estimator, method) == (DeepMLPClassifier, "partial_fit") else {}
    with pytest.raises(ValueError, match=r"keep_prob must be in \(0, 1\]; 1.0 turns dropout off. Got 0\."):
        getattr(model, method)(*multiclass, **classes)


def test_a_constructor_checks_nothing():
    """As scikit-learn asks: only fit may judge."""
    assert DeepMLPClassifier(keep_prob=0, solver="newton").keep_prob == 0


@pytest.mark.parametrize("name", ["activation", "keep_prob"])
@pytest.mark.parametrize("n_values", [0, 1, 3])
def test_a_wrong_number_of_values_per_layer_is_counted(multiclass, name, n_values):
    values = {"activation": ["tanh"], "keep_prob": [0.5]}[name] * n_values
    rule = rf"{name} must be one value, or one per hidden layer: hidden_layer_sizes has 2. Got {n_values} values"
    with pytest.raises(ValueError, match=rule):
        DeepMLPClassifier((4, 4), **{name: values}).fit(*multiclass)


@pytest.mark.parametrize(
    ("name", "values", "words"),
    [
        ("activation", ["relu", "sigmoid"], "'sigmoid'"),
        ("keep_prob", [0.5, 0], "Got 0 in"),
        ("keep_prob", (1.0, 1.5), "1.5"),
    ],
)
def test_a_wrong_value_of_one_layer_is_named_by_its_layer(multiclass, name, values, words):
    with pytest.raises(ValueError, match=rf"{name}\[1\] must be") as error:
        DeepMLPClassifier((4, 4), **{name: values}).fit(*multiclass)
    assert words in str(error.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("keep_prob", 0.9),
        ("keep_prob", [1.0, 0.9]),
        ("input_keep_prob", 0.9),
        ("max_norm", 3.0),
        ("clip_norm", 1.0),
        ("augment", lambda X, Y, rng: None),
    ],
)
def test_lbfgs_allows_nothing_that_changes_steps_or_draws(multiclass, name, value):
    with pytest.raises(ValueError, match=f"{name} must be .* with solver='lbfgs'"):
        DeepMLPClassifier((4, 4), solver="lbfgs", **{name: value}).fit(*multiclass)


# Values that mean the same ------------------------------------------------------------------------------------------

SAME = {
    "one layer as a number": ({"hidden_layer_sizes": 6}, {"hidden_layer_sizes": (6,)}),
    "layers as an array": ({"hidden_layer_sizes": np.array([6, 5])}, {"hidden_layer_sizes": (6, 5)}),
    "one activation for all": ({"activation": "tanh"}, {"activation": ("tanh", "tanh")}),
    "activations as an array": ({"activation": np.array(["tanh", "relu"])}, {"activation": ["tanh", "relu"]}),
    "one keep_prob for all": ({"keep_prob": 0.8}, {"keep_prob": [0.8, 0.8]}),
    "keep_prob as an array": ({"keep_prob": np.array([0.8, 0.6])}, {"keep_prob": (0.8, 0.6)}),
    "keep_prob of one": ({"keep_prob": 1}, {"keep_prob": [1.0, np.float32(1.0)]}),
    "dtype as a type": ({"dtype": np.float64}, {"dtype": "float64"}),
    "dtype as a dtype": ({"dtype": np.dtype("float32")}, {"dtype": "float32"}),
    "xavier": ({"init": "xavier_uniform"}, {"init": "glorot_uniform"}),
    "auto for silu": ({"init": "auto"}, {"init": "he_then_glorot"}),
    "numpy numbers": ({"alpha": np.float32(0.5), "batch_size": np.int64(32)}, {"alpha": 0.5, "batch_size": 32}),
    "auto alpha": ({"alpha": "auto"}, {"alpha": 3.2}),
    "auto batches": ({"batch_size": "auto"}, {"batch_size": 40}),
    "batches beyond the rows": ({"batch_size": 570}, {"batch_size": 10**9}),
    "adamw without penalty": ({"alpha": 0.0, "solver": "adamw"}, {"alpha": 0.0, "solver": "adam"}),
    "a large max_norm": ({"max_norm": 1e6}, {"max_norm": None}),
    "a constant rate as a callable": ({"learning_rate": lambda step: 0.0015}, {"learning_rate": "constant"}),
    "numpy booleans": ({"shuffle": np.True_, "early_stopping": np.False_}, {}),
}


def he_then_glorot():
    """What "auto" means for two hidden layers of silu, of public names alone."""
    from skdeep.core import INITIALIZERS

    return lambda rng, fan_in, fan_out: INITIALIZERS["glorot_normal" if fan_out == 1 else "he_normal"](
        rng, fan_in, fan_out
    )


@pytest.mark.parametrize(("one", "other"), SAME.values(), ids=SAME)
def test_two_ways_to_say_the_same_train_the_same(binary, one, other):
    if other.get("init") == "he_then_glorot":
        other = {"init": he_then_glorot()}
    first, second = (
        DeepMLPClassifier(**{"hidden_layer_sizes": (6, 5), "max_iter": 3, "random_state": 0} | parameters).fit(*binary)
        for parameters in (one, other)
    )
    assert_array_equal(first.predict_proba(binary[0]), second.predict_proba(binary[0]))


# Every parameter changes the training -------------------------------------------------------------------------------

CHANGES = {
    "hidden_layer_sizes": (7, 5),
    "activation": "gelu",
    "init": "lecun_uniform",
    "alpha": 50.0,
    "keep_prob": 0.5,
    "input_keep_prob": 0.5,
    "max_norm": 0.5,
    "label_smoothing": 0.2,
    "augment": lambda X, Y, rng: np.negative(X, out=X),
    "class_weight": "balanced",
    "solver": "rmsprop",
    "learning_rate": "constant",
    "learning_rate_init": 0.01,
    "beta_1": 0.5,
    "beta_2": 0.5,
    "epsilon": 0.1,
    "clip_norm": 1e-3,
    "batch_size": 50,
    "max_iter": 4,
    "shuffle": False,
    "dtype": "float64",
    "random_state": 1,
}


@pytest.mark.parametrize(("n_rows", "batch_size"), [(30, 30), (64, 40), (1000, 50), (2500, 125), (20000, 256)])
def test_auto_batches_are_a_twentieth_of_the_rows(n_rows, batch_size):
    """Within 40 and 256, and no more than all rows."""
    sizes = []
    note = lambda X_batch, y_batch, rng: sizes.append(len(X_batch))  # noqa: E731
    DeepMLPClassifier((2,), max_iter=1, augment=note).fit(np.ones((n_rows, 1)), np.arange(n_rows) % 2)
    assert sizes[0] == batch_size


@pytest.mark.parametrize(("name", "value"), CHANGES.items(), ids=CHANGES)
def test_a_parameter_changes_the_model(binary, name, value):
    X, y = binary
    base = {"hidden_layer_sizes": (6, 5), "max_iter": 5, "epsilon": 1e-8, "random_state": 0}
    plain, changed = (DeepMLPClassifier(**base | given).fit(X, y) for given in ({}, {name: value}))
    assert np.abs(changed.predict_proba(X) - plain.predict_proba(X)).max() > 1e-9


@pytest.mark.parametrize(("name", "value"), [("momentum", 0.5), ("nesterovs_momentum", False)])
def test_a_parameter_of_sgd_changes_the_model(binary, name, value):
    X, y = binary
    base = {"hidden_layer_sizes": (6, 5), "max_iter": 5, "solver": "sgd", "random_state": 0}
    plain, changed = (DeepMLPClassifier(**base | given).fit(X, y) for given in ({}, {name: value}))
    assert np.abs(changed.predict_proba(X) - plain.predict_proba(X)).max() > 1e-6


def test_max_norm_bounds_the_weights_into_every_hidden_unit(binary):
    model = DeepMLPClassifier((16, 16), max_norm=0.7, max_iter=20, learning_rate_init=0.01, random_state=0).fit(*binary)
    norms = np.concatenate([np.linalg.norm(W, axis=0) for W in model.coefs_[:-1]])
    assert norms.max() == pytest.approx(0.7, rel=1e-5)


def test_clip_norm_bounds_the_first_step(binary):
    """Of plain descent, whose step is the rate times the gradient."""
    X, y = binary
    start = np.random.default_rng(0).normal(size=(30, 1))
    model = DeepMLPClassifier(
        (),
        init=lambda rng, fan_in, fan_out: start,
        solver="sgd",
        momentum=0.0,
        clip_norm=0.01,
        learning_rate_init=1.0,
        batch_size=1000,
        max_iter=1,
        dtype="float64",
    ).fit(X, y)
    step = np.append(model.coefs_[0] - start, model.intercepts_[0])
    assert np.linalg.norm(step) == pytest.approx(0.01)


RATES = {
    "constant": [0.1, 0.1, 0.1, 0.1],
    "invscaling": [0.1 / np.sqrt(k) for k in (1, 2, 3, 4)],
    "exponential": [0.1 * 0.01 ** (k / 4) for k in range(4)],
    "cosine": [0.05 * (1 + np.cos(np.pi * k / 4)) for k in range(4)],
    "warmup_cosine": [0.05 * (1 + np.cos(np.pi * k / 4)) for k in range(4)],  # a twentieth of 4 steps is no step
}


@pytest.mark.parametrize(
    ("schedule", "rates"), [*RATES.items(), (lambda step: 0.1 / (1 + step), [0.1, 0.05, 0.1 / 3, 0.025])]
)
def test_the_learning_rate_follows_its_schedule(binary, schedule, rates):
    model = DeepMLPClassifier((4,), learning_rate=schedule, learning_rate_init=0.1, batch_size=1000, max_iter=4)
    assert_allclose(model.fit(*binary).history_.learning_rate, rates)


def test_the_adaptive_rate_is_divided_by_five_at_every_stall(binary):
    model = DeepMLPClassifier(
        (4,),
        learning_rate="adaptive",
        learning_rate_init=0.1,
        tol=10.0,
        n_iter_no_change=2,
        batch_size=1000,
        max_iter=100,
    ).fit(*binary)
    assert_allclose(model.history_.learning_rate[1:9], np.repeat([0.1, 0.02, 0.004, 0.0008], 2))
    assert min(model.history_.learning_rate) == pytest.approx(0.1 / 5**8)  # the first below 1e-6
    assert model.stop_reason_ == "converged"


@pytest.mark.parametrize("rate", [NAN, INF, -0.1, "fast", None, 1j])
def test_a_schedule_that_returns_no_rate_is_answered(binary, rate):
    with pytest.raises(ValueError, match=r"learning_rate must return a finite number of at least 0. Got .* at step 0"):
        DeepMLPClassifier((4,), learning_rate=lambda step: rate).fit(*binary)


@pytest.mark.parametrize("init", ["normal", "zeros", "orthogonal", "he_uniform", "glorot_normal", "lecun_normal"])
def test_initial_weights_are_those_of_the_named_scheme(binary, init):
    """Seen where a tiny rate has left them: their spread, and that of a shape the scheme bounds."""
    model = DeepMLPClassifier((50,), init=init, learning_rate_init=1e-12, max_iter=1, solver="sgd", dtype="float64")
    W = model.fit(*binary).coefs_[0]
    spread = {
        "normal": 0.01,
        "zeros": 0.0,
        "orthogonal": 50**-0.5,
        "he_uniform": (2 / 30) ** 0.5,
        "glorot_normal": (2 / 80) ** 0.5,
        "lecun_normal": (1 / 30) ** 0.5,
    }[init]
    assert W.std() == pytest.approx(spread, rel=0.1, abs=1e-9)
    assert_allclose(model.intercepts_[0], 0.0, atol=1e-9)


def test_a_callable_init_is_called_once_per_layer_in_order(binary):
    shapes = []

    def ones(rng, fan_in, fan_out):
        shapes.append((fan_in, fan_out))
        return np.full((fan_in, fan_out), 0.1)

    model = DeepMLPClassifier((6, 5), init=ones, learning_rate_init=1e-12, max_iter=1, solver="sgd").fit(*binary)
    assert shapes == [(30, 6), (6, 5), (5, 1)]
    assert_allclose(model.coefs_[1], 0.1, rtol=1e-6)


WRONG_WEIGHTS = {
    "transposed": np.ones((6, 30)),
    "flat": np.ones(180),
    "a number": 1.0,
    "nothing": None,
    "not finite": np.full((30, 6), np.nan),
    "beyond float32": np.full((30, 6), 1e300),
    "text": np.full((30, 6), "a"),
}


@pytest.mark.parametrize("weights", WRONG_WEIGHTS.values(), ids=WRONG_WEIGHTS)
def test_an_init_that_returns_no_such_weights_is_answered(binary, weights):
    with pytest.raises(ValueError, match="init"):
        DeepMLPClassifier((6,), init=lambda rng, fan_in, fan_out: weights).fit(*binary)


@pytest.mark.parametrize("kind", [DeepMLPClassifier, DeepMLPRegressor])
def test_every_parameter_has_its_entry_in_the_docstring(kind):
    """In the order of the constructor, and with its default."""
    section = inspect.getdoc(kind).split("Parameters\n----------\n")[1].split("\n\nAttributes\n")[0]
    entries = re.findall(r"^(\w+) : .*default=(.+)$", section, flags=re.MULTILINE)
    parameters = inspect.signature(kind).parameters.values()
    assert [(name, ast.literal_eval(default)) for name, default in entries] == [(p.name, p.default) for p in parameters]
