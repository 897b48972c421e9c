"""Failed sign-ins in Django's admin."""

from axes.models import AccessAttempt
from django.test import Client
from django.urls import reverse

from tests.api.rest import send
from tests.conftest import Cast
from tests.factories import PASSWORD, make_user


def test_an_administrator_sees_who_waits_and_lets_them_try_again(cast: Cast) -> None:
    body = {"username": "ann", "password": "wrong"}
    for _ in range(5):
        send(Client(), "post", "auth/login", body)
    root = Client()
    root.force_login(make_user("root-user", is_admin=True))
    path = reverse("admin:axes_accessattempt_changelist")
    page = root.get(path, {"q": "ann"})
    assert b"icon-yes" in page.content
    attempt = AccessAttempt.objects.get()
    response = root.post(path, {"action": "let_try_again", "_selected_action": [attempt.pk]})
    assert response.status_code == 302
    right = {"username": "ann", "password": PASSWORD}
    assert send(Client(), "post", "auth/login", right).status_code == 200
