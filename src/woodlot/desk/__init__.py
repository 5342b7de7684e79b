"""One live account: books, streams, calls and orders, started and stopped together."""
