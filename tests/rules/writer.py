"""Writes random rules that pass the checks: every construct of the language, in every scope that allows it."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, replace

from cdptool.errors import Place
from cdptool.rules import Rule, RuleBook, Split, parse, to_text
from cdptool.rules.naming import without_row_clock

PLACE = Place("rules.yaml", 1, 1)
PERIODS = ("day", "week", "month", "quarter", "year")
COLUMNS = {
    "cart": {
        "number": ["items", "sku.stock"],
        "money": ["price", "sku.price_now"],
        "text": ["sku", "channel", "sku.category"],
        "time": ["at"],
        "date": ["month", "day"],
        "truth": [],
    },
    "order": {
        "number": ["quantity", "sku.stock"],
        "money": ["total", "sku.price_now"],
        "text": ["sku", "channel", "sku.category"],
        "time": ["at"],
        "date": ["due_on", "week", "quarter", "year"],
        "truth": ["is_gift"],
    },
}
MINE = {
    "number": ["points", "score", "favourite.stock"],
    "money": ["favourite.price_now"],
    "text": ["city", "favourite", "favourite.category", "offer"],
    "time": ["joined_at", "now"],
    "date": ["born_on"],
    "truth": ["is_member"],
}


@dataclass(frozen=True)
class Scope:
    """The streams of the rows around, innermost last; whether `at(…)` of the row, or of one around it, holds."""

    streams: tuple[str, ...] = ()
    moved: bool = False
    around_moved: bool = False

    def inside(self, stream: str) -> Scope:
        return Scope((*self.streams, stream), False, self.moved or self.around_moved)


class Writer:
    """Writes rules one after the other; each may name those before it."""

    def __init__(self, rng: random.Random, split: Split) -> None:
        self.rng = rng
        self.book = RuleBook(splits=(split,))
        self.kinds: dict[str, str] = {}
        self.fixed: frozenset[str] = frozenset()
        self.long: set[str] = set()

    def trait(self, index: int) -> None:
        kind = self.rng.choice(("number", "number", "number", "money", "text", "time", "labels"))
        labels: tuple[str, ...] = ()
        if kind == "labels":
            labels, kind = ("web", "s1")[: self.rng.choice((1, 2))], "text"
            texts = [self.truth(Scope(), 2) for _ in labels]
        else:
            texts = [self.scalar(kind, Scope(), 2)]
        rule = Rule(f"t{index}", tuple(parse(text, PLACE) for text in texts), PLACE, labels)
        self._written(replace(self.book, traits=(*self.book.traits, rule)), rule.name, kind)

    def segment(self, index: int) -> None:
        lines = tuple(
            parse(self.truth(Scope(), self.rng.choice((3, 3, 4))), PLACE)
            for _ in range(self.rng.choice((1, 1, 2, 3)))
        )
        rule = Rule(f"s{index}", lines, PLACE)
        self._written(replace(self.book, segments=(*self.book.segments, rule)), rule.name, "truth")

    def _written(self, book: RuleBook, name: str, kind: str) -> None:
        self.book, self.fixed = book, without_row_clock(book)
        self.kinds[name] = kind
        if sum(len(to_text(line)) for line in book.rules()[name].lines) > 80:
            self.long.add(name)

    def truth(self, scope: Scope, depth: int) -> str:
        pick = self.rng.random()
        if depth <= 0 or pick < 0.30:
            return self.comparison(scope, depth)
        if pick < 0.40:
            return f"not ({self.truth(scope, depth - 1)})"
        if pick < 0.55:
            word = self.rng.choice((" and ", " or "))
            return "(" + word.join(self.truth(scope, depth - 1) for _ in range(2)) + ")"
        if pick < 0.62:
            return self.rng.choice((f"missing({self.any(scope, depth)})", self.matching(scope, depth)))
        if pick < 0.70:
            named = [*self.named("truth", scope), *self.names("truth", scope)]
            named.append(self.rng.choice(('"a@x" in emails', '"b@x" not in me.emails', "true")))
            text = self.rng.choice([*named, "true"])
            return self.earlier(text, "truth", scope) if self.rng.random() < 0.4 else f"({text})"
        if pick < 0.76:
            return f'at("{self.length()}", {self.truth(self.moved(scope), depth - 1)})'
        if (len(scope.streams) >= 2 and self.rng.random() < 0.75) or len(scope.streams) >= 3:
            return self.comparison(scope, depth)
        return f"{self.rng.choice(('exists', 'none'))}({self.selection(scope, depth)})"

    def comparison(self, scope: Scope, depth: int) -> str:
        kind = self.rng.choice(("number", "number", "money", "text", "time", "date"))
        left = self.scalar(kind, scope, depth)
        if kind == "number" and not scope.streams and self.rng.random() < 0.12:
            ranked = f"ntile({self.scalar('number', scope, depth - 1)}, 3)"
            left = self.earlier(ranked, kind, scope) if self.rng.random() < 0.5 else ranked
        if left in ("offer", "me.offer"):  # other texts are no arms, and refused
            return f'{left} {self.rng.choice(("==", "!="))} "{self.rng.choice(("holdout", "rest"))}"'
        if self.rng.random() < 0.12 and kind in ("number", "text"):
            return (
                f"{left} {self.rng.choice(('in', 'not in'))} [{self.constant(kind)}, {self.constant(kind)}]"
            )
        operator = self.rng.choice(("==", "!=", "<", "<=", ">", ">="))
        if self.rng.random() < 0.1 and kind == "number":
            return f"{self.constant(kind)} <= {left} < {self.constant(kind)}"
        right = self.constant(kind) if self.rng.random() < 0.7 else self.scalar(kind, scope, depth - 1)
        return f"{left} {operator} {right}"

    def matching(self, scope: Scope, depth: int) -> str:
        return f'matches({self.scalar("text", scope, depth)}, "{self.rng.choice(("^s", "[12]$", "e"))}")'

    def any(self, scope: Scope, depth: int) -> str:
        return self.scalar(self.rng.choice(("number", "money", "text", "time", "date")), scope, depth)

    def scalar(self, kind: str, scope: Scope, depth: int) -> str:
        pick, n_rows = self.rng.random(), len(scope.streams)
        if depth > 0 and pick < 0.15 and kind in ("number", "money"):
            return self.arithmetic(kind, scope, depth)
        if kind == "text" and pick < 0.06:
            return f"({self.constant(kind)} + {self.scalar(kind, scope, depth - 1)})"
        if depth > 0 and pick < 0.22:
            return f"default({self.scalar(kind, scope, depth - 1)}, {self.constant(kind)})"
        if kind == "number" and pick < 0.4:
            own = self.own_number(scope, depth)
            if own:
                return own
        deep = n_rows < 2 or (n_rows == 2 and self.rng.random() < 0.3)
        if (depth > 0 and pick < 0.65 and deep) or (not n_rows and pick < 0.75):
            return self.aggregate(kind, scope, depth)
        if pick < 0.82:
            named = self.named(kind, scope)
            if named:
                text = self.rng.choice(named)
                return self.earlier(text, kind, scope) if self.rng.random() < 0.3 else text
        return self.name(kind, scope)

    def own_number(self, scope: Scope, depth: int) -> str | None:
        """What only the profile's id or all profiles together give."""
        if self.rng.random() < (0.4 if scope.streams else 0.25):
            return f'bucket("{self.rng.choice("ab")}")'
        if scope.streams or depth < 1:
            return None
        kind = self.rng.choice(("number", "number", "money", "time", "date"))
        return f"ntile({self.scalar(kind, scope, depth - 1)}, {self.rng.choice((2, 3, 4, 10))})"

    def named(self, kind: str, scope: Scope) -> list[str]:
        """The rules of a kind that may be named in a scope."""
        if scope.around_moved and not scope.moved:
            return []
        names = [name for name, of in self.kinds.items() if of == kind]
        # As of a row a rule is written out for each row: long ones would make plans of thousands of lines.
        return [
            name for name in names if not scope.moved or (name not in self.fixed and name not in self.long)
        ]

    def earlier(self, text: str, kind: str, scope: Scope) -> str:
        """The text inside an `at(…)`, or as it is where its name has no answer there."""
        allowed = text not in self.kinds or text in self.named(kind, self.moved(scope))
        return f'at("{self.length()}", {text})' if allowed else text

    def moved(self, scope: Scope) -> Scope:
        return replace(scope, moved=True) if scope.streams else scope

    def arithmetic(self, kind: str, scope: Scope, depth: int) -> str:
        one, two = (self.scalar(kind, scope, depth - 1) for _ in range(2))
        number = self.scalar("number", scope, depth - 1)
        if kind == "money":
            return self.rng.choice((f"({one} - {two})", f"({one} + {two})", f"({one} * {number})", f"(-{one})",
                                    f"({one} / {number})"))  # fmt: skip
        times = [self.scalar("time", scope, depth - 1) for _ in range(2)]
        options = (f"({one} + {two})", f"({one} - {two})", f"({one} * {two})", f"({one} / {two})",
                   f"({times[0]} - {times[1]})", f"(-{one})")  # fmt: skip
        return self.rng.choice(options)

    def name(self, kind: str, scope: Scope) -> str:
        return self.rng.choice(self.names(kind, scope) or MINE[kind])

    def names(self, kind: str, scope: Scope) -> list[str]:
        """Columns of the row, of the rows around it, and fields of the profile."""
        if not scope.streams:
            return MINE[kind]
        mine = [name for name in MINE[kind] if name != "now"]
        options = [*COLUMNS[scope.streams[-1]][kind] * 3, *mine, *(f"me.{name}" for name in mine)]
        for levels, stream in enumerate(reversed(scope.streams[:-1]), 1):
            options += [f"{'outer.' * levels}{name}" for name in COLUMNS[stream][kind]] * 3 * levels
        return options + ["now"] * (kind == "time")

    def aggregate(self, kind: str, scope: Scope, depth: int) -> str:
        stream = self.rng.choice(("cart", "order"))
        if kind == "number" and self.rng.random() < 0.5:
            if self.rng.random() < 0.6:
                return f"count({self.selection(scope, depth, stream)})"
            column = self.rng.choice(COLUMNS[stream][self.rng.choice(("number", "text", "date", "money"))])
            return f"nunique({self.selection(scope, depth, stream)}.{column})"
        functions = ["min", "max", "first", "last", "mode"] + (
            ["sum", "avg"] * 2 if kind in ("number", "money") else []
        )
        column = self.rng.choice(COLUMNS[stream][kind])
        return f"{self.rng.choice(functions)}({self.selection(scope, depth, stream)}.{column})"

    def selection(self, scope: Scope, depth: int, stream: str | None = None) -> str:
        stream = stream or self.rng.choice(("cart", "order"))
        text = stream + self.window(inside=bool(scope.streams))
        if depth > 0 and self.rng.random() < 0.65:
            text += f".where({self.truth(scope.inside(stream), depth - 1)})"
        return text

    def window(self, *, inside: bool) -> str:
        pick: Callable[[tuple[str, ...]], str] = self.rng.choice
        if inside and self.rng.random() < 0.5:
            return pick(('["+"]', '["+3h"]', '["+1d"]', '["+30d"]'))
        calendar = ('["day"]', '["day-1"]', '["week"]', '["week-4":"week-1"]', '["month"]', '["month-1"]',
                    '["quarter"]', '["year-1"]')  # fmt: skip
        ranges = ('["5h":"3h"]', '["24h":"3h"]', '["30d":"1d"]')
        return pick((pick(calendar), pick(ranges), f'["{self.length()}"]', ""))

    def length(self) -> str:
        return self.rng.choice(("1h", "3h", "24h", "2d", "7d", "30d", "31d"))

    def constant(self, kind: str) -> str:
        options = {
            "number": ("0", "1", "2", "0.5", "3", "-1"),
            "money": ("1", "2.5", "0", "3"),
            "text": ('"s1"', '"web"', '"hue"', '"k1"', '"rest"'),
            "time": ("now", '"2026-02-20"', '"2026-10-31"', '"2018-11-04"'),
            "date": ('"2026-03-01"', '"1990-01-31"', '"2018-11-01"'),
        }
        return self.rng.choice(options[kind])
