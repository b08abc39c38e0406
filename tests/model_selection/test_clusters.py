"""Searches and reports on the worker processes of dask and ray give what they give here."""

import gc
import os
import secrets
import signal
import subprocess
import sys
import time
import warnings
from contextlib import contextmanager
from itertools import chain

import joblib
import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.datasets import load_iris, make_classification
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV, StratifiedKFold, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler, scale

from skdeep import DeepMLPClassifier
from skdeep.model_selection import BatchedGridSearchCV, _batched_search, bias_variance_report

pytestmark = pytest.mark.deep

GRID = {"deepmlpclassifier__alpha": [0.1, 1.0, 3.0], "deepmlpclassifier__keep_prob": [0.8, 1.0]}
X, Y = load_iris(return_X_y=True)
X = scale(X)
N_TRAIN = 120  # rows of a training fold, of five
#: So many that dask scatters the row numbers of a fold, too.
MANY = make_classification(1000, 8, random_state=0)
FOLDS = list(StratifiedKFold(5).split(*MANY))
SEARCHES = [GridSearchCV, BatchedGridSearchCV]


def piped(step=None):
    return make_pipeline(step or StandardScaler(), DeepMLPClassifier((8,), max_iter=10, random_state=0))


def search_scores(search, estimator=None):
    results = search(estimator or piped(), GRID, return_train_score=True).fit(X, Y).cv_results_
    return np.array([values for name, values in results.items() if name.startswith("split")])


def cross_validated_scores():
    results = cross_validate(piped(), X, Y, return_train_score=True)
    return np.array([results["train_score"], results["test_score"]])


def reported_errors():
    return bias_variance_report(piped(), X, Y, random_state=0).to_dict()


def grid_scores(pipeline, search=GridSearchCV):
    results = search(pipeline, GRID, cv=FOLDS, return_train_score=True).fit(*MANY).cv_results_
    return [values for name, values in results.items() if name.startswith("split")]


def batched_grid_scores(pipeline):
    return grid_scores(pipeline, BatchedGridSearchCV)


def errors_of_folds(pipeline):
    return bias_variance_report(pipeline, *MANY, cv=FOLDS, random_state=0).to_dict()


@contextmanager
def dask_cluster(n_workers=2):
    """A client of worker processes on this machine, out of reach of any other."""
    distributed = pytest.importorskip("distributed", reason="dask.distributed is not installed")
    options = {"host": "127.0.0.1", "dashboard_address": "127.0.0.1:0", "threads_per_worker": 1}
    cluster = distributed.LocalCluster(n_workers=n_workers, processes=True, **options)
    with cluster, cluster.get_client() as client:
        client.amm.stop()  # else what is scattered to all workers is soon on a single one
        yield client


@pytest.fixture(scope="module")
def dask_client():
    with dask_cluster() as client:
        yield client


@pytest.fixture
def on_dask(dask_client):
    with joblib.parallel_config(backend="dask", client=dask_client):
        yield dask_client


