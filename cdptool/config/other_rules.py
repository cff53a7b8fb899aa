"""Rules that stand elsewhere: of another project folder, or one file, read as if they were this project's."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Final

from cdptool.config.files import Found, check_version
from cdptool.config.forms import Reading, nearest
from cdptool.config.libraries import with_included
from cdptool.config.load import GUARDS_SHAPE, MODELS_SHAPE, RULES_SHAPE, find_root, in_order, load_project
from cdptool.config.model import Project
from cdptool.config.names import columns_of
from cdptool.config.reader import Table, read_yaml
from cdptool.config.rules import judge_rules
from cdptool.errors import ConfigError, Finding, Place
from cdptool.rules import Catalog, RuleBook

_FILE: Final = "rules.yaml"


def read_other_rules(path: Path, project: Project) -> RuleBook:
    """
    The rules of a project folder, of a folder with a rules.yaml, or of a file of rules.

    Args:
        path: The folder or the file.
        project: Whose data they are to be asked of: they may speak of its streams, tables and fields only.

    Raises:
        ConfigError: If they cannot be read, or do not fit the project; with every finding.
    """
    book = _read(path, project)
    findings = [each for each in judge_rules(book, None, project.catalog) if each.severity == "error"]
    if findings:
        raise ConfigError(*in_order(findings))
    return book


def _read(path: Path, project: Project) -> RuleBook:
    if path.is_dir():
        try:
            root = find_root(path)
        except ConfigError:
            if not (path / _FILE).is_file():
                hint = "name a folder with project.yaml or rules.yaml, or a file of rules"
                raise ConfigError("no rules here", place=Place(str(path)), hint=hint) from None
            return _read_file(path / _FILE, project)
        return load_project(root).rules or RuleBook()
    return _read_file(path, project)


def _read_file(path: Path, project: Project) -> RuleBook:
    try:
        document = read_yaml(path.read_bytes(), str(path))
    except OSError:
        hint = "name a folder with project.yaml or rules.yaml, or a file of rules"
        raise ConfigError("cannot read the file", place=Place(str(path)), hint=hint) from None
    found, book = Found(findings=list(document.findings)), None
    top = document.top
    if top is not None:
        found.findings += check_version(top, str(path))
        known = (*RULES_SHAPE.keys, *MODELS_SHAPE.keys, *GUARDS_SHAPE.keys, "include", "version")
        for entry in top:
            if entry.key.text not in known:
                problem = f"unknown key `{entry.key.text}` in {_FILE}"
                found.findings.append(Finding(problem, entry.key.place, nearest(entry.key.text, known)))
        reading = Reading(_names(project.catalog))
        whole = found.attempt(partial(with_included, top, reading)) or top
        entries = tuple(entry for entry in whole if entry.key.text in RULES_SHAPE.keys)
        book = found.attempt(lambda: RULES_SHAPE(Table(entries, top.place), reading))
    if found.findings or book is None:
        raise ConfigError(*in_order(found.findings))
    return book


def _names(catalog: Catalog) -> dict[str, dict[str, str]]:
    """The names of the project that rules are judged by while they are read."""
    names = {"field": {column.name: column.type for column in catalog.fields}}
    names["stream"] = {stream.name: "" for stream in catalog.streams}
    for stream in catalog.streams:
        names[columns_of("stream", stream.name)] = {column.name: column.type for column in stream.columns}
    return names
