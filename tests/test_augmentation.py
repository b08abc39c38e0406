"""skdeep.augmentation: what each augmenter does to a mini-batch, and what the estimators do with it."""

import pickle
import re
import warnings
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy import ndimage, sparse, stats
from sklearn.base import clone
from sklearn.metrics import log_loss
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from skdeep import DeepMLPClassifier, DeepMLPRegressor
from skdeep.augmentation import Compose, GaussianNoise, Mixup, RandomFlip, RandomShift

NAN, INF = float("nan"), float("inf")

# For rows of twelve features.
AUGMENTERS = {
    "noise": GaussianNoise(scale=0.5),
    "mixup": Mixup(alpha=1.0),
    "shift": RandomShift((3, 4), max_shift=(1, 2), fill_value=-9.0),
    "shift in colour": RandomShift((2, 3, 2), max_shift=1),
    "flip": RandomFlip((4, 3), axis=0),
    "flip in colour": RandomFlip((2, 2, 3)),
    "compose": Compose([RandomFlip((3, 4)), Mixup(alpha=0.4), GaussianNoise()]),
}
each_augmenter = pytest.mark.parametrize("augment", AUGMENTERS.values(), ids=AUGMENTERS)
each_dtype = pytest.mark.parametrize("dtype", ["float32", "float64"])


def batch(n_rows=30, dtype="float64"):
    """Rows of twelve features, no two values alike, and the one-hot targets of three classes."""
    X = np.random.default_rng(7).normal(size=(n_rows, 12)).astype(dtype)
    return X, np.eye(3, dtype=dtype)[np.arange(n_rows) % 3]


def augmented(augment, X, y, seed=0):
    """Copies of rows and targets, augmented."""
    X, y = X.copy(), y.copy()
    augment(X, y, np.random.default_rng(seed))
    return X, y


# All of them --------------------------------------------------------------------------------------------------------


@each_dtype
@each_augmenter
def test_an_augmenter_writes_into_the_batch_and_returns_nothing(augment, dtype):
    X, y = batch(dtype=dtype)
    assert augment(X, y, np.random.default_rng(0)) is None
    assert np.abs(X - batch(dtype=dtype)[0]).max() > 0.1
    assert X.dtype == y.dtype == dtype
    assert np.isfinite(X).all()


@pytest.mark.parametrize(
    "laid_out",
    [np.asfortranarray, lambda X: np.hstack([X, X])[:, 12:], lambda X: np.repeat(X, 2, axis=1)[:, ::2]],
    ids=["by columns", "part of a wider batch", "every other column"],
)
@each_augmenter
def test_a_batch_of_any_layout_is_written_into(augment, laid_out):
    """An own augmenter may hand on part of its columns; a reshape that copied would lose what is done to them."""
    X, y = batch()
    expected = augmented(augment, X, y)[0]
    there = laid_out(X)
    augment(there, y, np.random.default_rng(0))
    assert_array_equal(there, expected)


@each_augmenter
def test_equal_generators_give_equal_batches(augment):
    for one, other in zip(augmented(augment, *batch()), augmented(augment, *batch()), strict=True):
        assert_array_equal(one, other)


@each_augmenter
def test_every_call_draws_afresh(augment):
    rng, (first, y), second = np.random.default_rng(0), batch(), batch()[0]
    augment(first, y.copy(), rng)
    augment(second, y.copy(), rng)
    assert not np.array_equal(first, second)


@pytest.mark.parametrize("name", ["noise", "shift", "shift in colour", "flip", "flip in colour"])
def test_what_changes_only_the_inputs_leaves_the_targets(name):
    assert_array_equal(augmented(AUGMENTERS[name], *batch())[1], batch()[1])


@pytest.mark.parametrize("n_rows", [0, 1])
@each_augmenter
def test_a_batch_may_have_one_row_or_none(augment, n_rows):
    X, y = augmented(augment, *batch(n_rows))
    assert np.isfinite(X).all()
    assert_array_equal(y, batch(n_rows)[1])


@pytest.mark.parametrize(
    "augment",
    [
        GaussianNoise(scale=0),
        Mixup(alpha=0),
        RandomShift((3, 4), max_shift=0),
        RandomShift((3, 4), max_shift=(0, 0), fill_value=5.0),
        Compose([]),
    ],
    ids=str,
)
def test_an_augmenter_that_is_turned_off_changes_nothing(augment):
    for now, then in zip(augmented(augment, *batch()), batch(), strict=True):
        assert_array_equal(now, then)


