"""A column as its role is told: what its name says beside what stands in it, and of whom the rows are."""

from __future__ import annotations

from typing import Final, NamedTuple

from cdptool.inspection.sample import Sample
from cdptool.roles.names import Said, part_of_birth
from cdptool.roles.words import PARTS_OF_BIRTH

_VARIOUS: Final = 0.2


class Column(NamedTuple):
    """A column: what its name says and what stands in it; `height` is of the table."""

    name: str
    said: Said
    sample: Sample
    height: int
    subject: frozenset[str] = frozenset()  # words for those whom the rows are of

    @property
    def share_filled(self) -> float:
        return self.sample.n_rows / max(self.height, 1)

    @property
    def is_various(self) -> bool:
        """Whether it holds many different texts: not the few places or colleagues of one house."""
        return self.sample.n_distinct >= _VARIOUS * max(self.sample.n_rows, 1)

    @property
    def is_of_another(self) -> bool:
        """Whether its name says that it is not about the person or firm of the row."""
        said = self.said
        is_for_firms = "contact" in said.roles or "registration" in said.roles[:1]  # `provider id`
        if said.of_staff - self.subject and not (is_for_firms and self.is_various):
            return True
        return said.is_of_something_else or (bool(said.of_place - self.subject) and not self.is_various)


def birth_parts(columns: tuple[Column, ...]) -> tuple[str, ...]:
    """Year, month and day of birth in columns of their own, in this order; none where one is missing."""
    found: dict[str, str] = {}
    for column in columns:
        part = part_of_birth(column.name)
        pattern = r"^(?:18|19|20)\d\d$" if part == "year" else r"^\d{1,2}$"
        if part and part not in found and column.sample.matching(pattern) > 0.9:
            found[part] = column.name
    return tuple(found[part] for part in PARTS_OF_BIRTH) if len(found) == len(PARTS_OF_BIRTH) else ()
