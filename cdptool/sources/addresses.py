"""
The address of a database: read as declared, completed from the environment at the last moment, shown without secrets.

What the environment says is put into its part of the address after that was cut into parts, so a password may hold
any letter. No part that comes from the environment, and neither user nor password, is ever shown.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal
from urllib.parse import unquote

from cdptool.errors import Place, SourceError

Kind = Literal["postgresql", "mysql", "sqlite"]

_VARIABLE: Final = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_ADDRESS: Final = re.compile(
    r"(?P<scheme>[a-z0-9+]+)://(?:(?P<user>[^:@/?]*)(?::(?P<password>[^@/?]*))?@)?"
    r"(?P<host>\[[^\]]*\]|[^:/?@]*)(?::(?P<port>[^/?@]*))?(?:/(?P<name>[^?@]*))?(?:\?(?P<options>.*))?\Z"
)
_KINDS: Final[tuple[tuple[str, Kind], ...]] = (
    ("postgresql", "postgresql"),
    ("postgres", "postgresql"),
    ("mysql", "mysql"),
    ("mariadb", "mysql"),
    ("sqlite", "sqlite"),
)
_SECRET_OPTIONS: Final = ("password", "passwd", "sslpassword")
FORM: Final = "write `postgresql://user@host/name`, `mysql://user@host/name` or `sqlite:///file.db`"


@dataclass(frozen=True, slots=True, repr=False)
class Address:
    """Where a database is and who asks; `shown` is what may be said of it."""

    kind: Kind
    shown: str
    user: str | None
    password: str | None
    host: str | None
    port: int | None
    name: str | None
    options: tuple[tuple[str, str], ...]

    def __repr__(self) -> str:
        """Without user, password and anything from the environment."""
        return f"Address({self.shown})"


def variables(declared: str) -> tuple[str, ...]:
    """
    The names of the environment that a declared address asks for.

    >>> variables("postgresql://cdp:${SHOP_PASSWORD}@db/shop")
    ('SHOP_PASSWORD',)
    """
    return tuple(_VARIABLE.findall(declared))


def address_fault(declared: str) -> tuple[str, str] | None:
    """
    What is wrong with an address as declared, and the next step; None where nothing is.

    >>> address_fault("postgresql://cdp:secret@db/shop")[0]
    'a password stands in the file'
    >>> address_fault("postgresql://cdp:${SHOP_PASSWORD}@db/shop")
    """
    if _VARIABLE.fullmatch(declared):
        return None
    found = _ADDRESS.match(declared)
    if found is None:
        return "not the address of a database", FORM
    if _kind(found["scheme"]) is None:
        return "unknown kind of database", FORM
    options = dict(_pairs(found["options"]))
    secrets = [found["password"], *(options.get(name) for name in _SECRET_OPTIONS)]
    if any(secret and not _VARIABLE.fullmatch(secret) for secret in secrets):
        hint = "write `${SHOP_PASSWORD}` in its place and set SHOP_PASSWORD in the environment; change the password"
        return "a password stands in the file", hint
    if found["port"] and not (found["port"].isdigit() or _VARIABLE.fullmatch(found["port"])):
        return "the port of a database is a number", FORM
    if _kind(found["scheme"]) == "sqlite" and not found["name"]:
        return "the address names no file", "write `sqlite:///file.db`; the path is relative to the project"
    return None


def resolve(declared: str, environment: Mapping[str, str], place: Place | None) -> Address:
    """
    The address with what the environment says.

    Raises:
        SourceError: If a variable is not set, or the whole address stands in one and is none.

    >>> resolve("postgresql://cdp:${PW}@db:5432/shop", {"PW": "a/b@c"}, None)
    Address(postgresql://db:5432/shop)
    """
    for name in variables(declared):
        if not environment.get(name):
            raise SourceError(
                f"the environment variable `{name}` is not set",
                place=place,
                hint=f"set it before the run, such as `read -rs {name} && export {name}`",
            )
    whole = _VARIABLE.fullmatch(declared)
    found = _ADDRESS.match(environment[whole[1]] if whole else declared)
    kind = _kind(found["scheme"]) if found else None
    values = {} if found is None else {n: _value(text, environment) for n, text in found.groupdict().items()}
    port = values.get("port")
    if found is None or kind is None or (port and not port.isdigit()):
        names = ", ".join(f"`{name}`" for name in variables(declared))
        hint = f"{FORM}, with `%40` for `@` and `%2F` for `/` in a password"
        raise SourceError(f"what {names} holds is not the address of a database", place=place, hint=hint)
    return Address(
        kind=kind,
        shown=f"the database of `{declared}`" if whole else _shown(found),
        user=values["user"],
        password=values["password"] or (environment.get("MYSQL_PWD") if kind == "mysql" else None),
        host=(values["host"] or "").strip("[]") or None,
        port=int(port) if port else None,
        name=values["name"],
        options=tuple((key, _value(text, environment) or "") for key, text in _pairs(found["options"])),
    )


def _kind(scheme: str) -> Kind | None:
    return dict(_KINDS).get(scheme.partition("+")[0])


def _pairs(options: str | None) -> list[tuple[str, str]]:
    parts = [part.partition("=") for part in (options or "").split("&") if part]
    return [(key, value) for key, _, value in parts]


def _value(text: str | None, environment: Mapping[str, str]) -> str | None:
    """A part of an address: from the environment as it stands there, else with its `%40` decoded."""
    if not text:
        return None
    parts = _VARIABLE.split(text)  # literal, name, literal, name, …
    return "".join(environment[part] if i % 2 else unquote(part) for i, part in enumerate(parts))


def _shown(found: re.Match[str]) -> str:
    port = f":{found['port']}" if found["port"] else ""
    return f"{found['scheme']}://{found['host'] or ''}{port}/{found['name'] or ''}"
