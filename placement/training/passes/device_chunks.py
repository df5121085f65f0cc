"""The rows of a source on a device, in large chunks: held there where they fit, else copied anew.

Rows are packed column by column, as in a file, into one of two pinned buffers, while the other one
is copied, beside the work on the chunk before.
"""

import weakref
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from itertools import chain

import numpy as np
import torch
from torch import Tensor

from placement.data.encoding.chunks import Chunk, ChunkFormat, Chunks
from placement.model.design_tensor import BLOCK_ROWS, DesignTensor, design_on_device
from placement.training.passes.chunk_threads import parts_of_share

# A card is through with 4 MB, which fit a processor's cache, in less time than the host needs to
# start the some fifty kernels of a chunk.
CHUNK_BYTES = 1 << 28
_ALIGNED = 16  # rows: then every array in a buffer begins where its numbers may
SHARE_HELD = 0.7  # of what is free: the rest is for what comes of a chunk on the way, and others


@dataclass(frozen=True)
class DeviceChunk:
    """Some rows on a device; without a `weight: (n,)` each counts once."""

    x: DesignTensor
    y: Tensor
    weight: Tensor | None

    def __len__(self) -> int:
        return len(self.y)


Filled = tuple[Tensor, int]  # the bytes of a buffer, and how many rows are in it


