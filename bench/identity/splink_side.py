"""
Splink 5 on DuckDB as its tutorials use it; runs in the peers' environment.

The practice of its examples, column by column: a tidied table (small letters, no accents, digits of phones, ISO dates),
its ready-made comparisons by what a column holds, u from random pairs, the share of matches from a few strict rules,
EM under two blocking rules, clusters as connected components. Examples that exist for a set give the blocking rules.
"""

from __future__ import annotations

import contextlib
import warnings

import duckdb
import splink.comparison_level_library as cll
import splink.comparison_library as cl
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

Rule = tuple[str, ...]
PEOPLE: tuple[Rule, ...] = (
    ("given", "family"), ("family", "born"), ("given", "born"), ("email",), ("phone",), ("code",), ("given", "postcode"),
    ("family", "postcode"), ("name",), ("substr(name,1,4)", "born"), ("name", "city"), ("born", "postcode"),
    ("substr(given,1,3)", "substr(family,1,4)"), ("street",),
)  # fmt: skip
FIRMS: tuple[Rule, ...] = (
    ("firm",), ("phone",), ("street",), ("code",), ("substr(firm,1,6)", "city"), ("substr(firm,1,6)", "postcode"),
    ("substr(firm,1,4)", "substr(street,1,4)"),
)  # fmt: skip
# At a million rows a block on names and a city is quadratic (tried: it doubled Splink's pairs, 3.6 GB); these are not.
LARGE: tuple[Rule, ...] = (
    ("email",), ("phone",), ("family", "born"), ("given", "born"), ("given", "family", "postcode"), ("given", "street"),
    ("family", "street", "city"),
)  # fmt: skip
EXAMPLES: dict[str, tuple[Rule, ...]] = {
    "febrl3": (("code",), ("given",), ("family",), ("born",), ("postcode",)),
    "febrl4": (("given", "family"), ("code",), ("born",), ("given", "postcode"), ("family", "postcode")),
    "fake_1000": (("given",), ("family",), ("email",), ("born",)),
    "historical_50k": (
        ("substr(given,1,3)", "substr(family,1,4)"), ("family", "born"), ("given", "born"), ("postcode", "given"),
        ("postcode", "family"), ("born", "city"), ("substr(postcode,1,3)", "born"), ("substr(postcode,1,3)", "given"),
        ("substr(postcode,1,3)", "family"), ("substr(given,1,2)", "substr(family,1,2)", "substr(born,1,4)"),
    ),
    "rldata10000": (
        ("given", "family"), ("given", "year"), ("family", "year"), ("year", "month", "day"), ("given", "month", "day"),
        ("family", "month", "day"),
    ),
}  # fmt: skip
TOGETHER = "historical_50k"  # whose example compares the two names as one
_TEXT = """nullif(trim(regexp_replace(replace(lower(strip_accents({c})), 'đ', 'd'), '\\s+', ' ', 'g')), '')"""
_DIGITS = "regexp_replace({c}, '[^0-9]', '', 'g')"
_DATE = """CASE WHEN regexp_full_match({c}, '[0-9]{{2}}/[0-9]{{2}}/[0-9]{{4}}')
    THEN right({c}, 4) || '-' || substr({c}, 4, 2) || '-' || left({c}, 2)
    WHEN regexp_full_match({c}, '[0-9]{{8}}') THEN left({c}, 4) || '-' || substr({c}, 5, 2) || '-' || right({c}, 2)
    ELSE nullif(trim({c}), '') END"""
_CLEAN = {
    "phone": f"nullif(right({_DIGITS}, 9), '')",
    "born": _DATE,
    "postcode": f"replace({_TEXT}, ' ', '')",
}


