"""The results of `predict` on their way out: rows to files or as JSON, and the file beside them."""

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import IO, Any

import numpy as np

from placement.data.formats.blocks import BlockRequest
from placement.data.formats.table_reader import Reader
from placement.data.output.parts import Parts, open_parts
from placement.data.output.writer import Output, Plan
from placement.evaluation.effect.lottery import LotteryRequest
from placement.model.bundle import finite
from placement.reporting.format.text_table import Cell
from placement.reporting.list_sheets import MEANING
from placement.reporting.results import PredictResult
from placement.runtime.atomic_write import held_back, replacing
from placement.runtime.progress import ProgressListener
from placement.workflows.scoring.mail_merge import MailMerge, open_mail_merge
from placement.workflows.scoring.ranked_output import RankedSink, Ranking, Sink
from placement.workflows.scoring.score_blocks import Scored
from placement.workflows.scoring.seats import SeatSink


@dataclass(frozen=True)
class Destination:
    """Where results go: to `out`, by groups as well with `parts`; to standard output as JSON.

    `mail_merge`: the file of invitations. `seats` are given by this draw, to `everybody` or not.
    """

    out: str | None
    as_json: bool
    excel: bool
    parts: Parts | None
    mail_merge: str | None
    seats: LotteryRequest | None
    everybody: bool


@contextmanager
def open_results(
    to: Destination,
    reader: Reader,
    added: tuple[str, ...],
    ranking: Ranking | None,
    listener: ProgressListener,
) -> Iterator[tuple[Sink, Output | None]]:
    """Open what takes in the scored blocks, and the output of files at its end."""
    with ExitStack() as stack:
        sink: Sink
        output: Output | None = None
        if to.as_json:
            sys.stdout.flush()
            sink = _JsonSink(added, stack.enter_context(held_back(sys.stdout.buffer)))
        else:
            letters = stack.enter_context(open_mail_merge(to.mail_merge, reader))
            output = stack.enter_context(
                open_parts(to.out, reader, added, to.parts, excel=to.excel)
            )
            if output.replaced:
                listener.note(f"replaced the columns {', '.join(output.replaced)}")
            sink = _FileSink(output, letters)
        if ranking is None:
            yield sink, output
        elif to.seats is not None:
            names = Plan(reader, added).input_columns
            everyone = replace(ranking, top=None)  # all are held until the last one is scored
            seats = SeatSink(sink, everyone, names=names, request=to.seats, everybody=to.everybody)
            yield seats, output
        else:
            yield RankedSink(sink, ranking), output


class _FileSink(Sink):
    """Files of the input's rows with their answers, and of invitations where they are asked for."""

    def __init__(self, output: Output, letters: MailMerge | None) -> None:
        self._output, self._letters, request = output, letters, output.request
        self.block_request = request if letters is None else letters.widened(request)

    def prepared(self, scored: Scored) -> Any:
        return self._output.prepare(scored.block, scored.cells, scored.rows)

    def put(self, scored: Scored) -> None:
        self._output.put(scored.written)
        if self._letters is not None:
            self._letters.add(scored)
        self.count(scored)

    def close(self) -> None:
        """Leave the files to those who opened them, which close them."""


class _JsonSink(Sink):
    """One JSON list on standard output, row by row, so that a large file needs no memory."""

    block_request = BlockRequest(columns=frozenset())

    def __init__(self, added: tuple[str, ...], stream: IO[bytes]) -> None:
        self._added, self._stream, self._first = added, stream, True

    def prepared(self, scored: Scored) -> list[tuple[Cell, ...]]:
        """Return the index of each row in its block, and its added cells."""
        rows = np.flatnonzero(scored.keep)
        answers = (scored.cells[name][rows].tolist() for name in self._added)
        return list(zip(rows.tolist(), *answers, strict=True))

    def put(self, scored: Scored) -> None:
        """Print the rows of a block, numbered."""
        names = [name.removeprefix("placement_") for name in self._added]
        numbers = scored.block.row_numbers if scored.numbers is None else scored.numbers
        for index, *answer in scored.written:
            entry = {"row": int(numbers[index]), **dict(zip(names, answer, strict=True))}
            text = json.dumps(finite(entry), ensure_ascii=False)
            self._write(("[\n" if self._first else ",\n") + text)
            self._first = False
        self.count(scored)

    def close(self) -> None:
        """End the list."""
        self._write("[]\n" if self._first else "\n]\n")

    def _write(self, text: str) -> None:
        self._stream.write(text.encode(sys.stdout.encoding, sys.stdout.errors or "strict"))


def write_about(out: str, result: PredictResult, files: Sequence[str]) -> None:
    """Write what is kept of a file: model, counts, warnings, and the files of its groups."""
    document = {
        "format": 1,
        "out": Path(out).name,
        "source": result.source,
        **result.model,
        "rows_in": result.rows_in,
        "rows_out": result.rows_out,
        "rows_left_out": dict(result.left_out),
        "blank_lines_dropped": result.blank_lines,
        "predicted_positive": result.predicted_positive,
        "ranking": result.ranking,
        "false_alarms": result.false_alarms and asdict(result.false_alarms),
        "warnings": list(result.warnings),
        "columns": {name: MEANING[name] for name in result.added},
    }
    if files:
        document |= {"files": list(files)}
    if result.seated is not None:
        document |= {"target": asdict(result.target), "list": result.seated.about}
    with replacing(Path(f"{out}.about.json")) as temporary:
        text = json.dumps(finite(document), ensure_ascii=False, indent=1)
        temporary.write_text(text + "\n", "utf-8")
