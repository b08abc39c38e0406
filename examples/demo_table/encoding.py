"""The columns as inputs of a network."""

import numpy as np
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler
from skrub import DatetimeEncoder, StringEncoder


def make_preprocessor(columns):
    """Numbers: the median for what is missing, standardised. Dates: their parts, as numbers. Categories: one-hot.

    Text: the leading components of the counts of its runs of three and four letters.
    """
    numbers = make_pipeline(SimpleImputer(strategy="median", keep_empty_features=True), StandardScaler())
    dates = make_pipeline(DatetimeEncoder(add_weekday=True), numbers)
    no_rounding_errors = FunctionTransformer(np.round, kw_args={"decimals": 4})  # which text of few words leaves
    text = make_pipeline(StringEncoder(random_state=0), no_rounding_errors)
    names = {kind: [column.name for column in columns if column.kind == kind] for kind in ("number", "category")}
    return make_column_transformer(
        (numbers, names["number"]),
        (OneHotEncoder(handle_unknown="ignore"), names["category"]),
        *((dates, column.name) for column in columns if column.kind == "date"),
        *((text, column.name) for column in columns if column.kind == "text"),
    )
