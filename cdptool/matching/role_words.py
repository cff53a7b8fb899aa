"""
The words in column names that say what part a column plays: English, Vietnamese and the neighbours of both.

Folded, whole words; the first role with a phrase in a name is asked first.
"""

from typing import Final

# What people type where they know nothing, in any field; folded.
NOTHING: Final = (
    *(
        "unknown",
        "not known",
        "not given",
        "none",
        "na",
        "n a",
        "null",
        "nil",
        "xxx",
        "xx",
        "x",
        "test",
        "tester",
        "dummy",
    ),
    *(
        "guest",
        "customer",
        "anonymous",
        "no name",
        "noname",
        "no address",
        "default",
        "tbd",
        "various",
        "walk in",
        "missing",
    ),
    *(
        "walk in customer",
        "guest customer",
        "unbekannt",
        "inconnu",
        "desconocido",
        "khach",
        "khach le",
        "khach hang",
    ),
    *("khong", "khong co", "khong ro", "khong biet", "chua co", "chua ro", "vang lai", "khach vang lai"),
)
NOBODYS_MAIL: Final = r"^(?:test|tester|none|no|noemail|nomail|noreply|no-reply|unknown|na|null|khongco|khong|abc|xxx|email|mail)@"

# Names that are short enough to mean this only where nothing else stands in them.
ALONE: Final = {"number": "house_number", "no": "house_number", "nr": "house_number", "mi": "middle"}
# Role → phrases of a name (folded, whole words); the longest phrase is asked first.
PHRASES: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    ("email", ("email", "e mail", "mail", "thu dien tu", "correo", "courriel")),
    (
        "phone",
        (
            *("phone", "telephone", "tel", "mobile", "cell", "cellphone", "msisdn", "fax", "sdt", "dt"),
            *("dien thoai", "dienthoai", "di dong", "telefon", "handy", "telefono", "whatsapp", "zalo"),
        ),
    ),
    (
        "given",
        (
            "first name",
            "firstname",
            "given name",
            "givenname",
            "given",
            "forename",
            "fname",
            "first",
            "vorname",
            "prenom",
        ),
    ),
    ("given", ("christian name", "nombre", "ten goi", "ten")),
    ("middle", ("middle name", "middlename", "middle", "mname", "middle initial", "ten dem", "ten lot")),
    (
        "family",
        (
            *("last name", "lastname", "surname", "family name", "familyname", "family", "lname", "last"),
            *("nachname", "apellido", "apellidos", "nom", "nom de famille", "cognome", "ho"),
        ),
    ),
    (
        "full_name",
        (
            *(
                "full name",
                "fullname",
                "ho ten",
                "hoten",
                "ho va ten",
                "customer name",
                "person name",
            ),
            *(
                "member name",
                "patient name",
                "employee name",
                "cardholder",
                "ten khach hang",
                "ten kh",
                "khach hang",
            ),
        ),
    ),
    (
        "contact",
        (
            *(
                "contact",
                "contact name",
                "contact person",
                "main contact",
                "owner name",
                "director",
                "ceo",
                "principal",
            ),
            *("ansprechpartner", "interlocuteur", "contacto", "nguoi lien he", "nguoi dai dien", "giam doc"),
        ),
    ),
    (
        "website",
        (
            "website",
            "web site",
            "web",
            "url",
            "homepage",
            "web page",
            "domain",
            "www",
            "trang web",
            "sitio web",
        ),
    ),
    (
        "organisation",
        (
            *(
                "company",
                "company name",
                "organisation",
                "organization",
                "org",
                "business",
                "firm",
                "site name",
                "site",
            ),
            *(
                "shop name",
                "store name",
                "restaurant",
                "venue",
                "vendor",
                "supplier",
                "merchant",
                "account name",
            ),
            *(
                "cong ty",
                "ten cong ty",
                "doanh nghiep",
                "legal name",
                "trading name",
                "facility",
                "school",
                "hospital",
            ),
        ),
    ),
    (
        "house_number",
        ("street number", "house number", "house no", "street no", "so nha", "hausnummer", "building number"),
    ),
    ("place", ("birth place", "birthplace", "place of birth", "noi sinh", "born in")),
    (
        "postcode",
        (
            "postcode",
            "post code",
            "zip",
            "zip code",
            "zipcode",
            "postal code",
            "postal",
            "plz",
            "ma buu",
            "cep",
        ),
    ),
    ("state", ("state", "region", "county", "bang", "bundesland", "departement")),
    (
        "city",
        (
            *(
                "city",
                "town",
                "suburb",
                "village",
                "municipality",
                "district",
                "ward",
                "commune",
                "province",
                "locality",
            ),
            *(
                "tinh",
                "thanh pho",
                "tinh thanh",
                "quan",
                "huyen",
                "phuong",
                "xa",
                "ort",
                "stadt",
                "ville",
                "ciudad",
            ),
        ),
    ),
    (
        "address",
        (
            "address",
            "addr",
            "address 1",
            "address 2",
            "street",
            "dia chi",
            "diachi",
            "adresse",
            "strasse",
            "direccion",
            "line 1",
        ),
    ),
    (
        "identifier",
        (
            *(
                "ssn",
                "soc sec id",
                "social security",
                "national id",
                "passport",
                "tax id",
                "vat",
                "vat id",
                "nif",
                "cccd",
            ),
            *(
                "cmnd",
                "identity card",
                "license",
                "licence",
                "drivers license",
                "card number",
                "loyalty card",
                "member no",
            ),
            *(
                "customer id",
                "customer no",
                "customer number",
                "ma kh",
                "ma so thue",
                "duns",
                "registration number",
                "iban",
            ),
        ),
    ),
    (
        "category",
        (
            *(
                "gender",
                "sex",
                "gioi tinh",
                "occupation",
                "job",
                "profession",
                "nationality",
                "country",
                "quoc gia",
            ),
            *(
                "cuisine",
                "industry",
                "sector",
                "type",
                "category",
                "nghe nghiep",
                "religion",
                "ethnicity",
                "race",
            ),
        ),
    ),
    ("name", ("name", "names")),
)
NOT_A_PLACE: Final = ("ip", "mac", "web", "url", "email", "host", "wallet")
FIRM_WORDS: Final = (
    r"\b(?:inc|llc|ltd|limited|corp|co|company|gmbh|ag|plc|bv|sarl|sa|srl|cty|cong ty|tnhh|restaurant|cafe|grill|bar|hotel|inn"
    r"|school|center|centre|church|clinic|hospital|shop|store|market|services?|group|association|club|agency|bank|systems?"
    r"|solutions?|the|of|and|kitchen|house|bistro|deli|pizza|foundation|university|college|academy|studio|partners)\b"
)
PARTS_OF_BIRTH: Final = {
    "year": ("by", "birth year", "year of birth", "yob", "nam sinh"),
    "month": ("bm", "birth month", "month of birth"),
    "day": ("bd", "birth day", "day of birth"),
}
