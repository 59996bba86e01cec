"""PDF by typst, in Noto Sans SC: the same data give the same bytes."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from incubator.settings import ROOT

FONTS = ROOT / "static" / "vendor" / "fonts"
TEMPLATES = ROOT / "templates"


def render(template: str, data: dict[str, Any], pictures: Mapping[str, bytes] | None = None) -> bytes:
    """The PDF of `templates/<template>` with `data`, which the template reads as `json(bytes(sys.inputs.data))`.

    It finds `pictures` under their names beside itself: `image("12.jpg")`. FileNotFoundError where the fonts are not
    there: typst would fall back to one without Chinese.
    """
    if not any(FONTS.glob("NotoSansSC*.ttf")):
        raise FileNotFoundError(f"no Noto Sans SC in {FONTS}; run `make setup`")
    if not pictures:
        return _compile(TEMPLATES, Path(TEMPLATES, template), data)
    with TemporaryDirectory(prefix="incubator-pdf-") as folder:
        alone = Path(shutil.copy(TEMPLATES / template, folder))
        for name, content in pictures.items():
            Path(folder, Path(name).name).write_bytes(content)
        return _compile(Path(folder), alone, data)


def _compile(root: Path, template: Path, data: dict[str, Any]) -> bytes:
    import typst  # noqa: PLC0415  few requests need it

    return typst.compile(
        str(template), root=str(root), font_paths=[str(FONTS)], ignore_system_fonts=True, timestamp=0,
        sys_inputs={"data": json.dumps(data, ensure_ascii=False, sort_keys=True)},
    )  # fmt: skip
