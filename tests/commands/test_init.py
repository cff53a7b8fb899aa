"""A project proposed for files nobody has described loads, ingests every row, and says what it rests on."""

from __future__ import annotations

import csv
import io
import random
from collections import Counter
from pathlib import Path

import polars as pl
import pytest

from cdptool.commands.ingest import ingest_files
from cdptool.commands.init import Wishes, init_project
from cdptool.commands.profile import profile_files
from cdptool.commands.report import Report
from cdptool.commands.run import run_all
from cdptool.commands.session import Settings
from cdptool.config import load_project
from cdptool.errors import ConfigError, SourceError, StoreError, UsageError
from tests.frames import ROUNDS
from tests.shared import shared_data

ROOT = Path(__file__).resolve().parents[2]
SMALL = ("amplitude", "customer360", "klaviyo", "mixpanel")
LARGE = ("hubspot", "iterable", "mailchimp", "qualtrics", "shopify")  # many files: in the long run only
VENDORS = (*SMALL, *LARGE) if ROUNDS > 1 else SMALL


def _init(into: Path, *files: Path, **wishes: object) -> Report:
    return init_project(files, Wishes(into, **wishes), lambda _: None)


def _ingest(folder: Path) -> Report:
    return ingest_files(Settings(folder), (), lambda _: None)