@pytest.mark.parametrize("augment", [GaussianNoise(scale=0), Mixup(alpha=0)], ids=str)
def test_noise_and_mixup_that_are_turned_off_draw_nothing(augment):
    rng = np.random.default_rng(0)
    augment(*batch(), rng)
    assert rng.bit_generator.state == np.random.default_rng(0).bit_generator.state


@pytest.mark.parametrize(
    "copied", [clone, lambda augment: pickle.loads(pickle.dumps(augment))], ids=["clone", "pickle"]
)
@each_augmenter
def test_a_copy_does_the_same(augment, copied):
    copy = copied(augment)
    assert copy is not augment
    for one, other in zip(augmented(copy, *batch()), augmented(augment, *batch()), strict=True):
        assert_array_equal(one, other)


@each_augmenter
def test_the_text_of_an_augmenter_makes_an_equal_one(augment):
    assert repr(eval(repr(augment))) == repr(augment)


@each_augmenter
def test_parameters_that_are_read_can_be_set(augment):
    changed = clone(augment).set_params(**augment.get_params())
    assert_array_equal(augmented(changed, *batch())[0], augmented(augment, *batch())[0])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (RandomShift([3, 4], max_shift=[1, 2]), RandomShift((3, 4), max_shift=(1, 2))),
        (RandomShift(np.array([3, 4]), max_shift=np.array([1, 2])), RandomShift((3, 4), max_shift=(1, 2))),
        (RandomShift((np.uint8(3), np.int8(4)), max_shift=np.uint8(2)), RandomShift((3, 4), max_shift=2)),
        (RandomShift((3, 4), max_shift=(2, 2)), RandomShift((3, 4))),
        (RandomShift((3, 4, 1)), RandomShift((3, 4))),
        (RandomShift((3, 4), fill_value=np.float32(0.5)), RandomShift((3, 4), fill_value=0.5)),
        (RandomFlip(np.array([3, 4], dtype="uint8"), axis=np.int64(0)), RandomFlip((3, 4), axis=0)),
        (GaussianNoise(np.float64(2.0)), GaussianNoise(2)),
        (Mixup(np.float32(0.5)), Mixup(0.5)),
        (Compose((Mixup(),)), Compose([Mixup()])),
    ],
    ids=str,
)
def test_two_ways_to_say_the_same_do_the_same(one, other):
    assert_array_equal(augmented(one, *batch(dtype="float32"))[0], augmented(other, *batch(dtype="float32"))[0])


# GaussianNoise ------------------------------------------------------------------------------------------------------


@each_dtype
@pytest.mark.parametrize("scale", [0.1, 3.0])
def test_noise_is_normal_of_mean_zero_and_the_given_spread(scale, dtype):
    noise = augmented(GaussianNoise(scale), np.zeros((500, 40), dtype), np.zeros((500, 1), dtype))[0]
    assert stats.kstest(noise.ravel(), stats.norm(0.0, scale).cdf).pvalue > 0.01
    assert noise.mean() == pytest.approx(0.0, abs=4 * scale / np.sqrt(noise.size))
    assert noise.std() == pytest.approx(scale, rel=0.02)


def test_noise_is_added_to_what_is_there():
    X, y = batch()
    assert_allclose(augmented(GaussianNoise(), X, y)[0] - X, augmented(GaussianNoise(), 0 * X, y)[0], atol=1e-14)


# Mixup --------------------------------------------------------------------------------------------------------------


def blends(alpha, n_rows, seed=0, dtype="float64"):
    """Mixed rows, the rows they are of, and which shares they are: targets that tell all rows apart become those."""
    X = np.random.default_rng(seed).normal(size=(n_rows, 4)).astype(dtype)
    mixed, shares = augmented(Mixup(alpha), X, np.eye(n_rows, dtype=dtype), seed)
    return mixed, X, shares


@given(st.floats(0.01, 20.0), st.integers(1, 12), st.integers(0, 10**6), st.sampled_from(["float32", "float64"]))
def test_every_row_is_a_blend_of_two_by_the_shares_of_their_targets(alpha, n_rows, seed, dtype):
    mixed, X, shares = blends(alpha, n_rows, seed, dtype)
    for i in range(n_rows):
        w = shares[i, i]
        j = max(set(range(n_rows)) - {i}, key=lambda k: shares[i, k], default=i)
        expected = w * X[i] + (1 - w) * X[j] if j != i else X[i]
        assert_allclose(mixed[i], expected, atol=20 * np.finfo(dtype).eps)
        assert (shares[i] > 0).sum() <= 2
        assert 0 <= w <= 1


@given(st.integers(1, 20), st.integers(0, 10**6))
def test_no_row_is_lent_to_two_others(n_rows, seed):
    """The partners are a permutation, so that none counts more than another."""
    shares = blends(1.0, n_rows, seed)[2]
    np.fill_diagonal(shares, 0.0)
    assert (np.count_nonzero(shares, axis=0) <= 1).all()


