"""A slow mapper over rows as dictionaries of texts, written without the code it judges."""

from __future__ import annotations

import random

import polars as pl

Row = dict[str, str]
COLUMNS = ("family", "Given Name", "qty", "price", "kind")
TEXTS = ("", "", "An", "Bình", "person", "007", "7", " x ")
NUMBERS = ("", "1", "2.5", "0", "-3", "12", "abc")


def random_rows(seed: random.Random, n: int) -> list[Row]:
    """Rows with empty cells, texts that are no numbers, and blanks around texts."""
    return [
        {name: seed.choice(NUMBERS if name in ("qty", "price") else TEXTS) for name in COLUMNS}
        for _ in range(n)
    ]


def text_of(row: Row, name: str) -> str | None:
    return row[name].strip() or None


def number_of(row: Row, name: str) -> float | None:
    try:
        return float(row[name])
    except ValueError:
        return None


def spelled(name: str) -> str:
    return name if name.isidentifier() else f'row["{name}"]'


def random_text(seed: random.Random, depth: int):
    """An expression that is a text, and the function of a row that it means."""
    pick = seed.randrange(4 if depth else 2)
    if pick == 0:
        constant = seed.choice(("An", "-", "7"))
        return f'"{constant}"', lambda _: constant
    if pick == 1:
        name = seed.choice(("family", "Given Name", "kind"))
        return f"default({spelled(name)}, {spelled(name)})", lambda row: text_of(row, name)
    (one, left), (two, right) = random_text(seed, depth - 1), random_text(seed, depth - 1)
    if pick == 2:
        return f'{one} + "" + {two}', lambda row: _both(left(row), right(row), lambda a, b: a + b)
    return f"default({one}, {two})", lambda row: left(row) if left(row) is not None else right(row)


def random_number(seed: random.Random, depth: int):
    """An expression that is a number, and what it means; division by zero is null."""
    pick = seed.randrange(4 if depth else 2)
    if pick == 0:
        constant = seed.choice((0, 2, 10))
        return f"{constant}", lambda _: float(constant)
    if pick == 1:
        name = seed.choice(("qty", "price"))
        return f"{name} * 1", lambda row: number_of(row, name)
    (one, left), (two, right) = random_number(seed, depth - 1), random_number(seed, depth - 1)
    if pick == 2:
        return f"default({one}, {two})", lambda row: left(row) if left(row) is not None else right(row)
    sign, work = seed.choice(
        (
            ("+", lambda a, b: a + b),
            ("-", lambda a, b: a - b),
            ("*", lambda a, b: a * b),
            ("/", lambda a, b: None if b == 0 else a / b),
        )
    )
    return f"({one}) {sign} ({two})", lambda row: _both(left(row), right(row), work)


def random_truth(seed: random.Random, depth: int):
    """A condition, and what it means in three values."""
    pick = seed.randrange(6 if depth else 4)
    if pick == 0:
        (one, left), (two, right) = random_number(seed, 1), random_number(seed, 1)
        return f"({one}) < ({two})", lambda row: _both(left(row), right(row), lambda a, b: a < b)
    if pick == 1:
        one, left = random_text(seed, 1)
        return f'({one}) == "An"', lambda row: _both(left(row), "An", lambda a, b: a == b)
    if pick == 2:
        name = seed.choice(COLUMNS)
        return f"missing({spelled(name)})", lambda row: text_of(row, name) is None
    if pick == 3:
        return 'kind in ["person", "x"]', lambda row: _both(
            text_of(row, "kind"), 0, lambda a, _: a in ("person", "x")
        )
    if pick == 4:
        one, left = random_truth(seed, depth - 1)
        return f"not ({one})", lambda row: None if left(row) is None else not left(row)
    (one, left), (two, right) = random_truth(seed, depth - 1), random_truth(seed, depth - 1)
    if seed.random() < 0.5:
        return f"({one}) and ({two})", lambda row: _kleene(left(row), right(row), False)
    return f"({one}) or ({two})", lambda row: _kleene(left(row), right(row), True)


def _kleene(left, right, decides):
    if decides in (left, right):
        return decides
    return None if None in (left, right) else not decides


def _both(left, right, work):
    return None if left is None or right is None else work(left, right)


def as_block(rows: list[Row]) -> pl.DataFrame:
    """The rows as a block of a file: columns named by position."""
    return pl.DataFrame({str(i): [row[name] for row in rows] for i, name in enumerate(COLUMNS)})


PLACEHOLDERS = ("-", "--", "---", "----", "?")


def as_read(text: str | None) -> str | None:
    """What the field type `text` makes of a text."""
    tidy = " ".join((text or "").split(" ")).strip()
    return tidy if tidy and tidy not in PLACEHOLDERS else None


def random_column(seed: random.Random):
    """How a text column is mapped, as the options of `Mapped`, and the value it gives a row (or "bad": set aside)."""
    pick = seed.randrange(4)
    if pick == 0:
        text, meaning = random_text(seed, 3)
        return {"expr": text}, lambda row: as_read(meaning(row))
    if pick == 1:
        listed = seed.sample((("An", "A"), ("person", "P"), ("7", "seven"), ("x", "X")), 2)
        otherwise = seed.choice(("keep", "null", "quarantine"))
        return {"column": "kind", "values": tuple(listed), "otherwise": otherwise}, lambda row: _listed(
            text_of(row, "kind"), dict(listed), otherwise
        )
    if pick == 2:
        names = seed.sample(("family", "Given Name", "kind"), seed.choice((2, 3)))
        return {"column": names[0], "fallbacks": tuple(names[1:])}, lambda row: next(
            (value for name in names if (value := as_read(row[name]))), None
        )
    choices = [(label, *random_truth(seed, 2)) for label in ("one", "two", "three")]
    return {"first": tuple((label, text) for label, text, _ in choices)}, lambda row: _first(choices, row)


def _listed(text, listed, otherwise):
    if text is None or text in listed:
        return listed.get(text)
    return {"keep": as_read(text), "null": None, "quarantine": "bad"}[otherwise]


def _first(choices, row):
    for label, _, meaning in choices:
        met = meaning(row)
        if met is None:
            return None
        if met:
            return label
    return None
