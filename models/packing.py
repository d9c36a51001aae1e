"""Texts into batches of about one length each, so that little of what goes through an encoder is padding."""

from collections.abc import Iterator, Sequence


def packed(lengths: Sequence[int], tokens: int) -> Iterator[list[int]]:
    """Places in batches that hold at most so many tokens, padding included; a longer text goes alone."""
    batch: list[int] = []
    for place in sorted(range(len(lengths)), key=lambda place: lengths[place]):
        if batch and (len(batch) + 1) * lengths[place] > tokens:
            yield batch
            batch = []
        batch.append(place)
    if batch:
        yield batch
