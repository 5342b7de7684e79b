"""This file is the handlers of rest-v3 §9.3: the account, its settings, its keys and its sub-accounts."""

from typing import Final

import msgspec

from woodlot.sandbox.credentials import Granted
from woodlot.sandbox.families import MAIN_NAME
from woodlot.sandbox.handlers.venue import Call, Handlers
from woodlot.sandbox.parameters import invalid
from woodlot.sandbox.queries import page_of
from woodlot.sandbox.refusal import Refusal
from woodlot.wire.account import (
    AccountInfo,
    CreateListenKey,
    Credential,
    CredentialRows,
    GetAccountInfo,
    GetCredentials,
    GetReferralRewardHistory,
    GetReferralSummary,
    GetSubAccounts,
    GetSymbolConfig,
    GetTokenConfig,
    ListenKey,
    ReferralRewards,
    ReferralSummary,
    SetTradingMode,
    SubAccount,
    SubAccounts,
    SymbolConfig,
    TokenConfig,
)
from woodlot.wire.loose import Done
from woodlot.wire.moment import Time

PER_PAGE: Final = 25
MOST_PER_PAGE: Final = 1000
"""Of account histories: "default 25 and max 1000" (rest-v3 §3.4)."""


def _account_info(call: Call[GetAccountInfo]) -> AccountInfo:
    return call.exchange.account_info(call.account_id)


def _token_config(call: Call[GetTokenConfig]) -> TokenConfig:
    return call.exchange.margin.token_config()


def _symbol_config(call: Call[GetSymbolConfig]) -> SymbolConfig:
    return call.exchange.futures.symbol_config()


def _sub_accounts(call: Call[GetSubAccounts]) -> SubAccounts:
    families = call.office.families
    if not families.is_main(call.account_id):
        # "main account only"; the code is not known.
        raise Refusal(-1002, "The request is unauthorized.", http_status=401)
    rows = [
        SubAccount(application_id=member.application_id, name=member.name, created_time=Time.at(member.created_ms))
        for member in families.subs(call.account_id, now_ms=call.now_ms)
    ]
    return SubAccounts(rows=tuple(rows))


def _referral_summary(call: Call[GetReferralSummary]) -> ReferralSummary:
    """Nobody is referred to a sandbox."""
    none: list[None] = []
    _, meta = page_of(none, page=call.request.page, size=call.request.size, default=PER_PAGE, most=MOST_PER_PAGE)
    return ReferralSummary(rows=(), meta=meta)


def _referral_rewards(call: Call[GetReferralRewardHistory]) -> ReferralRewards:
    # Known by name only (rest-v3 §14 no 7): an empty page, as its neighbour answers.
    none: list[None] = []
    _, meta = page_of(none, page=call.request.page, size=call.request.size, default=PER_PAGE, most=MOST_PER_PAGE)
    return ReferralRewards(data={"rows": [], "meta": msgspec.to_builtins(meta)})


def _credentials(call: Call[GetCredentials]) -> CredentialRows:
    keys = call.office.credentials.of(call.account_id)
    shown, meta = page_of(keys, page=call.request.page, size=call.request.size, default=PER_PAGE, most=MOST_PER_PAGE)
    return CredentialRows(rows=tuple(_credential(granted) for granted in shown), meta=meta)


def _set_trading_mode(call: Call[SetTradingMode]) -> Done:
    call.exchange.margin.set_trading_mode(call.account_id, call.request.trading_mode)
    return Done()  # shape not known: success and timestamp (rest-v3 §14 no 7)


def _create_listen_key(call: Call[CreateListenKey]) -> ListenKey:
    if call.request.type != "WEBSOCKET":
        raise invalid("type: expected WEBSOCKET")
    key = call.venue.listen_keys.create(call.account_id, now_ms=call.now_ms)
    return ListenKey(auth_key=key.text, expired_time=Time.at(key.expires_ms))


def _credential(granted: Granted) -> Credential:
    return Credential(
        account_name=MAIN_NAME,
        user_id=granted.user_id,
        api_key=granted.api_key,
        permissions=granted.permissions,
        # "absent without restriction" (rest-v3 §9.3).
        allowed_ips=granted.allowed_ips or msgspec.UNSET,
    )


HANDLERS: Final[Handlers] = {
    GetAccountInfo: _account_info,
    GetTokenConfig: _token_config,
    GetSymbolConfig: _symbol_config,
    GetSubAccounts: _sub_accounts,
    GetReferralSummary: _referral_summary,
    GetReferralRewardHistory: _referral_rewards,
    GetCredentials: _credentials,
    SetTradingMode: _set_trading_mode,
    CreateListenKey: _create_listen_key,
}
