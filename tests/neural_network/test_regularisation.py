"""What a regulariser does over a whole training, and that turning one on disturbs no random draw of another.

What each does in a single step, and which values each takes, is in test_parameters.py and in the tests of the core.
"""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.neural_network import MLPClassifier

from skdeep import DeepMLPClassifier, DeepMLPRegressor
from skdeep.core import Network

# Random draws -------------------------------------------------------------------------------------------------------


class Draws:
    """All that a fit draws at random, stream by stream, as its init, its augmentation, its scorer and its steps see it.

    The augmentation and the scorer change nothing, so the rows of a step show in which order they were drawn.
    """

    def __init__(self):
        self.weights, self.augmentation, self.split, self.order, self.masks = [], [], [], [], []

    def init(self, rng, fan_in, fan_out):
        self.weights.append(rng.normal(size=(fan_in, fan_out)))
        return self.weights[-1]

    def augment(self, X_batch, y_batch, rng):
        self.augmentation.append(rng.random(3))

    def score(self, model, X_dev, y_dev):
        self.split.append(X_dev.copy())
        return 0.0

    def step(self, network, workspace, *streams):
        self.order.append(workspace.inputs.copy())
        draw_masks(network, workspace, *streams)
        self.masks += [mask.copy() for mask in workspace.masks[1:] if mask is not None]

    def __getitem__(self, stream):
        return np.concatenate([np.ravel(draw) for draw in getattr(self, stream)])


draw_masks = Network.draw_masks
ALL = ["weights", "order", "masks", "augmentation", "split"]
# regulariser: (the fit without it, the fit with it, the streams that test_base.py does not look at)
REGULARISERS = {
    "alpha": ({"alpha": 0.0}, {"alpha": 50.0}, ALL),
    "label_smoothing": ({}, {"label_smoothing": 0.2}, ALL),
    "clip_norm": ({}, {"clip_norm": 1e-3}, ALL),
    "max_norm": ({}, {"max_norm": 0.5}, ["weights", "masks", "split"]),
    "input_keep_prob": ({}, {"input_keep_prob": 0.7}, ["masks", "split"]),
    "augment": ({"augment": None}, {}, ["order", "masks", "split"]),
    "early_stopping": ({"early_stopping": False}, {}, ["order", "masks", "augmentation"]),
}
CASES = [(name, stream) for name, (_, _, streams) in REGULARISERS.items() for stream in streams]


@pytest.fixture
def drawn(multiclass, monkeypatch):
    """The draws of a fit with dropout, augmentation and early stopping, and with the parameters given."""
    X, y = multiclass

    def fit(parameters, dev_set):
        draws = Draws()
        monkeypatch.setattr(Network, "draw_masks", lambda *arguments: draws.step(*arguments))
        base = {"keep_prob": 0.8, "early_stopping": True, "augment": draws.augment, "scoring": draws.score}
        base |= {"init": draws.init, "batch_size": 32, "max_iter": 3, "random_state": 0}
        DeepMLPClassifier((8, 6), **base | parameters).fit(X, y, **dev_set)
        return draws

    return fit


@pytest.mark.parametrize(("name", "stream"), CASES)
def test_a_regulariser_changes_no_draw_of_another(multiclass, drawn, name, stream):
    """With early stopping on or off, a dev set is given: its own split would take rows out of the order."""
    off, on, _ = REGULARISERS[name]
    dev_set = {"X_val": multiclass[0], "y_val": multiclass[1]} if name == "early_stopping" else {}
    without, within = drawn(off, dev_set)[stream], drawn(on, dev_set)[stream]
    assert len(without) > 0
    assert_array_equal(without, within)


# Over a whole training ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("solver", ["sgd", "rmsprop", "adamw"])
def test_max_norm_holds_in_the_weights_that_early_stopping_restores(binary, solver):
    """Every hidden unit's incoming weights are at most as long as the limit, and some are just as long."""
    parameters = {"solver": solver, "early_stopping": True, "scoring": lambda model, X, y: -model.n_iter_}
    model = DeepMLPClassifier((16, 16), max_norm=0.7, max_iter=5, random_state=0, **parameters).fit(*binary)
    assert model.best_iter_ < model.n_iter_
    for W in model.coefs_[:-1]:
        assert np.linalg.norm(W, axis=0).max() == pytest.approx(0.7, rel=1e-5)


@pytest.fixture(scope="module")
def noisy():
    """Two classes that overlap: 400 rows, 4 features, 10 % of the labels wrong."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(400, 4))
    return X, (X[:, 0] + X[:, 1] * X[:, 2] > 0) ^ (rng.random(400) < 0.1)


def norms(data, estimator, n_steps, **parameters):
    """How long all weights together are after as many steps with batches of 10, 50 and 400 rows."""
    models = [
        estimator((6,), batch_size=size, max_iter=n_steps * size // 400, random_state=0, **parameters).fit(*data)
        for size in (10, 50, 400)
    ]
    return [np.sqrt(sum((W**2).sum() for W in model.coefs_)) for model in models]


COMMON = {"alpha": 4.0, "activation": "tanh", "solver": "sgd", "learning_rate_init": 0.1}
COMMON |= {"tol": 0.0, "n_iter_no_change": 10**9}  # never stops before its last step


def test_alpha_means_the_same_at_every_batch_size(noisy):
    """Trained to convergence, the weights are equally long; MLPClassifier's differ by far more, as below."""
    lengths = norms(noisy, DeepMLPClassifier, 2000, learning_rate="cosine", **COMMON)
    assert max(lengths) < 1.05 * min(lengths)


@pytest.mark.parametrize(
    ("estimator", "data", "alpha"),
    [
        (DeepMLPClassifier, "binary", 3.2),
        (DeepMLPClassifier, "multiclass", 3.2 * (2 / 3) ** 0.5),
        (DeepMLPClassifier, "multilabel", 3.2),
        (DeepMLPRegressor, "regression", 3.2),
        (DeepMLPRegressor, "multioutput", 3.2),
    ],
    indirect=["data"],
)
def test_auto_alpha_follows_the_spread_of_the_errors(estimator, data, alpha):
    """It is 3.2, and 3.2 sqrt(2 / K) for K classes; the fitted estimator says which number was used."""
    automatic = estimator((4,), max_iter=2, random_state=0).fit(*data)
    given = clone(automatic).set_params(alpha=alpha).fit(*data)
    assert automatic.alpha_ == pytest.approx(alpha, rel=1e-12)
    assert given.alpha_ == alpha
    assert_allclose(automatic.coefs_[0], given.coefs_[0], rtol=1e-5)


def test_alpha_of_scikit_learns_network_grows_as_batches_shrink(noisy):
    """It divides the penalty by the rows of the batch, not of the training set: small batches lose all weights."""
    lengths = norms(noisy, MLPClassifier, 1000, **COMMON)
    assert max(lengths) > 10 * min(lengths)
