"""Hold the verdicts and intervals of `bias_variance_report` against tasks whose bias and variance are known.

    python benchmarks/verdicts.py --settings 160 --samples 4 --moot 64

Settings are drawn (label noise, a linear model on a curved boundary, a memorising model, enough data, shifted dev
rows, a model chosen on the dev rows, combinations, regression; 100 to 20000 rows, 2 to 10 classes), several samples
of each are reported on, and each verdict is counted as right, wrong or "cannot tell yet"; each interval as covering
the truth or not. Then come tasks where no gap means anything: targets that are independent of the features, and rows
that are there several times; what is counted is whether the diagnosis says so, and whether it says so of the others.
"""

import argparse
import json
import runpy
import warnings
from collections import defaultdict
from pathlib import Path

from _machine import RESULTS, describe_machine
from joblib import Parallel, delayed

N_TRUE = 60  # samples behind an expected error

TASKS = Path(__file__).parents[1] / "tests" / "known_gaps.py"


def run_setting(number, n_samples):
    """All verdicts on samples of one setting: kind, rows, gap, verdict, whether wrong, whether covered."""
    warnings.simplefilter("ignore")
    tasks = runpy.run_path(str(TASKS))
    setting = tasks["random_setting"](number)
    expected = tasks["expected_errors"](setting, N_TRUE, seed=number)
    rows = []
    for sample in range(n_samples):
        report, truth = tasks["report_on"](setting, 1000 * number + sample, expected)
        for gap in report.gaps:
            true = truth[gap.name]
            rows.append(
                {
                    "setting": number,
                    "task": f"{number}/{sample}",
                    "kind": setting.kind,
                    "model": type(setting.model).__name__,
                    "n_rows": setting.n_rows,
                    "n_classes": setting.n_classes,
                    "gap": gap.name,
                    "truth": true,
                    "value": gap.value,
                    "low": gap.interval[0],
                    "high": gap.interval[1],
                    "threshold": report.threshold,
                    "verdict": gap.verdict,
                    "wrong": bool(tasks["is_wrong"](gap, true, report.threshold)),
                    "covered": bool(gap.interval[0] <= true <= gap.interval[1]),
                    "diagnosis": report.diagnosis,
                    "gain": truth["gain"] / report.baseline_error,
                }
            )
    return rows


def run_moot(number):
    """Of one task of each kind: what its diagnosis should say first, and what it says."""
    warnings.simplefilter("ignore")
    tasks = runpy.run_path(str(TASKS))
    made = [make(number) for make in tasks["MOOT"]]
    return [{"problem": task.problem, "diagnosis": tasks["report_on_moot"](task).diagnosis} for task in made]


def print_moot(moot, tasks):
    """How many tasks without a gap to judge are told, and how many others are taken for one."""
    for problem in dict.fromkeys(row["problem"] for row in moot):
        found = [row["diagnosis"][:1] == (problem,) for row in moot if row["problem"] == problem]
        others = [task[0] for task in tasks.values() if problem in task[0]["diagnosis"]]
        gains = ", ".join(f"{row['gain']:.1%}" for row in sorted(others, key=lambda row: -row["gain"])[:5])
        print(f"\n{problem}: first in {sum(found)} of {len(found)} tasks where it is so; said of {len(others)} others")
        print(
            f"   whose error is really below that of a constant by (of that error, the largest): {gains}" * bool(others)
        )


def print_shares(rows, key, title):
    """A line for each value of a key, and one for all."""
    groups = defaultdict(list)
    for row in rows:
        groups[key(row)].append(row)
        groups["all"].append(row)
    print(f"\n{title:34}{'verdicts':>9}{'wrong':>8}{'cannot tell':>13}{'covered':>9}")
    for name, members in sorted(groups.items(), key=lambda item: (item[0] == "all", str(item[0]))):
        share = [sum(test(row) for row in members) / len(members) for test in TESTS]
        print(f"{name!s:34}{len(members):9d}{share[0]:8.1%}{share[1]:13.1%}{share[2]:9.1%}")


TESTS = (lambda row: row["wrong"], lambda row: row["verdict"] == "cannot tell yet", lambda row: row["covered"])


def size_class(row):
    """Rows of the task, roughly."""
    return "   " + (
        "100 to 500 rows" if row["n_rows"] < 500 else "500 to 3000" if row["n_rows"] < 3000 else "over 3000"
    )


def main():
    """Run all settings, print the shares, keep every verdict."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--settings", type=int, default=160)
    parser.add_argument("--first", type=int, default=0, help="number of the first setting")
    parser.add_argument("--samples", type=int, default=4, help="of each setting")
    parser.add_argument("--moot", type=int, default=64, help="tasks of each kind without a gap to judge")
    parser.add_argument("--jobs", type=int, default=2)
    arguments = parser.parse_args()
    run, numbers = delayed(run_setting), range(arguments.first, arguments.first + arguments.settings)
    done = Parallel(arguments.jobs)(run(number, arguments.samples) for number in numbers)
    rows = [row for part in done for row in part]
    print_shares(rows, lambda row: row["gap"], "by gap")
    print_shares(rows, lambda row: row["kind"], "by kind of task")
    print_shares(rows, size_class, "by size")
    tasks = defaultdict(list)
    for row in rows:
        tasks[row["task"]].append(row)
    wrong = sum(any(row["wrong"] for row in task) for task in tasks.values())
    silent = sum(all(row["verdict"] == "cannot tell yet" for row in task) for task in tasks.values())
    print(f"\n{len(tasks)} tasks: {wrong / len(tasks):.1%} with a wrong verdict, {silent / len(tasks):.1%} without any")
    moot = [row for part in Parallel(arguments.jobs)(map(delayed(run_moot), range(arguments.moot))) for row in part]
    print_moot(moot, tasks)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "verdicts.json").write_text(
        json.dumps({"machine": describe_machine(), "rows": rows, "moot": moot}, indent=1)
    )


if __name__ == "__main__":
    main()
