"""This file is answers whose shape nobody has published or recorded: kept whole, promised nothing about.

Each subclass names the open point it stands for (rest-v3 §14). When a recording turns up, the class gets fields and
leaves this base.
"""

from typing import Any

from woodlot.wire.answer import Answer


class LooseAnswer(Answer):
    """A success whose `data` is whatever the exchange sent: objects as dicts, numbers exact.

    `data` is None where the reply had none.
    """

    data: Any = None
    timestamp: int = 0


class Done(LooseAnswer):
    """The exchange said that it did it; what else it says is not known (rest-v3 §14 no 7)."""
