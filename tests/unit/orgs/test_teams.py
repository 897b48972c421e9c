"""Teams."""

from __future__ import annotations

import pytest

from apps.core.errors import Conflict, Invalid
from apps.orgs import events, services
from apps.orgs.models import Team
from tests.conftest import Cast


def test_members_of_the_org_and_of_those_above_join(cast: Cast) -> None:
    lab = services.create_org(slug="lab", admin=cast.ann, parent=cast.acme)
    team = services.create_team(org=lab, slug="t", title="  Pretraining ")
    assert (team.name, team.title) == ("lab/t", "Pretraining")
    services.join_team(team=team, user=cast.mel)
    with pytest.raises(Conflict) as refused:
        services.join_team(team=team, user=cast.sam)
    assert refused.value.code == "no_member"
    assert list(team.user_set.all()) == [cast.mel]
    services.leave_team(team=team, user=cast.mel)
    assert not team.user_set.exists()


def test_team_names_are_unique_in_their_org(cast: Cast) -> None:
    services.create_team(org=cast.acme, slug="t")
    with pytest.raises(Conflict) as refused:
        services.create_team(org=cast.acme, slug="t")
    assert refused.value.code == "team_exists"
    other = services.create_org(slug="other", admin=cast.ann)
    services.create_team(org=other, slug="t")
    assert Team.objects.count() == 2


@pytest.mark.parametrize(("slug", "field"), [("A B", "slug"), ("", "slug"), ("a/b", "slug")])
def test_what_a_team_cannot_be_is_named(cast: Cast, slug: str, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        services.create_team(org=cast.acme, slug=slug)
    assert field in refused.value.fields


def test_who_loses_a_team_is_told(cast: Cast) -> None:
    team = services.create_team(org=cast.acme, slug="t")
    services.join_team(team=team, user=cast.mel)
    told: list[int] = []

    def hear(user_id: int, **_: object) -> None:
        told.append(user_id)

    events.access_changed.connect(hear)
    services.delete_team(team=team)
    events.access_changed.disconnect(hear)
    assert told == [cast.mel.pk]


def test_only_words_of_a_team_are_edited(cast: Cast) -> None:
    team = services.create_team(org=cast.acme, slug="t")
    services.update_team(team=team, title="T", description="d")
    with pytest.raises(ValueError, match="slug"):
        services.update_team(team=team, slug="u")
