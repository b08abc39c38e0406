"""The HTML representation of what is ours links to its page on our site, and that of nothing else does."""

from importlib.metadata import PackageNotFoundError

import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.utils import estimator_html_repr

from skdeep import DeepMLPClassifier, DeepMLPRegressor, _documentation_link
from skdeep._documentation_link import documentation_site
from skdeep.augmentation import Compose, GaussianNoise, Mixup, RandomFlip, RandomShift
from skdeep.model_selection import BatchedGridSearchCV

OURS = [
    ("skdeep.neural_network", DeepMLPClassifier()),
    ("skdeep.neural_network", DeepMLPRegressor()),
    ("skdeep.model_selection", BatchedGridSearchCV(LogisticRegression(), {})),
    ("skdeep.augmentation", GaussianNoise()),
    ("skdeep.augmentation", Mixup()),
    ("skdeep.augmentation", RandomShift((8, 8))),
    ("skdeep.augmentation", RandomFlip((8, 8))),
    ("skdeep.augmentation", Compose([GaussianNoise()])),
]


class Own(DeepMLPClassifier):
    """A user's own class, which our site knows nothing of."""


def test_the_site_is_the_one_of_the_metadata():
    """An address that pages can be added to."""
    assert documentation_site().startswith("https://")
    assert not documentation_site().endswith("/")


@pytest.mark.parametrize(("module", "estimator"), OURS, ids=[type(estimator).__name__ for _, estimator in OURS])
def test_the_representation_links_to_the_page_of_the_class(module, estimator):
    """By its public name; in a pipeline as well."""
    page = f'href="{documentation_site()}/api/{module}.{type(estimator).__name__}.html'
    assert page in estimator_html_repr(estimator)
    if isinstance(estimator, DeepMLPClassifier):
        assert page in estimator_html_repr(make_pipeline(estimator))


def test_a_subclass_from_elsewhere_has_no_link():
    assert documentation_site() not in estimator_html_repr(Own())


def test_without_an_installed_package_there_is_no_link(monkeypatch):
    """Such as in a copy of the folder that is only on the path: the representation is there all the same."""

    def metadata(name):
        raise PackageNotFoundError(name)

    monkeypatch.setattr(_documentation_link, "metadata", metadata)
    assert documentation_site() == ""
    assert "DeepMLPClassifier" in estimator_html_repr(DeepMLPClassifier())
