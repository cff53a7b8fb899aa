"""What columns are compared: by the words of their names in many languages, and by what stands in them."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from cdptool.roles.columns import columns_of
from cdptool.roles.names import part_of_birth, said_by
from cdptool.roles.proposal import roles
from cdptool.roles.texts import match_texts
from cdptool.roles.two_family_names import with_both_family_names

N = 40
NAMES = ("Kovacs", "Brown", "Silva", "Kowalski", "Rossi", "Jansen", "Demir", "Nguyen", "Garcia", "Weber")
TEXTS = {
    "word": [f"{NAMES[i % 10]}{chr(97 + i // 10)}" for i in range(N)],
    "whole": [f"{NAMES[i % 10]} {NAMES[i * 7 % 9]}{chr(97 + i // 10)}" for i in range(N)],
    "mail": [f"{NAMES[i % 10].lower()}{i}@mail.example" for i in range(N)],
    "phone": [f"+49 30 9{i:02}1234{i:02}" for i in range(N)],
    "digits": [f"{4711 * (i + 7) % 899999 + 100000}" for i in [*range(N - 4), 0, 1, 2, 3]],
    "day": [f"{1 + i % 28:02}.{1 + i % 12:02}.{1940 + i * 3 % 60}" for i in range(N)],
    "recent": [f"2024-{1 + i % 12:02}-{1 + i % 28:02}" for i in range(N)],
    "street": [f"{NAMES[i % 10]} Street {i + 1}" for i in range(N)],
    "zip": [f"{10115 + i % 30 * 13}" for i in range(N)],
    "few": [("m", "f")[i % 2] for i in range(N)],
    "firm": [f"{NAMES[i % 10]} {chr(97 + i // 10)} GmbH" for i in range(N)],
    "host": [f"https://www.{NAMES[i % 10].lower()}{i}.example/en" for i in range(N)],
    "age": [f"{18 + i * 7 % 60}" for i in range(N)],
    "us_day": [f"{1 + i % 12:02}{1 + i % 28:02}2016" for i in range(N)],
    "clock": [f"2024-{1 + i % 12:02}-{1 + i % 28:02} 10:{i:02}:00" for i in range(N)],
}
# Name of a column, what stands in it, and the kind that it is compared as (None: it is left out).
CASES: tuple[tuple[str, str, str | None], ...] = (
    ("Vorname", "word", "given"), ("prénom", "word", "given"), ("Imię", "word", "given"), ("voornaam", "word", "given"),
    ("GivenName", "word", "given"), ("PT_FIRST", "word", "given"), ("fname", "word", "given"), ("First", "word", "given"),
    ("pupil_first", "word", "given"), ("PassengerLast", "word", "family"), ("last_login", "word", None),
    ("Nachname", "word", "family"), ("Apellido1", "word", "family"), ("cognome", "word", "family"),
    ("achternaam", "word", "family"), ("soyadı", "word", "family"), ("NAME_LAST", "word", "family"),
    ("Họ tên", "whole", "full_name"), ("nombre completo", "whole", "full_name"), ("Guest Name", "whole", "full_name"),
    ("PAX_NAME", "whole", "full_name"), ("Kundenname", "whole", "full_name"), ("Patron", "whole", "full_name"),
    ("Imię i nazwisko", "whole", "full_name"), ("first_and_surname", "whole", "full_name"),
    ("E-Mail", "mail", "email"), ("posta elettronica", "mail", "email"), ("SMTP_ADDR", "mail", "email"),
    ("emailaddress1", "mail", "email"), ("eposta", "mail", "email"), ("who_to_write_to", "mail", "email"),
    ("SĐT", "phone", "phone"), ("Móvil", "phone", "phone"), ("TELF1", "phone", "phone"), ("telefoonnummer", "phone", "phone"),
    ("mobilephone", "phone", "phone"), ("cep_tel", "phone", "phone"), ("CONTACT_PH", "phone", "phone"),
    ("ADMIT_DT", "recent", None), ("registr_dt", "recent", None), ("dt", "phone", "phone"),
    ("Geburtsdatum", "day", "birth_date"), ("data di nascita", "day", "birth_date"), ("doğum_tarihi", "day", "birth_date"),
    ("BIRTHDT", "day", "birth_date"), ("FechaNacimiento", "day", "birth_date"), ("geboortedatum", "day", "birth_date"),
    ("birth_state", "word", "place"), ("luogo di nascita", "word", "place"), ("Geburtsort", "word", "place"),
    ("STRAS", "street", "address"), ("endereço", "street", "address"), ("indirizzo", "street", "address"),
    ("ADDRESS1_CITY", "word", "city"), ("woonplaats", "word", "city"), ("Población", "word", "city"),
    ("miejscowosc", "word", "city"), ("ORT01", "word", "city"), ("province_code", "word", "state"),
    ("PSTLZ", "zip", "postcode"), ("CP", "zip", "postcode"), ("pincode", "zip", "postcode"), ("ZIP5", "zip", "postcode"),
    ("kod_pocztowy", "zip", "postcode"), ("CAP", "zip", "postcode"), ("Ngày cập nhật", "recent", None),
    ("DNI", "digits", "identifier"), ("codice fiscale", "digits", "identifier"), ("NHS Number", "digits", "identifier"),
    ("PESEL", "digits", "identifier"), ("USt-IdNr", "digits", "identifier"), ("Passport No", "digits", "identifier"),
    ("Geschlecht", "few", "category"), ("sesso", "few", "category"), ("gender_code", "few", "category"),
    ("raison sociale", "firm", "organisation"), ("Firma", "firm", "organisation"), ("handelsnaam", "firm", "organisation"),
    ("razón social", "firm", "organisation"), ("NAME1", "firm", "organisation"), ("Company Domain Name", "host", "website"),
    ("account_manager", "few", None), ("updated_by", "word", None), ("created_at", "clock", None),
    ("store_name", "few", None), ("Company owner", "few", None), ("CompanyStatus", "few", None), ("product_name", "whole", None),
    ("utm_source", "few", None), ("notes", "whole", None), ("loyalty_points", "digits", None), ("row", "digits", None),
    ("C.P.", "zip", "postcode"), ("age", "age", None), ("TRANSACTION_DT", "us_day", None), ("charity_number", "digits", "registration"), ("company id", "digits", "identifier"),
    ("E-mail 1 - Label", "few", None), ("Фамилия", "word", "family"), ("Дата рождения", "day", "birth_date"), ("電話番号", "phone", "phone"),
    ("姓名", "whole", "full_name"), ("우편번호", "zip", "postcode"), ("namefrst", "word", "given"), ("last_residence", "word", "city"), ("arrival_date", "day", None),
    ("Practice Location Address", "street", "address"), ("Kod", "zip", "postcode"), ("UEI", "digits", "registration"), ("IncorporationDate", "day", None), ("HasOptedOutOfEmail", "few", None),
)  # fmt: skip


@pytest.mark.parametrize(("name", "texts", "kind"), CASES, ids=lambda each: str(each))
def test_a_name_says_what_its_column_is_compared_as(name: str, texts: str, kind: str | None) -> None:
    """Beside a column that tells nothing."""
    table = pl.DataFrame({name: TEXTS[texts], "status": TEXTS["few"]})
    found = {role.columns[0]: role.kind for role in roles(table).fields}
    assert found == ({name: kind} if kind else {})


@pytest.mark.parametrize(
    ("given", "family"), [("nome", "cognome"), ("nombre", "apellidos"), ("ad", "soyad"), ("prénom", "nom"), ("Vorname", "Name")]
)  # fmt: skip
def test_a_bare_name_is_the_part_that_is_missing(given: str, family: str) -> None:
    table = pl.DataFrame({family: TEXTS["word"], given: TEXTS["word"]})
    assert {role.columns[0]: role.kind for role in roles(table).fields} == {given: "given", family: "family"}


def test_what_texts_say_counts_for_more_than_a_name() -> None:
    """The dates of a `phone` are no numbers, and the e-mails of a `code` are e-mails."""
    table = pl.DataFrame({"phone": TEXTS["recent"], "code": TEXTS["mail"], "email": TEXTS["few"]})
    found = roles(table)
    assert [(role.field, role.kind) for role in found.fields] == [("code", "email")]
    assert dict(found.left_out)["phone"] == "named like a phone, and its values read otherwise"


def test_a_file_without_names_is_read_by_what_stands_in_it() -> None:
    """Names are told by the e-mails that are made from them."""
    chance = np.random.default_rng(5)
    given = [f"{'anbocidu'[i : i + 2]}{chr(97 + j)}" for i in range(0, 8, 2) for j in range(12)]
    family = [f"{name.lower()}{chr(97 + j)}" for name in NAMES for j in range(8)]
    n = 400
    first, last = chance.choice(given, n), chance.choice(family, n)
    table = pl.DataFrame(
        {
            "column_1": [str(7000 + i) for i in range(n)],
            "column_2": last,
            "column_3": first,
            "column_4": [f"{1 + i % 28:02}/{1 + i % 12:02}/{1940 + i % 60}" for i in range(n)],
            "column_5": [
                f"{i % 90 + 1} {NAMES[i % 10]} Street" if i % 3 else f"{i} Hill Road" for i in range(n)
            ],
            "column_6": [f"{a}.{b}@mail.example" for a, b in zip(first, last, strict=True)],
            "column_7": [f"2024-01-{1 + i % 28:02} 10:00:00" for i in range(n)],
        }
    )
    found = {role.field: role.kind for role in roles(table).fields}
    assert found == {
        "column_2": "family", "column_3": "given", "column_4": "birth_date", "column_5": "address", "column_6": "email",
    }  # fmt: skip


def test_parts_of_a_birth_date_are_found_in_other_languages() -> None:
    assert [part_of_birth(name) for name in ("GebTag", "mois_naissance", "ano nascimento", "by")] == [
        "day", "month", "year", "year",
    ]  # fmt: skip
    assert part_of_birth("birthday") is None


def test_an_internal_number_of_each_row_is_no_evidence_and_a_tax_number_that_repeats_is() -> None:
    every = [str(900 + i) for i in range(N)]
    table = pl.DataFrame(
        {"first name": TEXTS["word"], "customer id": every, "tax id": [*every[:-1], every[0]]}
    )
    assert [role.field for role in roles(table).fields] == ["first name", "tax id"]


def test_a_whole_address_gives_way_to_its_parts() -> None:
    whole = [f"{street}, {code}" for street, code in zip(TEXTS["street"], TEXTS["zip"], strict=True)]
    table = pl.DataFrame(
        {"Address 1 - Formatted": whole, "Address 1 - Street": TEXTS["street"], "Zip": TEXTS["zip"]}
    )
    found = roles(columns_of(table))
    assert [role.field for role in found.fields] == ["Address 1 - Street", "Zip"]
    assert found.left_out == (("Address 1 - Formatted", "its parts stand in other columns"),)


def test_the_people_to_ask_for_do_not_make_a_file_of_firms_one_of_people() -> None:
    contact = [text if i % 3 else None for i, text in enumerate(TEXTS["whole"])]
    table = pl.DataFrame({"VENDOR_NAME": TEXTS["firm"], "CONTACT": contact, "first_name": contact})
    kinds = {role.field: role.kind for role in roles(table).fields}
    assert kinds["VENDOR_NAME"] == "organisation"
    assert kinds["CONTACT"] == "contact"


def test_names_of_tickets_are_read() -> None:
    table = pl.DataFrame({"PAX_NAME": ["SMITH/ANNA MRS", "BOER/JAN MR", "LEE/MIN"]})
    texts, _ = match_texts(table, roles(table).fields)
    assert texts["PAX_NAME family"].to_list() == ["smith", "boer", "lee"]
    assert texts["PAX_NAME given"].to_list() == ["anna", "jan", "min"]


def test_a_second_given_name_is_no_family_name() -> None:
    """`parker` stands last nowhere, and few names have three words."""
    names = pl.DataFrame(
        {"given": ["john parker", "mary", "ann", "sue"], "family": ["smith", "gil", "gil", "smith"]}
    )
    assert with_both_family_names(names).equals(names)


def test_what_a_name_says_of_whom() -> None:
    assert said_by("conseiller").of_staff == {"conseiller"}
    assert said_by("last_order_id").is_of_something_else
    assert said_by("Filiale").of_place == {"filiale"}
    assert said_by("Unnamed: 3").is_nothing
    assert said_by("county_id").roles == ()


def _roles_of(**texts: str) -> dict[str, str]:
    """Of a file with these columns (`__` is a blank in a name), what each is compared as."""
    table = pl.DataFrame({name.replace("__", " "): TEXTS[kind] for name, kind in texts.items()})
    return {name: role.kind for role in roles(table).fields for name in role.columns}


def test_the_day_a_row_was_entered_makes_no_file_of_people() -> None:
    """Days that lie sixty years apart, and are no birthdays by their name."""
    found = _roles_of(charity_name="firm", date_of_filing="day", contact_web="host")
    assert found == {"charity_name": "organisation", "contact_web": "website"}


def test_the_day_on_which_a_firm_began_is_evidence_of_firms_only() -> None:
    assert _roles_of(CompanyName="firm", IncorporationDate="day")["IncorporationDate"] == "founded"
    assert "founded" not in _roles_of(first_name="word", last_name="word", founded="day")


def test_an_age_is_evidence_where_no_birth_date_is() -> None:
    assert _roles_of(first_name="word", last_name="word", age="age")["age"] == "age"
    assert "age" not in _roles_of(first_name="word", last_name="word", age="age", dob="day")
    assert "age" not in _roles_of(company="firm", age="age")


def test_where_a_person_works_is_evidence() -> None:
    found = _roles_of(Author="whole", Affiliation="firm", Employer="firm")
    assert found == {"Author": "full_name", "Affiliation": "workplace", "Employer": "workplace"}
    assert _roles_of(employer="firm", city="word")["employer"] == "organisation"


def test_the_rows_of_a_file_of_providers_are_these() -> None:
    """Else a provider, a head teacher or a spouse is somebody beside the one of the row."""
    found = _roles_of(provider_name="whole", provider__type="digits", provider_id="digits", city="word")
    assert found == {"provider_name": "full_name", "provider_id": "identifier", "city": "city"}
    found = _roles_of(hospital_name="firm", provider_id="digits", hospital_ownership="few")
    assert found == {
        "hospital_name": "organisation",
        "provider_id": "registration",
        "hospital_ownership": "category",
    }
    assert set(_roles_of(EstablishmentName="firm", HeadFirstName="word", HeadLastName="word")) == {
        "EstablishmentName"
    }
    assert set(_roles_of(first_name="word", last_name="word", provider_name="whole")) == {
        "first_name",
        "last_name",
    }


def test_names_are_found_under_a_word_that_nobody_knows() -> None:
    assert _roles_of(zeugnisnehmer="whole", stadt="word")["zeugnisnehmer"] == "full_name"
    assert _roles_of(SDN_Name="whole", DOB="day") == {"SDN_Name": "full_name", "DOB": "birth_date"}
    assert "Title" not in _roles_of(Title="whole", stadt="word")


def test_the_name_of_a_mother_is_no_part_of_a_name() -> None:
    assert (
        _roles_of(first_name="word", last_name="word", mother_first_name="word")["mother_first_name"]
        == "category"
    )


def test_an_address_for_letters_that_is_mostly_the_one_of_the_house_is_no_evidence_twice() -> None:
    other = [text if i % 2 else f"{NAMES[-i % 10]} Square {i + 90}" for i, text in enumerate(TEXTS["street"])]
    table = pl.DataFrame(
        {
            "firm": TEXTS["firm"],
            "Legal Address": TEXTS["street"],
            "HQ Address": other,
            "Legal Zip": TEXTS["zip"],
        }
    )
    found = roles(table)
    assert [role.field for role in found.fields] == ["firm", "Legal Address", "Legal Zip"]
    apart = table.with_columns(pl.col("HQ Address").reverse())
    assert [role.field for role in roles(apart).fields] == [
        "firm",
        "Legal Address",
        "HQ Address",
        "Legal Zip",
    ]


def test_firms_are_compared_without_what_writers_do_differently() -> None:
    pairs = (
        ("Acme Trading Limited", "ACME Trading L.T.D."), ("St. Mary's Med. Ctr.", "Saint Marys Medical Centre, Inc."),
        ("Smith & Sons LLC", "Smith and Sons"), ("Cargo S.p.A.", "CARGO SPA"), ("Công ty TNHH An Phát", "An Phat"),
    )  # fmt: skip
    table = pl.DataFrame({"company": [text for pair in pairs for text in pair]})
    texts, kinds = match_texts(table, roles(table).fields)
    assert kinds == (("company", "organisation"),)
    assert texts["company"].to_list()[:8:2] == texts["company"].to_list()[1:8:2]


def test_numbers_that_a_spreadsheet_touched_are_whole_again() -> None:
    table = pl.DataFrame(
        {
            "zip": ["07030", "7030", "70301.0", "60601-1234", "606011234"],
            "member no": ["0042", "42.0", "42", "42", "8"],
        }
    )
    texts, _ = match_texts(table, roles(table).fields)
    assert texts["zip"].to_list() == ["07030", "07030", "70301", "60601", "60601"]
    assert texts["member no"].to_list() == ["42", "42", "42", "42", "8"]


def test_an_officer_is_not_the_firm_and_who_gets_a_parcel_not_who_pays() -> None:
    found = _roles_of(
        provider_organization_name="firm",
        authorized_official_last_name="word",
        authorized_official_first_name="word",
    )
    assert found == {"provider_organization_name": "organisation"}
    found = _roles_of(
        billing_first_name="word",
        billing_last_name="word",
        shipping_first_name="word",
        shipping_last_name="word",
    )
    assert found == {"billing_first_name": "given", "billing_last_name": "family"}


def test_years_of_birth_are_as_near_as_ages() -> None:
    years = [str(1780 + i) for i in range(N)]
    table = pl.DataFrame({"given": TEXTS["word"], "family": TEXTS["word"], "birth_year": years})
    found = roles(table)
    assert [role.kind for role in found.fields] == ["given", "family", "age"]
    texts, _ = match_texts(table, found.fields)
    assert texts["birth_year"].to_list() == years


def test_a_building_of_numbers_is_that_of_a_street_and_a_former_name_no_name() -> None:
    found = _roles_of(dba="firm", building="age", street="word", former_name="firm")
    assert found["building"] == "house_number"
    assert found["former_name"] == "category"


def test_a_name_that_is_preferred_stands_in_for_a_missing_one() -> None:
    assert _roles_of(preferred_name="word", last_name="word")["preferred_name"] == "given"
    assert "preferred_name" not in _roles_of(first_name="word", preferred_name="word", last_name="word")


def test_a_day_that_rows_of_one_firm_do_not_share_is_that_of_an_entry() -> None:
    firms = [f"{NAMES[i // 4 % 10]} {i // 4}" for i in range(200)]
    began, entered = (
        [f"{1950 + i % 60}-03-{1 + i % 28:02}" for i in days]
        for days in ([k // 4 for k in range(200)], range(200))
    )
    table = pl.DataFrame({"company": firms, "registration_date": began, "date_registered": entered})
    assert {role.field: role.kind for role in roles(table).fields} == {
        "company": "organisation",
        "registration_date": "founded",
    }
