"""A project of a few rows for the tests of commands: two live feeds, records, a reference table, one of everything."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cdptool.commands.report import Report
from cdptool.commands.run import run_all
from cdptool.commands.session import Session, Settings, open_session

AS_OF = "2026-11-20T21:00+07:00"
PROJECT = """
version: 1
name: small
tz: Asia/Ho_Chi_Minh
currency: VND
region: VN
fields: {customer_id: identifier, email: email, name: person_name, birth_date: date}
streams:
  order: {max_lag: 6h, columns: {sku: {ref: products}, total: money}}
  cart: {max_lag: 6h, columns: {total: money}}
  consent: {columns: {channel: text, purpose: text, state: text}}
  sent: {columns: {channel: text, campaign: text, kind: text, status: text, dispatch_id: identifier}}
tables:
  products: {key: sku, columns: {sku: identifier, name: text}}
sources:
  crm:
    files: crm.csv
    feeds: records
    key: id
    columns: {customer_id: id, email: email, name: name, birth_date: born}
  shop:
    files: orders*.csv
    feeds: {stream: order}
    at: {column: time, tz: Asia/Ho_Chi_Minh}
    identifiers: {email: email}
    columns: {sku: sku, total: total}
  carts:
    files: carts.csv
    feeds: {stream: cart}
    at: {column: time, tz: Asia/Ho_Chi_Minh}
    identifiers: {email: email}
    columns: {total: total}
  consents:
    files: consents.csv
    feeds: {stream: consent}
    at: {column: time, tz: Asia/Ho_Chi_Minh}
    identifiers: {email: email}
    columns: {channel: channel, purpose: purpose, state: state}
  products:
    files: products*.csv
    feeds: {table: products}
    columns: {sku: sku, name: name}
keys: {customer_id: {limit: many}, email: {limit: 3}}
passes:
  - exact: same(customer_id) or same(email)
never:
  - differs(birth_date)
traits: {spend: 'sum(order.total["30d"])'}
segments: {buyers: 'exists(order["30d"])'}
consent: {stream: consent}
sends: {stream: sent}
channels: {email: {address: email}}
caps: [{id: day, max: 1, per: 24h}]
campaigns:
  thanks: {to: buyers, channels: [email], purpose: marketing}
exports:
  buyers: {who: buyers, to: csv, columns: [email, spend], purpose: marketing, channel: email}
  capped: {who: capped, to: csv, columns: [email], kind: suppression}
"""
FILES = {
    "crm.csv": """
id,email,name,born
K1,lan@example.vn,Nguyen Thi Lan,1990-01-01
K2,lan@example.vn,Lan Nguyen,1990-01-01
K3,lan@example.vn,Tran Van Minh,1960-05-05
K4,minh@example.vn,Tran Van Minh,1960-05-05
""",
    "orders.csv": """
time,email,sku,total
2026-11-20 20:30:00,lan@example.vn,S1,100000
2026-11-20 19:00:00,minh@example.vn,S2,200000
""",
    "carts.csv": """
time,email,total
2026-11-20 20:00:00,minh@example.vn,50000
""",
    "consents.csv": """
time,email,channel,purpose,state
2026-01-01 10:00:00,lan@example.vn,email,marketing,granted
2026-01-01 10:00:00,minh@example.vn,email,marketing,granted
2026-02-01 10:00:00,minh@example.vn,email,marketing,withdrawn
""",
    "products.csv": """
sku,name
S1,Khăn
S2,Áo
""",
}


@dataclass(frozen=True)
class Small:
    """The project in a folder of its own."""

    folder: Path

    @classmethod
    def written(cls, folder: Path) -> Small:
        """The files, not yet read."""
        small = cls(folder)
        small.write("project.yaml", PROJECT)
        for name, text in FILES.items():
            small.write(name, text)
        return small

    def write(self, name: str, text: str) -> None:
        """One file, without the line break that the text begins with here."""
        (self.folder / name).write_text(text.lstrip("\n"), encoding="utf-8")

    def edit(self, old: str, new: str) -> None:
        """Change one place of project.yaml."""
        text = (self.folder / "project.yaml").read_text(encoding="utf-8")
        assert text.count(old) == 1
        self.write("project.yaml", text.replace(old, new))

    def settings(self, as_of: str | None = None) -> Settings:
        return Settings(project=self.folder, as_of=as_of)

    def run(self, as_of: str | None = AS_OF) -> Report:
        """All steps."""
        return run_all(self.settings(as_of), lambda _: None)

    @contextmanager
    def session(self, *, writes: bool = False) -> Iterator[Session]:
        with open_session(self.settings(), writes=writes) as session:
            yield session