@pytest.fixture(scope="module")
def ray_cluster():
    """Two worker processes. Ray listens on all of the machine's addresses: a token keeps others out."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_AUTH_MODE", "token")
        patch.setenv("RAY_AUTH_TOKEN", secrets.token_hex(32))  # else one is written into the home folder
        ray = pytest.importorskip("ray", reason="ray is not installed")
        ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
        yield
        ray.shutdown()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)  # ray lets go of processes that it has only just killed
            gc.collect()


@pytest.fixture
def on_ray(ray_cluster):
    from ray.util.joblib import register_ray

    register_ray()
    with joblib.parallel_config(backend="ray", n_jobs=2):
        yield


@pytest.fixture(params=["dask", "ray"])
def engine(request):
    request.getfixturevalue(f"on_{request.param}")


def scored_here(measure, *args):
    with joblib.parallel_config(backend="sequential"):
        return measure(*args)


@pytest.mark.parametrize("search", SEARCHES)
def test_a_search_on_a_cluster_gives_the_scores_that_it_gives_here(search, engine):
    """To the last bit, on training and on test rows."""
    assert_array_equal(search_scores(search), scored_here(search_scores, search))


@pytest.mark.parametrize("measure", [cross_validated_scores, reported_errors])
def test_what_is_measured_on_a_cluster_is_what_is_measured_here(measure, engine):
    np.testing.assert_equal(measure(), scored_here(measure))


class Travelling(float):
    """A value of the rows that knows how often it was sent away."""

    n_sent = 0

    def __reduce__(self):
        Travelling.n_sent += 1
        return float, (float(self),)


@pytest.mark.parametrize("network", [(8,), (600, 600)], ids=["trained in stacks", "each trained alone"])
def test_a_report_sends_the_rows_to_the_cluster_a_few_times_not_with_each_of_its_fits(network, on_dask, monkeypatch):
    """One value of the rows: once to each worker, for the stacks and for the fits; here there are 20 fits."""
    rows = X.astype(object)
    rows[0, 0] = Travelling(rows[0, 0])
    monkeypatch.setattr(Travelling, "n_sent", 0)
    estimator = make_pipeline(FunctionTransformer(np.float64), DeepMLPClassifier(network, max_iter=2, random_state=0))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        bias_variance_report(estimator, rows, Y, random_state=0)
    assert 1 <= Travelling.n_sent <= 4


def test_every_stack_is_trained_on_the_workers_and_scored_here(on_dask, tmp_path, monkeypatch):
    """Those of the first hundreds of fits and those of the next, which joblib asks for from another thread."""
    monkeypatch.setattr(_batched_search, "MOST_FITS", 10)

    def note(X):
        (tmp_path / f"{os.getpid()}-{len(X)}").touch()
        return X

    BatchedGridSearchCV(piped(FunctionTransformer(note)), GRID, refit=False).fit(X, Y)
    noted = [tuple(map(int, path.name.split("-"))) for path in tmp_path.iterdir()]
    assert {pid for pid, n_rows in noted if n_rows == N_TRAIN} == set(on_dask.run(os.getpid).values())
    assert {pid for pid, n_rows in noted if n_rows != N_TRAIN} == {os.getpid()}


@pytest.mark.parametrize("measure", [grid_scores, batched_grid_scores, errors_of_folds])
def test_searches_and_reports_survive_the_death_of_a_worker(measure, tmp_path):
    """SIGKILL to the first that comes to its third fold: with the rows on both, the scores are the same bits.

    An ordinary search needs the row numbers of the folds there, too.
    """
    here, dead, n_train = os.getpid(), tmp_path / "dead", len(FOLDS[0][0])

    def die(X):
        if os.getpid() != here and len(X) == n_train and not dead.exists():
            (tmp_path / f"{os.getpid()} {time.monotonic_ns()}").touch()
            if len(list(tmp_path.glob(f"{os.getpid()} *"))) == 3:
                dead.touch()
                os.kill(os.getpid(), signal.SIGKILL)
        return X

    pipeline = piped(FunctionTransformer(die))
    known = [*MANY, *(chain.from_iterable(FOLDS) if measure is grid_scores else ())]
    with dask_cluster() as client, joblib.parallel_config(backend="dask", client=client, scatter=known):
        scores = measure(pipeline)
    assert dead.exists()
    np.testing.assert_equal(scores, scored_here(measure, pipeline))


@pytest.fixture
def mortal_scheduler(tmp_path):
    """The process of a scheduler on this machine, with one worker and a client."""
    distributed = pytest.importorskip("distributed", reason="dask.distributed is not installed")
    file = tmp_path / "scheduler.json"
    where = ["--scheduler-file", str(file), "--no-dashboard", "--dashboard-address", "127.0.0.1:0"]
    run = [sys.executable, "-m"]
    started = [
        subprocess.Popen([*run, "distributed.cli.dask_scheduler", *where, "--host", "127.0.0.1", "--port", "0"]),
        subprocess.Popen([*run, "distributed.cli.dask_worker", *where, "--host", "127.0.0.1", "--no-nanny"]),
    ]
    try:
        with distributed.Client(scheduler_file=str(file)) as client:
            client.wait_for_workers(1)
            yield started[0], client
    finally:
        for process in started:
            process.kill()
            process.wait()


@pytest.mark.parametrize("search", SEARCHES)
def test_a_search_whose_scheduler_dies_says_so_and_keeps_the_results_that_it_has(search, mortal_scheduler):
    here, (scheduler, client) = os.getpid(), mortal_scheduler
    its_pid = scheduler.pid  # all that travels to the worker

    def kill_it(X):
        if os.getpid() != here:
            os.kill(its_pid, signal.SIGKILL)
            time.sleep(1)
        return X

    searched = search(piped(FunctionTransformer(kill_it)), GRID).fit(X, Y)
    results, best = searched.cv_results_, searched.best_estimator_
    with pytest.raises(Exception, match="Client lost the connection to the scheduler"):  # noqa: SIM117
        with joblib.parallel_config(backend="dask", client=client):
            searched.fit(X[:100], Y[:100])
    assert searched.cv_results_ is results
    assert searched.best_estimator_ is best
    assert searched.predict(X).shape == Y.shape


def fit_of_search(network):
    BatchedGridSearchCV(network, {"alpha": [1]}).fit(X, Y)


def report_of(network):
    bias_variance_report(network, X, Y)


@pytest.mark.parametrize("network", [(8,), (600, 600)], ids=["trained in stacks", "each trained alone"])
@pytest.mark.parametrize("measure", [fit_of_search, report_of])
def test_a_client_that_has_been_closed_is_named(measure, network):
    with dask_cluster(n_workers=1) as client, joblib.parallel_config(backend="dask", client=client):
        client.close()
        with pytest.raises(RuntimeError, match=r"must have workers.*start a new one"):
            measure(DeepMLPClassifier(network, max_iter=2))


def test_a_cluster_without_workers_is_said_to_have_none():
    with (
        dask_cluster(n_workers=0) as client,
        joblib.parallel_config(backend="dask", client=client, wait_for_workers_timeout=1),
        pytest.raises(TimeoutError, match="no worker after 1 seconds"),
    ):
        BatchedGridSearchCV(piped(), GRID).fit(X, Y)
