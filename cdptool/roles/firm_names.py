"""
Names of firms as they are compared: a legal form in one way, short words in full, letters with dots between them as one word.

`L.L.C.`, `llc` and `limited liability company` are one word, `St.` is Saint and `Ctr` a Centre. So that two names are the
same where only their writers differ; sounder than to let each pair of words be nearly alike.
"""

from __future__ import annotations

from typing import Final

import polars as pl

_FORMS: Final = (
    ("limited liability company", "llc"), ("limited liability partnership", "llp"), ("public limited company", "plc"),
    ("gesellschaft mit beschrankter haftung", "gmbh"), ("ges m b h", "gmbh"), ("aktiengesellschaft", "ag"),
    ("societe a responsabilite limitee", "sarl"), ("societe par actions simplifiee", "sas"), ("societe anonyme", "sa"),
    ("sociedad anonima", "sa"), ("sociedad limitada", "sl"), ("sociedade anonima", "sa"), ("societa per azioni", "spa"),
    ("societa a responsabilita limitata", "srl"), ("besloten vennootschap", "bv"), ("naamloze vennootschap", "nv"),
    ("sp z o o", "spzoo"), ("sp zoo", "spzoo"), ("cong ty tnhh", "tnhh"), ("cong ty co phan", "ctcp"), ("cty cp", "ctcp"),
    ("cty tnhh", "tnhh"), ("trach nhiem huu han", "tnhh"), ("pty limited", "pty ltd"), ("private limited", "pvt ltd"),
)  # fmt: skip
_WORDS: Final = {
    "limited": "ltd", "incorporated": "inc", "corporation": "corp", "company": "co", "compagnie": "co", "cie": "co",
    "cia": "co", "limitada": "ltda", "private": "pvt", "proprietary": "pty", "intl": "international", "int": "international",
    "natl": "national", "mfg": "manufacturing", "mfr": "manufacturing", "svc": "services", "svcs": "services",
    "serv": "services", "service": "services", "grp": "group", "tech": "technologies", "technology": "technologies",
    "assoc": "association", "assn": "association", "assocs": "associates", "bros": "brothers", "dept": "department",
    "univ": "university", "inst": "institute", "hosp": "hospital", "ctr": "center", "centre": "center", "cntr": "center",
    "med": "medical", "clin": "clinic", "sch": "school", "elem": "elementary", "acad": "academy", "mgmt": "management",
    "mgt": "management", "dist": "distribution", "ent": "enterprises", "enterprise": "enterprises", "ind": "industries",
    "inds": "industries", "eng": "engineering", "engr": "engineering", "const": "construction", "constr": "construction",
    "dev": "development", "bldg": "building", "govt": "government", "comm": "community", "fdn": "foundation",
    "found": "foundation", "ministries": "ministry", "rest": "restaurant", "ristorante": "restaurant", "mkt": "market",
    "pharm": "pharmacy", "labs": "laboratories", "lab": "laboratories", "sys": "systems", "sol": "solutions",
    "prod": "products", "prods": "products", "st": "saint", "ste": "sainte", "mt": "mount", "ft": "fort",
}  # fmt: skip
_FORM: Final = (
    "ltd|llc|llp|plc|inc|corp|co|gmbh|ag|kg|ug|ohg|kgaa|sa|sas|sarl|eurl|sci|snc|srl|spa|bv|nv|sl|slu|ltda|eireli|pty|pvt"
    "|oy|oyj|ab|aps|kft|spzoo|tnhh|ctcp|kk|lp|pc|pllc|pte|bhd|sdn"
)
_SAYS_NOTHING: Final = ("the", "and", "und")
_PHRASES: Final = {f" {phrase} ": f" {short} " for phrase, short in _FORMS}


def firm_texts(texts: pl.Series) -> pl.Series:
    """
    Names of firms (String, squeezed) with their short words in full, without their legal form at the end.

    >>> names = ["st mary s med ctr l l c", "the acme incorporated", "jones a g", "a b c cabs", "co", None]
    >>> firm_texts(pl.Series(names)).to_list()
    ['saint marys medical center', 'acme', 'jones', 'abc cabs', 'co', None]
    """
    name = pl.col("name")
    letters = name.str.replace_all(r"\b(\pL)\b", "<$1>").str.replace_all("> <", "", literal=True)
    whole = letters.str.replace_all(" <s>", "s", literal=True).str.replace_all("[<>]", "")
    written = (" " + whole + " ").str.replace_many(_PHRASES).str.strip_chars()
    words = written.str.split(" ").list.eval(pl.element().replace(_WORDS))
    told = words.list.eval(pl.element().filter(~pl.element().is_in(_SAYS_NOTHING))).list.join(" ")
    plain = texts.alias("name").to_frame().select(told).to_series()
    bare = plain.str.replace(rf"^(.*?\S)(?: (?:{_FORM}))+$", "$1")
    return bare.zip_with((bare != "").fill_null(False), texts)
