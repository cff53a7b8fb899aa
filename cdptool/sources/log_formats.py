"""
What a line of an access log looks like: formats in the syntax of Nginx's `log_format`, compiled to one pattern.

`$name` is a variable, all else stands as written. A variable ends where the text after it begins; between quotes
it may hold escaped quotes, and `-` says that there was nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from cdptool.errors import Place, SourceError

_COMMON: Final = '$remote_addr $ident $remote_user [$time_local] "$request" $status $body_bytes_sent'
_COMBINED: Final = f'{_COMMON} "$http_referer" "$http_user_agent"'
# Those that are known by name and tried where none is declared, the longest first.
LOG_FORMATS: Final[tuple[tuple[str, str], ...]] = (
    ("vhost_combined", f"$host {_COMBINED}"),
    ("combined", _COMBINED),
    ("vhost_common", f"$host {_COMMON}"),
    ("common", _COMMON),
)
# What we call the variables; a variable that is not here keeps its own name.
_COLUMNS: Final[dict[str, str]] = {
    "remote_addr": "ip", "remote_user": "user", "host": "vhost", "server_name": "vhost", "http_host": "vhost",
    "time_local": "time", "time_iso8601": "time", "request_method": "method", "request_uri": "target",
    "uri": "path", "args": "query", "query_string": "query", "server_protocol": "protocol",
    "body_bytes_sent": "bytes", "bytes_sent": "bytes", "http_referer": "referrer",
    "http_user_agent": "user_agent",
}  # fmt: skip
_PATTERNS: Final[dict[str, str]] = {
    "time_local": r"\d{2}/[A-Z][a-z]{2}/\d{4}:\d{2}:\d{2}:\d{2} [+-]\d{4}",
    "time_iso8601": r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:[+-]\d{2}:\d{2}|Z)",
    "status": r"\d{3}",
    "body_bytes_sent": r"\d+|-",
    "bytes_sent": r"\d+|-",
    "remote_addr": r"[^\s\"\[\]]+",
}
_VARIABLE: Final = re.compile(r"\$(?:\{(\w+)\}|(\w+))")


@dataclass(frozen=True, slots=True)
class LogFormat:
    """A format: its name, the column of each variable in order, and for each the pattern up to its end."""

    name: str
    columns: tuple[str, ...]
    steps: tuple[str, ...]
    tail: str

    @property
    def pattern(self) -> str:
        """A whole line, without its line end; one group per column."""
        return f"^{''.join(self.steps)}{self.tail}$"

    def first_fault(self, line: str) -> str:
        """The column from which on a line is not of this format, for people."""
        for n, column in enumerate(self.columns, 1):
            found = re.match("".join(self.steps[:n]), line)
            if found is None:
                return f"`{column}` is missing or not as in the `{self.name}` format"
            if found.end() == len(line) and (n < len(self.columns) or self.tail):
                return f"the line breaks off in `{column}`"
        return f"there is more than in the `{self.name}` format at its end"


def log_format(name: str, syntax: str, place: Place) -> LogFormat:
    """
    Compile a format.

    Raises:
        SourceError: It has no variables, one of them twice, or two with nothing between them.

    >>> log_format("short", '$remote_addr "$request" $request_time', Place("sources.yaml")).columns
    ('ip', 'request', 'request_time')
    """
    columns, steps, end = [], [], 0
    found = list(_VARIABLE.finditer(syntax))
    for n, match in enumerate(found, 1):
        before = syntax[end : match.start()]
        after = syntax[match.end() : found[n].start() if n < len(found) else len(syntax)]
        if n < len(found) and not after:
            raise _refused("two variables with nothing between them", place)
        variable = match[1] or match[2]
        columns.append(_COLUMNS.get(variable, variable))
        steps.append(f"{re.escape(before)}({_PATTERNS.get(variable) or _until(after)})")
        end = match.end()
    if not columns:
        raise _refused("no variable such as `$remote_addr`", place)
    if len(set(columns)) < len(columns):
        raise _refused("the same column twice", place)
    return LogFormat(name, tuple(columns), tuple(steps), re.escape(syntax[end:]))


def _until(after: str) -> str:
    """The pattern of a variable that ends where this text begins."""
    if after.startswith('"'):
        return r'(?:[^"\\]|\\.)*'
    return f"[^{re.escape(after[0])}]*" if after else ".*"


def _refused(problem: str, place: Place) -> SourceError:
    hint = "write it as in the server's configuration: '$remote_addr - $remote_user [$time_local] \"$request\" …'"
    return SourceError(f"`log_format` has {problem}", place=place, hint=hint)
