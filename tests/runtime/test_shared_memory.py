"""Values that one process hands another of this machine by memory."""

import os
import pickle
import subprocess
import sys

import numpy as np
import pytest

from placement.runtime.shared_memory import LEAST, MemoryFile, Parcel

pytestmark = pytest.mark.skipif(not hasattr(os, "memfd_create"), reason="files in memory: Linux")

OPEN = """
import pickle, sys
import numpy as np
from placement.runtime.shared_memory import Parcel
parcel, file = pickle.loads(bytes.fromhex(sys.stdin.read()))
value = parcel.open()
print(sum(float(np.sum(array)) for array in value["arrays"]), value["word"])
file.array((LEAST,), np.uint8)[:] = 7
""".replace("LEAST", str(LEAST))


def test_another_process_opens_arrays_of_any_size_and_fills_a_common_one():
    arrays = [np.arange(3.0), np.empty(0), np.ones((LEAST, 2), np.int8), np.arange(9.0)]
    arrays += [np.arange(8.0)[::2], np.empty(0)]  # one is not contiguous, and pickled as it is
    parcel, file = Parcel.of({"arrays": arrays, "word": "Placed"}), MemoryFile.new(LEAST)
    common = file.array((LEAST,), np.uint8)
    said = pickle.dumps((parcel, file)).hex()
    done = subprocess.run(
        [sys.executable, "-c", OPEN], input=said, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == [str(sum(float(array.sum()) for array in arrays)), "Placed"]
    assert (common == 7).all()
    parcel.close()
    file.close()


def test_what_is_opened_may_be_written_to_and_stays_as_it_was_for_the_others():
    parcel = Parcel.of(np.zeros(LEAST, np.uint8))
    one, other = parcel.open(), parcel.open()
    parcel.close()
    one[:] = 1
    assert not other.any()


def test_few_bytes_need_no_file():
    small = Parcel.of([np.arange(3), "Placed"])
    assert small.file is None
    assert small.open()[0].tolist() == [0, 1, 2]
    small.close()
