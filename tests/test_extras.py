"""What needs a package that is absent says which, and the line that installs it."""

import sys

import pytest
from sklearn.datasets import load_iris
from sklearn.tree import DecisionTreeClassifier

from skdeep import DeepMLPClassifier
from skdeep.inspection import check_gradient, gradient_flow
from skdeep.model_selection import bias_variance_report

X, Y = load_iris(return_X_y=True)
NETWORK = DeepMLPClassifier((4,), random_state=0)
REPORTS = {
    "bias and variance": lambda: bias_variance_report(DecisionTreeClassifier(), X, Y, cv=2, learning_curve=False),
    "gradient check": lambda: check_gradient(NETWORK, X[::9], Y[::9]),
    "gradient flow": lambda: gradient_flow(NETWORK, X, Y),
}


@pytest.mark.parametrize(
    ("package", "caller", "extra"), [("pandas", "to_frame", "report"), ("matplotlib", "plot", "plot")]
)
@pytest.mark.parametrize("make", REPORTS.values(), ids=REPORTS)
def test_a_missing_package_is_named_with_its_install_line(make, package, caller, extra, monkeypatch):
    report = make()
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ImportError, match=rf"{caller} needs {package}: pip install 'skdeep\[{extra}\]'"):
        getattr(report, caller)()
