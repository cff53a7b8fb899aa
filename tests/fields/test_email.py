from __future__ import annotations

import json
import random
import warnings

import pytest
from email_validator import EmailNotValidError, validate_email

from cdptool.fields.email import judge_address
from tests.fields.reading import keys, read
from tests.shared import shared_data

_TRIMMED = "space and line ends around an address are trimmed, not judged"
_COMPOSED = "composed (NFC) before it is judged; the library judges the parts first"
# Where we and the stated (or the library's) verdict differ, case by case.
DISAGREEMENTS: dict[str, str] = {
    **dict.fromkeys(
        (
            *(
                "my@example.com\n",
                "\nmy@example.com",
                "test@iana.org\n",
                "test@iana.org\r",
                "\rtest@iana.org",
            ),
            *("\r\n test@iana.org", "\r\n \r\n test@iana.org", "\ntest@iana.org", "\r\ntest@iana.org"),
            *(
                "\r\n \r\ntest@iana.org",
                " \r\ntest@iana.org",
                " \r\n test@iana.org",
                " \r\n \r\ntest@iana.org",
            ),
            *(" \r\n\r\ntest@iana.org", " \r\n\r\n test@iana.org", "test@iana.org\r\n ", "test@iana.org\r\n"),
            *(
                "test@iana.org\r\n \r\n ",
                "test@iana.org\r\n \r\n",
                "test@iana.org \r\n",
                "test@iana.org \r\n ",
            ),
            *("test@iana.org \r\n \r\n", "test@iana.org \r\n\r\n", "test@iana.org \r\n\r\n "),
            *(" test@iana.org", "test@iana.org "),
        ),
        _TRIMMED,
    ),
    "<\u0338me@example.com": _COMPOSED,
    "\u202dforward-\u202ereversed@example.com": "marks of writing direction are dropped",
    "test@\u202dforward-\u202ereversed.com": "marks of writing direction are dropped",
    "test@123.com": "a made-up mailbox at a made-up domain is a placeholder",
}
# Stated as invalid, but the library takes it unless asked to be strict.
ONLY_STRICT = "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghiklmn@iana.org"


def is_disagreement(text: str) -> bool:
    if text.endswith(">"):  # `Ann Lee <ann@…>`: we take the address out of what mail programs write
        return True
    return text in DISAGREEMENTS or ("s\u0323\u0307" in text and len(text) > 250)  # shorter once composed


def stated_cases() -> list[tuple[str, bool]]:
    """(address, valid?) as the file states for default options; cases of other options are left out."""
    cases = []
    for line in shared_data("vectors/email_validator_cases.jsonl").read_text("utf-8").splitlines():
        case = json.loads(line)
        test, text = case["test"], case.get("email_input")
        if test in ("test_email_invalid_syntax_strict", "test_email_invalid_character_smtputf8_off"):
            continue
        if test == "test_email_unsafe_character":
            if "\ud800" not in case["s"]:  # half a character: no UTF-8 file can hold it
                cases += [(f"{case['s']}@example.com", False), (f"test@{case['s']}.com", False)]
        elif test in ("test_email_valid", "test_email_valid_intl_local_part"):
            # Quoted local parts and display names are valid only where asked for.
            cases.append((text, '"' not in text and "<" not in text))
        elif test == "test_pyisemail_tests":
            cases.append((text, case["status"] == "ISEMAIL_VALID" or text == ONLY_STRICT))
        else:
            cases.append((text, False))
    return cases


def library_accepts(text: str) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            validate_email(text, check_deliverability=False)
        except EmailNotValidError:
            return False
        return True


@pytest.mark.shared
def test_stated_cases_read_as_stated_or_are_listed() -> None:
    cases = stated_cases()
    found = read("email", [text for text, _ in cases])
    differing = [
        t for (t, valid), (_, verdict) in zip(cases, found, strict=True) if (verdict == "valid") != valid
    ]
    assert len(cases) >= 290
    assert {text for text in differing if not is_disagreement(text)} == set()
    assert set(DISAGREEMENTS) <= set(differing)


@pytest.mark.shared
def test_we_and_the_library_differ_only_where_listed() -> None:
    texts = [text for text, _ in stated_cases()]
    found = read("email", texts)
    differing = {
        t for t, (_, verdict) in zip(texts, found, strict=True) if (verdict == "valid") != library_accepts(t)
    }
    assert {text for text in differing if not is_disagreement(text)} == set()


def test_addresses_are_trimmed_lowered_and_encoded() -> None:
    cases = {
        " Ann.Lee+x@GMAIL.com ": "ann.lee+x@gmail.com",
        "x\u200b@gmail.com": "x@gmail.com",
        "ann@Bücher.de": "ann@xn--bcher-kva.de",
        "ann@xn--mller-kva.de": "ann@xn--mller-kva.de",
        "ｕｓｅｒ@ｇｍａｉｌ.com": "user@gmail.com",
        "INFO@acme.vn": "info@acme.vn",
        "john@example.com": "john@example.com",
        "test@acme.vn": "test@acme.vn",
        '"Lee, Ann" <Ann@acme.vn>': "ann@acme.vn",
        "Ann Lee<ann@acme.vn>": "ann@acme.vn",
    }
    assert read("email", list(cases)) == [(value, "valid") for value in cases.values()]


def test_invented_addresses_are_placeholders() -> None:
    texts = ["test@test.com", "noreply@shop.vn", "none@x.vn", "A@A.com", "no@email.com", "TEST@Example.com"]
    assert read("email", list(texts)) == [(None, "placeholder")] * len(texts)


def test_broken_addresses_are_invalid() -> None:
    texts = [
        "a..b@gmail.com",
        "a b@gmail.com",
        "a@b",
        "a@gmail",
        "@x.com",
        "x@",
        "a@b.local",
        "a.@b.com",
        "a@b@c.com",
        "Ann <ann@acme>",
        "<ann@acme.vn> Lee",
        "lee@acme.vn <ann@acme.vn>",
    ]
    assert read("email", list(texts)) == [(None, "invalid")] * len(texts)


def test_the_plain_expression_agrees_with_the_library_on_random_addresses() -> None:
    seed = 20240301
    rng = random.Random(seed)
    pieces = [
        "a",
        "B",
        "ann",
        "x1",
        ".",
        "-",
        "_",
        "+",
        "--",
        "..",
        "@",
        "gmail",
        "com",
        "vn",
        "local",
        "test",
        "9",
    ]
    texts = ["".join(rng.choices(pieces, k=rng.randint(3, 9))) for _ in range(1_500)]
    texts += [f"{t.replace('@', '')}@{rng.choice(pieces)}.{rng.choice(pieces)}" for t in texts]
    for text, (value, verdict) in zip(texts, read("email", list(texts)), strict=True):
        assert (value, verdict) == judge_address(text)[:2], f"seed {seed}"


def test_reasons_hold_no_part_of_the_address() -> None:
    for text in (
        "we^ird\u0001name@secret.com",
        "a,b@secret.com",
        "secret",
        "secret@-x.com",
        "x@secret.local",
    ):
        reason = judge_address(text)[2]
        assert reason and "secret" not in reason and "weird" not in reason


def test_match_key_is_one_per_mailbox() -> None:
    same = ["jane.doe+vip@googlemail.com", "janedoe@gmail.com", "J.A.N.E.doe@gmail.com"]
    assert keys("email", same) == ["janedoe@gmail.com"] * 3
    assert keys("email", ["a.b+c@shop.vn", "a.b@gmail.com.vn", None]) == [
        "a.b+c@shop.vn",
        "a.b@gmail.com.vn",
        None,
    ]
