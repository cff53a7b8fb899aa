"""
Damaged files that are no CSV: each line, member and batch is read or set aside as an independent reader says, or refused.

`CDPTOOL_ORACLE_ROUNDS=10 pytest tests/sources/test_fuzz_formats.py -s` runs 1,200 cases and prints what became of them.
"""

from __future__ import annotations

import io
import json
import random
import zipfile
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest

from cdptool.errors import CheckFailed, SourceError
from cdptool.sources import Dialect, inputs_of
from tests.frames import ROUNDS
from tests.sources.project import CRM, Reading, mapped, read_path
from tests.sources.test_fuzz import DAMAGES, Case, flip, packed, text_of

PER_GROUP = 20
OUTCOMES: Counter[str] = Counter()
VALUES = (
    "007",
    "Trần",
    7,
    1.5,
    12345678901234567890,
    None,
    True,
    "a\nb",
    'say "hi"',
    [1, {"x": "y"}],
    {"a": {"b": "1e5"}},
)
LOG = '203.0.113.{n} - - [10/Oct/2025:13:55:{n:02d} +0700] "GET /p/{n} HTTP/1.1" 200 {n} "-" "Mozilla/5.0"\n'
PLAIN = replace(CRM, key=(), columns=(mapped("customer_id", "text", "id"),))


def spoiled(data: bytes, chance: random.Random) -> tuple[bytes, list[str]]:
    """One to three damages."""
    chosen = [chance.choice(DAMAGES) for _ in range(chance.randrange(1, 4))]
    for _, damage in chosen:
        data = damage(data, chance)
    return data, [name for name, _ in chosen]


def ndjson(chance: random.Random) -> bytes:
    """A valid text of up to 60 objects, with blank lines and both line ends."""
    end = chance.choice(("\n", "\n", "\r\n"))
    lines = []
    for i in range(chance.randrange(1, 60)):
        record = {"id": str(i), "x": chance.choice(VALUES), "y": chance.choice(VALUES)}
        lines.append(json.dumps(record, ensure_ascii=chance.random() < 0.5))
        if chance.random() < 0.05:
            lines.append("")
    return (end.join(lines) + chance.choice(("", end))).encode()


def is_object(line: bytes) -> bool:
    """Whether a line is one object without repeated names, as the standard library reads it."""

    def once(pairs: list[tuple[str, object]]) -> dict[str, object]:
        if len({name for name, _ in pairs}) < len(pairs):
            raise ValueError("repeated")
        return dict(pairs)

    try:
        return isinstance(json.loads(line.decode(), object_pairs_hook=once), dict)
    except (ValueError, RecursionError):
        return False


def counted(found: Reading) -> str:
    """The account of a file adds up; a word for counting."""
    read, accepted, duplicate, quarantined = found.counts
    assert read == accepted + duplicate + quarantined
    kept = {name: len(table) for name, table in found.tables.items()}
    assert (kept.get("records", 0), kept.get("quarantine", 0)) == (accepted, quarantined)
    return "read whole" if not quarantined else "read, some quarantined"


def raws_stand_where_they_say(found: Reading, data: bytes) -> None:
    """What is kept of a row is what stands in the file, at the byte that is told: so it can be mended and fed back."""
    if "quarantine" not in found.tables or not any(note.startswith("utf-8") for note in found.notes):
        return
    for raw, offset in found.tables["quarantine"].select("raw", "byte_offset").rows():
        if offset is not None:
            kept = raw if isinstance(raw, bytes) else raw.encode()
            assert data[offset : offset + len(kept)] == kept


def damaged_ndjson(folder: Path, chance: random.Random) -> str:
    packing = chance.choice(("", "", "gzip", "zstd"))
    data, _ = spoiled(ndjson(chance), chance)
    if packing:
        data = packed(data, packing)
        data = spoiled(data, chance)[0] if chance.random() < 0.3 else data
    path = folder / "x.ndjson"
    path.write_bytes(data)
    dialect = Dialect(format="ndjson", sparse=True)
    found = read_path(folder, path, replace(PLAIN, dialect=dialect), block=chance.choice((50, 4000, 8 << 20)))
    text = text_of(Case(data, packing, dialect, "utf-8", 0, False))
    lines = [(n, line) for n, line in enumerate(text.split(b"\n"), 1) if line.strip(b" \t\r")]
    bad = [n for n, line in lines if not is_object(line)]
    assert found.counts[0] == len(lines)
    assert (found.tables["quarantine"]["row"].to_list() if bad else []) == bad
    if not packing:
        raws_stand_where_they_say(found, data)
    return counted(found)


