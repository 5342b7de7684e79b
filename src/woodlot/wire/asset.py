"""This file is rest-v3 §9.4: what the account holds, and how it came and went."""

from decimal import Decimal
from enum import StrEnum
from typing import ClassVar

import msgspec

from woodlot.wire.amount import Number
from woodlot.wire.answer import Answer, Meta
from woodlot.wire.enums import OpenWord
from woodlot.wire.loose import Done, LooseAnswer
from woodlot.wire.moment import Moment, Time
from woodlot.wire.payload import Payload
from woodlot.wire.request import Endpoint, Request, delete, get, post


class Holding(Answer):
    """One token in the account (rest-v3 §9.4.1). `holding` is all of it, `available_balance` what is free."""

    token: str
    holding: Decimal
    frozen: Decimal
    staked: Decimal
    unbonding: Decimal
    vault: Decimal
    interest: Decimal
    earn: Decimal | None = None
    pending_short_qty: Decimal
    pending_long_qty: Decimal
    available_balance: Decimal
    average_open_price: Decimal | None = None
    mark_price: Decimal | None = None
    pnl_24h: Decimal | None = msgspec.field(name="pnl24H", default=None)
    fee_24h: Decimal | None = msgspec.field(name="fee24H", default=None)
    timestamp: Time | None = None
    # An older recording has this instead of `timestamp`, in seconds with a fraction; UNSET where it is left out.
    updated_time: Time | msgspec.UnsetType = msgspec.UNSET


class Balances(Answer):
    holding: tuple[Holding, ...]


class GetBalances(Request[Balances]):
    """Ask what the account holds: rest-v3 §9.4.1, 10 per second."""

    endpoint: ClassVar[Endpoint] = get("/v3/asset/balances", signed=True)

    token: str | None = None


class TokenChange(Answer):
    """One change of a balance; `type` says why (rest-v3 §9.4.2)."""

    id: int
    type: str
    token: str
    amount: Decimal
    timestamp: Time


class TokenChanges(Answer):
    rows: tuple[TokenChange, ...]
    meta: Meta = Meta()


class GetTokenHistory(Request[TokenChanges]):
    """List what changed the balances: rest-v3 §9.4.2, 10 per minute. `type` is one of that section's words."""

    endpoint: ClassVar[Endpoint] = get("/v3/asset/token/history", signed=True)

    type: str | None = None
    start_time: Moment | None = None
    end_time: Moment | None = None
    page: int | None = None
    size: int | None = None


class WalletType(StrEnum):
    """BALANCE lists deposits and withdrawals, COLLATERAL moves between portfolios."""

    BALANCE = "BALANCE"
    COLLATERAL = "COLLATERAL"


class TokenSide(StrEnum):
    DEPOSIT = "DEPOSIT"
    WITHDRAW = "WITHDRAW"


class WalletStatus(OpenWord):
    NEW = "NEW"
    CONFIRMING = "CONFIRMING"
    PROCESSING = "PROCESSING"
    COMPLETED = "COMPLETED"
    CANCELED = "CANCELED"


class WalletMove(Answer):
    """One deposit or withdrawal (rest-v3 §9.4.3). `token` may name its network: `ARB_USDCNATIVE`."""

    created_time: Time
    updated_time: Time
    id: str
    external_id: str
    application_id: str | None = None
    token: str
    target_address: str
    source_address: str
    extra: str
    type: str
    token_side: str
    amount: Decimal
    tx_id: str
    fee_token: str | None = None
    fee_amount: Decimal | None = None
    status: WalletStatus
    confirming_threshold: int | None = None
    confirmed_number: int | None = None


class WalletMoves(Answer):
    rows: tuple[WalletMove, ...]
    meta: Meta = Meta()


