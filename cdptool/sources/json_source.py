"""A JSON text ready to be read: which of its two forms it has, and the columns that its first records show."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from functools import partial
from itertools import islice
from json import JSONDecodeError
from typing import Final, Literal

from cdptool.errors import Finding, Place, SourceError
from cdptool.sources.csv_blocks import TextBlock
from cdptool.sources.json_blocks import ColumnBuilder, JsonItem, ndjson_blocks
from cdptool.sources.json_documents import JsonDocument
from cdptool.sources.json_values import LENIENT, Json, leaf_paths, path_of
from cdptool.sources.spec import Dialect
from cdptool.sources.window import Chunk

JsonForm = Literal["ndjson", "json"]
_SHOWN: Final = 500  # records that show the columns
_BLOCK_ITEMS: Final = 20_000


@dataclass(frozen=True, slots=True)
class JsonText:
    """
    A text in one of the two forms.

    `sample` are its first bytes (`is_whole` = all of them) as UTF-8 and `chunks` gives all of it, once.
    """

    form: JsonForm
    sample: bytes
    is_whole: bool
    chunks: Callable[[], Iterator[Chunk]]
    dialect: Dialect
    place: Place


def json_form(sample: bytes, *, is_whole: bool, wanted: tuple[str, ...] = ()) -> JsonForm | None:
    """
    Which form of JSON a text has by its content; None = it is none.

    Args:
        sample: Its first bytes.
        is_whole: Whether they are all.
        wanted: Columns that its records should have: they tell one record from an object that holds records.

    >>> json_form(b'{"id": 1}\\n{"id": 2}\\n', is_whole=True), json_form(b'[{"id": 1}]', is_whole=True)
    ('ndjson', 'json')
    """
    text = sample.lstrip()
    if text[:1] == b"[":
        return "json" if text[1:].lstrip()[:1] in (b"{", b"]") else None
    if text[:1] != b"{" or text[1:].lstrip()[:1] not in (b'"', b"}"):
        return None
    first, line_end, rest = text.partition(b"\n")
    if not line_end and not is_whole:
        return "json"  # one line beyond the sample
    row = _parsed(first)
    if row is None:  # a line that is no object, or the first line of a document on several
        return "json" if first.rstrip()[-1:] in (b"{", b"[", b",", b":") else "ndjson"
    if rest.strip() or any(name.split(".")[0].split("[")[0] in row for name in wanted):
        return "ndjson"
    return "json" if any(_holds_objects(value) for value in row.values()) else "ndjson"


def _parsed(line: bytes) -> dict[str, Json] | None:
    try:
        value = LENIENT.decode(line.decode("utf-8", "surrogateescape"))
    except (JSONDecodeError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _holds_objects(value: Json) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], dict)


def json_names(text: JsonText, wanted: tuple[str, ...]) -> tuple[str, ...]:
    """
    The columns of a JSON text: those its first records have, then the wanted ones that only later ones may have.

    Raises:
        SourceError: A document that is no JSON from the start on.
    """
    rows = [item.row for item in islice(_sampled(text), _SHOWN) if item.row is not None]
    return tuple(dict.fromkeys((*filter(_is_text, leaf_paths(rows)), *wanted)))


def _is_text(name: str) -> bool:
    """Whether a name is text that can be kept: a record whose names hold bytes of another encoding is set aside."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _sampled(text: JsonText) -> Iterator[JsonItem]:
    if text.form == "json":
        document = JsonDocument(iter((text.sample,)), text.dialect.records, text.place)
        try:
            yield from document.items()
        except SourceError:
            if text.is_whole:
                raise
        return
    whole = text.sample if text.is_whole else text.sample[: text.sample.rfind(b"\n") + 1]
    for line in whole.split(b"\n")[: _SHOWN * 2]:
        row = _parsed(line) if line.strip() else None
        if row is not None:
            yield JsonItem(0, "", row)


def json_blocks(
    text: JsonText, names: tuple[str, ...], needed: tuple[str, ...], block: int
) -> Iterator[TextBlock]:
    """
    The records with the needed columns.

    Raises:
        SourceError: The text is damaged; or no record had one of the columns, unless the dialect says `sparse`.
    """
    builder = ColumnBuilder({position: path_of(names[int(position)]) for position in needed})
    if text.form == "ndjson":
        yield from ndjson_blocks(text.chunks(), builder, text.place, block)
    else:
        items = JsonDocument(text.chunks(), text.dialect.records, text.place).items()
        for some in iter(partial(_batch, items, block), []):
            yield builder.block(some, 0)
    if builder.n_rows and not text.dialect.sparse:
        _refuse_unseen(builder.unseen(), names, text.place)


def _batch(items: Iterator[JsonItem], block: int) -> list[JsonItem]:
    """The next records, of about so many letters."""
    found, size = [], 0
    for item in items:
        found.append(item)
        size += len(item.text)
        if size >= block or len(found) >= _BLOCK_ITEMS:
            break
    return found


def _refuse_unseen(unseen: list[str], names: tuple[str, ...], place: Place) -> None:
    findings = []
    for name in unseen:
        near = get_close_matches(name, [each for each in names if each not in unseen], n=1, cutoff=0.8)
        hint = f"did you mean `{near[0]}`?" if near else _ABSENT
        findings.append(Finding(f"column `{name}` is missing: no record has it", place, hint))
    if findings:
        raise SourceError(*findings)


_ABSENT: Final = "declare `sparse: true` in the source's dialect if the export leaves out what is empty"
