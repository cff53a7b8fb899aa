"""Words of texts, against sets of Python."""

from math import log2

import numpy as np
import polars as pl
import pytest

from cdptool.matching.values import encoded
from cdptool.matching.word_sets import Words
from tests.frames import ROUNDS


@pytest.mark.parametrize("seed", range(5 * ROUNDS))
def test_shared_words_tell_what_sets_tell_oracle(seed: int) -> None:
    chance = np.random.default_rng(seed)
    texts = [" ".join(chance.choice(list("abcdefgh"), chance.integers(1, 5))) for _ in range(60)]
    values = encoded(pl.Series(texts))
    bits = {
        word: log2(60 / sum(word in text.split() for text in texts) + 1)
        for word in set(" ".join(texts).split())
    }
    told = Words(values)
    left, right = (side.astype(np.int32) for side in np.triu_indices(len(values.texts), 1))
    for i, j, found in zip(left, right, told.shared(left, right), strict=True):
        mine, other = (set(values.texts[int(k)].split()) for k in (i, j))
        assert found == pytest.approx(sum(bits[word] for word in mine & other))
        assert told.total[i] == pytest.approx(sum(bits[word] for word in mine))


def test_only_the_most_telling_words_of_a_long_text_are_held() -> None:
    common = " ".join("abcdefgh")
    values = encoded(pl.Series([common, f"{common} rare", *(f"{common} {k}" for k in range(9))]))
    told = Words(values)
    place = values.texts.to_list().index(f"{common} rare")
    assert told.ids.shape[1] == 8
    assert told.bits[place, 0] == pytest.approx(log2(11 / 1 + 1))
    assert list(told.bits[place]) == sorted(told.bits[place], reverse=True)
