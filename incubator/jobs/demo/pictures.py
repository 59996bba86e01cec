"""The demo's photos: rooms drawn with a few plain shapes, the same every time."""

from __future__ import annotations

import io

from PIL import Image, ImageDraw

WIDTH, HEIGHT = 1200, 800
WALL, FLOOR, LINE = "#e9e6df", "#c9b79c", "#cfc9bd"
GREEN, DARK, APRICOT, SKY, WHITE = "#0d5f5b", "#23403f", "#f2a541", "#cfe3ea", "#fbfaf7"


def draw_room(seats: int) -> bytes:
    """A meeting room: a screen, a table, chairs along it."""
    image, draw = _room()
    draw.rectangle((420, 150, 780, 350), fill=DARK)
    draw.rectangle((434, 164, 766, 336), fill=GREEN)
    draw.line((520, 250, 680, 250), fill=WHITE, width=10)
    draw.line((520, 280, 620, 280), fill=APRICOT, width=10)
    side = max(2, min(6, seats // 2))
    for n in range(side):
        left = 600 - side * 65 + n * 130
        draw.rounded_rectangle((left + 20, 430, left + 110, 520), 18, fill=DARK)
    draw.polygon(((330, 500), (870, 500), (980, 640), (220, 640)), fill="#f4efe6")
    draw.rectangle((220, 640, 980, 664), fill="#d8cfbf")
    for n in range(side):
        left = 600 - side * 75 + n * 150
        draw.rounded_rectangle((left + 15, 660, left + 135, 790), 24, fill=GREEN)
    return _written(image)


def draw_hall() -> bytes:
    """A hall: a stage with its screen, and rows of chairs."""
    image, draw = _room()
    draw.rectangle((300, 90, 900, 360), fill=DARK)
    draw.rectangle((318, 108, 882, 342), fill=WHITE)
    draw.polygon(((420, 300), (540, 190), (640, 260), (780, 150), (780, 300)), fill=SKY)
    draw.rectangle((200, 410, 1000, 450), fill=DARK)
    draw.rectangle((860, 340, 910, 412), fill=APRICOT)
    for row in range(3):
        size, top = 70 + row * 22, 500 + row * 100
        count = 9 - row
        for n in range(count):
            left = WIDTH // 2 - count * size // 2 + n * size
            draw.rounded_rectangle((left + 6, top, left + size - 6, top + size - 10), 14, fill=GREEN)
    return _written(image)


def draw_desks() -> bytes:
    """Desks by the window, a lamp on each."""
    image, draw = _room(window=True)
    for n in range(3):
        left = 90 + n * 360
        draw.rectangle((left, 520, left + 300, 548), fill="#f4efe6")
        for leg in (left + 14, left + 274):
            draw.rectangle((leg, 548, leg + 12, 720), fill=DARK)
        draw.rectangle((left + 110, 410, left + 230, 492), fill=DARK)
        draw.rectangle((left + 164, 492, left + 176, 520), fill=DARK)
        draw.line((left + 50, 520, left + 50, 440, left + 90, 400), fill=APRICOT, width=8)
        draw.rounded_rectangle((left + 90, 580, left + 210, 700), 20, fill=GREEN)
        draw.rectangle((left + 144, 700, left + 156, 760), fill=DARK)
    return _written(image)


def _room(*, window: bool = False) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    image = Image.new("RGB", (WIDTH, HEIGHT), WALL)
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 560, WIDTH, HEIGHT), fill=FLOOR)
    draw.rectangle((0, 548, WIDTH, 560), fill=LINE)
    panes = ((80, 90, 560, 400), (640, 90, 1120, 400)) if window else ((60, 120, 270, 400), (930, 120, 1140, 400))
    for left, top, right, bottom in panes:
        draw.rectangle((left - 12, top - 12, right + 12, bottom + 12), fill=WHITE)
        draw.rectangle((left, top, right, bottom), fill=SKY)
        draw.ellipse((left + 20, bottom - 90, left + 150, bottom + 60), fill="#9cc3b5")
        draw.rectangle((left, bottom, right, bottom + 60), fill=WALL)
        draw.rectangle((left - 12, bottom, right + 12, bottom + 12), fill=WHITE)
    return image, draw


def _written(image: Image.Image) -> bytes:
    content = io.BytesIO()
    image.save(content, "JPEG", quality=88)
    return content.getvalue()
