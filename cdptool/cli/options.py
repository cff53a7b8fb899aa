"""
Every option stands here once; a verb names those it takes.

An option that two verbs share means the same in both.
"""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import typer


def _option(kind: Any, default: Any, *names: str, text: str, **more: Any) -> tuple[Any, Any]:
    return Annotated[kind, typer.Option(*names, help=text, **more)], default


def _argument(kind: Any, text: str, default: Any = inspect.Parameter.empty) -> tuple[Any, Any]:
    return Annotated[kind, typer.Argument(help=text)], default


# Name → its annotation and default. Arguments of a verb come before its options.
OPTIONS: Final[dict[str, tuple[Any, Any]]] = {
    "sources": _argument(list[str] | None, "Only these sources [default: all].", None),
    "tests": _argument(
        list[str] | None, "Only tests of this name, file or rule, or a part of it [default: all].", None
    ),
    "exports": _argument(list[str] | None, "Only these exports [default: all].", None),
    "files": _argument(list[Path], "Exports to look at, or folders of them."),
    "table_file": _argument(Path, "A CSV, Parquet, JSON or Excel file of people or firms."),
    "at_least": _option(
        float, 0.9, "--at-least", min=0.5, max=0.9999, text="The probability from which two rows are one."
    ),
    "left": _argument(str, "A record, as source:source_key."),
    "right": _argument(str, "Another record."),
    "profile": _argument(str | None, "A profile id of today or of any time before [default: all].", None),
    "segment": _argument(str, "A segment or trait of rules.yaml."),
    "segments": _argument(list[str] | None, "Only these segments [default: all].", None),
    "condition": _argument(str, "A segment, or a condition in the rule language."),
    "holder": _argument(str, "A profile id, or one of its records as source:source_key."),
    "step": _argument(str | None, "Only this learned pass [default: all].", None),
    "model_file": _option(
        Path | None, None, "--export", metavar="PATH", text="Write the model of the pass to a file."
    ),
    "beside": _option(
        Path | None, None, "--beside", metavar="PATH", text="Compare with a model that was exported."
    ),
    "project": _option(
        Path, Path(), "--project", "-C", text="The folder with project.yaml (or its configs/)."
    ),
    "as_of": _option(
        str | None,
        None,
        "--as-of",
        metavar="TIME",
        text="The moment the answer is for [default: how far all live feeds are complete].",
    ),
    "known_at": _option(
        str | None,
        None,
        "--known-at",
        metavar="TIME",
        text="Answer from what was in the workspace at this time, or in this snapshot; later rows are not seen.",
    ),
    "known_before": _option(
        str | None,
        None,
        "--known-at",
        metavar="TIME",
        text="Compare with the answer from what was in the workspace at this time, or in this snapshot.",
    ),
    "since": _option(str | None, None, "--since", metavar="TIME", text="Compare with this earlier moment."),
    "against": _option(
        Path | None, None, "--against", metavar="PATH", text="Compare with the rules of this folder or file."
    ),
    "changes_to": _option(
        Path | None, None, "--to", metavar="FILE", text="Also write who changed, as .csv or .parquet."
    ),
    "library": _argument(str | None, "Only this library, with all of it [default: all].", None),
    "traits": _argument(list[str], "Traits that are numbers or amounts."),
    "parts": _option(int, 5, "--parts", min=2, max=100, text="Into how many parts."),
    "bought": _argument(
        str, "What is bought: a column of a stream, such as order.sku or order.sku.category."
    ),
    "only_rows": _option(
        str | None, None, "--where", metavar="CONDITION", text="Only rows that meet this condition."
    ),
    "table_to": _option(
        Path | None, None, "--to", metavar="FILE", text="Also write the table, as .csv or .parquet."
    ),
    "months": _option(int, 12, "--months", min=1, max=240, text="How many months to look back."),
    "into": _option(
        Path, Path("configs"), "--into", metavar="FOLDER", text="The folder to write the project into."
    ),
    "tz": _option(
        str | None,
        None,
        "--tz",
        metavar="ZONE",
        text="The zone of times without one [default: from the files, else UTC].",
    ),
    "region": _option(
        str | None,
        None,
        "--region",
        metavar="CODE",
        text="The country of national phone numbers, such as VN.",
    ),
    "currency": _option(
        str | None,
        None,
        "--currency",
        metavar="CODE",
        text="The currency of amounts that name none, such as VND.",
    ),
    "name": _option(
        str | None, None, "--name", text="The name of the project [default: that of the folder]."
    ),
    "force": _option(bool, False, "--force", text="Overwrite project files that are there."),
    "keep": _option(int, 10, "--keep", min=1, text="How many snapshots to keep."),
    "days": _option(
        int, 0, "--days", min=0, text="Keep what --known-at needs for so many days, however many they are."
    ),
    "show_values": _option(bool, False, "--show-values", text="Print personal values unmasked."),
    "who": _option(
        str | None, None, "--who", metavar="NAME", text="Who answers [default: your name on this machine]."
    ),
    "rows": _option(
        tuple[int, int] | None,
        None,
        "--explain",
        metavar="ROW ROW",
        text="Only say why these two rows are one, or not.",
    ),
    "with_report": _option(bool, False, "--report", text="Also show figures, weights and risks."),
    "rule": _option(str | None, None, "--rule", text="Only rows with this fault, such as `fields`."),
    "file": _option(str | None, None, "--file", text="Only rows of this file."),
    "limit": _option(int, 20, "--limit", min=1, text="How many to show."),
    "issues": _option(bool, False, "--issues", text="Also count the values that were set to null."),
    "export": _option(
        Path | None,
        None,
        "--export",
        metavar="PATH",
        text="Write the rows of one source to a new CSV file, to mend them.",
    ),
    "mended": _option(
        Path | None,
        None,
        "--from",
        metavar="PATH",
        text="Take the rows of this file, written by `show --export` and mended.",
    ),
    "dry_run": _option(bool, False, "--dry-run", text="Say what would change; write nothing."),
    "allow_change": _option(
        bool, False, "--allow-change", text="Let a segment pass whose size changed suddenly, this once."
    ),
    "unknown": _option(
        Literal["exclude", "include", "fail"],
        "exclude",
        "--unknown",
        text="Of whom it is not known: left out, counted as members, or a reason to stop with exit 1.",
    ),
    "unknown_members": _option(
        Literal["exclude", "include", "fail"] | None,
        None,
        "--unknown",
        text="Of whom it is not known: left out, members, or a reason to stop [default: as `segment` did].",
    ),
    "refit": _option(
        bool, False, "--refit", text="Learn the weights of learned passes again from the records of now."
    ),
    "suggest": _option(
        bool,
        False,
        "--suggest",
        text="Only propose values that identify nobody (placeholders, shared phones).",
    ),
    "junit": _option(
        Path | None,
        None,
        "--junit",
        metavar="PATH",
        text="Also write the results as JUnit XML, for CI systems.",
    ),
    "everything": _option(
        bool, False, "--all", text="Check all data again, not only what came since the last check."
    ),
    "strict": _option(bool, False, "--strict", text="Exit 1 on a warning, too."),
    "strict_needs": _option(bool, False, "--strict", text="Exit 1 where something cannot run."),
    "clock": _option(
        str | None, None, "--as-of", metavar="TIME", text="The moment feeds are judged at [default: now]."
    ),
    "wait": _option(
        float, 0.0, "--wait", metavar="SECONDS", min=0, text="How long to wait while another run writes."
    ),
    "buckets": _option(int, 1, "--buckets", min=1, text="Work in this many hash buckets, to bound memory."),
    "workspace": _option(Path | None, None, "--workspace", text="Use this workspace folder."),
    "out": _option(Path | None, None, "--out", text="Write files into this folder."),
    "as_json": _option(bool, False, "--json", text="Print one JSON object on stdout."),
    "quiet": _option(bool, False, "--quiet", "-q", text="Print errors only."),
    "verbose": _option(bool, False, "--verbose", "-v", text="Also print steps and timings."),
    "debug": _option(bool, False, "--debug", text="Show the traceback of an error."),
}
SETTINGS: Final = ("project", "wait", "buckets", "workspace", "out", "as_of", "known_at")
VOICE: Final = ("as_json", "quiet", "verbose")
READS: Final = ("project", "workspace", "as_json", "quiet", "debug")
WRITES: Final = ("wait", "workspace", "as_json", "quiet", "verbose", "debug")
