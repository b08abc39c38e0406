"""The imports of skdeep: what a bare import loads, and which module may import which."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import skdeep

PACKAGE = Path(skdeep.__file__).parent
MODULES = {".".join(path.relative_to(PACKAGE).with_suffix("").parts): path for path in sorted(PACKAGE.rglob("*.py"))}

# Lower levels first; a module imports from lower levels only.
CORE_LEVELS = [
    {"parameters", "crew"},
    {"activations", "initializers", "losses", "penalties", "schedules", "optimizers", "differences", "targets"}
    | {"masks", "parts", "subnormals"},
    {"network", "gradient_report", "step_ladder"},
    {"batches", "monitors", "shared_pass"},
    {"objective", "divergence"},
    {"prediction"},
    {"training", "gradient_check"},
    {"stack"},
    {"__init__"},
]
SHARED = {"_documentation_link", "_input_scales", "_rules", "_score_needs", "_unseen_classes"}
ANYWHERE = {"_extras"}  # imports packages that may be absent, and nothing of ours
CORE_MODULES = [name for name in MODULES if name.startswith("core.")]
LEVEL = {f"core.{name}": level for level, names in enumerate(CORE_LEVELS) for name in names}


def imported(name):
    """Everything that a module imports, on top and inside functions, as absolute dotted names."""
    home = ["skdeep", *name.split(".")[:-1]]
    for node in ast.walk(ast.parse(MODULES[name].read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = [*home[: len(home) - node.level + 1], *filter(None, [node.module])] if node.level else [node.module]
            yield from (".".join([*base, alias.name]) for alias in node.names)


def siblings(name):
    """The modules of skdeep that a module imports, named as in `MODULES`; a package stands for its `__init__`.

    Without those that any module may import.
    """
    for target in imported(name):
        parts = target.split(".")
        if parts[0] == "skdeep":
            names = [".".join(parts[1:end]) for end in range(len(parts), 0, -1)]
            candidates = [candidate for n in names for candidate in (n, f"{n}.__init__".lstrip("."))]
            found = next(candidate for candidate in candidates if candidate in MODULES)
            if found not in ANYWHERE:
                yield found


def loaded_by(statement):
    """The top-level packages in memory after a statement in a fresh interpreter."""
    code = f"{statement}; import sys; sys.stdout.write(' '.join({{name.split('.')[0] for name in sys.modules}}))"
    # From the folder that holds the package, so that the same copy is imported as here.
    done = subprocess.run([sys.executable, "-c", code], cwd=PACKAGE.parent, capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize("heavy", ["matplotlib", "pandas", "sklearn"])
def test_importing_skdeep_is_light(heavy):
    """`import skdeep` loads no plotting, no data frames and no scikit-learn."""
    loaded = loaded_by("import skdeep")
    assert "skdeep" in loaded
    assert heavy not in loaded


def test_importing_the_core_loads_no_scikit_learn():
    """`import skdeep.core` loads numpy and scipy, and none of scikit-learn, matplotlib and pandas."""
    loaded = loaded_by("import skdeep.core")
    assert {"numpy", "scipy"} <= loaded
    assert not loaded & {"sklearn", "matplotlib", "pandas"}


def test_the_estimators_load_no_plotting():
    """`skdeep.DeepMLPClassifier` needs scikit-learn, which may load pandas, and no matplotlib."""
    loaded = loaded_by("import skdeep; skdeep.DeepMLPClassifier")
    assert "sklearn" in loaded
    assert "matplotlib" not in loaded


@pytest.mark.parametrize("name", CORE_MODULES)
def test_core_imports_point_one_way(name):
    """A module of the core imports from lower levels of the core only; `CORE_LEVELS` says where a new one belongs."""
    assert name in LEVEL
    assert all(LEVEL.get(other, len(LEVEL)) < LEVEL[name] for other in siblings(name))


@pytest.mark.parametrize("name", CORE_MODULES)
def test_core_knows_numpy_and_scipy_only(name):
    """Not even inside a function does the core import another package than these and the standard library."""
    packages = {target.split(".")[0] for target in imported(name)}
    assert packages <= {"skdeep", "numpy", "scipy", *sys.stdlib_module_names}


@pytest.mark.parametrize("name", [name for name in MODULES if name.startswith("neural_network.")])
def test_estimators_import_the_core_and_themselves(name):
    """The estimators stand on the core, the augmenters and what all share, and on nothing else of skdeep."""
    known = {*SHARED, "augmentation", "core", "neural_network"}
    assert {other.split(".")[0] for other in siblings(name)} <= known


@pytest.mark.parametrize("name", [name for name in MODULES if name.startswith("inspection.")])
def test_inspection_imports_the_estimators_and_the_core(name):
    """What looks into networks knows them, and no drawing."""
    known = {*SHARED, "_flow", "core", "neural_network", "inspection"}
    assert {other.split(".")[0] for other in siblings(name)} <= known


@pytest.mark.parametrize("name", [name for name in MODULES if name.startswith("_flow.")])
def test_the_flow_imports_the_estimators_and_the_core(name):
    """What inspection and reports share knows neither of them."""
    known = {*SHARED, "_flow", "core", "neural_network"}
    assert {other.split(".")[0] for other in siblings(name)} <= known


@pytest.mark.parametrize("name", [name for name in MODULES if name.startswith("onnx.")])
def test_the_converters_import_the_estimators_and_the_core(name):
    """What turns networks into ONNX models knows them and nothing beside them."""
    assert all(other.split(".")[0] in {"core", "neural_network", "onnx"} for other in siblings(name))


def test_the_converters_load_no_onnx():
    """`skdeep.onnx` can be imported where skl2onnx is absent; `register` needs it."""
    loaded = loaded_by("import skdeep; skdeep.onnx")
    assert "sklearn" in loaded
    assert not loaded & {"onnx", "onnxruntime", "skl2onnx"}


@pytest.mark.parametrize("name", [name for name in MODULES if name.startswith("plotting.")])
def test_plotting_draws_what_the_core_hands_it(name):
    """Displays know numbers, not the estimators that they come from."""
    assert all(other.split(".")[0] in {"core", "plotting"} for other in siblings(name))


@pytest.mark.parametrize("name", [name for name in MODULES if name.startswith("model_selection.")])
def test_model_selection_stands_on_scikit_learn_alone(name):
    """Reports work with any estimator: only what fits several at once, and what cures them, knows ours."""
    ours = {"model_selection._shared_fits": {"neural_network"}, "model_selection._cures": {"_flow"}}
    assert {other.split(".")[0] for other in siblings(name)} <= {"model_selection", *SHARED, *ours.get(name, set())}
    packages = {target.split(".")[0] for target in imported(name)}
    optional = {"jinja2", "markupsafe", "matplotlib"} if name == "model_selection._page" else set()
    assert packages <= {"skdeep", "joblib", "numpy", "scipy", "sklearn", *optional, *sys.stdlib_module_names}


def test_augmentation_stands_on_what_all_share():
    """Augmenters know no estimator of ours."""
    assert set(siblings("augmentation")) <= SHARED


@pytest.mark.parametrize("name", sorted(SHARED | ANYWHERE))
def test_what_all_share_imports_no_module_of_skdeep(name):
    assert not set(siblings(name))


def test_the_reader_of_imports_finds_what_is_there():
    """The two tests above would pass on an empty list: this one sees known imports."""
    assert "core.network" in set(siblings("core.training"))
    assert "core.__init__" in set(siblings("neural_network._base"))
    assert "sklearn.base.BaseEstimator" in set(imported("neural_network._state"))
