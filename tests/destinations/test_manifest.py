"""The manifest: who received what, with digests, and one block that comparisons leave out."""

import hashlib
import json
from datetime import UTC, datetime

from cdptool.destinations import change_findings, comparable, manifest, manifest_bytes, manifest_entry, render
from tests.destinations.platforms import CSV, META, people, to

AS_OF = datetime(2026, 7, 1, tzinfo=UTC)


def test_an_entry_says_what_left_for_whom_and_how_well_filled() -> None:
    export = to(META)
    rendered = render(people(email=["a@x.vn", "bad", None]), export, META)
    entry = manifest_entry("vip.csv", rendered, export, META)
    fill = entry.pop("fill")
    assert fill[:2] == [{"header": "email", "cells": 1}, {"header": "email", "cells": 0}]
    assert entry == {
        "name": "vip.csv",
        "export": "vip",
        "kind": "audience",
        "who": "vip",
        "destination": "meta_customer_list",
        "spec_version": "2026-11-21",
        "spec_source": "https://www.facebook.com/business/help/2082575038703844",
        "spec_checked_on": "2026-11-21",
        "recipient": "Meta",
        "country": "US",
        "purpose": "advertising",
        "channel": None,
        "rows": 1,
        "left_out": {"no valid value to reach the profile by": 1, "nothing to reach the profile by": 1},
        "refused": {"email: not an e-mail address": 1},
        "bytes": len(rendered.body),
        "sha256": hashlib.sha256(rendered.body).hexdigest(),
    }


def test_only_the_run_block_differs_between_runs() -> None:
    export = to(CSV, columns=("email",))
    entries = tuple(
        manifest_entry(name, render(people(email=["a@x.vn"]), export, CSV), export, CSV)
        for name in ("b", "a")
    )
    first = manifest(entries, as_of=AS_OF, run={"run_id": "r1"})
    second = manifest(entries[::-1], as_of=AS_OF, run={"run_id": "r2"})
    assert first != second
    assert manifest_bytes(comparable(first)) == manifest_bytes(comparable(second))
    assert first["as_of"] == "2026-07-01T00:00:00Z"
    assert json.loads(manifest_bytes(first)) == first


def test_no_value_of_the_audience_stands_in_the_manifest() -> None:
    export = to(CSV, columns=("email", "name"))
    rendered = render(people(email=["mai@x.vn"], name=["Mai"]), export, CSV)
    text = manifest_bytes(manifest((manifest_entry("v.csv", rendered, export, CSV),), as_of=AS_OF)).decode()
    assert "mai@" not in text
    assert "Mai" not in text


def test_a_first_file_and_an_unguarded_export_may_have_any_size() -> None:
    assert change_findings(to(CSV, max_change_ratio=0.1), 5, None) == ()
    assert change_findings(to(CSV), 5, 5000) == ()
    finding = change_findings(to(CSV, max_change_ratio=0.5), 5, 5000)[0]
    assert str(finding) == "export `vip` went from 5000 to 5 rows, `max_change` allows 50%"