@pytest.mark.parametrize("alpha", [0.2, 1.0, 5.0])
def test_the_shares_are_beta_distributed_over_the_rows(alpha):
    shares = np.diag(blends(alpha, 800)[2])
    shares = shares[shares < 1]  # less those that are their own partner
    assert stats.kstest(shares, stats.beta(alpha, alpha).cdf).pvalue > 0.01


@each_dtype
def test_blended_one_hot_targets_still_sum_to_one(dtype):
    y = augmented(Mixup(1.0), *batch(200, dtype))[1]
    assert_allclose(y.sum(axis=1), 1.0, rtol=2e-7)
    assert y.min() >= 0
    assert ((y > 0.01) & (y < 0.99)).any()


@pytest.mark.parametrize("n_outputs", [1, 3])
def test_numbers_are_blended_like_their_rows(n_outputs):
    """So a target that is linear in the row remains so."""
    X, slopes = batch()[0], np.random.default_rng(1).normal(size=(12, n_outputs))
    mixed, y = augmented(Mixup(1.0), X, X @ slopes)
    assert_allclose(y, mixed @ slopes, rtol=1e-10, atol=1e-12)
    assert np.abs(y - X @ slopes).max() > 0.1


# RandomShift --------------------------------------------------------------------------------------------------------

image_shapes = st.tuples(st.integers(1, 5), st.integers(1, 5)) | st.tuples(
    st.integers(1, 4), st.integers(1, 4), st.integers(1, 3)
)


def images_of(shape, n_rows, dtype="float64"):
    """Images in which no two values are alike, and none is 0."""
    return np.random.default_rng(3).permutation(1.0 + np.arange(n_rows * np.prod(shape))).reshape(n_rows, *shape)


def rows(images):
    return images.reshape(len(images), -1)


def shifts_of(image, down, right, fill_value):
    """All that a shift may make of an image, as rows."""
    still = (0,) * (image.ndim - 2)
    for move in product(range(-down, down + 1), range(-right, right + 1)):
        yield ndimage.shift(image, move + still, order=0, mode="constant", cval=fill_value).ravel()


@given(image_shapes, st.data())
def test_every_image_is_shifted_as_a_whole(shape, data):
    """As scipy would move it, up to the given number of pixels, with the fill value where nothing comes in."""
    down, right = (data.draw(st.integers(0, side - 1)) for side in shape[:2])
    fill_value = data.draw(st.sampled_from([0.0, -1.5]))
    images = images_of(shape, 5)
    shift = RandomShift(shape, max_shift=(down, right), fill_value=fill_value)
    found = augmented(shift, rows(images), np.zeros((5, 1)), seed=data.draw(st.integers(0, 1000)))[0]
    for image, row in zip(images, found, strict=True):
        assert any(np.array_equal(row, allowed) for allowed in shifts_of(image, down, right, fill_value))


@pytest.mark.parametrize(
    ("shape", "max_shift", "moves"),
    [
        ((3, 4), 1, (1, 1)),
        ((3, 4), (0, 2), (0, 2)),
        ((4, 2), (3, 0), (3, 0)),
        ((3, 4), (1, 2), (1, 2)),
        ((3, 2, 2), 1, (1, 1)),
        ((2, 1, 3), (1, 0), (1, 0)),
    ],
)
def test_every_shift_comes_equally_often(shape, max_shift, moves):
    image = images_of(shape, 1)
    copies = np.tile(rows(image), (2000, 1))
    found, counts = np.unique(augmented(RandomShift(shape, max_shift), copies, copies)[0], axis=0, return_counts=True)
    assert_array_equal(found, np.unique(list(shifts_of(image[0], *moves, 0.0)), axis=0))
    assert stats.chisquare(counts).pvalue > 0.01


# RandomFlip ---------------------------------------------------------------------------------------------------------

axes = st.integers(0, 1)


@given(image_shapes, axes, st.integers(0, 1000))
def test_every_image_is_itself_or_its_mirror_image(shape, axis, seed):
    """With the channels of a pixel together."""
    images = images_of(shape, 6)
    found = augmented(RandomFlip(shape, axis), rows(images), np.zeros((6, 1)), seed)[0]
    for image, row in zip(images, found, strict=True):
        assert np.array_equal(row, image.ravel()) or np.array_equal(row, np.flip(image, axis).ravel())


