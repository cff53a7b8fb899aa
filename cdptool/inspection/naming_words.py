"""
What the name of a column says about what is in it, in the words that exports use.

English, Vietnamese and a few other languages, without accents. A name is a hint and never a proof: the texts
must agree (`guess`).
"""

from __future__ import annotations

import re
from typing import Final

from cdptool.fields.folding import fold_text

_CASE: Final = re.compile(
    r"(?<=[^\W\d_])(?=\d)|(?<=\d)(?=[^\W\d_])|(?<=[a-zà-ỹ0-9])(?=[A-ZĐ])|(?<=[A-Z])(?=[A-Z][a-z])"
)

# Names that other words in them make harmless: what is left of the column says nothing of these types.
_BUT: Final[dict[str, tuple[str, ...]]] = {
    "address": (
        "email address",
        "ip address",
        "mac address",
        "web address",
        "address id",
        "email",
        "mail",
        "url",
    ),
    "phone": ("phone id", "phone type", "phone country", "phone verified"),
    "person_name": (
        *(
            "product name",
            "company name",
            "campaign name",
            "event name",
            "file name",
            "user name",
            "username",
        ),
        *("domain name", "ten san pham", "ten hang", "ten cua hang", "store name", "list name", "name id"),
    ),
    "money": (
        *(
            "rate",
            "ratio",
            "percent",
            "percentage",
            "pct",
            "count",
            "items",
            "orders",
            "currency",
            "quantity",
            "qty",
        ),
        *(
            "number",
            "type",
            "id",
            "opens",
            "clicks",
            "sends",
            "recipients",
            "name",
            "code",
            "units",
            "points",
            "method",
        ),
        *("ty le", "so luong", "seconds", "minutes", "hours", "days", "ms", "duration", "title", "status"),
        *("weight", "emails", "users", "visits", "sessions", "views", "messages", "contacts", "members"),
    ),
    "country": ("country id", "country calling code", "country phone code", "country prefix"),
    "identifier": ("number of", "no of", "so luong", "so lan", "so nguoi", "id type"),
    "gender": ("title id",),
}
# Types and the words that speak of them. A phrase is whole words.
_WORDS: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    (
        "email",
        ("email", "e mail", "mail", "emails", "emailaddress", "courriel", "correo", "thu dien tu", "hom thu"),
    ),
    (
        "phone",
        (
            *(
                "phone",
                "phones",
                "mobile",
                "mobilephone",
                "phonenumber",
                "tel",
                "telephone",
                "cell",
                "cellphone",
            ),
            *(
                "msisdn",
                "sdt",
                "dien thoai",
                "dienthoai",
                "so dt",
                "di dong",
                "didong",
                "handy",
                "telefon",
                "hotline",
            ),
            *("telefono", "telefone", "celular", "movil", "portable", "gsm", "whatsapp", "zalo", "fax", "dt"),
        ),
    ),
    (
        "person_name",
        (
            *("full name", "fullname", "first name", "firstname", "last name", "lastname", "fname", "lname"),
            *(
                "given name",
                "givenname",
                "family name",
                "familyname",
                "surname",
                "middle name",
                "forename",
                "first",
            ),
            *(
                "customer name",
                "contact name",
                "client name",
                "person name",
                "display name",
                "recipient name",
            ),
            *(
                "ho ten",
                "hoten",
                "ho va ten",
                "ten khach hang",
                "ten kh",
                "tenkh",
                "ten dem",
                "khach hang",
                "khach",
            ),
            *(
                "vorname",
                "nachname",
                "nom",
                "prenom",
                "nombre",
                "apellido",
                "apellidos",
                "sobrenome",
                "cognome",
            ),
            *("billing name", "shipping name", "owner name", "nguoi nhan", "nguoi mua", "cardholder", "last"),
        ),
    ),
    (
        "gender",
        (
            "gender",
            "sex",
            "gioi tinh",
            "gioitinh",
            "phai",
            "geschlecht",
            "sexe",
            "sexo",
            "anrede",
            "salutation",
        ),
    ),
    (
        "country",
        ("country", "countrycode", "quoc gia", "quocgia", "pays", "pais", "land", "nation", "nationality"),
    ),
    (
        "postcode",
        (
            *("zip", "zipcode", "postcode", "postalcode", "postal", "post code", "plz", "cp", "ma buu chinh"),
            *("ma buu dien", "buu chinh", "mabuuchinh", "postleitzahl", "cap", "cep"),
        ),
    ),
    (
        "address",
        (
            *(
                "address",
                "addr",
                "street",
                "dia chi",
                "diachi",
                "adresse",
                "direccion",
                "strasse",
                "indirizzo",
            ),
            *("address1", "address2", "endereco", "rue"),
        ),
    ),
    (
        "date",
        (
            *(
                "dob",
                "birth",
                "birthday",
                "birthdate",
                "birth date",
                "date of birth",
                "ngay sinh",
                "ngaysinh",
            ),
            *("date", "day", "ngay", "datum", "fecha", "data", "jour", "geburtsdatum", "on"),
        ),
    ),
    (
        "datetime",
        (
            *(
                "at",
                "ts",
                "time",
                "timestamp",
                "datetime",
                "created",
                "updated",
                "modified",
                "synced",
                "when",
            ),
            *(
                "thoi gian",
                "thoigian",
                "gio",
                "luc",
                "ngay tao",
                "ngay cap nhat",
                "zeit",
                "hora",
                "heure",
                "occurred",
            ),
        ),
    ),
    (
        "boolean",
        (
            *(
                "is",
                "has",
                "flag",
                "consent",
                "opt in",
                "optin",
                "opt out",
                "optout",
                "subscribed",
                "active",
                "accepts",
            ),
            *(
                "enabled",
                "allow",
                "allowed",
                "deleted",
                "archived",
                "verified",
                "dong y",
                "hidden",
                "exempt",
                "can",
            ),
            *(
                "marketing",
                "taxable",
                "default",
                "unsubscribed",
                "bounced",
                "opened",
                "clicked",
                "newsletter",
            ),
        ),
    ),
    (
        "money",
        (
            *(
                "amount",
                "price",
                "total",
                "revenue",
                "cost",
                "subtotal",
                "tax",
                "fee",
                "discount",
                "spend",
                "spent",
            ),
            *(
                "paid",
                "budget",
                "gmv",
                "ltv",
                "salary",
                "income",
                "thanh tien",
                "thanhtien",
                "gia",
                "don gia",
                "dongia",
            ),
            *(
                "so tien",
                "sotien",
                "tien",
                "doanh thu",
                "tong tien",
                "chi phi",
                "montant",
                "prix",
                "betrag",
                "preis",
            ),
            *(
                "umsatz",
                "importe",
                "precio",
                "valor",
                "refund",
                "payment",
                "sales",
                "turnover",
                "profit",
                "margin",
            ),
            *("price now", "unitprice", "totalprice", "shipping"),
        ),
    ),
    (
        "identifier",
        (
            *(
                "id",
                "ids",
                "uuid",
                "guid",
                "sku",
                "code",
                "key",
                "token",
                "no",
                "nr",
                "number",
                "num",
                "ean",
                "upc",
            ),
            *(
                "barcode",
                "isbn",
                "ref",
                "reference",
                "hash",
                "ma",
                "so",
                "makh",
                "ma kh",
                "sothe",
                "so hd",
                "mahd",
            ),
            *(
                "customerid",
                "userid",
                "orderid",
                "invoiceno",
                "invoice",
                "stockcode",
                "handle",
                "card",
                "the",
            ),
            *("account", "voucher", "codigo", "numero", "nummer", "kundennummer"),
        ),
    ),
)
_ID_ENDS: Final = re.compile(r"(?:^|[a-z])(?:uuid|guid|sku)$|[a-z]{3,}id$")
_NOT_IDS: Final = (
    "paid",
    "valid",
    "void",
    "grid",
    "avoid",
    "bid",
    "rapid",
    "aid",
    "said",
    "mid",
    "kid",
    "covid",
    "android",
)
_AMOUNTS: Final = ("price", "amount", "cost", "revenue", "tien", "gia")  # at the end: whatever else is said
_TIME_ENDS: Final = re.compile(r"[a-z]{3,}(?:date|datetime|timestamp)$")


