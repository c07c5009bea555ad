"""The parts of all workers together are the batches of one process."""

from __future__ import annotations

import numpy as np
import pytest

from kwidgets.distributed.rank.worker import Worker

X = np.arange(105 * 2).reshape(105, 2).astype("float32")
Y = np.arange(105)


def parts(workers: int, batch_size: int, shuffle: bool = True) -> list[list[np.ndarray]]:
    shards = [
        Worker(rank, workers, seed=3).shard(X, Y, batch_size=batch_size, shuffle=shuffle)
        for rank in range(workers)
    ]
    assert len({len(shard) for shard in shards}) == 1
    return [[shard[i][1] for i in range(len(shard))] for shard in shards]


def test_each_batch_is_divided_among_the_workers() -> None:
    alone = parts(1, 20)[0]
    divided = parts(4, 20)
    for batch, pieces in zip(alone, zip(*divided, strict=True), strict=True):
        assert len({len(piece) for piece in pieces}) == 1
        whole = batch[: len(batch) - len(batch) % 4]
        assert sorted(np.concatenate(pieces)) == sorted(whole)


def test_what_does_not_divide_evenly_is_left_out_at_the_end_only() -> None:
    divided = parts(2, 20, shuffle=False)
    seen = sorted(np.concatenate([np.concatenate(part) for part in divided]))
    assert seen == [*range(104)]


def test_the_order_differs_by_epoch_and_is_the_same_for_all_workers() -> None:
    one, two = (Worker(rank, 2, seed=3).shard(X, Y, batch_size=20) for rank in range(2))
    first = one[0][1]
    one.on_epoch_end()
    two.on_epoch_end()
    assert not np.array_equal(first, one[0][1])
    assert not set(one[0][1]) & set(two[0][1])


def test_pytrees_and_data_frames_are_divided_too() -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"a": X[:, 0], "b": X[:, 1]})
    shard = Worker(1, 2, seed=0).shard(
        {"table": frame, "array": X}, Y, batch_size=10, shuffle=False
    )
    x, y = shard[0]
    assert np.array_equal(x["table"], x["array"])
    assert np.array_equal(y, [1, 3, 5, 7, 9])


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"batch_size": 33}, "batch_size=33 cannot be divided among 2 workers.*such as 34"),
        ({"batch_size": 0}, "batch_size must be a number of samples above 0, not 0"),
        ({"batch_size": "a"}, "batch_size must be a number of samples above 0, not 'a'"),
        ({"y": Y[:-1]}, "same number of samples, not 104 and 105"),
    ],
)
def test_parts_that_cannot_be_made_are_refused(arguments: dict[str, object], text: str) -> None:
    with pytest.raises(ValueError, match=text):
        Worker(0, 2, seed=0).shard(X, **{"y": Y, **arguments})  # type: ignore[arg-type]


def test_fewer_samples_than_workers_are_refused() -> None:
    with pytest.raises(ValueError, match="1 samples cannot be divided among 2 workers"):
        Worker(0, 2, seed=0).shard(X[:1], Y[:1], batch_size=2)
