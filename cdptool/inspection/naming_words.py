"""
What the name of a column says about what is in it, in the words that exports use.

English, Vietnamese and a few other languages, without accents. A name is a hint and never a proof: the texts
must agree (`guess`).
"""

from __future__ import annotations

import re
from typing import Final

from cdptool.fields.folding import fold_text
from cdptool.inspection.column_words import AMOUNTS, BIRTH, BUT, NOT_IDS, PEOPLE, WORDS

# The letters with accents up to ỹ; `à-ỹ` as a range would hold capitals, too, and part SĐT.
_ACCENTED: Final = [chr(code) for code in range(0xC0, 0x1EFA)]
_LOWER: Final = "a-z" + "".join(filter(str.islower, _ACCENTED))
_UPPER: Final = "A-Z" + "".join(filter(str.isupper, _ACCENTED))
_CASE: Final = re.compile(
    rf"(?<=[^\W\d_])(?=\d)|(?<=\d)(?=[^\W\d_])|(?<=[{_LOWER}0-9])(?=[{_UPPER}])|(?<=[{_UPPER}])(?=[{_UPPER}][{_LOWER}])"
)

_ID_ENDS: Final = re.compile(r"(?:^|[a-z])(?:uuid|guid|sku)$|[a-z]{3,}id$")
_TIME_ENDS: Final = re.compile(r"[a-z]{3,}(?:date|datetime|timestamp)$")


def words(name: str) -> str:
    """
    The words of a column's name: split at capitals, signs and digits; folded.

    >>> words("NgàySinh"), words("customerID2"), words("E-mail_address"), words("SĐT")
    ('ngay sinh', 'customer id 2', 'e mail address', 'sdt')
    """
    return fold_text(_CASE.sub(" ", name.replace("_", " ")))


def speaks_of_people(name: str) -> bool:
    """
    Whether a column's name says that its cells are people, though they may read like any words.

    >>> [speaks_of_people(name) for name in ("account_manager", "Customer Name", "bác sĩ", "customer_type", "user_id")]
    [True, True, True, False, False]
    """
    said = words(name).removesuffix(" name")
    return any(said == phrase or said.endswith(f" {phrase}") for phrase in PEOPLE)


def hinted_types(name: str) -> tuple[str, ...]:
    """
    The field types that the name of a column speaks of, in the order in which they are tried.

    >>> hinted_types("Điện thoại"), hinted_types("email_campaign_id"), hinted_types("ip_address")
    (('phone',), ('email', 'identifier'), ())
    """
    spaced = f" {words(name)} "
    found = [
        kind
        for kind, phrases in WORDS
        if any(f" {phrase} " in spaced for phrase in phrases)
        and not any(f" {phrase} " in spaced for phrase in BUT.get(kind, ()))
    ]
    last = spaced.rsplit(None, 1)[-1] if spaced.strip() else ""
    if "money" not in found and last in AMOUNTS:
        found.append("money")
    if "identifier" not in found and _ID_ENDS.search(last) and last not in NOT_IDS:
        found.append("identifier")
    if not {"date", "datetime"} & set(found) and _TIME_ENDS.search(last):
        found.append("datetime")
    return tuple(found)


def says_birth(name: str) -> bool:
    """Whether the name speaks of somebody's birthday."""
    spaced = f" {words(name)} "
    return any(f" {phrase} " in spaced for phrase in BIRTH)
