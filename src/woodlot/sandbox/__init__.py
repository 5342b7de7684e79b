"""The exchange's own end: a WOO X in a box, from matching and ledger up to the sockets; knows nothing of the client."""