class GetWalletHistory(Request[WalletMoves]):
    """List deposits and withdrawals: rest-v3 §9.4.3, 10 per minute. `size` is at most 1000."""

    endpoint: ClassVar[Endpoint] = get("/v3/asset/wallet/history", signed=True)

    token: str | None = None
    network: str | None = None
    type: WalletType | None = None
    token_side: TokenSide | None = None
    status: str | None = None
    start_time: Moment | None = None
    end_time: Moment | None = None
    page: int | None = None
    size: int | None = None


class DepositAddress(Answer):
    """Where to send a token; `extra` is the memo or tag that some networks need."""

    address: str
    extra: str = ""


class GetDepositAddress(Request[DepositAddress]):
    """Ask where to send a token: rest-v3 §9.4.4, 10 per minute."""

    endpoint: ClassVar[Endpoint] = get("/v3/asset/wallet/deposit", signed=True)

    token: str
    network: str


class WithdrawAck(Answer):
    """The withdrawal was taken; its way is told by GetWalletHistory."""

    withdraw_id: str
    timestamp: int = 0


class Withdraw(Request[WithdrawAck]):
    """Send a token out of the exchange: rest-v3 §9.4.4, 10 per minute. Needs a key that may withdraw."""

    endpoint: ClassVar[Endpoint] = post("/v3/asset/wallet/withdraw")
    amounts_as_numbers: ClassVar[bool] = True

    token: str
    network: str
    address: str
    amount: Number
    extra: str | None = None


class CancelWithdrawal(Request[Done]):
    """Take a pending withdrawal back: rest-v3 §9.4.4. The reply's shape is not known."""

    endpoint: ClassVar[Endpoint] = delete("/v3/asset/wallet/withdraw/{withdrawId}")

    withdraw_id: str


class TransferEnd(Payload):
    """One end of a transfer to be made."""

    application_id: str


class TransferAck(Answer):
    """The transfer was taken."""

    id: int
    timestamp: int = 0


class Transfer(Request[TransferAck]):
    """Move a token between the main account and a sub-account: rest-v3 §9.4.4, 20 per minute."""

    endpoint: ClassVar[Endpoint] = post("/v3/asset/transfer")
    amounts_as_numbers: ClassVar[bool] = True

    token: str
    amount: Number
    source: TransferEnd = msgspec.field(name="from")
    destination: TransferEnd = msgspec.field(name="to")

    @classmethod
    def between(cls, source: str, to: str, *, token: str, amount: Number) -> "Transfer":
        """Move `amount` of `token` from one application id to another."""
        return cls(
            token=token,
            amount=amount,
            source=TransferEnd(application_id=source),
            destination=TransferEnd(application_id=to),
        )


class Application(Answer):
    """One end of a transfer that was made."""

    application_id: str
    account_name: str


class PastTransfer(Answer):
    """One transfer between accounts (rest-v3 §9.4.4)."""

    id: int
    token: str
    amount: Decimal
    status: str
    source: Application = msgspec.field(name="from")
    destination: Application = msgspec.field(name="to")
    created_time: Time
    updated_time: Time


class PastTransfers(Answer):
    rows: tuple[PastTransfer, ...]
    meta: Meta = Meta()


class GetTransferHistory(Request[PastTransfers]):
    """List transfers between accounts: rest-v3 §9.4.4, 20 per minute."""

    endpoint: ClassVar[Endpoint] = get("/v3/asset/transfer/history", signed=True)

    start_time: Moment | None = None
    end_time: Moment | None = None
    page: int | None = None
    size: int | None = None


class StakingYields(LooseAnswer):
    """Nothing is known of its shape; the V1 twin had token, staking size, reward and amount (rest-v3 §14 no 7)."""


class GetStakingYieldHistory(Request[StakingYields]):
    """List what staking yielded: rest-v3 §9.4.4, 10 per minute."""

    endpoint: ClassVar[Endpoint] = get("/v3/asset/staking/yieldHistory", signed=True)

    token: str | None = None
    page: int | None = None
    size: int | None = None
