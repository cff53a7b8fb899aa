"""
E-mail addresses: trimmed, local part in lower case, domain in ASCII.

Syntax is judged by `email-validator`; plain ASCII addresses are recognised by one expression that accepts
less than the library does. Dots and tags are kept: dropping them is for comparing (`match_key`) only.
"""

from __future__ import annotations

import re
import unicodedata
import warnings
from typing import ClassVar, Final

import polars as pl

from cdptool.fields.base import (
    INVALID,
    PLACEHOLDER,
    STANDS_FOR_NOTHING,
    VALID,
    FieldOptions,
    FieldType,
    Judgement,
    gathered,
)
from cdptool.fields.folding import is_ascii, replaced

_PLAIN: Final = r"^[a-z0-9_+-]+(?:\.[a-z0-9_+-]+)*@(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}$"
# Most addresses of people, by one cheap look: none of them can be reserved or stand for nobody.
_USUAL: Final = (
    r"^(?:[a-z]{3,}(?:[._][a-z0-9]+)+|[a-z]+[0-9]+)@(?:[a-z0-9]+(?:-[a-z0-9]+)*\.)+(?:[a-z]{2,3}|info)$"
)
_LONGEST_PLAIN: Final = 64  # so that neither a label nor the local part can be too long
# Mailboxes that tills and call centres type where they have no address. `test` and the like only count at a
# domain that is made up too: a test@ mailbox of a real firm is a mailbox.
_NOBODY: Final = (
    "noreply",
    "no-reply",
    "no.reply",
    "donotreply",
    "do-not-reply",
    "none",
    "noemail",
    "no-email",
    "nomail",
)
_MADE_UP: Final = (
    "test",
    "a",
    "aa",
    "aaa",
    "abc",
    "asd",
    "asdf",
    "x",
    "xx",
    "xxx",
    "email",
    "mail",
    "no",
    "na",
    "null",
    "fake",
    "user",
    "example",
    "guest",
    "khachle",
    "123",
)
_MADE_UP_DOMAINS: Final = (
    "test.com",
    "test.vn",
    "a.com",
    "aa.com",
    "aaa.com",
    "abc.com",
    "asd.com",
    "asdf.com",
    "x.com",
    "xx.com",
    "xxx.com",
    "email.com",
    "mail.com",
    "no.com",
    "na.com",
    "none.com",
    "null.com",
    "fake.com",
    "example.com",
    "example.org",
    "example.net",
    "domain.com",
    "123.com",
    "noemail.com",
    "nomail.com",
)
# What the plain expression must not decide: punycode, reserved domains, and anything that may be a placeholder.
_RESERVED: Final = r"--|\.(?:arpa|invalid|local|localhost|onion|test)$"
_NOBODY_AT: Final = r"^(?:" + "|".join(name.replace(".", r"\.") for name in (*_NOBODY, *_MADE_UP)) + ")@"
# As mail programs write it: a name, and the address in angle brackets.
_WITH_NAME: Final = re.compile(r'^(?:"[^"<>]*"|[^"<>@]*)\s*<\s*([^<>\s]+)\s*>$')
# Invisible characters go, full-width letters become ASCII; the full-width at-sign stays what it is.
_LETTERS: Final = dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff")) | {
    wide: wide - 0xFEE0 for wide in range(0xFF01, 0xFF5F) if wide != 0xFF20
}


class Email(FieldType):
    """An e-mail address. Role accounts (`info@`) are addresses like others; of `Ann Lee <ann@…>` the address is taken."""

    name: ClassVar = "email"
    dtype: ClassVar = pl.String()
    is_personal: ClassVar = True
    is_dear: ClassVar = True

    def quick(self, texts: pl.Series, _options: FieldOptions, /) -> pl.Series:
        is_usual = _is_short(texts) & texts.str.contains(_USUAL)
        if is_usual.all(ignore_nulls=False):  # nothing to copy
            return texts
        rows = (~is_usual).arg_true()
        lower = texts.gather(rows).str.to_lowercase()
        return replaced(texts, rows, lower.set(~_is_plain(lower), None))

    def judge(self, texts: pl.Series, _options: FieldOptions, /) -> Judgement:
        return gathered([judge_address(text) for text in texts])

    def match_key(self, values: pl.Expr) -> pl.Expr:
        """
        One mailbox, one key: lower case; at Gmail without dots and tag, googlemail.com as gmail.com.

        >>> pl.select(Email().match_key(pl.lit("Jane.Doe+VIP@GoogleMail.com"))).item()
        'janedoe@gmail.com'
        """
        return values.map_batches(_mailboxes, return_dtype=pl.String, is_elementwise=True)

    def mask(self, value: str) -> str:
        local, _, domain = value.rpartition("@")
        return f"{local[:1]}•••@{domain[:1]}•••.{domain.rpartition('.')[2]}"


def _is_plain(texts: pl.Series) -> pl.Series:
    is_plain = _is_short(texts) & texts.str.contains(_PLAIN)
    return is_plain & ~texts.str.contains(_RESERVED) & ~texts.str.contains(_NOBODY_AT)


def _is_short(texts: pl.Series) -> pl.Series:
    return texts.str.len_bytes() <= _LONGEST_PLAIN


def _mailboxes(addresses: pl.Series) -> pl.Series:
    lower = addresses.str.to_lowercase()
    if not is_ascii(lower):
        lower = lower.str.normalize("NFC").str.to_lowercase().str.normalize("NFC")
    at_gmail = lower.str.ends_with("@gmail.com") | lower.str.ends_with("@googlemail.com")
    rows = at_gmail.fill_null(False).arg_true()
    local = lower.gather(rows).str.replace(r"@.*$", "").str.replace(r"\+.*$", "")
    return replaced(lower, rows, local.str.replace_all(".", "", literal=True) + "@gmail.com")


def judge_address(text: str) -> tuple[str | None, str, str | None]:
    """
    One address: (canonical or None, verdict, reason or None). The reason never holds the address.

    >>> judge_address("Ann@Bücher.de")
    ('ann@xn--bcher-kva.de', 'valid', None)
    >>> judge_address('"Ann Lee" <Ann@example.org>')[0]
    'ann@example.org'
    """
    from email_validator import EmailNotValidError, validate_email

    text = _WITH_NAME.sub(r"\1", text.translate(_LETTERS))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            checked = validate_email(text, check_deliverability=False)
    except EmailNotValidError as error:
        return None, INVALID, _reason(str(error))
    except (ValueError, IndexError):
        return None, INVALID, "not an e-mail address"
    local = unicodedata.normalize("NFC", checked.local_part.lower())
    domain = checked.ascii_domain.lower()
    if local in _NOBODY or (local in _MADE_UP and domain in _MADE_UP_DOMAINS):
        return None, PLACEHOLDER, STANDS_FOR_NOTHING
    return f"{local}@{domain}", VALID, None


def _reason(message: str) -> str:
    """The library's complaint in few words: its own sentence may quote letters of the address."""
    for sign, reason in (
        ("must have an @-sign", "no @-sign"),
        ("at-sign", "no @-sign"),
        ("should have a period", "no period in the domain"),
        ("special-use", "a reserved domain"),
        ("too long", "too long"),
        ("too many", "too long"),
        ("two periods", "two periods in a row"),
        ("something before", "nothing before the @-sign"),
        ("something after", "nothing after the @-sign"),
        ("before the @-sign", "letters that are not allowed before the @-sign"),
        ("after the @-sign", "a domain that is not valid"),
    ):
        if sign.lower() in message.lower():
            return reason
    return "not an e-mail address"