def words(name: str) -> str:
    """
    The words of a column's name: split at capitals, signs and digits; folded.

    >>> words("NgàySinh"), words("customerID2"), words("E-mail_address")
    ('ngay sinh', 'customer id 2', 'e mail address')
    """
    return fold_text(_CASE.sub(" ", name.replace("_", " ")))


def hinted_types(name: str) -> tuple[str, ...]:
    """
    The field types that the name of a column speaks of, in the order in which they are tried.

    >>> hinted_types("Điện thoại"), hinted_types("email_campaign_id"), hinted_types("ip_address")
    (('phone',), ('email', 'identifier'), ())
    """
    spaced = f" {words(name)} "
    found = [
        kind
        for kind, phrases in _WORDS
        if any(f" {phrase} " in spaced for phrase in phrases)
        and not any(f" {phrase} " in spaced for phrase in _BUT.get(kind, ()))
    ]
    last = spaced.rsplit(None, 1)[-1] if spaced.strip() else ""
    if "money" not in found and last in _AMOUNTS:
        found.append("money")
    if "identifier" not in found and _ID_ENDS.search(last) and last not in _NOT_IDS:
        found.append("identifier")
    if not {"date", "datetime"} & set(found) and _TIME_ENDS.search(last):
        found.append("datetime")
    return tuple(found)


def says_birth(name: str) -> bool:
    """Whether the name speaks of somebody's birthday."""
    spaced = f" {words(name)} "
    return any(
        f" {phrase} " in spaced
        for phrase in (
            "dob",
            "birth",
            "birthday",
            "birthdate",
            "ngay sinh",
            "ngaysinh",
            "geburtsdatum",
            "naissance",
        )
    )
