"""skdeep.core.gradient_check and skdeep.core.gradient_report."""

import runpy
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from skdeep.core import check_gradient

BLOCKS = {"left": slice(0, 3), "right": slice(3, 6)}


@pytest.fixture(scope="module")
def planted():
    """The hand-made network with planted bugs."""
    return runpy.run_path(str(Path(__file__).parents[1] / "planted_bugs.py"))


@pytest.fixture
def theta():
    return np.array([0.3, -1.2, 0.7, 2.0, -0.4, 1.1])


def cubes(theta):
    """A loss whose gradient is known."""
    return np.sum(theta**3), 3 * theta**2


def with_error(**errors):
    """`cubes` with a factor on single entries of its gradient."""

    def fun(theta):
        loss, gradient = cubes(theta)
        for name, factor in errors.items():
            gradient[int(name[1:])] *= factor
        return loss, gradient

    return fun


def test_a_correct_gradient_is_called_correct(theta):
    """The error is far below the threshold, the result is true, and nothing is suspected."""
    result = check_gradient(cubes, theta)
    assert result
    assert result.verdict == "correct"
    assert result.relative_error < 1e-9
    assert result.suspect is None
    assert (result.n_checked, result.n_kinks) == (6, 0)


def test_relative_error_is_the_published_formula(theta):
    """``||g - d|| / (||g|| + ||d||)``: one third when the gradient is half of what it should be."""
    result = check_gradient(lambda t: (cubes(t)[0], 0.5 * cubes(t)[1]), theta)
    assert result.verdict == "wrong"
    assert not result
    assert result.relative_error == pytest.approx(1 / 3, rel=1e-9)
    assert "0.5 times the difference" in str(result)


@pytest.mark.parametrize("factor", [-1.0, 0.0, 0.5, 1.00005, 1.001, 3.0])
def test_a_factor_is_said_where_it_explains_the_error(factor, theta):
    """And in so many digits that it does not read as 1."""
    result = check_gradient(lambda t: (cubes(t)[0], factor * cubes(t)[1]), theta)
    assert f"its gradient is {factor:g} times the difference throughout" in str(result)


@pytest.mark.parametrize("factor", [1.001, 1.01, 2.0, 1e3])
def test_a_single_wrong_entry_is_no_factor_throughout(factor):
    """Neither is a gradient of 500 entries of which one is wrong "1 times the difference"."""
    start = np.random.default_rng(0).normal(size=500)
    result = check_gradient(with_error(_7=factor), start)
    assert result.verdict != "correct"
    assert result.blocks["theta"].factor is None
    assert "times the difference" not in str(result)
    assert result.worst[0].index == 7


@pytest.mark.parametrize("shape", [(), (1,), (2, 3)])
def test_theta_may_have_any_shape(shape):
    """`fun` gets theta in the shape in which it was given."""
    start = np.full(shape, 0.5)

    def fun(theta):
        assert theta.shape == shape
        return np.sum(theta**2), 2 * theta

    assert check_gradient(fun, start)


def test_a_float32_theta_is_checked_in_float64(theta):
    """It is handed on in float64, where differences mean something."""
    seen = set()

    def fun(t):
        seen.add(t.dtype)
        return cubes(t)

    assert check_gradient(fun, theta.astype(np.float32))
    assert seen == {np.dtype(np.float64)}


def test_the_wrong_block_and_entry_are_named(theta):
    """Errors are measured block by block, and the entries that are furthest off come first."""
    result = check_gradient(with_error(_4=1.01), theta, blocks=BLOCKS)
    assert result.suspect == "right"
    assert result.block_verdicts == {"left": "correct", "right": "wrong"}
    assert result.worst[0][:2] == ("right", 1)
    assert result.worst[0].gradient == pytest.approx(1.01 * result.worst[0].difference)


