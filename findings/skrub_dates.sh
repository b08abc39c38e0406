#!/usr/bin/env bash
# skrub 0.11.0, pandas 3.1.1, scikit-learn 1.9.1, Python 3.11.
#
# Guess before the run: dates with points, written day first in much of Europe, are read month first. Of months by name
# there was none.
# Seen: so they are. And `ToDatetime` refuses the column where a "May" is among the values from which the format is guessed, as it takes
# that for the full name of a month. 05.02.2021 becomes the 2nd of May, month first, without a word, unless a day above
# 12 is among the values.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/python" -m pip install -q skrub==0.11.0 pandas==3.1.1 scikit-learn==1.9.1 numpy==2.4.6
"$folder/env/bin/python" - <<'END'
import pandas as pd
from skrub import ToDatetime


def read(*values):
    try:
        return ToDatetime().fit_transform(pd.Series(values, name="day")).dt.strftime("%Y-%m-%d").tolist()
    except Exception as error:
        return type(error).__name__


with_august, with_may = read("05-Apr-2021", "27-Aug-2022"), read("05-Apr-2021", "27-May-2022")
print(with_august, with_may)
assert with_august == ["2021-04-05", "2022-08-27"]
assert with_may == "RejectColumn"

ambiguous, plain = read("05.02.2021", "07.03.2022"), read("05.02.2021", "27.03.2022")
print(ambiguous, plain)
assert ambiguous == ["2021-05-02", "2022-07-03"]
assert plain == ["2021-02-05", "2022-03-27"]
END
