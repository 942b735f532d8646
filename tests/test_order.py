"""Each duty of the order is answered by code and proved by a test, kept by people, or plainly listed as not yet."""

from __future__ import annotations

import pytest

from alpr_portal import order
from alpr_portal.policy.clauses import duties

# What was not answered when the list began. It may lose ids and never gains one.
AT_FIRST = frozenset(
    [
        *(
            "B.1",
            "C.2.A",
            "C.2.A.1",
            "C.2.A.1-age",
            "C.2.A.2",
            "C.2.B.1",
            "C.2.B.2",
            "C.2.B.2-min",
            "E.4",
            "G.1",
            "G.2",
        ),
        *("G.3", "H", "I.legal", "I.discretionary", "I.1", "I.2", "I.3", "I.secure", "J", "K.report", "K.audit", "L.2"),
        *("L.3", "L.5", "N.1", "N.2"),
    ]
)


# What was answered in part when the list began. It may lose ids and never gains one.
PARTLY_AT_FIRST = frozenset(["A.1", "C.2.B-log", "C.3.b", "E.2", "E.3", "F.1", "G", "K.login", "L.1", "L.4", "N.3"])


def found() -> list[order.Answer]:
    return list(order.answers().values())


def ids(answers) -> list[str]:
    return [answer.duty.id for answer in answers]


class TestTheOrder:
    def test_every_duty_is_answered_or_kept_by_people_or_listed_as_not_yet(self):
        listed = {*order.KEPT_BY_PEOPLE, *order.NOT_YET_ANSWERED}
        assert ids(a for a in found() if not a.code and a.duty.id not in listed) == []

    def test_what_is_answered_is_proved(self):
        assert ids(a for a in found() if a.code and not a.tests and a.duty.id not in order.NOT_YET_ANSWERED) == []

    def test_what_is_answered_and_proved_is_no_longer_listed_as_not_yet(self):
        assert ids(a for a in found() if a.code and a.tests and a.duty.id in order.NOT_YET_ANSWERED) == []

    def test_the_list_of_what_is_not_answered_only_shrinks(self):
        assert order.NOT_YET_ANSWERED <= AT_FIRST
        assert order.PARTLY.keys() <= PARTLY_AT_FIRST

    def test_no_duty_is_open(self):
        assert ids(a for a in found() if a.state == "open") == []

    def test_the_lists_hold_duties_of_the_order_each_in_one_of_them(self):
        assert {*order.KEPT_BY_PEOPLE, *order.NOT_YET_ANSWERED, *AT_FIRST} <= duties().keys()
        assert not order.KEPT_BY_PEOPLE.keys() & order.NOT_YET_ANSWERED

    def test_people_keep_only_what_is_a_persons_duty_and_a_sentence_says_how(self):
        for id_, sentence in order.KEPT_BY_PEOPLE.items():
            assert "H" in duties()[id_].kinds
            assert sentence.endswith(".")
            assert len(sentence.split()) > 6

    def test_the_summary_counts_every_duty_once(self):
        assert sum(order.summary().values()) == len(duties()) == 53


class TestReadingTheSources:
    @pytest.fixture
    def answers(self, tmp_path, monkeypatch):
        """The answers of a made-up project: one file of code, one of tests."""

        def of(code: str = "", tests: str = "") -> dict[str, order.Answer]:
            for name, text in (("reads/rules.py", code), ("tests/test_rules.py", tests)):
                path = tmp_path / name
                path.parent.mkdir(exist_ok=True)
                path.write_text(text)
            monkeypatch.setattr(order, "ROOT", tmp_path)
            monkeypatch.setattr(order, "PARTLY", {})
            return order.answers.__wrapped__()

        return of

    def test_code_and_tests_are_named_where_they_stand(self, answers):
        said = answers(
            '@clause("G", "D")\ndef is_expired(): ...\n',
            '@pytest.mark.clause("G")\nclass TestG:\n    @pytest.mark.clause("D")\n    def test_d(self): ...\n',
        )
        assert (said["G"].code, said["G"].tests) == (["reads/rules.py: is_expired"], ["tests/test_rules.py: TestG"])
        assert (said["D"].code, said["D"].tests) == (["reads/rules.py: is_expired"], ["tests/test_rules.py: test_d"])
        assert said["G"].state == "answered"

    @pytest.mark.parametrize(
        ("code", "tests", "state"),
        [
            ('@clause("A.2")\ndef f(): ...', "", "open"),
            ("", '@pytest.mark.clause("A.2")\ndef test_f(): ...', "open"),
            ('# @clause("A.2")\nTEXT = "@clause(\'A.2\')"\n', '@pytest.mark.clause("A.2")\ndef test_f(): ...', "open"),
            ('@clause("A.2")\ndef f(): ...', '@pytest.mark.clause("A.2")\ndef test_f(): ...', "answered"),
            ('@clause("A.2")\nasync def f(): ...', '@pytest.mark.clause("A.2")\nclass TestF: ...', "answered"),
        ],
    )
    def test_neither_code_alone_nor_a_test_alone_nor_a_comment_answers(self, answers, code, tests, state):
        assert answers(code, tests)["A.2"].state == state

    def test_what_is_not_there_is_kept_by_people_or_not_yet(self, answers):
        said = answers()
        assert said["C.3.2"].state == "kept by people"
        assert said["L.5"].state == "not yet"

    def test_a_test_of_a_clause_that_does_not_exist_is_an_error(self, answers):
        with pytest.raises(KeyError):
            answers(tests='@pytest.mark.clause("Z.9")\ndef test_f(): ...')
