"""
The proposal as the YAML files of a project, with the evidence as comments: text in, text out, nothing is read.

Every line that is a guess says what it rests on. No cell value ever stands here: only names of columns, counts
and shares.
"""

from __future__ import annotations

import math
import re
from typing import Final

from cdptool.inspection.project import DraftColumn, ProjectProposal, SourceProposal
from cdptool.inspection.settling import Settled

_PLAIN: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:[ ./-][A-Za-z0-9_.]+)*\Z")
_WORDS_OF_YAML: Final = ("true", "false", "yes", "no", "on", "off", "null", "none", "y", "n", "nan")
_WIDTH: Final = 56
_USUAL: Final = 0.01  # of a file's rows may be quarantined without a word
_NO_TIME: Final = "1970-01-01T00:00:00Z"


def render(proposal: ProjectProposal, *, name: str, notes: dict[str, str]) -> dict[str, str]:
    """
    Write the files.

    Args:
        proposal: What to write.
        name: The project's name.
        notes: What to say beside `tz`, `region` and `currency`: where they come from.

    Returns:
        File name → its text, in the order in which they are used. A file with nothing in it is left out.
    """
    files = {
        "project.yaml": _project(proposal, name, notes),
        "sources.yaml": _sources(proposal),
        "merge.yaml": _merge(proposal),
        "rules.yaml": _rules(proposal),
    }
    return {file: text for file, text in files.items() if text}


def quoted(text: str) -> str:
    """
    A text as YAML reads it back.

    >>> quoted("created at"), quoted("no"), quoted("E-mail: 1"), quoted("a\\tb")
    ('created at', '"no"', '"E-mail: 1"', '"a\\\\x09b"')
    """
    if _PLAIN.match(text) and text.lower() not in _WORDS_OF_YAML:
        return text
    escaped = "".join(_escaped(letter) for letter in text)
    return f'"{escaped}"'


def _escaped(letter: str) -> str:
    if letter in '"\\':
        return "\\" + letter
    if letter.isprintable():
        return letter
    number = ord(letter)
    return (
        f"\\x{number:02x}" if number < 256 else f"\\u{number:04x}" if number < 65536 else f"\\U{number:08x}"
    )


def _line(indent: int, text: str, comment: str = "") -> str:
    bare = " " * indent + text
    return f"{bare:<{_WIDTH}}  # {_one_line(comment)}" if comment else bare