def damaged_document(folder: Path, chance: random.Random) -> str:
    """A JSON document is one text: read as the standard library reads it, or refused."""
    records = [{"id": str(i), "x": chance.choice(VALUES)} for i in range(chance.randrange(1, 40))]
    data, _ = spoiled(json.dumps(records, indent=chance.choice((None, 1))).encode(), chance)
    path = folder / "x.json"
    path.write_bytes(data)
    found = read_path(folder, path, replace(PLAIN, dialect=Dialect(format="json", sparse=True)))
    whole = json.loads(text_of(Case(data, "", Dialect(), "utf-8", 0, False)).decode("utf-8", "replace"))
    assert found.counts[0] == len(whole)
    return counted(found)


def damaged_log(folder: Path, chance: random.Random) -> str:
    data, _ = spoiled("".join(LOG.format(n=n) for n in range(chance.randrange(1, 60))).encode(), chance)
    path = folder / "x.log"
    path.write_bytes(data)
    columns = (mapped("customer_id", "text", "path"),)
    spec = replace(PLAIN, dialect=Dialect(format="access_log", log_format="combined"), columns=columns)
    found = read_path(folder, path, spec, block=chance.choice((50, 8 << 20)))
    text = text_of(Case(data, "", Dialect(), "utf-8", 0, False))
    assert found.counts[0] == sum(bool(line.strip(b" \t\r")) for line in text.split(b"\n"))
    raws_stand_where_they_say(found, data)
    return counted(found)


def damaged_arrow(folder: Path, chance: random.Random) -> str:
    """Bytes flipped in the values go unseen, but no row may; cut off anywhere it is refused."""
    n_rows = chance.randrange(1, 100)
    table = pa.table({"id": [str(i) for i in range(n_rows)], "x": list(range(n_rows))})
    out = io.BytesIO()
    with chance.choice((pa.ipc.new_file, pa.ipc.new_stream))(out, table.schema) as writer:
        writer.write_table(table, max_chunksize=chance.choice((7, 1000)))
    data, is_cut = out.getvalue(), chance.random() < 0.5
    data = data[: chance.randrange(8, len(data) - 1)] if is_cut else flip(data, chance)
    path = folder / "x.arrow"
    path.write_bytes(data)
    found = read_path(folder, path, replace(PLAIN, dialect=Dialect(format="arrow")))
    assert not is_cut
    assert found.counts[0] == n_rows
    return counted(found)


def damaged_zip(folder: Path, chance: random.Random) -> str:
    """Each member is checked by its sum: nothing is read of an archive that does not hold what was put in."""
    text = "id,x\n" + "".join(f"{i},{chance.choice(VALUES)!r}\n".replace("\\n", " ") for i in range(50))
    text = "".join(
        line.replace('"', "").replace(", ", " ").replace("[", "").replace("]", "")
        for line in text.splitlines(keepends=True)
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", chance.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))) as archive:
        for name in ("a.csv", "b.csv"):
            archive.writestr(zipfile.ZipInfo(name), text)
    data = flip(out.getvalue(), chance) if chance.random() < 0.6 else spoiled(out.getvalue(), chance)[0]
    (folder / "x.zip").write_bytes(data)
    spec = replace(PLAIN, files=("x.zip",))
    n_read = 0
    for file in inputs_of(spec, str(folder)):
        file.digest()
        inside = folder / "inside"
        inside.mkdir(exist_ok=True)
        with file.unpacked(str(inside)) as path:
            if file.member is not None:
                assert Path(path).read_text(encoding="utf-8") == text
            found = read_path(folder, Path(path), spec)
            counted(found)
            n_read += found.counts[0]
    assert n_read in (0, 50, 100)
    return "read whole"


KINDS: tuple[Callable[[Path, random.Random], str], ...] = (
    damaged_ndjson,
    damaged_ndjson,
    damaged_document,
    damaged_log,
    damaged_arrow,
    damaged_zip,
)


@pytest.mark.parametrize("group", range(6 * ROUNDS))
def test_a_damaged_file_of_another_format_is_accounted_for_or_refused(tmp_path: Path, group: int) -> None:
    for seed in range(group * PER_GROUP, (group + 1) * PER_GROUP):
        chance = random.Random(seed)
        kind = KINDS[seed % len(KINDS)]
        try:
            outcome = kind(tmp_path, chance)
        except (SourceError, CheckFailed) as error:
            assert error.findings[0].problem
            outcome = "refused"
        except BaseException:
            print(f"seed {seed}: {kind.__name__}")
            raise
        OUTCOMES[f"{kind.__name__.replace('damaged_', '')} {outcome}"] += 1
    print(
        f"\n{OUTCOMES.total():,} damaged files: "
        + ", ".join(f"{n:,} {what}" for what, n in sorted(OUTCOMES.items()))
    )
