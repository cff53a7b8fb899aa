"""
Whole names without what is written around them: degrees, callings and forms of address, wherever a register puts them.

`Dr. Anna M. Smith, MD`, `SMITH, ANNA M MRS` and `Smith, Anna, RN, PhD` are Anna Smith. What is also a family name (Do, Ma)
goes only where a comma parts it from a whole name.
"""

from __future__ import annotations

from typing import Final

import polars as pl

_ALWAYS: Final = (
    "ph ?d|m ?d|d ?d ?s|d ?m ?d|d ?v ?m|m ?b ?b ?s|m ?b ?a|pharm ?d|psy ?d|ed ?d|r ?n|l ?p ?n|l ?v ?n|n ?p|f ?n ?p(?: ?b ?c)?|pa ?c"
    "|crna|aprn|arnp|dnp|cnm|msn|bsn|mph|mha|lcsw|lmft|lpc|dpm|dpt|rph|facp|facs|faap|face|frcs|frcp|mrcp|mrcgp|frcpc|cpa|cfa|esq"
    "|esquire|obe|cbe|mbe|llm|llb|msc|bsc|mphil|dphil|pmp"
)
_AFTER_A_COMMA: Final = "d ?o|d ?c|o ?d|j ?d|p ?e|p ?t|p ?a|m ?a|b ?a|m ?s|b ?s|q ?c|k ?c|ot|otr|slp|ccc ?slp|dr|prof|ret|retd|usn|usaf|usmc|hon|rev"
_ADDRESS: Final = "mr|mrs|ms|miss|mx|dr|prof|rev|fr|sr|sra|srta|hon|sir|dame"
_GENERATION: Final = "jr|sr|ii|iii|iv"


def _dotted(words: str) -> str:
    """The pattern of the words, with a dot, a sign or nothing where they have a blank."""
    return words.replace(" ?", r"\.?[ \-]?").replace("|", r"\.?|") + r"\.?"


_NAME: Final = r"^(\S+ .*?\S|[^,]+, ?[^,]*?\S)"
_DEGREE: Final = (
    rf"(?i){_NAME}(?:, ?(?:{_dotted(_ALWAYS)}|{_dotted(_AFTER_A_COMMA)})| (?:{_dotted(_ALWAYS)}))$"
)
_FORM: Final = rf"(?i)^([^,]+, ?[^,]*?\S) (?:{_dotted(_ADDRESS)})$"
_LAST: Final = rf"(?i)^([^,]*\S),? (?:{_dotted(_GENERATION)}), ?([^,]+)$"
_THIRD: Final = rf"(?i)^([^,]+), ?([^,]+), ?(?:{_dotted(_GENERATION)})$"
_FIRST: Final = r"(?i)^(?:(?:prof|dr)\.? ?)+(?:(?:med|rer|nat|habil|phil|jur|h\.?c|ing|dent|vet|pol|oec|univ|dipl)\b\.? ?-? ?)+(\S+ \S)"
_MOST: Final = 4  # degrees of one person that are looked for
_SOME: Final = r"(?i)[,.]|\b(?:mr|mrs|ms|" + _ALWAYS.replace(" ?", "") + r")$"


def without_titles(names: pl.Series) -> pl.Series:
    """
    Whole names (String) without degrees and forms of address that stand after them.

    >>> names = ["Anna M. Smith, MD, Ph.D.", "SMITH, ANNA M MRS", "Smith Jr., John", "Tran, Do", "Ann Lee RN", "An Do"]
    >>> without_titles(pl.Series(names)).to_list()
    ['Anna M. Smith', 'SMITH, ANNA M', 'Smith, John', 'Tran, Do', 'Ann Lee', 'An Do']
    """
    rows = names.str.contains(_SOME).fill_null(False).arg_true()
    if not len(rows):
        return names
    some = names.gather(rows).str.replace_all(r"\s+", " ").str.strip_chars()
    for _ in range(_MOST):
        some = some.str.replace(_DEGREE, "$1")
    some = some.str.replace(_FORM, "$1").str.replace(_LAST, "$1, $2").str.replace(_THIRD, "$1, $2")
    some = some.str.replace(_FIRST, "$1")
    return names.clone().scatter(rows, some)
