"""
A slow, plain evaluator of the rule language, written from rules.md: one profile, one node, one row at a time.

Values are (lo, hi, empty): two bounds (None = unbounded) and whether the value is null (None = unknown).
It shares the nodes and the parser with the product, nothing else; windows are its own.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import polars as pl

from cdptool.ids import hashes
from cdptool.rules.nodes import (
    Aggregate,
    And,
    Arithmetic,
    At,
    Attribute,
    Call,
    Compare,
    Constant,
    Name,
    Negative,
    Node,
    Not,
    Options,
    Or,
)
from cdptool.rules.windows import Calendar, Forward, Rolling
from tests.rules.oracle_values import (
    TICK,
    Here,
    Row,
    Truth,
    Val,
    World,
    average,
    both,
    days,
    defaulted,
    exactly,
    k_and,
    k_not,
    k_or,
    known,
    mode,
    money,
    part_of,
    period,
    spelled,
)


class Oracle:
    def __init__(self, world: World) -> None:
        self.world = world

    def truth(self, node: Node, here: Here) -> Truth:
        match node:
            case And(operands=operands):
                return k_and([self.truth(each, here) for each in operands])
            case Or(operands=operands):
                return k_or([self.truth(each, here) for each in operands])
            case Not(operand=operand):
                return k_not(self.truth(operand, here))
            case Compare(operands=operands, operators=operators):
                steps = zip(pairwise(operands), operators, strict=True)
                return k_and([self.compared(a, op, b, here) for (a, b), op in steps])
            case Aggregate(function="exists" | "none" as function):
                lo, hi = self.counted(node, here)
                some = True if lo > 0 else (False if hi == 0 else None)
                return some if function == "exists" else k_not(some)
            case Call(function="missing", arguments=(argument,)):
                return self.value(argument, here).empty
            case Call(function="matches", arguments=(argument, Constant(value=str(pattern)))):
                val = self.value(argument, here)
                return bool(re.search(pattern, val.lo)) if known(val) else None
        val = self.value(node, here)
        return bool(val.lo) if known(val) else None

    def compared(self, a: Node, op: str, b: Node, here: Here) -> Truth:
        left = self.value(a, here)
        if op in ("in", "not in"):
            if isinstance(b, Options):
                inside = k_or([self.equal(*self.aligned(left, self.value(i, here))) for i in b.items])
            else:
                held = self.value(b, here).lo
                inside = None if held is None or not known(left) else left.lo in held
            return inside if op == "in" else k_not(inside)
        left, right = self.aligned(left, self.value(b, here))
        if op == "==":
            return self.equal(left, right)
        if op == "!=":
            return k_not(self.equal(left, right))
        if left.empty is not False or right.empty is not False:
            return None
        if op in (">", ">="):
            left, right, op = right, left, {">": "<", ">=": "<="}[op]
        strict = op == "<"
        below = left.hi is not None and right.lo is not None
        if below and (left.hi < right.lo or (not strict and left.hi == right.lo)):
            return True
        above = left.lo is not None and right.hi is not None
        return False if above and (left.lo > right.hi or (strict and left.lo == right.hi)) else None

    def equal(self, left: Val, right: Val) -> Truth:
        if left.empty is not False or right.empty is not False:
            return None
        if known(left) and known(right) and left.lo == right.lo:
            return True
        for one, other in ((left, right), (right, left)):
            if one.hi is not None and other.lo is not None and one.hi < other.lo:
                return False
        return None

    def aligned(self, left: Val, right: Val) -> tuple[Val, Val]:
        if "money" in (left.kind, right.kind):
            return money(left), money(right)
        if left.kind in ("date", "time") or right.kind in ("date", "time"):
            target = "time" if "time" in (left.kind, right.kind) else "date"
            return self.moment(left, target), self.moment(right, target)
        return left, right

    def moment(self, val: Val, target: str) -> Val:
        def convert(value: Any) -> Any:
            if isinstance(value, str):
                value = date.fromisoformat(value)
            if target == "time" and type(value) is date:
                return self.midnight(value)
            return value

        return Val(convert(val.lo), convert(val.hi), val.empty, target)

    def midnight(self, day: date) -> datetime:
        """The first instant whose local date is this day or later, found by bisection on the minutes."""
        start = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=36)
        low, high = 0, 72 * 60
        while low < high:
            middle = (low + high) // 2
            if (start + timedelta(minutes=middle)).astimezone(self.world.zone).date() >= day:
                high = middle
            else:
                low = middle + 1
        return start + timedelta(minutes=low)

    def value(self, node: Node, here: Here) -> Val:
        match node:
            case Constant(value=value, kind=kind):
                return exactly(value, kind)
            case Name(name=name):
                return self.named([name], here)
            case Attribute():
                return self.named(spelled(node), here)
            case At(seconds=seconds, operand=operand):
                clock = here.clock - timedelta(seconds=seconds)
                return self.value(operand, Here(clock, clock, here.row, here.outer))
            case Negative(operand=operand):
                val = self.value(operand, here)
                return Val(*(None if end is None else -end for end in (val.hi, val.lo)), val.empty, val.kind)
            case Arithmetic(operator=operator, left=left, right=right):
                return self.reckoned(operator, self.value(left, here), self.value(right, here))
            case Call(function="ntile", arguments=(operand, Constant(value=n))):
                others = [
                    Oracle(other).ranked(operand, here)
                    for other in self.world.everyone
                    if other is not self.world
                ]
                return part_of(self.ranked(operand, here), others, n)
            case Call(function="bucket", arguments=(Constant(value=salt),)):
                word = hashes(hashes("bucket", salt, pl.Series([self.world.profile]))).item()
                return exactly((word >> 10) / 2**53, "number")
            case Call(function="default", arguments=(first, second)):
                return defaulted(*self.aligned(self.value(first, here), self.value(second, here)))
            case Aggregate(function=function) if function not in ("exists", "none"):
                return self.aggregate(node, here)
        truth = self.truth(node, here)
        return exactly(truth, "truth")

    def named(self, path: list[str], here: Here) -> Val:
        name = path[0]
        if name == "now":
            return exactly(here.cut, "time")
        if name == "me":
            return self.cell(self.world.fields, "", path[1:])
        while path[0] == "outer":
            assert here.outer is not None
            here, path = here.outer, path[1:]
            if path[0] != "outer":
                assert here.row is not None
                return self.of_row(here.row, path)
        if here.row is not None and (name == "at" or f"{here.row.stream}.{name}" in self.world.kinds or
                                     name in ("day", "week", "month", "quarter", "year")):  # fmt: skip
            return self.of_row(here.row, path)
        if name in self.world.rules:
            return self.ruled(name, Here(here.cut, here.cut))  # the profile, as of what is visible here
        return self.cell(self.world.fields, "", path)

    def ruled(self, name: str, here: Here) -> Val:
        lines, labels = self.world.rules[name], self.world.labels.get(name, ())
        if name in self.world.segments:
            return exactly(k_and([self.truth(line, here) for line in lines]), "truth")
        if not labels:
            return self.value(lines[0], here)
        for line, label in zip(lines, labels, strict=True):
            truth = self.truth(line, here)
            if truth is not False:
                return exactly(label, "text") if truth else Val(None, None, None, "text")
        return exactly(None, "text")

    def ranked(self, node: Node, here: Here) -> Val:
        key = (node, here.cut, self.world.profile)
        if key not in self.world.ranked:
            self.world.ranked[key] = self.value(node, here)
        return self.world.ranked[key]

    def of_row(self, row: Row, path: list[str]) -> Val:
        if path[0] == "at":
            return exactly(row.at, "time")
        if f"{row.stream}.{path[0]}" not in self.world.kinds:
            return exactly(self.period(row.at.astimezone(self.world.zone).date(), path[0], 0), "date")
        return self.cell(row.cells, f"{row.stream}.", path)

    def cell(self, cells: dict[str, Any], prefix: str, path: list[str]) -> Val:
        value, name = cells.get(path[0]), prefix + path[0]
        for step in path[1:]:
            table = self.world.refs[name]
            value = self.world.tables[table].get(value, {}).get(step)
            name = f"{table}.{step}"
        return exactly(value, self.world.kinds[name])

    def reckoned(self, op: str, left: Val, right: Val) -> Val:
        empty = k_or([left.empty, right.empty])
        if left.kind == "text":
            joined = left.lo + right.lo if known(left) and known(right) else None
            return Val(joined, joined, empty, "text")
        if left.kind in ("date", "time"):
            left, right = self.aligned(left, right)
            return Val(*(days(a, b) for a, b in ((left.lo, right.hi), (left.hi, right.lo))), empty, "number")
        kind = "money" if "money" in (left.kind, right.kind) else "number"
        if op in "+-" and kind == "money":
            left, right = money(left), money(right)
        if op == "/" and left.kind == right.kind == "money":
            kind = "number"
        if op == "+":
            return Val(both(left.lo, right.lo, "+"), both(left.hi, right.hi, "+"), empty, kind)
        if op == "-":
            return Val(both(left.lo, right.hi, "-"), both(left.hi, right.lo, "-"), empty, kind)
        return self.scaled(op, left, right, empty, kind)

    def scaled(self, op: str, left: Val, right: Val, empty: Truth, kind: str) -> Val:
        nothing = Val(None, None, True, kind)
        if left.empty is True or right.empty is True:
            return nothing
        if op == "/":
            if right.lo == 0 and right.hi == 0:
                return nothing
            if not ((right.lo is not None and right.lo > 0) or (right.hi is not None and right.hi < 0)):
                return Val(None, None, k_or([empty, None]), kind)
        for one, other in ((left, right), (right, left)):
            if known(one) and (op == "*" or one is right):
                ends = [both(other.lo, one.lo, op), both(other.hi, one.lo, op)]
                return Val(*(ends if one.lo >= 0 else ends[::-1]), empty, kind)
        corners = [both(a, b, op) for a in (left.lo, left.hi) for b in (right.lo, right.hi)]
        if None in corners:
            return Val(None, None, empty, kind)
        return Val(min(corners), max(corners), empty, kind)

    # Windows
    def sees(self, node: Aggregate, row: Row, here: Here) -> bool:
        if row.stream != node.selection.stream or row.at > here.cut or row == here.row:
            return False
        window, clock = node.selection.window, here.clock
        match window:
            case None:
                return row.at <= clock
            case Rolling(since, until):
                return clock - timedelta(seconds=since) < row.at <= clock - timedelta(seconds=until)
            case Forward(None):
                return row.at >= clock
            case Forward(seconds):
                return clock <= row.at < clock + timedelta(seconds=seconds or 0)
            case Calendar(unit, since, until):
                today = clock.astimezone(self.world.zone).date()
                day = row.at.astimezone(self.world.zone).date()
                first, after = self.period(today, unit, since), self.period(today, unit, until - 1)
                return first <= day < after and row.at <= clock

    def last_instant(self, node: Aggregate, here: Here) -> tuple[datetime | None, datetime]:
        match node.selection.window:
            case None:
                return None, here.clock
            case Rolling(since, until):
                first = here.clock - timedelta(seconds=since) + TICK
                return first, here.clock - timedelta(seconds=until)
            case Forward(None):
                return here.clock, here.cut
            case Forward(seconds):
                return here.clock, here.clock + timedelta(seconds=seconds or 0) - TICK
            case Calendar(unit, since, until):
                today = here.clock.astimezone(self.world.zone).date()
                first = self.midnight(self.period(today, unit, since))
                after = self.midnight(self.period(today, unit, until - 1))
                return first, min(after - TICK, here.clock)

    def period(self, day: date, unit: str, ago: int) -> date:
        return period(day, unit, ago, {"monday": 0, "saturday": 5, "sunday": 6}[self.world.week_starts])

    # Aggregates
    def seen(self, node: Aggregate, here: Here) -> tuple[list[tuple[Row, bool, Any, str]], bool, datetime]:
        """Possible rows with a value, in order, each with whether it is certain; is more to come; known until."""
        complete = min(self.world.complete.get(node.selection.stream, here.cut), here.cut)
        first, last = self.last_instant(node, here)
        is_open = last > complete and (first is None or first <= last)
        found = []
        for row in sorted(self.world.rows, key=lambda row: (row.at, row.id)):
            if not self.sees(node, row, here):
                continue
            meets: Truth = True
            if node.selection.where is not None:
                meets = self.truth(node.selection.where, Here(row.at, here.cut, row, here))
            if meets is False:
                continue
            val = (
                self.of_row(row, list(node.selection.column))
                if node.selection.column
                else exactly(1, "number")
            )
            if val.lo is not None:
                found.append((row, meets is True, val.lo, val.kind))
        return found, is_open, complete

    def counted(self, node: Aggregate, here: Here) -> tuple[int, float]:
        found, is_open, _ = self.seen(node, here)
        certain = sum(sure for _, sure, _, _ in found)
        return certain, float("inf") if is_open else len(found)

    def aggregate(self, node: Aggregate, here: Here) -> Val:
        found, is_open, complete = self.seen(node, here)
        sure = [value for _, is_sure, value, _ in found if is_sure]
        every = [value for *_, value, _ in found]
        kind = self.column_kind(node)
        empty: Truth = False if sure else (True if not every and not is_open else None)
        low, high = (min(every), max(every)) if every else (None, None)

        def shut(end: Any) -> Any:
            return None if is_open else end

        match node.function:
            case "count":
                return Val(len(sure), shut(len(every)), False, "number")
            case "nunique":
                return Val(len(set(sure)), shut(len(set(every))), False, "number")
            case "sum":
                maybe = [value for _, is_sure, value, _ in found if not is_sure]
                least = sum(sorted([*sure, *(value for value in maybe if value < 0)]))
                most = sum(sorted([*sure, *(value for value in maybe if value > 0)]))
                return Val(shut(least), shut(most), False, kind)
            case "min":
                return Val(shut(low), min(sure) if sure else shut(high), empty, kind)
            case "max":
                return Val(max(sure) if sure else shut(low), shut(high), empty, kind)
            case "avg" | "mode":
                if len(sure) == len(every):
                    low = high = (average(sure) if node.function == "avg" else mode(found)) if sure else None
                return Val(shut(low), shut(high), empty, kind)
        end = None if not found else found[0 if node.function == "first" else -1]
        if end is not None and end[1]:
            low = high = end[2]
            if node.function == "first" and is_open and end[0].at <= complete:
                return Val(low, high, empty, kind)
        return Val(shut(low), shut(high), empty, kind)

    def column_kind(self, node: Aggregate) -> str:
        path = node.selection.column
        if not path:
            return "number"
        if path[0] == "at":
            return "time"
        name = f"{node.selection.stream}.{path[0]}"
        if name not in self.world.kinds:
            return "date"
        for step in path[1:]:
            name = f"{self.world.refs[name]}.{step}"
        return self.world.kinds[name]