def test_the_last_wrong_block_is_suspected_first(theta):
    """In the order of the forward pass, the last wrong block is where a backward pass went wrong first."""
    result = check_gradient(with_error(_0=2.0, _5=2.0), theta, blocks=BLOCKS)
    assert result.suspect == "right"
    assert "Look at right first" in str(result)


def test_an_entry_too_small_for_the_norms_is_found():
    """A wrong entry whose slope is a millionth of the others' still makes the gradient suspicious."""
    small = np.array([1.0, 1.0, 3e-4])
    result = check_gradient(with_error(_2=1.5), small)
    assert result.relative_error < 1e-6
    assert result.verdict == "suspicious"
    assert result.worst[0].index == 2


@pytest.mark.parametrize("scale", [1e-9, 1.0, 1e9])
def test_the_size_of_the_loss_does_not_matter(scale, theta):
    """Correct stays correct and wrong stays wrong, whatever the unit of the loss."""
    assert check_gradient(lambda t: (scale * cubes(t)[0], scale * cubes(t)[1]), theta)
    assert not check_gradient(lambda t: (scale * cubes(t)[0], 1.001 * scale * cubes(t)[1]), theta)


@pytest.mark.parametrize(("scale", "factor"), [(3e-14, 1.1), (1e-13, 1.02), (1e-12, 1.002)])
def test_an_error_that_rounding_could_explain_is_suspicious(scale, factor):
    """Beside a loss so much larger no difference can tell right from wrong, and the report says so."""
    start = np.array([1.0, 2.0, 3.0])
    result = check_gradient(lambda t: (1.0 + scale * t @ t, factor * 2 * scale * t), start)
    assert result.verdict == "suspicious"
    assert "rounding is too large" in str(result)


@pytest.mark.parametrize(("scale", "factor"), [(1e-12, -3.5), (1e-10, 1.1), (1e-9, 1.01)])
def test_an_error_that_only_larger_steps_can_tell_from_rounding_is_wrong(scale, factor):
    """A hundred times the first step and more."""
    start = np.array([1.0, 2.0, 3.0])
    assert check_gradient(lambda t: (1.0 + scale * t @ t, 2 * scale * t), start).verdict == "correct"
    assert check_gradient(lambda t: (1.0 + scale * t @ t, factor * 2 * scale * t), start).verdict == "wrong"


def test_a_negligible_block_that_rounding_hides_is_no_alarm():
    """A part of next to nothing beside the whole, such as the first layer of a network that vanishes."""
    scale = np.array([1.0, 1.0, 1e-13, 1e-13])
    result = check_gradient(
        lambda t: (scale @ t**2, 2 * scale * t), np.ones(4), blocks={"small": slice(2, 4), "large": slice(2)}
    )
    assert result.block_errors["small"] > 1e-4
    assert result.verdict == "correct"


def test_a_tiny_gradient_is_looked_at_again():
    """Where the first differences are mostly rounding, larger steps tell right from wrong all the same."""
    for factor, verdict in ((1.0, "correct"), (1.5, "wrong")):
        result = check_gradient(
            lambda t, factor=factor: (1.0 + 1e-7 * np.sum(np.sin(t)), factor * 1e-7 * np.cos(t)), np.ones(4)
        )
        assert result.verdict == verdict


def test_what_is_in_no_block_is_checked_too(theta):
    """As a block of its own."""
    result = check_gradient(with_error(_5=2.0), theta, blocks={"left": slice(3)})
    assert result.block_verdicts == {"left": "correct", "(in no block)": "wrong"}


def test_the_worst_entries_are_those_of_the_suspected_block_first():
    """Not those of a block whose gradient is larger."""
    result = check_gradient(
        lambda t: (1e4 * t[0] ** 4 + 1e-2 * t[1], np.array([4e4 * (1 + 1e-8) * t[0] ** 3, 3e-2])),
        np.array([1.3, 1.0]),
        blocks={"large": [0], "small": [1]},
    )
    assert result.suspect == result.worst[0].block == "small"


