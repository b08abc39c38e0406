"""Tasks whose Bayes error, bias and variance are known by construction, to hold verdicts and intervals against.

A setting says how rows are made and what learns from them. Its noise gives the Bayes error. Expected errors are means
over many fresh samples, each fit judged by the known probabilities or the known function rather than by more noisy
targets. Where a report makes a single fit, for the user's own parts, its errors there are held against what is known
of that very fit.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_iris, load_wine
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.metrics import accuracy_score
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures, StandardScaler
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from skdeep.model_selection import bias_variance_report

N_JUDGED = 4000  # fresh rows that judge a fit
N_PARTS = 50  # as many times those that judge one that is known well
#: Out of five folds four are trained on.
TRAIN_SHARE = 0.8


@dataclass(frozen=True)
class Setting:
    """How rows are made, and what learns from them."""

    kind: str
    model: Any
    n_rows: int
    n_features: int
    noise: float  # of labels the share that is changed, of numbers the standard deviation
    truth: Callable[[Any], Any]  # rows to true classes or numbers
    n_classes: int = 0  # 0 for numbers
    shift: float = 0.0  # of the dev rows
    n_dev: int = 0  # 0 for folds
    n_tried: int = 0  # models of which the dev rows choose
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def bayes_error(self) -> float:
        """What nobody can do better than."""
        return self.noise if self.n_classes else self.noise**2

    def draw(self, n: int, rng: Any, *, shift: float = 0.0) -> tuple[Any, Any]:
        """Fresh rows and targets."""
        X = rng.normal(shift, 1.0, size=(n, self.n_features))
        clean = self.truth(X)
        if not self.n_classes:
            return X, clean + self.noise * rng.normal(size=n)
        changed = rng.random(n) < self.noise
        return X, np.where(changed, (clean + rng.integers(1, self.n_classes, size=n)) % self.n_classes, clean)

    def expected_loss(self, model: Any, X: Any) -> float:
        """Mean loss on rows, exact in the noise: the share of errors, or the squared error."""
        predicted, clean = model.predict(X), self.truth(X)
        if not self.n_classes:
            return float(np.mean((predicted - clean) ** 2)) + self.noise**2
        spread = self.noise / (self.n_classes - 1)
        return float(np.mean(np.where(predicted == clean, self.noise, 1 - spread)))

    def loss(self, model: Any, X: Any, y: Any) -> float:
        """Mean loss on rows as they are."""
        if self.n_classes:
            return 1 - accuracy_score(y, model.predict(X))
        return float(np.mean((model.predict(X) - y) ** 2))


class BestOnDev(ClassifierMixin, BaseEstimator):
    """Of many shallow trees, each of one column, the one with the lowest error on given dev rows."""

    def __init__(self, n_tried: int = 10, X_dev: Any = None, y_dev: Any = None) -> None:
        self.n_tried = n_tried
        self.X_dev = X_dev
        self.y_dev = y_dev

    def fit(self, X: Any, y: Any) -> BestOnDev:
        """Try and choose."""
        tried = [
            (column, DecisionTreeClassifier(max_depth=1, random_state=0).fit(X[:, [column]], y))
            for column in range(self.n_tried)
        ]
        self.classes_ = np.unique(y)
        self.column_, self.tree_ = max(tried, key=lambda one: one[1].score(self.X_dev[:, [one[0]]], self.y_dev))
        return self

    def predict(self, X: Any) -> Any:
        """Of the chosen tree."""
        return self.tree_.predict(X[:, [self.column_]])


# Settings ---------------------------------------------------------------------------------------------------


def random_setting(number: int) -> Setting:
    """The setting of a number; kinds take turns, all else is drawn."""
    rng = np.random.default_rng([5, number])
    kind = list(KINDS)[number % len(KINDS)]
    n_rows = int(np.exp(rng.uniform(np.log(100), np.log(20000))))
    return KINDS[kind](kind, n_rows, rng)


def _linear(n_features: int, n_classes: int, rng: Any) -> Callable[[Any], Any]:
    weights = rng.normal(size=(n_features, n_classes))
    return lambda X: (X @ weights).argmax(axis=1)


def _rings(n_classes: int) -> Callable[[Any], Any]:
    """Classes by distance from the middle in two columns, of equal shares."""
    edges = np.sqrt(-2 * np.log(1 - np.arange(1, n_classes) / n_classes))
    return lambda X: np.searchsorted(edges, np.hypot(X[:, 0], X[:, 1]))


def _label_noise(kind: str, n: int, rng: Any) -> Setting:
    k, d = int(rng.integers(2, 11)), int(rng.integers(3, 9))
    model = [LogisticRegression(), make_pipeline(PolynomialFeatures(2), LogisticRegression(max_iter=500))][
        rng.integers(2)
    ]
    return Setting(kind, model, n, d, float(rng.uniform(0.02, 0.3)), _linear(d, k, rng), k)


def _curved(kind: str, n: int, rng: Any) -> Setting:
    k = int(rng.integers(2, 11))
    model = [LogisticRegression(), DecisionTreeClassifier(max_depth=2, random_state=0)][rng.integers(2)]
    return Setting(kind, model, n, int(rng.integers(2, 6)), float(rng.uniform(0, 0.2)), _rings(k), k)


def _memorising(kind: str, n: int, rng: Any) -> Setting:
    k, d = int(rng.integers(2, 11)), int(rng.integers(3, 9))
    model = [KNeighborsClassifier(1), DecisionTreeClassifier(random_state=0)][rng.integers(2)]
    return Setting(kind, model, min(n, 3000), d, float(rng.uniform(0.05, 0.3)), _linear(d, k, rng), k)


def _enough(kind: str, n: int, rng: Any) -> Setting:
    k = int(rng.integers(2, 6))
    model = [make_pipeline(PolynomialFeatures(2), LogisticRegression(max_iter=500)), GaussianNB()][rng.integers(2)]
    return Setting(kind, model, n, 2, float(rng.uniform(0, 0.1)), _rings(k), k)


def _both(kind: str, n: int, rng: Any) -> Setting:
    k, d = int(rng.integers(2, 6)), int(rng.integers(10, 31))
    model = [LogisticRegression(), DecisionTreeClassifier(max_depth=4, random_state=0)][rng.integers(2)]
    return Setting(kind, model, min(n, 2000), d, float(rng.uniform(0, 0.2)), _rings(k), k)


def _numbers(kind: str, n: int, rng: Any) -> Setting:
    d, noise = int(rng.integers(2, 9)), float(rng.uniform(0.2, 1.0))
    weights = rng.normal(size=d)
    straight = bool(rng.integers(2))
    models = [
        LinearRegression(),
        KNeighborsRegressor(1),
        DecisionTreeRegressor(random_state=0),
        make_pipeline(PolynomialFeatures(2), Ridge()),
        KNeighborsRegressor(10),
    ]

    def truth(X: Any) -> Any:
        return X @ weights if straight else np.sin(2 * X[:, 0]) + X[:, 1] ** 2

    return Setting(kind, models[rng.integers(5)], n, d, noise, truth)


def _shifted(kind: str, n: int, rng: Any) -> Setting:
    k, d = int(rng.integers(2, 6)), int(rng.integers(2, 5))
    model = [KNeighborsClassifier(15), DecisionTreeClassifier(max_depth=5, random_state=0)][rng.integers(2)]
    shift = float(rng.choice([0.0, 0.7, 1.5]))
    n_dev = int(np.exp(rng.uniform(np.log(100), np.log(5000))))
    return Setting(kind, model, n, d, float(rng.uniform(0, 0.15)), _linear(d, k, rng), k, shift=shift, n_dev=n_dev)


def _chosen(kind: str, n: int, rng: Any) -> Setting:
    d = int(rng.choice([2, 20, 200]))
    n_dev = int(np.exp(rng.uniform(np.log(100), np.log(5000))))
    noise = float(rng.uniform(0.05, 0.4))
    return Setting(kind, None, n, d, noise, lambda X: (X[:, 0] > 0).astype(int), 2, n_dev=n_dev, n_tried=d)


KINDS: dict[str, Callable[[str, int, Any], Setting]] = {
    "label noise": _label_noise,
    "linear model, curved boundary": _curved,
    "memorising model": _memorising,
    "enough data": _enough,
    "bias and variance": _both,
    "regression": _numbers,
    "shifted dev rows": _shifted,
    "chosen on dev rows": _chosen,
}


# Tasks without a gap to judge -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Moot:
    """A report's arguments, and what it has to say first since no gap means anything before."""

    problem: str
    model: Any
    arguments: dict[str, Any]


