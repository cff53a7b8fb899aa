"""What merge.yaml declares: keys with limits, ordered passes, never-rules, survivorship, judgements."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field as attribute
from typing import Final, Literal

from cdptool.errors import Place
from cdptool.identity.conditions import Branch
from cdptool.tables import Column

Preference = Literal["latest", "earliest", "most_frequent", "longest", "most_complete", "most_restrictive"]
Judgement = Literal["POSITIVE", "NEGATIVE", "UNSURE"]
Link = Literal["only", "and_dedupe"]  # pairs of two sources only, or of one source too


@dataclass(frozen=True, slots=True)
class Key:
    """A profile field that identifies people, and how far it may be trusted."""

    field: str
    limit: int | None = None  # different values one person may hold; None = many
    shared_by: int | None = None  # a value held by more people than this identifies nobody
    attach_only: bool = False  # carries events to a known person, never joins two known people
    place: Place | None = attribute(default=None, compare=False)
    per: int | None = None  # `limit` counts within any so many seconds; None = ever
    ignore: tuple[str, ...] = ()  # values that identify nobody, or their numbers (`v_…`)


@dataclass(frozen=True, slots=True)
class Pass:
    """
    One step of evidence: branches (joined by or) of fields that must all agree (joined by and).

    A learned pass has no branches but fields to `compare`: pairs join from the probability `at_least` on, and from
    `review` up to there they are for a person to judge. `model` is the text of a pinned one (`matching.exchange`).
    """

    name: str
    branches: tuple[tuple[str, ...], ...]
    text: str
    compare: tuple[str, ...] = ()
    at_least: float = 0.9
    review: float = 0.5
    model: str | None = None
    place: Place | None = attribute(default=None, compare=False)
    conditions: tuple[Branch, ...] = ()  # what each branch asks beside `same`; () = nothing
    link: Link | None = None  # None: as the plan says


@dataclass(frozen=True, slots=True)
class Never:
    """
    What no two records of one person may be: of different values of a field, or (`branches`) a pair like this.

    An expression has no `field`.
    """

    field: str
    text: str
    place: Place | None = attribute(default=None, compare=False)
    branches: tuple[Branch, ...] = ()


@dataclass(frozen=True, slots=True)
class Keep:
    """
    Survivorship of one field: sources by trust first, then the preference among what is left.

    A value older than `valid_for_seconds` does not survive; under `most_frequent` a voice counts half after
    `half_life_seconds`. Both look back from the newest record; a value without a date does not expire and has no voice.
    """

    trust: tuple[str, ...] = ()
    prefer: Preference = "latest"
    valid_for_seconds: int | None = None
    half_life_seconds: int | None = None
    all: bool = False  # beside the survivor the profile has the list of all values, as a key's field has


@dataclass(frozen=True, slots=True)
class Judged:
    """One line of decisions.csv: what a person said of two records, cited as `source:source_key`."""

    left: str
    right: str
    judgement: Judgement
    who: str
    when: str
    why: str
    place: Place | None = attribute(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Households:
    """Which profiles live together: branches of fields that must agree and what each asks besides; at most `limit`."""

    branches: tuple[tuple[str, ...], ...]
    conditions: tuple[Branch, ...]
    text: str
    limit: int = 12
    place: Place | None = attribute(default=None, compare=False)


# What every profile has beside its fields where households are declared.
HOUSEHOLD_FIELDS: Final = (Column("household_id", "identifier"), Column("household_size", "integer"))


@dataclass(frozen=True, slots=True)
class MergePlan:
    """merge.yaml and decisions.csv, read."""

    keys: tuple[Key, ...]
    passes: tuple[Pass, ...]
    never: tuple[Never, ...] = ()
    keep_default: Keep = Keep()
    keep: tuple[tuple[str, Keep], ...] = ()
    ambiguous: Literal["first", "apart"] = "first"  # whom equal evidence joins to two people who are not one
    judgements: tuple[Judged, ...] = ()
    judged_in: Place | None = attribute(default=None, compare=False)  # decisions.csv, whole path
    unique_sources: tuple[str, ...] = ()  # each holds a person once: no two of its records are one
    link: Link = "and_dedupe"  # of the passes that do not say
    households: Households | None = None

    def links_only(self, step: Pass) -> bool:
        """Whether two records of one source are no evidence for a pass."""
        return (step.link or self.link) == "only"

    @property
    def made_fields(self) -> tuple[Column, ...]:
        """The fields that a profile has beside those the project declares."""
        return HOUSEHOLD_FIELDS if self.households is not None else ()

    @property
    def listed(self) -> tuple[str, ...]:
        """The fields of which a profile has the list of all values: the keys, then what `keep` says."""
        keys = tuple(key.field for key in self.keys)
        return (*keys, *(name for name, keep in self.keep if keep.all and name not in keys))
