"""Every trap that the README of the sample lists is really at the line it names, and is what it says."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import NamedTuple
from unicodedata import normalize

import polars as pl
import pytest

SAMPLE = Path(__file__).resolve().parents[2] / "sample_data"
ENCODINGS = {"crm/customers.csv": "utf-8-sig", "crm/consents.csv": "utf-8-sig", "loyalty/cards.txt": "cp1258"}
ROW = re.compile(r"^\| ([^|`]+) \| `([^`]+)` \| (\d+) \| `([^`]+)` \| (.+) \|$", re.MULTILINE)


class Listed(NamedTuple):
    name: str
    file: str
    line: int
    look_for: str
    expect: str


LISTED = tuple(
    Listed(name, file, int(line), look_for, expect)
    for name, file, line, look_for, expect in ROW.findall((SAMPLE / "README.md").read_text("utf-8"))
)

# The traps that issue 2 and the field ask for, each at least once.
ASKED = {
    "several loyalty cards",
    "changed address",
    "typo in the name",
    "typo in the e-mail",
    "swapped name parts",
    "shared family phone",
    "placeholder phone",
    "old 11-digit number",
    "exact duplicate row",
    "till line sent twice",
    "too few fields",
    "too many fields",
    "a day that does not exist",
    "order at a time that does not exist",
    "late row",
    "two zones",
    "spreadsheet float phone",
    "dots and +tag at Gmail",
    "leading-zero ids",
    "unsubscribed under an old e-mail",
    "granted, then withdrawn",
    "two rows of one instant",
    "address that bounced hard",
    "device shared by two people",
    "anonymous, later known",
    "week's messages used up",
    "cart of 3 hours ago, no order",
    "cart, then order under another identifier",
}


@cache
def lines(file: str) -> list[str]:
    """The lines of a text file, or the rows of a Parquet file as text, so that index n - 1 is line n."""
    path = SAMPLE / file
    if path.suffix == ".parquet":
        return [" | ".join(str(value) for value in row) for row in pl.read_parquet(path).rows()]
    data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return re.split("\r?\n", data.decode(ENCODINGS.get(file, "utf-8")))


def line_of(name: str) -> str:
    trap = next(trap for trap in LISTED if trap.name == name)
    return lines(trap.file)[trap.line - 1]


@pytest.mark.parametrize("trap", LISTED, ids=[trap.name for trap in LISTED])
def test_the_trap_is_at_its_line(trap: Listed) -> None:
    """The old code page keeps tones as marks of their own, so that file is compared as people see it."""
    line = lines(trap.file)[trap.line - 1]
    if trap.file in ENCODINGS and ENCODINGS[trap.file] == "cp1258":
        assert normalize("NFC", trap.look_for) in normalize("NFC", line)
    else:
        assert trap.look_for in line


def test_every_trap_that_was_asked_for_is_listed() -> None:
    assert ASKED - {trap.name for trap in LISTED} == set()


def test_no_trap_is_listed_twice() -> None:
    names = [trap.name for trap in LISTED]
    assert len(names) == len(set(names))


def not_a_time(text: str, form: str) -> bool:
    try:
        datetime.strptime(text, form)
    except ValueError:
        return True
    return False


def occurs(file: str, text: str) -> int:
    return sum(text in line for line in lines(file))


# name → what must be true of its line, beyond holding the text to look for
IS_WHAT_IT_SAYS: dict[str, Callable[[str], bool]] = {
    "too few fields": lambda line: line.count(";") < 9,
    "too many fields": lambda line: line.count(";") > 9,
    "till line that breaks off": lambda line: line.count(";") == 6,
    "exact duplicate row": lambda line: lines("crm/customers.csv").count(line) == 2,
    "till line sent twice": lambda line: lines("pos/orders_2026-11.csv.gz").count(line) == 2,
    "report of one send twice": lambda line: lines("messaging/sends.csv").count(line) == 2,
    "a day that does not exist": lambda line: not_a_time(line.split(";")[2], "%d/%m/%Y"),
    "order at a time that does not exist": lambda line: not_a_time(line.split(";")[2], "%d/%m/%Y %H:%M"),
    "late row": lambda line: "/10/2026" in line.split(";")[2],
    "changed address": lambda line: occurs("crm/customers.csv", line[:8]) == 2,
    "placeholder phone": lambda line: occurs("loyalty/cards.txt", "0900000000") >= 10,
    "shared family phone": lambda line: occurs("crm/customers.csv", "0988142657") == 3,
    "mailbox of a whole firm": lambda line: occurs("crm/customers.csv", "info@doitac.example.com") == 5,
    "device shared by two people": lambda line: occurs("web/events.csv", "a-tablet01") == 4,
    "several loyalty cards": lambda line: occurs("loyalty/cards.txt", line.split("\t")[1]) == 3,
    "Windows-1258": lambda line: "\u0303" in line and "ễ" not in line,
    "letters and marks apart (NFD)": lambda line: "Khoa" in line and "Đăng" not in line,
    "old 11-digit number": lambda line: len(line.split("\t")[2]) == 11,
    "two rows of one instant": lambda line: occurs("crm/consents.csv", "12/06/2026 08:00:00") == 2,
    "granted, then withdrawn": lambda line: line.split(";")[7] == "withdrawn",
    "unsubscribed under an old e-mail": lambda line: ",unsubscribed," in line,
    "address that bounced hard": lambda line: ",hard_bounced," in line,
    "week's messages used up": lambda line: occurs("messaging/sends.csv", ",vip196@example.com,") == 4,
    "line break inside quotes": lambda line: line.count('"') % 2 == 1,
    "row after as-of": lambda line: line.split(",")[1] > "2026-11-20T14:00:00Z",
    "two zones": lambda line: "17:30:00+00:00" in line,
}


@pytest.mark.parametrize("name", IS_WHAT_IT_SAYS)
def test_the_trap_is_what_it_says(name: str) -> None:
    assert IS_WHAT_IT_SAYS[name](line_of(name))
