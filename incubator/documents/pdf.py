"""PDF by typst, in Noto Sans SC: the same data give the same bytes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import typst

from incubator.settings import ROOT

FONTS = ROOT / "static" / "vendor" / "fonts"
TEMPLATES = ROOT / "templates"


def render(template: str, data: dict[str, Any]) -> bytes:
    """The PDF of `templates/<template>` with `data`, which the template reads as `json(bytes(sys.inputs.data))`.

    FileNotFoundError where the fonts are not there: typst would fall back to one without Chinese.
    """
    if not any(FONTS.glob("NotoSansSC*.ttf")):
        raise FileNotFoundError(f"no Noto Sans SC in {FONTS}; run `make setup`")
    return typst.compile(
        str(Path(TEMPLATES, template)),
        root=str(TEMPLATES),
        font_paths=[str(FONTS)],
        ignore_system_fonts=True,
        sys_inputs={"data": json.dumps(data, ensure_ascii=False, sort_keys=True)},
        timestamp=0,
    )
