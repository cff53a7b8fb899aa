"""`cdptool review` at a terminal: a pair, a key, the next pair."""

from __future__ import annotations

import getpass
from typing import TYPE_CHECKING, Final

from cdptool.commands.report import Report
from cdptool.commands.review import answer, answers_go_to, page
from cdptool.console import Voice, ask_key, show
from cdptool.errors import UsageError

if TYPE_CHECKING:
    from cdptool.commands.review import Reviewing

_PROMPT: Final = "same person? y = same, n = different, u = unsure, s = skip, q = quit: "
_KEYS: Final = "ynusq"
SKIP, QUIT = "s", "q"


def judge_pairs(reviewing: Reviewing, who: str | None, voice: Voice) -> Report:
    """Ask for every pair in turn; every answer is kept before the next pair is shown."""
    answers_go_to(reviewing)  # before anybody has thought about a pair
    judge = who or _name_here()
    n_written = n_known = 0
    for place, doubt in enumerate(reviewing.doubts):
        show(Report(verb="review", summary="", grids=(page(reviewing, place),), is_answer=True), voice)
        key = ask_key(_PROMPT, _KEYS)
        if key == QUIT:
            break
        if key == SKIP:
            continue
        is_news = answer(reviewing, doubt, key, judge)
        n_written += is_news
        n_known += not is_news
    counted = f"{n_written} answer{'s' if n_written != 1 else ''} written"
    where = f" to {reviewing.shown_file}; `cdptool merge` heeds them" if n_written else ""
    known = f"; {n_known} judged by somebody else meanwhile" if n_known else ""
    return Report(
        verb="review", summary=f"{counted}{where}{known}", data={"answers": n_written}, is_answer=True
    )


def _name_here() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        raise UsageError("nobody says who answers", hint="add --who NAME") from None
