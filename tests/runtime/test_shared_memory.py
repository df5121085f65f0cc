"""Values that one process hands another of this machine by memory."""

import os
import pickle
import subprocess
import sys

import numpy as np
import pytest

from placement.runtime.shared_memory import LEAST_BYTES, MemoryFile, SharedPickle

pytestmark = pytest.mark.skipif(not hasattr(os, "memfd_create"), reason="files in memory: Linux")

OPEN = """
import pickle, sys
import numpy as np
from placement.runtime.shared_memory import SharedPickle
pickled, file = pickle.loads(bytes.fromhex(sys.stdin.read()))
value = pickled.open()
print(sum(float(np.sum(array)) for array in value["arrays"]), value["word"])
file.array((LEAST_BYTES,), np.uint8)[:] = 7
""".replace("LEAST_BYTES", str(LEAST_BYTES))


def test_another_process_opens_arrays_of_any_size_and_fills_a_common_one():
    arrays = [np.arange(3.0), np.empty(0), np.ones((LEAST_BYTES, 2), np.int8), np.arange(9.0)]
    arrays += [np.arange(8.0)[::2], np.empty(0)]  # one is not contiguous, and pickled as it is
    pickled = SharedPickle.of({"arrays": arrays, "word": "Placed"})
    file = MemoryFile.new(LEAST_BYTES)
    common = file.array((LEAST_BYTES,), np.uint8)
    said = pickle.dumps((pickled, file)).hex()
    done = subprocess.run(
        [sys.executable, "-c", OPEN], input=said, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == [str(sum(float(array.sum()) for array in arrays)), "Placed"]
    assert (common == 7).all()
    pickled.close()
    file.close()


def test_what_is_opened_may_be_written_to_and_stays_as_it_was_for_the_others():
    pickled = SharedPickle.of(np.zeros(LEAST_BYTES, np.uint8))
    one, other = pickled.open(), pickled.open()
    pickled.close()
    one[:] = 1
    assert not other.any()


def test_few_bytes_need_no_file():
    small = SharedPickle.of([np.arange(3), "Placed"])
    assert small.file is None
    assert small.open()[0].tolist() == [0, 1, 2]
    small.close()