def noise_task(number: int) -> Moot:
    """Targets that have nothing to do with the features: classes of any shares, or numbers."""
    rng = np.random.default_rng([13, number])
    n, d, own_part = int(np.exp(rng.uniform(np.log(40), np.log(2000)))), int(rng.integers(1, 30)), rng.random() < 0.25
    n_classes = int(rng.choice([0, 2, 3, 5, 10]))
    total = n + (200 if own_part else 0)
    X = rng.normal(size=(total, d))
    shares = rng.dirichlet(np.full(max(n_classes, 1), 3.0))
    y = rng.choice(len(shares), size=total, p=shares) if n_classes else rng.standard_t(5, size=total)
    model = (NOISE_CLASSIFIERS if n_classes else NOISE_REGRESSORS)[rng.integers(5)]
    scores = ["accuracy", "neg_log_loss", "balanced_accuracy"] if n_classes else ["r2", "neg_mean_absolute_error"]
    arguments = {"X": X[:n], "y": y[:n], "scoring": str(rng.choice(scores)), "random_state": number}
    arguments |= {"X_dev": X[n:], "y_dev": y[n:]} if own_part else {}
    return Moot("no better than a constant prediction", model, arguments)


def copies_task(number: int) -> Moot:
    """Real rows, some or all of them two to five times."""
    rng = np.random.default_rng([17, number])
    load = REAL[number % len(REAL)]
    X, y = load(return_X_y=True)
    rows = rng.choice(len(y), size=min(len(y), int(rng.integers(60, 600))), replace=False)
    share, times = float(rng.choice([0.1, 0.3, 0.6, 1.0])), int(rng.integers(2, 6))
    copied = rng.choice(rows, size=max(1, round(share * len(rows))), replace=False)
    rows = rng.permutation(np.concatenate([rows, *([copied] * (times - 1))]))
    classes = load is not load_diabetes
    model = (REAL_CLASSIFIERS if classes else REAL_REGRESSORS)[rng.integers(3)]
    return Moot("copies of training rows", model, {"X": X[rows], "y": y[rows], "random_state": number})


