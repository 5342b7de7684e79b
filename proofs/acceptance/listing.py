"""This file is the list of all acceptance cases, by id; the modules named here put theirs on it."""

from proofs.acceptance import lost_calls, market_data, market_streams, order_changes, order_entry, recovery, restarts
from proofs.acceptance.case import LISTED, Area, Case

MODULES = (order_entry, order_changes, market_data, market_streams, recovery, lost_calls, restarts)
CASES: tuple[Case, ...] = tuple(sorted(LISTED.values(), key=lambda case: (list(Area).index(case.area), case.id)))
