"""Safeguards taken away, one at a time: each must be missed, or it was not needed, or the proofs are blind."""
