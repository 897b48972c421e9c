"""`/healthz`, as probes ask for it."""

import pytest
from django.db import DatabaseError, connection
from django.test import Client, override_settings


@pytest.mark.django_db
@override_settings(SECURE_SSL_REDIRECT=True)
def test_probe_by_address_over_plain_http_is_answered() -> None:
    answer = Client(headers={"Host": "10.0.0.3:8080"}).get("/healthz")
    assert answer.status_code == 200
    assert answer.json()["status"] == "ok"


def test_database_that_does_not_answer_is_a_503(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise DatabaseError("gone")

    monkeypatch.setattr(connection, "cursor", fail)
    assert Client().get("/healthz").status_code == 503
