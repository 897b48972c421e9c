"""The base of REST views under a run."""

from __future__ import annotations

from typing import Any, ClassVar

from rest_framework.request import Request

from apps.orgs.permissions import Perm
from apps.orgs.rest import ActorAPIView
from apps.runs import access
from apps.runs.models import Run


class RunAPIView(ActorAPIView):
    """A REST view under `/runs/{run}`: loads the run by uid with the permission its method needs."""

    allows_anonymous = True
    needs: ClassVar[dict[str, Perm]] = {}
    in_trash: ClassVar[bool] = False
    run: Run

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        need = self.needs.get(request.method or "", Perm.RUN_VIEW)
        self.run = access.get_run(self.actor, kwargs["run"], need, in_trash=self.in_trash)
