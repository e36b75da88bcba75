"""Names of the strategies behind a trial run's keys (SPEC M3)."""

from typing import NamedTuple

from aftersale.domain.digits import whole_number
from strategies.models import Strategy, TrialRun


class Named(NamedTuple):
    name: str
    daily_cap: int | None
    """None of a strategy that was deleted before the trial run began."""


def named(trial: TrialRun) -> dict[str, Named]:
    """The strategies by their keys, as they were called when the trial run began."""
    found: dict[str, Named] = {}
    for content in (trial.present, trial.proposed):
        for strategy in content.get("strategies", ()):
            found[str(strategy["id"])] = Named(strategy["name"], strategy["daily_cap"])
    others = [whole_number(key) for key in trial.summary.get("real", ()) if key not in found]
    deleted = Strategy.objects.filter(shop=trial.shop_id, pk__in=filter(None, others))
    return found | {str(pk): Named(name, None) for pk, name in deleted.values_list("pk", "name")}
