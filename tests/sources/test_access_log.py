"""Access logs: every line a row or set aside with its reason, times with their offset, parameters as columns."""

from __future__ import annotations

import builtins
import gzip
import random
from pathlib import Path

import polars as pl
import pytest

from cdptool.errors import Place, SourceError
from cdptool.sources import Dialect, SourceSpec, access_log
from cdptool.sources.access_log import is_access_log
from cdptool.sources.blocks import OpenedSource, open_source
from cdptool.sources.csv_blocks import Rejected
from cdptool.sources.log_formats import LOG_FORMATS, log_format
from cdptool.sources.raw import RawForm
from cdptool.sources.retrying import quarantined_source
from tests.shared import shared_data
from tests.sources.project import mapped, read

IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 16_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
    " Version/16.5 Mobile/15E148 Safari/604.1"
)
PIXEL = (
    '203.0.113.7 - lan [03/Nov/2026:09:05:01 +0700] "GET /p.gif?uid=007&utm_source=zalo&t=%C4%90%E1%BB%93+ch%C6%A1i HTTP/1.1"'
    f' 200 43 "https://shop.example/ao?x=1" "{IPHONE}"'
)
COMMON = '203.0.113.8 - - [31/Dec/2025:23:59:59 -0330] "POST /cart HTTP/2" 302 -'


def opened(
    folder: Path, data: str | bytes, *wanted: str, block: int = 8 << 20, **dialect: str
) -> tuple[pl.DataFrame, list[Rejected], int]:
    """The wanted columns (all of none), the rejected lines and the number of blank ones."""
    path = folder / "access.log"
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    source = open_source(str(path), Dialect(**dialect), Place("log"), block=block, wanted=wanted)
    names = wanted or source.names
    needed = tuple(str(source.names.index(name)) for name in names)
    blocks = list(source.blocks(needed))
    frame = pl.concat([found.frame for found in blocks]).rename(dict(zip(needed, names, strict=True)))
    return frame, [item for found in blocks for item in found.rejected], sum(b.n_blank for b in blocks)


def test_a_pixel_hit_is_taken_apart(tmp_path: Path) -> None:
    frame, rejected, _ = opened(tmp_path, PIXEL)
    assert not rejected
    row = frame.row(0, named=True)
    assert row | {"request": None, "target": None, "query": None} == {
        "ip": "203.0.113.7", "ident": None, "user": "lan", "time": "2026-11-03T09:05:01+07:00", "request": None,
        "status": "200", "bytes": "43", "referrer": "https://shop.example/ao?x=1", "user_agent": IPHONE,
        "method": "GET", "target": None, "protocol": "HTTP/1.1", "path": "/p.gif", "query": None,
        "browser": "Mobile Safari", "browser_version": "16.5", "os": "iOS", "os_version": "16.5",
        "device": "iPhone", "query.t": "Đồ chơi", "query.uid": "007", "query.utm_source": "zalo",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("line", "form", "columns"),
    [
        (PIXEL, "combined", {"ip": "203.0.113.7"}),
        (COMMON, "common", {"time": "2025-12-31T23:59:59-03:30", "bytes": None, "protocol": "HTTP/2"}),
        (f"shop.example:443 {PIXEL}", "vhost_combined", {"vhost": "shop.example:443", "ip": "203.0.113.7"}),
        (f"shop.example {COMMON}", "vhost_common", {"vhost": "shop.example", "method": "POST"}),
    ],
)
def test_known_formats_are_recognised(
    tmp_path: Path, line: str, form: str, columns: dict[str, str | None]
) -> None:
    frame, rejected, _ = opened(tmp_path, f"{line}\n{line}\r\n")
    assert not rejected and frame.height == 2
    assert frame.select(*columns).row(1, named=True) == columns
    source = open_source(str(tmp_path / "access.log"), Dialect(), Place("log"))
    assert source.notes == ("access_log", form, "utf-8")


