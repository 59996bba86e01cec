"""What is done with prices and meters, a file for each subject."""

from incubator.pricing.operations.meters import add_meter, exchange_meter, remove_meter
from incubator.pricing.operations.readings import (
    Entry,
    ReadingsRefused,
    attach_photo,
    correct_reading,
    enter_readings,
)
from incubator.pricing.operations.tariffs import TariffLine, create_tariff
from incubator.pricing.operations.taxes import set_tax_rate, set_tax_status

__all__ = [
    "Entry", "ReadingsRefused", "TariffLine", "add_meter", "attach_photo", "correct_reading", "create_tariff",
    "enter_readings", "exchange_meter", "remove_meter", "set_tax_rate",
    "set_tax_status",
]  # fmt: skip
