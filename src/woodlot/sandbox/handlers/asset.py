"""This file is the handlers of rest-v3 §9.4: what an account holds, and how it came and went."""

from decimal import Decimal
from typing import Any, Final

import msgspec

from woodlot.sandbox.families import Member
from woodlot.sandbox.handlers.account import MOST_PER_PAGE, PER_PAGE
from woodlot.sandbox.handlers.venue import Call, Handlers
from woodlot.sandbox.parameters import invalid
from woodlot.sandbox.queries import bounds_ms, page_of
from woodlot.sandbox.statement import FILLS_TOLD, KINDS, statement
from woodlot.sandbox.transfers import Done as DoneTransfer
from woodlot.sandbox.wallet import Move
from woodlot.wire.asset import (
    Application,
    Balances,
    CancelWithdrawal,
    DepositAddress,
    GetBalances,
    GetDepositAddress,
    GetStakingYieldHistory,
    GetTokenHistory,
    GetTransferHistory,
    GetWalletHistory,
    PastTransfer,
    PastTransfers,
    StakingYields,
    TokenChanges,
    TokenSide,
    Transfer,
    TransferAck,
    WalletMove,
    WalletMoves,
    WalletType,
    Withdraw,
    WithdrawAck,
)
from woodlot.wire.loose import Done
from woodlot.wire.moment import Moment, Time
from woodlot.wire.trade import GetTransactionHistory


def _balances(call: Call[GetBalances]) -> Balances:
    return Balances(holding=call.exchange.balances(call.account_id, call.request.token))


def _token_history(call: Call[GetTokenHistory]) -> TokenChanges:
    request = call.request
    if request.type is not None and request.type not in KINDS:
        raise invalid("type: not a word of this history")
    bank, account_id = call.office.bank, call.account_id
    fills = call.exchange.transactions(account_id, GetTransactionHistory(limit=FILLS_TOLD)).rows
    rows = [
        row
        for row in statement(bank.movements(account_id), bank.changes(account_id), fills)
        if request.type in {None, row.type} and _is_within(request.start_time, request.end_time, row.timestamp.ms)
    ]
    shown, meta = page_of(rows, page=request.page, size=request.size, default=PER_PAGE, most=MOST_PER_PAGE)
    return TokenChanges(rows=shown, meta=meta)


def _wallet_history(call: Call[GetWalletHistory]) -> WalletMoves:
    request = call.request
    moves = [move for move in call.office.wallet.moves(call.account_id) if _is_asked_for(move, request)]
    shown, meta = page_of(moves, page=request.page, size=request.size, default=PER_PAGE, most=MOST_PER_PAGE)
    return WalletMoves(rows=tuple(_wallet_move(move) for move in shown), meta=meta)


def _deposit_address(call: Call[GetDepositAddress]) -> DepositAddress:
    request = call.request
    address = call.office.wallet.address(call.account_id, token=request.token, network=request.network)
    return DepositAddress(address=address, extra="")


def _withdraw(call: Call[Withdraw]) -> WithdrawAck:
    request = call.request
    move = call.office.wallet.withdraw(
        call.account_id,
        token=request.token,
        network=request.network,
        amount=_exact(request.amount),
        address=request.address,
        extra=request.extra or "",
        now_ms=call.now_ms,
    )
    return WithdrawAck(withdraw_id=move.id)


def _cancel_withdrawal(call: Call[CancelWithdrawal]) -> Done:
    call.office.wallet.take_back(call.account_id, call.request.withdraw_id, now_ms=call.now_ms)
    # The reply's shape is not known: success and timestamp (rest-v3 §14 no 7).
    return Done()


def _transfer(call: Call[Transfer]) -> TransferAck:
    request = call.request
    done = call.office.transfers.make(
        call.account_id,
        source_id=request.source.application_id,
        destination_id=request.destination.application_id,
        token=request.token,
        amount=_exact(request.amount),
        now_ms=call.now_ms,
    )
    return TransferAck(id=done.id)


def _transfer_history(call: Call[GetTransferHistory]) -> PastTransfers:
    request = call.request
    made = [
        done
        for done in call.office.transfers.of(call.account_id)
        if _is_within(request.start_time, request.end_time, done.ts)
    ]
    shown, meta = page_of(made, page=request.page, size=request.size, default=PER_PAGE, most=MOST_PER_PAGE)
    return PastTransfers(rows=tuple(_past_transfer(done) for done in shown), meta=meta)


def _staking_yields(call: Call[GetStakingYieldHistory]) -> StakingYields:
    """Nothing is staked in a sandbox; the shape of a row is not known (rest-v3 §14 no 7)."""
    none: list[None] = []
    _, meta = page_of(none, page=call.request.page, size=call.request.size, default=PER_PAGE, most=MOST_PER_PAGE)
    return StakingYields(data={"rows": [], "meta": msgspec.to_builtins(meta)})


def _is_asked_for(move: Move, request: GetWalletHistory) -> bool:
    return (
        request.type in {None, WalletType.BALANCE}
        and request.token in {None, move.token, move.way.token}
        and request.network in {None, move.way.network.name}
        and request.token_side in {None, move.side}
        and request.status in {None, move.status.value}
        and _is_within(request.start_time, request.end_time, move.created_ms)
    )


def _wallet_move(move: Move) -> WalletMove:
    is_deposit = move.side is TokenSide.DEPOSIT
    return WalletMove(
        created_time=Time.at(move.created_ms),
        updated_time=Time.at(move.updated_ms),
        id=move.id,
        external_id=move.external_id,
        # Recorded: a withdrawal names the account and its fee, a deposit its confirmations (rest-v3 §9.4.3).
        application_id=None if is_deposit else move.account_id,
        token=move.way.token,
        target_address=move.address,
        source_address=move.source,
        extra=move.extra,
        type=WalletType.BALANCE.value,
        token_side=move.side.value,
        amount=move.amount,
        tx_id=move.hash,
        fee_token=None if is_deposit else move.token,
        fee_amount=None if is_deposit else move.fee,
        status=move.status,
        confirming_threshold=move.way.network.confirmations if is_deposit else None,
        confirmed_number=move.confirmed if is_deposit else None,
    )


def _past_transfer(done: DoneTransfer) -> PastTransfer:
    return PastTransfer(
        id=done.id,
        token=done.token,
        amount=done.amount,
        status="COMPLETED",
        source=_application(done.source),
        destination=_application(done.destination),
        created_time=Time.at(done.ts),
        updated_time=Time.at(done.ts),
    )


def _application(member: Member) -> Application:
    return Application(application_id=member.application_id, account_name=member.name)


def _is_within(start: Moment | None, end: Moment | None, ts: int) -> bool:
    start_ms, end_ms = bounds_ms(start, end)
    return start_ms <= ts <= end_ms


def _exact(amount: Any) -> Decimal:
    """A request has made its amounts exact; the annotation still says what it takes."""
    return Decimal(amount)


HANDLERS: Final[Handlers] = {
    GetBalances: _balances,
    GetTokenHistory: _token_history,
    GetWalletHistory: _wallet_history,
    GetDepositAddress: _deposit_address,
    Withdraw: _withdraw,
    CancelWithdrawal: _cancel_withdrawal,
    Transfer: _transfer,
    GetTransferHistory: _transfer_history,
    GetStakingYieldHistory: _staking_yields,
}
