"""Whole files: what is written, who is left out, what the ledger says, and that order never matters."""

import hashlib
import io
import random
from dataclasses import replace
from datetime import UTC, date, datetime

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from cdptool.destinations import render
from cdptool.destinations.render import LEDGER, LEFT_OUT, REFUSED
from cdptool.errors import ConfigError, SchemaError
from cdptool.ids import printed_id
from tests.destinations.platforms import CSV, GOOGLE, HUBSPOT, META, PARQUET, from_yaml, lines, people, to

EMPTY_DIGEST = hashlib.sha256(b"").hexdigest()
NOT_AN_EMAIL = "not an e-mail address"


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def test_repeated_headers_hold_the_values_by_position_survivor_first() -> None:
    """Frames cannot hold two columns of one name: the file is read back by position."""
    audience = people(
        email=["b@x.vn", "c@x.vn"],
        emails=[["a@x.vn", "b@x.vn"], ["c@x.vn"]],
        phone=["+84987654321", None],
        phones=[["+84987654321"], []],
    )
    header, *rows = lines(render(audience, to(META), META))
    assert header[:7] == ["email", "email", "email", "phone", "phone", "phone", "madid"]
    assert {tuple(row[:6]) for row in rows} == {
        (sha("b@x.vn"), sha("a@x.vn"), "", sha("84987654321"), "", ""),
        (sha("c@x.vn"), "", "", "", "", ""),
    }


def test_a_person_goes_to_meta_with_every_field_in_its_form() -> None:
    audience = people(
        email=["mai@x.vn"],
        given_name=["Mai"],
        family_name=["NGUYỄN"],
        city=["Đà Nẵng"],
        country=["VN"],
        birth_date=[date(1990, 1, 15)],
        gender=["female"],
        postcode=["550000"],
        madid=["5F3A2B18-9C4D-4E7F-B8E2-17D3A1E69B25"],
    )
    rendered = render(audience, to(META), META)
    header, row = lines(rendered)
    assert dict(zip(header[6:], row[6:], strict=True)) == {
        "madid": "5f3a2b18-9c4d-4e7f-b8e2-17d3a1e69b25",
        "fn": sha("mai"),
        "ln": sha("nguyễn"),
        "zip": sha("550000"),
        "ct": sha("đànẵng"),
        "st": "",
        "country": sha("vn"),
        "dob": sha("19900115"),
        "doby": sha("1990"),
        "gen": sha("f"),
        "age": "",
        "uid": "",
    }
    assert dict(rendered.fill[3:5]) == {"phone": 0}


def test_name_parts_come_from_the_whole_name_where_there_is_nothing_better() -> None:
    """Vietnamese order is family, middle, given: `fn` is the last token, `ln` the first."""
    audience = people(email=["mai@x.vn"], name=["Nguyễn Thị Mai"])
    header, row = lines(render(audience, to(META), META))
    assert row[header.index("fn")] == sha("mai")
    assert row[header.index("ln")] == sha("nguyễn")


def test_value_is_a_column_only_when_the_export_names_a_trait() -> None:
    audience = people(
        email=["a@x.vn", "b@x.vn"],
        spend_90d=[50_000_000_000, 15_000],
        spend_90d_currency=["VND", "VND"],
    )
    header, *rows = lines(render(audience, to(META, value="spend_90d"), META))
    assert header[-1] == "value"
    assert sorted(row[-1] for row in rows) == ["1.5", "5000000"]
    assert lines(render(audience, to(META), META))[0][-1] == "uid"
    with pytest.raises(SchemaError, match="lacks column `spend_1y`"):
        render(audience, to(META, value="spend_1y"), META)


def test_the_postal_address_goes_to_google_whole_or_not_at_all() -> None:
    audience = people(
        email=["a@x.vn", "b@x.vn", None],
        given_name=["Mai", "Mai", "Mai"],
        family_name=["Nguyễn", "Nguyễn", "Nguyễn"],
        country=["VN", "VN", "VN"],
        postcode=["550000", None, "550000"],
    )
    rendered = render(audience, to(GOOGLE), GOOGLE)
    address = [sha("mai"), sha("nguyễn"), "VN", "550000"]
    assert {(row[0], *row[5:]) for row in lines(rendered)[1:]} == {
        (sha("a@x.vn"), *address),
        (sha("b@x.vn"), "", "", "", ""),
        ("", *address),
    }
    assert rendered.left_out.is_empty()


