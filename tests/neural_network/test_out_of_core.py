"""Rows that do not fit into memory, block by block."""

import subprocess
import sys

import numpy as np
import pytest
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skdeep import DeepMLPClassifier

pytestmark = [
    pytest.mark.deep,
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Linux alone limits a process's data"),
]

N_BLOCKS, N_ROWS, N_COLUMNS = 50, 10_000, 100  # 200 MB in float32
NETWORK = {"hidden_layer_sizes": (16,), "learning_rate": "constant", "batch_size": 500, "random_state": 0}

TRAIN = """
import resource, sys
import numpy as np
from sklearn.preprocessing import StandardScaler
from skdeep import DeepMLPClassifier

def memory_map(path):
    rows = np.load(path / "rows.npy", mmap_mode="r")
    return [lambda part=part: part for part in np.array_split(rows, N_BLOCKS)]

def dask_array(path):
    import dask.array
    rows = dask.array.from_array(np.load(path / "rows.npy", mmap_mode="r"), chunks=(N_ROWS, -1))
    return [lambda block=block: block.compute(scheduler="synchronous") for block in rows.blocks]

def pyarrow_parquet(path):
    import pyarrow.parquet as parquet
    file = parquet.ParquetFile(path / "rows.parquet")
    read = lambda n: np.column_stack([column.to_numpy() for column in file.read_row_group(n, use_threads=False)])
    return [lambda n=n: read(n) for n in range(file.num_row_groups)]

def polars_parquet(path):
    import polars
    rows = polars.scan_parquet(path / "rows.parquet")
    return [lambda n=n: rows.slice(n * N_ROWS, N_ROWS).collect().to_numpy() for n in range(N_BLOCKS)]

def train(blocks, passes):
    order = np.random.default_rng(0)
    scaler, network = StandardScaler(), DeepMLPClassifier(**NETWORK, total_samples=len(blocks) * N_ROWS)
    for block in blocks:
        scaler.partial_fit(block()[:, :-1])
    for _ in range(passes):
        for number in order.permutation(len(blocks)):
            rows = blocks[number]()
            network.partial_fit(scaler.transform(rows[:, :-1]), rows[:, -1], classes=[0, 1])
    return scaler, network

*train_on, test = blocks = READ(path)
train(blocks[:1], 1)  # what is loaded late
used = next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmData"))
limit = 1024 * used + 100 * 2**20
resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
try:
    np.ones((N_BLOCKS * N_ROWS, N_COLUMNS + 1), dtype=np.float32)
except MemoryError:
    scaler, network = train(train_on, 3)
    rows = test()
    print(network.score(scaler.transform(rows[:, :-1]), rows[:, -1]))
"""


@pytest.fixture(scope="module")
def rows():
    """Two classes, apart by a product of columns; the label is the last column."""
    rng = np.random.default_rng(0)
    rows = rng.standard_normal((N_BLOCKS * N_ROWS, N_COLUMNS + 1), dtype=np.float32)
    rows[:, :-1] *= np.arange(1, N_COLUMNS + 1)
    rows[:, -1] = rows[:, 0] * rows[:, 1] > 0
    return rows


@pytest.fixture(scope="module")
def folder(rows, tmp_path_factory):
    folder = tmp_path_factory.mktemp("rows")
    np.save(folder / "rows.npy", rows)
    return folder


@pytest.fixture(scope="module")
def with_parquet(rows, folder):
    polars = pytest.importorskip("polars", reason="polars is not installed")
    polars.from_numpy(rows).write_parquet(folder / "rows.parquet", row_group_size=N_ROWS, use_pyarrow=False)


@pytest.fixture(scope="module")
def score_in_memory(rows):
    model = make_pipeline(StandardScaler(), DeepMLPClassifier(**NETWORK, max_iter=3))
    *train, test = np.array_split(rows, N_BLOCKS)
    train = np.concatenate(train)
    return model.fit(train[:, :-1], train[:, -1]).score(test[:, :-1], test[:, -1])


@pytest.mark.parametrize("source", ["memory_map", "dask_array", "pyarrow_parquet", "polars_parquet"])
def test_blocks_of_more_rows_than_fit_into_memory_train_as_well_as_all_rows(source, folder, score_in_memory, request):
    """200 MB of rows with 100 MB of memory: the accuracy on other rows is that of a fit in memory, to one point."""
    library, _, form = source.partition("_")
    if form == "parquet":
        request.getfixturevalue("with_parquet")
    if form != "map":
        pytest.importorskip(library, reason=f"{library} is not installed")
    script = TRAIN.replace("READ", source).replace("NETWORK", repr(NETWORK))
    sizes = f"N_BLOCKS, N_ROWS, N_COLUMNS = {N_BLOCKS}, {N_ROWS}, {N_COLUMNS}\n"
    where = f"from pathlib import Path\npath = Path({str(folder)!r})\n"
    ended = subprocess.run([sys.executable, "-c", where + sizes + script], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    assert float(ended.stdout) == pytest.approx(score_in_memory, abs=0.01)
    assert score_in_memory > 0.9
