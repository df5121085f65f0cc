"""Small workbooks of each kind, written by hand."""

import struct
import zipfile
from xml.sax.saxutils import escape

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_DOCUMENT = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_OFFICE = "urn:oasis:names:tc:opendocument:xmlns:"


def xlsx(path, sheets, calculation=""):
    """Write sheets: title → the XML of its rows, or the whole XML of the sheet."""
    entries, relations = [], []
    with zipfile.ZipFile(path, "w") as archive:
        for number, (title, rows) in enumerate(sheets.items(), start=1):
            state = ' state="hidden"' if title.startswith("hidden") else ""
            entries.append(f'<sheet name="{title}" sheetId="{number}"{state} r:id="r{number}"/>')
            relations.append(
                f'<Relationship Id="r{number}" Type="{_DOCUMENT}/worksheet" '
                f'Target="worksheets/sheet{number}.xml"/>'
            )
            whole = f'<worksheet xmlns="{_MAIN}"><sheetData>{rows}</sheetData></worksheet>'
            xml = rows if "sheetData" in rows else whole
            archive.writestr(f"xl/worksheets/sheet{number}.xml", xml)
        archive.writestr(
            "xl/workbook.xml",
            f'<workbook xmlns="{_MAIN}" xmlns:r="{_DOCUMENT}"><sheets>{"".join(entries)}</sheets>'
            f"{calculation}</workbook>",
        )
        archive.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{_RELATIONS}"><Relationship Id="b" '
            f'Type="{_DOCUMENT}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        )
        archive.writestr(
            "xl/_rels/workbook.xml.rels",
            f'<Relationships xmlns="{_RELATIONS}">{"".join(relations)}</Relationships>',
        )
    return path


def rows_xml(rows, first=1):
    """Return the XML of rows; a cell that begins with `<` is put in as it stands."""
    return "".join(
        f'<row r="{number}">'
        + "".join(_cell_xml(f"{chr(65 + i)}{number}", cell) for i, cell in enumerate(row))
        + "</row>"
        for number, row in enumerate(rows, start=first)
    )


def _cell_xml(reference, cell):
    if isinstance(cell, str) and cell.startswith("<"):
        return cell.replace("<c", f'<c r="{reference}"', 1)
    if isinstance(cell, str):
        return f'<c r="{reference}" t="inlineStr"><is><t>{escape(cell)}</t></is></c>'
    return f'<c r="{reference}"><v>{cell}</v></c>'


def ods(path, tables):
    """Write tables: title → rows of text, numbers, or XML as it stands."""
    spaces = " ".join(f'xmlns:{name}="{_OFFICE}{name}:1.0"' for name in ("office", "table", "text"))
    content = "".join(
        f'<table:table table:name="{title}">' + "".join(map(_ods_row, rows)) + "</table:table>"
        for title, rows in tables.items()
    )
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr(
            "content.xml",
            f"<office:document-content {spaces}><office:body><office:spreadsheet>{content}"
            "</office:spreadsheet></office:body></office:document-content>",
        )
        archive.writestr(
            "META-INF/manifest.xml",
            f'<m:manifest xmlns:m="{_OFFICE}manifest:1.0"/>',
        )
    return path


def _ods_row(row):
    if isinstance(row, str):
        return row
    return "<table:table-row>" + "".join(map(ods_cell, row)) + "</table:table-row>"


def ods_cell(cell):
    """Return the XML of a cell."""
    if isinstance(cell, str) and cell.startswith("<"):
        return cell
    kind = "string" if isinstance(cell, str) else "float"
    value = "" if kind == "string" else f' office:value="{cell}"'
    text = escape(str(cell))
    return (
        f'<table:table-cell office:value-type="{kind}"{value}><text:p>{text}</text:p>'
        "</table:table-cell>"
    )


def xlsb(path, rows, title="Sheet1"):
    """Write one sheet: (row, column, cell) from 0, in order."""
    last, data = -1, b""
    for row, column, cell in rows:
        if row != last:
            data += _record(0, struct.pack("<I", row) + bytes(13))
            last = row
        content = _wide(cell) if isinstance(cell, str) else struct.pack("<d", cell)
        start = struct.pack("<II", column, 0)
        data += _record(6 if isinstance(cell, str) else 5, start + content)
    sheet = _record(129) + _record(148, bytes(16)) + _record(145) + data + _record(146)
    bundle = struct.pack("<II", 0, 1) + _wide("r1") + _wide(title)
    book = _record(131) + _record(143) + _record(156, bundle) + _record(144) + _record(132)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("xl/workbook.bin", book)
        archive.writestr("xl/worksheets/sheet1.bin", sheet + _record(130))
        archive.writestr(
            "xl/_rels/workbook.bin.rels",
            f'<Relationships xmlns="{_RELATIONS}"><Relationship Id="r1" '
            f'Type="{_DOCUMENT}/worksheet" Target="worksheets/sheet1.bin"/></Relationships>',
        )
    return path


def _record(kind, content=b""):
    number = bytes([kind]) if kind < 128 else bytes([kind & 0x7F | 0x80, kind >> 7])
    size, sizes = len(content), b""
    while size >= 128:
        sizes += bytes([size & 0x7F | 0x80])
        size >>= 7
    return number + sizes + bytes([size]) + content


def _wide(text):
    return struct.pack("<I", len(text)) + text.encode("utf-16-le")