def tidy(con: duckdb.DuckDBPyConnection, name: str, path: str, kinds: dict[str, str], most: int) -> list[str]:
    """Make the table `tidied`: `unique_id` (row, from 1) and a column of each kind. Returns the columns.

    With `most`, phones and e-mails of more rows than that are emptied, as people do before they block on them.
    """
    read = f"read_csv('{path}', all_varchar=true, header=true, delim=',', quote='\"', escape='\"', parallel=false)"
    con.execute(f"CREATE TABLE given AS SELECT * FROM {read if path.endswith('.csv') else repr(path)}")
    columns: dict[str, str] = {}
    for header, kind in kinds.items():
        column = kind if kind not in columns else f"{kind}_{len(columns)}"
        columns[column] = _CLEAN.get(kind, _TEXT).format(
            c='CAST("' + header.replace('"', '""') + '" AS VARCHAR)'
        )
    if name == TOGETHER:
        columns["both_names"] = f"{columns['given']} || ' ' || {columns['family']}"
    listed = ", ".join(f"{text} AS {column}" for column, text in columns.items())
    con.execute(f"CREATE TABLE tidied AS SELECT rowid + 1 AS unique_id, {listed} FROM given ORDER BY rowid")
    con.execute("DROP TABLE given")
    for column in ("phone", "email") if most else ():
        junk = f"SELECT {column} FROM tidied GROUP BY ALL HAVING count(*) > {most}"
        con.execute(f"UPDATE tidied SET {column} = NULL WHERE {column} IN ({junk})")
    return list(columns)


def add_keys(con: duckdb.DuckDBPyConnection, path: str) -> int:
    """Give `tidied` the columns `k01`, … of a file with its rows in the same order, to block on; how many there are."""
    read = f"SELECT file_row_number + 1 AS unique_id, * EXCLUDE (file_row_number) FROM read_parquet('{path}', file_row_number=true)"
    con.execute(
        f"CREATE TABLE keyed AS SELECT * FROM tidied JOIN ({read}) USING (unique_id) ORDER BY unique_id"
    )
    con.execute("DROP TABLE tidied")
    con.execute("ALTER TABLE keyed RENAME TO tidied")
    (n_keys,) = con.execute(f"SELECT count(*) FROM (DESCRIBE FROM '{path}')").fetchall()[0]
    return int(n_keys)


def comparisons(columns: list[str]) -> list[object]:
    """Splink's comparison of each column, by its kind; the parts of an address are one comparison, as they go together."""
    found: list[object] = []
    place = [one for one in ("street", "postcode", "city") if one in columns]
    for name in columns:
        kind = name.partition("_")[0]
        if name == "both_names":
            found.append(
                cl.ForenameSurnameComparison("given", "family", forename_surname_concat_col_name=name)
            )
        elif kind == "born":
            found.append(cl.DateOfBirthComparison(name, input_is_string=True, datetime_format="%Y-%m-%d"))
        elif kind == "email":
            found.append(cl.EmailComparison(name))
        elif kind == "phone" or (kind == "postcode" and "street" not in place):
            found.append(cl.LevenshteinAtThresholds(name, [1, 2]).configure(term_frequency_adjustments=True))
        elif kind == "code":
            found.append(cl.DamerauLevenshteinAtThresholds(name, [1, 2]))
        elif kind in ("name", "firm") or (kind in ("given", "family") and "both_names" not in columns):
            found.append(cl.NameComparison(name).configure(term_frequency_adjustments=True))
        elif kind == "street":
            found.append(_address(place))
        elif kind in ("other", "year", "month", "day") or (kind == "city" and "street" not in place):
            found.append(cl.ExactMatch(name).configure(term_frequency_adjustments=True))
    return found


def _address(parts: list[str]) -> object:
    """Street, postcode and city as the levels of one comparison."""
    levels = [
        cll.And(*(cll.NullLevel(part) for part in parts)),
        cll.ExactMatchLevel("street", term_frequency_adjustments=True),
    ]
    levels += [cll.JaroWinklerLevel("street", 0.9)]
    levels += [cll.ExactMatchLevel(part) for part in parts[1:]]
    return cl.CustomComparison(output_column_name="address", comparison_levels=[*levels, cll.ElseLevel()])


