"""Each kind of mistake in a project: one text is replaced, and the findings have exact place and hint."""

from __future__ import annotations

from pathlib import Path

import pytest

from cdptool.config import load_project
from cdptool.config.reader import place_at
from cdptool.errors import ConfigError
from tests.config.projects import FILES, MERGE, PLAN, PROJECT, RULES, broken, refused, write_project

# (file, the text that is replaced, by what, place, problem, hint). `»` marks the place inside the new text;
# where the finding stands elsewhere, `place` says where.
CASES = [
    ("project.yaml", "currency: VND", "»curency: VND", "", "unknown key `curency` in project.yaml", "did you mean `currency`?"),
    ("project.yaml", "max_lag", "»maxlag", "", "unknown key `maxlag` in a stream", "did you mean `max_lag`?"),
    ("sources.yaml", "delimiter", "»delimeter", "", "unknown key `delimeter` in a dialect", "did you mean `delimiter`?"),
    ("merge.yaml", "{limit: 3}", "{»limits: 3}", "", "unknown key `limits` in a key", "did you mean `limit`?"),
    ("plan.yaml", "priority", "»prio", "", "unknown key `prio` in a campaign", "did you mean `priority`?"),
    ("exports.yaml", "max_change", "»zzz", "", "unknown key `zzz` in an export", "one of `channel`, `columns`, `kind`, `max_change`, `min_rows`, `one_per`, `purpose`, `to`, `value`, `who`"),
    ("rules.yaml", "traits:", "»trait:", "", "unknown key `trait` in rules.yaml", "did you mean `traits`?"),
    ("plan.yaml", "caps:", "»segments:", "", "unknown key `segments` in plan.yaml", "it stands in rules.yaml or project.yaml"),
    ("project.yaml", "region: VN", "»tz: UTC", "", "repeated key `tz`", "the first stands in line 3; keep one of them"),
    ("sources.yaml", '    files: ../data/*.csv\n', "", "sources.yaml:3:3", "missing key `files` in a source", "add `files:`"),
    ("plan.yaml", ", purpose: marketing", "", "plan.yaml:11:3", "missing key `purpose` in a campaign", "add `purpose:`"),
    ("project.yaml", 'version: 1\n', "»", "", "missing key `version`", "write `version: 1` as its first line"),
    ("rules.yaml", "version: 1", "version: »2", "", "expected version 1 of the file format", "this cdptool reads version 1 only"),
    ("project.yaml", "name: shop", "name: »[shop]", "", "expected a text, found a list", "write one word, or a text in quotes"),
    ("project.yaml", "name: shop", "name: »true", "", "expected a text, found true or false", "put quotes around it"),
    ("project.yaml", "name: shop", "name:»", "", "expected a text, found nothing", "write one word, or a text in quotes"),
    ("project.yaml", "  consent: {columns: {channel: text, purpose: text, state: text}}", "  consent: »text", "", "expected a mapping, found text", "its keys are `max_lag`, `every`, `tz`, `purpose`, `owner`, `legal_basis`, `keep_for`, `keep`, `columns`"),
    ("project.yaml", "max_lag: 6h", "max_lag: »6", "", "expected a length of time, found a number", "write it as `30m`, `6h`, `7d` or `2w`"),
    ("plan.yaml", "needs_consent: false", "needs_consent: »no", "", "expected true or false, found text", "write `true` or `false`"),
    ("plan.yaml", "max: 1", "max: »one", "", "expected a whole number, found text", "write it in digits, such as `3`"),
    ("plan.yaml", "priority: 80", "priority: »800", "", "expected a whole number >= 0 and <= 100", "write one of these"),
    ("plan.yaml", 'caps:\n', 'caps: »3\nchanels:\n', "", "expected a list, found a number", "write `[a, b]`, or one item a line after `- `"),
    ("sources.yaml", "max_quarantined: 2%", "max_quarantined: »2", "", "expected a share of at most 100%", "write it as `2%` or `0.02`"),
    ("sources.yaml", "max_quarantined: 2%", "max_quarantined: »few", "", "expected a share, found text", "write it as `2%` or `0.02`"),
    ("merge.yaml", "decisions: decisions.csv", "unique_sources: [»crn]", "", "unknown source `crn`", "did you mean `crm`?"),
    ("merge.yaml", "decisions: decisions.csv", "unique_sources: [crm, »till]", "", "source `till` holds what happened, not each person once", "name sources with `feeds: records`"),
    ("merge.yaml", "decisions: decisions.csv", "link: »onli", "", "unknown link `onli`", "did you mean `only`?"),
    ("merge.yaml", "- exact: same(customer_id) or same(email)", "- exact: {when: »missing(name), link: only}", "", "pass `exact` would compare every pair of records", "add `same(...)` to each branch of it: `missing` has none"),
    ("merge.yaml", "- exact: same(customer_id) or same(email)", "- exact: {when: same(email), »linked: only}", "", "unknown key `linked` in a pass", "did you mean `link`?"),
    ("merge.yaml", "decisions: decisions.csv", "households: »{limit: 12}", "", "missing key `when` in households", "add `when:`"),
    ("merge.yaml", "decisions: decisions.csv", "households: {when: »same(family_name)}", "", "a name alone makes no household", "add `same(address)` or `same(phone)` to each alternative: strangers share names"),
    ("merge.yaml", "decisions: decisions.csv", "households: {when: same(»phon), limit: 12}", "", "unknown field `phon`", "did you mean `phone`?"),
    ("merge.yaml", "{limit: many, shared_by: 6}", "{limit: »some}", "", "expected a whole number or `many`, found text", "write `limit: 3`, `limit: many` or `limit: {most: 3, per: 30d}`"),
    ("sources.yaml", 'delimiter: ";"', 'delimiter: »";;"', "", "expected one character", 'write it in double quotes, such as ";" or "\\t"'),
    ("project.yaml", "  email: email", "  email: »emial", "", "unknown type `emial`", "did you mean `email`?"),
    ("project.yaml", "tz: Asia/Ho_Chi_Minh", "tz: »Asia/Ho_Chi_Min", "", "unknown time zone `Asia/Ho_Chi_Min`", "did you mean `Asia/Ho_Chi_Minh`?"),
    ("project.yaml", "tz: Asia/Ho_Chi_Minh", "tz: »localtime", "", "unknown time zone `localtime`", "write it as `Asia/Ho_Chi_Minh`"),
    ("project.yaml", "tz: Asia/Ho_Chi_Minh", "tz: »../x", "", "unknown time zone `../x`", "write it as `Asia/Ho_Chi_Minh`"),
    ("project.yaml", "region: VN", "region: »UK", "", "unknown region `UK`", "two capital letters, such as VN or GB"),
    ("project.yaml", "currency: VND", "currency: »vnd", "", "expected a currency code", "three capital letters, such as VND"),
    ("sources.yaml", "utf-8-sig", "»utf8x", "", "unknown encoding `utf8x`", "did you mean `utf-8`?"),
    ("merge.yaml", "prefer: longest", "prefer: »newest", "", "unknown preference `newest`", "one of `earliest`, `latest`, `longest`, `most_complete`, `most_frequent`, `most_restrictive`"),
    ("merge.yaml", "email: {trust: [crm], prefer: latest, valid_for: 365d}", "email: »{prefer: latest, half_life: 30d}", "", "`half_life` weighs how often a value was seen", "write `prefer: most_frequent` beside it"),
    ("merge.yaml", "email: {trust: [crm], prefer: latest, valid_for: 365d}", "email: »{prefer: most_restrictive}", "", "`most_restrictive` takes the smallest, and this is no number, date, or yes and no", "it is for fields of boolean, integer, number, money, date, datetime"),
    ("plan.yaml", "per: month", "per: »fortnight", "", "unknown window `fortnight`", "write a length such as `24h` or `7d`, or one of `day`, `week`, `month`, `quarter`, `year`"),
    ("plan.yaml", '"22:00"', '»"25:00"', "", "expected a time of day", 'write it as `"22:00"`'),
    ("plan.yaml", '["22:00", "07:00"]', '»["22:00"]', "", "expected two times of day, found 1", 'write `quiet: ["22:00", "07:00"]`'),
    ("plan.yaml", "until: 2026-12-31", "until: »2026-11-01", "", "`until` lies before `from`", "swap the two dates"),
    ("plan.yaml", "2026-11-20", "»20/11/2026", "", "expected a date", "write it as `2026-11-20`"),
    ("plan.yaml", "id: promo", "id: sms_day", "plan.yaml:9:5", "repeated cap `sms_day`", "give it another id"),
    ("project.yaml", "order_id: identifier", "»event_id: identifier", "", "`event_id` is a fixed column of every stream", "choose another name"),
    ("project.yaml", "order_id: identifier", "»not: identifier", "", "`not` is a word of the rule language", "choose another name"),
    ("project.yaml", "order_id: identifier", "»order id: identifier", "", "expected a name of letters, digits and `_`", "rules call it by this name; map other spellings in sources.yaml"),
    ("project.yaml", "category: text", "»price_currency: text", "", "`price_currency` is the currency column of `price`", "choose another name"),
    ("project.yaml", "name: person_name", "emails: text", "merge.yaml:8:34", "unknown field `name`", "one of `customer_id`, `email`, `emails`, `phone`"),
    ("plan.yaml", "  hello:", "  »../hello:", "", "expected a name of letters, digits, `_`, `-` and `.`", "it becomes part of file names"),
    ("rules.yaml", "  buyers: ex", "  »email: ex", "", "`email` is also a profile field", "rename one of the two"),
    ("project.yaml", "ref: products", "ref: »product", "", "unknown table `product`", "did you mean `products`?"),
    ("project.yaml", "key: sku", "key: »skuu", "", "the key `skuu` is no column of the table", "did you mean `sku`?"),
    ("sources.yaml", "stream: order", "stream: »orders", "", "unknown stream `orders`", "did you mean `order`?"),
    ("sources.yaml", "{table: products}", "{»tabel: products}", "", "unknown kind of input `tabel`", "write `records`, `{stream: name}` or `{table: name}`"),
    ("sources.yaml", "feeds: records", "feeds: »record", "", "expected what the rows are, found text", "write `records`, `{stream: name}` or `{table: name}`"),
    ("sources.yaml", "phone: Phone", "»fone: Phone", "", "unknown field `fone`", "did you mean `phone`?"),
    ("sources.yaml", "order_id: no", "»orderid: no", "", "unknown column `orderid` of stream `order`", "did you mean `order_id`?"),
    ("sources.yaml", "identifiers: {phone", "identifiers: {»phne", "", "unknown field `phne`", "did you mean `phone`?"),
    ("sources.yaml", "{sku: sku, ", "{", "sources.yaml:24:3", "the key `sku` of table `products` is not mapped", "add `sku:` under `columns`"),
    ("merge.yaml", '  customer_id:\n', '  »customerid:\n', "", "unknown field `customerid`", "did you mean `customer_id`?"),
    ("merge.yaml", "[crm]", "[»crn]", "", "unknown source `crn`", "did you mean `crm`?"),
    ("plan.yaml", "to: vip", "to: »vipp", "", "unknown segment `vipp`", "did you mean `vip`?"),
    ("plan.yaml", "only: vip", "only: »wip", "", "unknown segment `wip`", "did you mean `vip`?"),
    ("plan.yaml", "[sms, email]", "[sms, »emial]", "", "unknown channel `emial`", "did you mean `email`?"),
    ("plan.yaml", "address: phone", "address: »fax", "", "unknown field `fax`", "one of `customer_id`, `email`, `name`, `phone`"),
    ("plan.yaml", "sends: {stream: sent}", "sends: {stream: »consent}", "", "stream `consent` lacks `campaign`, `kind`, `status`, `dispatch_id`, which the log of sends needs", "declare it under `streams` in project.yaml"),
    ("exports.yaml", "who: buyers", "who: buyers, one_per: »house", "", "unknown unit `house`", "did you mean `household`?"),
    ("exports.yaml", "who: buyers", "who: »buyer", "", "unknown segment or list `buyer`", "did you mean `buyers`?"),
    ("exports.yaml", "to: meta_customer_list", "to: »meta", "", "unknown destination `meta`", "did you mean `meta_customer_list`?"),
    ("exports.yaml", "emails, spend]", "»emials, spend]", "", "unknown column `emials`", "did you mean `emails`?"),
    ("exports.yaml", "value: spend", "value: »spent", "", "unknown trait `spent`", "did you mean `spend`?"),
    ("sources.yaml", "email: {column: E-mail}", "»email: {column: a, value: b}", "", "a mapped column needs one of `column`, `value`, `expr` and `first`", "keep one of them"),
    ("sources.yaml", "email: {column: E-mail}", "email: {expr: 'a + »count(b)'}", "", "other rows are not looked at here", "compare columns of the one row that it is asked of"),
    ("sources.yaml", "email: {column: E-mail}", "email: {expr: 'a - »true'}", "", "`-` does not fit a number and a condition", None),
    ("sources.yaml", "email: {column: E-mail}", "»email: {column: a, else: keep}", "", "`else` means nothing without `values`", "add `values:`"),
    ("sources.yaml", "email: {column: E-mail}", "email: {column: a, values: {x: y}, else: »drop}", "", "unknown way to treat other texts `drop`", "one of `keep`, `null`, `quarantine`"),
    ("sources.yaml", "email: {column: E-mail}", "email: {first: [{old: '»age'}]}", "", "this is a text, expected a condition", "compare it with something"),
    ("sources.yaml", "feeds: records", "feeds: records\n    only: '»a + b'", "", "this is a text, expected a condition", "compare it with something"),
    ("sources.yaml", "feeds: {stream: order}", "feeds: {stream: order}\n    deletes: '»a == 1'", "", "`deletes` is for sources of records", "take rows out with `only:` instead"),
    ("sources.yaml", "email: {column: E-mail}", "email: {column: a, »decimal: ','}", "", "`decimal` means nothing for type `email`", "it is read for money, number, integer"),
    ("sources.yaml", '    at: {column: time, required: true}\n', "", "sources.yaml:13:3", "a source of a stream needs `at`", "add `at:` with the column of the time"),
    ("sources.yaml", '    columns:\n      customer_id', '    identifiers: {email: e}\n    columns:\n      customer_id', "sources.yaml:3:3", "`identifiers` are for sources of streams", "put them under `columns`"),
    ("project.yaml", 'currency: VND\n', "", "sources.yaml:22:7", "money without a currency in `total`", "add `currency: VND` here or in project.yaml"),
    ("exports.yaml", "to: csv, columns: [profile_id, email, emails, spend], ", "to: csv, ", "exports.yaml:3:3", "an export to `csv` names no columns", "add `columns:`"),
    ("exports.yaml", "value: spend", "»columns: [email]", "", "destination `meta_customer_list` has columns of its own", "take `columns` out"),
    ("merge.yaml", "(same(name) or same(email))", "»age < 3", "", "`age` cannot be compared here", "compare `a.field`, `b.field`, `a.field - b.field`, a number or a text"),
    ("merge.yaml", 'same(email)\n', 'same(»emial)\n', "", "unknown field `emial`", "did you mean `email`?"),
    ("merge.yaml", "differs(name)", "differs(»nam)", "", "unknown field `nam`", "did you mean `name`?"),
    ("merge.yaml", "differs(name)", "differs(name) and »bucket(name)", "", "`bucket` is no test of two records", "a test of two records is `same(f)`, `near(f, 0.88)`, `differs(f)`, `missing(a.f)` or `a.f < b.f`"),
    ("merge.yaml", "- phone:", "- »exact:", "", "repeated pass `exact`", "give it another name"),
    ("merge.yaml", "- phone: same(phone) and (same(name) or same(email))", "- phone: »{compare: [name], at_least: 40%}", "", "`at_least` is 0.5 or more, and less than 1", "pairs below it are for people to judge: `cdptool review`"),
    ("rules.yaml", 'exists(order["90d"])', "»open(order)", "", "`open` is not allowed here",
     "the functions are exists, none, count, sum, avg, min, max, first, last, nunique, mode, at, missing, default, matches, ntile, bucket"),
    ("rules.yaml", '\'sum(order.total["90d"])\'', '\'1 + sum(order.total[»"90x"])\'', "", "`90x` is not a length; write a number and one of s m h d w, such as `90d`", None),
    ("plan.yaml", '\'kind == "promo"\'', "'kind »='", "", "cannot read this", "write `==` to compare"),
    ("merge.yaml", "decisions.csv", "»decided.csv", "", "cannot read the file `decided.csv`", "make it, with the header `left,right,judgement,who,when,why`"),
    ("merge.yaml", "  email: {trust", "  »emial: {trust", "", "unknown field `emial`", "did you mean `email`?"),
    ("merge.yaml", "- exact: same(customer_id) or same(email)", "- »exact", "", "expected one `name: condition`, found text", "write `- exact: same(email)`"),
    ("plan.yaml", '["22:00", "07:00"]', '»"22:00"', "", "expected two times of day, found text", 'write `quiet: ["22:00", "07:00"]`'),
    ("plan.yaml", '["22:00", "07:00"]', '»["22:00", "22:00"]', "", "quiet hours that begin when they end", 'write `quiet: ["22:00", "07:00"]`'),
    ("plan.yaml", "per: 24h", "per: »24", "", "expected a window", "write a length such as `24h` or `7d`, or one of `day`, `week`, `month`, `quarter`, `year`"),
    ("plan.yaml", "[sms, email]", "»[]", "", "the list is empty", "name at least one"),
    ("project.yaml", "category: text", "category: »[text]", "", "expected a type, found a list", "write `name: text`"),
    ("project.yaml", "category: text", "»category: {}", "", "a column without a type", "write `type: text` or `ref: table`"),
    ("rules.yaml", "'sum(order.total[\"90d\"])'", "»{last: []}", "", "expected an expression or `first:`, found a mapping", "write `first: [{label: condition}]`"),
    ("rules.yaml", "'sum(order.total[\"90d\"])'", "{first: [»x]}", "", "expected one `label: condition`, found text", "write `- often: orders >= 3`"),
    ("sources.yaml", "sku: {value: 007}", "sku: {value:» }", "", "expected one value, found nothing", "write a word, a number or a text in quotes"),
]  # fmt: skip


