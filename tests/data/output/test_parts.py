import pickle

import numpy as np
import pytest

from placement.config.file_options import PLAIN_FILE
from placement.data.formats.table_reader import open_table
from placement.data.output.parts import Parts, open_parts


@pytest.mark.parametrize("ending", ["csv", "parquet", "xlsx"])
def test_the_groups_of_a_block_take_no_more_room_than_the_block(tmp_path, ending):
    sheet = tmp_path / "sheet.csv"
    lines = [f"{row},{row / 7:.3f},word {row},club {row % 40}" for row in range(400)]
    sheet.write_text("\n".join(["roll,cgpa,name,club", *lines]))
    reader, out = open_table(str(sheet), PLAIN_FILE), str(tmp_path / f"list.{ending}")
    parts = Parts("file", "club", lambda _: None)
    with open_parts(out, reader, ["placement_rank"], parts) as output:
        (block,) = reader.blocks(output.request)
        whole, groups = output.prepare(block, {"placement_rank": np.arange(len(block))})
        assert len(groups) == 40
        room = [len(pickle.dumps(rows)) for _, _, rows in groups]
        output.put((whole, groups))
    assert sum(room) < 5 * len(pickle.dumps(whole))
    assert len(list(tmp_path.glob(f"list-*.{ending}"))) == 40
