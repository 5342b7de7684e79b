"""This file is deposits and withdrawals: each takes its time on a chain, and moves money when it has arrived.

Time is given by whoever asks (`advance`); nothing runs by itself. A withdrawal waits a moment, in which it can be
taken back, then goes to its network; what is sent to a deposit address of this exchange arrives there as a deposit.
"""

import hashlib
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from itertools import count
from typing import Final

from woodlot.sandbox.accounts import ROWS_KEPT
from woodlot.sandbox.bank import Bank
from woodlot.sandbox.money import EXACT
from woodlot.sandbox.networks import Token, Way
from woodlot.sandbox.refusal import Refusal, refusal
from woodlot.wire.asset import TokenSide, WalletStatus

REVIEW_MS: Final = 3_000
"""How long a withdrawal is NEW, and can be taken back."""
PROCESSING_MS: Final = 2_000
"""How long it is PROCESSING before the chain has it."""


@dataclass(slots=True)
class Move:
    """One deposit or withdrawal on its way or over. `account_id` is whose it is."""

    id: str
    external_id: str
    account_id: str
    side: TokenSide
    token: str
    way: Way
    amount: Decimal
    fee: Decimal
    address: str
    source: str
    extra: str
    created_ms: int
    updated_ms: int
    status: WalletStatus
    confirmed: int = 0

    @property
    def is_over(self) -> bool:
        return self.status in {WalletStatus.COMPLETED, WalletStatus.CANCELED}

    @property
    def hash(self) -> str:
        """The name of its transaction on the chain; none before the chain has it."""
        waits = self.status in {WalletStatus.NEW, WalletStatus.PROCESSING, WalletStatus.CANCELED}
        return "" if waits else "0x" + hashlib.sha256(self.id.encode()).hexdigest()


