"""Whose values an expression shows: the declared column that a value is taken from, so that it can be masked as its type says."""

from __future__ import annotations

from cdptool.rules.book import Catalog, RuleBook, find_column
from cdptool.rules.nodes import Aggregate, Arithmetic, At, Attribute, Call, Name, Node
from cdptool.rules.subjects import path_of
from cdptool.tables import Column

_TAKING = ("first", "last", "min", "max", "mode")  # the aggregates whose value is one of a row's


def shown_column(node: Node, book: RuleBook, catalog: Catalog) -> Column | None:
    """
    The column whose value an expression of a profile gives as it is, or with other text around it; None for what is computed.

    >>> from cdptool.errors import Place
    >>> from cdptool.rules.syntax import parse
    >>> catalog = Catalog(fields=(Column("email", "email"), Column("points", "integer")))
    >>> for text in ("email + '!'", "missing(email)", "points"):
    ...     column = shown_column(parse(text, Place("a")), RuleBook(), catalog)
    ...     print(column and column.name)
    email
    None
    points
    """
    match node:
        case Name() | Attribute():
            path = path_of(node)
            rule = book.rules().get(path[0]) if path else None
            if rule is not None and len(path) == 1:
                return None if rule.labels else shown_column(rule.lines[0], book, catalog)
            own = path[1:] if path[:1] == ("me",) else path
            return catalog.follow(catalog.field(own[0]), own[1:]) if own else None
        case Aggregate(function=function, selection=selection) if function in _TAKING:
            stream = catalog.stream(selection.stream)
            if stream is None or not selection.column:
                return None
            return catalog.follow(find_column(stream.columns, selection.column[0]), selection.column[1:])
        case At(operand=operand):
            return shown_column(operand, book, catalog)
        case Call(function="default", arguments=parts):
            return next((found for each in parts if (found := shown_column(each, book, catalog))), None)
        case Arithmetic(operator="+", left=left, right=right):
            return shown_column(left, book, catalog) or shown_column(right, book, catalog)
    return None