def test_a_format_of_nginx_is_declared(tmp_path: Path) -> None:
    syntax = '$time_iso8601|$remote_addr|"$request_method $request_uri"|$cookie_sid|$request_time'
    line = '2026-11-03T02:05:01Z|::1|"GET /a?b=1"|-|0.003\n'
    frame, _, _ = opened(tmp_path, line, format="access_log", log_format=syntax)
    assert frame.row(0, named=True) == {
        "time": "2026-11-03T02:05:01+00:00", "ip": "::1", "method": "GET", "target": "/a?b=1", "cookie_sid": None,
        "request_time": "0.003", "path": "/a", "query": "b=1", "query.b": "1",
    }  # fmt: skip


@pytest.mark.parametrize("syntax", ["combind", "$remote_addr$status", "$host $server_name"])
def test_a_format_that_cannot_be_read_back_is_refused(syntax: str) -> None:
    with pytest.raises(SourceError, match="log_format"):
        log_format("declared", syntax, Place("sources.yaml"))


def test_malformed_lines_are_set_aside_with_line_byte_and_reason(tmp_path: Path) -> None:
    lines = [
        PIXEL.encode(),
        b"",
        PIXEL.encode()[:-1],
        PIXEL.replace("03/Nov", "31/Nov").encode(),
        PIXEL.replace(" 200 ", " OK ").encode(),
        PIXEL.replace("lan", "l\udcff").encode("utf-8", "surrogateescape"),
        PIXEL.encode() + b" 0.1",
        PIXEL.encode(),
    ]
    frame, rejected, n_blank = opened(tmp_path, b"\n".join(lines), "ip", "query.uid", block=100)
    assert (frame.height, n_blank) == (2, 1)
    starts = [sum(len(line) + 1 for line in lines[:n]) for n in range(len(lines))]
    assert [(item.line, item.fault.rule, item.byte_offset) for item in rejected] == [
        (3, "log", starts[2]), (4, "time", starts[3]), (5, "log", starts[4]), (6, "encoding", starts[5]),
        (7, "log", starts[6]),
    ]  # fmt: skip
    assert [item.raw for item in rejected] == [lines[n - 1] for n in (3, 4, 5, 6, 7)]
    assert [item.fault.reason for item in rejected if item.fault.rule == "log"] == [
        "the line breaks off in `user_agent`",
        "`status` is missing or not as in the `combined` format",
        "there is more than in the `combined` format at its end",
    ]


@pytest.mark.parametrize(
    ("request_line", "expected"),
    [
        (r"\x16\x03\x01", (None, None, None)),
        ("-", (None, None, None)),
        ("GET /a b HTTP/1.0", ("GET", "/a b", None)),
        (r"GET /say\"hi\"?q=\xc4\x90 HTTP/1.1", ("GET", '/say"hi"', "Đ")),
        ("GET /?q=%FF HTTP/1.1", ("GET", "/", "%FF")),
        ("GET /?q=1&q=2 HTTP/1.1", ("GET", "/", "1")),
        ("GET /?q HTTP/1.1", ("GET", "/", "")),
    ],
)
def test_requests_of_all_sorts_are_rows(
    tmp_path: Path, request_line: str, expected: tuple[str | None, str | None, str | None]
) -> None:
    """What a scanner sends to a server is a line of its log, too."""
    line = COMMON.replace("POST /cart HTTP/2", request_line)
    frame, rejected, _ = opened(tmp_path, line, "method", "path", "query.q", format="access_log")
    assert not rejected
    assert frame.row(0) == expected


def test_block_size_changes_nothing_oracle(tmp_path: Path) -> None:
    """Lines cut anywhere, in blocks of any size: as many rows, rejects and blanks as lines."""
    rng = random.Random(11)
    lines = []
    for n in range(120):
        line = PIXEL.replace("007", f"{n:03}")
        lines.append(line if rng.random() < 0.7 else line[: rng.randrange(len(line))])
    data = "\n".join(lines) + "\n"
    whole = opened(tmp_path, data, "query.uid", "os", format="access_log")
    assert whole[0].height + len(whole[1]) + whole[2] == 120
    for block in (1, 700, 5000):
        part = opened(tmp_path, data, "query.uid", "os", block=block, format="access_log")
        assert part[0].equals(whole[0]) and part[1:] == whole[1:]


