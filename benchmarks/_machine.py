"""What the measurements ran on, in words."""

import os
import platform
from datetime import date
from pathlib import Path

import numpy as np
import scipy
import sklearn
from threadpoolctl import threadpool_info

#: Where the scripts leave their figures.
RESULTS = Path(__file__).parents[1] / ".cache"


def describe_machine():
    """Processor, BLAS and versions, as a dict."""
    blas = {f"{pool['internal_api']} {pool['version']}" for pool in threadpool_info() if pool["user_api"] == "blas"}
    return {
        "date": date.today().isoformat(),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "blas": sorted(blas),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "scipy": scipy.__version__,
        "scikit-learn": sklearn.__version__,
    }


def _processor():
    """The processor's name, by the means of the system."""
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        names = [line.split(":", 1)[1].strip() for line in cpuinfo.read_text().splitlines() if "model name" in line]
        if names:
            return names[0]
    return platform.processor() or platform.machine()