@given(image_shapes, axes, st.integers(0, 1000))
def test_the_same_flip_twice_gives_the_original(shape, axis, seed):
    images, flip = rows(images_of(shape, 6)), RandomFlip(shape, axis)
    once = augmented(flip, images, images, seed)[0]
    assert_array_equal(augmented(flip, once, images, seed)[0], images)


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("shape", [(2, 3), (3, 2), (2, 3, 2)])
def test_about_half_of_the_images_are_flipped(shape, axis):
    images = images_of(shape, 2000)
    flipped = augmented(RandomFlip(shape, axis), rows(images), rows(images))[0]
    n_flipped = (flipped != rows(images)).any(axis=1).sum()
    assert stats.binomtest(int(n_flipped), 2000).pvalue > 0.01


# Compose ------------------------------------------------------------------------------------------------------------


def add_one(X_batch, y_batch, rng):
    X_batch += 1.0


def double(X_batch, y_batch, rng):
    X_batch *= 2.0
    y_batch *= 2.0


@pytest.mark.parametrize(
    ("augmenters", "expected"), [([add_one, double], 8.0), ([double, add_one], 7.0), ([double, double], 12.0)]
)
def test_augmenters_act_in_the_order_given(augmenters, expected):
    """Plain functions too."""
    X, y = augmented(Compose(augmenters), np.full((2, 3), 3.0), np.ones((2, 1)))
    assert_array_equal(X, np.full((2, 3), expected))
    assert_array_equal(y, np.full((2, 1), 2.0 ** augmenters.count(double)))


def test_composed_augmenters_draw_as_one_after_the_other():
    augmenters = [RandomShift((3, 4), 1), Mixup(), GaussianNoise(), RandomFlip((3, 4))]
    (X, y), rng = batch(), np.random.default_rng(0)
    for augment in augmenters:
        augment(X, y, rng)
    composed = augmented(Compose(augmenters), *batch())
    assert_array_equal(composed[0], X)
    assert_array_equal(composed[1], y)


NAMES = {
    "one of a class": ([GaussianNoise(), Mixup()], ["gaussiannoise", "gaussiannoise__scale", "mixup", "mixup__alpha"]),
    "two of a class": (
        [Mixup(), GaussianNoise(), Mixup()],
        ["mixup-1", "mixup-1__alpha", "gaussiannoise", "gaussiannoise__scale", "mixup-2", "mixup-2__alpha"],
    ),
    "a function": ([add_one, Mixup()], ["mixup", "mixup__alpha"]),
    "one in another": (
        [Compose([Mixup()])],
        ["compose", "compose__augmenters", "compose__mixup", "compose__mixup__alpha"],
    ),
    "none": ([], []),
}


@pytest.mark.parametrize(("augmenters", "names"), NAMES.values(), ids=NAMES)
def test_parameters_are_named_by_class_and_numbered_where_it_comes_twice(augmenters, names):
    assert set(Compose(augmenters).get_params()) == {"augmenters", *names}


def test_without_deep_only_the_list_is_a_parameter():
    augmenters = [Mixup()]
    assert Compose(augmenters).get_params(deep=False) == {"augmenters": augmenters}


def test_a_parameter_that_is_read_is_the_augmenters_own():
    first, second = Mixup(0.3), Mixup(0.7)
    found = Compose([first, second]).get_params()
    assert found["mixup-1"] is first
    assert (found["mixup-1__alpha"], found["mixup-2__alpha"]) == (0.3, 0.7)


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({"mixup__alpha": 3}, "[GaussianNoise(), Mixup(alpha=3), GaussianNoise(scale=2)]"),
        ({"gaussiannoise-2__scale": 5}, "[GaussianNoise(), Mixup(), GaussianNoise(scale=5)]"),
        ({"gaussiannoise-2": Mixup(alpha=1)}, "[GaussianNoise(), Mixup(), Mixup(alpha=1)]"),
        ({"mixup": Mixup(alpha=1), "mixup__alpha": 4}, "[GaussianNoise(), Mixup(alpha=4), GaussianNoise(scale=2)]"),
        ({"gaussiannoise-1": Mixup(), "gaussiannoise-2__scale": 3}, "[Mixup(), Mixup(), GaussianNoise(scale=3)]"),
        ({"gaussiannoise-1": None}, "[None, Mixup(), GaussianNoise(scale=2)]"),
        ({"augmenters": [Mixup()]}, "[Mixup()]"),
        ({"augmenters": [Mixup()], "mixup__alpha": 4}, "[Mixup(alpha=4)]"),
        ({}, "[GaussianNoise(), Mixup(), GaussianNoise(scale=2)]"),
    ],
    ids=str,
)
def test_augmenters_and_their_parameters_are_set_by_name(parameters, expected):
    augment = Compose([GaussianNoise(), Mixup(), GaussianNoise(scale=2)])
    assert augment.set_params(**clone(parameters, safe=False)) is augment
    assert repr(augment.augmenters) == expected


