"""The section `households` of merge.yaml: what two golden profiles share that live together, and how many may."""

from __future__ import annotations

from typing import Final

from cdptool.config.forms import Into, Reading, Shape, refused
from cdptool.config.passes import parse_condition, pass_branches
from cdptool.config.reader import Value
from cdptool.config.scalars import Integer, text
from cdptool.identity.conditions import Branch
from cdptool.identity.households import is_a_name, with_name_parts
from cdptool.identity.spec import HOUSEHOLD_FIELDS, Households
from cdptool.tables import Column

When = tuple[tuple[tuple[str, ...], ...], tuple[Branch, ...], str]


def when(value: Value, reading: Reading) -> When:
    """An expression over two profiles, whose names have parts: `family_name`, `given_name`."""
    fields = with_name_parts([Column(name, kind) for name, kind in reading.types("field").items()])
    types = {column.name: column.type for column in fields}
    of_profiles = Reading({**reading.names, "field": types}, reading.defaults, reading.path)
    parse_condition(value, reading)
    found = pass_branches("households", value, of_profiles)
    if any(all(is_a_name(name, types) for name in branch) for branch in found.fields):
        hint = "add `same(address)` or `same(phone)` to each alternative: strangers share names"
        raise refused("a name alone makes no household", value.place, hint)
    conditions = found.conditions if any(found.conditions) else ()
    return found.fields, conditions, text(value, reading).strip()


_HOUSEHOLDS: Final = Shape(
    "households",
    Households,
    {"when": Into(when, ("branches", "conditions", "text")), "limit": Integer(least=2)},
)


def households(value: Value, reading: Reading) -> Households:
    """`{when: expression, limit: 12}`; every profile then has the fields `household_id` and `household_size`."""
    for column in HOUSEHOLD_FIELDS:
        if column.name in reading.types("field"):
            problem = f"`households` makes the field `{column.name}`, which is declared already"
            raise refused(problem, value.place, "rename the field of project.yaml")
    return _HOUSEHOLDS(value, reading)
