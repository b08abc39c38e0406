"""skdeep.core.losses."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.optimize import minimize
from scipy.special import logit
from sklearn.metrics import log_loss

from skdeep.core import LOSSES

each_loss = pytest.mark.parametrize("name", LOSSES)
cross_entropies = pytest.mark.parametrize("name", ["multiclass", "binary", "multilabel"])


def evaluate(name, Y, scores):
    """Losses per row and the gradient, from buffers full of rubbish."""
    delta, losses = scores.copy(), np.full(scores.shape[:-1], np.nan, dtype=scores.dtype)
    LOSSES[name].bind(Y, delta, losses, np.full_like(scores, np.nan))()
    return losses, delta


def extremes(name, largest, dtype):
    scores = np.array([[1.0, -1.0, 0.0], [-1.0, -1.0, -1.0], [0.0, 1.0, 1.0]], dtype=dtype) * dtype(largest)
    return (np.eye(3, dtype=dtype), scores) if name == "multiclass" else (np.eye(3, dtype=dtype)[::-1], scores)


def test_softmax_equals_log_loss_of_scikit_learn(rng):
    """Multiclass: the mean over rows is `log_loss` of the probabilities."""
    y, scores = np.arange(20) % 4, rng.normal(scale=3.0, size=(20, 4))
    losses, _ = evaluate("multiclass", np.eye(4)[y], scores)
    assert losses.mean() == pytest.approx(log_loss(y, LOSSES["multiclass"].inverse_link(scores)), rel=1e-12)


def test_sigmoid_equals_log_loss_of_scikit_learn(rng):
    """Binary: the mean over rows is `log_loss` of the probabilities."""
    y, scores = np.arange(20) % 2, rng.normal(scale=3.0, size=(20, 1))
    losses, _ = evaluate("binary", y[:, None].astype(float), scores)
    assert losses.mean() == pytest.approx(log_loss(y, LOSSES["binary"].inverse_link(scores)[:, 0]), rel=1e-12)


def test_multilabel_sums_the_binary_losses_of_its_outputs(rng):
    """Multilabel: a row's loss is the sum of one binary loss per output."""
    Y, scores = rng.integers(0, 2, (10, 3)).astype(float), rng.normal(size=(10, 3))
    losses, _ = evaluate("multilabel", Y, scores)
    binary = [evaluate("binary", Y[:, [k]], scores[:, [k]])[0] for k in range(3)]
    np.testing.assert_allclose(losses, np.sum(binary, axis=0), rtol=1e-13)


def test_squared_error_equals_its_formula(rng):
    """Regression: half the squared distance, summed over the outputs."""
    Y, scores = rng.normal(size=(2, 10, 3))
    losses, _ = evaluate("regression", Y, scores)
    np.testing.assert_allclose(losses, np.linalg.norm(scores - Y, axis=1) ** 2 / 2.0, rtol=1e-13)


@pytest.mark.parametrize("n_outputs", [1, 2, 5])
@each_loss
def test_gradient_equals_the_two_sided_difference(name, n_outputs, rng, make_targets, two_sided):
    """`delta` becomes the derivative of the rows' losses by the scores, for soft targets too."""
    Y, scores = make_targets(name, (4, n_outputs)), rng.normal(size=(4, n_outputs))
    _, gradient = evaluate(name, Y, scores)
    expected = two_sided(lambda z: evaluate(name, Y, z)[0].sum(), scores)
    np.testing.assert_allclose(gradient, expected, rtol=1e-7, atol=1e-8)


@pytest.mark.parametrize(("dtype", "largest"), [(np.float32, 1e3), (np.float64, 1e4)])
@each_loss
def test_extreme_scores_stay_finite(name, dtype, largest):
    """Loss and gradient are finite, in the precision of the scores, where probabilities round to 0 and 1."""
    Y, scores = extremes(name, largest, dtype)
    losses, gradient = evaluate(name, Y, scores)
    assert np.isfinite(losses).all()
    assert np.isfinite(gradient).all()


@pytest.mark.parametrize(("dtype", "largest"), [(np.float32, 1e3), (np.float64, 1e4)])
@cross_entropies
def test_a_sure_and_wrong_score_costs_its_size(name, dtype, largest):
    """Cross-entropy grows linearly in the score of a wrong class; no clipping hides it."""
    scores, Y = np.array([[largest, 0.0]], dtype=dtype), np.array([[0.0, 1.0]], dtype=dtype)
    if name == "binary":
        scores, Y = scores[:, :1], Y[:, :1]
    losses, _ = evaluate(name, Y, scores)
    assert losses[0] == pytest.approx(largest, rel=1e-3)


@each_loss
def test_loss_is_never_negative(name, rng, make_targets):
    """No row's loss is below zero."""
    losses, _ = evaluate(name, make_targets(name, (50, 3)), rng.normal(scale=5.0, size=(50, 3)))
    assert losses.min() >= 0.0


@given(
    arrays(np.float64, (3, 4), elements=st.floats(-50.0, 50.0)),
    st.floats(-100.0, 100.0),
)
def test_softmax_ignores_a_common_shift(scores, shift):
    """Adding one number to all scores of a row changes neither its loss nor its gradient."""
    Y = np.eye(4)[:3]
    for plain, shifted in zip(
        evaluate("multiclass", Y, scores), evaluate("multiclass", Y, scores + shift), strict=True
    ):
        np.testing.assert_allclose(plain, shifted, atol=1e-11)


@pytest.mark.parametrize("largest", [1.0, 1e4])
def test_softmax_probabilities_sum_to_one(largest, rng):
    """The rows of the inverse link sum to one."""
    probabilities = LOSSES["multiclass"].inverse_link(rng.uniform(-largest, largest, (6, 5)))
    np.testing.assert_allclose(probabilities.sum(axis=1), 1.0, rtol=1e-14)