def _written(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def _n_rows(path: Path) -> int:
    """The rows of a CSV file by an independent reader."""
    text = path.read_text(encoding="utf-8-sig")
    return sum(1 for row in csv.reader(io.StringIO(text)) if row) - 1


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_vendor_s_files_ingest_as_proposed(vendor: str, tmp_path: Path) -> None:
    folder = shared_data(f"vendor_shapes/{vendor}")
    _init(tmp_path / "p", folder)
    found = _ingest(tmp_path / "p").data
    expected = sum(_n_rows(path) for path in folder.glob("*.csv"))
    assert (found["rows_read"], found["rows_quarantined"]) == (expected, 0)
    assert found["rows_accepted"] + found["rows_duplicate"] == expected


def test_each_file_of_the_vendors_alone(tmp_path: Path) -> None:
    """Every file by itself in the long run, every fortieth in the short one."""
    files = sorted(shared_data("vendor_shapes").rglob("*.csv"))[:: 1 if ROUNDS > 1 else 40]
    for i, path in enumerate(files):
        project = tmp_path / str(i)
        _init(project, path)
        found = _ingest(project).data
        assert (found["rows_read"], found["rows_quarantined"]) == (_n_rows(path), 0), path.name


def test_the_sample_data_run_as_proposed(tmp_path: Path) -> None:
    """All of it at once: three sources of people share their identifiers with the streams."""
    files = [
        path for path in sorted((ROOT / "sample_data").iterdir()) if path.suffix == ".csv" or path.is_dir()
    ]
    files = [path for path in files if not path.name.startswith("_")]
    _init(tmp_path / "p", *files, tz="Asia/Ho_Chi_Minh", currency="VND")
    report = run_all(Settings(tmp_path / "p"), lambda _: None)
    project = load_project(tmp_path / "p")
    feeds = Counter(source.feeds for source in project.sources)
    assert feeds["records"] == 3
    assert {"ma_kh", "so_the", "account_id", "email", "phone"} <= {key.field for key in project.merge.keys}
    assert project.region == "VN"
    assert report.data["changed"]


ORDERS = "order_id,customer_id,ordered_at,total\n1,C07,2024-01-02T10:00:00+07:00,12.50\n2,C09,2024-01-03T10:00:00+07:00,3\n"
PEOPLE = "id,e-mail,full name,joined\nC07,an@hoasen.vn,An Le,05/06/2024\nC08,bo@hoasen.vn,Bo Tran,01/02/2024\nC09,ca@hoasen.vn,Ca Do,03/04/2024\n"


def test_people_and_their_orders_share_a_field(tmp_path: Path) -> None:
    files = _written(tmp_path, "customers.csv", PEOPLE), _written(tmp_path, "orders.csv", ORDERS)
    _init(tmp_path / "p", *files)
    project = load_project(tmp_path / "p")
    people, orders = project.sources
    assert (people.feeds, people.key) == ("records", ("id",))
    assert (orders.feeds, orders.key, orders.at and orders.at.required) == ("stream", ("order_id",), True)
    assert [each.name for each in orders.identifiers] == ["customer_id"]
    assert "customer_id" in [each.name for each in people.columns]


def test_what_no_value_proves_stays_a_text_and_says_so(tmp_path: Path) -> None:
    _init(tmp_path / "p", _written(tmp_path, "customers.csv", PEOPLE))
    project = load_project(tmp_path / "p")
    assert next(each.type for each in project.fields if each.name == "joined") == "text"
    line = next(
        each for each in (tmp_path / "p/sources.yaml").read_text().splitlines() if "joined: joined" in each
    )
    assert "`%d/%m/%Y` or `%m/%d/%Y`" in line
    assert "no value shows which number is the day" in line


def test_the_zone_of_the_files_becomes_the_project_s(tmp_path: Path) -> None:
    report = _init(tmp_path / "p", _written(tmp_path, "orders.csv", ORDERS))
    assert load_project(tmp_path / "p").tz == "Etc/GMT-7"
    assert not [each for each in report.findings if "zone" in each.problem]


def test_without_a_zone_utc_is_taken_with_a_warning(tmp_path: Path) -> None:
    text = ORDERS.replace("+07:00", "")
    report = _init(tmp_path / "p", _written(tmp_path, "orders.csv", text))
    assert load_project(tmp_path / "p").tz == "UTC"
    assert [each.problem for each in report.findings] == ["times without a zone are taken as UTC"]


def test_amounts_are_money_only_where_the_currency_is_known(tmp_path: Path) -> None:
    path = _written(tmp_path, "orders.csv", ORDERS)
    _init(tmp_path / "p", path)
    _init(tmp_path / "q", path, currency="USD")
    types = [
        next(each.type for each in load_project(folder).streams[0].columns if each.name == "total")
        for folder in (tmp_path / "p", tmp_path / "q")
    ]
    assert types == ["number", "money"]


def test_nothing_is_overwritten_unless_told(tmp_path: Path) -> None:
    path = _written(tmp_path, "orders.csv", ORDERS)
    _init(tmp_path / "p", path)
    (tmp_path / "p/rules.yaml").unlink()
    with pytest.raises(UsageError, match="the file is there already"):
        _init(tmp_path / "p", path)
    _init(tmp_path / "p", path, force=True)
    assert (tmp_path / "p/rules.yaml").exists()


def test_a_dry_run_writes_nothing(tmp_path: Path) -> None:
    report = _init(tmp_path / "p", _written(tmp_path, "orders.csv", ORDERS), dry_run=True)
    assert not (tmp_path / "p").exists()
    assert "feeds: {stream: orders}" in "\n".join(report.lines)


def test_files_of_one_shape_become_one_source_by_pattern(tmp_path: Path) -> None:
    files = [_written(tmp_path, f"orders_2024-0{n}.csv", ORDERS.replace("C0", f"C{n}")) for n in (1, 2)]
    _init(tmp_path / "p", *files)
    (source,) = load_project(tmp_path / "p").sources
    assert (source.name, source.files) == ("orders", ("../orders_2024-0*.csv",))


def test_a_file_that_cannot_be_read_is_told_and_left_out(tmp_path: Path) -> None:
    broken = tmp_path / "book.csv"
    broken.write_bytes(b"%PDF-1.7 not an export")
    report = _init(tmp_path / "p", _written(tmp_path, "orders.csv", ORDERS), broken)
    assert [each.problem for each in report.findings] == ["left out: not a text file: a PDF document"]
    with pytest.raises(SourceError, match="PDF"):
        _init(tmp_path / "q", broken)


def test_a_folder_that_cannot_be_listed_or_written_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A crash in `init` and `profile`; the tests may run as root, who may do anything."""
    (tmp_path / "mine").write_text("a file where the folder should be")
    customers = _written(tmp_path, "customers.csv", "email,name\na@x.vn,An\n")
    with pytest.raises(StoreError, match="cannot be written"):
        _init(tmp_path / "mine", customers)
    monkeypatch.setattr(Path, "iterdir", _denied)
    with pytest.raises(SourceError, match="permission denied"):
        _init(tmp_path / "other", tmp_path)
    with pytest.raises(SourceError, match="permission denied"):
        profile_files((str(tmp_path),), lambda _: None, limit=5, show_values=False)


def _denied(_: Path) -> None:
    raise PermissionError(13, "Permission denied")


@pytest.mark.parametrize("text", ["email\n", "email,name\n", "email,name\r\n,\r\n"])
def test_a_file_without_a_row_is_proposed_all_the_same(text: str, tmp_path: Path) -> None:
    """The first export of a new shop: its header alone was a crash."""
    _init(tmp_path / "mine", _written(tmp_path, "customers.csv", text))
    assert _ingest(tmp_path / "mine").data["rows_read"] == text.count("\n") - 1


def test_a_first_row_of_data_is_no_header(tmp_path: Path) -> None:
    """Else the first customer would be written into the project as names of columns."""
    _init(
        tmp_path / "p", _written(tmp_path, "people.csv", "1,an@hoasen.vn\n2,bo@hoasen.vn\n3,ca@hoasen.vn\n")
    )
    text = "".join(path.read_text() for path in (tmp_path / "p").glob("*.yaml"))
    assert "hoasen" not in text
    assert _ingest(tmp_path / "p").data["rows_accepted"] == 3


def test_a_windows_1258_file_is_read_with_its_encoding(tmp_path: Path) -> None:
    path = tmp_path / "khach.csv"
    names = ["Nguyê\u0303n Văn Đư\u0301c", "Trâ\u0300n Thi\u0323 Hoà"]
    rows = "\n".join(f"{i},{name},0912345{i}76" for i, name in enumerate(names))
    path.write_bytes(f"ma_kh,ho_ten,sdt\n{rows}\n".replace("à", "a\u0300").encode("cp1258"))
    _init(tmp_path / "p", path)
    assert load_project(tmp_path / "p").sources[0].dialect.encoding == "cp1258"


@pytest.mark.parametrize("text", [ORDERS, "id,email,updated\n1,an@x.vn,20/11/2026\n2,bo@x.vn,21/11/2026\n"])
def test_a_wrong_option_is_refused_by_its_name(tmp_path: Path, text: str) -> None:
    """Where the time of records was read with it first, the zone was a crash."""
    with pytest.raises(ConfigError, match="unknown time zone"):
        _init(tmp_path / "p", _written(tmp_path, "orders.csv", text), tz="Asia/Hanoy")
    assert not (tmp_path / "p").exists()


@pytest.mark.parametrize("seed", range(6 * ROUNDS))
def test_whatever_the_file_the_proposal_loads_and_ingests(seed: int, tmp_path: Path) -> None:
    rng = random.Random(seed)
    files = [_random_file(rng, tmp_path, i) for i in range(rng.randrange(1, 4))]
    _init(tmp_path / "p", *(path for path, _ in files))
    found = _ingest(tmp_path / "p").data
    assert found["rows_read"] == sum(n for _, n in files)
    assert found["rows_read"] == sum(
        found[f"rows_{each}"] for each in ("accepted", "duplicate", "quarantined")
    )


HEADERS = (
    *(
        "id",
        "email",
        "Email",
        "phone",
        "name",
        "a",
        "b",
        "at",
        "row",
        "source",
        "total",
        "total_currency",
        "currency",
    ),
    *(
        "NULL",
        "true",
        "no",
        "Ngày sinh",
        "x y",
        "x_y",
        "X-Y",
        "2024",
        "é",
        "日本",
        "😀",
        "a:b",
        "#c",
        "- d",
        "'q'",
    ),
    *(
        '"dq"',
        "{x}",
        "[y]",
        "record_id",
        "customer_id",
        "customerId",
        "created_at",
        "",
        "and",
        "event_id",
        "emails",
    ),
    *(
        "given_name",
        "order",
        "now",
        "created at\nline2",
        "tab\there",
        "%",
        "key",
        "ids",
        "device_id",
        "reachable",
    ),
)
CELLS = (
    lambda rng: str(rng.randrange(10 ** rng.randrange(1, 20))),
    lambda rng: f"u{rng.randrange(50)}@mail.vn",
    lambda rng: f"0{rng.randrange(10**8, 10**9)}",
    lambda rng: f"{rng.randrange(1, 29)}/{rng.randrange(1, 13)}/20{rng.randrange(10, 30)}",
    lambda rng: f"20{rng.randrange(10, 30)}-0{rng.randrange(1, 9)}-{rng.randrange(10, 29)} 10:00:00",
    lambda rng: f"{rng.randrange(10**6)}.{rng.randrange(100)}",
    lambda rng: rng.choice(["true", "false"]),
    lambda rng: rng.choice(["n/a", "-", "NULL", "00", ""]),
    lambda rng: rng.choice(["Nguyễn Văn An", "Ann Lee"]),
    lambda rng: rng.choice("€$₫") + "12.50",
    lambda rng: "".join(chr(rng.randrange(32, 0x3000)) for _ in range(rng.randrange(9))),
    lambda rng: rng.choice(["line\nbreak", 'say "hi"; ok, yes']),
    lambda rng: rng.choice(["VN", "US"]),
    lambda rng: f"2024-01-01T00:00:00{rng.choice(['Z', '+07:00'])}",
)


def _random_file(rng: random.Random, folder: Path, number: int) -> tuple[Path, int]:
    """A CSV of any shape: columns of one kind with gaps, or of all kinds; and how many rows it has."""
    height, width = rng.randrange(40), rng.randrange(2, 9)
    out = io.StringIO()
    writer = csv.writer(out, delimiter=rng.choice(",;\t|"), quoting=csv.QUOTE_ALL)
    writer.writerow([rng.choice(HEADERS) for _ in range(width)])
    kinds = [rng.choice([*CELLS, None]) for _ in range(width)]
    for _ in range(height):
        cells = [(kind or rng.choice(CELLS))(rng) if rng.random() > 0.05 else "" for kind in kinds]
        writer.writerow(cells)
    path = folder / f"{rng.choice(['customers', 'orders', 'data', 'file 1', '[odd]', 'sự kiện'])}{number}.csv"
    path.write_text(out.getvalue(), encoding="utf-8", newline="")
    return path, height


def test_what_the_proposal_says_is_unique_is_unique(tmp_path: Path) -> None:
    """The evidence beside a key is a claim about all rows."""
    path = _written(tmp_path, "cards.csv", "card,owner\n" + "".join(f"{i % 90},x\n" for i in range(100)))
    _init(tmp_path / "p", path)
    frame = pl.read_csv(path, infer_schema=False)
    assert frame.unique()["card"].is_unique().all()
    assert "copies of whole rows apart" in (tmp_path / "p/sources.yaml").read_text()