def test_an_invalid_value_leaves_an_empty_cell_and_the_next_one_takes_its_place() -> None:
    audience = people(
        emails=[["not one", "b@x.vn"], ["a@b"], []], phones=[["0987654321"], ["0987654321"], []]
    )
    rendered = render(audience, to(META), META)
    assert [row[:6] for row in lines(rendered)[1:]] == [[sha("b@x.vn"), "", "", "", "", ""]]
    no_phone = "phone without country code, or no phone number"
    assert rendered.refused.rows() == [
        (1, "email", NOT_AN_EMAIL),
        (1, "phone", no_phone),
        (2, "email", NOT_AN_EMAIL),
        (2, "phone", no_phone),
    ]
    assert rendered.left_out.rows() == [
        (2, "no valid value to reach the profile by"),
        (3, "nothing to reach the profile by"),
    ]


def test_profiles_with_the_same_identifiers_share_one_row_and_both_stand_in_the_ledger() -> None:
    audience = people(email=["a@x.vn", "a@x.vn"], spend=[5, 3])
    rendered = render(audience, to(META, value="spend"), META)
    assert [row[-1] for row in lines(rendered)[1:]] == ["5"]
    assert rendered.left_out.rows() == [(2, "same row as another profile")]
    assert rendered.ledger.rows() == [(1, "email", sha("a@x.vn")), (2, "email", sha("a@x.vn"))]


def test_more_values_than_columns_are_counted() -> None:
    rendered = render(people(phones=[["+84987654321", "+84987654322", "+84987654323"]]), to(GOOGLE), GOOGLE)
    assert "export `vip`: 1 values of `Phone` found no column" in [str(f) for f in rendered.findings]


@pytest.mark.parametrize("spec", [META, GOOGLE, HUBSPOT], ids=lambda spec: spec.id)
def test_an_empty_audience_gives_the_header_and_a_warning(spec) -> None:
    empty = people(email=["a@x.vn"], phones=[["+84987654321"]]).clear()
    rendered = render(empty.lazy(), to(spec), spec)
    assert len(lines(rendered)) == 1
    assert rendered.rows == 0
    assert [(f.severity, str(f)) for f in rendered.findings] == [
        ("warning", "export `vip` holds no rows, only the header")
    ]
    assert rendered.left_out.schema == pl.Schema(LEFT_OUT)
    assert rendered.refused.schema == pl.Schema(REFUSED)
    assert rendered.ledger.schema == pl.Schema(LEDGER)


def test_sizes_are_judged_by_the_export_and_the_platform() -> None:
    small = render(people(email=["a@x.vn"]), to(META, min_rows=2), META).findings
    assert [(f.severity, str(f)) for f in small] == [
        ("error", "export `vip` holds 1 rows, `min_rows` asks for 2"),
        ("warning", "export `vip` holds 1 rows, `meta_customer_list` needs about 100 to match anybody"),
    ]
    narrow = replace(META, file=replace(META.file, max_rows=1, min_rows_warn=0))
    large = render(people(email=["a@x.vn", "b@x.vn"]), to(META), narrow).findings
    assert [str(f) for f in large] == ["export `vip` holds 2 rows, `meta_customer_list` takes at most 1"]


def test_an_opt_out_list_holds_every_address_of_a_profile_in_a_row_of_its_own() -> None:
    """Who opted out must not be reached at their second address."""
    audience = people(email=["b@x.vn", None, "b@x.vn"], emails=[["a@x.vn", "b@x.vn"], [], ["b@x.vn"]])
    rendered = render(audience, to(HUBSPOT, kind="suppression"), HUBSPOT)
    assert rendered.body == b"Email\na@x.vn\nb@x.vn\n"
    assert rendered.left_out.rows() == [
        (2, "nothing to reach the profile by"),
        (3, "same row as another profile"),
    ]
    assert rendered.ledger.rows() == [(1, "Email", "a@x.vn"), (1, "Email", "b@x.vn"), (3, "Email", "b@x.vn")]


