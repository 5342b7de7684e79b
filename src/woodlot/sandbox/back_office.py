"""This file is the back office: what an account can do with money and keys apart from trading, on one bank."""

from woodlot.sandbox.bank import Bank
from woodlot.sandbox.convert import Converter
from woodlot.sandbox.credentials import CredentialRegister
from woodlot.sandbox.exchange import Exchange
from woodlot.sandbox.families import Families
from woodlot.sandbox.networks import tokens_of
from woodlot.sandbox.transfers import Transfers
from woodlot.sandbox.wallet import Wallet


class BackOffice:
    """The desks beside the exchange. `advance` is to be called whenever time may have passed."""

    def __init__(self, exchange: Exchange) -> None:
        self.tokens = tokens_of(exchange.instruments.values())
        self.bank = Bank(exchange, tokens=self.tokens)
        self.families = Families(exchange)
        self.credentials = CredentialRegister()
        self.transfers = Transfers(self.bank, self.families)
        self.wallet = Wallet(self.bank, tokens=self.tokens)
        self.converter = Converter(exchange, self.bank, tokens=self.tokens)

    def advance(self, *, now_ms: int) -> None:
        """Let what waits for the clock happen."""
        self.wallet.advance(now_ms=now_ms)
