"""
Identity resolution beside Splink 5, GoldenMatch and recordlinkage: how right, how well calibrated, how fast.

Seven public sets and seventeen made ones, each with truth that no engine sees; ours is `cdptool dedupe FILE` without a
word of configuration. The made sets come from `--seed` (a new one each week keeps everybody honest). Peers' figures on
sets that did not change are kept in `bench/identity/data/peers.json` and marked `k`; the clock is never kept.
"""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import accuracy
import ours
import peers
import speed
from accuracy import Goal, Ours
from metrics import Accuracy
from peers import Found
from sets import PUBLIC, TruthSet, public
from worlds import MAKERS, made

SIZES = (100_000, 1_000_000)
LARGE = (5_000_000, 10_000_000)
# recordlinkage holds every vector in memory: it stands beside the smaller sets.
MOST_ROWS = {"recordlinkage": 20_500, "goldenmatch": 60_000}
HEAD = (
    f"{'':34}{'F1':>7}{'P':>7}{'R':>7}{'B3':>7}{'largest':>9}{'false':>7}{'wall s':>8}{'CPU s':>8}{'MB':>7}  "
)


def main() -> int:
    """Run what was asked for, print the table and the verdict."""
    given = _arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    judged: list[Goal] = []
    has_ours = True
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        try:
            ours.dedupe(_tiny(folder), folder)
        except ours.NotThereError:
            has_ours = False
            print("identity: this cdptool has no `dedupe` yet; the peers alone\n")
        for truth in _sets(given.sets, given.seed):
            judged += _set(truth, folder, given, has_ours=has_ours)
        sizes = [*given.sizes, *(LARGE if given.large else ())]
        if has_ours:
            judged += _clock(folder, sizes, given)
    missed = [one for one in judged if not one.is_met]
    for one in missed:
        print(f"missed: {one}")
    figures = f"{len(judged) - len(missed)} of {len(judged)} figures reach their goal"
    print(f"identity: {figures} (goal {len(judged) or 'all'})")
    return 0 if judged and not missed else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--sets",
        nargs="*",
        help="names of sets, `public`, `made`, or nothing after it for none (default: all)",
    )
    parser.add_argument(
        "--rounds", type=int, default=3, help="of ours, of Splink and of the clock (default 3)"
    )
    parser.add_argument(
        "--sizes",
        nargs="*",
        type=int,
        default=list(SIZES),
        help="rows for the clock (default 100000 1000000)",
    )
    parser.add_argument("--large", action="store_true", help="the clock at 5 and 10 million too")
    parser.add_argument(
        "--no-peers", action="store_true", help="ours alone; goals that need a peer are not judged"
    )
    parser.add_argument(
        "--peers", nargs="*", default=["splink", "goldenmatch", "recordlinkage"], help="which of them"
    )
    parser.add_argument("--seed", type=int, default=1, help="of the made sets and customers (default 1)")
    return parser.parse_args()


def _sets(asked: list[str] | None, seed: int) -> Iterator[TruthSet]:
    names = {"public": list(PUBLIC), "made": list(MAKERS)}
    wanted = [
        one for name in (("public", "made") if asked is None else asked) for one in names.get(name, [name])
    ]
    unknown = set(wanted) - {*PUBLIC, *MAKERS}
    if unknown:
        raise SystemExit(
            f"identity: no set named {', '.join(sorted(unknown))}; there are {', '.join((*PUBLIC, *MAKERS))}"
        )
    for name in wanted:
        yield public(name) if name in PUBLIC else made(name, seed)


def _tiny(folder: Path) -> Path:
    path = folder / "tiny.csv"
    path.write_text(
        "first_name,surname,email\nAnna,Lee,anna.lee@gmail.com\nAnna,Lee,anna.lee@gmail.com\nBo,Ek,bo@ek.se\n"
    )
    return path


def _set(truth: TruthSet, folder: Path, given: argparse.Namespace, *, has_ours: bool) -> list[Goal]:
    """Print one set; its goals."""
    n = len(truth.entity)
    sizes = _sizes(truth)
    print(
        f"{truth.name}: {n:,} rows of {len(sizes):,}, {sum(k * (k - 1) // 2 for k in sizes):,} true pairs, largest {max(sizes)}"
    )
    print(HEAD)
    mine = None
    if has_ours:
        try:
            mine = accuracy.ours_on(truth, folder, given.rounds)
            _print_ours(mine)
        except (RuntimeError, OSError) as problem:
            print(f"  ours failed: {str(problem)[-300:]}")
    asked = [] if given.no_peers else [peer for peer in given.peers if n <= MOST_ROWS.get(peer, n)]
    found = {peer: peers.on_set(peer, truth, folder, given.rounds) for peer in asked}
    for peer, one in found.items():
        _print_peer(peer, one, mine)
    print(flush=True)
    if mine is None:
        return [Goal(f"{truth.name} answered", 0, 1)] if has_ours else []
    return accuracy.goals(truth, mine, found)


