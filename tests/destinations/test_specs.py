"""The shipped specs: whole, dated, and the headers as the platforms print them."""

from dataclasses import replace

import pytest

from cdptool.destinations import FileColumn, check_destination, check_export
from tests.destinations.platforms import CSV, GOOGLE, HUBSPOT, META, PARQUET, SPECS, destination, to

ALL = sorted(path.stem for path in SPECS.glob("*.yaml"))


@pytest.mark.parametrize("name", ALL)
def test_a_shipped_spec_is_without_findings_and_says_where_it_was_read(name: str) -> None:
    spec = destination(name)
    assert spec.id == name
    assert check_destination(spec) == ()
    assert spec.source.startswith("https://")
    assert len(spec.checked_on) == 10
    assert spec.spec_version


@pytest.mark.parametrize("spec", [META, GOOGLE, HUBSPOT], ids=lambda spec: spec.id)
def test_a_platform_is_named_with_its_country(spec) -> None:
    """An upload is a transfer of personal data abroad: the manifest names recipient and country."""
    assert spec.recipient
    assert spec.country == "US"


def test_the_headers_are_those_of_the_platforms_templates() -> None:
    assert _header(META) == (
        "email,email,email,phone,phone,phone,madid,fn,ln,zip,ct,st,country,dob,doby,gen,age,uid,value"
    )
    assert _header(GOOGLE) == "Email,Email,Email,Phone,Phone,First Name,Last Name,Country,Zip"
    assert _header(HUBSPOT) == "Email"


def test_what_the_platforms_want_plain_is_not_hashed() -> None:
    assert {c.header for c in META.columns if c.hash == "none"} == {"madid", "age", "uid", "value"}
    assert {c.header for c in GOOGLE.columns if c.hash == "none"} == {"Country", "Zip"}


def test_a_broken_spec_is_told_everything_at_once() -> None:
    column = FileColumn("Email", "emails", 0, ("lower", "lowr"), "sha256_hex", needs=("Zip",))
    spec = replace(CSV, columns=(column,), require_any=(("Phone",),))
    assert [str(finding) for finding in check_destination(spec)] == [
        "destination `csv`: unknown step `lowr` in column `Email`",
        "destination `csv`: column `Email` needs unknown header `Zip`",
        "destination `csv`: column `Email` is hashed but its first step is not `nfc`",
        "destination `csv`: column `Email` is repeated less than once",
        "destination `csv`: `require_any` names unknown header `Phone`",
    ]


def test_an_export_that_does_not_fit_its_destination_is_told_why() -> None:
    assert check_export(to(META, value="spend_90d"), META) == ()
    assert check_export(to(PARQUET, columns=("email",)), PARQUET) == ()
    assert [str(f) for f in check_export(to(CSV), CSV)] == ["export `vip` names no columns"]
    assert [str(f) for f in check_export(to(GOOGLE, columns=("email",), value="spend"), GOOGLE)] == [
        "export `vip` names columns, but `google_customer_match` has its own",
        "export `vip` gives a `value`, which `google_customer_match` does not take",
    ]


def _header(spec) -> str:
    return ",".join(column.header for column in spec.columns for _ in range(column.repeat))
