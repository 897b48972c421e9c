"""Icons of the sprite."""

from django import template
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()
SPRITE = "icons/sprite.svg"


@register.simple_tag
def icon(name: str, css_class: str = "") -> SafeString:
    """Draw an icon beside words. It is hidden from screen readers: the words, or an aria-label, say what it is."""
    return format_html(
        '<svg class="i{}" aria-hidden="true"><use href="{}#{}"/></svg>',
        f" {css_class}" if css_class else "",
        static(SPRITE),
        name,
    )


@register.simple_tag
def sprite_url() -> str:
    """Return the sprite's address, for the scripts that draw icons."""
    return static(SPRITE)
