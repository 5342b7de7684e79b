"""The desk itself in virtual time: its streams, client, books and journal, an exchange, one seeded network."""
