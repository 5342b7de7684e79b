"""This folder is one handler for each request of the wire, a file per section, and the route table made from them."""

from woodlot.sandbox.handlers.routes import HANDLERS, ROUTES, Route
from woodlot.sandbox.handlers.venue import Call, Handler, Venue

__all__ = ["HANDLERS", "ROUTES", "Call", "Handler", "Route", "Venue"]
