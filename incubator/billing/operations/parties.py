"""The names and addresses that a posted document keeps."""

from __future__ import annotations

from typing import Any

from incubator.accounts.models import Operator
from incubator.spaces.models import Site
from incubator.startups.models import Startup


def parties_of(operator: Operator, site: Site, startup: Startup) -> dict[str, Any]:
    """As they are on the day on which it is posted."""
    return {
        "operator": {"name": operator.name, "name_en": operator.name_en, "credit_code": operator.credit_code,
                     "address": operator.address},
        "site": {"code": site.code, "name": site.name, "name_en": site.name_en, "address": site.address},
        "startup": {"code": startup.code, "name": startup.name, "name_en": startup.name_en, "kind": startup.kind,
                    "credit_code": startup.credit_code},
    }  # fmt: skip
