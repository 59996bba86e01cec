"""Copy what the browser and the documents need from node_modules into static/vendor (ignored by git).

`python -m incubator.web.vendor` runs after `npm ci`. The icons become one sprite of those that `ICONS` names.
"""

from __future__ import annotations

import re
import shutil

from incubator.settings import ROOT

MODULES = ROOT / "node_modules"
VENDOR = ROOT / "static" / "vendor"
FILES = {
    "tabler.min.css": "@tabler/core/dist/css/tabler.min.css",
    "tabler.min.js": "@tabler/core/dist/js/tabler.min.js",
    "htmx.min.js": "htmx.org/dist/htmx.min.js",
    "event-calendar.min.css": "@event-calendar/build/dist/event-calendar.min.css",
    "event-calendar.min.js": "@event-calendar/build/dist/event-calendar.min.js",
    "fonts/NotoSansSC_400Regular.ttf": "@expo-google-fonts/noto-sans-sc/400Regular/NotoSansSC_400Regular.ttf",
    "fonts/NotoSansSC_500Medium.ttf": "@expo-google-fonts/noto-sans-sc/500Medium/NotoSansSC_500Medium.ttf",
    "fonts/NotoSansSC_700Bold.ttf": "@expo-google-fonts/noto-sans-sc/700Bold/NotoSansSC_700Bold.ttf",
}
ICONS = (
    "home", "layout-dashboard", "building", "building-community", "calendar", "calendar-event", "calendar-plus",
    "users", "user", "user-plus", "users-group", "file-invoice", "file-text", "file-spreadsheet", "file-type-pdf",
    "file-type-csv", "receipt", "coin-yuan", "percentage", "chart-bar", "report-analytics", "shield-check",
    "clipboard-list", "history", "settings", "upload", "download", "logout", "login", "language", "sun", "moon",
    "sun-moon", "plus",
    "x", "check", "alert-triangle", "info-circle", "chevron-left", "chevron-right", "chevron-down", "arrow-right",
    "arrow-left", "search", "filter", "clock", "clock-play", "armchair", "door", "desk", "car", "microscope",
    "map-pin", "mail", "key", "lock", "eye", "pencil", "trash", "refresh", "player-play", "stack-2", "link",
    "certificate", "building-bank", "discount", "ban", "hourglass", "list-details", "table-import", "menu-2",
    "external-link", "switch-horizontal", "rocket", "mood-smile", "square-check", "snowflake", "fingerprint",
    "device-tv", "presentation", "chalkboard", "video", "phone", "microphone", "air-conditioning", "ear-off",
    "tools-kitchen-2", "stairs", "wheelchair", "disabled", "ear", "arrows-vertical", "photo", "arrow-up", "arrow-down",
    "tag", "ruler-2", "gauge", "lifebuoy", "speakerphone", "address-book", "star", "pin", "world", "message", "note",
    "ticket",
)  # fmt: skip


def copy_vendor() -> None:
    """Make static/vendor afresh from what npm installed."""
    VENDOR.mkdir(parents=True, exist_ok=True)
    for target, source in FILES.items():
        place = VENDOR / target
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(MODULES / source, place)
    (VENDOR / "icons.svg").write_text(_sprite())


def _sprite() -> str:
    symbols = []
    for name in ICONS:
        svg = (MODULES / "@tabler/icons/icons/outline" / f"{name}.svg").read_text()
        inner = re.sub(r"<svg[^>]*>|</svg>|<!--.*?-->", "", svg, flags=re.DOTALL).strip()
        symbols.append(
            f'<symbol id="{name}" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.75" '
            f'stroke-linecap="round" stroke-linejoin="round">{inner}</symbol>'
        )
    return '<svg xmlns="http://www.w3.org/2000/svg">' + "".join(symbols) + "</svg>"


if __name__ == "__main__":
    copy_vendor()
