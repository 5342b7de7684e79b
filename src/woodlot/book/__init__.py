"""The order book: two ladders, the book they make, and the synchroniser that says whether it may be believed.

Everything here is pure: values and the time go in, values come out.
"""
