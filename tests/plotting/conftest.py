"""What the tests of the displays share: every figure is closed behind its test."""

import pytest


@pytest.fixture(autouse=True)
def closed():
    yield
    pytest.importorskip("matplotlib.pyplot").close("all")
