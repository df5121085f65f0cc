"""The rows of a source on a device, in large chunks: held there where they fit, else copied anew.

Each chunk is packed into one buffer of bytes, column by column, and crosses in one copy. Of two
pinned buffers one is filled while the other is copied, beside the work on the chunk before.
"""

import weakref
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

import torch
from torch import Tensor

from placement.arrays import CodeArray
from placement.data.encoding.chunks import Chunk, Chunks
from placement.data.encoding.design_matrix import Layout
from placement.model.design_tensor import BLOCK_ROWS, DesignTensor, design_on_device
from placement.training.passes.chunk_threads import parts_of_share

# A card is through with 4 MB, which fit a processor's cache, in less time than the host needs to
# start the some fifty kernels of a chunk.
CHUNK_BYTES = 1 << 28
SHARE_HELD = 0.7  # of what is free: the rest is for what comes of a chunk on the way, and others
_ALIGNED = 16


@dataclass(frozen=True)
class DeviceChunk:
    """Some rows on a device; without a `weight: (n,)` each counts once."""

    x: DesignTensor
    y: Tensor
    weight: Tensor | None

    def __len__(self) -> int:
        return len(self.y)


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
        self._dtype = dtype
        self._chunk_bytes = chunk_bytes
        self._room = room or self._free
        self._held: dict[int, _Held] = {}
        self._copies: _Copies | None = None

    def chunks(self, source: Chunks) -> Iterator[DeviceChunk]:
        """Walk this rank's rows of a source; a chunk may be overwritten by the next but one."""
        if (held := self._held.get(id(source))) is not None:
            for buffer, rows in held.buffers:
                yield held.form.unpack(buffer, rows)
        elif source.rows:
            form, buffers = self._format(source), list[tuple[Tensor, int]]()
            hold = source.rows * form.row_bytes <= self._room()
            for buffer, rows in self._copied(source, form, hold=hold):
                if hold:
                    buffers.append((buffer, rows))
                yield form.unpack(buffer, rows)
            if hold:
                self._hold(source, form, buffers)

    def _hold(self, source: Chunks, form: "_Format", buffers: list[tuple[Tensor, int]]) -> None:
        key, held = id(source), self._held

        def drop(_: object) -> None:  # a mini-batch goes after its step, and its id to another
            held.pop(key, None)

        held[key] = _Held(weakref.ref(source, drop), form, buffers)

    def _free(self) -> float:
        return SHARE_HELD * torch.cuda.mem_get_info(self.device)[0]

    def _format(self, source: Chunks) -> "_Format":
        first = source.chunk(0)
        one = _Format(first.x.layout, self._dtype, not first.is_unweighted, 1)
        rows = max(1, self._chunk_bytes // one.row_bytes // BLOCK_ROWS) * BLOCK_ROWS
        return _Format(one.layout, one.dtype, one.is_weighted, min(rows, source.rows))

    def _copied(
        self, source: Chunks, form: "_Format", *, hold: bool
    ) -> Iterator[tuple[Tensor, int]]:
        """Yield buffers on the device with the rows in each: new ones to hold, or two in turn."""
        if self._copies is None or self._copies.size < form.size:
            self._copies = _Copies(self.device, form.size)
        copies, turn = self._copies, 0
        targets = [] if hold else [copies.target(form.size) for _ in range(2)]
        for rows in _packed(source, form, copies):
            target = copies.target(form.size) if hold else targets[turn]
            copies.copy(turn, target)
            yield target, rows
            copies.finish(turn)
            turn = 1 - turn


@dataclass(frozen=True)
class _Held:
    """The buffers of a source, with the rows in each."""

    source: weakref.ref[Chunks]
    form: "_Format"
    buffers: list[tuple[Tensor, int]]


def _packed(source: Chunks, form: "_Format", copies: "_Copies") -> Iterator[int]:
    """Fill one buffer after the other, as far as there are rows; yield the rows in each."""
    turn, filled, buffer = 0, 0, copies.buffer(0)
    for chunk in map(source.chunk, chain.from_iterable(parts_of_share(source))):
        packed = 0
        while packed < len(chunk):
            rows = min(len(chunk) - packed, form.rows - filled)
            form.pack(chunk, slice(packed, packed + rows), buffer, filled)
            packed, filled = packed + rows, filled + rows
            if filled == form.rows:
                yield filled
                turn, filled = 1 - turn, 0
                buffer = copies.buffer(turn)
    if filled:
        yield filled


@dataclass(frozen=True)
class _Format:
    """How at most `rows` lie in a buffer: cells column by column, y, the weights, the codes."""

    layout: Layout
    dtype: torch.dtype
    is_weighted: bool
    rows: int

    @property
    def row_bytes(self) -> int:
        """The bytes of a row."""
        numbers = 1 + self.is_weighted
        return self.layout.row_bytes(self.dtype.itemsize) + numbers * self.dtype.itemsize

    @property
    def size(self) -> int:
        """The bytes of a buffer."""
        return self._starts[-1]

    @cached_property
    def _starts(self) -> list[int]:
        """Where the numbers, each array of codes, and what follows begin."""
        numbers = self.layout.dense_held + 1 + self.is_weighted
        sizes = [numbers * self.dtype.itemsize, *(t.itemsize for t in self.layout.code_types)]
        starts = [0]
        for size in sizes:
            starts.append(starts[-1] + -(-size * self.rows // _ALIGNED) * _ALIGNED)
        return starts

    def _numbers(self, buffer: Tensor) -> Tensor:
        count = self.layout.dense_held + 1 + self.is_weighted
        size = count * self.rows * self.dtype.itemsize
        return buffer[:size].view(self.dtype).view(count, self.rows)

    def _codes(self, buffer: Tensor, index: int) -> Tensor:
        start, itemsize = self._starts[1 + index], self.layout.code_types[index].itemsize
        # Of unsigned integers torch has little more than the name, but for those of a byte.
        signed = {1: torch.uint8, 2: torch.int16, 4: torch.int32, 8: torch.int64}[itemsize]
        return buffer[start : start + self.rows * itemsize].view(signed)

    def pack(self, chunk: Chunk, rows: slice, buffer: Tensor, at: int) -> None:
        """Write some rows of a chunk into a buffer, from its row `at` on."""
        count, columns = rows.stop - rows.start, self.layout.dense_held
        numbers = self._numbers(buffer).numpy()[:, at : at + count]
        numbers[:columns], numbers[columns] = chunk.x.cells[rows].T, chunk.y[rows]
        if self.is_weighted:
            numbers[-1] = chunk.weight[rows]
        for index, codes in enumerate(chunk.x.codes):
            packed: CodeArray = self._codes(buffer, index).numpy().view(codes.dtype)
            packed[at : at + count] = codes[rows]

    def unpack(self, buffer: Tensor, rows: int) -> DeviceChunk:
        """Return the views of so many rows, on the buffer's device."""
        columns, numbers = self.layout.dense_held, self._numbers(buffer)[:, :rows]
        codes = [
            self._codes(buffer, k)[:rows].to(torch.int32)
            for k in range(len(self.layout.code_types))
        ]
        codes = [
            c & 0xFFFF if t.itemsize == 2 else c
            for c, t in zip(codes, self.layout.code_types, strict=True)
        ]
        x = design_on_device(self.layout, numbers[:columns].T, codes)
        return DeviceChunk(x, numbers[columns], numbers[-1] if self.is_weighted else None)


class _Copies:
    """Two buffers of `size` bytes, whose copies to a device run beside the work there."""

    def __init__(self, device: torch.device, size: int) -> None:
        self.size = size
        self._device = device
        self._is_cuda = device.type == "cuda"
        self._buffers = [
            torch.empty(size, dtype=torch.uint8, pin_memory=self._is_cuda) for _ in range(2)
        ]
        if self._is_cuda:
            self._stream = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]
            events = [torch.cuda.Event() for _ in range(4)]  # type: ignore[no-untyped-call]
            self._copied, self._finished = events[:2], events[2:]

    def buffer(self, turn: int) -> Tensor:
        """Return a buffer to fill, once what was in it is copied."""
        if self._is_cuda:
            self._copied[turn].synchronize()  # at once where none was recorded
        return self._buffers[turn]

    def target(self, size: int) -> Tensor:
        """Return space on the device, which work under way may still be using until copied to."""
        target = torch.empty(size, dtype=torch.uint8, device=self._device)
        if self._is_cuda:
            self._stream.wait_stream(torch.cuda.current_stream(self._device))
        return target

    def copy(self, turn: int, target: Tensor) -> None:
        """Copy a buffer, after the work on what the target held and before any that follows."""
        with torch.cuda.stream(self._stream) if self._is_cuda else nullcontext():
            if self._is_cuda:
                self._stream.wait_event(self._finished[turn])
            target.copy_(self._buffers[turn][: len(target)], non_blocking=True)
        if self._is_cuda:
            self._copied[turn].record(self._stream)
            torch.cuda.current_stream(self._device).wait_event(self._copied[turn])

    def finish(self, turn: int) -> None:
        """Note that all work on what was copied from this buffer is under way."""
        if self._is_cuda:
            self._finished[turn].record(torch.cuda.current_stream(self._device))
