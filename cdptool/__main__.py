"""`python -m cdptool` is `cdptool`."""

from cdptool.cli import main

main()
