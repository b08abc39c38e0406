"""Run the tests under each kernel of OpenBLAS, fewer instructions of numpy's, and two threads: `make test-kernels`.

Each rounds in another way, so a test that passes under one and fails under another hangs on a single chaotic training.
Arguments are passed on to pytest.
"""

import os
import subprocess
import sys
from collections.abc import Iterator

import numpy as np

# Ends by a signal where the processor lacks the kernel's instructions.
PROBE = """
import numpy, scipy.linalg, threadpoolctl
for precision in "fd":
    numpy.ones((99, 99), precision) @ numpy.ones((99, 99), precision)
kernels = {pool["architecture"] for pool in threadpoolctl.threadpool_info() if "architecture" in pool}
instructions = numpy.show_config(mode="dicts")["SIMD Extensions"].get("found") or ["baseline"]
print(*sorted(kernels), "and numpy's", instructions[-1])
"""
# A build of OpenBLAS may call the first Katmai, and have Haswell's in place of Zen's.
KERNELS = ("Prescott", "Haswell", "Zen", "SkylakeX")
ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}


def settings() -> Iterator[tuple[str, dict[str, str]]]:
    """The name and the environment of each; a kernel's name is that for OPENBLAS_CORETYPE, which scipy's reads too."""
    for kernel in KERNELS:
        yield kernel, {"OPENBLAS_CORETYPE": kernel}
    yield "two threads", dict.fromkeys(ONE_THREAD, "2")
    found = np.show_config(mode="dicts")["SIMD Extensions"].get("found", [])
    wide = [feature for feature in found if "512" in feature or feature == "X86_V4"]
    for name, features in (("numpy without AVX-512", wide), ("numpy at its baseline", found)):
        if features:
            yield name, {"NPY_DISABLE_CPU_FEATURES": " ".join(features)}


def run(*command: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Python in that environment."""
    environment = {**os.environ, **ONE_THREAD, **environment}
    return subprocess.run([sys.executable, *command], env=environment, capture_output=True, text=True, check=False)


def verdict(tests: subprocess.CompletedProcess[str]) -> str:
    """Passed, or the names of the tests that did not; the end of what pytest said where it names none."""
    if tests.returncode == 0:
        return "passed"
    lines = [line for line in (tests.stdout + tests.stderr).splitlines() if line]
    failed = [line.split(" - ")[0].split(maxsplit=1)[1] for line in lines if line.startswith(("FAILED ", "ERROR "))]
    return "failed: " + ", ".join(failed or lines[-3:])


def main() -> int:
    """0 where no setting failed."""
    seen, failed = set(), False
    for name, environment in settings():
        probe = run("-c", PROBE, environment=environment)
        used = probe.stdout.strip() or "nothing"
        if name in KERNELS and probe.returncode:
            result = "skipped, this processor cannot run it"
        elif name in KERNELS and used in seen:
            result = "skipped, as it is the same again"
        else:
            result = verdict(run("-m", "pytest", "-q", *sys.argv[1:], environment=environment))
        seen.add(used)
        failed |= result.startswith("failed")
        sys.stdout.write(f"{name} ({used}): {result}\n")
        sys.stdout.flush()
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
