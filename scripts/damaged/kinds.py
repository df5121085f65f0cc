"""All kinds of damage."""

import scripts.damaged.cells
import scripts.damaged.dialects
import scripts.damaged.file_bytes
import scripts.damaged.headings
import scripts.damaged.invisible
import scripts.damaged.quotes
import scripts.damaged.rows
import scripts.damaged.strangers
import scripts.damaged.workbooks  # noqa: F401 - importing them registers their kinds
from scripts.damaged.sheet import KINDS

__all__ = ["KINDS"]