@pytest.mark.parametrize("factor", [1.0, 1.01])
def test_random_directions_tell_right_from_wrong(factor, theta):
    """Directions inside each block give the same verdict, at a number of evaluations that is asked for."""
    calls = []

    def fun(t):
        calls.append(1)
        return cubes(t)[0], factor * cubes(t)[1]

    result = check_gradient(fun, theta, n_directions=4, blocks=BLOCKS, random_state=0, epsilon=1e-5)
    assert result.n_checked == 4
    assert len(calls) < 15
    assert bool(result) is (factor == 1.0)


def test_many_parameters_are_checked_along_directions():
    """Beyond 10000 parameters 50 random directions are the default."""
    rng = np.random.default_rng(0)
    result = check_gradient(lambda t: (t @ t, 2 * t), rng.normal(size=10_001), random_state=0)
    assert result
    assert result.n_checked == 50
    assert result.along_directions


def test_directions_are_not_reported_as_entries(theta):
    """What is listed as furthest off says that it is a direction."""
    result = check_gradient(with_error(_4=2.0), theta, n_directions=3, random_state=0)
    assert "theta direction [" in str(result)


def test_directions_are_reproducible(theta):
    """The same `random_state` gives the same figures, another one others."""
    one, same, other = (
        check_gradient(cubes, theta, n_directions=3, random_state=seed).relative_error for seed in (0, 0, 1)
    )
    assert one == same != other


def test_the_report_is_readable_in_every_form(theta):
    """Text, HTML, dictionary and frame tell the same."""
    result = check_gradient(with_error(_4=2.0), theta, blocks=BLOCKS)
    assert "right" in str(result)
    assert "wrong" in str(result)
    assert result._repr_html_().startswith("<pre>Gradient check: wrong")
    assert result.to_dict()["verdict"] == "wrong"
    frame = result.to_frame()
    assert isinstance(frame, pd.DataFrame)
    assert frame.loc["right", "relative_error"] == result.block_errors["right"]


def test_every_planted_bug_is_found_in_its_layer(planted):
    """Each kind, in one of the layers that may have it, is found in that layer; all are in the benchmark."""
    of_kind = {
        bug: (bug, layer) for number, (bug, layer) in enumerate(planted["BUGS"]) if number % 3 or layer in (1, None)
    }
    missed = [
        (bug, layer)
        for bug, layer in of_kind.values()
        if (verdict := planted["check_planted"](bug, layer, seed=0))[0] == "correct" or not verdict[1]
    ]
    assert of_kind.keys() == {bug for bug, _ in planted["BUGS"]}
    assert missed == []


@pytest.mark.parametrize("seed", range(3))
def test_the_network_without_a_planted_bug_is_correct(seed, planted):
    """So it is the bugs that are found."""
    assert planted["check_planted"](None, None, seed)[0] == "correct"


@pytest.mark.parametrize("seed", range(15))
def test_no_false_alarm_on_correct_networks(seed, planted):
    """Random activations, depths from 1 to 8, widths, classes, penalties and dropout."""
    assert planted["check_correct"](seed) == "correct"


