#!/usr/bin/env bash
# threadpoolctl 3.8.0 and 3.6.0, numpy 2.4.6 (its OpenBLAS), Python 3.11.
#
# Guess before the run: a limit of one thread that a second Python thread sets counts, as it did in 3.6, also while the
# first one is within a limit of its own.
# Seen: in 3.8 it does nothing then, without a warning; a task that a pool of threads runs keeps the number of the one that
# waits for it. (The first thread to set a number keeps all others from it until it gives that up, as the docstring of
# the controller says, that of `threadpool_limits` does not.)
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/python" -m pip install -q numpy==2.4.6
cat > "$folder/limits.py" <<'END'
from concurrent.futures import ThreadPoolExecutor

import numpy  # its BLAS is what is limited
from threadpoolctl import threadpool_info, threadpool_limits


def numbers():
    return {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}


def limited():
    with threadpool_limits(1):
        return numbers()


with ThreadPoolExecutor(1) as pool:
    before = pool.submit(limited).result()
    with threadpool_limits(2):
        within = pool.submit(limited).result()
print(before, within)
END
for version in 3.6.0 3.8.0; do
  "$folder/env/bin/python" -m pip install -q "threadpoolctl==$version"
  echo "$version: $("$folder/env/bin/python" -W error "$folder/limits.py")"
done | tee "$folder/seen"
diff "$folder/seen" - <<'END'
3.6.0: {1} {1}
3.8.0: {1} {2}
END
