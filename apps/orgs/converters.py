"""Path converters for URLs of pages that begin with an organisation's slug."""

from django.urls import register_converter

from apps.orgs.models import RESERVED_SLUGS


class OrgConverter:
    """A slug that an organisation may have, so that `/api/x` is never taken for a project `x` of `api`."""

    regex = r"[a-z0-9][a-z0-9_-]{0,62}"

    def to_python(self, value: str) -> str:
        """Return the slug; ValueError makes the URL none of ours."""
        if value in RESERVED_SLUGS:
            raise ValueError(value)
        return value

    def to_url(self, value: str) -> str:
        """Return the slug as it stands in a URL."""
        return value


register_converter(OrgConverter, "org")