def _sizes(truth: TruthSet) -> list[int]:
    counts: dict[int, int] = {}
    for one in truth.entity.tolist():
        counts[one] = counts.get(one, 0) + 1
    return list(counts.values())


def _line(name: str, at: Accuracy, used: dict[str, float], more: str = "") -> None:
    figures = f"{at.f1:7.4f}{at.precision:7.3f}{at.recall:7.3f}{at.b3:7.4f}{at.largest:9,}{at.n_false:7,}"
    cost = f"{used['wall']:8.1f}{used['cpu']:8.1f}{used['mb']:7.0f}" if used else " " * 23
    print(f"  {name:<32}{figures}{cost}  {more}".rstrip())


def _print_ours(mine: Ours) -> None:
    more = [] if mine.is_same else ["runs differ"]
    if mine.pair_recall is not None:
        worst = max((abs(one.stated - one.true) for one in mine.bins if one.n >= 100), default=0.0)
        more.append(
            f"candidates hold {mine.pair_recall:.3f}, ceiling F1 {mine.ceiling_f1:.4f} B3 {mine.ceiling_b3:.4f}"
        )
        more.append(f"worst bin {worst:.3f}, {sum(one.is_off for one in mine.bins)} off")
    _line("ours", mine.shipped, mine.used, "; ".join(more))
    if mine.at_95:
        _line("ours, every pair p >= .95", mine.at_95, {})


def _print_peer(peer: str, one: Found, mine: Ours | None) -> None:
    name = f"{peer}{' k' if one.is_kept else ''}"
    if one.problem:
        print(f"  {name:<32} {one.problem}")
        return
    more = []
    if mine:
        more.append(
            f"ours ÷ it: CPU {mine.used['cpu'] / one.used['cpu']:.2f}, MB {mine.used['mb'] / one.used['mb']:.2f}"
        )
    if one.ceiling_f1 is not None:
        more.append(f"best of grid F1 {one.best_f1:.4f} B3 {one.best_b3:.4f}")
        more.append(
            f"candidates hold {one.pair_recall:.3f}, ceiling F1 {one.ceiling_f1:.4f} B3 {one.ceiling_b3:.4f}"
        )
        more.append(f"{one.bins_off} bins off")
    _line(name, one.usual, one.used, "; ".join(more))


def _clock(folder: Path, sizes: list[int], given: argparse.Namespace) -> list[Goal]:
    """Print the clock; its goals."""
    if not sizes:
        return []
    beside = () if given.no_peers else tuple(given.peers)
    sides = []
    print(
        f"{'customers':34}{'rows':>11}{'wall s':>8}{'CPU s':>8}{'net':>8}{'MB':>8}{'it ÷ ours':>11}{'pairs':>12}{'F1':>8}{'B3':>8}"
    )
    for rows in sizes:
        rounds = given.rounds if rows <= max(SIZES) else 1
        found = speed.at_size(folder, rows, rounds, given.seed, beside=beside)
        sides += found
        for one in found:
            if one.found is None:
                print(f"  {one.name:<32}{rows:11,}  {one.problem}")
                continue
            right = f"{one.found.f1:8.4f}{one.found.b3:8.4f}"
            ratio = f"{one.net / found[0].net:11.1f}{f'{one.pairs:,}' if one.pairs else '':>12}"
            print(
                f"  {one.name:<32}{rows:11,}{one.wall:8.1f}{one.cpu:8.1f}{one.net:8.1f}{one.mb:8.0f}{ratio}{right}",
                flush=True,
            )
    wall = speed.csv_from_cold(folder, given.seed, given.rounds)
    print(f"  {'ours, CSV from a cold start':<32}{100_000:11,}{wall:8.1f}\n")
    return [*speed.goals(sides), Goal("wall s of a CSV of 100,000", wall, speed.MOST_WALL_CSV, is_most=True)]


if __name__ == "__main__":
    sys.exit(main())