@pytest.mark.parametrize(("file", "old", "new", "place", "problem", "hint"), CASES)
def test_a_mistake_is_named_with_place_and_hint(
    tmp_path: Path, file: str, old: str, new: str, place: str, problem: str, hint: str | None
) -> None:
    if "»" in new:
        index = FILES[file].index(old) + new.index("»")
        text = FILES[file].replace(old, new.replace("»", ""))
        place = str(place_at(text, index, file))
    found = broken(tmp_path, file, old, new.replace("»", ""))
    assert (f"{place}: {problem}", hint) in found


def test_all_mistakes_of_one_file_are_told_at_once_in_their_order(tmp_path: Path) -> None:
    project = (
        PROJECT.replace("currency: VND", "curency: VND")
        .replace("email: email", "email: emial")
        .replace("max_lag: 6h", "max_lag: soon")
        .replace("region: VN", "name: again")
    )
    write_project(tmp_path, project=project)
    assert refused(tmp_path) == [
        ("project.yaml:4:1: unknown key `curency` in project.yaml", "did you mean `currency`?"),
        ("project.yaml:5:1: repeated key `name`", "the first stands in line 2; keep one of them"),
        ("project.yaml:8:10: unknown type `emial`", "did you mean `email`?"),
        (
            "project.yaml:13:14: expected a length of time, found text",
            "write it as `30m`, `6h`, `7d` or `2w`",
        ),
    ]


