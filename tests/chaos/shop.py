"""The trials' shop, its owner `olga`, and the program that may send to it."""


def prepare() -> str:
    """Migrates and makes them; the program's token."""
    from django.core.management import call_command
    from django.db import connection

    from tests.api.program import program
    from tests.factories import make_shop, make_user

    call_command("migrate", interactive=False, verbosity=0)
    shop = make_shop(code="s1", connector="sandbox", is_demo=True)
    token = program(shop, make_user(shop, username="olga")).token
    connection.close()
    new_cap()
    return token


def new_cap() -> None:
    """A new strategy in place of the last: the caps of the day may count as used up (SPEC G6)."""
    from django.contrib.auth.models import User
    from django.db import connection
    from django.utils import timezone

    from aftersale.models import Shop
    from strategies.models import Strategy
    from strategies.services import strategies
    from tests.factories import make_strategy

    before = Strategy.objects.filter(deleted_at=None)
    olga, name = User.objects.get(username="olga"), f"all {Strategy.objects.count() + 1}"
    for strategy_id in list(before.values_list("pk", flat=True)):
        strategies.delete(strategy_id=strategy_id, user=olga, now=timezone.now())
    make_strategy(Shop.objects.get(code="s1"), name=name, daily_cap="1000000.00")
    connection.close()
