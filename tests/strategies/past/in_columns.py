"""Evaluations as the engine has them, turned into a past in columns without a database."""

from collections.abc import Sequence

import numpy as np

from strategies.engine.replay import Past as Evaluation
from strategies.engine.replay import Restore
from strategies.services.past.columns import BLOCKED, HIT, NAMES, NONE, PAUSED, VIRTUAL, Word, empty
from strategies.services.past.past import Past, of_columns


def in_columns(
    evaluations: Sequence[Evaluation], *, start: int = NONE + 1, restores: Sequence[Restore] = ()
) -> Past:
    words: dict[Word, int] = {}
    orders: dict[object, int] = {}
    buyers: dict[object, int] = {}
    rows = []
    for facts, hit, paused in evaluations:
        word = Word(
            facts.type, facts.order_status, facts.reason, tuple(facts.labels),
            tuple(facts.products), tuple(facts.categories), facts.scenarios_hit,
            facts.order_type, tuple(facts.ticket_labels), facts.held_back,
        )  # fmt: skip
        kept = {
            "decision": len(rows) + 1,
            "ticket": facts.ticket,
            "order": orders.setdefault(facts.order, len(orders)),
            "buyer": buyers.setdefault(facts.buyer, len(buyers)),
            "word": words.setdefault(word, len(words)),
            "approver": 0,
            "rulebook": 0,
            "bits": facts.virtual * VIRTUAL | facts.blocked * BLOCKED | hit * HIT | paused * PAUSED,
        }
        row = [kept.get(name, getattr(facts, name, None)) for name in NAMES]
        rows.append([NONE if value is None else value for value in row])
    columns = np.array(rows, np.int64).reshape(len(rows), len(NAMES))
    return of_columns(
        dict(zip(NAMES, columns.T.copy(), strict=True)),
        empty(),
        {number: word for word, number in words.items()},
        start=start,
        restores=[
            Restore(one.at, [(buyers.setdefault(who, len(buyers)), *rest)
                             for who, *rest in one.found])
            for one in restores
        ],
    )  # fmt: skip
