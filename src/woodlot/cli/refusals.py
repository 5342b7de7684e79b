"""This file is what the command line refuses by itself, each with the hint that helps."""

from woodlot.errors import ConfigurationError, WoodlotError


class Refusal(WoodlotError):
    """Something refused before the exchange was asked; `hint` says what to type instead."""

    def __init__(self, message: str, *, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


class Usage(Refusal):
    """The words of the command do not fit together."""


class NotThere(Refusal):
    """A name that nothing here has: a symbol, a profile, a running sandbox."""


class ConfirmationNeeded(Refusal):
    """Somebody has to agree, and nobody did."""


class FiltersBroken(Refusal):
    """An order breaks rules of its instrument; nothing was sent."""


class KeysMissing(Refusal, ConfigurationError):
    """There is no API key for this profile, or it may not be read as it lies there."""
