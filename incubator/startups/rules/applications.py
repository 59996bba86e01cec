"""What is true of calls and of what applicants answer: pure."""

from __future__ import annotations

QUESTION_KINDS = (
    "short_text", "long_text", "number", "money", "date", "one_choice", "several_choices", "yes_no", "web_address",
    "file",
)  # fmt: skip