REAL = (load_iris, load_wine, load_breast_cancer, load_digits, load_diabetes)
REAL_CLASSIFIERS = (
    DecisionTreeClassifier(random_state=0),
    KNeighborsClassifier(1),
    make_pipeline(StandardScaler(), LogisticRegression()),
)
REAL_REGRESSORS = (DecisionTreeRegressor(random_state=0), KNeighborsRegressor(1), LinearRegression())
NOISE_CLASSIFIERS = (
    LogisticRegression(),
    GaussianNB(),
    KNeighborsClassifier(15),
    DecisionTreeClassifier(max_depth=3, random_state=0),
    DecisionTreeClassifier(random_state=0),
)
NOISE_REGRESSORS = (
    LinearRegression(),
    Ridge(100.0),
    KNeighborsRegressor(10),
    DecisionTreeRegressor(max_depth=2, random_state=0),
    DecisionTreeRegressor(random_state=0),
)
MOOT = (noise_task, copies_task)


def report_on_moot(task: Moot) -> Any:
    """The report that a task asks for."""
    return bias_variance_report(task.model, learning_curve=False, **task.arguments)


# Truth and report -------------------------------------------------------------------------------------------


def _sample(setting: Setting, rng: Any, *, share: float = 1.0) -> dict[str, tuple[Any, Any]]:
    """One task: the parts that its report is given, or a share of the training rows."""
    parts = {"train": setting.draw(int(share * setting.n_rows), rng)}
    if setting.n_dev:
        parts["dev"] = setting.draw(setting.n_dev, rng, shift=setting.shift)
        other = "test" if setting.n_tried else "train_dev"
        parts[other] = setting.draw(setting.n_dev, rng)
    return parts


def _model(setting: Setting, parts: dict[str, tuple[Any, Any]]) -> Any:
    return BestOnDev(setting.n_tried, *parts["dev"]) if setting.n_tried else clone(setting.model)


