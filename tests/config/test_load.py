"""A whole project, read: the objects it makes, what wins over what, and what a digest notices."""

from __future__ import annotations

from pathlib import Path

import pytest

from cdptool.config import Project, effective, load_project
from cdptool.decisions.spec import Campaign, Cap, Channel, ConsentSpec, SendLog, Window
from cdptool.destinations.spec import ExportSpec
from cdptool.errors import Place
from cdptool.identity.spec import Judged, Keep, Key, MergePlan, Never, Pass
from cdptool.rules.syntax import parse, to_text
from cdptool.sources.spec import Dialect, Mapped, SourceSpec
from cdptool.tables import Column, StreamSchema, TableSchema
from tests.config.projects import EXPORTS, MERGE, PLAN, PROJECT, RULES, SOURCES, write_project

HERE = Place("here", 1, 1)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return load_project(write_project(tmp_path_factory.mktemp("project")))


def test_the_basics(project: Project) -> None:
    assert (project.name, project.tz, project.week_starts) == ("shop", "Asia/Ho_Chi_Minh", "monday")
    assert (project.currency, project.region) == ("VND", "VN")
    assert project.workspace == project.root / "workspace"
    assert project.fields[1] == Column("email", "email")
    assert project.fields[1].place == Place(str(project.root / "project.yaml"), 8, 3)


def test_a_reference_takes_the_type_of_the_table_s_key(project: Project) -> None:
    order = project.streams[0]
    columns = (
        Column("order_id", "identifier"),
        Column("sku", "identifier", "products"),
        Column("total", "money"),
    )
    assert order == StreamSchema("order", columns, 6 * 3600, "Europe/London")
    products = (Column("sku", "identifier"), Column("category", "text"), Column("price", "money"))
    assert project.tables == (TableSchema("products", "sku", products),)


def test_the_sources(project: Project) -> None:
    """Region, currency and the stream's zone are filled in where the source is silent."""
    crm, till, products = project.sources
    assert crm == SourceSpec(
        name="crm",
        files=("../data/*.csv",),
        feeds="records",
        target=None,
        dialect=Dialect(delimiter=";", encoding="utf-8-sig"),
        key=("id",),
        at=Mapped("at", "datetime", "changed", format=("%d/%m/%Y",), tz="Asia/Ho_Chi_Minh"),
        identifiers=(),
        columns=(
            Mapped("customer_id", "identifier", "id"),
            Mapped("email", "email", "E-mail"),
            Mapped("phone", "phone", "Phone", region="VN"),
        ),
    )
    assert till == SourceSpec(
        name="till",
        files=("../data/a.csv", "../data/b.csv.gz"),
        feeds="stream",
        target="order",
        dialect=Dialect(),
        key=("no", "line"),
        at=Mapped("at", "datetime", "time", required=True, tz="Europe/London"),
        identifiers=(Mapped("phone", "phone", "phone", region="VN"),),
        columns=(
            Mapped("order_id", "identifier", "no"),
            Mapped("sku", "identifier", value="007"),
            Mapped("total", "money", "sum", decimal=",", currency="VND"),
        ),
        max_quarantined_ratio=0.02,
        declares_max_quarantined=True,
    )
    assert (products.feeds, products.target, products.columns[1].currency) == ("table", "products", "USD")


def test_the_merge_plan(project: Project) -> None:
    assert project.merge == MergePlan(
        keys=(Key("email", 3), Key("phone", None, 6), Key("customer_id")),
        passes=(
            Pass("exact", (("customer_id",), ("email",)), "same(customer_id) or same(email)"),
            Pass(
                "phone",
                (("phone", "name"), ("phone", "email")),
                "same(phone) and (same(name) or same(email))",
            ),
        ),
        never=(Never("name", "differs(name)"),),
        keep_default=Keep(prefer="longest"),
        keep=(("email", Keep(("crm",), "latest", valid_for_seconds=365 * 86_400)),),
        judgements=(
            Judged("crm:1", "crm:2", "POSITIVE", "an", "2026-01-02", "same, as they said"),
            Judged("crm:3", "till:9", "NEGATIVE", "an", "", ""),
        ),
    )
    assert project.merge.judgements[1].place == Place(str(project.root / "decisions.csv"), 4)


def test_the_rules(project: Project) -> None:
    assert project.rules is not None
    lines = {name: [to_text(node) for node in rule.lines] for name, rule in project.rules.rules().items()}
    assert lines == {
        "spend": ['sum(order.total["90d"])'],
        "buyers": ['exists(order["90d"])'],
        "vip": ["spend >= 5_000_000", "buyers"],
    }
    assert project.rules.segments[1].lines[1].place == Place(str(project.root / "rules.yaml"), 8, 7)


