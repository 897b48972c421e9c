"""The admin's view of the log, instead of the one that django-auditlog brings along: it can only be read."""

from django.contrib import admin

from apps.audit.models import Chain, Entry, Seal
from apps.core.admin import ReadOnlyAdmin

admin.site.unregister(Entry)


@admin.register(Entry)
class EntryAdmin(ReadOnlyAdmin):
    """What happened."""

    list_display = ("timestamp", "actor_name", "action", "object_repr", "door", "remote_addr")
    list_filter = ("door", "timestamp")
    search_fields = ("=actor_name", "=action", "=object_pk")
    show_full_result_count = False


@admin.register(Seal)
class SealAdmin(ReadOnlyAdmin):
    """Each entry's place in the chain."""

    list_display = ("seq", "entry", "digest")
    list_select_related = ("entry",)
    show_full_result_count = False


@admin.register(Chain)
class ChainAdmin(ReadOnlyAdmin):
    """Where the chain begins and ends."""

    list_display = ("cut_seq", "head_seq", "head_digest", "forwarded_seq")
