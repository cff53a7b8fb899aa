"""A rule taken apart for one profile, as people and programs read it: line by line, with the rows that decided."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final

from cdptool.commands.answered import answer_data, told_answer, told_value
from cdptool.commands.as_of import NOTHING_YET
from cdptool.commands.citing import shown_value
from cdptool.profiles.rule_tests import Came
from cdptool.profiles.seen_rows import Cell, SeenRow, SeenRows
from cdptool.profiles.tracing import Trace, Traced, Why
from cdptool.rules import Catalog, Node, RuleBook
from cdptool.rules.personal import shown_column
from cdptool.rules.windows import ONE_MICROSECOND, length_text

Places = Mapping[tuple[str, int], str]  # stream and event → file and line

_SIGNS: Final = {True: "+", None: "?", False: "-"}
_COUNTED: Final = "kept as a count of its day"
_WHY: Final = {
    "open": "a window that looks forward is not over yet",
    "empty": "a value it asks for is empty",
}


@dataclass(frozen=True, slots=True)
class Telling:
    """How a trace is told: where rows stand, what rules and columns there are, whether values are shown as they are."""

    places: Places
    book: RuleBook
    catalog: Catalog
    show_values: bool = False

    @property
    def tz(self) -> str:
        return self.catalog.tz

    def answer(self, node: Node, came: Came) -> Came:
        """The answer of an expression as it may be shown: what is taken from a column of a person is masked."""
        column = (
            None if self.show_values or came.value is None else shown_column(node, self.book, self.catalog)
        )
        if column is None:
            return came
        told = told_value(came.value, self.tz)
        masked = shown_value(column.type, told)
        return came if masked == told else replace(came, value=masked)

    def lines(self, trace: Trace) -> Iterator[str]:
        """The lines of the rule, each with what it is made of below it."""
        for line in trace.lines:
            yield from self._part(line, "  ")

    def _part(self, traced: Traced, margin: str) -> Iterator[str]:
        part, came = traced.part, self.answer(traced.part.node, traced.came)
        earlier = f"  (as of {length_text(part.ago)} earlier)" if part.ago else ""
        label = f"  → {part.label}" if part.label else ""
        if part.is_truth:
            yield f"{margin}{told_answer(came, self.tz):<8} {part.text}{label}{earlier}"
        else:
            yield f"{margin}{part.text} = {told_answer(came, self.tz)}{earlier}"
        inside = margin + ("    " if part.is_truth else "  ")
        if traced.why is not None and not any(inner.why == traced.why for inner in traced.parts):
            yield f"{inside}not known: {self.why(traced.why)}"
        if traced.rows is not None:
            yield from self._rows(traced.rows, inside)
        for inner in traced.parts:
            yield from self._part(inner, inside)

    def why(self, why: Why) -> str:
        """Why something is not known, in words."""
        told = (
            self._late(name, at) if why.kind == "late" else self._gone(name, at) for name, at in why.streams
        )
        return " and ".join(told) or _WHY[why.kind]

    def _late(self, name: str, at: datetime) -> str:
        if at <= NOTHING_YET:
            return f"`{name}` has not brought a single row yet"
        return f"`{name}` is complete until {self._time(at)} only"

    def _gone(self, name: str, at: datetime) -> str:
        return f"rows of `{name}` up to {self._time(at)} are gone"

    def _rows(self, rows: SeenRows, margin: str) -> Iterator[str]:
        yield f"{margin}rows of `{rows.stream}` {self.window(rows)}: {_counts(rows)}"
        for row in rows.rows:
            yield from self._row(row, margin + "  ")

    def _row(self, row: SeenRow, margin: str) -> Iterator[str]:
        cells = ", ".join(f"{cell.name} {self._cell(cell)}" for cell in row.cells)
        is_counted = row.event_id < 0  # see profiles.signal_rows
        place = _COUNTED if is_counted else self.places.get((row.stream, row.event_id), "")
        told = "  ".join(text for text in (self._time(row.at), cells, place) if text)
        yield f"{margin}{_SIGNS[row.counts]} {told}"
        for inner in row.inner:
            for line in self._row(inner, f"{margin}    "):
                head, sign, rest = line.partition(f"{_SIGNS[inner.counts]} ")
                yield f"{head}{sign}{inner.stream}  {rest}"
        if row.n_more:
            yield f"{margin}    … and {row.n_more:,} more found"

    def _cell(self, cell: Cell) -> str:
        if cell.value is None:
            return "empty"
        told = told_answer(Came("known", cell.value, cell.currency), self.tz)
        return shown_value(cell.type, told, show_values=self.show_values)

    def window(self, rows: SeenRows) -> str:
        """A window as people say it: `after … up to …`, or `from … to before …` where it is calendar."""
        first, last = rows.window
        if first is not None and first > last:
            return "in an empty window"
        ends = (
            f"before {self._time(last + ONE_MICROSECOND)}"
            if (last + ONE_MICROSECOND).microsecond == 0
            else f"up to {self._time(last)}"
        )
        if first is None:
            return ends
        before = first - ONE_MICROSECOND
        begins = f"after {self._time(before)}" if before.microsecond == 0 else f"from {self._time(first)}"
        return f"{begins} {ends if ends.startswith('up') else f'and {ends}'}"

    def _time(self, at: datetime) -> str:
        return told_value(at, self.tz)

    def data(self, trace: Trace) -> list[dict[str, Any]]:
        """The same for `--json`; times are UTC."""
        return [self._part_data(line) for line in trace.lines]

    def _part_data(self, traced: Traced) -> dict[str, Any]:
        data: dict[str, Any] = {
            "expression": traced.part.text,
            "place": str(traced.part.node.place),
            **answer_data(self.answer(traced.part.node, traced.came)),
        }
        if traced.part.ago:
            data["seconds_earlier"] = traced.part.ago
        if traced.part.label:
            data["label"] = traced.part.label
        if traced.why is not None:
            streams = {name: at.isoformat() for name, at in traced.why.streams}
            data["unknown_because"] = {"kind": traced.why.kind, "streams": streams}
        if traced.rows is not None:
            data["rows"] = self._rows_data(traced.rows)
        if traced.parts:
            data["parts"] = [self._part_data(each) for each in traced.parts]
        return data

    def _rows_data(self, rows: SeenRows) -> dict[str, Any]:
        first, last = rows.window
        return {
            "stream": rows.stream,
            "from": first.isoformat() if first else None,
            "to": last.isoformat(),
            "counting": rows.n_counting,
            "unknown": rows.n_unknown,
            "not_counting": rows.n_not,
            "not_looked_at": rows.n_unseen,
            "decided": [self._row_data(row) for row in rows.rows],
        }

    def _row_data(self, row: SeenRow) -> dict[str, Any]:
        data: dict[str, Any] = {
            "stream": row.stream,
            "at": row.at.astimezone(UTC).isoformat(),
            "place": self.places.get((row.stream, row.event_id)),
            "counts": {True: "yes", False: "no", None: "unknown"}[row.counts],
            "values": {cell.name: self._cell(cell) for cell in row.cells},
        }
        inner = [self._row_data(each) for each in row.inner]
        return {**data, "rows": inner, "more_rows": row.n_more} if inner else data


def _counts(rows: SeenRows) -> str:
    """
    How many rows count.

    >>> _counts(SeenRows("order", (None, None), 2, 0, 1, 0, ()))
    '2 count, 1 does not'
    """
    n = rows.n_counting
    parts = [f"{n:,} count{'s' * (n == 1)}" if n else "none counts"]
    if rows.n_unknown:
        parts.append(f"of {rows.n_unknown:,} it is not known")
    if rows.n_not:
        parts.append(f"{rows.n_not:,} {'does' if rows.n_not == 1 else 'do'} not")
    if rows.n_unseen:
        parts.append(f"{rows.n_unseen:,} older not looked at")
    return ", ".join(parts) if n or len(parts) > 1 else "none"
