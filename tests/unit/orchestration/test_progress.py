"""One sentence says how far a step is, to a person and to the bar alike."""

from hypothesis import given
from hypothesis import strategies as st

from orchestration import progress


class Log:
    def __init__(self):
        self.log, self.told = self, []

    def info(self, sentence):
        self.told.append(sentence)


@given(st.integers(0, 10**9), st.integers(0, 10**9))
def test_the_sentence_reads_back_as_what_it_said(done, total):
    told = progress.Progress(done, total, "dbt nodes")
    assert progress.read(str(told)) == told


def test_another_sentence_is_not_taken_for_progress():
    assert progress.read("Finished 3 of 4 districts") is None
    assert progress.read("dbt did not finish the build.") is None


def test_a_thousand_quick_steps_are_told_once_in_a_second_and_at_the_end():
    log = Log()
    tell = progress.teller(log, "districts")
    for done in range(1, 1001):
        tell(done, 1000, "a district")
    assert log.told[0] == "1 of 1000 districts"
    assert log.told[-1] == "1000 of 1000 districts"
    assert len(log.told) < 10