def test_a_rule_in_quotes_is_placed_behind_the_quote(project: Project) -> None:
    assert project.rules is not None
    assert project.rules.traits[0].lines[0].place == Place(str(project.root / "rules.yaml"), 3, 11)


def test_a_trait_may_take_the_first_label_that_is_true(tmp_path: Path) -> None:
    rules = RULES.replace("segments:", "  tier: {first: [{gold: spend > 9}, {silver: spend > 1}]}\nsegments:")
    book = load_project(write_project(tmp_path, rules=rules)).rules
    assert book is not None
    assert book.traits[1].labels == ("gold", "silver")
    assert [to_text(line) for line in book.traits[1].lines] == ["spend > 9", "spend > 1"]


def test_the_plan(project: Project) -> None:
    plan = project.plan
    assert plan is not None
    assert plan.channels == (
        Channel("email", "email"),
        Channel("sms", "phone", False, "22:00", "07:00"),
    )
    assert plan.caps == (
        Cap("sms_day", 1, Window(seconds=86_400), channel="sms"),
        Cap("promo", 8, Window(calendar="month"), where=parse('kind == "promo"', HERE), only="vip"),
    )
    dates = {"starts_on": "2026-11-20", "ends_on": "2026-12-31"}
    assert plan.campaigns == (Campaign("hello", "vip", ("sms", "email"), "marketing", 80, **dates),)
    assert (plan.consent, plan.sends) == (ConsentSpec("consent"), SendLog("sent"))
    assert (plan.tz, plan.week_starts) == ("Asia/Ho_Chi_Minh", "monday")


def test_the_exports(project: Project) -> None:
    """Of a built-in list `channel` narrows the list; otherwise it is the channel of the consent."""
    vips, meta, gone = project.exports
    columns = ("profile_id", "email", "emails", "spend")
    assert vips == ExportSpec(
        "vips", "vip", "csv", columns=columns, purpose="marketing", channel="email", max_change_ratio=0.5
    )
    assert meta == ExportSpec("meta", "buyers", "meta_customer_list", value="spend")
    assert gone == ExportSpec("gone", "unsubscribed", "csv", "suppression", ("email",), channel_list="email")


def test_the_specs_of_the_package_are_read_sorted(project: Project) -> None:
    ids = [each.id for each in project.destinations]
    assert ids == sorted(ids)
    assert {"csv", "parquet", "meta_customer_list", "google_customer_match"} <= set(ids)


def test_a_destination_of_the_project_joins_them(tmp_path: Path) -> None:
    write_project(tmp_path)
    (tmp_path / "destinations").mkdir()
    file = tmp_path / "destinations" / "mine.yaml"
    file.write_text(
        'id: mine\nspec_version: 1.10\nsource: https://x\nfile: {newline: "\\r\\n", delimiter: "\\t"}\n'
        "columns:\n  - {header: e, from: emails, hash: sha256_hex}\nrequire_any: [[e]]\n"
    )
    mine = {each.id: each for each in load_project(tmp_path).destinations}["mine"]
    assert (mine.spec_version, mine.file.newline, mine.file.delimiter) == ("1.10", "\r\n", "\t")
    assert (mine.columns[0].source, mine.require_any) == ("emails", (("e",),))


def test_one_file_may_hold_all(tmp_path: Path, project: Project) -> None:
    """The digests say that it is the same project."""
    sections = [text.replace("version: 1\n", "") for text in (SOURCES, MERGE, RULES, PLAN, EXPORTS)]
    nothing = dict.fromkeys(("sources", "merge", "rules", "plan", "exports"))
    write_project(tmp_path, project=PROJECT + "".join(sections), **nothing)
    assert load_project(tmp_path).digests == project.digests


def test_only_project_yaml_must_be_there(tmp_path: Path) -> None:
    (tmp_path / "project.yaml").write_text("version: 1\n")
    project = load_project(tmp_path)
    assert (project.sources, project.merge, project.rules, project.plan) == ((), None, None, None)
    assert (project.tz, project.out) == ("UTC", tmp_path / "out")


def test_the_folder_configs_is_looked_into(tmp_path: Path) -> None:
    (tmp_path / "configs").mkdir()
    (tmp_path / "configs" / "project.yaml").write_text("version: 1\nworkspace: ../ws\n")
    project = load_project(tmp_path)
    assert (project.root, project.workspace) == (tmp_path / "configs", tmp_path / "ws")