def test_replacing_an_augmenter_leaves_the_list_that_was_given():
    augmenters = [GaussianNoise(), Mixup()]
    Compose(augmenters).set_params(mixup=RandomFlip((3, 4)))
    assert repr(augmenters) == "[GaussianNoise(), Mixup()]"


@pytest.mark.parametrize("name", ["randomflip", "mixup__beta", "mixup-1__alpha", "augment"])
def test_an_unknown_parameter_is_an_error(name):
    with pytest.raises(ValueError, match="Invalid parameter"):
        Compose([GaussianNoise(), Mixup()]).set_params(**{name: 1})


def test_a_clone_has_equal_parameters_and_new_objects():
    augment = Compose([GaussianNoise(0.3), add_one, Compose([Mixup(0.4)])])
    copy = clone(augment)
    copy.set_params(gaussiannoise__scale=7, compose__mixup__alpha=7)
    assert repr(augment) == repr(Compose([GaussianNoise(0.3), add_one, Compose([Mixup(0.4)])]))
    assert copy.augmenters[1] is add_one


# In the estimators --------------------------------------------------------------------------------------------------

# For the four features of the flowers.
IN_FIT = {
    "noise": GaussianNoise(scale=0.5),
    "mixup": Mixup(alpha=1.0),
    "shift": RandomShift((2, 2), max_shift=1),
    "flip": RandomFlip((2, 2)),
    "compose": Compose([RandomFlip((1, 2, 2)), Mixup(), GaussianNoise()]),
    "own": add_one,
}
in_fit = pytest.mark.parametrize("augment", IN_FIT.values(), ids=IN_FIT)
each_estimator = pytest.mark.parametrize("estimator", [DeepMLPClassifier, DeepMLPRegressor])


def small(estimator=DeepMLPClassifier, **parameters):
    defaults = {"hidden_layer_sizes": (8,), "batch_size": 32, "max_iter": 3, "random_state": 0}
    return estimator(**defaults | parameters)


@each_estimator
@in_fit
def test_augmentation_changes_the_network(multiclass, augment, estimator):
    plain = small(estimator).fit(*multiclass)
    changed = small(estimator, augment=augment).fit(*multiclass)
    assert np.abs(plain.coefs_[0] - changed.coefs_[0]).max() > 1e-4


@each_estimator
@in_fit
def test_the_same_seed_gives_the_same_network_with_augmentation(multiclass, augment, estimator):
    model = small(estimator, augment=augment)
    assert_array_equal(model.fit(*multiclass).coefs_[0], clone(model).fit(*multiclass).coefs_[0])


@pytest.mark.parametrize(
    "feature",
    [
        {},
        {"keep_prob": 0.8, "input_keep_prob": 0.8},
        {"label_smoothing": 0.1, "class_weight": "balanced"},
        {"early_stopping": True, "solver": "sgd"},
        {"max_norm": 1.0, "clip_norm": 0.5, "dtype": "float64"},
    ],
    ids=str,
)
@pytest.mark.parametrize("augment", [GaussianNoise(0), Mixup(0), RandomShift((2, 2), 0), Compose([])], ids=str)
def test_an_augmenter_that_is_turned_off_trains_as_none(multiclass, augment, feature):
    """Whatever else is on: its draws are its own."""
    plain, off = (small(augment=given, **feature).fit(*multiclass) for given in (None, augment))
    assert_array_equal(plain.coefs_[0], off.coefs_[0])


def test_an_own_callable_trains_as_the_augmenter_that_does_the_same(multiclass):
    """It may return the batch that it was handed, as numpy's functions with `out` do."""

    def noise(X_batch, y_batch, rng):
        return np.add(X_batch, 0.1 * rng.standard_normal(X_batch.shape, np.float32), out=X_batch)

    own, ours = (small(augment=augment).fit(*multiclass) for augment in (noise, GaussianNoise(0.1)))
    assert_allclose(own.coefs_[0], ours.coefs_[0], rtol=1e-5)


@pytest.mark.parametrize("data", ["binary", "multiclass", "multilabel"], indirect=True)
def test_mixup_blends_every_kind_of_label(data):
    targets = []
    augment = Compose([Mixup(1.0), lambda X_batch, y_batch, rng: targets.append(y_batch.copy())])
    model = small(augment=augment).fit(*data)
    blended = np.concatenate(targets)
    assert ((blended > 0) & (blended < 1)).any(axis=1).mean() > 0.2
    assert np.isfinite(model.loss_)


CONTAINERS = {
    "dense": np.array,
    "read-only": lambda X: X,
    "by columns": np.asfortranarray,
    "CSR array": sparse.csr_array,
    "CSR matrix": sparse.csr_matrix,
}


