"""The demo's reading of a user's file: a clean table, written as people and programs write, is read as it was."""

import string
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

EXAMPLES = Path(__file__).parents[1] / "examples"
N = 120
MIN_ROWS = 10


@pytest.fixture(scope="module")
def demo_table():
    if not (EXAMPLES / "demo_table").exists():
        pytest.skip("the examples are not here")
    pytest.importorskip("skrub", reason="the demo reads dates and text with skrub")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(EXAMPLES)
        import demo_table

        yield demo_table
    for name in [name for name in sys.modules if name.startswith("demo_table")]:
        del sys.modules[name]


@pytest.fixture
def read(demo_table, tmp_path):
    """Read text, or a frame written with a separator, as the demo does."""

    def read(table, target="kind", sep=",", encoding="utf-8", keep=()):
        path = tmp_path / "table.csv"
        content = table if isinstance(table, str) else table.to_csv(index=False, sep=sep)
        path.write_bytes(content.encode(encoding))
        return demo_table.read_table(str(path), target, MIN_ROWS, keep)

    return read


@pytest.fixture
def refused(demo_table, read):
    """The sentence on a table that cannot be used."""

    def refused(*args, **kwargs):
        with pytest.raises(demo_table.InputError) as caught:
            read(*args, **kwargs)
        return str(caught.value)

    return refused


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture
def amounts(rng):
    """Positive and negative, from below one to millions, to the cent."""
    return np.round(10.0 ** rng.uniform(-1, 6.5, N) * rng.choice([-1, 1], N), 2)


def with_kind(**columns):
    """A table of these columns, a number and a target."""
    other = np.random.default_rng(1).normal(size=N)
    return pd.DataFrame({**columns, "other": other, "kind": np.where(np.arange(N) % 2, "ripe", "green")})


def line_on(table, name):
    """What the demo says on the column."""
    (line,) = [line for line in table.lines[1:] if line.split("  ")[1] == name]
    return line


def group(value, thousands, decimal, digits=2):
    """The number in groups of three digits, by one sign for groups and another before the decimals."""
    return f"{value:,.{digits}f}".translate(str.maketrans({",": thousands, ".": decimal}))


# Numbers ----------------------------------------------------------------------------------------------------

WRITERS = {
    "plain": str,
    "thousands by commas": lambda v: group(v, ",", "."),
    "thousands by points": lambda v: group(v, ".", ","),
    "thousands by blanks": lambda v: group(v, " ", ","),
    "thousands by no-break blanks": lambda v: group(v, "\xa0", ","),
    "thousands by narrow blanks": lambda v: group(v, "\u202f", ","),
    "thousands by apostrophes": lambda v: group(v, "'", "."),
    "decimal comma": lambda v: f"{v:.2f}".replace(".", ","),
    "dollars before": lambda v: f"${group(v, ',', '.')}",
    "minus before dollars": lambda v: f"{'-' if v < 0 else ''}${group(abs(v), ',', '.')}",
    "euros behind": lambda v: f"{group(v, '.', ',')} €",
    "code before": lambda v: f"USD {v}",
    "code behind": lambda v: f"{group(v, ' ', ',')} EUR",
    "per cent": lambda v: f"{v}%",
    "per cent with a blank": lambda v: f"{group(v, '.', ',')} %",
    "plus": lambda v: f"{v:+.2f}",
    "minus sign": lambda v: str(v).replace("-", "\u2212"),
    "minus behind": lambda v: f"{abs(v)}{'-' if v < 0 else ''}",
    "parentheses": lambda v: f"({abs(v)})" if v < 0 else str(v),
    "parentheses and dollars": lambda v: f"(${group(-v, ',', '.')})" if v < 0 else f"${group(v, ',', '.')}",
    "exponents": lambda v: f"{v:.12E}",
    "a unit": lambda v: f"{v} kg",
}


@pytest.mark.parametrize("sep", [",", ";", "\t", "|"])
@pytest.mark.parametrize("write", WRITERS.values(), ids=WRITERS)
def test_numbers_written_as_text_are_the_numbers(read, amounts, write, sep):
    X = read(with_kind(amount=list(map(write, amounts))), sep=sep).X
    np.testing.assert_allclose(X["amount"], amounts, rtol=1e-12)