def rules(name: str, columns: list[str]) -> tuple[Rule, ...]:
    """The blocking rules for a set, those whose columns it has."""
    usual = FIRMS if "firm" in columns else PEOPLE
    asked = LARGE if name.startswith("customers_") else EXAMPLES.get(name, usual)

    def has(part: str) -> bool:
        return part.removeprefix("substr(").partition(",")[0] in columns

    return tuple(rule for rule in asked if all(map(has, rule)))


def _strict(columns: list[str]) -> list[Rule]:
    """Rules that find few but matches, for the share of matches."""
    who = (
        [("given", "family")]
        if "both_names" in columns
        else [(one,) for one in ("name", "firm") if one in columns]
    )
    found = [
        (*names, other)
        for names in who
        for other in ("born", "phone", "postcode", "street")
        if other in columns
    ][:2]
    return found + [(one,) for one in ("email", "code") if one in columns]


def _training(columns: list[str]) -> list[Rule]:
    """Two or three blocking rules under which every comparison is trained at least once."""
    if (
        "year" in columns
    ):  # a double has one error here: in blocks of a whole name no two share their birthday
        return [("given",), ("family",), ("year", "month")]
    whole = next((one,) for one in ("given", "name", "firm") if one in columns)
    first = ("given", "family") if whole == ("given",) else whole
    others = [one for one in ("born", "email", "phone", "code", "postcode", "street") if one in columns]
    return [first, *((one,) for one in others[:2])]


def resolve(
    con: duckdb.DuckDBPyConnection,
    name: str,
    columns: list[str],
    seed: int | None,
    threshold: float,
    n_keys: int = 0,
) -> int:
    """
    Train, predict into the table `pairs` (every candidate), cluster at the threshold into the table `clusters`.

    With `n_keys` the pairs are those that share one of the keys that `add_keys` gave; else those of its own rules.

    Returns:
        How many pairs were compared.
    """
    warnings.simplefilter("ignore")
    db_api = DuckDBAPI(connection=con)
    asked = [(f"k{number:02}",) for number in range(1, n_keys + 1)] or rules(name, columns)
    settings = SettingsCreator(
        link_type="dedupe_only",
        comparisons=comparisons(columns),
        blocking_rules_to_generate_predictions=[block_on(*rule) for rule in asked],
        retain_matching_columns=False,
    )
    linker = Linker(db_api.register("tidied"), settings, log_level="ERROR")
    strict = [block_on(*rule) for rule in _strict(columns)]
    with contextlib.suppress(Exception):  # without one match the rules say nothing, and the default stays
        linker.training.estimate_probability_two_random_records_match(strict, recall=0.7)
    linker.training.estimate_u_using_random_sampling(max_pairs=1e6, seed=seed)
    # A block on a name or a day holds tens of millions of pairs at a million rows; EM learns as much from one million.
    most = 1e6 if name.startswith("customers_") else None
    for rule in _training(columns):
        with contextlib.suppress(Exception):  # a block without two values to tell apart trains nothing
            linker.training.estimate_parameters_using_expectation_maximisation(
                block_on(*rule), max_pairs=most
            )
    # At a million rows nobody keeps pairs of weight -20; the ceiling is told on the smaller sets.
    least = 0.001 if name.startswith("customers_") else None
    blocked = (
        linker.inference.compute_blocked_pairs_for_predict()
    )  # as `predict` does itself; here they are counted
    (n_pairs,) = con.execute(f"SELECT count(*) FROM {blocked.physical_name}").fetchall()[0]
    predicted = linker.inference.predict(threshold_match_probability=least)
    blocked.drop_table_from_database_and_remove_from_cache()
    clustered = linker.clustering.cluster_pairwise_predictions_at_threshold(predicted, threshold)
    con.execute(
        "CREATE VIEW pairs AS SELECT unique_id_l AS row_l, unique_id_r AS row_r, match_probability AS probability"
        f" FROM {predicted.physical_name}"
    )
    con.execute(f"CREATE VIEW clusters AS SELECT unique_id AS row, cluster_id FROM {clustered.physical_name}")
    return int(n_pairs)
