"""A small project that is right in every file, for tests that break one thing at a time."""

from __future__ import annotations

from pathlib import Path

import pytest

from cdptool.config import load_project
from cdptool.errors import ConfigError

PROJECT = """\
version: 1
name: shop
tz: Asia/Ho_Chi_Minh
currency: VND
region: VN
fields:
  customer_id: identifier
  email: email
  phone: phone
  name: person_name
streams:
  order:
    max_lag: 6h
    tz: Europe/London
    columns: {order_id: identifier, sku: {ref: products}, total: money}
  consent: {columns: {channel: text, purpose: text, state: text}}
  sent: {columns: {channel: text, campaign: text, kind: text, status: text, dispatch_id: identifier}}
tables:
  products: {key: sku, columns: {sku: identifier, category: text, price: money}}
"""
SOURCES = """\
version: 1
sources:
  crm:
    files: ../data/*.csv
    feeds: records
    dialect: {delimiter: ";", encoding: utf-8-sig}
    key: id
    at: {column: changed, format: "%d/%m/%Y", tz: Asia/Ho_Chi_Minh}
    columns:
      customer_id: id
      email: {column: E-mail}
      phone: Phone
  till:
    files: [../data/a.csv, ../data/b.csv.gz]
    feeds: {stream: order}
    key: [no, line]
    at: {column: time, required: true}
    identifiers: {phone: phone}
    columns:
      order_id: no
      sku: {value: 007}
      total: {column: sum, decimal: ","}
    max_quarantined: 2%
  products:
    files: ../data/products.csv
    feeds: {table: products}
    columns: {sku: sku, price: {column: p, currency: USD}}
"""
MERGE = """\
version: 1
keys:
  email: {limit: 3}
  phone: {limit: many, shared_by: 6}
  customer_id:
passes:
  - exact: same(customer_id) or same(email)
  - phone: same(phone) and (same(name) or same(email))
never:
  - differs(name)
keep:
  default: {prefer: longest}
  email: {trust: [crm], prefer: latest, valid_for: 365d}
decisions: decisions.csv
"""
DECISIONS = """\
left,right,judgement,who,when,why
crm:1,crm:2,POSITIVE,an,2026-01-02,"same, as they said"

crm:3,till:9,negative,an,,
"""
RULES = """\
version: 1
traits:
  spend: 'sum(order.total["90d"])'
segments:
  buyers: exists(order["90d"])
  vip:
    - spend >= 5_000_000
    - buyers
"""
PLAN = """\
version: 1
consent: {stream: consent}
sends: {stream: sent}
channels:
  email: {address: email}
  sms: {address: phone, quiet: ["22:00", "07:00"], needs_consent: false}
caps:
  - {id: sms_day, max: 1, per: 24h, channel: sms}
  - {id: promo, max: 8, per: month, where: 'kind == "promo"', only: vip}
campaigns:
  hello: {to: vip, channels: [sms, email], purpose: marketing, priority: 80, from: 2026-11-20, until: 2026-12-31}
"""
EXPORTS = """\
version: 1
exports:
  vips: {who: vip, to: csv, columns: [profile_id, email, emails, spend], purpose: marketing, channel: email, max_change: 50%}
  meta: {who: buyers, to: meta_customer_list, value: spend}
  gone: {who: unsubscribed, channel: email, to: csv, kind: suppression, columns: [email]}
"""
FILES = {
    "project.yaml": PROJECT,
    "sources.yaml": SOURCES,
    "merge.yaml": MERGE,
    "decisions.csv": DECISIONS,
    "rules.yaml": RULES,
    "plan.yaml": PLAN,
    "exports.yaml": EXPORTS,
}


def write_project(folder: Path, **changed: str | None) -> Path:
    """Write the project; `rules="…"` puts another text into rules.yaml, None leaves the file out."""
    for file, text in FILES.items():
        text = changed.get(file.partition(".")[0], text)
        if text is not None:
            (folder / file).write_text(text, encoding="utf-8")
    return folder


def refused(folder: Path) -> list[tuple[str, str | None]]:
    """What loading the folder says, each as (`file:line:column: problem`, hint), the folder left out."""
    with pytest.raises(ConfigError) as error:
        load_project(folder)
    return [(str(each).replace(f"{folder}/", ""), each.hint) for each in error.value.findings]


def broken(folder: Path, file: str, old: str, new: str) -> list[tuple[str, str | None]]:
    """What is said when one text of one file is replaced by another."""
    assert FILES[file].count(old) == 1, f"{old!r} does not stand once in {file}"
    write_project(folder)
    (folder / file).write_text(FILES[file].replace(old, new), encoding="utf-8")
    return refused(folder)