def expected_errors(setting: Setting, n_samples: int, seed: int = 0) -> dict[str, float]:
    """Expected errors, each from a mean over fresh samples.

    The chance in the rows of each sample shows in the loss of one fixed model, too, whose expected loss is known
    well; as far as the two go together it is taken off (a control variate), since a mean over few samples would be
    left with it.
    """
    rng = np.random.default_rng([7, seed])
    first = _fit(setting, _fit_sample(setting, rng))
    level = {shift: _level(setting, first, shift, rng) for shift in (0.0, setting.shift)}
    samples = [_losses(setting, first, level, rng) for _ in range(n_samples)]
    return {name: _controlled_mean(*np.transpose([losses[name] for losses in samples])) for name in samples[0]}


def _fit_sample(setting: Setting, rng: Any) -> dict[str, tuple[Any, Any]]:
    """A task with as many training rows as the fits of its report have."""
    return _sample(setting, rng, share=1.0 if setting.n_dev else TRAIN_SHARE)


def _fit(setting: Setting, parts: dict[str, tuple[Any, Any]]) -> Any:
    return _model(setting, parts).fit(*parts["train"])


def _level(setting: Setting, model: Any, shift: float, rng: Any) -> float:
    """The expected error of one fit, from many fresh rows."""
    parts = (rng.normal(shift, 1.0, size=(N_JUDGED, setting.n_features)) for _ in range(N_PARTS))
    return float(np.mean([setting.expected_loss(model, X) for X in parts]))


def _losses(setting: Setting, first: Any, level: dict[float, float], rng: Any) -> dict[str, tuple[float, float]]:
    """Of one fresh sample, by part: the loss of its model, and the deviation of the fixed model's loss on these rows.

    Dev rows that chose the model are part of the sample, others are judged by fresh rows.
    """
    parts = _fit_sample(setting, rng)
    model = _fit(setting, parts)

    def fresh(shift: float) -> tuple[float, float]:
        X = rng.normal(shift, 1.0, size=(N_JUDGED, setting.n_features))
        return setting.expected_loss(model, X), setting.expected_loss(first, X) - level[shift]

    def given(part: str) -> tuple[float, float]:
        return setting.loss(model, *parts[part]), setting.loss(first, *parts[part]) - level[0.0]

    parts_given = ("train", "dev") if setting.n_tried else ("train",)
    return {"dev": fresh(setting.shift)} | {part: given(part) for part in parts_given}


def _controlled_mean(losses: Any, deviations: Any) -> float:
    """The mean loss less what the deviations, of mean 0, explain of it."""
    slope = np.cov(losses, deviations)[0, 1] / max(np.var(deviations, ddof=1), 1e-30)
    return float(np.mean(losses - slope * deviations))


def report_on(setting: Setting, seed: int, expected: dict[str, float]) -> tuple[Any, dict[str, float]]:
    """The report on one sample of a setting, told the Bayes error; its true gaps, and its gain on a constant."""
    rng = np.random.default_rng([11, seed])
    parts = _sample(setting, rng)
    model = _model(setting, parts)
    given = {
        f"{part}_{name}": value
        for name, xy in parts.items()
        if name != "train"
        for part, value in zip("Xy", xy, strict=True)
    }
    report = bias_variance_report(
        model,
        *parts["train"],
        target_error=setting.bayes_error,
        scoring="accuracy" if setting.n_classes else "neg_mean_squared_error",
        learning_curve=False,
        random_state=seed,
        **given,
    )
    errors = {"target": setting.bayes_error, **expected}
    if setting.n_dev:
        fit = clone(model).fit(*parts["train"])
        same_origin = _level(setting, fit, 0.0, rng)
        errors |= {"test": same_origin} if setting.n_tried else {"train-dev": same_origin}
        if not setting.n_tried:
            errors["dev"] = _level(setting, fit, setting.shift, rng)
    gains = {"gain": constant_error(setting) - errors["train-dev" if "train-dev" in errors else "dev"]}
    return report, gains | {gap.name: errors[gap.upper] - errors[gap.lower] for gap in report.gaps}


def constant_error(setting: Setting) -> float:
    """Of the best constant prediction, from many fresh rows."""
    _, y = setting.draw(N_PARTS * N_JUDGED, np.random.default_rng(19))
    return float(np.var(y)) if not setting.n_classes else float(1 - np.bincount(y).max() / len(y))


def is_wrong(gap: Any, truth: float, threshold: float) -> bool:
    """Whether a verdict says the opposite of the truth; "cannot tell yet" says nothing."""
    return gap.verdict == ("low" if truth > threshold else "high")