def test_the_mistakes_of_all_files_are_told_together(tmp_path: Path) -> None:
    write_project(
        tmp_path,
        merge=MERGE.replace("limit: 3", "limit: x"),
        rules=RULES.replace("segments:", "segments: {"),
        plan=PLAN.replace("address: email", "address: e"),
    )
    (tmp_path / "decisions.csv").write_text("left,right\n")
    assert [text for text, _ in refused(tmp_path)] == [
        "decisions.csv:1: an unknown header",
        "merge.yaml:3:18: expected a whole number or `many`, found text",
        "plan.yaml:5:20: unknown field `e`",
        "rules.yaml:5:23: a mapping in braces is not closed, or a comma is missing",
    ]


def test_what_an_unreadable_file_declares_is_not_missed_by_the_others(tmp_path: Path) -> None:
    write_project(tmp_path, project=PROJECT.replace("name: shop", "name: 'shop"))
    assert refused(tmp_path) == [
        ("project.yaml:2:7: a quote is opened here and never closed", "close the quote")
    ]


def test_a_broken_thing_is_not_unknown_to_those_who_name_it(tmp_path: Path) -> None:
    found = broken(tmp_path, "plan.yaml", "address: email", "adress: email")
    assert found == [("plan.yaml:5:11: unknown key `adress` in a channel", "did you mean `address`?")]


