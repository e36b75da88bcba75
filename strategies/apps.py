from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class StrategiesConfig(AppConfig):
    name = "strategies"
    verbose_name = _("Automation")

    def ready(self) -> None:
        from aftersale.services import ingest
        from aftersale.services.archive import due, parts
        from aftersale.services.privacy import places
        from aftersale.services.sheets import kinds
        from aftersale.signals import buyer_erased, shop_changed, tickets_waiting
        from strategies import wiring
        from strategies.services import archived, personal_data
        from strategies.services.import_strategies import save_strategies
        from strategies.services.sheets import products, strategies
        from strategies.strategy_record import StrategyRecord

        ingest.register("strategy", StrategyRecord, save_strategies, number="name")
        kinds.register(strategies.KIND)
        kinds.register(products.KIND)
        places.register(*personal_data.PLACES)
        places.register_held("decisions", personal_data.decisions_of)
        parts.register(*archived.PARTS)
        due.keep_in_the_database(archived.KEEPS)
        tickets_waiting.connect(wiring.on_tickets_waiting, dispatch_uid="strategies.waiting")
        shop_changed.connect(wiring.on_shop_changed, dispatch_uid="strategies.shop_changed")
        buyer_erased.connect(wiring.on_buyer_erased, dispatch_uid="strategies.buyer_erased")
        post_migrate.connect(wiring.on_migrated, sender=self, dispatch_uid="strategies.schedules")