@pytest.mark.parametrize("container", CONTAINERS.values(), ids=CONTAINERS)
@pytest.mark.parametrize("batch_size", [32, 1000])
@in_fit
def test_fit_leaves_the_users_rows_and_targets(multiclass, augment, batch_size, container):
    X, y = container(multiclass[0].astype("float32")), multiclass[1].copy()
    small(augment=augment, batch_size=batch_size).fit(X, y)
    assert_array_equal(X.toarray() if sparse.issparse(X) else X, multiclass[0].astype("float32"))
    assert_array_equal(y, multiclass[1])


@pytest.mark.parametrize("container", [np.array, sparse.csr_array])
def test_sparse_rows_are_augmented_as_dense_ones(multiclass, container):
    X = multiclass[0] * (np.abs(multiclass[0]) > 0.5)
    dense, same = (small(augment=IN_FIT["compose"]).fit(given, multiclass[1]) for given in (X, container(X)))
    assert_array_equal(dense.coefs_[0], same.coefs_[0])


class Blank:
    """Sets all inputs to 0, and keeps the rows as they came."""

    def __init__(self):
        self.seen = []

    def __call__(self, X_batch, y_batch, rng):
        self.seen.append(X_batch.copy())
        X_batch[...] = 0.0


def test_given_dev_rows_are_not_augmented(multiclass):
    X, y = multiclass
    model = small(augment=Blank(), learning_rate_init=0.1).fit(X[:100], y[:100], X_val=X[100:], y_val=y[100:])
    loss = log_loss(y[100:], model.predict_proba(X[100:]))
    assert model.validation_loss_curve_[-1] == pytest.approx(loss, rel=1e-5)


def test_dev_rows_that_are_split_off_are_not_augmented(multiclass):
    X, y = np.random.default_rng(0).normal(size=(150, 4)).astype("float32"), multiclass[1]
    model = small(augment=Blank(), early_stopping=True, validation_fraction=0.3, learning_rate_init=0.1).fit(X, y)
    dev = ~np.isin(X[:, 0], np.concatenate(model.augment.seen)[:, 0])
    assert dev.sum() == 45
    assert min(model.validation_loss_curve_) == pytest.approx(log_loss(y[dev], model.predict_proba(X[dev])), rel=1e-5)


def test_augmentation_sees_every_training_batch_and_no_prediction(multiclass):
    model = small(augment=Blank()).fit(*multiclass, X_val=multiclass[0], y_val=multiclass[1])
    model.predict(multiclass[0])
    model.score(*multiclass)
    assert [len(batch) for batch in model.augment.seen] == 3 * [32, 32, 32, 32, 22]


def test_partial_fit_augments_too(multiclass):
    model = small(augment=Blank()).partial_fit(*multiclass, classes=[0, 1, 2])
    assert sum(map(len, model.augment.seen)) == 150


@each_estimator
@in_fit
def test_two_predictions_are_equal(multiclass, augment, estimator):
    model = small(estimator, augment=augment).fit(*multiclass)
    assert_array_equal(model.predict(multiclass[0]), model.predict(multiclass[0]))
    if estimator is DeepMLPClassifier:
        assert_array_equal(model.predict_proba(multiclass[0]), model.predict_proba(multiclass[0]))


# In a search --------------------------------------------------------------------------------------------------------

SEARCHES = {
    "a parameter": (GaussianNoise(), "augment__scale", [50.0, 0.01]),
    "of one in a Compose": (Compose([GaussianNoise(), RandomFlip((2, 2))]), "augment__gaussiannoise__scale", [50.0, 0]),
    "of a numbered one": (Compose([Mixup(), GaussianNoise(), Mixup()]), "augment__mixup-2__alpha", [1e3, 0.01]),
    "one in a Compose": (Compose([add_one, Mixup()]), "augment__mixup", [GaussianNoise(50.0), Mixup(0.01)]),
    "the augmenter": (None, "augment", [GaussianNoise(50.0), None]),
}


@pytest.mark.parametrize("prefix", ["", "network__"], ids=["alone", "in a pipeline"])
@pytest.mark.parametrize(("augment", "name", "values"), SEARCHES.values(), ids=SEARCHES)
def test_a_grid_search_tunes(multiclass, augment, name, values, prefix):
    """Every candidate is trained with its value, and the harmful one loses."""
    model = small(augment=augment, max_iter=10, learning_rate_init=0.02)
    if prefix:
        model = Pipeline([("scale", StandardScaler()), ("network", model)])
    search = GridSearchCV(model, {prefix + name: values}, cv=2, scoring="neg_log_loss").fit(*multiclass)
    by_hand = clone(model).set_params(**{prefix + name: clone(values[1], safe=False)}).fit(*multiclass)
    assert search.best_index_ == 1
    assert_array_equal(search.predict_proba(multiclass[0]), by_hand.predict_proba(multiclass[0]))


