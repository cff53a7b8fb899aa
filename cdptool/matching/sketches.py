"""
A text as 64 bits, so that most unlike pairs are told apart without reading a string.

The bits say which letters a text holds and how often (up to a few times). One slip of the pen changes at most two of
them, so two sketches that differ in many bits are of two texts with many slips between them. What may be near still
has to be read; what may not, never is: the screens here let through every pair that the judge of the same kind would
give a level, and few others.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from cdptool.matching.nicknames import GROUPS_OF
from cdptool.matching.values import Rows, Values

Bits = NDArray[np.uint64]
Screen = Callable[[Values, Rows, Rows], Rows]
_AT_ONCE: Final = 8_192  # texts, whose letters are in the cache at a time
# Letters of a text. Without the rest one slip still changes two bits at most: it moves one letter over the end.
_READ: Final = 64
_NO_LETTER: Final = "\0"
_DIGITS_AMONG_LETTERS: Final = (0, 27, 28, 29, 30, 31, 22, 17, 24, 26)  # the last with v, q, x and z
_LETTER: Final = np.arange(128, dtype=np.int64) & 31
_LETTER[48:58] = _DIGITS_AMONG_LETTERS
_YEAR: Final = np.uint64(0x00000000FFFFFFFF)
_DAY: Final = np.uint64(0xFFFFFFFF00000000)
_LAST_BIT_OF_BYTES: Final = np.uint64(0x0101010101010101)


class Sketches(NamedTuple):
    """Per text its letters (64 bits) and its length in characters."""

    bits: Bits
    lengths: NDArray[np.int32]

    def unlike(self, left: Rows, right: Rows) -> NDArray[np.uint8]:
        """In how many bits the sketches differ: at most twice the slips between the texts."""
        return np.asarray(np.bitwise_count(np.take(self.bits, left) ^ np.take(self.bits, right)))


def sketched(texts: pl.Series, letters: int = 32) -> Sketches:
    """
    Sketch texts.

    Args:
        texts: String, no nulls.
        letters: How many letters are told apart; each is counted up to 64 / `letters` times.

    >>> found = sketched(pl.Series(["smith", "smyth", "wagner"]))
    >>> found.unlike(np.array([0, 0]), np.array([1, 2])).tolist()
    [2, 11]
    """
    lengths = texts.str.len_chars().to_numpy().astype(np.int32)
    bits = np.empty(len(texts), dtype=np.uint64)
    for start in range(0, len(texts), _AT_ONCE):
        width = max(int(lengths[start : start + _AT_ONCE].max()), 1)
        some = texts.slice(start, _AT_ONCE)
        bits[start : start + _AT_ONCE] = _bits(
            some if width <= _READ else some.str.head(_READ), min(width, _READ), letters
        )
    return Sketches(bits, lengths)


def _bits(texts: pl.Series, width: int, letters: int) -> Bits:
    """Place by place of all texts at once: a letter sets its bit of the first times that it is not yet set in."""
    joined = str(texts.str.pad_end(width, _NO_LETTER).str.join("").item())
    kind, code = ("ascii", np.uint8) if joined.isascii() else ("utf-32-le", np.uint32)
    places = np.frombuffer(joined.encode(kind), dtype=code).reshape(len(texts), width).T
    bit = np.dtype(f"u{letters // 8}")
    of_letter = np.left_shift(1, _LETTER & (letters - 1)).astype(bit)
    of_letter[ord(_NO_LETTER)] = 0
    times = np.zeros((64 // letters, len(texts)), dtype=bit)
    for held in np.take(of_letter, places & code(127)):  # type: ignore[operator]  # whole numbers
        for before, after in zip(times[-2::-1], times[:0:-1], strict=True):
            after |= before & held
        times[0] |= held
    return np.ascontiguousarray(times.T).view(np.uint64).ravel()


def _of_texts(values: Values) -> Sketches:
    return sketched(values.texts)


def _of_numbers(values: Values) -> Sketches:
    return sketched(values.texts, letters=16)


def without_spaces(values: Values) -> pl.Series:
    """The values without their spaces."""
    return values.texts.str.replace_all(" ", "", literal=True)


def _of_letters_only(values: Values) -> Sketches:
    return sketched(values.worked_out(without_spaces))


def local_parts(values: Values) -> pl.Series:
    """What stands before the @ of every value."""
    text = pl.col("text")
    until = text.str.find("@", literal=True).fill_null(text.str.len_bytes())
    return values.texts.alias("text").to_frame().select(text.str.head(until)).to_series()


def _without_one_at(values: Values) -> NDArray[np.bool_]:
    return np.asarray(values.texts.str.count_matches("@", literal=True).to_numpy() != 1)


def _of_local_parts(values: Values) -> Sketches:
    return sketched(values.worked_out(local_parts))


def _tails(values: Values) -> Bits:
    return values.texts.str.tail(7).hash().to_numpy()


def _heads(values: Values) -> Bits:
    return values.texts.str.head(3).hash().to_numpy()


def _is_long(values: Values) -> NDArray[np.bool_]:
    return values.texts.str.len_bytes().to_numpy() >= 5


def _beginnings(values: Values) -> Bits:
    """The first four characters, sixteen bits each."""
    found = np.zeros(len(values.texts), dtype=np.uint64)
    for place in range(4):
        letter = values.texts.str.slice(place, 1)
        found |= (letter.hash().to_numpy() & np.uint64(0xFFFF)) << np.uint64(16 * place)
    return found


def _words(values: Values) -> Bits:
    """Per value one bit for each of its words; two values with a word in common have a bit in common."""
    return words_as_bits(values.texts)


def words_as_bits(texts: pl.Series) -> Bits:
    """One of 64 bits for each word of a text."""
    if not len(texts):
        return np.zeros(0, dtype=np.uint64)
    listed = texts.str.split(" ")
    starts = np.append(0, np.cumsum(listed.list.len().to_numpy().astype(np.int64))[:-1])
    hashes = listed.explode().hash().to_numpy()
    return np.asarray(np.bitwise_or.reduceat(np.uint64(1) << (hashes & np.uint64(63)), starts))


def short_forms(values: Values) -> Bits:
    """Per value one bit for each name that it is, or is short for; two forms of one name have a bit in common."""
    bits = np.zeros(len(values.texts), dtype=np.uint64)
    known = values.texts.is_in(list(GROUPS_OF)).arg_true().to_numpy()
    for place, text in zip(known, values.of(known), strict=True):
        for group in GROUPS_OF[text]:
            bits[place] |= np.uint64(1) << np.uint64(group % 64)
    return bits


def _several_words(values: Values) -> NDArray[np.bool_]:
    return values.texts.str.contains(" ", literal=True).to_numpy()


def in_common(bits: Bits, left: Rows, right: Rows) -> NDArray[np.bool_]:
    """Whether the two values of a pair have a bit in common."""
    return np.asarray((np.take(bits, left) & np.take(bits, right)) != 0)


def near_names(values: Values, left: Rows, right: Rows) -> Rows:
    """
    Enough letters in common for Jaro and Winkler's 0.8, or a word in common, an initial, or a short form.

    Of two texts with c letters in common Jaro's likeness is at most (c / one length + c / the other + 1) / 3, and of
    what is missing to 1, Winkler takes off a tenth for each of the first four letters that are equal.
    """
    letters = values.worked_out(_of_texts)
    mine, other = np.take(letters.lengths, left), np.take(letters.lengths, right)
    together = mine + other
    common = (together - letters.unlike(left, right)) * 0.5
    missing = 2 - common * together / (mine * other)  # three times what is missing to 1
    may_be = in_common(values.worked_out(short_forms), left, right)
    rows = np.flatnonzero((missing <= 1.001) | (np.minimum(mine, other) <= 3))
    beginnings = values.worked_out(_beginnings)
    apart = np.take(beginnings, left[rows]) ^ np.take(beginnings, right[rows])
    equal = sum((apart << np.uint64(64 - 16 * n) == 0).astype(np.uint8) for n in (1, 2, 3, 4))
    is_short = np.minimum(mine[rows], other[rows]) <= 3
    may_be[rows[(missing[rows] * (1 - 0.1 * equal) <= 0.601) | (is_short & (equal > 0))]] = True
    return np.flatnonzero(may_be | share_a_word(values, left, right))


def share_a_word(values: Values, left: Rows, right: Rows) -> NDArray[np.bool_]:
    """Whether two texts, of which one is of several words, may have a word in common."""
    several = values.worked_out(_several_words)
    found = np.zeros(len(left), dtype=bool)
    if several.any():
        spaced = np.flatnonzero(np.take(several, left) | np.take(several, right))
        found[spaced] = in_common(values.worked_out(_words), left[spaced], right[spaced])
    return found


def near_dates(values: Values, left: Rows, right: Rows) -> Rows:
    """The same year, or the same day of the year, or at most two digits apart."""
    digits = values.worked_out(date_digits).view(np.uint64).ravel()
    apart = np.take(digits, left) ^ np.take(digits, right)
    wrong = apart | apart >> np.uint64(4)
    wrong |= wrong >> np.uint64(2)
    wrong |= wrong >> np.uint64(1)
    few = np.bitwise_count(wrong & _LAST_BIT_OF_BYTES) <= 2
    return np.flatnonzero(few | (apart & _YEAR == 0) | (apart & _DAY == 0))


def date_digits(values: Values) -> NDArray[np.uint8]:
    """Dates written YYYYMMDD as a matrix of eight bytes; shorter ones are filled with zeros."""
    padded = values.texts.str.slice(0, 8).str.pad_end(8, "0").fill_null("00000000")
    plain = padded.str.replace_all(r"[^\x20-\x7e]", "?")
    return np.frombuffer("".join(plain.to_list()).encode("ascii"), dtype=np.uint8).reshape(-1, 8)


def near_numbers(values: Values, left: Rows, right: Rows) -> Rows:
    """At most two slips, or the same end."""
    few = values.worked_out(_of_numbers).unlike(left, right) <= 4
    tails = values.worked_out(_tails)
    rows = np.flatnonzero(few | (np.take(tails, left) == np.take(tails, right)))
    is_long = values.worked_out(_is_long)
    return rows[np.take(is_long, left[rows]) & np.take(is_long, right[rows])]


def near_postcodes(values: Values, left: Rows, right: Rows) -> Rows:
    """At most one slip, or the same beginning."""
    few = values.worked_out(_of_texts).unlike(left, right) <= 2
    heads = values.worked_out(_heads)
    return np.flatnonzero(few | (np.take(heads, left) == np.take(heads, right)))


def near_emails(values: Values, left: Rows, right: Rows) -> Rows:
    """
    At most two slips before the @, or in the whole where one has not one @.

    Where both have one, and two slips moved it, what stands before it in one text begins what stands there in the other.
    """
    local = values.worked_out(_of_local_parts).bits
    mine, other = np.take(local, left), np.take(local, right)
    shared = mine & other
    few = (np.bitwise_count(mine ^ other) <= 4) | (shared == mine) | (shared == other)
    is_odd = values.worked_out(_without_one_at)
    if is_odd.any():
        rows = np.flatnonzero(~few & (np.take(is_odd, left) | np.take(is_odd, right)))
        few[rows] = values.worked_out(_of_texts).unlike(left[rows], right[rows]) <= 4
    return np.flatnonzero(few)


def hashed_stems(values: Values) -> Bits:
    """What stands before the first dot of every value, as a hash."""
    return values.texts.str.replace(r"\..*$", "").hash().to_numpy()


def near_websites(values: Values, left: Rows, right: Rows) -> Rows:
    """At most two slips, or the same before the first dot."""
    few = values.worked_out(_of_texts).unlike(left, right) <= 4
    stems = values.worked_out(hashed_stems)
    return np.flatnonzero(few | (np.take(stems, left) == np.take(stems, right)))


def may_be_spelt_alike(values: Values, left: Rows, right: Rows) -> NDArray[np.bool_]:
    """Pairs that may have three quarters of their letters in common, in the same order."""
    letters = values.worked_out(_of_letters_only)
    together = np.take(letters.lengths, left) + np.take(letters.lengths, right)
    return np.asarray(letters.unlike(left, right) <= 0.25 * together)


def near_words(values: Values, left: Rows, right: Rows) -> Rows:
    """A word in common, or three quarters of the letters."""
    alike = may_be_spelt_alike(values, left, right)
    return np.flatnonzero(alike | in_common(values.worked_out(_words), left, right))
