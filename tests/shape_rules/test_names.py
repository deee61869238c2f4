"""What the libraries show has a rule, or stands in `norule.txt` with the reason why not: gaps are seen, and shrink."""

from tests.shape_rules.names import known, recorded, without


def test_names_without_a_rule_are_listed_with_the_reason() -> None:
    missing = {name for name in recorded() if not known(name)}
    listed = without()
    assert missing - set(listed) == set(), "new names without a rule: give them one, or a reason in norule.txt"
    assert set(listed) - missing == set(), "these have a rule, or are no names of the snapshot: take them out"


def test_every_name_has_a_reason() -> None:
    assert all(len(reason) > 20 for reason in without().values())


def test_most_names_have_a_rule() -> None:
    """Of what programs call with arrays; types, settings and machinery are not counted."""
    counted = {name for name in recorded() if "no array" not in without().get(name, "")}
    assert len([name for name in counted if known(name)]) >= 0.77 * len(counted)
