"""
Decisions: who may be reached, with what, on which channel, and why not.

    by_identifier       the rows of a stream, one for each identifier they are about
    events_by_profile   the ledger, the log and earlier plans, given to every profile that holds the identifier
    standing            consent, complaints, unsubscribes and bounces: the latest word of each identifier
    cap_counts          what each cap has used
    plan                campaigns in order, each channel through the whole pipeline
    consented           the last gate before anything leaves
"""

from __future__ import annotations

from cdptool.decisions.caps import cap_column, cap_columns, cap_counts
from cdptool.decisions.check import plan_warnings
from cdptool.decisions.consent import consent_states, ledger_findings
from cdptool.decisions.events import by_identifier, events_by_profile, reservations
from cdptool.decisions.facts import people_schema
from cdptool.decisions.outliving import SPOKEN, ledger_refusals, log_refusals
from cdptool.decisions.planning import Decided, compile_program, plan, plan_kernel, suppressed_report
from cdptool.decisions.standing import plan_pairs, standing
from cdptool.decisions.suppression import Consented, bounced_addresses, capped, consented, unsubscribed

__all__ = [
    "SPOKEN",
    "Consented",
    "Decided",
    "bounced_addresses",
    "by_identifier",
    "cap_column",
    "cap_columns",
    "cap_counts",
    "capped",
    "compile_program",
    "consent_states",
    "consented",
    "events_by_profile",
    "ledger_findings",
    "ledger_refusals",
    "log_refusals",
    "people_schema",
    "plan",
    "plan_kernel",
    "plan_pairs",
    "plan_warnings",
    "reservations",
    "standing",
    "suppressed_report",
    "unsubscribed",
]