@each_estimator
def test_a_search_leaves_the_augmenter_that_was_given(multiclass, estimator):
    augment = Compose([GaussianNoise(0.3)])
    grid = {"augment__gaussiannoise__scale": [0.1, 0.2]}
    GridSearchCV(small(estimator, augment=augment), grid, cv=2).fit(*multiclass)
    assert augment.get_params()["gaussiannoise__scale"] == 0.3


# Bad input ----------------------------------------------------------------------------------------------------------

BAD_PARAMETERS = {
    "too many pixels": (RandomShift((3, 2), 1), r"image_shape must multiply to .* features, 4\. Got \(3, 2\), .* 6"),
    "too few pixels": (RandomFlip((3, 1)), r"image_shape must multiply to .* features, 4\. Got \(3, 1\), which is 3"),
    "too many channels": (RandomFlip((2, 2, 3)), r"image_shape must multiply .* 4\. Got \(2, 2, 3\), which is 12"),
    "a long shift": (RandomShift((2, 2), 3), r"max_shift must be smaller than .* image_shape=\(2, 2\)\. Got 3"),
    "a shift of the whole image": (RandomShift((1, 4), (0, 4)), r"max_shift must be smaller .*\(1, 4\)\. Got \(0, 4\)"),
    "a shift of a line": (RandomShift((1, 4), 1), r"max_shift must be smaller than .* image_shape=\(1, 4\)\. Got 1"),
}
BAD_PARAMETERS |= {
    f"image_shape={value}": (kind(value), r"image_shape must be \(height, width\) or .* positive integers\. Got ")
    for kind in (RandomShift, RandomFlip)
    for value in (None, 4, (4,), (2, 2, 1, 1), (2.0, 2.0), (-2, -2), (0, 4), (True, 4), "22", np.array([[2, 2]]))
}
BAD_PARAMETERS |= {
    f"max_shift={value}": (RandomShift((2, 2), value), "max_shift must be an integer of at least 0, or .* Got ")
    for value in (-1, (1, -1), 0.5, None, True, "1", (1,), (1, 1, 1), np.array(1))
}
BAD_PARAMETERS |= {
    f"fill_value={value}": (RandomShift((2, 2), 1, value), rf"fill_value must be a finite number\. Got {value}")
    for value in (INF, -INF, NAN, None, True)
}
BAD_PARAMETERS |= {
    f"axis={value}": (RandomFlip((2, 2), value), f"axis must be 0 .* or 1 .* Got {value}")
    for value in (2, -1, 1.0, None, True)
}
BAD_PARAMETERS |= {
    f"{name}={value}": (kind(value), rf"{name} must be a finite number of at least 0\. Got {re.escape(str(value))}")
    for kind, name in ((GaussianNoise, "scale"), (Mixup, "alpha of Mixup"))
    for value in (-0.1, NAN, INF, None, True, [0.1])
}
BAD_PARAMETERS |= {
    f"augmenters={value}": (Compose(value), "augmenters must be a list of .*callables.* Got ")
    for value in (None, 3, "ab", [None], [Mixup(), 3], [("mixup", Mixup())], Mixup(), {"mixup": Mixup()})
}
BAD_PARAMETERS |= {
    "a class": (GaussianNoise, "augment must be None or a callable .* not a class. Got .*GaussianNoise"),
    "a class in a Compose": (Compose([GaussianNoise]), "augmenters must be a list of .* not classes. Got"),
}
BAD_PARAMETERS["in a Compose"] = (Compose([Mixup(), GaussianNoise(-2)]), "scale must be .* Got -2")


@pytest.mark.parametrize(("augment", "words"), BAD_PARAMETERS.values(), ids=BAD_PARAMETERS)
def test_a_bad_parameter_is_named_with_its_rule_and_value(multiclass, augment, words):
    with pytest.raises(ValueError, match=words):
        small(augment=augment).fit(*multiclass)


def returning(result):
    return lambda X_batch, y_batch, rng: result(X_batch, y_batch)


RETURNS = {
    "fewer rows": (returning(lambda X, y: X[:3].copy()), r"ndarray of shape \(3, 4\)"),
    "a new array": (returning(lambda X, y: X + 1.0), r"ndarray of shape \(32, 4\)"),
    "the targets": (returning(lambda X, y: y), r"ndarray of shape \(32, 3\)"),
    "a pair": (returning(lambda X, y: (X, y)), "tuple"),
    "a list": (returning(lambda X, y: [1, 2]), "list"),
    "False": (returning(lambda X, y: False), "bool"),
    "a new array, in a Compose": (Compose([returning(lambda X, y: X + 1.0)]), r"ndarray of shape \(32, 4\)"),
}


