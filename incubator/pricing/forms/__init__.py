"""Forms of `pricing`, a file for each subject."""

from incubator.pricing.forms.tariffs import BASIS_CHOICES, TAX_CHOICES, PriceField, TariffForm, tariff_form

__all__ = ["BASIS_CHOICES", "TAX_CHOICES", "PriceField", "TariffForm", "tariff_form"]
