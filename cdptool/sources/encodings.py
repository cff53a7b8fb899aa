"""
Which encoding bytes that are not UTF-8 are probably in: proposed with its evidence, never assumed.

Each candidate decodes the lines, and its text is judged as a reader would: are these letters that its languages
use, do they stand in words as letters do? A capital after a small letter or a sign inside a word tells that the
bytes mean something else. Of candidates that are as good the first of the tuple is proposed.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, NamedTuple

SAMPLE_LIMIT: Final = 64 << 10  # bytes of lines that are judged
_LEAST = 0.8  # share of the letters that must make sense
_SIGNS: Final = frozenset("–—‘’“”„…€£©®°·«»¿¡º™•×½¼²³§¥\xa0")
_WESTERN: Final = frozenset("àáâãäåæçèéêëìíîïñòóôõöøùúûüýÿßœšžÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÕÖØÙÚÛÜÝŒŠŽ")
_CENTRAL: Final = frozenset("ąćęłńóśźżĄĆĘŁŃÓŚŹŻáčďéěíňřšťúůýžÁČĎÉĚÍŇŘŠŤÚŮÝŽäëöüÄÖÜßőűŐŰăâîșşţĂÂÎŞŢđĐ")
_BASES: Final = "aăâeêioôơuưy"
_TONES: Final = ("", "\u0300", "\u0301", "\u0303", "\u0309", "\u0323")
_VIETNAMESE: Final = frozenset(
    unicodedata.normalize("NFC", letter + tone)
    for base in _BASES
    for letter in (base, base.upper())
    for tone in _TONES
) | {"đ", "Đ"}


@dataclass(frozen=True, slots=True)
class _Candidate:
    """An encoding: its Python name, its languages for people, and which letters they use."""

    name: str
    languages: str
    is_usual: Callable[[str], bool]


def _is_leading(codec: str, first: int, last: int) -> Callable[[str], bool]:
    """Whether a letter is among the frequent ones, which such an encoding keeps under these lead bytes."""

    def is_usual(letter: str) -> bool:
        code = letter.encode(codec, "ignore")
        return len(code) == 2 and first <= code[0] <= last and (code[1] > 0xA0 or codec in ("big5", "cp932"))

    return is_usual


_CANDIDATES: Final = (
    _Candidate("cp1252", "Western European", _WESTERN.__contains__),
    _Candidate("cp1258", "Vietnamese", _VIETNAMESE.__contains__),
    _Candidate("cp1250", "Central European", _CENTRAL.__contains__),
    _Candidate("cp1251", "Cyrillic", lambda letter: "А" <= letter <= "я" or letter in "ёЁ№"),
    _Candidate("cp949", "Korean", _is_leading("cp949", 0xB0, 0xC8)),
    _Candidate("cp932", "Japanese", lambda c: "ぁ" <= c <= "ヿ" or _is_leading("cp932", 0x88, 0x97)(c)),
    _Candidate("gbk", "Chinese", _is_leading("gbk", 0xB0, 0xD7)),
    _Candidate("big5", "traditional Chinese", _is_leading("big5", 0xA4, 0xC6)),
)


@dataclass(frozen=True, slots=True)
class _Judged:
    candidate: _Candidate
    n_good: int
    n_letters: int

    @property
    def score(self) -> float:
        return self.n_good / self.n_letters if self.n_letters else 0.0


def encoding_hint(data: bytes) -> str:
    """
    What to declare for a text that is not UTF-8, with the evidence.

    Args:
        data: Bytes of the file: whole lines, some of them not UTF-8.

    >>> encoding_hint("Trần,Nguyễn".encode("utf-8"))
    "declare the file's `encoding` in the source's dialect, such as cp1252, cp1258 or utf-16"
    >>> encoding_hint("Zoë,François,Müller".encode("cp1252"))
    "probably `encoding: cp1252` (Western European: 3 of 3 letters make sense); declare it in the source's dialect"
    """
    found = guess_encoding(data)
    if found is None:
        return "declare the file's `encoding` in the source's dialect, such as cp1252, cp1258 or utf-16"
    return f"probably `encoding: {found.name}` ({found.evidence}); declare it in the source's dialect"


class GuessedEncoding(NamedTuple):
    """An encoding by its Python name, and what speaks for it."""

    name: str
    evidence: str


def guess_encoding(data: bytes) -> GuessedEncoding | None:
    """
    The encoding in which the lines that are not UTF-8 make the most sense; None where none makes enough.

    >>> guess_encoding("Łukasz,Kraków,Żółty".encode("cp1250"))
    GuessedEncoding(name='cp1250', evidence='Central European: 5 of 5 letters make sense')
    """
    lines = [line for line in data[:SAMPLE_LIMIT].splitlines() if not _is_utf8(line)]
    best = max((_judge(candidate, lines) for candidate in _CANDIDATES), key=lambda judged: judged.score)
    if best.score < _LEAST:
        return None
    evidence = f"{best.candidate.languages}: {best.n_good:,} of {best.n_letters:,} letters make sense"
    return GuessedEncoding(best.candidate.name, evidence)


def wide_encoding(head: bytes) -> str | None:
    """
    UTF-16 without a byte-order mark, known by the NUL bytes beside its ASCII letters.

    >>> wide_encoding("id,name".encode("utf-16-be")), wide_encoding(b"id,name\\n1,a\\0")
    ('utf-16-be', None)
    """
    pairs = len(head) // 2
    high, low = head[0 : 2 * pairs : 2].count(0), head[1 : 2 * pairs : 2].count(0)
    if max(high, low) * 4 <= pairs or min(high, low) * 10 > max(high, low):
        return None
    return "utf-16-be" if high > low else "utf-16-le"


def _judge(candidate: _Candidate, lines: list[bytes]) -> _Judged:
    texts, n_lost = [], 0
    for line in lines:
        try:
            texts.append(line.decode(candidate.name))
        except UnicodeDecodeError:
            n_lost += sum(byte > 127 for byte in line)
    text = unicodedata.normalize("NFC", "\n".join(texts))
    n_good = n_letters = 0
    for before, letter, after in zip(" " + text, text, text[1:] + " ", strict=False):
        if letter.isascii():
            continue
        n_letters += 1
        n_good += _makes_sense(candidate, before, letter, after)
    return _Judged(candidate, n_good, n_letters + n_lost)


def _makes_sense(candidate: _Candidate, before: str, letter: str, after: str) -> bool:
    if letter in _SIGNS:
        return not (before.isalpha() and after.isalpha()) or letter in "’·"
    if not candidate.is_usual(letter):
        return False
    if letter.isupper() and before.islower():
        return False
    if candidate.name == "cp1251":
        return not any(beside.isascii() and beside.isalpha() for beside in (before, after))
    # Three accented letters in a row are rare where an alphabet has mostly plain ones.
    return candidate.name != "cp1252" or not (_is_accented(before) and _is_accented(after))


def _is_accented(letter: str) -> bool:
    return letter.isalpha() and not letter.isascii()


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True
