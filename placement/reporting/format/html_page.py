"""A report as one HTML file: nothing is fetched, light and dark, for screens, phones and paper."""

import base64
from collections.abc import Sequence
from html import escape

from placement.reporting.format.blocks import Block, Picture, Points, Section, Table, Text

_STYLE = """
:root { color-scheme: light dark; --ink: #1c2024; --soft: #5b6570; --line: #d9dee3;
  --paper: #ffffff; --shade: #f4f6f8; --good: #1b7f4b; --doubt: #96690a; --bad: #b3261e; }
@media (prefers-color-scheme: dark) { :root { --ink: #e7eaed; --soft: #a3adb7; --line: #3a4149;
  --paper: #15181b; --shade: #1f2428; --good: #5cc98f; --doubt: #e0b04a; --bad: #ff8a80; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; }
main { max-width: 60rem; margin: 0 auto; padding: 1.5rem 1.25rem 4rem; }
h1 { font-size: 1.7rem; line-height: 1.25; margin: 0 0 .25rem; }
h2 { font-size: 1.2rem; margin: 2.2rem 0 .6rem; padding-top: .9rem;
  border-top: 1px solid var(--line); }
p { margin: .5rem 0; max-width: 46rem; }
p, li { overflow-wrap: anywhere; }
.sub { color: var(--soft); }
nav { margin-top: 1.6rem; }
nav summary { cursor: pointer; color: var(--soft); }
nav ol { columns: 2; margin: .6rem 0; padding-left: 2rem; color: var(--soft); }
figcaption { color: var(--soft); font-size: .85rem; }
a { color: inherit; }
.wide { overflow-x: auto; margin: .7rem 0; }
table { border-collapse: collapse; font-size: .9rem; font-variant-numeric: tabular-nums; }
th, td { padding: .28rem .75rem .28rem 0; text-align: left; vertical-align: top;
  border-bottom: 1px solid var(--line); }
th { color: var(--soft); font-weight: 600; }
td.n, th.n { text-align: right; white-space: nowrap; }
ul.points { list-style: none; padding: 0; max-width: 48rem; }
ul.points li { padding: .3rem 0 .3rem 1.7rem; position: relative; }
ul.points li::before { position: absolute; left: .25rem; font-weight: 700; content: "·"; }
li.good::before { content: "✓" !important; color: var(--good); }
li.doubt::before { content: "?" !important; color: var(--doubt); }
li.bad::before { content: "!" !important; color: var(--bad); }
figure { margin: .8rem 0; }
img { max-width: 100%; height: auto; background: #fff; border-radius: 6px; }
img { border: 1px solid var(--line); width: 32rem; }
@media (max-width: 40rem) { main { padding: 1rem .9rem 3rem; } nav ol { columns: 1; }
  h1 { font-size: 1.35rem; } table { font-size: .82rem; } }
@media print { :root { --ink: #000; --soft: #444; --line: #bbb; --paper: #fff; --shade: #fff;
  --good: #1b7f4b; --doubt: #7a5500; --bad: #b3261e; }
  main { max-width: none; padding: 0; } nav { display: none; } body { font-size: 10.5pt; }
  img { max-height: 9cm; width: auto; }
  h2 { break-after: avoid; } table, figure, li { break-inside: avoid; } .wide { overflow: visible; }
  tr { break-inside: avoid; } }
"""


def html_page(title: str, subtitle: str, sections: Sequence[Section]) -> str:
    """Return the whole file; the first section stands before the list of the others."""
    first, *others = [_section(k, section) for k, section in enumerate(sections, start=1)]
    links = "".join(
        f'<li><a href="#s{k}">{escape(s.title)}</a></li>'
        for k, s in enumerate(sections[1:], start=2)
    )
    contents = f"<details><summary>What else is known</summary><ol>{links}</ol></details>"
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<main>\n"
        f'<header><h1>{escape(title)}</h1><p class="sub">{escape(subtitle)}</p></header>\n'
        f'{first}<nav aria-label="Contents">{contents}</nav>\n{"".join(others)}</main>\n</body>\n'
        "</html>\n"
    )


def _section(number: int, section: Section) -> str:
    inner = "\n".join(_block(block) for block in section.blocks)
    return f'<section id="s{number}">\n<h2>{escape(section.title)}</h2>\n{inner}\n</section>\n'


def _block(block: Block) -> str:
    match block:
        case Text():
            return f"<p>{escape(block.text)}</p>"
        case Points():
            items = "".join(
                f'<li class="{state}">{escape(text)}</li>' for state, text in block.items
            )
            return f'<ul class="points">{items}</ul>'
        case Table():
            return _table(block)
        case Picture():
            data = base64.b64encode(block.png).decode("ascii")
            source = f"data:image/png;base64,{data}"
            names = escape(block.png.caption)
            caption = f"<figcaption>{names}</figcaption>" if names else ""
            return f'<figure><img src="{source}" alt="{escape(block.shows)}">{caption}</figure>'


def _table(block: Table) -> str:
    def line(cells: tuple[str, ...], tag: str) -> str:
        return "".join(
            f"<{tag}{' class=n' if index >= block.numbers_from else ''}>{escape(cell)}</{tag}>"
            for index, cell in enumerate(cells)
        )

    head = f"<thead><tr>{line(block.header, 'th')}</tr></thead>"
    body = "".join(f"<tr>{line(row, 'td')}</tr>" for row in block.rows)
    return f'<div class="wide"><table>{head}<tbody>{body}</tbody></table></div>'
