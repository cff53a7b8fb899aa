"""A column that comes is told once; a declared one that goes stops the source."""

from __future__ import annotations

import pytest

from cdptool.commands.ingest import ingest_files
from cdptool.commands.report import Report
from cdptool.errors import SourceError
from cdptool.tables import FILES
from tests.commands.small import Small


def ingest(small: Small) -> Report:
    return ingest_files(small.settings(), ("products",), lambda _: None)


def test_a_new_column_is_told_once_and_stays_in_the_notes_of_its_file(unread: Small) -> None:
    assert ingest(unread).findings == ()
    unread.write("products_2.csv", "sku,name,color\nS2,Áo len,red\n")
    found = ingest(unread).findings
    assert [(f.problem, f.severity) for f in found] == [("new column `color`", "warning")]
    assert found[0].place is not None
    assert found[0].place.file.endswith("products_2.csv")
    unread.write("products_3.csv", "sku,name,color\nS3,Mũ,blue\n")
    assert ingest(unread).findings == ()
    with unread.session() as session:
        files = session.snapshot().scan("files", FILES).collect()
    noted = files.filter(files["dialect"].str.contains("new column `color`"))["path"].to_list()
    assert len(noted) == 1
    assert noted[0].endswith("products_2.csv")


def test_a_declared_column_that_is_gone_stops_the_source(unread: Small) -> None:
    ingest(unread)
    unread.write("products_2.csv", "sku,color\nS2,red\n")
    with pytest.raises(SourceError, match="column `name` is missing"):
        ingest(unread)