def test_a_plain_file_writes_typed_values_as_text_and_touches_nothing() -> None:
    """A leading + or = is a value here: a spreadsheet guard would corrupt every phone number."""
    audience = people(
        email=["a@x.vn"],
        emails=[["a@x.vn", "b@x.vn"]],
        phone=["+84987654321"],
        name=["=HYPERLINK(1), Jr"],
        birth_date=[date(1990, 1, 5)],
        is_vip=[True],
        seen_at=[datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)],
        spend=[12_345_000],
        spend_currency=["VND"],
        score=[0.5],
    )
    columns = tuple(c for c in audience.columns if c != "spend_currency")
    rendered = render(audience, to(CSV, columns=columns), CSV)
    assert rendered.body.decode() == (
        "profile_id,email,emails,phone,name,birth_date,is_vip,seen_at,spend,score\n"
        "p_aaaaaaaaaaaac,a@x.vn,a@x.vn;b@x.vn,+84987654321,"
        '"=HYPERLINK(1), Jr",1990-01-05,true,2026-01-02T03:04:05Z,1234.5,0.5\n'
    )


def test_a_guarded_file_disarms_formulas_and_leaves_numbers() -> None:
    guarded = replace(CSV, file=replace(CSV.file, formula_guard=True))
    audience = people(name=["=1+1", "@a", "-5", "Mai"])
    rendered = render(audience, to(guarded, columns=("name",)), guarded)
    assert rendered.body == b"name\n-5\n'=1+1\n'@a\nMai\n"


def test_a_plain_audience_keeps_every_profile_and_a_suppression_list_every_identifier_once() -> None:
    audience = people(email=["a@x.vn", "a@x.vn", None])
    whole = render(audience, to(CSV, columns=("profile_id", "email")), CSV)
    assert whole.rows == 3
    list_of_addresses = to(CSV, columns=("email",), kind="suppression")
    assert render(audience, list_of_addresses, CSV).body == b"email\na@x.vn\n"


def test_a_bare_identifier_of_a_suppression_list_needs_no_profile() -> None:
    audience = pl.DataFrame({"profile_id": [None, 7], "email": ["z@x.vn", "a@x.vn"]})
    rendered = render(audience, to(CSV, columns=("email",), kind="suppression"), CSV)
    assert rendered.body == b"email\na@x.vn\nz@x.vn\n"
    assert rendered.ledger.rows() == [(None, "email", "z@x.vn"), (7, "email", "a@x.vn")]


def test_one_row_per_household_is_that_of_the_fullest_profile() -> None:
    """2 has an address and 1 has not; of 4 and 5, as full, the lower id; 3 lives alone, 6 in no known household."""
    audience = people(
        household_id=["h1", "h1", "h2", "h3", "h3", None],
        name=["An", "Bình", "Chi", "Dung", "Em", "Gia"],
        address=[None, "1 Main", "2 Main", "3 Main", "3 Main", "4 Main"],
    )
    export = to(CSV, columns=("name", "address"), one_per="household")
    rendered = render(audience, export, CSV)
    assert [row[0] for row in lines(rendered)[1:]] == ["Bình", "Chi", "Dung", "Gia"]
    assert rendered.left_out.rows() == [
        (1, "another one of the household has a row"),
        (5, "another one of the household has a row"),
    ]
    assert set(rendered.ledger["profile_id"]) == {2, 3, 4, 6}
    assert_frame_equal(render(audience.reverse(), export, CSV).ledger, rendered.ledger)
    with pytest.raises(SchemaError, match="profiles have no household"):
        render(audience.drop("household_id"), export, CSV)


def test_missing_columns_are_all_named_before_anything_is_made() -> None:
    with pytest.raises(SchemaError) as caught:
        render(people(email=["a@x.vn"]), to(CSV, columns=("emial", "email", "phone")), CSV)
    assert [str(f) for f in caught.value.findings] == [
        "export `vip` lacks column `emial`",
        "export `vip` lacks column `phone`",
    ]


def test_a_spec_that_names_an_unknown_step_is_refused_by_name() -> None:
    broken = replace(META, columns=(replace(META.columns[0], normalize=("nfc", "lowr")),), require_any=())
    with pytest.raises(ConfigError, match="unknown step `lowr` in column `email`"):
        render(people(email=["a@x.vn"]), to(broken), broken)


