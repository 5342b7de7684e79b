"""Streams that stay up: one connection's rules as a pure machine, and the sockets, public and private, around it."""