def test_groups_of_india_are_numbers(read):
    values = [12_34_567, 1_23_456, 987, 45_678] * (N // 4)
    X = read(with_kind(amount=["12,34,567", "1,23,456", "987", "45,678"] * (N // 4))).X
    assert X["amount"].tolist() == values


def test_how_text_is_read_as_numbers_is_said_by_an_example(read, amounts):
    amounts = np.abs(amounts)
    amounts[0] = 12345678.9
    table = read(with_kind(amount=[f"{group(v, '.', ',')} €" for v in amounts]))
    assert "number in €" in line_on(table, "amount")
    assert "'12.345.678,90 €' is read as 12345678.9" in line_on(table, "amount")


@pytest.mark.parametrize(
    "placeholder", ["", "-", "--", "\u2013", "?", "n/a", "N/A", "NA", "none", "None", ".", "nan", "NULL", "#N/A", "inf"]
)
@pytest.mark.parametrize("n_missing", [2, 40])
def test_placeholders_among_numbers_are_missing_and_said(read, amounts, placeholder, n_missing):
    cells = amounts.astype(str).astype(object)
    cells[:n_missing] = placeholder
    table = read(with_kind(amount=cells))
    assert table.X["amount"].isna().sum() == n_missing
    np.testing.assert_array_equal(table.X["amount"][n_missing:], amounts[n_missing:])
    assert f"{n_missing} cells missing, filled with the median" in line_on(table, "amount")


def test_a_few_words_among_numbers_are_missing_and_said(read, amounts):
    cells = amounts.astype(str).astype(object)
    cells[[3, 4, 7]] = ["broken", "broken", "lost"]
    table = read(with_kind(amount=cells))
    assert table.X["amount"].isna().sum() == 3
    assert "3 cells missing, filled with the median: 'broken' (2), 'lost'" in line_on(table, "amount")


@pytest.mark.parametrize(("value", "said"), [(-999, True), (9999, True), (99, False), (-99, False)])
def test_nines_far_from_all_other_numbers_are_said(read, rng, value, said):
    values = rng.integers(-100, 100, N)
    values[:4] = value
    assert (f"{value} in 4 cells: if it stands for missing" in line_on(read(with_kind(x=values)), "x")) == said


def test_many_words_among_numbers_make_text_and_are_said(read, rng):
    cells = rng.integers(0, 30, N).astype(str).astype(object)
    cells[:30] = "broken"
    table = read(with_kind(level=cells))
    assert "categories, one-hot; not taken for numbers, because of 30 cells such as 'broken' (30)" in line_on(
        table, "level"
    )


def test_a_letter_among_a_few_numbers_is_a_category(read, rng):
    """A rare value of codes, rather than a cell that is missing."""
    cells = rng.integers(1, 5, N).astype(str).astype(object)
    cells[:3] = "X"
    assert "5 categories, one-hot" in line_on(read(with_kind(grade=cells)), "grade")


@pytest.mark.parametrize(
    ("cells", "sep", "first", "words"),
    [
        pytest.param(["1,234", "2,345"], ",", 1234, "a guess, as the file separates by commas", id="commas"),
        pytest.param(["1,234", "2,345"], ";", 1.234, "a guess, as no cell tells", id="semicolons"),
        pytest.param(["1,234", "567"], ";", 1234, "a guess, as smaller numbers have no such sign", id="smaller ones"),
        pytest.param(["1,234", "5678"], ",", 1.234, "as larger numbers have no such sign", id="larger ones"),
        pytest.param(["1,234", "0,5"], ",", 1.234, "", id="a decimal comma elsewhere"),
        pytest.param(["1,234", "2,345,678"], ";", 1234, "", id="two groups elsewhere"),
        pytest.param(["1,234", "2,345.6"], ";", 1234, "", id="a decimal point elsewhere"),
        pytest.param(["1.234", "2.345"], ",", 1.234, "a guess, as no cell tells", id="points"),
        pytest.param(
            ["1.234", "567"], ",", 1234, "a guess, as smaller numbers have no such sign", id="points at times"
        ),
        pytest.param(["1.234", "2.345.678"], ",", 1234, "", id="two groups by points"),
    ],
)
def test_one_sign_before_three_digits_is_read_by_the_other_cells_and_said(read, cells, sep, first, words):
    frame = pd.DataFrame({"amount": cells * (N // 2), "kind": np.arange(N) % 3})
    table = read(frame, sep=sep)
    assert table.X["amount"][0] == first
    assert words in line_on(table, "amount")
    assert ("guess" in line_on(table, "amount")) == ("guess" in words)


@pytest.mark.parametrize(("other", "first"), [("2,5", 1234), ("2.5", 1.234)])
def test_other_columns_of_the_file_tell_how_a_point_is_meant(read, other, first):
    frame = pd.DataFrame({"amount": ["1.234", "2.345"] * (N // 2), "other": [other, "3"] * (N // 2)})
    frame["kind"] = [0, 1, 2] * (N // 3)
    table = read(frame, sep=";")
    assert table.X["amount"][0] == first


def test_a_column_of_points_and_commas_is_read_cell_by_cell(read, amounts):
    cells = [str(v) if i % 2 else f"{v:.2f}".replace(".", ",") for i, v in enumerate(amounts)]
    table = read(with_kind(amount=cells))
    np.testing.assert_array_equal(table.X["amount"], amounts)
    assert "decimal points and commas are mixed" in line_on(table, "amount")


def test_thousands_and_millions_by_letters_are_multiplied(read):
    table = read(with_kind(amount=["900", "1.2k", "3M", "$45k", "$1,5 Mio"] * (N // 5)))
    assert table.X["amount"].tolist() == [900, 1200, 3e6, 45e3, 1.5e6] * (N // 5)
    assert "M and Mio and k multiplied" in line_on(table, "amount")


def test_letters_behind_a_few_numbers_are_no_scale(read):
    """Flats, say: 12, 12A, 14B."""
    cells = [f"{i % 30}{'ABK'[i % 3] if i % 10 == 0 else ''}" for i in range(N)]
    assert "categories, one-hot; not taken for numbers" in line_on(read(with_kind(flat=cells)), "flat")


def test_mixed_currencies_are_said(read, amounts):
    cells = [f"{v} {'EUR' if i % 3 else 'USD'}" for i, v in enumerate(amounts)]
    assert "the currencies EUR and USD are mixed and not converted" in line_on(read(with_kind(amount=cells)), "amount")


@pytest.mark.parametrize(
    "write",
    [
        pytest.param(lambda i: f"{i * 7:05d}", id="leading zeros"),
        pytest.param(lambda i: f"+4917012{i % 60:05d}", id="telephone numbers"),
        pytest.param(lambda i: f"0170-12{i % 60:05d}", id="telephone numbers with a dash"),
        pytest.param(lambda i: f"1.{i % 7}.{i % 60}", id="versions"),
        pytest.param(lambda i: f"192.168.{100 + i % 50}.{200 + i % 7}", id="network addresses"),
        pytest.param(lambda i: f"{i % 60} Main Street", id="addresses"),
        pytest.param(lambda i: f"{i % 60}-{i % 60 + 5}", id="ranges"),
        pytest.param(lambda i: f"A{i % 60}", id="letters before digits"),
    ],
)
def test_codes_are_no_numbers(read, write):
    table = read(with_kind(code=[write(i) for i in range(N - 1)] + [write(0)]))
    assert not pd.api.types.is_numeric_dtype(table.X["code"])
    assert "text of " in line_on(table, "code")


def test_codes_with_leading_zeros_are_said(read):
    assert "codes such as '" in line_on(read(with_kind(code=[f"{i % 60:03d}" for i in range(N)])), "code")


# Marks, units and codes among numbers -------------------------------------------------------------------------

MARKS = {
    "note": "{}*",
    "dagger": "{}\u2020",
    "superscript": "{}\u00b9",
    "letter": "{} a)",
    "about": "~{}",
    "below": "<{}",
    "at least": ">= {}",
    "and more": "{}+",
    "circa": "ca. {}",
    "formula": '="{}"',
    "apostrophe": "'{}",
}


@pytest.mark.parametrize("every", [1, 10])
@pytest.mark.parametrize("mark", MARKS.values(), ids=MARKS)
def test_marks_around_numbers_are_cut_off_and_said(read, amounts, mark, every):
    cells = [mark.format(v) if i % every == 0 else str(v) for i, v in enumerate(np.abs(amounts))]
    table = read(with_kind(amount=cells))
    np.testing.assert_array_equal(table.X["amount"], np.abs(amounts))
    assert "is read as" in line_on(table, "amount")
    assert ("the mark cut off" in line_on(table, "amount")) == (mark not in (MARKS["formula"], MARKS["apostrophe"]))


def test_marks_that_tell_a_few_values_apart_stay(read):
    table = read(with_kind(level=["5", "5*", "~5"] * (N // 3), half=["<5", ">=5"] * (N // 2)))
    assert set(table.X["level"]) == {"5", "5*", "~5"}
    assert set(table.X["half"]) == {"<5", ">=5"}


def test_large_quantities_with_decimals_are_numbers(read, amounts):
    cells = [f"{v * 1e17:.1f}" for v in amounts]
    np.testing.assert_array_equal(read(with_kind(amount=cells)).X["amount"], [float(cell) for cell in cells])


def test_codes_as_formulas_stay_codes(read):
    table = read(with_kind(code=[f'="{i % 60:03d}"' for i in range(N)]))
    assert "are no quantities" in line_on(table, "code")


@pytest.mark.parametrize(
    ("form", "signs"),
    [
        pytest.param(["{} CR", "{} DB"], [1, -1], id="both"),
        pytest.param(["{} CR", "{} Dr"], [1, -1], id="debit as Dr"),
        pytest.param(["{} CR", "{}"], [-1, 1], id="credit only"),
        pytest.param(["${} DB", "${}"], [-1, 1], id="debit only, in dollars"),
    ],
)
def test_credit_and_debit_are_signs_and_said(read, amounts, form, signs):
    cells = [form[i % 2].format(v) for i, v in enumerate(np.abs(amounts))]
    table = read(with_kind(amount=cells))
    np.testing.assert_array_equal(table.X["amount"], np.abs(amounts) * np.resize(signs, N))
    assert "as minus" in line_on(table, "amount")


@pytest.mark.parametrize(
    ("units", "factor"),
    [
        pytest.param(["kg", "kg", "g"], 1e-3, id="weight"),
        pytest.param(["GB", "GB", "MB"], 1e-3, id="memory"),
        pytest.param(["m", "m", "cm"], 1e-2, id="length"),
        pytest.param(["lbs", "lbs", "oz"], 1 / 16, id="pounds"),
    ],
)
def test_units_of_one_family_are_converted_and_said(read, amounts, units, factor):
    cells = [f"{v} {units[i % 3]}" for i, v in enumerate(amounts)]
    table = read(with_kind(amount=cells))
    np.testing.assert_allclose(table.X["amount"], amounts * np.resize([1, 1, factor], N))
    assert f"{units[2]} converted to {units[0].rstrip('s')}" in line_on(table, "amount")


def test_units_of_two_families_make_text_and_what_to_do_is_said(read, amounts):
    table = read(with_kind(amount=[f"{v} {'kg' if i % 2 else 'lb'}" for i, v in enumerate(amounts)]))
    assert "amount" in table.X
    words = "not taken for numbers, because of the units 'lb' and 'kg': write all cells in one of them"
    assert words in line_on(table, "amount")


def test_fractions_among_per_cent_are_brought_to_per_cent_and_said(read, rng):
    values = rng.uniform(0, 1, N).round(4)
    table = read(with_kind(rate=[f"{v * 100:.2f}%" if i % 2 else str(v) for i, v in enumerate(values)]))
    np.testing.assert_allclose(table.X["rate"], 100 * values)
    assert "60 cells without '%' read as fractions, times 100" in line_on(table, "rate")


def test_bare_numbers_above_one_among_per_cent_are_per_cent(read, rng):
    values = rng.uniform(0, 100, N).round(2)
    table = read(with_kind(rate=[f"{v}%" if i % 2 else str(v) for i, v in enumerate(values)]))
    np.testing.assert_array_equal(table.X["rate"], values)
    assert "60 cells without '%' taken to be in it, too" in line_on(table, "rate")


@pytest.mark.parametrize(
    ("words", "n", "numeric"), [(["n/b"], 20, True), (["n/b"], 40, False), (list("uvwxyz"), 18, False)]
)
def test_up_to_a_fifth_of_few_words_is_missing_and_said(read, amounts, words, n, numeric):
    cells = amounts.astype(str).astype(object)
    cells[:n] = np.resize(words, n)
    table = read(with_kind(amount=cells))
    assert pd.api.types.is_numeric_dtype(table.X["amount"]) == numeric
    assert (f"{n} cells missing" if numeric else f"because of {n} cells such as") in line_on(table, "amount")


@pytest.mark.parametrize("form", ["{0} to {1}", "{0}-{1}", "{0} (see {1})", "{0}@{1}", "\u2248{0}/{1}"])
def test_cells_that_begin_with_a_number_do_not_name_the_rows(read, form):
    """Another value in every row, as measurements have; what to do is said."""
    table = read(with_kind(x=[form.format(17 + 3 * i, 30 + i) for i in range(N)]))
    assert "x" in table.X
    assert "not taken for numbers, because of 120 cells such as" in line_on(table, "x")


@pytest.mark.parametrize(("digits", "once"), [(16, True), (19, True), (19, False), (30, False)])
def test_whole_numbers_that_floats_cannot_tell_apart_are_codes(read, digits, once):
    cells = [str(9 * 10 ** (digits - 1) + 10**14 + (i if once else i // 2)) for i in range(N)]
    table = read(with_kind(x=cells))
    if once:
        assert "dropped, as it names the rows" in line_on(table, "x")
    else:
        assert table.X["x"].tolist() == cells
        assert "floats cannot tell apart" in line_on(table, "x")


# Dates ------------------------------------------------------------------------------------------------------


@pytest.fixture
def days(rng):
    return pd.Series(pd.Timestamp("2019-03-01") + pd.to_timedelta(rng.integers(0, 1500, N), "D"))


@pytest.mark.parametrize(
    "form",
    [
        *("%Y-%m-%d", "%Y/%m/%d", "%Y%m%d", "%d.%m.%Y", "%d.%m.%y", "%d/%m/%Y", "%m/%d/%Y", "%m/%d/%y", "%d-%m-%Y"),
        *("%d-%b-%Y", "%d %B %Y", "%B %d, %Y", "%Y-%m-%dT%H:%M:%SZ", "%d.%m.%Y %H:%M", "%m/%d/%Y %I:%M %p"),
    ],
)
def test_dates_are_read_in_every_common_form(read, days, form):
    table = read(with_kind(day=days.dt.strftime(form)))
    assert table.X["day"].tolist() == days.tolist()
    assert "date, encoded as year, month, day" in line_on(table, "day")


def test_months_are_dates(read, days):
    assert (
        read(with_kind(day=days.dt.strftime("%m.%Y"))).X["day"].tolist()
        == days.dt.to_period("M").dt.start_time.tolist()
    )


@pytest.mark.parametrize(
    ("form", "decimal", "first"),
    [
        pytest.param("%d.%m.%Y", ".", "day", id="points"),
        pytest.param("%m/%d/%Y", ".", "month", id="slashes"),
        pytest.param("%d/%m/%Y", ",", "day", id="slashes beside decimal commas"),
    ],
)
def test_the_order_of_day_and_month_is_said_to_be_a_guess_where_no_cell_tells(read, rng, form, decimal, first):
    days = pd.Series([pd.Timestamp(2020, month, day) for month, day in rng.integers(1, 13, (N, 2))])
    price = [f"{v:.1f}".replace(".", decimal) for v in rng.normal(size=N)]
    table = read(pd.DataFrame({"day": days.dt.strftime(form), "price": price, "kind": np.arange(N) % 2}), sep=";")
    assert table.X["day"].tolist() == days.tolist(), first
    assert "a guess, as in every cell the day could be the month" in line_on(table, "day")


def test_a_few_words_among_dates_are_missing_and_said(read, days):
    cells = days.dt.strftime("%d.%m.%Y").astype(object)
    cells[:2] = ["unknown", "soon"]
    table = read(with_kind(day=cells))
    assert table.X["day"][2:].tolist() == days[2:].tolist()
    assert "2 cells missing, filled with the median: " in line_on(table, "day")


def test_dates_reach_the_network_as_their_parts(demo_table, read, days):
    """Standardised: year, month, day, seconds and weekday."""
    table = read(with_kind(day=days.dt.strftime("%d.%m.%Y")))
    inputs = demo_table.make_preprocessor(table.columns).fit_transform(table.X)
    parts = np.column_stack([days.dt.year, days.dt.month, days.dt.day, days.astype("int64"), days.dt.day_of_week])
    np.testing.assert_allclose(inputs[:, 1:], (parts - parts.mean(axis=0)) / parts.std(axis=0), atol=1e-4)


def test_times_of_day_are_hours(read, rng):
    minutes = rng.integers(0, 24 * 60, N)
    table = read(with_kind(at=[f"{m // 60:02d}:{m % 60:02d}" for m in minutes]))
    np.testing.assert_allclose(table.X["at"], minutes / 60)


# Identifiers ------------------------------------------------------------------------------------------------

GENERATOR = np.random.default_rng(5)
GAPS = np.cumsum(GENERATOR.integers(1, 9, N))


@pytest.mark.parametrize(
    ("name", "values", "dropped"),
    [
        pytest.param("x", np.arange(N), True, id="row numbers"),
        pytest.param("x", np.arange(N)[::-1] + 5, True, id="row numbers, falling"),
        pytest.param("x", GENERATOR.permutation(N), True, id="row numbers, shuffled"),
        pytest.param("x", GAPS, True, id="rising with gaps"),
        pytest.param("x", GAPS[::-1] + 1e6, True, id="falling with gaps, as floats"),
        pytest.param("x", [f"{v:,}" for v in GAPS + 10**6], True, id="rising, with thousands"),
        pytest.param("x", GENERATOR.choice(3 * N, N, replace=False), True, id="each once out of few"),
        pytest.param("user_id", GENERATOR.choice(10**7, N, replace=False), True, id="each once, named so"),
        pytest.param("x", [f"customer {i}" for i in range(N)], True, id="names"),
        pytest.param("x", [f"{i:032x}" for i in GENERATOR.integers(0, 2**60, N)], True, id="hash codes"),
        pytest.param("x", [f"{i:032x}" for i in [5, *range(5, N + 4)]], True, id="hash codes, one twice"),
        pytest.param("x", np.sort(GENERATOR.integers(0, 50, N)), False, id="sorted with ties"),
        pytest.param("x", np.arange(N) / 2, False, id="rising measurements"),
        pytest.param("x", GENERATOR.normal(size=N), False, id="measurements, each once"),
        pytest.param("x", GENERATOR.choice(10**7, N, replace=False), False, id="whole numbers, each once out of many"),
        pytest.param("x", GENERATOR.integers(0, 300, N), False, id="counts"),
        pytest.param("x", ["a", "b", "c"] * (N // 3), False, id="categories"),
        pytest.param("x", [f"the fruit number {i} is ripe" for i in range(N)], False, id="sentences"),
    ],
)
def test_columns_that_only_number_or_name_the_rows_are_dropped_with_a_line(read, name, values, dropped):
    table = read(with_kind(**{name: values}))
    assert (name not in table.X) == dropped
    assert ("dropped, as it names the rows" in line_on(table, name)) == dropped


def test_an_identifier_with_missing_cells_is_one(read):
    values = GAPS.astype(object)
    values[:5] = ""
    assert "x" not in read(with_kind(x=values)).X


def test_a_column_that_may_be_an_identifier_is_kept_and_said(read):
    numbers = GENERATOR.choice(np.arange(10**7, 10**8), N, replace=False)
    line = line_on(read(with_kind(account=numbers)), "account")
    assert "another whole number of 8 digits in every row: if it names the rows, leave it out" in line


def test_a_repeated_identifier_is_said(read):
    line = line_on(read(with_kind(customer_id=GENERATOR.integers(1, 60, N))), "customer_id")
    assert "if rows of one 'customer_id' belong together, the errors come out too low" in line


@pytest.mark.parametrize("values", [GAPS, [f"customer {i}" for i in range(N)]], ids=["numbers", "text"])
def test_a_column_to_keep_is_kept(read, values):
    table = read(with_kind(x=values), keep=["x"])
    assert table.X["x"].tolist() == list(values)
    assert "kept as asked" in line_on(table, "x")


def test_an_identifier_is_kept_where_nothing_else_is_left(read):
    table = read(with_kind(x=GAPS).drop(columns="other"))
    assert list(table.X) == ["x"]
    assert "kept, as nothing else is left" in line_on(table, "x")


# The file ---------------------------------------------------------------------------------------------------

FRUIT = with_kind(size=np.arange(N) / 4, name=["Äpfel", "Crème brûlée", "Kiwi, grün"] * (N // 3))


@pytest.mark.parametrize("sep", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "latin-1", "utf-16"])
def test_every_separator_and_encoding_gives_the_same_table(read, sep, encoding):
    X = read(FRUIT, sep=sep, encoding=encoding).X
    pd.testing.assert_frame_equal(X, FRUIT[["size", "name", "other"]], check_dtype=False)


@pytest.mark.parametrize(
    ("encoding", "words"),
    [("utf-8-sig", "a byte order mark"), ("cp1252", "read as Windows-1252 (a guess)"), ("utf-16", "a byte order mark")],
)
def test_the_encoding_is_said_unless_it_is_utf8(read, encoding, words):
    assert words in read(FRUIT, encoding=encoding).lines[0]
    assert words not in read(FRUIT).lines[0]


def test_decimal_commas_do_not_pass_for_separators(read, amounts):
    X = read(with_kind(a=[f"{v:.2f}".replace(".", ",") for v in amounts]), sep=";").X
    assert list(X) == ["a", "other"]


def test_a_spreadsheets_line_on_the_separator_is_obeyed(read):
    assert list(read("sep=;\n" + FRUIT.to_csv(index=False, sep=";")).X) == ["size", "name", "other"]


def test_blanks_around_names_and_values_are_cut_off_and_said(read):
    frame = with_kind(colour=np.where(np.arange(N) % 4 == 0, "red ", np.where(np.arange(N) % 4 == 2, "red", " blue")))
    frame["kind"] = np.where(np.arange(N) % 8 == 0, "ripe ", np.where(np.arange(N) % 4 == 0, "ripe", "green"))
    table = read(frame.rename(columns={"colour": " colour "}))
    assert set(table.X["colour"]) == {"red", "blue"}
    assert set(table.y) == {"ripe", "green"}
    assert "blanks at the ends of 90 cells cut off" in line_on(table, "colour")
    assert "blanks at the ends of 15 cells cut off" in line_on(table, "kind")


def test_upper_and_lower_case_stay_apart_and_are_said(read):
    frame = with_kind(colour=["Red", "red", "blue"] * (N // 3))
    frame["kind"] = ["Ripe", "ripe", "green"] * (N // 3)
    table = read(frame)
    assert table.X["colour"].nunique() == len(set(table.y)) == 3
    assert all("differ in case only, and stay apart" in line_on(table, name) for name in ("colour", "kind"))


@pytest.mark.parametrize(
    ("values", "words"),
    [
        pytest.param([""] * N, "dropped: empty", id="empty"),
        pytest.param(["-", "n/a"] * (N // 2), "dropped: empty", id="placeholders"),
        pytest.param(["kg"] * N, "dropped: 'kg' in every row", id="constant"),
        pytest.param(["5", "5.0"] * (N // 2), "dropped: 5 in every row", id="constant number"),
        pytest.param([f"{v:.9f} m" for v in FRUIT["other"].round(9)], "dropped: the same as 'first'", id="copy"),
    ],
)
def test_columns_without_anything_of_their_own_are_dropped_with_a_line(read, values, words):
    table = read(with_kind(first=FRUIT["other"].round(9), x=values))
    assert "x" not in table.X
    assert words in line_on(table, "x")


def test_a_constant_that_is_missing_at_times_is_a_category(read):
    table = read(with_kind(x=["yes", "", ""] * (N // 3)))
    assert "1 category, one-hot; 80 cells missing, as a category" in line_on(table, "x")


def test_two_signs_are_two_categories(read):
    assert "2 categories" in line_on(read(with_kind(strand=["+", "-", "-"] * (N // 3))), "strand")


@pytest.mark.parametrize("n_wrong", [0, 1])
def test_a_column_that_names_the_classes_is_said(read, n_wrong):
    table = read(with_kind(code=(np.arange(N) + (np.arange(N) < n_wrong)) % 2))
    assert "the target in other words? If so, leave it out" in line_on(table, "code")


def test_text_of_many_values_is_encoded_and_said(demo_table, read, rng):
    words = ["".join(rng.choice(list(string.ascii_lowercase), 7)) for _ in range(N - 1)]
    table = read(with_kind(name=[words[0], *words]))
    assert "values, encoded by StringEncoder" in line_on(table, "name")
    assert demo_table.make_preprocessor(table.columns).fit_transform(table.X).shape == (N, 31)


def test_text_of_few_words_leaves_no_components_of_rounding_errors(demo_table, read, rng):
    """skrub's last ones have a deviation of 1e-8, which a network's check of its inputs takes for another scale."""
    table = read(with_kind(note=[" ".join(rng.choice(["good", "bad", "old", "new", "large"], 5)) for _ in range(N)]))
    spread = demo_table.make_preprocessor(table.columns).fit_transform(table.X).std(axis=0)
    assert spread[spread > 0].min() > 1e-3 * spread.max()


def test_every_column_has_one_line_with_its_name(read, amounts, days):
    frame = with_kind(amount=amounts, day=days, id=GAPS, colour=["a", "b", "c"] * (N // 3), empty="", one="1")
    table = read(frame)
    assert [line.split("  ")[1] for line in table.lines[1:]] == ["kind", *frame.columns.drop("kind")]


def test_plain_numbers_of_a_wide_table_share_a_paragraph_that_names_each(read, rng):
    names = [f"column_{i}" for i in range(300)]
    frame = pd.DataFrame(rng.normal(size=(N, 300)), columns=names)
    table = read(frame.assign(empty="", kind=np.arange(N) % 2))
    assert len(table.lines) == 4
    head, *paragraph = table.lines[-1].split("\n")
    assert "300 others  numbers, standardised:" in head
    assert " ".join(line.strip() for line in paragraph) == ", ".join(names)
    assert max(map(len, paragraph)) <= 120


def test_a_line_stays_one_line(read):
    """Whatever is in the header and in the cells."""
    long = "a " * 500
    table = read(with_kind(**{"two\nlines": FRUIT["other"], "x": [long, long + "\n", "b"] * (N // 3), "y": long}))
    assert "two lines" in table.X
    assert all("\n" not in line and len(line) < 200 for line in table.lines)


def test_a_repeated_name_gets_a_number(read):
    content = "a,a,kind\n" + "".join(f"{i / 2},{i % 7},{i % 2}\n" for i in range(N))
    table = read(content)
    assert list(table.X) == ["a", "a.1"]
    assert "more than one column is named 'a'" in table.lines[0]


def test_separators_at_the_ends_of_rows_are_no_cells(read):
    content = "a,kind\n" + "".join(f"{i / 2},{i % 2},\n" for i in range(N))
    assert read(content).X["a"].tolist() == (np.arange(N) / 2).tolist()


def test_short_rows_are_filled_and_said(read):
    content = "a,kind,b\n" + "".join(f"{i / 2},{i % 2}" + (f",{i % 7}\n" if i > 2 else "\n") for i in range(N))
    table = read(content)
    assert table.X["b"].isna().sum() == 3
    assert "3 rows with too few fields" in table.lines[0]


ROWS = "".join(f"{i / 2},{'ab'[i % 2]}\n" for i in range(N))


@pytest.mark.parametrize(
    ("above", "sep"),
    [
        pytest.param("# exported\n# by me\n", ",", id="comments"),
        pytest.param("# exported by me, at noon, in haste\n", ",", id="a comment with commas"),
        pytest.param("Harvest of 2023\n", ",", id="a title"),
        pytest.param("Harvest of 2023;;\n;;\n", ";", id="a title of a spreadsheet"),
    ],
)
def test_lines_above_the_header_are_left_out_and_said(read, above, sep):
    table = read(above + FRUIT.to_csv(index=False, sep=sep))
    assert list(table.X) == ["size", "name", "other"]
    assert "above the header left out, such as " in table.lines[0]


def test_a_repeated_header_is_left_out_and_said(read):
    table = read(f"a,kind\n{ROWS}a,kind\n{ROWS}")
    assert len(table.y) == 2 * N
    assert "the header is repeated in 1 row, left out" in table.lines[0]


def test_names_of_rows_without_a_place_in_the_header_are_left_out_and_said(read):
    rows = "".join(f'"r{i}",{line}\n' for i, line in enumerate(ROWS.splitlines()))
    table = read(f'"a","kind"\n{rows}')
    assert table.X["a"].tolist() == (np.arange(N) / 2).tolist()
    assert "the header is one field short" in table.lines[0]


# The target -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cells", "classes"),
    [
        pytest.param(["1", "2", "10"], {1, 2, 10}, id="whole numbers"),
        pytest.param(["1.0", "2", "2.0"], {1, 2}, id="whole floats"),
        pytest.param(["1,000", "2,000", "3"], {1000, 2000, 3}, id="with thousands"),
        pytest.param(["True", "False", "False"], {"True", "False"}, id="truth values"),
        pytest.param(["007", "008", "009"], {"007", "008", "009"}, id="codes"),
        pytest.param(["1", "2", "x"], {"1", "2", "x"}, id="numbers and text"),
        pytest.param(["+", "-", "-"], {"+", "-"}, id="signs"),
        pytest.param(["none", "mild", "severe"], {"none", "mild", "severe"}, id="none as a class"),
    ],
)
def test_classes_are_whole_numbers_or_text(read, cells, classes):
    assert set(read(with_kind().assign(kind=cells * (N // 3))).y.tolist()) == classes


@pytest.mark.parametrize("placeholder", ["", " ", "?", "NA", "n/a", "-", "none"])
def test_rows_without_a_target_are_left_out_and_said(read, placeholder):
    frame = with_kind()
    frame.loc[[7, 8], "kind"] = placeholder
    table = read(frame)
    assert set(table.y) == {"ripe", "green"}
    np.testing.assert_array_equal(table.X["other"], frame["other"].drop([7, 8]))
    assert "2 of 120 rows have no 'kind' and are left out" in line_on(table, "kind")


@pytest.mark.parametrize("cells", [["1.5", "2.5"], ["1,5", "2,5"], ["$1.50", "$2"], ["5", "inf"]])
def test_a_quantity_as_target_is_refused(refused, cells):
    assert "holds continuous numbers such as" in refused(with_kind().assign(kind=cells * (N // 2)))


@pytest.mark.parametrize("classes", [{">50K", "<=50K"}, {"5", "5*"}, {"<1", ">1"}])
def test_marks_tell_classes_apart(read, classes):
    assert set(read(with_kind().assign(kind=sorted(classes) * (N // 2))).y) == classes


def test_classes_of_many_digits_stay_apart(read):
    classes = {"9007199254740993", "9007199254740992"}
    assert set(read(with_kind().assign(kind=sorted(classes) * (N // 2))).y.tolist()) == classes


@pytest.mark.parametrize("word", ["NA", "null", "nil"])
def test_a_word_for_missing_is_a_class_where_only_one_other_is_left_and_said(read, word):
    table = read(with_kind().assign(kind=[word, "EU"] * (N // 2)))
    assert set(table.y) == {word, "EU"}
    assert f"{word!r} taken for a class" in line_on(table, "kind")


def test_a_single_class_is_refused_with_the_rows_that_are_left_out(refused):
    message = refused(with_kind().assign(kind=["?", "EU"] * (N // 2)))
    assert "60 of 120 rows have no 'kind' and are left out: '?' (60)" in message


# Refusals ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("keep", "words"),
    [
        (["weight"], "has no column 'weight' for --keep"),
        (["kind"], "--keep 'kind' names the target, which is no feature"),
    ],
)
def test_keeping_a_column_that_is_no_feature_is_refused(refused, keep, words):
    assert words in refused(FRUIT, keep=keep)


def test_a_row_with_too_many_fields_is_named(refused):
    assert "row 2 below the header has 4 fields, and the header has 2" in refused("a,kind\n1,2\n1,2,3,4\n")


def test_a_table_of_constants_is_refused(refused):
    assert "no column to learn 'kind' from" in refused(with_kind(x="1").drop(columns="other"))


@pytest.mark.parametrize("row", ["[m],[-]", "length,class"])
def test_a_second_header_is_hinted_at(refused, row):
    message = refused(f"a,kind\n{row}\n" + ROWS)
    assert "has only 1 row;" in message
    assert "a second header? If so, delete that row" in message


def test_a_quote_that_is_never_closed_is_named(refused):
    assert "a quote in it is opened and never closed" in refused('a,kind\n"' + ROWS)


def test_two_columns_with_the_name_of_the_target_are_refused(refused):
    assert "more than one column named 'kind'" in refused(f"kind,kind\n{ROWS}")


def test_a_header_below_a_title_of_more_cells_is_hinted_at(refused):
    message = refused("Harvest, 2023\n" + with_kind(size=np.arange(N)).to_csv(index=False))
    assert "if that is the header, delete the lines above it" in message


def test_a_row_longer_than_the_title_above_it_is_hinted_at(refused):
    assert "or a line above the header no part of the table?" in refused("Harvest, 2023\n" + FRUIT.to_csv(index=False))
