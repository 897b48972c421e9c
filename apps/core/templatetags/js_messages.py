"""The words of the browser elements in the language of the page."""

from __future__ import annotations

from django import template
from django.utils.html import json_script
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from apps.core.js_messages import MESSAGES

register = template.Library()


@register.simple_tag
def js_messages() -> SafeString:
    """Print `{msgid: translation}` as JSON for static/js/i18n.js; what is not translated is left out."""
    words = {msgid: gettext(msgid) for msgid in MESSAGES}
    return json_script({msgid: word for msgid, word in words.items() if word != msgid}, "messages")
