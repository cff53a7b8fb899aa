"""
How Vietnamese numbers were renumbered: 11-digit mobiles in 2018, most area codes in 2017.

Only rewrites that cannot be misread are here: an old form that is a valid number of somebody else today
(17 area codes, Hồ Chí Minh City's `08` among them) is never touched.
"""

from __future__ import annotations

import re
from typing import Final

# Old network code (after 0) -> new; the last seven digits stay. 15 September 2018 to 30 June 2019.
MOBILE_CODES: Final = {
    "120": "70",
    "121": "79",
    "122": "77",
    "126": "76",
    "128": "78",  # MobiFone
    "123": "83",
    "124": "84",
    "125": "85",
    "127": "81",
    "129": "82",  # VinaPhone
    "162": "32",
    "163": "33",
    "164": "34",
    "165": "35",
    "166": "36",  # Viettel
    "167": "37",
    "168": "38",
    "169": "39",
    "186": "56",
    "188": "58",  # Vietnamobile
    "199": "59",  # Gmobile
}
# Old area code (after 0) -> new, where the old form is no valid number today. Decision 2036/QĐ-BTTTT, 2017.
AREA_CODES: Final = {
    "22": "212",
    "231": "213",
    "20": "214",
    "230": "215",
    "29": "216",
    "53": "233",
    "54": "234",
    "510": "235",
    "511": "236",
    "240": "204",
    "25": "205",
    "26": "206",
    "27": "207",
    "280": "208",
    "281": "209",
    "320": "220",
    "321": "221",
    "241": "222",
    "351": "226",
    "350": "228",
    "780": "290",
    "781": "291",
    "710": "292",
    "711": "293",
    "74": "294",
    "4": "24",
    "61": "251",
    "62": "252",
    "64": "254",
    "55": "255",
    "57": "257",
    "68": "259",
    "60": "260",
    "501": "261",
    "500": "262",
    "63": "263",
    "651": "271",
    "72": "272",
    "73": "273",
    "650": "274",
    "75": "275",
    "66": "276",
}
_MOBILE: Final = re.compile(r"(1[2689]\d)(\d{7})")


def renumbered(national: str) -> str | None:
    """
    Today's form of an old Vietnamese number (digits after +84 or 0), or None where it is not an old one.

    Whether the result is a number today is for the caller to check.

    >>> renumbered("1687654321"), renumbered("438245678"), renumbered("838245678")
    ('387654321', '2438245678', None)
    """
    mobile = _MOBILE.fullmatch(national)
    if mobile and mobile[1] in MOBILE_CODES:
        return MOBILE_CODES[mobile[1]] + mobile[2]
    for width in (3, 2, 1):
        code, rest = national[:width], national[width:]
        if code in AREA_CODES and len(rest) in (7, 8):
            return AREA_CODES[code] + rest
    return None
