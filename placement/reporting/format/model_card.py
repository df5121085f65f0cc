"""A report as a model card: Markdown that a repository or a registry shows."""

from collections.abc import Sequence

from placement.reporting.format.blocks import Block, Picture, Points, Section, Table, Text

_MARKS = {"good": "✓ ", "doubt": "? ", "bad": "**!** ", "plain": ""}


def model_card(title: str, subtitle: str, sections: Sequence[Section]) -> str:
    """Return the card; pictures are left to the report."""
    parts = [f"# {_plain(title)}", _plain(subtitle)]
    for section in sections:
        parts.append(f"## {_plain(section.title)}")
        parts += [text for block in section.blocks if (text := _block(block))]
    return "\n\n".join(parts) + "\n"


def _block(block: Block) -> str:
    match block:
        case Text():
            return _plain(block.text)
        case Points():
            return "\n".join(f"- {_MARKS[state]}{_plain(text)}" for state, text in block.items)
        case Table():
            rule = ["---" if k < block.numbers_from else "---:" for k in range(len(block.header))]
            rows = [block.header, tuple(rule), *block.rows]
            return "\n".join("| " + " | ".join(map(_plain, row)) + " |" for row in rows)
        case Picture():
            return ""


def _plain(text: str) -> str:
    """Take from a text what Markdown would read as its own."""
    for sign in ("\\", "|", "*", "_", "`", "<", "#", "["):
        text = text.replace(sign, f"\\{sign}")
    return text
