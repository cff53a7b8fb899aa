"""
Which changes of a mapping leave accepted rows as they are, so that only quarantined ones need to be read again.

A short list of what people mend, each proven by what it means; every other change may mean anything for every row.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Literal, NamedTuple

Change = Literal["none", "narrow", "wide"]


class _Difference(NamedTuple):
    """A place where two mappings differ: its name, the values, and what they are part of in the older one."""

    name: str
    old: Any
    new: Any
    owner: dict[str, Any]


def mapping_change(old: str, new: str, flawed: set[str | None]) -> Change:
    """
    What a change of the mapping may touch: nothing, only rows that were quarantined, or any row.

    Args:
        old: `mapping_text` under which rows were accepted.
        new: That of today.
        flawed: The columns of which an accepted row has an issue: a text that became null.

    >>> old = '{"columns": [{"column": "d", "required": true, "format": ["%Y"]}]}'
    >>> mapping_change(old, old.replace('"%Y"', '"%Y", "%d.%m.%Y"'), set())
    'narrow'
    >>> mapping_change(old, old.replace('"%Y"', '"%d.%m.%Y", "%Y"'), set())
    'wide'
    """
    if old == new:
        return "none"
    found = _differences("", json.loads(old), json.loads(new), {})
    return "narrow" if all(_is_narrow(one, flawed) for one in found) else "wide"


def _differences(name: str, old: Any, new: Any, owner: dict[str, Any]) -> Iterator[_Difference]:
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted({*old, *new}):
            yield from _differences(key, old.get(key), new.get(key), old)
    elif name in ("columns", "identifiers") and len(old) == len(new):
        for left, right in zip(old, new, strict=True):
            yield from _differences(name, left, right, owner)
    elif old != new:
        yield _Difference(name, old, new, owner)


def _is_narrow(found: _Difference, flawed: set[str | None]) -> bool:
    """
    Whether no accepted row can be read otherwise.

    `required` taken away: an accepted row had the value. A `format` added behind the others: it reads only texts
    that none of them could, which quarantined the row (required) or left an issue. A text added to `values`
    where those not listed were quarantined. With `fallbacks` another column may have stood in, so never there.
    """
    name, old, new, owner = found
    if name == "max_quarantined_ratio":
        return True
    if owner.get("fallbacks"):
        return False
    if name == "required":
        return old is True and new is False
    if name == "format":
        reads_before = bool(old) and new[: len(old)] == old
        column = owner.get("column") or owner.get("name")
        return reads_before and (owner.get("required") is True or column not in flawed)
    if name == "values":
        is_superset = bool(old) and bool(new) and all(pair in new for pair in old)
        return is_superset and len(dict(new)) == len(new) and owner.get("otherwise") == "quarantine"
    return False
