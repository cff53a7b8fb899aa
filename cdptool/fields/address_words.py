"""Words of addresses that are written in short or in full (street, st). All folded."""

from __future__ import annotations

from typing import Final

# By what the US post abbreviates, and a few of Britain and Germany; what may be another word is left out.
_SHORT: Final = (
    "ave=avenue,av aly=alley bldg=building blvd=boulevard cir=circle cres=crescent ct=court dr=drive expy=expressway",
    "fwy=freeway gdns=gardens grv=grove hts=heights hwy=highway ln=lane mt=mount pkwy=parkway pl=place plz=plaza",
    "rd=road sq=square st=street,saint str=strasse ter=terrace trl=trail tpke=turnpike apt=apartment,appt ste=suite",
    "fl=floor rm=room n=north s=south e=east w=west ne=northeast nw=northwest se=southeast sw=southwest",
)
SHORT_WORDS: Final = {
    word: short
    for line in _SHORT
    for short, words in (pair.split("=") for pair in line.split())
    for word in words.split(",")
}
