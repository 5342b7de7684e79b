"""The cores alone in virtual time: books, sessions, flow, tracker and journal, an exchange, one seeded network."""
