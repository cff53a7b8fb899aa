"""A customer data platform that lives in a terminal: exports in, audiences out."""

__version__ = "0.1.0"
