"""Deep, regularised multi-layer perceptrons for scikit-learn, on numpy, scipy and scikit-learn alone."""

from __future__ import annotations

from importlib import import_module
from typing import Any

# Public name -> the module that has it, imported on first use: `import skdeep` stays light, and
# `import skdeep.core` never loads scikit-learn.
_HOMES = {
    "DeepMLPClassifier": "skdeep.neural_network",
    "DeepMLPRegressor": "skdeep.neural_network",
    "DivergenceError": "skdeep.core",
    "augmentation": "skdeep.augmentation",
    "core": "skdeep.core",
    "inspection": "skdeep.inspection",
    "model_selection": "skdeep.model_selection",
    "neural_network": "skdeep.neural_network",
    "onnx": "skdeep.onnx",
    "plotting": "skdeep.plotting",
}

__all__ = [
    "DeepMLPClassifier",
    "DeepMLPRegressor",
    "DivergenceError",
    "__version__",
    "augmentation",
    "core",
    "inspection",
    "model_selection",
    "neural_network",
    "onnx",
    "plotting",
]


def __getattr__(name: str) -> Any:
    if name == "__version__":  # pyproject.toml has it, and nobody else
        return import_module("importlib.metadata").version(__name__)
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = import_module(_HOMES[name])
    return module if _HOMES[name].endswith(f".{name}") else getattr(module, name)


def __dir__() -> list[str]:
    return sorted(__all__)
