"""The one rule language: text → nodes (`syntax`), offline checks (`check`), nodes → Polars (`evaluate`)."""
