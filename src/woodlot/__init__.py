"""woodlot: trade on the WOO X exchange, or on one of your own."""

__version__ = "0.1.0"
