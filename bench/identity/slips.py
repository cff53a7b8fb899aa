"""What goes wrong between a customer's mouth and a file: one small function per kind of error, each on one text."""

from __future__ import annotations

import unicodedata
from random import Random

_NEIGHBOURS = {
    "a": "qsz", "b": "vgn", "c": "xvd", "d": "sfe", "e": "wrd", "f": "dgr", "g": "fht", "h": "gjy", "i": "uok", "j": "hkn",
    "k": "jli", "l": "kop", "m": "nj", "n": "bmh", "o": "ipl", "p": "ol", "q": "wa", "r": "etf", "s": "adw", "t": "ryg",
    "u": "yij", "v": "cbf", "w": "qes", "x": "zcs", "y": "tuh", "z": "xsa",
}  # fmt: skip
_LOOK_ALIKE = (("O", "0"), ("o", "0"), ("l", "1"), ("I", "l"), ("rn", "m"), ("m", "rn"), ("S", "5"), ("B", "8"), ("cl", "d"),
               ("e", "c"), ("h", "b"), ("vv", "w"), ("g", "q"), ("5", "S"), ("0", "O"), ("1", "l"))  # fmt: skip


def fold(text: str) -> str:
    """The text without accents: `Nguyễn Đức` becomes `Nguyen Duc`."""
    plain = unicodedata.normalize("NFD", text.replace("Đ", "D").replace("đ", "d"))
    return "".join(letter for letter in plain if not unicodedata.combining(letter))


def typo(rng: Random, text: str) -> str:
    """One key hit wrongly: doubled, left out, a neighbour's, or two in the wrong order."""
    if len(text) < 3:
        return text
    at = rng.randrange(1, len(text))
    kind = rng.randrange(4)
    if kind == 0:
        return text[:at] + text[at:][:1] + text[at:]
    if kind == 1:
        return text[:at] + text[at + 1 :]
    if kind == 2:
        other = rng.choice(_NEIGHBOURS.get(fold(text[at]).lower(), "e"))
        return text[:at] + other + text[at + 1 :]
    return text[: at - 1] + text[at] + text[at - 1] + text[at + 1 :]


def scanned(rng: Random, text: str) -> str:
    """One shape read as another, as scanners do."""
    found = [pair for pair in _LOOK_ALIKE if pair[0] in text]
    if not found:
        return text
    shape, other = rng.choice(found)
    return text.replace(shape, other, 1)


def digit(rng: Random, text: str) -> str:
    """One digit wrong or two of them swapped; the first is left alone, it tells the plan."""
    places = [at for at, letter in enumerate(text) if letter.isdigit()][1:]
    if len(places) < 2:
        return text
    nth = rng.randrange(len(places) - 1)
    first, second = places[nth], places[nth + 1]
    letters = list(text)
    if rng.random() < 0.5:
        letters[first], letters[second] = letters[second], letters[first]
    else:
        letters[second] = str((int(letters[second]) + rng.randrange(1, 10)) % 10)
    return "".join(letters)


def cut(rng: Random, text: str) -> str:
    """The text as a column too short for it leaves it."""
    return text[: max(3, len(text) - rng.randrange(2, 6))] if len(text) > 6 else text


def cased(rng: Random, text: str) -> str:
    """All capitals or none, as a till prints it."""
    return text.upper() if rng.random() < 0.6 else text.lower()


def spaced(rng: Random, text: str) -> str:
    """A blank too many."""
    return rng.choice((text + " ", " " + text, text.replace(" ", "  ")))


def date(rng: Random, iso: str) -> str:
    """A date written wrongly: day and month swapped, a digit off, or another year nearby."""
    year, month, day = iso.split("-")
    kind = rng.random()
    if kind < 0.4 and int(day) <= 12:
        return f"{year}-{day}-{month}"
    if kind < 0.7:
        return f"{year}-{month}-{min(28, max(1, int(day) + rng.choice((-1, 1, 10, -10)))):02}"
    if kind < 0.85:
        return f"{int(year) + rng.choice((-1, 1, 10, -10))}-{month}-{day}"
    return f"{year}-{int(month) % 12 + 1:02}-{day}"
