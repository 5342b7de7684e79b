"""This file is `python -m woodlot`."""

from woodlot.cli.app import main

main()
