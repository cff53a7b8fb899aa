"""
The one rule language: text → frozen nodes → checks → Polars kernels.

`parse` reads an expression, `check_rules` says what is wrong with a book of them without data, `needs` what
they read, `evaluate_kernel` makes the kernel that answers them, `row_condition` an expression over single rows.
"""

from __future__ import annotations

from cdptool.rules.answering import MIXED_CURRENCY
from cdptool.rules.book import Catalog, Rule, RuleBook, Split
from cdptool.rules.check import check_condition, check_rules
from cdptool.rules.columns import (
    ColumnExpression,
    column_choice,
    column_condition,
    column_expression,
    columns_named,
)
from cdptool.rules.conditions import row_condition
from cdptool.rules.evaluate import (
    BookNeeds,
    Question,
    RankingPass,
    StreamNeed,
    answer_kernel,
    evaluate_kernel,
    needs,
    ranking_pass,
    shortened,
)
from cdptool.rules.lint import unused_traits
from cdptool.rules.naming import order, part_of, speaks_of
from cdptool.rules.runnable import (
    CAN,
    AtHand,
    Judge,
    Level,
    StreamAtHand,
    TableAtHand,
    Verdict,
    all_of,
    any_of,
    lacking,
    partly,
)
from cdptool.rules.syntax import Node, parse, to_text

__all__ = [
    "CAN",
    "MIXED_CURRENCY",
    "AtHand",
    "BookNeeds",
    "Catalog",
    "ColumnExpression",
    "Judge",
    "Level",
    "Node",
    "Question",
    "RankingPass",
    "Rule",
    "RuleBook",
    "Split",
    "StreamAtHand",
    "StreamNeed",
    "TableAtHand",
    "Verdict",
    "all_of",
    "answer_kernel",
    "any_of",
    "check_condition",
    "check_rules",
    "column_choice",
    "column_condition",
    "column_expression",
    "columns_named",
    "evaluate_kernel",
    "lacking",
    "needs",
    "order",
    "parse",
    "part_of",
    "partly",
    "ranking_pass",
    "row_condition",
    "shortened",
    "speaks_of",
    "to_text",
    "unused_traits",
]