class Wallet:
    """Every account's deposits and withdrawals; of those that are over the last ROWS_KEPT are remembered."""

    def __init__(self, bank: Bank, *, tokens: Mapping[str, Token]) -> None:
        self._bank = bank
        self._tokens = tokens
        self._numbers = count(1)
        self._pending: dict[str, Move] = {}
        self._all: deque[Move] = deque(maxlen=ROWS_KEPT)
        self._owner_of: dict[str, str] = {}

    def address(self, account_id: str, *, token: str, network: str) -> str:
        """Return where an account receives a token: one address for each network. Raises Refusal."""
        chain = self._way(token, network).network
        digest = hashlib.sha256(f"{account_id} {chain.address_head}".encode()).hexdigest()
        address = chain.address_head + digest[: chain.address_length]
        self._owner_of[address] = account_id
        return address

    def deposit(self, account_id: str, *, token: str, network: str, amount: Decimal, now_ms: int) -> Move:
        """Let somebody outside send money to an account. Raises Refusal."""
        way = self._way(token, network)
        if amount <= 0:
            raise refusal(302135)
        target = self.address(account_id, token=token, network=network)
        return self._arrive(account_id, way, token=token, amount=amount, target=target, now_ms=now_ms)

    def withdraw(
        self, account_id: str, *, token: str, network: str, amount: Decimal, address: str, extra: str, now_ms: int
    ) -> Move:
        """Set money aside to be sent out; what arrives is the amount less the network's fee. Raises Refusal."""
        way = self._way(token, network)
        if not address.strip() or len(address) > 200:
            raise refusal(-1005, problem="address must not be blank")
        if EXACT.remainder(amount, EXACT.scaleb(1, -way.decimals)):
            raise refusal(-1005, problem=f"amount: {token} has {way.decimals} decimals on {way.network.name}")
        if amount < max(way.minimum, way.fee):
            raise refusal(-1005, problem=f"amount must be at least {way.minimum}")
        self._bank.set_aside(account_id, token=token, amount=amount)
        move = self._begin(account_id, TokenSide.WITHDRAW, way, token=token, amount=amount, now_ms=now_ms)
        move.fee, move.address, move.extra = way.fee, address, extra
        return move

    def take_back(self, account_id: str, move_id: str, *, now_ms: int) -> Move:
        """Cancel a withdrawal that is still NEW; its money is free again. Raises Refusal."""
        move = self._pending.get(move_id)
        if move is None or move.account_id != account_id or move.side is not TokenSide.WITHDRAW:
            raise Refusal(302002, "The withdrawal does not exist or is completed.")
        if move.status is not WalletStatus.NEW:
            raise Refusal(302001, "The withdrawal is on its way already.")
        self._bank.give_back(account_id, token=move.token, amount=move.amount)
        self._change(move, WalletStatus.CANCELED, now_ms)
        return move

    def advance(self, *, now_ms: int) -> None:
        """Bring everything that is on its way up to date, whatever it has passed meanwhile."""
        for move in list(self._pending.values()):
            if move.side is TokenSide.WITHDRAW and not self._has_left(move, now_ms):
                continue
            self._confirm(move, now_ms)

    def moves(self, account_id: str) -> Iterator[Move]:
        """Yield an account's moves, newest first."""
        return (move for move in reversed(self._all) if move.account_id == account_id)

    def _has_left(self, move: Move, now_ms: int) -> bool:
        sent_ms = move.created_ms + REVIEW_MS + PROCESSING_MS
        if move.status is WalletStatus.NEW and now_ms >= move.created_ms + REVIEW_MS:
            self._change(move, WalletStatus.PROCESSING, move.created_ms + REVIEW_MS)
        if move.status is WalletStatus.PROCESSING and now_ms >= sent_ms:
            self._change(move, WalletStatus.CONFIRMING, sent_ms)
        return move.status is WalletStatus.CONFIRMING

    def _confirm(self, move: Move, now_ms: int) -> None:
        chain = move.way.network
        begun_ms = move.created_ms + (REVIEW_MS + PROCESSING_MS if move.side is TokenSide.WITHDRAW else 0)
        move.confirmed = min(chain.confirmations, (now_ms - begun_ms) // chain.block_ms)
        if move.confirmed < chain.confirmations:
            return
        if move.side is TokenSide.DEPOSIT:
            self._bank.move(self._bank.outside, move.account_id, token=move.token, amount=move.amount, kind="DEPOSIT")
        else:
            self._leave(move, now_ms)
        self._change(move, WalletStatus.COMPLETED, begun_ms + chain.confirmations * chain.block_ms)

    def _leave(self, move: Move, now_ms: int) -> None:
        sent = move.amount - move.fee
        self._bank.send_out(move.account_id, token=move.token, amount=move.amount, fee=move.fee)
        owner = self._owner_of.get(move.address)
        if owner is not None and sent > 0:
            self._arrive(owner, move.way, token=move.token, amount=sent, target=move.address, now_ms=now_ms)

    def _arrive(self, account_id: str, way: Way, *, token: str, amount: Decimal, target: str, now_ms: int) -> Move:
        move = self._begin(account_id, TokenSide.DEPOSIT, way, token=token, amount=amount, now_ms=now_ms)
        move.address, move.status = target, WalletStatus.CONFIRMING
        move.source = "0x" + hashlib.sha256(move.external_id.encode()).hexdigest()[:40]
        return move

    def _begin(self, account_id: str, side: TokenSide, way: Way, *, token: str, amount: Decimal, now_ms: int) -> Move:
        move_id, external_id = _ids(next(self._numbers), now_ms)
        move = Move(
            id=move_id,
            external_id=external_id,
            account_id=account_id,
            side=side,
            token=token,
            way=way,
            amount=amount,
            fee=Decimal(0),
            address="",
            source="",
            extra="",
            created_ms=now_ms,
            updated_ms=now_ms,
            status=WalletStatus.NEW,
        )
        self._pending[move.id] = move
        self._all.append(move)
        return move

    def _change(self, move: Move, status: WalletStatus, now_ms: int) -> None:
        move.status, move.updated_ms = status, now_ms
        if move.is_over:
            del self._pending[move.id]

    def _way(self, token: str, network: str) -> Way:
        found = self._tokens.get(token)
        way = found.way(network) if found else None
        if way is None:
            # "The token is not supported" is part of the recorded message (rest-v3 §5.2).
            raise refusal(-1005, problem="The token is not supported.")
        return way


def _ids(number: int, now_ms: int) -> tuple[str, str]:
    """Return both ids in the recorded form: the minute, then a number (rest-v3 §9.4.3)."""
    minute = datetime.fromtimestamp(now_ms / 1000, UTC).strftime("%y%m%d%H%M")
    return f"{minute}{number % 10**7:07}", f"{minute}{number % 10**5:05}"
