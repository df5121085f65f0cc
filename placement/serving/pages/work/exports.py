"""The model in use in other formats, each made and proved once, beside what else goes on."""

import threading
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from placement.serving.pages.work.process import Desk, DeskProcess
from placement.serving.scoring.served_model import ServedModel

KINDS = {"model.xlsx": "xlsx", "nomogram.svg": "nomogram"}


@dataclass
class Exports:
    """The files; they are made one after the other, in a process that ends with each."""

    root: Path
    desk: Desk = field(default_factory=Desk)
    _going: dict[Path, "Future[None]"] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _thread: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1))

    def get(self, model: ServedModel, name: str) -> Path | None:
        """Return a file once it is proved; None while it is being made. Raises why it cannot be."""
        out = self.root / f"export-{model.digest[:16]}" / name
        with self._lock:
            if out not in self._going and not out.exists():
                self._going[out] = self._thread.submit(self._make, model, name, out)
            going = self._going.get(out)
            if going is not None and going.done():
                del self._going[out]
                going.result()
            return out if going is None or going.done() else None

    def close(self) -> None:
        """End what goes on, and begin nothing that waits."""
        self._thread.shutdown(wait=False, cancel_futures=True)
        self.desk.close()

    def _make(self, model: ServedModel, name: str, out: Path) -> None:
        out.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            self.desk.call(DeskProcess.export, model.source.uri, KINDS[name], str(out))
        finally:
            self.desk.close()
