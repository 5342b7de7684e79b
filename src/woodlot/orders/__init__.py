"""What we know about our orders and fills: legal states as a table, the tracker, what to ask REST and what to believe.

Everything here is pure: messages and times (milliseconds) go in, values come out. Nothing asks, waits or logs.
"""