def test_a_packed_log_becomes_rows_of_a_stream(tmp_path: Path) -> None:
    data = gzip.compress(f"{PIXEL}\n{PIXEL[:90]}\n".encode())
    spec = SourceSpec(
        name="pixel", files=("*",), feeds="stream", target="order", dialect=Dialect(format="access_log"), key=(),
        at=mapped("at", "datetime", "time"), identifiers=(mapped("customer_id", "identifier", "query.uid"),),
        columns=(mapped("note", "text", "query.utm_source"),), max_quarantined_ratio=1.0,
    )  # fmt: skip
    found = read(tmp_path, data, spec)
    assert found.counts == (2, 1, 0, 1)
    order = found.tables["stream_order"]
    assert order["note"].to_list() == ["zalo"]
    assert str(order["at"][0]) == "2026-11-03 02:05:01+00:00"


def test_a_csv_is_no_access_log() -> None:
    assert not is_access_log(b"ip,time,request\n1.2.3.4,2026-01-01,GET /\n")
    assert not is_access_log(b"")


def test_a_missing_library_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *args: object, **kwargs: object) -> object:
        if name == "ua_parser":
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    monkeypatch.setattr(access_log, "knows_agents", lambda: False)
    assert "browser" not in opened(tmp_path, PIXEL)[0].columns
    assert opened(tmp_path, PIXEL, "ip")[0].row(0) == ("203.0.113.7",)
    with pytest.raises(SourceError, match="not installed") as caught:
        opened(tmp_path, PIXEL, "browser")
    assert "cdptool[logs]" in str(caught.value.findings[0].hint)


@pytest.mark.shared
def test_the_log_of_semicomplete_has_its_known_numbers() -> None:
    """Of 10,000 lines 9,999 are combined-format lines, of 1,753 clients; line 8,899 breaks off."""
    path = shared_data("web_access_logs") / "apache_logs"
    source = open_source(str(path), Dialect(), Place("log"))
    needed = tuple(str(source.names.index(name)) for name in ("ip", "time", "browser"))
    (block,) = source.blocks(needed)
    assert block.frame.height == 9_999
    assert [(item.line, item.fault.reason) for item in block.rejected] == [
        (8_899, "the line breaks off in `user_agent`")
    ]
    assert block.frame[needed[0]].n_unique() == 1_753
    assert block.frame[needed[1]].null_count() == 0


def test_quarantined_lines_are_read_again_from_their_raw_text() -> None:
    """After the source was mended to the server's real format, the lines that had more in them are rows."""
    line = f"{PIXEL} 0.25"
    source = open_retry(line, None)
    (block,) = source.blocks(("0",))
    assert (block.frame.height, [item.fault.rule for item in block.rejected]) == (0, ["log"])
    combined = dict(LOG_FORMATS)["combined"]
    source = open_retry(line, f"{combined} $request_time")
    (block,) = source.blocks((str(source.names.index("query.uid")),))
    assert block.frame.rows() == [("007",)]
    assert block.lines.tolist() == [5]


def open_retry(line: str, syntax: str | None) -> OpenedSource:
    """A source of one quarantined line, which stood in line 5 of its file."""
    rows = pl.DataFrame({"row": [5], "raw": [line.encode()]}, schema={"row": pl.Int64, "raw": pl.Binary})
    names = ("ip", "time", "request", "status", "user_agent", "query", "query.uid")
    spec = SourceSpec(
        name="pixel", files=("*",), feeds="records", target=None, dialect=Dialect(log_format=syntax), key=(),
        at=None, identifiers=(), columns=(mapped("customer_id", "identifier", "query.uid"),),
    )  # fmt: skip
    form = RawForm(names, kind="log")
    assert RawForm.from_text(form.to_text()) == form
    return quarantined_source(rows, form, spec)
