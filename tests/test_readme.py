"""The README keeps what it promises: its code runs, its links lead somewhere, its rule for alpha holds."""

import re
from pathlib import Path

import numpy as np
import pytest
from sklearn.neural_network import MLPClassifier

from skdeep import DeepMLPClassifier

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"

pytestmark = pytest.mark.skipif(not README.exists(), reason="the README is not here")


@pytest.fixture
def readme():
    return README.read_text(encoding="utf-8")


def test_the_python_blocks_run(readme, capsys):
    blocks = re.findall(r"^```python\n(.*?)^```", readme, flags=re.MULTILINE | re.DOTALL)
    assert blocks
    names = {}  # a later block may use what an earlier one made
    for block in blocks:
        exec(compile(block, str(README), "exec"), names)
    out = capsys.readouterr().out
    assert "test error" in out
    assert "Bias and variance of Pipeline(StandardScaler, DeepMLPClassifier)" in out


def test_the_links_lead_to_files(readme):
    links = [link for link in re.findall(r"\]\(([^)#]+)\)", readme) if "://" not in link]
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_the_parameters_it_calls_new_exist_and_are_new(readme):
    section = readme.split("## What is new over MLPClassifier")[1].split("\n## ")[0]
    named = {name for name in re.findall(r"`(\w+)`", section) if not name.endswith("_")}
    ours = named & set(DeepMLPClassifier().get_params())
    assert {"keep_prob", "max_norm", "class_weight", "init", "clip_norm"} <= ours
    assert not ours & set(MLPClassifier().get_params())


def test_the_parameters_it_calls_missing_are_missing():
    ours, theirs = (set(kind().get_params()) for kind in (DeepMLPClassifier, MLPClassifier))
    assert theirs - ours == {"power_t", "max_fun"}


def test_its_rule_for_alpha_gives_the_same_penalty():
    # The first step's objective less the one without a penalty, both for one mini-batch out of four.
    rng = np.random.default_rng(0)
    n, batch_size, alpha = 80, 20, 0.5
    X, y = rng.normal(size=(n, 3)), np.arange(n) % 2
    theirs = MLPClassifier(
        (4,), alpha=alpha, batch_size=batch_size, max_iter=1, learning_rate_init=1e-12, random_state=0
    )
    ours = DeepMLPClassifier(
        (4,),
        alpha=alpha * n / batch_size,
        batch_size=batch_size,
        max_iter=1,
        learning_rate_init=1e-12,
        dtype="float64",
        random_state=0,
    )
    for network in (theirs, ours):
        network.fit(X, y)
        squared_norm = sum((W**2).sum() for W in network.coefs_)
        loss = network.loss_ - -np.mean(np.log(network.predict_proba(X)[np.arange(n), y]))
        assert loss == pytest.approx(alpha / (2 * batch_size) * squared_norm, rel=1e-6)
