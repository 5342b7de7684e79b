"""This file is who holds what: every asset adds up to the same total, whatever is traded.

All amounts are units (see `money`). A trade moves them between two wallets and into `fees`; a perpetual's profit comes
out of `clearing` and its isolated margin waits in `isolated`; only `deposit` makes any and only `withdraw` ends any.
"""

from collections import defaultdict

RATE_ONE = 10**8
"""Fee rates are whole numbers of 10⁻⁸: a basis point is 10,000 of them."""


class Pocket:
    """One asset of one account; `frozen` is the part of `holding` that open orders keep.

    A holding below zero is a debt; `lowest` is the least there was since interest was charged last. `told_holding` and
    `told_frozen` are what was last pushed, None before that, and `version` is the number of that push.
    """

    __slots__ = ("asset", "frozen", "holding", "lowest", "told_frozen", "told_holding", "version")

    def __init__(self, asset: str) -> None:
        self.asset = asset
        self.holding = 0
        self.frozen = 0
        self.lowest = 0
        self.told_holding: int | None = None
        self.told_frozen: int | None = None
        self.version = 0

    @property
    def available(self) -> int:
        return self.holding - self.frozen


class Wallet(dict[str, Pocket]):
    """An account's pockets by asset; one that is asked for is there."""

    def __missing__(self, asset: str) -> Pocket:
        pocket = self[asset] = Pocket(asset)
        return pocket


def available(wallet: Wallet, asset: str) -> int:
    """Return what is free of an asset, without making a pocket for it."""
    pocket = wallet.get(asset)
    return pocket.available if pocket else 0


class Ledger:
    """Every wallet there is, and the fees that were taken out of them."""

    def __init__(self, *, fee_step: int = 1) -> None:
        self._fee_step = fee_step
        self._fee_divisor = RATE_ONE * fee_step
        self._wallets: list[Wallet] = []
        self.fees: defaultdict[str, int] = defaultdict(int)
        self.deposited: defaultdict[str, int] = defaultdict(int)
        # What perpetuals' open positions have paid in less what was paid out: below zero while profits are paid first.
        self.clearing: defaultdict[str, int] = defaultdict(int)
        self.isolated: defaultdict[str, int] = defaultdict(int)

    def open_wallet(self) -> Wallet:
        """Return a new, empty wallet that counts in the totals."""
        wallet = Wallet()
        self._wallets.append(wallet)
        return wallet

    def deposit(self, wallet: Wallet, *, asset: str, amount: int) -> None:
        """Bring new money in."""
        if amount < 0:
            raise ValueError(f"a deposit of {asset} cannot be negative")
        wallet[asset].holding += amount
        self.deposited[asset] += amount

    def fee(self, amount: int, rate: int) -> int:
        """Return the fee on `amount`, rounded up to the fee step but never more than the amount."""
        return min(amount, -(-amount * rate // self._fee_divisor) * self._fee_step)

    def pay(self, *, payer: Wallet, receiver: Wallet, asset: str, amount: int, fee: int) -> None:
        """Move `amount` from one wallet to another, which gets it less the fee. They may be the same."""
        self.hand_over(payer[asset], receiver[asset], amount=amount, fee=fee)

    def hand_over(self, payer: Pocket, receiver: Pocket, amount: int, fee: int) -> None:
        """Do the same between two pockets of one asset."""
        payer.holding -= amount
        if payer.holding < payer.lowest:
            payer.lowest = payer.holding
        receiver.holding += amount - fee
        self.fees[payer.asset] += fee

    def withdraw(self, wallet: Wallet, *, asset: str, amount: int) -> None:
        """Take money out for good."""
        if not 0 <= amount <= available(wallet, asset):
            raise ValueError(f"a withdrawal of {asset} takes what is free")
        wallet[asset].holding -= amount
        self.deposited[asset] -= amount

    def clear(self, wallet: Wallet, *, asset: str, amount: int) -> None:
        """Pay a profit out of the clearing house, or a loss into it."""
        wallet[asset].holding += amount
        self.clearing[asset] -= amount

    def collect(self, wallet: Wallet, *, asset: str, amount: int) -> None:
        """Take a fee."""
        wallet[asset].holding -= amount
        self.fees[asset] += amount

    def isolate(self, wallet: Wallet, *, asset: str, amount: int) -> None:
        """Move margin into a position of its own, or back."""
        wallet[asset].holding -= amount
        self.isolated[asset] += amount

    def total(self, asset: str) -> int:
        """Return all there is of an asset, fees and what the clearing house keeps included."""
        kept = self.fees[asset] + self.clearing[asset] + self.isolated[asset]
        return kept + sum(wallet[asset].holding for wallet in self._wallets if asset in wallet)
