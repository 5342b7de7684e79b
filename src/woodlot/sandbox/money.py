"""This file is money as whole numbers: every amount is counted in units of 10⁻¹², so that nothing is ever rounded.

Decimals come in and go out by `units` and `decimal`; between them there are only integers. Twelve places hold a
tick times a lot times a tenth of a basis point of everything listed.
"""

from decimal import Context, Decimal, DivisionByZero, Inexact, InvalidOperation, Overflow

DECIMALS = 12
ONE = 10**DECIMALS
_ZERO = Decimal(0)

# Longer than anything a request can spell (60 digits) times anything listed; a digit lost is an error, not a rounding.
EXACT = Context(prec=200, traps=[Inexact, InvalidOperation, DivisionByZero, Overflow])


def units(number: Decimal) -> int:
    """Return `number` in units. Raises decimal.Inexact when it has more than twelve places.

    >>> units(Decimal("0.001"))
    1000000000
    """
    return int(EXACT.to_integral_exact(EXACT.scaleb(number, DECIMALS)))


def decimal(amount: int) -> Decimal:
    """Return units as a Decimal without trailing zeros and without an exponent above 0.

    >>> decimal(1_500_000_000_000), decimal(100 * ONE)
    (Decimal('1.5'), Decimal('100'))
    """
    if not amount:
        return _ZERO
    whole, rest = divmod(amount, ONE)
    if not rest:
        return Decimal(whole)
    return EXACT.normalize(EXACT.scaleb(amount, -DECIMALS))


def times(amount: int, price: int) -> int:
    """Return the worth, in units and rounded down, of `amount` units at a price of `price` units."""
    return amount * price // ONE


def average(cost: int, quantity: int) -> int:
    """Return the price in units, rounded half up, at which `quantity` cost `cost`; 0 for nothing."""
    return (2 * cost * ONE + quantity) // (2 * quantity) if quantity else 0