def test_a_misspelt_section_is_read_as_what_was_meant(tmp_path: Path) -> None:
    found = broken(tmp_path, "rules.yaml", "segments:", "segmets:")
    assert found == [("rules.yaml:4:1: unknown key `segmets` in rules.yaml", "did you mean `segments`?")]


def test_a_key_in_two_files_is_refused(tmp_path: Path) -> None:
    write_project(tmp_path, project=PROJECT + "traits: {spend: count(order)}\n")
    assert [text for text, _ in refused(tmp_path)] == ["rules.yaml:2:1: key `traits` stands in two files"]


def test_version_comes_first(tmp_path: Path) -> None:
    write_project(tmp_path, rules="segments: {}\nversion: 1\n", plan=None, exports=None)
    assert refused(tmp_path) == [
        ("rules.yaml:2:1: `version` is not the first key", "write `version: 1` as its first line")
    ]


def test_a_file_whose_name_is_nearly_right_is_not_left_out_in_silence(tmp_path: Path) -> None:
    write_project(tmp_path, rules=None, plan=None, exports=None)
    (tmp_path / "rule.yaml").write_text(RULES)
    (tmp_path / "compose.yaml").write_text("services: {}\n")
    assert refused(tmp_path) == [("rule.yaml: this file is not read", "did you mean `rules.yaml`?")]


