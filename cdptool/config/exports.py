"""
The section of exports.yaml: who leaves, to which destination, under which consent.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from cdptool.config.forms import Into, ListOf, MapOf, Reading, Shape, refused
from cdptool.config.names import BUILT_IN_LISTS, OWN_COLUMNS, WHO
from cdptool.config.reader import Entry, Table
from cdptool.config.scalars import Integer, Known, OneOf, ratio, safe_name, text
from cdptool.destinations.spec import ExportSpec

_EXPORT: Final = Shape(
    "an export",
    ExportSpec,
    {
        "who": Known(WHO),
        "to": Known("destination"),
        "kind": OneOf(("audience", "suppression"), "kind"),
        "columns": ListOf(Known("column")),
        "purpose": text,
        "channel": Known("channel"),
        "value": Known("trait"),
        "max_change": Into(ratio, ("max_change_ratio",)),
        "min_rows": Integer(),
        "one_per": OneOf(("profile", "household"), "unit"),
    },
)


def export(entry: Entry, reading: Reading) -> ExportSpec:
    """One file; for the built-in lists `channel` narrows the list, otherwise it is that of the consent."""
    spec = _EXPORT.named(entry, reading)
    destination = reading.types("destination").get(spec.to)
    if destination == OWN_COLUMNS and spec.columns and isinstance(entry.value, Table):
        place = next(each.key.place for each in entry.value if each.key.text == "columns")
        raise refused(f"destination `{spec.to}` has columns of its own", place, "take `columns` out")
    if destination == "" and not spec.columns:
        raise refused(
            f"an export to `{spec.to}` names no columns", spec.place or entry.key.place, "add `columns:`"
        )
    if spec.one_per == "household":
        _check_households(spec, entry, reading)
    if spec.who in BUILT_IN_LISTS:
        return replace(spec, channel=None, channel_list=spec.channel)
    return spec


def _check_households(spec: ExportSpec, entry: Entry, reading: Reading) -> None:
    """One row per household needs households, and a list of people to leave out must name all of them."""
    place = spec.place or entry.key.place
    if spec.kind == "suppression":
        raise refused("a suppression list names everybody", place, "take `one_per` out")
    known = reading.names.get("column")
    if known is not None and "household_id" not in known:
        hint = "add `households: {when: same(address)}` to merge.yaml"
        raise refused("`one_per: household`, and the project declares no households", place, hint)


EXPORTS_KEYS: Final = {"exports": MapOf(export, safe_name)}
