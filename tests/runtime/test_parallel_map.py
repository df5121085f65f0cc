import os
import threading

import pytest

from placement.runtime.parallel_map import in_order


@pytest.mark.parametrize("threads", [1, 3])
def test_results_come_in_the_order_of_the_items(threads):
    assert list(in_order(range(50), lambda k: k * k, threads)) == [k * k for k in range(50)]


def test_an_error_ends_the_work_and_the_threads_go_on_serving():
    def fails(item):
        if item == 4:
            raise RuntimeError("item 4")
        return item

    calls = []
    with pytest.raises(RuntimeError, match="item 4"):
        calls.extend(in_order(range(50), fails, 2))
    assert calls == [0, 1, 2, 3]
    assert list(in_order(range(5), lambda k: k, 2)) == list(range(5))


def test_items_are_drawn_only_a_few_ahead():
    drawn = []
    results = in_order((drawn.append(k) or k for k in range(1000)), lambda k: k, 2)
    assert next(results) == 0
    assert len(drawn) < 10
    results.close()


def test_work_is_done_by_other_threads():
    names = set(in_order(range(20), lambda _: threading.current_thread().name, 2))
    assert threading.current_thread().name not in names


def test_a_single_item_waits_for_no_thread():
    here = threading.current_thread().name
    assert list(in_order(iter([1]), lambda _: threading.current_thread().name, 2)) == [here]
    assert list(in_order(iter([]), str, 2)) == []


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded")
def test_a_forked_child_has_threads_of_its_own():
    assert list(in_order(range(4), lambda k: k, 2)) == [0, 1, 2, 3]
    child = os.fork()
    if not child:
        os._exit(0 if list(in_order(range(4), lambda k: k, 2)) == [0, 1, 2, 3] else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