def test_a_column_that_has_no_text_form_is_refused_by_name_only() -> None:
    audience = people(box=[{"secret": 1}])
    with pytest.raises(SchemaError, match="column `box` is Struct") as caught:
        render(audience, to(CSV, columns=("box",)), CSV)
    assert "1}" not in str(caught.value)


def test_a_plain_parquet_file_keeps_types_and_makes_money_exact() -> None:
    audience = people(
        email=["b@x.vn", "a@x.vn"],
        emails=[["b@x.vn"], ["a@x.vn"]],
        birth_date=[date(1990, 1, 5), None],
        spend=[12_345_000, 10_000],
        spend_currency=["VND", "VND"],
    )
    columns = ("email", "profile_id", "emails", "birth_date", "spend")
    body = render(audience, to(PARQUET, columns=columns), PARQUET).body
    read = pl.read_parquet(io.BytesIO(body))
    assert read.schema["emails"] == pl.List(pl.String)
    assert read.schema["birth_date"] == pl.Date
    assert read["spend"].cast(pl.String).to_list() == ["1.0000", "1234.5000"]
    assert read.rows()[0][:2] == ("a@x.vn", printed_id(2))
    assert render(audience.reverse(), to(PARQUET, columns=columns), PARQUET).body == body


def test_delimiter_newline_and_byte_order_mark_are_the_specs() -> None:
    spec = from_yaml(
        "{id: x, spec_version: 1, checked_on: 2026-01-01, source: s, columns: [],"
        ' file: {delimiter: ";", newline: "\\r\\n", bom: true}}'
    )
    rendered = render(people(name=["a;b", 'c"d'], city=["x", "y"]), to(spec, columns=("name", "city")), spec)
    assert rendered.body == b'\xef\xbb\xbfname;city\r\n"a;b";x\r\n"c""d";y\r\n'


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("spec", [META, GOOGLE, HUBSPOT], ids=lambda spec: spec.id)
def test_shuffled_rows_give_the_same_file_and_everyone_is_accounted_for(spec, seed: int) -> None:
    """Row order leaks nothing, no digest is that of the empty text, and no profile disappears."""
    audience = _random_audience(random.Random(seed))
    first = render(audience, to(spec), spec)
    second = render(audience.sample(fraction=1, shuffle=True, seed=seed), to(spec), spec)
    assert first.body == second.body
    assert first.findings == second.findings
    for name in ("left_out", "refused", "ledger"):
        assert_frame_equal(getattr(first, name), getattr(second, name))
    assert EMPTY_DIGEST not in first.body.decode()
    _everyone_is_accounted_for(audience, first)
    assert [sum(bool(row[i]) for row in lines(first)[1:]) for i in range(len(first.fill))] == [
        cells for _, cells in first.fill
    ]


def _random_audience(chance: random.Random) -> pl.DataFrame:
    emails = ["a@gmail.com", "A@gmail.com ", "a.b@x.vn", "", " ", "bad", "=x@y.vn", None]
    phones = ["+84987654321", "84987654321", "0987654321", "+0000000000", "", None]
    texts = ["Mai", "", "—", "NGUYỄN", None]
    columns = {
        "emails": [chance.sample(emails, chance.randrange(4)) for _ in range(40)],
        "phones": [chance.sample(phones, chance.randrange(4)) for _ in range(40)],
        **{
            name: [chance.choice(texts) for _ in range(40)]
            for name in ("given_name", "family_name", "postcode", "city")
        },
        "country": [chance.choice(["VN", "Vietnam", "", None]) for _ in range(40)],
    }
    return people(**columns)


def _everyone_is_accounted_for(audience: pl.DataFrame, rendered) -> None:
    absent = set(rendered.left_out["profile_id"])
    doubles = set(rendered.left_out.filter(pl.col("reason").str.starts_with("same"))["profile_id"])
    assert len(absent) == rendered.left_out.height
    sent = set(rendered.ledger["profile_id"])
    assert sent - absent | absent == set(audience["profile_id"])
    assert sent & absent == doubles
