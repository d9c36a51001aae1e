"""What is wrong with a rule or a department is said where it stands, before it could miss anything."""

from __future__ import annotations

import pytest

from monitor.config import ConfigError, loads

BRAND = '[[brand]]\nname = "Acme"\n[[department]]\nname = "Support"\nquery = "refund"\nto = ["file:support"]\n'
RULE = '[[rule]]\nname = "Angry"\nquery = "sentiment:negative"\nto = ["file:alerts"]\n'


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        (RULE.replace('to = ["file:alerts"]', ""), "[[rule]] tells nobody; add to = a channel"),
        (RULE.replace("sentiment:negative", ""), "the query of [[rule]] cannot be read"),
        (RULE.replace("sentiment:negative", "sentiment:angry"), "the query of [[rule]] cannot be read"),
        (RULE.replace("sentiment:negative", "like:12"), "asks for like:, which looks through all that is stored"),
        (RULE.replace("sentiment:negative", "brand:akme"), 'there is no brand "akme"; did you mean "acme"?'),
        (RULE + 'department = "Suport"', 'there is no department "Suport"; did you mean "Support"?'),
        (RULE + 'send = "daily"', '"send" in [[rule]]'),
        (RULE + 'quiet = "at night"', '"at night" are no quiet hours'),
        (RULE + 'escalate_after = "4h"', "[[rule]] escalates to nobody"),
        (RULE + 'escalate_to = "file:boss"', "[[rule]] never escalates; add escalate_after"),
        (RULE + RULE, 'there are two [[rule]] of the name "Angry"'),
        ('[[department]]\nname = "Legal"\nquery = "((("\n', "the query of [[department]] cannot be read"),
        ('[[department]]\nname = "Legal"\nquery = "law"\nanswer_within = "soon"\n', "is not an interval"),
    ],
)
def test_a_rule_that_could_not_work_is_refused_with_what_to_write(tmp_path, rule, told):
    with pytest.raises(ConfigError) as refused:
        loads(BRAND + rule, tmp_path / "config.toml", {})
    assert told in str(refused.value)


def test_a_rule_without_channels_of_its_own_takes_those_of_its_department(tmp_path):
    from monitor.built import errands_in

    text = BRAND + RULE.replace('to = ["file:alerts"]', 'department = "support"'.replace("s", "S", 1))
    config = loads(text, tmp_path / "config.toml", {})
    assert errands_in(config)["rule/Angry"].channels == config.departments[0].to
