"""`cdptool dedupe`: one file in, clusters, golden rows and weighed pairs out."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from cdptool import matching
from cdptool.commands.dedupe import Wishes, dedupe_file
from cdptool.commands.report import Report
from cdptool.errors import UsageError
from cdptool.roles.proposal import roles
from cdptool.roles.texts import match_texts
from tests.matching.test_companions import households


def people(n: int, seed: int = 3) -> pl.DataFrame:
    chance = np.random.default_rng(seed)
    letters = [chr(code) for code in range(97, 123)]
    rows = pl.DataFrame(
        {
            "first name": ["".join(chance.choice(letters, 6)) for _ in range(n)],
            "surname": ["".join(chance.choice(letters, 8)) for _ in range(n)],
            "dob": [f"{chance.integers(1, 29):02d}/{chance.integers(1, 13):02d}/{chance.integers(1950, 2000)}" for _ in range(n)],
            "phone": [f"09{chance.integers(10**7, 10**8)}" for _ in range(n)],
            "status": chance.choice(["new", "old"], n),
        }
    )  # fmt: skip
    return pl.concat([rows, rows.head(n // 5)])


def dedupe(table: pl.DataFrame, folder: Path) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    table.write_csv(folder / "people.csv")
    dedupe_file(folder / "people.csv", Wishes(folder / "out"), lambda _: None)
    clusters = pl.read_csv(folder / "out/clusters.csv")
    return clusters, pl.read_csv(folder / "out/golden.csv"), pl.read_parquet(folder / "out/pairs.parquet")


def test_every_row_is_in_one_cluster_and_every_cluster_has_one_golden_row(tmp_path: Path) -> None:
    clusters, golden, pairs = dedupe(people(500), tmp_path)
    assert clusters["row"].to_list() == list(range(1, 601))
    assert clusters["cluster_id"].n_unique() == golden.height == 500
    assert golden["records"].sum() == 600
    assert (pairs["row_l"] < pairs["row_r"]).all()
    assert pairs["probability"].is_between(0, 1).all()


def test_a_shuffled_file_gives_the_same_clusters(tmp_path: Path) -> None:
    table = people(300).with_row_index("number")
    folders = [tmp_path / "a", tmp_path / "b"]
    order = np.random.default_rng(9).permutation(table.height)
    found = []
    for folder, rows in zip(folders, (table, table[order]), strict=True):
        folder.mkdir()
        clusters, _, _ = dedupe(rows.drop("number"), folder)
        named = clusters.with_columns(rows["number"]).group_by("cluster_id").agg(pl.col("number").sort())
        found.append({tuple(each) for each in named["number"]})
    assert found[0] == found[1]


def test_a_file_may_have_columns_called_like_those_of_the_result(tmp_path: Path) -> None:
    table = people(60).with_columns(cluster=pl.lit("x"), records=pl.lit("y"), cluster_id=pl.lit("z"))
    _, golden, _ = dedupe(table, tmp_path)
    assert golden.columns[:2] == ["cluster_id", "records"]
    assert {"cluster_in_file", "records_in_file", "cluster_id_in_file"} < set(golden.columns)


def explained(folder: Path, *rows: int, **more: bool) -> Report:
    people(200).write_csv(folder / "people.csv")
    wishes = Wishes(folder / "out", explain=(rows[0], rows[1]), **more)
    return dedupe_file(folder / "people.csv", wishes, lambda _: None)


def test_two_rows_are_explained_and_nothing_is_written(tmp_path: Path) -> None:
    """Row 201 is row 1 again."""
    same, other = explained(tmp_path, 1, 201), explained(tmp_path, 1, 2)
    assert (same.data["same"], other.data["same"]) == (True, False)
    assert same.data["probability"] > 0.99 > 0.01 > other.data["probability"]
    assert {line["field"] for line in same.data["lines"]} >= {"first name", "surname", "dob", "phone"}
    assert not (tmp_path / "out").exists()
    phone = pl.read_csv(tmp_path / "people.csv", infer_schema=False)["phone"][0][-9:]
    assert phone not in f"{same}"
    assert phone in f"{explained(tmp_path, 1, 201, show_values=True)}"


def test_pairs_hold_what_all_other_rows_say_and_an_explanation_shows_both(tmp_path: Path) -> None:
    clusters, _, pairs = dedupe(households(1)[0], tmp_path)
    names = dict(zip(clusters["row"], clusters["cluster_id"], strict=True))
    doubtful = pairs.filter(pl.col("probability").is_between(0.01, 0.05))
    n_apart = 0
    for one, other, told in doubtful.head(10).rows():
        wishes = Wishes(None, explain=(one, other), show_values=False)
        found = dedupe_file(tmp_path / "people.csv", wishes, lambda _: None)
        assert found.data["probability_among_all"] == pytest.approx(told, abs=1e-6)
        is_other = found.data["probability"] > 0.2
        n_apart += is_other and names[one] != names[other]
        assert not is_other or "beside all other rows they are one with" in found.summary
    assert n_apart >= 1


def test_a_row_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="the file has no row 900"):
        explained(tmp_path, 1, 900)


def test_a_report_adds_figures_weights_and_risks(tmp_path: Path) -> None:
    people(200).write_csv(tmp_path / "people.csv")
    wishes = Wishes(tmp_path / "out", is_dry=True, with_report=True)
    report = dedupe_file(tmp_path / "people.csv", wishes, lambda _: None)
    told = report.data["report"]
    assert told["figures"]["pairs joined"] == 40
    assert told["figures"]["of which wrong, as expected"] < 1
    assert {"keys", "weights", "risk"} < told.keys()


def test_nothing_to_tell_by_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no column of .* tells people or firms apart"):
        dedupe(pl.DataFrame({"status": ["a", "b"], "amount": ["1", "2"]}), tmp_path)


def test_what_is_compared_follows_from_names_and_contents() -> None:
    table = pl.DataFrame(
        {
            "Họ và tên": ["Nguyễn Văn An", "Lê Thị Bình"],
            "Giới tính": ["Nam", "Nữ"],
            "SĐT": ["0913572468", "0986421357"],
            "Ngày sinh": ["31/12/1980", "84/01/1981"],
            "Ghi chú": ["x", "y"],
        }
    )
    found = roles(table)
    assert [(one.field, one.kind) for one in found.fields] == [
        ("Họ và tên", "full_name"), ("Giới tính", "category"), ("SĐT", "phone"), ("Ngày sinh", "birth_date"),
    ]  # fmt: skip
    assert [name for name, _ in found.left_out] == ["Ghi chú"]
    texts, kinds = match_texts(table, found.fields)
    assert texts["Ngày sinh"].to_list() == ["19801231", "19810184"], (
        "a day that does not exist is compared all the same"
    )
    assert texts["SĐT"].to_list() == ["913572468", "986421357"]
    assert texts["Họ và tên family"].to_list() == ["nguyen", "le"]
    assert dict(kinds)["Họ và tên given"] == "given"


def test_records_that_are_no_rows_are_told(tmp_path: Path) -> None:
    """They are in none of the files that are written: nobody would miss them otherwise."""
    text = people(50).write_csv().splitlines()
    (tmp_path / "people.csv").write_text("\n".join([*text[:9], "one,two", *text[9:]]) + "\n")
    report = dedupe_file(tmp_path / "people.csv", Wishes(None, is_dry=True), lambda _: None)
    (finding,) = report.findings
    assert report.data["rejected"] == 1
    assert finding.place is not None
    assert (finding.place.line, finding.problem[:20]) == (10, "1 record is left out")


@pytest.mark.parametrize("rows", ["", "An\0,an@x.vn\n"])
def test_a_file_without_a_row_says_so(tmp_path: Path, rows: str) -> None:
    (tmp_path / "people.csv").write_text(f"first name,email\n{rows}")
    with pytest.raises(UsageError, match="holds no row"):
        dedupe_file(tmp_path / "people.csv", Wishes(None, is_dry=True), lambda _: None)


def test_weights_that_were_not_learned_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matching, "doubts_of_fit", lambda *_: ("`email` differs in 90% of the pairs",))
    (tmp_path / "people.csv").write_text("first name,email\nAn,an@mail.com\nAn,an@mail.com\nBo,bo@mail.com\n")
    report = dedupe_file(tmp_path / "people.csv", Wishes(None, is_dry=True), lambda _: None)
    assert (report.data["model"], report.data["doubts"]) == (
        "anchored",
        ["`email` differs in 90% of the pairs"],
    )
    assert any("usual, not learned here: `email` differs" in line for line in report.lines)


def test_the_rows_of_a_cluster_stand_below_each_other(tmp_path: Path) -> None:
    """With the columns of the file, so that nobody has to look rows up."""
    table = people(50).with_columns(row=pl.lit("mine"))
    clusters, _, _ = dedupe(table, tmp_path)
    doubles = pl.read_csv(tmp_path / "out/doubles.csv")
    assert doubles.columns == [
        "cluster_id",
        "row",
        "first name",
        "surname",
        "dob",
        "phone",
        "status",
        "row_in_file",
    ]
    assert doubles.height == 20
    assert doubles["cluster_id"].to_list() == sorted(doubles["cluster_id"])
    told = doubles.join(clusters, on=["row", "cluster_id"])
    assert told.height == 20
    assert doubles["first name"].to_list() == [table["first name"][row - 1] for row in doubles["row"]]


def test_a_file_without_a_header_loses_no_row_and_shows_none_as_a_name(tmp_path: Path) -> None:
    table = people(60).with_columns(mail=pl.col("first name") + "." + pl.col("surname") + "@mail.example")
    table.write_csv(tmp_path / "people.csv", include_header=False)
    report = dedupe_file(tmp_path / "people.csv", Wishes(tmp_path / "out"), lambda _: None)
    assert report.data["rows"] == 72
    assert report.data["clusters"] == 60
    assert report.lines[0].startswith("the first row is a row like the others")
    assert {one["columns"] for one in report.data["fields"]} >= {
        "column_1",
        "column_2",
        "column_3",
        "column_4",
        "column_6",
    }
    assert table["surname"][0] not in f"{report}"


def test_one_row_many_times_over_is_one(tmp_path: Path) -> None:
    """Where all rows share every value nothing can be learned, and nothing need be."""
    clusters, golden, _ = dedupe(people(1)[[0] * 30], tmp_path)
    assert clusters["cluster_id"].n_unique() == golden.height == 1


def test_a_file_of_products_is_refused(tmp_path: Path) -> None:
    table = pl.DataFrame(
        {
            "sku": ["a1", "a2"],
            "product_name": ["drill 10", "drill 12"],
            "price": ["3", "4"],
            "brand": ["x", "y"],
        }
    )
    with pytest.raises(UsageError, match="no column of"):
        dedupe(table, tmp_path)
