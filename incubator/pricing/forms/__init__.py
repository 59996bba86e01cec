"""Forms of `pricing`, a file for each subject."""

from incubator.pricing.forms.tariffs import (
    BASIS_CHOICES,
    PRICE_FIELDS,
    TAX_CHOICES,
    TYPED,
    WITH_TAX,
    WITHOUT_TAX,
    PriceField,
    TariffForm,
    plain_number,
    put_price,
    tariff_form,
)

__all__ = [
    "BASIS_CHOICES", "PRICE_FIELDS", "TAX_CHOICES", "TYPED", "WITHOUT_TAX", "WITH_TAX", "PriceField", "TariffForm",
    "plain_number", "put_price", "tariff_form",
]  # fmt: skip
