"""The bytes of a workbook come in; the cells of one sheet go out, in blocks of rows."""
