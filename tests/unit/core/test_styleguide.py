"""The style guide shows what there is."""

import re
from pathlib import Path

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.test import RequestFactory

from apps.core.views import styleguide


def test_every_colour_token_is_shown_in_both_themes(rf: RequestFactory) -> None:
    request = rf.get("/styleguide")
    request.user = AnonymousUser()
    request.csp_nonce = "nonce"  # type: ignore[attr-defined]  # the policy's middleware puts it there
    html = styleguide(request).content.decode()
    sheet = (Path(settings.BASE_DIR) / "static/css/tokens.css").read_text()
    tokens = re.findall(r"--([a-z0-9-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\);", sheet)
    samples = (Path(settings.BASE_DIR) / "static/css/styleguide.css").read_text()
    assert len(tokens) > 25
    for name, light, dark in tokens:
        assert f"token-{name}" in html
        assert f".token-{name} {{" in samples
        assert light in html
        assert dark in html