@pytest.mark.parametrize(("augment", "got"), RETURNS.values(), ids=RETURNS)
def test_an_own_augmenter_must_not_return_another_batch(multiclass, augment, got):
    """It would be lost, and the training go on with the rows as they were."""
    words = rf"augment must change the mini-batch of shape \(32, 4\) in place and return None\. Got {got}"
    with pytest.raises(ValueError, match=words):
        small(augment=augment).fit(*multiclass)


@pytest.mark.parametrize(
    ("which", "got"),
    [("X_batch", r"Got \(4, 32\) and \(32, 3\)"), ("y_batch", r"Got \(32, 4\) and \(3, 32\)")],
    ids=["X_batch", "y_batch"],
)
def test_an_own_augmenter_must_keep_the_shapes(multiclass, which, got):
    def turn(X_batch, y_batch, rng):
        array = {"X_batch": X_batch, "y_batch": y_batch}[which]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # newer numpy advises against it
            array.shape = array.shape[::-1]

    with pytest.raises(ValueError, match=rf"augment must keep the shapes \(\(32, 4\), \(32, 3\)\)\. {got}"):
        small(augment=turn).fit(*multiclass)


@each_estimator
@pytest.mark.parametrize("which", ["X_batch", "y_batch"])
@pytest.mark.parametrize("value", [NAN, INF, -INF])
def test_an_own_augmenter_must_leave_finite_values(multiclass, value, which, estimator):
    """One value is enough."""

    def spoil(X_batch, y_batch, rng):
        {"X_batch": X_batch, "y_batch": y_batch}[which][-1, -1] = value

    with pytest.raises(ValueError, match=rf"augment must leave finite values in {which}\. Got .*{value}.* from"):
        small(estimator, augment=spoil).fit(*multiclass)


@pytest.mark.parametrize("wrong", [-0.5, 1.5])
@pytest.mark.parametrize("data", ["binary", "multiclass", "multilabel"], indirect=True)
def test_class_targets_must_stay_probabilities(data, wrong):
    """Cross-entropy against others has no minimum: the loss would fall for ever."""

    def spoil(X_batch, y_batch, rng):
        y_batch[0, 0] = wrong

    with pytest.raises(ValueError, match=rf"augment must leave class targets within \[0, 1\]\. Got .*{wrong}"):
        small(augment=spoil).fit(*data)


def test_targets_of_several_classes_must_sum_to_one(multiclass):
    """The gradient of softmax and cross-entropy is softmax(z) - y for such targets only."""

    def spoil(X_batch, y_batch, rng):
        y_batch[0] = 1.0

    with pytest.raises(
        ValueError, match=r"augment must leave class targets that sum to 1 in every row\. Got 1.0 to 3.0"
    ):
        small(augment=spoil).fit(*multiclass)


def test_a_network_in_need_of_a_list_can_still_be_shown():
    """Names and parameters are asked for before anything is fitted or checked."""
    for augmenters in (None, 5, GaussianNoise(), [GaussianNoise]):
        assert "Compose" in repr(Compose(augmenters))
        assert set(Compose(augmenters).get_params()) == {"augmenters"}


class NaNLater:
    """Writes NaN in the last of three epochs."""

    n_calls = 0

    def __call__(self, X_batch, y_batch, rng):
        self.n_calls += 1
        if self.n_calls > 10:
            X_batch[0, 0] = NAN


@pytest.mark.parametrize(
    "make",
    [NaNLater, lambda: returning(lambda X, y: X + 1.0), lambda: GaussianNoise(-1), lambda: RandomFlip((3, 4))],
    ids=["NaN", "returned", "scale", "image_shape"],
)
@pytest.mark.parametrize("warm_start", [False, True])
@each_estimator
def test_a_failed_augmentation_leaves_the_last_fit_as_it_was(multiclass, estimator, warm_start, make):
    model = small(estimator, warm_start=warm_start).fit(*multiclass)
    before = [model.predict(multiclass[0]), model.coefs_[0].copy(), list(model.loss_curve_), model.n_iter_, model.t_]
    with pytest.raises(ValueError, match=r"must .* Got"):
        model.set_params(augment=make()).fit(*multiclass)
    after = [model.predict(multiclass[0]), model.coefs_[0], model.loss_curve_, model.n_iter_, model.t_]
    for now, then in zip(after, before, strict=True):
        assert_array_equal(now, then)