@pytest.mark.parametrize(
    ("fun", "message"),
    [
        (lambda t: t @ t, "must return .loss, gradient."),
        (lambda t: (t @ t, t[:3]), r"gradient of shape \(6,\)"),
        (lambda t: (t, t), r"loss of shape \(\)"),
        (lambda t: (np.nan, t), "finite loss"),
        (lambda t: (t @ t, t / 0.0), "finite gradient"),
        (lambda t: (np.float32(t @ t), 2 * t), "float64.*float32"),
        (lambda t: (t @ t, (2 * t).astype(np.float32)), "float64.*float32"),
        (lambda t: (t @ t, 2j * t), "real numbers.*complex"),
        (lambda t: (t @ t, t > 0), "real numbers.*bool"),
        (lambda t: (t @ t, [t[:4], t[4:]]), "one array in theta's shape.* a list of length 2"),
        (lambda t: (t @ t, {"W": t}), "one array in theta's shape.* a dict of length 1"),
        (lambda t: (t @ t, t.__imul__(2)), "leave theta as it is"),
        (lambda t: (np.random.default_rng().random(), t), "freeze its random masks"),
        ("fun", "fun must be a callable"),
    ],
)
@pytest.mark.filterwarnings("ignore:divide by zero")
def test_a_function_that_cannot_be_checked_is_refused(fun, message, theta):
    """What is wrong with it is said, before any verdict."""
    with pytest.raises(ValueError, match=message):
        check_gradient(fun, theta)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"epsilon": 0.0}, "epsilon must be"),
        ({"epsilon": np.inf}, "epsilon must be"),
        ({"epsilon": True}, "epsilon must be"),
        ({"epsilon": np.ones(6)}, "epsilon must be"),
        ({"epsilon": 1e-18}, "epsilon must be large enough"),
        ({"n_directions": 0}, "n_directions must be"),
        ({"n_directions": 2.5}, "n_directions must be"),
        ({"n_directions": True}, "n_directions must be"),
        ({"blocks": {}}, "blocks must be"),
        ({"blocks": [slice(3)]}, "blocks must be"),
        ({"blocks": {"a": slice(9, 12)}}, r"blocks\['a'\] must be a slice or a list of at least one"),
        ({"blocks": {"a": None}}, r"blocks\['a'\] must be a slice or a list"),
        ({"blocks": {"a": np.array([[0, 1], [2, 3]])}}, r"blocks\['a'\] must be a slice or a list"),
        ({"blocks": {"a": [0, 0, 1]}}, r"blocks\['a'\] must be a list of different"),
        ({"blocks": {1: [0]}}, "blocks must be named by strings"),
        ({"blocks": {"(in no block)": [0]}}, "blocks must be named by strings other"),
        ({"blocks": {"a": 17}}, r"blocks\['a'\] must select from 6"),
    ],
)
def test_arguments_are_held_to_their_rules(arguments, message, theta):
    """The message names the argument and the rule."""
    with pytest.raises(ValueError, match=message):
        check_gradient(cubes, theta, **arguments)


@pytest.mark.parametrize("start", [np.arange(3), np.array(["a"]), np.ones(2) * 1j])
def test_theta_must_be_floating(start):
    """Steps of 6e-6 mean nothing to an integer."""
    with pytest.raises(TypeError, match="theta must be floating-point"):
        check_gradient(cubes, start)


@pytest.mark.parametrize(
    ("start", "got"),
    [
        ({"W": np.ones((2, 3)), "b": np.ones(3)}, "a dict of length 2"),
        ([np.ones((2, 3)), np.ones(3)], "a list of length 2"),
        ((np.ones((2, 3)), np.ones((3, 1))), "a tuple of length 2"),
        ([[1.0, 2.0], [3.0]], "a list of length 2"),
        (np.array([1.0, 2.0], dtype=object), "ndarray, of objects"),
        (None, "None"),
    ],
    ids=str,
)
def test_theta_in_parts_is_to_be_concatenated(start, got):
    """The message names argument, rule, remedy and value."""
    with pytest.raises(TypeError, match=f"theta must be one array of floating-point numbers: concatenate .* Got {got}"):
        check_gradient(cubes, start)


def test_a_list_of_arrays_of_one_shape_is_one_array():
    """With one axis more, which `fun` can unpack."""

    def fun(theta):
        W, V = theta
        return np.sum(W**2) + np.sum(V**3), [2 * W, 3 * V**2]

    assert check_gradient(fun, [np.full((2, 2), 0.5), np.full((2, 2), 1.5)])


@pytest.mark.parametrize("start", [np.array([]), np.array([1.0, np.nan])])
def test_theta_must_be_there_and_finite(start):
    with pytest.raises(ValueError, match="theta must be"):
        check_gradient(cubes, start)