def test_a_folder_without_a_project_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"no project\.yaml here nor in `configs`") as error:
        load_project(tmp_path)
    assert error.value.findings[0].hint == "name the project's folder with -C"
    assert error.value.exit_code == 2


def test_a_section_file_that_is_no_file_is_refused(tmp_path: Path) -> None:
    write_project(tmp_path, rules=None, plan=None, exports=None)
    (tmp_path / "plan.yaml").mkdir()
    assert [text for text, _ in refused(tmp_path)] == ["plan.yaml: cannot read the file"]


def test_an_unknown_flag_names_the_nearest_setting(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as error:
        load_project(write_project(tmp_path), {"workspce": "x"})
    assert [(str(f), f.hint) for f in error.value.findings] == [
        ("flag: unknown setting `workspce`", "did you mean `workspace`?")
    ]


def test_a_wrong_value_from_the_environment_is_named_as_such(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as error:
        load_project(write_project(tmp_path), {}, {"CDPTOOL_TZ": "Mars"})
    assert str(error.value.findings[0]) == "environment CDPTOOL_TZ: unknown time zone `Mars`"


def test_a_key_that_stands_there_misspelt_and_right_is_only_misspelt(tmp_path: Path) -> None:
    found = broken(tmp_path, "project.yaml", "currency: VND", "curency: VND\ncurrency: VND")
    assert found == [("project.yaml:4:1: unknown key `curency` in project.yaml", "did you mean `currency`?")]


def test_rules_are_judged_while_loading(tmp_path: Path) -> None:
    """The rule language is the judge; its places are those of the file."""
    found = broken(tmp_path, "rules.yaml", "spend >= 5_000_000", "spent >= 5_000_000")
    assert [text for text, _ in found] == ["rules.yaml:7:7: unknown name `spent`"]


def test_the_condition_of_a_cap_is_judged_by_the_log_of_sends(tmp_path: Path) -> None:
    found = broken(tmp_path, "plan.yaml", "kind == ", "kin == ")
    assert [text.partition(": ")[0] for text, _ in found] == ["plan.yaml:9:45"]


def test_a_destination_of_the_project_is_read_as_strictly(tmp_path: Path) -> None:
    write_project(tmp_path)
    (tmp_path / "destinations").mkdir()
    text = "id: mine\nspec_version: 1\nsource: x\nfile: {}\ncolumns: [{header: e, form: email}]\nneeds: 1\n"
    (tmp_path / "destinations" / "mine.yaml").write_text(text)
    assert refused(tmp_path) == [
        (
            "destinations/mine.yaml:5:23: unknown key `form` in a column of a destination",
            "did you mean `from`?",
        ),
        (
            "destinations/mine.yaml:6:1: unknown key `needs` in a destination",
            "one of `checked_on`, `columns`, `consent_purpose`, `country`, `file`, `id`, `recipient`, "
            "`require_any`, `source`, `spec_version`",
        ),
    ]
