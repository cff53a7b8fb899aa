"""Columns made from several, texts that stand for others, rows that belong to another source."""

from __future__ import annotations

import csv
import io
import random
from dataclasses import replace
from pathlib import Path

import pytest

from cdptool.errors import Place, SourceError
from cdptool.rules import column_expression, parse
from cdptool.sources import Mapped
from cdptool.sources.expressions import derived
from cdptool.sources.spec import Expression, Unpivot
from tests.frames import ROUNDS
from tests.sources import mapper_oracle as oracle
from tests.sources.project import CRM, SHOP, mapped, read

HERE = Place("sources.yaml", 7, 10)


def made(name: str, kind: str, text: str, **options: object) -> Mapped:
    return Mapped(name, kind, expr=Expression(text, HERE), **options)


def note(column: Mapped):
    """A stream source whose `note` is the column."""
    return replace(SHOP, at=None, identifiers=(), columns=(column,))


def as_csv(rows: list[oracle.Row]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, oracle.COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


@pytest.mark.parametrize("round_", range(20 * ROUNDS))
def test_expressions_mean_what_a_slow_mapper_says(tmp_path: Path, round_: int) -> None:
    """Random expressions over random rows: texts, numbers and conditions, through whole files."""
    seed = random.Random(f"mapper {round_}")
    rows = oracle.random_rows(seed, 40)
    for kind, invent in (
        ("text", oracle.random_text),
        ("number", oracle.random_number),
        ("boolean", oracle.random_truth),
    ):
        text, meaning = invent(seed, 3)
        compiled = column_expression(parse(text, HERE, names_columns=True), oracle.COLUMNS)
        reader = derived(compiled, {name: str(i) for i, name in enumerate(oracle.COLUMNS)})
        block = oracle.as_block(rows)
        found = reader.read(block, []).to_list()
        wanted = [meaning(row) for row in rows]
        if kind == "number":
            wanted = [None if one is None else pytest.approx(one) for one in wanted]
        assert found == wanted, f"seed `mapper {round_}`: {text}"


@pytest.mark.parametrize("round_", range(5 * ROUNDS))
def test_only_counts_what_it_leaves_out_and_the_sum_holds(tmp_path: Path, round_: int) -> None:
    """Two sources over one file, each with a condition: every row is somebody's or excluded, in blocks of any size."""
    seed = random.Random(f"only {round_}")
    rows = oracle.random_rows(seed, 60)
    text, meaning = oracle.random_truth(seed, 2)
    spec = replace(CRM, key=(), columns=(mapped("customer_id", "identifier", "family"),))
    for block in (1 << 20, 64):
        found = read(tmp_path, as_csv(rows), replace(spec, only=Expression(text, HERE)), block=block)
        n_excluded = found.result.file["rows_excluded"][0]
        assert n_excluded == sum(meaning(row) is not True for row in rows), text
        assert found.counts[0] == sum(found.counts[1:]) + n_excluded == len(rows)


def test_a_name_is_joined_and_read_by_its_type(tmp_path: Path) -> None:
    column = made("note", "text", 'family + " " + default(row["Given Name"], "")')
    found = read(tmp_path, "family,Given Name\nTrần,An\nLê,\n,Bình\n", note(column))
    assert found.tables["stream_order"]["note"].to_list() == ["Trần An", "Lê", None]


def test_a_product_of_numbers_is_money_and_a_text_that_is_none_is_an_issue(tmp_path: Path) -> None:
    found = read(
        tmp_path, "qty,price\n3,1.10\n2,abc\n", note(made("total", "money", "qty * price", currency="VND"))
    )
    assert found.tables["stream_order"]["total"].to_list() == [33_000, None]
    assert found.tables["issues"].select("row", "column", "raw").rows() == [(3, "price", "abc")]


def test_a_required_expression_without_a_value_sets_the_row_aside(tmp_path: Path) -> None:
    found = read(
        tmp_path, "qty,price\n3,1\n2,abc\n", note(made("note", "text", "qty * price", required=True))
    )
    assert found.counts == (2, 1, 0, 1)
    assert found.tables["quarantine"].select("row", "column", "rule", "raw").rows() == [
        (3, "price", "invalid", b"2,abc")
    ]


def test_a_name_the_file_does_not_have_is_told_with_its_place_and_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(SourceError) as caught:
        read(tmp_path, "qty,Unit Price\n3,1\n", note(made("note", "text", 'qty * row["Unit Prise"] + qtty')))
    assert [(str(f.place), f.problem, f.hint) for f in caught.value.findings] == [
        ("sources.yaml:7:16", "the file has no column `Unit Prise`", 'did you mean `row["Unit Price"]`?'),
        ("sources.yaml:7:36", "the file has no column `qtty`", "did you mean `qty`?"),
    ]


def test_a_choice_takes_the_first_label_that_is_true(tmp_path: Path) -> None:
    lines = (("big", Expression("qty > 2", HERE)), ("small", Expression("qty > 0", HERE)))
    found = read(tmp_path, "qty,k\n3,a\n1,b\n0,c\n,d\n", note(Mapped("note", "text", first=lines)))
    assert found.tables["stream_order"]["note"].to_list() == ["big", "small", None, None]


@pytest.mark.parametrize(
    ("otherwise", "notes", "counts", "n_issues"),
    [
        ("keep", ["male", "X", None], (3, 3, 0, 0), 0),
        ("null", ["male", None, None], (3, 3, 0, 0), 1),
        ("quarantine", ["male", None], (3, 2, 0, 1), 0),
    ],
)
def test_values_stand_for_others(
    tmp_path: Path, otherwise: str, notes: list[str | None], counts: tuple[int, ...], n_issues: int
) -> None:
    column = mapped("note", "text", "sex", values=(("M", "male"), ("F", "female")), otherwise=otherwise)
    found = read(tmp_path, "sex,k\n M,1\nX,2\n,3\n", note(column))
    assert found.tables["stream_order"]["note"].to_list() == notes
    assert found.counts == counts
    assert (found.tables["issues"].height if "issues" in found.tables else 0) == n_issues
    if otherwise == "quarantine":
        assert found.tables["quarantine"]["rule"].to_list() == ["values"]


def test_the_first_valid_of_several_columns_is_taken_and_the_invalid_one_is_an_issue(tmp_path: Path) -> None:
    column = mapped("phone", "phone", "phone", fallbacks=("mobile", "home"))
    spec = replace(CRM, columns=(column,))
    text = "id,phone,mobile,home\n1,x,0987654421,\n2,0912345679,y,\n3,,,0912345670\n4,,,\n"
    found = read(tmp_path, text, spec)
    assert found.tables["records"]["phone"].to_list() == [
        "+84987654421",
        "+84912345679",
        "+84912345670",
        None,
    ]
    assert found.tables["issues"].select("row", "column", "raw").rows() == [
        (2, "phone", "x"),
        (3, "mobile", "y"),
    ]


def test_a_part_of_each_text_is_read_and_a_text_without_it_is_empty(tmp_path: Path) -> None:
    text = "family,given,k\nSmith Jr,Ann,1\nSmith,Bo II,2\nSmith,Cy,3\n"
    from_two = mapped("note", "text", "family", fallbacks=("given",), part="generation")
    found = read(tmp_path, text, note(from_two))
    assert found.tables["stream_order"]["note"].to_list() == ["2", "2", None]
    assert "issues" not in found.tables
    from_both = made("note", "text", 'family + ", " + given', part="family")
    assert read(tmp_path, text, note(from_both)).tables["stream_order"]["note"].to_list() == ["Smith"] * 3
    digits = mapped("note", "identifier", "k", part="digits")
    found = read(tmp_path, "k,n\n521-21-2123,1\n521 212 123,2\nnone,3\n", note(digits))
    assert found.tables["stream_order"]["note"].to_list() == ["521212123", "521212123", None]


def test_a_required_value_may_come_from_any_of_several_columns(tmp_path: Path) -> None:
    column = mapped("phone", "phone", "phone", fallbacks=("mobile",), required=True)
    found = read(tmp_path, "id,phone,mobile\n1,x,0987654421\n2,x,\n3,,\n", replace(CRM, columns=(column,)))
    assert found.counts == (3, 1, 0, 2)
    assert found.tables["quarantine"].select("column", "rule").rows() == [
        ("phone", "invalid"),
        ("phone", "required"),
    ]
    assert found.tables["issues"].select("row", "column").rows() == [(2, "phone")]


def test_one_file_feeds_records_and_a_stream_each_with_its_own_account(tmp_path: Path) -> None:
    text = "type,id,email,time,total\nsignup,1,an@example.com,2026-03-01 10:00:00,\norder,1,,2026-03-02 10:00:00,5\n"
    people = read(tmp_path, text, replace(CRM, only=Expression('type == "signup"', HERE)))
    spec = replace(
        SHOP,
        only=Expression('type == "order"', HERE),
        identifiers=(mapped("customer_id", "identifier", "id"),),
        columns=(mapped("total", "money"),),
    )
    orders = read(tmp_path, text, spec)
    assert (people.counts, orders.counts) == ((2, 1, 0, 0), (2, 1, 0, 0))
    assert people.tables["records"]["row"].to_list() == [2]
    assert orders.tables["stream_order"]["row"].to_list() == [3]


@pytest.mark.parametrize("round_", range(5 * ROUNDS))
def test_wide_rows_become_one_row_for_each_cell_that_says_something(tmp_path: Path, round_: int) -> None:
    """Random wide rows against a loop over csv.DictReader: names, values, lines and the account, in any block size."""
    seed = random.Random(f"unpivot {round_}")
    months = tuple(f"2026-{i:02}" for i in range(1, seed.randrange(2, 7)))
    cells = ("", " ", "5", "12.5", "abc")
    lines = [",".join(("store", "k", *months))]
    lines += [",".join((f"S{i}", "x", *(seed.choice(cells) for _ in months))) for i in range(30)]
    spec = replace(
        SHOP,
        at=None,
        key=("store", "month"),
        unpivot=Unpivot(("2026-*",), "month", "amount"),
        identifiers=(),
        columns=(
            mapped("order_id", "identifier", "store"),
            mapped("note", "text", "month"),
            mapped("total", "money", "amount", required=True),
        ),
    )
    wanted = []
    for line, row in enumerate(csv.DictReader(lines), start=2):
        wanted += [(line, row["store"], month, row[month]) for month in months if row[month].strip()]
    good = [(*one[:3], round(float(one[3]) * 10_000)) for one in wanted if one[3] != "abc"]
    for block in (1 << 20, 40):
        found = read(tmp_path, "\n".join(lines) + "\n", spec, block=block)
        events = found.tables["stream_order"]
        assert events.select("row", "order_id", "note", "total").rows() == good
        assert events["event_id"].n_unique() == len(good)
        n_bad, n_cells = len(wanted) - len(good), 30 * len(months)
        assert found.counts == (n_cells, len(good), 0, n_bad)
        assert found.result.file["rows_excluded"][0] == n_cells - len(wanted)
        if n_bad:
            raws = found.tables["quarantine"].select("row", "raw").rows()
            assert all(raw.decode() == lines[row - 1] for row, raw in raws)


def test_an_unpivoted_column_may_not_take_the_name_of_one_of_the_file(tmp_path: Path) -> None:
    spec = replace(note(mapped("note", "text", "store")), unpivot=Unpivot(("jan", "q*"), "store", "amount"))
    with pytest.raises(SourceError) as caught:
        read(tmp_path, "store,jan\nS1,5\n", spec)
    assert [f.problem for f in caught.value.findings] == [
        "`store` is a column of the file already",
        "no column fits `q*`",
    ]


def test_several_identifiers_of_a_row_become_several_records(tmp_path: Path) -> None:
    """A person's second phone is evidence too: each cell makes a record under the same customer number."""
    spec = replace(
        CRM,
        key=("id", "which"),
        unpivot=Unpivot(("phone", "mobile"), "which", "number"),
        columns=(mapped("customer_id", "identifier", "id"), mapped("phone", "phone", "number")),
    )
    found = read(tmp_path, "id,phone,mobile\n1,0987654421,0987654422\n2,,0987654423\n", spec)
    records = found.tables["records"]
    assert records["source_key"].to_list() == ["1|phone", "1|mobile", "2|mobile"]
    assert records["customer_id"].to_list() == ["1", "1", "2"]
    assert records["phone"].n_unique() == 3


@pytest.mark.parametrize("round_", range(20 * ROUNDS))
def test_random_mappings_of_files_give_what_a_slow_mapper_gives(tmp_path: Path, round_: int) -> None:
    """A random mapping and a random filter over a whole CSV file, read again by csv.DictReader row by row."""
    seed = random.Random(f"mapping {round_}")
    text = as_csv(oracle.random_rows(seed, 50))
    options, meaning = oracle.random_column(seed)
    if "expr" in options:
        options["expr"] = Expression(options["expr"], HERE)
    if "first" in options:
        options["first"] = tuple((label, Expression(line, HERE)) for label, line in options["first"])
    only, is_mine = oracle.random_truth(seed, 2)
    spec = replace(note(Mapped("note", "text", **options)), only=Expression(only, HERE))
    good, n_bad, n_excluded, n_rows = [], 0, 0, 0
    for line, row in enumerate(csv.DictReader(io.StringIO(text)), start=2):
        n_rows += 1
        if is_mine(row) is not True:
            n_excluded += 1
        elif (value := meaning(row)) == "bad":
            n_bad += 1
        else:
            good.append((line, value))
    found = read(tmp_path, text, spec, block=seed.choice((64, 1 << 20)))
    events = found.tables.get("stream_order")
    told = f"seed `mapping {round_}`: {options}"
    assert ([] if events is None else events.select("row", "note").rows()) == good, told
    assert found.counts == (n_rows, len(good), 0, n_bad), told
    assert found.result.file["rows_excluded"][0] == n_excluded, told
