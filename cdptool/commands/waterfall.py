"""Evidence of a learned pass as people read it: what each field says of two records, in bits, and what comes out."""

from __future__ import annotations

from typing import Any, Final

from cdptool.commands.report import Grid
from cdptool.matching.explaining import Waterfall, Weighed
from cdptool.matching.masking import masked

_MOST: Final = 0.9999
_LEAST_SHOWN: Final = 0.05  # bits


def waterfall_grid(found: Waterfall, title: str, names: tuple[str, str], *, show_values: bool) -> Grid:
    """
    One line per comparison: both values, how alike, bits for (+) or against (-) one person, and the sum so far.

    Bits are told beside strangers; where there are look-alikes, the last column tells them beside the nearest.
    """
    beside = (f"beside {_many(found.nearest)}",) if found.nearest else ()
    columns = ("field", *names, "how alike", "bits", "sum", *beside)
    total = found.prior
    rows: list[tuple[Any, ...]] = [
        (
            "before looking",
            None,
            None,
            f"1 pair in {_whole(2.0**-found.prior)} is one person",
            *_signed(found.prior, total),
            *_alike(found.prior_alike),
        )
    ]
    for line in found.lines:
        total += line.bits
        values = line_values(line, show_values=show_values)
        rows.append((line.field, *values, line.words, *_signed(line.bits, total), *_alike(line.bits_alike)))
    if abs(found.on_scale) >= _LEAST_SHOWN:
        words = "doubtful pairs like this, by what hangs together"
        alike = found.on_scale if found.nearest else None
        rows.append(("the others", None, None, words, *_signed(found.on_scale, found.total), *_alike(alike)))
    rows.append(("together", None, None, None, None, f"{found.total:>+6.1f}", *_alike(found.total_alike)))
    return Grid(title, columns, tuple(rows))


def line_values(line: Weighed, *, show_values: bool) -> tuple[str | None, str | None]:
    """Both values, masked unless asked for."""
    if show_values:
        return line.left, line.right
    return masked(line.kind, line.left), masked(line.kind, line.right)


def verdict(found: Waterfall) -> str:
    """What comes out, in one sentence."""
    others = ", ".join(f"{name} {percent(share)}" for name, share in found.classes[1:] if share >= 0.0005)
    return f"one person with probability {percent(found.probability)}" + (
        f"; else {others}" if others else ""
    )


def waterfall_data(found: Waterfall, *, show_values: bool) -> dict[str, Any]:
    """The same for `--json`."""
    lines = []
    for line in found.lines:
        left, right = line_values(line, show_values=show_values)
        told = {"field": line.field, "left": left, "right": right, "how_alike": line.words}
        lines.append(
            {**told, "bits": _rounded(line.bits), "bits_beside_look_alikes": _rounded(line.bits_alike)}
        )
    return {
        "prior_bits": _rounded(found.prior),
        "prior_bits_beside_look_alikes": _rounded(found.prior_alike),
        "lines": lines,
        "scale_bits": _rounded(found.on_scale),
        "total_bits": _rounded(found.total),
        "look_alikes": found.nearest,
        "total_bits_beside_look_alikes": _rounded(found.total_alike),
        "probability": round(found.probability, 6),
        "classes": {name: round(share, 6) for name, share in found.classes},
    }


def percent(share: float) -> str:
    """
    A probability as people say it; never 0 nor 100.

    >>> percent(0.99999), percent(0.973), percent(0.00001), percent(0.5)
    ('over 99.99 %', '97.3 %', 'under 0.01 %', '50.0 %')
    """
    if share > _MOST:
        return "over 99.99 %"
    if share < 1 - _MOST:
        return "under 0.01 %"
    return f"{100 * share:.2f} %" if share > 0.99 or share < 0.01 else f"{100 * share:.1f} %"


def _many(name: str | None) -> str:
    return {"household": "a household"}.get(name or "", name or "")


def _signed(bits: float, total: float) -> tuple[str, str]:
    return f"{bits:>+6.1f}", f"{total:>+6.1f}"


def _alike(bits: float | None) -> tuple[str, ...]:
    return () if bits is None else (f"{bits:>+6.1f}",)


def _rounded(bits: float | None) -> float | None:
    return None if bits is None else round(bits, 3)


def _whole(number: float) -> str:
    return f"{number:,.0f}"