def test_softmax_gradients_sum_to_zero(rng, make_targets):
    """The gradient of a row sums to zero, as both the probabilities and the targets sum to one."""
    _, gradient = evaluate("multiclass", make_targets("multiclass", (6, 5)), rng.normal(size=(6, 5)))
    np.testing.assert_allclose(gradient.sum(axis=1), 0.0, atol=1e-15)


@cross_entropies
def test_log_probabilities_are_the_logarithm_of_the_probabilities(name, rng):
    """`log_inverse_link` is the logarithm of `inverse_link`."""
    scores = rng.normal(scale=3.0, size=(5, 3))
    logs = LOSSES[name].log_inverse_link(scores)
    np.testing.assert_allclose(np.exp(logs), LOSSES[name].inverse_link(scores), rtol=1e-12)


@pytest.mark.parametrize(("dtype", "largest"), [(np.float32, 1e3), (np.float64, 1e4)])
@cross_entropies
def test_log_probabilities_are_finite(name, dtype, largest):
    """`log_inverse_link` is finite where the probability itself rounds to zero, and keeps the precision."""
    logs = LOSSES[name].log_inverse_link(extremes(name, largest, dtype)[1])
    assert np.isfinite(logs).all()
    assert logs.dtype == dtype


def test_regression_predicts_its_scores(rng):
    """The inverse link of the squared error is the identity, its logarithm the logarithm."""
    scores = rng.uniform(0.5, 2.0, (4, 2))
    np.testing.assert_array_equal(LOSSES["regression"].inverse_link(scores), scores)
    np.testing.assert_array_equal(LOSSES["regression"].log_inverse_link(scores), np.log(scores))


@each_loss
def test_a_stack_is_its_members(name, rng, make_targets):
    """With a leading axis each member gets the losses and the gradient that it gets alone."""
    Y, scores = make_targets(name, (3, 4, 2)), rng.normal(size=(3, 4, 2))
    losses, gradient = evaluate(name, Y, scores)
    for member in range(3):
        alone = evaluate(name, Y[member], scores[member])
        np.testing.assert_allclose(losses[member], alone[0], rtol=1e-14)
        np.testing.assert_allclose(gradient[member], alone[1], rtol=1e-14)


@pytest.mark.parametrize(
    ("name", "function"),
    [("multiclass", "softmax"), ("binary", "logistic"), ("multilabel", "logistic"), ("regression", "identity")],
)
def test_output_functions_have_the_names_of_scikit_learn(name, function):
    """`out_activation` says what `MLPClassifier.out_activation_` would."""
    assert LOSSES[name].out_activation == function


@each_loss
def test_a_loss_bound_once_reads_its_buffers_anew(name, rng, make_targets):
    """New scores and targets in the same buffers give what a fresh binding gives."""
    targets, scores = np.empty((4, 3)), np.empty((4, 3))
    losses, scratch = np.empty(4), np.empty((4, 3))
    evaluate_again = LOSSES[name].bind(targets, scores, losses, scratch)
    for _ in range(2):
        targets[...], scores[...] = make_targets(name, (4, 3)), rng.normal(size=(4, 3))
        expected = evaluate(name, targets.copy(), scores.copy())
        evaluate_again()
        np.testing.assert_array_equal(losses, expected[0])
        np.testing.assert_array_equal(scores, expected[1])


@pytest.mark.parametrize("n_outputs", [1, 4])
@each_loss
def test_no_constant_scores_cost_less_than_the_best_constant(name, n_outputs, rng, make_targets):
    """Of soft targets and weighted rows: scipy finds no scores that do better, and some that do as well."""
    Y, weight = make_targets(name, (30, n_outputs)), rng.uniform(0.1, 2.0, 30)
    mean = weight @ Y / weight.sum()

    def cost(scores):
        return np.average(evaluate(name, Y, np.tile(scores, (30, 1)))[0], weights=weight)

    found = minimize(
        cost, np.zeros(n_outputs), method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-13, "maxiter": 5000}
    )
    best = LOSSES[name].of_constant(mean, np.average((Y - mean) ** 2, axis=0, weights=weight), mean)
    assert best == pytest.approx(found.fun, abs=1e-6)


@each_loss
def test_zero_scores_cost_what_is_said_of_them(name, rng, make_targets):
    Y = make_targets(name, (30, 3))
    losses, _ = evaluate(name, Y, np.zeros((30, 3)))
    assert LOSSES[name].of_zero_scores(np.mean(Y**2, axis=0)) == pytest.approx(losses.mean(), rel=1e-12)


@cross_entropies
def test_one_class_alone_costs_a_constant_nothing(name):
    """Also where rounding has left its share a hair above 1."""
    share = np.array([1.0 + 1e-16 * 3, 0.0])
    assert LOSSES[name].of_constant(share, share, share) == pytest.approx(0.0, abs=1e-5)


@each_loss
def test_a_constant_learnt_elsewhere_costs_what_its_scores_do(name, rng, make_targets):
    """Scores whose inverse link is the mean of other targets, on each row."""
    Y, others = make_targets(name, (30, 3)), make_targets(name, (20, 3)).mean(axis=0)
    scores = {"multiclass": np.log, "binary": logit, "multilabel": logit, "regression": np.copy}[name](others)
    losses, _ = evaluate(name, Y, np.tile(scores, (30, 1)))
    assert LOSSES[name].of_constant(Y.mean(axis=0), Y.var(axis=0), others) == pytest.approx(losses.mean(), rel=1e-12)