def test_flag_wins_over_environment_over_file_over_default(tmp_path: Path) -> None:
    write_project(tmp_path)
    env = {"CDPTOOL_TZ": "UTC", "CDPTOOL_CURRENCY": "EUR", "CDPTOOL_REGION": "", "CDPTOOL_ORACLE_ROUNDS": "3"}
    project = load_project(tmp_path, {"tz": "Europe/Paris", "out": "elsewhere"}, env)
    origins = {each.name: (each.value, each.origin) for each in effective(project)}
    assert (project.tz, project.currency, project.region) == ("Europe/Paris", "EUR", "VN")
    assert project.out == Path.cwd() / "elsewhere"
    assert origins["tz"] == ("Europe/Paris", "flag")
    assert origins["currency"] == ("EUR", "environment CDPTOOL_CURRENCY")
    assert origins["region"] == ("VN", f"{tmp_path}/project.yaml:5:9")
    assert origins["week_starts"] == ("monday", "default")
    assert origins["keys.email.limit"] == ("3", f"{tmp_path}/merge.yaml:3:18")
    assert origins["channels.email.needs_consent"] == ("true", "default")
    assert origins["caps.0.per"] == ("24h", f"{tmp_path}/plan.yaml:8:32")


def test_a_setting_is_one_line(tmp_path: Path) -> None:
    sources = SOURCES.replace('delimiter: ";"', 'delimiter: "\\t"')
    project = load_project(write_project(tmp_path, sources=sources))
    values = {each.name: each.value for each in effective(project)}
    assert values["sources.crm.dialect.delimiter"] == "\\t"


@pytest.mark.parametrize(
    ("change", "sections"),
    [
        ({"rules": "# words\n" + RULES.replace('["90d"]', '[  "90d" ]')}, ()),
        (
            {
                "project": PROJECT.replace(
                    "tz: Asia/Ho_Chi_Minh\n", 'tz: "Asia/Ho_Chi_Minh"\nweek_starts: monday\n'
                )
            },
            (),
        ),
        ({"project": PROJECT.replace("name: shop", "name: store\nout: elsewhere")}, ()),
        ({"merge": MERGE.replace("limit: 3", "limit: 4")}, ("merge",)),
        ({"decisions": "left,right,judgement,who,when,why\n"}, ("merge",)),
        ({"rules": RULES.replace("5_000_000", "6_000_000")}, ("rules",)),
        ({"project": PROJECT.replace("tz: Asia/Ho_Chi_Minh", "tz: UTC")}, ("project", "plan")),
        ({"project": PROJECT.replace("currency: VND", "currency: USD")}, ("project", "sources")),
        ({"exports": EXPORTS.replace("50%", "0.5")}, ()),
        ({"exports": EXPORTS.replace("50%", "40%")}, ("exports",)),
    ],
)
def test_a_digest_changes_with_what_is_meant(
    tmp_path: Path, project: Project, change: dict[str, str], sections: tuple[str, ...]
) -> None:
    other = load_project(write_project(tmp_path, **change))
    before, after = dict(project.digests), dict(other.digests)
    assert tuple(name for name in before if before[name] != after[name]) == sections


@pytest.mark.parametrize(
    "folder", [".", "configs/real/online_retail", "configs/real/senzing", "configs/real/vendors"]
)
def test_the_projects_of_the_repository_load(folder: str) -> None:
    project = load_project(Path(__file__).resolve().parents[2] / folder)
    assert project.sources
    assert project.exports


def test_what_may_not_be_meant_is_a_warning_and_no_error(tmp_path: Path) -> None:
    rules = RULES + '  never: none(order["90d"])\n'
    plan = PLAN + "  code: {to: vip, channels: [sms], purpose: service, exempt: true}\n"
    project = load_project(write_project(tmp_path, rules=rules, plan=plan))
    assert [str(each) for each in project.warnings] == [
        f"{tmp_path}/plan.yaml:12:3: campaign `code` is exempt but shares its kind with `hello`, which is not:"
        " its sends will fill caps",
        f"{tmp_path}/rules.yaml:9:3: segment `never` only says what people did not do",
    ]


def test_rules_may_speak_of_the_fields_and_of_the_lists_of_the_keys(project: Project) -> None:
    catalog = project.catalog
    assert catalog.lists == ("emails", "phones", "customer_ids")
    assert (catalog.tz, catalog.fields, catalog.tables) == (project.tz, project.fields, project.tables)