def _one_line(text: str) -> str:
    """A comment ends with its line, and headers may hold anything."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())


def _project(proposal: ProjectProposal, name: str, notes: dict[str, str]) -> str:
    defaults = proposal.defaults
    lines = [
        "# Proposed by `cdptool init` from the files in sources.yaml. What stands behind a `#` is why; correct what is",
        "# wrong, delete what you do not need, and keep these files under version control.",
        "version: 1",
        "",
        f"name: {quoted(name)}",
        _line(0, f"tz: {defaults.tz}", notes.get("tz", "")),
        "week_starts: monday",
    ]
    for key, value in (("currency", defaults.currency), ("region", defaults.region)):
        if value:
            lines.append(_line(0, f"{key}: {value}", notes.get(key, "")))
        else:
            lines.append(f"# {key}:  {notes.get(key, 'not known')}")
    lines += ["workspace: workspace", "out: out"]
    if proposal.fields:
        lines += ["", "# What a profile can hold.", "fields:"]
        lines += [_line(2, f"{field}: {settled.type}") for field, settled in proposal.fields.items()]
    lines += _declared(proposal, "stream") + _declared(proposal, "table")
    return "\n".join(lines) + "\n"


def _declared(proposal: ProjectProposal, feeds: str) -> list[str]:
    found = [source for source in proposal.sources if source.draft.feeds == feeds]
    if not found:
        return []
    said = "What happened. A live feed gets `max_lag: 6h`." if feeds == "stream" else "What things are."
    lines = ["", f"# {said}", f"{feeds}s:"]
    for source in found:
        lines.append(f"  {source.target}:")
        if feeds == "table":
            key = next(each.ours for each in source.columns if (each.column,) == source.draft.key)
            lines.append(f"    key: {key}")
        if not source.columns:
            lines.append("    columns: {}")
            continue
        lines.append("    columns:")
        lines += [_line(6, f"{each.ours}: {_type(each)}") for each in source.columns]
    return lines


def _type(column: DraftColumn) -> str:
    return f"{{ref: {column.ref}}}" if column.ref else column.settled.type


def _sources(proposal: ProjectProposal) -> str:
    lines = [
        "# Which files are read, and what their columns mean. Behind each `#` is the evidence, not a promise.",
        "version: 1",
        "",
        "sources:",
    ]
    for source in proposal.sources:
        lines += [*_source(source), ""]
    return "\n".join(lines).rstrip("\n") + "\n"


def _source(source: SourceProposal) -> list[str]:
    draft = source.draft
    file, n_rows = draft.file, draft.file.texts.height
    looked = f"{n_rows:,} row{'s' * (n_rows != 1)} looked at" + (
        "" if file.is_whole else ", the first of more"
    )
    lines = [f"  {quoted(source.name)}:"]
    if len(file.files) == 1:
        lines.append(_line(4, f"files: {quoted(file.files[0])}", looked))
    else:
        lines += [_line(4, "files:", looked), *(f"      - {quoted(each)}" for each in file.files)]
    target = "records" if draft.feeds == "records" else f"{{{draft.feeds}: {source.target}}}"
    lines.append(_line(4, f"feeds: {target}", draft.reason))
    if file.dialect:
        written = ", ".join(f"{key}: {value}" for key, value in file.dialect)
        lines.append(_line(4, f"dialect: {{{written}}}", file.notes))
    elif file.notes:
        lines.append(f"    # dialect: {_one_line(file.notes)}")
    lines += [*_key(source), *_at(source)]
    if source.identifiers:
        lines += ["    identifiers:", *(_mapped(each) for each in source.identifiers)]
    lines += (
        ["    columns:", *(_mapped(each) for each in source.columns)]
        if source.columns
        else ["    columns: {}"]
    )
    if source.left_out:
        lines.append(f"    # nothing stands in: {', '.join(quoted(each) for each in source.left_out)}")
    return lines + _allowance(source)


def _key(source: SourceProposal) -> list[str]:
    key, rows = source.draft.key, source.draft.file.texts.height
    if not key:
        return [
            "    # key: no column, and no pair of keys, is different in every row; equal rows count as many"
        ]
    many = (
        f"the {rows:,} rows that were looked at" if not source.draft.file.is_whole else f"all {rows:,} rows"
    )
    written = quoted(key[0]) if len(key) == 1 else f"[{', '.join(quoted(each) for each in key)}]"
    repeats = source.draft.file.column(key[0]).n_repeats if len(key) == 1 else 0
    what = "together different" if len(key) > 1 else "different"
    said = f"never empty, and {what} in {many}, copies of whole rows apart"
    if repeats:
        said = f"never empty; {repeats:,} of {many} repeat{'s' * (repeats == 1)} an earlier one: newer versions of it"
    return [_line(4, f"key: {written}", said)]


def _at(source: SourceProposal) -> list[str]:
    draft = source.draft
    if source.at is None or draft.at is None:
        if draft.feeds != "stream":
            return []
        return [
            _line(
                4, f'at: {{value: "{_NO_TIME}"}}', "no column holds a time: rules can only ask for all time"
            )
        ]
    is_stream = draft.feeds == "stream"
    options = (
        *source.at.options,
        *((("required", "true"),) if is_stream and not source.n_without_time else ()),
    )
    n = source.n_without_time
    note = f"; {n:,} row{'s have' if n != 1 else ' has'} no such time" if n and is_stream else ""
    return [_line(4, f"at: {_options(draft.at, options)}", source.at.evidence + note)]


def _mapped(column: DraftColumn) -> str:
    return _line(
        6, f"{column.ours}: {_options(column.column, column.settled.options)}", column.settled.evidence
    )


def _options(column: str, options: tuple[tuple[str, str], ...]) -> str:
    if not options:
        return quoted(column)
    formats = [value for key, value in options if key == "format"]
    parts = [f"column: {quoted(column)}"]
    if formats:
        shown = [f'"{each}"' for each in formats]
        parts.append(f"format: {shown[0]}" if len(shown) == 1 else f"format: [{', '.join(shown)}]")
    parts += [f"{key}: {_value(key, value)}" for key, value in options if key != "format"]
    return f"{{{', '.join(parts)}}}"


def _value(key: str, value: str) -> str:
    return f'"{value}"' if key == "decimal" else value if key in ("tz", "required") else quoted(value)


def _allowance(source: SourceProposal) -> list[str]:
    """More rows than usual cannot be read: say so, or the file would be refused."""
    file = source.draft.file
    if file.rejected_share <= _USUAL:
        return []
    share = min(100, math.ceil(file.rejected_share * 100) + 1)
    said = (
        f"{file.n_rejected:,} row{'s' * (file.n_rejected != 1)} cannot be read: look at them, and lower this"
    )
    return [_line(4, f"max_quarantined: {share}%", said)]


def _merge(proposal: ProjectProposal) -> str:
    if not proposal.keys:
        return ""
    fields = proposal.fields
    lines = [
        "# Which records are one person. A key's `limit` is how many different values one person may hold; a value",
        "# held by more people than `shared_by` identifies nobody.",
        "version: 1",
        "",
        "keys:",
    ]
    lines += [
        _line(2, f"{key}: {_limits(key, fields[key], proposal)}", _why(key, proposal))
        for key in proposal.keys
    ]
    joining = [key for key in proposal.keys if key not in proposal.devices and fields[key].type != "phone"]
    phones = [key for key in proposal.keys if fields[key].type == "phone"]
    passes = [f"exact: {' or '.join(f'same({key})' for key in joining)}"] if joining else []
    name = next(
        (each for each in ("name", "last_name") if each in fields and fields[each].type == "person_name"),
        None,
    )
    passes += [f"{phone}: same({phone})" + (f" and same({name})" if name else "") for phone in phones]
    lines += ["", "# From the surest to the loosest. Try `cdptool merge --dry-run` before you loosen one."]
    lines += ["passes:", *(f"  - {each}" for each in passes)] if passes else ["passes: []"]
    lines += [
        "",
        "# A profile shows the latest value of its records.",
        "keep:",
        "  default: {prefer: latest}",
    ]
    return "\n".join(lines) + "\n"


def _limits(key: str, settled: Settled, proposal: ProjectProposal) -> str:
    if key in proposal.devices:
        return "{attach_only: true}"
    return {"email": "{limit: 3, shared_by: 4}", "phone": "{limit: 3, shared_by: 6}"}.get(
        settled.type, "{limit: 2}"
    )


def _why(key: str, proposal: ProjectProposal) -> str:
    speaking = [
        source.name
        for source in proposal.sources
        if any(each.ours == key for each in (*source.identifiers, *source.columns))
        and source.draft.feeds != "table"
    ]
    device = "; several people may share a device" if key in proposal.devices else ""
    return f"in {', '.join(speaking[:4])}{' …' if len(speaking) > 4 else ''}{device}"


def _rules(proposal: ProjectProposal) -> str:
    contacts = [key for key in proposal.keys if proposal.fields[key].type in ("email", "phone")]
    streams = [
        source.target for source in proposal.sources if source.draft.feeds == "stream" and source.draft.at
    ]
    if contacts:
        what, rule = "reachable", " or ".join(f"not missing({key})" for key in contacts)
    elif streams:
        what, rule = "active_90d", f'exists({streams[0]}["90d"])'
    else:
        return ""
    name = what if what not in proposal.fields else f"is_{what}"
    return "\n".join(
        [
            "# Segments: a yes, no or unknown per profile. See docs/reference.md for the language.",
            "version: 1",
            "",
            "segments:",
            f"  {name}: {rule}",
            "",
        ]
    )