class DeviceTables:
    """The sources that a training walks, on one device.

    What was walked once stays there until the source is gone, as far as there is `room`: bytes.
    """

    def __init__(
        self,
        device: torch.device,
        dtype: torch.dtype,
        *,
        chunk_bytes: int = CHUNK_BYTES,
        room: Callable[[], float] | None = None,
    ) -> None:
        self.device = device
        self._dtype = np.dtype(str(dtype).removeprefix("torch."))
        self._chunk_bytes = chunk_bytes
        self._room = room or self._free
        self._held: dict[int, tuple[weakref.ref[Chunks], ChunkFormat, list[Filled]]] = {}
        self._copies: _Copies | None = None

    def chunks(self, source: Chunks) -> Iterator[DeviceChunk]:
        """Walk this rank's rows of a source; a chunk may be overwritten by the next but one."""
        if id(source) in self._held:
            _, form, buffers = self._held[id(source)]
            yield from (_chunk_in(form, *filled) for filled in buffers)
        elif source.rows:
            first, buffers = source.chunk(0), []
            form = ChunkFormat(first.x.layout, self._dtype, weighted=not first.is_unweighted)
            hold = source.rows * form.row_bytes <= self._room()
            for filled in self._copied(source, form, hold=hold):
                if hold:
                    buffers.append(filled)
                yield _chunk_in(form, *filled)
            if hold:
                self._hold(source, form, buffers)

    def _hold(self, source: Chunks, form: ChunkFormat, buffers: list[Filled]) -> None:
        key, held = id(source), self._held

        def drop(_: object) -> None:  # a mini-batch goes after its step, and its id to another
            held.pop(key, None)

        held[key] = weakref.ref(source, drop), form, buffers

    def _free(self) -> float:
        return SHARE_HELD * torch.cuda.mem_get_info(self.device)[0]

    def _copied(self, source: Chunks, form: ChunkFormat, *, hold: bool) -> Iterator[Filled]:
        """Yield buffers on the device: new ones to hold, or two in turn."""
        rows = max(1, self._chunk_bytes // form.row_bytes // BLOCK_ROWS) * BLOCK_ROWS
        rows = min(rows, -(-source.rows // _ALIGNED) * _ALIGNED)
        if self._copies is None or (self._copies.form, self._copies.rows) != (form, rows):
            self._copies = _Copies(form, rows, self.device)
        copies, turn = self._copies, 0
        targets = [] if hold else [copies.target() for _ in range(2)]
        for filled in _packed(source, copies):
            target = copies.target() if hold else targets[turn]
            copies.copy(turn, target)
            yield target, filled
            copies.finish(turn)
            turn = 1 - turn


def _packed(source: Chunks, copies: "_Copies") -> Iterator[int]:
    """Fill one buffer after the other, as far as there are rows; yield the rows in each."""
    turn, filled, buffer = 0, 0, copies.buffer(0)
    for chunk in map(source.chunk, chain.from_iterable(parts_of_share(source))):
        packed = 0
        while packed < len(chunk):
            rows = min(len(chunk) - packed, copies.rows - filled)
            _pack(chunk, slice(packed, packed + rows), buffer, slice(filled, filled + rows))
            packed, filled = packed + rows, filled + rows
            if filled == copies.rows:
                yield filled
                turn, filled = 1 - turn, 0
                buffer = copies.buffer(turn)
    if filled:
        yield filled


def _pack(chunk: Chunk, rows: slice, buffer: Chunk, at: slice) -> None:
    """Write some rows of a chunk into a buffer."""
    buffer.x.cells[at], buffer.y[at] = chunk.x.cells[rows], chunk.y[rows]
    if not buffer.is_unweighted:
        buffer.weight[at] = chunk.weight[rows]
    for packed, codes in zip(buffer.x.codes, chunk.x.codes, strict=True):
        packed[at] = codes[rows]


def _chunk_in(form: ChunkFormat, buffer: Tensor, rows: int) -> DeviceChunk:
    """Return the rows in the bytes of a buffer on the device, as `ChunkFormat.chunk` does."""
    room, columns = len(buffer) // form.row_bytes, form.layout.dense_held
    count, types = columns + 1 + form.weighted, [form.dtype, *form.layout.code_types]
    sizes = [room * t.itemsize for t in types]
    parts = torch.split(buffer, [sizes[0] * count, *sizes[1:]])
    first, *others = (
        part.view(torch.from_numpy(np.empty(0, t)).dtype)
        for part, t in zip(parts, types, strict=True)
    )
    numbers = first.view(count, room)[:, :rows]
    codes = [part[:rows].to(torch.int32) for part in others]  # torch gathers by no others
    x = design_on_device(form.layout, numbers[:columns].T, codes)
    return DeviceChunk(x, numbers[columns], numbers[-1] if form.weighted else None)


class _Copies:
    """Two buffers of so many rows on the host, copied to a device beside the work there."""

    def __init__(self, form: ChunkFormat, rows: int, device: torch.device) -> None:
        self.form, self.rows = form, rows
        self._device, self._is_cuda = device, device.type == "cuda"
        both = torch.empty(2, form.row_bytes * rows, dtype=torch.uint8, pin_memory=self._is_cuda)
        self._buffers = both.unbind()
        if self._is_cuda:
            self._stream = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]
            events = [torch.cuda.Event() for _ in range(4)]  # type: ignore[no-untyped-call]
            self._copied, self._finished = events[:2], events[2:]

    def buffer(self, turn: int) -> Chunk:
        """Return a buffer to fill, once what was in it is copied."""
        if self._is_cuda:
            self._copied[turn].synchronize()  # at once where none was recorded
        return self.form.chunk(self._buffers[turn].numpy())

    def target(self) -> Tensor:
        """Return a buffer on the device, in whose place work under way may still have another."""
        target = torch.empty_like(self._buffers[0], device=self._device)
        if self._is_cuda:
            self._stream.wait_stream(torch.cuda.current_stream(self._device))
        return target

    def copy(self, turn: int, target: Tensor) -> None:
        """Copy a buffer, after the work on what the target held and before any that follows."""
        with torch.cuda.stream(self._stream) if self._is_cuda else nullcontext():
            if self._is_cuda:
                self._stream.wait_event(self._finished[turn])
            target.copy_(self._buffers[turn], non_blocking=True)
        if self._is_cuda:
            self._copied[turn].record(self._stream)
            torch.cuda.current_stream(self._device).wait_event(self._copied[turn])

    def finish(self, turn: int) -> None:
        """Note that all work on what was copied from this buffer is under way."""
        if self._is_cuda:
            self._finished[turn].record(torch.cuda.current_stream(self._device))
