import asyncio

from placement.serving.joined_writes import JoinedWrites


class Recorded:
    """What a transport was told."""

    def __init__(self):
        self.told = []
        self.closed = False

    def write(self, data):
        self.told.append(data)

    def close(self):
        self.closed = True

    def is_closing(self):
        return self.closed


def told_by(steps):
    async def run():
        recorded = Recorded()
        await steps(JoinedWrites(recorded, asyncio.get_running_loop()))
        await asyncio.sleep(0)
        return recorded

    return asyncio.run(run())


def test_what_is_written_in_one_turn_is_sent_in_one_piece():
    async def steps(transport):
        for word in (b"head ", b"body"):
            transport.write(word)
        await asyncio.sleep(0)
        transport.write(b"more")

    assert told_by(steps).told == [b"head body", b"more"]


def test_what_was_written_is_sent_before_the_end():
    async def steps(transport):
        transport.write(b"last")
        transport.close()
        transport.write(b"too late")

    recorded = told_by(steps)
    assert recorded.told == [b"last"]
    assert recorded.closed
